/*
 * Statistics as JSON: runc's types (its types/events.go) member by member, in its order, with its
 * rules of what is left out when it is 0.
 *
 * Uses: stats.h.    Used by: stats.c.
 */
#include "runtime/stats.h"

#include "runtime/base/str.h"
#include "runtime/base/util.h"

struct writer {
	struct str s;
	bool comma;		/* the innermost object or array has a member already */
};

static void begin(struct writer *w, const char *key)
{
	if (w->comma)
		str_add(&w->s, ",");
	w->comma = true;
	if (!key)
		return;
	str_add_json(&w->s, key);
	str_add(&w->s, ":");
}

static void open_(struct writer *w, const char *key, const char *bracket)
{
	begin(w, key);
	str_add(&w->s, bracket);
	w->comma = false;
}

static void close_(struct writer *w, const char *bracket)
{
	str_add(&w->s, bracket);
	w->comma = true;
}

static void num(struct writer *w, const char *key, uint64_t value)
{
	begin(w, key);
	str_printf(&w->s, "%llu", (unsigned long long)value);
}

/* Go's omitempty */
static void num_opt(struct writer *w, const char *key, uint64_t value)
{
	if (value)
		num(w, key, value);
}

static void text_opt(struct writer *w, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	begin(w, key);
	str_add_json(&w->s, value);
}

static void list_opt(struct writer *w, const char *key, const uint64_t *list, size_t n)
{
	if (n == 0)
		return;
	open_(w, key, "[");
	for (size_t i = 0; i < n; i++)
		num(w, NULL, list[i]);
	close_(w, "]");
}

static void ids_opt(struct writer *w, const char *key, const uint16_t *list, size_t n)
{
	if (n == 0)
		return;
	open_(w, key, "[");
	for (size_t i = 0; i < n; i++)
		num(w, NULL, list[i]);
	close_(w, "]");
}

/* ---- pressure ------------------------------------------------------------------------------- */

/* As Go prints the shortest form: 0, 1.5, 0.25. */
static void percent(struct writer *w, const char *key, unsigned hundredths)
{
	begin(w, key);
	str_printf(&w->s, "%u", hundredths / 100);
	if (hundredths % 10)
		str_printf(&w->s, ".%02u", hundredths % 100);
	else if (hundredths % 100)
		str_printf(&w->s, ".%u", hundredths % 100 / 10);
}

static void psi_line(struct writer *w, const char *key, const struct cg_psi_line *l)
{
	open_(w, key, "{");
	percent(w, "avg10", l->avg10);
	percent(w, "avg60", l->avg60);
	percent(w, "avg300", l->avg300);
	num(w, "total", l->total);
	close_(w, "}");
}

static void psi_opt(struct writer *w, const struct cg_psi *psi)
{
	if (!psi->known)
		return;
	open_(w, "psi", "{");
	psi_line(w, "some", &psi->some);
	psi_line(w, "full", &psi->full);
	close_(w, "}");
}

/* ---- the subjects --------------------------------------------------------------------------- */

static void cpu(struct writer *w, const struct cg_stats *s)
{
	open_(w, "cpu", "{");
	open_(w, "usage", "{");
	num_opt(w, "total", s->cpu_total);
	list_opt(w, "percpu", s->percpu, s->n_percpu);
	list_opt(w, "percpu_kernel", s->percpu_kernel, s->n_percpu_mode);
	list_opt(w, "percpu_user", s->percpu_user, s->n_percpu_mode);
	num(w, "kernel", s->cpu_kernel);
	num(w, "user", s->cpu_user);
	close_(w, "}");
	open_(w, "throttling", "{");
	num_opt(w, "periods", s->periods);
	num_opt(w, "throttledPeriods", s->throttled_periods);
	num_opt(w, "throttledTime", s->throttled_time);
	close_(w, "}");
	psi_opt(w, &s->cpu_psi);
	close_(w, "}");
}

