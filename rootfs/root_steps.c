/*
 * From the old root to the new one, in husk-init.
 *
 * The new root is attached on top of "/" itself: that works for any directory, "/" included, and
 * names no path.  The process's root directory stays the old one until ROOTFS_PIVOT, while its
 * working directory is the new one from ROOTFS_ROOT on.
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
#include "rootfs/rootfs_ops.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/base/weak.h"

/* Mounts made from here on must not reach the host. */
int step_ROOTFS_PROPAGATION(struct step_ctx *c, const struct plan_step *s)
{
	struct sys_mount_attr attr = { .propagation = step_num(s, 0) };

	if (weakened("propagation"))
		return 0;
	if (sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attr) < 0)
		return step_fail(c, "mount_setattr", "/");
	return 0;
}

static int fail_open(struct step_ctx *c, const char *path, unsigned flags)
{
	char text[sizeof(c->object)];

	if (errno == EINVAL && !(flags & PLAN_TREE_RECURSIVE)) {
		text_join(text, sizeof(text), path, ": something is mounted below it that an "
			  "unprivileged user may not uncover; use rbind", NULL);
		return step_fail(c, "open_tree", text);
	}
	return step_fail(c, "open_tree", path);
}

static int check_device(struct step_ctx *c, int fd, const char *path, mode_t type, dev_t dev)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return step_fail(c, "stat", path);
	if ((st.st_mode & S_IFMT) != type || st.st_rdev != dev)
		return step_fail_as(c, ENODEV, "open another device than expected", path);
	return 0;
}

/*
 * The one step that resolves a path of the host by name: for a caller that may not clone mounts,
 * and for a user namespace, because only in mounts that the kernel copied for it are the flags and
 * the mounts below locked.  What it may not reach comes from the caller, as the fourth argument.
 * It runs before anything inside the new root is looked at or mounted.
 */
int step_ROOTFS_OPEN_TREE(struct step_ctx *c, const struct plan_step *s)
{
	const char *path = step_str(c, s, 0);
	unsigned flags = (unsigned)step_num(s, 1);
	cleanup_close int fd = -1, callers = step_fd(c, s, 3);
	int ret = 0;

	if (callers >= 0)
		c->fds[s->arg[3]] = -1;
	fd = sys_open_tree(AT_FDCWD, path,
			   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
				   (flags & PLAN_TREE_RECURSIVE ? AT_RECURSIVE : 0) |
				   (flags & PLAN_TREE_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0));
	if (fd < 0 && callers < 0)
		return fail_open(c, path, flags);
	if (fd >= 0 && step_num(s, 2))
		ret = check_device(c, fd, path, flags & OPEN_BLOCK_DEVICE ? S_IFBLK : S_IFCHR,
				   (dev_t)step_num(s, 2));
	if (ret == 0)
		step_set_fd(c, s, 4, fd >= 0 ? take_fd(&fd) : take_fd(&callers));
	return ret;
}

int step_ROOTFS_ROOT(struct step_ctx *c, const struct plan_step *s)
{
	int root = step_fd(c, s, 0);
	struct stat st;

	/* move_mount(2) of a file onto a directory would only say EINVAL. */
	if (fstat(root, &st) == 0 && !S_ISDIR(st.st_mode))
		return step_fail_as(c, ENOTDIR, "open", "root directory");
	if (step_num(s, 1) == ROOT_ATTACH &&
	    sys_move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return step_fail(c, "move_mount", "root directory");
	if (fchdir(root) < 0)
		return step_fail(c, "fchdir", "root directory");
	(void)close(root);
	c->fds[s->arg[0]] = -1;
	return 0;
}

/* pivot_root(".", ".") puts the old root on top of the new one, where the umount finds it. */
static int leave_by_pivot(struct step_ctx *c)
{
	if (sys_pivot_root(".", ".") < 0)
		return step_fail(c, "pivot_root", errno == EINVAL ?
				 "root directory (on an initramfs: use --no-pivot)" : NULL);
	if (umount2(".", MNT_DETACH) < 0)
		return step_fail(c, "umount", "old root");
	return 0;
}

static bool is_null(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/*
 * Descriptors 0, 1 and 2 that are the host's /dev/null become the container's, as with runc: they
 * would else hold a mount that is not there for it, with which criu cannot dump them.  It is looked at
 * first, as opening a device may do something; a root without one keeps the host's.
 */
static void own_null(void)
{
	cleanup_close int path = rootfd_open("/dev/null", O_PATH, 0), null = -1;

	if (path < 0 || !is_null(path))
		return;
	null = rootfd_open("/dev/null", O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
	if (null < 0 || !is_null(null) || fcntl(null, F_SETFL, 0) < 0)
		return;
	for (int fd = 0; fd <= 2; fd++) {
		if (is_null(fd))
			(void)dup2(null, fd);
	}
}

int step_ROOTFS_PIVOT(struct step_ctx *c, const struct plan_step *s)
{
	int ret = 0;

	if (step_num(s, 0) == LEAVE_BY_PIVOT) {
		ret = leave_by_pivot(c);
	} else {
		/* The old root stays mounted below.  Its procfs and sysfs must not: they would let a
		 * user namespace inside mount new, unmasked ones. */
		if (step_num(s, 0) == LEAVE_BY_CHROOT_MOVED) {
			(void)umount2("/proc", MNT_DETACH);
			(void)umount2("/sys", MNT_DETACH);
		}
		if (chroot(".") < 0)
			ret = step_fail(c, "chroot", NULL);
	}
	if (ret == 0 && chdir("/") < 0)
		ret = step_fail(c, "chdir", "/");
	if (ret == 0)
		own_null();
	return ret;
}

/* After everything that writes to the root directory's mount, or mounts below it. */
int step_ROOTFS_SEAL(struct step_ctx *c, const struct plan_step *s)
{
	struct sys_mount_attr attr = {
		.attr_set = step_num(s, 0),
		.propagation = step_num(s, 1),
	};

	if (sys_mount_setattr(AT_FDCWD, "/", step_num(s, 2) ? AT_RECURSIVE : 0, &attr) < 0)
		return step_fail(c, "mount_setattr", "/");
	return 0;
}
