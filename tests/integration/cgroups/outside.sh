# cgroups/outside - a user whose process is in no cgroup of the user's own systemd, as after ssh or su:
# the kernel lets it move nothing into the scope; systemd does.
# runs as: user
. "$HUSK_TESTS/lib.sh"

[ "$(v2)" = /sys/fs/cgroup ] && [ -S "${XDG_RUNTIME_DIR:-/none}/systemd/private" ] ||
	skip_all "needs cgroup v2 alone, and a systemd of the user's own"
! grep -q "/user@$(id -u).service/" /proc/self/cgroup ||
	skip_all "this process is in a cgroup of the user's systemd"

make_bundle
plain=$(cat "$BUNDLE/config.json")
dir=$(v2)$CGROUP
systemd()
{
	run husk --systemd-cgroup "$@"
}

config '.linux.resources = {memory: {limit: 33554432}, pids: {limit: 3}}'
add_mount /sys/fs/cgroup cgroup2 cgroup nosuid,noexec,nodev,relatime,rw
config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])'
set_args /probe sleep
systemd run --bundle "$BUNDLE" --detach "$ID"
exits 0 "run"
is "$(cat "$dir/cgroup.procs")" "$(pid_of)" "the scope has the init, alone"
is "$(cat "$dir/memory.max" "$dir/pids.max" | tr '\n' ' ')" "33554432 3 " "and its limits"
run husk exec "$ID" /probe read /proc/self/cgroup
exits 0 "exec"
like "$(output)" '0::/$' "is in it, and it is the cgroup namespace's root"
run husk exec "$ID" /probe forks 10
has "forks 1" EAGAIN "the limit holds for both"
run husk exec "$ID" /probe alloc 64
exits 137 "and that of memory"

# As a service manager in the container does it: its own cgroup takes no process any more.
mkdir "$dir/inner"
pid_of >"$dir/inner/cgroup.procs"
run husk exec --cgroup inner "$ID" /probe read /proc/self/cgroup
like "$(output)" '0::/inner$' "exec --cgroup"
run husk exec "$ID" /probe read /proc/self/cgroup
like "$(output)" '0::/$' "exec without it"
echo +pids >"$dir/cgroup.subtree_control"
run husk exec "$ID" /probe read /proc/self/cgroup
like "$(output)" '0::/inner$' "exec where the container's cgroup takes none: where the init is"
run husk exec --cgroup nothing "$ID" /probe exit 0
fails_with 'nothing: No such file or directory' "exec --cgroup of one that is not there"
run husk pause "$ID"
is "$(status_of)" paused "pause"
run husk resume "$ID"
run husk delete --force "$ID"
exits 0 "delete"
not_ok "leaves no cgroup" test -e "$dir"
gone()
{
	[ -z "$(systemctl --user list-units --all --plain --no-legend "*$TAG*")" ]
}
ok "nor a unit" wait_until 10 gone

# pids: the one who stands in for the init, and moving, need no room.
config '.linux.resources = {pids: {limit: 1}}'
systemd create --bundle "$BUNDLE" "$ID"
exits 0 "room for one process is enough"
is "$(cat "$dir/pids.max")" 1 "that is the limit"
destroy

# A second process is made where a pid namespace is joined; it is what gets moved.
unshare --user --map-root-user --pid --fork sleep 60 &
holder=$!
joined()
{
	[ -e "/proc/$(pgrep -P "$holder" sleep)/ns/pid" ]
}
if wait_until 10 joined; then
	pid=$(pgrep -P "$holder" sleep)
	config '.linux.namespaces |= map(if .type == "pid" or .type == "user" then .path = "/proc/\($pid)/ns/\(.type)"
		else . end) | del(.linux.uidMappings, .linux.gidMappings)' --arg pid "$pid"
	systemd run --bundle "$BUNDLE" --detach "$ID"
	exits 0 "joined namespaces of user and pid"
	is "$(cat "$dir/cgroup.procs")" "$(pid_of)" "the scope has the init, alone"
	destroy
else
	fail "a pid namespace to join"
fi
kill "$holder"
wait "$holder" 2>/dev/null

# ---- without systemd ----

printf '%s\n' "$plain" >"$BUNDLE/config.json"
config 'del(.linux.cgroupsPath)'
set_args /probe echo ran
run husk --cgroup-manager=cgroupfs run --bundle "$BUNDLE" "$ID"
exits 0 "without systemd and limits no cgroup is needed"
config '.linux.resources = {pids: {limit: 3}}'
run husk --cgroup-manager=cgroupfs run --bundle "$BUNDLE" "$ID"
fails_with '/linux/resources/pids/limit: the pids controller has not been delegated to this user' \
	"a limit is an error"
like "$(errors)" 'hint: run it in a delegated cgroup \(systemd-run --user --scope -p Delegate=yes' "with the way out"
run systemd-run --user --scope -q "$HUSK_BIN" --root "$STATE_DIR" --systemd-cgroup run --bundle "$BUNDLE" "$ID"
exits 0 "in a scope of its own"
is "$(output)" ran "it runs"

done_testing
