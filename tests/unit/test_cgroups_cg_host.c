/*
 * cgroups/cg_host.c: which hierarchies a host has, from the texts of /proc.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cgroups/cg_internal.h"

#define ROOT "27 1 254:0 / / rw - ext4 /dev/vda rw\n"
#define TMPFS "31 27 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"

static struct cg_layout parse(const char *mountinfo, const char *cgroup, const char *controllers)
{
	struct cg_layout l;
	struct husk_error err = { 0 };

	assert_int_equal(cg_layout_parse(mountinfo, cgroup, controllers, &l, &err), 0);
	assert_int_equal(err.sys, 0);
	return l;
}

static void a_mount_without_a_path_is_none(void **state)
{
	struct cg_layout l = parse("32 27 0:29 / sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
				   ROOT, "2:memory:/\n", NULL);

	(void)state;
	assert_int_equal(l.n, 0);
	cg_layout_done(&l);
}

static void a_hybrid_host_has_v1_and_v2(void **state)
{
	struct cg_layout l = parse(
		ROOT TMPFS
		"32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
		"33 31 0:30 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
		"34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup none rw,xattr,name=systemd\n"
		"35 31 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
		"3:name=systemd:/user\n2:memory:/jobs/7\n1:cpu,cpuacct:/\n0::/\n", "hugetlb\n");

	(void)state;
	assert_int_equal(l.n, 4);
	assert_string_equal(l.hier[0].name, "systemd");
	assert_string_equal(l.hier[0].mount, "/sys/fs/cgroup/systemd");
	assert_string_equal(l.hier[0].own, "/user");
	assert_int_equal(l.hier[0].ctls, 0);
	assert_string_equal(l.hier[1].own, "/jobs/7");
	assert_int_equal(l.hier[1].ctls, CG_BIT(CG_MEMORY));
	assert_int_equal(l.hier[1].dev, 30);
	assert_string_equal(l.hier[2].name, "cpu,cpuacct");
	assert_int_equal(l.hier[2].ctls, CG_BIT(CG_CPU) | CG_BIT(CG_CPUACCT));
	assert_true(l.hier[3].v2);
	assert_string_equal(l.hier[3].name, "");
	assert_string_equal(l.hier[3].mount, "/sys/fs/cgroup/unified");
	assert_int_equal(l.hier[3].ctls, CG_BIT(CG_HUGETLB));
	cg_layout_done(&l);
}

static void a_pure_v2_host_has_one_hierarchy(void **state)
{
	struct cg_layout l = parse(ROOT "30 27 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw,nsdelegate\n",
				   "0::/user.slice/session-1.scope\n", "cpuset cpu io memory pids\n");

	(void)state;
	assert_int_equal(l.n, 1);
	assert_true(l.hier[0].v2);
	assert_string_equal(l.hier[0].own, "/user.slice/session-1.scope");
	assert_int_equal(l.hier[0].ctls, CG_BIT(CG_CPUSET) | CG_BIT(CG_CPU) | CG_BIT(CG_BLKIO) |
						 CG_BIT(CG_MEMORY) | CG_BIT(CG_PIDS));
	cg_layout_done(&l);
}

/* A container without cgroup namespace: only its own part of the hierarchy is mounted. */
static void the_root_of_a_mount_is_cut_from_the_callers_cgroup(void **state)
{
	struct cg_layout l = parse(
		ROOT "33 27 0:30 /docker/ab /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		     "34 27 0:31 /docker/ab /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
		     "35 27 0:32 /docker/ab /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n",
		"3:memory:/docker/ab/inner\n2:pids:/docker/ab\n1:cpu:/docker/abc\n", NULL);

	(void)state;
	assert_int_equal(l.n, 3);
	assert_string_equal(l.hier[0].own, "/inner");
	assert_string_equal(l.hier[1].own, "/");
	assert_string_equal(l.hier[2].own, "/");	/* outside: the nearest that can be named */
	cg_layout_done(&l);
}

static void another_cgroup_namespace_is_survived(void **state)
{
	struct cg_layout l = parse(
		ROOT "33 27 0:30 /../.. /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		     "34 27 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n",
		"2:memory:/a\n1:pids:/../b\n", NULL);

	(void)state;
	assert_int_equal(l.n, 2);
	assert_string_equal(l.hier[0].own, "/");
	assert_string_equal(l.hier[1].own, "/");
	cg_layout_done(&l);
}

