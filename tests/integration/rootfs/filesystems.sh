# rootfs/filesystems - overlay, remount, cgroup, and what goes wrong in the kernel.
# covers: C-13 C-14 1.2-cgroup 1.2-data
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/rootfs/reads"

# An overlay whose layers are longer than one value of fsconfig(2) may be
make_bundle
layers=
long=$(printf 'x%.0s' $(seq 60))
for n in 1 2 3 4 5; do
	mkdir -p "$CASE_DIR/$long$n"
	echo "$n" >"$CASE_DIR/$long$n/$n"
	layers=$layers${layers:+:}$CASE_DIR/$long$n
done
# The case's own directory may be on an overlay, which cannot be an upper layer.
mkdir "$CASE_DIR/rw"
mount -t tmpfs rw "$CASE_DIR/rw"
mkdir "$CASE_DIR/rw/upper" "$CASE_DIR/rw/work"
add_mount /short overlay overlay \
	"lowerdir=$CASE_DIR/${long}1,upperdir=$CASE_DIR/rw/upper,workdir=$CASE_DIR/rw/work"
add_mount /long overlay overlay "lowerdir=$layers,ro"
probe $(reads /short/1 /long/1 /long/5) create /short/new x -- create /long/new x
exits 0 "overlays"
holds /short/1 1 "a lower layer"
has "create /short/new" ok "an upper layer"
ok "is written to" test -f "$CASE_DIR/rw/upper/new"
holds /long/1 1 "the first of many layers"
holds /long/5 5 "and the last"
has "create /long/new" EROFS "ro"
umount "$CASE_DIR/rw"

# remount
make_bundle "$CASE_DIR/remount"
add_mount /t tmpfs tmpfs size=1m
add_mount /t tmpfs tmpfs remount,size=2m,nosuid
add_mount /dev/shm none none remount,bind,ro
probe mounts /t -- create /dev/shm/x x
exits 0 "remount"
like "$(value "mount /t")" 'nosuid.*size=2048k' "the instance and the mount"
has "create /dev/shm/x" EROFS "remount,bind,ro"
config '.mounts += [{destination: "/etc", options: ["remount", "ro"], type: "none"}]'
run_container
isnt "$STATUS" 0 "remount where nothing is mounted"

# cgroup
for ns in with without; do
	make_bundle "$CASE_DIR/cgroup-$ns"
	[ "$ns" = without ] || config '.linux.namespaces += [{"type": "cgroup"}]'
	add_mount /sys/fs/cgroup cgroup cgroup ro,nosuid,noexec,nodev,relatime
	set_args /probe mounts -- mkdir /sys/fs/cgroup/x -- mkdir /sys/fs/cgroup/memory/x
	run_container
	exits 0 "a cgroup mount $ns cgroup namespace"
	like "$(output)" '^mount /sys/fs/cgroup ' "it is there"
	unlike "$(output)" 'mkdir .* ok$' "and read-only"
	if [ -n "$(v1 memory)" ]; then
		like "$(output)" '^mount /sys/fs/cgroup/memory cgroup ro,' "a v1 hierarchy"
		unlike "$(output)" '^mount /sys/fs/cgroup/memory .*\.\.' "without a path to elsewhere"
	fi
done

# /dev/console in a read-only image that has one
make_bundle "$CASE_DIR/console"
config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .root.readonly = true'
mkdir -p "$ROOTFS/dev/pts"
: >"$ROOTFS/dev/console"
config '.mounts += [{destination: "/dev/pts", type: "devpts", source: "devpts",
	options: ["newinstance", "ptmxmode=0666", "mode=0620"]}]'
set_terminal
set_args /probe mounts /dev/console
run script -qec "\"$HUSK_BIN\" --root \"$STATE_DIR\" run --bundle \"$BUNDLE\" \"$ID\"" /dev/null
like "$(output)" 'mount /dev/console devpts' "/dev/console of the image"

done_testing
