# network/egress - an allow-list lets through what it lists and nothing else.
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/network/functions"
own_network

serving "$ID-a" --network veth
serving "$ID-b" --network veth
serving "$ID" --network veth --publish 8080:80 --dns 10.213.0.3 \
	--egress 10.213.0.2:80/tcp --egress '[fd68:7573:6b00::2]:80-81'
exits 0 "a container with an allow-list"

is "$(reach "$ID" tcp 10.213.0.2 80)" "from 10.213.0.4" "what is listed"
is "$(reach "$ID" tcp 10.213.0.2 81)" EHOSTUNREACH "not another port"
is "$(reach "$ID" udp 10.213.0.2 53)" EPERM "not another protocol"
is "$(reach "$ID" tcp 10.213.0.3 80)" EHOSTUNREACH "not another address"
is "$(reach "$ID" tcp fd68:7573:6b00::2 81)" "from fd68:7573:6b00::4" "a range of ports, IPv6"
is "$(reach "$ID" tcp fd68:7573:6b00::3 80)" EACCES "not another IPv6 address"
is "$(reach "$ID" tcp 10.213.0.1 22)" EHOSTUNREACH "not the host"
is "$(reach "$ID" udp 10.213.0.3 53)" "from 10.213.0.4" "the name server"
is "$(reach "$ID" tcp 127.0.0.1 80)" "from 127.0.0.1" "itself"
is "$(host_reach tcp 10.213.0.1 8080)" "from 10.213.0.1" "its published port is reached, and answers"

# In it there is no way to change that.
run_husk exec "$ID" /probe caps
like "$(output)" 'bounding' "what it has"
unlike "$(output)" 'net_admin|NET_ADMIN' "no CAP_NET_ADMIN"

for cap in CAP_NET_ADMIN CAP_NET_RAW; do
	run_husk exec --cap $cap "$ID" /probe caps
	is "$(errors | head -1)" "husk: exec: $cap would let the program go round the allow-list of its network" \
		"exec --cap $cap is refused"
done
jq '.process | .args = ["/probe", "caps"] | .capabilities = {ambient: ["CAP_NET_RAW"]}' "$BUNDLE/config.json" \
	>"$CASE_DIR/process.json"
run_husk exec --process "$CASE_DIR/process.json" "$ID"
fails_with 'CAP_NET_RAW would let the program go round' "and so is a process document with one"
run_husk exec --cap CAP_CHOWN "$ID" /probe caps
exits 0 "another capability is not"
is "$(husk state "$ID" | jq -c .network)" \
	'{"mode":"veth","interface":"eth0","addresses":["10.213.0.4/16","fd68:7573:6b00::4/64"],"ports":["8080:80/tcp"],"egressList":true}' \
	"state tells what the network is"

# From the first instant: the program's own first call.
set_args /probe connect tcp 10.213.0.3 80 -- connect tcp 10.213.0.2 80
set_cgroup "$ID-d"
run husk run --bundle "$BUNDLE" --network veth --egress 10.213.0.2/32 "$ID-d"
has "connect tcp 10.213.0.3 80" EHOSTUNREACH "the rules are there before the program"
has "connect tcp 10.213.0.2 80" "from 10.213.0.5" "an address with every port"
run husk run --bundle "$BUNDLE" --network veth --egress none "$ID-d"
has "connect tcp 10.213.0.2 80" EHOSTUNREACH "none: nothing"

for cap in CAP_NET_ADMIN CAP_NET_RAW; do
	config '.process.capabilities = {bounding: [$c]}' --arg c "$cap"
	run husk run --bundle "$BUNDLE" --network veth --egress none "$ID-d"
	is "$(errors | head -1)" "husk: /process/capabilities: $cap would let the program go round the allow-list of its network" \
		"refused with $cap"
done
destroy "$ID"
destroy "$ID-a"
destroy "$ID-b"
is "$(left)" "" "nothing stays"
done_testing
