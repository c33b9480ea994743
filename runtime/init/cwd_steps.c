/*
 * Working directory, terminal and standard descriptors of the container's process.
 *
 * Uses: runtime/base/step.h.    Used by: main.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "runtime/base/sys.h"
#include "runtime/base/weak.h"
#include "runtime/init/init.h"

enum {
	TRIES = 160,		/* with the pauses below about 10 ms */
	TRIES_AT_ONCE = 32,
};

int init_open_in_root(int root, const char *path, uint64_t flags)
{
	const struct timespec pause = { .tv_nsec = 50000 };
	int fd = -1;

	/* EAGAIN: somebody renames directories below us; a container may do so on purpose. */
	for (int i = 0; i < TRIES; i++) {
		fd = sys_openat2(root, path, flags | O_CLOEXEC, 0,
				 weakened("cwd") ? 0 : RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
		if (fd >= 0 || errno != EAGAIN)
			break;
		if (i >= TRIES_AT_ONCE)
			(void)nanosleep(&pause, NULL);
	}
	return fd;
}

static int open_dir(int root, const char *path)
{
	return init_open_in_root(root, path, O_PATH | O_DIRECTORY);
}

/* The directory @path; what is missing of it is made.  Consumes nothing. */
static int make_dir(int root, const char *path)
{
	char prefix[4096], *end;
	int parent = root, fd = -1;

	if (strlen(path) >= sizeof(prefix)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(prefix, path);
	for (char *name = prefix; *(name += strspn(name, "/")); name = end) {
		char saved;

		end = name + strcspn(name, "/");
		saved = *end;
		*end = '\0';
		fd = open_dir(root, prefix);
		if (fd < 0 && errno == ENOENT && mkdirat(parent, name, 0755) == 0)
			fd = open_dir(root, prefix);
		*end = saved;
		if (parent != root)
			(void)close(parent);
		if (fd < 0)
			return -1;
		parent = fd;
	}
	return fd;
}

/* Nothing may start in a directory that its root does not contain. */
static int verify(struct step_ctx *c, const char *path)
{
	char cwd[4096];

	if (syscall(SYS_getcwd, cwd, sizeof(cwd)) < 0)
		return step_fail(c, "getcwd", path);
	if (cwd[0] != '/' && !weakened("cwd"))
		return step_fail_as(c, ENOENT, "working directory is outside of the container's "
					       "root", path);
	return 0;
}

static int change_dir(struct step_ctx *c, const char *path, bool make)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd, ret = 0;

	if (root < 0)
		return step_fail(c, "open", "/");
	fd = open_dir(root, path);
	if (fd < 0 && errno == ENOENT && make)
		fd = make_dir(root, path);
	if (fd < 0 || fchdir(fd) < 0)
		ret = step_fail(c, "chdir", path);
	if (fd >= 0)
		(void)close(fd);
	(void)close(root);
	return ret < 0 ? ret : verify(c, path);
}

int step_PROC_CWD(struct step_ctx *c, const struct plan_step *s)
{
	int ret = change_dir(c, step_str(c, s, 0), step_num(s, 1) != 0);

	/* Root squashed by NFS or FUSE: the user may be allowed where root is not. */
	if (ret != -EACCES || !step_num(s, 2))
		return ret;
	if (chdir("/") < 0)
		return step_fail(c, "chdir", "/");
	return 0;
}

int step_PROC_CWD_AGAIN(struct step_ctx *c, const struct plan_step *s)
{
	char cwd[2];

	/* Only an EACCES of PROC_CWD leaves us in "/": a path that means "/" may be tried twice. */
	if (syscall(SYS_getcwd, cwd, sizeof(cwd)) < 0)
		return errno == ERANGE ? 0 : step_fail(c, "getcwd", NULL);
	return change_dir(c, step_str(c, s, 0), false);
}

/* Give @fd to the user so that it can open /dev/stdout again.  Only the owner: a file system may
 * insist on its own group.  What cannot be given away is still open, which is what counts. */
static void give(int fd, uid_t uid)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_uid == uid)
		return;
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
		return;		/* /dev/null is everybody's */
	(void)!fchown(fd, uid, (gid_t)-1);
}

int step_PROC_TERMINAL(struct step_ctx *c, const struct plan_step *s)
{
	int tty = step_fd(c, s, 0);

	give(tty, (uid_t)step_num(s, 1));
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(tty, fd) < 0)
			return step_fail(c, "dup2", "terminal");
	}
	return 0;
}

int step_PROC_CTTY(struct step_ctx *c, const struct plan_step *s)
{
	(void)s;
	if (ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
		return step_fail(c, "ioctl(TIOCSCTTY)", "terminal");
	return 0;
}

int step_PROC_STDIO(struct step_ctx *c, const struct plan_step *s)
{
	(void)c;
	for (int fd = 0; fd < 3; fd++)
		give(fd, (uid_t)step_num(s, 0));
	return 0;
}
