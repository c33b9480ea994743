/*
 * The configuration's resources as writes to cgroup files: the table of members that are one
 * number in one file, and what is alike on v1 and v2.
 *
 * A value of 0 means "unset" where engines send it so (marked CG_M_ZERO_UNSET); runc and crun read
 * it the same way.
 *
 * Uses: specs.    Used by: cgroups.
 */
#include "cgroups/cg_internal.h"

#include <stdarg.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/base/weak.h"

enum { CG_M_ZERO_UNSET = 1, CG_M_MINUS_IS_MAX = 2, CG_M_MAY_MISS = 4 };
enum cg_kind { CG_K_U64, CG_K_I64, CG_K_STR };
enum cg_group { CG_G_MEMORY, CG_G_CPU };

/* One member and its files; a NULL file: see cg_v1.c or cg_v2.c. */
struct cg_member {
	enum cg_ctl ctl;
	enum cg_group group;
	enum cg_kind kind;
	size_t has, value;	/* offsets in the group's struct; strings have no `has` */
	const char *pointer, *v1_file, *v2_file;
	unsigned flags;
};

#define MEM(m) CG_MEMORY, CG_G_MEMORY, CG_K_I64, offsetof(struct oci_memory, has_##m), \
	       offsetof(struct oci_memory, m)
#define MEM_U(m) CG_MEMORY, CG_G_MEMORY, CG_K_U64, offsetof(struct oci_memory, has_##m), \
		 offsetof(struct oci_memory, m)
#define CPU_U(m) CG_CPU, CG_G_CPU, CG_K_U64, offsetof(struct oci_cpu, has_##m), \
		 offsetof(struct oci_cpu, m)
#define CPU_I(m) CG_CPU, CG_G_CPU, CG_K_I64, offsetof(struct oci_cpu, has_##m), \
		 offsetof(struct oci_cpu, m)
#define CPUSET(m) CG_CPUSET, CG_G_CPU, CG_K_STR, 0, offsetof(struct oci_cpu, m)

/*
 * In the order of writing.  Where the kernel wants another one for an update (memory+swap above
 * memory, quota against period), it answers EINVAL, and cg_apply() tries again at the end.
 */
static const struct cg_member members[] = {
	{ MEM(limit), CG_AT "memory/limit", "memory.limit_in_bytes", "memory.max",
	  CG_M_ZERO_UNSET | CG_M_MINUS_IS_MAX },
	{ MEM(reservation), CG_AT "memory/reservation", "memory.soft_limit_in_bytes",
	  "memory.low", CG_M_ZERO_UNSET | CG_M_MINUS_IS_MAX },
	{ MEM(swap), CG_AT "memory/swap", "memory.memsw.limit_in_bytes", NULL, CG_M_ZERO_UNSET },
	{ MEM(kernel_tcp), CG_AT "memory/kernelTCP", "memory.kmem.tcp.limit_in_bytes", NULL,
	  CG_M_ZERO_UNSET | CG_M_MAY_MISS },
	{ MEM_U(swappiness), CG_AT "memory/swappiness", "memory.swappiness", NULL, 0 },
	{ CPU_U(shares), CG_AT "cpu/shares", "cpu.shares", NULL, CG_M_ZERO_UNSET },
	{ CPU_U(period), CG_AT "cpu/period", "cpu.cfs_period_us", NULL, CG_M_ZERO_UNSET },
	{ CPU_I(quota), CG_AT "cpu/quota", "cpu.cfs_quota_us", NULL, CG_M_ZERO_UNSET },
	{ CPU_U(burst), CG_AT "cpu/burst", "cpu.cfs_burst_us", "cpu.max.burst", 0 },
	{ CPU_U(rt_period), CG_AT "cpu/realtimePeriod", "cpu.rt_period_us", NULL,
	  CG_M_ZERO_UNSET },
	{ CPU_I(rt_runtime), CG_AT "cpu/realtimeRuntime", "cpu.rt_runtime_us", NULL,
	  CG_M_ZERO_UNSET },
	{ CPU_I(idle), CG_AT "cpu/idle", "cpu.idle", "cpu.idle", 0 },
	{ CPUSET(cpus), CG_AT "cpu/cpus", "cpuset.cpus", "cpuset.cpus", 0 },
	{ CPUSET(mems), CG_AT "cpu/mems", "cpuset.mems", "cpuset.mems", 0 },
};

