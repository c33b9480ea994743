/*
 * mounts, and the id maps that they share with linux.
 *
 * Options stay strings: rootfs/ owns the table that says what they mean.
 *
 * Uses: specs/reader.h.    Used by: specs/config.c, specs/read_linux.c.
 */
#include "specs/rules.h"
#include "specs/tables.h"

/* The kernel refuses a range that ends past the last ID, with a bare EINVAL for the whole map. */
static int check_id_map(struct oci_reader *r, const struct json *v, void *obj,
			struct husk_error *err)
{
	const struct oci_id_map *map = obj;
	uint64_t last = OCI_MAX_ID;
	int ret = 0;

	(void)v;
	if ((uint64_t)map->container_id + map->size - 1 > last)
		ret = oci_bad_at(r, err, "size", OCI_WHOLE,
				 "%u IDs from containerID %u end past the last ID; allowed: up to "
				 "%llu", map->size, map->container_id, (unsigned long long)last);
	if (ret == 0 && (uint64_t)map->host_id + map->size - 1 > last)
		ret = oci_bad_at(r, err, "size", OCI_WHOLE,
				 "%u IDs from hostID %u end past the last ID; allowed: up to %llu",
				 map->size, map->host_id, (unsigned long long)last);
	return ret;
}

static const struct oci_field id_map_fields[] = {
	OCI_INT("containerID", struct oci_id_map, container_id, OCI_REQUIRED, 0, OCI_MAX_ID),
	OCI_INT("hostID", struct oci_id_map, host_id, OCI_REQUIRED, 0, OCI_MAX_ID),
	OCI_INT("size", struct oci_id_map, size, OCI_REQUIRED, 1, UINT32_MAX),
};

const struct oci_table oci_id_map_table =
	OCI_TABLE(id_map_fields, struct oci_id_map, .check = check_id_map);

static int check_mount(struct oci_reader *r, const struct json *v, void *obj,
		       struct husk_error *err)
{
	const struct oci_mount *m = obj;

	(void)v;
	if (!m->n_uid_mappings != !m->n_gid_mappings)
		return oci_bad(r, err, "has %s without %s; allowed: both or none",
			       m->n_uid_mappings ? "uidMappings" : "gidMappings",
			       m->n_uid_mappings ? "gidMappings" : "uidMappings");
	return 0;
}

static const struct oci_field mount_fields[] = {
	OCI_STRING("destination", struct oci_mount, destination, OCI_REQUIRED, NULL),
	OCI_STRING("type", struct oci_mount, type, 0, NULL),
	OCI_STRING("source", struct oci_mount, source, 0, NULL),
	OCI_STRINGS("options", struct oci_mount, options, 0, NULL),
	OCI_OBJECTS("uidMappings", struct oci_mount, uid_mappings, &oci_id_map_table),
	OCI_OBJECTS("gidMappings", struct oci_mount, gid_mappings, &oci_id_map_table),
};

const struct oci_table oci_mount_table =
	OCI_TABLE(mount_fields, struct oci_mount, .check = check_mount);
