/*
 * sd_notify(3): the container's program talks to the host's service manager.
 *
 * `create` makes the directory notify/ below the container's state and shows it to the container as
 * /run/notify; `start` listens in it and passes on what arrives: until READY=1 or the end of the
 * container, as runc does, or, in a foreground `run`, for as long as its caller does so by
 * husk_notify_forward().  notify_lines.c says what is passed on, notify_pid.c whom MAINPID means.
 *
 * Uses: socket.h.    Used by: create.c, start.c, launch.c.
 */
#ifndef HUSK_RUNTIME_NOTIFY_H
#define HUSK_RUNTIME_NOTIFY_H

#include <sys/types.h>

#include "runtime/container.h"

#define NOTIFY_DIR "notify"
#define NOTIFY_PATH "/run/notify/notify.sock"	/* in the container */

/* Remember the manager's socket @host_path and make the directory. */
int rt_notify_prepare(const struct container *c, const char *host_path, struct husk_error *err);

/* Listen; *fd is -1 when the container has no manager. */
int rt_notify_listen(int dir_fd, int *fd, struct husk_error *err);

/* Pass on what arrives on @fd until READY=1 has been, or the process behind @pidfd has ended.
 * Blocks for as long as the program takes to say so. */
int rt_notify_until_ready(int dir_fd, int fd, pid_t pid, int pidfd, struct husk_error *err);

/* Remove what rt_notify_prepare() and rt_notify_listen() made. */
void rt_notify_remove(int dir_fd);

#endif /* HUSK_RUNTIME_NOTIFY_H */