void cg_warn_hierarchy(const struct oci_memory *m)
{
	if (m->has_use_hierarchy && !m->use_hierarchy)
		log_warn("%smemory/useHierarchy: Linux counts memory with that of the cgroups below, "
			 "always, ignoring", CG_AT);
}

/* ---- building the list ---------------------------------------------------------------------- */

char *cg_text(struct cg_compile *c, const char *fmt, ...)
{
	char buf[256];
	char *s;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	s = arena_strdup(c->out->arena, buf);
	if (!s)
		c->out->failed = true;
	return s;
}

struct cg_write *cg_add(struct cg_compile *c, const struct cg_hier *h, const char *pointer,
			const char *file, const char *text)
{
	struct cg_writes *ws = c->out;

	if (ws->n == ws->cap) {
		size_t cap = ws->cap ? ws->cap * 2 : 16;
		struct cg_write *w = arena_array(ws->arena, cap, sizeof(*w));

		if (!w) {
			ws->failed = true;
			return &ws->scrap;
		}
		if (ws->n)
			memcpy(w, ws->w, ws->n * sizeof(*w));
		ws->w = w;
		ws->cap = cap;
	}
	if (h->v2) {
		enum cg_ctl ctl = cg_ctl_parse(file, strcspn(file, "."));

		if (ctl != CG_CTLS)
			ws->v2_ctls |= CG_BIT(ctl);
	}
	ws->w[ws->n] = (struct cg_write){
		.hier = (size_t)(h - c->hier), .file = file, .text = text, .pointer = pointer,
	};
	return &ws->w[ws->n++];
}

static int err_delegation(struct husk_error *err, const char *pointer, const char *ctl)
{
	cg_err_at(err, HUSK_E_UNSUPPORTED, EACCES, pointer,
		  "the %s controller has not been delegated to this user", ctl);
	return err_hint(err, "run it in a delegated cgroup (systemd-run --user --scope -p "
			"Delegate=yes ...), or remove the limit");
}

const struct cg_hier *cg_need(struct cg_compile *c, enum cg_ctl ctl, const char *pointer,
			      struct husk_error *err)
{
	const struct cg_hier *h = cg_hier_of(c->hier, c->n_hier, ctl);
	bool v2 = false;

	if (h)
		return h;
	for (size_t i = 0; i < c->n_hier; i++)
		v2 |= c->hier[i].v2;
	if (c->manager == CG_NONE) {
		cg_err_at(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, pointer,
			  "cannot set limits without cgroups");
		err_hint(err, "use the cgroupfs manager, or remove the limit");
	} else if (c->rootless) {
		err_delegation(err, pointer, cg_ctl_name(ctl, v2));
	} else {
		cg_err_at(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, pointer,
			  "the %s controller is not available on this host",
			  cg_ctl_name(ctl, v2));
		err_hint(err, "mount its hierarchy or enable it (kernel command line, "
			 "cgroup.subtree_control of the parents), or remove the setting");
	}
	return NULL;
}

/* ---- members -------------------------------------------------------------------------------- */

static const void *group_of(const struct oci_resources *res, enum cg_group group)
{
	return group == CG_G_MEMORY ? (const void *)res->memory : (const void *)res->cpu;
}

