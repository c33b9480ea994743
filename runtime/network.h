/*
 * The container's network, for those without an engine: from the words of its annotations and of
 * struct husk_network to the calls of namespaces/ that make it and take it back.
 *
 * Uses: namespaces.    Used by: launch.c, create.c, serve.c, delete.c, validate.c, criu/checkpoint.c, criu/restore.c.
 */
#ifndef HUSK_RUNTIME_NETWORK_H
#define HUSK_RUNTIME_NETWORK_H

#include "runtime/launch.h"

/* Read what is asked for into l->network, and change the configuration accordingly.  Pure. */
int rt_network_read(struct rt_launch *l, struct husk_error *err);
/* What the annotations of @config ask for: refuse what makes no sense.  Changes @config. */
int rt_network_check(struct oci_config *config, struct husk_error *err);
/* Files that the launch plan's mounts need, in the container's directory. */
int rt_network_files(struct rt_launch *l, const struct container *c, struct husk_error *err);
/* The init asks: @fd is a socket in its namespace, of @protocol (NETLINK_*). */
int rt_network_answer(struct rt_launch *l, uint32_t protocol, int fd, struct husk_error *err);
/* Take back what was made; also after a creation that nobody finished. */
int rt_network_down(const struct husk *h, const struct container *c, struct husk_error *err);

/* Neither criu nor its images know of leases, rules and bridges. */
int rt_network_refuse_checkpoint(const struct container *c, struct husk_error *err);
int rt_network_refuse_restore(const struct rt_launch *l, struct husk_error *err);

#endif /* HUSK_RUNTIME_NETWORK_H */
