/*
 * JSON: see json.h.  The only file that includes jsmn.
 *
 * Parsing is three passes.  json_text.c says whether it is JSON and of how many values; jsmn, which
 * takes much that is no JSON, then says where each of them stands; build() makes the tree of it.
 * Nodes and text are one allocation.  Strings are unescaped in their place; a number is its text,
 * from which json_integer() reads it, and never a double: 2^53 + 1 does not fit one.
 *
 * Uses: jsmn, json_text.h, runtime/base.    Used by: specs.
 */
#include "specs/json.h"

#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_PARENT_LINKS	/* else each closing bracket looks at all that was before it */
#include <jsmn.h>

#include "runtime/base/util.h"
#include "specs/json_text.h"

/* MAX_TEXT: jsmn counts in int; and 44 bytes for each second byte of the text are in 32 bits. */
enum { MAX_TEXT = 64 << 20, FEW_MEMBERS = 16, SHOWN_CHARS = 64 };

/* In document order: the first member of a value is the node behind it. */
struct json {
	const char *text;	/* a string: what it says; otherwise as in the document */
	const char *key;	/* NULL: no member of an object */
	uint32_t next;		/* so many nodes on is the next member; 0: this is the last */
	uint8_t type;		/* enum json_type */
	bool has_members;
};

/* ---- the tree ------------------------------------------------------------------ */

