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
# Items are those of the file `items`; without any, all of them: less than ten minutes, and with QUICK=1,
# for a look, two.  What is to be found is in `targets`.
#
# RELEASE=bookworm, trixie or sid: all of it in a tree of that Debian, with its runc and crun
# (tests/engines/sandbox.sh, which makes and keeps it).
# N (default 100) rounds, T (default 15) seconds for each measurement at most; HUSK_BIN; OTHER: another
# husk to compare with; OUT: the directory for results.json and a curve for each item that has one.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-build}" && pwd)
[ $# -eq 0 ] || shift
: "${HUSK_BIN:=$build/husk}" "${OTHER:=}" "${OUT:=}" "${QUICK:=}" "${RELEASE:=}"
if [ -n "$QUICK" ]; then : "${N:=10}" "${T:=1}"; else : "${N:=100}" "${T:=15}"; fi
[ $# -gt 0 ] || set -- $(sed '/^#/d; s/ .*//' "$here/bench/items" | uniq)
for item; do
	grep -q "^$item " "$here/bench/items" || { echo "bench: no item \"$item\": see tests/bench/items" >&2; exit 2; }
done

# in_tree ITEM...: this script once more, in the tree.  All that is measured lies on the tree's own file
# system there, as runc and crun do.
in_tree()
{
	"$here/deps.sh" sandbox
	share=$(mktemp -d "${TMPDIR:-/tmp}/husk-bench.XXXXXX")
	trap 'rm -rf "$share"' EXIT
	trap 'exit 130' HUP INT PIPE TERM
	mkdir -p "$share/build/tests" "$share/out"
	cp "$HUSK_BIN" "$share/build/husk"
	[ -z "$OTHER" ] || cp "$OTHER" "$share/build/other"
	cp -r "$build/tests/bench" "$share/build/tests/"
	cp -r "$here" "$share/tests"
	mode=v1
	[ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] || mode=v2
	status=0
	HUSK_BUILD=$build HUSK_ENGINES_SHARE=$share "$here/engines/sandbox.sh" "$RELEASE" "$mode" -- \
		env HUSK_BENCH=tree N="$N" T="$T" QUICK="$QUICK" OTHER="${OTHER:+/opt/build/other}" \
		OUT="${OUT:+/share/out}" RELEASE="$RELEASE" sh -c 'cp -r /share/build /share/tests /opt/ &&
			exec /opt/tests/bench/run.sh /opt/build "$@"' sh "$@" || status=$?
	[ -z "$OUT" ] || { mkdir -p "$OUT" && cp "$share"/out/* "$OUT/"; }
	exit "$status"
}

case ${HUSK_BENCH-} in
inside)	;;
tree)	HUSK_BENCH=inside exec unshare -m --propagation private "$0" "$build" "$@" ;;
*)	[ "$(id -u)" -eq 0 ] || { echo "bench: must be root: runc and crun are measured beside it" >&2; exit 1; }
	[ -z "$RELEASE" ] || in_tree "$@"
	"$here/deps.sh" bench
	export HUSK_BENCH=inside HUSK_BIN N T OTHER OUT QUICK
	exec unshare -m --propagation private "$0" "$build" "$@" ;;
esac

# crun refuses hosts that mount v1 controllers and a v2 hierarchy.  Where that was mounted it would
# then write ordinary files, to a directory that every mount namespace has.
if grep -q ' /sys/fs/cgroup/unified cgroup2 ' /proc/self/mounts; then
	umount /sys/fs/cgroup/unified && mount -t tmpfs none /sys/fs/cgroup/unified
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/husk-bench.XXXXXX")
trap 'clean_up; umount "$work/state"; rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' HUP INT PIPE TERM
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

# What was measured, where: lines of a name and a text.
environment()
{
	for r in $runtimes; do
		version=$($(runtime "$r") --version | awk '
			/version/ { sub(/.*version /, ""); text = $0 }
			/^commit: / && $2 ~ /^[0-9a-f]+(-dirty)?$/ {
				text = text " (" substr($2, 1, 12) ($2 ~ /dirty/ ? ", changed" : "") ")"
			}
			END { print text }')
		echo "$r $version"
	done
	echo "debian $(cat /etc/debian_version 2>/dev/null || echo no)${RELEASE:+ ($RELEASE)}"
	echo "kernel $(uname -sr)"
	echo "processors $(nproc), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
	echo "cgroups $([ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] && echo v2 || echo v1)"
	echo "load $(cut -d ' ' -f 1-3 /proc/loadavg) before the first item: less than 0.3, or read cpu"
	echo "date $(date -u +%Y-%m-%dT%H:%MZ)"
}

# Nothing that was started outlives this script.
clean_up()
{
	for r in $runtimes; do
		rm -rf "$work/state/$r"/copy-*
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

# cgroups_of PID: options for the floor: where a container is made by PID, or where PID is in one
cgroups_of()
{
	while IFS=: read -r _ controllers path; do
		name=${controllers#name=}
		case $1 in
		self)	path= ;;
		*)	path=${path%/*} ;;
		esac
		if [ -n "$name" ]; then
			echo "-c $name=/sys/fs/cgroup/$name$path"
		else
			awk -v path="$path" '$3 == "cgroup2" { print "-u " $2 path; exit }' /proc/self/mounts
		fi
	done <"/proc/$1/cgroup"
}
cgroups=$(cgroups_of self | tr '\n' ' ')

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
	for r in $runtimes; do
		$(runtime "$r") run --detach --bundle "$work/sleep" "$tag-$r" </dev/null >/dev/null
	done
}

# The floor's is another process of husk's container.
item_exec()
{
	start_sleeping
	inside=$($(runtime husk) state "$tag-husk" | jq .pid)
	{
		echo "exec::floor $(floor -x "$inside" $(cgroups_of "$inside") | sed "s/ $tag / $tag-husk /")"
		echo
		for r in $runtimes; do
			echo "exec::$r $(runtime "$r") exec $tag-$r /bin/true"
			echo
		done
	} | measure
	clean_up
}

item_lifecycle()
{
	for r in $runtimes; do
		echo "create::$r $(runtime "$r") create --bundle $work/run $tag-$r"
		echo "start::$r $(runtime "$r") start $tag-$r"
		echo "- $work/rootfs/bin/busybox usleep 20000"
		echo "delete::$r $(runtime "$r") delete --force $tag-$r"
		echo
	done | measure
}

# more_containers FROM TO: copies of the state of the sleeping container: as many as make a list long
more_containers()
{
	for r in $runtimes; do
		seq -f "$work/state/$r/copy-%.0f" "$1" "$2" | xargs mkdir -m 700
		find "$work/state/$r/$tag-$r" -type f | while read -r file; do
			awk -v from="$1" -v to="$2" -v id="$tag-$r" -v dir="$work/state/$r/copy-" \
				-v name="/${file##*/}" '
				{ text = text $0 "\n" }
				END {
					for (i = from; i <= to; i++) {
						copy = text
						gsub(id, "copy-" i, copy)
						printf "%s", copy >(dir i name)
						close(dir i name)
					}
				}' "$file"
		done
	done
}

item_query()
{
	start_sleeping
	made=0
	for n in 0 100 1000; do
		[ "$n" -eq 0 ] || more_containers $((made + 1)) "$n"
		made=$n
		for r in $runtimes; do
			echo "state:$n:$r $(runtime "$r") state $tag-$r"
			echo "kill:$n:$r $(runtime "$r") kill $tag-$r CONT"
			echo
		done | measure
		for r in $runtimes; do
			echo "list:$n:$r $(runtime "$r") list"
			echo
		done | measure
	done
	clean_up
}

# crun holds a descriptor for each: the limit of 1024 has to go.
item_binds()
{
	mkdir "$work/source"
	for n in 100 1000; do
		(cd "$work/rootfs" && mkdir -p $(seq -f 'mnt/%.0f' "$n"))
		bundle "binds-$n" '.mounts += [range('"$n"') | { destination: "/mnt/\(. + 1)", type: "bind",
			source: "'"$work/source"'", options: ["rbind", "ro"] }]
			| del(.process.rlimits)'
		for r in $runtimes; do
			echo "binds:$n:$r $(runtime "$r") run --bundle $work/binds-$n $tag-$r"
			echo
		done | measure
	done
	rm -rf "$work/rootfs/mnt"
}

