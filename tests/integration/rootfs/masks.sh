# rootfs/masks - masked and read-only paths.
# attacks: T-MASK1 T-MASK2 T-MASK4
# covers: L-49 L-50 3.5-masks-shared
# runs as: root user
. "$HUSK_TESTS/lib.sh"


make_bundle
mkdir -p "$ROOTFS/secret" "$ROOTFS/real"
echo secret >"$ROOTFS/secret/file"
echo secret >"$ROOTFS/real/file"
ln -s real "$ROOTFS/link"
echo plain >"$ROOTFS/single"
config '.linux.maskedPaths += ["/secret", "/link", "/single", "/missing", "/single/not",
	"/proc/version"] |
	.linux.readonlyPaths += ["/etc", "/missing", "/tmp/below"]'
mkdir "$ROOTFS/tmp/below"
add_mount /tmp/below/more tmpfs tmpfs nosuid
probe ls /secret -- ls /real -- lstat /single /proc/version -- write /single x -- \
	write /proc/sys/kernel/domainname x -- create /etc/new x -- create /tmp/below/more/x x -- \
	create /tmp/new x -- mkdir /secret/x -- mounts /single -- mounts
exits 0 "masked and read-only paths"
has "ls /secret" "" "a masked directory is empty"
has "mkdir /secret/x" EROFS "and cannot be written"
has "ls /real" "" "a masked link masks what it names"
like "$(value "lstat /single")" '^char .* 1:3 ' "a masked file is the null device"
like "$(value "lstat /proc/version")" '^char .* 1:3 ' "as is one of procfs"
has "write /single" ok "what is written to it is lost"
is "$(cat "$ROOTFS/single")" plain "and does not reach the file"
like "$(value "write /proc/sys/kernel/domainname")" 'EROFS|EACCES' "read-only: procfs"
has "create /etc/new" EROFS "a directory"
has "create /tmp/below/more/x" EROFS "what is mounted below"
has "create /tmp/new" ok "nothing else"

# One superblock for any number of directories: T-MASK4
make_bundle "$CASE_DIR/many"
mkdir -p "$ROOTFS/m"
i=0
while [ $i -lt 300 ]; do
	mkdir "$ROOTFS/m/$i"
	i=$((i + 1))
done
config '.linux.maskedPaths += [range(300) | "/m/\(.)"]'
set_args /probe read /proc/self/mountinfo
run_container
exits 0 "300 masked directories"
is "$(awk '$5 ~ "^/m/" { print $3 }' "$OUT" | sort -u | wc -l)" 1 "share one file system"
is "$(awk '$5 ~ "^/m/"' "$OUT" | wc -l)" 300 "and are all masked"

# The image's /dev/null plays no part in masking: T-MASK1, T-MASK2
for dev_null in missing link; do
	make_bundle "$CASE_DIR/null-$dev_null"
	config '.linux.maskedPaths += ["/single"] |
		.mounts |= map(select(.destination | startswith("/dev") | not))'
	rmdir "$ROOTFS/dev"
	mkdir "$CASE_DIR/null-$dev_null/dev"
	[ "$dev_null" = missing ] || ln -s /etc/passwd "$CASE_DIR/null-$dev_null/dev/null"
	add_mount /dev bind dev bind
	echo plain >"$ROOTFS/single"
	echo root >"$ROOTFS/etc/passwd"
	probe lstat /single
	like "$(value "lstat /single")" '^char .* 1:3 ' "/dev/null is $dev_null: still masked"
done

done_testing
