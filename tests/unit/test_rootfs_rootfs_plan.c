/*
 * rootfs/rootfs_plan.c: from the old root to the new one, and what must be refused.
 */
#include "tests/unit/test_rootfs.h"

static void a_caller_with_privilege_opens_the_root(void **state)
{
	struct rootfs_options opts = root_options();
	cleanup_free char *text = plan_text(ROOT, &opts, ENTER | SWITCH | SEAL);

	(void)state;
	assert_string_equal(text,
		"fd 0   given socket to the caller\n"
		"fd 1   given the plan\n"
		"fd 2   given procfs\n"
		"fd 3   tree /bundle/rootfs (recursive)  [/root/path]\n"
		"  0  set propagation 0x80000 on all mounts of the old root  "
			"[/linux/rootfsPropagation]\n"
		"  1  change fd 3 (/bundle/rootfs): set 0x0, clear 0x0, propagation 0x80000, "
			"recursive 1, id-mapped by none  [/root/path]\n"
		"  2  make fd 3 (/bundle/rootfs) the new root directory, attached: 1  "
			"[/root/path]\n"
		"  3  enter the new root and leave the old one, by chroot: 0  [/root/path]\n");
}

static void else_the_init_opens_every_source_first(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	opts.caller_opens = false;
	opts.userns = true;
	opts.notify_dir = "/run/husk/notify";
	opts.notify_path = "/run/notify/socket";
	assert_plan(ROOT ",'mounts':["
		    "{'destination':'/a','source':'/src','options':['rbind','ro']},"
		    "{'destination':'/b','source':'near','options':['bind','src-nofollow']}],"
		    "'linux':{'maskedPaths':['/proc/kcore'],"
		    "'devices':[{'path':'/dev/sda','type':'b','major':8,'minor':0}]}", &opts, ALL,
		    STEPS("set propagation 0x80000 on all mounts of the old root",
			  "open /bundle/rootfs of the host as fd 3, flags 1, device 0x0, or else take none",
			  "open /src of the host as fd 4, flags 1, device 0x0, or else take none  "
				"[/mounts/0]",
			  "open /bundle/near of the host as fd 5, flags 2, device 0x0, or else take none  "
				"[/mounts/1]",
			  "open /dev/null of the host as fd 6, flags 2, device 0x103, or else take none",
			  "open /dev/tty of the host as fd 11, flags 2, device 0x500, or else take none",
			  "open /dev/sda of the host as fd 12, flags 258, device 0x800, or else take none",
			  "open /run/husk/notify of the host as fd 13, flags 0, device 0x0, or else take none",
			  "open /dev/null of the host as fd 14, flags 2, device 0x103, or else take none  "
				"[/linux/maskedPaths]",
			  "make fd 3 the new root directory, attached: 1",
			  "mount fd 4 on /a", "mount fd 5 on /b", "mount fd 6 on /dev/null",
			  "mount fd 11 on /dev/tty", "mount fd 12 on /dev/sda",
			  "mount fd 13 on /run/notify", "files with fd 14"));
}

/* A tree from outside would come with its flags unlocked. */
static void a_user_namespace_opens_what_it_can_itself(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	opts.userns = true;
	assert_plan(ROOT ",'mounts':["
		    "{'destination':'/a','source':'/src','options':['rbind','ro']},"
		    "{'destination':'/b','source':'/src','options':['bind',"
		    "'idmap=uids=0-1-1;gids=0-1-1']}]", &opts, ENTER | MOUNTS,
		    STEPS("fd 3   tree /bundle/rootfs (recursive)", "fd 4   tree /src (recursive)",
			  "user namespace", "tree /src  [/mounts/1]",
			  "open /bundle/rootfs of the host as fd 13, flags 1, device 0x0, or else take "
			  "fd 3 (/bundle/rootfs)",
			  "open /src of the host as fd 14, flags 1, device 0x0, or else take "
			  "fd 4 (/src)  [/mounts/0]",
			  "make fd 13 the new root directory", "mount fd 14 on /a",
			  "mount fd 6 (/src) on /b"));
}

static void paths_of_the_container_are_cleaned(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(ROOT ",'mounts':["
		    "{'destination':'a//b/./c/../d/','type':'tmpfs'},"
		    "{'destination':'/../..','type':'tmpfs'}],"
		    "'linux':{'readonlyPaths':['/proc/sys/','//x'],'maskedPaths':['/y/../z']}",
		    &opts, ALL,
		    STEPS("mount tmpfs on /a/b/d:", "mount tmpfs on /:",
			  "make [\"/proc/sys\", \"/x\"] read-only", "mask [\"/z\"], files with fd"));
}

