#!/bin/sh
# tests/bench/run.sh [BUILD-DIR [ITEM]...] - husk beside the floor, Debian's runc and crun.
#
# The floor (floor.c) is what the kernel takes for the same container. All take turns
# (interleave.c), so that what else the machine does meets all of them. The table's columns are the
# times of interleave.c; "cpu" is what other load changes least.
#
# The container is that of `husk spec` with the seccomp filter that Docker 28.5.2 writes, of busybox,
# and runs `true`. State directories lie on a tmpfs, as /run does. Before what is counted, a cache of
# compiled filters, where there is one, is filled.
#
# items:
#   run           the whole: make, run and delete a container
#   no-net        without a network namespace
#   no-cgroup     without cgroups
#   exec          another process in a running container
#
# N (default 100) rounds, T (default 20) seconds for each item at most; HUSK_BIN; OTHER: another husk to
# compare with; JSON: the file for the results.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-build}" && pwd)
[ $# -eq 0 ] || shift
: "${HUSK_BIN:=$build/husk}" "${N:=100}" "${T:=20}" "${OTHER:=}"

if [ "${HUSK_BENCH-}" != inside ]; then
	[ "$(id -u)" -eq 0 ] || { echo "bench: must be root: runc and crun are measured beside it" >&2; exit 1; }
	"$here/deps.sh" bench
	export HUSK_BENCH=inside HUSK_BIN N T OTHER
	exec unshare -m --propagation private "$0" "$build" "$@"
fi
[ $# -gt 0 ] || set -- run no-net no-cgroup exec

# crun refuses hosts that mount v1 controllers and a v2 hierarchy.  Where that was mounted it would
# then write ordinary files, to a directory that every mount namespace has.
if grep -q ' /sys/fs/cgroup/unified cgroup2 ' /proc/self/mounts; then
	umount /sys/fs/cgroup/unified && mount -t tmpfs none /sys/fs/cgroup/unified
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/husk-bench.XXXXXX")
trap 'clean_up; umount "$work/state"; rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM
clean_up() { :; }
mkdir "$work/state"
mount -t tmpfs -o mode=700 husk-bench "$work/state"

interleave=$build/tests/bench/interleave
tag=husk-bench-$$
runtimes=husk
[ -z "$OTHER" ] || runtimes="$runtimes other"
for runtime in crun runc; do
	if command -v "$runtime" >/dev/null 2>&1; then runtimes="$runtimes $runtime"; fi
done

# runtime NAME: how it is called
runtime()
{
	case $1 in
	husk)	echo "$HUSK_BIN --root $work/state/husk" ;;
	other)	echo "$OTHER --root $work/state/other" ;;
	*)	echo "$(command -v "$1") --root $work/state/$1" ;;
	esac
}

# Nothing that was started outlives this script.
clean_up()
{
	for r in $runtimes; do
		for state in "$work/state/$r"/*; do
			case $state in
			*/\* | */~*) ;;
			*)	$(runtime "$r") delete --force "${state##*/}" >/dev/null 2>&1 || : ;;
			esac
		done
	done
}

# bundle NAME [FILTER]: $work/NAME, the container above, changed by jq's FILTER
bundle()
{
	mkdir -p "$work/$1"
	jq --arg rootfs "$work/rootfs" "$container | ${2-.}" "$work/config.json" >"$work/$1/config.json"
}
container='.root.path = $rootfs | .process.args = ["/bin/true"] | .process.terminal = false'

mkdir -p "$work/rootfs/bin" "$work/rootfs/proc" "$work/rootfs/sys" "$work/rootfs/dev"
cp "$(command -v busybox)" "$work/rootfs/bin/busybox"
for applet in true sleep; do ln -s busybox "$work/rootfs/bin/$applet"; done
"$HUSK_BIN" spec --bundle "$work"
jq --slurpfile docker "$here/data/engine/docker-28.5.2-run.json" \
	'.ociVersion = "1.0.2" | .linux.seccomp = $docker[0].linux.seccomp' "$work/config.json" >"$work/with-filter"
mv "$work/with-filter" "$work/config.json"

# ---- the floor ---------------------------------------------------------------------------------

# The filter as husk compiled and cached it, without what is before it in the file: see
# runtime/process/seccomp_cache.c.
bundle run
$(runtime husk) run --bundle "$work/run" "$tag-husk" </dev/null
cached=$(echo "$work"/state/husk/*seccomp/*.bpf)
key=$(od -An -t u8 -j 16 -N 8 "$cached" | tr -d ' ')
tail -c "+$((41 + key))" "$cached" >"$work/filter"

cgroups=
while IFS=: read -r number controllers path; do
	name=${controllers#name=}
	if [ -z "$name" ]; then
		unified=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
		[ -z "$unified" ] || cgroups="$cgroups -u $unified"
	else
		cgroups="$cgroups -c $name=/sys/fs/cgroup/$name"
	fi
done </proc/self/cgroup

# floor [OPTION]...: its command
floor()
{
	echo "$build/tests/bench/floor -f $work/filter $* $work/rootfs $tag /bin/true"
}

# ---- items -------------------------------------------------------------------------------------

# measure [OPTION]... <COMMANDS: interleave's, whose results are kept
measure()
{
	"$interleave" -n "$N" -s "$T" "$@" >>"$work/results"
}

# run_all ITEM BUNDLE [RUNTIME-OPTION]: the lines of `run` for all runtimes
run_all()
{
	for r in $runtimes; do
		option=${3-}
		case $r in runc) option= ;; esac
		echo "$1::$r $(runtime "$r") $option run --bundle $work/$2 $tag-$r"
		echo
	done
}

item_run()
{
	{ echo "run::floor $(floor $cgroups)"; echo; run_all run run; } | measure
}

item_no_net()
{
	bundle no-net '.linux.namespaces |= map(select(.type != "network"))'
	{ echo "no-net::floor $(floor -n $cgroups)"; echo; run_all no-net no-net; } | measure
}

# runc cannot do without.
item_no_cgroup()
{
	bundle no-cgroup '.linux.namespaces |= map(select(.type != "cgroup"))
		| .mounts |= map(select(.type != "cgroup")) | del(.linux.resources)'
	{
		echo "no-cgroup::floor $(floor)"
		echo
		runtimes=$(echo "$runtimes" | sed 's/ *runc//')
		run_all no-cgroup no-cgroup --cgroup-manager=disabled
	} | measure
}

# A container of each runtime that runs until it is killed; two would share a cgroup if their IDs were
# the same.
start_sleeping()
{
	bundle sleep '.process.args = ["/bin/sleep", "1000000"]'
	for r in $runtimes; do
		$(runtime "$r") run --detach --bundle "$work/sleep" "$tag-$r" </dev/null >/dev/null
	done
}

item_exec()
{
	start_sleeping
	for r in $runtimes; do
		echo "exec::$r $(runtime "$r") exec $tag-$r /bin/true"
		echo
	done | measure
	clean_up
}

: >"$work/results"
for item do
	echo "bench: $item" >&2
	"item_$(echo "$item" | tr - _)"
done
awk -v json="${JSON-}" -f "$here/bench/report.awk" "$here/bench/targets" "$work/results"
