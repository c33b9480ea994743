/*
 * What the life-cycle commands share.
 *
 * Uses: launch.h.    Used by: create.c, start.c, exec.c, kill.c, stop.c.
 */
#ifndef HUSK_RUNTIME_LIFECYCLE_H
#define HUSK_RUNTIME_LIFECYCLE_H

#include "runtime/launch.h"

/* Send the terminal's master and the pidfd to the sockets that asked for them (NULL: none). */
int rt_hand_over(const struct rt_launch *l, const char *console_socket, const char *pidfd_socket,
		 struct husk_error *err);

/* Say go to the waiting init; its program's execve(2), poststart hooks, notification. */
int rt_go(struct rt_launch *l, int dir_fd, struct husk_error *err);

/* Decimal, no newline, by rename. */
int rt_write_pid_file(const char *path, pid_t pid, struct husk_error *err);

/* `delete`: end what runs of it, its cgroup, poststop hooks, the state directory. */
int rt_destroy(struct husk *h, struct container *c, struct husk_error *err);

/* ---- create.c, for criu/restore.c: the stages of a launch, and how all of them are taken back ---- */

int rt_save_config(struct rt_launch *l, const struct container *c, struct husk_error *err);
/* Write down what is known of the init @l->pid, and make it known, with its terminal and pid file. */
int rt_record(struct rt_launch *l, const struct container *c, struct husk_error *err);
void rt_undo(struct rt_launch *l, struct container *c);
void rt_give(struct rt_launch *l, struct husk_process *out);

/* Signal every process of the container; quietly, in every state. */
int rt_kill_all(struct container *c, int sig, struct husk_error *err);

#endif /* HUSK_RUNTIME_LIFECYCLE_H */
