/*
 * Signals by name and number, as callers of runc and crun write them.
 *
 * covers: 2.2-kill
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cli/cli.h"

static void every_way_to_write_a_signal_is_read(void **state)
{
	static const struct {
		const char *text;
		int sig;
	} cases[] = {
		{ "TERM", 15 },	     { "SIGTERM", 15 },	     { "sigterm", 15 },
		{ "term", 15 },	     { "15", 15 },	     { "0", 0 },
		{ "9", 9 },	     { "KILL", 9 },	     { "64", 64 },
		{ "IOT", 6 },	     { "ABRT", 6 },	     { "CLD", 17 },
		{ "POLL", 29 },	     { "SIGSTKFLT", 16 },    { "RTMIN", 34 },
		{ "RTMIN+3", 37 },   { "SIGRTMIN+30", 64 },  { "RTMAX", 64 },
		{ "rtmax-14", 50 },  { "SIGRTMAX-30", 34 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		int sig = -1;

		assert_int_equal(cli_parse_signal(cases[i].text, &sig, &err), 0);
		assert_int_equal(sig, cases[i].sig);
		assert_int_equal(err.sys, 0);
	}
}

static void what_is_no_signal_is_refused_and_leaves_the_output_alone(void **state)
{
	static const char *const texts[] = {
		"",	   "FOO",	"SIG",	    "SIGSIGTERM", "65",	     "-9",
		"9x",	   " 9",	"99999999999999999999",	  "RTMIN-1", "RTMAX+1",
		"RTMIN+",  "RTMIN+31",	"RTMIN+x",  "RTMAX-31",	  "RTMINX",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct husk_error err = { 0 };
		char message[64];
		int sig = -7;

		(void)snprintf(message, sizeof(message), "unknown signal \"%s\"", texts[i]);
		assert_int_equal(cli_parse_signal(texts[i], &sig, &err), -EINVAL);
		assert_int_equal(sig, -7);
		assert_int_equal(err.kind, HUSK_E_CONFIG);
		assert_string_equal(err.msg, message);
	}
}

static void a_timeout_is_a_number_of_seconds_or_minus_one(void **state)
{
	static const struct {
		const char *text;
		int ms;
	} good[] = { { "0", 0 }, { "10", 10000 }, { "2147483", 2147483000 }, { "-1", -1 } };
	static const char *const bad[] = { "", "-2", "1s", " 1", "1.5", "2147484", "99999999999999" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct husk_error err = { 0 };
		int ms = -7;

		assert_int_equal(cli_parse_timeout(good[i].text, &ms, &err), 0);
		assert_int_equal(ms, good[i].ms);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct husk_error err = { 0 };
		char message[128];
		int ms = -7;

		(void)snprintf(message, sizeof(message), "timeout \"%s\" is not a number of seconds "
			       "from 0 to 2147483, nor -1", bad[i]);
		assert_int_equal(cli_parse_timeout(bad[i], &ms, &err), -EINVAL);
		assert_int_equal(ms, -7);
		assert_int_equal(err.kind, HUSK_E_CONFIG);
		assert_string_equal(err.msg, message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_write_a_signal_is_read),
		cmocka_unit_test(what_is_no_signal_is_refused_and_leaves_the_output_alone),
		cmocka_unit_test(a_timeout_is_a_number_of_seconds_or_minus_one),
	};

	return cmocka_run_group_tests_name("cli/signals", tests, NULL, NULL);
}
