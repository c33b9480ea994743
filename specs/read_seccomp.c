/*
 * linux.seccomp: which system calls are allowed.
 *
 * Names of system calls are not checked: which exist depends on the architecture and on
 * libseccomp, and config-linux.md leaves the unknown ones to the runtime.
 *
 * Uses: specs/reader.h.    Used by: specs/read_linux.c.
 */
#include "specs/rules.h"
#include "specs/tables.h"

static const struct oci_name actions[] = {
	{ "SCMP_ACT_ALLOW", OCI_ACT_ALLOW },
	{ "SCMP_ACT_ERRNO", OCI_ACT_ERRNO },
	{ "SCMP_ACT_KILL", OCI_ACT_KILL },
	{ "SCMP_ACT_KILL_PROCESS", OCI_ACT_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", OCI_ACT_KILL_THREAD },
	{ "SCMP_ACT_LOG", OCI_ACT_LOG },
	{ "SCMP_ACT_NOTIFY", OCI_ACT_NOTIFY },
	{ "SCMP_ACT_TRACE", OCI_ACT_TRACE },
	{ "SCMP_ACT_TRAP", OCI_ACT_TRAP },
	{ NULL, 0 },
};

/* enum scmp_compare of seccomp.h, which is ABI */
static const struct oci_name operators[] = {
	{ "SCMP_CMP_NE", 1 },
	{ "SCMP_CMP_LT", 2 },
	{ "SCMP_CMP_LE", 3 },
	{ "SCMP_CMP_EQ", 4 },
	{ "SCMP_CMP_GE", 5 },
	{ "SCMP_CMP_GT", 6 },
	{ "SCMP_CMP_MASKED_EQ", 7 },
	{ NULL, 0 },
};

/* linux/seccomp.h */
static const struct oci_name filter_flags[] = {
	{ "SECCOMP_FILTER_FLAG_LOG", 1 << 1 },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", 1 << 2 },
	{ "SECCOMP_FILTER_FLAG_TSYNC", 1 << 0 },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 1 << 5 },
	{ NULL, 0 },
};

/* The kernel caps an errno at MAX_ERRNO, silently. */
enum { MAX_ERRNO = 4095 };

/* config-linux.md: "When the action doesn't support an errno, the runtime MUST print an error and
 * fail." */
static int check_errno_ret(struct oci_reader *r, struct husk_error *err, const char *key,
			   enum oci_seccomp_action action, uint32_t value)
{
	if (action == OCI_ACT_TRACE)
		return 0;
	if (action != OCI_ACT_ERRNO)
		return oci_bad_at(r, err, key, OCI_WHOLE, "%u has no meaning; allowed: only with "
				  "SCMP_ACT_ERRNO or SCMP_ACT_TRACE", value);
	if (value > MAX_ERRNO)
		return oci_bad_at(r, err, key, OCI_WHOLE,
				  "%u is out of range; allowed: integers from 0 to %d", value,
				  MAX_ERRNO);
	return 0;
}

static const struct oci_field arg_fields[] = {
	OCI_INT("index", struct oci_seccomp_arg, index, OCI_REQUIRED, 0, 5),
	OCI_INT("value", struct oci_seccomp_arg, value, OCI_REQUIRED, 0, UINT64_MAX),
	OCI_INT("valueTwo", struct oci_seccomp_arg, value_two, 0, 0, UINT64_MAX),
	OCI_ENUM("op", struct oci_seccomp_arg, op, OCI_REQUIRED, operators, "a comparison"),
};

static const struct oci_table arg_table =
	OCI_TABLE(arg_fields, struct oci_seccomp_arg, .check = NULL);

static int check_syscall(struct oci_reader *r, const struct json *v, void *obj,
			 struct husk_error *err)
{
	const struct oci_seccomp_rule *rule = obj;

	(void)v;
	if (!rule->has_errno_ret)
		return 0;
	return check_errno_ret(r, err, "errnoRet", rule->action, rule->errno_ret);
}

static const struct oci_field syscall_fields[] = {
	OCI_STRINGS("names", struct oci_seccomp_rule, names, OCI_REQUIRED | OCI_NONEMPTY,
		    &oci_rule_not_empty),
	OCI_ENUM("action", struct oci_seccomp_rule, action, OCI_REQUIRED, actions, "an action"),
	OCI_INT_HAS("errnoRet", struct oci_seccomp_rule, errno_ret, 0, UINT16_MAX),
	OCI_OBJECTS("args", struct oci_seccomp_rule, args, &arg_table),
};

static const struct oci_table syscall_table =
	OCI_TABLE(syscall_fields, struct oci_seccomp_rule, .check = check_syscall);

static int check_seccomp(struct oci_reader *r, const struct json *v, void *obj,
			 struct husk_error *err)
{
	const struct oci_seccomp *s = obj;

	(void)v;
	if (s->listener_metadata && !s->listener_path)
		return oci_bad_at(r, err, "listenerMetadata", OCI_WHOLE,
				  "has no meaning without \"listenerPath\"");
	if (!s->has_default_errno_ret)
		return 0;
	return check_errno_ret(r, err, "defaultErrnoRet", s->default_action,
			       s->default_errno_ret);
}

static const struct oci_field seccomp_fields[] = {
	OCI_ENUM("defaultAction", struct oci_seccomp, default_action, OCI_REQUIRED, actions,
		 "an action"),
	OCI_INT_HAS("defaultErrnoRet", struct oci_seccomp, default_errno_ret, 0, UINT16_MAX),
	OCI_STRINGS("architectures", struct oci_seccomp, architectures, 0, &oci_rule_seccomp_arch),
	{ .key = "flags", .type = JSON_ARRAY, .flags = OCI_HAS, .read = oci_read_flags,
	  .names = filter_flags, .what = "a seccomp flag", OCI_HAS_AT(struct oci_seccomp, flags) },
	OCI_STRING("listenerPath", struct oci_seccomp, listener_path, 0, &oci_rule_abs_path),
	OCI_STRING("listenerMetadata", struct oci_seccomp, listener_metadata, 0, NULL),
	OCI_OBJECTS("syscalls", struct oci_seccomp, rules, &syscall_table),
};

const struct oci_table oci_seccomp_table =
	OCI_TABLE(seccomp_fields, struct oci_seccomp, .check = check_seccomp);
