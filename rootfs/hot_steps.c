/*
 * Unmounting in a container that runs, in husk-init: by descriptor, so that what was looked at is
 * what goes, whatever the container does to the path meanwhile.
 *
 * Uses: base/step.h, rootfd.h.    Used by: runtime/init.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rootfs/mount_steps.h"
#include "rootfs/rootfd.h"
#include "rootfs/rootfs_ops.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif

/* statx(2), which musl of Debian 12 lacks; what is not used is padding. */
struct statx_head {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, pad;
	uint64_t ino, size, blocks, attributes_mask;
	uint64_t rest[24];
};
_Static_assert(sizeof(struct statx_head) == 256, "struct statx");

static int is_mount_root(int fd, bool *out)
{
	struct statx_head st;

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, 0, &st) < 0)
		return -1;
	*out = st.attributes & STATX_ATTR_MOUNT_ROOT;
	return 0;
}

/* umount2(2) takes only a path; this one, in the verified procfs, leads nowhere but to @fd. */
static int unmount(struct step_ctx *c, int fd)
{
	static const char dir[] = "/fd/";
	cleanup_close int here = rootfd_open("/", O_PATH | O_DIRECTORY, 0);
	char path[64], digits[12];
	size_t n = sizeof(digits);
	ssize_t len;
	int ret, saved;

	digits[--n] = '\0';
	do
		digits[--n] = (char)('0' + fd % 10);
	while ((fd /= 10) > 0);
	/* "self" is a symbolic link to our pid in that instance, a plain name. */
	len = readlinkat(c->fds[PLAN_FD_PROC], "self", path, 16);
	if (here < 0 || len <= 0 || fchdir(c->fds[PLAN_FD_PROC]) < 0)
		return -1;
	memcpy(path + len, dir, sizeof(dir) - 1);
	strcpy(path + len + sizeof(dir) - 1, digits + n);
	ret = umount2(path, MNT_DETACH);
	saved = errno;
	if (fchdir(here) < 0)
		return -1;
	errno = saved;
	return ret;
}

void mount_undo(struct step_ctx *c)
{
	for (uint32_t i = c->step; i-- > 0;) {
		const struct plan_step *s = &c->plan->steps[i];

		if (s->op == OP_ROOTFS_ATTACH && step_num(s, 2) & ATTACH_UNDO &&
		    step_fd(c, s, 0) >= 0)
			(void)unmount(c, step_fd(c, s, 0));
	}
}

int step_ROOTFS_FIND(struct step_ctx *c, const struct plan_step *s)
{
	const char *dest = step_str(c, s, 0);
	cleanup_close int fd = rootfd_open(dest, O_PATH, 0);
	bool root;

	if (fd < 0)
		return step_fail(c, "open mountpoint", dest);
	if (is_mount_root(fd, &root) < 0)
		return step_fail(c, "statx", dest);
	if (!root)
		return step_fail_as(c, EINVAL, "nothing is mounted on", dest);
	step_set_fd(c, s, 1, take_fd(&fd));
	return 0;
}

int step_ROOTFS_UMOUNT(struct step_ctx *c, const struct plan_step *s)
{
	/* The kernel locks together what a user namespace was given together. */
	if (unmount(c, step_fd(c, s, 0)) < 0)
		return step_fail(c, "umount", step_str(c, s, 1));
	return 0;
}
