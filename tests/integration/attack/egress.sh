# attack/egress - a container with an allow-list of destinations wants to send something elsewhere.
#
# What it sends is watched at the host's end of its link: there nothing but what is listed may arrive.
# attacks: T-NET1 T-NET2 T-NET3 T-NET4
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/network/functions"
own_network

# Numbers: AF_INET 2, AF_INET6 10, AF_PACKET 17; SOCK_STREAM 1, DGRAM 2, RAW 3; ICMP 1, ICMPV6 58,
# SCTP 132, UDPLITE 136, RAW 255.
try()	# NAME: the commands of $@ as the container's program would run them
{
	run_husk exec "$ID" /probe "$@"
}

# Everything that anybody may try, whoever he is in the container.
attack()	# WHO
{
	try send 2 3 1 10.213.0.3 0 -- send 2 3 255 10.213.0.3 0 -- send 10 3 58 fd68:7573:6b00::3 0 -- \
		packet eth0
	is "$(awk '{ print $NF }' "$OUT" | sort -u)" EPERM "$1: raw and packet sockets"
	try send 2 2 17 10.213.0.3 53 -- send 2 2 17 10.213.255.255 9 -- send 2 2 17 255.255.255.255 9 -- \
		send 2 2 17 224.0.0.251 5353 -- send 2 2 136 10.213.0.3 80 -- send 2 2 17 10.213.0.2 53 -- \
		send 2 2 1 10.213.0.3 0
	is "$(awk '{ print $NF }' "$OUT" | sort | uniq -c | awk '{ print $1 " " $2 }')" "7 EPERM" \
		"$1: UDP, broadcast, multicast, UDP-Lite, ping"
	try send 10 2 17 fe80::1 9 eth0 -- send 10 2 17 ff02::1 9 eth0 -- send 10 2 17 ff02::fb 5353 eth0 -- \
		send 10 2 17 fd68:7573:6b00::3 53 -- send 10 2 17 ::ffff:10.213.0.3 53
	is "$(awk '{ print $NF }' "$OUT" | sort -u)" EPERM "$1: IPv6, also link-local, multicast and mapped"
	# The kernel does not tell this one, but the link shows it.
	try send 10 2 58 ff02::1 0 eth0 -- send 10 2 58 fd68:7573:6b00::3 0
	try fastopen 10.213.0.3 80 -- send 2 1 6 10.213.0.3 53 -- send 2 1 6 10.213.0.1 80 -- \
		send 10 1 6 fd68:7573:6b00::3 80 -- send 2 1 132 10.213.0.2 80
	unlike "$(output)" ' ok$' "$1: TCP, Fast Open, SCTP"
	try flush 1 husk
	has "flush husk" EPERM "$1: it cannot remove the list"
	# CLONE_NEWUSER, then with CLONE_NEWNET: all capabilities, over nothing of ours.
	try unshare 0x10000000 -- flush 1 husk -- send 2 3 255 10.213.0.3 0 -- packet eth0
	unlike "$(sed 1d "$OUT")" ' ok$' "$1: nor in a user namespace of its own"
	try unshare 0x50000000 -- send 2 2 17 10.213.0.3 53 -- setns /proc/1/ns/net
	unlike "$(sed 1d "$OUT")" ' ok$' "$1: a network namespace of its own leads nowhere, and not back"
}

sniffing()
{
	"$HUSK_PROBE" sniff "$(awk -v id="$ID" '$2 == id { print $4 }' "$STATE_DIR/~network/leases")" \
		>"$CASE_DIR/frames" &
	sniffer=$!
	wait_until 5 grep -q sniffing "$CASE_DIR/frames"
}

# What may come: ARP, what IPv6 needs to find neighbours, TCP to the one that is listed.
arrived()	# WHO
{
	is "$(reach "$ID" tcp 10.213.0.2 80)" "from 10.213.0.4" "$1: what is listed is reached"
	wait_until 2 grep -q 'frame 4 6 10.213.0.2' "$CASE_DIR/frames"
	kill "$sniffer"
	wait "$sniffer" 2>/dev/null
	like "$(cat "$CASE_DIR/frames")" 'frame 4 6 10\.213\.0\.2' "$1: which is seen on the link"
	is "$(grep -v -e '^sniffing' -e '^frame arp$' -e '^frame 4 6 10\.213\.0\.2$' \
		-e '^frame 6 58 [0-9a-f:]*$' "$CASE_DIR/frames")" "" "$1: and nothing else"
}

serving "$ID-a" --network veth
serving "$ID-b" --network veth
config '.linux.sysctl = {"net.ipv4.ping_group_range": "0 0"}'
list="--egress 10.213.0.2:80/tcp --dns 10.213.0.9"
serving "$ID" --network veth $list
exits 0 "a container with an allow-list"
sniffing
attack root
run_husk exec --user 7:7 "$ID" /probe flush 1 husk -- send 2 3 255 10.213.0.3 0 -- send 2 2 17 10.213.0.3 53
unlike "$(output)" ' ok$' "another user"
arrived root
destroy "$ID"

# With a user namespace, its root owns the network namespace, but the capabilities are gone for good.
cp "$BUNDLE/config.json" "$CASE_DIR/config.json"
config '.linux.namespaces += [{"type": "user"}] |
	.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}] |
	.linux.gidMappings = .linux.uidMappings'
serving "$ID" --network veth $list
exits 0 "the same in a user namespace"
sniffing
attack "root of a user namespace"
arrived "root of a user namespace"
destroy "$ID"

# The host's processes in sight, and their namespaces.
cp "$CASE_DIR/config.json" "$BUNDLE/config.json"
no_namespace pid
serving "$ID" --network veth $list
exits 0 "the same with the host's processes"
try setns "/proc/$$/ns/net" -- setns /proc/1/ns/net
unlike "$(output)" ' ok$' "it cannot go to the host's network namespace"
destroy "$ID"

destroy "$ID-a"
destroy "$ID-b"
is "$(left)" "" "nothing stays"
done_testing
