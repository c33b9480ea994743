/*
 * What a program used of the kernel, as seccomp profile and capabilities: `husk trace`.
 *
 * A profile is only ever narrowed: a rule that lets calls through keeps its conditions and those of
 * its names that were used, every other rule stays.  So the result denies what the old one denied,
 * with the same answers, which a program may have chosen its way by.
 *
 * Uses: specs/json.h, runtime/base/json_write.h.    Used by: runtime/trace.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/arena.h"
#include "runtime/base/json_write.h"
#include "runtime/base/log.h"
#include "runtime/base/util.h"
#include "specs/json.h"
#include "specs/specs.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_used(const struct oci_used *used, const char *name)
{
	return bsearch(&name, used->calls, used->n_calls, sizeof(*used->calls), by_name) != NULL;
}

/* The first member of what may not be there. */
static const struct json *first_of(const struct json *v)
{
	return v ? json_first(v) : NULL;
}

/* A call with this answer happens, so the program can have used it. */
static bool lets_through(const struct json *action)
{
	return strcmp(json_string(action), "SCMP_ACT_ALLOW") == 0 ||
	       strcmp(json_string(action), "SCMP_ACT_LOG") == 0;
}

static void put_names(struct json_writer *w, const char **names, size_t n)
{
	json_open(w, "names", '[');
	for (size_t i = 0; i < n; i++)
		json_put_string(w, NULL, names[i]);
	json_close(w, ']');
}

/* ---- seccomp --------------------------------------------------------------- */

/* Those of the rule's names that were used (or @unused: were not), sorted, each once; free(). */
static const char **pick(const struct json *rule, const struct oci_used *used, bool unused,
			 size_t *n_out)
{
	const struct json *all = json_get(rule, "names");
	const char **names = malloc((json_count(all) + 1) * sizeof(*names));
	size_t n = 0;

	for (const struct json *v = json_first(all); names && v; v = json_next(v)) {
		if (is_used(used, json_string(v)) != unused)
			names[n++] = json_string(v);
	}
	if (!names)
		return NULL;
	qsort(names, n, sizeof(*names), by_name);
	*n_out = 0;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
			names[(*n_out)++] = names[i];
	}
	return names;
}

/* The rule with only @names; without any it is left out. */
static void put_rule(struct json_writer *w, const struct json *rule, const char **names, size_t n)
{
	if (n == 0)
		return;
	json_open(w, NULL, '{');
	put_names(w, names, n);
	for (const struct json *m = json_first(rule); m; m = json_next(m)) {
		if (strcmp(json_key(m), "names") != 0)
			json_copy(w, json_key(m), m);
	}
	json_close(w, '}');
}

/* Where calls are denied unless a rule lets them through: these rules get fewer names. */
static int put_narrowed(struct json_writer *w, const struct json *rules, const struct oci_used *used)
{
	for (const struct json *r = first_of(rules); r; r = json_next(r)) {
		cleanup_free const char **names = NULL;
		size_t n;

		if (!lets_through(json_get(r, "action"))) {
			json_copy(w, NULL, r);
			continue;
		}
		names = pick(r, used, false, &n);
		if (!names)
			return -ENOMEM;
		put_rule(w, r, names, n);
	}
	return 0;
}

/*
 * Where calls are let through unless a rule denies them, or there was no profile: what was used gets
 * the only rule that allows.  A call that was used although a rule denies it, on a condition, would
 * have two rules, which libseccomp does not tell apart.
 */
static int put_inverted(struct json_writer *w, const struct json *rules, const struct oci_used *used)
{
	for (const struct json *r = first_of(rules); r; r = json_next(r)) {
		cleanup_free const char **names = NULL;
		size_t n;

		if (lets_through(json_get(r, "action")))
			continue;
		names = pick(r, used, true, &n);
		if (!names)
			return -ENOMEM;
		if (n < json_count(json_get(r, "names")))
			log_warn("seccomp: a rule denies calls on a condition (%s) that the program "
				 "makes: they are allowed now without it", json_string(json_get(r, "action")));
		put_rule(w, r, names, n);
	}
	if (used->n_calls == 0)
		return 0;
	json_open(w, NULL, '{');
	put_names(w, used->calls, used->n_calls);
	json_put_string(w, "action", "SCMP_ACT_ALLOW");
	json_close(w, '}');
	return 0;
}