/* The text of a member, or NULL when it is not set. */
static const char *member_text(struct cg_compile *c, const struct cg_member *m,
			       const char *group, bool v2)
{
	const char *at = group + m->value;
	int64_t i;
	uint64_t u;

	if (m->kind == CG_K_STR) {
		const char *s = *(const char *const *)(const void *)at;

		return s && *s ? arena_strdup(c->out->arena, s) : NULL;
	}
	if (!*(const bool *)(const void *)(group + m->has))
		return NULL;
	memcpy(&i, at, sizeof(i));
	memcpy(&u, at, sizeof(u));
	if (u == 0 && (m->flags & CG_M_ZERO_UNSET))
		return NULL;
	if (m->kind == CG_K_U64)
		return cg_text(c, "%llu", (unsigned long long)u);
	if (i < 0 && v2 && (m->flags & CG_M_MINUS_IS_MAX))
		return "max";
	return cg_text(c, "%lld", (long long)i);
}

static int compile_member(struct cg_compile *c, const struct oci_resources *res,
			  const struct cg_member *m, struct husk_error *err)
{
	const char *group = group_of(res, m->group);
	const struct cg_hier *h;
	const char *text, *file;
	struct cg_write *w;

	text = group ? member_text(c, m, group, false) : NULL;
	if (!text)
		return 0;
	h = cg_hier_of(c->hier, c->n_hier, m->ctl);
	if (!h && *text == '-')		/* "unlimited" needs no controller */
		return 0;
	if (h && h->v2)
		text = member_text(c, m, group, true);
	if (h && !(h->v2 ? m->v2_file : m->v1_file))
		return 0;	/* cg_v2.c's */
	h = cg_need(c, m->ctl, m->pointer, err);
	if (!h)
		return -err->sys;
	file = h->v2 ? m->v2_file : m->v1_file;
	w = cg_add(c, h, m->pointer, file, text);
	if (m->flags & CG_M_MAY_MISS)
		w->flags |= CG_W_MAY_MISS;
	if (m->ctl == CG_CPUSET && !h->v2) {
		c->out->cpus |= strcmp(file, "cpuset.cpus") == 0;
		c->out->mems |= strcmp(file, "cpuset.mems") == 0;
	}
	return 0;
}

/* 0 is a limit.  On v2 it becomes 1, the container's first process: that one is made inside the
 * cgroup (CLONE_INTO_CGROUP), which a 0 would refuse.  On v1 joining is not counted. */
static int compile_pids(struct cg_compile *c, const struct oci_resources *res,
			struct husk_error *err)
{
	const struct cg_hier *h;
	int64_t limit = res->pids_limit;

	if (!res->has_pids_limit)
		return 0;
	/* "unlimited" needs no controller */
	if (limit < 0 && !cg_hier_of(c->hier, c->n_hier, CG_PIDS))
		return 0;
	h = cg_need(c, CG_PIDS, CG_AT "pids/limit", err);
	if (!h)
		return -err->sys;
	if (limit == 0 && h->v2)
		limit = 1;
	cg_add(c, h, CG_AT "pids/limit", "pids.max",
	       limit < 0 ? "max" : cg_text(c, "%lld", (long long)limit));
	return 0;
}

/* Pages reserved by mmap() first, where the kernel counts them (since 5.7), then pages used. */
static int compile_hugepages(struct cg_compile *c, const struct oci_resources *res,
			     struct husk_error *err)
{
	for (size_t i = 0; i < res->n_hugepages; i++) {
		const struct oci_hugepage_limit *l = &res->hugepages[i];
		const char *at = cg_text(c, CG_AT "hugepageLimits/%zu", i);
		const struct cg_hier *h = cg_need(c, CG_HUGETLB, at, err);
		const char *text, *suffix;

		if (!h)
			return -err->sys;
		if (!*l->page_size || strspn(l->page_size, "0123456789KMGB") !=
		    strlen(l->page_size))
			return err_config(err, at, "\"%.40s\" is not a page size like \"2MB\"",
					  l->page_size);
		suffix = h->v2 ? "max" : "limit_in_bytes";
		text = cg_text(c, "%llu", (unsigned long long)l->limit);
		cg_add(c, h, at, cg_text(c, "hugetlb.%.40s.rsvd.%s", l->page_size, suffix),
		       text)->flags |= CG_W_MAY_MISS;
		cg_add(c, h, at, cg_text(c, "hugetlb.%.40s.%s", l->page_size, suffix), text);
	}
	return 0;
}

