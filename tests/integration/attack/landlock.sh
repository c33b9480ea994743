# attack/landlock - a container under Landlock rules does not get more from who comes in by exec.
# attacks: T-LL1 T-LL2 T-LL3
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
mkdir -p "$ROOTFS/in/real" "$ROOTFS/secret" "$ROOTFS/tmp"
ln -s in/real "$ROOTFS/app"
echo of-the-container >"$ROOTFS/in/real/file"
echo top-secret >"$ROOTFS/secret/file"
config '.annotations = {"org.husk.landlock": "exec=/probe rw=/in ro=/app ro=/proc"}'
case $(husk doctor --json 2>/dev/null | jq -r '.findings[] | select(.name == "landlock") | .what') in
*ABI*) ;;
*) skip_all "the kernel has no Landlock" ;;
esac

# T-LL1: the directory that a rule's link leads to becomes a link to what is out of bounds.
set_args /probe rename /in/real /in/old -- symlink ../secret /in/real -- create /in/ready -- sleep
start_container "$ID"
ok "T-LL1: the link is there" wait_until 5 test -e "$ROOTFS/in/ready"
run husk exec "$ID" /probe read /app/file -- read /secret/file
unlike "$(output)" top-secret "T-LL1: exec does not take the container's word for where a rule leads"
fails_with 'trust /app \(its name is in a directory that the rules let the container change\)' "T-LL1: it is told"
destroy
rm "$ROOTFS/in/real" "$ROOTFS/in/ready"
mv "$ROOTFS/in/old" "$ROOTFS/in/real"

# T-LL2: another directory under the same name, which was not what the rule is about.
config '.annotations = {"org.husk.landlock": "exec=/probe rw=/in exec=/in/real"}'
set_args /probe rename /in/real /in/old -- mkdir /in/real -- create /in/ready -- sleep
start_container "$ID"
ok "T-LL2: so is the directory" wait_until 5 test -e "$ROOTFS/in/ready"
run husk exec "$ID" /probe exec /in/real/probe args
fails_with 'trust /in/real ' "T-LL2: a rule below what the container may change is not given to exec"
destroy
rm -rf "$ROOTFS/in/real"
mv "$ROOTFS/in/old" "$ROOTFS/in/real"

# T-LL3: other ways to the same files.
config '.annotations = {"org.husk.landlock": "exec=/probe ro=/proc rw=/tmp"}'
probe read /proc/self/root/secret/file -- read /proc/1/cwd/secret/file -- read /tmp/../secret/file -- \
	symlink /secret/file /tmp/link -- read /tmp/link -- rename /secret /tmp/secret -- \
	mount tmpfs /tmp tmpfs -- unshare 0x10000000 -- mount tmpfs /tmp tmpfs -- read /secret/file
unlike "$(output)" top-secret "T-LL3: magic links, dots, links, moves, mounts and a user namespace"
has "read /proc/self/root/secret/file" EACCES "T-LL3: the root's magic link"
has "read /tmp/link" EACCES "T-LL3: a link of its own"
unlike "$(output)" "^mount .* ok" "T-LL3: no mount"
is "$(cat "$ROOTFS/secret/file")" top-secret "T-LL3: and it is where it was"

done_testing
