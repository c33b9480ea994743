# texts/log - what --log and --log-format write, and that a failure is one record.
# covers: 2.3-log-json 2.1-log 2.1-log-format 2.1-log-level 2.1-debug 8-03 R-11
. "$HUSK_TESTS/lib.sh"

make_bundle
LOG=$CASE_DIR/log

# A configuration that is warned about, and works.
config '.process.capabilities.bounding += ["CAP_NO_SUCH"]'
set_args /probe exit 0
run husk --log "$LOG" --log-format json run --bundle "$BUNDLE" "$ID"
exits 0 "a warning is no failure"
is "$(errors)" "" "by default it is not even shown"
ok "nor logged: podman reads the whole file as one object" test ! -s "$LOG"
run husk --log "$LOG" --log-format json --log-level warn run --bundle "$BUNDLE" "$ID"
is "$(jq -r .level "$LOG")" warning "--log-level warn: a record of it"
is "$(jq -r 'keys_unsorted | join(" ")' "$LOG")" "level msg time" "with the fields that engines know"
is "$(errors)" "" "in the log, not on stderr"

# ... and one that fails.
set_args /nothing
rm -f "$LOG"
run husk --log "$LOG" --log-format json run --bundle "$BUNDLE" "$ID"
is "$(wc -l <"$LOG")" 1 "a failure after a warning is one record"
is "$(jq -s length "$LOG")" 1 "one JSON document"
is "$(jq -r .level "$LOG")" error "an error"
is "husk: $(jq -r .msg "$LOG")" "$(head -n 1 "$ERR")" "the text is the one on stderr"
run husk --log "$LOG" --log-format json state "$ID"
is "$(wc -l <"$LOG")" 2 "a log is added to"
is "$(tail -n 1 "$LOG" | jq -r .msg)" "container does not exist: \"$ID\"" "at its end"

rm -f "$LOG"
run husk --log "$LOG" state "$ID"
like "$(cat "$LOG")" "^time=\"20[^\"]*Z\" level=error msg=\"container does not exist: \\\\\"$ID\\\\\"\" code=\"not-found\"\$" \
	"--log alone: text, as logrus writes it"
rm -f "$LOG"
run husk --log "file:$LOG" --log-format json state "$ID"
is "$(jq -r .level "$LOG")" error "--log file:PATH"
run husk --log-format json state "$ID"
is "$(jq -r .level "$ERR")" error "--log-format json without --log: the record on stderr"
is "$(wc -l <"$ERR")" 1 "and nothing else"
run husk --log "$CASE_DIR/no/such/dir/log" state "$ID"
exits 1 "a log that cannot be opened"
is "$(errors)" "husk: warning: open log $CASE_DIR/no/such/dir/log: No such file or directory
husk: container does not exist: \"$ID\"" "hides nothing"
for target in "journald:$TAG" "syslog:$TAG"; do
	run husk --log "$target" --log-format json state "$ID"
	is "$(errors)" "husk: container does not exist: \"$ID\"" "--log $target"
	is "$(ls "$CASE_DIR" | grep -c ':')" 0 "--log $target is no file"
done

# Bytes that are not UTF-8, quotes and control characters stay inside of the string.
bytes=$(printf 'a\377\001"\\b')
rm -f "$LOG"
run husk --log "$LOG" --log-format json state "$bytes"
is "$(wc -l <"$LOG")" 1 "hostile bytes: one line"
is "$(jq -r '.msg | startswith("invalid container ID format: \"a\ufffd\u0001\"\\b\"")' "$LOG")" true \
	"hostile bytes: valid JSON"
is "$(tr -d '\n' <"$ERR" | LC_ALL=C tr -dc '\000-\037' | wc -c)" 0 \
	"hostile bytes: no control character reaches the terminal"

# Each level shows itself and what is worse: here a debug message, a warning and an error.
config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["no_such_call"], action: "SCMP_ACT_ERRNO"}]}'
for level in "error error" "warn warning,error" "warning warning,error" "info warning,error" "debug debug,warning,error"; do
	rm -f "$LOG"
	# Not a filter from the cache: compiled once more.
	rm -rf "$STATE_DIR"
	run husk --log-level "${level% *}" --log "$LOG" --log-format json run --bundle "$BUNDLE" "$ID"
	is "$(jq -rs '[.[].level] | [("debug", "info", "warning", "error") as $l | select(index($l) != null) | $l] | join(",")' \
		"$LOG")" "${level#* }" "--log-level ${level% *}"
done
rm -rf "$LOG" "$STATE_DIR"
run husk --debug --log "$LOG" --log-format json run --bundle "$BUNDLE" "$ID"
is "$(jq -rs 'any(.[]; .level == "debug" and (.msg | test("unknown system call no_such_call"))) | tostring' "$LOG")" \
	true "--debug: the same as --log-level debug"

rm -f "$LOG"
run husk --debug --log "$LOG" --log-format json state "$ID"
is "$(jq -rs '[.[].level] | last' "$LOG")" error "--debug: the error is the last record"
done_testing
