/*
 * husk-init's own header: what its files share beside step.h.
 *
 * Uses: runtime/base.    Used by: runtime/init only.
 */
#ifndef HUSK_INIT_H
#define HUSK_INIT_H

#include "runtime/base/protocol.h"
#include "runtime/base/step.h"

/* Say @kind (with descriptor @fd, or -1) to the caller; false when it is gone. */
bool init_send(struct step_ctx *c, struct init_msg *msg, int fd);
/* The caller's next word, or 0: with errno 0 it is gone. */
uint32_t init_receive(struct step_ctx *c);
/* Send @kind and wait for OK.  A caller that is gone ends the init: nobody wants the container. */
int init_ask(struct step_ctx *c, enum msg_kind kind, uint32_t value, int fd);

/* Tell the caller which step failed on what; the init ends after it. */
void init_report(struct step_ctx *c, int error);

/* Write @text to @path of procfs ("self/..."), for @object.  Fails the step.  In process_steps.c. */
int init_write_proc(struct step_ctx *c, const char *path, const char *text, const char *object);

/* Open @path below @root, which is "/" of the container, its symbolic links included; -1 and errno.  A
 * magic link, /proc/self/fd/7 say, could lead to a directory of the host that someone forgot to close
 * (CVE-2024-21626): ELOOP.  In cwd_steps.c. */
int init_open_in_root(int root, const char *path, uint64_t flags);

/* Does this user namespace forbid setgroups(2) (user_namespaces(7), "/proc/PID/setgroups")?  Asked
 * once.  In identity_steps.c. */
bool init_groups_stay(struct step_ctx *c);

/* The environment of the plan's EXEC step; NULL without one.  In identity_steps.c. */
char **init_exec_env(struct step_ctx *c);

/* Note that step @s begins, in c->times.  In times_steps.c. */
void init_note_time(struct step_ctx *c, const struct plan_step *s);

/* Why execve(@path) failed with @error, for people: "missing interpreter /lib/ld.so".  NULL when
 * errno says it all.  In exec_reason.c. */
const char *exec_reason(const char *path, int error, char *buf, size_t len);

#endif /* HUSK_INIT_H */
