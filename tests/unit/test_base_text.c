/* runtime/base/str.c, error.c, hook_watch.c: numbers, growing strings, error text, last words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/arena.h"
#include "runtime/base/error.h"
#include "runtime/base/hook_watch.h"
#include "runtime/base/str.h"

/* covers: 2.5-no-such-process */
static void a_process_that_is_gone_is_named_as_engines_know_it(void **state)
{
	struct husk_error err = { 0 };

	(void)state;
	errno = ESRCH;
	assert_int_equal(err_sys(&err, "send signal 9 to container \"c\""), -ESRCH);
	assert_string_equal(err.msg, "send signal 9 to container \"c\": no such process");
	assert_string_equal(err_text(ENOENT), "No such file or directory");
}

static void a_path_is_cleaned_by_its_text(void **state)
{
	static const char *const cases[][2] = {
		{ "/a/b", "/a/b" },	   { "/a//b/", "/a/b" }, { "/a/./b/.", "/a/b" },
		{ "/a/b/../c", "/a/c" },   { "/..", "/" },	 { "/../../a", "/a" },
		{ "/a/b/../..", "/" },	   { "/", "/" },	 { "/a/...", "/a/..." },
		{ "/a/..b/.c", "/a/..b/.c" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *clean = str_clean_path(cases[i][0]);

		assert_string_equal(clean, cases[i][1]);
		free(clean);
	}
}

static void a_time_is_that_of_gmtime(void **state)
{
	char got[STR_UTC_SIZE], want[STR_UTC_SIZE];
	struct tm tm;

	(void)state;
	str_utc(0, got);
	assert_string_equal(got, "1970-01-01T00:00:00");
	str_utc(951825599, got);	/* 400 years have 97 leap days */
	assert_string_equal(got, "2000-02-29T11:59:59");
	/* Steps of about eleven hours meet every day of 200 years. */
	for (time_t t = 0; t < INT64_C(6311433600); t += 40009) {
		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S", &tm), 19);
		str_utc(t, got);
		assert_string_equal(got, want);
	}
}

static void numbers_are_read_strictly(void **state)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "0x0", "1e3", "1:",
					   "4294967296", "99999999999999999999999" };
	uint64_t v = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(str_to_u64(bad[i], UINT32_MAX, &v));
	assert_int_equal(v, 7);
	assert_true(str_to_u64("4294967295", UINT32_MAX, &v));
	assert_true(v == UINT32_MAX);
	assert_true(str_to_u64("18446744073709551615", UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
}

static void negative_numbers_reach_their_limit(void **state)
{
	int64_t v;

	(void)state;
	assert_true(str_to_i64("-9223372036854775808", &v));
	assert_true(v == INT64_MIN);
	assert_false(str_to_i64("-9223372036854775809", &v));
	assert_false(str_to_i64("9223372036854775808", &v));
	assert_false(str_to_i64("--1", &v));
}

static void json_strings_are_escaped(void **state)
{
	struct str b = { 0 };

	(void)state;
	str_add_json(&b, "a\"b\\c\nd\te\x01");
	assert_string_equal(b.s, "\"a\\\"b\\\\c\\nd\\te\\u0001\"");
	str_done(&b);
}

static void context_goes_in_front(void **state)
{
	struct husk_error err = { 0 };

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_sys(&err, "open %s", "/x"), -ENOENT);
	assert_int_equal(err_ctx(&err, "rootfs"), -ENOENT);
	assert_string_equal(err.msg, "rootfs: open /x: No such file or directory");
	assert_int_equal(err.kind, HUSK_E_SYSTEM);
}

static void a_long_context_is_dropped_before_the_cause(void **state)
{
	struct husk_error err = { 0 };
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	errno = EPERM;
	err_sys(&err, "mount");
	err_ctx(&err, "%s", text);
	assert_string_equal(err.msg, "mount: Operation not permitted");
}

static void arena_refuses_overflow(void **state)
{
	struct arena a = { 0 };

	(void)state;
	assert_null(arena_array(&a, SIZE_MAX / 2, 3));
	assert_null(arena_array(&a, SIZE_MAX, 1));
	assert_non_null(arena_array(&a, 1000000, 8));
	arena_done(&a);
}

/* The watched process is this one, which does not end: the time-out does. */
static void a_gigabyte_of_output_leaves_its_last_line(void **state)
{
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0), p[2];
	char tail[64];

	(void)state;
	assert_true(pidfd >= 0);
	assert_int_equal(pipe(p), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(write(p[1], "some noise\n", 11), 11);
	assert_int_equal(write(p[1], "the last words\n\n", 16), 16);
	close(p[1]);
	assert_int_equal(hook_watch(pidfd, p[0], 1, tail, sizeof(tail)), -ETIMEDOUT);
	assert_string_equal(tail, "the last words");
	close(p[0]);
	close(pidfd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_that_is_gone_is_named_as_engines_know_it),
		cmocka_unit_test(a_path_is_cleaned_by_its_text),
		cmocka_unit_test(a_time_is_that_of_gmtime),
		cmocka_unit_test(numbers_are_read_strictly),
		cmocka_unit_test(negative_numbers_reach_their_limit),
		cmocka_unit_test(json_strings_are_escaped),
		cmocka_unit_test(context_goes_in_front),
		cmocka_unit_test(a_long_context_is_dropped_before_the_cause),
		cmocka_unit_test(arena_refuses_overflow),
		cmocka_unit_test(a_gigabyte_of_output_leaves_its_last_line),
	};

	return cmocka_run_group_tests_name("runtime/base/text", tests, NULL, NULL);
}
