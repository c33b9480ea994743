#!/bin/sh
# tests/bench/run.sh [BUILD-DIR] - time and memory of husk beside Debian's runc and crun.
#
# The same bundle for all: busybox's `true`, every namespace of the default configuration, a cgroup,
# and the seccomp filter that Docker 28.5.2 writes.  Rounds of hyperfine -N alternate between the
# runtimes, so that what else the machine does meets them all; medians are over all rounds.
#
# Two warm-up runs come before each round: a cache of compiled filters, where there is one, is filled.
#
# ROUNDS (default 10), RUNS per round (default 20), HUSK_BIN.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-build}" && pwd)
: "${HUSK_BIN:=$build/husk}" "${ROUNDS:=10}" "${RUNS:=20}"

if [ "${HUSK_BENCH-}" != inside ]; then
	[ "$(id -u)" -eq 0 ] || { echo "bench: must be root: runc and crun are measured beside it" >&2; exit 1; }
	"$here/deps.sh" bench
	export HUSK_BENCH=inside HUSK_BIN ROUNDS RUNS
	exec unshare -m --propagation private "$0" "$build"
fi

# crun refuses hosts that mount v1 controllers and a v2 hierarchy.  Where that was mounted it would
# then write ordinary files, to a directory that every mount namespace has.
if grep -q ' /sys/fs/cgroup/unified cgroup2 ' /proc/self/mounts; then
	umount /sys/fs/cgroup/unified && mount -t tmpfs none /sys/fs/cgroup/unified
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/husk-bench.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM

runtimes=husk
for runtime in runc crun; do
	if command -v "$runtime" >/dev/null 2>&1; then runtimes="$runtimes $runtime"; fi
done

program()	# RUNTIME
{
	if [ "$1" = husk ]; then echo "$HUSK_BIN"; else command -v "$1"; fi
}

# bundle NAME RUNTIME FILTER: $work/RUNTIME/NAME
bundle()
{
	mkdir -p "$work/$2/$1" "$work/$2/root"
	jq --arg id "husk-bench-$2" --arg rootfs "$work/rootfs" \
		--slurpfile docker "$here/data/engine/docker-28.5.2-run.json" \
		".root = {path: \$rootfs, readonly: true} | .process.args = [\"/bin/true\"]
		| .process.capabilities = \$docker[0].process.capabilities
		| .linux.cgroupsPath = \"/\" + \$id | .linux.seccomp = \$docker[0].linux.seccomp | $3" \
		"$here/data/bundle/config.json" >"$work/$2/$1/config.json"
}

mkdir -p "$work/rootfs/bin" "$work/rootfs/proc" "$work/rootfs/sys" "$work/rootfs/dev" "$work/times"
cp "$(command -v busybox)" "$work/rootfs/bin/busybox"
ln -s busybox "$work/rootfs/bin/true"
ln -s busybox "$work/rootfs/bin/sleep"
for runtime in $runtimes; do
	bundle run "$runtime" .
	bundle plain "$runtime" 'del(.linux.seccomp) | .linux.namespaces |= map(select(.type != "network"))
		| .mounts |= map(select(.type != "sysfs"))'
	bundle sleep "$runtime" '.process.args = ["/bin/sleep", "1000"]'
done

# measure NAME COMMAND-TEMPLATE: R is the runtime with its --root, B its directory, I its ID
measure()
{
	name=$1
	for round in $(seq "$ROUNDS"); do
		for runtime in $runtimes; do
			command=$(printf '%s' "$2" | sed "s|@R|$(program "$runtime") --root $work/$runtime/root|g
				s|@B|$work/$runtime|g; s|@I|husk-bench-$runtime|g")
			hyperfine -N --style none --warmup 2 --runs "$RUNS" \
				--export-json "$work/out.json" "$command" >/dev/null 2>"$work/said" || {
				echo "bench: $command" >&2
				cat "$work/said" >&2
				$command >&2 || true
				exit 1
			}
			jq '.results[0].times[]' "$work/out.json" >>"$work/times/$name.$runtime"
		done
	done
	report "$name" "ms" 1000
}

median()	# FILE FACTOR
{
	sort -g "$1" | awk -v f="$2" '{ v[NR] = $1 }
		END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
			printf "%.3f", m * f }'
}

# One row: medians, then husk's as a part of each other's.
report()
{
	printf '%-28s' "$1"
	own=$(median "$work/times/$1.husk" "$3")
	for runtime in $runtimes; do
		printf ' %10.2f' "$(median "$work/times/$1.$runtime" "$3")"
	done
	printf ' %-4s' "$2"
	for runtime in $runtimes; do
		[ "$runtime" = husk ] || awk -v a="$own" -v name="$runtime" \
			-v b="$(median "$work/times/$1.$runtime" "$3")" \
			'BEGIN { printf "  husk/%s %.2f", name, a / b }'
	done
	echo
}

printf '%-28s' "medians of $((ROUNDS * RUNS))"
for runtime in $runtimes; do printf ' %10s' "$runtime"; done
echo
measure run '@R run --bundle @B/run @I'
measure run-no-net-no-seccomp '@R run --bundle @B/plain @I'

# A running container of each for exec; they must not outlive this script.
stop()
{
	for runtime in $runtimes; do
		"$(program "$runtime")" --root "$work/$runtime/root" delete --force \
			"husk-bench-$runtime" >/dev/null 2>&1 || true
	done
}
trap 'stop; rm -rf --one-file-system "$work"' EXIT
for runtime in $runtimes; do
	"$(program "$runtime")" --root "$work/$runtime/root" run --detach --bundle "$work/$runtime/sleep" \
		"husk-bench-$runtime" </dev/null >/dev/null 2>&1
done
measure exec '@R exec @I /bin/true'
stop

# ---- memory ------------------------------------------------------------------------------------

# The floor: a program that does nothing, with the same libraries.
echo 'int main(void) { return 0; }' >"$work/empty.c"
libs=$(make -s --no-print-directory -C "$here/.." --eval='bench-libs:;@echo $(LDLIBS)' bench-libs)
${CC:-cc} -o "$work/empty" "$work/empty.c" -Wl,--no-as-needed $libs

peak=$build/tests/helpers/peak
for round in $(seq 11); do
	for runtime in $runtimes; do
		set -- "$(program "$runtime")" --root "$work/$runtime/root"
		"$peak" "$@" create --bundle "$work/$runtime/run" "husk-bench-$runtime" \
			>>"$work/times/peak-of-create.$runtime"
		"$@" delete --force "husk-bench-$runtime"
	done
	"$peak" "$work/empty" >>"$work/times/empty"
done
report peak-of-create KiB 1
awk -v a="$(median "$work/times/peak-of-create.husk" 1)" -v b="$(median "$work/times/empty" 1)" \
	'BEGIN { printf "%-28s %10.2f KiB: husk create needs %.2f times as much\n", "empty program, same libs", b, a / b }'
