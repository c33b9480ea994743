# Commands: what they say, and in the wrong states; and configurations that cannot work.
# Forms and exit codes that contradict each other are crun's when husk is called so.
runtimes="husk runc as-crun crun"
sleeping='probe("sleep 30") |'
program() { chmod 700 "$ROOTFS/tmp"; mkdir -p "$ROOTFS/dir"; }
exec_probe() { started; note exec rt exec "$@"; }
look='ids -- caps -- env -- cwd -- sched -- tty -- fds -- rlimits -- uts -- keyring -- read /proc/self/cgroup'
exec_plain() { exec_probe "$ID" /probe $look; }
exec_user() { exec_probe --user 1000:1000 "$ID" /probe $look; }
exec_user_alone() { exec_probe --user 1000 "$ID" /probe $look; }
exec_cwd() { exec_probe --cwd /dir "$ID" /probe $look; }
exec_cwd_missing() { exec_probe --cwd /nowhere/at/all "$ID" /probe $look; }
exec_env() { exec_probe --env A=1 --env PATH=/none --env A=2 "$ID" /probe $look; }
exec_cap() { exec_probe --cap CAP_NET_RAW "$ID" /probe $look; }
exec_no_new_privs() { exec_probe --no-new-privs "$ID" /probe $look; }
exec_status() { exec_probe "$ID" /probe exit 7; }
exec_signal() { exec_probe "$ID" /probe kill 9; }
exec_missing() { exec_probe "$ID" /nothing; }
exec_missing_path() { exec_probe "$ID" nothing; }
exec_not_executable() { exec_probe "$ID" /etc/passwd; }
exec_directory() { exec_probe "$ID" /etc; }
exec_nothing() { exec_probe "$ID"; }
exec_process()	# FILTER
{
	jq -n '{terminal: false, user: {uid: 1000, gid: 1000, additionalGids: [7]}, cwd: "/dir", env: ["B=2"], args: ("/probe " + $look | split(" "))}
		'"$1" --arg look "$look" >"$BUNDLE/process.json"
	exec_probe --process "$BUNDLE/process.json" "$ID"
}
exec_process_plain() { exec_process ''; }
exec_process_caps() { exec_process '| .capabilities = {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"], effective: ["CAP_KILL"]}'; }
exec_process_rlimits() { exec_process '| .rlimits = [{type: "RLIMIT_NOFILE", soft: 99, hard: 99}]'; }
exec_process_broken() { started; echo '{' >"$BUNDLE/process.json"; note exec rt exec --process "$BUNDLE/process.json" "$ID"; }
exec_detached()
{
	exec_probe --detach --pid-file "$BUNDLE/pid" "$ID" /probe sleep 30
	fact "pid file: $(tr '0-9' 'N' <"$BUNDLE/pid" | tr -s N | od -An -c | tr -d ' ')"
}
exec_detached_missing() { exec_probe --detach --pid-file "$BUNDLE/pid" "$ID" /nothing; fact "pid file: $(ls "$BUNDLE/pid" 2>&1 | sed 's/.*: //')"; }
exec_terminal()
{
	started
	"$FDRECV" stream "$TOPIC_DIR/sock" relay >"$TOPIC_DIR/received" 2>&1 &
	_receiver=$!
	wait_for grep -q ready "$TOPIC_DIR/received"
	note exec rt exec --tty --detach --console-socket "$TOPIC_DIR/sock" "$ID" /probe tty -- self
	wait "$_receiver"
	tr -d '\r' <"$TOPIC_DIR/received" | sed 's/^/exec: /' >>"$FACTS"
	rm -f "$TOPIC_DIR/sock"
}
for name in plain user user_alone cwd cwd_missing env cap no_new_privs status signal missing missing_path not_executable directory nothing \
	process_plain process_caps process_rlimits process_broken detached detached_missing terminal; do
	scenario "exec-$(echo "$name" | tr _ -)" "$sleeping ." "exec_$name" program
done

