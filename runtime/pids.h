/*
 * The processes of a container that has no cgroup to count them, as an ordinary user's.
 *
 * Uses: procfs.    Used by: query.c.
 */
#ifndef HUSK_RUNTIME_PIDS_H
#define HUSK_RUNTIME_PIDS_H

#include <stddef.h>
#include <sys/types.h>

#include "runtime/base/error.h"

/*
 * The pids, in ascending order, of what is in the pid namespace of @init and of its descendants;
 * free(*out).  Where @init is in our own pid namespace, only its descendants: one whose parent has
 * ended is not found.  While an init waits for `start` an ordinary user cannot look into it: then that
 * and its descendants.
 */
int rt_pids_of(pid_t init, pid_t **out, size_t *n_out, struct husk_error *err);

#endif /* HUSK_RUNTIME_PIDS_H */
