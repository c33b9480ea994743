# namespaces/in-husk - husk inside a container of husk: what the outer one masks stays masked.
# attacks: L-14
# covers: 1.2-sysfs 3.5-rootless
# runs as: root user
. "$HUSK_TESTS/lib.sh"

# The inner bundle lies in the outer one's root filesystem, with the host's programs beside it.
make_bundle "$CASE_DIR/inner"
inner=$BUNDLE
config 'del(.linux.cgroupsPath, .linux.uidMappings, .linux.gidMappings, .linux.resources) |
	.linux.namespaces |= map(select(.type != "user")) | .hostname = "inner"'

outer()	# FILTER...: the outer container, which runs the inner one
{
	make_bundle "$CASE_DIR/outer"
	for dir in /usr /bin /sbin /lib /lib64 "${HUSK_BIN%/*}"; do
		[ ! -d "$dir" ] || add_mount "$dir" bind "$dir" rbind,ro
	done
	add_mount /inner bind "$inner" rbind
	add_mount /run tmpfs tmpfs mode=755
	config '.process.env += ["XDG_RUNTIME_DIR=/run"] |
		.process.capabilities = {bounding: $c, effective: $c, permitted: $c} |
		.process.noNewPrivileges = false' --argjson c '["CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID",
		"CAP_SETFCAP", "CAP_SYS_CHROOT", "CAP_NET_ADMIN", "CAP_DAC_OVERRIDE", "CAP_KILL",
		"CAP_SETPCAP", "CAP_CHOWN", "CAP_SYS_RESOURCE"]'
	for filter; do config "$filter"; done
	set_args "$HUSK_BIN" --log-level=warn --cgroup-manager=disabled run --bundle /inner inner
	run_container
}

inside()	# COMMAND...: what the inner container does
{
	BUNDLE=$inner
	set_args /probe "$@"
}

# The engine's usual masks in the outer container, but for those of procfs and sysfs.
inside ids -- uts -- pids -- mounts /proc -- mounts /sys -- mounts /dev/null -- ls /sys/class/net
outer 'del(.linux.maskedPaths, .linux.readonlyPaths)' \
	'.mounts |= map(if .destination == "/sys" then .options -= ["ro"] else . end)'
exits 0 "a container in a container"
has uid "0 0 0" "root in it"
like "$(output)" 'inner' "with a host name of its own"
like "$(value "mount /proc")" '^proc ' "procfs"
has "ls /sys/class/net" "lo" "sysfs of its own network namespace"

# A privileged outer container without a user namespace, whose inner one has one.
if [ "$HUSK_USER" = root ]; then
	inside ids -- read /proc/self/uid_map
	BUNDLE=$inner
	config '.linux.namespaces += [{"type": "user"}] |
		.linux.uidMappings = [{"containerID": 0, "hostID": 5000, "size": 100}] |
		.linux.gidMappings = .linux.uidMappings'
	chown -R 5000:5000 "$inner/rootfs"
	outer 'del(.linux.maskedPaths, .linux.readonlyPaths)'
	exits 0 "a user namespace in it"
	like "$(output)" '^ *0 +5000 +100$' "its ids"
	chown -R 0:0 "$inner/rootfs"
	config 'del(.linux.uidMappings, .linux.gidMappings) |
		.linux.namespaces |= map(select(.type != "user"))'

	# root without CAP_SYS_ADMIN makes one.
	BUNDLE=$inner
	config 'del(.linux.uidMappings, .linux.gidMappings) |
		.linux.namespaces |= map(select(.type != "user"))'
	outer 'del(.linux.maskedPaths, .linux.readonlyPaths)' \
		'.process.capabilities |= map_values(. - ["CAP_SYS_ADMIN"])'
	exits 0 "an outer root without CAP_SYS_ADMIN"
	has uid "0 0 0" "root in the inner one"
fi

# Masks in the outer /proc: the kernel mounts no new one in a user namespace, which would lack them.
masks='.linux.maskedPaths = ["/proc/keys", "/sys/firmware"] | .linux.readonlyPaths = ["/proc/sys"]'
drop='.process.capabilities |= map_values(. - ["CAP_SYS_ADMIN"])'
inside ids
outer "$masks" "$drop"
fails_with 'mount proc on /proc.*fsmount' "procfs of a new pid namespace below a masked one"
like "$(errors)" 'hint: an outer container hides parts of /proc' "and what to do about it"

BUNDLE=$inner
config '.linux.namespaces |= map(select(.type != "pid"))'
inside ids -- mounts /proc -- mounts /sys -- read /proc/keys -- write /proc/sys/kernel/domainname x \
	-- umount /proc/keys -- umount /proc/sys -- write /sys/kernel/uevent_seqnum x
outer "$masks" "$drop"
exits 0 "in the outer one's pid namespace"
like "$(value "mount /proc")" '^proc ' "procfs is the outer one's"
is "$(value "read /proc/keys")" "" "with its masks"
like "$(value "write /proc/sys/kernel/domainname")" 'EROFS|EACCES|EPERM' "and what is read-only"
like "$(value "umount /proc/keys")$(value "umount /proc/sys")" '^(EINVAL|EPERM)(EINVAL|EPERM)$' \
	"which cannot be taken off"
like "$(value "mount /sys")" '^sysfs ro' "sysfs, too, read-only"
like "$(errors)" "the caller's is bound instead: proc" "and a warning says so"

done_testing
