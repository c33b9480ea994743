/*
 * specs/reader.c: pointers, both modes, and what counts as absent.
 */
#include "specs/reader.h"
#include "tests/unit/test_specs.h"

static void a_message_says_where_what_and_what_is_allowed(void **state)
{
	static const struct bad_case cases[] = {
		{ "'linux':{'namespaces':[{'type':'netwrk'}]}",
		  "/linux/namespaces/0/type: \"netwrk\" is not a namespace; allowed: cgroup, ipc, "
		  "mount, network, pid, time, user, uts" },
		{ "'linux':{'namespaces':[{'type':7}]}",
		  "/linux/namespaces/0/type: expected a string, found 7" },
		{ "'linux':{'namespaces':[{'type':'pid'},'pid']}",
		  "/linux/namespaces/1: expected an object, found \"pid\"" },
		{ "'linux':{'namespaces':[{'path':'/x'}]}", "/linux/namespaces/0: \"type\" is missing" },
		{ "'linux':{'namespaces':[{'type':null}]}", "/linux/namespaces/0: \"type\" is missing" },
		{ "'linux':{'namespaces':{}}", "/linux/namespaces: expected an array, found an object" },
		{ "'linux':[]", "/linux: expected an object, found an array" },
		{ "'root':{'path':''}", "/root/path: is empty" },
		{ "'root':{'path':'x','readonly':'yes'}",
		  "/root/readonly: expected a boolean, found \"yes\"" },
		{ "'annotations':{'a/b~c':1}",
		  "/annotations/a~1b~0c: expected a string, found 1" },
		{ "'annotations':{'a\\nb':[]}",
		  "/annotations/a\\u000ab: expected a string, found an array" },
		{ "'annotations':{'':'x'}",
		  "/annotations/: the name \"\" is not a name; allowed: one character or more" },
	};

	(void)state;
	bad_configs(cases, ARRAY_SIZE(cases));
}

static void the_document_itself_has_no_pointer(void **state)
{
	struct husk_error err = { 0 };
	struct oci_config config;

	(void)state;
	assert_int_equal(oci_config_parse("{}", 2, &config, NULL, &err), -EINVAL);
	assert_string_equal(err.msg, "\"ociVersion\" is missing");
	assert_string_equal(err.pointer, "");
	assert_int_equal(oci_config_parse("[]", 2, &config, NULL, &err), -EINVAL);
	assert_string_equal(err.msg, "expected an object, found an array");
}

static void null_and_empty_strings_count_as_absent(void **state)
{
	struct oci_config config;

	(void)state;
	good_config("'process':null,'root':null,'mounts':null,'hostname':'','hooks':null,"
		    "'annotations':null,'vm':null,'linux':{'namespaces':[{'type':'pid','path':''}],"
		    "'devices':null,'resources':{'memory':{'limit':null}},'seccomp':null,"
		    "'rootfsPropagation':'','cgroupsPath':'','maskedPaths':[]}", &config);
	assert_null(config.process);
	assert_false(config.has_root);
	assert_null(config.hostname);
	assert_int_equal(config.n_mounts, 0);
	assert_null(config.linux_.namespaces[0].path);
	assert_false(config.linux_.resources->memory->has_limit);
	assert_null(config.linux_.seccomp);
	assert_int_equal(config.linux_.rootfs_propagation, OCI_PROP_UNSET);
	assert_null(config.linux_.cgroups_path);
	assert_null(config.linux_.masked_paths);
	oci_config_done(&config);
}

static void unknown_members_are_ignored(void **state)
{
	struct oci_config config;

	(void)state;
	good_config("'windows':{'x':[1,2,{'y':null}]},'LINUX':7,'linux':{'new':{}}", &config);
	oci_config_done(&config);
}

