/*
 * Statistics as JSON: runc's types (its types/events.go) member by member, in its order, with its
 * rules of what is left out when it is 0.
 *
 * Uses: stats.h.    Used by: stats.c.
 */
#include "runtime/stats.h"

#include <stdio.h>

#include "runtime/base/json_write.h"

/* Go's omitempty */
static void num_opt(struct json_writer *w, const char *key, uint64_t value)
{
	if (value)
		json_put_uint(w, key, value);
}

static void text_opt(struct json_writer *w, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	json_put_string(w, key, value);
}

static void list_opt(struct json_writer *w, const char *key, const uint64_t *list, size_t n)
{
	if (n == 0)
		return;
	json_open(w, key, '[');
	for (size_t i = 0; i < n; i++)
		json_put_uint(w, NULL, list[i]);
	json_close(w, ']');
}

static void ids_opt(struct json_writer *w, const char *key, const uint16_t *list, size_t n)
{
	if (n == 0)
		return;
	json_open(w, key, '[');
	for (size_t i = 0; i < n; i++)
		json_put_uint(w, NULL, list[i]);
	json_close(w, ']');
}

/* ---- pressure ------------------------------------------------------------------------------- */

/* As Go prints the shortest form: 0, 1.5, 0.25. */
static void percent(struct json_writer *w, const char *key, unsigned hundredths)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%u", hundredths / 100);

	if (hundredths % 10)
		(void)snprintf(text + n, sizeof(text) - (size_t)n, ".%02u", hundredths % 100);
	else if (hundredths % 100)
		(void)snprintf(text + n, sizeof(text) - (size_t)n, ".%u", hundredths % 100 / 10);
	json_put_raw(w, key, text);
}

static void psi_line(struct json_writer *w, const char *key, const struct cg_psi_line *l)
{
	json_open(w, key, '{');
	percent(w, "avg10", l->avg10);
	percent(w, "avg60", l->avg60);
	percent(w, "avg300", l->avg300);
	json_put_uint(w, "total", l->total);
	json_close(w, '}');
}

static void psi_opt(struct json_writer *w, const struct cg_psi *psi)
{
	if (!psi->known)
		return;
	json_open(w, "psi", '{');
	psi_line(w, "some", &psi->some);
	psi_line(w, "full", &psi->full);
	json_close(w, '}');
}

/* ---- the subjects --------------------------------------------------------------------------- */

static void cpu(struct json_writer *w, const struct cg_stats *s)
{
	json_open(w, "cpu", '{');
	json_open(w, "usage", '{');
	num_opt(w, "total", s->cpu_total);
	list_opt(w, "percpu", s->percpu, s->n_percpu);
	list_opt(w, "percpu_kernel", s->percpu_kernel, s->n_percpu_mode);
	list_opt(w, "percpu_user", s->percpu_user, s->n_percpu_mode);
	json_put_uint(w, "kernel", s->cpu_kernel);
	json_put_uint(w, "user", s->cpu_user);
	json_close(w, '}');
	json_open(w, "throttling", '{');
	num_opt(w, "periods", s->periods);
	num_opt(w, "throttledPeriods", s->throttled_periods);
	num_opt(w, "throttledTime", s->throttled_time);
	json_close(w, '}');
	psi_opt(w, &s->cpu_psi);
	json_close(w, '}');
}

static void cpuset(struct json_writer *w, const struct cg_stats *s)
{
	static const char *const names[CG_CPUSET_FLAGS] = {
		[CG_CPU_EXCLUSIVE] = "cpu_exclusive", [CG_MEM_HARDWALL] = "mem_hardwall",
		[CG_MEM_EXCLUSIVE] = "mem_exclusive", [CG_MEMORY_MIGRATE] = "memory_migrate",
		[CG_SPREAD_PAGE] = "memory_spread_page", [CG_SPREAD_SLAB] = "memory_spread_slab",
		[CG_MEMORY_PRESSURE] = "memory_pressure", [CG_LOAD_BALANCE] = "sched_load_balance",
		[CG_RELAX_DOMAIN] = "sched_relax_domain_level",
	};

	json_open(w, "cpuset", '{');
	ids_opt(w, "cpus", s->cpus, s->n_cpus);
	for (unsigned f = 0; f < CG_CPUSET_FLAGS; f++) {
		if (f == CG_MEM_HARDWALL)
			ids_opt(w, "mems", s->mems, s->n_mems);
		json_put_int(w, names[f], s->cpuset[f]);
	}
	json_close(w, '}');
}

static void counter(struct json_writer *w, const char *key, const struct cg_counter *c)
{
	json_open(w, key, '{');
	json_put_uint(w, "limit", c->limit);
	num_opt(w, "usage", c->usage);
	num_opt(w, "max", c->max);
	json_put_uint(w, "failcnt", c->failcnt);
	json_close(w, '}');
}

static void memory(struct json_writer *w, const struct cg_stats *s)
{
	json_open(w, "memory", '{');
	num_opt(w, "cache", s->cache);
	counter(w, "usage", &s->memory);
	counter(w, "swap", &s->swap);
	counter(w, "kernel", &s->kernel);
	counter(w, "kernelTCP", &s->kernel_tcp);
	if (s->n_raw) {
		json_open(w, "raw", '{');
		for (size_t i = 0; i < s->n_raw; i++)
			json_put_uint(w, s->raw[i].key, s->raw[i].value);
		json_close(w, '}');
	}
	psi_opt(w, &s->memory_psi);
	json_close(w, '}');
}

