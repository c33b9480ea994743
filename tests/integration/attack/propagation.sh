# attack/propagation - the root filesystem and volumes lie on shared mounts of the host.
# attacks: T-PROP1
. "$HUSK_TESTS/lib.sh"
. "$HUSK_TESTS/integration/attack/functions"
have_cap 21 || skip_all "no CAP_SYS_ADMIN"

shared=$CASE_DIR/shared
mkdir "$shared"
mount -t tmpfs husk-test "$shared"
trap 'umount -R "$shared" 2>/dev/null' EXIT
mount --make-rshared "$shared"
make_bundle "$shared/bundle"
mkdir "$shared/private" "$shared/slave" "$shared/common"
for dir in private slave common; do
	mount -t tmpfs husk-test "$shared/$dir"
done
table()
{
	cut -d' ' -f3- /proc/self/mountinfo | sort
}
add_mount /private bind "$shared/private" rbind,rprivate
add_mount /slave bind "$shared/slave" rbind,rslave
add_mount /plain bind "$shared/slave" rbind
table >"$CASE_DIR/before"
config '.linux.maskedPaths += ["/private/x"] | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
mkdir "$shared/private/x" "$shared/private/in" "$shared/slave/in"
table >"$CASE_DIR/before"
# As nasty as it can: mounts of its own on all of them.
set_args /probe mount none /private/in tmpfs -- mount none /slave/in tmpfs -- mount none /tmp tmpfs -- \
	create /done x -- sleep
start_container "$ID"
wait_until 5 test -s "$ROOTFS/done"
like "$(husk exec "$ID" /probe mounts /slave/in)" ' tmpfs ' "it has mounted something"
is "$(table | diff "$CASE_DIR/before" -)" "" "the host's mounts are as they were"

# What the host mounts now arrives where the configuration says so.
for dir in private slave; do
	mkdir "$shared/$dir/later"
	mount -t tmpfs husk-later "$shared/$dir/later"
done
like "$(husk exec "$ID" /probe mounts /slave/later)" ' tmpfs ' "rslave: a later mount of the host arrives"
is "$(husk exec "$ID" /probe mounts /private/later)" "mount /private/later none" "rprivate: it does not"
umount "$shared/private/later" "$shared/slave/later"
is "$(husk exec "$ID" /probe mounts /slave/later)" "mount /slave/later none" "and goes when it goes"
run umount "$shared/private"
exits 0 "the container keeps no mount of the host busy"
table >"$CASE_DIR/before"
destroy
is "$(table | diff "$CASE_DIR/before" -)" "" "deleting it changes nothing there"

done_testing
