/*
 * linux.resources: cgroup limits.
 *
 * Uses: specs/reader.h.    Used by: specs/read_linux.c, specs/config.c.
 */
#include <string.h>

#include "specs/rules.h"
#include "specs/tables.h"

/* ---- devices ------------------------------------------------------------------- */

static const struct oci_name rule_types[] = {
	{ "a", 'a' },
	{ "b", 'b' },
	{ "c", 'c' },
	{ NULL, 0 },
};

static OCI_READER(read_access)
{
	struct oci_device_rule *rule = obj;
	const char *access = json_string(v);

	(void)f;
	if (strspn(access, "rwm") != strlen(access))
		return oci_bad_value(r, err, v, "device access", "a combination of r, w and m");
	rule->read = strchr(access, 'r');
	rule->write = strchr(access, 'w');
	rule->mknod = strchr(access, 'm');
	return 0;
}

/* What is left out of a rule is a wildcard. */
static int check_rule(struct oci_reader *r, const struct json *v, void *obj,
		      struct husk_error *err)
{
	struct oci_device_rule *rule = obj;

	(void)r;
	(void)err;
	if (!rule->type)
		rule->type = 'a';
	if (!json_get(v, "major"))
		rule->major = -1;
	if (!json_get(v, "minor"))
		rule->minor = -1;
	if (!rule->read && !rule->write && !rule->mknod)
		rule->read = rule->write = rule->mknod = true;
	return 0;
}

static const struct oci_field rule_fields[] = {
	OCI_BOOL("allow", struct oci_device_rule, allow, OCI_REQUIRED),
	OCI_ENUM("type", struct oci_device_rule, type, 0, rule_types, "a device type"),
	OCI_INT("major", struct oci_device_rule, major, 0, -1, 4095),
	OCI_INT("minor", struct oci_device_rule, minor, 0, -1, 1048575),
	{ .key = "access", .type = JSON_STRING, .read = read_access },
};

static const struct oci_table rule_table =
	OCI_TABLE(rule_fields, struct oci_device_rule, .check = check_rule);

/* ---- memory and cpu --------------------------------------------------------------- */

static int check_memory(struct oci_reader *r, const struct json *v, void *obj,
			struct husk_error *err)
{
	struct oci_memory *m = obj;

	(void)v;
	/* engines write -1 as an unsigned number for "not set" */
	if (m->swappiness == UINT64_MAX)
		m->has_swappiness = false;
	if (m->has_swappiness && m->swappiness > 100)
		return oci_bad_at(r, err, "swappiness", OCI_WHOLE,
				  "%llu is out of range; allowed: integers from 0 to 100",
				  (unsigned long long)m->swappiness);
	return 0;
}

static const struct oci_field memory_fields[] = {
	OCI_INT_HAS("limit", struct oci_memory, limit, -1, INT64_MAX),
	OCI_INT_HAS("reservation", struct oci_memory, reservation, -1, INT64_MAX),
	OCI_INT_HAS("swap", struct oci_memory, swap, -1, INT64_MAX),
	OCI_INT_HAS("kernel", struct oci_memory, kernel, -1, INT64_MAX),
	OCI_INT_HAS("kernelTCP", struct oci_memory, kernel_tcp, -1, INT64_MAX),
	OCI_INT_HAS("swappiness", struct oci_memory, swappiness, 0, UINT64_MAX),
	OCI_BOOL_HAS("disableOOMKiller", struct oci_memory, disable_oom_killer),
	OCI_BOOL_HAS("useHierarchy", struct oci_memory, use_hierarchy),
	OCI_BOOL_HAS("checkBeforeUpdate", struct oci_memory, check_before_update),
};

static const struct oci_table memory_table =
	OCI_TABLE(memory_fields, struct oci_memory, .check = check_memory);

