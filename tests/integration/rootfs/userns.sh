# rootfs/userns - user namespaces made by root, and id-mapped mounts.
# covers: C-15 1.2-idmap 1.2-locked 1.2-sysfs
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/rootfs/reads"

with_userns()
{
	config '.linux.namespaces += [{"type": "user"}] |
		.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}] |
		.linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$ROOTFS"
}

src=$CASE_DIR/src
mkdir -p "$src/sub"
echo content >"$src/file"
chown -R 3:4 "$src/file"
mount -t tmpfs sub "$src/sub"
echo below >"$src/sub/file"
maps='.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]'
maps="$maps | .gidMappings = .uidMappings"

make_bundle
with_userns
add_mount /data bind "$src" rbind,ro
add_mount /mapped bind "$src" rbind,idmap
add_mount /all bind "$src" rbind,ridmap
config ".mounts |= map(if .destination == \"/all\" then $maps else . end)"
probe $(reads /data/file) lstat /data/file /mapped/file /mapped/sub/file /all/sub/file /dev/null \
	-- write /dev/null x -- mounts /data -- remount /data -- umount /mapped/sub -- mounts /sys \
	-- create /mapped/new x
exits 0 "a user namespace"
holds /data/file content "a bind mount"
like "$(value "lstat /data/file")" '^file 0644 65534 65534 ' "its owner is nobody inside"
like "$(value "lstat /mapped/file")" '^file 0644 3 4 ' "idmap: its owner is the same inside"
like "$(value "lstat /mapped/sub/file")" '^file 0644 65534 65534 ' "idmap: not below"
like "$(value "lstat /all/sub/file")" '^file 0644 0 0 ' "ridmap: below, too"
has "create /mapped/new" ok "a file can be made"
is "$(stat -c %u:%g "$src/new" 2>&1)" 0:0 "and belongs to the same user outside"
like "$(value "lstat /dev/null")" '^char 0666 .* 1:3 ' "/dev/null is the host's"
has "write /dev/null" ok "and can be written"
like "$(value "mount /data")" "^[^ ]* ro," "ro"
like "$(value "mount /sys")" '^sysfs ' "sysfs, with a network namespace"

# Flags and covers of the host's mounts are locked, even for a root with CAP_SYS_ADMIN.
make_bundle "$CASE_DIR/locked"
with_userns
locked=$CASE_DIR/ro
mkdir "$locked"
mount -t tmpfs -o nodev,nosuid locked "$locked"
mkdir "$locked/secret" "$locked/secret/below"
mount -t tmpfs cover "$locked/secret"
mount -o remount,bind,ro "$locked"
chmod 755 "$locked"
add_mount /ro bind "$locked" rbind,rprivate
set_args /probe sleep 20
start_container "$ID"
run husk exec --cap CAP_SYS_ADMIN "$ID" /probe remount /ro -- umount /ro/secret -- ls /ro/secret
has "remount /ro" EPERM "a read-only mount of the host cannot be made writable"
isnt "$(value "umount /ro/secret")" ok "nor a mount be taken off what it covers"
has "ls /ro/secret" "" "so nothing below it is seen"
destroy
umount "$locked/secret" "$locked"

make_bundle "$CASE_DIR/hostnet"
with_userns
no_namespace network
set_args /probe mounts /sys -- write /sys/kernel/uevent_seqnum x -- ls /sys
run_container
exits 0 "a user namespace with the host's network"
like "$(value "mount /sys")" '^sysfs ro' "the host's sysfs, read-only"
like "$(output)" '^ls /sys .*kernel' "is there"

# What cannot be
for type in proc sysfs mqueue devpts cgroup; do
	make_bundle "$CASE_DIR/new-$type"
	with_userns
	add_mount /t "$type" "$type" idmap
	run_container
	fails_with "/mounts/[0-9]*: a mount of type \"$type\" cannot be id-mapped" "$type, id-mapped"
done
make_bundle "$CASE_DIR/new-copy"
with_userns
add_mount /t tmpfs tmpfs idmap,tmpcopyup
run_container
fails_with '"tmpcopyup" and "idmap" cannot be combined' "nor with what is only found inside"
make_bundle "$CASE_DIR/new-bad"
with_userns
add_mount /t tmpfs tmpfs idmap,size=lots
run_container
fails_with "set a mount option of tmpfs \(tmpfs: Bad value for 'size'\): Invalid argument" \
	"a bad option, in the kernel's words"
make_bundle "$CASE_DIR/new-type"
with_userns
add_mount /t ramfs ramfs idmap
run_container
fails_with 'id-map a mount of ramfs: Invalid argument' "a type that cannot be id-mapped"
like "$(errors)" 'hint: its file system, ramfs, does not support id-mapped mounts$' "is named"
make_bundle "$CASE_DIR/wrong"
add_mount /x bind "$src" bind,idmap
run_container
fails_with '"idmap" needs uidMappings and gidMappings' "idmap without maps"
make_bundle "$CASE_DIR/init-userns"
add_mount /x bind "$src" 'bind,idmap=uids=3-0-1;gids=4-0-1'
add_mount /t tmpfs tmpfs 'idmap=uids=0-7-1;gids=0-8-1'
probe lstat /x/file /t
like "$(value "lstat /x/file")" '^file 0644 0 0 ' "idmap=, without a user namespace"
like "$(value "lstat /t")" '^dir 1777 7 8 ' "and of a new file system"

