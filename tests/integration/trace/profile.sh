# trace/profile - `husk trace`: the seccomp profile of a run is what the same run needs, no more and no less.
# runs as: root user
# timeout: 120
. "$HUSK_TESTS/lib.sh"

T=$CASE_DIR/traced

# traced [OPTION]...: trace the bundle's program, with the output in $T
traced()
{
	run husk trace -o "$T" --bundle "$BUNDLE" "$@" "$ID"
}

# again: run with the whole config.json that trace has written
again()
{
	cp "$T" "$BUNDLE/traced.json"
	run husk run --bundle "$BUNDLE" --config "$BUNDLE/traced.json" "$ID"
}

names()
{
	jq -r '[.linux.seccomp.syscalls[] | select(.action == "SCMP_ACT_ALLOW") | .names[]] | join(" ")' "$T"
}

calls()	# NAME CHECK: is that call in the profile?
{
	like " $(names) " " $1 " "$2"
}

# same ARG...: the probe's command runs traced, and with the result runs as before
same()
{
	set_args /probe "$@"
	run_container
	wanted=$(output) status=$STATUS
	traced --as config
	is "$STATUS $(output)" "$status $wanted" "$*: traced, it does the same"
	again
	is "$STATUS $(output)" "$status $wanted" "$*: with the profile, too"
}

# A bundle whose /tmp is new in every container.
new_bundle()	# [DIR]
{
	make_bundle "$@"
	add_mount /tmp tmpfs tmpfs mode=1777
}

new_bundle
same echo hello -- exit 7
is "$(names)" "$(names | tr ' ' '\n' | LC_ALL=C sort -u | paste -sd' ')" "names are sorted, each once"
calls execve "execve, which husk-init makes under the filter"
unlike " $(names) " ' (sendmsg|recvfrom|mkdir|ptrace|socket|clone|fork) ' "nothing else of husk-init's, nor what was not called"
is "$(jq -c '.linux.seccomp | [.defaultAction, .architectures]' "$T")" \
	'["SCMP_ACT_ERRNO",["SCMP_ARCH_'"$(uname -m | tr a-z A-Z)"'"]]' "all else is denied"
is "$(jq -c 'del(.linux.seccomp, .process.capabilities)' "$T")" \
	"$(jq -c '.linux = (.linux | del(.seccomp)) | del(.process.capabilities)' "$BUNDLE/config.json" |
		jq -c --argjson order "$(jq -c keys_unsorted "$T")" '. as $c | reduce $order[] as $k ({}; .[$k] = $c[$k])')" \
	"the rest of config.json is as it was"

# Each of them was needed: where all else kills, the run fails without any one of them.
jq '.linux.seccomp.defaultAction = "SCMP_ACT_KILL_PROCESS"' "$T" >"$T.kill"
run husk run --bundle "$BUNDLE" --config "$T.kill" "$ID"
is "$STATUS $(output)" "7 hello" "also where all else kills"
needless=
for name in $(names); do
	jq --arg n "$name" '.linux.seccomp.syscalls |= map(.names -= [$n] | select(.names != []))' \
		"$T.kill" >"$T.less"
	run husk run --bundle "$BUNDLE" --config "$T.less" "$ID"
	[ "$STATUS $(output)" != "7 hello" ] || needless="$needless $name"
done
is "$needless" "" "and not without any one of $(names | wc -w)"

# Whoever belongs to it.
same child mkdir /tmp/made
calls 'mkdir|mkdirat' "a child's call"
same thread mkdir /tmp/made
calls 'mkdir|mkdirat' "a thread's call"
same exec /probe echo there
same child child exec /probe kill 0 -- echo end
# A debugger, and a filter of the program's own, see what they saw.
same debug
calls ptrace "a debugger's call"
same filter 110 22 -- syscall 110
like "$(output)" '^syscall 110 -1 EINVAL$' "the program's own filter counts"
if [ "$("$HUSK_PROBE" i386 20)" = "i386 ok" ]; then
	same i386 20
	is "$(output)" "i386 ok" "getpid by the ABI of i386"
	is "$(jq -c .linux.seccomp.architectures "$T")" '["SCMP_ARCH_X86_64","SCMP_ARCH_X86"]' \
		"is one more architecture"
else
	skip "calls by another ABI" "this kernel, of $(uname -m), has no i386 system calls"
fi

# With another user than root, with and without no_new_privs, husk-init calls more under the filter.
if [ "$HUSK_USER" = root ]; then
	config '.process.user = {uid: 1000, gid: 1000, additionalGids: [5]}'
	same ids
	config '.process.noNewPrivileges = false'
	same ids
	calls setresuid "what husk-init calls under the filter"
	# A program that changes the user at its execution stays the same, and in the profile.
	cp "$ROOTFS/probe" "$ROOTFS/setuid"
	chmod 4755 "$ROOTFS/setuid"
	same exec /setuid ids -- mkdir /tmp/root
	like "$(output)" '^uid 1000 0 0$' "a setuid program"
	calls 'mkdir|mkdirat' "its call"