# A mount that is bound to a place below itself, again and again: twice as many each time.
item_host_mounts()
{
	mkdir "$work/many"
	mount -t tmpfs husk-bench "$work/many"
	for i in 1 2 3 4 5 6 7 8 9 10; do mkdir "$work/many/$i"; done
	for i in 1 2 3 4 5 6 7 8 9 10; do mount --rbind "$work/many" "$work/many/$i"; done
	{ echo "host-mounts:1000:floor $(floor $cgroups)"; echo; run_all host-mounts:1000 run; } |
		sed 's/^host-mounts:1000::/host-mounts:1000:/' | measure
	umount -l "$work/many"
}

item_parallel()
{
	slice=1000 rounds=3
	if [ -n "$QUICK" ]; then slice=300 rounds=1; fi
	for n in 1 2 4 8 16; do
		{
			echo "parallel:$n:floor $(floor $cgroups | sed "s/$tag /$tag-{} /")"
			echo
			for r in $runtimes; do
				echo "parallel:$n:$r $(runtime "$r") run --bundle $work/run $tag-$r-{}"
				echo
			done
		} | measure -j "$n" -t "$slice" -n "$rounds" -w 1
	done
}

item_rootless()
{
	mkdir "$work/state/user" "$work/rootless"
	cp "$HUSK_BIN" "$work/husk"
	"$HUSK_BIN" spec --rootless --bundle "$work/rootless"
	jq --arg rootfs "$work/rootfs" --slurpfile docker "$here/data/engine/docker-28.5.2-run.json" \
		"$container"' | .ociVersion = "1.0.2" | .linux.seccomp = $docker[0].linux.seccomp
		| .linux.uidMappings[0].hostID = 64231 | .linux.gidMappings[0].hostID = 64231' \
		"$work/rootless/config.json" >"$work/rootless/new"
	mv "$work/rootless/new" "$work/rootless/config.json"
	chown 64231:64231 "$work/state/user"
	chmod 755 "$work" "$work/state"
	# newuidmap, which runc and crun call, does not know users without a name.
	{ cat /etc/passwd; echo "husk-bench:x:64231:64231::/:/bin/false"; } >"$work/passwd"
	mount --bind "$work/passwd" /etc/passwd
	for r in $runtimes; do
		option=--cgroup-manager=disabled
		program=$(command -v "$r") || program=$work/husk
		case $r in
		husk)	program=$work/husk ;;
		runc)	option= ;;
		esac
		echo "rootless::$r $program --root $work/state/user/$r $option run --bundle $work/rootless $tag-$r"
		echo
	done >"$work/commands"
	env -i XDG_RUNTIME_DIR="$work/state/user" setpriv --reuid 64231 --regid 64231 --clear-groups \
		--inh-caps=-all "$interleave" -n "$N" -s "$T" <"$work/commands" >>"$work/results"
}

