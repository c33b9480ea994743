#!/bin/sh
# tests/run-integration.sh [BUILD-DIR [PATTERN]...] - the integration cases.
#
# Each tests/integration/<area>/<case>.sh runs in its own directory with its own state directory,
# in a private mount namespace, below tests/helpers/reaper.c, which ends it after TIMEOUT seconds
# and lets no process escape.  Afterwards mounts, cgroups and state are compared with before.
#
# A case says in a comment who it is for ("# runs as: root", "user", "root user"; default root);
# "# timeout: N" gives it more time; "# alone" keeps other cases from running beside it; "# one id":
# it is about a user without ranges; "# any kernel": it asks nothing of the kernel.
# PATTERN: only cases whose area/name contains one of them.   Exit status of a case: 0, 77 = skip.
#
# HUSK_BIN  husk to test (default BUILD-DIR/husk)      JOBS  cases at once (default 2)
# V=1       print every check                          TEST_UID  the unprivileged user's id
# SLOW      a machine that is so many times slower: so many times the seconds for a case
# USERS     only as these: "root", "user" (default both)
# SUBIDS    "yes": the unprivileged user has ranges of ids, and its bundles no user namespace
# LIMIT     seconds for each case, whatever it says itself
# CGROUPS   "v1": on a hybrid host as root, the cases do not see the v2 hierarchy
set -u

here=$(cd "$(dirname "$0")" && pwd)
: "${TIMEOUT:=60}" "${SLOW:=1}" "${JOBS:=2}" "${TEST_UID:=64231}" "${V:=}" "${USERS:=root user}" \
	"${CGROUPS:=}" "${SUBIDS:=}"
export TIMEOUT SLOW TEST_UID V CGROUPS SUBIDS

# ---- one case ------------------------------------------------------------------------------------

# Everything of @1 (a tag) that is left in any cgroup hierarchy.
cgroups_of()
{
	find /sys/fs/cgroup -type d -name "*$1*" 2>/dev/null | sort
}

directive()	# NAME FILE
{
	sed -n "s/^# $1: *//p" "$2" | head -n 1
}

# Sweep up what a case left, after it has been reported.
clean_up()
{
	# Deepest first; several rounds, for processes that are still ending.  A frozen one does not
	# die before it is thawed.
	for round in 1 2 3; do
		cgroups_of "$TAG" | sort -r | while read -r dir; do
			[ ! -w "$dir/freezer.state" ] || echo THAWED >"$dir/freezer.state"
			[ ! -w "$dir/cgroup.freeze" ] || echo 0 >"$dir/cgroup.freeze"
			[ ! -r "$dir/cgroup.procs" ] || xargs -r kill -KILL <"$dir/cgroup.procs"
			rmdir "$dir"
		done 2>/dev/null
		[ -n "$(cgroups_of "$TAG")" ] || break
		sleep 0.2
	done
	chmod -R u+rwX "$CASE_DIR" 2>/dev/null
	rm -rf --one-file-system "$CASE_DIR"
}

cgroup_mounts()	# TYPE: cgroup or cgroup2
{
	awk -v type="$1" '$3 == type { print $2 }' /proc/self/mounts
}

# In the case's own mount namespace: the user has a name, which newuidmap wants, and 65536 ids.
give_subids()
{
	{
		cat /etc/passwd
		echo "husk-test:x:$TEST_UID:$TEST_UID::/:/bin/sh"
	} >"$WORK/passwd.$TAG"
	echo "husk-test:700000:65536" >"$WORK/subid.$TAG"
	chmod 644 "$WORK/passwd.$TAG" "$WORK/subid.$TAG"
	mount --bind "$WORK/passwd.$TAG" /etc/passwd &&
		mount --bind "$WORK/subid.$TAG" /etc/subuid &&
		mount --bind "$WORK/subid.$TAG" /etc/subgid
}

