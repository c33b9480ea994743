# rootfs/options - order and destinations of mounts, and options of super blocks, as seen from inside.
# covers: C-06 C-07 1.2-crun 1.2-plain 1.2-superblock 1.2-nosymfollow 1.2-recursive
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/rootfs/reads"

make_bundle
plain=$(cat "$BUNDLE/config.json")
again()
{
	printf '%s\n' "$plain" >"$BUNDLE/config.json"
}

# In the order of the list: the later one covers the earlier one, and lies in it.
mkdir -p "$CASE_DIR/one/below" "$CASE_DIR/two/below" "$CASE_DIR/three"
echo 1 >"$CASE_DIR/one/file"
echo 2 >"$CASE_DIR/two/file"
echo 3 >"$CASE_DIR/three/file"
add_mount /data bind "$CASE_DIR/one" bind
add_mount /data bind "$CASE_DIR/two" bind
add_mount /data/below bind "$CASE_DIR/three" bind
probe $(reads /data/file /data/below/file) echo
holds /data/file 2 "the later of two mounts covers the earlier"
holds /data/below/file 3 "a mount in a mount"
again
add_mount /data/below bind "$CASE_DIR/three" bind
add_mount /data bind "$CASE_DIR/two" bind
probe $(reads /data/file) stat /data/below/file
holds /data/file 2 "the other order"
has "stat /data/below/file" ENOENT "hides what is below"

# A relative destination is taken from the root.
again
add_mount rel/../data bind "$CASE_DIR/one" bind
config '.process.cwd = "/tmp"'
probe $(reads /data/file) echo
exits 0 "a relative destination"
holds /data/file 1 "is taken from the root, not from the working directory"

# Super blocks.  "mand", and others that the kernel has no longer, change nothing.
again
add_mount /s tmpfs tmpfs sync,dirsync,lazytime
add_mount /r tmpfs tmpfs rsync,rdirsync,rmand,rnomand
add_mount /n tmpfs tmpfs rsync,rasync,sync,async,lazytime,nolazytime,mand,nomand,iversion,noiversion,silent,loud
probe mounts /s -- mounts /n -- mounts /r
exits 0 "options of super blocks"
like "$(value "mount /r" | cut -d' ' -f3)" '^rw,sync,dirsync(,|$)' "rsync and rdirsync, of crun, are these"
for word in sync dirsync lazytime; do
	like "$(value "mount /s" | cut -d' ' -f3)" "(^|,)$word(,|\$)" "$word is set"
	unlike "$(value "mount /n" | cut -d' ' -f3)" "(^|,)$word(,|\$)" "$word is taken back, or was not asked for"
done

# Access times, and what a later word takes back: WORDS, and what mountinfo says of them.
again
n=0
while read -r words shown; do
	n=$((n + 1))
	add_mount "/t$n" tmpfs tmpfs "$words"
	printf '%s|%s|%s\n' "/t$n" "$words" "$shown"
done >"$CASE_DIR/words" <<'END'
noatime rw,noatime
strictatime rw
relatime rw,relatime
noatime,atime rw,relatime
noatime,relatime rw,relatime
strictatime,nostrictatime rw,relatime
strictatime,norelatime rw
noatime,strictatime rw
nodiratime rw,nodiratime,relatime
nodiratime,diratime rw,relatime
noatime,nodiratime rw,noatime,nodiratime
rnoatime rw,noatime
rnoatime,ratime rw,relatime
rstrictatime rw
rnodiratime,rdiratime rw,relatime
nosuid,nodev,noexec rw,nosuid,nodev,noexec,relatime
nosuid,nodev,noexec,suid,dev,exec rw,relatime
ro,defaults ro,relatime
rnosuid,rsuid,rnodev,rdev,rnoexec,rexec,rro,rrw rw,relatime
END
set_args /probe mounts
run_container
exits 0 "attributes"
while IFS='|' read -r at words shown; do
	is "$(value "mount $at" | cut -d' ' -f2)" "$shown" "$words"
done <"$CASE_DIR/words"

# nosymfollow: of the mount, and of all below it with an "r" in front.
for option in nosymfollow rnosymfollow; do
	again
	add_mount /m tmpfs tmpfs mode=755
	mkdir -p "$CASE_DIR/links"
	ln -sf /proc/version "$CASE_DIR/links/link"
	add_mount /m/links bind "$CASE_DIR/links" "bind,$option"
	probe stat /m/links/link -- lstat /m/links/link
	has "stat /m/links/link" ELOOP "$option: a link is not followed"
	like "$(value "lstat /m/links/link")" '^link ' "$option: but is there"
done
again
add_mount /m/links bind "$CASE_DIR/links" bind,nosymfollow,symfollow
probe stat /m/links/link
like "$(value "stat /m/links/link")" '^file ' "symfollow takes it back"

# Recursive options reach the mounts below a bind, plain ones do not.
mkdir -p "$CASE_DIR/tree/sub"
mount -t tmpfs -o mode=755 inner "$CASE_DIR/tree/sub"
for option in ro:rro nosuid:rnosuid nodev:rnodev noexec:rnoexec noatime:rnoatime nosymfollow:rnosymfollow; do
	again
	add_mount /one bind "$CASE_DIR/tree" "rbind,${option%:*}"
	add_mount /all bind "$CASE_DIR/tree" "rbind,${option#*:}"
	probe mounts /one/sub -- mounts /all/sub -- mounts /all
	exits 0 "${option#*:}"
	unlike "$(value "mount /one/sub" | cut -d' ' -f2)" "(^|,)${option%:*}(,|\$)" "${option%:*} stops at the mount"
	like "$(value "mount /all/sub" | cut -d' ' -f2)" "(^|,)${option%:*}(,|\$)" "${option#*:} goes on"
	like "$(value "mount /all" | cut -d' ' -f2)" "(^|,)${option%:*}(,|\$)" "${option#*:} is of the mount, too"
done
umount "$CASE_DIR/tree/sub"

done_testing