every_command()	# STATE
{
	note_text "$1 start" rt start "$ID"
	note_text "$1 pause" rt pause "$ID"
	note_text "$1 resume" rt resume "$ID"
	note_text "$1 exec" rt exec "$ID" /probe exit 0
	note_text "$1 delete" rt delete "$ID"
}
state_none()
{
	every_command none
	note_text "none state" rt state "$ID"
	note_text "none kill" rt kill "$ID" TERM
	note_text "none ps" rt ps "$ID"
	note_text "none update" rt update --pids-limit 5 "$ID"
	note "none delete --force" rt delete --force "$ID"
}
state_created()
{
	note create rt create --bundle "$BUNDLE" "$ID"
	note_text "created again" rt create --bundle "$BUNDLE" "$ID"
	note_text "created resume" rt resume "$ID"
	note_text "created exec" rt exec "$ID" /probe exit 5
	note_text "created delete" rt delete "$ID"
	note "created kill" rt kill "$ID" KILL
}
state_running()
{
	started
	note_text "running start" rt start "$ID"
	note_text "running resume" rt resume "$ID"
	note_text "running delete" rt delete "$ID"
	note_text "running kill bad signal" rt kill "$ID" NOSUCH
	note_text "running kill 0" rt kill "$ID" 0
	note "running kill" rt kill "$ID" SIGKILL
	wait_gone "$_pid"
	note "running delete then" rt delete "$ID"
}
state_paused()
{
	started
	note "pause" rt pause "$ID"
	rt state "$ID" | state_facts paused
	note_text "paused pause" rt pause "$ID"
	note_text "paused exec" rt exec "$ID" /probe exit 0
	note_text "paused start" rt start "$ID"
	note_text "paused delete" rt delete "$ID"
	note "resume" rt resume "$ID"
	rt state "$ID" | state_facts resumed
}
state_stopped()
{
	started
	rt kill "$ID" KILL
	wait_gone "$_pid"
	note_text "stopped kill" rt kill "$ID" TERM
	note_text "stopped kill 0" rt kill "$ID" 0
	note_text "stopped kill --all" rt kill --all "$ID" KILL
	note_text "stopped start" rt start "$ID"
	note_text "stopped pause" rt pause "$ID"
	note_text "stopped resume" rt resume "$ID"
	note_text "stopped exec" rt exec "$ID" /probe exit 0
	note_text "stopped ps" rt ps "$ID"
	note_text "stopped delete" rt delete "$ID"
	note_text "deleted delete" rt delete "$ID"
}
for name in none created running paused stopped; do
	scenario "state-$name" "$sleeping ." "state_$name"
done

list_json()	# what an engine decodes
{
	run rt list --format json
	fact "$1: exit $STATUS"
	jq -r '.[]? | "\(.id) \(.status) \(.pid > 0) \(.bundle) \(.owner)"' "$OUT" | sed "s/^/$1: /" >>"$FACTS"
}
listing()
{
	note "list quiet empty" rt list --quiet
	list_json "list empty"
	started
	list_json "list"
	note "list quiet" rt list --quiet
	run rt ps --format json "$ID"
	fact "ps: $STATUS $(jq -c --argjson pid "$_pid" 'map(if . == $pid then "init" else . end)' "$OUT")"
	run rt list
	fact "table: $(sed -n 's/ \{2,\}/|/g; 1p' "$OUT")"
}
scenario list "$sleeping ." listing

ids()
{
	for id in . .. a/b 'a b' 'ümlaut' a.b_c+d-e '' @a; do
		note "id \"$id\"" rt create --bundle "$BUNDLE" "$id"
		[ "$STATUS" -ne 0 ] || rt delete --force "$id"
	done
}
scenario identifiers "$sleeping ." ids

pid_file()
{
	note create rt create --bundle "$BUNDLE" --pid-file "$BUNDLE/pid" "$ID"
	fact "pid file: $(tr '0-9' 'N' <"$BUNDLE/pid" | tr -s N | od -An -c | tr -d ' ')"
	[ "$(cat "$BUNDLE/pid")" = "$(pid_of)" ] && fact "pid file: the init's"
}
scenario pid-file "$sleeping ." pid_file
pid_file_nowhere() { note create rt create --bundle "$BUNDLE" --pid-file "$BUNDLE/no/pid" "$ID"; }
scenario pid-file-nowhere "$sleeping ." pid_file_nowhere
updated()
{
	started
	note update rt update --pids-limit 77 --memory 67108864 --cpu-share 300 "$ID"
	cgroup_facts "$_pid"
	note "update file" sh -c 'echo "{\"pids\": {\"limit\": 55}, \"cpu\": {\"quota\": 30000, \"period\": 100000}}" | "$1" --root "$2" update --resources - "$3"' sh "$PROGRAM" "$STATE" "$ID"
	cgroup_facts "$_pid"
}
scenario update "$sleeping ." updated
preserved()
{
	note run sh -c 'exec 3>/dev/null 4</dev/zero; exec "$1" --root "$2" run --preserve-fds 1 --bundle "$3" "$4"' sh "$PROGRAM" "$STATE" "$BUNDLE" "$ID"
}
scenario preserve-fds 'probe("fds")' preserved
config_broken() { echo '{' >"$BUNDLE/config.json"; }
bundle config-broken . config_broken
config_missing() { rm "$BUNDLE/config.json"; }
bundle config-missing . config_missing
config_empty() { : >"$BUNDLE/config.json"; }
bundle config-empty . config_empty
config_array() { echo '[]' >"$BUNDLE/config.json"; }
bundle config-array . config_array
bundle config-wrong-type '.process.cwd = 7'
bundle config-unknown-member '.notInTheSpec = {a: 1} | .linux.notInTheSpec = true'
bundle config-no-process 'del(.process)'
bundle config-no-linux 'del(.linux) | del(.hostname)'
bundle config-no-version 'del(.ociVersion)'
bundle config-version-2 '.ociVersion = "2.0.0"'
bundle config-version-odd '.ociVersion = "one"'
bundle config-host-id-negative '.process.user.uid = -1'
no_bundle() { note create rt create --bundle "$TOPIC_DIR/nowhere" "$ID"; }
scenario bundle-missing . no_bundle
