/*
 * specs/read_caps.c
 *
 * covers: C-27
 */
#include <linux/capability.h>

#include "tests/unit/test_specs.h"

#define CAPS(members) "'process':{'cwd':'/','args':['sh'],'capabilities':{" members "}}"

static void names_become_bits(void **state)
{
	struct oci_config config;
	const struct oci_caps *caps;

	(void)state;
	good_config(CAPS("'bounding':['CAP_CHOWN','CAP_KILL'],'effective':['CAP_CHECKPOINT_RESTORE'],"
			 "'inheritable':[],'permitted':['CAP_KILL','CAP_KILL'],"
			 "'ambient':null"), &config);
	caps = config.process->capabilities;
	assert_true(caps->bounding == (1ull << CAP_CHOWN | 1ull << CAP_KILL));
	assert_true(caps->effective == 1ull << CAP_CHECKPOINT_RESTORE);
	assert_true(caps->permitted == 1ull << CAP_KILL);
	assert_true(caps->inheritable == 0 && caps->ambient == 0);
	assert_int_equal(caps->n_unknown, 0);
	oci_config_done(&config);
}

static void unknown_names_are_listed_once_and_are_no_error(void **state)
{
	struct oci_config config;
	const struct oci_caps *caps;

	(void)state;
	good_config(CAPS("'bounding':['CAP_A','CAP_KILL','CAP_B'],'permitted':['CAP_B','CAP_C']"),
		    &config);
	caps = config.process->capabilities;
	assert_true(caps->bounding == 1ull << CAP_KILL);
	assert_int_equal(caps->n_unknown, 3);
	assert_string_equal(caps->unknown[0], "CAP_A");
	assert_string_equal(caps->unknown[1], "CAP_B");
	assert_string_equal(caps->unknown[2], "CAP_C");
	oci_config_done(&config);
}

static void bad_capabilities_are_named(void **state)
{
	static const struct bad_case cases[] = {
		{ CAPS("'bounding':[7]"),
		  "/process/capabilities/bounding/0: 7 is not a capability; allowed: names such as "
		  "\"CAP_KILL\"" },
		{ CAPS("'ambient':'CAP_KILL'"),
		  "/process/capabilities/ambient: expected an array, found \"CAP_KILL\"" },
	};

	(void)state;
	bad_configs(cases, ARRAY_SIZE(cases));
}

static void the_numbers_are_the_kernels(void **state)
{
	(void)state;
	assert_int_equal(oci_cap_number("CAP_KILL"), CAP_KILL);
	assert_int_equal(oci_cap_number("SYS_ADMIN"), CAP_SYS_ADMIN);
	assert_int_equal(oci_cap_number("CAP_AUDIT_READ"), CAP_AUDIT_READ);
	assert_int_equal(oci_cap_number("CAP_CHECKPOINT_RESTORE"), CAP_LAST_CAP);
	assert_int_equal(oci_cap_number("cap_kill"), -1);
	assert_int_equal(oci_cap_number(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_bits),
		cmocka_unit_test(unknown_names_are_listed_once_and_are_no_error),
		cmocka_unit_test(bad_capabilities_are_named),
		cmocka_unit_test(the_numbers_are_the_kernels),
	};

	return cmocka_run_group_tests_name("specs/read_caps", tests, NULL, NULL);
}
