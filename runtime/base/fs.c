/*
 * Files of the host: see fs.h.
 *
 * Uses: sys.h, error.h.    Used by: every folder of the library.
 */
#include "runtime/base/fs.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/base/weak.h"

/* What engines write, in one call; pages that stay empty are not touched.  Less what malloc(3) adds. */
enum { FIRST_READ = 32 * 1024 - 64 };

int fs_read_fd(int fd, const char *what, size_t max, char **out, size_t *len,
	       struct husk_error *err)
{
	cleanup_free char *buf = NULL;
	size_t n = 0, cap = 0;

	for (;;) {
		ssize_t got;

		if (n + 1 >= cap) {
			size_t bigger = cap ? cap * 2 : FIRST_READ;
			char *p = realloc(buf, bigger);

			if (!p)
				return err_nomem(err, what);
			buf = p;
			cap = bigger;
		}
		got = read(fd, buf + n, cap - n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "read %s", what);
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > max)
			return err_new(err, HUSK_E_CONFIG, EFBIG, "%s: larger than %zu bytes", what,
				       max);
	}
	buf[n] = '\0';
	*out = take_ptr(&buf);
	if (len)
		*len = n;
	return 0;
}

int fs_read(int dir_fd, const char *name, size_t max, char **out, size_t *len,
	    struct husk_error *err)
{
	cleanup_close int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_sys(err, "open %s", name);
	return fs_read_fd(fd, name, max, out, len, err);
}

int fs_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fs_write_file(int dir_fd, const char *name, const char *text)
{
	cleanup_close int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = write(fd, text, strlen(text));
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int fs_write_new(int dir_fd, const char *name, const void *data, size_t len, mode_t mode,
		 struct husk_error *err)
{
	cleanup_close int fd = openat(dir_fd, name,
				      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	int ret;

	if (fd < 0)
		return err_sys(err, "create %s", name);
	ret = fs_write_all(fd, data, len);
	if (ret < 0) {
		errno = -ret;
		return err_sys(err, "write %s", name);
	}
	return 0;
}

int fs_replace(int dir_fd, const char *name, const void *data, size_t len, mode_t mode,
	       struct husk_error *err)
{
	cleanup_free char *tmp = NULL;
	cleanup_close int fd = -1;
	int ret;

	/* Unique among the threads and processes that may write it at the same time. */
	if (asprintf(&tmp, "%s.%d.%p", name, getpid(), (const void *)&fd) < 0)
		return err_nomem(err, name);
	fd = openat(dir_fd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return err_sys(err, "create %s", tmp);
	ret = fs_write_all(fd, data, len);
	if (ret == 0 && renameat(dir_fd, tmp, dir_fd, name) < 0)
		ret = -errno;
	if (ret < 0) {
		(void)unlinkat(dir_fd, tmp, 0);
		errno = -ret;
		return err_sys(err, "write %s", name);
	}
	return 0;
}

int fs_mkdir_p(const char *path, mode_t mode, struct husk_error *err)
{
	cleanup_free char *copy = NULL;
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno == EEXIST) {
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return 0;
		return err_new(err, HUSK_E_SYSTEM, ENOTDIR, "%s: not a directory", path);
	}
	if (errno != ENOENT)
		return err_sys(err, "mkdir %s", path);

	copy = strdup(path);
	if (!copy)
		return err_nomem(err, path);
	for (char *p = copy + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return err_sys(err, "mkdir %s", copy);
		*p = '/';
	}
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return err_sys(err, "mkdir %s", path);
	return 0;
}

static bool is_proc_root(int fd)
{
	struct statfs sfs;
	struct stat st;

	return fstatfs(fd, &sfs) == 0 && sfs.f_type == PROC_SUPER_MAGIC && fstat(fd, &st) == 0 &&
	       st.st_ino == 1;
}

int fs_open_proc(struct husk_error *err)
{
	cleanup_close int fd = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int fs = -1;

	if (fd >= 0 && (weakened("procfs") || is_proc_root(fd)))
		return take_fd(&fd);

	/* Missing, or covered by something else: an instance of our own. */
	fs = sys_fsopen("proc", FSOPEN_CLOEXEC);
	if (fs >= 0 && sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) {
		int mnt = sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);

		if (mnt >= 0)
			return mnt;
	}
	err_sys(err, "/proc is not procfs, and a private instance could not be made");
	return err_hint(err, "mount procfs on /proc before running husk");
}

uint64_t fs_mount_id(int fd)
{
	struct sys_statx stx;

	if (sys_statx(fd, "", AT_EMPTY_PATH, SYS_STATX_MNT_ID, &stx) < 0 ||
	    !(stx.mask & SYS_STATX_MNT_ID))
		return 0;
	return stx.mnt_id;
}
