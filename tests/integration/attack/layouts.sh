# attack/layouts - unusual root filesystems that are none of an attacker's: all of them work.
#
# Each is a regression that a fix of an attack brought to another runtime.
# attacks: L-1 L-2 L-3 L-4 L-5 L-6 L-7 L-10 L-11 L-12 L-13
# runs as: root user
# covers: 3.5-safe-paths
. "$HUSK_TESTS/lib.sh"

works()	# NAME: the container ran
{
	exits 0 "$1"
	[ "$STATUS" -eq 0 ] || errors
}

# Links on the way to a mountpoint: dangling ones, absolute ones, a chain.
make_bundle
mkdir -p "$ROOTFS/real/conf" "$CASE_DIR/data"
echo data >"$CASE_DIR/data/file"
ln -s /real/conf "$ROOTFS/conf"
ln -s not/there "$ROOTFS/dangling"
ln -s /dangling "$ROOTFS/hop"
ln -s real/conf "$ROOTFS/relative"
add_mount /conf bind "$CASE_DIR/data" bind
add_mount /hop/below bind "$CASE_DIR/data" bind
add_mount /relative/sub/file bind "$CASE_DIR/data/file" bind
probe ls /real/conf -- read /not/there/below/file
works "mounts behind links of the image"
has "ls /real/conf" "file sub" "an absolute link is followed inside"
is "$(grep -c '^data$' "$OUT")" 1 "a dangling one has its target made"

# /bin, /lib and /etc/resolv.conf as distributions have them.
make_bundle "$CASE_DIR/usr"
mkdir -p "$ROOTFS/usr/bin" "$ROOTFS/run/systemd/resolve"
rm -r "$ROOTFS/bin"
ln -s usr/bin "$ROOTFS/bin"
mv "$ROOTFS/probe" "$ROOTFS/usr/bin/probe"
ln -s ../run/systemd/resolve/stub-resolv.conf "$ROOTFS/etc/resolv.conf"
mkdir -p "$ROOTFS/etc/ssl/certs" "$ROOTFS/etc/pki/tls"
: >"$ROOTFS/etc/ssl/certs/ca-certificates.crt"
ln -s ../../ssl/certs/ca-certificates.crt "$ROOTFS/etc/pki/tls/cert.pem"
echo nameserver >"$CASE_DIR/resolv"
add_mount /etc/pki/tls/cert.pem bind "$CASE_DIR/resolv" bind,ro
add_mount /etc/resolv.conf bind "$CASE_DIR/resolv" bind
set_args probe lstat /bin -- read /etc/resolv.conf -- read /run/systemd/resolve/stub-resolv.conf -- \
	read /etc/ssl/certs/ca-certificates.crt
run_container
works "merged /usr, and a resolv.conf that is a link"
is "$(grep -c '^nameserver$' "$OUT")" 3 "what is mounted is seen by both names"

# Modes of parents and of what is mounted.
make_bundle "$CASE_DIR/modes"
mkdir -p "$ROOTFS/a/b" "$ROOTFS/setgid" "$ROOTFS/kept" "$ROOTFS/dark"
chmod 0311 "$ROOTFS/dark"
add_mount /dark/b/c tmpfs tmpfs nosuid
chmod 0711 "$ROOTFS/a"
chmod 2775 "$ROOTFS/setgid"
chmod 0751 "$ROOTFS/kept"
add_mount /a/b/c tmpfs tmpfs nosuid
add_mount /setgid/new tmpfs tmpfs nosuid,mode=1777
add_mount /kept tmpfs tmpfs nosuid
probe stat /a /a/b/c /dark /dark/b/c /setgid /setgid/new /kept /proc /dev/shm
works "modes"
like "$(value "stat /a")" '^dir 0711 ' "a parent's is kept"
like "$(value "stat /dark")" '^dir 0311 ' "one's that cannot be read, too"
like "$(value "stat /setgid")" '^dir 2775 ' "a setgid one's too"
like "$(value "stat /setgid/new")" '^dir 1777 ' "mode= of a tmpfs counts"
like "$(value "stat /kept")" '^dir 0751 ' "a tmpfs has its mountpoint's mode"
like "$(value "stat /proc")" '^dir 0555 ' "procfs has its own"
like "$(value "stat /dev/shm")" '^dir 1777 ' "/dev/shm is everybody's"

# Read-only, with a console in the image.
make_bundle "$CASE_DIR/readonly"
config '.root.readonly = true'
: >"$ROOTFS/dev/console"
probe create /x
works "a read-only root with /dev/console"
config '.mounts |= map(select(.destination | startswith("/dev") | not))'
for dev in null zero full random urandom tty; do
	if [ "$HUSK_USER" = root ]; then
		eval mknod -m 666 "$ROOTFS/dev/$dev" c "$(stat -c '0x%t 0x%T' "/dev/$dev")"
	else
		: >"$ROOTFS/dev/$dev"
	fi
