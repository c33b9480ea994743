/*
 * What only the caller can do for the container's process.
 *
 * Uses: runtime/base, specs.    Used by: runtime.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/process/process.h"

static bool may_raise_limits(bool first_userns)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	return first_userns && syscall(SYS_capget, &head, data) == 0 &&
	       (data[CAP_SYS_RESOURCE / 32].effective & 1u << CAP_SYS_RESOURCE % 32);
}

static const char *limit_text(rlim_t limit, char *buf, size_t size)
{
	if (limit == RLIM_INFINITY)
		return "unlimited";
	(void)snprintf(buf, size, "%llu", (unsigned long long)limit);
	return buf;
}

/*
 * Limits are set when the program starts, so that hooks and husk-init do not run with them.  That
 * would be late to find out that one is above the caller's own: runtimes have refused it at create.
 */
int rt_process_check_limits(const struct oci_process *process, bool first_userns,
			    struct husk_error *err)
{
	for (size_t i = 0; i < process->n_rlimits; i++) {
		const struct oci_rlimit *r = &process->rlimits[i];
		char asked[24], own[24];
		struct rlimit now;

		if (getrlimit(r->resource, &now) < 0 ||
		    r->hard <= now.rlim_max || may_raise_limits(first_userns))
			continue;
		(void)err_new(err, HUSK_E_SYSTEM, EPERM,
			      "setrlimit %s to %s (the caller's own is %s, and raising a hard "
			      "limit needs CAP_SYS_RESOURCE on the host): %s", r->name,
			      limit_text(r->hard, asked, sizeof(asked)),
			      limit_text(now.rlim_max, own, sizeof(own)), strerror(EPERM));
		(void)snprintf(err->pointer, sizeof(err->pointer), "/process/rlimits/%zu", i);
		return err_hint(err, "ask for no more than %s, or raise the caller's limit (ulimit -H)",
				limit_text(now.rlim_max, own, sizeof(own)));
	}
	return 0;
}

void rt_process_raise_limits(pid_t pid, const struct oci_process *process)
{
	for (size_t i = 0; i < process->n_rlimits; i++) {
		const struct oci_rlimit *r = &process->rlimits[i];
		struct rlimit now;

		if (prlimit(pid, r->resource, NULL, &now) < 0 ||
		    now.rlim_max >= r->hard)
			continue;
		now.rlim_max = r->hard;
		if (prlimit(pid, r->resource, &now, NULL) < 0)
			log_debug("prlimit %d %s: %s", (int)pid, r->name, strerror(errno));
	}
}
