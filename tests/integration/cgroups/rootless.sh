# cgroups/rootless - a user without a delegated cgroup: no cgroup, and limits are refused.
# runs as: user
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

only_cgroupfs "no cgroup is delegated"
! is_delegated || skip_all "this user has a delegated cgroup: see cgroups/delegated"
make_bundle
config '.linux.cgroupsPath = $p' --arg p "/$ID"
set_args /probe read /proc/self/cgroup
before=$(cat /proc/self/cgroup)
run_container
exits 0 "a container without limits runs"
is "$(sed 's/^read [^ ]* *//' "$OUT" | grep -c "$ID")" 0 "in the caller's own cgroup"
is "$(cat /proc/self/cgroup)" "$before" "which has not changed"

config '.linux.resources.devices = [{allow: false, access: "rwm"}]'
run_container
exits 0 "the device rules that every engine sends are no obstacle"

config '.linux.resources = {pids: {limit: 5}}'
run_container
fails_with '/linux/resources/pids/limit: the pids controller has not been delegated to this user' \
	"a limit is refused"
like "$(errors)" "delegated cgroup" "and the message says what to do"

config '.linux.resources = {pids: {limit: -1}}'
run_container
exits 0 "no limit needs no controller"

done_testing
