/*
 * Hooks that run in the runtime's own namespaces: prestart, createRuntime, poststart, poststop.
 *
 * A hook gets the environment of its configuration and nothing else (CVE-2025-23266), the
 * container's state on standard input, the bundle as working directory, and no descriptor of ours.
 *
 * Uses: posix_spawn(3).    Used by: serve.c, start.c, delete.c.
 */
#ifndef HUSK_RUNTIME_HOOKS_H
#define HUSK_RUNTIME_HOOKS_H

#include "specs/specs.h"

/* Open @path, of an annotation, to append a hook's output to.  Owned by the caller. */
int rt_open_hook_output(const char *path, struct husk_error *err);

/* Run the hooks of @kind in order, stopping at the first that fails; but a poststop hook's failure is
 * only a warning. */
int rt_run_hooks(const struct oci_config *config, enum oci_hook_kind kind,
		 const struct oci_state *state, const char *status, struct husk_error *err);

#endif /* HUSK_RUNTIME_HOOKS_H */
