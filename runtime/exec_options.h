/*
 * The process of `exec`: the container's own, or a document's, with the caller's changes.
 *
 * Uses: specs.    Used by: exec.c.
 */
#ifndef HUSK_RUNTIME_EXEC_OPTIONS_H
#define HUSK_RUNTIME_EXEC_OPTIONS_H

#include "runtime/include/husk.h"
#include "specs/specs.h"

/* *out and what it points to live in @config's arena. */
int rt_exec_process(struct oci_config *config, const struct husk_exec_options *opts,
		    struct oci_process **out, struct husk_error *err);

#endif /* HUSK_RUNTIME_EXEC_OPTIONS_H */
