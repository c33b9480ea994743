# lifecycle/stop - ask politely, wait, kill.
# covers: C-50
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle

# begin SIGNAL...: a program that waits for these signals, says which one came, and exits with 0
begin()
{
	set_args /probe trap "$@"
	husk create --bundle "$BUNDLE" "$ID" >"$CASE_DIR/said" 2>&1 </dev/null
	run husk start "$ID"
	wait_until 5 grep -q '^trap ready' "$CASE_DIR/said"
}

seconds()	# COMMAND...: $STATUS, and how long it took in $TOOK
{
	_from=$(date +%s)
	run "$@"
	TOOK=$(($(date +%s) - _from))
}

begin 15
seconds husk stop "$ID"
exits 0 "stop"
is "$(status_of)" stopped "has stopped it"
is "$(tail -n 1 "$CASE_DIR/said")" "trap 15" "by SIGTERM"
ok "without waiting" test "$TOOK" -lt 5
run husk wait "$ID"
is "$STATUS $(output)" "0 0" "how it ended is known"
run husk stop "$ID"
exits 0 "stop of a stopped one is no error"
destroy

begin 10
run husk stop --signal USR1 "$ID"
exits 0 "stop --signal"
is "$(tail -n 1 "$CASE_DIR/said")" "trap 10" "sends that"
destroy

config '.annotations["org.opencontainers.image.stopSignal"] = "SIGRTMIN+3"'
begin 37
run husk stop "$ID"
exits 0 "the annotation's stop signal"
is "$(tail -n 1 "$CASE_DIR/said")" "trap 37" "is sent"
destroy
begin 37
run husk kill "$ID"
wait_until 5 has_status stopped
is "$(tail -n 1 "$CASE_DIR/said")" "trap 37" "by kill without a signal, too"
destroy

config '.annotations["org.opencontainers.image.stopSignal"] = "SIGNONE"'
begin 15
run husk stop "$ID"
fails_with 'annotation org.opencontainers.image.stopSignal: "SIGNONE" is not a signal' "a bad one"
is "$(status_of)" running "stops nothing"
run husk stop -s TERM "$ID"
exits 0 "unless another is given"
destroy
config 'del(.annotations)'

# The init of a pid namespace that has no handler ignores SIGTERM.
set_args /probe sleep
start_container "$ID"
seconds husk stop --timeout 1 "$ID"
exits 0 "one that does not listen"
ok "is given its time" test "$TOOK" -ge 1
is "$(status_of)" stopped "and killed"
run husk wait "$ID"
is "$STATUS $(output)" "0 137" "how it ended is known"
destroy

begin 15
seconds husk stop --timeout 0 "$ID"
exits 0 "--timeout=0"
unlike "$(cat "$CASE_DIR/said")" "trap 15" "asks nothing"
destroy

create_container "$ID"
seconds husk stop "$ID"
exits 0 "one that was never started"
ok "need not be asked" test "$TOOK" -lt 5
is "$(status_of)" stopped "it is stopped"
destroy

if can_pause; then
	begin 15
	run husk pause "$ID"
	is "$(status_of)" paused "a paused one"
	seconds husk stop "$ID"
	exits 0 "can be stopped"
	is "$(tail -n 1 "$CASE_DIR/said")" "trap 15" "and hears the signal"
	destroy
	set_args /probe sleep
	start_container "$ID"
	run husk pause "$ID"
	seconds husk stop -t 0 "$ID"
	exits 0 "and killed"
	destroy
else
	skip "a paused container" "this user's containers have no cgroup that can be frozen"
fi
if [ "$HUSK_USER" = root ] && can_pause; then
	# A shared pid namespace: the init is not the last.
	no_namespace pid
	set_args /probe fork -- sleep
	start_container "$ID"
	run husk stop -t 1 "$ID"
	exits 0 "a shared pid namespace"
	is "$(husk ps --format json "$ID" 2>/dev/null | jq -c .)" "[]" "nothing of it is left"
	destroy
else
	skip "a shared pid namespace" "needs a cgroup, and root to mount the host's /proc"
fi

run husk stop "$ID"
is "$STATUS" 1 "no such container"
like "$(errors)" "container does not exist: \"$ID\"" "its message"
run husk stop --timeout=-2 "$ID"
fails_with 'timeout "-2" is not a number of seconds from 0 to 2147483, nor -1' "a bad timeout"
run husk stop --signal NONE "$ID"
fails_with 'unknown signal "NONE"' "a bad signal"
run husk stop --signal 0 "$ID"
fails_with 'signal 0 stops nothing' "signal 0"

done_testing
