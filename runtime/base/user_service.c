/*
 * Users by the host's name service: see user.h.
 *
 * Uses: getpwuid_r(3).    Used by: user.c.
 */
#include <pwd.h>
#include <string.h>

#include "runtime/base/user.h"

char *user_name_of_service(uid_t uid)
{
	struct passwd pw, *found = NULL;
	char buf[4096];

	(void)getpwuid_r(uid, &pw, buf, sizeof(buf), &found);
	return found ? strdup(found->pw_name) : NULL;
}