static const struct oci_field cpu_fields[] = {
	OCI_INT_HAS("shares", struct oci_cpu, shares, 0, UINT64_MAX),
	OCI_INT_HAS("quota", struct oci_cpu, quota, -1, INT64_MAX),
	OCI_INT_HAS("burst", struct oci_cpu, burst, 0, UINT64_MAX),
	OCI_INT_HAS("period", struct oci_cpu, period, 0, UINT64_MAX),
	OCI_INT_HAS("realtimeRuntime", struct oci_cpu, rt_runtime, -1, INT64_MAX),
	OCI_INT_HAS("realtimePeriod", struct oci_cpu, rt_period, 0, UINT64_MAX),
	OCI_INT_HAS("idle", struct oci_cpu, idle, 0, 1),
	OCI_STRING("cpus", struct oci_cpu, cpus, 0, &oci_rule_cpuset),
	OCI_STRING("mems", struct oci_cpu, mems, 0, &oci_rule_cpuset),
};

static const struct oci_table cpu_table = OCI_TABLE(cpu_fields, struct oci_cpu, .check = NULL);

/* "pids" has one member, which lands in struct oci_resources. */
static const struct oci_field pids_fields[] = {
	{ .key = "limit", .type = JSON_NUMBER, .flags = OCI_HAS, .read = oci_read_int, .min = -1,
	  .max = INT64_MAX, OCI_HAS_AT(struct oci_resources, pids_limit) },
};

static const struct oci_table pids_table =
	OCI_TABLE(pids_fields, struct oci_resources, .check = NULL);

/* ---- blockIO ------------------------------------------------------------------------ */

/* 0, which engines write for "not set", or 10 to 1000 as the kernel's BFQ_MIN/MAX_WEIGHT want. */
static int check_weight(struct oci_reader *r, struct husk_error *err, const char *key,
			uint16_t weight, bool *has)
{
	*has = *has && weight != 0;
	if (*has && (weight < 10 || weight > 1000))
		return oci_bad_at(r, err, key, OCI_WHOLE,
				  "%u is out of range; allowed: integers from 10 to 1000", weight);
	return 0;
}

static int check_weight_device(struct oci_reader *r, const struct json *v, void *obj,
			       struct husk_error *err)
{
	struct oci_weight_device *d = obj;
	int ret = check_weight(r, err, "weight", d->weight, &d->has_weight);

	(void)v;
	return ret < 0 ? ret : check_weight(r, err, "leafWeight", d->leaf_weight,
					    &d->has_leaf_weight);
}

static const struct oci_field weight_device_fields[] = {
	OCI_INT("major", struct oci_weight_device, major, OCI_REQUIRED, 0, 4095),
	OCI_INT("minor", struct oci_weight_device, minor, OCI_REQUIRED, 0, 1048575),
	OCI_INT_HAS("weight", struct oci_weight_device, weight, 0, UINT16_MAX),
	OCI_INT_HAS("leafWeight", struct oci_weight_device, leaf_weight, 0, UINT16_MAX),
};

static const struct oci_table weight_device_table =
	OCI_TABLE(weight_device_fields, struct oci_weight_device, .check = check_weight_device);

static const struct oci_field throttle_fields[] = {
	OCI_INT("major", struct oci_throttle, major, OCI_REQUIRED, 0, 4095),
	OCI_INT("minor", struct oci_throttle, minor, OCI_REQUIRED, 0, 1048575),
	OCI_INT("rate", struct oci_throttle, rate, OCI_REQUIRED, 0, UINT64_MAX),
};

static const struct oci_table throttle_table =
	OCI_TABLE(throttle_fields, struct oci_throttle, .check = NULL);

static int check_block_io(struct oci_reader *r, const struct json *v, void *obj,
			  struct husk_error *err)
{
	struct oci_block_io *b = obj;
	int ret = check_weight(r, err, "weight", b->weight, &b->has_weight);

	(void)v;
	return ret < 0 ? ret : check_weight(r, err, "leafWeight", b->leaf_weight,
					    &b->has_leaf_weight);
}

