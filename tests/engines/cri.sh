#!/bin/sh
# tests/engines/cri.sh RUNTIME - what a kubelet does with containerd and a runtime: pods, over CRI, inside the sandbox.
#
# Pods have a network of their own from CNI's bridge and loopback.  Configurations are JSON that jq patches: a patch
# may use the variables of make_pod and make_container.
. /tests/steps.sh

VERSION=$(containerd --version | awk '{ sub(/^v/, "", $3); sub(/[~+].*/, "", $3); print $3 }')
MAJOR=${VERSION%%.*}
ENGINE=cri/$VERSION
STEP_TIMEOUT=240
STATE=/run/containerd/runc/k8s.io

# ---- the daemon ----------------------------------------------------------------------------------

# runtime_table NAME ROOT [true: a privileged pod gets no devices of the host]
runtime_table()
{
	printf '[plugins."%s".containerd.runtimes.%s]\nruntime_type = "io.containerd.runc.v2"\n' "$_plugin" "$1"
	printf 'privileged_without_host_devices = %s\n' "${3:-false}"
	printf '[plugins."%s".containerd.runtimes.%s.options]\nBinaryName = "%s"\nRoot = "%s"\n' \
		"$_plugin" "$1" "$RUNTIME_PATH" "$2"
}

# oom_score_adj below its own is what a process without CAP_SYS_RESOURCE cannot have: restrict_oom_score_adj.
configure()
{
	if [ "$MAJOR" -eq 1 ]; then
		_plugin=io.containerd.grpc.v1.cri
		printf 'version = 2\n[plugins."%s"]\nsandbox_image = "localhost/pause:latest"\n' $_plugin
	else
		_plugin=io.containerd.cri.v1.runtime
		printf 'version = 3\n[plugins."io.containerd.cri.v1.images".pinned_images]\nsandbox = "localhost/pause:latest"\n'
		printf '[plugins."%s"]\n' $_plugin
	fi
	printf 'restrict_oom_score_adj = true\ndisable_apparmor = true\n'
	printf '[plugins."%s".cni]\nbin_dir = "/usr/lib/cni"\nconf_dir = "%s/cni"\n' $_plugin "$WORK"
	printf '[plugins."%s".containerd]\ndefault_runtime_name = "%s"\n' $_plugin "$RUNTIME"
	runtime_table "$RUNTIME" ""
	runtime_table other /run/other
	runtime_table bare "" true
}

daemon()
{
	containerd -c "$WORK/config.toml" --log-level info >>"$WORK/daemon.log" 2>&1 &
	echo $! >"$WORK/daemon.pid"
	until_true 30 is_ready
}

is_ready()
{
	cri Status '{}' | jq -e '[.status.conditions[] | select(.type == "RuntimeReady" or .type == "NetworkReady") | .status] ==
		[true, true]'
}

# ---- words of the steps --------------------------------------------------------------------------

cri()
{
	timeout 180 /tests/cri.py "$@"
}

# make_pod NAME [PATCH [HANDLER]]: its configuration is NAME.pod, its id $NAME of the file NAME.id
make_pod()
{
	mkdir -p "logs/$1"
	jq -n --arg name "$1" --arg work "$PWD" '{ metadata: { name: $name, uid: $name, namespace: "default" },
		hostname: $name, log_directory: "\($work)/logs/\($name)", labels: { app: $name },
		linux: { cgroup_parent: "/pods/\($name)", security_context: {
			namespace_options: { network: "POD", pid: "CONTAINER", ipc: "POD" },
			seccomp: { profile_type: "Unconfined" } } } } | '"${2:-.}" >"$1.pod" || stop_here "a patch: $2"
	jq --arg handler "${3:-}" '{ config: ., runtime_handler: $handler }' "$1.pod" >"$1.request"
	cri RunPodSandbox "$(cat "$1.request")" >"$1.answer" 2>"$1.error" || return 1
	jq -r .pod_sandbox_id "$1.answer" >"$1.id"
}

pod()
{
	make_pod "$@" || stop_here "pod $1: $(cat "$1.error")"
}

