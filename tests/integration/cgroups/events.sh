# cgroups/events - statistics and OOM notices of a container, as lines of JSON.
# covers: 2.2-events 2.3-events
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

need_controller memory
make_bundle
set_args /probe sleep
config '.linux.resources = {memory: {limit: 33554432, swap: 33554432}, pids: {limit: 40}}'

field()	# FILTER: of the last output
{
	jq -c "$1" "$OUT"
}

create_container "$ID"
run husk events --stats "$ID"
exits 0 "--stats of a created container"
is "$(field '[.type, .id]')" "[\"stats\",\"$ID\"]" "its line"
husk start "$ID" >/dev/null

# Some kernels count by ticks: enough for one.
busy()
{
	husk exec "$ID" /probe forks 10
	husk events --stats "$ID" | jq -e '.data.cpu.usage.total > 0'
}
wait_until 5 busy
run husk events --stats "$ID"
exits 0 "--stats"
is "$(wc -l <"$OUT")" 1 "one line"
is "$(field '.data|keys_unsorted')" \
	'["cpu","cpuset","memory","pids","blkio","hugetlb","intel_rdt","network_interfaces"]' "runc's members, in its order"
is "$(field '.data.cpu|keys_unsorted - ["psi"]')" '["usage","throttling"]' "cpu"
is "$(field '.data.memory|keys_unsorted - ["cache", "psi"]')" '["usage","swap","kernel","kernelTCP","raw"]' "memory"
is "$(field .data.memory.usage.limit)" 33554432 "memory's limit"
is "$(field '.data.memory.usage.usage > 0 and .data.memory.usage.usage < 33554432')" true "memory in use"
is "$(field '.data.memory.raw.pgfault|type')" '"number"' "memory.stat"
is "$(field '.data.cpu.usage.total > 0')" true "CPU time"
[ -z "$(dir_of pids)" ] || is "$(field '[.data.pids.current, .data.pids.limit]')" "[1,40]" "pids"
is "$(field '.data.network_interfaces|map(.Name)|index("lo") != null')" true "its network's interfaces"
is "$(field '.data.network_interfaces[0]|keys_unsorted')" \
	'["Name","RxBytes","RxPackets","RxErrors","RxDropped","TxBytes","TxPackets","TxErrors","TxDropped"]' \
	"with runc's names"
if [ -n "$(v2)" ] && [ -e "$(v2)$CGROUP/cpu.pressure" ] && cat "$(v2)$CGROUP/cpu.pressure" >/dev/null 2>&1; then
	is "$(field '[.data.cpu, .data.memory, .data.blkio]|map(.psi|[keys_unsorted, (.some|keys_unsorted)])|unique')" \
		'[[["some","full"],["avg10","avg60","avg300","total"]]]' "pressure"
else
	skip "pressure" "no cgroup v2, or no PSI in this kernel"
fi

# ---- the stream ----

husk events --interval 100ms "$ID" >"$CASE_DIR/stream" 2>"$CASE_DIR/stream.err" &
stream=$!
seen()	# TYPE COUNT
{
	[ "$(grep -c "^{\"type\":\"$1\"" "$CASE_DIR/stream")" -ge "$2" ]
}
ok "statistics come at the interval" wait_until 5 seen stats 3
run husk exec "$ID" /probe alloc 64
exits 137 "the OOM killer strikes"
ok "and is told" wait_until 5 seen oom 1
is "$(grep '"oom"' "$CASE_DIR/stream" | head -n 1)" "{\"type\":\"oom\",\"id\":\"$ID\"}" "as runc tells it"
kill -0 "$stream" 2>/dev/null && pass "the stream goes on" || fail "the stream goes on"
husk pause "$ID"
before=$(wc -l <"$CASE_DIR/stream")
ok "also while it is paused" wait_until 5 seen stats $((before + 2))
husk resume "$ID"
husk kill "$ID" KILL
code=0
wait "$stream" || code=$?
is "$code" 0 "it ends with the container"
is "$(cat "$CASE_DIR/stream.err")" "" "without a word"
is "$(jq -c .type "$CASE_DIR/stream" | sort -u | tr '\n' ' ')" '"oom" "stats" ' "every line is JSON"

run husk events "$ID"
is "$(errors | head -n 1)" "husk: container with id $ID is not running" "a stopped container"
exits 1 "is an error"
run husk events --stats "$ID"
is "$(errors | head -n 1)" "husk: container with id $ID is not running" "with --stats too"
destroy

# ---- an init that dies of it ----

set_args /probe alloc 64
create_container "$ID"
husk events --interval 1h "$ID" >"$CASE_DIR/stream" 2>&1 &
stream=$!
sleep 0.3
husk start "$ID" >/dev/null
wait "$stream"
is "$(cat "$CASE_DIR/stream")" "{\"type\":\"oom\",\"id\":\"$ID\"}" "the notice comes before the end"
destroy

# ---- a shared network ----

no_namespace network
set_args /probe sleep
start_container "$ID"
run husk events --stats "$ID"
is "$(field .data.network_interfaces)" null "the host's own network is not the container's"
destroy

for interval in 0s -3s 0.0s; do
	run husk events --interval "$interval" "$ID"
	is "$(errors | head -n 1)" "husk: duration interval must be greater than 0" "--interval $interval"
done
for interval in 5 s abc 1.2.3s 1m30 ''; do
	run husk events --interval "$interval" "$ID"
	is "$(errors | head -n 1)" \
		"husk: option --interval: \"$interval\" is not a duration like 5s, 1m30s or 500ms" "--interval \"$interval\""
done

done_testing
