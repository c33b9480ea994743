#!/bin/sh
# tests/engines/run.sh [BUILD] [--write] - drive container engines with husk, crun and runc as their runtime, each in a
# sandbox of its own, and print a table engine x version x step.  --write keeps it in tests/engines/TABLE.md, in place of
# what stands there of the same engines, releases and mode.
#
# A cell fails where husk does not do what the better of crun and runc does.  Where none does, it is the
# engine's or the kernel's, and what each of them said stands below the table.
#
# ENGINES=  of podman podman-rootless buildah ctr cri docker swarm config    RUNTIMES= (default husk crun runc)
# RELEASES= of bookworm trixie sid (default the first two)            ONLY=REGEX  only steps that match
# MODE=     v1, hybrid or v2: cgroup hierarchies inside               JOBS=       sandboxes at once (default 2)
# KEEP=FILE keeps the lines that the table is made of
set -u

here=$(cd "$(dirname "$0")" && pwd)
tests=${here%/*}
: "${RUNTIMES:=husk crun runc}" "${RELEASES:=bookworm trixie}" "${MODE:=hybrid}" "${JOBS:=2}" "${ONLY:=}" "${KEEP:=}"
: "${ENGINES:=podman podman-rootless buildah ctr cri docker swarm config}"
export MODE ONLY

# One set: its lines go to standard output with the release before them, at once.
if [ "${1-}" = --set ]; then
	case $3 in
	*-rootless) set -- "$@" rootless ;;
	esac
	"$here/sandbox.sh" "$2" "$MODE" -- env ONLY="$ONLY" "/tests/${3%-rootless}.sh" "$4" ${5+"$5"} \
		>"$WORK/$2.$3.$4" 2>&1 </dev/null
	status=$?
	if [ "$status" -ne 0 ]; then
		set_is=$(sed -nE 's|^[a-z ]+ - ([^/]+/[^/]+)/.*|\1|p; T; q' "$WORK/$2.$3.$4")
		echo "not ok - ${set_is:-$3/?}/$4: the set ends ($status)" >>"$WORK/$2.$3.$4"
	fi
	sed "s/^/$2 /" "$WORK/$2.$3.$4" | flock "$WORK/lock" tee -a "$WORK/lines"
	exit 0
fi

skip()
{
	echo "# SKIP test-engines: $1"
	echo "test-engines: 0 passed, 0 failed, 1 skipped"
	exit 0
}

write=
build=build
for argument; do
	case $argument in
	--write) write=yes ;;
	*)	build=$argument ;;
	esac
done
[ -z "$write" ] || [ "$ONLY/$RUNTIMES" = "/husk crun runc" ] || {
	echo "test-engines: only whole sets of husk, crun and runc are kept: leave ONLY and RUNTIMES alone" >&2
	exit 2
}
[ "$(id -u)" -eq 0 ] || skip "needs root"
"$tests/deps.sh" sandbox || skip "mmdebstrap cannot be installed"
HUSK_BUILD=$(cd "$build" && pwd) || exit 1
WORK=$(mktemp -d "${TMPDIR:-/tmp}/husk-engines.XXXXXX") || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 130' HUP INT PIPE TERM
export HUSK_BUILD WORK
: >"$WORK/lines"
for release in $RELEASES; do
	"$here/sandbox.sh" "$release" build || skip "no tree of Debian $release can be made"
done
for release in $RELEASES; do
	for engine in $ENGINES; do
		[ -e "$here/${engine%-rootless}.sh" ] || continue
		for runtime in $RUNTIMES; do
			echo "$release $engine $runtime"
		done
	done
done | xargs -n 3 -P "$JOBS" "$0" --set

[ -z "$KEEP" ] || cp "$WORK/lines" "$KEEP"
awk -v runtimes="$RUNTIMES" -v mode="$MODE" -v made="$(date -I), Linux $(uname -r | cut -d- -f1)." -f "$here/table.awk" "$WORK/lines" \
	>"$WORK/table"
sed '$d' "$WORK/table"
if [ -n "$write" ]; then
	touch "$here/TABLE.md"
	sed '$d' "$WORK/table" | awk -f "$here/merge.awk" "$here/TABLE.md" - >"$WORK/TABLE.md"
	cp "$WORK/TABLE.md" "$here/TABLE.md"
fi
echo
tail -n 1 "$WORK/table"
! tail -n 1 "$WORK/table" | grep -qv ' 0 failed'
