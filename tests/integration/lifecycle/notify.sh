# lifecycle/notify - NOTIFY_SOCKET: READY=1 of the program reaches the service manager.
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe notify READY=1 -- sleep
"$HUSK_FDRECV" dgram "$CASE_DIR/notify.sock" 1 >"$CASE_DIR/received" 2>&1 &
receiver=$!
wait_until 5 grep -q ready "$CASE_DIR/received"

NOTIFY_SOCKET=$CASE_DIR/notify.sock
export NOTIFY_SOCKET
timeout 20 "$HUSK_BIN" --root "$STATE_DIR" run --detach --bundle "$BUNDLE" "$ID" >"$CASE_DIR/said" 2>&1 </dev/null
is "$?" 0 "run --detach returns once the program is ready"
unset NOTIFY_SOCKET
ok "the manager hears of it" wait_until 5 grep -q 'READY=1' "$CASE_DIR/received"
kill "$receiver" 2>/dev/null
is "$(cat "$CASE_DIR/said")" "notify ok" "the program could send"
destroy

probe env
unlike "$(output)" NOTIFY_SOCKET "without one the program sees none"

done_testing
