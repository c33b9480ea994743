# attack/sockets - a container in the host's network namespace looks for sockets to talk to.
# CVE-2020-15257: an abstract socket of a runtime can be reached from every container of that namespace.
# attacks: T-SOCK1
. "$HUSK_TESTS/lib.sh"

# One that waits for start, with all sockets a caller can have; one that runs and notifies.
"$HUSK_FDRECV" stream "$CASE_DIR/console" >"$CASE_DIR/received" 2>&1 &
wait_until 5 grep -q ready "$CASE_DIR/received"
make_bundle
set_terminal
set_args /probe sleep
create_container "$ID-waits" --console-socket "$CASE_DIR/console"
exits 0 "a container that waits for start"
"$HUSK_FDRECV" dgram "$CASE_DIR/notify" 5 >"$CASE_DIR/notified" 2>&1 &
receiver=$!
wait_until 5 grep -q ready "$CASE_DIR/notified"
make_bundle "$CASE_DIR/second"
set_cgroup "$ID-notifies"
set_args /probe sleep
run env NOTIFY_SOCKET="$CASE_DIR/notify" "$HUSK_BIN" --root "$STATE_DIR" create --bundle "$BUNDLE" "$ID-notifies"
exits 0 "a container with a notify socket"

make_bundle "$CASE_DIR/third"
set_cgroup "$ID-looks"
no_namespace network
config '.linux.sysctl = {}'
set_args /probe unix-sockets "$TAG" -- unix-sockets husk
run husk run --bundle "$BUNDLE" "$ID-looks"
exits 0 "a container in the host's network namespace"
like "$(value sockets)" '^[1-9]' "it sees sockets of that namespace"
is "$(output | grep '^unix @' | grep -i "husk\|$TAG")" "" "none of them is an abstract one of husk's"
is "$(output | grep "^unix [^@].* ok$")" "" "and none with a path can be reached"
for id in waits notifies; do
	is "$(status_of "$ID-$id")" created "the one that $id waits still"
	destroy "$ID-$id"
done
kill "$receiver" 2>/dev/null
is "$(find "$STATE_DIR" -perm /077 ! -type l 2>/dev/null | head)" "" "nobody else can open the state directory"

done_testing
