/*
 * Mounts, in husk-init: by descriptor only, finished before they are attached.
 *
 * Uses: base/step.h, rootfd.h.    Used by: runtime/init.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "rootfs/mount_steps.h"
#include "rootfs/rootfd.h"
#include "rootfs/rootfs_ops.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/base/weak.h"

enum { PROC_ROOT_INODE = 1 };

const char *text_join(char *buf, size_t size, ...)
{
	size_t at = 0;
	const char *s;
	va_list ap;

	va_start(ap, size);
	while ((s = va_arg(ap, const char *)))
		while (*s && at + 1 < size)
			buf[at++] = *s++;
	va_end(ap);
	buf[at] = '\0';
	return buf;
}

int mount_attach(int tree, int dst)
{
	return sys_move_mount(tree, "", dst, "",
			      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int mount_clone(int fd, unsigned flags)
{
	return sys_open_tree(fd, "",
			     AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
}

int mount_new(int fs, unsigned attrs, const char **call)
{
	*call = "fsconfig create";
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	*call = "fsmount";
	return sys_fsmount(fs, FSMOUNT_CLOEXEC, attrs);
}

/* 1: on procfs, 0: not; -1: nobody knows. */
static int is_proc(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 ? -1 : fs.f_type == PROC_SUPER_MAGIC;
}

/* Fail with what the kernel wrote into the context's log, which says more than errno. */
static int fail_fs(struct step_ctx *c, int fs, const char *call, const char *what)
{
	int error = errno;
	char log[200], text[sizeof(c->object)];
	ssize_t n = read(fs, log, sizeof(log) - 1);
	char *end;

	if (n <= 2)
		return step_fail_as(c, error, call, what);
	log[n] = '\0';
	end = strchr(log, '\n');
	if (end)
		*end = '\0';
	/* "e tmpfs: Unknown parameter 'x'" */
	text_join(text, sizeof(text), what, " (", log + 2, ")", NULL);
	return step_fail_as(c, error, call, text);
}

/* ---- where ------------------------------------------------------------------------------- */

static int fail_destination(struct step_ctx *c, const char *path, unsigned how)
{
	char text[sizeof(c->object)];

	if (errno == ELOOP && how & (AT_PLAIN_DIR | AT_NODE)) {
		text_join(text, sizeof(text), path,
			  ": a symbolic link in the image, must be an ordinary file or directory",
			  NULL);
		return step_fail(c, "open mountpoint", text);
	}
	return step_fail(c, "open mountpoint", path);
}

/* The mountpoint, opened, and made if it was missing, as what @tree is (-1: a directory); *was_there
 * says which.  A mount inside procfs could redirect what the runtime and the program read or write
 * there, so it is for an allow-list only, which the plan knows. */
static int open_mountpoint(struct step_ctx *c, const char *path, int tree, unsigned how,
			   bool *was_there, int *out)
{
	const uint64_t resolve = how & AT_PLAIN_DIR && !weakened("mountpoint") ? RESOLVE_NO_SYMLINKS : 0;
	const uint64_t flags = O_PATH | (how & (AT_NOFOLLOW | AT_NODE) ? O_NOFOLLOW : 0);
	cleanup_close int fd = rootfd_open(path, flags, resolve);
	struct stat st = { .st_mode = S_IFDIR };
	int proc;

	*was_there = fd >= 0;
	if (fd < 0 && errno == ENOENT) {
		if (tree >= 0 && fstat(tree, &st) < 0)
			return step_fail(c, "stat source of", path);
		fd = rootfd_make_missing(path, S_ISDIR(st.st_mode) ? S_IFDIR : S_IFREG, flags, resolve);
	}
	if (fd < 0)
		return fail_destination(c, path, how);
	if (how & AT_NODE && fstat(fd, &st) < 0)
		return step_fail(c, "stat mountpoint", path);
	if (how & AT_NODE && S_ISLNK(st.st_mode)) {
		errno = ELOOP;
		return fail_destination(c, path, how);
	}
	proc = how & AT_INSIDE_PROC || weakened("mountpoint") ? 0 : is_proc(fd);
	if (proc < 0)
		return step_fail(c, "statfs mountpoint", path);
	if (proc)
		return step_fail_as(c, EPERM, "mount inside procfs", path);
	*out = take_fd(&fd);
	return 0;
}

