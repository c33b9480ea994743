# lifecycle/wait - how a container ended, told to anybody who waits.
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle

# waited NAME WANTED PROBE-COMMAND...: wait while it runs, as somebody who is not its parent.
waited()
{
	_name=$1 _wanted=$2
	shift 2
	set_args /probe "$@"
	create_container "$ID"
	husk wait "$ID" >"$CASE_DIR/waited" 2>"$CASE_DIR/waited.err" &
	_waiter=$!
	sleep 0.2
	is "$(cat "$CASE_DIR/waited")" "" "$_name: waits while it is only created"
	husk start "$ID" >/dev/null
	_status=0
	wait "$_waiter" || _status=$?
	is "$_status $(cat "$CASE_DIR/waited")" "0 $_wanted" "$_name"
	run husk wait "$ID"
	is "$STATUS $(output)" "0 $_wanted" "$_name: asked again"
	destroy
}

waited "an exit code" 42 exit 42
waited "success" 0 exit 0
waited "the largest" 255 exit 255

# A signal, by number.
set_args /probe sleep
start_container "$ID"
husk wait "$ID" >"$CASE_DIR/waited" 2>&1 &
waiter=$!
sleep 0.2
husk kill "$ID" KILL
wait "$waiter"
is "$(cat "$CASE_DIR/waited")" 137 "killed by SIGKILL"
destroy

# Not for ever.
start_container "$ID"
run husk wait --timeout 1 "$ID"
is "$STATUS" 1 "--timeout"
is "$(errors)" "husk: container \"$ID\" has not ended in the time given" "its message"
run husk wait -t 0 "$ID"
is "$STATUS" 1 "--timeout=0 only looks"
is "$(status_of)" running "and leaves it alone"
# Deleted while somebody waits.
husk wait "$ID" >"$CASE_DIR/waited" 2>&1 &
waiter=$!
sleep 0.2
husk delete --force "$ID"
ok "deleted while somebody waits" wait "$waiter"
is "$(cat "$CASE_DIR/waited")" 137 "that one is told"
not_ok "and leaves nothing of it" test -e "$STATE_DIR/$ID"

# Who runs it sees its end.
set_args /probe exit 7
run_container --keep
run husk wait "$ID"
is "$STATUS $(output)" "0 7" "run --keep remembers"
destroy

# Nobody looked.  The parent of the container's init, whoever that is here, collects it.
set_args /probe exit 9
start_container "$ID"
wait_until 5 has_status stopped
_pid=$(jq .pid "$STATE_DIR/$ID/state.json")
if wait_until 5 not test -d "/proc/$_pid"; then
	run husk wait "$ID"
	is "$STATUS" 1 "an end that nobody saw"
	like "$(errors)" "^husk: exit status of container \"$ID\" is not known: its process had ended and was collected by its parent before husk could look" "its message"
else
	run husk wait "$ID"
	is "$STATUS $(output)" "0 9" "an end that only a zombie remembers"
fi
destroy

run husk wait "$ID-none"
is "$STATUS" 1 "no such container"
like "$(errors)" "container does not exist: \"$ID-none\"" "its message"
run husk wait
fails_with '"wait" requires exactly 1 argument' "no ID"
run husk wait --timeout soon "$ID"
fails_with 'timeout "soon" is not a number of seconds from 0 to 2147483, nor -1' "a bad timeout"
run husk wait "../$ID"
fails_with 'invalid container ID format' "a bad ID"

done_testing
