# process/cwd - process.cwd: made when missing, inside the root, reachable by the user.
# attacks: T-CWD1 T-CWD3
# covers: C-19 3.5-safe-paths
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
probe cwd
has cwd / "the root"

config '.process.cwd = "/made/on/demand"'
probe cwd -- stat /made/on -- stat /made/on/demand
has cwd /made/on/demand "a directory that does not exist is made"
like "$(value "stat /made/on")" '^dir 0755 0 0' "with mode 0755, root's"
like "$(value "stat /made/on/demand")" '^dir 0755 0 0' "to the last part"

mkdir -p "$ROOTFS/real"
ln -s /real "$ROOTFS/link"
ln -s ../../../../real "$ROOTFS/up"
config '.process.cwd = "/link"'
probe cwd
has cwd /real "an absolute link stays inside the root"
config '.process.cwd = "/up/../up/new"'
probe cwd
has cwd /real/new "so does a relative one, and what is made below it"

ln -s /nowhere "$ROOTFS/dangling"
config '.process.cwd = "/dangling"'
probe cwd
isnt "$STATUS" 0 "a dangling link"
not_ok "does not make its target" test -e "$ROOTFS/nowhere"

: >"$ROOTFS/file"
config '.process.cwd = "/file"'
probe cwd
fails_with 'Not a directory' "a file"
config '.process.cwd = "relative"'
probe cwd
fails_with '/process/cwd: ' "a relative path"

# CVE-2024-21626: a directory of the host that was left open.
for fd in 3 4 5 6 7 8 9 10 11 12; do
	config '.process.cwd = $cwd' --arg cwd "/proc/self/fd/$fd"
	run_container 7</ 8</sys
	isnt "$STATUS" 0 "a link to descriptor $fd"
done
config '.process.cwd = "/proc/self/cwd"'
probe cwd
isnt "$STATUS" 0 "a link to a working directory"
ln -s /proc/self/fd/7 "$ROOTFS/magic"
config '.process.cwd = "/magic/../.."'
run_container 7</sys
isnt "$STATUS" 0 "the same behind a link of the image"

if [ "$HUSK_USER" = root ]; then
	mkdir "$ROOTFS/private" "$ROOTFS/locked"
	chown 1000:1000 "$ROOTFS/private"
	chmod 700 "$ROOTFS/private" "$ROOTFS/locked"
	config '.process.user = {uid: 1000, gid: 1000} | .process.cwd = "/private"'
	probe cwd
	has cwd /private "a directory of the user's own"
	config '.process.cwd = "/locked"'
	probe cwd
	has cwd /locked "one that only root may enter"
fi

done_testing