static void propagation_of_the_root(void **state)
{
	static const struct {
		const char *value, *first, *last;
	} cases[] = {
		{ "private", "set propagation 0x40000 on", NULL },
		{ "rprivate", "set propagation 0x40000 on", NULL },
		{ "slave", "set propagation 0x80000 on", NULL },
		{ "rslave", "set propagation 0x80000 on", NULL },
		{ "shared", "set propagation 0x80000 on",
		  "set attributes 0x0 and propagation 0x100000 on the root directory, recursive 0" },
		{ "rshared", "set propagation 0x80000 on",
		  "set attributes 0x0 and propagation 0x100000 on the root directory, recursive 1" },
		{ "unbindable", "set propagation 0x40000 on",
		  "set attributes 0x0 and propagation 0x20000 on the root directory, recursive 0" },
		{ "runbindable", "set propagation 0x40000 on",
		  "set attributes 0x0 and propagation 0x20000 on the root directory, recursive 1" },
	};
	struct rootfs_options opts = root_options();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char json[200];

		snprintf(json, sizeof(json), ROOT ",'linux':{'rootfsPropagation':'%s'}",
			 cases[i].value);
		assert_plan(json, &opts, ALL, STEPS(cases[i].first, cases[i].last));
		if (!cases[i].last)
			assert_not_planned(json, &opts, "on the root directory, recursive");
	}
}

static void a_read_only_root_is_sealed_last(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan("'root':{'path':'/r','readonly':true},"
		    "'linux':{'maskedPaths':['/m'],'rootfsPropagation':'shared'}", &opts, ALL,
		    STEPS("enter the new root", "mask [\"/m\"]",
			  "set attributes 0x1 and propagation 0x100000 on the root directory, "
			  "recursive 0"));
	/* All of them shared, but only this one read-only. */
	assert_plan("'root':{'path':'/r','readonly':true},'linux':{'rootfsPropagation':'rshared'}",
		    &opts, ALL,
		    STEPS("set attributes 0x1 and propagation 0x0 on the root directory, recursive 0",
			  "set attributes 0x0 and propagation 0x100000 on the root directory, "
			  "recursive 1"));
}

static void a_terminal_gets_a_console(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(ROOT ",'process':{'terminal':true,'consoleSize':{'height':24,'width':80},"
		    "'cwd':'/','args':['x'],'user':{'uid':0,'gid':0}}", &opts, MOUNTS,
		    STEPS("open a terminal of 24 lines, 80 columns, on /dev/console: 1, as fd 3 and "
			  "fd 4  [/process/terminal]",
			  "send terminal master fd 3 to the caller"));
	assert_not_planned(ROOT ",'process':{'consoleSize':{'height':24,'width':80},"
			   "'cwd':'/','args':['x'],'user':{'uid':0,'gid':0}}", &opts,
			   "open a terminal");
}

static void without_pivot_root(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	opts.no_pivot = true;
	assert_plan(ROOT, &opts, ALL, STEPS("enter the new root and leave the old one, by chroot: 2"));
}

static void without_a_mount_namespace_there_is_chroot(void **state)
{
	static const char *const bad[][2] = {
		{ "'mounts':[{'destination':'/x','type':'tmpfs'}]", "/mounts" },
		{ "'linux':{'maskedPaths':['/x']}", "/linux/maskedPaths" },
		{ "'linux':{'readonlyPaths':['/x']}", "/linux/readonlyPaths" },
		{ "'linux':{'rootfsPropagation':'slave'}", "/linux/rootfsPropagation" },
	};
	struct rootfs_options opts = root_options();
	char json[200], message[200];

	(void)state;
	opts.new_mntns = false;
	assert_plan(ROOT, &opts, ALL,
		    STEPS("path /bundle/rootfs",
			  "  0  make fd 3 (/bundle/rootfs) the new root directory, attached: 0",
			  "  1  enter the new root and leave the old one, by chroot: 1"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(json, sizeof(json), ROOT ",%s", bad[i][0]);
		snprintf(message, sizeof(message), "%s: needs a new mount namespace: add "
			 "{\"type\": \"mount\"} to linux.namespaces, without a path", bad[i][1]);
		assert_refused(json, &opts, message);
	}
	assert_refused("'root':{'path':'r','readonly':true}", &opts,
		       "/root/readonly: needs a new mount namespace: add {\"type\": \"mount\"} to "
		       "linux.namespaces, without a path");
}

static void a_root_is_needed(void **state)
{
	struct rootfs_options opts = root_options();
	struct oci_config config = { 0 };
	struct husk_error err = { 0 };

	(void)state;
	assert_int_equal(rootfs_check(&config, &opts, &err), -EINVAL);
	assert_string_equal(err.msg, "/root/path: missing: the directory of the root filesystem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_caller_with_privilege_opens_the_root),
		cmocka_unit_test(else_the_init_opens_every_source_first),
		cmocka_unit_test(a_user_namespace_opens_what_it_can_itself),
		cmocka_unit_test(paths_of_the_container_are_cleaned),
		cmocka_unit_test(propagation_of_the_root),
		cmocka_unit_test(a_read_only_root_is_sealed_last),
		cmocka_unit_test(a_terminal_gets_a_console),
		cmocka_unit_test(without_pivot_root),
		cmocka_unit_test(without_a_mount_namespace_there_is_chroot),
		cmocka_unit_test(a_root_is_needed),
	};

	return cmocka_run_group_tests_name("rootfs/rootfs_plan", tests, NULL, NULL);
}
