# network/bridge - containers on a bridge that husk makes: addresses, who reaches whom, what stays.
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/network/functions"
own_network

create_container "$ID-a" --network veth
is "$(errors)" 'husk: warning: net.ipv4.ip_forward is 0: containers on husk0 reach this host and each other and nothing beyond, and nobody beyond reaches their published ports; set it to 1, or add "forward" to the network, ignoring' \
	"that the host does not forward is seen without any option"
destroy "$ID-a"
serving "$ID-a" --network veth
exits 0 "a first container"
serving "$ID-b" --network veth,mtu=1400,name=net0 --dns 10.1.1.1 --dns search=example.org
exits 0 "a second container"
serving "$ID-c" --network none
exits 0 "one without that network"

is "$(reach "$ID-a" tcp 10.213.0.3 80)" "from 10.213.0.2" "they talk over IPv4"
is "$(reach "$ID-b" tcp fd68:7573:6b00::2 80)" "from fd68:7573:6b00::3" "and over IPv6"
is "$(reach "$ID-a" udp 10.213.0.3 53)" "from 10.213.0.2" "UDP, too"
is "$(reach "$ID-c" tcp 10.213.0.2 80)" ENETUNREACH "the third cannot reach them, IPv4"
is "$(reach "$ID-c" tcp fd68:7573:6b00::2 80)" ENETUNREACH "nor IPv6"
is "$(host_reach tcp 10.213.0.2 80)" "from 10.213.0.1" "the host reaches them"
like "$(inside "$ID-b" ip -o link show net0)" 'mtu 1400' "MTU and name are as asked for"
like "$(inside "$ID-a" ip route)" '^default via 10\.213\.0\.1 dev eth0' "a default route"
like "$(inside "$ID-a" ip -6 route)" '^default via fd68:7573:6b00::1 dev eth0' "and one for IPv6"
run_husk exec "$ID-b" /probe read /etc/resolv.conf
is "$(output)" "nameserver 10.1.1.1
search example.org" "its resolv.conf"
run_husk exec "$ID-b" /probe write /etc/resolv.conf x
like "$(output)" EROFS "which it cannot change"

# Networks of two bridges are apart, though the host forwards.
echo 1 >/proc/sys/net/ipv4/ip_forward
serving "$ID-d" --network veth,bridge=other,subnet=10.9.0.0/24
exits 0 "a container on another bridge"
is "$(reach "$ID-d" tcp 10.213.0.2 80)" ETIMEDOUT "does not reach the first ones"
destroy "$ID-d"

destroy "$ID-a"
serving "$ID-a" --network veth
is "$(inside "$ID-a" ip -o -4 addr show eth0 | awk '{ print $4 }')" 10.213.0.2/16 \
	"an address that was given back is given out again"
destroy "$ID-a"
serving "$ID-a" --network veth,ip=10.213.7.7,ip=fd68:7573:6b00::77
is "$(inside "$ID-a" ip -o addr show eth0 scope global | awk '{ print $4 }' | tr '\n' ' ')" \
	"10.213.7.7/16 fd68:7573:6b00::77/64 " "addresses by choice"
serving "$ID-e" --network veth,ip=10.213.7.7
is "$(errors)" "husk: network: 10.213.7.7 is the address of another container" "not one that is taken"
serving "$ID-e" --network veth,ip=10.213.0.1
is "$(errors)" "husk: network: 10.213.0.1 is the address of the gateway" "nor the gateway's"
serving "$ID-e" --network veth,subnet=10.1.0.0/16
is "$(errors)" "husk: network: bridge husk0 has the address 10.213.0.1/16, which is not of subnet 10.1.0.0/16" \
	"nor another subnet than the bridge's"

destroy "$ID-a"
destroy "$ID-b"
destroy "$ID-c"
is "$(left)" "" "nothing stays"

# Jumbo frames: a bridge that husk makes has what its first container asks for, and so have others.
serving "$ID-a" --network veth,mtu=9000
serving "$ID-b" --network veth
like "$(ip -o link show husk0)" 'mtu 9000' "a bridge with another MTU"
like "$(inside "$ID-b" ip -o link show eth0)" 'mtu 9000' "which its containers have, too"
serving "$ID-c" --network veth,mtu=9001
is "$(errors | head -1)" "husk: network: mtu=9001: husk0 takes packets of 9000 bytes and no longer ones" "but not more"
# Somebody has taken an address by hand.
inside "$ID-b" ip addr add 10.213.9.9/16 dev eth0
inside "$ID-b" ip addr add fd68:7573:6b00::99/64 nodad dev eth0
serving "$ID-c" --network veth,ip=10.213.9.9
is "$(errors | head -1)" "husk: network: somebody on husk0 has the address 10.213.9.9 already" "an address that another uses, IPv4"
serving "$ID-c" --network veth,ip=fd68:7573:6b00::99
is "$(errors | head -1)" "husk: network: somebody on husk0 has the address fd68:7573:6b00::99 already" "and IPv6"
destroy "$ID-a"
destroy "$ID-b"
is "$(left)" "" "nothing stays"

# A bridge of somebody else's.
ip link add mine type bridge
ip addr add 10.8.0.1/24 dev mine
ip link set mine up
serving "$ID-a" --network veth,bridge=mine
is "$(inside "$ID-a" ip -o -4 addr show eth0 | awk '{ print $4 }')" 10.8.0.2/24 "a bridge that is there"
destroy "$ID-a"
is "$(left)" mine "is left as it was"
ip addr del 10.8.0.1/24 dev mine
serving "$ID-a" --network veth,bridge=mine
is "$(errors)" "husk: network: bridge mine has no address, so husk cannot tell which ones its containers may have" \
	"a bridge without address"
ip link del mine

# Where the image's resolv.conf leads does not matter to what is outside.
echo host >"$CASE_DIR/target"
rm -f "$ROOTFS/etc/resolv.conf"
ln -s "$CASE_DIR/target" "$ROOTFS/etc/resolv.conf"
serving "$ID-a" --network veth --dns 10.1.1.1
run_husk exec "$ID-a" /probe read /etc/resolv.conf
is "$(output)" "nameserver 10.1.1.1" "resolv.conf that is a link"
is "$(cat "$CASE_DIR/target")" host "nothing is written where it leads on the host"
destroy "$ID-a"
rm "$ROOTFS/etc/resolv.conf"

# By annotation.
config '.annotations = {"org.husk.network": "veth,mtu=1300", "org.husk.network.dns": "10.1.1.1, search=x"}'
serving "$ID-a"
like "$(inside "$ID-a" ip -o link show eth0)" 'mtu 1300' "annotations"
run_husk exec "$ID-a" /probe read /etc/resolv.conf
is "$(line 1)" "nameserver 10.1.1.1" "a list in an annotation"
destroy "$ID-a"
serving "$ID-a" --network none
is "$(inside "$ID-a" ip -o link | wc -l)" 1 "the command line counts more"
destroy "$ID-a"
is "$(left)" "" "nothing stays in the end"

done_testing
