/*
 * linux: namespaces, id maps, devices, and the rest that has no file of its own.
 *
 * Uses: specs/reader.h.    Used by: specs/config.c.
 */
#include <sched.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>

#include "runtime/base/util.h"
#include "specs/rules.h"
#include "specs/tables.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* ---- namespaces --------------------------------------------------------------- */

static const struct oci_name namespace_types[] = {
	{ "cgroup", CLONE_NEWCGROUP },
	{ "ipc", CLONE_NEWIPC },
	{ "mount", CLONE_NEWNS },
	{ "network", CLONE_NEWNET },
	{ "pid", CLONE_NEWPID },
	{ "time", CLONE_NEWTIME },
	{ "user", CLONE_NEWUSER },
	{ "uts", CLONE_NEWUTS },
	{ NULL, 0 },
};

static const struct oci_field namespace_fields[] = {
	OCI_ENUM("type", struct oci_namespace, type, OCI_REQUIRED, namespace_types, "a namespace"),
	OCI_STRING("path", struct oci_namespace, path, 0, &oci_rule_abs_path),
};

static const struct oci_table namespace_table =
	OCI_TABLE(namespace_fields, struct oci_namespace, .check = NULL);

const struct oci_namespace *oci_namespace_get(const struct oci_linux *linux_, uint64_t type)
{
	for (size_t i = 0; i < linux_->n_namespaces; i++) {
		if (linux_->namespaces[i].type == type)
			return &linux_->namespaces[i];
	}
	return NULL;
}

static const char *namespace_name(uint64_t type)
{
	for (const struct oci_name *n = namespace_types; n->name; n++) {
		if ((uint64_t)n->value == type)
			return n->name;
	}
	return "";
}

static int check_duplicate_namespaces(struct oci_reader *r, const struct oci_linux *l,
				      struct husk_error *err)
{
	uint64_t seen = 0;
	int ret = 0;

	for (size_t i = 0; i < l->n_namespaces && ret == 0; i++) {
		if (seen & l->namespaces[i].type)
			ret = oci_bad_at(r, err, "namespaces", i,
					 "\"%s\" is listed twice; allowed: each namespace once",
					 namespace_name(l->namespaces[i].type));
		seen |= l->namespaces[i].type;
	}
	return ret;
}

static const struct oci_field time_offset_fields[] = {
	OCI_INT("secs", struct oci_time_offset, secs, 0, INT64_MIN, INT64_MAX),
	OCI_INT("nanosecs", struct oci_time_offset, nanosecs, 0, 0, 999999999),
};

static int check_time_offset(struct oci_reader *r, const struct json *v, void *obj,
			     struct husk_error *err)
{
	struct oci_time_offset *offset = obj;

	(void)r;
	(void)v;
	(void)err;
	offset->set = true;
	return 0;
}

static const struct oci_table time_offset_table =
	OCI_TABLE(time_offset_fields, struct oci_time_offset, .check = check_time_offset);

static const struct oci_field time_offsets_fields[] = {
	OCI_EMBED("boottime", struct oci_linux, boottime, &time_offset_table),
	OCI_EMBED("monotonic", struct oci_linux, monotonic, &time_offset_table),
};

static const struct oci_table time_offsets_table =
	OCI_TABLE(time_offsets_fields, struct oci_linux, .check = NULL);

/* ---- devices ------------------------------------------------------------------- */

static const struct oci_name device_types[] = {
	{ "b", 'b' },
	{ "c", 'c' },
	{ "p", 'p' },
	{ "u", 'c' },
	{ NULL, 0 },
};

static int check_device(struct oci_reader *r, const struct json *v, void *obj,
			struct husk_error *err)
{
	struct oci_device *d = obj;

	/* engines copy st_mode, type and all */
	d->mode = d->has_mode ? d->mode & ~(mode_t)S_IFMT : 0666;
	if (d->type != 'p' && (!json_get(v, "major") || !json_get(v, "minor")))
		return oci_bad(r, err, "\"major\" and \"minor\" are missing; "
			       "only a device of type \"p\" has none");
	return 0;
}