# make_container POD NAME PATCH COMMAND...: as a kubelet says it for a container of which little is asked
make_container()
{
	_pod=$1 _container=$2 _patch=$3
	shift 3
	jq -n --arg name "$_container" --arg work "$PWD" --args '{ metadata: { name: $name },
		image: { image: "localhost/bb:latest" }, command: $ARGS.positional, log_path: "\($name).log",
		linux: { resources: { cpu_shares: 100, oom_score_adj: 1000 }, security_context: {
			namespace_options: { network: "POD", pid: "CONTAINER", ipc: "POD" },
			seccomp: { profile_type: "Unconfined" },
			masked_paths: ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
			readonly_paths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"] } } } | '"$_patch" \
		-- "$@" >"$_container.container" || stop_here "a patch: $_patch"
	jq --arg pod "$(cat "$_pod.id")" --slurpfile config "$_pod.pod" \
		'{ pod_sandbox_id: $pod, config: ., sandbox_config: $config[0] }' "$_container.container" >"$_container.request"
	cri CreateContainer "$(cat "$_container.request")" >"$_container.answer" 2>"$_container.error" || return 1
	jq -r .container_id "$_container.answer" >"$_container.id"
}

of()	# NAME [MEMBER=VALUE]...: a request about that container
{
	jq -n --arg id "$(cat "$1.id")" "{ container_id: \$id ${2:+, $2} }"
}

of_pod()
{
	jq -n --arg id "$(cat "$1.id")" '{ pod_sandbox_id: $id }'
}

start()	# NAME
{
	cri StartContainer "$(of "$1")" >/dev/null 2>"$1.error"
}

# container POD NAME PATCH COMMAND...: one that runs
container()
{
	make_container "$@" || stop_here "create $2: $(cat "$2.error")"
	start "$2" || stop_here "start $2: $(cat "$2.error")"
}

status()	# NAME FILTER
{
	cri ContainerStatus "$(of "$1" 'verbose: true')" | jq -r ".status | $2"
}

state()
{
	status "$1" .state
}

pod_state()
{
	cri PodSandboxStatus "$(of_pod "$1")" | jq -r .status.state
}

# pid_of, pod_pid NAME: its first process
pid_of()
{
	cri ContainerStatus "$(of "$1" 'verbose: true')" | jq -r '.info.info | fromjson | .pid'
}
pod_pid()
{
	jq -n --arg id "$(cat "$1.id")" '{ pod_sandbox_id: $id, verbose: true }' >"$1.request"
	cri PodSandboxStatus "$(cat "$1.request")" | jq -r '.info.info | fromjson | .pid'
}

ended()	# NAME
{
	until_true 30 sh -c "[ \$(/tests/cri.py ContainerStatus '$(of "$1")' | jq -r .status.state) = CONTAINER_EXITED ]" ||
		stop_here "$1 does not end: $(state "$1")"
}

# inside NAME COMMAND...
inside()
{
	_name=$1
	shift
	cri exec 0 "$(cat "$_name.id")" "$@"
}

# stdout_of, stderr_of POD NAME: without times
stdout_of() { sed -n 's/^[^ ]* stdout F //p' "logs/$1/$2.log"; }
stderr_of() { sed -n 's/^[^ ]* stderr F //p' "logs/$1/$2.log"; }

# says POD NAME PATCH COMMAND...: what a container prints till its end, in `out`
says()
{
	container "$@"
	ended "$2"
	stdout_of "$1" "$2" >out
	stderr_of "$1" "$2" >err
	_status=$(status "$2" '.exit_code // 0')
}

probe()	# POD NAME PATCH COMMAND...
{
	_pod=$1 _container=$2 _patch=$3
	shift 3
	says "$_pod" "$_container" "$_patch" /probe "$@"
	[ -s out ] || stop_here "probe $*: $(cat err) $(status "$_container" '"\(.reason) \(.message)"')"
}

stop()	# NAME [SECONDS]
{
	cri StopContainer "$(of "$1" "timeout: ${2:-0}")" >/dev/null
}

# What containerd and the runtime know of pods and containers
ids()
{
	{
		cri ListPodSandbox '{}' | jq -r '.items[]?.id'
		cri ListContainers '{}' | jq -r '.containers[]?.id'
		ls $STATE
	} | grep -E '^[0-9a-f]{64}$' | sort -u
}

remove_pod()	# NAME
{
	cri StopPodSandbox "$(of_pod "$1")" >/dev/null && cri RemovePodSandbox "$(of_pod "$1")" >/dev/null
}

clean_up()
{
	cri ListPodSandbox '{}' | jq -r '.items[]?.id' | while read -r id; do
		cri StopPodSandbox "{ \"pod_sandbox_id\": \"$id\" }"
		cri RemovePodSandbox "{ \"pod_sandbox_id\": \"$id\" }"
	done >/dev/null 2>&1
	umount b/later b/up b/sub empty 2>/dev/null
	rm -rf b w empty logs ./*.id ./*.pod ./*.log.* ./*.container ./*.request ./*.answer ./*.error
}

each()
{
	step "$@"
	clean_up
}

# ---- a life --------------------------------------------------------------------------------------

tells()
{
	same "$(cri Version '{}' | jq -r '"\(.runtime_name) \(.runtime_api_version)"')" "containerd v1"
	is_ready >/dev/null || stop_here "$(cri Status '{}')"
	cri ImageStatus '{ "image": { "image": "localhost/bb:latest" } }' | jq -e '.image.id' >/dev/null || stop_here "no image"
	[ "$MAJOR" -ge 2 ] || return 0
	# What containerd asks the runtime's `features` for
	cri Status '{}' | jq -c ".runtime_handlers[] | select(.name == \"$RUNTIME\") | .features" >out
	same "$(cat out)" '{"recursive_read_only_mounts":true,"user_namespaces":true}' "features"
}

lives()
{
	pod p
	same "$(pod_state p)" SANDBOX_READY
	make_container p c '.envs = [{ key: "A", value: "b" }] | .working_dir = "/tmp" | .args = ["echo $PWD $A $0 $1; exit 7", "x", "y"]' \
		sh -c || stop_here "$(cat c.error)"
	same "$(state c)" CONTAINER_CREATED
	start c || stop_here "$(cat c.error)"
	ended c
	same "$(status c '"\(.exit_code) \(.reason)"')" "7 Error"
	same "$(stdout_of p c)" "/tmp b x y"
	container p d . sleep 1000
	same "$(state d)" CONTAINER_RUNNING
	same "$("$RUNTIME_PATH" --root $STATE state "$(cat d.id)" | jq -r .status)" running "the runtime knows it"
	same "$(tr '\0' ' ' <"/proc/$(pid_of d)/cmdline")" "sleep 1000 "
	same "$(cri ListContainers '{}' | jq -r '[.containers[].metadata.name] | sort | join(" ")')" "c d"
	stop d
	same "$(status d '"\(.state) \(.exit_code)"')" "CONTAINER_EXITED 137"
	for name in c d; do
		cri RemoveContainer "$(of $name)" >/dev/null || stop_here "remove $name"
	done
	cri StopPodSandbox "$(of_pod p)" >/dev/null
	same "$(pod_state p)" SANDBOX_NOTREADY
	cri RemovePodSandbox "$(of_pod p)" >/dev/null
	same "$(ids)" "" "what is there of it"
}

names_missing_program()
{
	pod p
	make_container p c . /no/such || stop_here "$(cat c.error)"
	start c && stop_here "a missing program starts"
	like "$(cat c.error)" '/no/such.*[Nn]o such file' "with a path"
	same "$(status c '"\(.state) \(.exit_code) \(.reason)"')" "CONTAINER_EXITED 128 StartError"
	make_container p d . no-such && start d && stop_here "a program not in PATH starts"
	like "$(cat d.error)" 'no-such.*not found' "by name"
	make_container p e . /etc/passwd && start e && stop_here "a file without x starts"
	like "$(cat e.error)" '/etc/passwd.*ermission denied' "a file without x"
	container p f . sleep 1000
	fails '/no/such.*[Nn]o such file' inside f /no/such
	same "$(inside f echo "still there")" "still there"
}

execs()
{
	pod p
	container p c '.envs = [{ key: "A", value: "b" }] | .working_dir = "/etc" | .linux.security_context.run_as_user.value = 5' sleep 1000
	inside c sh -c 'echo out $A $PWD $(id -u); echo err >&2; exit 9' >out 2>err
	same "$? $(cat out) $(cat err)" "9 out b /etc 5 err"
	for ns in pid net mnt ipc uts; do
		same "$(inside c readlink /proc/self/ns/$ns)" "$(inside c readlink /proc/1/ns/$ns)" "$ns"
	done
	fails 'DEADLINE_EXCEEDED|Unknown|timeout|timed out' cri exec 1 "$(cat c.id)" sleep 1001
	soon 0 sh -c 'ps -A -o args | grep -c "^sleep 1001"'
	same "$(inside c head -c 300000 /dev/zero | wc -c)" 300000 "a lot of output"
	at_once 8 inside c echo
	stop c
	fails 'EXITED|not.*running' inside c true
}

# exec_request NAME TTY COMMAND...: with all its streams
exec_request()
{
	_name=$1 _tty=$2
	shift 2
	jq -n --arg id "$(cat "$_name.id")" --argjson tty "$_tty" --args \
		'{ container_id: $id, cmd: $ARGS.positional, tty: $tty, stdin: true, stdout: true, stderr: ($tty | not) }' -- "$@"
}

streams()
{
	pod p
	container p c . sleep 1000
	cri stream Exec "$(exec_request c false sh -c 'echo out; echo err >&2; read x; echo "read $x"; exit 6')" >out 2>err <<-.
		typed
	.
	same "$? $(tr '\n' ' ' <out)$(cat err)" "6 out read typed err" "exec"
	{ echo "size 33 77"; sleep 2; printf 'tty; stty size\nexit 5\n'; sleep 1; } |
		cri stream Exec "$(exec_request c true sh)" >out 2>err
	same "$?" 5 "a shell on a terminal: $(cat out err)"
	like "$(cat out)" '/dev/pts/0' "a terminal"
	like "$(cat out)" '33 77' "its size"
	container p t '.tty = true | .stdin = true' sh
	jq '. + { stdin: true, stdout: true, tty: true }' <<-. >request
		$(of t)
	.
	{ sleep 1; printf 'tty; echo in-$((40+2))\n'; sleep 1; printf 'exit 4\n'; sleep 1; } |
		cri stream Attach "$(cat request)" >out 2>err
	like "$(cat out)" 'in-42' "attach: what was typed is run: $(cat err)"
	like "$(cat out)" '/dev/pts/0' "attach: a terminal"
	ended t
	same "$(status t .exit_code)" 4 "attach: the end"
	container p i '.stdin = true | .stdin_once = true' sh -c 'read x; echo "got $x"'
	jq '. + { stdin: true, stdout: true, stderr: true }' <<-. >request
		$(of i)
	.
	{ sleep 1; echo word; sleep 1; } | cri stream Attach "$(cat request)" >out 2>err
	ended i
	same "$(stdout_of p i)" "got word" "attach without terminal"
}

logs()
{
	pod p
	container p c . sh -c 'echo one; echo two >&2; printf part; sleep 1; while :; do echo more; sleep 0.2; done'
	until_true 10 grep -q more logs/p/c.log || stop_here "$(cat logs/p/c.log)"
	like "$(grep one logs/p/c.log)" '^20[0-9-]*T[^ ]* stdout F one$' "its form"
	same "$(stderr_of p c)" two
	same "$(stdout_of p c | sed -n 2p)" partmore "a line in two parts"
	mv logs/p/c.log logs/p/c.log.1
	cri ReopenContainerLog "$(of c)" >/dev/null || stop_here "reopen"
	until_true 10 grep -q more logs/p/c.log || stop_here "nothing in the new file"
}

stops()
{
	pod p
	container p c . sh -c 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'
	container p d . sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
	until_true 10 grep -q ready logs/p/c.log && until_true 10 grep -q ready logs/p/d.log
	stop c 30
	same "$(status c '"\(.exit_code) \(.reason)"')" "3 Error" "one that listens"
	_before=$(date +%s)
	stop d 2
	same "$(status d .exit_code)" 137 "one that does not"
	[ $(($(date +%s) - _before)) -lt 20 ] || stop_here "it took $(($(date +%s) - _before)) s"
	stop d 2 || stop_here "a second stop"
	# Another attempt of the same
	container p again '.metadata = { name: "c", attempt: 1 }' sh -c 'sleep 2001 & sleep 2002'
	cri StopPodSandbox "$(of_pod p)" >/dev/null || stop_here "stop the pod"
	same "$(state again) $(ps -A -o args | grep -c '^sleep 200[12]')" "CONTAINER_EXITED 0" "the pod's stop ends its containers"
	make_container p late . true && start late && stop_here "a container of a pod that was stopped"
	like "$(cat late.error)" 'sandbox' "why"
	remove_pod p
	fails 'NOT_FOUND|not found' cri ContainerStatus "$(of again)"
}

tells_events()
{
	[ "$VERSION" != "${VERSION#1.6}" ] && not_here "since containerd 1.7"
	timeout 60 /tests/cri.py events >events.log 2>events.err &
	_events=$!
	sleep 2
	pod p
	container p c . true
	ended c
	remove_pod p
	sleep 1
	kill $_events
	for event in CREATED STARTED STOPPED DELETED; do
		grep -q "CONTAINER_${event}_EVENT" events.log || stop_here "no $event: $(cat events.err events.log)"
	done
}

# ---- resources -----------------------------------------------------------------------------------

limit()	# NAME CONTROLLER/FILE
{
	cat "/sys/fs/cgroup/${2%/*}/pods/p/$(cat "$1.id")/${2#*/}"
}

limits()
{
	pod p '.linux.resources = { cpu_shares: 2, memory_limit_in_bytes: 134217728 }'
	container p c '.linux.resources = { cpu_period: 100000, cpu_quota: 50000, cpu_shares: 512,
		memory_limit_in_bytes: 67108864, cpuset_cpus: "0", oom_score_adj: 900 }' sleep 1000
	same "$(limit c memory/memory.limit_in_bytes)" 67108864
	same "$(limit c cpu/cpu.cfs_quota_us)/$(limit c cpu/cpu.cfs_period_us) $(limit c cpu/cpu.shares)" "50000/100000 512"
	same "$(limit c cpuset/cpuset.cpus)" 0
	same "$(cat "/proc/$(pid_of c)/oom_score_adj") $(inside c cat /proc/self/oom_score_adj)" "900 900" "oom_score_adj"
	same "$(inside c cat /sys/fs/cgroup/memory/memory.limit_in_bytes)" 67108864 "as the container sees it"
	fails 'Read-only' inside c sh -c 'echo 1 >/sys/fs/cgroup/memory/memory.limit_in_bytes'
	_status=$(cri ContainerStatus "$(of c)" | jq -c .status.resources)
	[ "$MAJOR" -eq 1 ] || like "$_status" '67108864' "as the status tells it"
	# The shim has its event only when start has returned.
	container p o '.linux.resources = { memory_limit_in_bytes: 16777216 }' sh -c 'sleep 1; /probe alloc 64; exec /probe alloc 64'
	ended o
	until_true 5 sh -c "[ \"\$(/tests/cri.py ContainerStatus '$(of o)' | jq -r .status.reason)\" = OOMKilled ]" ||
		stop_here "an end for lack of memory: $(cri ContainerStatus "$(of o)")"
}

