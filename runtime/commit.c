/*
 * The commit, alone in its object: the Makefile compiles this file again whenever the commit is
 * another one, and nothing else.
 *
 * Uses: HUSK_COMMIT of the Makefile.    Used by: features.c.
 */
#include "runtime/commit.h"

#ifndef HUSK_COMMIT
#define HUSK_COMMIT ""
#endif

const char *rt_commit(void)
{
	return HUSK_COMMIT;
}
