/*
 * specs/read_vm.c
 *
 * covers: L-54
 */
#include "tests/unit/test_specs.h"

static void everything_is_read(void **state)
{
	struct oci_config config;

	(void)state;
	good_config("'vm':{'hypervisor':{'path':'/h','parameters':['a','b']},"
		    "'kernel':{'path':'/k','parameters':['c'],'initrd':'/i'},"
		    "'image':{'path':'/m','format':'qcow2'},"
		    "'hwConfig':{'deviceTree':'/d','vcpus':4,'memory':1073741824}}", &config);
	assert_string_equal(config.vm->hypervisor_path, "/h");
	assert_int_equal(config.vm->n_hypervisor_parameters, 2);
	assert_string_equal(config.vm->kernel_path, "/k");
	assert_string_equal(config.vm->kernel_initrd, "/i");
	assert_string_equal(config.vm->image_format, "qcow2");
	assert_string_equal(config.vm->device_tree, "/d");
	assert_true(config.vm->vcpus == 4 && config.vm->memory == 1 << 30);
	oci_config_done(&config);
}

static void bad_machines_are_named(void **state)
{
	static const struct bad_case cases[] = {
		{ "'vm':{}", "/vm: \"kernel\" is missing" },
		{ "'vm':{'kernel':{}}", "/vm/kernel: \"path\" is missing" },
		{ "'vm':{'kernel':{'path':'k'}}",
		  "/vm/kernel/path: \"k\" is not an absolute path; allowed: paths that begin with "
		  "/" },
		{ "'vm':{'kernel':{'path':'/k'},'image':{'path':'/m','format':'iso'}}",
		  "/vm/image/format: \"iso\" is not a disk image format; allowed: qcow2, raw, vdi, "
		  "vhd, "
		  "vmdk" },
	};

	(void)state;
	bad_configs(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(bad_machines_are_named),
	};

	return cmocka_run_group_tests_name("specs/read_vm", tests, NULL, NULL);
}