static int compile_rdma(struct cg_compile *c, const struct oci_resources *res,
			struct husk_error *err)
{
	for (size_t i = 0; i < res->n_rdma; i++) {
		const struct oci_rdma *r = &res->rdma[i];
		const char *at = cg_text(c, CG_AT "rdma/%.100s", r->device);
		const struct cg_hier *h = cg_need(c, CG_RDMA, at, err);
		char handles[40] = "", objects[40] = "";
		struct cg_write *w;

		if (!h)
			return -err->sys;
		if (r->has_handles)
			(void)snprintf(handles, sizeof(handles), " hca_handle=%u", r->handles);
		if (r->has_objects)
			(void)snprintf(objects, sizeof(objects), " hca_object=%u", r->objects);
		w = cg_add(c, h, at, "rdma.max",
			   cg_text(c, "%.100s%s%s", r->device, handles, objects));
		w->flags |= CG_W_KEYED;
		w->reset = cg_text(c, "%.100s hca_handle=max hca_object=max", r->device);
	}
	return 0;
}

/* One of the unified map's entries; a file may take several lines, each a write of its own. */
static int compile_unified_entry(struct cg_compile *c, const struct oci_pair *pair,
				 struct husk_error *err)
{
	const char *at = cg_text(c, CG_AT "unified/%.120s", pair->key);
	const struct cg_hier *v2 = cg_hier_v2(c->hier, c->n_hier);
	size_t len = strcspn(pair->key, ".");
	enum cg_ctl ctl = cg_ctl_parse(pair->key, len);
	char *file, *line, *save = NULL;
	struct cg_write *w;

	if (!weakened("unified-key") &&
	    (strcspn(pair->key, "/") != strlen(pair->key) || pair->key[len] != '.'))
		return err_config(err, at, "\"%.80s\" is not the name of a cgroup v2 file",
				  pair->key);
	if (!v2 && c->rootless && c->n_hier)
		return err_delegation(err, at, "cgroup v2");
	if (!v2)
		return cg_err_at(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, at,
				 "needs cgroup v2, which is not mounted here");
	if (!(len == 6 && memcmp(pair->key, "cgroup", 6) == 0)) {
		if (ctl == CG_CTLS || !(v2->ctls & CG_BIT(ctl)))
			return cg_err_at(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, at,
					 "cgroup v2 has no controller \"%.*s\" here", (int)len,
					 pair->key);
	}
	file = arena_strdup(c->out->arena, pair->key);
	line = arena_strdup(c->out->arena, pair->value);
	if (!file || !line)
		return err_nomem(err, "cgroups");
	if (strchr(line, '\n') == NULL) {
		cg_add(c, v2, at, file, line);
		return 0;
	}
	for (line = strtok_r(line, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		w = cg_add(c, v2, at, file, line);
		w->flags |= CG_W_KEYED;
	}
	return 0;
}

int cg_compile(struct cg_compile *c, const struct oci_resources *res, struct husk_error *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(members); i++)
		ret = compile_member(c, res, &members[i], err);
	if (ret == 0)
		ret = cg_v1_compile(c, res, err);
	if (ret == 0)
		ret = cg_v2_compile(c, res, err);
	if (ret == 0)
		ret = compile_pids(c, res, err);
	if (ret == 0)
		ret = compile_hugepages(c, res, err);
	if (ret == 0)
		ret = compile_rdma(c, res, err);
	for (size_t i = 0; ret == 0 && i < res->n_unified; i++)
		ret = compile_unified_entry(c, &res->unified[i], err);
	if (ret == 0 && c->out->failed)
		ret = err_nomem(err, "cgroups");
	return ret;
}
