# process/seccomp - linux.seccomp as the program feels it.
# covers: L-42 L-43 L-44 L-45 L-47 2.3-seccomp-listener
# runs as: root user
. "$HUSK_TESTS/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip_all "system call numbers of x86_64"
make_bundle

probe sched
has seccomp 0 "without a profile there is no filter"

# 83 mkdir, 84 rmdir, 135 personality, 435 clone3
config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"],
	syscalls: [{names: ["mkdir", "no_such_call"], action: "SCMP_ACT_ERRNO", errnoRet: 99},
		{names: ["rmdir"], action: "SCMP_ACT_ERRNO"},
		{names: ["personality"], action: "SCMP_ACT_ERRNO", errnoRet: 77,
			args: [{index: 0, value: 8, op: "SCMP_CMP_EQ"}]}]}'
probe syscall 83 -- syscall 84 -- syscall 135 8 -- syscall 135 4294967295 -- syscall 9999 -- sched
exits 0 "a profile that allows by default"
has "syscall 83" "-1 EADDRNOTAVAIL" "the errno of a rule"
has "syscall 84" "-1 EPERM" "EPERM where none is given"
has "syscall 135" "-1 errno-77" "an argument that matches"
is "$(grep -c 'syscall 135 0 ok' "$OUT")" 1 "one that does not"
has "syscall 9999" "-1 ENOSYS" "a call that does not exist"
has seccomp 2 "the filter is loaded"
has seccomp_filters 1 "once"
unlike "$(value ssb)" mitigated "without speculative store bypass mitigation"

config '.process.noNewPrivileges = false | .process.capabilities.bounding += ["CAP_SETUID"]'
probe syscall 83 -- sched
exits 0 "without no_new_privs"
has "syscall 83" "-1 EADDRNOTAVAIL" "the filter works"
has no_new_privs 0 "and new privileges are possible"
config '.process.noNewPrivileges = true'

# Deny by default: what is newer than the profile does not exist.
allowed='["execve","execveat","exit","exit_group","write","writev",
	"brk","mmap","munmap","mprotect","arch_prctl","set_tid_address","ioctl","rt_sigaction",
	"rt_sigprocmask","read","open","openat","close","fstat","lseek","set_robust_list","readv",
	"sendmsg","close_range","prctl"]'
config '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", architectures: ["SCMP_ARCH_X86_64"],
	syscalls: [{names: $allowed, action: "SCMP_ACT_ALLOW"}]}' --argjson allowed "$allowed"
probe syscall 83 -- syscall 435 -- syscall 500
exits 0 "a profile that denies by default"
has "syscall 83" "-1 EPERM" "denied"
has "syscall 435" "-1 EPERM" "denied, though new"
has "syscall 500" "-1 ENOSYS" "newer than the profile: unknown"

config '.linux.seccomp.defaultErrnoRet = 44'
probe syscall 83
has "syscall 83" "-1 errno-44" "defaultErrnoRet"

# Every action; TRACE is ENOSYS where nobody traces.
while read -r action status said; do
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: $a}]}' \
		--arg a "$action"
	probe syscall 83
	is "$STATUS $(value "syscall 83")" "$status $said" "$action"
done <<'END'
SCMP_ACT_KILL 159
SCMP_ACT_KILL_PROCESS 159
SCMP_ACT_KILL_THREAD 159
SCMP_ACT_TRAP 159
SCMP_ACT_TRACE 0 -1 ENOSYS
SCMP_ACT_LOG 0 -1 EFAULT
SCMP_ACT_ALLOW 0 -1 EFAULT
END

# Every operator: of the numbers 0xf3, 0xf4, 0xf5 of personality(2), those that are refused.
while read -r op value two refused; do
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["personality"],
		action: "SCMP_ACT_ERRNO", errnoRet: 77, args: [{index: 0, value: $v, valueTwo: $t, op: $o}]}]}' \
		--arg o "SCMP_CMP_$op" --argjson v "$value" --argjson t "$two"
	probe syscall 135 243 -- syscall 135 244 -- syscall 135 245
	is "$(sed -n 's/^syscall 135 \(.*\)/\1/p' "$OUT" | sed 's/^-1 errno-77$/no/; t; s/.*/yes/' | tr '\n' ' ')" \
		"$refused " "SCMP_CMP_$op"
done <<'END'
NE 244 0 no yes no
LT 244 0 no yes yes
LE 244 0 no no yes
EQ 244 0 yes no yes
GE 244 0 yes no no
GT 244 0 yes yes no
MASKED_EQ 6 4 yes no no
END

