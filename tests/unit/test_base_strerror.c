/* runtime/base/strerror_static.c: the words are glibc's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char *glibcs(int error)
{
	return strerror(error);
}

#define strerror static_strerror
char *static_strerror(int error);
#include "runtime/base/strerror_static.c"	/* NOLINT(bugprone-suspicious-include) */

static void they_are_the_c_librarys(void **state)
{
	(void)state;
	/* Those of Linux; a newer glibc may know more. */
	for (int error = 0; error <= EHWPOISON; error++)
		assert_string_equal(static_strerror(error), glibcs(error));
	assert_string_equal(static_strerror(-1), glibcs(-1));
	assert_string_equal(static_strerror(5000), glibcs(5000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_the_c_librarys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
