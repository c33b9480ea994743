/*
 * specs/read_resources.c
 *
 * covers: L-18 L-25 L-30 L-31 L-33 L-34
 */
#include "tests/unit/test_specs.h"

#define RESOURCES(members) "'linux':{'resources':{" members "}}"

static void device_rules_have_wildcards(void **state)
{
	struct oci_config config;
	const struct oci_device_rule *rule;

	(void)state;
	good_config(RESOURCES("'devices':[{'allow':false,'access':'rwm'},"
			      "{'allow':true,'type':'c','major':1,'minor':3,'access':'rm'},"
			      "{'allow':true,'type':'b','major':8,'minor':-1},"
			      "{'allow':true,'type':'','major':null}]"), &config);
	rule = config.linux_.resources->devices;
	assert_int_equal(config.linux_.resources->n_devices, 4);
	assert_true(!rule[0].allow && rule[0].type == 'a' && rule[0].major == -1 &&
		    rule[0].minor == -1 && rule[0].read && rule[0].write && rule[0].mknod);
	assert_true(rule[1].allow && rule[1].type == 'c' && rule[1].major == 1 &&
		    rule[1].minor == 3 && rule[1].read && !rule[1].write && rule[1].mknod);
	assert_true(rule[2].type == 'b' && rule[2].major == 8 && rule[2].minor == -1 && rule[2].write);
	assert_true(rule[3].type == 'a' && rule[3].major == -1);
	oci_config_done(&config);
}

static void memory_cpu_and_pids_are_read(void **state)
{
	struct oci_config config;
	const struct oci_resources *res;

	(void)state;
	good_config(RESOURCES("'memory':{'limit':9223372036854775807,'reservation':9007199254740993,"
			      "'swap':-1,'kernel':0,'kernelTCP':1,'swappiness':100,"
			      "'disableOOMKiller':false,'useHierarchy':true,"
			      "'checkBeforeUpdate':true},"
			      "'cpu':{'shares':18446744073709551615,'quota':-1,'burst':1,"
			      "'period':100000,"
			      "'realtimeRuntime':-1,'realtimePeriod':2,'idle':1,'cpus':'0-3, 7',"
			      "'mems':'0'},'pids':{'limit':0}"), &config);
	res = config.linux_.resources;
	assert_true(res->memory->has_limit && res->memory->limit == INT64_MAX);
	assert_true(res->memory->reservation == INT64_C(9007199254740993));
	assert_true(res->memory->has_swap && res->memory->swap == -1);
	assert_true(res->memory->has_kernel && res->memory->kernel == 0);
	assert_true(res->memory->has_kernel_tcp && res->memory->kernel_tcp == 1);
	assert_true(res->memory->has_swappiness && res->memory->swappiness == 100);
	assert_true(res->memory->has_disable_oom_killer && !res->memory->disable_oom_killer);
	assert_true(res->memory->use_hierarchy && res->memory->check_before_update);
	assert_true(res->cpu->shares == UINT64_MAX && res->cpu->quota == -1 && res->cpu->burst == 1);
	assert_true(res->cpu->period == 100000 && res->cpu->rt_runtime == -1);
	assert_true(res->cpu->has_idle && res->cpu->idle == 1);
	assert_string_equal(res->cpu->cpus, "0-3, 7");
	assert_true(res->has_pids_limit && res->pids_limit == 0);	/* 0 is a limit */
	oci_config_done(&config);
}

