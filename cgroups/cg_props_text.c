/*
 * Properties of a systemd unit from annotations, in GVariant's text format.
 *
 *   5  -3  0x1F  uint64 5  1.5  true  'text'  "text"  ['a', 'b']  [('/dev/null', 'rw')]  @as []
 *
 * A number without a word before it is an int32, as in GVariant; all elements of an array have the
 * type of the first.
 *
 * Uses: runtime/base.    Used by: cg_systemd.c.
 */
#include "cgroups/cg_systemd.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "runtime/base/util.h"

enum { MAX_DEPTH = 8, MAX_ITEMS = 4096 };

struct parser {
	const char *p;
	struct arena *arena;
	const char *problem;	/* NULL: none */
	unsigned depth;
};

static const struct {
	const char *word;
	char type;
	int64_t min;
	uint64_t max;
} numbers[] = {
	{ "byte", 'y', 0, UINT8_MAX },		    { "int16", 'n', INT16_MIN, INT16_MAX },
	{ "uint16", 'q', 0, UINT16_MAX },	    { "int32", 'i', INT32_MIN, INT32_MAX },
	{ "uint32", 'u', 0, UINT32_MAX },	    { "int64", 'x', INT64_MIN, INT64_MAX },
	{ "uint64", 't', 0, UINT64_MAX },
};
enum { INT32 = 3 };

static bool value(struct parser *ps, char want, struct cg_value *out);

static bool wrong(struct parser *ps, const char *problem)
{
	if (!ps->problem)
		ps->problem = problem;
	return false;
}

static void skip(struct parser *ps)
{
	ps->p += strspn(ps->p, " \t\n");
}

/* Is @word next, as a whole? */
static bool take_word(struct parser *ps, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(ps->p, word, len) != 0 || isalnum((unsigned char)ps->p[len]))
		return false;
	ps->p += len;
	skip(ps);
	return true;
}

static bool number(struct parser *ps, size_t row, struct cg_value *out)
{
	bool minus = *ps->p == '-';
	char *end;

	if (!isdigit((unsigned char)ps->p[minus]))
		return wrong(ps, "expected a number");
	errno = 0;
	out->type = numbers[row].type;
	out->u = strtoull(ps->p + minus, &end, 0);
	if (errno || (!minus && out->u > numbers[row].max) ||
	    (minus && out->u > (uint64_t)0 - (uint64_t)numbers[row].min))
		return wrong(ps, "number is out of its type's range");
	if (minus)
		out->u = 0 - out->u;
	if (isalnum((unsigned char)*end) || *end == '.')
		return wrong(ps, "expected a whole number");
	ps->p = end;
	return true;
}

static bool real(struct parser *ps, struct cg_value *out)
{
	char *end;

	out->type = 'd';
	out->d = strtod(ps->p, &end);
	if (end == ps->p || !isfinite(out->d))
		return wrong(ps, "expected a number");
	ps->p = end;
	return true;
}

static bool text(struct parser *ps, char type, struct cg_value *out)
{
	struct str b cleanup_str = { 0 };
	char quote = *ps->p;

	if (quote != '\'' && quote != '"')
		return wrong(ps, "expected a text in quotes");
	for (ps->p++; *ps->p != quote; ps->p++) {
		static const char names[] = "abfnrtv", controls[] = "\a\b\f\n\r\t\v";
		const char *at;
		char c = *ps->p;

		if (c == '\\') {
			c = *++ps->p;
			at = c ? strchr(names, c) : NULL;
			if (c == 'u' || c == 'U')
				return wrong(ps, "write the character itself, not \\u");
			c = at ? controls[at - names] : c;
		}
		if (!c)
			return wrong(ps, "the quote is not closed");
		str_add_n(&b, &c, 1);
	}
	ps->p++;
	out->type = type;
	out->s = b.failed ? NULL : arena_strdup(ps->arena, b.s ? b.s : "");
	return out->s || wrong(ps, "out of memory");
}

static const char *signature(struct parser *ps, const struct cg_value *v)
{
	if (v->type == 'a')
		return arena_printf(ps->arena, "a%s", v->contents);
	if (v->type == 'r')
		return arena_printf(ps->arena, "(%s)", v->contents);
	return arena_printf(ps->arena, "%c", v->type);
}

/* The members of an array or a structure, after its opening bracket. */
static bool members(struct parser *ps, char close, char want, struct cg_value *out)
{
	struct str sig cleanup_str = { 0 };
	size_t cap = 0;

	while (*ps->p != close) {
		const char *one;

		if (out->n == MAX_ITEMS)
			return wrong(ps, "more than 4096 elements");
		if (out->n == cap) {
			size_t grown = cap ? cap * 2 : 8;
			struct cg_value *items = arena_array(ps->arena, grown, sizeof(*items));

			if (!items)
				return wrong(ps, "out of memory");
			if (out->n)
				memcpy(items, out->items, out->n * sizeof(*items));
			out->items = items;
			cap = grown;
		}
		if (!value(ps, out->type == 'a' && out->n ? out->items[0].type : want,
			   &out->items[out->n]))
			return false;
		one = signature(ps, &out->items[out->n]);
		if (!one)
			return wrong(ps, "out of memory");
		if (out->type == 'a' && out->n && strcmp(one, sig.s) != 0)
			return wrong(ps, "the elements of an array must have one type");
		if (out->type == 'r' || !out->n)
			str_add(&sig, one);
		out->n++;
		skip(ps);
		if (*ps->p != ',' && *ps->p != close)
			return wrong(ps, close == ']' ? "expected \",\" or \"]\"" :
							"expected \",\" or \")\"");
		ps->p += *ps->p == ',';
		skip(ps);
	}
	ps->p++;
	if (!out->n)
		return wrong(ps, "an empty array needs its type, as in \"@as []\"");
	out->contents = sig.failed ? NULL : arena_strdup(ps->arena, sig.s);
	return out->contents || wrong(ps, "out of memory");
}

