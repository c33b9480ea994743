/*
 * runtime/stats_json.c, stats.c: runc's JSON, whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/base/util.h"
#include "runtime/stats.h"

static void prints(const struct cg_stats *s, const struct rt_net_interface *net, size_t n_net,
		   const char *wanted)
{
	char *json = rt_stats_json("web", s, net, n_net);

	assert_string_equal(json, wanted);
	free(json);
}

#define CPUSET_ZERO(head, mems)                                                                  \
	"\"cpuset\":{" head "\"cpu_exclusive\":0," mems "\"mem_hardwall\":0,\"mem_exclusive\":0," \
	"\"memory_migrate\":0,\"memory_spread_page\":0,\"memory_spread_slab\":0,"                  \
	"\"memory_pressure\":0,\"sched_load_balance\":0,\"sched_relax_domain_level\":"
#define NO_MEMORY                                                                           \
	"\"memory\":{\"usage\":{\"limit\":0,\"failcnt\":0},\"swap\":{\"limit\":0,\"failcnt\":0}," \
	"\"kernel\":{\"limit\":0,\"failcnt\":0},\"kernelTCP\":{\"limit\":0,\"failcnt\":0}}"

static void without_anything_it_has_runcs_skeleton(void **state)
{
	const struct cg_stats s = { 0 };

	(void)state;
	prints(&s, NULL, 0,
	       "{\"type\":\"stats\",\"id\":\"web\",\"data\":{\"cpu\":{\"usage\":{\"kernel\":0,"
	       "\"user\":0},\"throttling\":{}}," CPUSET_ZERO("", "") "0}," NO_MEMORY
	       ",\"pids\":{},\"blkio\":{},\"hugetlb\":{},\"intel_rdt\":{},"
	       "\"network_interfaces\":null}}");
}

static void everything_stands_in_runcs_order(void **state)
{
	uint64_t percpu[] = { 1, 2 }, user[] = { 3, 4 }, kernel[] = { 5, 0 };
	uint16_t cpus[] = { 0, 7 }, mems[] = { 1 };
	struct cg_stat raw[] = { { "anon", 1 }, { "file", 0 } };
	struct cg_io_entry bytes[] = { { 8, 0, 512, "Read" }, { 8, 0, 0, "Write" } };
	struct cg_io_entry sectors[] = { { 8, 16, 1, "" } };
	struct cg_huge_stats huge[] = { { "1GB", 0, 0, 0 }, { "2MB", 1, 2, 3 } };
	struct rt_net_interface net[] = { { "e\"th", 1, 2, 3, 4, 5, 6, 7, 8 } };
	const struct cg_psi psi = { true, { 150, 5, 1200, 77 }, { 10, 0, 10001, 1 } };
	const struct cg_stats s = {
		.cpu_total = 9, .percpu = percpu, .n_percpu = 2, .percpu_user = user,
		.percpu_kernel = kernel, .n_percpu_mode = 2, .periods = 1, .throttled_periods = 2,
		.throttled_time = 3, .cpus = cpus, .n_cpus = 2, .mems = mems, .n_mems = 1,
		.cpuset = { [CG_RELAX_DOMAIN] = -1 }, .cache = 6, .memory = { UINT64_MAX, 1, 2, 3 },
		.raw = raw, .n_raw = 2, .pids = 1, .pids_limit = 2,
		.io = { [CG_IO_BYTES] = { bytes, 2 }, [CG_IO_SECTORS] = { sectors, 1 } },
		.huge = huge, .n_huge = 2, .cpu_psi = psi,
	};

	(void)state;
	prints(&s, net, 1,
	       "{\"type\":\"stats\",\"id\":\"web\",\"data\":{\"cpu\":{\"usage\":{\"total\":9,"
	       "\"percpu\":[1,2],\"percpu_kernel\":[5,0],\"percpu_user\":[3,4],\"kernel\":0,"
	       "\"user\":0},\"throttling\":{\"periods\":1,\"throttledPeriods\":2,"
	       "\"throttledTime\":3},\"psi\":{\"some\":{\"avg10\":1.5,\"avg60\":0.05,"
	       "\"avg300\":12,\"total\":77},\"full\":{\"avg10\":0.1,\"avg60\":0,"
	       "\"avg300\":100.01,\"total\":1}}},"
	       CPUSET_ZERO("\"cpus\":[0,7],", "\"mems\":[1],") "-1},"
	       "\"memory\":{\"cache\":6,\"usage\":{\"limit\":18446744073709551615,\"usage\":1,"
	       "\"max\":2,\"failcnt\":3},\"swap\":{\"limit\":0,\"failcnt\":0},"
	       "\"kernel\":{\"limit\":0,\"failcnt\":0},\"kernelTCP\":{\"limit\":0,\"failcnt\":0},"
	       "\"raw\":{\"anon\":1,\"file\":0}},\"pids\":{\"current\":1,\"limit\":2},"
	       "\"blkio\":{\"ioServiceBytesRecursive\":[{\"major\":8,\"op\":\"Read\","
	       "\"value\":512},{\"major\":8,\"op\":\"Write\"}],"
	       "\"sectorsRecursive\":[{\"major\":8,\"minor\":16,\"value\":1}]},"
	       "\"hugetlb\":{\"1GB\":{\"failcnt\":0},\"2MB\":{\"usage\":1,\"max\":2,"
	       "\"failcnt\":3}},\"intel_rdt\":{},\"network_interfaces\":[{\"Name\":\"e\\\"th\","
	       "\"RxBytes\":1,\"RxPackets\":2,\"RxErrors\":3,\"RxDropped\":4,\"TxBytes\":5,"
	       "\"TxPackets\":6,\"TxErrors\":7,\"TxDropped\":8}]}}");
}

static void resctrl_is_printed_as_runc_does(void **state)
{
	struct cg_rdt_node nodes[] = { { 1, 2, 3 }, { 0, 0, 0 } };
	const struct cg_stats s = {
		.rdt = {
			.known = true, .has_l3 = true, .has_mb = true, .has_mbm = true,
			.has_cmt = true, .cbm_mask = "ff", .min_cbm_bits = 1, .l3_closids = 16,
			.bandwidth_gran = 10, .min_bandwidth = 5, .mb_closids = 8,
			.l3_root = "L3:0=ff", .l3 = "L3:0=f", .mb_root = "MB:0=100", .nodes = nodes,
			.n_nodes = 2,
		},
	};

	(void)state;
	prints(&s, NULL, 0,
	       "{\"type\":\"stats\",\"id\":\"web\",\"data\":{\"cpu\":{\"usage\":{\"kernel\":0,"
	       "\"user\":0},\"throttling\":{}}," CPUSET_ZERO("", "") "0}," NO_MEMORY
	       ",\"pids\":{},\"blkio\":{},\"hugetlb\":{},\"intel_rdt\":{\"l3_cache_info\":{"
	       "\"cbm_mask\":\"ff\",\"min_cbm_bits\":1,\"num_closids\":16},"
	       "\"l3_cache_schema_root\":\"L3:0=ff\",\"l3_cache_schema\":\"L3:0=f\","
	       "\"mem_bw_info\":{\"bandwidth_gran\":10,\"min_bandwidth\":5,\"num_closids\":8},"
	       "\"mem_bw_schema_root\":\"MB:0=100\",\"mbm_stats\":[{\"mbm_total_bytes\":1,"
	       "\"mbm_local_bytes\":2},{}],\"cmt_stats\":[{\"llc_occupancy\":3},{}]},"
	       "\"network_interfaces\":null}}");
}

static void interfaces_are_read_as_the_kernel_prints_them(void **state)
{
	struct rt_net_interface *net = NULL;
	size_t n = 0;

	(void)state;
	assert_true(rt_net_parse("Inter-|   Receive       |  Transmit\n"
				 " face |bytes    packets errs drop fifo frame compressed multicast|"
				 "bytes    packets errs drop fifo colls carrier compressed\n"
				 "    lo:    3319      30    1    2    0     0          0         0 "
				 "   4     5    6    7    0     0       0          0\n"
				 "veth0123456789a:18446744073709551615 1 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n",
				 &net, &n));
	assert_int_equal(n, 2);
	assert_string_equal(net[0].name, "lo");
	assert_int_equal(net[0].rx_bytes, 3319);
	assert_int_equal(net[0].rx_dropped, 2);
	assert_int_equal(net[0].tx_dropped, 7);
	assert_string_equal(net[1].name, "veth0123456789a");
	assert_int_equal(net[1].rx_bytes, UINT64_MAX);
	assert_int_equal(net[1].tx_bytes, 9);
	free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_anything_it_has_runcs_skeleton),
		cmocka_unit_test(everything_stands_in_runcs_order),
		cmocka_unit_test(resctrl_is_printed_as_runc_does),
		cmocka_unit_test(interfaces_are_read_as_the_kernel_prints_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
