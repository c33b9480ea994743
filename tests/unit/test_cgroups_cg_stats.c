/*
 * cgroups/cg_stats.c, cg_rdt_stats.c, cg_events.c: what the kernel's files say, on v1 and v2.  The
 * cgroups are ordinary directories.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroups/cg_internal.h"
#include "runtime/base/fs.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

struct host {
	char root[64];
	struct cgroup *cg;
};

/* @path is below the root of the host. */
static void put(const struct host *host, const char *path, const char *text)
{
	struct husk_error err = { 0 };
	char full[512], *slash;

	(void)snprintf(full, sizeof(full), "%s/%s", host->root, path);
	slash = strrchr(full, '/');
	*slash = '\0';
	assert_int_equal(fs_mkdir_p(full, 0700, &err), 0);
	*slash = '/';
	assert_int_equal(fs_write_new(AT_FDCWD, full, text, strlen(text), 0600, &err), 0);
}

static void host_make(struct host *host, const char *state)
{
	struct str text cleanup_str = { 0 };
	struct husk_error err = { 0 };

	(void)strcpy(host->root, "/tmp/husk-stats-XXXXXX");
	assert_non_null(mkdtemp(host->root));
	str_add(&text, "husk-cgroup 1\ncgroupfs\n");
	for (const char *p = state; *p; p++) {
		if (*p == '@')
			str_add(&text, host->root);
		else
			str_add_n(&text, p, 1);
	}
	assert_int_equal(cg_load(text.s, &host->cg, &err), 0);
}

static void host_remove(struct host *host)
{
	char command[128];

	cg_free(host->cg);
	(void)snprintf(command, sizeof(command), "rm -r '%s'", host->root);
	assert_int_equal(system(command), 0);
}

static void read_stats(const struct host *host, struct cg_stats *out)
{
	struct husk_error err = { 0 };

	assert_int_equal(cg_stats_read(host->cg, out, &err), 0);
}

