#!/bin/sh
# tests/lint/budget.sh [--write] - no operation makes more system calls, or touches more pages, than
# tests/data/budgets allows: time depends on what else the machine does, these hardly do.
#
# The operations are those of a user without privilege, with namespaces, a seccomp filter from the
# cache and no cgroup.  A change that needs more writes the budgets anew and says in its commit why;
# one that needs less is told so.  Which calls: the file has them all, so what fails is named.
#
# What may differ from host to host: files that are looked for once (AppArmor's, the C library's), and
# pages, which depend on how the page cache holds the programs.  SLACK has how much that may be.
set -eu

build=$(cd "${BUILD:-build}" && pwd)
budgets=$PWD/tests/data/budgets
SLACK_CALLS=2		# of an operation of one process
SLACK_FAULTS=10		# per cent
husk=$build/husk count=$build/tests/helpers/count

[ -x "$husk" ] && [ -x "$count" ] || { echo "$build has not been built"; exit 77; }
[ "$(uname -m)" = x86_64 ] || { echo "the budgets are those of x86_64"; exit 77; }
if nm "$husk" | grep -q ' __asan_init$'; then
	echo "sanitizers make calls of their own"
	exit 77
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/husk-budget.XXXXXX")
clean_up()
{
	for id in made runs; do
		as_user "$husk" $options delete --force "$id" >/dev/null 2>&1 || :
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Not as root, which takes other ways than most users do.  A user of /etc/passwd: the name of any other
# is asked of the host's name service, which makes as many calls as it likes.
user=
uid=$(id -u)
as_user() { "$@"; }
if [ "$uid" -eq 0 ]; then
	uid=65534
	user="-u $uid"
	as_user() { setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all "$@"; }
fi
cut -d: -f3 /etc/passwd | grep -qx "$uid" || { echo "user $uid is not in /etc/passwd"; exit 77; }

mkdir -p "$work/rootfs/proc" "$work/rootfs/dev" "$work/rootfs/sys" "$work/state"
cp "$count" "$work/rootfs/count"
cp "$husk" "$work/husk"
husk=$work/husk
jq --argjson id "$uid" --slurpfile docker tests/data/engine/docker-28.5.2-run.json '
	.process.args = ["/count", "exit"] | .linux.seccomp = $docker[0].linux.seccomp
	| .linux.namespaces += [{ type: "user" }]
	| .linux.uidMappings = [{ containerID: 0, hostID: $id, size: 1 }]
	| .linux.gidMappings = .linux.uidMappings
	| .linux.maskedPaths = ["/proc/stat", "/proc/fs"] | .linux.readonlyPaths = ["/proc/sys"]' \
	tests/data/bundle/config.json >"$work/config.json"
mkdir "$work/sleeps"
jq '.process.args = ["/count", "sleep"] | .root.path = "../rootfs"' "$work/config.json" \
	>"$work/sleeps/config.json"
[ -z "$user" ] || chown -R "$uid:$uid" "$work"
options="--root $work/state --cgroup-manager=disabled"

# The filter is compiled once for all that follows.
as_user "$husk" $options run --bundle "$work" first </dev/null >"$work/said" 2>&1 || {
	echo "no container without privilege here: $(tail -n 1 "$work/said")"
	exit 77
}

"${CC:-cc}" -E -dM -include sys/syscall.h -x c /dev/null |
	sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/\2 \1/p' >"$work/names"

# measure OPERATION ARG...: "OPERATION WHO CALL COUNT" for each
measure()
{
	operation=$1
	shift
	"$count" $user "$husk" "$@" >"$work/counted" || { echo "$operation fails: husk $*" >&2; exit 1; }
	awk -v operation="$operation" 'NR == FNR { name[$1] = $2; next }
		{ print operation, $1, ($2 in name ? name[$2] : $2), $3 }' "$work/names" "$work/counted" |
		grep -v "$ignored" >>"$work/found" || :
}

# What a process does in the background after its caller has gone is not counted in full.
ignored=' init '
: >"$work/found"
measure version --version
measure create $options create --bundle "$work" made
measure start $options start made
measure run-detached $options run --detach --bundle "$work/sleeps" runs
measure state $options state runs
measure list $options list
measure kill $options kill runs CONT
as_user "$husk" $options delete --force made
as_user "$husk" $options kill runs KILL
# While it dies, delete takes other ways.
as_user "$husk" $options wait runs >/dev/null 2>&1 || :
measure delete $options delete runs
ignored=none
measure run $options run --bundle "$work" runs
as_user "$husk" $options run --detach --bundle "$work/sleeps" runs </dev/null >/dev/null 2>&1
measure exec $options exec runs /count exit
ignored=' init '
measure delete-force $options delete --force runs

if [ "${1-}" = --write ]; then
	{
		sed -n '/^#/p' "$budgets"
		cat "$work/found"
	} >"$work/new"
	cat "$work/new" >"$budgets"
	exit
fi

awk -v calls="$SLACK_CALLS" -v faults="$SLACK_FAULTS" '
function judge(what, got, allowed, slack,	i, n, key, word)
{
	if (got > allowed + slack) {
		printf "%s: %d, the budget is %d\n", what, got, allowed
		bad = 1
	} else if (got < allowed - slack) {
		printf "note: %s: %d, the budget is %d and can be lowered: " \
			"tests/lint/budget.sh --write\n", what, got, allowed
		return
	} else {
		return
	}
	n = split(what, word, " ")
	for (key in all) {
		split(key, k, SUBSEP)
		if (k[1] == word[1] && k[2] == word[2] && k[3] != "faults" && was[key] != is[key] &&
		    word[3] == "calls")
			printf "    %s: %d instead of %d\n", k[3], is[key], was[key]
	}
}
/^#/ { next }
{
	who[$1 " " $2] = 1
	all[$1, $2, $3] = 1
	if (NR == FNR)
		was[$1, $2, $3] = $4
	else
		is[$1, $2, $3] = $4
	if ($3 != "faults")
		sum[NR == FNR, $1 " " $2] += $4
}
END {
	for (w in who) {
		split(w, k, " ")
		judge(w " calls", sum[0, w], sum[1, w], calls)
		judge(w " faults", is[k[1], k[2], "faults"], was[k[1], k[2], "faults"],
			was[k[1], k[2], "faults"] * faults / 100)
	}
	exit bad
}' "$budgets" "$work/found"
