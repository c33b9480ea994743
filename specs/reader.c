/*
 * The table engine: see reader.h.
 *
 * Uses: specs/json.h, runtime/base.    Used by: specs.
 */
#include "specs/reader.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/util.h"

/* ---- saying what is wrong ------------------------------------------------------------ */

enum { SHOWN_KEY = 100 };

/* One reference token of an RFC 6901 pointer; control characters as JSON writes them. */
static void print_token(struct str *out, const char *key)
{
	size_t len = strlen(key), shown = len > SHOWN_KEY ? SHOWN_KEY : len;

	while (shown < len && shown > 0 && ((unsigned char)key[shown] & 0xc0) == 0x80)
		shown--;
	for (const char *p = key; p < key + shown; p++) {
		if (*p == '~')
			str_add(out, "~0");
		else if (*p == '/')
			str_add(out, "~1");
		else if ((unsigned char)*p < 0x20 || *p == 0x7f)
			str_printf(out, "\\u%04x", (unsigned)*p);
		else
			str_add_n(out, p, 1);
	}
	if (shown < len)
		str_add(out, "...");
}

static void print_path(struct str *out, const struct oci_path *path)
{
	if (!path)
		return;
	print_path(out, path->up);
	str_add(out, "/");
	if (path->key)
		print_token(out, path->key);
	else
		str_printf(out, "%zu", path->index);
}

static int note(struct oci_problems *p, const char *pointer, const char *message,
		struct husk_error *err)
{
	struct husk_problem one;

	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 16;
		struct husk_problem *items = reallocarray(p->items, cap, sizeof(*items));

		if (!items)
			return err_nomem(err, "note a problem");
		p->items = items;
		p->cap = cap;
	}
	one = (struct husk_problem){ strdup(pointer), strdup(message) };
	if (!one.pointer || !one.message) {
		free(one.pointer);
		free(one.message);
		return err_nomem(err, "note a problem");
	}
	p->items[p->n++] = one;
	return 0;
}

void oci_problems_done(struct oci_problems *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->items[i].pointer);
		free(p->items[i].message);
	}
	free(p->items);
	*p = (struct oci_problems){ 0 };
}

static int report(struct oci_reader *r, struct husk_error *err, const char *message)
{
	cleanup_str struct str path = { 0 };
	cleanup_free char *pointer = NULL;

	print_path(&path, r->path);
	pointer = str_take(&path);
	if (!pointer || !message)
		return err_nomem(err, "say what is wrong with the configuration");
	if (r->problems)
		return note(r->problems, pointer, message, err);
	if (*pointer)
		return err_config(err, pointer, "%s", message);
	return err_new(err, HUSK_E_CONFIG, EINVAL, "%s", message);
}

/* NULL: out of memory. */
static char *PRINTF_LIKE(1, 0) format(const char *fmt, va_list ap)
{
	char *s = NULL;

	return vasprintf(&s, fmt, ap) < 0 ? NULL : s;
}

int oci_bad(struct oci_reader *r, struct husk_error *err, const char *fmt, ...)
{
	cleanup_free char *message = NULL;
	va_list ap;

	va_start(ap, fmt);
	message = format(fmt, ap);
	va_end(ap);
	return report(r, err, message);
}

int oci_bad_at(struct oci_reader *r, struct husk_error *err, const char *key, size_t index,
	       const char *fmt, ...)
{
	struct oci_path member = { r->path, key, 0 }, element = { &member, NULL, index };
	cleanup_free char *message = NULL;
	va_list ap;
	int ret;

	va_start(ap, fmt);
	message = format(fmt, ap);
	va_end(ap);
	r->path = index == OCI_WHOLE ? &member : &element;
	ret = report(r, err, message);
	r->path = member.up;
	return ret;
}

int oci_bad_value(struct oci_reader *r, struct husk_error *err, const struct json *v,
		  const char *what, const char *allowed)
{
	cleanup_str struct str s = { 0 };

	json_print(&s, v);
	str_printf(&s, " is not %s; allowed: %s", what, allowed);
	return s.failed ? err_nomem(err, "say what is wrong") : report(r, err, s.s);
}

static int bad_type(struct oci_reader *r, struct husk_error *err, const struct json *v,
		    enum json_type expected)
{
	cleanup_str struct str s = { 0 };

