/*
 * A configuration with new values for some of its members: what `update` leaves behind for later
 * commands.
 *
 * Objects are merged member by member.  Anything else replaces what was there, except what engines
 * write for "unchanged" and the lists whose entries are about one device each.
 *
 * Uses: specs/json.h, runtime/base/json_write.h.    Used by: runtime.
 */
#include <string.h>

#include "runtime/base/json_write.h"
#include "runtime/base/util.h"
#include "specs/json.h"
#include "specs/specs.h"

#define RES "/linux/resources/"

/* Where 0 (or "") stands for "unchanged", as in cgroups/cg_resources.c. */
static const char *const zero_is_unset[] = {
	RES "memory/limit", RES "memory/reservation", RES "memory/swap", RES "memory/kernel",
	RES "memory/kernelTCP", RES "cpu/shares", RES "cpu/period", RES "cpu/quota",
	RES "cpu/realtimePeriod", RES "cpu/realtimeRuntime", RES "cpu/cpus", RES "cpu/mems",
	RES "blockIO/weight", RES "blockIO/leafWeight", RES "network/classID",
};

/* Lists with at most one entry for each value of these members. */
static const struct {
	const char *pointer;
	const char *key[2];
} keyed[] = {
	{ RES "hugepageLimits", { "pageSize" } },
	{ RES "network/priorities", { "name" } },
	{ RES "blockIO/weightDevice", { "major", "minor" } },
	{ RES "blockIO/throttleReadBpsDevice", { "major", "minor" } },
	{ RES "blockIO/throttleWriteBpsDevice", { "major", "minor" } },
	{ RES "blockIO/throttleReadIOPSDevice", { "major", "minor" } },
	{ RES "blockIO/throttleWriteIOPSDevice", { "major", "minor" } },
};

struct merge {
	struct json_writer w;
	char pointer[512];	/* of the value that is being written */
};

static bool is_zero(const struct json *v)
{
	bool negative;
	uint64_t n;

	if (json_type(v) == JSON_STRING)
		return *json_string(v) == '\0';
	return json_type(v) == JSON_NUMBER && json_integer(v, &negative, &n) == JSON_INT_OK &&
	       n == 0;
}

/* The one rule "nothing is allowed", which engines send along without meaning it. */
static bool is_deny_all(const struct json *devices)
{
	const struct json *rule = json_first(devices), *type;

	if (!rule || json_next(rule) || json_type(rule) != JSON_OBJECT)
		return false;
	type = json_get(rule, "type");
	return !json_get(rule, "major") && !json_get(rule, "minor") && json_get(rule, "allow") &&
	       !json_bool(json_get(rule, "allow")) && (!type || strcmp(json_string(type), "a") == 0);
}

static bool leaves_alone(const struct merge *m, const struct json *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(zero_is_unset); i++) {
		if (strcmp(zero_is_unset[i], m->pointer) == 0)
			return is_zero(v);
	}
	return strcmp(m->pointer, RES "devices") == 0 && is_deny_all(v);
}

static bool same(const struct json *a, const struct json *b)
{
	struct str x cleanup_str = { 0 }, y cleanup_str = { 0 };

	if (!a || !b)
		return a == b;
	json_print(&x, a);
	json_print(&y, b);
	return x.s && y.s && strcmp(x.s, y.s) == 0;
}

/* The entry of @list that is about the same thing as @entry. */
static const struct json *find(const struct json *list, const struct json *entry,
			       const char *const key[2])
{
	for (const struct json *e = json_first(list); e; e = json_next(e)) {
		if (same(json_get(e, key[0]), json_get(entry, key[0])) &&
		    (!key[1] || same(json_get(e, key[1]), json_get(entry, key[1]))))
			return e;
	}
	return NULL;
}

/* The old entries that nobody replaces, then the new ones. */
static void merge_list(struct merge *m, const char *name, const struct json *base,
		       const struct json *patch, const char *const key[2])
{
	json_open(&m->w, name, '[');
	for (const struct json *e = json_first(base); e; e = json_next(e)) {
		if (!find(patch, e, key))
			json_copy(&m->w, NULL, e);
	}
	for (const struct json *e = json_first(patch); e; e = json_next(e))
		json_copy(&m->w, NULL, e);
	json_close(&m->w, ']');
}

static void merge_value(struct merge *m, const char *key, const struct json *base,
			const struct json *patch);

static void merge_member(struct merge *m, const char *key, const struct json *base,
			 const struct json *patch)
{
	size_t len = strlen(m->pointer);

	/* Too long a pointer is none of the table's. */
	(void)snprintf(m->pointer + len, sizeof(m->pointer) - len, "/%s", key);
	if (base || !patch || !leaves_alone(m, patch))
		merge_value(m, key, base, patch);
	m->pointer[len] = '\0';
}

/* @base may be NULL where the patch has something new. */
static void merge_value(struct merge *m, const char *key, const struct json *base,
			const struct json *patch)
{
	if (!patch || leaves_alone(m, patch)) {
		json_copy(&m->w, key, base);
		return;
	}
	if (json_type(patch) != JSON_OBJECT ||
	    (base && json_type(base) != JSON_OBJECT)) {
		for (size_t i = 0; base && i < ARRAY_SIZE(keyed); i++) {
			if (strcmp(keyed[i].pointer, m->pointer) == 0 &&
			    json_type(base) == JSON_ARRAY && json_type(patch) == JSON_ARRAY) {
				merge_list(m, key, base, patch, keyed[i].key);
				return;
			}
		}
		json_copy(&m->w, key, patch);
		return;
	}
	json_open(&m->w, key, '{');
	for (const struct json *v = base ? json_first(base) : NULL; v; v = json_next(v)) {
		const struct json *new = json_get(patch, json_key(v));

		/* null is none: below, as new */
		if (!new || json_type(v) != JSON_NULL)
			merge_member(m, json_key(v), v, new);
	}
	for (const struct json *v = json_first(patch); v; v = json_next(v)) {
		if (json_type(v) == JSON_NULL)
			continue;
		if (!base || !json_get(base, json_key(v)))
			merge_member(m, json_key(v), NULL, v);
	}
	json_close(&m->w, '}');
}

int oci_config_merge(const char *config, size_t config_len, const char *patch, size_t patch_len,
		     char **out, struct husk_error *err)
{
	cleanup_json struct json_doc base = { 0 }, change = { 0 };
	struct merge m = { .w = { .pretty = true } };
	int ret = json_parse(config, config_len, &base, err);

	if (ret == 0)
		ret = json_parse(patch, patch_len, &change, err);
	if (ret < 0)
		return ret;
	merge_value(&m, NULL, base.root, change.root);
	*out = str_take(&m.w.out);
	str_done(&m.w.out);
	return *out ? 0 : err_nomem(err, "merge the configuration");
}
