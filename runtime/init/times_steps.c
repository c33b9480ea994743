/*
 * When each step begins, for `husk trace --time`: noted in a memory file of the caller's.
 *
 * Uses: runtime/base/step.h.    Used by: main.c.
 */
#include <sys/mman.h>
#include <time.h>

#include "runtime/init/init.h"

void init_note_time(struct step_ctx *c, const struct plan_step *s)
{
	struct timespec now = { 0 };

	/* Mostly no system call; but where the machine's clock needs one, a filter may kill for it. */
	(void)clock_gettime(c->clock, &now);
	c->times[c->step] = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	if (s->op == OP_PROC_SECCOMP && c->times_until_filter)
		c->times = NULL;
}

int step_TIMES(struct step_ctx *c, const struct plan_step *s)
{
	size_t size = c->plan->h->n_steps * sizeof(*c->times);
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, step_fd(c, s, 0), 0);

	if (mem == MAP_FAILED)
		return step_fail(c, "mmap", "timeline");
	c->times = mem;
	c->clock = (int)step_num(s, 1);
	c->times_until_filter = step_num(s, 2);
	init_note_time(c, s);
	return 0;
}