done
run_container
works "and devices of the image's own"

# /dev of the host; no /proc; no /sys.
make_bundle "$CASE_DIR/hostdev"
config '.mounts |= map(select(.destination | startswith("/dev") | not))'
add_mount /dev bind /dev rbind
before=$(ls -A /dev)
probe lstat /dev/null
works "/dev of the host"
is "$(ls -A /dev)" "$before" "which is as it was"
for dest in /proc /sys /dev; do
	make_bundle "$CASE_DIR/without${dest#/}"
	config '.mounts |= map(select(.destination | startswith($d) | not)) | .linux.maskedPaths = [] |
		.linux.readonlyPaths = []' --arg d "$dest"
	if [ "$dest" = /dev ] && [ "$HUSK_USER" = user ]; then
		chmod 755 "$ROOTFS/dev"
	fi
	probe echo ok
	works "no mount on $dest"
	is "$(output)" ok "no mount on $dest: it runs"
done
make_bundle "$CASE_DIR/nothing"
config '.mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
rmdir "$ROOTFS/proc" "$ROOTFS/sys" "$ROOTFS/tmp" "$ROOTFS/etc" "$ROOTFS/bin"
probe echo ok
works "no mounts at all, and nothing but the program"

# A directory where a mountpoint of cgroups would be, that is none.
make_bundle "$CASE_DIR/nocgroup"
config '.mounts |= map(select(.destination != "/sys"))'
mkdir -p "$ROOTFS/sys/fs/cgroup"
probe ls /sys/fs/cgroup
works "/sys/fs/cgroup is a directory"

# The root filesystem is the host's.
make_bundle "$CASE_DIR/host"
config '.root = {path: "/", readonly: true} | .mounts |= map(select(.destination | startswith("/dev/mqueue") | not))'
set_args "$(command -v env)" echo ok
run_container
works "the root is /"
is "$(output)" ok "and its programs run"

[ "$HUSK_USER" = root ] || done_testing
have_cap 21 || done_testing

# The root filesystem on an overlay, with files that only lower layers have.
make_bundle "$CASE_DIR/overlay"
mkdir "$CASE_DIR/upper" "$CASE_DIR/work" "$CASE_DIR/merged" "$CASE_DIR/fs"
mount -t tmpfs husk-test "$CASE_DIR/fs"
trap 'umount "$CASE_DIR/merged" "$CASE_DIR/fs" 2>/dev/null' EXIT
mkdir "$CASE_DIR/fs/upper" "$CASE_DIR/fs/work"
if mount -t overlay overlay -o "lowerdir=$ROOTFS,upperdir=$CASE_DIR/fs/upper,workdir=$CASE_DIR/fs/work" \
	"$CASE_DIR/merged" 2>/dev/null; then
	config '.root.path = $p' --arg p "$CASE_DIR/merged"
	add_mount /deep/er/est tmpfs tmpfs nosuid
	probe mounts /deep/er/est
	works "on an overlay"
	like "$(value "mount /deep/er/est")" '^tmpfs ' "mounts below it"
	not_ok "nothing is made in the lower layer" test -e "$ROOTFS/deep"
else
	skip "on an overlay" "overlay cannot be mounted here"
fi

# husk inside a container with Docker's default filter: that answers EPERM to what makes containers, and
# husk says so instead of looking for another way.
profile=$HUSK_TESTS/data/engine/docker-28.5.2-run.json
make_bundle "$CASE_DIR/inner"
config 'del(.linux.cgroupsPath)'
inner=$BUNDLE
make_bundle "$CASE_DIR/outer"
for dir in /usr /bin /sbin /lib /lib64 "${HUSK_BIN%/*}"; do
	[ ! -d "$dir" ] || add_mount "$dir" bind "$dir" rbind,ro
done
add_mount /inner bind "$inner" rbind
add_mount /run tmpfs tmpfs mode=755
config '.process.env += ["XDG_RUNTIME_DIR=/run"] | .process.noNewPrivileges = false'
set_args "$HUSK_BIN" --cgroup-manager=disabled run --bundle /inner inner
run_container
isnt "$STATUS" 0 "husk in a container without privilege"
like "$(errors)" '^husk: .*([Oo]peration not permitted|Function not implemented)' "says what is not allowed"
config '.linux.seccomp = $s[0].linux.seccomp' --slurpfile s "$profile"
run_container
isnt "$STATUS" 0 "husk in Docker's default filter"
like "$(errors)" '^husk: .*([Oo]peration not permitted|Function not implemented)' "says what is not allowed, too"
set_args "$HUSK_BIN" doctor
run_container
like "$(output)" 'clone3|namespaces' "and husk doctor works in there"

done_testing
