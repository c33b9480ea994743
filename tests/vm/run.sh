#!/bin/sh
# tests/vm/run.sh [-b uml|qemu] [BUILD [PATTERN]...] - the integration cases in guests with cgroup
# v2 alone and systemd, as root and as a user with a delegated cgroup; what `make test-vm` does.
# Each round of guest/suite has a guest of its own; its output comes when it has ended.
#
# ROUNDS="root delegated outside systemd user-systemd"  which of them       V=1  print every check
# ALL=1   every case in every round: guest/suite tells which are left out without
# GUESTS  how many at once (default: one for each CPU, 3 GiB of memory each; qemu: 1)
# LIMIT   seconds for each (default 1800)
set -u

here=$(cd "$(dirname "$0")" && pwd)

# One round, in a guest; @1: its directory.
if [ "${1-}" = --round ]; then
	dir=$2 backend=$3 command=$4
	"$here/boot.sh" -b "$backend" -t "${LIMIT:-1800}" "$dir/share" "$command" >"$dir/log" 2>&1
	{
		flock 9
		cat "$dir/log"
	} 9>"$dir/../lock"
	exit 0
fi

backend=uml
if [ "${1-}" = -b ]; then
	backend=$2
	shift 2
fi
build=$(cd "${1:-build}" && pwd) || exit 1
[ $# -eq 0 ] || shift
: "${ROUNDS:=root systemd delegated user-systemd outside}"
[ "$backend" = uml ] || : "${GUESTS:=1}" "${SLOW:=10}"

work=$(mktemp -d "${TMPDIR:-/tmp}/husk-vm.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT PIPE TERM
start=$(date +%s)
# Before there are several who want the image; 77: this machine cannot.
status=0
"$here/boot.sh" -b "$backend" build >"$work/log" 2>&1 || status=$?
cat "$work/log"
if [ "$status" -eq 77 ]; then
	echo "skip - vm # SKIP $(sed -n 's/^vm: //p' "$work/log" | tail -n 1)"
	echo "vm: 0 passed, 0 failed, 1 skipped"
	exit 0
fi

for round in $ROUNDS; do
	share=$work/$round/share
	mkdir -p "$share/build/tests/helpers" || exit 1
	cp "$build/husk" "$share/build/" || exit 1
	find "$build/tests/helpers" -maxdepth 1 -type f -perm -u+x \
		-exec cp '{}' "$share/build/tests/helpers/" ';'
	# For process/selinux; it needs the C library only.
	! command -v checkpolicy >/dev/null || cp "$(command -v checkpolicy)" "$share/build/tests/helpers/"
	cp -r "$here/.." "$share/tests"
	rm -rf "$share/tests/fuzz" "$share/tests/unit"
	command="ROUNDS=$round SLOW='${SLOW:-}' V='${V:-}' ALL='${ALL:-}' suite"
	for pattern in "$@"; do
		command="$command '$pattern'"
	done
	printf '%s\0%s\0%s\0%s\0' --round "$work/$round" "$backend" "$command"
done >"$work/rounds"
xargs -0 -n 4 -P "${GUESTS:-$(nproc)}" "$0" <"$work/rounds"

echo "vm: $backend took $(($(date +%s) - start)) s"
# Each round must have got to its end.
cat "$work"/*/log |
sed -n 's/^vm [a-z-]*: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' |
awk -v wanted="$(echo $ROUNDS | wc -w)" '
	{ p += $1; f += $2; s += $3 }
	END {
		f += wanted - NR
		printf "vm: %d passed, %d failed, %d skipped\n", p, f, s
		exit f > 0
	}'
