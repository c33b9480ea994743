/*
 * What one container's program uses of the kernel: its system calls and its capabilities.
 *
 * The calls are told by the container's seccomp filter, whose answers "allow" have become "ask the
 * listener" (process/seccomp_watch.c).  A filter stays with all children, threads and programs that
 * are executed, needs no privilege and is no tracer, so none is in the way of programs that trace or
 * filter themselves.  Each call is noted and let through.
 *
 * The capabilities are told by the kernel's tracepoint cap_capable (caps.c).
 *
 * Uses: process/process.h, specs.    Used by: launch.c, serve.c; husk_trace_*() by the library's
 * users.
 */
#ifndef HUSK_RUNTIME_TRACE_H
#define HUSK_RUNTIME_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/include/husk.h"

struct husk_trace;

/* Marks husk-init's own words, see rt_seccomp_watch(). */
uint32_t rt_trace_pass(const struct husk_trace *t);

/*
 * Begin, with @listener, in a thread that ends with the last of those who have the filter.  @init:
 * husk-init, which will execute the program.  Keeps a copy of @config, which it ran with.
 */
int rt_trace_start(struct husk_trace *t, int listener, pid_t init, const char *config, size_t len,
		   struct husk_error *err);

/* ---- caps.c ---- */

struct rt_trace_caps {
	int map, link;		/* descriptors; -1: not possible */
	bool lost;		/* too many threads for the map */
	char why[160];		/* ... and why not */
};

/* Have the kernel note the capabilities that are used by the threads given to _add(). */
void rt_trace_caps_open(struct rt_trace_caps *c);
void rt_trace_caps_add(struct rt_trace_caps *c, pid_t tid);
/* All that were used; false: nobody knows, and c->why says why. */
bool rt_trace_caps_read(struct rt_trace_caps *c, uint64_t *out);
void rt_trace_caps_close(struct rt_trace_caps *c);

#endif /* HUSK_RUNTIME_TRACE_H */
