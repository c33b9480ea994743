# trace/time - `husk trace --time`: every stage and step of one start, with its time.
# runs as: root user
. "$HUSK_TESTS/lib.sh"

T=$CASE_DIR/timeline

# trace_time [OPTION]...: the timeline as JSON in $T
trace_time()
{
	run husk trace --time --json -o "$T" --bundle "$BUNDLE" "$@" "$ID"
}

ops()
{
	jq -r '[.spans[] | select(.step != null)] | sort_by(.step) | map(.op) | join(" ")' "$T"
}

holds()	# JQ-CONDITION NAME
{
	if jq -e "$1" "$T" >/dev/null; then pass "$2"; else fail "$2" "$(cat "$T")" "$1"; fi
}

# Every span is timed and in order; those of one who follow each other without a gap.
sound()	# NAME
{
	holds '[.spans[] | select(.begin_us == null or .duration_us == null or .duration_us < 0)] == []' \
		"$1: everything is timed"
	holds '[.spans[].begin_us] | . == sort' "$1: by the begin"
	holds '[.spans[] | select(.step != null) | .step] | . == [range(length)]' \
		"$1: each step once, in the order of the plan"
	for who in husk husk-init; do
		holds "[.spans[] | select(.who == \"$who\")] as \$s | [range(1; \$s | length) |
			\$s[.].begin_us - \$s[. - 1].begin_us - \$s[. - 1].duration_us | fabs] |
			max < 0.01" "$1: no gap between what $who did"
	done
	holds '([.spans[] | select(.who == "husk") | .duration_us] | add) - .total_us | fabs < 0.1' \
		"$1: the stages of the caller are the whole"
	holds '. as $t | [.spans[] | .begin_us + .duration_us] | max <= $t.total_us + 0.01' \
		"$1: nothing is longer than the whole"
}

make_bundle
set_args /probe echo hello -- exit 7
trace_time
exits 7 "the exit code is the program's"
is "$(output)" "hello" "and so is the output"
# With SUBIDS=yes the bundle leaves the user namespace to husk, which says so.
is "$(errors | grep -v ': no user namespace, and the caller has no privilege: adding one, ignoring$')" "" \
	"nothing else is printed"
sound "a plain start"
is "$(ops)" "times $(husk plan --json "$BUNDLE" | jq -r '[.steps[].op] | join(" ")')" \
	"the steps are those of husk plan"
holds '[.spans[] | select(.op == "exec")][0].source == "/process/args"' "with what asked for them"
is "$(husk list --quiet)" "" "the container is gone"

run husk trace --time --bundle "$BUNDLE" "$ID"
exits 7 "for people"
like "$(errors)" '^ +[0-9.]+ +[0-9.]+  husk-init [0-9]+ +mount proc on /proc: .*\[/mounts/0\]$' \
	"a line for each step, on standard error"
like "$(errors)" '^ +[0-9.]+  in all' "and the sum"

# Whoever is slow is seen to be.
cat >"$CASE_DIR/hook" <<-'END'
	#!/bin/sh
	exec sleep 0.05
END
chmod +x "$CASE_DIR/hook"
slow()	# KIND JQ-SELECTOR
{
	make_bundle "$CASE_DIR/$1"
	config '.hooks[$k] = [{path: $hook, env: ["PATH=/usr/bin:/bin"]}]' \
		--arg k "$1" --arg hook "$CASE_DIR/hook"
	set_args /probe exit 0
	trace_time
	exits 0 "$1: a hook that takes 50 ms"
	holds "[.spans[] | select($2) | .duration_us] | length == 1 and .[0] >= 50000" \
		"$1: is seen where it ran"
	sound "$1"
}
slow createRuntime '.what == "run prestart and createRuntime hooks"'
slow createContainer '.op == "run_hook" and .source == "/hooks/createContainer/0"'
slow poststart '.what == "run poststart hooks"'

# A time namespace moves the monotonic clock.
make_bundle "$CASE_DIR/timens"
config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets =
	{monotonic: {secs: 1000}, boottime: {secs: 1000}}'
set_args /probe exit 0
trace_time
exits 0 "time namespace"
sound "time namespace"
holds '.total_us < 60000000' "time namespace: its offset is in no step"

# husk-init that goes on in a child.
if [ "$HUSK_USER" = root ]; then
	make_bundle "$CASE_DIR/first"
	set_args /probe sleep
	start_container "$ID-first"
	first=$(pid_of "$ID-first")
	make_bundle "$CASE_DIR/second"
	set_cgroup "$ID-second"
	config '.linux.namespaces |= map(if .type == "pid" then .path = $p else . end)' \
		--arg p "/proc/$first/ns/pid"
	set_args /probe exit 0
	trace_time
	exits 0 "a joined pid namespace"
	sound "a joined pid namespace"
	holds '[.spans[] | select(.what == "follow husk-init'"'"'s child")] | length == 1' \
		"its stage"
	destroy "$ID-first"
fi

# What the filter denies is not tried, and not invented.
make_bundle "$CASE_DIR/filter"
config '.process.noNewPrivileges = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
	syscalls: [{names: ["clock_gettime"], action: "SCMP_ACT_KILL_PROCESS"}]}'
set_args /probe echo alive
if [ "$HUSK_USER" = user ]; then
	config '.process.noNewPrivileges = true'
fi
trace_time
exits 0 "a filter that kills for asking the time"
is "$(output)" "alive" "kills nobody"
holds '([.spans[] | select(.op == "proc_seccomp")][0].step) as $filter | [.spans[] |
	select(.step != null) | (.step > $filter) == (.begin_us == null)] | all' \
	"what comes behind it has no time, all else has"

# What cannot be.
make_bundle "$CASE_DIR/bad"
set_args /nothing
rm -f "$T"
trace_time
exits 1 "a program that is not there"
fails_with 'exec.*/nothing' "is the usual error"
is "$(cat "$T")" "" "without a timeline"
set_args /probe exit 0
run husk trace --time --bundle "$BUNDLE" -o "$CASE_DIR/no/such" "$ID"
exits 1 "an output that cannot be made"
fails_with "open $CASE_DIR/no/such: No such file or directory" "is an error"
if [ "$HUSK_USER" = root ]; then
	run husk trace --time -o /dev/full --bundle "$BUNDLE" "$ID"
	exits 1 "an output that is full"
	fails_with 'write /dev/full: No space left on device' "is an error, too"
fi

done_testing
