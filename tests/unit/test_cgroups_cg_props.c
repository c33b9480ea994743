/*
 * cgroups/cg_props.c: limits as properties of a systemd unit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cgroups/cg_systemd.h"
#include "runtime/base/util.h"

/* All properties, one after another. */
static void assert_props(const struct cg_props *ps, const char *want)
{
	struct str text = { 0 };

	assert_false(ps->failed);
	for (size_t i = 0; i < ps->n; i++) {
		str_add(&text, i ? "; " : "");
		cg_prop_print(&text, &ps->p[i]);
	}
	assert_string_equal(text.s ? text.s : "", want);
	str_done(&text);
}

static void a_write_becomes_a_property(void **state)
{
	static const struct {
		struct cg_write w;
		const char *want;
	} cases[] = {
		{ { .file = "memory.max", .text = "1048576" }, "MemoryMax=t 1048576" },
		{ { .file = "memory.max", .text = "max" }, "MemoryMax=t 18446744073709551615" },
		{ { .file = "memory.max", .text = "0" }, "" },
		{ { .file = "memory.high", .text = "5" }, "MemoryHigh=t 5" },
		{ { .file = "memory.low", .text = "0" }, "MemoryLow=t 0" },
		{ { .file = "memory.min", .text = "7" }, "MemoryMin=t 7" },
		{ { .file = "memory.swap.max", .text = "0" }, "MemorySwapMax=t 0" },
		{ { .file = "memory.zswap.max", .text = "9" }, "MemoryZSwapMax=t 9" },
		{ { .file = "memory.oom.group", .text = "1" }, "" },
		{ { .file = "pids.max", .text = "1" }, "TasksMax=t 1" },
		{ { .file = "pids.max", .text = "max" }, "TasksMax=t 18446744073709551615" },
		{ { .file = "cpu.weight", .text = "100" }, "CPUWeight=t 100" },
		{ { .file = "cpu.idle", .text = "1" }, "CPUWeight=t 0" },
		{ { .file = "cpu.idle", .text = "0" }, "" },
		{ { .file = "cpu.max", .text = "50000 100000" },
		  "CPUQuotaPeriodUSec=t 100000; CPUQuotaPerSecUSec=t 500000" },
		/* a whole per cent, rounded up */
		{ { .file = "cpu.max", .text = "1500 100000" },
		  "CPUQuotaPeriodUSec=t 100000; CPUQuotaPerSecUSec=t 20000" },
		{ { .file = "cpu.max", .text = "max 50000" },
		  "CPUQuotaPeriodUSec=t 50000; CPUQuotaPerSecUSec=t 18446744073709551615" },
		{ { .file = "cpu.max", .text = "max 50000", .flags = CG_W_KEEP_FIRST },
		  "CPUQuotaPeriodUSec=t 50000" },
		{ { .file = "cpu.max", .text = "max" }, "CPUQuotaPerSecUSec=t 18446744073709551615" },
		{ { .file = "cpu.max", .text = "10000" }, "CPUQuotaPerSecUSec=t 100000" },
		{ { .file = "cpu.cfs_quota_us", .text = "20000" }, "CPUQuotaPerSecUSec=t 200000" },
		{ { .file = "cpu.cfs_quota_us", .text = "-1" },
		  "CPUQuotaPerSecUSec=t 18446744073709551615" },
		{ { .file = "cpuset.cpus", .text = "0-1,9" }, "AllowedCPUs=ay [3 2]" },
		{ { .file = "cpuset.cpus", .text = "3" }, "AllowedCPUs=ay [8]" },
		{ { .file = "cpuset.mems", .text = "0" }, "AllowedMemoryNodes=ay [1]" },
		{ { .file = "cpuset.cpus", .text = "0-x" }, "" },
		{ { .file = "cpuset.cpus", .text = "9-1" }, "" },
		{ { .file = "cpuset.cpus", .text = "0-99999" }, "" },
		{ { .file = "io.bfq.weight", .text = "10", .alt_file = "io.weight",
		    .alt_text = "default 100" }, "IOWeight=t 100" },
		{ { .file = "io.weight", .text = "8:0 200" },
		  "IODeviceWeight=a(st) [(\"/dev/block/8:0\" 200)]" },
		{ { .file = "io.max", .text = "8:0 rbps=1024" },
		  "IOReadBandwidthMax=a(st) [(\"/dev/block/8:0\" 1024)]" },
		{ { .file = "io.max", .text = "8:0 wiops=max" },
		  "IOWriteIOPSMax=a(st) [(\"/dev/block/8:0\" 18446744073709551615)]" },
		{ { .file = "io.max", .text = "8:0 rbps=1 wbps=2" }, "" },
		{ { .file = "memory.limit_in_bytes", .text = "4096" }, "MemoryLimit=t 4096" },
		{ { .file = "memory.limit_in_bytes", .text = "-1" },
		  "MemoryLimit=t 18446744073709551615" },
		{ { .file = "cpu.shares", .text = "512" }, "CPUShares=t 512" },
		{ { .file = "blkio.bfq.weight", .text = "100", .alt_file = "blkio.weight",
		    .alt_text = "100" }, "BlockIOWeight=t 100" },
		{ { .file = "blkio.throttle.read_bps_device", .text = "8:0 5" },
		  "BlockIOReadBandwidth=a(st) [(\"/dev/block/8:0\" 5)]" },
		{ { .file = "hugetlb.2MB.max", .text = "0" }, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		struct cg_props ps = { .arena = &arena };
		struct cg_write w = cases[i].w;
		struct cg_writes ws = { .w = &w, .n = 1 };

		cg_props_of_writes(&ps, &ws, 0);
		assert_props(&ps, cases[i].want);
		arena_done(&arena);
	}
}

static void a_quota_alone_counts_in_the_period_in_force(void **state)
{
	struct arena arena = { 0 };
	struct cg_props ps = { .arena = &arena };
	struct cg_write w = { .file = "cpu.max", .text = "10000" };

	(void)state;
	cg_props_of_writes(&ps, &(struct cg_writes){ .w = &w, .n = 1 }, 50000);
	assert_props(&ps, "CPUQuotaPerSecUSec=t 200000");
	arena_done(&arena);
}

static void v1s_quota_and_period_are_one_property(void **state)
{
	struct arena arena = { 0 };
	struct cg_props ps = { .arena = &arena };
	struct cg_write w[] = { { .file = "cpu.cfs_period_us", .text = "20000" },
				{ .file = "cpu.cfs_quota_us", .text = "10000" } };

	(void)state;
	cg_props_of_writes(&ps, &(struct cg_writes){ .w = w, .n = 2 }, 0);
	assert_props(&ps, "CPUQuotaPeriodUSec=t 20000; CPUQuotaPerSecUSec=t 500000");
	arena_done(&arena);
}

static void devices_are_a_list(void **state)
{
	static const struct oci_device_rule none = { .type = 'a', .major = -1, .minor = -1,
						     .read = true, .write = true, .mknod = true };
	const struct oci_device_rule rules[] = {
		none,
		{ .allow = true, .type = 'c', .major = 1, .minor = 3, .read = true, .write = true },
		{ .allow = true, .type = 'b', .major = 8, .minor = -1, .read = true },
		{ .allow = true, .type = 'c', .major = -1, .minor = -1, .mknod = true },
	};
	struct arena arena = { 0 };
	struct cg_props ps = { .arena = &arena };

	(void)state;
	cg_props_of_devices(&ps, rules, ARRAY_SIZE(rules), ARRAY_SIZE(rules));
	assert_props(&ps, "DevicePolicy=s \"strict\"; DeviceAllow=a(ss) []; DeviceAllow=a(ss) "
			  "[(\"/dev/char/1:3\" \"rw\") (\"block-8\" \"r\") (\"char-*\" \"m\")]");
	arena_done(&arena);
}

static void all_devices_are_a_policy(void **state)
{
	const struct oci_device_rule all = { .allow = true, .type = 'a', .major = -1, .minor = -1,
					     .read = true, .write = true, .mknod = true };
	struct arena arena = { 0 };
	struct cg_props ps = { .arena = &arena };

	(void)state;
	cg_props_of_devices(&ps, &all, 1, 1);
	assert_props(&ps, "DevicePolicy=s \"auto\"; DeviceAllow=a(ss) []");
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_becomes_a_property),
		cmocka_unit_test(a_quota_alone_counts_in_the_period_in_force),
		cmocka_unit_test(v1s_quota_and_period_are_one_property),
		cmocka_unit_test(devices_are_a_list),
		cmocka_unit_test(all_devices_are_a_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