static void the_other_controllers_are_read(void **state)
{
	struct oci_config config;
	const struct oci_resources *res;

	(void)state;
	good_config(RESOURCES("'blockIO':{'weight':10,'leafWeight':1000,'weightDevice':["
			      "{'major':8,'minor':0,'weight':500}],'throttleReadBpsDevice':["
			      "{'major':8,'minor':1,'rate':18446744073709551615}],"
			      "'throttleWriteIOPSDevice':[{'major':8,'minor':2,'rate':3}]},"
			      "'hugepageLimits':[{'pageSize':'2MB','limit':9223372036854775808}],"
			      "'network':{'classID':1048577,'priorities':[{'name':'eth0',"
			      "'priority':5}]},"
			      "'rdma':{'mlx5_1':{'hcaHandles':3},'mlx4_0':{'hcaObjects':0}},"
			      "'unified':{'memory.high':'1','hugetlb.2MB.max':'','io.max':'8:0 "
			      "a\\n8:1'}"),
		    &config);
	res = config.linux_.resources;
	assert_true(res->block_io->has_weight && res->block_io->weight == 10);
	assert_true(res->block_io->leaf_weight == 1000);
	assert_true(res->block_io->weight_devices[0].weight == 500);
	assert_false(res->block_io->weight_devices[0].has_leaf_weight);
	assert_true(res->block_io->read_bps[0].rate == UINT64_MAX);
	assert_true(res->block_io->write_iops[0].minor == 2);
	assert_int_equal(res->block_io->n_write_bps, 0);
	assert_string_equal(res->hugepages[0].page_size, "2MB");
	assert_true(res->hugepages[0].limit == UINT64_C(9223372036854775808));
	assert_true(res->has_class_id && res->class_id == 0x100001);
	assert_true(res->if_priorities[0].priority == 5);
	assert_string_equal(res->rdma[0].device, "mlx5_1");
	assert_true(res->rdma[0].has_handles && !res->rdma[0].has_objects);
	assert_true(res->rdma[1].has_objects && res->rdma[1].objects == 0);
	assert_int_equal(res->n_unified, 3);
	assert_string_equal(res->unified[1].key, "hugetlb.2MB.max");
	oci_config_done(&config);
}

/* Docker 20.10 writes weight 0, older engines a swappiness of 2^64 - 1. */
static void what_engines_write_for_unset_is_unset(void **state)
{
	struct oci_config config;

	(void)state;
	good_config(RESOURCES("'blockIO':{'weight':0},'memory':{'swappiness':18446744073709551615},"
			      "'pids':{}"), &config);
	assert_false(config.linux_.resources->block_io->has_weight);
	assert_false(config.linux_.resources->memory->has_swappiness);
	assert_false(config.linux_.resources->has_pids_limit);
	oci_config_done(&config);
}

