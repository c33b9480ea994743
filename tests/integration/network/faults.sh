# network/faults - whichever system call of making or removing a network fails, or is where the
# caller or husk-init gets killed, nothing is left at the latest after `delete --force`.
#
# FAULTS=all tries every such call with every error.
# timeout: 300
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/network/functions"
. "$HUSK_TESTS/integration/lifecycle/functions"
own_network
config 'del(.linux.cgroupsPath, .linux.resources)'
echo 1 >/proc/sys/net/ipv4/ip_forward	# else there is a warning

# What the path of the network is made of; the rest is for lifecycle/faults.
only=' socket ioctl setsockopt sendto recvfrom sendmsg recvmsg flock bind renameat mkdirat openat write faccessat2 unlinkat '
every=7

what()
{
	ip -o link | awk -F': ' '$2 != "lo" { print $2 }'
	! command -v nft >/dev/null || nft list tables
	ls -d "$STATE_DIR/$ID" "$STATE_DIR/~network/leases" 2>/dev/null || true
}

left()
{
	[ -n "$(what)" ]
}

cleanup()
{
	left || return 0
	husk delete --force "$ID" >"$CASE_DIR/delete" 2>&1 ||
		wrong "delete --force: $(cat "$CASE_DIR/delete")"
	! left || wrong "left behind: $(what)"
}

set_args /probe fds -- connect tcp 10.213.0.1 81
network="--network veth --publish 8080:80 --dns 10.1.1.1 --egress 10.213.0.9:80"
run_container $network
exits 0 "a container without faults"
has "connect tcp 10.213.0.1 81" EHOSTUNREACH "its allow-list counts"
cp "$OUT" "$CASE_DIR/same"
cleanup

before_each() { :; }
after_each()
{
	if [ "$STATUS" -eq 0 ]; then
		cmp -s "$OUT" "$CASE_DIR/same" || wrong "the container is another: $(diff "$OUT" "$CASE_DIR/same")"
		! left || [ -s "$ERR" ] || wrong "something is left, and no message: $(what)"
	elif left && [ "$p_error" != kill ]; then
		# After the container has run, only its removal can have failed.
		grep -q '^fd 0' "$OUT" || wrong "something is left by a failure: $(what)"
	fi
}
each run run --bundle "$BUNDLE" $network "$ID"

set_args /probe sleep
before_each()
{
	husk create --bundle "$BUNDLE" $network "$ID" >/dev/null 2>&1 </dev/null
}
after_each()
{
	[ "$STATUS" -ne 0 ] || ! left || wrong "exit status 0, but something is left: $(what)"
}
each delete delete --force "$ID"

husk create --bundle "$BUNDLE" $network "$ID" </dev/null
run_husk delete --force "$ID"
is "$(output)$(errors)$(what)$(ls -d "$STATE_DIR/~network" 2>/dev/null)" "" "in the end nothing is left"
done_testing