static void all_problems_are_collected_in_document_order(void **state)
{
	static const struct {
		const char *pointer, *message;
	} expected[] = {
		{ "/process/cwd", "\"tmp\" is not an absolute path; allowed: paths that begin with /" },
		{ "/process/env/1",
		  "\"HOME\" is not an environment variable; allowed: KEY=value, with a key" },
		{ "/process/rlimits/1/type",
		  "\"RLIMIT_X\" is not a resource limit; allowed: RLIMIT_AS, RLIMIT_CORE, "
		  "RLIMIT_CPU, "
		  "RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_LOCKS, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, "
		  "RLIMIT_NICE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_RSS, RLIMIT_RTPRIO, "
		  "RLIMIT_RTTIME, "
		  "RLIMIT_SIGPENDING, RLIMIT_STACK" },
		{ "/process", "\"args\" is missing" },
		{ "/mounts/0", "\"destination\" is missing" },
		{ "/linux/uidMappings/0/size",
		  "0 is out of range; allowed: integers from 1 to 4294967295" },
	};
	cleanup_free char *text = config_text(
		"'process':{'cwd':'tmp','env':['A=b','HOME','C='],'rlimits':["
		"{'type':'RLIMIT_CPU','soft':1,'hard':1},{'type':'RLIMIT_X','soft':1,'hard':1}]},"
		"'mounts':[{'type':'proc'}],'linux':{'uidMappings':[{'containerID':0,'hostID':0,"
		"'size':0}]}");
	struct oci_problems problems = { 0 };
	struct husk_error err = { 0 };
	struct oci_config config;

	(void)state;
	assert_int_equal(oci_config_parse(text, strlen(text), &config, &problems, &err), 0);
	assert_int_equal(err.sys, 0);
	assert_int_equal(problems.n, ARRAY_SIZE(expected));
	for (size_t i = 0; i < problems.n; i++) {
		assert_string_equal(problems.items[i].pointer, expected[i].pointer);
		assert_string_equal(problems.items[i].message, expected[i].message);
	}
	/* a refused element leaves no hole that would end the list */
	assert_int_equal(config.process->n_env, 3);
	assert_string_equal(config.process->env[1], "");
	oci_config_done(&config);
	oci_problems_done(&problems);
	assert_null(problems.items);
}

static void text_that_is_not_json_fails_even_when_collecting(void **state)
{
	struct oci_problems problems = { 0 };
	struct husk_error err = { 0 };
	struct oci_config config;

	(void)state;
	assert_int_equal(oci_config_parse("{", 1, &config, &problems, &err), -EINVAL);
	assert_string_equal(err.msg, "not JSON: line 1, column 2: the text ends too early");
	assert_int_equal(problems.n, 0);
}

static void many_problems_take_linear_time(void **state)
{
	enum { N = 100000 };
	cleanup_str struct str text = { 0 };
	struct oci_problems problems = { 0 };
	struct husk_error err = { 0 };
	struct oci_config config;

	(void)state;
	str_add(&text, "{\"ociVersion\":\"1.0.0\",\"process\":{\"cwd\":\"/\",\"args\":[\"x\"],\"env\":[0");
	for (int i = 1; i < N; i++)
		str_add(&text, ",0");
	str_add(&text, "]}}");
	assert_int_equal(oci_config_parse(text.s, text.len, &config, &problems, &err), 0);
	assert_int_equal(problems.n, N);
	assert_string_equal(problems.items[N - 1].pointer, "/process/env/99999");
	oci_config_done(&config);
	oci_problems_done(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_says_where_what_and_what_is_allowed),
		cmocka_unit_test(the_document_itself_has_no_pointer),
		cmocka_unit_test(null_and_empty_strings_count_as_absent),
		cmocka_unit_test(unknown_members_are_ignored),
		cmocka_unit_test(all_problems_are_collected_in_document_order),
		cmocka_unit_test(text_that_is_not_json_fails_even_when_collecting),
		cmocka_unit_test(many_problems_take_linear_time),
	};

	return cmocka_run_group_tests_name("specs/reader", tests, NULL, NULL);
}
