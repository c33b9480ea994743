/*
 * Where the time of one launch goes: what the caller does, stage by stage, and husk-init, step by
 * step.
 *
 * husk-init notes when each step begins in a memory file that it shares with its caller (step TIMES,
 * runtime/init/times_steps.c); nobody else pays more than a comparison with NULL.
 *
 * Uses: spawn.h, runtime/base.    Used by: create.c, launch.c, prepare.c, serve.c, start.c.
 */
#ifndef HUSK_RUNTIME_TIMELINE_H
#define HUSK_RUNTIME_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/plan.h"
#include "runtime/include/husk.h"
#include "runtime/spawn.h"

struct rt_stage {
	const char *what;
	uint64_t begin;
};

struct rt_timeline {
	uint64_t executed;	/* the program runs; 0: not yet */
	struct rt_stage *stages;	/* of the caller: each ends where the next begins */
	size_t n_stages, cap_stages;
	bool failed;		/* out of memory: stages are missing */
	struct rt_spawn_times spawn;	/* told by the child, before it is husk-init */
	uint32_t given;		/* the memory file in the plan's table */
	uint64_t *begins;	/* of the plan's steps, shared with the init; 0: not begun */
	size_t n_steps;
};

/* Begins with the first stage.  NULL: out of memory. */
struct rt_timeline *rt_timeline_new(const char *what);
void rt_timeline_free(struct rt_timeline *t);

/* From here on the caller does @what, a literal.  @t may be NULL, here and below. */
void rt_timeline_stage(struct rt_timeline *t, const char *what);
/* The program runs. */
void rt_timeline_executed(struct rt_timeline *t);

/*
 * The step that has husk-init note its times, the first of its plan.  @denied: once the container's
 * filter is loaded the init may not ask for the time, so it stops there.
 */
void rt_timeline_emit(struct rt_timeline *t, bool denied, struct plan *p);

/* The memory file, for the plan @v.  Returns the descriptor. */
int rt_timeline_open(struct rt_timeline *t, const struct plan_view *v, struct husk_error *err);

/* All of it, for people and programs; NULL: out of memory. */
struct husk_timeline *rt_timeline_finish(const struct rt_timeline *t, const struct plan_view *v);

#endif /* HUSK_RUNTIME_TIMELINE_H */
