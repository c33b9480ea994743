/*
 * The end of a container's init, and its exit status: see wait.c.
 *
 * Uses: container.h.    Used by: stop.c.
 */
#ifndef HUSK_RUNTIME_WAIT_H
#define HUSK_RUNTIME_WAIT_H

#include "runtime/container.h"

/* 1: the process of @pidfd has ended; 0: not within @timeout_ms (-1: without limit). */
int rt_wait_end(int pidfd, int timeout_ms, struct husk_error *err);

/*
 * How the process of @pidfd, the init of @c, ended, as wait(2) encodes it.  It may be anybody's
 * child, and is not collected.  What is learnt is written into the state directory.  Fails with ENODATA when nobody knows any more.
 */
int rt_wait_status(const struct container *c, int pidfd, int *status, struct husk_error *err);

#endif /* HUSK_RUNTIME_WAIT_H */
