/*
 * How much memory a container would have needed that was killed for want of it while it started.
 *
 * The kernel tells the limit and the most that was in use, not what was asked for in vain.  What is
 * too little for husk-init itself is known: tests/bench/memory.sh measures it.  Beyond that it is
 * the program's need, which nobody knows; doubling finds it soon.
 *
 * Uses: oom.h.    Used by: prepare.c, serve.c.
 */
#include "runtime/oom.h"

#include "runtime/base/util.h"

enum {
	LEAST = 256 << 10,	/* starts a small static program: 143 KiB on v2, 175 on v1 */
	/* One allocation of the kernel's that is refused can be so large, as a stack is. */
	SLACK = 64 << 10,
};

/* v1's "no limit" is the largest multiple of a page. */
#define NO_LIMIT (UINT64_C(1) << 62)

void rt_oom_text(uint64_t limit, uint64_t peak, uint64_t failures, enum rt_oom how,
		 struct husk_error *err)
{
	unsigned long long n = limit, wanted = n < LEAST ? LEAST : 2 * n;
	bool met = limit < NO_LIMIT && (failures > 0 || peak + SLACK >= limit);

	if (!met && how == RT_OOM_ENOMEM)
		return;
	if (limit >= NO_LIMIT)
		(void)err_hint(err, "the container has no memory limit of its own: the memory of a "
			       "cgroup above it, or of the host, is used up");
	else if (!met)
		(void)err_hint(err, "at most %llu of the %llu bytes of its own limit were in use: the "
			       "memory of a cgroup above it, or of the host, is used up",
			       (unsigned long long)peak, n);
	else if (n < LEAST)
		(void)err_hint(err, "raise /linux/resources/memory/limit from %llu to %llu bytes, by "
			       "%llu: that much starts a small static program", n, wanted, wanted - n);
	else
		(void)err_hint(err, "raise /linux/resources/memory/limit: all of its %llu bytes were in "
			       "use when more was needed; try %llu", n, wanted);
}

uint64_t rt_oom_limit(const struct oci_linux *linux_)
{
	const struct oci_resources *res = linux_->resources;

	return res && res->memory && res->memory->has_limit && res->memory->limit > 0 ?
		       (uint64_t)res->memory->limit : 0;
}

bool rt_oom_untold(const struct cgroup *cg, uint64_t asked)
{
	struct husk_error ignored;
	struct cg_stats s;
	bool gone;

	if (!asked || cg_stats_read(cg, &s, &ignored) < 0)
		return false;
	gone = s.memory.limit == 0;
	cg_stats_done(&s);
	return gone;
}

int rt_oom_hint(const struct cgroup *cg, uint64_t asked, enum rt_oom how, struct husk_error *err)
{
	struct husk_error ignored;
	struct cg_stats s;

	if (cg_stats_read(cg, &s, &ignored) < 0)
		return -err->sys;
	/* v1 refuses at the limit of memory and swap, and counts only the failures of the other. */
	if (s.memory.limit == 0 && asked > 0)
		rt_oom_text(asked, asked, 1, how, err);
	else if (s.memory.limit > 0)
		rt_oom_text(MIN(s.memory.limit, s.swap.limit ? s.swap.limit : UINT64_MAX),
			    MAX(s.memory.max, s.memory.usage), s.memory.failcnt, how, err);
	cg_stats_done(&s);
	return -err->sys;
}
