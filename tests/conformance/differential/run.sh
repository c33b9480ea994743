#!/bin/sh
# tests/conformance/differential/run.sh [BUILD [PATTERN]...] - the same bundles through husk, runc and crun.
#
# Each bundle of bundles/TOPIC.sh runs in each runtime, which is observed from inside and outside.
# What husk does otherwise than runc or crun must be listed, with its reason, in `differences`; a
# row there that nothing needs any more fails, too.  One TAP line a bundle.
#
# PATTERN: only bundles whose topic/name contains one of them.  V=1 shows the listed differences;
# KEEP=DIR keeps what was observed.  HUSK_BIN: husk to test (default BUILD/husk).
set -u

here=$(cd "$(dirname "$0")" && pwd)
tests=$(cd "$here/../.." && pwd)
: "${V:=}" "${KEEP:=}" "${JOBS:=2}"
export V

skip()
{
	echo "# SKIP differential: $1"
	echo "differential: 0 passed, 0 failed, 1 skipped"
	exit 0
}

# ---- one topic, in a mount namespace of its own, below the reaper --------------------------------

if [ "${1-}" = --topic ]; then
	. "$here/lib.sh"
	. "$here/bundles/$TOPIC.sh"
	exit 0
fi

# Job @1, topic @2.
if [ "${1-}" = --job ]; then
	ID=$TAG-$2 TOPIC=$3 TOPIC_DIR=$WORK/$3
	export ID TOPIC TOPIC_DIR
	mkdir -p "$TOPIC_DIR"
	unshare -m --propagation private "$REAPER" 900 sh "$0" --topic \
		>"$WORK/log.$TOPIC" 2>&1 <"$WORK/null"
	status=$?
	[ "$status" -eq 0 ] || echo "not ok - $TOPIC: ended with $status" >>"$WORK/log.$TOPIC"
	flock "$WORK/lock" cat "$WORK/log.$TOPIC"
	exit 0
fi

# ---- all of them ---------------------------------------------------------------------------------

[ "$(id -u)" -eq 0 ] || skip "needs root"
if [ "${DIFFERENTIAL-}" != inside ]; then
	"$tests/deps.sh" differential || skip "runc and crun cannot be installed"
	for program in runc crun jq busybox; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
	DIFFERENTIAL=inside exec unshare -m --propagation private "$0" "$@"
fi

# crun refuses hosts that mount v1 controllers and a v2 hierarchy.
if grep -q ' /sys/fs/cgroup/unified cgroup2 ' /proc/self/mounts; then
	# It would then write ordinary files to the directory below, which every mount namespace has.
	umount /sys/fs/cgroup/unified && mount -t tmpfs none /sys/fs/cgroup/unified ||
		skip "the v2 hierarchy of a hybrid host cannot be hidden"
fi

build=$(cd "${1:-build}" && pwd) || exit 1
[ $# -eq 0 ] || shift
PATTERNS=$*
WORK=$(mktemp -d "${TMPDIR:-/tmp}/husk-differential.XXXXXX") || exit 1
trap 'rm -rf --one-file-system "$WORK"' EXIT
trap 'exit 130' HUP INT PIPE TERM
# A peer gives descriptors 0, 1 and 2 to the container's root, even where that is /dev/null.
mknod -m 666 "$WORK/null" c 1 3 || skip "no device can be made in ${TMPDIR:-/tmp}"
: "${HUSK_BIN:=$build/husk}"
PROBE=$build/tests/helpers/probe REAPER=$build/tests/helpers/reaper
FDRECV=$build/tests/helpers/fdrecv TAG=huskdiff$$ CONFIG=$tests/data/bundle/config.json
# What these mean is a bundle's business.
unset NOTIFY_SOCKET LISTEN_FDS LISTEN_PID XDG_RUNTIME_DIR
export HUSK_BIN PATTERNS WORK PROBE REAPER FDRECV TAG CONFIG

: >"$WORK/used"
ln -s "$HUSK_BIN" "$WORK/crun"
(cd "$here/bundles" && ls) | sed 's/\.sh$//' | awk '{ print NR, $0 }' |
	xargs -n 2 -P "$JOBS" sh "$0" --job | tee "$WORK/log"

# Rows that nothing needed, when everything ran; a topic's lines are all that can be partial.
if [ -z "$PATTERNS" ]; then
	awk -f "$here/rows.awk" "$here/differences" | sort >"$WORK/rows"
	sort -u "$WORK/used" | comm -23 "$WORK/rows" - |
		sed 's/^/not ok - differences: no longer needed: /' | tee -a "$WORK/log"
fi
left=$(find /sys/fs/cgroup -path /sys/fs/cgroup/unified -prune -o -type d -name "$TAG*" -print 2>/dev/null)
[ -z "$left" ] || echo "not ok - left behind: $left" | tee -a "$WORK/log"
[ -z "$KEEP" ] || cp -r "$WORK/facts" "$KEEP"

passed=$(grep '^ok ' "$WORK/log" | grep -vc '# SKIP')
skipped=$(grep -c '^ok .*# SKIP' "$WORK/log")
failed=$(grep -c '^not ok ' "$WORK/log")
echo "differential: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$((passed + skipped))" -gt 0 ]
