/*
 * cgroups/cg_resources.c, cg_v1.c, cg_v2.c: which files are written with what, on v1, v2 and hybrid
 * hosts, and what cannot be done.
 *
 * covers: L-18 L-24 L-25 L-26 L-29 L-31 L-34
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cgroups/cg_internal.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

/* v1 with everything; v2 with everything; v1 with hugetlb alone on v2. */
static const struct cg_hier v1_host[] = {
	{ .used = true, .name = "memory", .ctls = CG_BIT(CG_MEMORY) },
	{ .used = true, .name = "cpu,cpuacct", .ctls = CG_BIT(CG_CPU) | CG_BIT(CG_CPUACCT) },
	{ .used = true, .name = "cpuset", .ctls = CG_BIT(CG_CPUSET) },
	{ .used = true, .name = "pids", .ctls = CG_BIT(CG_PIDS) },
	{ .used = true, .name = "blkio", .ctls = CG_BIT(CG_BLKIO) },
	{ .used = true, .name = "net", .ctls = CG_BIT(CG_NET_CLS) | CG_BIT(CG_NET_PRIO) },
	{ .used = true, .name = "rdma", .ctls = CG_BIT(CG_RDMA) },
	{ .used = true, .name = "hugetlb", .ctls = CG_BIT(CG_HUGETLB) },
};
static const struct cg_hier v2_host[] = {
	{ .v2 = true, .used = true, .name = "", .ctls = ~(CG_BIT(CG_NET_CLS) | CG_BIT(CG_NET_PRIO)) },
};
static const struct cg_hier hybrid_host[] = {
	{ .used = true, .name = "memory", .ctls = CG_BIT(CG_MEMORY) },
	{ .v2 = true, .used = true, .name = "", .ctls = CG_BIT(CG_HUGETLB) },
};

enum host { V1, V2, HYBRID };

static const struct {
	const struct cg_hier *hier;
	size_t n;
} hosts[] = {
	[V1] = { v1_host, ARRAY_SIZE(v1_host) },
	[V2] = { v2_host, ARRAY_SIZE(v2_host) },
	[HYBRID] = { hybrid_host, ARRAY_SIZE(hybrid_host) },
};

struct out {
	char text[2048];	/* "file=text;" in order; "?": may miss; "|file=text": instead */
	uint32_t v2_ctls;
	bool cpus, mems;
};

static int compile(enum host host, const struct oci_resources *res, bool rootless,
		   enum cg_manager manager, struct out *out, struct husk_error *err)
{
	struct arena arena = { 0 };
	struct cg_writes ws = { .arena = &arena };
	struct cg_compile c = {
		.hier = hosts[host].hier,
		.n_hier = hosts[host].n,
		.rootless = rootless,
		.manager = manager,
		.out = &ws,
	};
	size_t len = 0;
	int ret = cg_compile(&c, res, err);

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; ret == 0 && i < ws.n; i++) {
		const struct cg_write *w = &ws.w[i];

		len += (size_t)snprintf(out->text + len, sizeof(out->text) - len, "%s=%s%s%s%s%s%s;",
					w->file, w->text, w->flags & CG_W_MAY_MISS ? "?" : "",
					w->alt_file ? "|" : "", w->alt_file ? w->alt_file : "",
					w->alt_file ? "=" : "", w->alt_file ? w->alt_text : "");
		assert_non_null(w->pointer);
	}
	out->v2_ctls = ws.v2_ctls;
	out->cpus = ws.cpus;
	out->mems = ws.mems;
	arena_done(&arena);
	return ret;
}

static void assert_writes(enum host host, const struct oci_resources *res, const char *want)
{
	struct husk_error err = { 0 };
	struct out out;

	assert_int_equal(compile(host, res, false, CG_CGROUPFS, &out, &err), 0);
	assert_int_equal(err.sys, 0);
	assert_string_equal(out.text, want);
}

static void nothing_asked_is_nothing_written(void **state)
{
	struct oci_memory memory = { .has_disable_oom_killer = true };
	struct oci_cpu cpu = { .has_shares = true, .has_quota = true, .has_period = true, .cpus = "" };
	struct oci_block_io bio = { .has_weight = true };
	struct oci_resources res = { .memory = &memory, .cpu = &cpu, .block_io = &bio };

	(void)state;	/* zeros are what docker and CRI-O send for "unset" */
	for (enum host h = V1; h <= HYBRID; h++)
		assert_writes(h, &res, "");
}

