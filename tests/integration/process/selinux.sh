# process/selinux - SELinux labels of processes and mounts (the UML guest, HUSK_VM_LSM=selinux make test-vm).
# covers: C-33 L-51
. "$HUSK_TESTS/lib.sh"

fs=/sys/fs/selinux
[ -w $fs/load ] || skip_all "this kernel has no SELinux"
[ "$(cat $fs/enforce)" = 0 ] && [ "$(cat /proc/self/attr/current | tr -d '\000')" = kernel ] ||
	skip_all "SELinux has a policy already"
PATH=$PATH:$HUSK_BUILD/tests/helpers
need_command checkpolicy

# A policy in which everybody may do everything: what counts is who is called what.  The order of the
# initial names is the kernel's.
{
	echo "class process class process2 class file"
	for sid in kernel security unlabeled fs file file_labels init any_socket port netif netmsg node \
		igmp_packet icmp_socket tcp_socket sysctl_modprobe sysctl sysctl_fs sysctl_kernel sysctl_net \
		sysctl_net_unix sysctl_vm sysctl_dev kmod policy scmp_packet devnull; do
		echo "sid $sid"
		contexts="${contexts-}sid $sid u:r:base_t
"
	done
	echo "class process { fork transition dyntransition setexec setcurrent setkeycreate sigchld noatsecure
		siginh rlimitinh share ptrace }
	class process2 { nnp_transition nosuid_transition }
	class file { read write execute entrypoint open map getattr }
	policycap nnp_nosuid_transition;
	type base_t; type cont_t; type mnt_t;
	role r; role r types { base_t cont_t mnt_t };
	allow { base_t cont_t } { base_t cont_t mnt_t }:{ process process2 file } *;
	user u roles { r };"
	printf %s "$contexts"
	for type in ext4; do echo "fs_use_xattr $type u:r:base_t;"; done
	for type in tmpfs devpts; do echo "fs_use_trans $type u:r:base_t;"; done
	for type in pipefs sockfs; do echo "fs_use_task $type u:r:base_t;"; done
	for type in proc sysfs; do echo "genfscon $type / u:r:base_t"; done
} >"$CASE_DIR/policy.conf"
ok "the policy compiles" checkpolicy -U allow -c 33 -o "$CASE_DIR/policy" "$CASE_DIR/policy.conf"
cat "$CASE_DIR/policy" >$fs/load || skip_all "the policy is not taken"
is "$(cat /proc/self/attr/current | tr -d '\000')" u:r:base_t "and counts"

make_bundle
label()	# what a process says of itself: the last run()
{
	tr -d '\000' <"$OUT" | grep -o 'u:r:[a-z_]*' | head -n 1
}

config '.process.selinuxLabel = "u:r:cont_t"'
probe read /proc/self/attr/current
exits 0 "a label"
is "$(label)" u:r:cont_t "is the program's"
config '.process.noNewPrivileges = false'
probe read /proc/self/attr/current
is "$(label)" u:r:cont_t "without no_new_privs, too"
config '.process.noNewPrivileges = true | .process.user = {uid: 1000, gid: 1000}'
probe read /proc/self/attr/current
is "$(label)" u:r:cont_t "and for another user"
config '.process.user = {uid: 0, gid: 0}'

set_args /probe sleep
start_container "$ID"
run husk exec "$ID" /probe read /proc/self/attr/current
is "$(label)" u:r:cont_t "exec has the container's"
run husk exec --process-label u:r:base_t "$ID" /probe read /proc/self/attr/current
is "$(label)" u:r:base_t "or its own"
run husk exec --process-label u:r:no_t "$ID" /probe exit 0
fails_with 'u:r:no_t: Invalid argument' "one that the policy has not"
destroy

config '.linux.mountLabel = "u:r:mnt_t"'
probe xattr /dev security.selinux -- xattr /dev/shm security.selinux -- xattr /dev/pts security.selinux
exits 0 "mountLabel"
is "$(grep -c 'u:r:mnt_t' "$OUT")" 3 "labels the file systems that are made"
config '.linux.mountLabel = "u:r:no_t"'
run_container
fails_with 'context=u:r:no_t": Invalid argument' "one that the policy has not"
config 'del(.linux.mountLabel) | .process.selinuxLabel = "u:r:no_t"'
run_container --no-new-keyring
fails_with 'write `/proc/self/attr/exec` u:r:no_t: Invalid argument' "likewise of a process"
like "$(errors)" '^  in config.json: /process/selinuxLabel$' "and the member"
is "$(status_of)" "" "nothing is left"

echo 1 >$fs/enforce
config '.process.selinuxLabel = "u:r:cont_t" | .linux.mountLabel = "u:r:mnt_t"'
probe read /proc/self/attr/current
echo 0 >$fs/enforce
is "$(label)" u:r:cont_t "enforcing"

done_testing
