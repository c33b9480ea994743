/*
 * JSON: see json.h.  The only file that includes cJSON.
 *
 * Parsing is two passes.  The scanner checks the text byte by byte and notes where each number
 * stands; cJSON checks the grammar and builds the tree.  The n-th number of the tree is the n-th
 * number of the text, so each number node is then pointed at its source text, from which
 * json_integer() reads it.  cJSON's own double is never used: 2^53 + 1 does not fit one.
 *
 * cJSON notes its last error in a static struct that nothing here reads, so that threads which
 * parse at the same time do not affect each other.
 *
 * Uses: cJSON, runtime/base.    Used by: specs.
 */
#include "specs/json.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "runtime/base/util.h"

/* cJSON copies a number into 64 bytes before it converts it. */
enum { MAX_NUMBER = 62, TYPE_MASK = 0xff, FEW_MEMBERS = 16, SHOWN_CHARS = 64 };

struct scan {
	const char *text;
	size_t len, pos;
	unsigned depth;
	size_t *numbers;	/* where each number starts, in document order */
	size_t n_numbers, cap_numbers;
	bool no_memory;
};

static const cJSON *node(const struct json *v)
{
	return (const cJSON *)v;
}

static const struct json *value(const cJSON *n)
{
	return (const struct json *)n;
}

/* ---- the scanner ------------------------------------------------------------ */

/* What a byte may begin outside of strings; no entry: nothing. */
enum token { NO_TOKEN, BLANK, PUNCTUATION, LITERAL, OPEN, CLOSE, NUMBER, STRING };

static const unsigned char tokens[256] = {
	[' '] = BLANK,		['\t'] = BLANK, ['\r'] = BLANK, ['\n'] = BLANK,
	[','] = PUNCTUATION,	[':'] = PUNCTUATION,
	['a' ... 'z'] = LITERAL,	/* cJSON knows true, false and null */
	['{'] = OPEN,		['['] = OPEN,
	['}'] = CLOSE,		[']'] = CLOSE,
	['0' ... '9'] = NUMBER, ['-'] = NUMBER,
	['"'] = STRING,
};

/* The length of the UTF-8 sequence at @s (RFC 3629: no overlong form, no surrogate), or 0. */
static size_t utf8_len(const unsigned char *s, size_t left)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (s[0] < 0xc2 || s[0] > 0xf4 || left < len)
		return 0;
	if (s[0] == 0xe0)
		lo = 0xa0;
	else if (s[0] == 0xed)
		hi = 0x9f;
	else if (s[0] == 0xf0)
		lo = 0x90;
	else if (s[0] == 0xf4)
		hi = 0x8f;
	if (s[1] < lo || s[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	}
	return len;
}

/* What is wrong with the byte at @p, which is in a string and not plain; or its length in *n. */
static const char *scan_special(const unsigned char *p, size_t left, size_t *n)
{
	if (*p < 0x20)
		return "a control character in a string; write it as \\u00XX";
	if (*p == '\\') {
		/* cJSON checks the escape; but it ends a string at \u0000 */
		if (left >= 6 && memcmp(p, "\\u0000", 6) == 0)
			return "\\u0000 in a string";
		*n = MIN(left, 2);
		return NULL;
	}
	*n = utf8_len(p, left);
	return *n ? NULL : "invalid UTF-8";
}

/* A scan_ function returns NULL, with s->pos behind what it read, or what is wrong at s->pos. */
static const char *scan_string(struct scan *s)
{
	const unsigned char *p = (const unsigned char *)s->text + s->pos + 1;
	const unsigned char *end = (const unsigned char *)s->text + s->len;
	const char *what = NULL;

	while (p < end && *p != '"' && !what) {
		size_t n = 1;

		if (*p < 0x20 || *p == '\\' || *p >= 0x80)
			what = scan_special(p, (size_t)(end - p), &n);
		p += what ? 0 : n;
	}
	s->pos = (size_t)((const char *)p - s->text);
	if (p == end && !what)
		return "the text ends inside a string";
	s->pos += !what;
	return what;
}

