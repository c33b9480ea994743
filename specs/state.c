/*
 * The container's state: the file that husk keeps, and the document that others see.
 *
 * Uses: specs/reader.h, runtime/base/json_write.h.    Used by: runtime.
 */
#include <limits.h>
#include <string.h>

#include "runtime/base/json_write.h"
#include "runtime/base/util.h"
#include "specs/rules.h"

static const struct oci_field network_fields[] = {
	OCI_STRING("mode", struct oci_state_network, mode, OCI_REQUIRED, NULL),
	OCI_STRING("interface", struct oci_state_network, interface, 0, NULL),
	OCI_STRINGS("addresses", struct oci_state_network, addresses, 0, NULL),
	OCI_STRINGS("ports", struct oci_state_network, ports, 0, NULL),
	OCI_BOOL("egressList", struct oci_state_network, egress_list, 0),
};

static const struct oci_table network_table =
	OCI_TABLE(network_fields, struct oci_state_network, .check = NULL);

static const struct oci_field state_fields[] = {
	OCI_INT("version", struct oci_state, version, OCI_REQUIRED, 1, INT_MAX),
	OCI_STRING("ociVersion", struct oci_state, oci_version, OCI_REQUIRED, NULL),
	OCI_STRING("id", struct oci_state, id, OCI_REQUIRED, NULL),
	OCI_INT("pid", struct oci_state, pid, OCI_REQUIRED, 0, INT_MAX),
	OCI_INT("pidStartTime", struct oci_state, pid_start_time, 0, 0, UINT64_MAX),
	OCI_INT("pidInode", struct oci_state, pid_inode, 0, 0, UINT64_MAX),
	OCI_STRING("bundle", struct oci_state, bundle, OCI_REQUIRED, &oci_rule_abs_path),
	OCI_STRING("rootfs", struct oci_state, rootfs, 0, NULL),
	OCI_STRING("created", struct oci_state, created, 0, NULL),
	OCI_STRING("owner", struct oci_state, owner, 0, NULL),
	OCI_STRING("cgroup", struct oci_state, cgroup_state, 0, NULL),
	OCI_STRING("stdin", struct oci_state, stdio[0], 0, NULL),
	OCI_STRING("stdout", struct oci_state, stdio[1], 0, NULL),
	OCI_STRING("stderr", struct oci_state, stdio[2], 0, NULL),
	OCI_BOOL("rootless", struct oci_state, rootless, 0),
	OCI_BOOL("terminal", struct oci_state, terminal, 0),
	OCI_BOOL("hasProcess", struct oci_state, has_process, 0),
	OCI_BOOL("noNewKeyring", struct oci_state, no_new_keyring, 0),
	OCI_BOOL("noPoststop", struct oci_state, no_poststop, 0),
	OCI_BOOL("hasFilter", struct oci_state, has_filter, 0),
	OCI_OBJECT("network", struct oci_state, network, &network_table),
	OCI_STRINGS("landlock", struct oci_state, landlock, 0, NULL),
	OCI_PAIRS("annotations", struct oci_state, annotations, NULL, NULL),
};

static const struct oci_table state_table =
	OCI_TABLE(state_fields, struct oci_state, .check = NULL);

/* Before anything else is read: a newer file may mean something else by the same names. */
static int check_version(const struct json *root, struct husk_error *err)
{
	const struct json *v = json_type(root) == JSON_OBJECT ? json_get(root, "version") : NULL;
	bool negative;
	uint64_t version;

	/* anything else is good, or the table says what is wrong */
	if (!v || json_type(v) != JSON_NUMBER ||
	    json_integer(v, &negative, &version) != JSON_INT_OK || negative ||
	    version <= OCI_STATE_VERSION)
		return 0;
	return err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP,
		       "the state has format %llu; this husk knows %d: use the newer husk that "
		       "made the container", (unsigned long long)version, OCI_STATE_VERSION);
}

int oci_state_parse(const char *text, size_t len, struct oci_state *out, struct husk_error *err)
{
	struct oci_state state = { 0 };
	struct oci_reader r = { &state.arena, NULL, NULL };
	cleanup_json struct json_doc doc = { 0 };
	int ret = json_parse(text, len, &doc, err);

	if (ret < 0)
		return ret;
	ret = check_version(doc.root, err);
	if (ret == 0)
		ret = oci_read_document(&r, &state_table, doc.root, &state, err);
	if (ret < 0) {
		oci_state_done(&state);
		return ret;
	}
	*out = state;
	return 0;
}

