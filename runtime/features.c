/*
 * `features`: what this runtime can do (runtime-spec features.md).
 *
 * That is about husk, whatever the host has: an engine reads it to know what it may ask for, and
 * a container on a host without, say, AppArmor is refused when it is made.  Only capabilities and
 * the supported flags of seccomp are those of the running kernel, as features-linux.md says.
 *
 * Uses: specs, rootfs, libseccomp.    Used by: the library's users.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rootfs/rootfs.h"
#include "runtime/annotations.h"
#include "runtime/base/util.h"
#include "runtime/commit.h"
#include "runtime/include/husk.h"
#include "runtime/process/caps.h"
#include "runtime/process/process.h"
#include "specs/specs.h"

static const char *const actions[] = {
	"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE",
	"SCMP_ACT_TRAP", NULL,
};
static const char *const operators[] = {
	"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT",
	"SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE", NULL,
};
#define FLAGS(ROW)                                                                                 \
	ROW(SECCOMP_FILTER_FLAG_LOG, 0)                                                            \
	ROW(SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0)                                                     \
	ROW(SECCOMP_FILTER_FLAG_TSYNC, 0)                                                          \
	ROW(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, SECCOMP_FILTER_FLAG_NEW_LISTENER)

/* A flag of the filter and the flag that the kernel takes it with only. */
static const struct {
	const char *name;
	unsigned flag, with;
} flags[] = {
#define ROW(name, with) { #name, name, with },
	FLAGS(ROW)
#undef ROW
};
static const char *const known_flags[ARRAY_SIZE(flags) + 1] = {
#define ROW(name, with) #name,
	FLAGS(ROW)
#undef ROW
};

/* The kernel looks at the flags before it looks for the program, which is not there. */
static const char **supported_flags(struct arena *arena)
{
	const char **names = arena_array(arena, ARRAY_SIZE(flags) + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; names && i < ARRAY_SIZE(flags); i++) {
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags[i].flag | flags[i].with,
			    NULL) < 0 && errno == EFAULT)
			names[n++] = flags[i].name;
	}
	return names;
}

/* "CAP_CHOWN", ... as far as this kernel's last one, or the last that we know. */
static const char **capabilities(struct arena *arena)
{
	const char **names = arena_array(arena, RT_N_CAPS + 1, sizeof(*names));
	const char *name;

	for (unsigned cap = 0; names && (name = rt_cap_name(cap)); cap++) {
		names[cap] = arena_printf(arena, "CAP_%s", name);
		if (!names[cap])
			return NULL;
	}
	return names;
}

int husk_features(char **out, struct husk_error *err)
{
	struct arena arena = { 0 };
	struct oci_features_facts facts = {
		.mount_options = rootfs_mount_options(),
		.seccomp_actions = actions,
		.seccomp_operators = operators,
		.seccomp_archs = rt_seccomp_archs(),
		.seccomp_known_flags = known_flags,
		.unsafe_annotations = rt_annotations_unsafe(),
		.cgroup_v1 = true,
		.cgroup_v2 = true,
		.cgroup_systemd = true,
		.cgroup_systemd_user = true,
		.cgroup_rdma = true,
		.apparmor = true,
		.selinux = true,
		.intel_rdt = true,
		.intel_rdt_schemata = true,
		.intel_rdt_monitoring = true,
		.net_devices = true,
		.landlock_abi = RT_LANDLOCK_ABI_TEXT,
		.version = HUSK_VERSION,
		.commit = rt_commit(),
	};
	char *text = NULL;

	facts.capabilities = capabilities(&arena);
	facts.seccomp_supported_flags = supported_flags(&arena);
	facts.libseccomp_version = arena_printf(&arena, "%u.%u.%u", SCMP_VER_MAJOR, SCMP_VER_MINOR,
						SCMP_VER_MICRO);
	if (facts.capabilities && facts.seccomp_supported_flags)
		text = oci_features_write(&facts);
	arena_done(&arena);
	if (!text)
		return err_nomem(err, "features");
	*out = text;
	return 0;
}
