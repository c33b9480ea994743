/*
 * Mounts of a container that runs already: added to it, or taken away.
 *
 * Uses: mount_plan.c.    Used by: runtime/mounts.c.
 */
#include <sched.h>
#include <string.h>

#include "rootfs/rootfs_ops.h"
#include "rootfs/rootfs_plan.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

int rootfs_check_add(const struct oci_config *config, const struct rootfs_options *opts,
		     struct husk_error *err)
{
	struct plan nothing = { 0 };
	struct emit e = { .config = config, .opts = opts, .p = &nothing };
	int ret = mounts_check(&e, err);

	arena_done(&e.arena);
	plan_done(&nothing);
	return ret;
}

/* Without its root a container is nothing, and procfs is what runtimes and programs trust. */
static int check_removable(const char *dest, const char *pointer, struct husk_error *err)
{
	if (strcmp(dest, "/") == 0)
		return err_config(err, pointer, "the root itself cannot be unmounted");
	if (strcmp(dest, "/proc") == 0 || (str_starts(dest, "/proc/") && !mount_may_cover(dest)))
		return err_config(err, pointer, "\"%s\": neither procfs nor what masks parts of it "
				  "can be unmounted", dest);
	return 0;
}

int rootfs_check_remove(const struct oci_config *config, struct husk_error *err)
{
	struct plan nothing = { 0 };
	struct emit e = { .config = config, .p = &nothing };
	char pointer[80];
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < config->n_mounts; i++) {
		snprintf(pointer, sizeof(pointer), "/%zu/destination", i);
		ret = check_removable(clean_path(&e, config->mounts[i].destination), pointer, err);
	}
	arena_done(&e.arena);
	return ret;
}

uint64_t rootfs_shown_namespaces(const struct oci_config *config)
{
	static const struct {
		const char *type;
		uint64_t shows;
	} types[] = {
		{ "proc", CLONE_NEWPID }, { "sysfs", CLONE_NEWNET }, { "mqueue", CLONE_NEWIPC },
	};
	uint64_t shown = 0;

	for (size_t i = 0; i < config->n_mounts; i++)
		for (size_t k = 0; k < ARRAY_SIZE(types); k++)
			if (config->mounts[i].type && strcmp(config->mounts[i].type, types[k].type) == 0)
				shown |= types[k].shows;
	return shown;
}

void rootfs_emit_sources(const struct oci_config *config, const struct rootfs_options *opts,
			 struct plan *p)
{
	struct emit e = { .config = config, .opts = opts, .p = p };

	emit_rehearsal(&e);
	arena_done(&e.arena);
}

void rootfs_emit_add(const struct oci_config *config, const struct rootfs_options *opts,
		     struct plan *p)
{
	struct emit e = { .config = config, .opts = opts, .p = p };

	mounts_emit(&e);
	arena_done(&e.arena);
}

/* All are found before the first goes, and what was mounted last goes first. */
void rootfs_emit_remove(const struct oci_config *config, struct plan *p)
{
	struct emit e = { .config = config, .p = p };
	size_t n = config->n_mounts;
	uint32_t first = PLAN_NO_FD;

	for (size_t i = 0; i < n; i++) {
		uint32_t slot = plan_slot(p);

		first = i == 0 ? slot : first;
		PLAN_EMIT(p, OP_ROOTFS_FIND, emit_text(&e, "/%zu", i),
			  plan_str(p, clean_path(&e, config->mounts[i].destination)), slot);
	}
	for (size_t i = n; i-- > 0;)
		PLAN_EMIT(p, OP_ROOTFS_UMOUNT, emit_text(&e, "/%zu", i), first + i,
			  plan_str(p, clean_path(&e, config->mounts[i].destination)));
	arena_done(&e.arena);
}
