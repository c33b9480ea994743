/*
 * Columns and compact JSON: bytes that scripts and engines depend on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cli/cli.h"

/* What was printed to a memory stream; free() it. */
struct printed {
	FILE *to;
	char *text;
	size_t len;
};

static void begin(struct printed *p)
{
	p->to = open_memstream(&p->text, &p->len);
	assert_non_null(p->to);
}

static void expect(struct printed *p, const char *text)
{
	assert_int_equal(fclose(p->to), 0);
	assert_string_equal(p->text, text);
	free(p->text);
}

static void an_empty_list_is_runcs_header(void **state)
{
	static const char *const cells[] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" };
	struct printed p;

	(void)state;
	begin(&p);
	cli_table_print(p.to, cells, 1, 6);
	expect(&p, "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n");
}

static void columns_are_twelve_wide_or_three_apart(void **state)
{
	static const char *const cells[] = {
		"ID",		 "X", "END",
		"nine_char",	 "1", "a",
		"ten_charac",	 "2", "",
	};
	struct printed p;

	(void)state;
	begin(&p);
	cli_table_print(p.to, cells, 3, 3);
	expect(&p, "ID           X           END\n"
		   "nine_char    1           a\n"
		   "ten_charac   2           \n");
}

static void width_is_counted_in_characters(void **state)
{
	static const char *const cells[] = { "\303\244\303\266\303\274456789012", "x",
					     "abc456789012", "y" };
	struct printed p;

	(void)state;
	begin(&p);
	cli_table_print(p.to, cells, 2, 2);
	expect(&p, "\303\244\303\266\303\274456789012   x\nabc456789012   y\n");
}

static void json_loses_space_only_between_tokens(void **state)
{
	struct printed p;

	(void)state;
	begin(&p);
	cli_json_compact(p.to, "{\n  \"a b\": [ 1,\t2 ],\r\n  \"q\\\" \\\\\": \"x \\\" y\"\n}\n");
	expect(&p, "{\"a b\":[1,2],\"q\\\" \\\\\":\"x \\\" y\"}");
}

static void a_line_ends_once(void **state)
{
	struct printed p;

	(void)state;
	begin(&p);
	cli_print_line(p.to, "a");
	cli_print_line(p.to, "b\n");
	cli_print_line(p.to, "");
	expect(&p, "a\nb\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_list_is_runcs_header),
		cmocka_unit_test(columns_are_twelve_wide_or_three_apart),
		cmocka_unit_test(width_is_counted_in_characters),
		cmocka_unit_test(json_loses_space_only_between_tokens),
		cmocka_unit_test(a_line_ends_once),
	};

	return cmocka_run_group_tests_name("cli/table", tests, NULL, NULL);
}
