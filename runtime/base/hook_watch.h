/*
 * Waiting for a hook: one routine for those that run in the caller (runtime/hooks.c) and those
 * that husk-init runs inside the container's namespaces (runtime/init/hook_steps.c).
 *
 * Uses: nothing.    Used by: runtime, runtime/init.
 */
#ifndef HUSK_BASE_HOOK_WATCH_H
#define HUSK_BASE_HOOK_WATCH_H

#include <stddef.h>

/*
 * Drain @pipe_fd, a hook's output, until the process behind @pidfd ends or @seconds (0: for ever)
 * have passed.  The last line of the output, as far as it fits, is left in @tail, terminated, so
 * that a hook may write a gigabyte and its last words are still heard.  The process is not reaped.
 * Returns 0, -ETIMEDOUT, or another -errno of poll(2).
 */
int hook_watch(int pidfd, int pipe_fd, unsigned seconds, char *tail, size_t size);

#endif /* HUSK_BASE_HOOK_WATCH_H */
