/*
 * A process's number in the pid namespace that it is in.
 *
 * Uses: procfs.    Used by: serve.c, kill.c, notify_pid.c.
 */
#ifndef HUSK_RUNTIME_NSPID_H
#define HUSK_RUNTIME_NSPID_H

#include <sys/types.h>

/* Of process @pid of ours; 0 when it has gone. */
pid_t rt_pid_inside(pid_t pid);

#endif /* HUSK_RUNTIME_NSPID_H */
