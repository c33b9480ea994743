# texts/errors - every kind of failure, whole: one JSON record in the log, the same on stderr.
# timeout: 120
# covers: 2.3-log-json 2.5-does-not-exist 2.5-not-running 2.5-exists 2.5-id-format 2.5-start
# covers: 2.5-delete 2.5-pause 2.5-exec 2.5-not-found 2.5-permission 2.5-not-a-directory
# covers: 2.4-error 2.4-exec-failure 2.5-no-such-process 2.5-oom 2.5-missing-library 3.5-oom 8-03 8-04 8-13 R-03 R-04 R-05 R-11
. "$HUSK_TESTS/lib.sh"

make_bundle
cp "$BUNDLE/config.json" "$BUNDLE/good.json"
LOG=$CASE_DIR/log

# failure STATUS RECORD STDERR COMMAND...: RECORD without its time, as compact JSON
failure()
{
	_status=$1 _record=$2 _stderr=$3
	shift 3
	rm -f "$LOG"
	run husk --log "$LOG" --log-format json "$@"
	exits "$_status" "$*: exit code"
	is "$(output)" "" "$*: nothing on stdout"
	is "$(errors)" "$_stderr" "$*: stderr"
	is "$(wc -l <"$LOG")" 1 "$*: one line in the log"
	is "$(jq -c 'del(.time)' "$LOG")" "$_record" "$*: the record"
	like "$(jq -r .time "$LOG")" '^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z$' \
		"$*: its time"
}

# simple STATUS CODE MESSAGE COMMAND...: a failure without step, pointer or hint
simple()
{
	_msg=$3
	_want=$(jq -nc --arg m "$3" --arg c "$2" '{level: "error", msg: $m, code: $c}')
	_s=$1
	shift 3
	failure "$_s" "$_want" "husk: $_msg" "$@"
}

# bad FILTER MESSAGE [POINTER [CODE]]: `run` refuses the edited configuration, before any step
bad()
{
	jq "$1" "$BUNDLE/good.json" >"$BUNDLE/config.json"
	_msg=$2
	_want=$(jq -nc --arg m "$2" --arg p "${3:-}" --arg c "${4:-config}" \
		'{level: "error", msg: $m, code: $c, pointer: $p}')
	failure 1 "$_want" "husk: $_msg" run --bundle "$BUNDLE" "$ID"
}

# refused FILTER MESSAGE POINTER: a step fails
refused()
{
	jq "$1" "$BUNDLE/good.json" >"$BUNDLE/config.json"
	rm -f "$LOG"
	run husk --log "$LOG" --log-format json run --bundle "$BUNDLE" "$ID"
	exits 1 "$2: exit code"
	is "$(errors)" "husk: $2
  in config.json: $3" "$2: stderr"
	is "$(jq -r '[.level, .msg, .code, .pointer, (.step | type)] | join("|")' "$LOG")" \
		"error|$2|system|$3|number" "$2: the record"
	is "$(wc -l <"$LOG")" 1 "$2: one line in the log"
}

# ---- a container that is not there, or not in that state ----------------------------------------

for command in state start pause resume ps delete; do
	simple 1 not-found "container does not exist: \"$ID\"" $command "$ID"
done
run husk delete --force "$ID"
is "$STATUS $(output)$(errors)" "0 " "delete --force of what does not exist says nothing"
simple 1 not-found "container does not exist: \"$ID\"" kill "$ID" KILL
simple 255 not-found "container does not exist: \"$ID\"" exec "$ID" /probe
simple 1 config 'invalid container ID format: "a/b": 1 to 255 characters of [A-Za-z0-9_+.-], but not "." or ".."' \
	state a/b
simple 1 config 'unknown signal "FOO"' kill "$ID" FOO

set_args /probe sleep
cp "$BUNDLE/config.json" "$BUNDLE/sleep.json"
create_container "$ID"
simple 1 exists "container with given ID already exists: \"$ID\"" create --bundle "$BUNDLE" "$ID"
simple 1 exists "container with given ID already exists: \"$ID\"" run --bundle "$BUNDLE" "$ID"
simple 1 state "container not paused: container \"$ID\" is created" resume "$ID"
husk start "$ID"
simple 1 state "cannot start an already running container: container \"$ID\" is running" start "$ID"
simple 1 state "cannot delete container $ID that is not stopped: running" delete "$ID"
simple 1 state "container not paused: container \"$ID\" is running" resume "$ID"

