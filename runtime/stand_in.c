/*
 * Starting and ending a stand-in: see stand_in.h.
 *
 * Uses: launch.h.    Used by: create.c.
 */
#include "runtime/stand_in.h"

int rt_stand_in_start(struct husk *h, struct rt_stand_in *out, struct husk_error *err)
{
	static const struct husk_create_options none;
	struct plan p;
	int ret;

	*out = (struct rt_stand_in){ .is_there = true };
	rt_launch_init(&out->l, h, "stand-in", &none);
	ret = plan_init(&p, err);
	if (ret == 0) {
		PLAN_EMIT(&p, OP_WAIT_START, NULL, PLAN_NO_FD);
		ret = rt_launch_take_plan(&out->l, &p, err);
	}
	plan_done(&p);
	if (ret == 0)
		ret = rt_launch_prepare(&out->l, err);
	if (ret == 0)
		ret = rt_launch_spawn(&out->l, -1, 0, err);
	if (ret < 0)
		rt_stand_in_end(out);
	return ret;
}

void rt_stand_in_end(struct rt_stand_in *s)
{
	if (!s->is_there)
		return;
	rt_launch_kill(&s->l);
	rt_launch_done(&s->l);
	s->is_there = false;
}
