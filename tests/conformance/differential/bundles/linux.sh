# Namespaces, sysctl, seccomp, hooks, cgroups and annotations.
for type in pid network ipc uts; do
	bundle "without-$type" "without(\"$type\") | del(.hostname)"
done
bundle with-cgroup '.linux.namespaces += [{type: "cgroup"}]'
bundle with-time '.linux.namespaces += [{type: "time"}]'
bundle namespace-unknown '.linux.namespaces += [{type: "fate"}]'
bundle namespace-twice '.linux.namespaces += [{type: "ipc"}]'

unshare --net --ipc --uts --fork --kill-child sleep 300 >/dev/null 2>&1 &
wait_for pgrep -P $! sleep
HOLDER=$(pgrep -P $! sleep)
join='def join(t; p): without(t) | .linux.namespaces += [{type: t, path: ("/proc/" + $holder + "/ns/" + p)}];'
bundle join-network "$join join(\"network\"; \"net\")"
bundle join-ipc "$join join(\"ipc\"; \"ipc\")"
bundle join-uts "$join del(.hostname) | join(\"uts\"; \"uts\")"
bundle join-uts-hostname "$join join(\"uts\"; \"uts\")"
bundle join-wrong-kind "$join join(\"network\"; \"ipc\")"
bundle join-missing 'without("network") | .linux.namespaces += [{type: "network", path: "/proc/self/ns/nothing"}]'
bundle join-no-namespace 'without("network") | .linux.namespaces += [{type: "network", path: "/etc/passwd"}]'
bundle join-relative 'without("network") | .linux.namespaces += [{type: "network", path: "ns"}]'
kill -KILL "$HOLDER"
HOLDER=

# A user namespace that somebody else has made, with and without the maps that it has.
unshare --user --fork --kill-child sleep 300 >/dev/null 2>&1 &
wait_for pgrep -P $! sleep
HOLDER=$(pgrep -P $! sleep)
echo '0 300000 65536' >"/proc/$HOLDER/uid_map"
echo '0 300000 65536' >"/proc/$HOLDER/gid_map"
users='.linux.namespaces += [{type: "user", path: ("/proc/" + $holder + "/ns/user")}]'
maps='.linux.uidMappings = [{containerID: 0, hostID: 300000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
reachable() { chmod 755 "$TOPIC_DIR" "$BUNDLE" "$ROOTFS"; }
bundle join-user "$users" reachable
bundle join-user-maps "$users | $maps" reachable
bundle join-user-missing '.linux.namespaces += [{type: "user", path: "/proc/self/ns/nothing"}]'
kill -KILL "$HOLDER"
HOLDER=

bundle sysctl '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4096"} | also("sysctl net.ipv4.ip_forward kernel.msgmax")'
bundle sysctl-slashes '.linux.sysctl = {"net/ipv4/ip_forward": "1"} | also("sysctl net.ipv4.ip_forward")'
bundle sysctl-not-namespaced '.linux.sysctl = {"vm.swappiness": "10"}'
bundle sysctl-host-network 'without("network") | .linux.sysctl = {"net.ipv4.ip_forward": "1"}'
bundle sysctl-host-ipc 'without("ipc") | .linux.sysctl = {"kernel.msgmax": "4096"}'
bundle sysctl-hostname '.linux.sysctl = {"kernel.hostname": "other"}'
bundle sysctl-domainname '.linux.sysctl = {"kernel.domainname": "other"}'
bundle sysctl-missing '.linux.sysctl = {"net.no.such": "1"}'
bundle sysctl-bad-value '.linux.sysctl = {"net.ipv4.ip_forward": "many"}'

filter='def filter(action; names): .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"],
	syscalls: [{names: names, action: action}]};'