simple 255 config 'user "1:": expected UID or UID:GID, numbers from 0 to 4294967294' \
	exec --user 1: "$ID" /probe
simple 255 config 'environment "NAME": expected NAME=value' exec --env NAME "$ID" /probe
rm -f "$LOG"
run husk --log "$LOG" --log-format json exec --detach --pid-file "$CASE_DIR/pid" "$ID" missing
exits 255 "exec of what is not there: exit code"
is "$(errors)" 'husk: exec: "missing": executable file not found in $PATH' "stderr"
is "$(jq -r '[.level, .msg, .code] | join("|")' "$LOG")" \
	'error|exec: "missing": executable file not found in $PATH|system' "the record"
is "$(wc -l <"$LOG")" 1 "one line in the log"
ok "and no pid file, by which conmon tells" test ! -e "$CASE_DIR/pid"

run husk exec "$ID"
exits 255 "exec without a command, as in runc"
is "$(errors)" 'husk: "exec" requires a command, or --process
  hint: try "husk exec --help"' "and what it needs"
# It ends between husk's look and the signal: pidfd_send_signal(2) says ESRCH.
if "$HUSK_FAULT" list "$CASE_DIR/calls" /bin/true 2>/dev/null; then
	run env ASAN_OPTIONS=detect_leaks=0 "$HUSK_FAULT" caller 424 1 3 "$HUSK_BIN" --root "$STATE_DIR" kill "$ID" WINCH
	exits 1 "a process that has just ended"
	is "$(errors)" "husk: container not running: \"$ID\"" "is told as engines expect"
else
	skip "a process that has just ended" "ptrace does not work here"
fi

husk pause "$ID"
simple 1 state "cannot pause: container not running: container \"$ID\" is paused" pause "$ID"
simple 255 state "cannot exec in a paused container (use --ignore-paused to override): container \"$ID\" is paused" \
	exec "$ID" /probe
simple 1 state "cannot delete container $ID that is not stopped: paused" delete "$ID"
husk resume "$ID"
husk kill "$ID" KILL
wait_until 10 has_status stopped
simple 1 state "container not running: container \"$ID\" is stopped" kill "$ID" TERM
simple 1 state "cannot start a container that has stopped: container \"$ID\" is stopped" start "$ID"
simple 1 state "cannot pause: container not running: container \"$ID\" is stopped" pause "$ID"
simple 255 state "cannot exec in a stopped container: container \"$ID\" is stopped" exec "$ID" /probe
destroy

# ---- the program --------------------------------------------------------------------------------

echo text >"$ROOTFS/text"
printf '#!/missing/interpreter\n' >"$ROOTFS/script"
echo garbage >"$ROOTFS/garbage"
chmod 755 "$ROOTFS/script" "$ROOTFS/garbage"
refused '.process.args = ["/missing"]' \
	'exec: "/missing": no such file or directory' /process/args
refused '.process.args = ["missing"]' \
	'exec: "missing": executable file not found in $PATH' /process/args
refused '.process.args = ["/text"]' \
	'exec: "/text": permission denied (it is not executable: mode 0644)' /process/args
refused '.process.args = ["/proc"]' \
	'exec: "/proc": permission denied (it is a directory)' /process/args
refused '.process.args = ["/script"]' \
	'exec: "/script": no such file or directory (it exists, but its interpreter /missing/interpreter does not)' \
	/process/args
refused '.process.args = ["/text/x"]' \
	'exec: "/text/x": not a directory (a component of the path is not a directory)' /process/args

# ---- the configuration ---------------------------------------------------------------------------

at=$BUNDLE/config.json:
bad '.process.cwd = "relative"' \
	"$at /process/cwd: \"relative\" is not an absolute path; allowed: paths that begin with /" \
	/process/cwd
bad '.process.env = ["NAME"]' \
	"$at /process/env/0: \"NAME\" is not an environment variable; allowed: KEY=value, with a key" \
	/process/env/0