	str_printf(&s, "expected %s, found ", json_type_name(expected));
	json_print(&s, v);
	return s.failed ? err_nomem(err, "say what is wrong") : report(r, err, s.s);
}

static int bad_name(struct oci_reader *r, struct husk_error *err, const struct json *v,
		    const struct oci_field *f)
{
	cleanup_str struct str names = { 0 };

	for (const struct oci_name *n = f->names; n->name; n++) {
		str_add(&names, n == f->names ? "" : ", ");
		str_add(&names, n->name);
	}
	if (names.failed)
		return err_nomem(err, "say what is wrong");
	return oci_bad_value(r, err, v, f->what, names.s);
}

static int bad_int(struct oci_reader *r, struct husk_error *err, const struct json *v,
		   const struct oci_field *f, bool fraction)
{
	cleanup_str struct str s = { 0 };

	json_print(&s, v);
	str_printf(&s, " is %s; allowed: integers from %lld to %llu",
		   fraction ? "not an integer" : "out of range", (long long)f->min,
		   (unsigned long long)f->max);
	return s.failed ? err_nomem(err, "say what is wrong") : report(r, err, s.s);
}

/* ---- scalars ----------------------------------------------------------------------- */

static size_t n_problems(const struct oci_reader *r)
{
	return r->problems ? r->problems->n : 0;
}

static int out_of_memory(struct husk_error *err)
{
	return err_nomem(err, "read the configuration");
}

static void mark(const struct oci_field *f, void *obj)
{
	if (f->flags & OCI_HAS)
		*(bool *)((char *)obj + f->offset2) = true;
}

static void store(void *dst, size_t size, uint64_t value)
{
	switch (size) {
	case 1:
		*(uint8_t *)dst = (uint8_t)value;
		break;
	case 2:
		*(uint16_t *)dst = (uint16_t)value;
		break;
	case 4:
		*(uint32_t *)dst = (uint32_t)value;
		break;
	default:
		*(uint64_t *)dst = value;
		break;
	}
}

/* Copy @v, which must obey @rule, into the arena.  *out stays as it was if it does not. */
static int copy_string(struct oci_reader *r, const struct oci_rule *rule, const struct json *v,
		       const char **out, struct husk_error *err)
{
	const char *copy;

	if (rule && !rule->ok(json_string(v)))
		return oci_bad_value(r, err, v, rule->what, rule->allowed);
	copy = arena_strdup(r->arena, json_string(v));
	if (!copy)
		return out_of_memory(err);
	*out = copy;
	return 0;
}

/* An absent value; but a member that must be there must also say something. */
static bool is_unset(const struct oci_field *f, const struct json *v)
{
	return *json_string(v) == '\0' && !(f->flags & OCI_REQUIRED);
}

OCI_READER(oci_read_string)
{
	if (is_unset(f, v))
		return 0;
	if (*json_string(v) == '\0' && !f->rule)
		return oci_bad(r, err, "is empty");
	return copy_string(r, f->rule, v, oci_member(f, obj), err);
}

OCI_READER(oci_read_bool)
{
	(void)r;
	(void)err;
	*(bool *)oci_member(f, obj) = json_bool(v);
	mark(f, obj);
	return 0;
}

static int read_int(struct oci_reader *r, const struct oci_field *f, const struct json *v,
		    void *dst, struct husk_error *err)
{
	bool negative = false, in_range;
	uint64_t magnitude = 0;
	enum json_int kind = json_integer(v, &negative, &magnitude);

	if (kind == JSON_INT_FRACTION)
		return bad_int(r, err, v, f, true);
	if (negative)
		in_range = f->min < 0 && magnitude <= 0 - (uint64_t)f->min;
	else
		in_range = magnitude <= f->max && (f->min <= 0 || magnitude >= (uint64_t)f->min);
	if (kind == JSON_INT_TOO_BIG || !in_range)
		return bad_int(r, err, v, f, false);
	store(dst, f->size, negative ? 0 - magnitude : magnitude);
	return 1;
}

OCI_READER(oci_read_int)
{
	int ret = read_int(r, f, v, oci_member(f, obj), err);

	if (ret > 0)
		mark(f, obj);
	return ret < 0 ? ret : 0;
}

const struct oci_name *oci_find_name(const struct oci_name *names, const char *name)
{
	while (names->name && strcmp(names->name, name) != 0)
		names++;
	return names->name ? names : NULL;
}

