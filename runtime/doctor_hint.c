/*
 * Which failures `husk doctor` can explain: see doctor_hint.h.
 *
 * Uses: error.h.    Used by: serve.c, spawn.c.
 */
#include "runtime/doctor_hint.h"

#include <errno.h>
#include <string.h>

#include "runtime/base/error.h"
#include "runtime/base/util.h"

void rt_hint_doctor(const char *call, struct husk_error *err)
{
	/* ENOSYS: whatever the call. */
	static const char *const calls[] = {
		"fsopen", "fsconfig", "fsmount", "move_mount", "mount_setattr", "open_tree",
		"pivot_root", "unshare", "sethostname", "seccomp", "openat2", "id maps",
	};
	bool known = err->sys == ENOSYS;

	if (err->hint[0] || (err->sys != EPERM && err->sys != EACCES && err->sys != ENOSPC &&
			     err->sys != ENOSYS))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(calls) && !known; i++)
		known = strcmp(call, calls[i]) == 0;
	if (known)
		err_hint(err, "husk doctor tells what this host refuses to this user, and why");
}