fi

# A profile that is there is narrowed: what it denies stays denied, in its own words.
new_bundle "$CASE_DIR/narrow"
cat >"$CASE_DIR/profile" <<-'END'
	{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "flags": [], "syscalls": [
		{"names": ["personality"], "action": "SCMP_ACT_ALLOW",
			"args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
		{"names": ["chroot"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5},
		{"names": ["symlink", "sched_yield", "getpid"], "action": "SCMP_ACT_LOG"}]}
END
names=$(names)
config '.linux.seccomp = $p[0] | .linux.seccomp.syscalls +=
	[{names: ($n | split(" ")), action: "SCMP_ACT_ALLOW"}]' \
	--slurpfile p "$CASE_DIR/profile" --arg n "$names execve setuid ioctl fstat writev exit_group brk
mmap munmap rt_sigprocmask rt_sigaction"
if [ "$(uname -m)" = x86_64 ]; then
	same syscall 135 8 -- syscall 135 0 -- syscall 161 0 -- syscall 39 -- syscall 24
	like "$(output)" '^syscall 135 -1 ENOSYS$' "what the old profile denied"
	like "$(output)" '^syscall 161 -1 EIO$' "is denied as it was"
	is "$(jq -c '.linux.seccomp | [.defaultErrnoRet, .flags, .syscalls[:3]]' "$T")" \
		'[38,[],[{"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":8,"op":"SCMP_CMP_EQ"}]},{"names":["chroot"],"action":"SCMP_ACT_ERRNO","errnoRet":5},{"names":["getpid","sched_yield"],"action":"SCMP_ACT_LOG"}]]' \
		"conditions stay, names that were not used go"
	unlike " $(names) " ' (setuid|rt_sigaction|symlink) ' "those of the last rule, too"
fi
new_bundle "$CASE_DIR/allow"
config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"],
	action: "SCMP_ACT_ERRNO", errnoRet: 5}]}'
same mkdir /tmp/x -- echo done
like "$(output)" 'EIO' "what denied single calls denies them still"
is "$(jq -r .linux.seccomp.defaultAction "$T")" SCMP_ACT_ERRNO "and now all that was not called"

# Several runs add up; the output may be one that is merged.
new_bundle "$CASE_DIR/merge"
set_args /probe echo one
traced
set_args /probe mkdir /tmp/two
traced --merge "$T"
set_args /probe echo one -- mkdir /tmp/two
cp "$T" "$CASE_DIR/both"
jq -s '.[0] * .[1]' "$BUNDLE/config.json" "$CASE_DIR/both" >"$T"
again
is "$STATUS $(output)" "0 one
mkdir /tmp/two ok" "two runs in one profile; a fragment goes on top of config.json"
set_args /probe exit 0
traced --as seccomp --merge "$CASE_DIR/both"
is "$(jq -c keys "$T")" '["architectures","defaultAction","syscalls"]' "the profile alone"
cp "$T" "$CASE_DIR/alone"
traced --merge "$CASE_DIR/alone" --merge "$CASE_DIR/both"
calls 'mkdir|mkdirat' "which can be merged, too"
like "$(errors)" 'capabilities stay as they are' "but tells no capabilities: a warning"
is "$(jq -r '.process' "$T")" null "and none in the output"

# What is wrong, and what cannot be.
echo kept >"$T"
set_args /nothing
traced
exits 1 "a program that is not there"
fails_with 'exec.*/nothing' "is the usual error"
is "$(cat "$T")" kept "which leaves the file as it was"
set_args /probe exit 0
for bad in '[]' '{' '{"linux": {}}' '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": [], "syscalls": []}' \
	'{"defaultAction": "SCMP_ACT_ERRNO", "architectures": [1], "syscalls": []}' \
	'{"defaultAction": "SCMP_ACT_ERRNO", "architectures": [], "syscalls": [{"names": ["x"]}]}'; do
	echo "$bad" >"$CASE_DIR/bad"
	traced --merge "$CASE_DIR/bad"
	exits 1 "merge of $bad"
	fails_with "merge $CASE_DIR/bad: " "is an error"
done
traced --merge "$CASE_DIR/none"
fails_with "read $CASE_DIR/none: No such file or directory" "merge of nothing"
is "$(cat "$T")" kept "none of that writes"
traced --json
fails_with -- '--json goes with --time only' "--json alone"
traced --time --as config
fails_with -- '--time goes with neither' "--time and --as"
config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/nowhere", syscalls:
	[{names: ["getpid"], action: "SCMP_ACT_NOTIFY"}]}'
traced
fails_with 'trace: /linux/seccomp has a listener of its own' "a listener of its own"
is "$(husk list --quiet)" "" "nothing is left"

done_testing
