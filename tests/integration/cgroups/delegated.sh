# cgroups/delegated - a user with a delegated cgroup, as systemd gives one: limits hold without
# privilege.
# runs as: user
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

only_cgroupfs "beside the caller's"
is_delegated || skip_all "no cgroup is delegated to this user"
dir=$(v2)$CGROUP
make_bundle

config '.linux.resources = {memory: {limit: 33554432}, pids: {limit: 20},
	cpu: {shares: 512, quota: 50000, period: 100000}, devices: [{allow: false, access: "rwm"}]}'
set_args /probe sleep
start_container "$ID"
exits 0 "create and start with limits"
is "$(awk -F: '$1 == 0 { print $3 }' "/proc/$(pid_of)/cgroup")" "${dir#"$(v2)"}" \
	"it is in its cgroup, beside the caller's"
is "$(cat "$dir/memory.max")" 33554432 "memory.limit"
is "$(cat "$dir/pids.max")" 20 "pids.limit"
is "$(cat "$dir/cpu.max")" "50000 100000" "cpu.quota and period"
is "$(cat "$dir/cpu.weight")" 59 "cpu.shares"

run husk update --pids-limit 30 "$ID"
exits 0 "update"
is "$(cat "$dir/pids.max")" 30 "is allowed"
run husk pause "$ID"
exits 0 "pause"
is "$(grep frozen "$dir/cgroup.events")" "frozen 1" "freezes it"
run husk resume "$ID"
run husk exec "$ID" /probe read /proc/self/cgroup
like "$(output)" "/$ID\$" "a process of exec is in it"
run husk kill --all "$ID" KILL
ok "kill --all" wait_until 5 has_status stopped
run husk delete "$ID"
exits 0 "delete"
not_ok "leaves no cgroup" test -e "$dir"

config '.linux.resources = {memory: {limit: 16777216, swap: 16777216}, pids: {limit: 3}}'
probe alloc 64
is "$STATUS" 137 "more memory than the limit: killed"
probe forks 10
has "forks 2" EAGAIN "more processes than the limit are refused"

config '.linux.resources = {cpu: {quota: 5000, period: 50000}}'
set_args /probe spin 30
start_container "$ID"
throttled()
{
	[ "$(awk '$1 == "nr_throttled" { print $2 }' "$dir/cpu.stat")" -gt 3 ]
}
ok "a busy loop is throttled" wait_until 10 throttled
destroy

# With a cgroup namespace and a writable mount the cgroup belongs to the container's root, who may
# divide it: config-linux.md, "Cgroup ownership".
config '.linux.resources = {}'
add_mount /sys/fs/cgroup cgroup2 cgroup nosuid,noexec,nodev,relatime
config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])'
probe read /proc/self/cgroup -- mkdir /sys/fs/cgroup/below
exits 0 "a writable cgroup mount"
like "$(output)" '0::/$' "with a cgroup namespace its cgroup is the root"
has "mkdir /sys/fs/cgroup/below" ok "and can be divided"
not_ok "delete removes what is below" test -e "$dir"

done_testing
