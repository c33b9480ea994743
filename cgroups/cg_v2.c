/*
 * cgroup v2: resources whose unit or shape differs from the configuration's, which is v1's.
 *
 * Uses: specs.    Used by: cgroups.
 */
#include "cgroups/cg_internal.h"

#include "runtime/base/log.h"
#include "runtime/base/util.h"

/* ---- conversions ---------------------------------------------------------------------------- */

/* Binary logarithm of @x >= 1; the library links no libm.  Digits by repeated squaring; the error
 * stays below 1e-15. */
static double log2_of(double x)
{
	double log = 0, digit = 1;

	while (x >= 2) {
		x /= 2;
		log += 1;
	}
	for (unsigned i = 0; i < 52; i++) {
		x *= x;
		digit /= 2;
		if (x >= 2) {
			x /= 2;
			log += digit;
		}
	}
	return log;
}

/*
 * ceil(10^((l² + 125 l) / 612 - 7 / 34)) with l = log2(shares): through (2, 1), (1024, 100) and
 * (262144, 10000).  The least weight whose logarithm reaches the exponent is looked up; at 1024
 * both sides are equal, hence the margin.
 */
uint64_t cg_weight_of_shares(uint64_t shares)
{
	const double log2_10 = 3.32192809488736234787;
	uint64_t low = 1, high = 10000;
	double l, want;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2_of((double)shares);
	want = ((l * l + 125 * l) / 612 - 7.0 / 34) * log2_10;
	while (low < high) {
		uint64_t mid = (low + high) / 2;

		if (log2_of((double)mid) >= want - 1e-12)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

uint64_t cg_io_weight(uint16_t weight)
{
	return weight < 10 ? 1 : 1 + (uint64_t)(weight - 10) * 9999 / 990;
}

/* ---- members -------------------------------------------------------------------------------- */

static int swap(struct cg_compile *c, const struct cg_hier *h, const struct oci_memory *m,
		struct husk_error *err)
{
	const char *at = CG_AT "memory/swap";
	struct cg_write *w;

	/* v1's number is memory and swap together. */
	if ((m->has_swap && m->swap == -1) ||
	    (!(m->has_swap && m->swap) && m->has_limit && m->limit == -1)) {
		cg_add(c, h, at, "memory.swap.max", "max")->flags |= CG_W_MAY_MISS;
		return 0;
	}
	if (!m->has_swap || m->swap == 0)
		return 0;
	if (!m->has_limit || m->limit <= 0)
		return err_config(err, at, "needs memory.limit beside it: cgroup v2 counts swap "
				  "apart, and this number is memory and swap together");
	if (m->swap < m->limit)
		return err_config(err, at, "%lld is less than memory.limit, %lld, which is part of "
				  "it", (long long)m->swap, (long long)m->limit);
	w = cg_add(c, h, at, "memory.swap.max",
		   cg_text(c, "%lld", (long long)(m->swap - m->limit)));
	if (m->swap == m->limit)	/* a kernel without swap cannot swap */
		w->flags |= CG_W_MAY_MISS;
	return 0;
}

/* runc and youki ignore these on v2 and engines rely on it. */
static void warn_v1_only(const struct oci_memory *m)
{
	const struct {
		bool set;
		const char *member;
	} only[] = {
		{ m->has_swappiness, "swappiness" },
		{ m->has_kernel && m->kernel > 0, "kernel" },
		{ m->has_kernel_tcp && m->kernel_tcp > 0, "kernelTCP" },
		{ m->has_disable_oom_killer && m->disable_oom_killer, "disableOOMKiller" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(only); i++) {
		if (only[i].set)
			log_warn("%smemory/%s: cgroup v2 has no such setting, ignoring", CG_AT,
				 only[i].member);
	}
	cg_warn_hierarchy(m);
}

static int cpu(struct cg_compile *c, const struct cg_hier *h, const struct oci_cpu *cpu_,
	       struct husk_error *err)
{
	bool quota = cpu_->has_quota && cpu_->quota, period = cpu_->has_period && cpu_->period;

	if ((cpu_->has_rt_runtime && cpu_->rt_runtime) ||
	    (cpu_->has_rt_period && cpu_->rt_period)) {
		cg_err_at(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, CG_AT "cpu/realtimeRuntime",
			  "cgroup v2 cannot limit real-time scheduling");
		return err_hint(err, "remove cpu.realtimeRuntime and cpu.realtimePeriod");
	}
	/* An idle group has the least weight, and the kernel refuses another. */
	if (cpu_->has_shares && cpu_->shares && !(cpu_->has_idle && cpu_->idle == 1))
		cg_add(c, h, CG_AT "cpu/shares", "cpu.weight",
		       cg_text(c, "%llu",
			       (unsigned long long)cg_weight_of_shares(cpu_->shares)));
	if (quota && cpu_->quota > 0 && period)
		cg_add(c, h, CG_AT "cpu/quota", "cpu.max",
		       cg_text(c, "%lld %llu", (long long)cpu_->quota,
			       (unsigned long long)cpu_->period));
	else if (quota && period)
		cg_add(c, h, CG_AT "cpu/quota", "cpu.max",
		       cg_text(c, "max %llu", (unsigned long long)cpu_->period));
	else if (quota)		/* one number alone leaves the period as it is */
		cg_add(c, h, CG_AT "cpu/quota", "cpu.max",
		       cpu_->quota > 0 ? cg_text(c, "%lld", (long long)cpu_->quota) : "max");
	else if (period)
		cg_add(c, h, CG_AT "cpu/period", "cpu.max",
		       cg_text(c, "max %llu", (unsigned long long)cpu_->period))->flags |=
			CG_W_KEEP_FIRST;
	return 0;
}

static void weights(struct cg_compile *c, const struct cg_hier *h, const struct oci_block_io *b)
{
	struct cg_write *w;

	if (b->has_weight && b->weight) {
		w = cg_add(c, h, CG_AT "blockIO/weight", "io.bfq.weight",
			   cg_text(c, "%u", b->weight));
		w->alt_file = "io.weight";
		w->alt_text = cg_text(c, "default %llu",
				      (unsigned long long)cg_io_weight(b->weight));
	}
	for (size_t i = 0; i < b->n_weight_devices; i++) {
		const struct oci_weight_device *d = &b->weight_devices[i];
		long long major = d->major, minor = d->minor;

		if (!d->has_weight)
			continue;
		w = cg_add(c, h, cg_text(c, CG_AT "blockIO/weightDevice/%zu", i), "io.bfq.weight",
			   cg_text(c, "%lld:%lld %u", major, minor, d->weight));
		w->flags |= CG_W_KEYED;
		w->reset = cg_text(c, "%lld:%lld default", major, minor);
		w->alt_file = "io.weight";
		w->alt_text = cg_text(c, "%lld:%lld %llu", major, minor,
				      (unsigned long long)cg_io_weight(d->weight));
	}
	if (b->has_leaf_weight && b->leaf_weight)
		log_warn("%sblockIO/leafWeight: cgroup v2 has no such setting, ignoring", CG_AT);
}

static void throttles(struct cg_compile *c, const struct cg_hier *h, const struct oci_block_io *b)
{
	const struct {
		const struct oci_throttle *t;
		size_t n;
		const char *member, *key;
	} kinds[] = {
		{ b->read_bps, b->n_read_bps, "throttleReadBpsDevice", "rbps" },
		{ b->write_bps, b->n_write_bps, "throttleWriteBpsDevice", "wbps" },
		{ b->read_iops, b->n_read_iops, "throttleReadIOPSDevice", "riops" },
		{ b->write_iops, b->n_write_iops, "throttleWriteIOPSDevice", "wiops" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (size_t i = 0; i < kinds[k].n; i++) {
			const struct oci_throttle *t = &kinds[k].t[i];
			long long major = t->major, minor = t->minor;
			char rate[24] = "max";	/* 0 is "no limit", as on v1 */
			struct cg_write *w;

			if (t->rate)
				(void)snprintf(rate, sizeof(rate), "%llu",
					       (unsigned long long)t->rate);
			w = cg_add(c, h, cg_text(c, CG_AT "blockIO/%s/%zu", kinds[k].member, i),
				   "io.max", cg_text(c, "%lld:%lld %s=%s", major, minor,
						     kinds[k].key, rate));
			w->flags |= CG_W_KEYED;
			w->reset = cg_text(c, "%lld:%lld %s=max", major, minor, kinds[k].key);
		}
	}
}

int cg_v2_compile(struct cg_compile *c, const struct oci_resources *res, struct husk_error *err)
{
	const struct cg_hier *h;
	int ret = 0;

	h = cg_hier_of(c->hier, c->n_hier, CG_MEMORY);
	if (res->memory && h && h->v2) {
		warn_v1_only(res->memory);
		ret = swap(c, h, res->memory, err);
	}
	h = cg_hier_of(c->hier, c->n_hier, CG_CPU);
	if (ret == 0 && res->cpu && h && h->v2)
		ret = cpu(c, h, res->cpu, err);
	h = cg_hier_of(c->hier, c->n_hier, CG_BLKIO);
	if (ret == 0 && res->block_io && h && h->v2) {
		weights(c, h, res->block_io);
		throttles(c, h, res->block_io);
	}
	return ret;
}
