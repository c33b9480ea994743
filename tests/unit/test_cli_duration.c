/*
 * cli/duration.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/cli.h"

#include <limits.h>

static void is(const char *text, unsigned wanted)
{
	struct husk_error err = { 0 };
	unsigned ms = 77;

	assert_int_equal(cli_parse_interval(text, &ms, &err), 0);
	assert_int_equal(ms, wanted);
}

static void is_no_interval(const char *text, const char *message)
{
	struct husk_error err = { 0 };
	unsigned ms = 77;

	assert_int_equal(cli_parse_interval(text, &ms, &err), -EINVAL);
	assert_string_equal(err.msg, message);
	assert_int_equal(ms, 77);
}

static void units_add_up(void **state)
{
	(void)state;
	is("5s", 5000);
	is("1m30s", 90000);
	is("1.5h", 5400000);
	is("250ms", 250);
	is("2000us", 2);
	is("2000\xc2\xb5s", 2);
}

static void what_is_too_short_or_long_is_brought_in_range(void **state)
{
	(void)state;
	is("1ns", 1);
	is("100000h", INT_MAX);
}

static void what_is_none_is_an_error(void **state)
{
	(void)state;
	is_no_interval("5", "option --interval: \"5\" is not a duration like 5s, 1m30s or 500ms");
	is_no_interval("", "option --interval: \"\" is not a duration like 5s, 1m30s or 500ms");
	is_no_interval("1.2.3s",
		       "option --interval: \"1.2.3s\" is not a duration like 5s, 1m30s or 500ms");
	is_no_interval("0s", "duration interval must be greater than 0");
	is_no_interval("-3s", "duration interval must be greater than 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_add_up),
		cmocka_unit_test(what_is_too_short_or_long_is_brought_in_range),
		cmocka_unit_test(what_is_none_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