static void v1_counts_are_read_from_every_hierarchy(void **state)
{
	uint64_t tick = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	struct host host;
	struct cg_stats s;

	(void)state;
	host_make(&host, "v1 memory @/memory /web\nv1 cpu,cpuacct @/cpu /web\nv1 pids @/pids /web\n"
			 "v1 cpuset @/cpuset /web\nv1 hugetlb @/hugetlb /web\n");
	put(&host, "memory/web/memory.stat", "cache 4096\nrss 8192\nactive_anon 3\n");
	put(&host, "memory/web/memory.usage_in_bytes", "12288\n");
	put(&host, "memory/web/memory.limit_in_bytes", "9223372036854771712\n");
	put(&host, "memory/web/memory.max_usage_in_bytes", "20480\n");
	put(&host, "memory/web/memory.failcnt", "5\n");
	put(&host, "memory/web/memory.memsw.usage_in_bytes", "16384\n");
	put(&host, "memory/web/memory.kmem.tcp.failcnt", "2\n");
	put(&host, "cpu/web/cpuacct.usage", "1234567890\n");
	put(&host, "cpu/web/cpuacct.stat", "user 3\nsystem 4\n");
	put(&host, "cpu/web/cpuacct.usage_percpu", "1234567000 890 \n");
	put(&host, "cpu/web/cpuacct.usage_all", "cpu user system\n0 100 200\n1 0 90\n");
	put(&host, "cpu/web/cpu.stat", "nr_periods 10\nnr_throttled 2\nthrottled_time 777\n");
	put(&host, "pids/web/pids.current", "7\n");
	put(&host, "pids/web/pids.max", "max\n");
	put(&host, "cpuset/web/cpuset.cpus", "0-2,5\n");
	put(&host, "cpuset/web/cpuset.mems", "0\n");
	put(&host, "cpuset/web/cpuset.sched_load_balance", "1\n");
	put(&host, "cpuset/web/cpuset.sched_relax_domain_level", "-1\n");
	put(&host, "hugetlb/web/hugetlb.2MB.usage_in_bytes", "2097152\n");
	put(&host, "hugetlb/web/hugetlb.2MB.max_usage_in_bytes", "4194304\n");
	put(&host, "hugetlb/web/hugetlb.2MB.failcnt", "1\n");
	put(&host, "hugetlb/web/hugetlb.1GB.usage_in_bytes", "0\n");
	put(&host, "hugetlb/web/hugetlb.1GB.rsvd.usage_in_bytes", "1073741824\n");
	put(&host, "hugetlb/web/hugetlb.1GB.rsvd.failcnt", "9\n");
	read_stats(&host, &s);

	assert_int_equal(s.cache, 4096);
	assert_int_equal(s.n_raw, 3);
	assert_string_equal(s.raw[0].key, "active_anon");
	assert_int_equal(s.raw[2].value, 8192);
	assert_int_equal(s.memory.usage, 12288);
	assert_int_equal(s.memory.limit, 9223372036854771712ULL);
	assert_int_equal(s.memory.max, 20480);
	assert_int_equal(s.memory.failcnt, 5);
	assert_int_equal(s.swap.usage, 16384);
	assert_int_equal(s.kernel_tcp.failcnt, 2);
	assert_int_equal(s.cpu_total, 1234567890);
	assert_int_equal(s.cpu_user, 3 * tick);
	assert_int_equal(s.cpu_kernel, 4 * tick);
	assert_int_equal(s.n_percpu, 2);
	assert_int_equal(s.percpu[1], 890);
	assert_int_equal(s.n_percpu_mode, 2);
	assert_int_equal(s.percpu_user[0], 100);
	assert_int_equal(s.percpu_kernel[1], 90);
	assert_int_equal(s.throttled_time, 777);
	assert_int_equal(s.pids, 7);
	assert_int_equal(s.pids_limit, 0);
	assert_int_equal(s.n_cpus, 4);
	assert_int_equal(s.cpus[3], 5);
	assert_int_equal(s.cpuset[CG_LOAD_BALANCE], 1);
	assert_int_equal(s.cpuset[CG_RELAX_DOMAIN], -1);
	assert_int_equal(s.n_huge, 2);
	assert_string_equal(s.huge[0].page_size, "1GB");
	assert_int_equal(s.huge[0].usage, 1073741824);
	assert_int_equal(s.huge[0].failcnt, 9);
	assert_int_equal(s.huge[1].max, 4194304);
	assert_false(s.cpu_psi.known);
	cg_stats_done(&s);
	host_remove(&host);
}

static void v1_block_io_comes_from_whoever_counts(void **state)
{
	struct host host;
	struct cg_stats s;

	(void)state;
	host_make(&host, "v1 blkio @/blkio /web\n");
	put(&host, "blkio/web/blkio.bfq.io_service_bytes_recursive", "Total 0\n");
	put(&host, "blkio/web/blkio.throttle.io_service_bytes_recursive",
	    "8:16 Read 4096\n8:16 Total 4096\nTotal 4096\n");
	read_stats(&host, &s);
	assert_int_equal(s.io[CG_IO_BYTES].n, 2);
	assert_int_equal(s.io[CG_IO_BYTES].e[0].minor, 16);
	assert_string_equal(s.io[CG_IO_BYTES].e[1].op, "Total");
	assert_int_equal(s.io[CG_IO_BYTES].e[1].value, 4096);
	cg_stats_done(&s);

	put(&host, "blkio/web/blkio.bfq.io_service_bytes_recursive", "8:0 Write 512\nTotal 512\n");
	put(&host, "blkio/web/blkio.bfq.sectors_recursive", "8:0 1\n");
	read_stats(&host, &s);
	assert_int_equal(s.io[CG_IO_BYTES].n, 1);
	assert_string_equal(s.io[CG_IO_BYTES].e[0].op, "Write");
	assert_int_equal(s.io[CG_IO_SECTORS].e[0].value, 1);
	assert_string_equal(s.io[CG_IO_SECTORS].e[0].op, "");
	cg_stats_done(&s);
	host_remove(&host);
}

