/*
 * process.capabilities: names to sets of bits.
 *
 * A capability that this table does not know is no error: config.md wants a warning, so that a
 * configuration for a newer kernel still runs.  It is listed in oci_caps.unknown, once.
 *
 * Uses: specs/reader.h.    Used by: specs/read_process.c; oci_cap_number() by layers above.
 */
#include <string.h>

#include "runtime/base/util.h"
#include "specs/tables.h"

/* The index is the number; see capability.h. */
static const char *const cap_names[] = {
	"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
	"SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW",
	"IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT",
	"SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD",
	"LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG",
	"WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
};
_Static_assert(ARRAY_SIZE(cap_names) == 41, "CAP_CHECKPOINT_RESTORE is 40");

/* Beyond this many unknown names, repeats are kept: looking for them would take a square. */
enum { MAX_DEDUPLICATED = 64 };

int oci_cap_number(const char *name)
{
	if (strncmp(name, "CAP_", 4) == 0)
		name += 4;
	for (size_t i = 0; i < ARRAY_SIZE(cap_names); i++) {
		if (strcmp(cap_names[i], name) == 0)
			return (int)i;
	}
	return -1;
}

static bool is_listed(const struct oci_caps *caps, const char *name)
{
	for (size_t i = 0; i < caps->n_unknown && i < MAX_DEDUPLICATED; i++) {
		if (strcmp(caps->unknown[i], name) == 0)
			return true;
	}
	return false;
}

static int add_unknown(struct oci_reader *r, struct oci_caps *caps, const char *name,
		       struct husk_error *err)
{
	size_t n = caps->n_unknown;
	const char *copy = NULL;

	if (is_listed(caps, name))
		return 0;
	if ((n & (n - 1)) == 0) {	/* full: 0, 1, 2, 4, ... */
		const char **more = arena_array(r->arena, n ? n * 2 : 1, sizeof(*more));

		if (!more)
			return err_nomem(err, "read the capabilities");
		if (n > 0)
			memcpy(more, caps->unknown, n * sizeof(*more));
		caps->unknown = more;
	}
	copy = arena_strdup(r->arena, name);
	if (!copy)
		return err_nomem(err, "read the capabilities");
	caps->unknown[caps->n_unknown++] = copy;
	return 0;
}

static OCI_READER(read_set)
{
	uint64_t *set = oci_member(f, obj);
	struct oci_path here = { r->path, NULL, 0 };
	int ret = 0;

	r->path = &here;
	for (v = json_first(v); v && ret == 0; v = json_next(v), here.index++) {
		int number;

		if (json_type(v) != JSON_STRING) {
			ret = oci_bad_value(r, err, v, "a capability",
					    "names such as \"CAP_KILL\"");
			continue;
		}
		number = oci_cap_number(json_string(v));
		if (number >= 0)
			*set |= UINT64_C(1) << number;
		else
			ret = add_unknown(r, obj, json_string(v), err);
	}
	r->path = here.up;
	return ret;
}

#define CAP_SET(key_, m_)                                                                          \
	{ .key = key_, .type = JSON_ARRAY, .read = read_set, OCI_AT(struct oci_caps, m_) }

static const struct oci_field caps_fields[] = {
	CAP_SET("bounding", bounding),
	CAP_SET("effective", effective),
	CAP_SET("inheritable", inheritable),
	CAP_SET("permitted", permitted),
	CAP_SET("ambient", ambient),
};

const struct oci_table oci_caps_table = OCI_TABLE(caps_fields, struct oci_caps, .check = NULL);
