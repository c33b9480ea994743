# lifecycle/interrupted - a husk that is killed leaves something that delete --force removes.
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe sleep

# Not through a function: the shell would put a process of its own in between.
"$HUSK_BIN" --root "$STATE_DIR" $MANAGER run --bundle "$BUNDLE" "$ID" >"$OUT" 2>&1 </dev/null &
caller=$!
ok "a container in the foreground" wait_until 5 has_status running
pid=$(pid_of)
kill -TERM "$caller"
# The program is process 1 of its pid namespace and ignores what it does not handle.
sleep 0.2
is "$(status_of)" running "husk passes SIGTERM on to the program and goes on"
kill -KILL "$caller"
wait "$caller" 2>/dev/null
ok "its status can be told" status_of
run husk delete --force "$ID"
exits 0 "delete --force"
ok "its process is gone" wait_until 5 test ! -d "/proc/$pid"

# Killed somewhere between beginning and end of create.
for delay in 0.001 0.002 0.003 0.004 0.006 0.008 0.012; do
	"$HUSK_BIN" --root "$STATE_DIR" $MANAGER create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 </dev/null &
	caller=$!
	sleep "$delay"
	kill -KILL "$caller" 2>/dev/null
	wait "$caller" 2>/dev/null
	husk delete --force "$ID" 2>>"$CASE_DIR/said" || echo "after $delay: $?" >>"$CASE_DIR/said"
done
is "$(cat "$CASE_DIR/said" 2>/dev/null)" "" "create killed at any time: delete --force cleans up"
create_container "$ID"
exits 0 "and the ID can be used again"
destroy

done_testing