OCI_READER(oci_read_name)
{
	const struct oci_name *n;

	if (is_unset(f, v))
		return 0;
	n = oci_find_name(f->names, json_string(v));
	if (!n)
		return bad_name(r, err, v, f);
	store(oci_member(f, obj), f->size, (uint64_t)n->value);
	mark(f, obj);
	return 0;
}

/* ---- arrays and maps ------------------------------------------------------------------ */

/*
 * Room for the members of @v, plus @spare zeroed elements; the struct gets array and count.
 * *out is NULL for an empty array, whose member stays NULL.
 */
static int new_array(struct oci_reader *r, const struct oci_field *f, const struct json *v,
		     size_t spare, void *obj, void **out, struct husk_error *err)
{
	size_t n = json_count(v);

	*out = NULL;
	if (n == 0)
		return f->flags & OCI_NONEMPTY ? oci_bad(r, err, "is empty; at least one is needed")
					       : 0;
	*out = arena_array(r->arena, n + spare, f->size);
	if (!*out)
		return out_of_memory(err);
	memcpy(oci_member(f, obj), out, sizeof(*out));
	*(size_t *)((char *)obj + f->offset2) = n;
	return 0;
}

/* Call @one for every member of @v, at its path, with consecutive elements of @array. */
typedef int each_fn(struct oci_reader *r, const struct oci_field *f, const struct json *v,
		    void *element, struct husk_error *err);

static int for_each(struct oci_reader *r, const struct oci_field *f, const struct json *v,
		    char *element, enum json_type type, each_fn *one, struct husk_error *err)
{
	struct oci_path here = { r->path, NULL, 0 };
	int ret = 0;

	r->path = &here;
	for (v = json_first(v); v && ret >= 0; v = json_next(v)) {
		here.key = json_key(v);
		if (json_type(v) != type)
			ret = bad_type(r, err, v, type);
		else
			ret = one(r, f, v, element, err);
		element += f->size;
		here.index++;
	}
	r->path = here.up;
	return ret < 0 ? ret : 0;
}

static int one_string(struct oci_reader *r, const struct oci_field *f, const struct json *v,
		      void *element, struct husk_error *err)
{
	return copy_string(r, f->rule, v, element, err);
}

OCI_READER(oci_read_strings)
{
	void *array;
	int ret = new_array(r, f, v, 1, obj, &array, err);

	if (ret < 0 || !array)
		return ret;
	/* a refused one leaves "", not a premature end, when problems are collected */
	for (size_t i = 0, n = r->problems ? json_count(v) : 0; i < n; i++)
		((const char **)array)[i] = "";
	return for_each(r, f, v, array, JSON_STRING, one_string, err);
}

/* @flags is the sum of all so far. */
static int one_flag(struct oci_reader *r, const struct oci_field *f, const struct json *v,
		    void *flags, struct husk_error *err)
{
	const struct oci_name *n = oci_find_name(f->names, json_string(v));

	if (!n)
		return bad_name(r, err, v, f);
	*(uint64_t *)flags |= (uint64_t)n->value;
	return 0;
}

OCI_READER(oci_read_flags)
{
	struct oci_field every = *f;
	uint64_t flags = 0;
	int ret;

	every.size = 0;		/* each into the same place */
	ret = for_each(r, &every, v, (char *)&flags, JSON_STRING, one_flag, err);
	if (ret == 0) {
		store(oci_member(f, obj), f->size, flags);
		mark(f, obj);
	}
	return ret;
}

OCI_READER(oci_read_ints)
{
	void *array;
	int ret = new_array(r, f, v, 0, obj, &array, err);

	if (ret < 0 || !array)
		return ret;
	return for_each(r, f, v, array, JSON_NUMBER, read_int, err);
}

static int one_object(struct oci_reader *r, const struct oci_field *f, const struct json *v,
		      void *element, struct husk_error *err)
{
	return oci_read_object(r, f->table, v, element, err);
}

OCI_READER(oci_read_objects)
{
	void *array;
	int ret = new_array(r, f, v, 0, obj, &array, err);

	if (ret < 0 || !array)
		return ret;
	return for_each(r, f, v, array, JSON_OBJECT, one_object, err);
}

