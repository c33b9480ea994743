/*
 * specs/read_mounts.c
 *
 * covers: C-15
 */
#include "tests/unit/test_specs.h"

#define MAP "[{'containerID':0,'hostID':100000,'size':65536}]"

static void everything_is_read(void **state)
{
	struct oci_config config;
	const struct oci_mount *m;

	(void)state;
	good_config("'mounts':[{'destination':'/a','type':'bind','source':'x','options':['ro','weird'],"
		    "'uidMappings':" MAP ",'gidMappings':" MAP "},{'destination':'b'}]", &config);
	assert_int_equal(config.n_mounts, 2);
	m = &config.mounts[0];
	assert_string_equal(m->destination, "/a");
	assert_string_equal(m->type, "bind");
	assert_string_equal(m->source, "x");
	assert_int_equal(m->n_options, 2);
	assert_string_equal(m->options[1], "weird");
	assert_null(m->options[2]);
	assert_true(m->uid_mappings[0].host_id == 100000 && m->gid_mappings[0].size == 65536);
	m = &config.mounts[1];
	assert_string_equal(m->destination, "b");
	assert_null(m->type);
	assert_null(m->source);
	assert_null(m->options);
	oci_config_done(&config);
}

static void a_map_may_reach_the_last_id(void **state)
{
	struct oci_config config;

	(void)state;
	good_config("'linux':{'namespaces':[{'type':'user'}],'uidMappings':[{'containerID':0,"
		    "'hostID':0,'size':4294967295}]}", &config);
	assert_true(config.linux_.uid_mappings[0].size == 4294967295u);
	oci_config_done(&config);
}

static void bad_mounts_are_named(void **state)
{
	static const struct bad_case cases[] = {
		{ "'mounts':[{'source':'x'}]", "/mounts/0: \"destination\" is missing" },
		{ "'mounts':[{'destination':''}]", "/mounts/0/destination: is empty" },
		{ "'mounts':[{'destination':'/a','options':'ro'}]",
		  "/mounts/0/options: expected an array, found \"ro\"" },
		{ "'mounts':[{'destination':'/a','options':['ro',null]}]",
		  "/mounts/0/options/1: expected a string, found null" },
		{ "'mounts':[{'destination':'/a','uidMappings':" MAP "}]",
		  "/mounts/0: has uidMappings without gidMappings; allowed: both or none" },
		{ "'mounts':[{'destination':'/a','uidMappings':[],'gidMappings':" MAP "}]",
		  "/mounts/0: has gidMappings without uidMappings; allowed: both or none" },
		{ "'linux':{'uidMappings':[{'containerID':0,'hostID':0}]}",
		  "/linux/uidMappings/0: \"size\" is missing" },
		{ "'linux':{'uidMappings':[{'containerID':0,'hostID':0,'size':0}]}",
		  "/linux/uidMappings/0/size: 0 is out of range; allowed: integers from 1 to "
		  "4294967295" },
		{ "'linux':{'uidMappings':[{'containerID':1,'hostID':0,'size':4294967295}]}",
		  "/linux/uidMappings/0/size: 4294967295 IDs from containerID 1 end past the last "
		  "ID; "
		  "allowed: up to 4294967294" },
		{ "'linux':{'gidMappings':[{'containerID':0,'hostID':4294967290,'size':6}]}",
		  "/linux/gidMappings/0/size: 6 IDs from hostID 4294967290 end past the last ID; "
		  "allowed: up to 4294967294" },
	};

	(void)state;
	bad_configs(cases, ARRAY_SIZE(cases));
}

static void mounts_can_stand_alone(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{ "{}", "expected an array of mounts, found an object" },
		{ "[{\"type\":\"tmpfs\"}]", "/0: \"destination\" is missing" },
		{ "[{\"destination\":\"/a\"},3]", "/1: expected an object, found 3" },
	};
	static const char good[] = "[{\"destination\":\"/a\"},{\"destination\":\"b\","
				   "\"options\":[\"bind\"]}]";
	struct husk_error err = { 0 };
	struct oci_mount *mounts = NULL;
	struct arena arena = { 0 };
	size_t n = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(oci_mounts_parse(bad[i].text, strlen(bad[i].text), &arena, &mounts,
						  &n, &err), -EINVAL);
		assert_string_equal(err.msg, bad[i].message);
		assert_int_equal(n, 7);
	}
	assert_int_equal(oci_mounts_parse("[]", 2, &arena, &mounts, &n, &err), 0);
	assert_int_equal(n, 0);
	assert_int_equal(oci_mounts_parse(good, strlen(good), &arena, &mounts, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(mounts[1].destination, "b");
	assert_string_equal(mounts[1].options[0], "bind");
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(a_map_may_reach_the_last_id),
		cmocka_unit_test(bad_mounts_are_named),
		cmocka_unit_test(mounts_can_stand_alone),
	};

	return cmocka_run_group_tests_name("specs/read_mounts", tests, NULL, NULL);
}
