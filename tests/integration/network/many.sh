# network/many - 100 containers with networks, made and deleted by 8 callers at once.
# timeout: 300
# alone
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/network/functions"
own_network
echo 1 >/proc/sys/net/ipv4/ip_forward	# else each warns

set_args /probe sleep
config 'del(.linux.cgroupsPath, .linux.resources)'
all=$(seq -f "$ID-%03g" 100)
printf '%s\n' $all | xargs -P 8 -I % sh -c '
	port=$((10000 + $(echo % | sed "s/.*-0*\([0-9]\)/\1/")))
	"$HUSK_BIN" --root "$2" --cgroup-manager disabled run --detach --bundle "$1" --network veth \
		--publish "$port:80" % </dev/null >/dev/null 2>>"$3/errors" || echo % >>"$3/failed"
' - "$BUNDLE" "$STATE_DIR" "$CASE_DIR"
is "$(cat "$CASE_DIR/failed" 2>/dev/null)" "" "100 are made"
is "$(cat "$CASE_DIR/errors")" "" "without a word"
is "$(wc -l <"$STATE_DIR/~network/leases")" 100 "100 leases"
is "$(awk '{ print $6 }' "$STATE_DIR/~network/leases" | sort -u | wc -l)" 100 "of 100 addresses"
is "$(ip -o link show master husk0 | wc -l)" 100 "100 devices on the bridge"
for id in $all; do
	readlink "/proc/$(jq .pid "$STATE_DIR/$id/state.json")/ns/net"
done | sort -u >"$CASE_DIR/namespaces"
is "$(wc -l <"$CASE_DIR/namespaces")" 100 "100 network namespaces"
printf '%s\n' $all | xargs -P 8 -I % sh -c '
	"$HUSK_BIN" --root "$2" --cgroup-manager disabled delete --force % </dev/null >/dev/null 2>>"$3/errors"
' - "$BUNDLE" "$STATE_DIR" "$CASE_DIR"
is "$(cat "$CASE_DIR/errors")" "" "and deleted"
is "$(left)" "" "no device, address, rule or lease is left"
is "$(readlink /proc/[0-9]*/ns/net | sort -u | comm -12 - "$CASE_DIR/namespaces")" "" "and no namespace in use"
done_testing