static void cpuset(struct writer *w, const struct cg_stats *s)
{
	static const char *const names[CG_CPUSET_FLAGS] = {
		[CG_CPU_EXCLUSIVE] = "cpu_exclusive", [CG_MEM_HARDWALL] = "mem_hardwall",
		[CG_MEM_EXCLUSIVE] = "mem_exclusive", [CG_MEMORY_MIGRATE] = "memory_migrate",
		[CG_SPREAD_PAGE] = "memory_spread_page", [CG_SPREAD_SLAB] = "memory_spread_slab",
		[CG_MEMORY_PRESSURE] = "memory_pressure", [CG_LOAD_BALANCE] = "sched_load_balance",
		[CG_RELAX_DOMAIN] = "sched_relax_domain_level",
	};

	open_(w, "cpuset", "{");
	ids_opt(w, "cpus", s->cpus, s->n_cpus);
	for (unsigned f = 0; f < CG_CPUSET_FLAGS; f++) {
		if (f == CG_MEM_HARDWALL)
			ids_opt(w, "mems", s->mems, s->n_mems);
		begin(w, names[f]);
		str_printf(&w->s, "%lld", (long long)s->cpuset[f]);
	}
	close_(w, "}");
}

static void counter(struct writer *w, const char *key, const struct cg_counter *c)
{
	open_(w, key, "{");
	num(w, "limit", c->limit);
	num_opt(w, "usage", c->usage);
	num_opt(w, "max", c->max);
	num(w, "failcnt", c->failcnt);
	close_(w, "}");
}

static void memory(struct writer *w, const struct cg_stats *s)
{
	open_(w, "memory", "{");
	num_opt(w, "cache", s->cache);
	counter(w, "usage", &s->memory);
	counter(w, "swap", &s->swap);
	counter(w, "kernel", &s->kernel);
	counter(w, "kernelTCP", &s->kernel_tcp);
	if (s->n_raw) {
		open_(w, "raw", "{");
		for (size_t i = 0; i < s->n_raw; i++)
			num(w, s->raw[i].key, s->raw[i].value);
		close_(w, "}");
	}
	psi_opt(w, &s->memory_psi);
	close_(w, "}");
}

static void blkio(struct writer *w, const struct cg_stats *s)
{
	static const char *const names[CG_IO_KINDS] = {
		[CG_IO_BYTES] = "ioServiceBytesRecursive", [CG_IO_SERVICED] = "ioServicedRecursive",
		[CG_IO_QUEUED] = "ioQueueRecursive",
		[CG_IO_SERVICE_TIME] = "ioServiceTimeRecursive",
		[CG_IO_WAIT_TIME] = "ioWaitTimeRecursive", [CG_IO_MERGED] = "ioMergedRecursive",
		[CG_IO_TIME] = "ioTimeRecursive", [CG_IO_SECTORS] = "sectorsRecursive",
	};

	open_(w, "blkio", "{");
	for (unsigned k = 0; k < CG_IO_KINDS; k++) {
		if (s->io[k].n == 0)
			continue;
		open_(w, names[k], "[");
		for (size_t i = 0; i < s->io[k].n; i++) {
			const struct cg_io_entry *e = &s->io[k].e[i];

			open_(w, NULL, "{");
			num_opt(w, "major", e->major);
			num_opt(w, "minor", e->minor);
			text_opt(w, "op", e->op);
			num_opt(w, "value", e->value);
			close_(w, "}");
		}
		close_(w, "]");
	}
	psi_opt(w, &s->io_psi);
	close_(w, "}");
}

static void hugetlb(struct writer *w, const struct cg_stats *s)
{
	open_(w, "hugetlb", "{");
	for (size_t i = 0; i < s->n_huge; i++) {
		open_(w, s->huge[i].page_size, "{");
		num_opt(w, "usage", s->huge[i].usage);
		num_opt(w, "max", s->huge[i].max);
		num(w, "failcnt", s->huge[i].failcnt);
		close_(w, "}");
	}
	close_(w, "}");
}