static void memory_is_written(void **state)
{
	struct oci_memory m = { .has_limit = true, .limit = 64, .has_swap = true, .swap = 100,
				.has_reservation = true, .reservation = 32 };
	struct oci_resources res = { .memory = &m };

	(void)state;
	assert_writes(V1, &res, "memory.limit_in_bytes=64;memory.soft_limit_in_bytes=32;"
				"memory.memsw.limit_in_bytes=100;");
	/* v2 counts swap apart */
	assert_writes(V2, &res, "memory.max=64;memory.low=32;memory.swap.max=36;");
	m.swap = 64;
	assert_writes(V2, &res, "memory.max=64;memory.low=32;memory.swap.max=0?;");
	m.swap = -1;
	assert_writes(V1, &res, "memory.limit_in_bytes=64;memory.soft_limit_in_bytes=32;"
				"memory.memsw.limit_in_bytes=-1;");
	assert_writes(V2, &res, "memory.max=64;memory.low=32;memory.swap.max=max?;");
	m = (struct oci_memory){ .has_limit = true, .limit = -1 };
	assert_writes(V1, &res, "memory.limit_in_bytes=-1;memory.memsw.limit_in_bytes=-1?;");
	assert_writes(V2, &res, "memory.max=max;memory.swap.max=max?;");
}

static void settings_that_only_v1_has_are_written_there(void **state)
{
	struct oci_memory m = { .has_swappiness = true, .swappiness = 0, .has_kernel_tcp = true,
				.kernel_tcp = 9, .has_kernel = true, .kernel = 9,
				.has_disable_oom_killer = true, .disable_oom_killer = true };
	struct oci_resources res = { .memory = &m };

	(void)state;
	assert_writes(V1, &res, "memory.kmem.tcp.limit_in_bytes=9?;memory.swappiness=0;"
				"memory.oom_control=1;");
	assert_writes(V2, &res, "");
}

static void cpu_is_written(void **state)
{
	struct oci_cpu c = { .has_shares = true, .shares = 1024, .has_quota = true, .quota = 5000,
			     .has_period = true, .period = 10000, .has_burst = true, .burst = 0,
			     .has_idle = true, .idle = 0, .cpus = "0-1", .mems = "0" };
	struct oci_resources res = { .cpu = &c };
	struct husk_error err = { 0 };
	struct out out;

	(void)state;
	assert_writes(V1, &res, "cpu.shares=1024;cpu.cfs_period_us=10000;cpu.cfs_quota_us=5000;"
				"cpu.cfs_burst_us=0;cpu.idle=0;cpuset.cpus=0-1;cpuset.mems=0;");
	assert_writes(V2, &res, "cpu.max.burst=0;cpu.idle=0;cpuset.cpus=0-1;cpuset.mems=0;"
				"cpu.weight=100;cpu.max=5000 10000;");
	assert_int_equal(compile(V1, &res, false, CG_CGROUPFS, &out, &err), 0);
	assert_true(out.cpus && out.mems);
	assert_int_equal(out.v2_ctls, 0);
	assert_int_equal(compile(V2, &res, false, CG_CGROUPFS, &out, &err), 0);
	assert_int_equal(out.v2_ctls, CG_BIT(CG_CPU) | CG_BIT(CG_CPUSET));

	c = (struct oci_cpu){ .has_quota = true, .quota = -1 };
	assert_writes(V1, &res, "cpu.cfs_quota_us=-1;");
	assert_writes(V2, &res, "cpu.max=max;");
	c = (struct oci_cpu){ .has_period = true, .period = 10000 };
	assert_writes(V2, &res, "cpu.max=max 10000;");
	c = (struct oci_cpu){ .has_rt_period = true, .rt_period = 7, .has_rt_runtime = true,
			      .rt_runtime = 3 };
	assert_writes(V1, &res, "cpu.rt_period_us=7;cpu.rt_runtime_us=3;");
}

