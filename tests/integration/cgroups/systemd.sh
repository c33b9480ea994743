# cgroups/systemd - scopes of the systemd that is PID 1 here: their limits hold, outlive a reload of
# its configuration, and go with the container.
# runs as: root user
# covers: 3.4-systemd
# timeout: 120
. "$HUSK_TESTS/lib.sh"

[ -d /run/systemd/system ] || skip_all "systemd is not PID 1 here"
[ "$(v2)" = /sys/fs/cgroup ] || skip_all "needs cgroup v2 alone"
need_command systemctl
user= manager=
if [ "$HUSK_USER" = user ]; then
	XDG_RUNTIME_DIR=/run/user/$(id -u)
	export XDG_RUNTIME_DIR
	[ -S "$XDG_RUNTIME_DIR/systemd/private" ] || skip_all "this user has no systemd of his own"
	user=--user
	manager=/user.slice/user-$(id -u).slice/user@$(id -u).service
fi
SLICE=$(printf %s "$TAG" | tr -d -).slice
UNIT=husk-$TAG.scope
dir=/sys/fs/cgroup$manager/$SLICE/$UNIT

systemd()
{
	run husk --systemd-cgroup "$@"
}

property()	# NAME
{
	systemctl $user show -P "$1" "$UNIT"
}

has_unit()	# UNIT
{
	[ "$(systemctl $user show -P LoadState "$1")" = loaded ]
}

make_bundle
config '.linux.cgroupsPath = $path' --arg path "$SLICE:husk:$TAG"
config '.linux.resources = {memory: {limit: 33554432, swap: 33554432, reservation: 1048576},
	pids: {limit: 9}, cpu: {shares: 512, quota: 25000, period: 50000}}'
config '.annotations["org.systemd.property.TimeoutStopSec"] = "7"'
set_args /probe sleep
systemd run --bundle "$BUNDLE" --detach "$ID"
exits 0 "run"
is "$(property ControlGroup)" "$manager/$SLICE/$UNIT" "the scope is where cgroupsPath says"
is "$(cat "$dir/cgroup.procs")" "$(pid_of)" "with the container's init alone"
is "$(property Delegate) $(property TimeoutStopUSec)" "yes 7s" "delegated; with an annotation's property"

agree()	# WHEN: properties and files say the same
{
	is "$(property MemoryMax) $(property MemorySwapMax) $(property MemoryLow) $(property TasksMax)" \
		"$1 0 1048576 $2" "properties of memory and pids $3"
	is "$(cat "$dir/memory.max" "$dir/memory.swap.max" "$dir/memory.low" "$dir/pids.max" |
		tr '\n' ' ')" "$1 0 1048576 $2 " "files of memory and pids $3"
	is "$(property CPUWeight) $(property CPUQuotaPerSecUSec) $(cat "$dir/cpu.weight" "$dir/cpu.max" |
		tr '\n' ' ')" "59 500ms 59 25000 50000 " "cpu $3"
}

agree 33554432 9 "at first"
systemctl $user daemon-reload
agree 33554432 9 "after daemon-reload"
run husk update --memory 50331648 --memory-swap 50331648 --pids-limit 11 "$ID"
exits 0 "update"
agree 50331648 11 "after update"
systemctl $user daemon-reload
agree 50331648 11 "after update and daemon-reload"
run husk exec "$ID" /probe exit 4
exits 4 "exec"
run husk pause "$ID"
is "$(status_of)" paused "pause"
run husk resume "$ID"
run husk --systemd-cgroup create --bundle "$BUNDLE" "$ID-2"
fails_with "Unit $UNIT was already loaded or has a fragment file" "one unit for two containers"
run husk delete --force "$ID-2"
run husk delete --force "$ID"
exits 0 "delete"
not_ok "the unit is gone" has_unit "$UNIT"
not_ok "and its cgroup" test -e "$dir"

# ---- limits bite ---------------------------------------------------------------------------------

config '.linux.resources = {pids: {limit: 1}}'
set_args /probe forks 1
systemd run --bundle "$BUNDLE" "$ID"
like "$(output)" EAGAIN "pids: with 1 the program cannot fork"
config '.linux.resources = {pids: {limit: 4}}'
set_args /probe forks 10
systemd run --bundle "$BUNDLE" "$ID"
like "$(output)" '3|EAGAIN' "pids: nor ten times with 4"
config '.linux.resources = {memory: {limit: 16777216, swap: 16777216}}'
set_args /probe alloc 64
systemd run --bundle "$BUNDLE" "$ID"
exits 137 "memory: what takes more is killed"
wait_until 10 not has_unit "$UNIT"
not_ok "no failed unit stays behind" has_unit "$UNIT"
config 'del(.linux.resources)'
set_args /probe sleep
systemd run --bundle "$BUNDLE" --detach "$ID"
is "$(cat "$dir/pids.max")" max "no limit of pids is none, not systemd's default"
destroy

