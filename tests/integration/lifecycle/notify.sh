# lifecycle/notify - NOTIFY_SOCKET: what the program says to the service manager of the host.
# covers: 3.3-notify-socket 3.5-notify 8-17
# runs as: root user
. "$HUSK_TESTS/lib.sh"

# manager N: a service manager that prints N messages
manager()
{
	fdrecv "$CASE_DIR/received" dgram "$CASE_DIR/notify.sock" "$1"
}

# What has been received, without "ready" and who it was from.
received()
{
	grep -v '^ready$\|^from' "$CASE_DIR/received"
}

notified()	# COMMAND...
{
	run env NOTIFY_SOCKET="$CASE_DIR/notify.sock" timeout 20 "$HUSK_BIN" --root "$STATE_DIR" $MANAGER "$@"
}

make_bundle
set_args /probe notify READY=1 -- sleep

manager 1
notified run --detach --bundle "$BUNDLE" "$ID"
exits 0 "run --detach returns once the program is ready"
# It says so after it has sent, and nobody waits for that.
ok "the program could send" wait_until 5 grep -qx "notify ok" "$OUT"
pid=$(pid_of)
wait "$RECEIVER"
is "$(received)" "message READY=1
MAINPID=$pid" "the manager hears of it, and of the main process"
destroy

# create and start
manager 2
set_args /probe notify STATUS=starting -- notify "STATUS=up
READY=1" -- sleep
notified create --bundle "$BUNDLE" "$ID"
exits 0 "create"
is "$(received)" "" "says nothing"
run timeout 20 "$HUSK_BIN" --root "$STATE_DIR" $MANAGER start "$ID"
exits 0 "start, without the variable, returns once the program is ready"
pid=$(pid_of)
wait "$RECEIVER"
is "$(received)" "message STATUS=starting
message STATUS=up
READY=1
MAINPID=$pid" "several messages; READY=1 need not come first"
destroy

# A program that ends without a word does not keep start waiting.
set_args /probe echo x
manager 1
notified run --detach --bundle "$BUNDLE" "$ID"
exits 0 "a program that ends without a word"
kill "$RECEIVER"
destroy

# In the foreground the proxy goes on until the end.
manager 9
set_args /probe notify READY=1 -- notify "WATCHDOG=1
WATCHDOG_USEC=5" -- notify "RELOADING=1
MONOTONIC_USEC=7" -- notify EXTEND_TIMEOUT_USEC=8 -- notify "NOTIFYACCESS=all
UNKNOWN=1" -- notify "FDSTORE=1
FDNAME=stored" 0 -- barrier -- notify "STATUS=x" 0 -- notify "STOPPING=1
ERRNO=2
EXIT_STATUS=3" -- notify "STATUS=last words" -- exit 4
notified run --bundle "$BUNDLE" "$ID"
exits 4 "run in the foreground"
has barrier "ok ok" "a barrier is passed on, and its descriptor closed"
wait_until 5 not kill -0 "$RECEIVER"
is "$(received | sed 's/^MAINPID=[1-9][0-9]*/MAINPID=/; s/pipe:.*/pipe/')" "message READY=1
MAINPID=
message WATCHDOG=1
WATCHDOG_USEC=5
message RELOADING=1
MONOTONIC_USEC=7
message EXTEND_TIMEOUT_USEC=8
message FDSTORE=1
FDNAME=stored
received /dev/null
message BARRIER=1
received pipe
message STATUS=x
message STOPPING=1
ERRNO=2
EXIT_STATUS=3
message STATUS=last words" "everything arrives in order, until the end"
if [ "$HUSK_USER" = root ]; then
	main=$(sed -n 's/^MAINPID=//p' "$CASE_DIR/received")
	is "$(sed -n 's/^from //p' "$CASE_DIR/received" | tail -n +2 | sort -u)" "$main" \
		"once the manager knows the main process, in that one's name"
fi

# MAINPID of the program's own.
manager 3
set_args /probe notify MAINPID=1 -- notify MAINPID=4711 -- notify "MAINPID=x
STATUS=s" -- notify READY=1 -- sleep
notified run --detach --bundle "$BUNDLE" "$ID"
exits 0 "a program that tells MAINPID"
pid=$(pid_of)
wait_until 5 not kill -0 "$RECEIVER"
is "$(received)" "message MAINPID=$pid
message STATUS=s
message READY=1
MAINPID=$pid" "is translated; what is none of the container's is left out"
destroy

# A child of the container's init, and without a pid namespace.
manager 1
set_args /probe child notify "MAINPID=2
READY=1" -- sleep
notified run --detach --bundle "$BUNDLE" "$ID"
exits 0 "a child's MAINPID"
wait_until 5 not kill -0 "$RECEIVER"
isnt "$(sed -n 's/^MAINPID=//p' "$CASE_DIR/received")" 2 "is not taken literally"
destroy

if [ "$HUSK_USER" = root ]; then
no_namespace pid
manager 1
set_args /probe notify "MAINPID=1
READY=1" -- sleep
notified run --detach --bundle "$BUNDLE" "$ID"
exits 0 "without a pid namespace"
pid=$(pid_of)
wait_until 5 not kill -0 "$RECEIVER"
is "$(received)" "message READY=1
MAINPID=$pid" "a process of the host cannot be named"
destroy
config '.linux.namespaces += [{"type": "pid"}]'
fi

# A manager that is gone.
rm -f "$CASE_DIR/notify.sock"
set_args /probe notify READY=1 -- echo on
notified run --bundle "$BUNDLE" "$ID"
exits 0 "a manager that is gone"
is "$(line 2)" on "does not matter to the program"

run env NOTIFY_SOCKET=relative "$HUSK_BIN" --root "$STATE_DIR" $MANAGER run --bundle "$BUNDLE" "$ID"
fails_with 'NOTIFY_SOCKET "relative": expected an absolute path or @abstract' "a relative path"
is "$(status_of)" "" "nothing is left"

probe env
unlike "$(output)" NOTIFY_SOCKET "without one the program sees none"

done_testing