static void a_hierarchy_that_is_not_mounted_is_left_out(void **state)
{
	struct cg_layout l = parse(
		ROOT "33 27 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
		"3:rdma:/\n2:memory:/\n0::/\n", NULL);

	(void)state;
	assert_int_equal(l.n, 1);
	assert_string_equal(l.hier[0].name, "memory");
	cg_layout_done(&l);

	l = parse(ROOT, "2:memory:/\n0::/\n", NULL);
	assert_int_equal(l.n, 0);
	cg_layout_done(&l);
}

static void a_controller_name_is_matched_whole(void **state)
{
	struct cg_layout l = parse(
		ROOT "32 27 0:30 / /c/cpuset rw - cgroup cgroup rw,cpuset\n"
		     "33 27 0:31 / /c/cpu rw - cgroup cgroup rw,cpu\n",
		"1:cpu:/\n", NULL);

	(void)state;
	assert_int_equal(l.n, 1);
	assert_string_equal(l.hier[0].mount, "/c/cpu");
	cg_layout_done(&l);
}

/* mount --rbind over /sys/fs/cgroup: the old mounts are still listed. */
static void a_hidden_mount_is_not_used(void **state)
{
	struct cg_layout l = parse(
		ROOT TMPFS
		"32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		"40 31 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
		"41 40 0:29 /part /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
		"1:memory:/part/x\n", NULL);

	(void)state;
	assert_int_equal(l.n, 1);
	assert_string_equal(l.hier[0].own, "/x");
	cg_layout_done(&l);
}

/* After pivot_root a mount can be listed before those that carry it. */
static void a_carrier_that_is_listed_later_hides_nothing(void **state)
{
	struct cg_layout l = parse("32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
				   "31 40 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
				   "40 1 254:0 / / rw - ext4 /dev/vda rw\n",
				   "1:memory:/\n", NULL);

	(void)state;
	assert_int_equal(l.n, 1);
	cg_layout_done(&l);
}

static void a_whole_mount_is_preferred_to_a_part(void **state)
{
	struct cg_layout l = parse(
		ROOT "32 27 0:29 /a /run/part rw - cgroup cgroup rw,memory\n"
		     "33 27 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
		"1:memory:/a/b\n", NULL);

	(void)state;
	assert_string_equal(l.hier[0].mount, "/sys/fs/cgroup/memory");
	assert_string_equal(l.hier[0].own, "/a/b");
	cg_layout_done(&l);
}

static void escapes_in_paths_are_undone(void **state)
{
	struct cg_layout l = parse(
		ROOT "32 27 0:29 / /mnt/a\\040b rw - cgroup cgroup rw,memory\n", "1:memory:/\n", NULL);

	(void)state;
	assert_string_equal(l.hier[0].mount, "/mnt/a b");
	cg_layout_done(&l);
}

static void damaged_lines_are_skipped(void **state)
{
	struct cg_layout l = parse("\n32\n32 27\n - cgroup\n32 27 0:29 / /m rw - \n"
				   "33 27 x:y / /m rw - cgroup c rw,memory\n"
				   "34 27 0:29 / /m rw - cgroup c rw,memory",
				   "\n1\n1:memory\n1:memory:\n1:memory:rel\n1:memory:/a", NULL);

	(void)state;
	assert_int_equal(l.n, 1);
	assert_string_equal(l.hier[0].own, "/a");
	cg_layout_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hybrid_host_has_v1_and_v2),
		cmocka_unit_test(a_mount_without_a_path_is_none),
		cmocka_unit_test(a_pure_v2_host_has_one_hierarchy),
		cmocka_unit_test(the_root_of_a_mount_is_cut_from_the_callers_cgroup),
		cmocka_unit_test(another_cgroup_namespace_is_survived),
		cmocka_unit_test(a_hierarchy_that_is_not_mounted_is_left_out),
		cmocka_unit_test(a_controller_name_is_matched_whole),
		cmocka_unit_test(a_hidden_mount_is_not_used),
		cmocka_unit_test(a_carrier_that_is_listed_later_hides_nothing),
		cmocka_unit_test(a_whole_mount_is_preferred_to_a_part),
		cmocka_unit_test(escapes_in_paths_are_undone),
		cmocka_unit_test(damaged_lines_are_skipped),
	};

	return cmocka_run_group_tests_name("cgroups/host", tests, NULL, NULL);
}