updates()
{
	pod p
	container p c '.linux.resources = { memory_limit_in_bytes: 67108864, cpu_shares: 512 }' sleep 1000
	cri UpdateContainerResources "$(of c 'linux: { memory_limit_in_bytes: 134217728, cpu_period: 50000, cpu_quota: 20000,
		cpu_shares: 300, cpuset_cpus: "1" }')" >/dev/null 2>err || stop_here "$(cat err)"
	same "$(limit c memory/memory.limit_in_bytes)" 134217728
	same "$(limit c cpu/cpu.cfs_quota_us)/$(limit c cpu/cpu.cfs_period_us) $(limit c cpu/cpu.shares)" "20000/50000 300"
	same "$(limit c cpuset/cpuset.cpus)" 1
	cri UpdateContainerResources "$(of c 'linux: { cpu_shares: 200 }')" >/dev/null 2>err || stop_here "$(cat err)"
	same "$(limit c memory/memory.limit_in_bytes) $(limit c cpu/cpu.shares)" "134217728 200" "one thing changed, the rest kept"
	# Before its start, too
	make_container p d '.linux.resources = { memory_limit_in_bytes: 67108864 }' sleep 1000
	cri UpdateContainerResources "$(of d 'linux: { memory_limit_in_bytes: 33554432 }')" >/dev/null || stop_here "before its start"
	start d
	same "$(limit d memory/memory.limit_in_bytes)" 33554432
}

