/*
 * What only the caller can do for the container's process.
 *
 * Uses: runtime/base, specs.    Used by: runtime.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "runtime/base/log.h"
#include "runtime/process_plan.h"

void rt_process_raise_limits(pid_t pid, const struct oci_process *process)
{
	for (size_t i = 0; i < process->n_rlimits; i++) {
		const struct oci_rlimit *r = &process->rlimits[i];
		struct rlimit now;

		if (prlimit(pid, (__rlimit_resource_t)r->resource, NULL, &now) < 0 ||
		    now.rlim_max >= r->hard)
			continue;
		now.rlim_max = r->hard;
		if (prlimit(pid, (__rlimit_resource_t)r->resource, &now, NULL) < 0)
			log_debug("prlimit %d %s: %s", (int)pid, r->name, strerror(errno));
	}
}
