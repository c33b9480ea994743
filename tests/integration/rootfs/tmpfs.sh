# rootfs/tmpfs - tmpfs mounts: mode, size, tmpcopyup.
# covers: 1.2-tmpcopyup 1.2-data C-13
# runs as: root user
. "$HUSK_TESTS/lib.sh"

. "$HUSK_TESTS/integration/rootfs/reads"

make_bundle
mkdir -m 1735 "$ROOTFS/odd"
mkdir -m 0755 "$ROOTFS/plain"
add_mount /odd tmpfs tmpfs nosuid,nodev
add_mount /plain tmpfs tmpfs nosuid,mode=1777,size=1m
add_mount /new/dir tmpfs tmpfs nosuid,mode=0700
add_mount /readonly tmpfs tmpfs ro
probe lstat /odd /plain /new/dir -- create /readonly/x x -- mounts /plain
like "$(value "lstat /odd")" '^dir 1735 ' "the mode of the directory below"
like "$(value "lstat /plain")" '^dir 1777 ' "mode= wins"
like "$(value "lstat /new/dir")" '^dir 0700 ' "a missing directory"
like "$(value "mount /plain")" 'size=1024k' "size="
has "create /readonly/x" EROFS "ro"

# What later mounts, devices and the console need places in becomes read-only when they have them: podman
# makes /dev so for a container that is read-only.
make_bundle "$CASE_DIR/filled"
config '.mounts |= map(if .destination == "/dev" then .options += ["ro"] else . end)'
add_mount /outer tmpfs tmpfs ro,size=64k
add_mount /outer/inner/deep tmpfs tmpfs nosuid
add_mount /twice tmpfs tmpfs ro
add_mount /twice tmpfs tmpfs rw
probe create /dev/x -- create /outer/x -- create /outer/inner/deep/x -- create /twice/x -- \
	write /dev/null x -- ls /dev/pts -- mounts /outer
exits 0 "read-only tmpfs with other mounts in it"
has "create /dev/x" EROFS "/dev is read-only"
has "write /dev/null" ok "its devices are there"
has "create /outer/x" EROFS "another one is"
has "create /outer/inner/deep/x" ok "not what is mounted in it"
has "create /twice/x" ok "nor what is mounted over it"
like "$(value "mount /outer")" '^tmpfs [^ ]*ro' "its own options"

# tmpcopyup
make_bundle "$CASE_DIR/copyup"
mkdir -p "$ROOTFS/var/sub/deep"
chmod 2750 "$ROOTFS/var"
chmod 0700 "$ROOTFS/var/sub/deep"
echo one >"$ROOTFS/var/one"
echo two >"$ROOTFS/var/sub/deep/two"
chmod 4711 "$ROOTFS/var/one"
chmod 2750 "$ROOTFS/var"
ln -s ../one "$ROOTFS/var/sub/link"
ln -s /nowhere "$ROOTFS/var/dangling"
mkfifo "$ROOTFS/var/fifo"
touch -d '2001-02-03 04:05:06 UTC' "$ROOTFS/var/one"
i=0
while [ $i -lt 120 ]; do
	echo $i >"$ROOTFS/var/a-rather-long-name-of-a-file-$i"
	i=$((i + 1))
done
head -c 3000000 /dev/zero >"$ROOTFS/var/big"
add_mount /var tmpfs tmpfs tmpcopyup,nosuid
probe $(reads /var/one /var/sub/deep/two /var/a-rather-long-name-of-a-file-119) lstat /var \
	/var/one /var/sub/deep /var/sub/link /var/dangling /var/fifo /var/big -- \
	write /var/one changed -- mounts /var
exits 0 "tmpcopyup"
holds "/var/one" one "a file"
holds "/var/sub/deep/two" two "a file below"
holds "/var/a-rather-long-name-of-a-file-119" 119 "many files"
like "$(value "lstat /var")" '^dir 2750 ' "the mode of the directory"
like "$(value "lstat /var/one")" '^file 4711 ' "the mode of a file"
like "$(value "lstat /var/sub/deep")" '^dir 0700 ' "the mode of a directory below"
like "$(value "lstat /var/sub/link")" '-> ../one$' "a link"
like "$(value "lstat /var/dangling")" '-> /nowhere$' "a link to nowhere"
like "$(value "lstat /var/fifo")" '^fifo ' "a FIFO"
like "$(value "lstat /var/big")" ' 3000000$' "a large file"
like "$(value "mount /var")" '^tmpfs ' "it is a tmpfs"
is "$(cat "$ROOTFS/var/one")" one "the image is not changed"

make_bundle "$CASE_DIR/wrong"
add_mount /x proc proc tmpcopyup
run_container
fails_with '"tmpcopyup" is for a mount of type "tmpfs"' "tmpcopyup of something else"
make_bundle "$CASE_DIR/wrong2"
add_mount /x tmpfs tmpfs colour=red
run_container
fails_with 'tmpfs on /x.*option "colour=red".*(Unknown parameter|Invalid argument)' \
	"an unknown option"
make_bundle "$CASE_DIR/wrong3"
add_mount /x nosuchfs none nosuid
run_container
fails_with 'nosuchfs on /x.*[Nn]o such device' "an unknown file system"

done_testing