static size_t scan_digits(struct scan *s)
{
	size_t start = s->pos;

	while (s->pos < s->len && s->text[s->pos] >= '0' && s->text[s->pos] <= '9')
		s->pos++;
	return s->pos - start;
}

static bool scan_one(struct scan *s, const char *any_of)
{
	if (s->text[s->pos] == '\0' || !strchr(any_of, s->text[s->pos]))
		return false;
	s->pos++;
	return true;
}

static bool note_number(struct scan *s)
{
	if (s->n_numbers == s->cap_numbers) {
		size_t cap = s->cap_numbers ? s->cap_numbers * 2 : 256;
		size_t *numbers = reallocarray(s->numbers, cap, sizeof(*numbers));

		if (!numbers)
			return false;
		s->numbers = numbers;
		s->cap_numbers = cap;
	}
	s->numbers[s->n_numbers++] = s->pos;
	return true;
}

static const char *scan_number(struct scan *s)
{
	size_t start = s->pos, digits;
	bool zero;

	if (!note_number(s)) {
		s->no_memory = true;
		return "out of memory";
	}
	(void)scan_one(s, "-");
	zero = s->pos < s->len && s->text[s->pos] == '0';
	digits = scan_digits(s);
	if (digits == 0 || (zero && digits > 1) ||
	    (scan_one(s, ".") && scan_digits(s) == 0) ||
	    (scan_one(s, "eE") && ((void)scan_one(s, "+-"), scan_digits(s) == 0))) {
		s->pos = start;
		return "not a number";
	}
	if (s->pos - start > MAX_NUMBER) {
		s->pos = start;
		return "a number of more than 62 characters";
	}
	return NULL;
}

