# network/modes - none, host, join, macvlan; what is wrong is said.
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/network/functions"
own_network
ip link add up0 type veth peer name up1
ip link set up0 up
ip link set up1 up

own=$(readlink /proc/self/ns/net | tr -dc 0-9)
set_args /probe ns
run_container --network host
has net "$own" "host: the caller's namespace"
run_container --network none
isnt "$(value net)" "$own" "none: a new one"
no_namespace network
run_container --network none
isnt "$(value net)" "$own" "also where config.json has none"

serving "$ID-a" --network veth
pid=$(pid_of "$ID-a")
theirs=$(readlink "/proc/$pid/ns/net" | tr -dc 0-9)
set_args /probe ns
set_cgroup "$ID"
run_container --network "join=$pid"
has net "$theirs" "join=PID"
run_container --network "join=/proc/$pid/ns/net"
has net "$theirs" "join=PATH"
destroy "$ID-a"

serving "$ID-a" --network macvlan,parent=up0,subnet=10.7.0.0/24,gateway=10.7.0.254,mtu=1300
exits 0 "macvlan"
serving "$ID-b" --network macvlan,parent=up0,subnet=10.7.0.0/24,ip=fd07::5/64
exits 0 "a second one"
is "$(reach "$ID-a" tcp 10.7.0.2 80)" "from 10.7.0.1" "they talk"
like "$(inside "$ID-a" ip -d link show eth0)" 'mtu 1300' "MTU"
like "$(inside "$ID-a" ip -d link show eth0)" 'macvlan' "kind of device"
like "$(inside "$ID-a" ip route)" '^default via 10\.7\.0\.254' "default route"
like "$(inside "$ID-b" ip -o addr)" 'fd07::5/64' "an address with its prefix"
destroy "$ID-a"
destroy "$ID-b"

# The neighbour on the other side of up0 has these.
ip addr add 10.7.0.9/24 dev up1
ip -6 addr add fd07::9/64 nodad dev up1
echo 0 >/proc/sys/net/ipv6/conf/up0/accept_dad 2>/dev/null
echo 1 >/proc/sys/net/ipv4/conf/up1/arp_ignore 2>/dev/null
run_container --network macvlan,parent=up0,ip=10.7.0.9/24
is "$(errors | head -1)" "husk: network: somebody on up0 has the address 10.7.0.9 already" "an IPv4 address that is taken"
run_container --network macvlan,parent=up0,ip=fd07::9/64
is "$(errors | head -1)" "husk: network: somebody on up0 has the address fd07::9 already" "an IPv6 address that is taken"
run_container --network macvlan,parent=up0,ip=10.7.0.3/24,mtu=9000
is "$(errors | head -1)" "husk: network: mtu=9000: up0 takes packets of 1500 bytes and no longer ones" "an MTU that is too large"
ip addr flush dev up1
is "$(left)" "up1
up0" "nothing stays"

# A device in the host that has the name which the pair's host end would get.
serving "$ID-a" --network veth
link=$(awk '{ print $4 }' "$STATE_DIR/~network/leases")
destroy "$ID-a"
ip link add "$link" type dummy 2>/dev/null || ip link add "$link" type veth peer name clash
serving "$ID-a" --network veth
exits 0 "a name that is taken"
isnt "$(awk '{ print $4 }' "$STATE_DIR/~network/leases")" "$link" "another one is used"
destroy "$ID-a"
ok "and the other device is still there" ip link show "$link"
ip link del "$link"

