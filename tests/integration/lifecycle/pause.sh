# lifecycle/pause - pause freezes every process, resume thaws them.
# covers: 2.2-pause 3.5-exec-states
# runs as: root user
. "$HUSK_TESTS/lib.sh"

can_pause || skip_all "this user's containers have no cgroup that can be frozen"
make_bundle
set_args /probe sleep

start_container "$ID"
pid=$(pid_of)
run husk pause "$ID"
exits 0 "pause"
is "$(status_of)" paused "its status"

run husk pause "$ID"
isnt "$STATUS" 0 "a second pause"
run timeout 5 "$HUSK_BIN" --root "$STATE_DIR" exec "$ID" /probe echo no
fails_with "cannot exec in a paused container \(use --ignore-paused to override\)" "exec in it"

run husk resume "$ID"
exits 0 "resume"
is "$(status_of)" running "its status"
run husk resume "$ID"
fails_with "container not paused" "a second resume"

run husk pause "$ID"
run husk delete --force "$ID"
exits 0 "delete --force of a paused container"
# Ended, it is a zombie until its parent, not husk, has collected it.
ok "its process is gone" wait_until 5 not test -d "/proc/$pid"

done_testing
