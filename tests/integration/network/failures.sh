# network/failures - whatever fails, and whenever the caller dies, nothing stays.
# timeout: 120
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/network/functions"
own_network

# The hook fails after the network was made.
config '.hooks.createRuntime = [{path: "/bin/false"}]'
set_args /probe ns
run_container --network veth --publish 8080:80
fails_with 'hook' "a hook that fails"
is "$(left)" "" "leaves nothing"
config 'del(.hooks)'
set_args /nowhere
run_container --network veth --publish 8080:80
fails_with 'no such file' "a program that is not there"
is "$(left)" "" "leaves nothing"

# A kernel without nftables: the caller's second netlink socket is refused (93: EPROTONOSUPPORT).  Which of
# all its sockets that is depends on the thread that may make the network namespace, and has one, too.
set_args /probe ns
for nth in 1 2 3 4 5 6 7 8 1 2 3 4 5 6 7 8; do
	run_husk delete --force "$ID"
	ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-} run "$HUSK_FAULT" caller "$(printf '#include <sys/syscall.h>\nSYS_socket\n' | cpp -P 2>/dev/null |
		tail -1)" "$nth" 93 "$HUSK_BIN" --root "$STATE_DIR" $MANAGER run --bundle "$BUNDLE" --network veth "$ID"
	! grep -q nftables "$ERR" || break
done
is "$(errors | head -1)" "husk: network: this kernel has no nftables, which isolates containers and publishes their ports" \
	"without nftables"
is "$(left)" "" "leaves nothing"

# The caller is killed in the middle: a hook says when.
cat >"$CASE_DIR/hook" <<SH
#!/bin/sh
kill -KILL \$(cat "$CASE_DIR/caller")
SH
chmod +x "$CASE_DIR/hook"
config '.hooks.createRuntime = [{path: $p}]' --arg p "$CASE_DIR/hook"
killed()
{
	sh -c 'echo $$ >"$1/caller"; shift; exec "$@"' - "$CASE_DIR" "$HUSK_BIN" --root "$STATE_DIR" $MANAGER create \
		--bundle "$BUNDLE" --network veth --publish 8080:80 --dns 10.1.1.1 "$ID" \
		</dev/null >/dev/null 2>&1
	true
}
killed
isnt "$(left)" "" "a creation whose caller was killed leaves something"
run_husk delete --force "$ID"
exits 0 "delete --force"
is "$(left)" "" "takes it all away"

killed
config 'del(.hooks)'
run_container --network veth --publish 8080:80
exits 0 "so does the next create of that ID"
is "$(left)" "" "and its end"

# The state directory of a container removed by hand.
serving "$ID-a" --network veth --publish 8080:80
pid=$(pid_of "$ID-a")
husk kill "$ID-a" KILL
wait_until 5 not kill -0 "$pid"
mv "$STATE_DIR/$ID-a" "$CASE_DIR/away"
serving "$ID-b" --network veth --publish 8080:80
exits 0 "its address and port are free again"
destroy "$ID-b"
is "$(left)" "" "nothing stays"
mv "$CASE_DIR/away" "$STATE_DIR/$ID-a"
destroy "$ID-a"

# Somebody has removed what we made.
serving "$ID" --network veth --publish 8080:80
ip link del husk0
! command -v nft >/dev/null || nft flush ruleset
run_husk delete --force "$ID"
exits 0 "what is gone already is no error"
is "$(left)" "" "nothing stays"
done_testing
