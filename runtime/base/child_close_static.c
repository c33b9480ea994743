/*
 * The static program in place of child_close.c: musl's posix_spawn(3) closes only what it is told one
 * by one.  What is listed now is all there is, as this program opens nothing from another thread
 * without O_CLOEXEC.
 *
 * Uses: fs.h.    Used by: child.c.
 */
#include "runtime/base/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/base/fs.h"
#include "runtime/base/util.h"

/* Of the directory that is read here, which is closed by then, nothing is said. */
static int add_each(posix_spawn_file_actions_t *fa, int from, DIR *dir)
{
	const struct dirent *e;
	int ret = 0;

	while (ret == 0 && (e = readdir(dir))) {
		int fd = atoi(e->d_name);

		if (fd >= from && fd != dirfd(dir) && !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			ret = posix_spawn_file_actions_addclose(fa, fd);
	}
	return ret;
}

int child_add_close(posix_spawn_file_actions_t *fa, int from)
{
	struct husk_error err;
	cleanup_close int proc_fd = fs_open_proc(&err);
	int fd = proc_fd < 0 ? -1 : openat(proc_fd, "self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret;
	DIR *dir;

	if (proc_fd < 0)
		return err.sys;
	if (fd < 0)
		return errno;
	dir = fdopendir(fd);
	if (!dir) {
		ret = errno;
		(void)close(fd);
		return ret;
	}
	ret = add_each(fa, from, dir);
	(void)closedir(dir);
	return ret;
}
