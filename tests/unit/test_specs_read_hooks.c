/*
 * specs/read_hooks.c
 *
 * covers: C-45
 */
#include "tests/unit/test_specs.h"

static void everything_is_read(void **state)
{
	struct oci_config config;
	const struct oci_hook *hook;

	(void)state;
	good_config("'hooks':{'prestart':[{'path':'/a'},{'path':'/b','args':['b','c'],"
		    "'env':['X=1'],'timeout':7}],'createRuntime':[],"
		    "'createContainer':[{'path':'/d'}],"
		    "'startContainer':[{'path':'/e'}],'poststart':null,'poststop':[{'path':'/f'}]}",
		    &config);
	assert_int_equal(config.hooks.n_hook[OCI_PRESTART], 2);
	hook = &config.hooks.hook[OCI_PRESTART][1];
	assert_string_equal(hook->path, "/b");
	assert_string_equal(hook->args[1], "c");
	assert_null(hook->args[2]);
	assert_string_equal(hook->env[0], "X=1");
	assert_null(hook->env[1]);
	assert_int_equal(hook->timeout, 7);
	assert_int_equal(config.hooks.n_hook[OCI_CREATE_RUNTIME], 0);
	assert_string_equal(config.hooks.hook[OCI_CREATE_CONTAINER][0].path, "/d");
	assert_string_equal(config.hooks.hook[OCI_START_CONTAINER][0].path, "/e");
	assert_int_equal(config.hooks.n_hook[OCI_POSTSTART], 0);
	assert_string_equal(config.hooks.hook[OCI_POSTSTOP][0].path, "/f");
	oci_config_done(&config);
}

static void a_hook_runs_under_its_path_in_an_empty_environment_by_default(void **state)
{
	struct oci_config config;
	const struct oci_hook *hook;

	(void)state;
	good_config("'hooks':{'poststop':[{'path':'/a','args':null,'env':[]}]}", &config);
	hook = config.hooks.hook[OCI_POSTSTOP];
	assert_string_equal(hook->args[0], "/a");
	assert_null(hook->args[1]);
	assert_non_null(hook->env);
	assert_null(hook->env[0]);
	assert_int_equal(hook->timeout, 0);
	oci_config_done(&config);
}

static void bad_hooks_are_named(void **state)
{
	static const struct bad_case cases[] = {
		{ "'hooks':{'prestart':[{'args':['x']}]}", "/hooks/prestart/0: \"path\" is missing" },
		{ "'hooks':{'prestart':['/x']}",
		  "/hooks/prestart/0: expected an object, found \"/x\"" },
		{ "'hooks':{'poststop':[{'path':'/a'},{'path':'b'}]}",
		  "/hooks/poststop/1/path: \"b\" is not an absolute path; allowed: paths that "
		  "begin with "
		  "/" },
		{ "'hooks':{'poststop':[{'path':'/a','timeout':0}]}",
		  "/hooks/poststop/0/timeout: 0 is out of range; allowed: integers from 1 to "
		  "2147483647" },
		{ "'hooks':{'poststop':[{'path':'/a','env':['LD_PRELOAD']}]}",
		  "/hooks/poststop/0/env/0: \"LD_PRELOAD\" is not an environment variable; "
		  "allowed: "
		  "KEY=value, with a key" },
	};

	(void)state;
	bad_configs(cases, ARRAY_SIZE(cases));
}

static void kinds_have_the_specs_names(void **state)
{
	(void)state;
	assert_string_equal(oci_hook_kind_name(OCI_PRESTART), "prestart");
	assert_string_equal(oci_hook_kind_name(OCI_CREATE_RUNTIME), "createRuntime");
	assert_string_equal(oci_hook_kind_name(OCI_POSTSTOP), "poststop");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(a_hook_runs_under_its_path_in_an_empty_environment_by_default),
		cmocka_unit_test(bad_hooks_are_named),
		cmocka_unit_test(kinds_have_the_specs_names),
	};

	return cmocka_run_group_tests_name("specs/read_hooks", tests, NULL, NULL);
}
