# rootfs/devices - the default devices, linux.devices, links of /dev.
# covers: L-09 L-10 L-11 L-12 R-09 3.5-dev-by-host
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
probe lstat /dev/null /dev/zero /dev/full /dev/random /dev/urandom \
	/dev/tty /dev/fd /dev/stdin /dev/stdout /dev/stderr /dev/ptmx /dev/core /dev/console -- \
	write /dev/null x
exits 0 "default devices"
for dev in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
	name=${dev%%:*}
	like "$(value "lstat /dev/$name")" "^char 0666 .* ${dev#*:} " "/dev/$name"
done
for link in fd:/proc/self/fd stdin:/proc/self/fd/0 stdout:/proc/self/fd/1 stderr:/proc/self/fd/2 \
	ptmx:pts/ptmx core:/proc/kcore; do
	like "$(value "lstat /dev/${link%%:*}")" "-> ${link#*:}\$" "/dev/${link%%:*}"
done
has "lstat /dev/console" ENOENT "no console without a terminal"
has "write /dev/null" ok "it can be written"

# A /dev of the host is left alone.
make_bundle "$CASE_DIR/bound"
mkdir "$CASE_DIR/dev"
config '.mounts |= map(select(.destination | startswith("/dev") | not))'
add_mount /dev bind "$CASE_DIR/dev" rbind
probe ls /dev
exits 0 "/dev is a bind mount"
is "$(ls -A "$CASE_DIR/dev")" "" "nothing is made in it"

[ "$HUSK_USER" = root ] || done_testing

# The host's /dev, seen through a root that is "/" or as a devtmpfs of which there is but one: a link
# named ptmx there would take everybody's terminals.  Here a stand-in for it, in our mount namespace.
mount -t tmpfs -o mode=755 tmpfs /dev
mknod -m 666 /dev/null c 1 3
mknod -m 666 /dev/ptmx c 5 2
before=$(ls -lR --time-style=full-iso /dev)
make_bundle "$CASE_DIR/host"
cp "$ROOTFS/probe" "$CASE_DIR/probe"
config '.root.path = "/" | .mounts |= map(select(.destination | startswith("/dev") | not))'
set_args "$CASE_DIR/probe" echo seen
run_container
exits 0 "the root is the host's"
is "$(ls -lR --time-style=full-iso /dev)" "$before" "its /dev is left alone"
umount /dev

make_bundle "$CASE_DIR/own"
config '.linux.devices = [
	{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 416, uid: 7, gid: 8},
	{path: "/dev/sub/loop", type: "b", major: 7, minor: 3},
	{path: "/run/pipe", type: "p", fileMode: 438},
	{path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 384, uid: 0, gid: 5}]'
probe lstat /dev/fuse /dev/sub/loop /run/pipe /dev/null
exits 0 "linux.devices"
like "$(value "lstat /dev/fuse")" '^char 0640 7 8 10:229 ' "mode and owner"
like "$(value "lstat /dev/sub/loop")" '^block 0666 0 0 7:3 ' "a block device in a directory"
like "$(value "lstat /run/pipe")" '^fifo 0666 ' "a FIFO"
like "$(value "lstat /dev/null")" '^char 0600 0 5 1:3 ' "a default device with its own mode"

# L-10: a path that exists must be the same device.
make_bundle "$CASE_DIR/differs"
mkdir -p "$ROOTFS/d"
mknod "$ROOTFS/d/same" c 1 5
mknod "$ROOTFS/d/other" c 1 7
mknod "$ROOTFS/d/block" b 1 5
: >"$ROOTFS/d/file"
cp "$BUNDLE/config.json" "$CASE_DIR/good.json"
config '.linux.devices = [{path: "/d/same", type: "c", major: 1, minor: 5}]'
probe lstat /d/same
exits 0 "the same device is there"
for name in other block file; do
	cp "$CASE_DIR/good.json" "$BUNDLE/config.json"
	config '.linux.devices = [{path: $p, type: "c", major: 1, minor: 5}]' --arg p "/d/$name"
	run_container
	fails_with 'something else is there' "another one: $name"
done

# L-11: a path that is listed twice is made in the order of the list, as in runc and crun: the second
# finds the first.  They let that be another device; config-linux.md does not.
make_bundle "$CASE_DIR/twice"
twice='.linux.devices = [{path: "/srv/a", type: "c", major: 1, minor: 5, fileMode: 384, uid: 3},
	{path: "/srv/../srv//a", type: "c", major: 1, minor: ($m | tonumber), fileMode: 438}]'
config "$twice" --arg m 5
probe lstat /srv/a
exits 0 "a device that is listed twice"
like "$(value "lstat /srv/a")" '^char 0600 3 0 1:5 ' "is as its first entry has it"
rm -r "$ROOTFS/srv"
config "$twice" --arg m 7
run_container
fails_with 'make device /srv/a, .*: something else is there a?' "two devices of one path"
like "$(errors)" 'in config.json: /linux/devices/1$' "and the second is named"

done_testing
