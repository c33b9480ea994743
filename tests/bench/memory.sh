#!/bin/sh
# tests/bench/memory.sh [-b uml|qemu] [BUILD-DIR] - the smallest memory limit, in KiB, with which
# `/bin/true` of a static busybox runs five times out of five: husk beside Debian's runc and crun.
#
# The limit counts all that happens in the container's cgroup: making the container too.  Swap is
# not allowed.  With -b it is measured in a guest (tests/vm/boot.sh) on cgroup v2.
#
# HUSK_BIN; LEAST and MOST (KiB, default 64 and 65536) bound the search, STEP (16) is its precision.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
if [ "${1-}" = -b ]; then
	build=$(cd "${3:-build}" && pwd)
	share=$(mktemp -d "${TMPDIR:-/tmp}/husk-bench-share.XXXXXX")
	trap 'rm -rf "$share"' EXIT
	mkdir "$share/build"
	cp "$build/husk" "$share/build/"
	cp -r "$here" "$share/tests"
	# The measured programs lie on the guest's own disk, whose page cache the others pay for.
	"$here/vm/boot.sh" -b "$2" "$share" \
		'cp -r build tests /var/tmp && exec /var/tmp/tests/bench/memory.sh /var/tmp/build'
	exit
fi
build=$(cd "${1:-build}" && pwd)
: "${HUSK_BIN:=$build/husk}" "${LEAST:=64}" "${MOST:=65536}" "${STEP:=16}"
[ "$(id -u)" -eq 0 ] || { echo "bench: must be root, for runc and crun" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/husk-bench.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
mkdir -p "$work/rootfs/bin" "$work/rootfs/proc" "$work/rootfs/sys" "$work/rootfs/dev"
cp "$(command -v busybox)" "$work/rootfs/bin/busybox"
ln -s busybox "$work/rootfs/bin/true"

# bundle KIB: a configuration with that limit, 0: with none
bundle()
{
	jq --arg rootfs "$work/rootfs" --arg id "/husk-bench-$$" --argjson limit "$(($1 * 1024))" '
		.root = {path: $rootfs, readonly: true} | .process.args = ["/bin/true"]
		| .linux.cgroupsPath = $id
		| if $limit > 0 then .linux.resources.memory = {limit: $limit, swap: $limit}
			else . end' "$here/data/bundle/config.json" >"$work/config.json"
}

# works PROGRAM KIB: five times out of five?  What a killed runtime leaves is removed.
works()
{
	bundle "$2"
	for round in 1 2 3 4 5; do
		timeout 20 "$1" --root "$work/state" run --bundle "$work" "husk-bench-$$" \
			</dev/null >"$work/log" 2>&1 || {
			"$1" --root "$work/state" delete --force "husk-bench-$$" >/dev/null 2>&1 || :
			return 1
		}
	done
}

smallest()	# PROGRAM
{
	low=$LEAST high=$MOST
	works "$1" "$high" || { echo "more than $MOST KiB: $(tail -n 1 "$work/log")"; return; }
	while [ $((high - low)) -gt "$STEP" ]; do
		middle=$(((low + high) / 2))
		if works "$1" "$middle"; then high=$middle; else low=$middle; fi
	done
	echo "$high KiB"
}

for runtime in husk runc crun; do
	program=$HUSK_BIN
	[ "$runtime" = husk ] || program=$(command -v "$runtime") || continue
	if works "$program" 0; then
		printf '%-5s %s\n' "$runtime" "$(smallest "$program")"
	else
		printf '%-5s does not run here: %s\n' "$runtime" "$(tail -n 1 "$work/log")"
	fi
done