/* The kernel says only EINVAL when a directory meets a file. */
static int fail_attach(struct step_ctx *c, int tree, int dst, const char *path)
{
	char text[sizeof(c->object)];
	int error = errno;
	struct stat a, b;

	if (error == EINVAL && fstat(tree, &a) == 0 && fstat(dst, &b) == 0 &&
	    S_ISDIR(a.st_mode) != S_ISDIR(b.st_mode)) {
		text_join(text, sizeof(text), path, ": are you trying to mount a directory onto a "
			  "file (or vice-versa)?", NULL);
		return step_fail_as(c, ENOTDIR, "mount", text);
	}
	return step_fail_as(c, error, "move_mount", path);
}

/* Attach; a mount on "/" becomes the root that later steps see. */
static int attach(struct step_ctx *c, int tree, int dst, const char *path)
{
	if ((weakened("mount-by-path") ?
	     sys_move_mount(tree, "", AT_FDCWD, path + strspn(path, "/"), MOVE_MOUNT_F_EMPTY_PATH) :
	     mount_attach(tree, dst)) < 0)
		return fail_attach(c, tree, dst, path);
	if (strcmp(path, "/") == 0 && fchdir(tree) < 0)
		return step_fail(c, "fchdir", path);
	return 0;
}

static void drop_fd(struct step_ctx *c, const struct plan_step *s, unsigned i)
{
	(void)close(step_fd(c, s, i));
	c->fds[s->arg[i]] = -1;
}

/* ---- new file systems -------------------------------------------------------------------- */

/* "key=value" or "flag", as the plan split them. */
static int set_option(int fs, const char *option)
{
	const char *eq = strchr(option, '=');
	char key[64];
	size_t n;

	if (!eq)
		return sys_fsconfig(fs, FSCONFIG_SET_FLAG, option, NULL, 0);
	n = (size_t)(eq - option);
	if (n >= sizeof(key)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(key, option, n);
	key[n] = '\0';
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, eq + 1, 0);
}

static bool is_id_option(const char *option)
{
	return (option[0] == 'u' || option[0] == 'g') && memcmp(option + 1, "id=", 3) == 0;
}

static int set_options(struct step_ctx *c, int fs, char **options, const char *what, unsigned how)
{
	char text[sizeof(c->object)];

	for (; options && *options; options++) {
		if (set_option(fs, *options) == 0)
			continue;
		text_join(text, sizeof(text), what, ", option \"", *options, "\"", NULL);
		if (!(how & LENIENT_IDS && errno == EINVAL && is_id_option(*options)))
			return fail_fs(c, fs, "mount option", text);
		(void)step_warn(c, "mount option of an id that is not mapped:", text);
	}
	return 0;
}

/* A tmpfs over a directory looks like it, unless the configuration says how it should look. */
static int inherit_mode(int fs, int dst)
{
	char digits[] = "00000";
	struct stat st;

	if (fstat(dst, &st) < 0)
		return -1;
	for (unsigned i = 0; i < 5; i++)
		digits[4 - i] = (char)('0' + (st.st_mode >> (3 * i) & (i == 4 ? 0 : 7)));
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", digits, 0);
}

