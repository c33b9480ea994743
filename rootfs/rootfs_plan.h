/*
 * What the X_plan.c of this folder share: an emitter, and where sources come from.
 *
 * Uses: runtime/base, specs.    Used by: rootfs only.
 */
#ifndef HUSK_ROOTFS_ROOTFS_PLAN_H
#define HUSK_ROOTFS_ROOTFS_PLAN_H

#include "rootfs/mount_options.h"
#include "rootfs/rootfs.h"
#include "runtime/base/arena.h"

struct emit {
	const struct oci_config *config;
	const struct rootfs_options *opts;
	struct plan *p;
	/*
	 * Set during the rehearsal: where the caller does not open the sources the init must open
	 * all of them first.  The later steps are then emitted once into a plan that is thrown away,
	 * and the sources they ask for become ROOTFS_OPEN_TREE steps of this one.
	 */
	struct plan *rehearsal_of;
	struct arena arena;
};

/* Text that lives as long as the emitter; "" and a failed plan when out of memory. */
const char *emit_text(struct emit *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * A detached mount of host path @path, with PLAN_TREE_* @flags, id-mapped by text @idmap unless
 * NULL.  @source: JSON pointer or NULL; it and @path identify the tree.
 */
uint32_t emit_tree(struct emit *e, const char *path, unsigned flags, const char *idmap,
		   const char *source);
/* The same for the device node @path of type 'c' or 'b'. */
uint32_t emit_device_tree(struct emit *e, const char *path, char type, uint64_t dev,
			  const char *source);

/* The steps with which the init opens all sources that later steps ask for. */
void emit_rehearsal(struct emit *e);

/* @path without "//", "." and "..", beginning with "/", as the container sees it. */
const char *clean_path(struct emit *e, const char *path);
/* @path itself, or below the bundle when it is relative. */
const char *host_path(struct emit *e, const char *path);

/* What a tree cloned from the host is made before the mount's own options; 0: left as it is. */
uint64_t emit_base_propagation(const struct emit *e);

/* ---- mount_plan.c ---- */

int mounts_check(struct emit *e, struct husk_error *err);
void mounts_emit(struct emit *e);
/* What had to stay writable until everything was in it becomes read-only. */
void mounts_seal(struct emit *e);
/* One of the files in procfs that may be mounted on. */
bool mount_may_cover(const char *dest);
/* Attributes and propagation of tree @tree before it is attached, in as few steps as they need. */
void emit_attributes(struct emit *e, uint32_t tree, const struct mount_options *o,
		     bool has_submounts, const char *source);

/* All attributes of a new mount, where there is nothing to clear. */
uint64_t emit_new_attributes(const struct mount_options *o);

/* ---- idmap_text.c ---- */

/* Maps of "idmap=" with a '@' as what they mean for the host; others as they are. */
int idmap_absolute(struct emit *e, const char *text, const char *pointer, const char **out,
		   struct husk_error *err);

/* ---- cgroup_plan.c ---- */

void cgroup_emit(struct emit *e, const struct oci_mount *m, const struct mount_options *o,
		 const char *dest, const char *source);

/* run.oci.systemd.force_cgroup_v1: the mount with that destination, whatever its type, becomes a
 * tmpfs with v1's name=systemd in it, for a systemd too old to know v2. */
bool cgroup_is_forced_v1(const struct oci_config *config, const char *dest);
int cgroup_check_forced_v1(const struct oci_config *config, const struct rootfs_options *opts,
			   struct husk_error *err);
void cgroup_emit_forced_v1(struct emit *e, const struct mount_options *o, const char *dest,
			   const char *source);

/* ---- dev_plan.c ---- */

int devices_check(struct emit *e, struct husk_error *err);
void devices_emit(struct emit *e);

#endif /* HUSK_ROOTFS_ROOTFS_PLAN_H */