/* "@TYPE VALUE", for the types that a letter or two name. */
static bool typed(struct parser *ps, struct cg_value *out)
{
	size_t len = strspn(ps->p, "abynqiuxtdsog()");
	const char *sig = arena_printf(ps->arena, "%.*s", (int)len, ps->p);
	const char *have;

	if (!sig)
		return wrong(ps, "out of memory");
	ps->p += len;
	skip(ps);
	if (sig[0] == 'a' && len > 1 && ps->p[0] == '[' && ps->p[1 + strspn(ps->p + 1, " ")] == ']') {
		ps->p += 2 + strspn(ps->p + 1, " ");
		*out = (struct cg_value){ .type = 'a', .contents = sig + 1 };
		return true;
	}
	if (!value(ps, sig[strspn(sig, "a(")], out))
		return false;
	have = signature(ps, out);
	return (have && strcmp(have, sig) == 0) || wrong(ps, "the value is not of the type after @");
}

/* @want: type for a number or text that does not say its own; 0: any. */
static bool one(struct parser *ps, char want, struct cg_value *out)
{
	size_t row = INT32;

	if (*ps->p == '[' || *ps->p == '(') {
		out->type = *ps->p == '[' ? 'a' : 'r';
		ps->p++;
		skip(ps);
		return members(ps, out->type == 'a' ? ']' : ')',
			       out->type == 'a' && want != 'a' && want != 'r' ? want : 0, out);
	}
	if (*ps->p == '@') {
		ps->p++;
		return typed(ps, out);
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (take_word(ps, numbers[i].word))
			return number(ps, i, out);
		if (numbers[i].type == want)
			row = i;
	}
	out->type = 'b';
	out->u = take_word(ps, "true");
	if (out->u || take_word(ps, "false"))
		return true;
	if (take_word(ps, "double"))
		return real(ps, out);
	if (take_word(ps, "objectpath"))
		return text(ps, 'o', out);
	if (take_word(ps, "signature"))
		return text(ps, 'g', out);
	if (*ps->p == '\'' || *ps->p == '"')
		return text(ps, want == 'o' || want == 'g' ? want : 's', out);
	if (want == 'd' || ps->p[strspn(ps->p, "-0123456789")] == '.')
		return real(ps, out);
	return number(ps, row, out);
}

static bool value(struct parser *ps, char want, struct cg_value *out)
{
	bool ok;

	skip(ps);
	*out = (struct cg_value){ 0 };
	if (++ps->depth > MAX_DEPTH)
		return wrong(ps, "nested too deeply");
	ok = one(ps, want, out);
	ps->depth--;
	return ok;
}

/* runc's and crun's rule: "TimeoutStopSec" is not a name on the bus, "TimeoutStopUSec" is. */
static bool is_seconds(const char *name)
{
	size_t len = strlen(name);

	return len > 3 && strcmp(name + len - 3, "Sec") == 0 && islower((unsigned char)name[len - 4]);
}

static bool to_microseconds(struct cg_value *v)
{
	bool is_signed = strchr("nix", v->type) != NULL;

	if (v->type == 'd') {
		if (v->d < 0 || v->d > 1e12)
			return false;
		v->u = (uint64_t)(v->d * 1e6);
	} else if (strchr("ynqiuxt", v->type)) {
		if ((is_signed && (int64_t)v->u < 0) || v->u > UINT64_MAX / 1000000)
			return false;
		v->u *= 1000000;
	} else {
		return false;
	}
	v->type = 't';
	return true;
}

int cg_props_of_text(struct cg_props *ps, const char *name, const char *str, struct husk_error *err)
{
	struct parser parser = { .p = str, .arena = ps->arena };
	struct cg_property *p;
	struct cg_value v;
	char at[200];

	(void)snprintf(at, sizeof(at), "/annotations/org.systemd.property.%s", name);
	if (value(&parser, 0, &v)) {
		skip(&parser);
		if (*parser.p)
			(void)wrong(&parser, "there is more text after the value");
	}
	if (parser.problem) {
		err_config(err, at, "\"%.100s\": %s", str, parser.problem);
		return err_hint(err, "values are like \"uint64 5\", \"'text'\", \"true\" or "
				"\"['a', 'b']\" (GVariant's text format)");
	}
	if (is_seconds(name)) {
		if (!to_microseconds(&v))
			return err_config(err, at, "\"%.100s\": expected a number of seconds", str);
		name = arena_printf(ps->arena, "%.*sUSec", (int)strlen(name) - 3, name);
	}
	p = name ? cg_prop_add(ps, name, v.type) : NULL;
	if (!p)
		return err_nomem(err, "properties of the unit");
	p->value = v;
	return 0;
}
