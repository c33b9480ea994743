# cgroups/update - the kernel's files say what `husk update` asked for, and a failure leaves them alone.
# covers: L-23 2.2-update 3.5-update-atomic 8-10
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

need_controller memory
need_controller cpu
need_controller pids

has_swap()
{
	[ -e "$(dir_of memory)/memory.memsw.limit_in_bytes" ] || [ -e "$(dir_of memory)/memory.swap.max" ]
}

memory()
{
	cg memory memory.limit_in_bytes memory.max
}

uses()	# BYTES: at least
{
	[ "$(cg memory memory.usage_in_bytes memory.current)" -gt "$1" ]
}

# On v2 the kernel is told the difference.
swap()
{
	cg memory memory.memsw.limit_in_bytes memory.swap.max
}

quota()
{
	if [ -n "$(v1 cpu)" ]; then
		echo "$(cg cpu cpu.cfs_quota_us) $(cg cpu cpu.cfs_period_us)"
	else
		cg cpu '' cpu.max
	fi
}

saved()	# FILTER: of the resources that later commands see
{
	jq -c ".linux.resources$1" "$STATE_DIR/$ID/config.json"
}

engine=$HUSK_TESTS/data/engine
was=$(cat "$(v2)/cgroup.subtree_control" 2>/dev/null)
make_bundle
set_args /probe sleep
config '.linux.resources = {memory: {limit: 134217728, swap: 268435456}, cpu: {shares: 512},
	pids: {limit: 100}, devices: [{allow: false, access: "rwm"}]}'

# ---- in every state but stopped ----

create_container "$ID"
exits 0 "create"
run husk update --memory 96m "$ID"
exits 0 "update of a created container"
is "$(memory)" $((96 << 20)) "its limit"
run husk start "$ID"
exits 0 "start"
run husk pause "$ID"
run husk update --memory 100m "$ID"
exits 0 "update of a paused container"
is "$(memory)" $((100 << 20)) "its limit too"
run husk resume "$ID"
exits 0 "resume"

# ---- the documents that engines send ----

for case in "podman-5.8.6 50 67108864 33554432 25000" "docker-28.5.2 20 67108864 33554432 25000" \
	"cri-containerd-sid-runc-v1 20 33554432 0 50000" "cri-crio-sid-runc-v1 20 33554432 0 50000"; do
	set -- $case
	run sh -c '"$1" --root "$2" update --resources=- "$3" <"$4"' - "$HUSK_BIN" "$STATE_DIR" "$ID" \
		"$engine/$1-update.json"
	exits 0 "$1: update --resources=-"
	is "$(memory)" 33554432 "$1: memory.limit"
	if has_swap; then
		is "$(swap)" "$(as_on "$3" "$4" memory)" "$1: memory.swap"
	else
		skip "$1: memory.swap" "this kernel does not count swap"
	fi
	is "$(quota)" "$5 100000" "$1: cpu.quota"
	is "$(cg pids pids.max pids.max)" "$2" "$1: pids.limit"
done
is "$(saved .devices)" '[{"allow":false,"access":"rwm"}]' "the rule that engines send along takes no device away"
run husk exec "$ID" /probe open /dev/null
like "$(value "open /dev/null")" '^ok' "/dev/null can still be opened"

# ---- options ----

run husk update --memory-swap -1 --memory 1.5g "$ID"
exits 0 "update --memory with a unit"
is "$(memory)" 1610612736 "1.5g"
run husk update --memory 65536k --memory-swap 131072KiB --memory-reservation=32MB "$ID"
exits 0 "--memory, --memory-swap, --memory-reservation"
is "$(memory)" 67108864 "65536k"
is "$(cg memory memory.soft_limit_in_bytes memory.low)" 33554432 "32MB"
if has_swap; then
	is "$(swap)" "$(as_on 134217728 67108864 memory)" "131072KiB"
	run husk update --memory-swap 256m "$ID"
	exits 0 "--memory-swap alone"
	is "$(swap)" "$(as_on 268435456 201326592 memory)" "counts with the limit of before"
fi

