/*
 * rootfs/dev_plan.c: the devices of a container.
 */
#include "tests/unit/test_rootfs.h"

static void default_devices_are_one_step(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(ROOT, &opts, MOUNTS, STEPS("  0  make default devices 0x3f and links in /dev"));
}

static void own_devices_come_after_and_replace_default_ones(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(ROOT ",'linux':{'devices':["
		    "{'path':'/dev/fuse','type':'c','major':10,'minor':229,'fileMode':432,'uid':1,"
		    "'gid':2},"
		    "{'path':'/dev/./null','type':'c','major':1,'minor':3},"
		    "{'path':'/dev/loop0','type':'b','major':7,'minor':0},"
		    "{'path':'/dev/pipe','type':'p','fileMode':384}]}", &opts, MOUNTS,
		    STEPS("make default devices 0x3e",
			  "make device /dev/fuse, mode 020660, number 0xae5, owner 1:2",
			  "make device /dev/null, mode 020666, number 0x103, owner 0:0",
			  "make device /dev/loop0, mode 060666, number 0x700, owner 0:0",
			  "make device /dev/pipe, mode 010600, number 0x0, owner 0:0"));
}

static void a_user_namespace_gets_the_hosts_nodes(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	opts.userns = true;
	assert_plan(ROOT ",'linux':{'devices':["
		    "{'path':'/dev/fuse','type':'c','major':10,'minor':229},"
		    "{'path':'/dev/pipe','type':'p'}]}", &opts, MOUNTS,
		    STEPS("device /dev/null", "device /dev/tty", "device /dev/fuse",
			  "mount fd 3 (/dev/null) on /dev/null, flags 0x8",
			  "mount fd 8 (/dev/tty) on /dev/tty, flags 0x8",
			  "make default devices 0x0 and links in /dev",
			  "mount fd 9 (/dev/fuse) on /dev/fuse, flags 0x8",
			  "make device /dev/pipe"));
}

static void a_bound_dev_is_left_alone(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_not_planned(MOUNT("'destination':'/dev/','source':'/dev','options':['rbind']")
			   ",'linux':{'devices':[{'path':'/dev/fuse','type':'c','major':10,"
			   "'minor':229}]}", &opts, "make d");
	/* ... but not one that is covered, or only remounted. */
	assert_plan(ROOT ",'mounts':["
		    "{'destination':'/dev','source':'/dev','options':['rbind']},"
		    "{'destination':'/dev','type':'tmpfs'},"
		    "{'destination':'/dev','options':['remount','bind','ro']}]", &opts, MOUNTS,
		    STEPS("make default devices 0x3f"));
}

/* A privileged container's list has all of the host's. */
static void ptmx_stays_a_link(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_not_planned(ROOT ",'linux':{'devices':["
			   "{'path':'/dev/ptmx','type':'c','major':5,'minor':2}]}", &opts, "ptmx");
}

static void a_device_needs_a_path(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_refused(ROOT ",'linux':{'devices':[{'path':'/a/..','type':'p'}]}", &opts,
		       "/linux/devices/0/path: \"/a/..\" is not the absolute path of a file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_devices_are_one_step),
		cmocka_unit_test(own_devices_come_after_and_replace_default_ones),
		cmocka_unit_test(a_user_namespace_gets_the_hosts_nodes),
		cmocka_unit_test(a_bound_dev_is_left_alone),
		cmocka_unit_test(ptmx_stays_a_link),
		cmocka_unit_test(a_device_needs_a_path),
	};

	return cmocka_run_group_tests_name("rootfs/dev_plan", tests, NULL, NULL);
}
