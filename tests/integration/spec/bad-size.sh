# spec/bad-size - 70 kB in every string, 10^6 members in an array: an answer, soon, and no change.
# attacks: T-PARSE1
# timeout: 400
# covers: bad-strings bad-arrays R-07
. "$HUSK_TESTS/lib.sh"

make_bundle
set_args /probe exit 0
# Every string that the specification has, at least once.
config '
	.domainname = "d" | .annotations = {"org.example": "x"} | .process.rlimits =
	[{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}] | .process.apparmorProfile = "" |
	.process.selinuxLabel = "" | .process.scheduler = {"policy": "SCHED_OTHER", "flags":
	["SCHED_FLAG_RESET_ON_FORK"]} | .process.ioPriority = {"class": "IOPRIO_CLASS_BE"} |
	.process.execCPUAffinity = {"initial": "0", "final": "0"} |
	.process.user.additionalGids = [5] |
	(["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
	as $kinds | reduce $kinds[] as $k (.; .hooks[$k] = [{"path": "/bin/true", "args": ["true"],
	"env": ["A=1"]}])) | .hooks.createContainer[0].path = "/bin/true" |
	.hooks.startContainer[0].path = "/probe" | .hooks.startContainer[0].args = ["probe", "exit", "0"] |
	.mounts += [{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["size=64k"]}] |
	.linux.devices = [{"path": "/dev/test", "type": "c", "major": 1, "minor": 3}] |
	.linux.sysctl = {"net.core.somaxconn": "100"} | .linux.rootfsPropagation = "private" |
	.linux.mountLabel = "" | .linux.personality = {"domain": "LINUX"} |
	.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
	"flags": ["SECCOMP_FILTER_FLAG_LOG"], "listenerPath": "", "listenerMetadata": "",
	"syscalls": [{"names": ["sync"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1,
	"op": "SCMP_CMP_EQ"}]}]} | .linux.resources = {"devices": [{"allow": false, "access": "rwm"}]}'
[ "$(uname -m)" = x86_64 ] || config '.linux.seccomp.architectures = []'
probe exit 0
exits 0 "a configuration with every kind of string"
cp "$BUNDLE/config.json" "$CASE_DIR/runs.json"
config '.linux += {
	"intelRdt": {"closID": "x", "l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=50", "schemata": ["x"]},
	"memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]},
	"netDevices": {"eth9": {"name": "x"}}} |
	.linux.resources += {"cpu": {"cpus": "0", "mems": "0"}, "unified": {"pids.max": "10"},
	"hugepageLimits": [{"pageSize": "2MB", "limit": 0}], "rdma": {"mlx5": {"hcaHandles": 1}},
	"network": {"priorities": [{"name": "lo", "priority": 1}]}} |
	.linux.namespaces[1].path = "" |
	.vm = {"hypervisor": {"path": "/h", "parameters": ["p"]}, "kernel": {"path": "/k",
	"parameters": ["p"], "initrd": "/i"}, "image": {"path": "/i", "format": "raw"}}'
cp "$BUNDLE/config.json" "$CASE_DIR/full.json"
cp "$CASE_DIR/runs.json" "$BUNDLE/config.json"

host()
{
	cut -d' ' -f5- /proc/self/mountinfo
	ls -d /sys/fs/cgroup/*"$TAG"* /sys/fs/cgroup/*/*"$TAG"* 2>/dev/null
	find "$STATE_DIR" "$BUNDLE" -path "$STATE_DIR" -o \( -path "$STATE_DIR/[.~]*" -o -path "$ROOTFS/*" \) -prune -o \
		-printf '%p %y %m %s\n' 2>/dev/null
}

