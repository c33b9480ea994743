/*
 * What a spawned program does not inherit: see child.h.
 *
 * Uses: posix_spawn(3) of glibc.    Used by: child.c, criu/swrk.c.
 */
#include "runtime/base/child.h"

int child_add_close(posix_spawn_file_actions_t *fa, int from)
{
	return posix_spawn_file_actions_addclosefrom_np(fa, from);
}