run husk update --cpu-share 300 "$ID"
exits 0 "--cpu-share"
is "$(cg cpu cpu.shares cpu.weight)" "$(as_on 300 39 cpu)" "cpu.shares"
if [ -n "$(dir_of cpuset)" ]; then
	run husk update --cpuset-cpus 0 --cpuset-mems 0 "$ID"
	exits 0 "--cpuset-cpus, --cpuset-mems"
	is "$(cg cpuset cpuset.cpus cpuset.cpus) $(cg cpuset cpuset.mems cpuset.mems)" "0 0" "cpu.cpus, cpu.mems"
	is "$(saved '|[.cpu.cpus, .cpu.mems]')" '["0","0"]' "saved"
else
	skip "--cpuset-cpus, --cpuset-mems" "no cpuset controller"
fi
run husk update --cpu-period 50000 "$ID"
is "$(quota)" "50000 50000" "--cpu-period alone leaves the quota"
run husk update --cpu-quota 20000 "$ID"
is "$(quota)" "20000 50000" "--cpu-quota alone leaves the period"
run husk update --cpu-burst 10000 "$ID"
exits 0 "--cpu-burst"
is "$(cg cpu cpu.cfs_burst_us cpu.max.burst)" 10000 "cpu.burst"
run husk update --cpu-burst 0 --cpu-quota -1 --cpu-period 100000 "$ID"
is "$(quota)" "$(as_on -1 max cpu) 100000" "--cpu-quota -1"
run husk update --cpu-idle 1 "$ID"
exits 0 "--cpu-idle"
is "$(cg cpu cpu.idle cpu.idle)" 1 "cpu.idle"
run husk update --cpu-idle 0 --cpu-shares 200 "$ID"
is "$(cg cpu cpu.idle cpu.idle)" 0 "and back"
run husk update --pids-limit -1 "$ID"
is "$(cg pids pids.max pids.max)" max "--pids-limit -1"
run husk update --pids-limit 30 "$ID"
is "$(cg pids pids.max pids.max)" 30 "--pids-limit 30"
if [ -e "$(dir_of blkio)/blkio.bfq.weight" ]; then
	run husk update --blkio-weight 250 "$ID"
	is "$(cat "$(dir_of blkio)/blkio.bfq.weight")" 250 "--blkio-weight"
fi
run husk update "$ID"
exits 0 "nothing to change is no error"

is "$(saved '|[.memory.limit,.memory.swap,.cpu.shares,.cpu.idle,.pids.limit]')" \
	"[67108864,$(has_swap && echo 268435456 || echo 134217728),200,0,30]" "the saved configuration has them all"

# ---- the rest of linux.resources, from a file ----

echo '{"unified": {"cgroup.max.depth": "3"}, "network": {}, "hugepageLimits": [], "rdma": {}}' >"$CASE_DIR/doc"
if [ -n "$(v2)" ]; then
	run husk update -r "$CASE_DIR/doc" "$ID"
	exits 0 "unified"
	is "$(cat "$(v2)$CGROUP/cgroup.max.depth")" 3 "its file"
fi
config '.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
echo '{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 60, "access": "rwm"}]}' \
	>"$CASE_DIR/doc"
run husk update -r "$CASE_DIR/doc" "$ID"
exits 0 "devices"
run husk exec --cap CAP_MKNOD "$ID" /probe mknod /tmp/d c 60 1 -- open /tmp/d -- mknod /tmp/e c 61 1 -- open /tmp/e
has "open /tmp/d" ENXIO "a device that is allowed now"
has "open /tmp/e" EPERM "one that is not"
is "$(saved '.devices|length')" 2 "are saved"
if [ -n "$(dir_of hugetlb)" ]; then
	for size in 2MB 1GB; do
		[ -d "/sys/kernel/mm/hugepages/hugepages-$([ $size = 2MB ] && echo 2048 || echo 1048576)kB" ] || continue
		echo "{\"hugepageLimits\": [{\"pageSize\": \"$size\", \"limit\": 2147483648}]}" >"$CASE_DIR/doc"
		run husk update -r "$CASE_DIR/doc" "$ID"
		exits 0 "hugepageLimits of $size"
		is "$(cg hugetlb "hugetlb.$size.limit_in_bytes" "hugetlb.$size.max")" 2147483648 "their file"
	done
else
	echo '{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}]}' >"$CASE_DIR/doc"
	run husk update -r "$CASE_DIR/doc" "$ID"
	fails_with '/linux/resources/hugepageLimits/0: the hugetlb controller is not available on this host' \
		"hugepageLimits without the controller"
fi

# ---- all or nothing ----

