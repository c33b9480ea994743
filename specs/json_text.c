/*
 * The text of a JSON document: see json_text.h.
 *
 * One pass, byte by byte: what may come next is a state, and a stack says which bracket closes each
 * level.
 *
 * Uses: specs/json.h.    Used by: json.c.
 */
#include "specs/json_text.h"

#include <string.h>

#include "runtime/base/util.h"

/* ---- strings ----------------------------------------------------------------- */

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

static char *put_utf8(char *to, uint32_t code)
{
	unsigned n = (code >= 0x80) + (code >= 0x800) + (code >= 0x10000);
	static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };

	*to++ = (char)(lead[n] | code >> 6 * n);
	while (n-- > 0)
		*to++ = (char)(0x80 | (code >> 6 * n & 0x3f));
	return to;
}

/* Whether \uXXXX is at @p, and which UTF-16 code unit that is. */
static bool read_unit(const unsigned char *p, size_t left, uint32_t *unit)
{
	if (left < 6 || p[0] != '\\' || p[1] != 'u')
		return false;
	*unit = 0;
	for (size_t i = 2; i < 6; i++) {
		unsigned char lower = p[i] | 0x20;

		if (p[i] >= '0' && p[i] <= '9')
			*unit = *unit << 4 | (p[i] - '0');
		else if (lower >= 'a' && lower <= 'f')
			*unit = *unit << 4 | (lower - 'a' + 10U);
		else
			return false;
	}
	return true;
}

/* What is wrong with the \u at @p; or its length in *n and its character in *code. */
static const char *read_unicode(const unsigned char *p, size_t left, size_t *n, uint32_t *code)
{
	uint32_t high, low;

	if (!read_unit(p, left, &high))
		return "\\u without four hexadecimal digits";
	if (high == 0)
		return "\\u0000 in a string";
	*n = 6;
	*code = high;
	if (high < 0xd800 || high > 0xdfff)
		return NULL;
	/* what UTF-16 needs two code units for */
	if (high > 0xdbff || !read_unit(p + 6, left - 6, &low) || low < 0xdc00 || low > 0xdfff)
		return "half of a surrogate pair";
	*n = 12;
	*code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return NULL;
}

