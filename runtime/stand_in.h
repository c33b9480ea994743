/*
 * A process that stands in for a container's init in a systemd scope, which cannot be started
 * empty, until the init has been made inside it.
 *
 * It is a husk-init with a plan of one step, to wait; it ends when its caller does.
 *
 * Uses: launch.h.    Used by: create.c.
 */
#ifndef HUSK_RUNTIME_STAND_IN_H
#define HUSK_RUNTIME_STAND_IN_H

#include "runtime/launch.h"

struct rt_stand_in {
	struct rt_launch l;
	bool is_there;
};

int rt_stand_in_start(struct husk *h, struct rt_stand_in *out, struct husk_error *err);
/* End and reap it, if it is there. */
void rt_stand_in_end(struct rt_stand_in *s);

#endif /* HUSK_RUNTIME_STAND_IN_H */
