# cli/validate - all that is wrong with a config.json is told at once, each with its place.
# covers: C-02 C-52
. "$HUSK_TESTS/lib.sh"

make_bundle
plain=$(cat "$BUNDLE/config.json")

# problems FILTER NAME: what validate prints of the edited configuration is standard input, whole
problems()
{
	printf '%s\n' "$plain" >"$BUNDLE/config.json"
	config "$1"
	run husk validate --bundle "$BUNDLE"
	is "$(output)" "$(cat)" "$2"
	is "$STATUS $(errors)" "1 " "$2: exit code, and nothing on stderr"
}

run husk validate "$BUNDLE"
is "$STATUS $(output)$(errors)" "0 " "a good one: nothing is printed"
run husk spec --bundle "$CASE_DIR"
run husk validate "$CASE_DIR"
is "$STATUS $(output)$(errors)" "0 " "so is that of husk spec"

# Ten mistakes in the document.
problems '.ociVersion = "2.0.0" | .root.readonly = "yes" | .process.cwd = "relative" | .process.args = [] |
	.process.env = ["NAME"] | .process.user.uid = -1 | .process.rlimits = [{type: "RLIMIT_FOO", soft: 1, hard: 1}] |
	.mounts[0].destination = 7 | .linux.namespaces += [{type: "pidns"}] |
	.linux.seccomp = {defaultAction: "ALLOW"}' "ten mistakes of the document" <<'END'
/ociVersion: "2.0.0" is not a version of the runtime specification that husk knows; allowed: 1.x.y, such as 1.3.0
/process/user/uid: -1 is out of range; allowed: integers from 0 to 4294967294
/process/args: is empty; at least one is needed
/process/env/0: "NAME" is not an environment variable; allowed: KEY=value, with a key
/process/cwd: "relative" is not an absolute path; allowed: paths that begin with /
/process/rlimits/0/type: "RLIMIT_FOO" is not a resource limit; allowed: RLIMIT_AS, RLIMIT_CORE, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_LOCKS, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_RSS, RLIMIT_RTPRIO, RLIMIT_RTTIME, RLIMIT_SIGPENDING, RLIMIT_STACK
/root/readonly: expected a boolean, found "yes"
/mounts/0/destination: expected a string, found 7
/linux/namespaces/5/type: "pidns" is not a namespace; allowed: cgroup, ipc, mount, network, pid, time, user, uts
/linux/seccomp/defaultAction: "ALLOW" is not an action; allowed: SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_LOG, SCMP_ACT_NOTIFY, SCMP_ACT_TRACE, SCMP_ACT_TRAP
END

# One in each part that husk has a word in: none of these is one of the schema's.
problems '.annotations = {"run.oci.handler": "krun", "org.husk.network": "x"} |
	.linux.namespaces |= map(if .type == "uts" then .path = "/proc/self/ns/uts" else . end) |
	.linux.netDevices = {a: {name: "x"}, b: {name: "x"}} |
	.linux.sysctl = {"vm.swappiness": "1"} |
	.mounts += [{destination: "/x", type: "proc", source: "proc", options: ["tmpcopyup"]}] |
	.linux.memoryPolicy = {mode: "MPOL_BIND"}' "one in each part" <<'END'
/annotations/run.oci.handler: "krun": husk has no handlers for other kinds of programs (krun, wasm, dotnet)
/annotations/org.husk.network: "x": expected none, host, join=PATH, join=PID, veth, macvlan or pasta
/hostname: a host name would change the host: /proc/self/ns/uts is the host's own uts namespace
/linux/netDevices/b: the name "x" is that of a too
/linux/sysctl/vm.swappiness: belongs to no namespace: setting it would change the host
/mounts/6: "tmpcopyup" is for a mount of type "tmpfs"
/linux/memoryPolicy: this mode needs at least one node
END

# plan stops at the first, as create does, and says where there is more.
printf '%s\n' "$plain" >"$BUNDLE/config.json"
config '.hostname = "h" | .linux.namespaces |= map(select(.type != "uts")) | .linux.sysctl = {"vm.swappiness": "1"}'
run husk plan --bundle "$BUNDLE"
is "$STATUS $(output)" "1 " "plan of it prints no plan"
is "$(errors)" "husk: $BUNDLE/config.json: /hostname: \"h\" cannot be set, because /linux/namespaces has no \"uts\"
  hint: \"husk validate\" prints all that is wrong" "but the first, and where the rest is"

run husk validate "$CASE_DIR/none"
exits 1 "no such bundle"
like "$(errors)" "none/config.json: No such file or directory" "is an error, not a finding"
is "$(output)" "" "so nothing is on stdout"
echo '{' >"$CASE_DIR/broken.json"
run husk validate --config "$CASE_DIR/broken.json"
is "$STATUS $(errors)" "1 husk: $CASE_DIR/broken.json: not JSON: line 2, column 1: the text ends too early" "nor is what is no JSON"

done_testing
