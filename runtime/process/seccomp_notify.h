/*
 * Handing a seccomp listener to the agent named by linux.seccomp.listenerPath.
 *
 * Uses: specs.    Used by: serve.c.
 */
#ifndef HUSK_RUNTIME_SECCOMP_NOTIFY_H
#define HUSK_RUNTIME_SECCOMP_NOTIFY_H

#include "specs/specs.h"

/* Where the configuration names no listenerPath, take @path (NULL: nothing). */
void rt_seccomp_receiver(struct oci_config *config, const char *path);

/* Send the "container process state" (runtime-spec config-linux.md, "Container Process State")
 * with @fd to the AF_UNIX stream socket listenerPath. */
int rt_send_seccomp_fd(const struct oci_config *config, const struct oci_state *state, int fd,
		       struct husk_error *err);

#endif /* HUSK_RUNTIME_SECCOMP_NOTIFY_H */
