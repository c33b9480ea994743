# namespaces/net-devices - devices of the host that the container gets.
# covers: L-13
. "$HUSK_TESTS/lib.sh"

need_command ip
ldconfig -p | grep -q 'libmnl\.so\.0' || skip_all "libmnl is not installed"
unshare --net ip link add a0 type veth peer name b0 2>/dev/null || skip_all "no veth devices"

# The "host" is a network namespace of this case, so that nothing is left anywhere.
cat >"$CASE_DIR/inside" <<'SH'
ip link add h0 type veth peer name h1
ip addr add 10.9.8.7/24 brd + dev h0
ip -6 addr add fd00:9::7/64 nodad dev h0
ip link add h2 type veth peer name h3
exec "$HUSK_BIN" --root "$1" run --bundle "$2" "$3"
SH
in_case_net()
{
	run unshare --net sh "$CASE_DIR/inside" "$STATE_DIR" "$BUNDLE" "$ID"
}

devices()	# JSON
{
	make_bundle
	config '.linux.netDevices = $d' --argjson d "$1"
}

devices '{"h0": {"name": "eth0"}, "h2": {}, "h3": {"name": "net%d"}}'
add_busybox
set_args /probe net -- read /proc/net/fib_trie -- read /proc/net/if_inet6
in_case_net
exits 0 "three devices"
like "$(value "if eth0")" '^up' "one is renamed and up"
like "$(value "if h2")" '^up' "one keeps its name"
like "$(value "if net0")" '^up' "one gets a numbered name"
like "$(output)" '10\.9\.8\.7' "its address comes along"
like "$(output)" '^fd000009000000000000000000000007' "and its IPv6 address"

devices '{"none": {}}'
in_case_net
fails_with 'network device "none": no such device' "one that is not there"

devices '{"h0": {"name": "lo"}}'
in_case_net
fails_with 'has a device "lo" already' "a name that is taken"

devices '{"h0": {"name": "x"}, "h2": {"name": "x"}}'
in_case_net
fails_with 'the name "x" is that of h0 too|/linux/netDevices' "one name for two"

devices '{"h0": {}}'
no_namespace network
in_case_net
fails_with '/linux/netDevices/h0: a network device needs a network namespace' "no network namespace"

done_testing
