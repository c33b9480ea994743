/*
 * cgroup v1: resources that are not one number in one file.
 *
 * Uses: specs.    Used by: cgroups.
 */
#include "cgroups/cg_internal.h"

#include "runtime/base/log.h"
#include "runtime/base/util.h"

/* The hierarchy of @ctl if it is a v1 one; v2 is cg_v2.c's. */
static const struct cg_hier *v1_of(const struct cg_compile *c, enum cg_ctl ctl)
{
	const struct cg_hier *h = cg_hier_of(c->hier, c->n_hier, ctl);

	return h && !h->v2 ? h : NULL;
}

static int memory(struct cg_compile *c, const struct oci_memory *m, struct husk_error *err)
{
	const struct cg_hier *h = v1_of(c, CG_MEMORY);

	(void)err;
	if (!h)
		return 0;
	/* Unlimited memory under limited memory+swap would still be limited. */
	if (m->has_limit && m->limit == -1 && (!m->has_swap || m->swap == 0))
		cg_add(c, h, CG_AT "memory/limit", "memory.memsw.limit_in_bytes", "-1")->flags |=
			CG_W_MAY_MISS;
	if (m->has_disable_oom_killer && m->disable_oom_killer) {
		struct cg_write *w = cg_add(c, h, CG_AT "memory/disableOOMKiller",
					    "memory.oom_control", "1");

		w->flags |= CG_W_KEYED;	/* it does not read as it is written */
		w->reset = "0";
	}
	if (m->has_kernel && m->kernel > 0)
		log_warn("%smemory/kernel: limits of kernel memory alone were removed from Linux, "
			 "ignoring", CG_AT);
	cg_warn_hierarchy(m);
	return 0;
}

/* The files have another prefix under the BFQ scheduler; CFQ, which had the plain name, is gone
 * since 5.0 but the name stays as a second try. */
static void weights(struct cg_compile *c, const struct cg_hier *h, const struct oci_block_io *b)
{
	struct cg_write *w;

	if (b->has_weight && b->weight) {
		w = cg_add(c, h, CG_AT "blockIO/weight", "blkio.bfq.weight",
			   cg_text(c, "%u", b->weight));
		w->alt_file = "blkio.weight";
		w->alt_text = w->text;
	}
	if (b->has_leaf_weight && b->leaf_weight)
		cg_add(c, h, CG_AT "blockIO/leafWeight", "blkio.leaf_weight",
		       cg_text(c, "%u", b->leaf_weight));
	for (size_t i = 0; i < b->n_weight_devices; i++) {
		const struct oci_weight_device *d = &b->weight_devices[i];
		const char *at = cg_text(c, CG_AT "blockIO/weightDevice/%zu", i);
		long long major = d->major, minor = d->minor;

		if (d->has_weight) {
			w = cg_add(c, h, at, "blkio.bfq.weight_device",
				   cg_text(c, "%lld:%lld %u", major, minor, d->weight));
			w->flags |= CG_W_KEYED;
			w->alt_file = "blkio.weight_device";
			w->alt_text = w->text;
			w->reset = cg_text(c, "%lld:%lld 0", major, minor);
		}
		if (d->has_leaf_weight) {
			w = cg_add(c, h, at, "blkio.leaf_weight_device",
				   cg_text(c, "%lld:%lld %u", major, minor, d->leaf_weight));
			w->flags |= CG_W_KEYED;
			w->reset = cg_text(c, "%lld:%lld 0", major, minor);
		}
	}
}

static void throttles(struct cg_compile *c, const struct cg_hier *h, const struct oci_block_io *b)
{
	const struct {
		const struct oci_throttle *t;
		size_t n;
		const char *member, *file;
	} kinds[] = {
		{ b->read_bps, b->n_read_bps, "throttleReadBpsDevice",
		  "blkio.throttle.read_bps_device" },
		{ b->write_bps, b->n_write_bps, "throttleWriteBpsDevice",
		  "blkio.throttle.write_bps_device" },
		{ b->read_iops, b->n_read_iops, "throttleReadIOPSDevice",
		  "blkio.throttle.read_iops_device" },
		{ b->write_iops, b->n_write_iops, "throttleWriteIOPSDevice",
		  "blkio.throttle.write_iops_device" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (size_t i = 0; i < kinds[k].n; i++) {
			const struct oci_throttle *t = &kinds[k].t[i];
			struct cg_write *w = cg_add(
				c, h, cg_text(c, CG_AT "blockIO/%s/%zu", kinds[k].member, i),
				kinds[k].file,
				cg_text(c, "%lld:%lld %llu", (long long)t->major,
					(long long)t->minor, (unsigned long long)t->rate));

			w->flags |= CG_W_KEYED;
			w->reset = cg_text(c, "%lld:%lld 0", (long long)t->major,
					   (long long)t->minor);
		}
	}
}

static bool has_block_io(const struct oci_block_io *b)
{
	return (b->has_weight && b->weight) || (b->has_leaf_weight && b->leaf_weight) ||
	       b->n_weight_devices || b->n_read_bps || b->n_write_bps || b->n_read_iops ||
	       b->n_write_iops;
}

static int block_io(struct cg_compile *c, const struct oci_block_io *b, struct husk_error *err)
{
	const struct cg_hier *h;

	if (!has_block_io(b))
		return 0;
	h = cg_need(c, CG_BLKIO, CG_AT "blockIO", err);
	if (!h)
		return -err->sys;
	if (h->v2)
		return 0;
	weights(c, h, b);
	throttles(c, h, b);
	return 0;
}

/* Only v1 has these; on v2 a packet filter does their work, which husk does not load. */
static int network(struct cg_compile *c, const struct oci_resources *res, struct husk_error *err)
{
	const struct cg_hier *h;

	if (res->has_class_id && res->class_id) {
		h = cg_need(c, CG_NET_CLS, CG_AT "network/classID", err);
		if (!h)
			return -err->sys;
		cg_add(c, h, CG_AT "network/classID", "net_cls.classid",
		       cg_text(c, "%u", res->class_id));
	}
	for (size_t i = 0; i < res->n_if_priorities; i++) {
		const struct oci_if_priority *p = &res->if_priorities[i];
		const char *at = cg_text(c, CG_AT "network/priorities/%zu", i);
		struct cg_write *w;

		h = cg_need(c, CG_NET_PRIO, at, err);
		if (!h)
			return -err->sys;
		w = cg_add(c, h, at, "net_prio.ifpriomap",
			   cg_text(c, "%.40s %u", p->name, p->priority));
		w->flags |= CG_W_KEYED;
		w->reset = cg_text(c, "%.40s 0", p->name);
	}
	return 0;
}

int cg_v1_compile(struct cg_compile *c, const struct oci_resources *res, struct husk_error *err)
{
	int ret = 0;

	if (res->memory)
		ret = memory(c, res->memory, err);
	if (ret == 0 && res->block_io)
		ret = block_io(c, res->block_io, err);
	if (ret == 0)
		ret = network(c, res, err);
	return ret;
}
