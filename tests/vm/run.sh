#!/bin/sh
# tests/vm/run.sh [-b uml|qemu] [BUILD [PATTERN]...] - the integration cases in a guest with cgroup
# v2 alone and systemd, as root and as a user with a delegated cgroup; what `make test-vm` does.
#
# ROUNDS="root delegated outside systemd user-systemd"  which of them       V=1  print every check
# ALL=1  every case in every round: guest/suite tells which are left out without
# LIMIT  seconds for all of it (default 1800)
set -u

here=$(cd "$(dirname "$0")" && pwd)
backend=uml
if [ "${1-}" = -b ]; then
	backend=$2
	shift 2
fi
build=$(cd "${1:-build}" && pwd) || exit 1
[ $# -eq 0 ] || shift

share=$(mktemp -d "${TMPDIR:-/tmp}/husk-vm-share.XXXXXX") || exit 1
log=$(mktemp)
trap 'rm -rf "$share" "$log"' EXIT
trap 'exit 130' HUP INT PIPE TERM
mkdir -p "$share/build/tests/helpers"
cp "$build/husk" "$share/build/" || exit 1
find "$build/tests/helpers" -maxdepth 1 -type f -perm -u+x \
	-exec cp '{}' "$share/build/tests/helpers/" ';'
cp -r "$here/.." "$share/tests"
rm -rf "$share/tests/fuzz" "$share/tests/unit"

command="ROUNDS='${ROUNDS:-root delegated outside systemd user-systemd}' V='${V:-}' ALL='${ALL:-}' suite"
for pattern in "$@"; do
	command="$command '$pattern'"
done
start=$(date +%s)
{
	"$here/boot.sh" -b "$backend" -t "${LIMIT:-1800}" "$share" "$command" 2>&1
	echo $? >"$log.status"
} | tee "$log"
status=$(cat "$log.status")
rm -f "$log.status"
echo "vm: $backend took $(($(date +%s) - start)) s"
if [ "$status" -eq 77 ]; then
	echo "skip - vm # SKIP $(sed -n 's/^vm: //p' "$log" | tail -n 1)"
	echo "vm: 0 passed, 0 failed, 1 skipped"
	exit 0
fi
# Each round must have got to its end.
sed -n 's/^vm [a-z-]*: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$log" |
awk -v wanted="$(echo ${ROUNDS:-root delegated outside systemd user-systemd} | wc -w)" '
	{ p += $1; f += $2; s += $3 }
	END {
		f += wanted - NR
		printf "vm: %d passed, %d failed, %d skipped\n", p, f, s
		exit f > 0
	}'