tells_stats()
{
	pod p
	container p c . sh -c 'for i in $(seq 30000); do :; done; head -c 100000 /dev/zero >/f; sleep 1000'
	until_true 20 test -s "/proc/$(pid_of c)/root/f"
	cri ContainerStats "$(of c)" >out
	jq -e '(.stats.cpu.usage_core_nano_seconds.value | tonumber) > 0 and (.stats.memory.working_set_bytes.value | tonumber) > 0' \
		out >/dev/null || stop_here "$(cat out)"
	soon true sh -c "/tests/cri.py ListContainerStats '{}' | jq '(.stats[0].writable_layer.used_bytes.value // \"0\" | tonumber) > 99999'"
	cri PodSandboxStats "$(of_pod p)" >out
	jq -e '(.stats.linux.process.process_count.value | tonumber) >= 1 and (.stats.linux.containers | length) == 1' \
		out >/dev/null || stop_here "of the pod: $(jq -c ".stats.linux | [.process, .containers]" out)"
}

# ---- namespaces ----------------------------------------------------------------------------------

has_network()
{
	pod p
	pod q
	container p server . sh -c 'while :; do echo served | nc -l -p 80; done'
	container p beside . sleep 1000
	container q client . sleep 1000
	_ip=$(cri PodSandboxStatus "$(of_pod p)" | jq -r .status.network.ip)
	like "$_ip" '^10\.78\.0\.'
	like "$(inside client ip address show dev eth0)" 'inet 10\.78\.0\.' "an interface"
	until_true 10 inside client nc -w 3 "$_ip" 80 || stop_here "another pod cannot reach it"
	same "$(inside beside nc -w 3 127.0.0.1 80 </dev/null)" served "lo is the pod's"
	same "$(inside server readlink /proc/self/ns/net)" "$(readlink "/proc/$(pod_pid p)/ns/net")" "the pod's namespace"
	fails . inside client nc -w 1 127.0.0.1 80
	same "$(inside client hostname)" q
	_netns=$(ls /run/netns)
	remove_pod q
	remove_pod p
	same "$(ls /run/netns) $(ip -o link | grep -c veth)" " 0" "what is left of: $_netns"
}

