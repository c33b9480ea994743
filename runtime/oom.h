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
 * use, and what to set the limit to.  RT_OOM_ENOMEM: only if the limit was met.  @asked: the limit
 * of the configuration (0: none) counts where the cgroup is gone.  Returns -err->sys.
 */
int rt_oom_hint(const struct cgroup *cg, uint64_t asked, enum rt_oom how, struct husk_error *err);

/* systemd removes a scope after its last process, and with it what the kernel has counted: was this
 * cgroup limited to @asked bytes, and is it gone? */
bool rt_oom_untold(const struct cgroup *cg, uint64_t asked);

/* The configuration's limit in bytes; 0: none. */
uint64_t rt_oom_limit(const struct oci_linux *linux_);

/* The same for a limit of @limit bytes (of memory and swap where that is less), of which @peak were
 * in use at once, and which the kernel refused to exceed @failures times. */
void rt_oom_text(uint64_t limit, uint64_t peak, uint64_t failures, enum rt_oom how,
		 struct husk_error *err);

#endif /* HUSK_RUNTIME_OOM_H */