/* The finished but still detached mount. */
static int make_mount(struct step_ctx *c, const struct plan_step *s, int dst, bool was_there,
		      int *out)
{
	const char *type = step_str(c, s, 0), *source = step_str(c, s, 1), *call;
	char what[sizeof(c->object) / 2];
	cleanup_close int fs = -1, tree = -1;
	int ret;

	text_join(what, sizeof(what), type, " on ", step_str(c, s, 2), NULL);
	fs = sys_fsopen(type, FSOPEN_CLOEXEC);
	if (fs < 0)
		return step_fail(c, "fsopen", what);
	if (source && sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		return fail_fs(c, fs, "mount source", what);
	ret = set_options(c, fs, step_strv(c, s, 3), what, s->flags);
	if (ret < 0)
		return ret;
	if (s->flags & INHERIT_MODE && was_there && inherit_mode(fs, dst) < 0)
		return fail_fs(c, fs, "mount option", what);
	tree = mount_new(fs, (unsigned)step_num(s, 4), &call);
	if (tree < 0)
		return fail_fs(c, fs, call, what);
	*out = take_fd(&tree);
	return 0;
}

/* ---- what a user namespace may not mount ------------------------------------------------- */

/*
 * Instead of a new one, the caller's, with everything below it, as far as it is what it should be:
 * the process's root directory is still the host's.  Only additional attributes are set: those that
 * are locked stay.
 */
static int bind_instead(struct step_ctx *c, const struct plan_step *s, int *out)
{
	static const struct {
		char type[8], path[12];
		uint64_t magic, attrs;
	} kinds[] = {
		/* Its files are the host's, and so is their owner. */
		{ "sysfs", "/sys", SYSFS_MAGIC, MOUNT_ATTR_RDONLY },
		{ "mqueue", "/dev/mqueue", 0x19800202, 0 },
		{ "proc", "/proc", PROC_SUPER_MAGIC, 0 },
	};
	struct sys_mount_attr attr = {
		.attr_set = step_num(s, 4) &
			    ~(uint64_t)(MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME),
		.propagation = MS_SLAVE,
	};
	cleanup_close int tree = -1;
	struct statfs fs;
	unsigned i = 0;

	while (strcmp(kinds[i].type, step_str(c, s, 0)) != 0)
		if (++i == ARRAY_SIZE(kinds))
			return -1;
	tree = sys_open_tree(AT_FDCWD, kinds[i].path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
			     AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
	if (tree < 0 || fstatfs(tree, &fs) < 0 || (uint64_t)fs.f_type != kinds[i].magic)
		return -1;
	attr.attr_set |= kinds[i].attrs;
	if (sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0)
		return -1;
	*out = take_fd(&tree);
	return 0;
}

/* A refusal is no failure where the caller's own can be bound. */
static int mount_or_bind(struct step_ctx *c, const struct plan_step *s, int dst, bool was_there,
			 int *out)
{
	int ret = make_mount(c, s, dst, was_there, out);

	if (ret != -EPERM || !(s->flags & OR_BIND))
		return ret;
	if (bind_instead(c, s, out) < 0)
		return ret;
	return step_warn(c, "mount refused, the caller's is bound instead:", step_str(c, s, 0));
}

int step_ROOTFS_MOUNT(struct step_ctx *c, const struct plan_step *s)
{
	const char *dest = step_str(c, s, 2);
	cleanup_close int dst = -1, tree = -1;
	char object[sizeof(c->object)];
	bool was_there;
	int ret;

	ret = open_mountpoint(c, dest, -1, s->flags, &was_there, &dst);
	if (ret == 0)
		ret = mount_or_bind(c, s, dst, was_there, &tree);
	if (ret < 0)
		return ret;
	if (s->flags & COPY_UP && was_there && copy_up(dst, tree, object, sizeof(object)) < 0)
		return step_fail(c, "copy into tmpfs", object);
	if (s->arg[5] == PLAN_NO_FD)
		return attach(c, tree, dst, dest);
	step_set_fd(c, s, 5, take_fd(&tree));
	return 0;
}

/* ---- trees ------------------------------------------------------------------------------- */

/*
 * Flags that an unprivileged user may not take off a mount (a nosuid host file system, say) are
 * kept, as the container would be worse off without the mount than with the stricter one.
 */
static int set_attributes(int fd, unsigned at, struct sys_mount_attr *attr, bool *kept)
{
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | at, attr) == 0)
		return 0;
	if (errno != EPERM || !attr->attr_clr || attr->userns_fd)
		return -1;
	attr->attr_clr = 0;
	attr->attr_set &= ~(uint64_t)(MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME);
	*kept = true;
	return sys_mount_setattr(fd, "", AT_EMPTY_PATH | at, attr);
}

#define LOCKED_STAY "locked mount flags stay set"

