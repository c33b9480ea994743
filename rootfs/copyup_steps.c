/*
 * tmpcopyup, in husk-init: a directory's contents copied into the tmpfs that will cover it.
 *
 * The source is an image and may be anything; it is read by descriptor, links are never followed,
 * and depth is bounded.  Ownership, modes, times and extended attributes come along as far as the
 * tmpfs takes them; hard links become copies; sockets are left out.
 *
 * Uses: base/util.h.    Used by: mount_steps.c.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "rootfs/mount_steps.h"
#include "runtime/base/util.h"

enum { MAX_DEPTH = 100, LIST = 1024, VALUE = 4096 };

/* As the kernel's getdents64(2) lays it out. */
struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

struct copy {
	char *object;		/* where to say which file failed */
	size_t size;
	char list[LIST], value[VALUE];
};

static int copy_dir(struct copy *cp, int from, int to, unsigned depth);

/* Best effort: which attributes a tmpfs keeps depends on the kernel and on who asks. */
static void copy_xattrs(struct copy *cp, int from, int to)
{
	ssize_t len = flistxattr(from, cp->list, sizeof(cp->list)), n;

	for (const char *name = cp->list; len > 0 && name < cp->list + len;
	     name += strlen(name) + 1) {
		n = fgetxattr(from, name, cp->value, sizeof(cp->value));
		if (n >= 0)
			(void)fsetxattr(to, name, cp->value, (size_t)n, 0);
	}
}

/* chown first: it clears set-user-ID bits and file capabilities. */
static int copy_metadata(struct copy *cp, int from, int to, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (fchown(to, st->st_uid, st->st_gid) < 0 || fchmod(to, st->st_mode & 07777) < 0)
		return -1;
	copy_xattrs(cp, from, to);
	return futimens(to, times);
}

static int copy_file(struct copy *cp, int from_dir, int to_dir, const char *name,
		     const struct stat *st)
{
	cleanup_close int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
					O_NONBLOCK);
	cleanup_close int to = -1;
	struct stat now;
	ssize_t n;

	if (from < 0 || fstat(from, &now) < 0)
		return -1;
	/* Its owner and mode must not go to another file that has been put in its place. */
	if (now.st_dev != st->st_dev || now.st_ino != st->st_ino) {
		errno = EAGAIN;
		return -1;
	}
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return -1;
	do
		n = sendfile(to, from, NULL, 1 << 30);
	while (n > 0);
	return n < 0 ? -1 : copy_metadata(cp, from, to, &now);
}

static int copy_link(int from_dir, int to_dir, const char *name, const struct stat *st)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from_dir, name, target, sizeof(target) - 1);

	if (n < 0)
		return -1;
	target[n] = '\0';
	if (symlinkat(target, to_dir, name) < 0)
		return -1;
	return fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW);
}

static int copy_special(int to_dir, const char *name, const struct stat *st)
{
	if (mknodat(to_dir, name, st->st_mode & S_IFMT, st->st_rdev) < 0 ||
	    fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return fchmodat(to_dir, name, st->st_mode & 07777, 0);
}

static int copy_subdir(struct copy *cp, int from_dir, int to_dir, const char *name, unsigned depth)
{
	cleanup_close int from = openat(from_dir, name,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int to = -1;

	if (from < 0 || mkdirat(to_dir, name, 0700) < 0)
		return -1;
	to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return to < 0 ? -1 : copy_dir(cp, from, to, depth + 1);
}

static int copy_one(struct copy *cp, int from, int to, const char *name, unsigned depth)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	switch (st.st_mode & S_IFMT) {
	case S_IFDIR:
		return copy_subdir(cp, from, to, name, depth);
	case S_IFREG:
		return copy_file(cp, from, to, name, &st);
	case S_IFLNK:
		return copy_link(from, to, name, &st);
	case S_IFSOCK:
		return 0;
	default:
		return copy_special(to, name, &st);
	}
}

static int copy_entries(struct copy *cp, int from, int to, char *buf, long n, unsigned depth)
{
	for (long at = 0; at < n;) {
		const struct entry *e = (const struct entry *)(const void *)(buf + at);

		at += e->len;
		if (strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0)
			continue;
		if (copy_one(cp, from, to, e->name, depth) < 0) {
			if (!*cp->object)
				text_join(cp->object, cp->size, e->name, NULL);
			return -1;
		}
	}
	return 0;
}

static int copy_dir(struct copy *cp, int from, int to, unsigned depth)
{
	_Alignas(struct entry) char buf[2048];
	struct stat st;
	long n;

	if (depth > MAX_DEPTH) {
		errno = ELOOP;
		return -1;
	}
	while ((n = syscall(SYS_getdents64, from, buf, sizeof(buf))) > 0)
		if (copy_entries(cp, from, to, buf, n, depth) < 0)
			return -1;
	if (n < 0 || fstat(from, &st) < 0)
		return -1;
	return copy_metadata(cp, from, to, &st);
}

/* @from and @to may be O_PATH.  The mode of @to itself was decided before. */
int copy_up(int from, int to, char *object, size_t size)
{
	struct copy cp = { .object = object, .size = size };
	cleanup_close int src = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int dst = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	struct stat st;

	object[0] = '\0';
	if (src < 0 || dst < 0 || fstat(dst, &st) < 0 || copy_dir(&cp, src, dst, 0) < 0)
		return -1;
	return fchmod(dst, st.st_mode & 07777);
}