bad '.linux.namespaces += [{"type": "pid"}]' \
	"$at /linux/namespaces/5: \"pid\" is listed twice; allowed: each namespace once" \
	/linux/namespaces/5
bad '.process.rlimits = [{"type": "RLIMIT_CPU", "soft": 1, "hard": 1},
	{"type": "RLIMIT_CPU", "soft": 1, "hard": 1}]' \
	"$at /process/rlimits/1: RLIMIT_CPU is set twice; allowed: each limit once" \
	/process/rlimits/1
bad '.linux.sysctl = {"kernel.foo": "1"}' \
	"/linux/sysctl/kernel.foo: belongs to no namespace: setting it would change the host" \
	/linux/sysctl/kernel.foo
bad '.root.path = "nowhere"' \
	"/root/path: open_tree $BUNDLE/nowhere: No such file or directory" /root/path system
bad '.mounts += [{"destination": "/x", "type": "bind", "source": "/no/where", "options": ["bind"]}]' \
	"/mounts/6: open_tree /no/where: No such file or directory" /mounts/6 system

echo '{' >"$BUNDLE/config.json"
simple 1 config "$BUNDLE/config.json: not JSON: line 2, column 1: the text ends too early" \
	run --bundle "$BUNDLE" "$ID"
rm "$BUNDLE/config.json"
# Not "no such file": podman would take that for a missing program (exit code 127).
failure 1 "$(jq -nc --arg m "JSON specification file $BUNDLE/config.json not found" \
	'{level: "error", msg: $m, code: "system", hint: "husk spec writes a config.json to begin with"}')" \
	"husk: JSON specification file $BUNDLE/config.json not found
  hint: husk spec writes a config.json to begin with" create --bundle "$BUNDLE" "$ID"
simple 1 system "bundle $CASE_DIR/none: No such file or directory" \
	create --bundle "$CASE_DIR/none" "$ID"
cp "$BUNDLE/good.json" "$BUNDLE/config.json"
simple 1 config 'cannot use console socket if runc will not detach or allocate tty' \
	run --bundle "$BUNDLE" --console-socket "$CASE_DIR/socket" "$ID"
simple 1 config "unable to stat preserved-fd 9 (of 1000): Bad file descriptor" \
	create --bundle "$BUNDLE" --preserve-fds 1000 "$ID" 3</dev/null 4</dev/null 5</dev/null \
	6</dev/null 7</dev/null 8</dev/null
simple 1 config 'state directory: "/" is not allowed: choose one of husk'"'"'s own' --root / list

# ---- the kernel -----------------------------------------------------------------------------------

jq '.linux.sysctl = {"net.nothing.here": "1"}' "$BUNDLE/good.json" >"$BUNDLE/config.json"
step=$(husk plan --bundle "$BUNDLE" --json |
	jq '[.steps[].source] | index("/linux/sysctl/net.nothing.here")')
refused '.linux.sysctl = {"net.nothing.here": "1"}' \
	"namespaces: step $step: write 1 to sysctl net/nothing/here: open sysctl net/nothing/here: No such file or directory" \
	/linux/sysctl/net.nothing.here
if [ -n "$(v1 memory)" ]; then
	jq '.linux.resources.memory.limit = 4096' "$BUNDLE/good.json" >"$BUNDLE/config.json"
	hint="raise /linux/resources/memory/limit from 4096 to 262144 bytes, by 258048: that much starts a small static program"
	failure 1 '{"level":"error","msg":"container init was OOM-killed (memory limit too low?)","code":"system","hint":"'"$hint"'"}' \
		"husk: container init was OOM-killed (memory limit too low?)
  hint: $hint" run --bundle "$BUNDLE" "$ID"
fi
jq '.hooks.createRuntime = [{"path": "/bin/false"}]' "$BUNDLE/good.json" >"$BUNDLE/config.json"
failure 1 '{"level":"error","msg":"createRuntime hook 0 (/bin/false): exit status 1","code":"system","pointer":"/hooks/createRuntime/0"}' \
	'husk: createRuntime hook 0 (/bin/false): exit status 1
  in config.json: /hooks/createRuntime/0' run --bundle "$BUNDLE" "$ID"

is "$(husk list --quiet)" "" "nothing is left of all that"
done_testing
