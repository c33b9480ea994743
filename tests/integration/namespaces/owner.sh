# namespaces/owner - a container's namespaces belong to its user namespace: root in there rules them.
# covers: L-05 L-07
# runs as: root user
. "$HUSK_TESTS/lib.sh"

make_bundle
if [ "$HUSK_USER" = root ]; then
	config '.linux.namespaces += [{"type": "user"}] |
		.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}] |
		.linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$ROOTFS"
fi
config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"] | unique) |
	.linux.readonlyPaths = [] | .linux.maskedPaths = []'

# sethostname(NULL, 0): the sysctl is for root of the host alone.
case $(uname -m) in
aarch64) sethostname=161 ;;
*)	sethostname=170 ;;
esac
probe syscall "$sethostname" 0 0 -- write /proc/sys/net/ipv4/ip_forward 1 -- \
	write /proc/sys/kernel/shm_rmid_forced 1 -- write /proc/sys/kernel/ns_last_pid 100 -- \
	mount tmpfs /tmp tmpfs -- write /proc/sys/kernel/core_pattern x -- write /proc/sys/vm/swappiness 1
exits 0 "a root with CAP_SYS_ADMIN and CAP_NET_ADMIN inside"
has "syscall $sethostname" "0 ok" "uts is its own"
has "write /proc/sys/net/ipv4/ip_forward" ok "network, too"
has "write /proc/sys/kernel/shm_rmid_forced" ok "ipc, too"
if [ -e /proc/sys/kernel/ns_last_pid ]; then
	has "write /proc/sys/kernel/ns_last_pid" ok "pid, too"
else
	skip "pid, too" "this kernel has no ns_last_pid (CONFIG_CHECKPOINT_RESTORE)"
fi
like "$(output)" '^mount .*/tmp ok$' "mount, too"
like "$(value "write /proc/sys/kernel/core_pattern")" '^(EACCES|EPERM)' "what is the host's is not"
like "$(value "write /proc/sys/vm/swappiness")" '^(EACCES|EPERM)' "nor its memory"

done_testing
