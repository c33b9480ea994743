# lifecycle/hooks - the six kinds of hooks: order, state, environment, failure, timeout.
# covers: C-39 C-40 C-41 C-42 C-43 C-44 C-45 C-46 C-47 R-10
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
mkdir "$ROOTFS/hooks"
trace=$CASE_DIR/trace
cat >"$CASE_DIR/hook" <<-END
	#!/bin/sh
	# Say which hook this is, in which state the container is, and what is in the environment.
	state=\$(cat)
	echo "\$1 \$(printf '%s' "\$state" | jq -r '.status + " " + .id') \$EXTRA" >>$trace
	printf '%s' "\$state" >$CASE_DIR/state-\$1
END
chmod +x "$CASE_DIR/hook"

config '.hooks = ([ $ARGS.positional[] | { (.): [{path: $hook, args: ["hook", .], env:
	["PATH=/usr/bin:/bin", "EXTRA=e"]}] } ] | add)' --arg hook "$CASE_DIR/hook" \
	--args prestart createRuntime poststart poststop
config '.hooks.createContainer = [{path: $hook, args: ["hook", "createContainer"],
	env: ["PATH=/usr/bin:/bin", "EXTRA=e"]}]' --arg hook "$CASE_DIR/hook"
# startContainer: the program is looked up inside the root filesystem.
config '.hooks.startContainer = [{path: "/probe", args: ["probe", "create", "/hooks/start", "x",
	"--", "cat"]}]'
set_args /probe sleep

create_container "$ID"
exits 0 "create"
is "$(cat "$trace")" "prestart creating $ID e
createRuntime creating $ID e
createContainer creating $ID e" "hooks of create, in order, with the container's state"
like "$(jq -r .pid "$CASE_DIR/state-createRuntime")" '^[1-9][0-9]*$' "the state has a pid"
is "$(jq -r .bundle "$CASE_DIR/state-createRuntime")" "$BUNDLE" "and the bundle"
not_ok "startContainer has not run" test -e "$ROOTFS/hooks/start"

: >"$trace"
run husk start "$ID"
exits 0 "start"
ok "startContainer runs inside" test -e "$ROOTFS/hooks/start"
is "$(cat "$trace")" "poststart running $ID e" "poststart, when it runs"

: >"$trace"
run husk kill "$ID" KILL
wait_until 5 has_status stopped
run husk delete "$ID"
exits 0 "delete"
is "$(cat "$trace")" "poststop stopped $ID e" "poststop"

# A hook of create that fails ends it, and nothing is left.
config '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "echo why >&2; exit 3"]}]}'
create_container "$ID"
isnt "$STATUS" 0 "a createRuntime hook that fails"
like "$(errors)" 'createRuntime' "and is named"
is "$(status_of)" "" "nothing is left"

config '.hooks = {createRuntime: [{path: "/nothing/here"}]}'
create_container "$ID"
isnt "$STATUS" 0 "a hook that does not exist"
is "$(status_of)" "" "nothing is left"

config '.hooks = {createContainer: [{path: "/bin/sleep", args: ["sleep", "30"], timeout: 1}]}'
before=$(date +%s)
create_container "$ID"
isnt "$STATUS" 0 "a hook that takes longer than its timeout"
ok "is ended" test $(($(date +%s) - before)) -lt 10
is "$(status_of)" "" "nothing is left"

# poststart and poststop hooks that fail are only warnings.
config '.hooks = {poststop: [{path: "/bin/false"}]} | .process.args = ["/probe", "echo", "ran"]'
run_container
exits 0 "a poststop hook that fails"
is "$(output)" ran "does not matter to the program"

done_testing
