# rootfs/root - the root directory: read-only, propagation, "/", no pivot_root.
# covers: C-04 C-10 L-48 1.2-propagation 3.5-no-pivot
. "$HUSK_TESTS/lib.sh"

. "$HUSK_TESTS/integration/rootfs/reads"

make_bundle
config '.root.readonly = true | .process.cwd = "/made/by/husk"'
add_mount /late tmpfs tmpfs nosuid
probe create /x x -- create /late/x x -- cwd -- mounts /
exits 0 "a read-only root"
has "create /x" EROFS "cannot be written"
has "create /late/x" ok "but what is mounted can"
ok "a missing working directory was made before" test -d "$ROOTFS/made/by/husk"

for what in shared slave private unbindable rshared rslave rprivate runbindable; do
	make_bundle "$CASE_DIR/prop-$what"
	config '.linux.rootfsPropagation = $w' --arg w "$what"
	set_args /probe read /proc/self/mountinfo
	run_container
	exits 0 "rootfsPropagation $what"
	line=$(awk '$5 == "/"' "$OUT" | tail -n 1)
	case $what in
	*shared)	like "$line" ' shared:' "$what: the root is shared" ;;
	*unbindable)	like "$line" ' unbindable ' "$what: the root is unbindable" ;;
	*)	unlike "$line" ' shared:| unbindable ' "$what: the root is not shared" ;;
	esac
done

# Slaves of the host's are not private ones; "r" in front reaches what is below.
vol=$CASE_DIR/tree
mkdir "$vol"
mount -t tmpfs tree "$vol"
mount --make-shared "$vol"
for what in slave private unbindable shared rslave rprivate runbindable rshared; do
	make_bundle "$vol/$what"
	mkdir -p "$ROOTFS/below"
	mount -t tmpfs below "$ROOTFS/below"
	config '.linux.rootfsPropagation = $w' --arg w "$what"
	set_args /probe read /proc/self/mountinfo
	run_container
	got=$(awk '$5 == "/" || $5 == "/below" { sub(/:[0-9]+/, "", $7); print $5, $7 }' "$OUT" | tr '\n' ' ')
	case $what in
	slave | rslave)	want="/ master /below master " ;;
	private | rprivate) want="/ - /below - " ;;
	unbindable)	want="/ unbindable /below - " ;;
	runbindable)	want="/ unbindable /below unbindable " ;;
	shared)		want="/ shared /below master " ;;
	rshared)	want="/ shared /below shared " ;;
	esac
	is "$got" "$want" "rootfsPropagation $what of a shared mount"
	umount "$ROOTFS/below"
done
umount "$vol"

# Of mounts, in all spellings: what the kernel says of them.
make_bundle "$CASE_DIR/spelled"
src=$CASE_DIR/source
mkdir "$src"
mount -t tmpfs source "$src"
mount --make-shared "$src"
mkdir "$src/below"
mount -t tmpfs source-below "$src/below"
for what in private slave shared unbindable rprivate rslave rshared runbindable; do
	add_mount "/$what" bind "$src" "rbind,$what"
done
set_args /probe read /proc/self/mountinfo
run_container
exits 0 "rbind with propagation"
while read -r what top below; do
	is "$(awk -v a="/$what" '$5 == a || $5 == a "/below" { sub(/:[0-9]+/, "", $7); print $7 }' "$OUT" | tr '\n' ' ')" \
		"$top $below " "rbind,$what"
done <<'END'
private - master
slave master master
shared shared master
unbindable unbindable master
rprivate - -
rslave master master
rshared shared shared
runbindable unbindable unbindable
END
umount "$src/below" "$src"

# A mount of the host arrives in an rslave bind, and none of the container's comes back.
make_bundle "$CASE_DIR/slave"
vol=$CASE_DIR/vol
mkdir -p "$vol/in" "$vol/out"
mount -t tmpfs vol "$vol"
mount --make-shared "$vol"
mkdir -p "$vol/in" "$vol/out"
add_mount /vol bind "$vol" rbind,rslave
add_mount /shared bind "$vol" rbind,rshared
config '.linux.rootfsPropagation = "rshared"'
set_args /probe sleep 20
start_container "$ID"
exits 0 "rslave and rshared binds"
mount -t tmpfs hostside "$vol/in"
run husk exec "$ID" /probe mounts /vol/in
like "$(output)" 'hostside' "a mount of the host arrives (rslave)"
run husk exec "$ID" /probe mounts /shared/in
like "$(output)" 'hostside' "a mount of the host arrives (rshared)"
run husk exec --cap CAP_SYS_ADMIN "$ID" /probe mount none /vol/out tmpfs
ok "none of the container's goes back (rslave)" sh -c "! grep -q ' $vol/out ' /proc/self/mountinfo"
run husk exec --cap CAP_SYS_ADMIN "$ID" /probe mount none /shared/out tmpfs
ok "unless it is asked for (rshared)" grep -q " $vol/out " /proc/self/mountinfo
destroy
umount "$vol/out"
umount "$vol/in"
umount -l "$vol"

# Mounts on "/" (config.md allows any destination)
make_bundle "$CASE_DIR/over"
mkdir -p "$CASE_DIR/other/proc" "$CASE_DIR/other/dev" "$CASE_DIR/other/sys"
cp "$HUSK_PROBE" "$CASE_DIR/other/probe"
echo other >"$CASE_DIR/other/which"
config '.mounts = [{destination: "/", type: "bind", source: $s, options: ["rbind"]}] + .mounts' \
	--arg s "$CASE_DIR/other"
probe $(reads /which /proc/self/comm) echo
holds "/which" other "a mount on / is the root"
holds "/proc/self/comm" probe "and later ones are in it"

# The host's own root as the container's
make_bundle "$CASE_DIR/host"
config '.root = {path: "/", readonly: true}'
set_args "$HUSK_PROBE" pids -- mounts /proc
run_container
exits 0 "root.path /"

make_bundle "$CASE_DIR/nopivot"
set_args /probe ls /
run_container --no-pivot
exits 0 "--no-pivot"
like "$(output)" '^ls / .*probe' "the root is the container's"
# From inside they look the same: pivot_root(2) is for an initramfs not to be asked for.
if [ "$(uname -m)" = x86_64 ] && "$HUSK_FAULT" list "$CASE_DIR/calls" /bin/true 2>/dev/null; then
	for option in "" --no-pivot; do
		run env ASAN_OPTIONS=detect_leaks=0 "$HUSK_FAULT" list "$CASE_DIR/calls" "$HUSK_BIN" --root "$STATE_DIR" \
			run $option --bundle "$BUNDLE" "$ID"
		is "$STATUS $(grep -c '^init 155$' "$CASE_DIR/calls")" "0 $([ "$option" ] && echo 0 || echo 1)" \
			"pivot_root(2) with \"$option\""
	done
else
	skip "pivot_root(2)" "ptrace does not work here"
fi

# Without a mount namespace
make_bundle "$CASE_DIR/chroot"
no_namespace mount
run_container
fails_with '/mounts: needs a new mount namespace' "mounts without a mount namespace"
config '.mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
set_args /probe ls /
run_container
exits 0 "no mount namespace: chroot"
like "$(output)" '^ls / .*probe' "the root is the container's"

config 'del(.root)'
run_container
fails_with '/root' "no root"

make_bundle "$CASE_DIR/no-directory"
rm -r "$ROOTFS"
: >"$ROOTFS"
probe exit 0
fails_with '[Nn]ot a directory' "a root.path that is a file"

done_testing
