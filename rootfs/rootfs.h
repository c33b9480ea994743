/*
 * The root filesystem: what a container sees as its files.
 *
 * rootfs_emit_*() turn root, mounts, devices, masked and read-only paths into steps of the launch
 * plan (rootfs_plan.c, mount_options.c); husk-init carries them out by descriptor only
 * (rootfs_steps.c and, for every look-up below the root, rootfd.c: openat2 RESOLVE_IN_ROOT |
 * RESOLVE_NO_MAGICLINKS).  Sources are opened before anything inside the root is looked at: as
 * PLAN_FD_TREE in the caller when it may, else, and for a user namespace, as the first steps of the
 * init.
 *
 * Uses: runtime/base, specs.    Used by: runtime.
 */
#ifndef HUSK_ROOTFS_H
#define HUSK_ROOTFS_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/base/plan.h"
#include "specs/specs.h"

/* One hierarchy to show at a `cgroup` mount; see cg_mounts(). */
struct rootfs_cgroup {
	const char *name, *host_path, *path;
	bool v2;
};

struct rootfs_options {
	const char *bundle;	/* absolute: where relative sources and root.path start */
	bool caller_opens;	/* the caller may open_tree(CLONE): sources become PLAN_FD_TREE */
	bool userns;		/* a user namespace other than the caller's: no mknod */
	bool no_nodes;		/* nor may the caller: the host's devices are bound */
	bool lenient_ids;	/* nobody has chosen the id maps: options that name other ids ("gid=5"
				 * of devpts) are left out with a warning */
	bool callers_pidns;	/* neither made nor joined */
	bool joins_netns;
	bool new_netns;		/* a network namespace owned by that user namespace: sysfs mounts */
	bool new_mntns;		/* false: joined or the caller's; then no pivot_root */
	bool new_cgroupns;
	bool no_pivot;
	bool hot;		/* mounts for a running container: a document of its own, which the
				 * pointers in messages are into, made whole or not at all */
	const struct rootfs_cgroup *cgroups;
	size_t n_cgroups;
	const char *notify_dir;	/* host directory shown at the notify socket's, or NULL */
	const char *notify_path;	/* in the container */
	/* "uids=..." texts of id-mapped mounts come from here, so that siblings stay apart */
	char *(*userns_text)(struct arena *arena, const struct oci_id_map *uids, size_t n_uids,
			     const struct oci_id_map *gids, size_t n_gids);
};

/* Decisions that can fail: checks everything, emits nothing. */
int rootfs_check(const struct oci_config *config, const struct rootfs_options *opts,
		 struct husk_error *err);

/*
 * In this order, each after the step group before it:
 *  _enter    propagation of the old root, sources opened, new root attached
 *  _mounts   config.mounts, default devices, linux.devices, /dev links, console
 *            (SEND_CONSOLE, with the terminal's slave kept in *console_slave, else PLAN_NO_FD)
 *  [hooks run here]
 *  _switch   pivot_root, masked and read-only paths
 *  [the working directory is made here]
 *  _seal     read-only root, rootfsPropagation
 * @p's errors are sticky; call rootfs_check() first.  From _enter to _switch the root directory of
 * husk-init is the host's and its working directory the container's root: no other step may change
 * directory in between.
 */
void rootfs_emit_enter(const struct oci_config *config, const struct rootfs_options *opts,
		       struct plan *p);
void rootfs_emit_mounts(const struct oci_config *config, const struct rootfs_options *opts,
			struct plan *p, uint32_t *console_slave);
void rootfs_emit_switch(const struct oci_config *config, const struct rootfs_options *opts,
			struct plan *p);
void rootfs_emit_seal(const struct oci_config *config, const struct rootfs_options *opts,
		      struct plan *p);

/* ---- a running container (hot_plan.c) ---- */

/* @config is the container's, but for the mounts: those to add, or to remove, of which then only the
 * destinations count. */
int rootfs_check_add(const struct oci_config *config, const struct rootfs_options *opts,
		     struct husk_error *err);
int rootfs_check_remove(const struct oci_config *config, struct husk_error *err);

/* CLONE_NEW* of the namespaces that the file systems of these mounts show, beside the mount one. */
uint64_t rootfs_shown_namespaces(const struct oci_config *config);

/*
 * Must the init itself open the sources?  Then _sources come first, in the container's user namespace
 * and a copy of the caller's mount namespace.  _add and _remove are for the container's mount
 * namespace, with its root as the working directory.
 */
bool rootfs_init_opens(const struct rootfs_options *opts);
void rootfs_emit_sources(const struct oci_config *config, const struct rootfs_options *opts,
			 struct plan *p);
void rootfs_emit_add(const struct oci_config *config, const struct rootfs_options *opts,
		     struct plan *p);
void rootfs_emit_remove(const struct oci_config *config, struct plan *p);

/* exec into a container that has no mount namespace of its own: make @dir, an O_PATH descriptor of
 * its root, the root directory. */
void rootfs_emit_chroot(struct plan *p, uint32_t dir);

/* exec with a terminal: opens one in the container's own /dev/pts; SEND_CONSOLE included.  Must
 * come between entering the mount namespace and changing directory. */
void rootfs_emit_exec_console(struct plan *p, uint32_t *console_slave, uint16_t height,
			      uint16_t width);

/* Every mount option husk knows, sorted, NULL-terminated: for features. */
const char *const *rootfs_mount_options(void);

#endif /* HUSK_ROOTFS_H */
