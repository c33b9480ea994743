# spec/features - the document of features.md is complete, of the right types, and true.
# runs as: root user
# covers: F-01 F-02 F-03 F-04 F-05 F-06 F-07 F-08 F-09 F-10 F-11 F-12 F-13 F-14 F-15 L-45 L-46
# covers: 2.2-features 2.3-features 8-07 1.2-recursive
. "$HUSK_TESTS/lib.sh"

# No bundle, no state directory, no option of the engine's that matters.
cd "$CASE_DIR" || exit 1
run "$HUSK_BIN" --root "$CASE_DIR/no/such/directory" features
exits 0 "features needs no bundle and no state directory"
is "$(errors)" "" "and says nothing else"
ok "nor does it make one" test ! -e "$CASE_DIR/no"
is "$(jq -s length "$OUT")" 1 "one document"

# holds FILTER NAME
holds()
{
	is "$(jq -r "$1" "$OUT" 2>&1)" true "$2"
}
# has_all FILTER WORD...: the array holds each, and nothing but distinct strings
has_all()
{
	_array=$1
	shift
	holds "$_array | type == \"array\" and all(.[]; type == \"string\") and
		(unique | length) == length" "$_array: distinct strings"
	is "$(jq -r "$(json_array "$@") - $_array | join(\" \")" "$OUT")" "" "$_array: has all"
}

holds '.ociVersionMin == "1.0.0" and .ociVersionMax == "1.3.0"' "the versions"
is "$(jq -c .hooks "$OUT")" \
	'["prestart","createRuntime","createContainer","startContainer","poststart","poststop"]' "hooks"
has_all .mountOptions async atime bind defaults dev diratime dirsync exec idmap iversion lazytime \
	loud mand noatime nodev nodiratime noexec noiversion nolazytime nomand norelatime \
	nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime remount rexec \
	ridmap rnoatime rnodev rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow \
	ro rprivate rrelatime rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw \
	shared silent slave strictatime suid symfollow sync tmpcopyup unbindable \
	rasync rdirsync rmand rnomand rsync
has_all .linux.namespaces cgroup ipc mount network pid time user uts
has_all .linux.capabilities CAP_CHOWN CAP_SYS_ADMIN CAP_PERFMON CAP_BPF CAP_CHECKPOINT_RESTORE
is "$(jq '.linux.capabilities | length' "$OUT")" $(($(cat /proc/sys/kernel/cap_last_cap) + 1)) \
	"as many capabilities as this kernel has"
is "$(jq -c '.linux.cgroup | map_values(type) | del(.systemd, .systemdUser)' "$OUT")" \
	'{"v1":"boolean","v2":"boolean","rdma":"boolean"}' "cgroup: its members"
holds '.linux.cgroup | .v1 and .v2 and .rdma' "cgroup: what husk can, whatever the host has"
holds '.linux.cgroup | (.systemd | type) == "boolean" and (.systemdUser | type) == "boolean"' \
	"cgroup: systemd, either way"
holds .linux.seccomp.enabled "seccomp"
has_all .linux.seccomp.actions SCMP_ACT_ALLOW SCMP_ACT_ERRNO SCMP_ACT_KILL SCMP_ACT_KILL_PROCESS \
	SCMP_ACT_KILL_THREAD SCMP_ACT_LOG SCMP_ACT_NOTIFY SCMP_ACT_TRACE SCMP_ACT_TRAP
has_all .linux.seccomp.operators SCMP_CMP_EQ SCMP_CMP_GE SCMP_CMP_GT SCMP_CMP_LE SCMP_CMP_LT \
	SCMP_CMP_MASKED_EQ SCMP_CMP_NE
has_all .linux.seccomp.archs SCMP_ARCH_X86_64 SCMP_ARCH_X86 SCMP_ARCH_X32 SCMP_ARCH_AARCH64 \
	SCMP_ARCH_ARM SCMP_ARCH_MIPS SCMP_ARCH_MIPS64 SCMP_ARCH_MIPS64N32 SCMP_ARCH_MIPSEL \
	SCMP_ARCH_MIPSEL64 SCMP_ARCH_MIPSEL64N32 SCMP_ARCH_PARISC SCMP_ARCH_PARISC64 SCMP_ARCH_PPC \
	SCMP_ARCH_PPC64 SCMP_ARCH_PPC64LE SCMP_ARCH_RISCV64 SCMP_ARCH_S390 SCMP_ARCH_S390X
