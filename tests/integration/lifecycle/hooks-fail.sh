# lifecycle/hooks-fail - hooks that fail, hang, or write without end.
# covers: C-43 C-44 C-45 C-47 R-10
# runs as: root user
# timeout: 120
. "$HUSK_TESTS/lib.sh"

make_bundle
stopped=$CASE_DIR/stopped
set_args /probe echo ran

# hooks KIND OBJECT: the one hook, and a poststop hook that leaves a trace
hooks()
{
	rm -f "$stopped"
	config '.hooks = {($k): [$h], poststop: [{path: "/bin/sh", args: ["sh", "-c", "echo >>" + $s]}]}' \
		--arg k "$1" --argjson h "$2" --arg s "$stopped"
}

for kind in prestart createRuntime createContainer poststart; do
	hooks "$kind" '{"path": "/bin/sh", "args": ["sh", "-c", "echo first; echo last words >&2; exit 3"]}'
	run_container
	fails_with "$kind hook 0 \(/bin/sh\): exit status 3: last words|hook exit status 3: last words" \
		"$kind: the message has its exit status and last words"
	like "$(errors)" "/hooks/$kind/0" "$kind: and its place in the configuration"
	is "$(wc -l <"$stopped")" 1 "$kind: poststop hooks run, once"
	is "$(status_of)" "" "$kind: nothing is left"
done
hooks startContainer '{"path": "/probe", "args": ["probe", "stderr", "inside", "--", "exit", "4"]}'
run_container
fails_with 'hook exit status 4: inside' "startContainer"
is "$(cat "$stopped" | wc -l)" 1 "startContainer: poststop hooks run, once"
is "$(output)" "" "startContainer: the program does not"

hooks createRuntime '{"path": "/bin/sh", "args": ["sh", "-c", "kill -9 $$"]}'
run_container
fails_with 'createRuntime hook 0 \(/bin/sh\): killed by signal 9' "a hook that is killed"

for kind in createRuntime createContainer poststart; do
	hooks "$kind" '{"path": "/bin/sh", "args": ["sh", "-c", "echo $$ >'"$CASE_DIR"'/pid; exec sleep 60"],
		"timeout": 1}'
	before=$(date +%s)
	run_container
	fails_with 'killed after its timeout of 1 s|killed: it did not end in time' "$kind: a timeout"
	ok "$kind: which is kept" test $(($(date +%s) - before)) -lt 15
	[ "$kind" = createContainer ] || ok "$kind: the hook is gone" wait_until 5 reaped "$(cat "$CASE_DIR/pid")"
	is "$(wc -l <"$stopped")" 1 "$kind: poststop hooks run, once"
done

# A hundred megabytes of output are drained, and neither kept nor in the way.
hooks createRuntime '{"path": "/bin/sh", "args": ["sh", "-c", "head -c 100000000 /dev/zero; echo; echo the end; exit 1"]}'
run_container
fails_with 'createRuntime hook 0 \(/bin/sh\): exit status 1: the end' "100 MB of output"
ok "of which little is kept" test "$(wc -c <"$ERR")" -lt 2000
is "$(status_of)" "" "nothing is left"

# poststop: all run although the first fails.
config '.hooks = {poststop: [{path: "/bin/false"}, {path: "/bin/sh", args: ["sh", "-c", "echo >>" + $s]}]}' \
	--arg s "$stopped"
rm -f "$stopped"
run husk --log-level warn run --bundle "$BUNDLE" "$ID"
exits 0 "a poststop hook that fails"
is "$(output)" ran "does not matter to the program"
like "$(errors)" 'poststop hook 0 \(/bin/false\): exit status 1, ignoring' "is logged"
ok "and the ones behind it run" test -s "$stopped"

done_testing
