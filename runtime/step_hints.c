/*
 * What to do about steps of husk-init that fail for a cause that is known.
 *
 * Uses: protocol.h.    Used by: serve.c.
 */
#include "runtime/step_hints.h"

#include <errno.h>
#include <string.h>

#include "runtime/base/util.h"

/* @call and @part of the object, NULL: any. */
static const struct known {
	int error;
	const char *call, *part, *hint;
} known[] = {
	/* mount_too_revealing() of the kernel; and a pid namespace that is not ours. */
	{ EPERM, "fsmount", "proc on ",
	  "an outer container hides parts of /proc: start that one with its /proc unmasked (podman: "
	  "--security-opt unmask=ALL, docker: systempaths=unconfined), or take {\"type\": \"pid\"} "
	  "out of /linux/namespaces" },
	{ EPERM, "fsconfig create", "proc on ",
	  "the pid namespace belongs to another user namespace: make one, {\"type\": \"pid\"} in "
	  "/linux/namespaces" },
	{ EPERM, NULL, "mqueue on ",
	  "add {\"type\": \"ipc\"} to /linux/namespaces, or mount an mqueue on the host's "
	  "/dev/mqueue to share it" },
	{ EINVAL, "mount option", "option \"gid=",
	  "if the group is not in /linux/gidMappings, map it or leave the option out" },
	{ EINVAL, "mount option", "option \"uid=",
	  "if the user is not in /linux/uidMappings, map it or leave the option out" },
	{ EINVAL, "mount_setattr", "id-mapped",
	  "its file system does not support id-mapped mounts (here)" },
};

void rt_step_hint(const struct init_msg *msg, struct husk_error *err)
{
	for (size_t i = 0; !err->hint[0] && i < ARRAY_SIZE(known); i++) {
		const struct known *k = &known[i];

		if ((int)msg->error == k->error && (!k->call || strcmp(msg->call, k->call) == 0) &&
		    strstr(msg->object, k->part))
			(void)err_hint(err, "%s", k->hint);
	}
}