set_args /probe ns
wrong()	# MESSAGE OPTION...
{
	_message=$1
	shift
	run_container "$@"
	is "$(errors | head -1)" "husk: $_message" "$*"
}
wrong 'network: "bridge": expected none, host, join=PATH, join=PID, veth, macvlan or pasta' --network bridge
wrong 'network: "veth,foo=1": unknown key "foo": expected bridge, parent, name, subnet, ip, gateway, mtu or forward' --network veth,foo=1
wrong 'network: "veth,parent=up0": parent= has no meaning with veth' --network veth,parent=up0
wrong 'network: "veth,mtu=1": mtu=1: expected 68 to 65535 bytes' --network veth,mtu=1
wrong 'network: "veth,subnet=10.1.2.3/24": subnet=10.1.2.3/24: an address in a network, which is 10.1.2.0/24' --network veth,subnet=10.1.2.3/24
wrong 'network: "macvlan": macvlan needs parent=DEVICE, a network device of the host' --network macvlan
wrong 'network: "join=x": expected join=PID or join=/absolute/path' --network join=x
wrong 'network: there is no bridge br9, and no subnet to make it with' --network veth,bridge=br9
wrong 'network: parent=nix: no such network device' --network macvlan,parent=nix,ip=10.1.1.1/24
wrong 'publish: "80": expected [IP:]HOSTPORT:CONTAINERPORT[/tcp|/udp], ports from 1 to 65535, an IPv6 address in brackets' --network veth --publish 80
wrong 'publish: "80:80": ports can be published with the networks veth and pasta only' --network none --publish 80:80
wrong 'egress: "10.0.0.0/33": expected ADDRESS[/PREFIX][:PORT[-PORT]][/tcp|/udp], an IPv6 address with port in brackets, or "none"' --network veth --egress 10.0.0.0/33
wrong 'egress: "none": an allow-list needs a network of the container'"'"'s own: veth, macvlan or pasta' --egress none
wrong 'dns: "a b": expected the address of a name server, search=DOMAIN or option=OPTION' --dns 'a b'
wrong 'network: pasta is for users without privilege; as root there is veth, and it is faster' --network pasta
config '.annotations = {"org.husk.network": "x"}'
wrong '/annotations/org.husk.network: "x": expected none, host, join=PATH, join=PID, veth, macvlan or pasta'
run_husk validate --bundle "$BUNDLE"
like "$(output)$(errors)" '/annotations/org.husk.network: "x": expected none, host,' "validate reads the annotation"
config '.annotations = {"org.husk.network": "veth", "org.husk.network.egress": "none"} |
	.process.capabilities = {bounding: ["CAP_NET_RAW"]}'
run_husk validate --bundle "$BUNDLE"
like "$(output)$(errors)" '/process/capabilities: CAP_NET_RAW would let' "and what goes with it"
config '.process.capabilities = {}'
run_husk validate --bundle "$BUNDLE"
exits 0 "validate accepts what is good"
run_husk plan --bundle "$BUNDLE"
like "$(output)" 'ask_network|ask the caller to make the network' "plan shows it"
run_husk plan --bundle "$BUNDLE" --network veth,mtu=1
fails_with 'mtu=1: expected 68 to 65535 bytes' "plan reads the options"

# What criu cannot take along is refused.
config 'del(.annotations)'
set_args /probe sleep
start_container "$ID-a" --network veth
run_husk checkpoint --image-path "$CASE_DIR/images" "$ID-a"
is "$(errors | head -1)" "husk: checkpoint of container \"$ID-a\": husk made its network, which a checkpoint does not hold: addresses, ports and rules belong to one container of this host" \
	"checkpoint is refused"
not_ok "before anything is made" test -e "$CASE_DIR/images"
is "$(status_of "$ID-a")" running "the container goes on"
destroy "$ID-a"
start_container "$ID-a" --network host
is "$(husk state "$ID-a" | jq -c .network)" '{"mode":"host","addresses":[],"ports":[],"egressList":false}' "state tells a mode that makes nothing"
run_husk checkpoint --image-path "$CASE_DIR/images" "$ID-a"
fails_with 'its network, host, is not the one of its config.json' "checkpoint is refused there, too"
destroy "$ID-a"
mkdir "$CASE_DIR/images"
config '.annotations = {"org.husk.network": "veth"}'
run_husk restore --bundle "$BUNDLE" --image-path "$CASE_DIR/images" "$ID-a"
fails_with 'husk made its network, which a checkpoint does not hold' "restore is refused"
is "$(status_of "$ID-a")" "" "and made no container"

ip link del up0
is "$(left)" "" "nothing stays"
done_testing