static int put_seccomp(struct json_writer *w, const char *key, const struct json *old,
		       const struct oci_used *used)
{
	const struct json *action = old ? json_get(old, "defaultAction") : NULL;
	bool denies = action && !lets_through(action);
	const struct json *rules = old ? json_get(old, "syscalls") : NULL;
	static const char *const kept[] = { "defaultErrnoRet", "flags" };
	int ret;

	json_open(w, key, '{');
	json_put_string(w, "defaultAction", denies ? json_string(action) : "SCMP_ACT_ERRNO");
	for (size_t i = 0; old && i < ARRAY_SIZE(kept); i++) {
		if (json_get(old, kept[i]))
			json_copy(w, kept[i], json_get(old, kept[i]));
	}
	json_open(w, "architectures", '[');
	for (size_t i = 0; i < used->n_archs; i++)
		json_put_string(w, NULL, used->archs[i]);
	json_close(w, ']');
	json_open(w, "syscalls", '[');
	ret = denies ? put_narrowed(w, rules, used) : put_inverted(w, rules, used);
	json_close(w, ']');
	json_close(w, '}');
	return ret;
}

/* ---- capabilities ---------------------------------------------------------- */

static void put_caps(struct json_writer *w, const struct json *old, const struct oci_used *used)
{
	json_open(w, "capabilities", '{');
	for (const struct json *set = first_of(old); set; set = json_next(set)) {
		if (json_type(set) != JSON_ARRAY)
			continue;
		json_open(w, json_key(set), '[');
		for (const struct json *v = json_first(set); v; v = json_next(v)) {
			int number = oci_cap_number(json_string(v));

			if (number >= 0 && used->caps & UINT64_C(1) << number)
				json_put_string(w, NULL, json_string(v));
		}
		json_close(w, ']');
	}
	json_close(w, '}');
}

/* ---- documents ------------------------------------------------------------- */

/* Member @key of the document, whose own member @inner is to be another. */
struct replaced {
	const char *key, *inner;
	bool wanted;
};

static int put_inner(struct json_writer *w, const struct replaced *r, const struct json *old,
		     const struct oci_used *used)
{
	if (strcmp(r->inner, "seccomp") == 0)
		return put_seccomp(w, r->inner, old, used);
	put_caps(w, old, used);
	return 0;
}

static int put_member(struct json_writer *w, const struct replaced *r, const struct json *old,
		      bool whole, const struct oci_used *used)
{
	int ret;

	json_open(w, r->key, '{');
	for (const struct json *m = whole ? first_of(old) : NULL; m; m = json_next(m)) {
		if (!r->wanted || strcmp(json_key(m), r->inner) != 0)
			json_copy(w, json_key(m), m);
	}
	ret = r->wanted ? put_inner(w, r, old ? json_get(old, r->inner) : NULL, used) : 0;
	json_close(w, '}');
	return ret;
}

static int put_document(struct json_writer *w, const struct json *root, bool whole,
			const struct oci_used *used)
{
	const struct replaced members[] = {
		{ "process", "capabilities", used->has_caps }, { "linux", "seccomp", true },
	};
	int ret = 0;

	json_open(w, NULL, '{');
	for (const struct json *m = whole ? json_first(root) : NULL; m; m = json_next(m)) {
		if (strcmp(json_key(m), "process") != 0 && strcmp(json_key(m), "linux") != 0)
			json_copy(w, json_key(m), m);
	}
	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(members); i++) {
		if (whole || members[i].wanted)
			ret = put_member(w, &members[i], json_get(root, members[i].key), whole, used);
	}
	json_close(w, '}');
	return ret;
}

int oci_used_write(const char *config, size_t len, const struct oci_used *used,
		   enum oci_used_part part, char **out, struct husk_error *err)
{
	cleanup_json struct json_doc doc = { 0 };
	struct json_writer w = { .pretty = true };
	const struct json *linux_;
	int ret = json_parse(config, len, &doc, err);

	if (ret < 0)
		return ret;
	linux_ = json_get(doc.root, "linux");
	if (part == OCI_USED_SECCOMP)
		ret = put_seccomp(&w, NULL, linux_ ? json_get(linux_, "seccomp") : NULL, used);
	else
		ret = put_document(&w, doc.root, part == OCI_USED_CONFIG, used);
	if (ret < 0)
		w.out.failed = true;
	*out = str_take(&w.out);
	return *out ? 0 : err_nomem(err, "what was used");
}

