/*
 * Mounts that the caller makes for the init, detached: trees of the host and new file systems, id-mapped
 * if they shall be.
 *
 * Uses: runtime/base.    Used by: prepare.c.
 */
#ifndef HUSK_RUNTIME_HOST_MOUNT_H
#define HUSK_RUNTIME_HOST_MOUNT_H

#include "runtime/include/husk.h"

/*
 * @userns, unless it is -1, has the id maps: only the owner of a file system may map it, so this cannot
 * be left to an init in a user namespace.  The mount's descriptor is the caller's.
 */

/* A clone of what is mounted at @path; @how: PLAN_TREE_*. */
int rt_host_tree(const char *path, unsigned how, int userns, struct husk_error *err);

/* A new file system; @text: "TYPE\nSOURCE\nOPTION\n...", @attrs: MOUNT_ATTR_*. */
int rt_host_mount(const char *text, unsigned attrs, int userns, struct husk_error *err);

#endif /* HUSK_RUNTIME_HOST_MOUNT_H */
