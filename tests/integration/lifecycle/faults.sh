# lifecycle/faults - every system call of husk and husk-init fails once, or is where it gets killed.
#
# Whatever fails: the status is not 0 and a message says why, or the container is exactly as it would
# have been; nothing is left behind, at the latest after `delete --force`; and the ID can be used
# again.  FAULTS=all tries every call with every error, which takes minutes.
# timeout: 400
. "$HUSK_TESTS/lib.sh"

[ -x "$HUSK_FAULT" ] || skip_all "no fault helper"
"$HUSK_FAULT" list "$CASE_DIR/list" /bin/true 2>/dev/null || skip_all "ptrace does not work here"
# A sanitizer cannot look for leaks while it is traced.
export ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-}

# Calls that cannot fail, or whose failure is the kernel's business or the C library's.
harmless=' close umask munmap mmap brk mprotect madvise geteuid getegid getpid gettid exit exit_group
	rt_sigreturn rt_sigaction rt_sigprocmask sigaltstack set_robust_list rseq set_tid_address
	arch_prctl getrandom clock_gettime clock_nanosleep restart_syscall sched_yield futex '
printf '#include <asm/unistd.h>\n' | ${CC:-gcc} -E -dM - 2>/dev/null |
	sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/\2 \1/p' >"$CASE_DIR/names"
[ -s "$CASE_DIR/names" ] || skip_all "no compiler to ask for the numbers of system calls"

# points COMMAND...: "WHO NUMBER N ERROR NAME" of what to try, one a line.
points()
{
	"$HUSK_FAULT" list "$CASE_DIR/list" "$HUSK_BIN" --root "$STATE_DIR" "$@" >/dev/null 2>&1 </dev/null
	awk -v harmless="$harmless" -v all="${FAULTS-}" '
		NR == FNR { name[$1] = $2; next }
		index(harmless, " " name[$2] " ") || index(harmless, "\t" name[$2] " ") { next }
		{ last[$1 " " $2]++; line[++lines] = $1 " " $2 " " last[$1 " " $2] }
		END {
			split("1 12 5 kill", error, " ")
			for (i = 1; i <= lines; i++) {
				split(line[i], f, " ")
				for (e = 1; all && e <= 4; e++)
					print line[i], error[e], name[f[2]]
				if (!all && (f[3] == 1 || f[3] % 11 == 0 || f[3] == last[f[1] " " f[2]]))
					print line[i], error[++k % 4 + 1], name[f[2]]
			}
		}' "$CASE_DIR/names" "$CASE_DIR/list"
}

# What a container leaves on the host, if anything.
left()
{
	for _left in "$STATE_DIR/$ID" /sys/fs/cgroup/*/"$ID" /sys/fs/cgroup/"$ID"; do
		[ ! -e "$_left" ] || return 0
	done
	return 1
}

# The runner of this case adopts orphans: there must be no child but this shell.
children()
{
	read -r _children <"/proc/$PPID/task/$PPID/children"
	echo $_children
}

alone()
{
	[ "$(children)" = "$$$running" ]
}

wrong()	# TEXT
{
	echo "$point: $1" >>"$CASE_DIR/wrong"
	sed 's/^/    /' "$ERR" >>"$CASE_DIR/wrong"
}

# One point: `attempt WHO NUMBER N ERROR NAME COMMAND...`
attempt()
{
	point="$1 $5 number $3, error $4"
	_error=$4
	_where="$1 $2 $3 $4"
	shift 5
	STATUS=0
	"$HUSK_FAULT" $_where "$HUSK_BIN" --log-level warn --root "$STATE_DIR" "$@" \
		>"$OUT" 2>"$ERR" </dev/null || STATUS=$?
	case $STATUS in
	0)	;;
	124)	wrong "it hangs" ;;
	139|134|132) wrong "it crashes" ;;
	*)	[ -s "$ERR" ] || [ "$_error" = kill ] || wrong "status $STATUS, but no message" ;;
	esac
	! grep -q 'already exists' "$ERR" || wrong "the ID was not free"
	tried=$((tried + 1))
}

running=	# " PID" of a container that is meant to be there
# each OPERATION COMMAND...: all points of it.  before_each and after_each are the operation's.
each()
{
	operation=$1 tried=0
	shift
	: >"$CASE_DIR/wrong"
	before_each
	points "$@" >"$CASE_DIR/points"
	cleanup
	while read -r p_who p_nr p_n p_error p_name <&3; do
		before_each
		attempt "$p_who" "$p_nr" "$p_n" "$p_error" "$p_name" "$@"
		after_each
		cleanup
	done 3<"$CASE_DIR/points"
	ok "$operation: there is something to try ($tried)" test "$tried" -gt 10
	is "$(cat "$CASE_DIR/wrong")" "" "$operation: whatever fails"
	# An init whose caller was killed notices it; on a busy machine that takes its time.
	wait_until 10 alone
	is "$(children)" "$$$running" "$operation: no process is left"
}

cleanup()
{
	left || return 0
	husk delete --force "$ID" >"$CASE_DIR/delete" 2>&1 ||
		wrong "delete --force: $(cat "$CASE_DIR/delete")"
	! left || wrong "left behind: $(ls -d "$STATE_DIR/$ID" /sys/fs/cgroup/*/"$ID" 2>/dev/null)"
}