# In the case's own mount namespace: run @1 as @2 and look for leaks.  Prints TAP.
run_case()
{
	file=$1 HUSK_USER=$2
	export HUSK_USER
	[ "$CGROUPS" != v1 ] || cgroup_mounts cgroup2 | xargs -r umount || return 1
	[ -z "$SUBIDS" ] || [ "$HUSK_USER" = root ] || give_subids || return 1
	limit=${LIMIT:-$(directive timeout "$file")}
	limit=$((${limit:-$TIMEOUT} * SLOW))
	mkdir -p "$CASE_DIR"
	set -- "$HUSK_REAPER" "$limit" sh "$file"
	if [ "$HUSK_USER" = user ] && [ "$(id -u)" -eq 0 ]; then
		chown "$TEST_UID:$TEST_UID" "$CASE_DIR"
		set -- setpriv --reuid "$TEST_UID" --regid "$TEST_UID" --clear-groups \
			--inh-caps=-all env HOME="$CASE_DIR" USER=husk-test \
			XDG_RUNTIME_DIR="$CASE_DIR" "$@"
	fi
	cat /proc/self/mountinfo >"$CASE_DIR.mounts"
	(cd "$CASE_DIR" && "$@") </dev/null
	status=$?

	# A policy of SELinux makes all of them "seclabel" (process/selinux).
	cut -d' ' -f5,9- "$CASE_DIR.mounts" | sed 's/,seclabel//' | sort >"$CASE_DIR.before"
	cut -d' ' -f5,9- /proc/self/mountinfo | sed 's/,seclabel//' | sort >"$CASE_DIR.after"
	leaks=$(comm -13 "$CASE_DIR.before" "$CASE_DIR.after" | sed 's/^/# leaked mount /'
		cgroups_of "$TAG" | sed 's/^/# leaked cgroup /'
		# Names that no container can have are the runtime's caches.
		find "$CASE_DIR/state" -mindepth 1 -maxdepth 1 ! -name '[.~]*' 2>/dev/null |
			sed 's/^/# leaked state /')
	rm -f "$CASE_DIR.mounts" "$CASE_DIR.before" "$CASE_DIR.after"
	if [ -n "$leaks" ]; then
		printf '%s\n' "$leaks"
		[ "$status" -ne 0 ] || status=125
	fi
	clean_up
	return "$status"
}

# Job number @1: case @2 as user @3, in a namespace of its own where that is possible; prints its
# report in one piece and appends "passed failed skipped" to the results.  Names are short because
# a Unix socket's path below the state directory may have 107 characters.
job()
{
	file=$HUSK_TESTS/integration/$2 user=$3
	TAG=husktest$SUITE-$1
	set -- "$2"
	name=${1%.sh}
	[ "$user" = root ] || name="$name ($user)"
	CASE_DIR=$WORK/cases/${TAG##*-}
	log=$WORK/logs/$TAG
	export TAG CASE_DIR
	start=$(date +%s%N)
	if [ "$(id -u)" -eq 0 ]; then
		unshare -m --propagation private "$0" --in-namespace "$file" "$user" >"$log" 2>&1
	else
		"$0" --in-namespace "$file" "$user" >"$log" 2>&1
	fi
	status=$?
	took=$((($(date +%s%N) - start) / 1000000))

	passed=$(grep -c '^ok ' "$log")
	skipped=$(grep -c '^ok .*# SKIP' "$log")
	failed=$(grep -c '^not ok ' "$log")
	passed=$((passed - skipped))
	word=ok
	case $status in
	0)	;;
	77)	skipped=$((skipped + 1))
		word=skip ;;
	*)	[ "$failed" -gt 0 ] && [ "$status" -eq 1 ] || failed=$((failed + 1)) ;;
	esac
	if [ "$status" -eq 0 ] && ! grep -q '^1\.\.' "$log"; then
		failed=$((failed + 1))
		echo "# ended without done_testing" >>"$log"
	fi
	[ "$failed" -eq 0 ] || word="not ok"
	{
		flock 9
		printf '%s - %s (%d checks, %d ms)\n' "$word" "$name" "$((passed + failed))" "$took"
		if [ -n "$V" ]; then
			sed 's/^/    /' "$log"
		elif [ "$failed" -gt 0 ]; then
			grep -v '^ok [0-9]* - [^#]*$' "$log" | sed 's/^/    /'
			printf '    # exit status %d\n' "$status"
		else
			grep '# SKIP' "$log" | sed 's/^/    /'
		fi
		printf '%d %d %d\n' "$passed" "$failed" "$skipped" >>"$WORK/results"
	} 9>"$WORK/lock"
}

case ${1-} in
--in-namespace)
	run_case "$2" "$3"
	exit ;;
--job)
	job "$2" "$3" "$4"
	exit 0 ;;
esac

# ---- the suite -------------------------------------------------------------------------------------

case $CGROUPS in
'')	;;
v1)	if [ "$(id -u)" -ne 0 ] || [ -z "$(cgroup_mounts cgroup)" ]; then
		echo "skip - cgroup v1 alone # SKIP needs root and a host with cgroup v1"
		echo "integration: 0 passed, 0 failed, 1 skipped"
		exit 0
	fi ;;