has_host_network()
{
	pod p '.linux.security_context.namespace_options.network = "NODE" | del(.hostname) | .dns_config = { servers: ["192.0.2.1"], searches: ["x.y"] }'
	says p c '.linux.security_context.namespace_options.network = "NODE"' sh -c 'readlink /proc/self/ns/net; hostname; cat /etc/resolv.conf'
	same "$(cat out)" "$(readlink /proc/self/ns/net)
$(hostname)
search x.y
nameserver 192.0.2.1"
}

shares_namespaces()
{
	pod p
	container p c . sh -c 'echo shared >/dev/shm/f; sleep 3001'
	container p d . sleep 3002
	soon shared inside d cat /dev/shm/f
	for ns in ipc uts net; do
		same "$(inside c readlink /proc/self/ns/$ns)" "$(inside d readlink /proc/self/ns/$ns)" "$ns"
	done
	for ns in pid mnt; do
		[ "$(inside c readlink /proc/self/ns/$ns)" != "$(inside d readlink /proc/self/ns/$ns)" ] || stop_here "$ns is shared"
	done
	same "$(inside d ps -o args | grep -c '^sleep 300')" 1 "its own processes alone"
	# One pid namespace for the pod
	pod q '.linux.security_context.namespace_options.pid = "POD"'
	container q e '.linux.security_context.namespace_options.pid = "POD"' sleep 3003
	container q f '.linux.security_context.namespace_options.pid = "POD"' sleep 3004
	same "$(inside e ps -o args | grep -c 'sleep \(3003\|3004\|1000000\)$')" 3 "a pod's shared processes"
	stop e
	same "$(state f)" CONTAINER_RUNNING "the other goes on"
	# As `kubectl debug --target` does
	_target=$(cat d.id)
	container p g ".linux.security_context.namespace_options += { pid: \"TARGET\", target_id: \"$_target\" }" sleep 3005
	same "$(inside g readlink /proc/self/ns/pid)" "$(inside d readlink /proc/self/ns/pid)" "the processes of a target"
	pod h '.linux.security_context.namespace_options = { network: "NODE", pid: "NODE", ipc: "NODE" } | del(.hostname)'
	container h i '.linux.security_context.namespace_options = { network: "NODE", pid: "NODE", ipc: "NODE" }' sleep 3006
	for ns in pid ipc net; do
		same "$(inside i readlink /proc/self/ns/$ns)" "$(readlink /proc/self/ns/$ns)" "the host's $ns"
	done
}

maps_ids()
{
	[ "$VERSION" = "${VERSION#1.6}" ] || not_here "since containerd 1.7"
	_map='[{ host_id: 300000, container_id: 0, length: 65536 }]'
	_options=".linux.security_context.namespace_options.userns_options = { mode: \"POD\", uids: $_map, gids: $_map }"
	pod p "$_options"
	container p c "$_options | .linux.security_context.capabilities.add_capabilities = [\"NET_ADMIN\"]" sleep 1000
	same "$(inside c cat /proc/self/uid_map | tr -s ' ')" " 0 300000 65536"
	same "$(stat -c %u "/proc/$(pid_of c)") $(inside c id -u) $(inside c stat -c %u /bin)" "300000 0 0" "whose it is"
	same "$(readlink "/proc/$(pid_of c)/ns/user")" "$(readlink "/proc/$(pod_pid p)/ns/user")" "one for the pod"
	inside c sh -c 'ip link set lo down && ip link set lo up' || stop_here "the network does not belong to the pod's user namespace"
	pod q
	container q e . sleep 1000
	same "$(inside e readlink /proc/self/ns/user)" "$(readlink /proc/self/ns/user)" "another pod's is the host's"
	# A volume: its owners as they are on the disk
	[ "$MAJOR" -ge 2 ] || return 0
	mkdir w
	container p d "$_options | .mounts = [{ container_path: \"/w\", host_path: \"$PWD/w\", uidMappings: $_map, gidMappings: $_map }]" \
		sh -c 'touch /w/f; stat -c %u /w /w/f; sleep 1000'
	soon 2 sh -c "grep -c 'stdout F 0' logs/p/d.log"
	same "$(stat -c %u w/f)" 0 "what it wrote in a volume"
}

