# rootfs/binds - bind mounts: what is shown, where, and how.
# covers: C-08 C-09 C-11 C-12 C-16 1.2-plain 1.2-nofollow
# runs as: root user
. "$HUSK_TESTS/lib.sh"

. "$HUSK_TESTS/integration/rootfs/reads"

make_bundle
src=$CASE_DIR/src
mkdir -p "$src/dir" "$BUNDLE/near"
echo content >"$src/file"
echo inner >"$src/dir/inner"
echo near >"$BUNDLE/near/file"

add_mount /data bind "$src" rbind,rprivate
add_mount /etc/one bind "$src/file" bind,ro
add_mount /a/b/c/file bind "$src/file" bind
add_mount /a/b/dir bind "$src/dir" bind,nosuid,nodev,noexec
add_mount relative/./x/../dest bind near bind
add_mount /late none "$src" bind,ro,rw
add_mount /early none "$src" bind,rw,ro
probe $(reads /data/dir/inner /etc/one /a/b/c/file /relative/dest/file) write /etc/one x -- \
	write /late/file content -- write /early/file x -- mounts /data -- mounts /a/b/dir -- \
	mounts /etc/one -- lstat /a /a/b/c/file
exits 0 "a container with bind mounts"
holds "/data/dir/inner" inner "a directory"
holds "/etc/one" content "a file"
holds "/a/b/c/file" content "a missing mountpoint is made, with its directories"
holds "/relative/dest/file" near "a source in the bundle, a destination from \"/\""
has "write /etc/one" EROFS "ro"
has "write /late/file" ok "ro, then rw"
has "write /early/file" EROFS "rw, then ro"
like "$(value "mount /a/b/dir")" 'nosuid.*nodev.*noexec' "nosuid, nodev, noexec"
like "$(value "lstat /a/b/c/file")" '^file 0644' "the mountpoint of a file is a file"
like "$(value "lstat /a")" '^dir 0755' "directories above are for all"
like "$(output)" '^mount /data .*' "propagation is private"

# Wrong kinds of mountpoint
make_bundle "$CASE_DIR/kind"
add_mount /probe bind "$src" bind
run_container
fails_with '[Nn]ot a directory' "a directory on a file"
like "$(errors)" 'mount a directory onto a file' "says what is wrong"
make_bundle "$CASE_DIR/kind2"
add_mount /etc bind "$src/file" bind
run_container
fails_with '[Nn]ot a directory' "a file on a directory"

# Links
make_bundle "$CASE_DIR/links"
mkdir -p "$ROOTFS/real/conf" "$CASE_DIR/outside"
ln -s /real/conf "$ROOTFS/conf"
ln -s ../real/conf "$ROOTFS/etc/up"
ln -s nowhere/yet "$ROOTFS/dangling"
ln -s "$CASE_DIR/outside" "$ROOTFS/escape"
ln -s ../../../../../../../../..$CASE_DIR/outside "$ROOTFS/dots"
ln -s loop2 "$ROOTFS/loop1"
ln -s loop1 "$ROOTFS/loop2"
add_mount /conf/a bind "$src/file" bind
add_mount /etc/up/b bind "$src/file" bind
add_mount /dangling/c bind "$src/file" bind
add_mount /escape/d bind "$src/file" bind
add_mount /dots/e bind "$src/file" bind
probe $(reads /real/conf/a /real/conf/b /nowhere/yet/c "$CASE_DIR/outside/d" \
	"$CASE_DIR/outside/e") lstat /dangling
holds "/real/conf/a" content "an absolute link in the path"
holds "/real/conf/b" content "a relative one"
holds "/nowhere/yet/c" content "one to nowhere"
like "$(value "lstat /dangling")" '^link .*-> nowhere/yet' "which stays a link"
holds "$CASE_DIR/outside/d" content "a path of the host is made inside the root"
holds "$CASE_DIR/outside/e" content "as is one with many .."
is "$(ls -A "$CASE_DIR/outside")" "" "nothing is made outside"
add_mount /loop1/x bind "$src/file" bind
run_container
fails_with '[Tt]oo many levels of symbolic links' "links in a circle"

# Symbolic links as sources and destinations
make_bundle "$CASE_DIR/nofollow"
ln -s file "$src/link"
ln -s elsewhere "$ROOTFS/there"
add_mount /copied bind "$src/link" bind,copy-symlink
add_mount /plain bind "$src/file" bind,copy-symlink
add_mount /there bind "$src/link" bind,src-nofollow,dest-nofollow
probe $(reads /plain) lstat /copied /there
like "$(value "lstat /copied")" '-> file$' "copy-symlink"
is "$(readlink "$ROOTFS/copied")" file "makes a link of its own, and mounts nothing"
holds "/plain" content "copy-symlink of a file"
like "$(value "lstat /there")" '-> file$' "src-nofollow and dest-nofollow"

# Mistakes
make_bundle "$CASE_DIR/wrong"
cp "$BUNDLE/config.json" "$CASE_DIR/good.json"
add_mount /x bind "$src" bind,size=3
run_container
fails_with '/mounts/[0-9]*/options/1: unknown option "size=3" for a bind mount' \
	"an option of a file system"
cp "$CASE_DIR/good.json" "$BUNDLE/config.json"
config '.mounts += [{"destination": "/x", "options": ["bind"]}]'
run_container
fails_with 'a bind mount needs a source' "no source"
cp "$CASE_DIR/good.json" "$BUNDLE/config.json"
config '.mounts += [{"destination": "/x", "source": "y"}]'
run_container
fails_with 'no type, and neither "bind" nor "rbind"' "no type"

done_testing
