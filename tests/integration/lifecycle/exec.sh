# lifecycle/exec - a second program in a running container.
# covers: 2.2-exec 2.2-exec-cap 2.4-exits 2.4-killed 8-11 3.5-exec-states
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
mkdir "$ROOTFS/work"
config '.process.env += ["CONTAINER=yes", "BOTH=container"]'
set_args /probe ns -- trap 15
husk create --bundle "$BUNDLE" "$ID" >"$CASE_DIR/init" 2>&1 </dev/null
husk start "$ID"
wait_until 5 grep -q ready "$CASE_DIR/init"

run husk exec "$ID" /probe ns
exits 0 "exec"
is "$(output)" "$(grep -v trap "$CASE_DIR/init")" "it is in all of the container's namespaces"

run husk exec "$ID" /probe exit 9
exits 9 "its exit status"
run husk exec "$ID" /probe crash
exits 139 "a signal that ends it"

run husk exec --cwd /work --env BOTH=exec --env NEW=1 "$ID" /probe cwd -- env
has cwd /work "--cwd"
like "$(output)" '^CONTAINER=yes$' "the container's environment"
like "$(output)" '^BOTH=exec$' "--env overrides it"
unlike "$(output)" '^BOTH=container$' "and replaces it"
like "$(output)" '^NEW=1$' "--env adds to it"

if [ "$HUSK_USER" = root ]; then
	run husk exec --user 7:8 "$ID" /probe ids
	has uid "7 7 7" "--user: uid"
	has gid "8 8 8" "--user: gid"
fi

run husk exec "$ID" /probe caps
is "$(value bounding)" 0000000020000420 "the container's capabilities"
run husk exec --cap CAP_CHOWN "$ID" /probe caps
is "$(value bounding)" 0000000020000421 "--cap adds one"

jq -n '{terminal: false, user: {uid: 0, gid: 0}, cwd: "/tmp", env: ["ONLY=this"],
	args: ["/probe", "cwd", "--", "env"]}' >"$CASE_DIR/process.json"
run husk exec --process "$CASE_DIR/process.json" "$ID"
exits 0 "--process"
has cwd /tmp "its working directory"
is "$(line 2)" ONLY=this "its environment"

run husk exec --detach --pid-file "$CASE_DIR/pid" "$ID" /probe sleep
exits 0 "--detach"
pid=$(cat "$CASE_DIR/pid")
is "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "/probe sleep " "--pid-file names it"
if [ "$HUSK_USER" = root ]; then	# a user without a delegated cgroup has no list of processes
	run husk ps --format json "$ID"
	is "$(jq -c sort "$OUT")" \
		"$(jq -nc --argjson a "$(pid_of)" --argjson b "$pid" '[$a, $b] | sort')" \
		"ps --format json: both"
fi

rm -f "$CASE_DIR/pid"
run husk exec --pid-file "$CASE_DIR/pid" "$ID" /nothing
fails_with '[Nn]o such file or directory' "a program that does not exist"
not_ok "which writes no pid file" test -e "$CASE_DIR/pid"

run husk exec --cwd /nowhere "$ID" /probe cwd
fails_with '[Nn]o such file or directory' "a working directory that does not exist"

husk kill "$ID" KILL
wait_until 5 has_status stopped
run husk exec "$ID" /probe ids
fails_with "cannot exec in a stopped container" "exec in a stopped container"
destroy

# husk-init is not dumpable: without privilege nobody may enter its namespaces before it has become
# the program.
set_args /probe sleep
create_container "$ID"
run husk exec "$ID" /probe echo early
if [ "$HUSK_USER" = root ]; then
	is "$(output)" early "exec before start"
else
	fails_with '/proc/[0-9]+/ns/[a-z]+: Permission denied' "exec before start"
	like "$(errors)" 'hint: without privilege nobody enters a container before its program runs: start it first' \
		"says when"
fi
destroy

run husk exec "$ID" /probe ids
fails_with "container does not exist" "exec in a container that does not exist"

done_testing
