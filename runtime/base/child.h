/*
 * Running a program of the host to its end: hooks, newuidmap.
 *
 * posix_spawn(3) clones with CLONE_VM | CLONE_VFORK, so the caller's size does not matter.  The
 * program starts with every signal at its default and no descriptor but 0, 1 and 2.
 *
 * Uses: hook_watch.h.    Used by: namespaces, runtime.
 */
#ifndef HUSK_BASE_CHILD_H
#define HUSK_BASE_CHILD_H

#include <signal.h>
#include <spawn.h>
#include <stddef.h>

#include "runtime/include/husk.h"

struct child {
	const char *path;
	char *const *argv, *const *env;
	const char *cwd;	/* NULL: the caller's */
	int in, out, err;	/* -1: /dev/null for `in`, the watched output for the others */
	unsigned seconds;	/* killed after that; 0: never */
};

/*
 * Blocks until it has ended and is reaped.  Returns 0 with *si filled, however it ended (si_code is
 * 0 when somebody else has reaped it); -ETIMEDOUT when it was killed for its time, or another
 * -errno, with an error that says what failed.  @tail gets the last line of its output.
 */
int child_run(const struct child *child, siginfo_t *si, char *tail, size_t size,
	      struct husk_error *err);

/* The spawned program has no descriptor from @from on; 0 or a positive errno (child_close.c). */
int child_add_close(posix_spawn_file_actions_t *fa, int from);

/* posix_spawn(3) of @path with every signal at its default and none blocked.  Returns 0 or a
 * positive errno. */
int child_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *fa,
		char *const *argv, char *const *env);

#endif /* HUSK_BASE_CHILD_H */