/* The name of a map's member, which must obey f->key_rule. */
static int copy_key(struct oci_reader *r, const struct oci_field *f, const struct json *v,
		    const char **out, struct husk_error *err)
{
	const char *key = json_key(v);

	if (f->key_rule && !f->key_rule->ok(key)) {
		cleanup_str struct str s = { 0 };

		str_add_json(&s, key);
		if (s.failed)
			return err_nomem(err, "say what is wrong");
		return oci_bad(r, err, "the name %.100s is not %s; allowed: %s", s.s,
			       f->key_rule->what, f->key_rule->allowed);
	}
	*out = arena_strdup(r->arena, key);
	return *out ? 0 : out_of_memory(err);
}

static int one_entry(struct oci_reader *r, const struct oci_field *f, const struct json *v,
		     void *element, struct husk_error *err)
{
	int ret = copy_key(r, f, v, element, err);

	return ret < 0 ? ret : oci_read_object(r, f->table, v, element, err);
}

OCI_READER(oci_read_map)
{
	void *array;
	int ret = new_array(r, f, v, 0, obj, &array, err);

	if (ret < 0 || !array)
		return ret;
	return for_each(r, f, v, array, JSON_OBJECT, one_entry, err);
}

static int one_pair(struct oci_reader *r, const struct oci_field *f, const struct json *v,
		    void *element, struct husk_error *err)
{
	struct oci_pair *pair = element;
	int ret = copy_key(r, f, v, &pair->key, err);

	return ret < 0 ? ret : copy_string(r, f->rule, v, &pair->value, err);
}

OCI_READER(oci_read_pairs)
{
	struct oci_pair *pairs;
	void *array;
	int ret = new_array(r, f, v, 0, obj, &array, err);

	if (ret < 0 || !array)
		return ret;
	pairs = array;
	for (size_t i = 0, n = r->problems ? json_count(v) : 0; i < n; i++)
		pairs[i] = (struct oci_pair){ "", "" };
	return for_each(r, f, v, array, JSON_STRING, one_pair, err);
}

/* ---- objects ----------------------------------------------------------------------------- */

OCI_READER(oci_read_embedded)
{
	int ret = oci_read_object(r, f->table, v, oci_member(f, obj), err);

	if (ret == 0)
		mark(f, obj);
	return ret;
}

OCI_READER(oci_read_new)
{
	void *made = arena_alloc(r->arena, f->table->size);
	int ret;

	if (!made)
		return out_of_memory(err);
	ret = oci_read_object(r, f->table, v, made, err);
	if (ret == 0)
		memcpy(oci_member(f, obj), &made, sizeof(made));
	return ret;
}

static const struct oci_field *find_field(const struct oci_table *table, const char *key)
{
	for (size_t i = 0; i < table->n_fields; i++) {
		if (strcmp(table->fields[i].key, key) == 0)
			return &table->fields[i];
	}
	return NULL;
}

static int read_member(struct oci_reader *r, const struct oci_field *f, const struct json *v,
		       void *obj, struct husk_error *err)
{
	struct oci_path here = { r->path, f->key, 0 };
	int ret;

	r->path = &here;
	if (json_type(v) != f->type)
		ret = bad_type(r, err, v, f->type);
	else
		ret = f->read(r, f, v, obj, err);
	r->path = here.up;
	return ret;
}

int oci_read_object(struct oci_reader *r, const struct oci_table *table, const struct json *v,
		    void *obj, struct husk_error *err)
{
	size_t before = n_problems(r);
	uint64_t seen = 0;
	int ret;

	for (const struct json *m = json_first(v); m; m = json_next(m)) {
		const struct oci_field *f = find_field(table, json_key(m));

		if (!f || json_type(m) == JSON_NULL)
			continue;
		seen |= UINT64_C(1) << (f - table->fields);
		ret = read_member(r, f, m, obj, err);
		if (ret < 0)
			return ret;
	}
	for (size_t i = 0; i < table->n_fields; i++) {
		if (!(table->fields[i].flags & OCI_REQUIRED) || seen >> i & 1)
			continue;
		ret = oci_bad(r, err, "\"%s\" is missing", table->fields[i].key);
		if (ret < 0)
			return ret;
	}
	if (table->check && n_problems(r) == before)
		return table->check(r, v, obj, err);
	return 0;
}

int oci_read_document(struct oci_reader *r, const struct oci_table *table, const struct json *v,
		      void *obj, struct husk_error *err)
{
	if (json_type(v) != JSON_OBJECT)
		return bad_type(r, err, v, JSON_OBJECT);
	return oci_read_object(r, table, v, obj, err);
}
