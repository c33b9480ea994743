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
ip link set h0 up
ip route add 10.44.0.0/16 via 10.9.8.1 metric 7
ip route add 10.9.8.1/32 dev h0 scope link
ip route add default via 10.9.8.1 src 10.9.8.7 table 44
ip -6 route add fd00:44::/32 via fd00:9::1
ip -6 route add default via fe80::1 dev h0 metric 9
ip link add br0 type bridge
ip link add port0 type veth peer name port1
ip link set port0 master br0
"$HUSK_BIN" --log-level warn --root "$1" run --bundle "$2" "$3"
status=$?
echo "-- afterwards"
ip -o link show | sed 's/@.*//; s/: <.*//; s/.*: /has /'
ip -o addr show dev h0 scope global 2>/dev/null | awk '{ print "h0", $4 }'
ip route show table all dev h0 2>/dev/null | grep -v 'proto kernel'
ip -6 route show table all dev h0 2>/dev/null | grep -v 'proto kernel'
exit $status
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

unlike "$(output)" '^has h[023]$' "and they are gone from the host"

# The routes that somebody has set, of each family and table.
devices '{"h0": {"name": "eth0"}}'
set_args /bin/sh -c 'ip route show dev eth0; ip route show table 44; ip -6 route show dev eth0; echo .'
in_case_net
like "$(output)" '^10\.44\.0\.0/16 via 10\.9\.8\.1 .*metric 7' "routes come along"
like "$(output)" '^10\.9\.8\.1 .*scope link' "one to a neighbour"
like "$(output)" '^default via 10\.9\.8\.1 .*src 10\.9\.8\.7' "one of another table"
like "$(output)" '^fd00:44::/32 via fd00:9::1' "IPv6"
like "$(output)" '^default via fe80::1 .*metric 9' "and its default route"
is "$(errors)" "" "without a warning"

# A route that means nothing without another device.
sed 's/^ip link add br0/ip link set h2 up; ip addr add 10.50.0.1\/24 dev h2; ip route add 10.51.0.0\/16 dev h0 src 10.50.0.1\n&/' \
	"$CASE_DIR/inside" >"$CASE_DIR/inside-src"
devices '{"h0": {}}'
set_args /probe net
run unshare --net sh "$CASE_DIR/inside-src" "$STATE_DIR" "$BUNDLE" "$ID"
exits 0 "a route that has no place in the container"
like "$(errors)" '^husk: warning: network device [0-9]+: its route 10\.51\.0\.0/16: .*, ignoring$' "is left out with a warning"

# A name that is asked for is not taken by a template that comes before it.
devices '{"h0": {"name": "eth%d"}, "h2": {"name": "eth0"}, "h3": {"name": "eth%d"}}'
set_args /probe net -- read /proc/net/fib_trie
in_case_net
exits 0 "templates beside a name"
for n in 0 1 2; do
	like "$(value "if eth$n")" '^up' "eth$n is there"
done

devices '{"port0": {}}'
set_args /probe net
in_case_net
exits 0 "a port of a bridge"
like "$(value "if port0")" '^up' "leaves it"

# All or none: what has been moved comes back as it was.
unchanged()	# NAME
{
	is "$(sed -n '/^-- afterwards/,$p' "$OUT" | sort)" "$before" "$1: the host's devices are as they were"
}
make_bundle
set_args /probe exit 0
in_case_net
exits 0 "no device"
before=$(sed -n '/^-- afterwards/,$p' "$OUT" | sort)
like "$before" '^10\.44\.0\.0/16 via' "the host has routes"
set_args /probe net
devices '{"h0": {"name": "eth0"}, "h2": {"name": "eth1"}, "br0": {}}'
in_case_net
fails_with 'network device "br0": move it into the container: Invalid argument' "a device that cannot be moved"
like "$(errors)" 'hint: some devices the kernel leaves where they were made' "with a hint"
like "$(errors)" 'in config.json: /linux/netDevices/br0' "and its place"
unchanged "a device that cannot be moved"
# The kernel refuses that name when the device is there already.
devices '{"h0": {}, "h2": {"name": "default"}}'
in_case_net
fails_with 'network device "h2": ' "a name that cannot be"
unchanged "a name that cannot be"
devices '{"h0": {}, "none": {}}'
in_case_net
unchanged "a device that is not there"

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
