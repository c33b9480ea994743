/*
 * `features`: what this build on this kernel can do (runtime-spec features.md).
 *
 * Uses: specs, rootfs, cgroups, libseccomp.    Used by: the library's users.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>

#include "cgroups/cgroups.h"
#include "rootfs/rootfs.h"
#include "runtime/base/util.h"
#include "runtime/include/husk.h"
#include "runtime/process_plan.h"
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
static const char *const flags[] = {
	"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL,
};
/* "." at the end: a prefix.  No annotation changes the container's rights in this version. */
static const char *const unsafe[] = { NULL };

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* "CAP_CHOWN", ... as far as this kernel's last one. */
static const char **capabilities(struct arena *arena)
{
	const char **names = arena_array(arena, 65, sizeof(*names));

	for (int cap = 0; names && cap < 64 && CAP_IS_SUPPORTED(cap); cap++) {
		char *name = cap_to_name(cap), *up = name ? arena_strdup(arena, name) : NULL;

		cap_free(name);
		if (!up)
			return NULL;
		for (char *p = up; *p; p++)
			*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
		names[cap] = up;
	}
	return names;
}

int husk_features(char **out, struct husk_error *err)
{
	const struct scmp_version *v = seccomp_version();
	struct arena arena = { 0 };
	struct cg_host host = { 0 };
	struct oci_features_facts facts = {
		.mount_options = rootfs_mount_options(),
		.seccomp_actions = actions,
		.seccomp_operators = operators,
		.seccomp_archs = rt_seccomp_archs(),
		.seccomp_known_flags = flags,
		.seccomp_supported_flags = flags,
		.unsafe_annotations = unsafe,
		.apparmor = rt_lsm_apparmor(),
		.selinux = rt_lsm_selinux(),
		.intel_rdt = is_dir("/sys/fs/resctrl/info"),
		.intel_rdt_schemata = is_dir("/sys/fs/resctrl/info"),
		.intel_rdt_monitoring = is_dir("/sys/fs/resctrl/info/L3_MON"),
		.net_devices = true,
		.version = HUSK_VERSION,
		.commit = "",
	};

	cg_host_detect(&host);
	facts.cgroup_v1 = host.v1;
	facts.cgroup_v2 = host.v2;
	facts.cgroup_rdma = host.rdma;
	facts.capabilities = capabilities(&arena);
	facts.libseccomp_version = v ? arena_printf(&arena, "%u.%u.%u", v->major, v->minor,
						    v->micro) : NULL;
	*out = facts.capabilities ? oci_features_write(&facts) : NULL;
	arena_done(&arena);
	return *out ? 0 : err_nomem(err, "features");
}
