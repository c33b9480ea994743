# texts/state - state, list, ps and the pid file, byte for byte.
# covers: 2.3-state 2.3-status 2.3-list-table 2.3-list-json 2.3-ps 2.3-pid-file 8-06 8-09 R-01 C-49
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe sleep
config '.annotations = {"org.example.one": "1", "org.example.quoted": "a \"b\"\nc"}'

# same FILE NAME: the bytes of a command's output are those of FILE
same()
{
	if cmp -s "$OUT" "$1"; then pass "$2"; else fail "$2" "$(od -c "$OUT")" "$(od -c "$1")"; fi
}

# state_document STATUS PID
state_document()
{
	printf '{
  "ociVersion": "1.3.0",
  "id": "%s",
  "pid": %d,
  "status": "%s",
  "bundle": "%s",
  "rootfs": "%s",
  "created": "%s",
  "annotations": {
    "org.example.one": "1",
    "org.example.quoted": "a \\"b\\"\\nc"
  },
  "owner": ""
}' "$ID" "$2" "$1" "$BUNDLE" "$ROOTFS" "$created" >"$CASE_DIR/want"
}

run husk list
printf 'ID          PID         STATUS      BUNDLE      CREATED     OWNER\n' >"$CASE_DIR/want"
same "$CASE_DIR/want" "list without containers"
run husk list --format json
printf 'null\n' >"$CASE_DIR/want"
same "$CASE_DIR/want" "list --format json without containers: null"

create_container "$ID" --pid-file "$CASE_DIR/pid"
pid=$(pid_of)
created=$(husk state "$ID" | jq -r .created)
like "$created" '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{1,9}Z$' \
	"created: RFC 3339 with a fraction"
is "$(date -u -d "$created" +%Y)" "$(date -u +%Y)" "a time of this year"
printf %d "$pid" >"$CASE_DIR/want"
cp "$CASE_DIR/pid" "$OUT"
same "$CASE_DIR/want" "the pid file: digits, no newline"
is "$(find "$CASE_DIR" -maxdepth 1 -name '*pid*')" "$CASE_DIR/pid" "nothing is left beside it"

run husk state "$ID"
state_document created "$pid"
same "$CASE_DIR/want" "state: created"
husk start "$ID"
run husk state "$ID"
state_document running "$pid"
same "$CASE_DIR/want" "state: running"
jq -cj '.owner = "root"' "$CASE_DIR/want" >"$CASE_DIR/compact"

run husk list --format json
{ printf '['; cat "$CASE_DIR/compact"; printf ']\n'; } >"$CASE_DIR/want"
same "$CASE_DIR/want" "list --format json: the same object on one line, with its owner, as in runc"
run husk list
# Columns are at least 12 wide and 3 apart, as a tabwriter makes them.
{
	column() { _w=$((${#1} + 3)); [ "$_w" -ge 12 ] || _w=12; printf "%-${_w}s" "$2"; }
	column "$ID" ID; column "$pid" PID; column running STATUS; column "$BUNDLE" BUNDLE
	column "$created" CREATED; echo OWNER
	column "$ID" "$ID"; column "$pid" "$pid"; column running running
	column "$BUNDLE" "$BUNDLE"; column "$created" "$created"; echo root
} >"$CASE_DIR/want"
same "$CASE_DIR/want" "list"
run husk list --quiet
printf '%s\n' "$ID" >"$CASE_DIR/want"
same "$CASE_DIR/want" "list --quiet"

run husk exec --detach --pid-file "$CASE_DIR/pid2" "$ID" /probe sleep
exits 0 "exec --detach"
printf '[%d,%d]\n' "$pid" "$(cat "$CASE_DIR/pid2")" >"$CASE_DIR/want"
run husk ps --format json "$ID"
same "$CASE_DIR/want" "ps --format json"
run husk ps "$ID" -o pid=PID,comm
printf '%s\n' "$(cut -c1-100 "$OUT" | wc -l)" >"$CASE_DIR/lines"
is "$(cat "$CASE_DIR/lines")" 3 "ps: a heading and two processes"
run husk ps "$ID" -o user
fails_with "couldn't find PID field in ps output" "ps without its PID column"

husk pause "$ID"
run husk state "$ID"
state_document paused "$pid"
same "$CASE_DIR/want" "state: paused"
husk resume "$ID"
husk kill "$ID" KILL
wait_until 10 has_status stopped
run husk state "$ID"
state_document stopped 0
same "$CASE_DIR/want" "state: stopped, and its pid is 0"
husk kill --all "$ID" KILL
destroy

# runc and crun leave it out; so must we.
config 'del(.annotations)'
create_container "$ID"
run husk state "$ID"
is "$(jq -r 'has("annotations")' "$OUT")" false "no annotations: no such member"
destroy

done_testing
