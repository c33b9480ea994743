/*
 * Spawning husk-init without forking the caller.
 *
 * clone3(CLONE_VM | CLONE_VFORK): the child borrows the caller's memory for the few system calls
 * of spawn_child.c and executes the sealed memfd; the calling thread sleeps meanwhile.  So the
 * cost does not depend on the size of the caller, and no lock of its libraries is ever copied.
 *
 * Uses: runtime/base.    Used by: runtime.
 */
#ifndef HUSK_RUNTIME_SPAWN_H
#define HUSK_RUNTIME_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "runtime/include/husk.h"

/* When the child was there, and when it executed husk-init, in ns of @clock. */
struct rt_spawn_times {
	clockid_t clock;
	uint64_t born, exec;
};

struct rt_spawn {
	int init_fd;		/* the memfd */
	uint64_t clone_flags;	/* CLONE_NEW* */
	int cgroup_fd;		/* v2 cgroup to be born in, or -1 */
	const int *fds;		/* the plan's table, in order */
	size_t n_fds;
	unsigned preserve_fds;	/* keep 3 .. 3+N-1 */
	struct rt_spawn_times *times;	/* filled in; NULL: nobody wants to know */
};

/* @pidfd is owned by the caller; the process is its child, reaped by waitid(P_PIDFD). */
int rt_spawn(const struct rt_spawn *s, pid_t *pid, int *pidfd, struct husk_error *err);

/* ---- spawn_child.c ---- */

/* What the child needs, in memory shared with the sleeping parent, and what it reports. */
struct spawn_args {
	const struct rt_spawn *spawn;
	int first;		/* where the table goes: above every descriptor in use */
	char *const *argv, *const *envp;
	bool new_userns;
	const char *failed;	/* call that failed, or NULL */
	int error, object;	/* errno; descriptor it was about */
};

struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup;
};

/* clone3(2); the child runs spawn_child() and never returns.  The pid, or -errno. */
long spawn_clone(struct clone3_args *args, size_t size, struct spawn_args *s);

#endif /* HUSK_RUNTIME_SPAWN_H */
