/*
 * The features document of runtime-spec features.md.
 *
 * Uses: runtime/base/json_write.h.    Used by: runtime.
 */
#include "runtime/base/json_write.h"
#include "specs/specs.h"

static const char *const namespaces[] = {
	"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts", NULL,
};
static const char *const memory_modes[] = {
	"MPOL_DEFAULT", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED",
	"MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE", NULL,
};
static const char *const memory_flags[] = {
	"MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES", NULL,
};

/* "KEY": { "enabled": VALUE } */
static void put_enabled(struct json_writer *w, const char *key, bool enabled)
{
	json_open(w, key, '{');
	json_put_bool(w, "enabled", enabled);
	json_close(w, '}');
}

static void put_cgroup(struct json_writer *w, const struct oci_features_facts *f)
{
	json_open(w, "cgroup", '{');
	json_put_bool(w, "v1", f->cgroup_v1);
	json_put_bool(w, "v2", f->cgroup_v2);
	json_put_bool(w, "systemd", f->cgroup_systemd);
	json_put_bool(w, "systemdUser", f->cgroup_systemd_user);
	json_put_bool(w, "rdma", f->cgroup_rdma);
	json_close(w, '}');
}

static void put_seccomp(struct json_writer *w, const struct oci_features_facts *f)
{
	json_open(w, "seccomp", '{');
	json_put_bool(w, "enabled", true);
	json_put_strings(w, "actions", f->seccomp_actions);
	json_put_strings(w, "operators", f->seccomp_operators);
	json_put_strings(w, "archs", f->seccomp_archs);
	json_put_strings(w, "knownFlags", f->seccomp_known_flags);
	json_put_strings(w, "supportedFlags", f->seccomp_supported_flags);
	json_close(w, '}');
}

static void put_linux(struct json_writer *w, const struct oci_features_facts *f)
{
	json_open(w, "linux", '{');
	json_put_strings(w, "namespaces", namespaces);
	json_put_strings(w, "capabilities", f->capabilities);
	put_cgroup(w, f);
	put_seccomp(w, f);
	put_enabled(w, "apparmor", f->apparmor);
	put_enabled(w, "selinux", f->selinux);
	json_open(w, "intelRdt", '{');
	json_put_bool(w, "enabled", f->intel_rdt);
	json_put_bool(w, "schemata", f->intel_rdt_schemata);
	json_put_bool(w, "monitoring", f->intel_rdt_monitoring);
	json_close(w, '}');
	json_open(w, "memoryPolicy", '{');
	json_put_strings(w, "modes", memory_modes);
	json_put_strings(w, "flags", memory_flags);
	json_close(w, '}');
	json_open(w, "mountExtensions", '{');
	put_enabled(w, "idmap", true);
	json_close(w, '}');
	put_enabled(w, "netDevices", f->net_devices);
	json_close(w, '}');
}

/* What this build is; the keys that peers use where a key exists already. */
static void put_annotations(struct json_writer *w, const struct oci_features_facts *f)
{
	json_open(w, "annotations", '{');
	if (f->libseccomp_version)
		json_put_string(w, "io.github.seccomp.libseccomp.version", f->libseccomp_version);
	if (f->landlock_abi)
		json_put_string(w, "org.husk.landlock.abi", f->landlock_abi);
	/* runc's and crun's keys, by which engines know that there are checkpoint and restore */
	json_put_string(w, "org.opencontainers.runc.checkpoint.enabled", "true");
	json_put_string(w, "run.oci.crun.checkpoint.enabled", "true");
	if (f->version && f->version[0])
		json_put_string(w, "husk.version", f->version);
	if (f->commit && f->commit[0])
		json_put_string(w, "husk.commit", f->commit);
	json_close(w, '}');
}

char *oci_features_write(const struct oci_features_facts *facts)
{
	struct json_writer w = { .pretty = true };

	json_open(&w, NULL, '{');
	json_put_string(&w, "ociVersionMin", "1.0.0");
	json_put_string(&w, "ociVersionMax", HUSK_SPEC_VERSION);
	json_open(&w, "hooks", '[');
	for (int kind = 0; kind < OCI_HOOK_KINDS; kind++)
		json_put_string(&w, NULL, oci_hook_kind_name((enum oci_hook_kind)kind));
	json_close(&w, ']');
	json_put_strings(&w, "mountOptions", facts->mount_options);
	put_linux(&w, facts);
	put_annotations(&w, facts);
	json_put_strings(&w, "potentiallyUnsafeConfigAnnotations", facts->unsafe_annotations);
	json_close(&w, '}');
	return str_take(&w.out);
}
