/*
 * A check of husk-init's own: besides 0, 1, 2 and what the caller preserves, exactly the descriptors of
 * the plan's table are open, and none of those survives execve(2).
 *
 * Only builds with HUSK_CHECKED contain it (SAN=1, WEAKEN=1), where every integration case asks it before
 * the container waits for start and before the program's filter or the program itself.
 *
 * Uses: init.h.    Used by: main.c, spawn.c.
 */
#ifndef HUSK_INIT_FD_CHECK_H
#define HUSK_INIT_FD_CHECK_H

#include "runtime/init/init.h"

#ifdef HUSK_CHECKED
/* Fails the step when it is not so; @preserved: descriptors 3 to 3+@preserved-1 are the program's. */
int init_check_fds(struct step_ctx *c, int preserved);
#else
#define init_check_fds(c, preserved) ((void)(c), (void)(preserved), 0)
#endif

#endif /* HUSK_INIT_FD_CHECK_H */
