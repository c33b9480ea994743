/*
 * What husk-init has open, in builds that check themselves (SAN=1, WEAKEN=1): see fd_check.h.
 *
 * Uses: init.h.    Used by: main.c.
 */
#include "runtime/init/fd_check.h"

#ifdef HUSK_CHECKED
#include <fcntl.h>

#include "runtime/init/text.h"

enum { SCANNED = 256 };		/* above the table of every plan but a very large one */

static bool in_table(const struct step_ctx *c, int fd)
{
	for (uint32_t i = 0; i < c->plan->h->n_fds + c->plan->h->n_slots; i++) {
		if (c->fds[i] == fd)
			return true;
	}
	return false;
}

static int complain(struct step_ctx *c, int fd, const char *what)
{
	struct text object = { .len = 0 };

	text_add(&object, "descriptor ");
	text_add_int(&object, fd);
	text_add(&object, what);
	return step_fail_as(c, EBADFD, "self-check", object.s);
}

int init_check_fds(struct step_ctx *c, int preserved)
{
	for (int fd = 3 + preserved; fd < SCANNED; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags < 0 && !in_table(c, fd))
			continue;
		if (flags < 0)
			return complain(c, fd, " of the plan was closed behind its back");
		if (!in_table(c, fd))
			return complain(c, fd, " is open, but not one of the plan");
		if (!(flags & FD_CLOEXEC))
			return complain(c, fd, " would stay open in the program");
	}
	return 0;
}
#endif