int step_ROOTFS_ATTR(struct step_ctx *c, const struct plan_step *s)
{
	int userns = step_fd(c, s, 5);
	struct sys_mount_attr attr = {
		.attr_set = step_num(s, 1),
		.attr_clr = step_num(s, 2),
		.propagation = step_num(s, 3),
	};
	bool kept = false;

	if (userns >= 0) {
		attr.attr_set |= MOUNT_ATTR_IDMAP;
		attr.userns_fd = (uint64_t)userns;
	}
	if (set_attributes(step_fd(c, s, 0), step_num(s, 4) ? AT_RECURSIVE : 0, &attr, &kept) < 0)
		return step_fail(c, "mount_setattr", userns >= 0 ? "id-mapped mount" : NULL);
	return kept ? step_warn(c, LOCKED_STAY, NULL) : 0;
}

/* Make the symbolic link that @tree is at @dest; one with the same target may be there. */
static int copy_symlink(struct step_ctx *c, int tree, const char *dest)
{
	char target[4096], there[4096];
	cleanup_close int dir = -1;
	const char *name;
	ssize_t n, m;

	n = readlinkat(tree, "", target, sizeof(target) - 1);
	if (n < 0)
		return step_fail(c, "readlink source of", dest);
	target[n] = '\0';
	dir = rootfd_parent(dest, &name);
	if (dir < 0)
		return step_fail(c, "open directory of", dest);
	if (symlinkat(target, dir, name) == 0)
		return 0;
	if (errno != EEXIST)
		return step_fail(c, "symlink", dest);
	m = readlinkat(dir, name, there, sizeof(there));
	if (m != n || memcmp(there, target, (size_t)n) != 0)
		return step_fail_as(c, EEXIST, "symlink", dest);
	return 0;
}

int step_ROOTFS_ATTACH(struct step_ctx *c, const struct plan_step *s)
{
	const char *dest = step_str(c, s, 1);
	unsigned how = (unsigned)step_num(s, 2);
	cleanup_close int dst = -1;
	int tree = step_fd(c, s, 0), ret;
	bool was_there;
	struct stat st;

	if (how & (COPY_SYMLINK | TREE_IS_PROC) && fstat(tree, &st) < 0)
		return step_fail(c, "stat source of", dest);
	if (how & COPY_SYMLINK && S_ISLNK(st.st_mode)) {
		ret = copy_symlink(c, tree, dest);
		drop_fd(c, s, 0);
		return ret;
	}
	if (how & TREE_IS_PROC && !weakened("proc-tree") && (is_proc(tree) != 1 || st.st_ino != PROC_ROOT_INODE))
		return step_fail_as(c, EPERM, "mount what is not procfs", dest);
	ret = open_mountpoint(c, dest, tree, how, &was_there, &dst);
	if (ret == 0)
		ret = attach(c, tree, dst, dest);
	if (ret == 0 && how & ATTACH_UNDO)
		c->undo = mount_undo;
	else
		drop_fd(c, s, 0);
	return ret;
}

/* ---- what is mounted already ------------------------------------------------------------- */

static int reconfigure(struct step_ctx *c, int fd, char **options, const char *dest)
{
	cleanup_close int fs = sys_fspick(fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
	int ret;

	if (fs < 0)
		return step_fail(c, "fspick", dest);
	ret = set_options(c, fs, options, dest, 0);
	if (ret < 0)
		return ret;
	if (sys_fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
		return fail_fs(c, fs, "fsconfig reconfigure", dest);
	return 0;
}

int step_ROOTFS_REMOUNT(struct step_ctx *c, const struct plan_step *s)
{
	const char *dest = step_str(c, s, 0);
	cleanup_close int fd = rootfd_open(dest, O_PATH, 0);
	struct sys_mount_attr attr = {
		.attr_set = step_num(s, 1),
		.attr_clr = step_num(s, 2),
		.propagation = step_num(s, 3),
	};
	char **options = step_strv(c, s, 5);
	bool kept = false;
	int ret;

	if (fd < 0)
		return step_fail(c, "open mountpoint", dest);
	if (options) {
		ret = reconfigure(c, fd, options, dest);
		if (ret < 0)
			return ret;
	}
	if (!(attr.attr_set | attr.attr_clr | attr.propagation))
		return 0;
	if (set_attributes(fd, step_num(s, 4) ? AT_RECURSIVE : 0, &attr, &kept) < 0)
		return step_fail(c, "mount_setattr", dest);
	return kept ? step_warn(c, LOCKED_STAY, dest) : 0;
}