static void shares_become_weights_as_in_runc(void **state)
{
	static const struct {
		uint64_t shares, weight;
	} cases[] = {
		{ 2, 1 }, { 3, 2 }, { 10, 4 }, { 102, 17 }, { 200, 29 }, { 512, 59 }, { 1024, 100 },
		{ 1025, 101 }, { 2048, 174 }, { 4096, 303 }, { 262143, 10000 }, { 262144, 10000 },
		{ 1, 1 }, { UINT64_MAX, 10000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(cg_weight_of_shares(cases[i].shares), cases[i].weight);
	assert_int_equal(cg_io_weight(10), 1);
	assert_int_equal(cg_io_weight(100), 910);
	assert_int_equal(cg_io_weight(1000), 10000);
}

static void a_pids_limit_of_zero_is_a_limit(void **state)
{
	struct oci_resources res = { .has_pids_limit = true, .pids_limit = 0 };

	(void)state;
	assert_writes(V1, &res, "pids.max=0;");
	assert_writes(V2, &res, "pids.max=1;");	/* the first process is made inside */
	res.pids_limit = -1;
	assert_writes(V1, &res, "pids.max=max;");
	assert_writes(HYBRID, &res, "");	/* no controller, but no limit either */
	res.pids_limit = 50;
	assert_writes(V2, &res, "pids.max=50;");
}

static void block_io_is_written(void **state)
{
	struct oci_weight_device wd = { .major = 8, .minor = 0, .has_weight = true, .weight = 100,
					.has_leaf_weight = true, .leaf_weight = 20 };
	struct oci_throttle t = { .major = 8, .minor = 16, .rate = 1000 };
	struct oci_block_io b = { .has_weight = true, .weight = 500, .weight_devices = &wd,
				  .n_weight_devices = 1, .read_bps = &t, .n_read_bps = 1,
				  .write_iops = &t, .n_write_iops = 1 };
	struct oci_resources res = { .block_io = &b };

	(void)state;
	assert_writes(V1, &res,
		      "blkio.bfq.weight=500|blkio.weight=500;"
		      "blkio.bfq.weight_device=8:0 100|blkio.weight_device=8:0 100;"
		      "blkio.leaf_weight_device=8:0 20;"
		      "blkio.throttle.read_bps_device=8:16 1000;"
		      "blkio.throttle.write_iops_device=8:16 1000;");
	assert_writes(V2, &res,
		      "io.bfq.weight=500|io.weight=default 4950;"
		      "io.bfq.weight=8:0 100|io.weight=8:0 910;"
		      "io.max=8:16 rbps=1000;io.max=8:16 wiops=1000;");
}

static void hugepages_limit_reservations_first(void **state)
{
	struct oci_hugepage_limit h = { .page_size = "2MB", .limit = 4194304 };
	struct oci_resources res = { .hugepages = &h, .n_hugepages = 1 };

	(void)state;
	assert_writes(V1, &res, "hugetlb.2MB.rsvd.limit_in_bytes=4194304?;"
				"hugetlb.2MB.limit_in_bytes=4194304;");
	assert_writes(HYBRID, &res, "hugetlb.2MB.rsvd.max=4194304?;hugetlb.2MB.max=4194304;");
}

static void rdma_and_network_are_written(void **state)
{
	struct oci_rdma r = { .device = "mlx5_1", .has_handles = true, .handles = 3 };
	struct oci_if_priority p = { .name = "eth0", .priority = 5 };
	struct oci_resources res = { .rdma = &r, .n_rdma = 1, .has_class_id = true,
				     .class_id = 1048577, .if_priorities = &p, .n_if_priorities = 1 };

	(void)state;
	assert_writes(V1, &res, "net_cls.classid=1048577;net_prio.ifpriomap=eth0 5;"
				"rdma.max=mlx5_1 hca_handle=3;");
	r.has_objects = true;
	r.objects = 8;
	res.has_class_id = false;
	res.n_if_priorities = 0;
	assert_writes(V2, &res, "rdma.max=mlx5_1 hca_handle=3 hca_object=8;");
}

static void unified_values_are_written_line_by_line(void **state)
{
	struct oci_pair pairs[] = {
		{ "memory.high", "1000" },
		{ "io.max", "8:0 rbps=1\n8:16 wbps=2\n" },
		{ "cgroup.max.depth", "3" },
	};
	struct oci_resources res = { .unified = pairs, .n_unified = 3 };
	struct husk_error err = { 0 };
	struct out out;

	(void)state;
	assert_writes(V2, &res, "memory.high=1000;io.max=8:0 rbps=1;io.max=8:16 wbps=2;"
				"cgroup.max.depth=3;");
	assert_int_equal(compile(V2, &res, false, CG_CGROUPFS, &out, &err), 0);
	assert_int_equal(out.v2_ctls, CG_BIT(CG_MEMORY) | CG_BIT(CG_BLKIO));
}

/* ---- what cannot be done -------------------------------------------------------------------- */

static void assert_refused(enum host host, const struct oci_resources *res, bool rootless,
			   enum cg_manager manager, const char *message)
{
	struct husk_error err = { 0 };
	struct out out;

	assert_true(compile(host, res, rootless, manager, &out, &err) < 0);
	assert_string_equal(err.msg, message);
	assert_true(str_starts(err.msg, err.pointer));
	assert_true(err.pointer[0] == '/');
}

static void missing_controllers_are_named(void **state)
{
	struct oci_memory m = { .has_limit = true, .limit = 1 };
	struct oci_cpu c = { .has_shares = true, .shares = 5 };
	struct oci_block_io b = { .has_weight = true, .weight = 500 };
	struct oci_resources res = { .cpu = &c };

	(void)state;
	assert_refused(HYBRID, &res, false, CG_CGROUPFS, "/linux/resources/cpu/shares: the cpu "
		       "controller is not available on this host");
	assert_refused(HYBRID, &res, true, CG_CGROUPFS, "/linux/resources/cpu/shares: the cpu "
		       "controller has not been delegated to this user");
	res = (struct oci_resources){ .block_io = &b };
	assert_refused(HYBRID, &res, false, CG_CGROUPFS, "/linux/resources/blockIO: the io "
		       "controller is not available on this host");
	res = (struct oci_resources){ .has_class_id = true, .class_id = 1 };
	assert_refused(V2, &res, false, CG_CGROUPFS, "/linux/resources/network/classID: the net_cls "
		       "controller is not available on this host");
	res = (struct oci_resources){ .memory = &m };
	assert_int_equal(hosts[HYBRID].hier[0].ctls, CG_BIT(CG_MEMORY));
	res = (struct oci_resources){ .has_pids_limit = true, .pids_limit = 3 };
	assert_refused(HYBRID, &res, false, CG_NONE,
		       "/linux/resources/pids/limit: cannot set limits without cgroups");
}

static void impossible_values_are_named(void **state)
{
	struct oci_memory m = { .has_swap = true, .swap = 100 };
	struct oci_cpu c = { .has_rt_runtime = true, .rt_runtime = 5 };
	struct oci_hugepage_limit h = { .page_size = "../2MB", .limit = 1 };
	struct oci_resources res = { .memory = &m };

	(void)state;
	assert_refused(V2, &res, false, CG_CGROUPFS, "/linux/resources/memory/swap: needs "
		       "memory.limit beside it: cgroup v2 counts swap apart, and this number is "
		       "memory and swap together");
	m.has_limit = true;
	m.limit = 200;
	assert_refused(V2, &res, false, CG_CGROUPFS, "/linux/resources/memory/swap: 100 is less than "
		       "memory.limit, 200, which is part of it");
	res = (struct oci_resources){ .cpu = &c };
	assert_refused(V2, &res, false, CG_CGROUPFS, "/linux/resources/cpu/realtimeRuntime: cgroup "
		       "v2 cannot limit real-time scheduling");
	res = (struct oci_resources){ .hugepages = &h, .n_hugepages = 1 };
	assert_refused(V1, &res, false, CG_CGROUPFS, "/linux/resources/hugepageLimits/0: \"../2MB\" "
		       "is not a page size like \"2MB\"");
}

static void unified_needs_v2_and_the_controller(void **state)
{
	struct oci_pair pair = { "memory.high", "1" };
	struct oci_resources res = { .unified = &pair, .n_unified = 1 };

	(void)state;
	assert_refused(V1, &res, false, CG_CGROUPFS, "/linux/resources/unified/memory.high: needs "
		       "cgroup v2, which is not mounted here");
	assert_refused(HYBRID, &res, false, CG_CGROUPFS, "/linux/resources/unified/memory.high: "
		       "cgroup v2 has no controller \"memory\" here");
	pair.key = "../x.y";
	assert_refused(V2, &res, false, CG_CGROUPFS, "/linux/resources/unified/../x.y: \"../x.y\" is "
		       "not the name of a cgroup v2 file");
	pair.key = "memory";
	assert_refused(V2, &res, false, CG_CGROUPFS, "/linux/resources/unified/memory: \"memory\" is "
		       "not the name of a cgroup v2 file");
	pair.key = "bogus.max";
	assert_refused(V2, &res, false, CG_CGROUPFS, "/linux/resources/unified/bogus.max: cgroup v2 "
		       "has no controller \"bogus\" here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_asked_is_nothing_written),
		cmocka_unit_test(memory_is_written),
		cmocka_unit_test(settings_that_only_v1_has_are_written_there),
		cmocka_unit_test(cpu_is_written),
		cmocka_unit_test(shares_become_weights_as_in_runc),
		cmocka_unit_test(a_pids_limit_of_zero_is_a_limit),
		cmocka_unit_test(block_io_is_written),
		cmocka_unit_test(hugepages_limit_reservations_first),
		cmocka_unit_test(rdma_and_network_are_written),
		cmocka_unit_test(unified_values_are_written_line_by_line),
		cmocka_unit_test(missing_controllers_are_named),
		cmocka_unit_test(impossible_values_are_named),
		cmocka_unit_test(unified_needs_v2_and_the_controller),
	};

	return cmocka_run_group_tests_name("cgroups/resources", tests, NULL, NULL);
}