static const struct oci_field device_fields[] = {
	OCI_ENUM("type", struct oci_device, type, OCI_REQUIRED, device_types, "a device type"),
	OCI_STRING("path", struct oci_device, path, OCI_REQUIRED, &oci_rule_abs_path),
	OCI_INT("major", struct oci_device, major, 0, 0, 4095),
	OCI_INT("minor", struct oci_device, minor, 0, 0, 1048575),
	OCI_INT_HAS("fileMode", struct oci_device, mode, 0, 0177777),
	OCI_INT("uid", struct oci_device, uid, 0, 0, OCI_MAX_ID),
	OCI_INT("gid", struct oci_device, gid, 0, 0, OCI_MAX_ID),
};

static const struct oci_table device_table =
	OCI_TABLE(device_fields, struct oci_device, .check = check_device);

static int check_net_device(struct oci_reader *r, const struct json *v, void *obj,
			    struct husk_error *err)
{
	struct oci_net_device *d = obj;

	(void)r;
	(void)v;
	(void)err;
	if (!d->name)
		d->name = d->host_name;
	return 0;
}

static const struct oci_field net_device_fields[] = {
	OCI_STRING("name", struct oci_net_device, name, 0, &oci_rule_if_name),
};

static const struct oci_table net_device_table =
	OCI_TABLE(net_device_fields, struct oci_net_device, .check = check_net_device);

/* ---- intelRdt, memoryPolicy, personality --------------------------------------- */

static const struct oci_field intel_rdt_fields[] = {
	OCI_STRING("closID", struct oci_intel_rdt, clos_id, 0, &oci_rule_clos_id),
	OCI_STRING("l3CacheSchema", struct oci_intel_rdt, l3_cache_schema, 0, NULL),
	OCI_STRING("memBwSchema", struct oci_intel_rdt, mem_bw_schema, 0, NULL),
	OCI_STRINGS("schemata", struct oci_intel_rdt, schemata, 0, &oci_rule_one_line),
	OCI_BOOL("enableMonitoring", struct oci_intel_rdt, enable_monitoring, 0),
};

static const struct oci_table intel_rdt_table =
	OCI_TABLE(intel_rdt_fields, struct oci_intel_rdt, .check = NULL);

/* linux/mempolicy.h; MPOL_WEIGHTED_INTERLEAVE is newer than the headers of Debian 12. */
static const struct oci_name memory_modes[] = {
	{ "MPOL_DEFAULT", 0 },
	{ "MPOL_PREFERRED", 1 },
	{ "MPOL_BIND", 2 },
	{ "MPOL_INTERLEAVE", 3 },
	{ "MPOL_LOCAL", 4 },
	{ "MPOL_PREFERRED_MANY", 5 },
	{ "MPOL_WEIGHTED_INTERLEAVE", 6 },
	{ NULL, 0 },
};

static const struct oci_name memory_flags[] = {
	{ "MPOL_F_NUMA_BALANCING", 1 << 13 },
	{ "MPOL_F_RELATIVE_NODES", 1 << 14 },
	{ "MPOL_F_STATIC_NODES", 1 << 15 },
	{ NULL, 0 },
};

static const struct oci_field memory_policy_fields[] = {
	OCI_ENUM("mode", struct oci_memory_policy, mode, OCI_REQUIRED, memory_modes,
		 "a memory policy"),
	OCI_STRING("nodes", struct oci_memory_policy, nodes, 0, &oci_rule_number_list),
	OCI_FLAGS("flags", struct oci_memory_policy, flags, memory_flags, "a memory policy flag"),
};

static const struct oci_table memory_policy_table =
	OCI_TABLE(memory_policy_fields, struct oci_memory_policy, .check = NULL);

static const struct oci_name personality_domains[] = {
	{ "LINUX", PER_LINUX },
	{ "LINUX32", PER_LINUX32 },
	{ NULL, 0 },
};

/* config-linux.md: "currently no flag values are supported" */
static OCI_READER(read_personality_flags)
{
	(void)f;
	(void)obj;
	return json_first(v) ? oci_bad(r, err, "is not empty; allowed: no flag is defined yet") : 0;
}

static const struct oci_field personality_fields[] = {
	{ .key = "domain", .type = JSON_STRING, .flags = OCI_REQUIRED | OCI_HAS,
	  .read = oci_read_name, .names = personality_domains, .what = "a personality",
	  OCI_HAS_AT(struct oci_linux, personality) },
	{ .key = "flags", .type = JSON_ARRAY, .read = read_personality_flags },
};