static void rdt_nodes(struct writer *w, const struct cg_rdt_stats *s)
{
	if (s->has_mbm) {
		open_(w, "mbm_stats", "[");
		for (size_t i = 0; i < s->n_nodes; i++) {
			open_(w, NULL, "{");
			num_opt(w, "mbm_total_bytes", s->nodes[i].total_bytes);
			num_opt(w, "mbm_local_bytes", s->nodes[i].local_bytes);
			close_(w, "}");
		}
		close_(w, "]");
	}
	if (s->has_cmt) {
		open_(w, "cmt_stats", "[");
		for (size_t i = 0; i < s->n_nodes; i++) {
			open_(w, NULL, "{");
			num_opt(w, "llc_occupancy", s->nodes[i].llc_occupancy);
			close_(w, "}");
		}
		close_(w, "]");
	}
}

static void intel_rdt(struct writer *w, const struct cg_rdt_stats *s)
{
	open_(w, "intel_rdt", "{");
	if (s->has_l3) {
		open_(w, "l3_cache_info", "{");
		text_opt(w, "cbm_mask", s->cbm_mask);
		num_opt(w, "min_cbm_bits", s->min_cbm_bits);
		num_opt(w, "num_closids", s->l3_closids);
		close_(w, "}");
		text_opt(w, "l3_cache_schema_root", s->l3_root);
		text_opt(w, "l3_cache_schema", s->l3);
	}
	if (s->has_mb) {
		open_(w, "mem_bw_info", "{");
		num_opt(w, "bandwidth_gran", s->bandwidth_gran);
		num_opt(w, "delay_linear", s->delay_linear);
		num_opt(w, "min_bandwidth", s->min_bandwidth);
		num_opt(w, "num_closids", s->mb_closids);
		close_(w, "}");
		text_opt(w, "mem_bw_schema_root", s->mb_root);
		text_opt(w, "mem_bw_schema", s->mb);
	}
	rdt_nodes(w, s);
	close_(w, "}");
}

/* Go's default names: runc's type has no others. */
static void network(struct writer *w, const struct rt_net_interface *net, size_t n)
{
	if (n == 0) {
		begin(w, "network_interfaces");
		str_add(&w->s, "null");
		return;
	}
	open_(w, "network_interfaces", "[");
	for (size_t i = 0; i < n; i++) {
		open_(w, NULL, "{");
		begin(w, "Name");
		str_add_json(&w->s, net[i].name);
		num(w, "RxBytes", net[i].rx_bytes);
		num(w, "RxPackets", net[i].rx_packets);
		num(w, "RxErrors", net[i].rx_errors);
		num(w, "RxDropped", net[i].rx_dropped);
		num(w, "TxBytes", net[i].tx_bytes);
		num(w, "TxPackets", net[i].tx_packets);
		num(w, "TxErrors", net[i].tx_errors);
		num(w, "TxDropped", net[i].tx_dropped);
		close_(w, "}");
	}
	close_(w, "]");
}

char *rt_stats_json(const char *id, const struct cg_stats *s, const struct rt_net_interface *net,
		    size_t n_net)
{
	struct writer w = { 0 };

	open_(&w, NULL, "{\"type\":\"stats\",\"id\":");
	str_add_json(&w.s, id);
	w.comma = true;
	open_(&w, "data", "{");
	cpu(&w, s);
	cpuset(&w, s);
	memory(&w, s);
	open_(&w, "pids", "{");
	num_opt(&w, "current", s->pids);
	num_opt(&w, "limit", s->pids_limit);
	close_(&w, "}");
	blkio(&w, s);
	hugetlb(&w, s);
	intel_rdt(&w, &s->rdt);
	network(&w, net, n_net);
	close_(&w, "}}");
	return str_take(&w.s);
}
