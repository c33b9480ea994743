/*
 * The option engine: what it accepts, and the exact words with which it refuses.
 *
 * covers: 2.1-single-dash
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cli/cli.h"

struct values {
	bool tty, detach;
	const char *bundle;
	unsigned n;
	struct cli_list env;
	int format;
};

static const struct cli_key formats[] = { { "text", 1 }, { "json", 2 }, { NULL } };

#define AT(m) offsetof(struct values, m)
static const struct cli_opt rows[] = {
	{ 't', "tty", CLI_FLAG, AT(tty), NULL, "" },
	{ 'd', "detach", CLI_FLAG, AT(detach), NULL, "" },
	{ 'b', "bundle", CLI_STRING, AT(bundle), "DIR", "" },
	{ 'n', "preserve-fds", CLI_UNSIGNED, AT(n), "N", "" },
	{ 'e', "env", CLI_LIST, AT(env), "NAME=VALUE", "" },
	{ 'f', "format", CLI_KEY, AT(format), "FORMAT", "", formats },
	{ 0, "no-subreaper", CLI_IGNORED },
	{ 0, "criu", CLI_IGNORED_VALUE },
	{ 0 },
};

enum { MAX_ARGS = 12 };

/* What is left of @line's words is joined with '|' in @operands. */
static int parse(const char *line, int limit, struct values *v, char *operands,
		 struct husk_error *err)
{
	static char copy[256];
	char *argv[MAX_ARGS + 1] = { NULL };
	int n = 0, ret;

	(void)snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok(copy, " "); w && n < MAX_ARGS; w = strtok(NULL, " "))
		argv[n++] = w;
	memset(v, 0, sizeof(*v));
	ret = cli_options_parse(rows, v, argv, limit, err);
	operands[0] = '\0';
	for (char **a = argv; ret == 0 && *a; a++) {
		strcat(operands, a == argv ? "" : "|");
		strcat(operands, *a);
	}
	return ret;
}

static void every_way_to_write_a_value_is_read(void **state)
{
	static const char *const lines[] = {
		"--bundle /x", "--bundle=/x", "-bundle /x", "-bundle=/x",
		"-b /x",       "-b/x",	      "-b=/x",	    "-tb /x",
		"-tdb/x",      "-b /y -b /x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct husk_error err = { 0 };
		char operands[256];
		struct values v;

		assert_int_equal(parse(lines[i], 0, &v, operands, &err), 0);
		assert_string_equal(v.bundle, "/x");
		assert_string_equal(operands, "");
		assert_int_equal(err.sys, 0);
	}
}

static void flags_take_a_truth_value_only_behind_an_equals_sign(void **state)
{
	struct husk_error err;
	char operands[256];
	struct values v;

	(void)state;
	assert_int_equal(parse("-t --detach=false", 0, &v, operands, &err), 0);
	assert_true(v.tty);
	assert_false(v.detach);
	assert_int_equal(parse("-t=0 -detach=1", 0, &v, operands, &err), 0);
	assert_false(v.tty);
	assert_true(v.detach);
	assert_int_equal(parse("--tty false", 0, &v, operands, &err), 0);
	assert_true(v.tty);
	assert_string_equal(operands, "false");
}

static void lists_keep_their_order(void **state)
{
	struct husk_error err;
	char operands[256];
	struct values v;

	(void)state;
	assert_int_equal(parse("-e A=1 --env=B=2 -env C -eD", 0, &v, operands, &err), 0);
	assert_int_equal(v.env.n, 4);
	assert_string_equal(v.env.items[0], "A=1");
	assert_string_equal(v.env.items[1], "B=2");
	assert_string_equal(v.env.items[2], "C");
	assert_string_equal(v.env.items[3], "D");
	assert_null(v.env.items[4]);
	cli_options_done(rows, &v);
}

