/*
 * rootfs/cgroup_plan.c: what a container sees of cgroups, on v1, v2 and hybrid hosts.
 */
#include "tests/unit/test_rootfs.h"

static const struct rootfs_cgroup v2_host[] = { { "", "/sys/fs/cgroup", "/husk/id", true } };
static const struct rootfs_cgroup hybrid_host[] = {
	{ "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/husk/id", false },
	{ "memory", "/sys/fs/cgroup/memory", "/husk/id", false },
	{ "systemd", "/sys/fs/cgroup/systemd", "/other", false },
	{ "", "/sys/fs/cgroup/unified", "/husk/id", true },
};

#define CGROUP MOUNT("'destination':'/sys/fs/cgroup','type':'cgroup','source':'cgroup',"	\
		     "'options':['ro','nosuid','noexec','nodev','relatime','rprivate']")

static void v2_with_a_cgroup_namespace(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	opts.cgroups = v2_host;
	opts.n_cgroups = ARRAY_SIZE(v2_host);
	opts.new_cgroupns = true;
	assert_plan(CGROUP, &opts, MOUNTS,
		    STEPS("  0  mount cgroup2 on /sys/fs/cgroup: source cgroup, options [], attributes "
			  "0xf, kept as none",
			  "  1  make default devices"));
}

static void v2_without_shows_the_own_cgroup_only(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	opts.cgroups = v2_host;
	opts.n_cgroups = ARRAY_SIZE(v2_host);
	assert_plan(CGROUP, &opts, MOUNTS,
		    STEPS("tree /sys/fs/cgroup/husk/id  [/mounts/0]",
			  "set 0xf, clear 0x0, propagation 0x40000, recursive 0",
			  "mount fd 3 (/sys/fs/cgroup/husk/id) on /sys/fs/cgroup, flags 0x1"));
}

static void hybrid_with_a_cgroup_namespace(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	opts.cgroups = hybrid_host;
	opts.n_cgroups = ARRAY_SIZE(hybrid_host);
	opts.new_cgroupns = true;
	assert_plan(CGROUP, &opts, MOUNTS,
		    STEPS("mount tmpfs on /sys/fs/cgroup: source cgroup, options [\"mode=755\"], "
			  "attributes 0xe",
			  "mount cgroup on /sys/fs/cgroup/cpu,cpuacct: source cgroup, options "
			  "[\"cpu\", \"cpuacct\"], attributes 0xf",
			  "mount cgroup on /sys/fs/cgroup/memory: source cgroup, options [\"memory\"]",
			  "mount cgroup on /sys/fs/cgroup/systemd: source cgroup, options [\"none\", "
			  "\"name=systemd\"]",
			  "mount cgroup2 on /sys/fs/cgroup/unified: source cgroup, options []",
			  "make symbolic links [\"cpu,cpuacct\", \"cpu\", \"cpu,cpuacct\", \"cpuacct\"] "
			  "in /sys/fs/cgroup",
			  "change the mount at /sys/fs/cgroup: set 0x1"));
}

static void hybrid_without(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	opts.cgroups = hybrid_host;
	opts.n_cgroups = ARRAY_SIZE(hybrid_host);
	assert_plan(CGROUP, &opts, MOUNTS,
		    STEPS("tree /sys/fs/cgroup/memory/husk/id", "tree /sys/fs/cgroup/systemd/other",
			  "mount tmpfs on /sys/fs/cgroup",
			  "on /sys/fs/cgroup/cpu,cpuacct, flags 0x1", "on /sys/fs/cgroup/memory",
			  "on /sys/fs/cgroup/systemd", "on /sys/fs/cgroup/unified",
			  "make symbolic links"));
}

static void type_cgroup2_is_v2_on_a_hybrid_host_too(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	opts.cgroups = hybrid_host;
	opts.n_cgroups = ARRAY_SIZE(hybrid_host);
	opts.new_cgroupns = true;
	assert_plan(MOUNT("'destination':'/c','type':'cgroup2'"), &opts, MOUNTS,
		    STEPS("  0  mount cgroup2 on /c", "  1  make default devices"));
}

/* CVE-2023-25809: what is not the container's own is read-only, all of it. */
static void without_a_cgroup_the_hosts_is_shown_read_only(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(MOUNT("'destination':'/sys/fs/cgroup','type':'cgroup','options':['nosuid']"),
		    &opts, MOUNTS,
		    STEPS("tree /sys/fs/cgroup (recursive)",
			  "set 0x3, clear 0x0, propagation 0x80000, recursive 1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v2_with_a_cgroup_namespace),
		cmocka_unit_test(v2_without_shows_the_own_cgroup_only),
		cmocka_unit_test(hybrid_with_a_cgroup_namespace),
		cmocka_unit_test(hybrid_without),
		cmocka_unit_test(type_cgroup2_is_v2_on_a_hybrid_host_too),
		cmocka_unit_test(without_a_cgroup_the_hosts_is_shown_read_only),
	};

	return cmocka_run_group_tests_name("rootfs/cgroup_plan", tests, NULL, NULL);
}