static void bad_resources_are_named(void **state)
{
	static const struct bad_case cases[] = {
		{ RESOURCES("'devices':[{'access':'rwm'}]"),
		  "/linux/resources/devices/0: \"allow\" is missing" },
		{ RESOURCES("'devices':[{'allow':true,'type':'u'}]"),
		  "/linux/resources/devices/0/type: \"u\" is not a device type; allowed: a, b, c" },
		{ RESOURCES("'devices':[{'allow':true,'access':'rx'}]"),
		  "/linux/resources/devices/0/access: \"rx\" is not device access; allowed: a "
		  "combination of r, w and m" },
		{ RESOURCES("'devices':[{'allow':true,'major':-2}]"),
		  "/linux/resources/devices/0/major: -2 is out of range; allowed: integers from -1 "
		  "to "
		  "4095" },
		{ RESOURCES("'memory':{'limit':9223372036854775808}"),
		  "/linux/resources/memory/limit: 9223372036854775808 is out of range; allowed: "
		  "integers "
		  "from -1 to 9223372036854775807" },
		{ RESOURCES("'memory':{'swap':-2}"),
		  "/linux/resources/memory/swap: -2 is out of range; allowed: integers from -1 to "
		  "9223372036854775807" },
		{ RESOURCES("'memory':{'swappiness':101}"),
		  "/linux/resources/memory/swappiness: 101 is out of range; allowed: integers from "
		  "0 to "
		  "100" },
		{ RESOURCES("'cpu':{'cpus':'0-3\\n'}"),
		  "/linux/resources/cpu/cpus: \"0-3\\n\" is not a list of numbers; allowed: "
		  "numbers and "
		  "ranges, such as 0-3,7" },
		{ RESOURCES("'cpu':{'idle':2}"),
		  "/linux/resources/cpu/idle: 2 is out of range; allowed: integers from 0 to 1" },
		{ RESOURCES("'pids':{'limit':-2}"),
		  "/linux/resources/pids/limit: -2 is out of range; allowed: integers from -1 to "
		  "9223372036854775807" },
		{ RESOURCES("'blockIO':{'weight':9}"),
		  "/linux/resources/blockIO/weight: 9 is out of range; allowed: integers from 10 "
		  "to "
		  "1000" },
		{ RESOURCES("'blockIO':{'weightDevice':[{'major':8,'minor':0,'leafWeight':1001}]}"),
		  "/linux/resources/blockIO/weightDevice/0/leafWeight: 1001 is out of range; "
		  "allowed: "
		  "integers from 10 to 1000" },
		{ RESOURCES("'blockIO':{'throttleReadBpsDevice':[{'major':8,'minor':0}]}"),
		  "/linux/resources/blockIO/throttleReadBpsDevice/0: \"rate\" is missing" },
		{ RESOURCES("'hugepageLimits':[{'pageSize':'../x','limit':1}]"),
		  "/linux/resources/hugepageLimits/0/pageSize: \"../x\" is not a huge page size; "
		  "allowed: "
		  "a number and KB, MB or GB, such as 2MB" },
		{ RESOURCES("'network':{'classID':4294967296}"),
		  "/linux/resources/network/classID: 4294967296 is out of range; allowed: integers "
		  "from 0 "
		  "to 4294967295" },
		{ RESOURCES("'rdma':{'mlx5_1':{}}"),
		  "/linux/resources/rdma/mlx5_1: limits nothing; \"hcaHandles\" or \"hcaObjects\" "
		  "is "
		  "needed" },
		{ RESOURCES("'unified':{'memory.max/../../x':'1'}"),
		  "/linux/resources/unified/memory.max~1..~1..~1x: the name \"memory.max/../../x\" "
		  "is not "
		  "the name of a cgroup v2 file; allowed: CONTROLLER.FILE, such as memory.high" },
		{ RESOURCES("'unified':{'memory':'1'}"),
		  "/linux/resources/unified/memory: the name \"memory\" is not the name of a "
		  "cgroup v2 "
		  "file; allowed: CONTROLLER.FILE, such as memory.high" },
		{ RESOURCES("'unified':{'memory..max':'1'}"),
		  "/linux/resources/unified/memory..max: the name \"memory..max\" is not the name "
		  "of a "
		  "cgroup v2 file; allowed: CONTROLLER.FILE, such as memory.high" },
		{ RESOURCES("'unified':{'memory.max':1}"),
		  "/linux/resources/unified/memory.max: expected a string, found 1" },
	};

	(void)state;
	bad_configs(cases, ARRAY_SIZE(cases));
}

static void resources_alone_have_short_pointers(void **state)
{
	static const char good[] = "{\"pids\":{\"limit\":20}}", bad[] = "{\"cpu\":{\"quota\":\"1\"}}";
	struct husk_error err = { 0 };
	struct arena arena = { 0 };
	struct oci_resources *resources = NULL;

	(void)state;
	assert_int_equal(oci_resources_parse(good, sizeof(good) - 1, &arena, &resources, &err), 0);
	assert_true(resources->has_pids_limit && resources->pids_limit == 20);
	assert_int_equal(oci_resources_parse(bad, sizeof(bad) - 1, &arena, &resources, &err), -EINVAL);
	assert_string_equal(err.msg, "/cpu/quota: expected a number, found \"1\"");
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_rules_have_wildcards),
		cmocka_unit_test(memory_cpu_and_pids_are_read),
		cmocka_unit_test(the_other_controllers_are_read),
		cmocka_unit_test(what_engines_write_for_unset_is_unset),
		cmocka_unit_test(bad_resources_are_named),
		cmocka_unit_test(resources_alone_have_short_pointers),
	};

	return cmocka_run_group_tests_name("specs/read_resources", tests, NULL, NULL);
}
