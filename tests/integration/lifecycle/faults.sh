# lifecycle/faults - every system call of husk and husk-init fails once, or is where it gets killed.
#
# Whatever fails: the status is not 0 and a message says why, or the container is exactly as it would
# have been; nothing is left behind, at the latest after `delete --force`; and the ID can be used
# again.  `make test-faults` (FAULTS=all) tries every call with every fault, which takes half an hour.
# runs as: root user
# timeout: 400
. "$HUSK_TESTS/lib.sh"

. "$HUSK_TESTS/integration/lifecycle/functions"

# What a container leaves on the host, if anything.
left()
{
	for _left in "$STATE_DIR/$ID" /sys/fs/cgroup/*/"$ID" /sys/fs/cgroup/"$ID"; do
		[ ! -e "$_left" ] || return 0
	done
	return 1
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
[ "$HUSK_USER" = user ] || config '.process.user.additionalGids = [7]'
config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}] |
	.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}'
set_program
run_container
exits 0 "a container without faults"
cp "$OUT" "$CASE_DIR/same"

# What a user's container may go without is said in a warning.
warned()
{
	[ "$HUSK_USER" = user ] && grep -q 'ignoring$' "$ERR"
}

before_each() { :; }
after_each()
{
	if [ "$STATUS" -eq 0 ]; then
		cmp -s "$OUT" "$CASE_DIR/same" || warned || wrong "the container is another: $(diff "$OUT" "$CASE_DIR/same")"
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

before_each()
{
	husk create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 </dev/null
	husk start "$ID"
}
after_each()
{
	[ "$STATUS" -ne 0 ] || wait_until 10 has_status stopped || wrong "exit status 0, but it is $(status_of)"
}
each kill kill "$ID" KILL

husk create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 </dev/null
husk start "$ID"
pid=$(pid_of)
running=" $pid"
who='{"uid": 3, "gid": 4, "additionalGids": [5]}'
[ "$HUSK_USER" = root ] || who='{"uid": 0, "gid": 0}'
cat >"$CASE_DIR/process.json" <<EOT
{"args": $(json_array /probe cwd -- ids -- caps -- rlimits -- signals -- fds -- env), "cwd": "/",
 "env": ["A=1"], "user": $who, "capabilities": {"bounding": ["CAP_KILL"]}}
EOT
run husk exec --process "$CASE_DIR/process.json" "$ID"
exits 0 "exec without faults"
cp "$OUT" "$CASE_DIR/same"
before_each() { :; }
cleanup() { :; }
after_each()
{
	[ "$STATUS" -ne 0 ] || cmp -s "$OUT" "$CASE_DIR/same" || warned ||
		wrong "the program is another: $(diff "$OUT" "$CASE_DIR/same")"
}
each exec exec --process "$CASE_DIR/process.json" "$ID"
[ "$HUSK_USER" = user ] ||
	is "$(husk ps --format json "$ID" | jq -c .)" "[$pid]" "exec: nor in the container's cgroup"
is "$(status_of)" running "exec: the container runs on"
destroy

make_bundle
probe echo fine
is "$(output)" fine "afterwards a container runs"
done_testing
