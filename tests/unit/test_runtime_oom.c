/*
 * runtime/oom.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/oom.h"

enum { KIB = 1024, MIB = 1024 * KIB };

static void hints(uint64_t limit, uint64_t peak, uint64_t failures, enum rt_oom how,
		  const char *wanted)
{
	struct husk_error err = { 0 };

	rt_oom_text(limit, peak, failures, how, &err);
	assert_string_equal(err.hint, wanted);
}

static void too_little_for_any_container_is_told_by_how_much(void **state)
{
	static const char text[] =
		"raise /linux/resources/memory/limit from 102400 to 262144 bytes, by 159744: that much "
		"starts a small static program";

	(void)state;
	hints(100 * KIB, 100 * KIB, 0, RT_OOM_KILLED, text);
	hints(100 * KIB, 0, 0, RT_OOM_KILLED,
	      "at most 0 of the 102400 bytes of its own limit were in use: the memory of a cgroup "
	      "above it, or of the host, is used up");
	hints(100 * KIB, 0, 3, RT_OOM_ENOMEM, text);
}

static void too_little_for_the_program_is_doubled(void **state)
{
	(void)state;
	hints(16 * MIB, 16 * MIB - 4096, 0, RT_OOM_KILLED,
	      "raise /linux/resources/memory/limit: all of its 16777216 bytes were in use when more was "
	      "needed; try 33554432");
}

static void another_limit_than_its_own_is_not_blamed_on_it(void **state)
{
	(void)state;
	hints(16 * MIB, MIB, 0, RT_OOM_KILLED,
	      "at most 1048576 of the 16777216 bytes of its own limit were in use: the memory of a "
	      "cgroup above it, or of the host, is used up");
	hints(UINT64_MAX, MIB, 0, RT_OOM_KILLED,
	      "the container has no memory limit of its own: the memory of a cgroup above it, or of the "
	      "host, is used up");
	hints(INT64_MAX - 4095, MIB, 0, RT_OOM_KILLED,
	      "the container has no memory limit of its own: the memory of a cgroup above it, or of the "
	      "host, is used up");
}

static void a_call_that_failed_for_another_reason_has_no_hint(void **state)
{
	(void)state;
	hints(16 * MIB, MIB, 0, RT_OOM_ENOMEM, "");
	hints(UINT64_MAX, MIB, 9, RT_OOM_ENOMEM, "");
}

static void the_limit_of_the_configuration_is_one_only_if_it_limits(void **state)
{
	struct oci_memory memory = { .has_limit = true, .limit = MIB };
	struct oci_resources resources = { 0 };
	struct oci_linux lin = { 0 };

	(void)state;
	assert_int_equal(rt_oom_limit(&lin), 0);
	lin.resources = &resources;
	assert_int_equal(rt_oom_limit(&lin), 0);
	resources.memory = &memory;
	assert_int_equal(rt_oom_limit(&lin), MIB);
	memory.limit = -1;
	assert_int_equal(rt_oom_limit(&lin), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_little_for_any_container_is_told_by_how_much),
		cmocka_unit_test(too_little_for_the_program_is_doubled),
		cmocka_unit_test(another_limit_than_its_own_is_not_blamed_on_it),
		cmocka_unit_test(a_call_that_failed_for_another_reason_has_no_hint),
		cmocka_unit_test(the_limit_of_the_configuration_is_one_only_if_it_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