static const struct oci_table personality_table =
	OCI_TABLE(personality_fields, struct oci_linux, .check = NULL);

/* ---- linux ------------------------------------------------------------------------ */

static const struct oci_name propagations[] = {
	{ "private", OCI_PROP_PRIVATE },
	{ "rprivate", OCI_PROP_RPRIVATE },
	{ "rshared", OCI_PROP_RSHARED },
	{ "rslave", OCI_PROP_RSLAVE },
	{ "runbindable", OCI_PROP_RUNBINDABLE },
	{ "shared", OCI_PROP_SHARED },
	{ "slave", OCI_PROP_SLAVE },
	{ "unbindable", OCI_PROP_UNBINDABLE },
	{ NULL, 0 },
};

static int need_user_namespace(struct oci_reader *r, const struct oci_linux *l,
			       struct husk_error *err)
{
	if ((l->n_uid_mappings == 0 && l->n_gid_mappings == 0) ||
	    oci_namespace_get(l, CLONE_NEWUSER))
		return 0;
	return oci_bad_at(r, err, l->n_uid_mappings ? "uidMappings" : "gidMappings", OCI_WHOLE,
			  "maps IDs, but /linux/namespaces has no \"user\"");
}

static int need_new_time_namespace(struct oci_reader *r, const struct oci_linux *l,
				   struct husk_error *err)
{
	const struct oci_namespace *ns = oci_namespace_get(l, CLONE_NEWTIME);

	if ((!l->boottime.set && !l->monotonic.set) || (ns && !ns->path))
		return 0;
	return oci_bad_at(r, err, "timeOffsets", OCI_WHOLE, "sets clocks, but %s",
			  ns ? "the \"time\" namespace in /linux/namespaces is an existing one"
			     : "/linux/namespaces has no \"time\"");
}

static int check_linux(struct oci_reader *r, const struct json *v, void *obj,
		       struct husk_error *err)
{
	const struct oci_linux *l = obj;
	int ret = check_duplicate_namespaces(r, l, err);

	(void)v;
	if (ret == 0)
		ret = need_user_namespace(r, l, err);
	if (ret == 0)
		ret = need_new_time_namespace(r, l, err);
	return ret;
}

static const struct oci_field linux_fields[] = {
	OCI_OBJECTS("namespaces", struct oci_linux, namespaces, &namespace_table),
	OCI_OBJECTS("uidMappings", struct oci_linux, uid_mappings, &oci_id_map_table),
	OCI_OBJECTS("gidMappings", struct oci_linux, gid_mappings, &oci_id_map_table),
	OCI_INLINE("timeOffsets", &time_offsets_table, 0),
	OCI_OBJECTS("devices", struct oci_linux, devices, &device_table),
	OCI_MAP("netDevices", struct oci_linux, net_devices, &net_device_table, &oci_rule_if_name),
	OCI_STRING("cgroupsPath", struct oci_linux, cgroups_path, 0, NULL),
	OCI_OBJECT("resources", struct oci_linux, resources, &oci_resources_table),
	OCI_OBJECT("intelRdt", struct oci_linux, intel_rdt, &intel_rdt_table),
	OCI_OBJECT("memoryPolicy", struct oci_linux, memory_policy, &memory_policy_table),
	OCI_PAIRS("sysctl", struct oci_linux, sysctl, &oci_rule_sysctl, &oci_rule_one_line),
	OCI_OBJECT("seccomp", struct oci_linux, seccomp, &oci_seccomp_table),
	OCI_ENUM("rootfsPropagation", struct oci_linux, rootfs_propagation, 0, propagations,
		 "a mount propagation"),
	OCI_STRINGS("maskedPaths", struct oci_linux, masked_paths, 0, &oci_rule_abs_path),
	OCI_STRINGS("readonlyPaths", struct oci_linux, readonly_paths, 0, &oci_rule_abs_path),
	OCI_STRING("mountLabel", struct oci_linux, mount_label, 0, NULL),
	OCI_INLINE("personality", &personality_table, 0),
};

const struct oci_table oci_linux_table =
	OCI_TABLE(linux_fields, struct oci_linux, .check = check_linux);
