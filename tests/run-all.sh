#!/bin/sh
# tests/run-all.sh - build, and run every test this machine can run; what `make test` does.
#
# Each stage ends with a line "NAME: N passed, N failed, N skipped"; the last line sums them.  A
# stage that could not even be built counts as one failure.
set -u

cd "$(dirname "$0")/.." || exit 1
jobs=$(nproc)
[ "$jobs" -le 4 ] || jobs=4
log=$(mktemp)
sums=$(mktemp)
trap 'rm -f "$log" "$sums"' EXIT
# Not what an outer make was told: every stage names its own build.
unset MAKEFLAGS MFLAGS MAKELEVEL SAN BUILD HUSK_BIN

# stage NAME COMMAND...: show what it says and keep its sum.  The name of the log's last line is
# replaced, so that the second round can be told from the first.
stage()
{
	name=$1
	shift
	echo "== $name"
	start=$(date +%s)
	{ "$@" 2>&1; echo $? >"$log.status"; } | tee "$log"
	status=$(cat "$log.status")
	rm -f "$log.status"
	sum=$(sed -n 's/^[a-z]*: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$log")
	if [ "$status" -ne 0 ] && ! printf '%s\n' "$sum" | awk '{ f += $2 } END { exit f == 0 }'; then
		echo "not ok - $name: exit status $status"
		echo 0 1 0 >>"$sums"
	fi
	[ -z "$sum" ] || printf '%s\n' "$sum" >>"$sums"
	echo "== $name: $(($(date +%s) - start)) s"
	return "$status"
}

total()
{
	awk '{ p += $1; f += $2; s += $3 }
		END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 || p == 0 }' "$sums"
}

if stage build make -s -j"$jobs" all helpers; then
	stage check make -s -j"$jobs" check
	stage integration tests/run-integration.sh build
	# What depends on the cgroup hierarchies, without the v2 one of a hybrid host.
	stage integration-v1 env CGROUPS=v1 USERS=root tests/run-integration.sh build cgroups/ \
		lifecycle/create lifecycle/delete lifecycle/pause
	# An ordinary user to whom /etc/subuid gives ids, and who leaves the user namespace to husk.
	stage integration-subids env SUBIDS=yes USERS=user tests/run-integration.sh build namespaces/ \
		process/ rootfs/ lifecycle/create lifecycle/exec lifecycle/console lifecycle/ps-user
	# Once more with the caller's half built with sanitizers: libhusk, husk and the unit tests.
	# husk-init has no libc that they could use; its binary is the same.
	stage unit-san make -s -j"$jobs" SAN=1 unit
	stage build-san make -s -j"$jobs" SAN=1 all helpers &&
		stage integration-san tests/run-integration.sh build-san
fi
total