config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"]}'
probe sched
exits 0 "flags"
has seccomp 2 "the filter is loaded"

# What seccomp(2) is asked for; of most flags nothing is seen from inside.  TSYNC is about threads that
# are not there yet, and is refused beside a listener.
while read -r filter asked; do
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/a", syscalls: [{names: ["mkdir"],
		action: "SCMP_ACT_ERRNO"}]} | .linux.seccomp '"$filter"
	run husk plan --bundle "$BUNDLE"
	is "$(sed -n 's/.*load the seccomp filter, flags \(0x[0-9a-f]*\);.*/\1/p' "$OUT")" "$asked" "flags: $filter"
done <<'END'
|=. 0x4
|=.+{flags:[]} 0x0
|=.+{flags:["SECCOMP_FILTER_FLAG_TSYNC"]} 0x0
|=.+{flags:["SECCOMP_FILTER_FLAG_LOG"]} 0x2
|=.+{flags:["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]} 0x4
|=(.+{flags:["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}|.syscalls[0].action="SCMP_ACT_NOTIFY") 0x28
END

config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
	syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]}'
probe sched
fails_with '/linux/seccomp/listenerPath: is missing' "SCMP_ACT_NOTIFY without a listener"

# The agent gets the container's state and the listener; nobody answers: the call waits.
socket=$CASE_DIR/agent.sock
fdrecv "$CASE_DIR/received" stream "$socket"
config '.linux.seccomp.listenerPath = $s | .linux.seccomp.listenerMetadata = "some data"' --arg s "$socket"
probe syscall 83
wait
# Its own state is the container's, "creating", with the pid of the program.
sed -n 's/^received [^{]*//; s/^message //; /^{/p' "$CASE_DIR/received" | head -n 1 >"$CASE_DIR/told"
is "$(jq -c '[keys_unsorted, .ociVersion, .fds, .metadata, .pid == .state.pid, .state.id, .state.bundle,
	.state.status]' "$CASE_DIR/told" 2>&1)" \
	"[[\"ociVersion\",\"fds\",\"pid\",\"metadata\",\"state\"],\"1.3.0\",[\"seccompFd\"],\"some data\",true,\"$ID\",\"$BUNDLE\",\"creating\"]" \
	"the agent is told all of containerProcessState"
like "$(cat "$CASE_DIR/received")" 'seccomp notify' "and gets the listener"
# It closed the listener, so the call fails.
has "syscall 83" "-1 ENOSYS" "without an agent the call fails"

# exec has the same profile.
config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
	syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 99}]}'
set_args /probe sleep
start_container "$ID"
run husk exec "$ID" /probe syscall 83
has "syscall 83" "-1 EADDRNOTAVAIL" "exec is under the profile"

# It is under the filter that was loaded, which is kept; the rules are not.
saved=$STATE_DIR/$ID/config.json
is "$(jq -c .linux.seccomp "$saved")" '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}' "the rules are not kept"
is "$(jq -cS 'del(.linux.seccomp)' "$saved")" "$(jq -cS 'del(.linux.seccomp)' "$BUNDLE/config.json")" "all else is"
if [ "$HUSK_USER" = root ]; then
	run husk update --pids-limit 50 "$ID"
	run husk exec "$ID" /probe syscall 83
	has "syscall 83" "-1 EADDRNOTAVAIL" "nor when the limits have been changed"
fi
mv "$STATE_DIR/$ID/seccomp.bpf" "$CASE_DIR/filter"
run husk exec "$ID" /probe syscall 83
isnt "$STATUS" 0 "no exec without the filter"
like "$(cat "$ERR")" 'seccomp filter of container.*No such file' "which says so"
: >"$STATE_DIR/$ID/seccomp.bpf"
run husk exec "$ID" /probe syscall 83
isnt "$STATUS" 0 "nor with an empty one"
head -c 12 "$CASE_DIR/filter" >"$STATE_DIR/$ID/seccomp.bpf"
run husk exec "$ID" /probe syscall 83
isnt "$STATUS" 0 "nor with a part of one"

# As a husk from before wrote it.
rm "$STATE_DIR/$ID/seccomp.bpf"
cp "$BUNDLE/config.json" "$saved"
jq '.version = 1 | del(.hasFilter)' "$STATE_DIR/$ID/state.json" >"$CASE_DIR/old"
cp "$CASE_DIR/old" "$STATE_DIR/$ID/state.json"
run husk exec "$ID" /probe syscall 83
has "syscall 83" "-1 EADDRNOTAVAIL" "where the rules are in the configuration, they count"
destroy

done_testing