# ---- rights --------------------------------------------------------------------------------------

has_users()
{
	pod p
	probe p a '.linux.security_context += { run_as_user: { value: 1000 }, run_as_group: { value: 1001 }, supplemental_groups: [7, 8] }' ids
	like "$(key uid) $(key gid)" '^1000 1000 1000 1001 1001 1001$'
	like "$(key groups | tr ' ' '\n' | sort -n | tr '\n' ' ')" '^7 8 (1001 )?$' "its groups"
	probe p b '.linux.security_context.run_as_username = "nobody"' ids
	same "$(key uid)" "65534 65534 65534"
	make_container p c '.linux.security_context.run_as_username = "nosuch"' true && start c && stop_here "an unknown user"
	like "$(cat c.error)" 'nosuch|no users found|unable to find user' "an unknown user"
	[ "$MAJOR" -ge 2 ] || return 0
	probe p d '.linux.security_context += { run_as_user: { value: 1000 }, run_as_group: { value: 1001 },
		supplemental_groups: [9], supplemental_groups_policy: "Strict" }' ids
	like "$(key groups | tr ' ' '\n' | sort -n | tr '\n' ' ')" '^9 (1001 )?$' "strict"
}

has_capabilities()
{
	pod p
	probe p a . caps -- sched
	same "$(key bounding) $(key effective) $(key ambient)" "00000000a80425fb 00000000a80425fb 0000000000000000" "containerd's default set"
	probe p b '.linux.security_context.capabilities = { add_capabilities: ["NET_ADMIN"], drop_capabilities: ["CHOWN"] }' caps
	same "$(key effective)" 00000000a80435fa "one more, one less"
	probe p c '.linux.security_context.capabilities = { drop_capabilities: ["ALL"] }' caps
	same "$(key bounding) $(key permitted)" "0000000000000000 0000000000000000" "none"
	probe p d '.linux.security_context.capabilities = { drop_capabilities: ["ALL"], add_capabilities: ["NET_BIND_SERVICE"] }' caps
	same "$(key effective)" 0000000000000400 "one alone"
	probe p e '.linux.security_context += { run_as_user: { value: 1000 } }' caps
	same "$(key effective) $(key bounding)" "0000000000000000 00000000a80425fb" "another user"
	probe p f '.linux.security_context += { run_as_user: { value: 1000 }, no_new_privs: true }' sched
	same "$(key no_new_privs)" 1 "no_new_privs"
	probe p g '.linux.security_context += { run_as_user: { value: 1000 } }' sched
	same "$(key no_new_privs)" 0
}

is_privileged()
{
	/husk/probe caps >out
	_own=$(key bounding)
	pod p '.linux.security_context.privileged = true'
	probe p a '.linux.security_context += { privileged: true, masked_paths: [], readonly_paths: [] }' \
		caps -- create /proc/sys/kernel/domainname x -- sched
	same "$(key effective) $(key seccomp)" "$_own 0" "the daemon's capabilities"
	like "$(cat out)" '/proc/sys/kernel/domainname ok' "/proc/sys is writable"
	says p b '.linux.security_context += { privileged: true, masked_paths: [], readonly_paths: [] }' \
		sh -c 'test -c /dev/fuse && echo fuse; mount -t tmpfs t /tmp && echo mounted; mkdir /sys/fs/cgroup/pids/x && rmdir /sys/fs/cgroup/pids/x && echo made'
	same "$(tr '\n' ' ' <out)" "fuse mounted made " "$(cat err)"
	# A handler that keeps the host's devices away
	pod q '.linux.security_context.privileged = true' bare
	says q c '.linux.security_context += { privileged: true }' sh -c 'test -e /dev/fuse || echo none; mount -t tmpfs t /tmp && echo mounted'
	same "$(tr '\n' ' ' <out)" "none mounted " "without the host's devices: $(cat err)"
	# In a pod that is none
	pod r
	make_container r d '.linux.security_context.privileged = true' true && stop_here "privileged in a pod that is not"
	like "$(cat d.error)" 'privileged'
}

filters()
{
	pod p
	probe p a . sched
	same "$(key seccomp)" 0 "Unconfined"
	probe p b '.linux.security_context.seccomp.profile_type = "RuntimeDefault"' sched
	same "$(key seccomp)" 2 "RuntimeDefault"
	says p c '.linux.security_context.seccomp.profile_type = "RuntimeDefault"' sh -c 'unshare -U true 2>&1 | grep -c ermitted'
	same "$(cat out)" 1 "it refuses"
	echo '{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ { "names": ["mkdir", "mkdirat"],
		"action": "SCMP_ACT_ERRNO", "errnoRet": 95 } ] }' >profile.json
	container p d ".linux.security_context.seccomp = { profile_type: \"Localhost\", localhost_ref: \"$PWD/profile.json\" }" sleep 1000
	fails 'not supported' inside d mkdir /x
	make_container p e '.linux.security_context.seccomp = { profile_type: "Localhost", localhost_ref: "/no/such.json" }' true &&
		start e && stop_here "a missing profile was taken"
	pod q '.linux.security_context.seccomp.profile_type = "RuntimeDefault"'
	same "$(sed -n 's/^Seccomp:[^0-9]*//p' "/proc/$(pod_pid q)/status")" 2 "the pod's own"
}

