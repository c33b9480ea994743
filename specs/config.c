/*
 * A whole config.json, and the two parts of it that come alone.
 *
 * Uses: specs/reader.h, specs/json.h.    Used by: every layer above.
 */
#include <sched.h>
#include <string.h>

#include "runtime/base/util.h"
#include "specs/rules.h"
#include "specs/tables.h"

static const struct oci_field root_fields[] = {
	OCI_STRING("path", struct oci_config, root_path, OCI_REQUIRED, NULL),
	OCI_BOOL("readonly", struct oci_config, root_readonly, 0),
};

static const struct oci_table root_table = OCI_TABLE(root_fields, struct oci_config, .check = NULL);

/* Setting the name of the host's own uts namespace is never what was meant. */
static int need_uts_namespace(struct oci_reader *r, const struct oci_config *c, const char *key,
			      const char *name, struct husk_error *err)
{
	if (!name || oci_namespace_get(&c->linux_, CLONE_NEWUTS))
		return 0;
	return oci_bad_at(r, err, key, OCI_WHOLE,
			  "\"%s\" cannot be set, because /linux/namespaces has no \"uts\"", name);
}

static int check_config(struct oci_reader *r, const struct json *v, void *obj,
			struct husk_error *err)
{
	const struct oci_config *c = obj;
	int ret = need_uts_namespace(r, c, "hostname", c->hostname, err);

	(void)v;
	if (ret == 0)
		ret = need_uts_namespace(r, c, "domainname", c->domainname, err);
	return ret;
}

static const struct oci_field config_fields[] = {
	OCI_STRING("ociVersion", struct oci_config, version, OCI_REQUIRED, &oci_rule_version),
	{ .key = "root", .type = JSON_OBJECT, .flags = OCI_HAS, .read = oci_read_embedded,
	  .table = &root_table, .offset2 = offsetof(struct oci_config, has_root) },
	OCI_OBJECTS("mounts", struct oci_config, mounts, &oci_mount_table),
	OCI_OBJECT("process", struct oci_config, process, &oci_process_table),
	OCI_STRING("hostname", struct oci_config, hostname, 0, &oci_rule_host_name),
	OCI_STRING("domainname", struct oci_config, domainname, 0, &oci_rule_host_name),
	OCI_EMBED("hooks", struct oci_config, hooks, &oci_hooks_table),
	OCI_PAIRS("annotations", struct oci_config, annotations, &oci_rule_not_empty, NULL),
	OCI_EMBED("linux", struct oci_config, linux_, &oci_linux_table),
	OCI_OBJECT("vm", struct oci_config, vm, &oci_vm_table),
};

const struct oci_table oci_config_table =
	OCI_TABLE(config_fields, struct oci_config, .check = check_config);

/* What is left out of the text that is kept: see rt_save_config(). */
static void find_rules(const struct json_doc *doc, const char *text, struct oci_config *config)
{
	static const char *const keys[] = { "linux", "seccomp", "syscalls" };
	const struct json *v = doc->root;

	for (size_t i = 0; v && i < ARRAY_SIZE(keys); i++)
		v = json_get(v, keys[i]);
	if (v && json_type(v) == JSON_ARRAY)
		json_place(doc, text, v, &config->rules_at, &config->rules_len);
}

int oci_config_parse(const char *text, size_t len, struct oci_config *out,
		     struct oci_problems *problems, struct husk_error *err)
{
	struct oci_config config = { 0 };
	struct oci_reader r = { &config.arena, problems, NULL };
	cleanup_json struct json_doc doc = { 0 };
	int ret = json_parse(text, len, &doc, err);

	if (ret < 0)
		return ret;
	ret = oci_read_document(&r, &oci_config_table, doc.root, &config, err);
	if (ret < 0) {
		oci_config_done(&config);
		return ret;
	}
	find_rules(&doc, text, &config);
	*out = config;
	return 0;
}

void oci_config_done(struct oci_config *config)
{
	arena_done(&config->arena);
	*config = (struct oci_config){ 0 };
}

static int parse_part(const char *text, size_t len, const struct oci_table *table,
		      struct arena *arena, void *out, struct husk_error *err)
{
	struct oci_reader r = { arena, NULL, NULL };
	cleanup_json struct json_doc doc = { 0 };
	int ret = json_parse(text, len, &doc, err);

	if (ret < 0)
		return ret;
	return oci_read_document(&r, table, doc.root, out, err);
}

int oci_process_parse(const char *text, size_t len, struct arena *arena, struct oci_process **out,
		      struct husk_error *err)
{
	struct oci_process *process = arena_alloc(arena, sizeof(*process));
	int ret;

	if (!process)
		return err_nomem(err, "read the process");
	ret = parse_part(text, len, &oci_process_table, arena, process, err);
	if (ret == 0)
		*out = process;
	return ret;
}

int oci_resources_parse(const char *text, size_t len, struct arena *arena,
			struct oci_resources **out, struct husk_error *err)
{
	struct oci_resources *resources = arena_alloc(arena, sizeof(*resources));
	int ret;

	if (!resources)
		return err_nomem(err, "read the resources");
	ret = parse_part(text, len, &oci_resources_table, arena, resources, err);
	if (ret == 0)
		*out = resources;
	return ret;
}

int oci_mounts_parse(const char *text, size_t len, struct arena *arena, struct oci_mount **out,
		     size_t *n_out, struct husk_error *err)
{
	struct list {
		struct oci_mount *mounts;
		size_t n_mounts;
	} list = { 0 };
	static const struct oci_field field = OCI_OBJECTS("", struct list, mounts, &oci_mount_table);
	struct oci_reader r = { arena, NULL, NULL };
	cleanup_json struct json_doc doc = { 0 };
	int ret = json_parse(text, len, &doc, err);

	if (ret < 0)
		return ret;
	if (json_type(doc.root) != JSON_ARRAY)
		return oci_bad(&r, err, "expected an array of mounts, found %s",
			       json_type_name(json_type(doc.root)));
	ret = oci_read_objects(&r, &field, doc.root, &list, err);
	if (ret == 0) {
		*out = list.mounts;
		*n_out = list.n_mounts;
	}
	return ret;
}

const char *oci_annotation(const struct oci_config *config, const char *key)
{
	for (size_t i = 0; i < config->n_annotations; i++) {
		if (strcmp(config->annotations[i].key, key) == 0)
			return config->annotations[i].value;
	}
	return NULL;
}
