/*
 * What a step of the launch plan may use: the face of husk-init towards X_steps.c.
 *
 * A step function runs in husk-init, a static musl program without heap.
 * Should:  be one system call or a few; name the call that failed; work by descriptor.
 * Mustn't: allocate, use stdio or locale, resolve a path of the host by name (except the steps
 *          whose comment says so), execute by name, or keep a descriptor without FD_CLOEXEC.
 *
 * Uses: plan.h.    Used by: namespaces, cgroups, rootfs, runtime/init.
 */
#ifndef HUSK_BASE_STEP_H
#define HUSK_BASE_STEP_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/plan.h"

struct step_ctx {
	const struct plan_view *plan;
	int *fds;		/* the descriptor table, slots included; -1: empty */
	uint32_t step;		/* index of the running step */
	const char *call;	/* what failed, for the report ... */
	char object[256];	/* ... and on what */
	/* Set by a step whose effect outlives us: takes it back when a later one fails. */
	void (*undo)(struct step_ctx *c);
	/* PROC_LIMIT may leave no descriptor for what PROC_IDS wants to know: 0 not asked yet, -1 no,
	 * 1 yes.  See init_groups_stay(). */
	int groups_stay;
	/* Upper half of the flags of what we send and receive; see SEND_SECCOMP_FD. */
	uint32_t pass;
	/* Where to note when each step begins, or NULL.  See times_steps.c. */
	uint64_t *times;
	int clock;
	bool times_until_filter;
};

/* Fail this step: @call failed with errno, on @object (NULL: nothing to add).  Returns -errno. */
int step_fail(struct step_ctx *c, const char *call, const char *object);
/* The same with @error (positive errno) instead of errno. */
int step_fail_as(struct step_ctx *c, int error, const char *call, const char *object);

/* Give @fd to the caller, which answers; it stays open here.  Returns 0. */
enum step_fd_kind { STEP_FD_CONSOLE = 1, STEP_FD_SECCOMP };
int step_send_fd(struct step_ctx *c, unsigned kind, int fd);

/* A survivable problem: sent to the caller, which logs it as a warning.  Returns 0. */
int step_warn(struct step_ctx *c, const char *call, const char *object);

static inline uint64_t step_num(const struct plan_step *s, unsigned i)
{
	return s->arg[i];
}

/* These are NULL, and the descriptor is -1, when a t, T, c or g of plan_ops.h is absent. */
static inline const char *step_str(const struct step_ctx *c, const struct plan_step *s, unsigned i)
{
	return plan_view_str(c->plan, s->arg[i]);
}

/* NULL-terminated. */
static inline char **step_strv(const struct step_ctx *c, const struct plan_step *s, unsigned i)
{
	return s->arg[i] ? (char **)(void *)(c->plan->base + s->arg[i]) : NULL;
}

static inline const void *step_bytes(const struct step_ctx *c, const struct plan_step *s,
				     unsigned i, size_t *len)
{
	return plan_view_bytes(c->plan, s->arg[i], len);
}

/* The open descriptor, or -1: also a slot that no step has filled. */
static inline int step_fd(const struct step_ctx *c, const struct plan_step *s, unsigned i)
{
	return s->arg[i] == PLAN_NO_FD ? -1 : c->fds[s->arg[i]];
}

/* Fill slot @i; closes @fd if the plan does not want it. */
void step_set_fd(struct step_ctx *c, const struct plan_step *s, unsigned i, int fd);

/*
 * Open @path below procfs ("self/oom_score_adj", "sys/net/..."), through the verified descriptor
 * PLAN_FD_PROC, never through a mount or a link that could have been planted.  -1 and errno.
 */
int step_open_proc(struct step_ctx *c, const char *path, int flags);

#define OP(id, name, kinds, text) int step_##id(struct step_ctx *c, const struct plan_step *s);
#include "runtime/base/plan_ops.h"
#undef OP

#endif /* HUSK_BASE_STEP_H */