before=$(memory; swap 2>/dev/null; quota; cg cpu cpu.shares cpu.weight; cg pids pids.max pids.max; saved)
run husk update --memory 32m --memory-swap 32m --cpu-share 900 --pids-limit 3 --cpu-quota 7000 --cpu-period 10 "$ID"
fails_with '/linux/resources/cpu/(period|quota): write "(7000 )?10" to .*: Invalid argument' "a period that is too short"
is "$(memory; swap 2>/dev/null; quota; cg cpu cpu.shares cpu.weight; cg pids pids.max pids.max; saved)" "$before" \
	"everything is as it was"
if [ -n "$(dir_of cpuset)" ]; then
	run husk update --memory 32m --memory-swap 32m --cpu-share 900 --cpu-quota 7000 --cpuset-cpus 999 --pids-limit 3 "$ID"
	fails_with '/linux/resources/cpu/cpus: write "999" to .*/cpuset.cpus: (Numerical result out of range|Invalid argument)' \
		"a CPU that does not exist"
fi
is "$(memory; swap 2>/dev/null; quota; cg cpu cpu.shares cpu.weight; cg pids pids.max pids.max; saved)" "$before" \
	"everything is as it was"
echo '{"memory": {"limit": 1048576, "checkBeforeUpdate": true}, "cpu": {"shares": 77}}' >"$CASE_DIR/doc"
husk exec -d "$ID" /probe alloc 20 -- sleep >/dev/null 2>&1 </dev/null
wait_until 5 uses 20000000
run husk update -r "$CASE_DIR/doc" "$ID"
fails_with '/linux/resources/memory/limit: 1048576 is below the [0-9]+ bytes in use, and memory.checkBeforeUpdate is set' \
	"checkBeforeUpdate"
is "$(cg cpu cpu.shares cpu.weight)" "$(as_on 200 29 cpu)" "nothing was changed"
is "$(ls "$STATE_DIR/$ID")" "$(printf 'config.json\nstate.json')" "and nothing is left behind"

# ---- mistakes ----

run husk update --memory 12x "$ID"
is "$(errors | head -n 1)" 'husk: invalid value for memory: "12x" is not a size like 64m, 1.5g, 1048576 or -1' "a size"
run husk update --cpu-period 1e5 "$ID"
is "$(errors | head -n 1)" 'husk: invalid value for cpu-period: "1e5" is not a whole number' "a number"
run husk update --pids-limit -7 "$ID"
is "$(errors | head -n 1)" \
	'husk: resources: /pids/limit: -7 is out of range; allowed: integers from -1 to 9223372036854775807' "a range"
run husk update --memory 64m --memory-swap 32m "$ID"
is "$(errors | head -n 1)" \
	'husk: /linux/resources/memory/swap: 33554432 is less than memory.limit, 67108864, which is part of it' \
	"less swap than memory"
run husk update -r /dev/null "$ID"
is "$(errors | head -n 1)" 'husk: /dev/null: empty; an OCI "resources" object is needed' "no document"
run husk update -r /nonexistent "$ID"
is "$(errors | head -n 1)" 'husk: open /nonexistent: No such file or directory' "no file"
run husk update --l3-cache-schema "L3:0=f" "$ID"
fails_with '/linux/intelRdt: the container was created without linux.intelRdt' "no group of resctrl"
run husk update nobody-$TAG
is "$(errors | head -n 1)" "husk: container does not exist: \"nobody-$TAG\"" "no container"

run husk kill "$ID" KILL
wait_until 5 has_status stopped
run husk update --memory 64m "$ID"
fails_with 'container not running' "a stopped container"
exits 1 "is an error"
destroy

# ---- CRI-O's 0 ----

config '.annotations = {"io.kubernetes.cri-o.ContainerType": "container"} | .linux.resources = {pids: {limit: 0}}'
start_container "$ID"
run sh -c 'echo "{\"pids\": {\"limit\": 0}}" | "$1" --root "$2" update -r - "$3"' - "$HUSK_BIN" "$STATE_DIR" "$ID"
exits 0 "CRI-O's pids.limit of 0"
is "$(cg pids pids.max pids.max)" max "means none"
destroy

# As it was: what the kernel passes on is the host's.
case " $was " in
*" hugetlb "*) ;;
*) [ -z "$(v2)" ] || echo -hugetlb >"$(v2)/cgroup.subtree_control" 2>/dev/null ;;
esac

done_testing