static void blkio(struct json_writer *w, const struct cg_stats *s)
{
	static const char *const names[CG_IO_KINDS] = {
		[CG_IO_BYTES] = "ioServiceBytesRecursive", [CG_IO_SERVICED] = "ioServicedRecursive",
		[CG_IO_QUEUED] = "ioQueueRecursive",
		[CG_IO_SERVICE_TIME] = "ioServiceTimeRecursive",
		[CG_IO_WAIT_TIME] = "ioWaitTimeRecursive", [CG_IO_MERGED] = "ioMergedRecursive",
		[CG_IO_TIME] = "ioTimeRecursive", [CG_IO_SECTORS] = "sectorsRecursive",
	};

	json_open(w, "blkio", '{');
	for (unsigned k = 0; k < CG_IO_KINDS; k++) {
		if (s->io[k].n == 0)
			continue;
		json_open(w, names[k], '[');
		for (size_t i = 0; i < s->io[k].n; i++) {
			const struct cg_io_entry *e = &s->io[k].e[i];

			json_open(w, NULL, '{');
			num_opt(w, "major", e->major);
			num_opt(w, "minor", e->minor);
			text_opt(w, "op", e->op);
			num_opt(w, "value", e->value);
			json_close(w, '}');
		}
		json_close(w, ']');
	}
	psi_opt(w, &s->io_psi);
	json_close(w, '}');
}

static void hugetlb(struct json_writer *w, const struct cg_stats *s)
{
	json_open(w, "hugetlb", '{');
	for (size_t i = 0; i < s->n_huge; i++) {
		json_open(w, s->huge[i].page_size, '{');
		num_opt(w, "usage", s->huge[i].usage);
		num_opt(w, "max", s->huge[i].max);
		json_put_uint(w, "failcnt", s->huge[i].failcnt);
		json_close(w, '}');
	}
	json_close(w, '}');
}

static void rdt_nodes(struct json_writer *w, const struct cg_rdt_stats *s)
{
	if (s->has_mbm) {
		json_open(w, "mbm_stats", '[');
		for (size_t i = 0; i < s->n_nodes; i++) {
			json_open(w, NULL, '{');
			num_opt(w, "mbm_total_bytes", s->nodes[i].total_bytes);
			num_opt(w, "mbm_local_bytes", s->nodes[i].local_bytes);
			json_close(w, '}');
		}
		json_close(w, ']');
	}
	if (s->has_cmt) {
		json_open(w, "cmt_stats", '[');
		for (size_t i = 0; i < s->n_nodes; i++) {
			json_open(w, NULL, '{');
			num_opt(w, "llc_occupancy", s->nodes[i].llc_occupancy);
			json_close(w, '}');
		}
		json_close(w, ']');
	}
}

static void intel_rdt(struct json_writer *w, const struct cg_rdt_stats *s)
{
	json_open(w, "intel_rdt", '{');
	if (s->has_l3) {
		json_open(w, "l3_cache_info", '{');
		text_opt(w, "cbm_mask", s->cbm_mask);
		num_opt(w, "min_cbm_bits", s->min_cbm_bits);
		num_opt(w, "num_closids", s->l3_closids);
		json_close(w, '}');
		text_opt(w, "l3_cache_schema_root", s->l3_root);
		text_opt(w, "l3_cache_schema", s->l3);
	}
	if (s->has_mb) {
		json_open(w, "mem_bw_info", '{');
		num_opt(w, "bandwidth_gran", s->bandwidth_gran);
		num_opt(w, "delay_linear", s->delay_linear);
		num_opt(w, "min_bandwidth", s->min_bandwidth);
		num_opt(w, "num_closids", s->mb_closids);
		json_close(w, '}');
		text_opt(w, "mem_bw_schema_root", s->mb_root);
		text_opt(w, "mem_bw_schema", s->mb);
	}
	rdt_nodes(w, s);
	json_close(w, '}');
}

/* Go's default names: runc's type has no others. */
static void network(struct json_writer *w, const struct rt_net_interface *net, size_t n)
{
	if (n == 0) {
		json_put_raw(w, "network_interfaces", "null");
		return;
	}
	json_open(w, "network_interfaces", '[');
	for (size_t i = 0; i < n; i++) {
		json_open(w, NULL, '{');
		json_put_string(w, "Name", net[i].name);
		json_put_uint(w, "RxBytes", net[i].rx_bytes);
		json_put_uint(w, "RxPackets", net[i].rx_packets);
		json_put_uint(w, "RxErrors", net[i].rx_errors);
		json_put_uint(w, "RxDropped", net[i].rx_dropped);
		json_put_uint(w, "TxBytes", net[i].tx_bytes);
		json_put_uint(w, "TxPackets", net[i].tx_packets);
		json_put_uint(w, "TxErrors", net[i].tx_errors);
		json_put_uint(w, "TxDropped", net[i].tx_dropped);
		json_close(w, '}');
	}
	json_close(w, ']');
}

char *rt_stats_json(const char *id, const struct cg_stats *s, const struct rt_net_interface *net,
		    size_t n_net)
{
	struct json_writer w = { 0 };

	json_open(&w, NULL, '{');
	json_put_string(&w, "type", "stats");
	json_put_string(&w, "id", id);
	json_open(&w, "data", '{');
	cpu(&w, s);
	cpuset(&w, s);
	memory(&w, s);
	json_open(&w, "pids", '{');
	num_opt(&w, "current", s->pids);
	num_opt(&w, "limit", s->pids_limit);
	json_close(&w, '}');
	blkio(&w, s);
	hugetlb(&w, s);
	intel_rdt(&w, &s->rdt);
	network(&w, net, n_net);
	json_close(&w, '}');
	json_close(&w, '}');
	return str_take(&w.out);
}