# ---- sub-cgroups ---------------------------------------------------------------------------------

config '.annotations["run.oci.systemd.subgroup"] = "inner" |
	.linux.resources = {pids: {limit: 1}, memory: {limit: 33554432}}'
systemd run --bundle "$BUNDLE" --detach "$ID"
exits 0 "run.oci.systemd.subgroup"
is "$(cat "$dir/inner/cgroup.procs")" "$(pid_of)" "the init is below the scope"
is "$(cat "$dir/inner/memory.max" "$dir/inner/pids.max" | tr '\n' ' ')" "33554432 1 " \
	"where the limits are, too"
run husk delete --force "$ID"
not_ok "gone with the scope" test -e "$dir"
config 'del(.annotations, .linux.resources)'

# ---- slices, and the broker ----------------------------------------------------------------------

inner=${SLICE%.slice}-web.slice
config '.linux.cgroupsPath = $path | .linux.resources = {pids: {limit: 9}}' --arg path "::$inner"
systemd run --bundle "$BUNDLE" --detach "$ID"
exits 0 "a unit that is a slice"
dir=/sys/fs/cgroup$manager/$SLICE/$inner
is "$(cat "$dir/cgroup.procs" "$dir/pids.max" | tr '\n' ' ')" "$(pid_of) 9 " "holds the init, and its limit"
is "$(systemctl $user show -P TasksMax "$inner")" 9 "of which systemd knows"
run husk exec "$ID" /probe exit 4
exits 4 "exec in it"
run husk update --pids-limit 7 "$ID"
is "$(cat "$dir/pids.max") $(systemctl $user show -P TasksMax "$inner")" "7 7" "update"
run husk delete --force "$ID"
exits 0 "delete"
not_ok "its cgroup is gone" test -e "$dir"
is "$(systemctl $user show -P ActiveState "$inner")" inactive "and the slice"

config '.linux.cgroupsPath = $path' --arg path "$SLICE:husk:$TAG"
if [ "$HUSK_USER" = user ]; then
	# Not where systemd listens itself.
	mkdir "$CASE_DIR/xdg"
	set -- XDG_RUNTIME_DIR="$CASE_DIR/xdg" DBUS_SESSION_BUS_ADDRESS="unix:path=$XDG_RUNTIME_DIR/bus"
	broker=$XDG_RUNTIME_DIR/bus
else
	broker=/run/dbus/system_bus_socket
	set -- DBUS_SYSTEM_BUS_ADDRESS=unix:path=$broker
fi
if [ -S "$broker" ]; then
	run env "$@" "$HUSK_BIN" --root "$STATE_DIR" --log "$CASE_DIR/log" --debug --systemd-cgroup run \
		--bundle "$BUNDLE" --detach "$ID"
	exits 0 "through the message broker"
	like "$(cat "$CASE_DIR/log")" "connect to bus unix:path=$broker = [0-9]" "that one"
	is "$(property TasksMax)" 9 "the unit is the same"
	run env "$@" "$HUSK_BIN" --root "$STATE_DIR" delete --force "$ID"
	exits 0 "delete"
	not_ok "the unit is gone" has_unit "$UNIT"
else
	skip "through the message broker" "none runs"
fi
config 'del(.linux.resources)'

# ---- many ----------------------------------------------------------------------------------------

many()
{
	for i in 1 2 3 4 5; do
		mkdir "$CASE_DIR/b$1-$i"
		jq --arg p "$SLICE:husk:$TAG-$1-$i" '.linux.cgroupsPath = $p | .root.path = $r' \
			--arg r "$ROOTFS" "$BUNDLE/config.json" >"$CASE_DIR/b$1-$i/config.json"
		husk --systemd-cgroup run --bundle "$CASE_DIR/b$1-$i" --detach "$ID-$1-$i" \
			</dev/null >/dev/null 2>>"$CASE_DIR/many" &&
			husk delete --force "$ID-$1-$i" 2>>"$CASE_DIR/many" || echo failed >>"$CASE_DIR/many"
	done
}

: >"$CASE_DIR/many"
many 1 & a=$!
many 2 & b=$!
many 3 & c=$!
many 4
wait "$a" "$b" "$c"
is "$(cat "$CASE_DIR/many")" "" "20 containers by 4 callers"
is "$(systemctl $user list-units --all --plain --no-legend "husk-$TAG-*")" "" "leave no unit"

done_testing
