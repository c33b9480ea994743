# lifecycle/run - `husk run` runs a program to its end and passes on how it ended.
# covers: 2.2-run 2.4-exits 2.4-killed 2.4-error 8-05
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
probe echo hello
exits 0 "a program that succeeds"
is "$(output)" hello "its standard output"
is "$(errors)" "" "nothing on standard error"

probe stderr warning
is "$(errors)" warning "its standard error"

probe exit 7
exits 7 "its exit status"

probe crash
exits 139 "a signal that ends it: 128 + number"

probe self
has pid 1 "it is process 1 of its pid namespace"

is "$(status_of)" "" "nothing is left of it"

set_args /does-not-exist
run_container
isnt "$STATUS" 0 "a program that does not exist"
like "$(errors)" 'no such file or directory|No such file or directory' "and what is said about it"
is "$(status_of)" "" "nothing is left of a container that could not start"

# Its end is about what it has made: not about another that has got that name meanwhile.
set_args /probe sleep
husk run --bundle "$BUNDLE" "$ID" >/dev/null 2>"$CASE_DIR/first" </dev/null &
first=$!
wait_until 10 has_status running || fail "the first container runs"
husk_pid=$(pid_of)
husk_pid=$(awk '$1 == "PPid:" { print $2 }' "/proc/$husk_pid/status")
kill -STOP "$husk_pid"
husk delete --force "$ID"
is "$(status_of)" "" "another removes it"
husk create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 </dev/null
kill -CONT "$husk_pid"
wait "$first"
is "$?" 137 "run tells how its own has ended"
is "$(cat "$CASE_DIR/first")" "" "and complains of nothing"
is "$(status_of)" created "the other one of that name is left alone"
destroy

# The same with hooks, which have to be told what there was.
config ".hooks.poststop = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"cat >$CASE_DIR/poststop\"]}]"
set_args /probe echo hooked
run_container
exits 0 "a program with a poststop hook"
is "$(jq -r '.id + " " + .status' "$CASE_DIR/poststop")" "$ID stopped" "the hook is told"
is "$(status_of)" "" "nothing is left of it"

done_testing
