# Capabilities, limits and other attributes of the program.
bundle caps-none 'caps([])'
bundle caps-all-kinds 'caps(["CAP_CHOWN", "CAP_KILL"]) | .process.capabilities += {inheritable: ["CAP_CHOWN"], ambient: ["CAP_CHOWN"]}'
bundle caps-user 'caps(["CAP_CHOWN", "CAP_KILL"]) | .process.user = {uid: 1000, gid: 1000}'
bundle caps-user-ambient 'caps(["CAP_CHOWN", "CAP_KILL"]) | .process.user = {uid: 1000, gid: 1000} |
	.process.capabilities += {inheritable: ["CAP_CHOWN"], ambient: ["CAP_CHOWN"]}'
bundle caps-absent 'del(.process.capabilities)'
bundle caps-effective-above-permitted '.process.capabilities += {permitted: ["CAP_KILL"], effective: ["CAP_KILL", "CAP_CHOWN"], bounding: ["CAP_KILL", "CAP_CHOWN"]}'
bundle caps-ambient-not-inheritable 'caps(["CAP_KILL"]) | .process.capabilities.ambient = ["CAP_KILL"]'
bundle caps-unknown 'caps(["CAP_KILL", "CAP_NOT_YET"])'
bundle caps-lower-case 'caps(["cap_kill"])'
bundle caps-net-raw 'caps(["CAP_NET_RAW", "CAP_SYS_CHROOT"])'

bundle rlimits '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 512, hard: 1024}, {type: "RLIMIT_CORE", soft: 0, hard: 0}]'
bundle rlimits-infinite '.process.rlimits = [{type: "RLIMIT_STACK", soft: 18446744073709551615, hard: 18446744073709551615}]'
bundle rlimits-each '.process.rlimits = [("CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK",
	"AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME")
	| {type: ("RLIMIT_" + .), soft: (if . == "NICE" or . == "RTPRIO" then 0 else 10000000 end), hard: (if . == "NICE" or . == "RTPRIO" then 0 else 10000000 end)}
	| if .type == "RLIMIT_NOFILE" or .type == "RLIMIT_NPROC" or .type == "RLIMIT_SIGPENDING" or .type == "RLIMIT_MSGQUEUE" or .type == "RLIMIT_MEMLOCK"
	  then .soft = 5000 | .hard = 6000 else . end]'
bundle rlimits-unknown '.process.rlimits = [{type: "RLIMIT_SPEED", soft: 1, hard: 1}]'
bundle rlimits-soft-above-hard '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 2000, hard: 1000}]'
bundle rlimits-twice '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 1000}, {type: "RLIMIT_NOFILE", soft: 200, hard: 1000}]'
bundle rlimits-above-ours '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1000000, hard: 1000000}]'

bundle no-new-privileges-false '.process.noNewPrivileges = false'
bundle no-new-privileges-absent 'del(.process.noNewPrivileges)'
bundle oom-score-adj '.process.oomScoreAdj = 500'
bundle oom-score-adj-zero '.process.oomScoreAdj = 0'
bundle oom-score-adj-too-large '.process.oomScoreAdj = 2000'
bundle hostname 'del(.hostname)'
bundle hostname-and-domain '.hostname = "a.example" | .domainname = "example"'
bundle hostname-without-uts 'without("uts")'
bundle hostname-too-long '.hostname = ("x" * 65)'
bundle personality '.linux.personality = {domain: "LINUX32"}'
bundle exit-status 'probe("exit 42")'
bundle killed-by-signal 'without("pid") | probe("kill 9")'
bundle killed-by-crash 'probe("crash")'

# A terminal: the other end of the console socket tells what arrives there.
terminal()
{
	"$FDRECV" stream "$TOPIC_DIR/sock" relay >"$TOPIC_DIR/received" 2>&1 &
	_receiver=$!
	wait_for grep -q ready "$TOPIC_DIR/received"
	note create rt create --bundle "$BUNDLE" --console-socket "$TOPIC_DIR/sock" "$ID"
	_pid=$(pid_of)
	note start rt start "$ID"
	wait_gone "$_pid"
	wait "$_receiver"
	tr -d '\r' <"$TOPIC_DIR/received" | sed 's/^/in: /' >>"$FACTS"
	rm -f "$TOPIC_DIR/sock"
}
scenario terminal '.process.terminal = true' terminal
scenario terminal-size '.process.terminal = true | .process.consoleSize = {height: 33, width: 77}' terminal
scenario terminal-user '.process.terminal = true | .process.user = {uid: 1000, gid: 1000}' terminal
without_socket() { note create rt create --bundle "$BUNDLE" "$ID"; }
scenario terminal-without-socket '.process.terminal = true' without_socket
socket_without_terminal()
{
	note create rt create --bundle "$BUNDLE" --console-socket "$TOPIC_DIR/sock" "$ID"
}
scenario socket-without-terminal . socket_without_terminal