*)	echo "CGROUPS=$CGROUPS: only v1 can be asked for" >&2
	exit 2 ;;
esac
if [ -n "$SUBIDS" ]; then
	if [ "$(id -u)" -ne 0 ] || ! [ -u "$(command -v newuidmap)" ] || ! [ -e /etc/subuid ]; then
		echo "skip - subordinate ids # SKIP needs root, newuidmap with its setuid bit, /etc/subuid"
		echo "integration: 0 passed, 0 failed, 1 skipped"
		exit 0
	fi
fi
build=${1:-build}
[ $# -eq 0 ] || shift
build=$(cd "$build" && pwd) || exit 1
: "${HUSK_BIN:=$build/husk}"
SUITE=$$
WORK=$(mktemp -d "${TMPDIR:-/tmp}/husk-tests.XXXXXX") || exit 1
# The unprivileged user must get at its programs whatever the mode of the build directory is.
chmod 711 "$WORK"
mkdir -m 711 "$WORK/cases" "$WORK/bin"
mkdir "$WORK/logs"
trap 'rm -rf --one-file-system "$WORK"' EXIT
trap 'exit 130' HUP INT PIPE TERM
cp -L "$HUSK_BIN" "$WORK/bin/$(basename "$HUSK_BIN")" || exit 1
for helper in probe reaper fdrecv fault threads fakesystemd fakecriu; do
	cp "$build/tests/helpers/$helper" "$WORK/bin/" || exit 1
done
cp -r "$here" "$WORK/tests"
export HUSK_SOURCE="${here%/*}" HUSK_BUILD="$build"
HUSK_BIN=$WORK/bin/$(basename "$HUSK_BIN")
HUSK_PROBE=$WORK/bin/probe HUSK_REAPER=$WORK/bin/reaper HUSK_FDRECV=$WORK/bin/fdrecv
HUSK_FAULT=$WORK/bin/fault HUSK_THREADS=$WORK/bin/threads HUSK_FAKECRIU=$WORK/bin/fakecriu
HUSK_TESTS=$WORK/tests HUSK_FAKESYSTEMD=$WORK/bin/fakesystemd
chmod -R a+rX "$WORK/bin" "$WORK/tests"
export HUSK_BIN HUSK_PROBE HUSK_REAPER HUSK_FDRECV HUSK_FAULT HUSK_THREADS HUSK_FAKECRIU
export HUSK_TESTS HUSK_FAKESYSTEMD SUITE WORK

wanted()	# AREA/CASE.sh PATTERN...
{
	case_name=$1
	shift
	[ $# -gt 0 ] || return 0
	for pattern in "$@"; do
		case $case_name in *"$pattern"*) return 0 ;; esac
	done
	return 1
}

list_cases()	# PATTERN...: "NUMBER AREA/CASE.sh USER [alone]" a line
{
	(cd "$here/integration" && find . -mindepth 2 -name '*.sh' | sed 's|^\./||' | sort) |
	while read -r name; do
		wanted "$name" "$@" || continue
		[ -z "$SUBIDS" ] || ! grep -q '^# one id' "$here/integration/$name" || continue
		users=$(directive 'runs as' "$here/integration/$name")
		for user in ${users:-root}; do
			case " $USERS " in *" $user "*) ;; *) continue ;; esac
			if [ "$(id -u)" -ne 0 ] && [ "$user" = root ]; then
				echo "$name" >>"$WORK/need-root"
			elif grep -q '^# alone' "$here/integration/$name"; then
				echo "$name $user alone"
			else
				echo "$name $user"
			fi
		done
	done | awk '{ print NR, $0 }'
}

list_cases "$@" >"$WORK/list"
: >"$WORK/results"
grep -v ' alone$' "$WORK/list" | xargs -r -n 3 -P "$JOBS" "$0" --job
sed -n 's/ alone$//p' "$WORK/list" | xargs -r -n 3 -P 1 "$0" --job
if [ -f "$WORK/need-root" ]; then
	sed 's/^\(.*\)\.sh$/skip - \1 # SKIP needs root/' "$WORK/need-root"
	sed 's/.*/0 0 1/' "$WORK/need-root" >>"$WORK/results"
fi
awk '{ p += $1; f += $2; s += $3 }
	END {
		printf "integration: %d passed, %d failed, %d skipped\n", p, f, s
		exit f > 0 || p + s == 0
	}' "$WORK/results"
