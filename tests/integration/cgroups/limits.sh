# cgroups/limits - what linux.resources asks for stands in the kernel's files.
# covers: L-18 L-24 L-25 L-26 L-28 L-31 L-33
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

need_controller memory
need_controller cpu
need_controller pids
make_bundle
set_args /probe sleep
config '.linux.resources = {
	memory: {limit: 67108864, reservation: 33554432, swap: 134217728, disableOOMKiller: false},
	cpu: {shares: 200, quota: 50000, period: 100000, cpus: "0"},
	pids: {limit: 50},
	blockIO: {}
}'
[ -n "$(dir_of cpuset)" ] || config 'del(.linux.resources.cpu.cpus)'
start_container "$ID"
exits 0 "create and start with docker's limits"

is "$(cg memory memory.limit_in_bytes memory.max)" 67108864 "memory.limit"
is "$(cg memory memory.soft_limit_in_bytes memory.low)" 33554432 "memory.reservation"
if [ -e "$(dir_of memory)/memory.memsw.limit_in_bytes" ] || [ -e "$(dir_of memory)/memory.swap.max" ]; then
	is "$(cg memory memory.memsw.limit_in_bytes memory.swap.max)" \
		"$(as_on 134217728 67108864 memory)" "memory.swap"
else
	skip "memory.swap" "this kernel does not count swap"
fi
is "$(cg cpu cpu.shares cpu.weight)" "$(as_on 200 29 cpu)" "cpu.shares"
if [ -n "$(v1 cpu)" ]; then
	is "$(cg cpu cpu.cfs_quota_us) $(cg cpu cpu.cfs_period_us)" "50000 100000" "cpu.quota and period"
else
	is "$(cg cpu '' cpu.max)" "50000 100000" "cpu.quota and period"
fi
if [ -n "$(dir_of cpuset)" ]; then is "$(cg cpuset cpuset.cpus cpuset.cpus)" 0 "cpu.cpus"
else skip "cpu.cpus" "no cpuset controller"; fi
is "$(cg pids pids.max pids.max)" 50 "pids.limit"

# It is in all of them, and nowhere else.
pid=$(pid_of)
is "$(grep -vc ":$CGROUP\$" "/proc/$pid/cgroup")" \
	"$(awk -F: '{ print $2 }' "/proc/$pid/cgroup" | while IFS=, read -r first _; do
		if [ -z "$first" ]; then [ -n "$(v2)" ] || echo none
		else [ -n "$(v1 "$first")" ] || echo none; fi
	done | wc -l)" "its process is in the cgroup in every mounted hierarchy"
run husk exec "$ID" /probe read /proc/self/cgroup
is "$(grep -c ":$CGROUP\$" "$OUT")" "$(grep -c ":$CGROUP\$" "/proc/$pid/cgroup")" "so is one of exec"

destroy
is "$(every_cgroup "$CGROUP")" "" "delete leaves no cgroup"

if has_v2 hugetlb || [ -n "$(v1 hugetlb)" ]; then
	size=$(basename "$(ls -d /sys/kernel/mm/hugepages/hugepages-* | head -n 1)")
	size=${size#hugepages-}
	kb=${size%kB}
	name=${kb}KB
	[ "$kb" -lt 1024 ] || name=$((kb / 1024))MB
	[ "$kb" -lt 1048576 ] || name=$((kb / 1048576))GB
	config '.linux.resources = {hugepageLimits: [{pageSize: $s, limit: ($l | tonumber)}]}' \
		--arg s "$name" --arg l $((kb * 1024 * 2))
	was=$(cat "$(v2)/cgroup.subtree_control" 2>/dev/null)
	start_container "$ID"
	exits 0 "create with hugepageLimits"
	is "$(cg hugetlb "hugetlb.$name.limit_in_bytes" "hugetlb.$name.max")" $((kb * 1024 * 2)) \
		"hugepageLimits"
	rsvd=$(dir_of hugetlb)/$(as_on "hugetlb.$name.rsvd.limit_in_bytes" "hugetlb.$name.rsvd.max" hugetlb)
	[ ! -e "$rsvd" ] || is "$(cat "$rsvd")" $((kb * 1024 * 2)) "and of reserved pages"
	destroy
	# As it was: what the kernel passes on is the host's.
	case " $was " in
	*" hugetlb "*) ;;
	*) [ -z "$(v2)" ] || echo -hugetlb >"$(v2)/cgroup.subtree_control" 2>/dev/null ;;
	esac
else
	skip "hugepageLimits" "no hugetlb controller"
fi

if [ -e "$(dir_of cpu /)/cpu.idle" ] || [ -n "$(ls -d "$(dir_of cpu /)"/*/cpu.idle 2>/dev/null)" ]; then
	config '.linux.resources = {cpu: {idle: 1}}'
	start_container "$ID"
	exits 0 "cpu.idle"
	is "$(cg cpu cpu.idle cpu.idle)" 1 "cpu.idle is set"
	destroy
else
	skip "cpu.idle" "this kernel has no cpu.idle"
fi

done_testing