# New file systems in a user namespace: made by the caller, so that their ids are the host's.
make_bundle "$CASE_DIR/made"
with_userns
add_mount /t tmpfs tmpfs idmap,size=1m,nosuid,nodev
add_mount /own tmpfs tmpfs idmap,uid=7,gid=8,mode=700
add_mount /plain tmpfs tmpfs size=1m
add_mount /relative bind "$src" 'bind,idmap=uids=@3-20-1;gids=@4-30-1'
add_mount /shared tmpfs tmpfs idmap,shared
config ".mounts |= map(if .destination == \"/own\" then $maps else . end)"
probe lstat /t /own /plain /relative/file -- create /t/new -- lstat /t/new -- mounts /t -- mounts /shared
exits 0 "new file systems in a user namespace"
like "$(value "lstat /t")" '^dir 1777 0 0 ' "a tmpfs belongs to root inside"
like "$(value "mount /t")" '^tmpfs rw,nosuid,nodev.* .*size=1024k' "with its flags and options"
has "create /t/new" ok "it can be written"
like "$(value "lstat /t/new")" '^file 0[0-9]* 0 0 ' "as root"
like "$(value "lstat /own")" '^dir 0700 7 8 ' "with maps of its own: user 7 of the host is user 7 inside"
like "$(value "lstat /relative/file")" '^file 0644 20 30 ' "maps relative to the container's"
like "$(value "mount /shared")" ' shared:[0-9]*$' "with propagation"
set_args /probe sleep 60
start_container "$ID"
run stat -c %u:%g "/proc/$(pid_of)/root/t" "/proc/$(pid_of)/root/own"
is "$(output)" "100000:100000
100007:100008" "the host sees the owners that the container's ids stand for"
destroy

# With flags and propagation; and what the kernel cannot map is named.
make_bundle "$CASE_DIR/mixed"
with_userns
add_mount /ro bind "$src" rbind,ridmap,rro,rslave
add_mount /tmpfs bind "$src/sub" bind,idmap,nosuid,nodev,rprivate
probe lstat /ro/file /ro/sub/file -- create /ro/x -- create /ro/sub/x -- mounts /ro -- \
	mounts /ro/sub -- mounts /tmpfs -- create /tmpfs/made
exits 0 "ridmap with rro and rslave"
like "$(value "lstat /ro/file")" '^file 0644 3 4 ' "the owner"
like "$(value "lstat /ro/sub/file")" '^file 0644 0 0 ' "and below"
has "create /ro/x" EROFS "read-only"
has "create /ro/sub/x" EROFS "below, too"
like "$(value "mount /tmpfs")" 'nosuid,nodev.* private$' "idmap of a tmpfs with flags, private"
is "$(stat -c %u:%g "$src/sub/made" 2>&1)" 0:0 "a file made through it belongs to root outside"

mkdir "$src/proc"
mount -t proc proc "$src/proc"
make_bundle "$CASE_DIR/procfs"
with_userns
add_mount /p bind "$src/proc" bind,idmap
run_container
fails_with 'id-map a mount of .*/proc: Invalid argument' "a file system that cannot be id-mapped"
like "$(errors)" 'hint: its file system, proc, does not support id-mapped mounts$' "is named"
make_bundle "$CASE_DIR/procfs-below"
with_userns
add_mount /p bind "$src" rbind,ridmap
run_container
like "$(errors)" 'or one below it, does not .*: "idmap" maps the first alone$' "and one below is not"
umount "$src/proc"

# The maps of a user namespace that is joined are the kernel's to know.
unshare --user sleep 60 &
holder=$!
wait_until 5 grep -q sleep "/proc/$holder/comm"
echo '0 100000 65536' >"/proc/$holder/uid_map"
echo '0 100000 65536' >"/proc/$holder/gid_map"
make_bundle "$CASE_DIR/joined"
config '.linux.namespaces += [{"type": "user", "path": "/proc/\($pid)/ns/user"}]' --arg pid "$holder"
chown -R 100000:100000 "$ROOTFS"
add_mount /mapped bind "$src" bind,idmap
probe lstat /mapped/file -- create /mapped/joined
exits 0 "idmap in a joined user namespace"
like "$(value "lstat /mapped/file")" '^file 0644 3 4 ' "has its maps"
is "$(stat -c %u:%g "$src/joined" 2>&1)" 0:0 "for new files, too"
kill -KILL "$holder"
wait "$holder" 2>/dev/null

umount "$src/sub"
done_testing
