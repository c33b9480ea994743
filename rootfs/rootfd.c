/*
 * Look-ups below the container's root; see rootfd.h.
 *
 * Uses: runtime/base.    Used by: the X_steps.c of this folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "rootfs/rootfd.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/base/weak.h"

enum {
	TRIES = 160,		/* with the pauses below about 10 ms */
	TRIES_AT_ONCE = 32,
	MAX_LINKS = 40,		/* as the kernel's limit for one look-up */
	MAX_ROUNDS = 2 * PATH_MAX,
};

int rootfd_open(const char *path, uint64_t flags, uint64_t resolve)
{
	const struct timespec pause = { .tv_nsec = 50000 };
	int fd;

	resolve |= RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
	if (weakened("in-root")) {
		path += strspn(path, "/");	/* below the working directory, and wherever links lead */
		resolve &= ~(uint64_t)(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	}
	for (int i = 0; weakened("eagain-bound") || i < (weakened("eagain") ? 1 : TRIES); i++) {
		fd = sys_openat2(AT_FDCWD, path, flags | O_CLOEXEC, 0, resolve);
		if (fd >= 0 || errno != EAGAIN)
			return fd;
		if (i >= TRIES_AT_ONCE)
			(void)nanosleep(&pause, NULL);
	}
	return -1;
}

/* A new last component of a path: never through a link, never by open(O_CREAT), which could
 * truncate or open something else. */
static int make_one(int dir, const char *name, mode_t type)
{
	mode_t mask = umask(0);
	int ret;

	if (S_ISDIR(type))
		ret = mkdirat(dir, name, 0755);
	else
		ret = mknodat(dir, name, S_IFREG | 0644, 0);
	(void)umask(mask);
	return ret;
}

struct walk {
	char path[PATH_MAX];	/* [0, at) exists; the rest is still to be walked */
	char link[PATH_MAX];
	size_t at;
	int dir;		/* O_PATH of [0, at); AT_FDCWD: the root */
	int links;
};

static void walk_to(struct walk *w, int dir, size_t at)
{
	if (w->dir != AT_FDCWD)
		(void)close(w->dir);
	w->dir = dir;
	w->at = at;
}

/* Put the @len bytes of w->link in place of the component [start, end), and begin again. */
static int splice_link(struct walk *w, size_t start, size_t end, size_t len)
{
	size_t rest = strlen(w->path + end) + 1;

	if (w->link[0] == '/')
		start = 0;	/* else a target starts where the link is */
	if (start + len + rest > sizeof(w->path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memmove(w->path + start + len, w->path + end, rest);
	memcpy(w->path + start, w->link, len);
	walk_to(w, AT_FDCWD, 0);
	return 0;
}

/* Look at the next component, and make it if it is missing.  1: the whole path is there, as *fd;
 * 0: look again; -1: errno. */
static int walk_on(struct walk *w, mode_t type, uint64_t flags, uint64_t resolve, int *fd)
{
	size_t start = w->at + strspn(w->path + w->at, "/");
	size_t end = start + strcspn(w->path + start, "/");
	bool last = w->path[end + strspn(w->path + end, "/")] == '\0';
	char saved = w->path[end];
	ssize_t len = 0;
	int found, ret = 0;

	w->path[end] = '\0';
	found = rootfd_open(w->path, O_PATH | (last ? flags : O_DIRECTORY), resolve);
	if (found >= 0 && last) {
		*fd = found;
		ret = 1;
	} else if (found >= 0) {
		walk_to(w, found, end);
	} else if (errno != ENOENT) {
		ret = -1;
	} else if (make_one(w->dir, w->path + start, last ? type : S_IFDIR) < 0) {
		/* A link to nowhere, or something that came into being meanwhile. */
		if (errno != EEXIST || ++w->links > MAX_LINKS)
			ret = -1;
		else
			len = readlinkat(w->dir, w->path + start, w->link, sizeof(w->link));
		if (len < 0 && errno != EINVAL)
			ret = -1;
		/* "dir/" is no file: made as one, it would not be found through this link. */
		if (len > 0 && w->link[len - 1] == '/' && last && S_ISREG(type)) {
			errno = ENOTDIR;
			ret = -1;
		}
	}
	w->path[end] = saved;
	if (ret == 0 && len > 0)
		ret = splice_link(w, start, end, (size_t)len);
	return ret;
}

/* The usual case: only the last component is missing.  1: done, as *fd; 0: it is not that case;
 * -1: errno. */
static int make_last(struct walk *w, mode_t type, uint64_t flags, uint64_t resolve, int *fd)
{
	char *slash = strrchr(w->path, '/');
	cleanup_close int dir = -1;

	if (!slash || slash == w->path || !slash[1])
		return 0;
	*slash = '\0';
	dir = rootfd_open(w->path, O_PATH | O_DIRECTORY, resolve);
	*slash = '/';
	if (dir < 0)
		return errno == ENOENT ? 0 : -1;
	if (make_one(dir, slash + 1, type) < 0)
		return errno == EEXIST ? 0 : -1;
	*fd = rootfd_open(w->path, O_PATH | flags, resolve);
	return *fd < 0 ? -1 : 1;
}

int rootfd_make_missing(const char *path, mode_t type, uint64_t flags, uint64_t resolve)
{
	struct walk w;
	int fd = -1, ret, saved;

	if (strlen(path) >= sizeof(w.path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(w.path, path);
	w.at = 0;
	w.links = 0;
	w.dir = AT_FDCWD;
	ret = make_last(&w, type, flags, resolve, &fd);
	for (int i = 0; ret == 0 && i < MAX_ROUNDS; i++)
		ret = walk_on(&w, type, flags, resolve, &fd);
	saved = errno;
	if (w.dir != AT_FDCWD)
		(void)close(w.dir);
	errno = ret == 0 ? ELOOP : saved;
	return ret == 1 ? fd : -1;
}

int rootfd_make(const char *path, mode_t type, uint64_t flags, uint64_t resolve)
{
	int fd = rootfd_open(path, O_PATH | flags, resolve);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	return rootfd_make_missing(path, type, flags, resolve);
}

int rootfd_parent(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (len + 2 > sizeof(parent) || !slash || !slash[1]) {
		errno = EINVAL;
		return -1;
	}
	memcpy(parent, path, len);
	strcpy(parent + len, len ? "" : "/");
	*name = slash + 1;
	return rootfd_make(parent, S_IFDIR, O_DIRECTORY, 0);
}