static void v2_counts_are_given_in_v1s_units(void **state)
{
	struct host host;
	struct cg_stats s;

	(void)state;
	host_make(&host, "v2 cpu,cpuset,memory,io,pids,hugetlb @ /web\n");
	put(&host, "web/cpu.stat", "usage_usec 30\nuser_usec 10\nsystem_usec 20\nnr_periods 4\n"
				   "nr_throttled 1\nthrottled_usec 5\n");
	put(&host, "web/memory.stat", "anon 1\nfile 8192\n");
	put(&host, "web/memory.current", "1000\n");
	put(&host, "web/memory.max", "5000\n");
	put(&host, "web/memory.peak", "2000\n");
	put(&host, "web/memory.events", "low 0\nhigh 0\nmax 6\noom 1\noom_kill 1\n");
	put(&host, "web/memory.swap.current", "200\n");
	put(&host, "web/memory.swap.max", "300\n");
	put(&host, "web/pids.current", "3\n");
	put(&host, "web/pids.max", "40\n");
	put(&host, "web/cpuset.cpus.effective", "1\n");
	put(&host, "web/io.stat", "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n9:1 \n");
	put(&host, "web/hugetlb.2MB.current", "2097152\n");
	put(&host, "web/hugetlb.2MB.events", "max 3\n");
	put(&host, "web/cpu.pressure", "some avg10=1.50 avg60=0.05 avg300=12.00 total=77\n"
				       "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
	read_stats(&host, &s);
	assert_int_equal(s.cpu_total, 30000);
	assert_int_equal(s.cpu_user, 10000);
	assert_int_equal(s.throttled_time, 5000);
	assert_int_equal(s.cache, 8192);
	assert_int_equal(s.memory.limit, 5000);
	assert_int_equal(s.memory.max, 2000);
	assert_int_equal(s.memory.failcnt, 6);
	assert_int_equal(s.swap.usage, 1200);
	assert_int_equal(s.swap.limit, 5300);
	assert_int_equal(s.pids_limit, 40);
	assert_int_equal(s.cpus[0], 1);
	assert_int_equal(s.io[CG_IO_BYTES].n, 2);
	assert_int_equal(s.io[CG_IO_BYTES].e[1].value, 20);
	assert_string_equal(s.io[CG_IO_SERVICED].e[1].op, "Write");
	assert_int_equal(s.huge[0].failcnt, 3);
	assert_true(s.cpu_psi.known);
	assert_int_equal(s.cpu_psi.some.avg10, 150);
	assert_int_equal(s.cpu_psi.some.avg60, 5);
	assert_int_equal(s.cpu_psi.some.total, 77);
	assert_false(s.io_psi.known);
	cg_stats_done(&s);

	put(&host, "web/memory.max", "max\n");
	read_stats(&host, &s);
	assert_int_equal(s.memory.limit, UINT64_MAX);
	assert_int_equal(s.swap.limit, UINT64_MAX);
	cg_stats_done(&s);
	host_remove(&host);
}

static void a_cgroup_that_is_gone_counts_nothing(void **state)
{
	struct host host;
	struct cg_stats s;

	(void)state;
	host_make(&host, "v1 memory @/memory /web\nv2 - @/unified /web\n");
	read_stats(&host, &s);
	assert_int_equal(s.memory.usage, 0);
	assert_int_equal(s.n_raw, 0);
	cg_stats_done(&s);
	host_remove(&host);
}

static void make_resctrl(const struct host *host)
{
	put(host, "schemata", "    L3:0=ff;1=ff\n    MB:0=100;1=100\n");
	put(host, "web/schemata", "    L3:0=0f;1=ff\n    MB:0=50;1=100\n");
	put(host, "info/L3/cbm_mask", "ff\n");
	put(host, "info/L3/min_cbm_bits", "1\n");
	put(host, "info/L3/num_closids", "16\n");
	put(host, "info/MB/num_closids", "8\n");
	put(host, "info/MB/bandwidth_gran", "10\n");
	put(host, "web/mon_data/mon_L3_01/llc_occupancy", "333\n");
	put(host, "web/mon_data/mon_L3_00/llc_occupancy", "111\n");
	put(host, "web/mon_data/mon_L3_00/mbm_total_bytes", "222\n");
}

static void groups_of_resctrl_are_told_of(void **state)
{
	struct host host;
	struct cg_stats s;

	(void)state;
	host_make(&host, "rdt resctrl @ /web\n");
	make_resctrl(&host);
	read_stats(&host, &s);
	assert_true(s.rdt.known && s.rdt.has_l3 && s.rdt.has_mb && s.rdt.has_cmt && s.rdt.has_mbm);
	assert_string_equal(s.rdt.cbm_mask, "ff");
	assert_string_equal(s.rdt.l3_root, "L3:0=ff;1=ff");
	assert_string_equal(s.rdt.l3, "L3:0=0f;1=ff");
	assert_string_equal(s.rdt.mb, "MB:0=50;1=100");
	assert_int_equal(s.rdt.l3_closids, 16);
	assert_int_equal(s.rdt.mb_closids, 8);
	assert_int_equal(s.rdt.n_nodes, 2);
	assert_int_equal(s.rdt.nodes[0].total_bytes, 222);
	assert_int_equal(s.rdt.nodes[1].llc_occupancy, 333);
	cg_stats_done(&s);
	host_remove(&host);
}

static void another_schema_is_written_and_can_be_undone(void **state)
{
	struct husk_error err = { 0 };
	char *old = NULL, *now = NULL;
	struct host host;

	(void)state;
	host_make(&host, "rdt resctrl @ /web\n");
	put(&host, "web/schemata", "L3:0=ff\n");
	assert_int_equal(cg_rdt_update(host.cg, "L3:0=0f", NULL, &old, &err), 0);
	assert_string_equal(old, "L3:0=ff\n");
	assert_int_equal(cg_read_file(host.cg, 0, "schemata", &now), 0);
	assert_string_equal(now, "L3:0=0f\n");
	free(now);
	cg_rdt_restore(host.cg, old);
	assert_int_equal(cg_read_file(host.cg, 0, "schemata", &now), 0);
	assert_string_equal(now, "L3:0=ff\n");
	free(now);
	host_remove(&host);

	host_make(&host, "rdt-keep resctrl @ /\n");
	assert_int_equal(cg_rdt_update(host.cg, "L3:0=0f", NULL, &old, &err), -EPERM);
	host_remove(&host);
}

static void told(struct cg_watch *w, enum cg_event event, unsigned long times)
{
	enum cg_event got = CG_EVENTS;

	assert_int_equal(cg_watch_next(w, &got), times);
	assert_int_equal(got, times ? event : CG_EVENTS);
}

static void what_the_kernel_counts_is_told_once(void **state)
{
	const struct cg_watch_options only_oom = { 0 }, all = { true, 1, 2 };
	struct pollfd fds[CG_WATCH_FDS];
	struct husk_error err = { 0 };
	struct cg_watch *w, *oom;
	struct host host;

	(void)state;
	host_make(&host, "v2 memory,pids @ /web\n");
	put(&host, "web/memory.events", "low 0\nhigh 1\nmax 7\noom 4\noom_kill 2\n");
	put(&host, "web/pids.events", "max 0\n");
	assert_int_equal(cg_watch_open(host.cg, &all, &w, &err), 0);
	assert_int_equal(cg_watch_open(host.cg, &only_oom, &oom, &err), 0);
	assert_int_equal(cg_watch_fds(oom, fds), 1);
	told(w, CG_EVENTS, 0);
	put(&host, "web/memory.events", "low 0\nhigh 2\nmax 9\noom 9\noom_kill 5\n");
	put(&host, "web/pids.events", "max 4\n");
	told(w, CG_EVENT_MEMORY_HIGH, 1);
	told(w, CG_EVENT_MEMORY_MAX, 2);
	told(w, CG_EVENT_OOM, 3);
	told(w, CG_EVENT_PIDS_MAX, 4);
	told(w, CG_EVENTS, 0);
	told(oom, CG_EVENT_OOM, 3);
	told(oom, CG_EVENTS, 0);
	cg_watch_close(oom);
	cg_watch_close(w);
	host_remove(&host);
}

/* A file that became empty stands for one that cannot be read any more. */
static void a_kill_in_a_cgroup_that_is_gone_is_told_by_the_one_above(void **state)
{
	const struct cg_watch_options only_oom = { 0 };
	struct pollfd fds[CG_WATCH_FDS];
	struct husk_error err = { 0 };
	struct cg_watch *w;
	struct host host;

	(void)state;
	host_make(&host, "v2 memory @ /pod/web\n");
	put(&host, "pod/memory.events", "oom_kill 7\n");
	put(&host, "pod/web/memory.events", "oom_kill 2\n");
	assert_int_equal(cg_watch_open(host.cg, &only_oom, &w, &err), 0);
	assert_int_equal(cg_watch_fds(w, fds), 2);
	/* a neighbour's, then one of ours */
	put(&host, "pod/memory.events", "oom_kill 9\n");
	told(w, CG_EVENTS, 0);
	put(&host, "pod/memory.events", "oom_kill 10\n");
	put(&host, "pod/web/memory.events", "oom_kill 3\n");
	told(w, CG_EVENT_OOM, 1);
	/* the last, which the cgroup did not live to tell */
	put(&host, "pod/memory.events", "oom_kill 11\n");
	put(&host, "pod/web/memory.events", "");
	told(w, CG_EVENT_OOM, 1);
	/* what comes now is others' */
	put(&host, "pod/memory.events", "oom_kill 12\n");
	told(w, CG_EVENTS, 0);
	cg_watch_close(w);
	host_remove(&host);
}

static void a_unit_is_gone_with_the_cgroups_in_it(void **state)
{
	const struct cg_watch_options only_oom = { 0 };
	struct husk_error err = { 0 };
	struct cg_watch *w;
	struct host host;

	(void)state;
	host_make(&host, "v2 memory @ /x.slice/u.scope/inner\n");
	host.cg->unit = "u.scope";
	put(&host, "x.slice/memory.events", "oom_kill 0\n");
	put(&host, "x.slice/u.scope/memory.events", "oom_kill 0\n");
	put(&host, "x.slice/u.scope/inner/memory.events", "oom_kill 0\n");
	assert_int_equal(cg_watch_open(host.cg, &only_oom, &w, &err), 0);
	put(&host, "x.slice/memory.events", "oom_kill 1\n");
	put(&host, "x.slice/u.scope/memory.events", "");
	put(&host, "x.slice/u.scope/inner/memory.events", "");
	told(w, CG_EVENT_OOM, 1);
	cg_watch_close(w);
	host_remove(&host);
}

static void without_memory_nothing_is_told_of_it(void **state)
{
	const struct cg_watch_options all = { true, 1, 2 };
	struct pollfd fds[CG_WATCH_FDS];
	struct husk_error err = { 0 };
	struct cg_watch *w;
	struct host host;

	(void)state;
	host_make(&host, "v1 pids @ /web\n");
	assert_int_equal(cg_watch_open(host.cg, &all, &w, &err), 0);
	assert_int_equal(cg_watch_fds(w, fds), 0);
	told(w, CG_EVENTS, 0);
	cg_watch_close(w);
	put(&host, "web/pids.events", "max 1\n");
	assert_int_equal(cg_watch_open(host.cg, &all, &w, &err), 0);
	/* v1 wakes nobody for it: a timer does. */
	assert_int_equal(cg_watch_fds(w, fds), 2);
	put(&host, "web/pids.events", "max 3\n");
	told(w, CG_EVENT_PIDS_MAX, 2);
	cg_watch_close(w);
	host_remove(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v1_counts_are_read_from_every_hierarchy),
		cmocka_unit_test(v1_block_io_comes_from_whoever_counts),
		cmocka_unit_test(v2_counts_are_given_in_v1s_units),
		cmocka_unit_test(a_cgroup_that_is_gone_counts_nothing),
		cmocka_unit_test(groups_of_resctrl_are_told_of),
		cmocka_unit_test(another_schema_is_written_and_can_be_undone),
		cmocka_unit_test(what_the_kernel_counts_is_told_once),
		cmocka_unit_test(a_kill_in_a_cgroup_that_is_gone_is_told_by_the_one_above),
		cmocka_unit_test(a_unit_is_gone_with_the_cgroups_in_it),
		cmocka_unit_test(without_memory_nothing_is_told_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
