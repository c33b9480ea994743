/*
 * Capabilities of the configuration that are none.
 *
 * Uses: runtime/base, specs.    Used by: check.c.
 */
#include "runtime/process/caps.h"

#include "runtime/base/log.h"
#include "specs/specs.h"

void rt_caps_warn_unknown(const struct oci_caps *caps)
{
	for (size_t i = 0; caps && i < caps->n_unknown; i++)
		log_warn("/process/capabilities: unknown capability \"%s\", ignoring",
			 caps->unknown[i]);
}
