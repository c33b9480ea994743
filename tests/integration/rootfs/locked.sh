# rootfs/locked - what a mount of the host is limited by, it stays limited by in an ordinary user's
# container: the kernel locks it, and husk may not stumble over that.
# covers: 1.2-locked
. "$HUSK_TESTS/lib.sh"

need_command setpriv
uid=64777
locked=$CASE_DIR/locked
mkdir "$locked"
mount -t tmpfs -o ro,nosuid,nodev,noexec,noatime,mode=755 locked "$locked"
HUSK_USER=user
make_bundle
HUSK_USER=root
config '(.linux.uidMappings, .linux.gidMappings) |= map(.hostID = $uid) |
	.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"] | unique)' --argjson uid "$uid"
as_user()
{
	# Not what lies in the mount.
	chown "$uid:$uid" "$CASE_DIR"
	chown -R "$uid:$uid" "$BUNDLE"
	run setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all \
		"$HUSK_BIN" --log-level=warn --root "$CASE_DIR/state" run --bundle "$BUNDLE" "$ID"
}
flags='ro,nosuid,nodev,noexec,noatime'

add_mount /plain bind "$locked" bind
add_mount /more bind "$locked" rbind,rprivate,ro
add_mount /same bind "$locked" "bind,$flags"
set_args /probe mounts /plain -- mounts /more -- mounts /same -- create /plain/x -- remount /plain
as_user
exits 0 "binds of a mount with all limits"
for dest in plain more same; do
	like "$(value "mount /$dest")" "^tmpfs $flags " "/$dest has all of them"
done
has "create /plain/x" EROFS "read-only it is"
has "remount /plain" EPERM "and stays: root in there cannot change it"
is "$(errors)" "" "nothing to warn of"

# A configuration may ask to take one away; it stays.
for option in rw suid dev exec atime; do
	config '.mounts |= map(select(.destination | test("^/(proc|dev|sys|tmp)")))'
	add_mount /plain bind "$locked" "bind,$option"
	set_args /probe mounts /plain -- create /plain/x
	as_user
	exits 0 "$option"
	like "$(value "mount /plain")" "^tmpfs $flags " "$option: the limit stays"
	like "$(errors)" 'warning: .*locked mount flags stay set: Operation not permitted' "$option: is told"
done

umount "$locked"
done_testing
