#!/bin/sh
# tests/demo.sh [BUILD-DIR] - run a container and show what it sees.
#
# The root filesystem is a busybox; the configuration is what `husk spec` writes.  As root it runs
# twice: with privilege, and once more as a user without any.
set -eu

if [ "${2-}" != inner ]; then
	husk=${HUSK_BIN:-$(cd "${1:-build}" && pwd)/husk}
	busybox=$(command -v busybox) || { echo "demo: busybox is not installed: run make deps" >&2; exit 1; }
	work=$(mktemp -d "${TMPDIR:-/tmp}/husk-demo.XXXXXX")
	trap 'rm -rf --one-file-system "$work"' EXIT
	trap 'exit 130' INT TERM
	chmod 755 "$work"
	# All that the unprivileged run needs is in a place that it can reach.
	cp "$husk" "$work/husk"
	cp "$0" "$work/demo.sh"
	mkdir -p "$work/rootfs/bin" "$work/rootfs/proc" "$work/rootfs/sys" "$work/rootfs/dev" \
		"$work/rootfs/tmp"
	cp "$busybox" "$work/rootfs/bin/busybox"
	for applet in sh ps mount hostname ip grep cat id ls uname; do
		ln -s busybox "$work/rootfs/bin/$applet"
	done
	cat >"$work/rootfs/look" <<-'END'
		show() { echo; echo "-- $1"; shift; "$@"; }
		echo "I am $(id)"
		show "my processes" ps -o pid,user,comm
		show "my host name" hostname
		show "my mounts" sh -c "mount | cut -c1-100"
		show "my network" ip -o addr
		show "my capabilities, and what else I may do" grep -E 'Cap|NoNewPrivs|Seccomp:' /proc/self/status
		show "my cgroups" cat /proc/self/cgroup
		show "my devices" ls /dev
	END
	export HUSK_BIN="$work/husk" HUSK_DEMO="$work"
	mounts=$(wc -l </proc/self/mountinfo)
	if [ "$(id -u)" -eq 0 ]; then
		echo "==== a container, run by root ===="
		"$0" - inner root
		echo
		echo "==== the same, run by a user without any privilege ===="
		mkdir "$work/user"
		chown 64231:64231 "$work/user"
		setpriv --reuid 64231 --regid 64231 --clear-groups env HOME="$work/user" \
			XDG_RUNTIME_DIR="$work/user" "$work/demo.sh" - inner user
	else
		echo "==== a container, run by $(id -un) without privilege ===="
		mkdir "$work/user"
		"$0" - inner user
	fi
	echo
	printf '==== gone: %d mounts, %d cgroups, %d containers are left ====\n' \
		$(($(wc -l </proc/self/mountinfo) - mounts)) \
		"$(find /sys/fs/cgroup -type d -name 'husk-demo-*' 2>/dev/null | wc -l)" \
		"$(find "$work"/*/state -mindepth 1 -maxdepth 1 -name 'husk-demo-*' 2>/dev/null | wc -l)"
	exit 0
fi

# ---- one container -----------------------------------------------------------------------------

mkdir -p "$HUSK_DEMO/$3"
cd "$HUSK_DEMO/$3"
case $3 in
root)	"$HUSK_BIN" spec >/dev/null ;;
*)	"$HUSK_BIN" spec --rootless >/dev/null ;;
esac
jq --arg rootfs "$HUSK_DEMO/rootfs" '.process.terminal = false | .process.args = ["sh", "/look"] |
	.root = {path: $rootfs, readonly: true} | .hostname = "inside"' config.json >new
mv new config.json
"$HUSK_BIN" --root "$HUSK_DEMO/$3/state" run husk-demo-$$
