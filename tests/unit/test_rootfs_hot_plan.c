/*
 * rootfs/hot_plan.c: mounts added to a running container, or taken away.
 */
#include "tests/unit/test_rootfs.h"

#include <sched.h>

static struct rootfs_options hot_options(void)
{
	struct rootfs_options opts = root_options();

	opts.hot = true;
	return opts;
}

enum what { SOURCES, ADD, REMOVE };

static char *text_of(const char *json, const struct rootfs_options *opts, enum what what)
{
	struct husk_error err = { 0 };
	struct oci_config config;
	struct plan_view view;
	struct str out = { 0 };
	struct plan p;
	void *mem;
	size_t len;

	parse(json, &config);
	assert_int_equal(plan_init(&p, &err), 0);
	if (what == REMOVE) {
		assert_int_equal(rootfs_check_remove(&config, &err), 0);
		rootfs_emit_remove(&config, &p);
	} else {
		if (rootfs_check_add(&config, opts, &err) < 0)
			fail_msg("%s", err.msg);
		if (rootfs_init_opens(opts))
			rootfs_emit_sources(&config, opts, &p);
		if (what == ADD)
			rootfs_emit_add(&config, opts, &p);
	}
	oci_config_done(&config);
	assert_int_equal(plan_finish(&p, &mem, &len, &err), 0);
	plan_done(&p);
	assert_null(plan_open(&view, mem, len, false));
	plan_print_text(&view, &out);
	free(mem);
	return str_take(&out);
}

static void a_mount_is_attached_in_a_way_that_can_be_undone(void **state)
{
	struct rootfs_options opts = hot_options();
	cleanup_free char *bind = text_of(MOUNT("'destination':'/x','source':'src',"
						"'options':['bind','ro']"), &opts, ADD);
	cleanup_free char *new = text_of(MOUNT("'destination':'/x','type':'tmpfs'"), &opts, ADD);

	(void)state;
	assert_steps(bind, STEPS("fd 3   tree /bundle/src  [/0]",
				 "mount fd 3 (/bundle/src) on /x, flags 0x100  [/0]"));
	/* It is never attached by the step that makes it. */
	assert_steps(new, STEPS("mount tmpfs on /x: source none, options [], attributes 0x0, kept as "
				"fd 3  [/0]", "mount fd 3 on /x, flags 0x100  [/0]"));
}

static void in_a_user_namespace_the_init_opens_the_sources(void **state)
{
	struct rootfs_options opts = hot_options();
	cleanup_free char *text = NULL;

	(void)state;
	assert_false(rootfs_init_opens(&opts));
	opts.userns = true;
	assert_true(rootfs_init_opens(&opts));
	text = text_of(MOUNT("'destination':'/x','source':'/src','options':['bind']"), &opts, ADD);
	assert_steps(text, STEPS("open /src of the host as fd 4, flags 0, device 0x0, or else take fd 3 (/src)",
				 "mount fd 4 on /x, flags 0x100"));
	opts.userns = opts.caller_opens = false;
	assert_true(rootfs_init_opens(&opts));
}

static void all_are_found_before_the_last_goes_first(void **state)
{
	cleanup_free char *text = text_of(ROOT ",'mounts':[{'destination':'/a'},"
					  "{'destination':'b/../c/'}]", NULL, REMOVE);

	(void)state;
	assert_steps(text, STEPS("find what is mounted on /a, as fd 3  [/0]",
				 "find what is mounted on /c, as fd 4  [/1]",
				 "unmount fd 4 from /c  [/1]", "unmount fd 3 from /a  [/0]"));
}

static void what_is_no_mount_of_its_own_is_refused(void **state)
{
	static const struct {
		const char *json, *message;
	} cases[] = {
		{ MOUNT("'destination':'/x/..','type':'tmpfs'"),
		  "/0: the root itself cannot be mounted on" },
		{ MOUNT("'destination':'/x','options':['remount','ro']"),
		  "/0: \"remount\" makes no mount that could be added" },
		{ MOUNT("'destination':'/x','source':'/y','options':['bind','copy-symlink']"),
		  "/0: \"copy-symlink\" makes no mount that could be added" },
		{ MOUNT("'destination':'/x','type':'cgroup2'"),
		  "/0: type \"cgroup2\" is only for config.json" },
	};
	struct rootfs_options opts = hot_options();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		struct oci_config config;

		parse(cases[i].json, &config);
		assert_int_equal(rootfs_check_add(&config, &opts, &err), -EINVAL);
		assert_string_equal(err.msg, cases[i].message);
		oci_config_done(&config);
	}
}

static void the_root_and_procfs_stay(void **state)
{
	static const char *const dests[] = { "/", "/..", "/proc", "/proc/", "/x/../proc/kcore",
					     "proc/sys" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dests); i++) {
		struct oci_mount m = { .destination = dests[i] };
		struct oci_config config = { .mounts = &m, .n_mounts = 1 };
		struct husk_error err = { 0 };

		assert_int_equal(rootfs_check_remove(&config, &err), -EINVAL);
		assert_string_equal(err.pointer, "/0/destination");
	}
}

static void a_file_system_shows_the_namespace_it_belongs_to(void **state)
{
	struct oci_mount mounts[] = { { .type = "tmpfs" }, { .type = NULL }, { .type = "proc" },
				      { .type = "sysfs" }, { .type = "mqueue" } };
	struct oci_config config = { .mounts = mounts };
	static const uint64_t shown[] = { 0, 0, 0, CLONE_NEWPID, CLONE_NEWPID | CLONE_NEWNET,
					  CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC };

	(void)state;
	for (config.n_mounts = 0; config.n_mounts <= ARRAY_SIZE(mounts); config.n_mounts++)
		assert_int_equal(rootfs_shown_namespaces(&config), shown[config.n_mounts]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mount_is_attached_in_a_way_that_can_be_undone),
		cmocka_unit_test(in_a_user_namespace_the_init_opens_the_sources),
		cmocka_unit_test(all_are_found_before_the_last_goes_first),
		cmocka_unit_test(what_is_no_mount_of_its_own_is_refused),
		cmocka_unit_test(the_root_and_procfs_stay),
		cmocka_unit_test(a_file_system_shows_the_namespace_it_belongs_to),
	};

	return cmocka_run_group_tests_name("rootfs/hot_plan", tests, NULL, NULL);
}