has_all .linux.seccomp.knownFlags SECCOMP_FILTER_FLAG_LOG SECCOMP_FILTER_FLAG_SPEC_ALLOW \
	SECCOMP_FILTER_FLAG_TSYNC SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
holds '.linux.seccomp | .supportedFlags - .knownFlags == []' "the supported flags are known ones"
has_all .linux.seccomp.supportedFlags SECCOMP_FILTER_FLAG_LOG SECCOMP_FILTER_FLAG_TSYNC
for key in apparmor selinux intelRdt netDevices; do
	holds ".linux.$key.enabled" "$key"
done
holds '.linux.intelRdt | .schemata and .monitoring' "intelRdt: schemata and monitoring"
holds .linux.mountExtensions.idmap.enabled "idmapped mounts"
has_all .linux.memoryPolicy.modes MPOL_DEFAULT MPOL_BIND MPOL_INTERLEAVE MPOL_LOCAL MPOL_PREFERRED \
	MPOL_PREFERRED_MANY MPOL_WEIGHTED_INTERLEAVE
has_all .linux.memoryPolicy.flags MPOL_F_NUMA_BALANCING MPOL_F_RELATIVE_NODES MPOL_F_STATIC_NODES
holds '.annotations | all(.[]; type == "string" and . != "")' "annotations: strings"
like "$(jq -r '.annotations["io.github.seccomp.libseccomp.version"]' "$OUT")" \
	'^[0-9]+\.[0-9]+\.[0-9]+$' "annotations: libseccomp's version"
is "$(jq -cS '.annotations | del(.["io.github.seccomp.libseccomp.version"], .["husk.commit"])' "$OUT")" \
	"{\"husk.version\":\"$("$HUSK_BIN" --version | sed -n '1s/.* //p')\",\"org.husk.landlock.abi\":\"7\",\"org.opencontainers.runc.checkpoint.enabled\":\"true\",\"run.oci.crun.checkpoint.enabled\":\"true\"}" \
	"annotations: no other; by the keys of runc and of crun engines know that there are checkpoints"
is "$(jq -cS .potentiallyUnsafeConfigAnnotations "$OUT")" "$(jq -cn '$ARGS.positional' --args \
	io.kubernetes.cri-o.ContainerType org.husk.landlock org.husk.network org.husk.network.dns \
	org.husk.network.egress org.husk.network.publish org.criu.config org.systemd.property. run.oci.delegate-cgroup run.oci.handler \
	run.oci.hooks.stderr run.oci.hooks.stdout run.oci.keep_original_groups run.oci.mount_context_type \
	run.oci.pidfd_receiver run.oci.seccomp.plugins run.oci.seccomp_bpf_data run.oci.seccomp.receiver \
	run.oci.seccomp_fail_unknown_syscall run.oci.systemd.force_cgroup_v1 run.oci.systemd.subgroup)" \
	"potentiallyUnsafeConfigAnnotations: each that has an effect, once"
is "$(grep -c potentiallyUnsafeConfigAnnotations "$OUT")" 1 "in one list"
is "$(jq -r '[keys[], (.linux | keys[])] | join(" ")' "$OUT")" "annotations hooks linux \
mountOptions ociVersionMax ociVersionMin potentiallyUnsafeConfigAnnotations apparmor capabilities \
cgroup intelRdt memoryPolicy mountExtensions namespaces netDevices seccomp selinux" \
	"nothing that the schema does not know"

# The three gates of containerd's CRI plugin.
holds '.mountOptions | index("rro") != null' "recursive read-only mounts"
holds '.linux.namespaces | index("user") != null' "user namespaces"

# Each option is known at a mount, not handed to the filesystem.
make_bundle
for option in $(jq -r '.mountOptions[]' "$OUT"); do
	case $option in
	# With a meaning of their own, tested in rootfs/.
	bind | rbind | remount | idmap | ridmap | tmpcopyup | copy-symlink | *-nofollow) continue ;;
	esac
	printf '{"destination":"/m-%s","type":"tmpfs","source":"tmpfs","options":["%s"]}\n' \
		"$option" "$option"
done | jq -s . >"$CASE_DIR/mounts.json"
[ "$HUSK_USER" = root ] && [ "$(jq length "$CASE_DIR/mounts.json")" -gt 50 ] || done_testing
# A user may not mount what takes CAP_SYS_ADMIN of the first user namespace: mand.
config '.mounts += $m[0]' --slurpfile m "$CASE_DIR/mounts.json"
probe mounts
exits 0 "a tmpfs with each of the options"

done_testing
