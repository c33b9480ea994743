/*
 * runtime/process/caps.c and the list of caps.h.
 */
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/process/caps.h"
#include "runtime/include/husk.h"
#include "specs/specs.h"

static void the_list_has_the_kernels_numbers(void **state)
{
	static const char *const names[] = {
#define X(name) [RT_CAP_##name] = "CAP_" #name,
		RT_CAPABILITIES(X)
#undef X
	};

	(void)state;
	assert_int_equal(RT_N_CAPS, CAP_LAST_CAP + 1);
	assert_int_equal(RT_CAP_CHOWN, CAP_CHOWN);
	assert_int_equal(RT_CAP_SYS_ADMIN, CAP_SYS_ADMIN);
	assert_int_equal(RT_CAP_CHECKPOINT_RESTORE, CAP_CHECKPOINT_RESTORE);
	for (int i = 0; i < RT_N_CAPS; i++)
		assert_int_equal(oci_cap_number(names[i]), i);
}

static void collect(void *data, enum husk_log_level level, const char *msg)
{
	char *text = data;

	assert_int_equal(level, HUSK_LOG_WARN);
	strcat(strcat(text, msg), "\n");
}

static void each_unknown_name_is_a_warning(void **state)
{
	const char *unknown[] = { "CAP_FUTURE", "CAP_NONSENSE" };
	struct oci_caps caps = { .unknown = unknown, .n_unknown = 2 };
	char text[1000] = "";

	(void)state;
	husk_log_set(HUSK_LOG_WARN, collect, text);
	rt_caps_warn_unknown(NULL);
	rt_caps_warn_unknown(&caps);
	husk_log_set(HUSK_LOG_ERROR, NULL, NULL);
	assert_string_equal(text,
			    "/process/capabilities: unknown capability \"CAP_FUTURE\", ignoring\n"
			    "/process/capabilities: unknown capability \"CAP_NONSENSE\", ignoring\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_has_the_kernels_numbers),
		cmocka_unit_test(each_unknown_name_is_a_warning),
	};

	return cmocka_run_group_tests_name("runtime/caps", tests, NULL, NULL);
}
