# annotations/hooks - run.oci.hooks.stdout and .stderr: where hooks of every kind write.
# covers: C-48 3.1-hooks-output 8-19
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
out=$CASE_DIR/hooks.out
err=$CASE_DIR/hooks.err
config '.hooks = ([ $ARGS.positional[] | { (.): [{path: "/bin/sh", args: ["sh", "-c",
	("echo out " + . + "; echo err " + . + " >&2")]}] } ] | add)' \
	--args prestart createRuntime createContainer poststart poststop
config '.hooks.startContainer = [{path: "/probe", args: ["probe", "echo", "out", "startContainer",
	"--", "stderr", "err startContainer"]}]'
set_args /probe echo program

config '.annotations = {"run.oci.hooks.stdout": $o, "run.oci.hooks.stderr": $e}' --arg o "$out" \
	--arg e "$err"
echo before >"$out"
run_container
exits 0 "hooks that write"
is "$(output)" program "not to the program's streams"
is "$(cat "$out")" "before
out prestart
out createRuntime
out createContainer
out startContainer
out poststart
out poststop" "stdout of every kind is appended"
is "$(cat "$err")" "err prestart
err createRuntime
err createContainer
err startContainer
err poststart
err poststop" "stderr of every kind, too, to a file that was not there"
is "$(stat -c %a "$err")" 600 "which only its owner reads"

rm "$out" "$err"
config 'del(.annotations["run.oci.hooks.stderr"]) |
	.hooks = {createContainer: [{path: "/bin/sh", args: ["sh", "-c", "echo o; echo why >&2; exit 3"]}]}'
run_container
fails_with 'exit status 3: why' "without a file for it, what a hook says last is in the message"
is "$(cat "$out")" o "while its output is in its file"

config '.annotations = {"run.oci.hooks.stdout": "relative"}'
run_container
fails_with '/annotations/run.oci.hooks.stdout: "relative" is not an absolute path' "a relative path"
config '.annotations = {"run.oci.hooks.stdout": "/nowhere/at/all"}'
run_container
fails_with 'open /nowhere/at/all for the output of hooks: No such file' "a file that cannot be made"
is "$(status_of)" "" "nothing is left"

done_testing
