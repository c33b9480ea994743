# attack/links - images whose /dev, /proc or /sys are not what they seem.
# CVE-2026-41579, CVE-2026-47766, CVE-2019-18837, CVE-2026-88264, CVE-2019-19921, CVE-2025-54867.
# attacks: T-DEV1 T-DEV2 T-DEV3 T-PROC1 T-PROC2
# covers: C-08 3.5-safe-paths 3.5-trusted-proc
# runs as: root user
. "$HUSK_TESTS/lib.sh"

. "$HUSK_TESTS/integration/rootfs/reads"

outside=$CASE_DIR/outside
mkdir "$outside"
echo marker >"$outside/ptmx"

# The outside directory is as it was.
untouched()
{
	is "$(ls -A "$outside")" ptmx "$1: nothing is made outside"
	is "$(cat "$outside/ptmx")" marker "$1: nothing is replaced outside"
}

bundle_without_dev()
{
	make_bundle "$CASE_DIR/$1"
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	rmdir "$ROOTFS/dev"
}

n=0
for target in "$outside" "../../../../../../../../..$outside" ../outside hop nowhere; do
	n=$((n + 1))
	bundle_without_dev "dev$n"
	ln -s ../outside "$ROOTFS/hop"
	ln -s "$target" "$ROOTFS/dev"
	mkdir -p "$CASE_DIR/dev$n/outside"
	probe echo ok
	untouched "/dev -> $n"
	is "$(ls -A "$CASE_DIR/dev$n/outside")" "" "/dev -> $n: nor beside the root"
	create_container "$ID"
	[ "$STATUS" -ne 0 ] || run husk start "$ID"
	destroy
	untouched "/dev -> $n, create and start"
done

if [ "$HUSK_USER" = root ]; then
	bundle_without_dev device
	mkdir "$ROOTFS/dev"
	ln -s "$outside" "$ROOTFS/dev/sub"
	ln -s "$outside/made" "$ROOTFS/dev/last"
	config '.linux.devices = [{path: "/dev/sub/null", type: "c", major: 1, minor: 3}]'
	probe echo ok
	untouched "linux.devices below a link"
	config '.linux.devices = [{path: "/dev/last", type: "c", major: 1, minor: 3}]'
	run_container
	fails_with 'something else is there.*File exists|last.*exists' "linux.devices at a link"
	untouched "linux.devices at a link"
fi

for name in null zero tty; do
	bundle_without_dev "kind-$name"
	mkdir "$ROOTFS/dev"
	: >"$CASE_DIR/victim"
	ln -s "$CASE_DIR/victim" "$ROOTFS/dev/$name"
	run_container
	isnt "$STATUS" 0 "/dev/$name is a link"
	ok "and what it names is not touched" test ! -s "$CASE_DIR/victim"
done

bundle_without_dev console
mkdir -p "$ROOTFS/dev/pts"
ln -s "$outside/console" "$ROOTFS/dev/console"
config '.mounts += [{destination: "/dev/pts", type: "devpts", source: "devpts",
	options: ["newinstance", "ptmxmode=0666", "mode=0620"]}]'
probe echo ok
untouched "/dev/console is a link, without a terminal"
set_terminal
probe echo ok
isnt "$STATUS" 0 "/dev/console is a link, with a terminal"
untouched "/dev/console is a link, with a terminal"

for name in proc sys; do
	make_bundle "$CASE_DIR/link-$name"
	rmdir "$ROOTFS/$name"
	mkdir "$ROOTFS/elsewhere"
	ln -s elsewhere "$ROOTFS/$name"
	run_container
	fails_with "/$name: a symbolic link in the image" "/$name is a link"
done

for dest in /proc/self /proc/sys /proc/scsi /proc/../proc/sys/kernel /proc/1/attr; do
	make_bundle "$CASE_DIR/over"
	add_mount "$dest" tmpfs tmpfs nosuid
	run_container
	fails_with 'is inside /proc' "a mount on $dest"
done
make_bundle "$CASE_DIR/over"
config '.mounts |= map(select(.destination != "/proc"))'
add_mount /proc tmpfs tmpfs nosuid
run_container
fails_with 'only procfs can be mounted on /proc' "a tmpfs on /proc"
make_bundle "$CASE_DIR/over2"
mkdir "$CASE_DIR/fake"
config '.mounts |= map(select(.destination != "/proc"))'
add_mount /proc bind "$CASE_DIR/fake" bind
run_container
fails_with 'not procfs' "a directory on /proc"
make_bundle "$CASE_DIR/over3"
ln -s /proc/sys "$ROOTFS/trap"
add_mount /trap tmpfs tmpfs nosuid
run_container
fails_with 'inside procfs' "a link that leads into /proc"
make_bundle "$CASE_DIR/over4"
echo 1.0 >"$CASE_DIR/uptime"
add_mount /proc/uptime bind "$CASE_DIR/uptime" bind,ro
probe $(reads /proc/uptime) echo
holds "/proc/uptime" 1.0 "a file on /proc/uptime"

done_testing