/* The same of any escape. */
static const char *read_escape(const unsigned char *p, size_t left, size_t *n, uint32_t *code)
{
	static const unsigned char characters[128] = {
		['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
		['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
	};

	*n = MIN(left, 2);
	if (left < 2)
		return NULL;	/* the end of the text is what is wrong */
	if (p[1] == 'u')
		return read_unicode(p, left, n, code);
	*code = p[1] < sizeof(characters) ? characters[p[1]] : 0;
	return *code ? NULL : "an escape that JSON does not have";
}

void json_text_unescape(char *s, size_t len)
{
	const char *p = s, *end = s + len;
	char *to = s;

	for (const char *escape; (escape = memchr(p, '\\', (size_t)(end - p)));) {
		uint32_t code = 0;
		size_t n = 1;

		memmove(to, p, (size_t)(escape - p));
		to += escape - p;
		(void)read_escape((const unsigned char *)escape, (size_t)(end - escape), &n, &code);
		to = put_utf8(to, code);	/* never longer than the escape */
		p = escape + n;
	}
	if (to != p)
		memmove(to, p, (size_t)(end - p));
	to[end - p] = '\0';
}

/* ---- the scanner ------------------------------------------------------------ */

/* What may come next. */
enum state { VALUE, FIRST_VALUE, AFTER_VALUE, KEY, FIRST_KEY, COLON, AFTER_MEMBER, END };

static const char *const expected[] = {
	[VALUE] = "expected a value",
	[FIRST_VALUE] = "expected a value or \"]\"",
	[AFTER_VALUE] = "expected \",\" or \"]\"",
	[KEY] = "expected a member's name",
	[FIRST_KEY] = "expected a member's name or \"}\"",
	[COLON] = "expected \":\"",
	[AFTER_MEMBER] = "expected \",\" or \"}\"",
	[END] = "expected nothing behind the value",
};

struct scan {
	const char *text;
	size_t len, pos;
	enum state state;
	unsigned depth;
	char closing[JSON_MAX_DEPTH];	/* the bracket that ends each level */
	struct json_counts counts;
};

/* What a byte may begin outside of strings; no entry: nothing. */
enum token { NO_TOKEN, BLANK, COMMA_OR_COLON, LITERAL, OPEN, CLOSE, NUMBER, STRING };

static const unsigned char tokens[256] = {
	[' '] = BLANK,		['\t'] = BLANK, ['\r'] = BLANK, ['\n'] = BLANK,
	[','] = COMMA_OR_COLON, [':'] = COMMA_OR_COLON,
	['a' ... 'z'] = LITERAL,
	['{'] = OPEN,		['['] = OPEN,
	['}'] = CLOSE,		[']'] = CLOSE,
	['0' ... '9'] = NUMBER, ['-'] = NUMBER,
	['"'] = STRING,
};

/* What is wrong with the byte at @p, which is in a string and not plain; or its length in *n. */
static const char *scan_special(const unsigned char *p, size_t left, size_t *n)
{
	uint32_t code;

	if (*p < 0x20)
		return "a control character in a string; write it as \\u00XX";
	if (*p == '\\')
		return read_escape(p, left, n, &code);
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
	if (s->pos == s->len || s->text[s->pos] == '\0' || !strchr(any_of, s->text[s->pos]))
		return false;
	s->pos++;
	return true;
}

static const char *scan_number(struct scan *s)
{
	size_t start = s->pos, digits;
	bool zero;

	(void)scan_one(s, "-");
	zero = s->pos < s->len && s->text[s->pos] == '0';
	digits = scan_digits(s);
	if (digits == 0 || (zero && digits > 1) || (scan_one(s, ".") && scan_digits(s) == 0) ||
	    (scan_one(s, "eE") && ((void)scan_one(s, "+-"), scan_digits(s) == 0))) {
		s->pos = start;
		return "not a number";
	}
	if (s->pos - start > JSON_MAX_NUMBER) {
		s->pos = start;
		return "a number of more than 62 characters";
	}
	return NULL;
}

static const char *scan_literal(struct scan *s)
{
	static const char *const literals[] = { "true", "false", "null" };

	for (size_t i = 0; i < ARRAY_SIZE(literals); i++) {
		size_t n = strlen(literals[i]);

		if (s->len - s->pos >= n && memcmp(s->text + s->pos, literals[i], n) == 0) {
			s->pos += n;
			return NULL;
		}
	}
	return "neither true, false nor null";
}

static void after_value(struct scan *s)
{
	if (s->depth == 0)
		s->state = END;
	else
		s->state = s->closing[s->depth - 1] == ']' ? AFTER_VALUE : AFTER_MEMBER;
}

static const char *scan_open(struct scan *s)
{
	bool array = s->text[s->pos] == '[';

	if (s->depth == JSON_MAX_DEPTH)
		return "nested more than 128 deep";
	s->closing[s->depth++] = array ? ']' : '}';
	s->state = array ? FIRST_VALUE : FIRST_KEY;
	s->pos++;
	return NULL;
}

static const char *scan_close(struct scan *s)
{
	if (s->depth == 0 || s->text[s->pos] != s->closing[s->depth - 1] || s->state == VALUE ||
	    s->state == KEY || s->state == COLON)
		return expected[s->state];
	s->depth--;
	s->pos++;
	after_value(s);
	return NULL;
}

static const char *scan_comma_or_colon(struct scan *s)
{
	bool colon = s->text[s->pos] == ':';

	if (colon ? s->state != COLON : s->state != AFTER_VALUE && s->state != AFTER_MEMBER)
		return expected[s->state];
	s->state = s->state == AFTER_MEMBER ? KEY : VALUE;
	s->pos++;
	return NULL;
}

static const char *scan_key(struct scan *s)
{
	s->counts.keys++;
	s->state = COLON;
	return scan_string(s);
}

static const char *scan_value(struct scan *s, enum token token)
{
	if (s->state != VALUE && s->state != FIRST_VALUE)
		return expected[s->state];
	s->counts.values++;
	if (token == OPEN)
		return scan_open(s);
	after_value(s);
	if (token == STRING)
		return scan_string(s);
	return token == NUMBER ? scan_number(s) : scan_literal(s);
}

static const char *scan_token(struct scan *s)
{
	enum token token = tokens[(unsigned char)s->text[s->pos]];

	if (token == NO_TOKEN)
		return "an unexpected character";
	if (token == COMMA_OR_COLON)
		return scan_comma_or_colon(s);
	if (token == CLOSE)
		return scan_close(s);
	if (token == STRING && (s->state == KEY || s->state == FIRST_KEY))
		return scan_key(s);
	return scan_value(s, token);
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
static bool skip_blanks(struct scan *s)
{
	const char *p = s->text + s->pos, *end = s->text + s->len;

	while (p < end && tokens[(unsigned char)*p] == BLANK)
		p++;
	s->pos = (size_t)(p - s->text);
	return p < end;
}

int json_text_check(const char *text, size_t len, struct json_counts *counts,
		    struct husk_error *err)
{
	struct scan s = { .text = text, .len = len };

	while (skip_blanks(&s)) {
		const char *what = scan_token(&s);

		if (what)
			return bad_syntax(&s, what, err);
	}
	if (s.state != END)
		return bad_syntax(&s, "the text ends too early", err);
	*counts = s.counts;
	return 0;
}
