/*
 * What /proc says about a process.
 *
 * Uses: nothing.    Used by: container.c, namespaces/net/pasta.c.
 */
#ifndef HUSK_BASE_PROC_H
#define HUSK_BASE_PROC_H

#include <stdint.h>
#include <sys/types.h>

/* Field 22 of /proc/PID/stat, which tells a process from a later one of that number; 0: not known. */
uint64_t proc_start_time(pid_t pid);

#endif /* HUSK_BASE_PROC_H */