static void keys_become_numbers(void **state)
{
	struct husk_error err;
	char operands[256];
	struct values v;

	(void)state;
	assert_int_equal(parse("--format json -n 2147483647", 0, &v, operands, &err), 0);
	assert_int_equal(v.format, 2);
	assert_int_equal(v.n, 2147483647);
}

static void options_of_other_runtimes_are_ignored(void **state)
{
	struct husk_error err;
	char operands[256];
	struct values v;

	(void)state;
	assert_int_equal(parse("-no-subreaper --criu /sbin/criu web", 0, &v, operands, &err), 0);
	assert_string_equal(operands, "web");
}

static void operands_end_options_at_the_limit(void **state)
{
	static const struct {
		const char *line;
		int limit;
		const char *operands;
		bool tty;
	} cases[] = {
		{ "web -t", 0, "web", true },
		{ "web -- -t", 0, "web|-t", false },
		{ "- web", 0, "-|web", false },
		{ "create -t web", 1, "create|-t|web", false },
		{ "web ls -t", 2, "web|ls|-t", false },
		{ "web -t ls -d", 2, "web|ls|-d", true },
		{ "-t web -- ls -- -d", 2, "web|ls|--|-d", true },
		{ "web sh --help", 2, "web|sh|--help", false },
		{ "", 1, "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err;
		char operands[256];
		struct values v;

		assert_int_equal(parse(cases[i].line, cases[i].limit, &v, operands, &err), 0);
		assert_string_equal(operands, cases[i].operands);
		assert_int_equal(v.tty, cases[i].tty);
	}
}

static void help_is_known_without_a_row(void **state)
{
	static const char *const lines[] = { "--help", "-help", "-h", "-th", "web --help -x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct husk_error err;
		char operands[256];
		struct values v;

		assert_int_equal(parse(lines[i], 0, &v, operands, &err), CLI_HELP);
	}
}

/* One row per way to be wrong: the message is part of the interface. */
static void mistakes_are_named(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "--foo", "unknown option \"--foo\"" },
		{ "--foo=bar", "unknown option \"--foo\"" },
		{ "-foo", "option -f: \"oo\" is not one of: text, json" },
		{ "-xyz", "unknown option \"-xyz\"" },
		{ "-tz", "unknown option \"-z\"" },
		{ "--t", "unknown option \"--t\"" },
		{ "--bundle", "option --bundle needs a value" },
		{ "-bundle", "option -bundle needs a value" },
		{ "-tb", "option -b needs a value" },
		{ "--tty=maybe", "option --tty: \"maybe\" is neither true nor false" },
		{ "-no-subreaper=2", "option -no-subreaper: \"2\" is neither true nor false" },
		{ "-n x", "option -n: \"x\" is not a number from 0 to 2147483647" },
		{ "-n -1", "option -n: \"-1\" is not a number from 0 to 2147483647" },
		{ "--preserve-fds=", "option --preserve-fds: \"\" is not a number from 0 to "
				     "2147483647" },
		{ "-n 2147483648", "option -n: \"2147483648\" is not a number from 0 to "
				   "2147483647" },
		{ "--format xml", "option --format: \"xml\" is not one of: text, json" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		char operands[256];
		struct values v;

		assert_int_equal(parse(cases[i].line, 0, &v, operands, &err), -EINVAL);
		assert_int_equal(err.kind, HUSK_E_CONFIG);
		assert_string_equal(err.msg, cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_write_a_value_is_read),
		cmocka_unit_test(flags_take_a_truth_value_only_behind_an_equals_sign),
		cmocka_unit_test(lists_keep_their_order),
		cmocka_unit_test(keys_become_numbers),
		cmocka_unit_test(options_of_other_runtimes_are_ignored),
		cmocka_unit_test(operands_end_options_at_the_limit),
		cmocka_unit_test(help_is_known_without_a_row),
		cmocka_unit_test(mistakes_are_named),
	};

	return cmocka_run_group_tests_name("cli/options", tests, NULL, NULL);
}
