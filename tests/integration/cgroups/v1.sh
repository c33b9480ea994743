# cgroups/v1 - a host without cgroup v2, as far as this one can show it: v2 is unmounted.
# covers: L-36 3.5-cgroup-layouts 1.2-cgroup
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

need_v1 freezer
need_v1 devices
# What is unmounted here stays mounted for the others.
if [ -z "${INNER:-}" ]; then
	INNER=1 exec unshare -m --propagation private sh "$0"
fi
[ -z "$(v2)" ] || umount "$(v2)"
is "$(v2)" "" "no v2"
freezer=$(v1 freezer)

make_bundle
set_args /probe fork 2 -- sleep
start_container "$ID"
exits 0 "create and start"
pid=$(pid_of)
is "$(awk -F: '$2 == "freezer" { print $3 }' "/proc/$pid/cgroup")" "$CGROUP" "it is in its cgroup"
three()
{
	[ "$(husk ps "$ID" | grep -c probe)" -eq 3 ] || [ "$(wc -l <"$freezer$CGROUP/cgroup.procs")" -eq 3 ]
}
ok "with three processes" wait_until 5 three

run husk pause "$ID"
exits 0 "pause"
is "$(cat "$freezer$CGROUP/freezer.state")" FROZEN "freezes it"
is "$(status_of)" paused "and is seen"
run husk resume "$ID"
is "$(cat "$freezer$CGROUP/freezer.state")" THAWED "resume thaws it"

run husk kill --all "$ID" KILL
exits 0 "kill --all KILL"
ok "ends it" wait_until 5 has_status stopped
is "$(cat "$freezer$CGROUP/freezer.state")" THAWED "and leaves nothing frozen"
run husk delete "$ID"
exits 0 "delete"
is "$(every_cgroup "$CGROUP")" "" "no cgroup is left"

# SIGKILL waits for a frozen process to be thawed.
start_container "$ID"
pid=$(pid_of)
run husk pause "$ID"
run timeout 5 "$HUSK_BIN" --root "$STATE_DIR" delete --force "$ID"
exits 0 "delete --force of a paused container"
ok "its process is gone" wait_until 5 reaped "$pid"
is "$(every_cgroup "$CGROUP")" "" "and its cgroup"
[ ! -e "$freezer$CGROUP/freezer.state" ] || echo THAWED >"$freezer$CGROUP/freezer.state"
destroy

no_namespace pid
set_args /probe fork 3 -- exit 0
start_container "$ID"
wait_until 5 has_status stopped
run husk delete "$ID"
exits 0 "delete of a stopped container with processes left"
is "$(every_cgroup "$CGROUP")" "" "leaves no cgroup"

done_testing