item_library()
{
	$(runtime husk) run --detach --bundle "$work/sleep" "$tag-husk" </dev/null >/dev/null
	"$build/tests/bench/library" "$N" "$T" "$work/state/husk" "$work/run" "$tag" "$tag-husk" 1 1024 \
		</dev/null >>"$work/results"
	clean_up
}

# What a process has for itself, in KiB; that of the program is the program's.
private_memory()	# PID
{
	awk '/^Private_/ { n += $2 } END { print n + 0 }' "/proc/$1/smaps_rollup"
}

item_memory()
{
	for r in $runtimes; do
		$(runtime "$r") create --bundle "$work/sleep" "$tag-$r" </dev/null >/dev/null
		pid=$($(runtime "$r") state "$tag-$r" | jq .pid)
		echo "memory $(private_memory "$pid") KiB are private to the process that waits for $r start"
		$(runtime "$r") start "$tag-$r"
		# Some say so before the program has taken the runtime's place.
		sleep 0.5
		cat /sys/fs/cgroup/pids/"$tag-$r"/cgroup.procs >"$work/procs" 2>/dev/null ||
			cat /sys/fs/cgroup/"$tag-$r"/cgroup.procs >"$work/procs" 2>/dev/null || :
		echo "memory $(grep -cvx "$pid" "$work/procs" || :) processes of $r stay beside the program" \
			"of a running container, which is $(readlink "/proc/$pid/exe")"
	done >>"$work/notes"
	clean_up
	[ -n "$QUICK" ] || "$here/bench/memory.sh" "$build" | sed 's/^/memory limit, smallest: /' >>"$work/notes"
}

: >"$work/results"
: >"$work/notes"
environment >"$work/environment"
sed 's/^[^ ]*/&:/' "$work/environment"
bundle sleep '.process.args = ["/bin/sleep", "1000000"]'
for item; do
	echo "bench: $item" >&2
	"item_$(echo "$item" | tr - _)"
done
[ -z "$OUT" ] || { mkdir -p "$OUT" && awk -v dir="$OUT" -f "$here/bench/plot.awk" "$work/results"; }
echo
awk -v json="${OUT:+$OUT/results.json}" -f "$here/bench/report.awk" "$here/bench/items" "$here/bench/targets" \
	"$work/environment" "$work/results"
cat "$work/notes"