void oci_state_done(struct oci_state *state)
{
	arena_done(&state->arena);
	*state = (struct oci_state){ 0 };
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static const char *const stdio_names[OCI_STDIO] = { "stdin", "stdout", "stderr" };

static void put_annotations(struct json_writer *w, const struct oci_state *state)
{
	if (state->n_annotations == 0)
		return;
	json_open(w, "annotations", '{');
	for (size_t i = 0; i < state->n_annotations; i++)
		json_put_string(w, state->annotations[i].key, state->annotations[i].value);
	json_close(w, '}');
}

static void put_network(struct json_writer *w, const struct oci_state_network *n)
{
	if (!n)
		return;
	json_open(w, "network", '{');
	json_put_string(w, "mode", or_empty(n->mode));
	if (n->interface)
		json_put_string(w, "interface", n->interface);
	json_put_strings(w, "addresses", (const char *const *)n->addresses);
	json_put_strings(w, "ports", (const char *const *)n->ports);
	json_put_bool(w, "egressList", n->egress_list);
	json_close(w, '}');
}

char *oci_state_write(const struct oci_state *state)
{
	struct json_writer w = { .pretty = false };

	json_open(&w, NULL, '{');
	json_put_int(&w, "version", OCI_STATE_VERSION);
	json_put_string(&w, "ociVersion", or_empty(state->oci_version));
	json_put_string(&w, "id", or_empty(state->id));
	json_put_int(&w, "pid", state->pid);
	json_put_uint(&w, "pidStartTime", state->pid_start_time);
	json_put_uint(&w, "pidInode", state->pid_inode);
	json_put_string(&w, "bundle", or_empty(state->bundle));
	json_put_string(&w, "rootfs", or_empty(state->rootfs));
	json_put_string(&w, "created", or_empty(state->created));
	json_put_string(&w, "owner", or_empty(state->owner));
	if (state->cgroup_state)
		json_put_string(&w, "cgroup", state->cgroup_state);
	for (size_t i = 0; i < OCI_STDIO; i++) {
		if (state->stdio[i])
			json_put_string(&w, stdio_names[i], state->stdio[i]);
	}
	json_put_bool(&w, "rootless", state->rootless);
	json_put_bool(&w, "terminal", state->terminal);
	json_put_bool(&w, "hasProcess", state->has_process);
	json_put_bool(&w, "noNewKeyring", state->no_new_keyring);
	json_put_bool(&w, "noPoststop", state->no_poststop);
	json_put_bool(&w, "hasFilter", state->has_filter);
	put_network(&w, state->network);
	if (state->landlock)
		json_put_strings(&w, "landlock", (const char *const *)state->landlock);
	put_annotations(&w, state);
	json_close(&w, '}');
	return str_take(&w.out);
}

char *oci_state_public(const struct oci_state *state, const char *status, bool pretty)
{
	struct json_writer w = { .pretty = pretty };

	json_open(&w, NULL, '{');
	json_put_string(&w, "ociVersion", or_empty(state->oci_version));
	json_put_string(&w, "id", or_empty(state->id));
	json_put_int(&w, "pid", strcmp(status, "stopped") == 0 ? 0 : state->pid);
	json_put_string(&w, "status", status);
	json_put_string(&w, "bundle", or_empty(state->bundle));
	json_put_string(&w, "rootfs", or_empty(state->rootfs));
	json_put_string(&w, "created", or_empty(state->created));
	put_annotations(&w, state);
	put_network(&w, state->network);
	json_put_string(&w, "owner", or_empty(state->owner));
	json_close(&w, '}');
	return str_take(&w.out);
}

int oci_stdio_parse(const char *text, size_t len, struct arena *arena,
		    const char *out[OCI_STDIO], struct husk_error *err)
{
	cleanup_json struct json_doc doc = { 0 };
	const char *found[OCI_STDIO] = { "", "", "" };
	const struct json *v;
	size_t i = 0;

	if (json_parse(text, len, &doc, err) < 0)
		return -err->sys;
	if (json_type(doc.root) != JSON_ARRAY)
		return err_new(err, HUSK_E_CONFIG, EINVAL, "expected an array of strings, not %s",
			       json_type_name(json_type(doc.root)));
	for (v = json_first(doc.root); v && i < OCI_STDIO; v = json_next(v), i++) {
		if (json_type(v) != JSON_STRING)
			return err_new(err, HUSK_E_CONFIG, EINVAL, "expected a string, not %s",
				       json_type_name(json_type(v)));
		found[i] = arena_strdup(arena, json_string(v));
		if (!found[i])
			return err_nomem(err, "standard streams");
	}
	memcpy(out, found, sizeof(found));
	return 0;
}

char *oci_stdio_write(const char *const stdio[OCI_STDIO])
{
	struct str b = { 0 };

	for (size_t i = 0; i < OCI_STDIO; i++) {
		str_add(&b, i ? "," : "[");
		str_add_json(&b, or_empty(stdio[i]));
	}
	str_add(&b, "]");
	return str_take(&b);
}
