# cgroups/stats - `husk stats`: a table of what containers use, or lines of JSON; once, or again and again.
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

need_controller memory
need_controller pids
make_bundle
config '.linux.resources = {memory: {limit: 33554432}, pids: {limit: 40}}'
head='^ID +CPU +MEMORY / LIMIT +MEMORY +PIDS / LIMIT +READ / WRITTEN +CPU PRESSURE +MEMORY PRESSURE +I/O PRESSURE$'

run husk stats
exits 0 "without a container"
like "$(output)" "$head" "only the header"
is "$(wc -l <"$OUT")" 1 "and no row"

# One that works, one that sleeps, one that is only created.
set_args /probe spin 60
start_container "$ID"
set_args /probe sleep
config '.linux.cgroupsPath += "-b" | del(.linux.resources)'
start_container "$ID-b"
config '.linux.cgroupsPath += "-c"'
create_container "$ID-c"

row()	# ID: its row, blanks as one
{
	grep "^$1 " "$OUT" | tr -s ' '
}

run husk stats
exits 0 "the table"
is "$(errors)" "" "without a word"
like "$(line 1)" "$head" "its header"
is "$(wc -l <"$OUT")" 4 "a row for each that has a process"
like "$(row "$ID")" "^$ID [0-9]+\.[0-9]% [0-9.]+[KM]iB / 32\.0MiB [0-9]+\.[0-9]% 1 / 40 [0-9.]+[KMG]?i?B / [0-9.]+[KMG]?i?B " "a row"
like "$(row "$ID-b")" "^$ID-b 0\.[0-9]% [0-9.]+[KM]iB / - - 1 / - " "no limits"
cpu=$(row "$ID" | awk '{ print int($2) }')
if [ "$cpu" -ge 10 ] && [ "$cpu" -le 130 ]; then pass "the busy loop's CPU time"
else fail "the busy loop's CPU time" "$cpu %" "10 to 130 %"; fi
if [ -n "$(v2)" ] && cat "$(v2)$CGROUP/cpu.pressure" >/dev/null 2>&1; then
	like "$(row "$ID")" "( [0-9]+\.[0-9]{2} / [0-9]+\.[0-9]{2}){3}\$" "pressure"
else
	like "$(row "$ID")" " - - -\$" "no pressure"
fi
run husk stats "$ID-b" "$ID"
is "$(sed 1d "$OUT" | cut -d' ' -f1 | tr '\n' ' ')" "$ID-b $ID " "by name: in the order asked for"
run husk stats --watch --interval 10ms "$ID"
is "$(wc -l <"$OUT")" 2 "--watch needs a screen: a file gets one table"

# ---- JSON ----

run husk stats --json
exits 0 "--json"
is "$(jq -r .id "$OUT" | tr '\n' ' ')" "$ID $ID-b $ID-c " "a line for each"
is "$(jq -c 'keys_unsorted' "$OUT" | sort -u)" '["type","id","data"]' "as of events --stats"
is "$(jq -r "select(.id == \"$ID\") | [.data.memory.usage.limit, .data.pids.limit] | @text" "$OUT")" "[33554432,40]" "numbers"

# ---- those that do not run ----

husk kill "$ID-b" KILL
wait_until 5 has_status stopped "$ID-b"
run husk stats --json
is "$(jq -r .id "$OUT" | tr '\n' ' ')" "$ID $ID-c " "one that has ended is left out"
run husk stats --json --all
is "$(jq -c "select(.id == \"$ID-b\")" "$OUT")" "{\"type\":\"stats\",\"id\":\"$ID-b\",\"data\":null}" "but for --all"
run husk stats --all
is "$(row "$ID-b")" "$ID-b - - - - - - - -" "in the table, too"
run husk stats "$ID-b"
is "$(errors)" "husk: container with id $ID-b is not running" "by name it is an error"
exits 1 "with an exit code"
run husk stats --all "$ID-b"
exits 0 "but for --all"
run husk stats "$ID" nobody-$TAG
is "$(errors)" "husk: container does not exist: \"nobody-$TAG\"" "one that is not there"
run husk stats --interval 0s
is "$(errors | head -n 1)" "husk: duration interval must be greater than 0" "an interval of 0"

# ---- again and again ----

"$HUSK_BIN" --root "$STATE_DIR" stats --json --watch --interval 50ms "$ID" "$ID-b" >"$CASE_DIR/stream" 2>&1
is "$(cat "$CASE_DIR/stream")" "husk: container with id $ID-b is not running" "--watch, by name: must run at first"
"$HUSK_BIN" --root "$STATE_DIR" stats --json --watch --interval 50ms "$ID" >"$CASE_DIR/stream" 2>&1 &
stream=$!
ok "lines come at the interval" wait_until 10 eval '[ "$(wc -l <"$CASE_DIR/stream")" -ge 3 ]'
husk delete --force "$ID"
code=0
wait "$stream" || code=$?
is "$code" 0 "and end with the container"
is "$(jq -r .id "$CASE_DIR/stream" | sort -u)" "$ID" "every line is JSON"
if command -v script >/dev/null 2>&1; then
	TERM=dumb script -qc "timeout -s INT 2 '$HUSK_BIN' --root '$STATE_DIR' stats --watch --interval 100ms" /dev/null \
		>"$OUT" 2>"$ERR" </dev/null
	like "$(tr '\033' '^' <"$OUT")" '^\^\[H\^\[JID +CPU ' "on a terminal the table is drawn in place"
	ok "several times" eval '[ "$(grep -c "^.\[H" "$OUT")" -ge 3 ]'
fi

destroy "$ID-b"
destroy "$ID-c"
done_testing