/* ---- reading it back ------------------------------------------------------- */

static int not_ours(struct husk_error *err, const char *pointer, const char *what)
{
	(void)err_new(err, HUSK_E_CONFIG, EINVAL, "%s: %s", *pointer ? pointer : "/", what);
	return err_hint(err, "wanted is what \"trace\" has written: a seccomp profile, or a config.json "
			"with one, that denies by default");
}

static bool is_type(const struct json *v, enum json_type type)
{
	return v && json_type(v) == type;
}

static int add_strings(const struct json *list, struct arena *arena, const char **names, size_t *n,
		       struct husk_error *err)
{
	for (const struct json *v = json_first(list); v; v = json_next(v)) {
		if (!is_type(v, JSON_STRING))
			return not_ours(err, json_key(list), "not a list of strings");
		names[*n] = arena_strdup(arena, json_string(v));
		if (!names[(*n)++])
			return err_nomem(err, "earlier profile");
	}
	return 0;
}

static int read_seccomp(const struct json *s, struct arena *arena, struct oci_used *out,
			struct husk_error *err)
{
	const struct json *rules = json_get(s, "syscalls"), *archs = json_get(s, "architectures");
	const struct json *action = json_get(s, "defaultAction");
	size_t n = 1;

	if (!is_type(action, JSON_STRING) || lets_through(action))
		return not_ours(err, "defaultAction", "is none that denies");
	if (!is_type(rules, JSON_ARRAY) || !is_type(archs, JSON_ARRAY))
		return not_ours(err, "syscalls", "no array, or architectures is none");
	for (const struct json *r = json_first(rules); r; r = json_next(r)) {
		if (!is_type(r, JSON_OBJECT) || !is_type(json_get(r, "names"), JSON_ARRAY) ||
		    !is_type(json_get(r, "action"), JSON_STRING))
			return not_ours(err, "syscalls", "a rule lacks names or action");
		n += json_count(json_get(r, "names"));
	}
	out->calls = arena_array(arena, n, sizeof(*out->calls));
	out->archs = arena_array(arena, json_count(archs) + 1, sizeof(*out->archs));
	if (!out->calls || !out->archs)
		return err_nomem(err, "earlier profile");
	for (const struct json *r = json_first(rules); r; r = json_next(r)) {
		if (lets_through(json_get(r, "action")) &&
		    add_strings(json_get(r, "names"), arena, out->calls, &out->n_calls, err) < 0)
			return -err->sys;
	}
	return add_strings(archs, arena, out->archs, &out->n_archs, err);
}

static int read_caps(const struct json *caps, struct oci_used *out, struct husk_error *err)
{
	out->has_caps = true;
	for (const struct json *set = json_first(caps); set; set = json_next(set)) {
		if (!is_type(set, JSON_ARRAY))
			return not_ours(err, json_key(set), "not a list of capabilities");
		for (const struct json *v = json_first(set); v; v = json_next(v)) {
			int number = is_type(v, JSON_STRING) ? oci_cap_number(json_string(v)) : -1;

			if (number < 0)
				return not_ours(err, json_key(set), "not a list of capabilities");
			out->caps |= UINT64_C(1) << number;
		}
	}
	return 0;
}

static const struct json *object_in(const struct json *v, const char *key)
{
	v = is_type(v, JSON_OBJECT) ? json_get(v, key) : NULL;
	return is_type(v, JSON_OBJECT) ? v : NULL;
}

int oci_used_read(const char *text, size_t len, struct arena *arena, struct oci_used *out,
		  struct husk_error *err)
{
	cleanup_json struct json_doc doc = { 0 };
	const struct json *seccomp, *caps;
	struct oci_used used = { 0 };
	int ret = json_parse(text, len, &doc, err);

	if (ret < 0)
		return ret;
	if (!is_type(doc.root, JSON_OBJECT))
		return not_ours(err, "", "not an object");
	seccomp = json_get(doc.root, "defaultAction") ? doc.root :
		  object_in(object_in(doc.root, "linux"), "seccomp");
	caps = object_in(object_in(doc.root, "process"), "capabilities");
	if (!seccomp)
		return not_ours(err, "/linux/seccomp", "is missing");
	ret = read_seccomp(seccomp, arena, &used, err);
	if (ret == 0 && caps)
		ret = read_caps(caps, &used, err);
	if (ret == 0)
		*out = used;
	return ret;
}
