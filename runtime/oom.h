/*
 * A container whose memory limit did not suffice to start it: see oom.c.
 *
 * Uses: cgroups.    Used by: prepare.c, serve.c.
 */
#ifndef HUSK_RUNTIME_OOM_H
#define HUSK_RUNTIME_OOM_H

#include "cgroups/cgroups.h"
#include "runtime/base/error.h"

/* How the kernel refused more memory. */
enum rt_oom {
	RT_OOM_KILLED,		/* by killing, or no page to begin with */
	RT_OOM_ENOMEM,		/* a call failed, which can have other reasons */
};

/*
 * Say in the hint of @err, a failure for lack of memory, how much there was, how much of it was in
 * use, and what to set the limit to.  RT_OOM_ENOMEM: only if the limit was met.  Returns -err->sys.
 */
int rt_oom_hint(const struct cgroup *cg, enum rt_oom how, struct husk_error *err);

/* The same for a limit of @limit bytes (of memory and swap where that is less), of which @peak were
 * in use at once, and which the kernel refused to exceed @failures times. */
void rt_oom_text(uint64_t limit, uint64_t peak, uint64_t failures, enum rt_oom how,
		 struct husk_error *err);

#endif /* HUSK_RUNTIME_OOM_H */
