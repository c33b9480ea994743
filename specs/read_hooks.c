/*
 * hooks: programs to run at points of the life cycle.
 *
 * Uses: specs/reader.h.    Used by: specs/config.c; oci_hook_kind_name() by runtime.
 */
#include <limits.h>

#include "runtime/base/util.h"
#include "specs/rules.h"
#include "specs/tables.h"

static const char *const kind_names[] = {
	[OCI_PRESTART] = "prestart",
	[OCI_CREATE_RUNTIME] = "createRuntime",
	[OCI_CREATE_CONTAINER] = "createContainer",
	[OCI_START_CONTAINER] = "startContainer",
	[OCI_POSTSTART] = "poststart",
	[OCI_POSTSTOP] = "poststop",
};
_Static_assert(ARRAY_SIZE(kind_names) == OCI_HOOK_KINDS, "every kind of hook has a name");

const char *oci_hook_kind_name(enum oci_hook_kind kind)
{
	return kind_names[kind];
}

/* The counts of args and env are not kept: both are NULL-terminated. */
struct hook_reading {
	struct oci_hook hook;
	char **args, **env;
	size_t n_args, n_env;
};

static const struct oci_field hook_fields[] = {
	OCI_STRING("path", struct hook_reading, hook.path, OCI_REQUIRED, &oci_rule_abs_path),
	OCI_STRINGS("args", struct hook_reading, args, 0, NULL),
	OCI_STRINGS("env", struct hook_reading, env, 0, &oci_rule_env),
	OCI_INT("timeout", struct hook_reading, hook.timeout, 0, 1, INT_MAX),
};

static const struct oci_table hook_table =
	OCI_TABLE(hook_fields, struct hook_reading, .check = NULL);

static int read_hook(struct oci_reader *r, const struct json *v, struct oci_hook *out,
		     struct husk_error *err)
{
	struct hook_reading one = { 0 };
	char **defaults = arena_array(r->arena, 3, sizeof(*defaults));
	int ret = oci_read_document(r, &hook_table, v, &one, err);

	if (ret < 0)
		return ret;
	if (!defaults)
		return err_nomem(err, "read the hooks");
	/* { path, NULL }, and its end is an empty list */
	defaults[0] = (char *)one.hook.path;
	one.hook.args = one.args ? one.args : defaults;
	one.hook.env = one.env ? one.env : defaults + 1;
	*out = one.hook;
	return 0;
}

static OCI_READER(read_hook_list)
{
	struct oci_hooks *hooks = obj;
	size_t kind = (f->offset - offsetof(struct oci_hooks, hook)) / sizeof(hooks->hook[0]);
	struct oci_path here = { r->path, NULL, 0 };
	struct oci_hook *list = arena_array(r->arena, json_count(v), sizeof(*list));
	int ret = 0;

	if (!list)
		return err_nomem(err, "read the hooks");
	hooks->hook[kind] = list;
	hooks->n_hook[kind] = json_count(v);
	r->path = &here;
	for (v = json_first(v); v && ret == 0; v = json_next(v), here.index++)
		ret = read_hook(r, v, &list[here.index], err);
	r->path = here.up;
	return ret;
}

#define HOOK_LIST(key_, kind_)                                                                     \
	{ .key = key_, .type = JSON_ARRAY, .read = read_hook_list,                                 \
	  OCI_AT(struct oci_hooks, hook[kind_]) }

static const struct oci_field hooks_fields[] = {
	HOOK_LIST("prestart", OCI_PRESTART),
	HOOK_LIST("createRuntime", OCI_CREATE_RUNTIME),
	HOOK_LIST("createContainer", OCI_CREATE_CONTAINER),
	HOOK_LIST("startContainer", OCI_START_CONTAINER),
	HOOK_LIST("poststart", OCI_POSTSTART),
	HOOK_LIST("poststop", OCI_POSTSTOP),
};

const struct oci_table oci_hooks_table = OCI_TABLE(hooks_fields, struct oci_hooks, .check = NULL);
