#!/bin/sh
# tests/run-faults.sh BUILD-DIR - the fault matrix; `make test-faults`.
#
# lifecycle/faults with every system call of run, create, start, exec, kill and delete, of the caller and
# of husk-init, and each of EPERM, ENOMEM, EINTR and SIGKILL there, one at a time: as root and as a user.
# A line for each call says of how many points what has become:
#
#	s  survived: exit status 0, and the container is what it should be
#	r  refused: a message and a status that is not 0
#	k  husk itself was killed, as it was to be
#	u  unmet: the call was not made this time
#
# In every case nothing is left but what `delete --force` takes away, no process above all, nothing
# hangs (20 s), and the ID can be used again; else the point is WRONG, and the run fails.
# Of a user's container without a cgroup the processes are looked for in all of /proc; so as root a pid
# namespace keeps that short.  FAULT_OPERATIONS="start exec": these alone.  USERS: root, user, or both, as with run-integration.sh.
set -u

here=$(cd "$(dirname "$0")" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
start=$(date +%s)
alone=
[ "$(id -u)" -ne 0 ] || alone="unshare --pid --fork --mount-proc --propagation private"
FAULTS=all LIMIT=${LIMIT:-3600} V=1 $alone "$here/run-integration.sh" "${1:-build}" lifecycle/faults.sh >"$log" 2>&1
sed -n -e 's/^    # \(fault \)/\1/p' "$log"
sed -n -e '/^    not ok/,/^    ok/{/^    ok/!p}' -e '/# SKIP/p' -e '/^not ok/p' -e '/# leaked/p' "$log"
sed -n -e 's/^    # \(faults of \)/\1/p' "$log"
awk '
	/^    # faults of / {
		for (i = 5; i < NF; i++) {
			if ($(i + 1) ~ /^points/) points += $i
			if ($(i + 1) ~ /^WRONG/) wrong += $i
		}
	}
	/^integration: / { failed = $4 }
	END {
		# Beside the points there are checks after all of them.
		failed = failed > wrong ? failed : wrong
		printf "fault matrix: %d points\n", points
		printf "faults: %d passed, %d failed, 0 skipped\n", points - wrong, failed
		exit failed > 0 || points == 0
	}' "$log"
status=$?
echo "faults: $(($(date +%s) - start)) s"
exit $status
