#!/bin/sh
# tests/run-weak.sh BUILD-DIR [NAME]... - the cases of attacks fail when a defence is taken away.
#
# BUILD-DIR was made with WEAKEN=1.  Each row of tests/data/weak.rows names a defence and a case, which has
# to pass with it and to fail without.
set -u

here=$(cd "$(dirname "$0")" && pwd)
build=$1
shift
[ "$(id -u)" -eq 0 ] || { echo "weak: 0 passed, 0 failed, 1 skipped"; exit 0; }
grep -q HUSK_WEAKEN "$build/husk" || { echo "$build was not made with WEAKEN=1" >&2; exit 2; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 checked=' '

# users CASE: root; what a user is refused anyway proves nothing.  But some cases are a user's alone.
users()
{
	grep -q '^# runs as: user$' "$here/integration/$1.sh" && echo user || echo root
}

# tried CASE: how many checks failed; "-" when it could not be tried
tried()
{
	USERS=$(users "$1") "$here/run-integration.sh" "$build" "$1" >"$log" 2>&1
	sed -n 's/^integration: \([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$log" |
		awk '{ print $1 + $2 ? $2 : "-" }'
}

say()	# NAME CASE RESULT
{
	printf '%-14s %-22s %s\n' "$@"
}

while IFS="$(printf '\t')" read -r name rule case what; do
	case $name in '#'* | '') continue ;; esac
	[ $# -eq 0 ] || case " $* " in *" $name "*) ;; *) continue ;; esac
	case $checked in
	*" $case "*) ;;
	*)	checked="$checked$case "
		n=$(tried "$case")
		if [ "$n" != 0 ]; then
			failed=$((failed + 1))
			say - "$case" "NOT OK: $n checks fail with every defence in place"
			grep 'not ok' "$log"
		fi ;;
	esac
	# Whoever races may lose: a miss says something only when it is not met by chance.
	for attempt in 1 2 3 4; do
		n=$(HUSK_WEAKEN=$name tried "$case")
		[ "$n" = 0 ] || break
	done
	if [ "${n:--}" != - ] && [ "$n" -gt 0 ]; then
		passed=$((passed + 1))
		say "$name" "$case" "fails in $n checks: $what"
	else
		failed=$((failed + 1))
		say "$name" "$case" "NOT OK: passes although $what"
	fi
done <"$here/data/weak.rows"
printf 'weak: %d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