hides_paths()
{
	pod p
	container p a '.linux.security_context |= (.masked_paths += ["/etc/group", "/root"])' sleep 1000
	same "$(inside a sh -c 'cat /etc/group /proc/kcore 2>/dev/null; ls /root /sys/firmware' | wc -c)" "$(printf '/root:\n\n/sys/firmware:\n' | wc -c)" "masked"
	fails 'Read-only' inside a sh -c 'echo x >/proc/sys/kernel/domainname'
	container p b '.linux.security_context |= (del(.masked_paths, .readonly_paths) | .readonly_rootfs = true)' sleep 1000
	fails 'Read-only' inside b touch /x
	same "$(inside b sh -c 'echo x >/proc/sys/kernel/domainname && echo written')" written "ProcMount: Unmasked"
	inside b touch /dev/shm/x || stop_here "/dev/shm"
}

sets_sysctls()
{
	pod p '.linux.sysctls = { "net.ipv4.ip_forward": "1", "kernel.shm_rmid_forced": "1", "net.core.somaxconn": "111" }'
	container p c . sleep 1000
	same "$(inside c cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shm_rmid_forced /proc/sys/net/core/somaxconn | tr '\n' ' ')" "1 1 111 "
	make_pod q '.linux.sysctls = { "net.no.such": "1" }' && stop_here "a sysctl that is none"
	like "$(cat q.error)" 'no.such|no/such'
	make_pod r '.linux.sysctls = { "kernel.panic": "1" }' && stop_here "a sysctl of the host"
	like "$(cat r.error)" 'kernel.panic|kernel/panic'
	same "$(ids)" "$(sort p.id c.id)" "what pods that failed leave"
}

has_devices()
{
	pod p
	container p c '.devices = [{ host_path: "/dev/fuse", container_path: "/dev/f", permissions: "r" }]' sleep 1000
	same "$(inside c stat -c %t:%T /dev/f)" a:e5
	same "$(inside c sh -c 'for d in null zero full random urandom tty; do test -c /dev/$d || echo $d; done')" ""
	fails 'ermitted' inside c sh -c 'exec 3>/dev/f'
	inside c sh -c 'exec 3</dev/f' || stop_here "it may be read"
	fails 'ermitted' inside c sh -c 'mknod /x c 10 237; exec 3</x'
}

# ---- files ---------------------------------------------------------------------------------------

mounts_things()
{
	mkdir -p b/sub empty
	echo host >b/f
	mount -t tmpfs sub b/sub
	mount -t tmpfs -o size=1m memory empty
	pod p
	container p c '.mounts = [{ container_path: "/b", host_path: "\($work)/b" },
		{ container_path: "/r", host_path: "\($work)/b", readonly: true },
		{ container_path: "/r/f", host_path: "/etc/hostname", readonly: true },
		{ container_path: "/memory", host_path: "\($work)/empty" },
		{ container_path: "/s", host_path: "\($work)/b", propagation: "PROPAGATION_HOST_TO_CONTAINER" }]' sleep 1000
	container p d '.mounts = [{ container_path: "/memory", host_path: "\($work)/empty" }]' sleep 1000
	same "$(inside c cat /b/f) $(inside c cat /r/f)" "host $(cat /etc/hostname)"
	inside c sh -c 'echo in >/b/g; echo hidden >/memory/x' || stop_here "they cannot be written"
	same "$(cat b/g) $(inside d cat /memory/x)" "in hidden"
	fails 'Read-only' inside c touch /r/h
	inside c touch /r/sub/h || stop_here "below a read-only mount"
	like "$(inside c cat /proc/mounts)" '^memory /memory tmpfs .*size=1024k'
	mkdir -p b/later
	mount -t tmpfs later b/later
	touch b/later/seen
	inside c test -e /s/later/seen || stop_here "a mount of the host made later is not seen"
	inside c test -e /b/later/seen && stop_here "a private mount sees it, too"
	make_container p e '.mounts = [{ container_path: "/x", host_path: "/no/such/x" }]' true && start e
	[ -d /no/such/x ] || stop_here "a source that is missing is made, says Kubernetes: $(cat e.error)"
	umount b/later b/sub
	rm -r /no
	pod q '.linux.security_context.privileged = true'
	container q g '.linux.security_context.privileged = true | .mounts = [{ container_path: "/s", host_path: "\($work)/b",
		propagation: "PROPAGATION_BIDIRECTIONAL" }]' sleep 1000
	inside g sh -c 'mkdir -p /s/up; mount -t tmpfs up /s/up; touch /s/up/seen' || stop_here "it may not mount"
	[ -e b/up/seen ] || stop_here "a mount of the container is not seen by the host"
	umount b/up
	remove_pod p
	umount empty
}

recursive_readonly()
{
	[ "$MAJOR" -ge 2 ] || not_here "since containerd 2"
	mkdir -p b/sub
	mount -t tmpfs sub b/sub
	pod p
	container p c '.mounts = [{ container_path: "/r", host_path: "\($work)/b", readonly: true, recursive_read_only: true }]' sleep 1000
	fails 'Read-only' inside c touch /r/sub/x
	remove_pod p
	umount b/sub
}

# ---- handlers, numbers, mishaps ------------------------------------------------------------------