# What a container is like: to be the same even when something has been survived.
set_program()
{
	set_args /probe cwd -- ids -- caps -- rlimits -- signals -- fds -- mounts /proc -- uts -- env
}

make_bundle
config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}] |
	.process.user.additionalGids = [7] |
	.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}'
set_program
run_container
exits 0 "a container without faults"
cp "$OUT" "$CASE_DIR/same"

before_each() { :; }
after_each()
{
	if [ "$STATUS" -eq 0 ]; then
		cmp -s "$OUT" "$CASE_DIR/same" || wrong "the container is another: $(diff "$OUT" "$CASE_DIR/same")"
		! left || [ -s "$ERR" ] || wrong "something is left, and no message"
	elif left && [ "$p_error" != kill ]; then
		# After the container has run, only its removal can have failed.
		grep -q '^fd 0' "$OUT" || wrong "something is left by a failure"
	fi
}
each run run --bundle "$BUNDLE" "$ID"

set_args /probe sleep
after_each()
{
	if [ "$STATUS" -ne 0 ]; then
		! left || [ "$p_error" = kill ] || wrong "something is left by a failure"
	elif [ "$(status_of)" != created ] && [ "$p_who" = caller ]; then
		wrong "status $(status_of)"
	fi
}
each create create --bundle "$BUNDLE" "$ID"

before_each()
{
	husk create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 </dev/null
}
after_each()
{
	_now=$(status_of)
	case $STATUS:$_now in
	0:running|[1-9]*:stopped|[1-9]*:created) ;;
	137:*)	[ "$p_error" = kill ] || wrong "status $_now" ;;
	*)	wrong "exit status $STATUS, $_now" ;;
	esac
}
each start start "$ID"

after_each()
{
	case $STATUS:$(status_of) in
	0:)	! left || wrong "exit status 0, but something is left" ;;
	0:*)	wrong "exit status 0, but it is there" ;;
	esac
}
each delete delete --force "$ID"

husk create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 </dev/null
husk start "$ID"
pid=$(pid_of)
running=" $pid"
cat >"$CASE_DIR/process.json" <<EOT
{"args": $(json_array /probe cwd -- ids -- caps -- rlimits -- signals -- fds -- env), "cwd": "/",
 "env": ["A=1"], "user": {"uid": 3, "gid": 4, "additionalGids": [5]},
 "capabilities": {"bounding": ["CAP_KILL"]}}
EOT
run husk exec --process "$CASE_DIR/process.json" "$ID"
exits 0 "exec without faults"
cp "$OUT" "$CASE_DIR/same"
before_each() { :; }
cleanup() { :; }
after_each()
{
	[ "$STATUS" -ne 0 ] || cmp -s "$OUT" "$CASE_DIR/same" ||
		wrong "the program is another: $(diff "$OUT" "$CASE_DIR/same")"
}
each exec exec --process "$CASE_DIR/process.json" "$ID"
is "$(husk ps --format json "$ID" | jq -c .)" "[$pid]" "exec: nor in the container's cgroup"
is "$(status_of)" running "exec: the container runs on"
destroy

make_bundle
probe echo fine
is "$(output)" fine "afterwards a container runs"
done_testing