/* @s as a JSON string, cut if it is long. */
static void print_string(struct str *out, const char *s)
{
	char cut[SHOWN_CHARS + sizeof("...")];
	size_t len = strlen(s);

	if (len <= SHOWN_CHARS) {
		str_add_json(out, s);
		return;
	}
	/* not inside a UTF-8 sequence */
	for (len = SHOWN_CHARS; len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80;)
		len--;
	memcpy(cut, s, len);	/* NOLINT(bugprone-not-null-terminated-result): the next line */
	memcpy(cut + len, "...", sizeof("..."));
	str_add_json(out, cut);
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name that @object has twice, or NULL.  Sorts, so that a million members take no square. */
static int find_duplicate(const struct json *object, const char **duplicate)
{
	cleanup_free const char **keys = NULL;
	size_t n = json_count(object);

	*duplicate = NULL;
	if (n <= FEW_MEMBERS) {
		for (const struct json *a = json_first(object); a; a = json_next(a))
			for (const struct json *b = json_first(object); b != a; b = json_next(b))
				if (strcmp(a->key, b->key) == 0)
					*duplicate = a->key;
		return 0;
	}
	keys = reallocarray(NULL, n, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	n = 0;
	for (const struct json *a = json_first(object); a; a = json_next(a))
		keys[n++] = a->key;
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < n; i++)
		if (strcmp(keys[i - 1], keys[i]) == 0)
			*duplicate = keys[i];
	return 0;
}

static int bad_duplicate(const char *key, struct husk_error *err)
{
	cleanup_str struct str s = { 0 };

	print_string(&s, key);
	if (s.failed)
		return err_nomem(err, "read JSON");
	return err_new(err, HUSK_E_CONFIG, EINVAL, "not JSON: an object has two members %s", s.s);
}

struct build {
	char *text;
	const jsmntok_t *token;	/* the next one */
	struct json *node;	/* the next one */
};

static enum json_type type_of(const jsmntok_t *token, const char *text)
{
	switch (token->type) {
	case JSMN_OBJECT:
		return JSON_OBJECT;
	case JSMN_ARRAY:
		return JSON_ARRAY;
	case JSMN_STRING:
		return JSON_STRING;
	default:
		return *text == 'n' ? JSON_NULL : strchr("tf", *text) ? JSON_BOOL : JSON_NUMBER;
	}
}

static char *take_string(struct build *b)
{
	const jsmntok_t *token = b->token++;
	char *s = b->text + token->start;

	json_text_unescape(s, (size_t)(token->end - token->start));
	return s;
}

/* The next value and all that is in it.  At most JSON_MAX_DEPTH deep. */
static int build(struct build *b, struct husk_error *err)
{
	const jsmntok_t *token = b->token;
	struct json *node = b->node++, *last = NULL;
	const char *duplicate = NULL;

	node->text = b->text + token->start;
	node->type = type_of(token, node->text);
	if (node->type == JSON_STRING) {
		(void)take_string(b);
		return 0;
	}
	b->token++;
	node->has_members = token->size > 0;
	for (int i = 0; i < token->size; i++) {
		const char *key = node->type == JSON_OBJECT ? take_string(b) : NULL;
		struct json *member = b->node;
		int ret;

		member->key = key;
		if (last)
			last->next = (uint32_t)(member - last);
		last = member;
		ret = build(b, err);
		if (ret < 0)
			return ret;
	}
	if (node->type == JSON_OBJECT && find_duplicate(node, &duplicate) < 0)
		return err_nomem(err, "read JSON");
	return duplicate ? bad_duplicate(duplicate, err) : 0;
}

/* Where each of the @n values and keys of @text stands. */
static int locate(const char *text, size_t len, size_t n, jsmntok_t **out, struct husk_error *err)
{
	cleanup_free jsmntok_t *tokens = reallocarray(NULL, n, sizeof(*tokens));
	jsmn_parser parser;

	if (!tokens)
		return err_nomem(err, "read JSON");
	jsmn_init(&parser);
	if (jsmn_parse(&parser, text, len, tokens, (unsigned)n) != (int)n)
		return err_new(err, HUSK_E_CONFIG, EINVAL, "not JSON: values out of step");
	*out = take_ptr(&tokens);
	return 0;
}

int json_parse(const char *text, size_t len, struct json_doc *out, struct husk_error *err)
{
	cleanup_free jsmntok_t *tokens = NULL;
	cleanup_free struct json *nodes = NULL;
	struct json_counts n;
	struct build b;
	int ret;

	if (len > MAX_TEXT)
		return err_new(err, HUSK_E_CONFIG, EFBIG,
			       "not JSON that is read: more than 64 MiB");
	ret = json_text_check(text, len, &n, err);
	if (ret == 0)
		ret = locate(text, len, n.values + n.keys, &tokens, err);
	if (ret < 0)
		return ret;
	nodes = malloc(n.values * sizeof(*nodes) + len + 1);
	if (!nodes)
		return err_nomem(err, "read JSON");
	memset(nodes, 0, n.values * sizeof(*nodes));
	b = (struct build){ (char *)(nodes + n.values), tokens, nodes };
	memcpy(b.text, text, len);
	b.text[len] = '\0';

	ret = build(&b, err);
	if (ret < 0)
		return ret;
	out->root = take_ptr(&nodes);
	return 0;
}

void json_doc_done(struct json_doc *doc)
{
	free((void *)(uintptr_t)doc->root);
	*doc = (struct json_doc){ 0 };
}

/* ---- reading the tree ------------------------------------------------------------ */

enum json_type json_type(const struct json *v)
{
	return v->type;
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",	    [JSON_BOOL] = "a boolean", [JSON_NUMBER] = "a number",
		[JSON_STRING] = "a string", [JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object",
	};

	return names[type];
}

const struct json *json_first(const struct json *v)
{
	return v->has_members ? v + 1 : NULL;
}

const struct json *json_next(const struct json *v)
{
	return v->next ? v + v->next : NULL;
}

size_t json_count(const struct json *v)
{
	size_t n = 0;

	for (v = json_first(v); v; v = json_next(v))
		n++;
	return n;
}

const char *json_key(const struct json *v)
{
	return v->key;
}

const struct json *json_get(const struct json *object, const char *key)
{
	/* The values of an array have no key. */
	for (const struct json *v = json_type(object) == JSON_OBJECT ? json_first(object) : NULL; v;
	     v = json_next(v)) {
		if (strcmp(json_key(v), key) == 0)
			return json_type(v) == JSON_NULL ? NULL : v;
	}
	return NULL;
}

/* The text is good: no bracket is missing, and none in a string counts. */
static size_t brackets_len(const char *text)
{
	const char *p = text;
	unsigned depth = 0;

	do {
		if (*p == '"') {
			for (p++; *p != '"'; p++)
				p += *p == '\\';
		}
		depth += *p == '[' || *p == '{';
		depth -= *p == ']' || *p == '}';
		p++;
	} while (depth > 0);
	return (size_t)(p - text);
}

void json_place(const struct json_doc *doc, const char *text, const struct json *v, size_t *at,
		size_t *len)
{
	*at = strspn(text, " \t\r\n") + (size_t)(v->text - doc->root->text);
	*len = brackets_len(text + *at);
}

const char *json_string(const struct json *v)
{
	return v->text;
}

bool json_bool(const struct json *v)
{
	return *v->text == 't';
}

/* The exponent behind "e", kept small: past 1000 the value is 0 or too big anyway. */
static int read_exponent(const char *p)
{
	bool minus = *p == '-';
	int exponent = 0;

	for (p += *p == '-' || *p == '+'; *p >= '0' && *p <= '9'; p++)
		exponent = exponent < 1000 ? exponent * 10 + (*p - '0') : exponent;
	return minus ? -exponent : exponent;
}

/*
 * Drop the sign, the point and zeros at both ends: "-120.50e1" is digits "1205" and exponent 0.
 * The text is a valid number that ends at the first other character.
 */
static int split_number(const char *p, char digits[JSON_MAX_NUMBER + 1], size_t *n_digits)
{
	int exponent = 0;
	bool fraction = false;
	size_t n = 0;

	for (p += *p == '-'; (*p >= '0' && *p <= '9') || *p == '.'; p++) {
		if (*p == '.') {
			fraction = true;
			continue;
		}
		exponent -= fraction;
		if (n > 0 || *p != '0')
			digits[n++] = *p;
	}
	if (*p == 'e' || *p == 'E')
		exponent += read_exponent(p + 1);
	for (; n > 0 && digits[n - 1] == '0'; n--)
		exponent++;
	*n_digits = n;
	return exponent;
}

enum json_int json_integer(const struct json *v, bool *negative, uint64_t *magnitude)
{
	char digits[JSON_MAX_NUMBER + 1];
	size_t n;
	int exponent = split_number(json_string(v), digits, &n);
	uint64_t m = 0;

	if (n > 0 && exponent < 0)
		return JSON_INT_FRACTION;
	for (size_t i = 0; i < n; i++) {
		if (__builtin_mul_overflow(m, 10, &m) ||
		    __builtin_add_overflow(m, (uint64_t)(digits[i] - '0'), &m))
			return JSON_INT_TOO_BIG;
	}
	for (; n > 0 && exponent > 0; exponent--) {
		if (__builtin_mul_overflow(m, 10, &m))
			return JSON_INT_TOO_BIG;
	}
	*negative = *json_string(v) == '-' && m > 0;
	*magnitude = m;
	return JSON_INT_OK;
}

void json_print(struct str *out, const struct json *v)
{
	enum json_type type = json_type(v);

	if (type == JSON_STRING)
		print_string(out, json_string(v));
	else if (type == JSON_NUMBER)
		str_add_n(out, json_string(v), strspn(json_string(v), "+-.0123456789eE"));
	else if (type == JSON_BOOL)
		str_add(out, json_bool(v) ? "true" : "false");
	else
		str_add(out, json_type_name(type));
}
