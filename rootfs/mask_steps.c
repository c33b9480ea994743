/*
 * Masked and read-only paths, in husk-init.  Missing ones are none of our business.
 *
 * Uses: base/step.h, rootfd.h.    Used by: runtime/init.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "rootfs/mount_steps.h"
#include "rootfs/rootfd.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/base/weak.h"

/* 1: open as *fd; 0: there is nothing at @path. */
static int open_present(struct step_ctx *c, const char *path, int *fd)
{
	*fd = rootfd_open(path, O_PATH, 0);
	if (*fd >= 0)
		return 1;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	return step_fail(c, "open", path);
}

int step_ROOTFS_READONLY(struct step_ctx *c, const struct plan_step *s)
{
	struct sys_mount_attr readonly = { .attr_set = MOUNT_ATTR_RDONLY };

	for (char **path = step_strv(c, s, 0); *path; path++) {
		cleanup_close int at = -1, tree = -1;
		int ret = open_present(c, *path, &at);

		if (ret < 0)
			return ret;
		if (ret == 0)
			continue;
		tree = mount_clone(at, AT_RECURSIVE);
		if (tree < 0)
			return step_fail(c, "open_tree", *path);
		if (sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &readonly) < 0)
			return step_fail(c, "mount_setattr", *path);
		if (mount_attach(tree, at) < 0)
			return step_fail(c, "move_mount", *path);
	}
	return 0;
}

/* One empty file system covers all directories: each new one costs a superblock, and some
 * configurations mask hundreds of paths. */
static int empty_directory(struct step_ctx *c)
{
	cleanup_close int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	const char *call = "fsopen";
	int tree = -1;

	if (fs >= 0 && sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) == 0 &&
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "2", 0) == 0)
		tree = mount_new(fs, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				 MOUNT_ATTR_NOEXEC, &call);
	return tree < 0 ? step_fail(c, call, "tmpfs for masked directories") : tree;
}

struct masks {
	int dir, file;			/* what covers directories, and files */
	bool dir_used, file_used;	/* attached: more are clones of it */
};

/* Before Linux 6.15 only an attached mount can be cloned: so the first use is the mount itself. */
static int cover(struct masks *m, bool is_dir, int at)
{
	int source = is_dir ? m->dir : m->file;
	bool *used = is_dir ? &m->dir_used : &m->file_used;
	cleanup_close int clone = -1;

	if (!*used) {
		*used = true;
		return mount_attach(source, at);
	}
	clone = mount_clone(source, 0);
	return clone < 0 ? -1 : mount_attach(clone, at);
}

static int mask_one(struct step_ctx *c, struct masks *m, const char *path)
{
	cleanup_close int at = -1;
	struct stat st;
	int ret = open_present(c, path, &at);

	if (ret <= 0)
		return ret;
	if (fstat(at, &st) < 0)
		return step_fail(c, "stat", path);
	if (S_ISDIR(st.st_mode) && m->dir < 0) {
		m->dir = empty_directory(c);
		if (m->dir < 0)
			return m->dir;
	}
	if (cover(m, S_ISDIR(st.st_mode), at) < 0)
		return step_fail(c, "mask", path);
	return 0;
}

/* Files are covered by the host's /dev/null: verified here again, as whoever could put something
 * else in its place would choose what the container finds there (CVE-2025-31133). */
int step_ROOTFS_MASK(struct step_ctx *c, const struct plan_step *s)
{
	struct sys_mount_attr attr = {
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
		.propagation = MS_PRIVATE,
	};
	struct masks m = {
		.dir = -1,
		.file = weakened("mask-source") ? mount_clone(rootfd_open("/dev/null", O_PATH, 0), 0) :
						  step_fd(c, s, 1),
	};
	struct stat st;
	int ret = 0;

	if (fstat(m.file, &st) < 0)
		return step_fail(c, "stat", "/dev/null of the host");
	if (!weakened("mask-source") && (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3)))
		return step_fail_as(c, ENODEV, "verify", "/dev/null of the host");
	if (sys_mount_setattr(m.file, "", AT_EMPTY_PATH, &attr) < 0)
		return step_fail(c, "mount_setattr", "/dev/null of the host");
	for (char **path = step_strv(c, s, 0); *path && ret == 0; path++)
		ret = mask_one(c, &m, *path);
	if (m.dir >= 0)
		(void)close(m.dir);
	(void)close(m.file);
	c->fds[s->arg[1]] = -1;
	return ret;
}
