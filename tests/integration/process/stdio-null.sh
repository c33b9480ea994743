# process/stdio-null - standard streams that are /dev/null are the container's own.
# runs as: root user
. "$HUSK_TESTS/lib.sh"

# Where a descriptor's file is mounted tells mountinfo: there is such a mount inside.
make_bundle
add_busybox
set_args /bin/sh -c 'for fd in 0 3; do
	id=$(cat /proc/self/fdinfo/$fd | grep mnt_id)
	grep -q "^${id#mnt_id:?} " /proc/self/mountinfo && echo $fd inside || echo $fd outside
done 3</bin/busybox'
run_container
exits 0 "run with /dev/null for standard input"
is "$(output)" "0 inside
3 inside" "it is on a mount that the container has"
run sh -c '"$@" 2>/dev/null >/dev/null </dev/null' - "$HUSK_BIN" --root "$STATE_DIR" run --bundle "$BUNDLE" "$ID"
exits 0 "all three"

# A root without it keeps what it was given.
config '.mounts |= map(select(.destination | startswith("/dev") | not))'
rm -rf "$ROOTFS/dev"
mkdir "$ROOTFS/dev"
set_args /probe fdread 0
run_container
exits 0 "a root whose /dev is not a mount"
done_testing
