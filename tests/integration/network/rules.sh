# network/rules - what husk's own messages have made of nftables, as nft(8) reads it back: whole.
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/network/functions"
need_command nft
case $(nft --version) in
*" v1.0."*) ;;
*)	skip_all "the text is that of nft 1.0" ;;
esac
own_network

listed()	# [COMMAND...]: the rules, without counters of their own and blanks that carry nothing
{
	"$@" nft --stateless list ruleset | sed 's/^[ 	]*//; s/[ 	]*$//' | grep -v '^$'
}

same()	# NAME: standard input is what $OUT must be
{
	cat >"$CASE_DIR/wanted"
	ok "$1" diff -u "$CASE_DIR/wanted" "$OUT" >&2
}

serving "$ID" --network veth,bridge=br9,subnet=10.9.128.0/17,subnet=fd09::/63 \
	--publish 8080:80 --publish 10.1.1.1:53:5353/udp --publish '[fd01::1]:443:4443' --dns 10.3.3.3 \
	--egress 10.1.2.0/23 --egress 10.1.2.3:80/tcp --egress '[fd00:1::8000]:1000-2000/udp' \
	--egress fd00:2::/33
exits 0 "a container with ports and an allow-list"
link=$(awk '{ print $4 }' "$STATE_DIR/~network/leases")

run listed inside "$ID"
same "the allow-list in the container" <<'END'
table inet husk {
chain output {
type filter hook output priority filter; policy drop;
oifname "lo" accept
ct state established,related accept
icmpv6 type 133-136 accept
ip daddr 10.1.2.0/23 meta l4proto tcp accept
ip daddr 10.1.2.0/23 meta l4proto udp accept
ip daddr 10.1.2.3 tcp dport 80 accept
ip6 daddr fd00:1::8000 udp dport 1000-2000 accept
ip6 daddr fd00:2::/33 meta l4proto tcp accept
ip6 daddr fd00:2::/33 meta l4proto udp accept
ip daddr 10.3.3.3 tcp dport 53 accept
ip daddr 10.3.3.3 udp dport 53 accept
reject with icmpx admin-prohibited
}
chain forward {
type filter hook forward priority filter; policy drop;
}
}
END

run listed
same "the host's rules" <<END
table inet husk-br9 {
chain guard {
type filter hook prerouting priority raw; policy accept;
iifname "br9" ip daddr 127.0.0.0/8 drop
}
chain publish {
type nat hook prerouting priority dstnat; policy accept;
meta nfproto ipv4 fib daddr type local tcp dport 8080 dnat ip to 10.9.128.2:80 comment "$link"
meta nfproto ipv6 fib daddr type local tcp dport 8080 dnat ip6 to [fd09::2]:80 comment "$link"
ip daddr 10.1.1.1 udp dport 53 dnat ip to 10.9.128.2:5353 comment "$link"
ip6 daddr fd01::1 tcp dport 443 dnat ip6 to [fd09::2]:4443 comment "$link"
}
chain local {
type nat hook output priority -100; policy accept;
meta nfproto ipv4 fib daddr type local tcp dport 8080 dnat ip to 10.9.128.2:80 comment "$link"
meta nfproto ipv6 fib daddr type local tcp dport 8080 dnat ip6 to [fd09::2]:80 comment "$link"
ip daddr 10.1.1.1 udp dport 53 dnat ip to 10.9.128.2:5353 comment "$link"
ip6 daddr fd01::1 tcp dport 443 dnat ip6 to [fd09::2]:4443 comment "$link"
}
chain leave {
type nat hook postrouting priority srcnat; policy accept;
ip saddr 10.9.128.0/17 oifname != "br9" masquerade
ip saddr 10.9.128.0/17 oifname "br9" ct status dnat masquerade
ip6 saddr fd09::/63 oifname != "br9" masquerade
ip6 saddr fd09::/63 oifname "br9" ct status dnat masquerade
ip saddr 127.0.0.0/8 oifname "br9" masquerade
}
chain enter {
ct state established,related accept
ct status dnat accept
drop
}
chain forward {
type filter hook forward priority filter; policy accept;
oifname "br9" iifname != "br9" jump enter
}
}
END

destroy "$ID"
run listed
is "$(output)" "" "none are left"
is "$(left)" "" "nothing stays"
done_testing
