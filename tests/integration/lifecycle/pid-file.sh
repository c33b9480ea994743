# lifecycle/pid-file - --pid-file names the container's init, in the caller's pid namespace.
# covers: 2.3-pid-file 8-09
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe sleep
create_container "$ID" --pid-file "$CASE_DIR/pid"
exits 0 "create --pid-file"
is "$(cat "$CASE_DIR/pid")" "$(pid_of)" "its content"
is "$(wc -c <"$CASE_DIR/pid")" "$(printf %s "$(pid_of)" | wc -c)" "without a newline"
destroy

run_container --detach --pid-file "$CASE_DIR/pid"
exits 0 "run --detach --pid-file"
is "$(cat "$CASE_DIR/pid")" "$(pid_of)" "its content"
is "$(status_of)" running "run --detach leaves it running"
destroy

rm -f "$CASE_DIR/pid"
run_container --detach --pid-file "$CASE_DIR/no/such/dir/pid"
isnt "$STATUS" 0 "a pid file that cannot be written"
is "$(status_of)" "" "leaves nothing"

done_testing
