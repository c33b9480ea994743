# network/publish - ports of the host that lead into a container, and masquerading out of it.
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/network/functions"
own_network

# Behind the uplink: another namespace, 192.0.2.9 and 2001:db8::9.
unshare --net sleep 100 &
world=$!
wait_until 5 sh -c "[ \$(readlink /proc/$world/ns/net) != \$(readlink /proc/self/ns/net) ]"
ip link add up0 type veth peer name eth0 netns "$world"
ip addr add 192.0.2.1/24 dev up0
ip -6 addr add 2001:db8::1/64 nodad dev up0
ip link set up0 up
in_world()
{
	nsenter --net --target "$world" "$@"
}
in_world ip addr add 192.0.2.9/24 dev eth0
in_world ip -6 addr add 2001:db8::9/64 nodad dev eth0
in_world ip link set eth0 up
nsenter --net --target "$world" "$HUSK_PROBE" serve tcp 7 udp 7 >/dev/null 2>&1 &
server=$!
world_reach()
{
	in_world "$HUSK_PROBE" connect "$@" | sed 's/^connect [^ ]* [^ ]* [^ ]* //'
}

serving "$ID" --network veth,forward --publish 8080:80 --publish 5353:53/udp \
	--publish 127.0.0.1:8081:81 --publish '[2001:db8::1]:8082:81/tcp'
exits 0 "a container with published ports"
is "$(cat /proc/sys/net/ipv4/ip_forward)" 1 "\"forward\" switches the host's forwarding on"
is "$(host_reach tcp 192.0.2.1 8080)" "from 192.0.2.1" "the host reaches it: tcp"
is "$(host_reach udp 192.0.2.1 5353)" "from 192.0.2.1" "udp"
is "$(host_reach tcp 2001:db8::1 8080)" "from 2001:db8::1" "tcp over IPv6"
is "$(host_reach udp 2001:db8::1 5353)" "from 2001:db8::1" "udp over IPv6"
is "$(host_reach tcp 127.0.0.1 8080)" "from 10.213.0.1" "by 127.0.0.1"
is "$(host_reach tcp 127.0.0.1 8081)" "from 10.213.0.1" "an address by choice"
is "$(host_reach tcp 192.0.2.1 8081)" ECONNREFUSED "and that one only"
is "$(host_reach tcp 2001:db8::1 8082)" "from 2001:db8::1" "an IPv6 address by choice"
is "$(host_reach tcp 192.0.2.1 80)" ECONNREFUSED "what is not published is not there"
is "$(world_reach tcp 192.0.2.1 8080)" "from 192.0.2.9" "others reach it: tcp"
is "$(world_reach udp 192.0.2.1 5353)" "from 192.0.2.9" "udp"
is "$(world_reach tcp 2001:db8::1 8080)" "from 2001:db8::9" "IPv6"
is "$(reach "$ID" tcp 192.0.2.9 7)" "from 192.0.2.1" "out of it, masqueraded"
is "$(reach "$ID" udp 2001:db8::9 7)" "from 2001:db8::1" "over IPv6"
is "$(reach "$ID" tcp 192.0.2.1 8080)" "from 10.213.0.1" "the container itself, by its published port"

in_world ip route add 10.213.0.0/16 via 192.0.2.1
is "$(world_reach tcp 10.213.0.2 81)" ETIMEDOUT "nobody from outside gets in another way"

# The host's own loopback is not the container's.
"$HUSK_PROBE" serve tcp 99 >/dev/null 2>&1 &
local=$!
inside "$ID" ip route add 127.0.0.2 via 10.213.0.1 dev eth0 2>/dev/null
isnt "$(reach "$ID" tcp 127.0.0.2 99)" "from 127.0.0.1" "the host's loopback stays its own"

serving "$ID-b" --network veth --publish 8080:80
is "$(errors)" "husk: network: port tcp:8080 is published by container \"$ID\"" "a port that is taken"
serving "$ID-b" --network veth --publish 99:80
is "$(errors)" "husk: network: publish port 99/tcp: Address already in use" "a port of the host's"
kill "$local"
serving "$ID-b" --network veth --publish 8090:80
exits 0 "a second container with a port"

destroy "$ID"
is "$(host_reach tcp 192.0.2.1 8080)" ECONNREFUSED "after delete the port is free"
is "$(host_reach tcp 192.0.2.1 8090)" "from 192.0.2.1" "the other's is not touched"
! command -v nft >/dev/null ||
	is "$(nft list ruleset | grep -c 'dport 8080')" 0 "no rule of it is left"
destroy "$ID-b"
is "$(left)" up0 "nothing stays"

kill "$server" "$world"
wait 2>/dev/null
done_testing
