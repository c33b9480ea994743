/*
 * Capabilities: their names, and those of the configuration that are none.
 *
 * Uses: runtime/base, specs.    Used by: check.c, features.c, doctor.
 */
#include "runtime/process/caps.h"

#include <stddef.h>
#include <sys/prctl.h>

#include "runtime/base/log.h"
#include "runtime/base/util.h"
#include "specs/specs.h"

const char *rt_cap_name(unsigned cap)
{
	static const char *const names[] = {
#define X(name) #name,
		RT_CAPABILITIES(X)
#undef X
	};

	return cap < ARRAY_SIZE(names) && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0 ? names[cap] : NULL;
}

void rt_caps_warn_unknown(const struct oci_caps *caps)
{
	for (size_t i = 0; caps && i < caps->n_unknown; i++)
		log_warn("/process/capabilities: unknown capability \"%s\", ignoring",
			 caps->unknown[i]);
}