static const char *scan_token(struct scan *s)
{
	switch (tokens[(unsigned char)s->text[s->pos]]) {
	case STRING:
		return scan_string(s);
	case NUMBER:
		return scan_number(s);
	case OPEN:
		if (++s->depth > JSON_MAX_DEPTH)
			return "nested more than 128 deep";
		break;
	case CLOSE:
		s->depth -= s->depth > 0;	/* one too many is for cJSON to report */
		break;
	case NO_TOKEN:
		return "an unexpected character";
	default:
		break;
	}
	s->pos++;
	return NULL;
}

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
static int find_duplicate(const cJSON *object, const char **duplicate)
{
	cleanup_free const char **keys = NULL;
	size_t n = 0;

	*duplicate = NULL;
	for (const cJSON *a = object->child; a; a = a->next)
		n++;
	if (n <= FEW_MEMBERS) {
		for (const cJSON *a = object->child; a; a = a->next)
			for (const cJSON *b = object->child; b != a; b = b->next)
				if (strcmp(a->string, b->string) == 0)
					*duplicate = a->string;
		return 0;
	}
	keys = reallocarray(NULL, n, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	n = 0;
	for (const cJSON *a = object->child; a; a = a->next)
		keys[n++] = a->string;
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

struct walk {
	char *text;
	const size_t *numbers;
	size_t n_numbers, next;
	struct husk_error *err;
};

/* Point every number at its text and refuse duplicate members.  At most JSON_MAX_DEPTH deep. */
static int walk(struct walk *w, cJSON *n)
{
	const char *duplicate = NULL;
	int ret;

	if (n->type == cJSON_Number) {
		if (w->next == w->n_numbers)
			return err_new(w->err, HUSK_E_CONFIG, EINVAL,
				       "not JSON: numbers out of step");
		/* a reference is not freed by cJSON_Delete() */
		n->valuestring = w->text + w->numbers[w->next++];
		n->type |= cJSON_IsReference;
		return 0;
	}
	if (n->type == cJSON_Object) {
		if (find_duplicate(n, &duplicate) < 0)
			return err_nomem(w->err, "read JSON");
		if (duplicate)
			return bad_duplicate(duplicate, w->err);
	}
	for (cJSON *child = n->child; child; child = child->next) {
		ret = walk(w, child);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int bad_syntax(const struct scan *s, const char *what, struct husk_error *err)
{
	size_t line = 1, start = 0;

	for (size_t i = 0; i < s->pos; i++) {
		if (s->text[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	return err_new(err, HUSK_E_CONFIG, EINVAL, "not JSON: line %zu, column %zu: %s", line,
		       s->pos - start + 1, what);
}

/* Indentation is most of a pretty-printed text: past it without a call per byte. */
static void skip_blanks(struct scan *s)
{
	const char *p = s->text + s->pos;

	while (tokens[(unsigned char)*p] == BLANK)	/* the text ends in a NUL */
		p++;
	s->pos = (size_t)(p - s->text);
}

static int scan_all(struct scan *s, struct husk_error *err)
{
	for (skip_blanks(s); s->pos < s->len; skip_blanks(s)) {
		const char *what = scan_token(s);

		if (s->no_memory)
			return err_nomem(err, "read JSON");
		if (what)
			return bad_syntax(s, what, err);
	}
	return 0;
}

static bool is_blank(const struct scan *s)
{
	return strspn(s->text, " \t\r\n") == s->len;
}

static int build(struct scan *s, struct json_doc *doc, struct husk_error *err)
{
	struct walk w = { doc->text, s->numbers, s->n_numbers, 0, err };
	const char *end = doc->text;
	cJSON *root;

	errno = 0;
	root = cJSON_ParseWithLengthOpts(doc->text, s->len + 1, &end, true);
	if (!root && errno == ENOMEM)
		return err_nomem(err, "read JSON");
	if (!root) {
		bool at_end = (size_t)(end - doc->text) >= s->len;

		/* cJSON may stand one byte behind what it did not like */
		s->pos = MIN((size_t)(end - doc->text), s->len);
		return bad_syntax(s, at_end && (s->depth > 0 || is_blank(s))
					     ? "the text ends too early"
					     : "a syntax error here or just before", err);
	}
	doc->root = value(root);
	return walk(&w, root);
}

int json_parse(const char *text, size_t len, struct json_doc *out, struct husk_error *err)
{
	cleanup_json struct json_doc doc = { 0 };
	struct scan s = { .len = len };
	int ret;

	doc.text = malloc(len + 1);
	if (!doc.text)
		return err_nomem(err, "read JSON");
	if (len > 0)
		memcpy(doc.text, text, len);
	doc.text[len] = '\0';
	s.text = doc.text;

	ret = scan_all(&s, err);
	if (ret == 0)
		ret = build(&s, &doc, err);
	free(s.numbers);
	if (ret < 0)
		return ret;
	*out = doc;
	doc = (struct json_doc){ 0 };
	return 0;
}

void json_doc_done(struct json_doc *doc)
{
	cJSON_Delete((cJSON *)(uintptr_t)doc->root);
	free(doc->text);
	*doc = (struct json_doc){ 0 };
}

/* ---- reading the tree ------------------------------------------------------------ */

enum json_type json_type(const struct json *v)
{
	switch (node(v)->type & TYPE_MASK) {
	case cJSON_False:
	case cJSON_True:
		return JSON_BOOL;
	case cJSON_Number:
		return JSON_NUMBER;
	case cJSON_String:
		return JSON_STRING;
	case cJSON_Array:
		return JSON_ARRAY;
	case cJSON_Object:
		return JSON_OBJECT;
	default:
		return JSON_NULL;
	}
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
	return value(node(v)->child);
}

const struct json *json_next(const struct json *v)
{
	return value(node(v)->next);
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
	return node(v)->string;
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

const char *json_string(const struct json *v)
{
	return node(v)->valuestring;
}

bool json_bool(const struct json *v)
{
	return (node(v)->type & TYPE_MASK) == cJSON_True;
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
static int split_number(const char *p, char digits[MAX_NUMBER + 1], size_t *n_digits)
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
	char digits[MAX_NUMBER + 1];
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
