/*
 * Look-ups below the container's root: the only place in husk-init that resolves names which an
 * image or a container may have chosen.
 *
 * The root is the working directory (see plan_ops_rootfs.h).  Every look-up is an openat2(2) with
 * RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS: symbolic links are followed, but inside the root only.
 * All functions return -1 and errno on failure; EAGAIN (a rename raced with "..") is retried, for a
 * bounded time.
 *
 * Uses: base/sys.h.    Used by: the X_steps.c of this folder.
 */
#ifndef HUSK_ROOTFS_ROOTFD_H
#define HUSK_ROOTFS_ROOTFD_H

#include <stdint.h>
#include <sys/types.h>

/* @resolve: RESOLVE_* to add, for example RESOLVE_NO_SYMLINKS. */
int rootfd_open(const char *path, uint64_t flags, uint64_t resolve);

/*
 * The same with O_PATH, for a path that becomes a mountpoint: what is missing is made, component
 * by component, the last one as @type (S_IFDIR or S_IFREG).  A symbolic link to nowhere is a
 * component like any other: its target is made, inside the root.
 */
int rootfd_make(const char *path, mode_t type, uint64_t flags, uint64_t resolve);
/* The same after a look-up has failed with ENOENT. */
int rootfd_make_missing(const char *path, mode_t type, uint64_t flags, uint64_t resolve);

/* Directory that holds @path, made if missing, and the last component in *name. */
int rootfd_parent(const char *path, const char **name);

#endif /* HUSK_ROOTFS_ROOTFD_H */
