# cgroups/events-all - `events --all` tells of limits that were met, of pressure, and of the end.
# runs as: root
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/cgroups/functions"

[ -n "$(every_cgroup /)" ] || skip_all "no cgroup is mounted"
make_bundle
set_args /probe sleep

seen()	# REGEX: a line of the stream
{
	grep -Eq "$1" "$CASE_DIR/stream"
}

# follow OPTION...: the events of the container into $CASE_DIR/stream
follow()
{
	"$HUSK_BIN" --root "$STATE_DIR" events --interval 1h "$@" "$ID" >"$CASE_DIR/stream" \
		2>"$CASE_DIR/stream.err" &
	stream=$!
	wait_until 5 watches
}

# Its epoll set holds the pidfd, the timer, and something of the cgroup.
watches()
{
	[ "$(cat "/proc/$stream/fdinfo/"* | grep -c '^tfd:')" -ge 3 ]
}

ended()	# waits for the end of the stream
{
	_code=0
	wait "$stream" || _code=$?
	is "$_code" 0 "$1: the stream ends with the container"
	is "$(cat "$CASE_DIR/stream.err")" "" "$1: without a word"
}

# exit_line STATUS: the last line.  How a process ended the kernel tells others than its parent since
# Linux 6.15.
exit_line()
{
	_data="\"status\":$1"
	uname -r | awk -F. '{ exit $1 > 6 || ($1 == 6 && $2 + 0 >= 15) ? 0 : 1 }' || _data=
	printf '{"type":"exit","id":"%s","data":{%s}}' "$ID" "$_data"
}

# ---- limits ----

if [ -n "$(dir_of pids)" ]; then
	config '.linux.resources = {pids: {limit: 3}}'
	start_container "$ID"
	if [ -e "$(dir_of pids)/pids.events" ]; then
		follow --all
		run husk exec "$ID" /probe forks 5
		like "$(output)" EAGAIN "a process is refused"
		ok "pids.max is told" wait_until 5 seen '"pids.max"'
		is "$(head -n 1 "$CASE_DIR/stream")" "{\"type\":\"pids.max\",\"id\":\"$ID\",\"data\":{\"count\":1}}" "its line"
		husk kill "$ID" KILL
		ended "pids"
		is "$(tail -n 1 "$CASE_DIR/stream")" "$(exit_line 137)" "the last line is how it ended"
	else
		skip "pids.max" "this kernel has no pids.events"
	fi
	destroy
else
	skip "pids.max" "no pids controller"
fi

if [ -n "$(dir_of memory)" ]; then
	# v1 does not count failures of both limits as one.
	config '.linux.resources = {memory: {limit: 33554432}}'
	has_v2 memory && config '.linux.resources.memory.swap = 33554432'
	start_container "$ID"
	follow --all
	run husk exec "$ID" /probe alloc 64
	exits 137 "the OOM killer strikes"
	ok "it is told" wait_until 5 seen '"oom"'
	is "$(grep '"oom"' "$CASE_DIR/stream" | head -n 1)" "{\"type\":\"oom\",\"id\":\"$ID\"}" "as without --all"
	ok "and that the limit was met" wait_until 5 seen '"memory.max"'
	like "$(grep '"memory.max"' "$CASE_DIR/stream" | head -n 1)" \
		"^\{\"type\":\"memory.max\",\"id\":\"$ID\",\"data\":\{\"count\":[1-9][0-9]*\}\}\$" "its line"
	husk kill "$ID" TERM
	husk kill "$ID" KILL
	ended "memory"
	is "$(jq -c .type "$CASE_DIR/stream" 2>&1 | grep -vE '^"(oom|memory.max|pressure|exit)"$')" "" "every line is JSON"
	destroy

	start_container "$ID"
	follow
	husk exec "$ID" /probe alloc 64 >/dev/null 2>&1
	ok "without --all: the OOM killer" wait_until 5 seen '"oom"'
	husk kill "$ID" KILL
	ended "without --all"
	is "$(sort -u "$CASE_DIR/stream")" "{\"type\":\"oom\",\"id\":\"$ID\"}" "without --all there is nothing else"
	destroy
fi

if has_v2 memory; then
	config '.linux.resources = {unified: {"memory.high": "8388608"}}'
	start_container "$ID"
	follow --all
	husk exec -d "$ID" /probe alloc 12 >/dev/null 2>&1 </dev/null
	ok "memory.high is told" wait_until 10 seen '"memory.high".*"data":\{"count":[1-9]'
	husk kill "$ID" KILL
	ended "memory.high"
	destroy
else
	skip "memory.high" "no cgroup v2 with memory"
fi
config 'del(.linux.resources)'

# ---- pressure ----

# A trigger, not only the file, must be there.
can_trigger()
{
	[ -w "$1" ] && sh -c 'exec 3<>"$1" && printf "some 200000 2000000" >&3' - "$1" 2>/dev/null
}

start_container "$ID"
if [ -n "$(v2)" ] && can_trigger "$(v2)$CGROUP/cpu.pressure"; then
	destroy
	start_container "$ID"
	follow --all
	# More busy loops than CPUs.
	i=0
	while [ "$i" -le "$(nproc)" ]; do
		husk exec -d "$ID" /probe spin 8 >/dev/null 2>&1 </dev/null
		i=$((i + 1))
	done
	ok "pressure is told" wait_until 10 seen '"pressure"'
	is "$(grep '"pressure"' "$CASE_DIR/stream" | head -n 1)" \
		"{\"type\":\"pressure\",\"id\":\"$ID\",\"data\":{\"resource\":\"cpu\",\"count\":1}}" "its line"
	ok "and once more while it lasts" wait_until 10 eval '[ "$(grep -c pressure "$CASE_DIR/stream")" -ge 2 ]'
	husk kill "$ID" KILL
	ended "pressure"
else
	skip "pressure" "no cgroup v2, or no PSI triggers in this kernel for us"
fi
destroy

# ---- the end ----

for status in 0 7; do
	set_args /probe exit "$status"
	create_container "$ID"
	follow --all
	husk start "$ID" >/dev/null 2>&1
	ended "exit $status"
	is "$(tail -n 1 "$CASE_DIR/stream")" "$(exit_line "$status")" "exit $status"
	destroy
done

done_testing
