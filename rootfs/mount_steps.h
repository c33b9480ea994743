/*
 * What the X_steps.c of this folder share.
 *
 * Uses: base/step.h.    Used by: rootfs only.
 */
#ifndef HUSK_ROOTFS_MOUNT_STEPS_H
#define HUSK_ROOTFS_MOUNT_STEPS_H

#include "runtime/base/step.h"

/* Texts one after the other, cut to fit; the last argument is NULL.  Returns @buf. */
const char *text_join(char *buf, size_t size, ...) __attribute__((sentinel));

/* Attach the detached mount @tree to the open mountpoint @dst; -1 and errno. */
int mount_attach(int tree, int dst);
/* A detached bind of what @fd is open on, with @flags AT_RECURSIVE or 0; -1 and errno. */
int mount_clone(int fd, unsigned flags);
/* A file system context without options made into a detached mount; -1, *call and errno. */
int mount_new(int fs, unsigned attrs, const char **call);

/* Unmount what the ROOTFS_ATTACH steps with ATTACH_UNDO have mounted.  In hot_steps.c. */
void mount_undo(struct step_ctx *c);

/* Copy what is below directory @from into the new file system @to; -1 and errno, *object: on what
 * file.  In copyup_steps.c. */
int copy_up(int from, int to, char *object, size_t size);

#endif /* HUSK_ROOTFS_MOUNT_STEPS_H */
