/*
 * husk-init's half: the process moves itself into its v1 cgroups.
 *
 * Uses: step.h.    Used by: runtime/init.
 */
#include "runtime/base/step.h"

#include <unistd.h>

/*
 * "0" is the writer.  Through `tasks` that moves one thread, and this process has no other; unlike
 * `cgroup.procs` it takes no write lock on the kernel's cgroup_threadgroup_rwsem, which waits for
 * an RCU grace period (7 ms in the median where cgroup.procs was measured, 0.03 ms for `tasks`).
 *
 * Should:  run before the cgroup namespace is made, so that its root is the container's cgroup.
 * Mustn't: be called when the process has more than one thread.
 */
int step_CG_JOIN(struct step_ctx *c, const struct plan_step *s)
{
	int fd = step_fd(c, s, 0);

	if (pwrite(fd, "0", 1, 0) != 1)
		return step_fail(c, "write tasks of cgroup", step_str(c, s, 1));
	/* A descriptor of the host, not to be had by whoever gets hold of us later. */
	(void)close(fd);
	c->fds[s->arg[0]] = -1;
	return 0;
}