bundle seccomp-errno "$filter filter(\"SCMP_ACT_ERRNO\"; [\"mkdir\"]) | also(\"mkdir /new\")"
bundle seccomp-errno-value "$filter filter(\"SCMP_ACT_ERRNO\"; [\"mkdir\"]) | .linux.seccomp.syscalls[0].errnoRet = 38 | also(\"mkdir /new\")"
bundle seccomp-kill "$filter filter(\"SCMP_ACT_KILL\"; [\"mkdir\"]) | probe(\"mkdir /new\")"
bundle seccomp-kill-process "$filter filter(\"SCMP_ACT_KILL_PROCESS\"; [\"mkdir\"]) | probe(\"mkdir /new\")"
bundle seccomp-trap "$filter filter(\"SCMP_ACT_TRAP\"; [\"mkdir\"]) | probe(\"mkdir /new\")"
bundle seccomp-log "$filter filter(\"SCMP_ACT_LOG\"; [\"mkdir\"]) | also(\"mkdir /new\")"
bundle seccomp-unknown-call "$filter filter(\"SCMP_ACT_ERRNO\"; [\"no_such_call\", \"mkdir\"]) | also(\"mkdir /new\")"
bundle seccomp-unknown-action "$filter filter(\"SCMP_ACT_MAYBE\"; [\"mkdir\"])"
bundle seccomp-privileges-kept "$filter filter(\"SCMP_ACT_ERRNO\"; [\"mkdir\"]) | .process.noNewPrivileges = false | also(\"mkdir /new\")"
bundle seccomp-argument "$filter filter(\"SCMP_ACT_ERRNO\"; [\"personality\"]) | .linux.seccomp.syscalls[0].args =
	[{index: 0, value: 8, op: \"SCMP_CMP_EQ\"}] | also(\"syscall 135 8 -- syscall 135 4294967295\")"

# What a hook says goes to a file; it is given the state on standard input.
hook_script()
{
	cat >"$BUNDLE/hook" <<'END'
#!/bin/sh
state=$(cat)
printf '%s %s %s\n' "$1" "$(printf '%s' "$state" | jq -r .status)" "$(printf '%s' "$state" | jq -r '.id, .bundle, (.pid > 0)' | paste -sd' ')" >>"$LOG"
exit "${2-0}"
END
	cp "$(command -v busybox)" "$ROOTFS/bin/busybox"
	ln -s busybox "$ROOTFS/bin/sh"
	chmod 755 "$BUNDLE/hook"
}
hook='def hook(kind; status): .hooks[kind] += [{path: ($bundle + "/hook"), args: ["hook", kind, status], env: ["PATH=" + $path, "LOG=" + $bundle + "/log"]}];'
hooked() { observe_bundle; [ ! -f "$BUNDLE/log" ] || sed 's/^/hook: /' "$BUNDLE/log" >>"$FACTS"; }
host_hooks='"prestart", "createRuntime", "createContainer", "poststart", "poststop"'
scenario hooks "$hook reduce ($host_hooks) as \$kind (.; hook(\$kind; \"0\"))" hooked hook_script
for kind in prestart createRuntime createContainer poststart poststop; do
	scenario "hook-fails-$kind" "$hook hook(\"$kind\"; \"3\")" hooked hook_script
done
bundle hook-start-container '.hooks.startContainer = [{path: "/bin/busybox", args: ["mkdir", "/made"]}] | also("stat /made")' hook_script
bundle hook-start-container-fails '.hooks.startContainer = [{path: "/bin/busybox", args: ["false"]}]' hook_script
bundle hook-missing '.hooks.createRuntime = [{path: "/no/such/hook"}]'
bundle hook-relative '.hooks.createRuntime = [{path: "hook"}]'
bundle hook-timeout '.hooks.createRuntime = [{path: "/bin/sleep", args: ["sleep", "30"], timeout: 1}]'

limits() { bundle "limit-$1" ".linux.resources = $2"; }
limits memory '{memory: {limit: 67108864, reservation: 33554432}}'
limits memory-swap '{memory: {limit: 67108864, swap: 134217728, swappiness: 10}}'
limits memory-unlimited '{memory: {limit: -1}}'
limits memory-oom-killer '{memory: {limit: 67108864, disableOOMKiller: true}}'
limits memory-too-small '{memory: {limit: 4096}}'
limits cpu '{cpu: {shares: 512, quota: 50000, period: 100000}}'
limits cpu-quota-alone '{cpu: {quota: 20000}}'
limits cpu-quota-bad '{cpu: {quota: 10, period: 10}}'
limits cpuset '{cpu: {cpus: "0", mems: "0"}}'
limits cpuset-bad '{cpu: {cpus: "999"}}'
limits pids '{pids: {limit: 32}}'
limits pids-unlimited '{pids: {limit: -1}}'
limits pids-zero '{pids: {limit: 0}}'
limits blkio '{blockIO: {throttleReadBpsDevice: [{major: 1, minor: 0, rate: 1048576}]}}'
limits devices '{devices: [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 229, access: "rw"}]}'
limits devices-all '{devices: [{allow: true, access: "rwm"}]}'
limits hugepage-bad '{hugepageLimits: [{pageSize: "3KB", limit: 0}]}'
limits none '{}'
bundle cgroup-nested '.linux.cgroupsPath = "/" + $id + "/deep/er"'
bundle cgroup-relative '.linux.cgroupsPath = $id + "/deep"'

bundle annotations '.annotations = {"org.example.a": "1", "org.example.empty": "", "\u00e9": "\"quoted\""}'
bundle annotations-empty '.annotations = {}'
bundle annotations-empty-key '.annotations = {"": "x"}'
