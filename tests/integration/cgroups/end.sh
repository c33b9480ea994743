# cgroups/end - delete empties and removes the cgroup, whatever is in it.
# covers: 2.2-kill 3.5-cgroup-kill 8-16 R-05 L-15
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

[ -n "$(every_cgroup /)" ] || skip_all "no cgroup is mounted"
make_bundle

# Cgroups that the container made below its own, with a process in one.
set_args /probe sleep
start_container "$ID"
every_cgroup "$CGROUP" | while read -r dir; do
	mkdir -p "$dir/sub/deeper"
done
sleep 300 &
stranger=$!
every_cgroup "$CGROUP/sub" | while read -r dir; do
	case $dir in
	*cpuset*)
		cat "${dir%/sub}/cpuset.cpus" >"$dir/cpuset.cpus"
		cat "${dir%/sub}/cpuset.mems" >"$dir/cpuset.mems" ;;
	esac
	echo "$stranger" >"$dir/cgroup.procs"
done
like "$(husk ps "$ID")" "$stranger" "ps lists a process in a cgroup below"
run husk delete --force "$ID"
exits 0 "delete --force"
is "$(every_cgroup "$CGROUP")" "" "leaves no cgroup"
ok "and no process" wait_until 5 reaped "$stranger"

# Without a pid namespace the first process's end does not end the others.
no_namespace pid
set_args /probe fork 3 -- exit 0
start_container "$ID"
wait_until 5 has_status stopped
is "$(husk ps --format json "$ID" | jq length)" 3 "three processes outlive the first"
run husk kill --all "$ID" KILL
exits 0 "kill --all of a stopped container"
empty()
{
	[ "$(husk ps --format json "$ID" | jq length)" -eq 0 ]
}
ok "reaches them all" wait_until 5 empty
run husk delete "$ID"
exits 0 "delete of a stopped container with processes left"
is "$(every_cgroup "$CGROUP")" "" "leaves no cgroup"

# A frozen one.
set_args /probe sleep
start_container "$ID"
pid=$(pid_of)
run husk pause "$ID"
run husk delete --force "$ID"
exits 0 "delete --force of a paused container"
is "$(every_cgroup "$CGROUP")" "" "leaves no cgroup"
ok "and no process" wait_until 5 reaped "$pid"

# Frozen by somebody else, through v1.
if [ -n "$(v1 freezer)" ]; then
	start_container "$ID"
	echo FROZEN >"$(v1 freezer)$CGROUP/freezer.state"
	is "$(status_of)" paused "a container frozen through v1 is paused"
	run timeout 5 "$HUSK_BIN" --root "$STATE_DIR" delete --force "$ID"
	exits 0 "delete --force of it"
	is "$(every_cgroup "$CGROUP")" "" "leaves no cgroup"
	[ ! -d "$(v1 freezer)$CGROUP" ] || echo THAWED >"$(v1 freezer)$CGROUP/freezer.state"
	destroy
fi

done_testing