static const struct oci_field block_io_fields[] = {
	OCI_INT_HAS("weight", struct oci_block_io, weight, 0, UINT16_MAX),
	OCI_INT_HAS("leafWeight", struct oci_block_io, leaf_weight, 0, UINT16_MAX),
	OCI_OBJECTS("weightDevice", struct oci_block_io, weight_devices, &weight_device_table),
	OCI_OBJECTS("throttleReadBpsDevice", struct oci_block_io, read_bps, &throttle_table),
	OCI_OBJECTS("throttleWriteBpsDevice", struct oci_block_io, write_bps, &throttle_table),
	OCI_OBJECTS("throttleReadIOPSDevice", struct oci_block_io, read_iops, &throttle_table),
	OCI_OBJECTS("throttleWriteIOPSDevice", struct oci_block_io, write_iops, &throttle_table),
};

static const struct oci_table block_io_table =
	OCI_TABLE(block_io_fields, struct oci_block_io, .check = check_block_io);

/* ---- the small ones --------------------------------------------------------------- */

static const struct oci_field hugepage_fields[] = {
	OCI_STRING("pageSize", struct oci_hugepage_limit, page_size, OCI_REQUIRED,
		   &oci_rule_page_size),
	OCI_INT("limit", struct oci_hugepage_limit, limit, OCI_REQUIRED, 0, UINT64_MAX),
};

static const struct oci_table hugepage_table =
	OCI_TABLE(hugepage_fields, struct oci_hugepage_limit, .check = NULL);

static const struct oci_field if_priority_fields[] = {
	OCI_STRING("name", struct oci_if_priority, name, OCI_REQUIRED, &oci_rule_if_name),
	OCI_INT("priority", struct oci_if_priority, priority, OCI_REQUIRED, 0, UINT32_MAX),
};

static const struct oci_table if_priority_table =
	OCI_TABLE(if_priority_fields, struct oci_if_priority, .check = NULL);

static const struct oci_field network_fields[] = {
	OCI_INT_HAS("classID", struct oci_resources, class_id, 0, UINT32_MAX),
	OCI_OBJECTS("priorities", struct oci_resources, if_priorities, &if_priority_table),
};

static const struct oci_table network_table =
	OCI_TABLE(network_fields, struct oci_resources, .check = NULL);

static const struct oci_field rdma_fields[] = {
	OCI_INT_HAS("hcaHandles", struct oci_rdma, handles, 0, UINT32_MAX),
	OCI_INT_HAS("hcaObjects", struct oci_rdma, objects, 0, UINT32_MAX),
};

/* config-linux.md: at least one of the two must be given. */
static int check_rdma(struct oci_reader *r, const struct json *v, void *obj,
		      struct husk_error *err)
{
	const struct oci_rdma *rdma = obj;

	(void)v;
	if (!rdma->has_handles && !rdma->has_objects)
		return oci_bad(r, err,
			       "limits nothing; \"hcaHandles\" or \"hcaObjects\" is needed");
	return 0;
}

static const struct oci_table rdma_table =
	OCI_TABLE(rdma_fields, struct oci_rdma, .check = check_rdma);

/* ---- resources ----------------------------------------------------------------------- */

static const struct oci_field resources_fields[] = {
	OCI_OBJECTS("devices", struct oci_resources, devices, &rule_table),
	OCI_OBJECT("memory", struct oci_resources, memory, &memory_table),
	OCI_OBJECT("cpu", struct oci_resources, cpu, &cpu_table),
	OCI_INLINE("pids", &pids_table, 0),
	OCI_OBJECT("blockIO", struct oci_resources, block_io, &block_io_table),
	OCI_OBJECTS("hugepageLimits", struct oci_resources, hugepages, &hugepage_table),
	OCI_INLINE("network", &network_table, 0),
	OCI_MAP("rdma", struct oci_resources, rdma, &rdma_table, &oci_rule_file_name),
	OCI_PAIRS("unified", struct oci_resources, unified, &oci_rule_cgroup_file, NULL),
};

const struct oci_table oci_resources_table =
	OCI_TABLE(resources_fields, struct oci_resources, .check = NULL);
