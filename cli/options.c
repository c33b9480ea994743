/*
 * The option engine: rows of struct cli_opt, read into the command's own struct.
 *
 * It reads what both families of runtimes accept: "--name VALUE", "--name=VALUE", the same with
 * one dash ("-no-subreaper", Go's way), and short options alone or in a row ("-td", "-eA=1").
 *
 * Uses: husk.h.    Used by: main.c, which hands every command its options.
 */
#include "cli/cli.h"

#include <limits.h>

/* Where the reading of one argument vector stands. */
struct cursor {
	const struct cli_opt *opts;
	void *out;
	char **next;		/* the argument after the current one */
	struct husk_error *err;
};

#define bad(c, ...) husk_error_set((c)->err, HUSK_E_CONFIG, EINVAL, __VA_ARGS__)

static const struct cli_opt *find_long(const struct cli_opt *opts, const char *name, size_t len)
{
	for (const struct cli_opt *o = opts; o && o->name; o++) {
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	}
	return NULL;
}

static const struct cli_opt *find_short(const struct cli_opt *opts, char name)
{
	for (const struct cli_opt *o = opts; o && o->name; o++) {
		if (o->short_name == name)
			return o;
	}
	return NULL;
}

static bool takes_value(const struct cli_opt *o)
{
	return o->kind != CLI_FLAG && o->kind != CLI_IGNORED;
}

static int set_flag(struct cursor *c, bool *flag, const char *option, const char *value)
{
	static const struct cli_key words[] = {
		{ "true", 1 }, { "1", 1 }, { "false", 0 }, { "0", 0 },
	};

	if (!value) {
		*flag = true;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].name, value) == 0) {
			*flag = words[i].value;
			return 0;
		}
	}
	return bad(c, "option %s: \"%s\" is neither true nor false", option, value);
}

static int set_unsigned(struct cursor *c, unsigned *number, const char *option, const char *value)
{
	unsigned long n = 0;
	const char *p = value;

	for (; *p >= '0' && *p <= '9' && n <= INT_MAX; p++)
		n = n * 10 + (unsigned long)(*p - '0');
	if (*p || p == value || n > INT_MAX)
		return bad(c, "option %s: \"%s\" is not a number from 0 to 2147483647", option,
			   value);
	*number = (unsigned)n;
	return 0;
}

static int append(struct cursor *c, struct cli_list *list, const char *value)
{
	char **items = realloc(list->items, (list->n + 2) * sizeof(*items));

	if (!items)
		return husk_error_set(c->err, HUSK_E_SYSTEM, ENOMEM, "%s", strerror(ENOMEM));
	items[list->n++] = (char *)value;
	items[list->n] = NULL;
	list->items = items;
	return 0;
}

static int set_key(struct cursor *c, int *number, const struct cli_opt *o, const char *option,
		   const char *value)
{
	char known[128] = "";

	for (const struct cli_key *k = o->keys; k->name; k++) {
		size_t len = strlen(known);

		if (strcmp(k->name, value) == 0) {
			*number = k->value;
			return 0;
		}
		(void)snprintf(known + len, sizeof(known) - len, "%s%s", len ? ", " : "", k->name);
	}
	return bad(c, "option %s: \"%s\" is not one of: %s", option, value, known);
}

/* @option is as it was written, for messages; @value is NULL only where none is needed. */
static int store(struct cursor *c, const struct cli_opt *o, const char *option, const char *value)
{
	void *at = (char *)c->out + o->offset;
	bool ignored;

	switch (o->kind) {
	case CLI_FLAG:
		return set_flag(c, at, option, value);
	case CLI_IGNORED:
		return set_flag(c, &ignored, option, value);
	case CLI_STRING:
		*(const char **)at = value;
		return 0;
	case CLI_UNSIGNED:
		return set_unsigned(c, at, option, value);
	case CLI_LIST:
		return append(c, at, value);
	case CLI_KEY:
		return set_key(c, at, o, option, value);
	case CLI_IGNORED_VALUE:
		return 0;
	}
	return 0;
}

/* The value of @o: what stands behind it (@attached), or the next argument. */
static int store_with_value(struct cursor *c, const struct cli_opt *o, const char *option,
			    const char *attached)
{
	if (!attached && takes_value(o)) {
		if (!*c->next)
			return bad(c, "option %s needs a value", option);
		attached = *c->next++;
	}
	return store(c, o, option, attached);
}

/* "-x", "-xyz", "-xVALUE", "-x=VALUE": @arg is behind the dash. */
static int read_short(struct cursor *c, const char *arg)
{
	for (const char *p = arg; *p; p++) {
		const struct cli_opt *o = find_short(c->opts, *p);
		const char option[] = { '-', *p, '\0' };
		int ret;

		if (!o && (*p == 'h' || *p == '?'))	/* "-?": argp's, and so crun's */
			return CLI_HELP;
		if (!o)
			return bad(c, "unknown option \"%s\"", p == arg ? arg - 1 : option);
		if (p[1] == '=' || (p[1] && takes_value(o)))
			return store_with_value(c, o, option, p + 1 + (p[1] == '='));
		ret = store_with_value(c, o, option, NULL);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* One argument that begins with '-' and is longer than that. */
static int read_option(struct cursor *c, const char *arg)
{
	bool two_dashes = arg[1] == '-';
	const char *name = arg + 1 + two_dashes;
	const char *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct cli_opt *o = find_long(c->opts, name, len);
	char option[64];

	(void)snprintf(option, sizeof(option), "%.*s", (int)(name + len - arg), arg);
	if (o)
		return store_with_value(c, o, option, equals ? equals + 1 : NULL);
	if (len == strlen("help") && memcmp(name, "help", len) == 0)
		return CLI_HELP;
	if (two_dashes)
		return bad(c, "unknown option \"%s\"", option);
	return read_short(c, name);
}

int cli_options_parse(const struct cli_opt *opts, void *out, char **argv, int limit,
		      struct husk_error *err)
{
	struct cursor c = { .opts = opts, .out = out, .next = argv, .err = err };
	char **operands = argv;
	int n = 0;

	while (*c.next && (limit == 0 || n < limit)) {
		char *arg = *c.next++;
		int ret;

		if (strcmp(arg, "--") == 0)
			break;
		if (arg[0] != '-' || !arg[1]) {
			operands[n++] = arg;
			continue;
		}
		ret = read_option(&c, arg);
		if (ret != 0)
			return ret;
	}
	while (*c.next)
		operands[n++] = *c.next++;
	operands[n] = NULL;
	return 0;
}

void cli_options_done(const struct cli_opt *opts, void *out)
{
	for (const struct cli_opt *o = opts; o && o->name; o++) {
		if (o->kind == CLI_LIST)
			free(((struct cli_list *)((char *)out + o->offset))->items);
	}
}
