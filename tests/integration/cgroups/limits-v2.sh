# cgroups/limits-v2 - every resource of cgroup v2 that this host has stands in the kernel's files.
# timeout: 120
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

has_v2 memory && has_v2 cpu && has_v2 pids || skip_all "cgroup v2 has no controllers here"
dir=$(v2)$CGROUP
make_bundle
set_args /probe sleep

start_container "$ID"
exits 0 "a container without limits"
files=" $(ls "$dir" | tr '\n' ' ') "
destroy

# check NAME RESOURCES FILE WANTED: what one setting leaves in one file
check()
{
	case $files in
	*" $3 "*) ;;
	*) skip "$1" "this host's cgroups have no $3"; return ;;
	esac
	config ".linux.resources = $2"
	start_container "$ID"
	if [ "$STATUS" -ne 0 ]; then fail "$1"
	else is "$(cat "$dir/$3" 2>&1)" "$4" "$1"; fi
	destroy
}

check "memory.limit" '{memory: {limit: 67108864}}' memory.max 67108864
check "memory.limit -1" '{memory: {limit: -1}}' memory.max max
check "memory.reservation" '{memory: {reservation: 1048576}}' memory.low 1048576
check "memory.swap" '{memory: {limit: 67108864, swap: 134217728}}' memory.swap.max 67108864
check "memory.swap as high as the limit" '{memory: {limit: 67108864, swap: 67108864}}' \
	memory.swap.max 0
check "memory.swap -1" '{memory: {limit: 67108864, swap: -1}}' memory.swap.max max
check "cpu.shares 1024" '{cpu: {shares: 1024}}' cpu.weight 100
check "cpu.shares 2" '{cpu: {shares: 2}}' cpu.weight 1
check "cpu.shares 262144" '{cpu: {shares: 262144}}' cpu.weight 10000
check "cpu.quota and period" '{cpu: {quota: 50000, period: 200000}}' cpu.max "50000 200000"
check "cpu.quota alone" '{cpu: {quota: 50000}}' cpu.max "50000 100000"
check "cpu.period alone" '{cpu: {period: 200000}}' cpu.max "max 200000"
check "cpu.quota -1" '{cpu: {quota: -1, period: 50000}}' cpu.max "max 50000"
check "cpu.burst" '{cpu: {quota: 50000, period: 100000, burst: 20000}}' cpu.max.burst 20000
check "cpu.idle" '{cpu: {idle: 1}}' cpu.idle 1
check "cpu.idle and shares" '{cpu: {idle: 1, shares: 512}}' cpu.idle 1
check "cpu.cpus" '{cpu: {cpus: "0"}}' cpuset.cpus 0
check "cpu.mems" '{cpu: {mems: "0"}}' cpuset.mems 0
check "pids.limit" '{pids: {limit: 17}}' pids.max 17
check "pids.limit 0 leaves the first process" '{pids: {limit: 0}}' pids.max 1
check "pids.limit -1" '{pids: {limit: -1}}' pids.max max
check "hugepageLimits" '{hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}' hugetlb.2MB.max 4194304
check "hugepageLimits, reserved" '{hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}' \
	hugetlb.2MB.rsvd.max 4194304
check "unified" '{unified: {"memory.high": "33554432"}}' memory.high 33554432
check "unified wins over memory.limit" \
	'{memory: {limit: 67108864}, unified: {"memory.max": "33554432"}}' memory.max 33554432
check "unified: memory.oom.group" '{unified: {"memory.oom.group": "1"}}' memory.oom.group 1
check "unified: pids.max" '{unified: {"pids.max": "9"}}' pids.max 9

disk=$(disk_of "$CASE_DIR")
if [ -n "$disk" ] && has_v2 io; then
	number="major: ${disk%:*}, minor: ${disk#*:}"
	check "blockIO throttles" "{blockIO: {
		throttleReadBpsDevice: [{$number, rate: 1048576}],
		throttleWriteBpsDevice: [{$number, rate: 2097152}],
		throttleReadIOPSDevice: [{$number, rate: 100}],
		throttleWriteIOPSDevice: [{$number, rate: 200}]}}" \
		io.max "$disk rbps=1048576 wbps=2097152 riops=100 wiops=200"
	check "blockIO.weight" '{blockIO: {weight: 500}}' io.weight "default 4950"
else
	skip "blockIO" "no disk, or no io controller"
fi

# What the kernel passes on to a container's cgroup is passed on by each cgroup above it: systemd's
# slices, or directories.
config '.linux.resources = {pids: {limit: 9}, memory: {limit: 33554432, swap: 33554432}, cpu: {quota: 50000}}'
if [ "${HUSK_MANAGER:-}" = systemd ]; then
	slice=$(printf %s "$TAG" | tr -d -)
	config '.linux.cgroupsPath = $s + "-a-b.slice:husk:" + $id' --arg s "$slice" --arg id "$ID"
	above=$(v2)/$slice.slice
	deep=$above/$slice-a.slice/$slice-a-b.slice/husk-$ID.scope
else
	config '.linux.cgroupsPath = "/" + $id + "/a/b"' --arg id "$ID"
	above=$dir deep=$dir/a/b
fi
start_container "$ID"
exits 0 "a cgroup far below"
is "$(cat "$deep/cgroup.procs")" "$(pid_of)" "has the init"
is "$(cat "$deep/pids.max" "$deep/memory.max" "$deep/memory.swap.max" "$deep/cpu.max" | tr '\n' ' ')" \
	"9 33554432 0 50000 100000 " "and the limits"
run husk exec "$ID" /probe alloc 64
exits 137 "of memory holds"
run husk exec "$ID" /probe forks 10
has "forks 7" EAGAIN "so does that of pids"
if [ "${HUSK_MANAGER:-}" = systemd ]; then
	is "$(systemctl show -P CPUQuotaPerSecUSec -P MemoryMax -P MemorySwapMax -P TasksMax "husk-$ID.scope" | tr '\n' ' ')" \
		"500ms 33554432 0 9 " "systemd knows of them"
	systemctl daemon-reload
	is "$(cat "$deep/pids.max" "$deep/memory.max" "$deep/memory.swap.max" "$deep/cpu.max" | tr '\n' ' ')" \
		"9 33554432 0 50000 100000 " "and does not undo them"
fi
destroy
not_ok "delete removes it" test -e "$deep"
if [ "${HUSK_MANAGER:-}" = systemd ]; then
	systemctl stop "$slice.slice"
	not_ok "and stopping the slice those above" test -e "$above"
else
	rmdir "$dir/a" "$dir"
fi

done_testing
