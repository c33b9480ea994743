/*
 * Devices, the links of /dev, and the console, in husk-init.
 *
 * An image may put anything below /dev, and /dev itself may be a link: everything here is made by
 * a directory descriptor inside the root, never through a last component that is a link.
 *
 * Uses: base/step.h, rootfd.h.    Used by: runtime/init.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "rootfs/mount_steps.h"
#include "rootfs/rootfd.h"
#include "rootfs/rootfs_ops.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/base/weak.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

/* ---- nodes ------------------------------------------------------------------------------- */

/* 1: made; 0: the same device was there already, and is left as it is. */
static int make_node(struct step_ctx *c, int dir, const char *name, mode_t mode, dev_t dev)
{
	struct stat st;

	if (mknodat(dir, name, mode, dev) == 0)
		return 1;
	if (errno != EEXIST)
		return step_fail(c, "mknod", name);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return step_fail(c, "stat", name);
	if (weakened("device"))
		return 0;
	if ((st.st_mode & S_IFMT) != (mode & S_IFMT) || (!S_ISFIFO(mode) && st.st_rdev != dev))
		return step_fail_as(c, EEXIST, "mknod: something else is there", name);
	return 0;
}

/* linux.devices */
int step_ROOTFS_DEVICE(struct step_ctx *c, const struct plan_step *s)
{
	uid_t uid = (uid_t)step_num(s, 3);
	gid_t gid = (gid_t)step_num(s, 4);
	const char *path = step_str(c, s, 0), *name;
	cleanup_close int dir = rootfd_parent(path, &name);
	mode_t mask;
	int ret;

	if (dir < 0)
		return step_fail(c, "open directory of", path);
	mask = umask(0);
	ret = make_node(c, dir, name, (mode_t)step_num(s, 1), (dev_t)step_num(s, 2));
	(void)umask(mask);
	if (ret <= 0)
		return ret;
	if ((uid || gid) && fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return step_fail(c, "chown", path);
	return 0;
}

/* ---- links ------------------------------------------------------------------------------- */

/* Whatever an image has in the way stays, except where @replace is set. */
static int make_link(int dir, const char *target, const char *name, bool replace)
{
	if (symlinkat(target, dir, name) == 0)
		return 0;
	if (errno != EEXIST)
		return -1;
	if (!replace)
		return 0;
	if (unlinkat(dir, name, 0) < 0)
		return -1;
	return symlinkat(target, dir, name);
}

/* Target and name in turn. */
int step_ROOTFS_SYMLINKS(struct step_ctx *c, const struct plan_step *s)
{
	const char *where = step_str(c, s, 0);
	cleanup_close int dir = rootfd_make(where, S_IFDIR, O_DIRECTORY, 0);

	if (dir < 0)
		return step_fail(c, "open", where);
	for (char **v = step_strv(c, s, 1); v[0]; v += 2)
		if (make_link(dir, v[0], v[1], false) < 0)
			return step_fail(c, "symlink", v[1]);
	return 0;
}

static int make_dev_links(struct step_ctx *c, int dev)
{
	static const char links[][2][16] = {
		{ "/proc/self/fd", "fd" },	 { "/proc/self/fd/0", "stdin" },
		{ "/proc/self/fd/1", "stdout" }, { "/proc/self/fd/2", "stderr" },
		{ "/proc/kcore", "core" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (make_link(dev, links[i][0], links[i][1], false) < 0)
			return step_fail(c, "symlink", links[i][1]);
	/* The multiplexer of the container's own devpts, never another one. */
	if (make_link(dev, "pts/ptmx", "ptmx", true) < 0)
		return step_fail(c, "symlink", "ptmx");
	return 0;
}

/* Where "/" is the container's root and nothing is mounted on its /dev, that is the host's own: it has
 * what it shall have, and its ptmx is everybody's.  Our root directory is the host's still. */
static bool is_hosts_dev(int dev)
{
	struct stat ours, hosts;

	return fstat(dev, &ours) == 0 && fstatat(AT_FDCWD, "/dev", &hosts, 0) == 0 &&
	       ours.st_dev == hosts.st_dev && ours.st_ino == hosts.st_ino;
}

int step_ROOTFS_DEV(struct step_ctx *c, const struct plan_step *s)
{
	static const struct {
		char name[8];
		unsigned char major, minor;
	} devices[DEV_DEFAULTS] = {
#define X(id, name, major, minor) [id] = { name, major, minor },
		DEV_TABLE(X)
#undef X
	};
	cleanup_close int dev = rootfd_make("/dev", S_IFDIR, O_DIRECTORY, 0);
	mode_t mask;
	int ret = 0;

	if (dev < 0)
		return step_fail(c, "open", "/dev");
	if (is_hosts_dev(dev))
		return 0;
	mask = umask(0);
	for (unsigned i = 0; i < DEV_DEFAULTS && ret >= 0; i++)
		if (step_num(s, 0) & 1u << i)
			ret = make_node(c, dev, devices[i].name, S_IFCHR | 0666,
					makedev(devices[i].major, devices[i].minor));
	(void)umask(mask);
	return ret < 0 ? ret : make_dev_links(c, dev);
}

/* ---- the console ------------------------------------------------------------------------- */

/*
 * A pair from the devpts mounted at /dev/pts, which must be one: whatever else an image puts there
 * would end up as the terminal of the program (CVE-2025-52565).  The slave comes from the master
 * itself, not from a name.
 */
static int open_pair(struct step_ctx *c, int *master, int *slave)
{
	cleanup_close int m = rootfd_open("/dev/pts/ptmx", O_RDWR | O_NOCTTY, 0);
	struct statfs fs;
	struct stat st;
	int unlock = 0;

	if (m < 0)
		return step_fail(c, "open (process.terminal needs a devpts mount at /dev/pts)",
				 "/dev/pts/ptmx");
	if (weakened("devpts")) {
		*master = take_fd(&m);
		*slave = rootfd_open("/dev/pts/0", O_RDWR | O_NOCTTY, 0);
		return *slave < 0 ? step_fail(c, "open", "/dev/pts/0") : 0;
	}
	if (fstatfs(m, &fs) < 0 || fstat(m, &st) < 0)
		return step_fail(c, "stat", "/dev/pts/ptmx");
	if (fs.f_type != DEVPTS_SUPER_MAGIC || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
		return step_fail_as(c, ENODEV, "verify as a devpts", "/dev/pts/ptmx");
	if (ioctl(m, TIOCSPTLCK, &unlock) < 0)
		return step_fail(c, "unlock", "/dev/pts/ptmx");
	*slave = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0)
		return step_fail(c, "open the terminal of", "/dev/pts/ptmx");
	*master = take_fd(&m);
	return 0;
}

/* /dev/console is a new, empty file or one that the image has, but never a link. */
static int show_console(struct step_ctx *c, int slave)
{
	const char *name;
	cleanup_close int dir = rootfd_parent("/dev/console", &name);
	cleanup_close int at = -1, tree = -1;
	struct stat st;

	if (dir < 0)
		return step_fail(c, "open", "/dev");
	if (mknodat(dir, name, S_IFREG | 0620, 0) < 0 && errno != EEXIST && errno != EROFS)
		return step_fail(c, "create", "/dev/console");
	at = weakened("console") ? openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC, 0620) :
				   openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0 || fstat(at, &st) < 0)
		return step_fail(c, "open", "/dev/console");
	if (S_ISLNK(st.st_mode))
		return step_fail_as(c, ELOOP, "mount on a symbolic link", "/dev/console");
	tree = mount_clone(slave, 0);
	if (tree < 0 || mount_attach(tree, at) < 0)
		return step_fail(c, "mount the terminal on", "/dev/console");
	return 0;
}

int step_ROOTFS_CONSOLE(struct step_ctx *c, const struct plan_step *s)
{
	struct winsize size = {
		.ws_row = (unsigned short)step_num(s, 0),
		.ws_col = (unsigned short)step_num(s, 1),
	};
	cleanup_close int master = -1, slave = -1;
	int ret = open_pair(c, &master, &slave);

	if (ret == 0 && step_num(s, 2))
		ret = show_console(c, slave);
	if (ret < 0)
		return ret;
	if ((size.ws_row || size.ws_col) && ioctl(slave, TIOCSWINSZ, &size) < 0)
		return step_fail(c, "set size of", "terminal");
	step_set_fd(c, s, 3, take_fd(&master));
	step_set_fd(c, s, 4, take_fd(&slave));
	return 0;
}