# answers NAME FILE: `run` of that document ends by itself, with a message if it fails
answers()
{
	run timeout -s KILL $((30 * SLOW)) "$HUSK_BIN" --root "$STATE_DIR" run --bundle "$BUNDLE" --config "$2" "$ID"
	host >"$CASE_DIR/after"
	if [ "$STATUS" -gt 1 ]; then
		fail "$1: exit code 0 or 1" "$STATUS"
	elif [ "$STATUS" -eq 1 ] && ! awk 'NR == 1 { exit !(/^husk: / && length > 15 && length < 1020) }' "$ERR"; then
		fail "$1: a message" "$(head -c 2000 "$ERR")"
	elif ! cmp -s "$CASE_DIR/before" "$CASE_DIR/after"; then
		fail "$1: nothing is left" "$(diff "$CASE_DIR/before" "$CASE_DIR/after")"
	else
		pass "$1"
	fi
}

host >"$CASE_DIR/before"
mkdir "$CASE_DIR/docs"
# long_strings FILE START: one document for each string, with 70 kB in its place
long_strings()
{
	jq -r '[paths(type == "string")] |
		# one of each array is enough
		map(select(all(.[]; type == "string" or . == 0)) | map(tostring) | join("/")) | .[]' \
		"$1" >"$CASE_DIR/names"
	# Each document a line of its own, in the same order.
	jq -c --arg start "$2" '. as $all | ($start + "a" * 70000) as $long |
		[paths(type == "string")] | map(select(all(.[]; type == "string" or . == 0))) | .[] |
		. as $p | $all | setpath($p; $long)' "$1" | split -l 1 -a 3 - "$CASE_DIR/docs/"
	exec 4<"$CASE_DIR/names"
	for file in "$CASE_DIR"/docs/*; do
		read -r name <&4
		answers "$name: $2..." "$file" 4<&-
		rm "$file"
	done
	not_ok "$1: a document for each of its strings" read -r name <&4
	exec 4<&-
}
long_strings "$CASE_DIR/runs.json" x
long_strings "$CASE_DIR/runs.json" /
long_strings "$CASE_DIR/full.json" x

# members FILTER MEMBER: the array at it gets a million members like that, @ counts them
members()
{
	jq -c "$1 = [\"@here@\"]" "$CASE_DIR/small.json" >"$CASE_DIR/frame.json"
	{
		sed 's/\["@here@"\].*/[/' "$CASE_DIR/frame.json" | tr -d '\n'
		case $2 in
		*@*@*)	seq 0 999999 | sed "s|.*|$(printf '%s' "$2" | tr @ '&')|" | paste -sd , ;;
		*@*)	seq -s , -f "$(printf '%s' "$2" | sed 's/@/%.0f/')" 0 999999 ;;
		*)	yes "$2" | head -n 1000000 | paste -sd , ;;
		esac
		sed 's/.*\["@here@"\]/]/' "$CASE_DIR/frame.json"
	} >"$CASE_DIR/doc.json"
	answers "a million members: $1" "$CASE_DIR/doc.json"
}
jq 'del(.vm, .hooks, .linux.netDevices, .linux.intelRdt, .linux.memoryPolicy,
	.linux.seccomp, .linux.resources, .process.execCPUAffinity)' \
	"$CASE_DIR/full.json" >"$CASE_DIR/small.json"
members .process.args '"a@"'
members .process.env '"A@=1"'
members .process.capabilities.bounding '"CAP_KILL"'
members .process.user.additionalGids @
members .process.rlimits '{"type":"RLIMIT_CPU","soft":1,"hard":1}'
members .mounts '{"destination":"/a@"}'
members .linux.namespaces '{"type":"pid"}'
members .linux.devices '{"path":"/dev/a@","type":"p"}'
members .linux.maskedPaths '"/a@"'
members .linux.readonlyPaths '"/a@"'
members .linux.uidMappings '{"containerID":@,"hostID":@,"size":1}'
members .linux.resources.devices '{"allow":false}'
members .linux.resources.hugepageLimits '{"pageSize":"@MB","limit":1}'
members .linux.seccomp.syscalls '{"names":["a@"],"action":"SCMP_ACT_LOG"}'
members .hooks.createRuntime '{"path":"/none@"}'
members .unknown @
rm -f "$CASE_DIR/doc.json"

done_testing