has_handlers()
{
	pod p . other
	container p c . sleep 1000
	same "$("$RUNTIME_PATH" --root /run/other/k8s.io state "$(cat c.id)" | jq -r .status)" running "by the runtime class"
	same "$(cri PodSandboxStatus "$(of_pod p)" | jq -r .status.runtime_handler)" other
	make_pod q . nosuch && stop_here "a handler that is none"
	like "$(cat q.error)" 'no runtime for "nosuch"'
}

checkpoints()
{
	[ "$MAJOR" -ge 2 ] || not_here "since containerd 2"
	criu check >criu.log 2>&1 || not_here "criu cannot work on this kernel: $(tail -n 1 criu.log)"
	pod p
	container p c . sh -c 'i=0; while :; do i=$((i+1)); echo $i >/n; sleep 0.1; done'
	sleep 1
	cri CheckpointContainer "$(of c "location: \"$PWD/c.tar\", timeout: 60")" >/dev/null 2>err || stop_here "$(cat err)"
	tar -tf c.tar >out || stop_here "no archive"
	like "$(cat out)" 'checkpoint/core-' "its images"
	same "$(state c)" CONTAINER_RUNNING "it goes on"
}

numbered()	# N: a container of pod p says it
{
	says p "row$1" . echo "$1"
	cat out
	cri RemoveContainer "$(of "row$1")" >/dev/null || stop_here "remove row$1"
}

many_in_a_row()
{
	pod p
	in_a_row 20 numbered
}

numbered_pod()	# N: a container of a pod of its own says it
{
	pod "p$1"
	says "p$1" "many$1" . echo "$1"
	stdout_of "p$1" "many$1"
	remove_pod "p$1" || stop_here "remove p$1"
}

many_at_once()
{
	at_once 10 numbered_pod
	same "$(ids)" "" "what is there of them"
}

outlives_daemon()
{
	pod p
	container p c . sh -c 'while :; do echo x >>/tmp/n; sleep 0.05; done'
	container p d . sh -c 'sleep 3; exit 8'
	_pid=$(pid_of c)
	kill -KILL "$(cat "$WORK/daemon.pid")"
	sleep 4
	[ -d "/proc/$_pid" ] || stop_here "the container has gone with the daemon"
	daemon || stop_here "it does not come back: $(tail -n 3 "$WORK/daemon.log")"
	same "$(state c) $(pod_state p)" "CONTAINER_RUNNING SANDBOX_READY"
	same "$(inside c echo back)" back
	# With what status is lost on containerd, with any runtime: it says 255.
	soon CONTAINER_EXITED state d
	# The pod's own process is killed; what is left can be removed.
	kill -KILL "$(pod_pid p)"
	soon SANDBOX_NOTREADY pod_state p
	remove_pod p || stop_here "remove"
	[ ! -d "/proc/$_pid" ] || stop_here "a container of a removed pod is left"
	# containerd 2.1 forgets the shim of a pod that it has found again, with any runtime.
	ps -A -o pid=,args= | awk -v id="$(cat p.id)" '$2 ~ /containerd-shim/ && index($0, id) { print $1 }' | xargs -r kill
}

# ---- the set -------------------------------------------------------------------------------------

mkdir cni
jq -n '{ cniVersion: "0.4.0", name: "pods", plugins: [ { type: "bridge", bridge: "cni0", isGateway: true,
	ipam: { type: "host-local", ranges: [[{ subnet: "10.78.0.0/24" }]], dataDir: "/run/cni" } } ] }' >cni/10-pods.conflist
configure >config.toml
daemon
make_image_tar image.tar
docker_archive image.tar archive.tar
docker_archive image.tar pause.tar localhost/pause '["/bin/sleep", "1000000"]'
for archive in archive.tar pause.tar; do
	ctr -n k8s.io image import "$archive"
done >import.log 2>&1 || {
	echo "not ok - $ENGINE/$RUNTIME: containerd starts"
	tail -n 3 import.log daemon.log
	exit 1
}

each "version, status, image, features" tells
each "a pod, a container, their states" lives
each "a program that is not there" names_missing_program
each "ExecSync, with a limit of time, several at once" execs
each "Exec, Attach, terminals" streams
each "logs, and a new file" logs
each "stop, with time to end; attempts" stops
each "events" tells_events
each "limits, an end for lack of memory" limits
each "update" updates
each "stats" tells_stats
each "a network of the pod" has_network
each "the host's network, resolv.conf" has_host_network
each "shared namespaces, those of a target, the host's" shares_namespaces
each "user namespaces" maps_ids
each "users, groups" has_users
each "capabilities, no_new_privs" has_capabilities
each "privileged" is_privileged
each "seccomp profiles" filters
each "masked and read-only paths, read-only root" hides_paths
each "sysctls" sets_sysctls
each "devices" has_devices
each "volumes, propagation" mounts_things
each "recursive read-only mounts" recursive_readonly
each "runtime classes" has_handlers
each "checkpoint" checkpoints
each "20 containers in a row" many_in_a_row
each "10 pods at once" many_at_once
each "the daemon is killed, the pod's process, too" outlives_daemon
_daemon=$(cat daemon.pid)
kill "$_daemon"
until_true 10 sh -c "! kill -0 $_daemon"
wait "$_daemon" 2>/dev/null
# What CNI makes once; a pod's cgroup is the kubelet's to make and remove.
ip link delete cni0
# A shim that was told to go may be on its way.
until_true 20 sh -c '! ps -A -o args | grep -q ^/usr/bin/containerd-shim'
step "nothing is left" left_nothing '/pods(/[a-z0-9]+)?$|^/run/netns$'
