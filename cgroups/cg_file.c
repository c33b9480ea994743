/*
 * A container's cgroup as files: by descriptor of the hierarchy's mount and a path below it.
 *
 * Non-logging: -errno and no message, which cg_err_file() can make.  cgroup file systems have no symbolic links, so a path below
 * the mount cannot lead out of it.
 *
 * Uses: fs.h.    Used by: cgroups.
 */
#include "cgroups/cg_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/base/fs.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

int cg_mount_fd(const struct cgroup *cg, size_t i)
{
	cleanup_close int fd = -1;
	struct stat st;

	if (cg->mount_fd[i] >= 0)
		return cg->mount_fd[i];
	fd = open(cg->hier[i].mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Another file system by now: its directories are not ours. */
	if (fstat(fd, &st) < 0 || (cg->hier[i].dev && st.st_dev != cg->hier[i].dev))
		return -ESTALE;
	cg->mount_fd[i] = take_fd(&fd);
	return cg->mount_fd[i];
}

/* "a/b" or "a/b/FILE", below @mount if there is one; false: too long. */
static bool file_path(const char *mount, const char *rel, const char *file, char path[PATH_MAX])
{
	/* The root of resctrl can be joined; no cgroup hierarchy's is. */
	int n = snprintf(path, PATH_MAX, "%s%s%s%s%s", mount ? mount : "", mount ? "/" : "",
			 *rel || file ? rel : ".", *rel && file ? "/" : "", file ? file : "");

	return n < PATH_MAX;
}

int cg_locate(const struct cgroup *cg, size_t i, const char *file, int *dir, char path[PATH_MAX])
{
	const struct cg_hier *h = &cg->hier[i];
	int fd = AT_FDCWD;

	if (cg->mount_fd[i] >= 0 || h->dev || !file_path(h->mount, cg_rel(h), file, path)) {
		fd = cg_mount_fd(cg, i);
		if (fd < 0)
			return fd;
		if (!file_path(NULL, cg_rel(h), file, path))
			return -ENAMETOOLONG;
	}
	*dir = fd;
	return 0;
}

int cg_open_file(const struct cgroup *cg, size_t i, const char *file, int flags)
{
	char path[PATH_MAX];
	int dir, ret = cg_locate(cg, i, file, &dir, path);

	if (ret < 0)
		return ret;
	ret = openat(dir, path, flags | O_CLOEXEC | O_NOFOLLOW);
	return ret < 0 ? -errno : ret;
}

int cg_read_file(const struct cgroup *cg, size_t i, const char *file, char **out)
{
	cleanup_close int fd = cg_open_file(cg, i, file, O_RDONLY);
	struct husk_error err;

	if (fd < 0)
		return fd;
	return fs_read_fd(fd, file, 64 << 20, out, NULL, &err);
}

int cg_write_file(const struct cgroup *cg, size_t i, const char *file, const char *text)
{
	cleanup_close int fd = cg_open_file(cg, i, file, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	do {
		n = write(fd, text, strlen(text));
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int cg_err_file(struct husk_error *err, const struct cg_hier *h, const char *what, const char *file,
		int error)
{
	return err_new(err, HUSK_E_SYSTEM, error, "%s %s%s/%s: %s", what, h->mount, h->path, file,
		       strerror(error));
}

/* ---- the cgroup and those below it ---------------------------------------------------------- */

static int tree_add(struct cg_tree *tree, const char *dir, const char *name)
{
	char *path = NULL;

	if (tree->n == tree->cap) {
		size_t cap = tree->cap ? tree->cap * 2 : 8;
		char **p = realloc(tree->path, cap * sizeof(*p));

		if (!p)
			return -ENOMEM;
		tree->path = p;
		tree->cap = cap;
	}
	if (asprintf(&path, "%s%s%s", dir, *name ? "/" : "", name) < 0)
		return -ENOMEM;
	tree->path[tree->n++] = path;
	return 0;
}

/* Add the directories in @dir_path. */
static int tree_scan(struct cg_tree *tree, int mount_fd, const char *dir_path)
{
	cleanup_close int fd = openat(mount_fd, dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = NULL;
	int ret = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	(void)take_fd(&fd);
	for (struct dirent *e; ret == 0 && (e = readdir(dir)) != NULL;) {
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			ret = tree_add(tree, dir_path, e->d_name);
	}
	return ret;
}

int cg_tree_read(const struct cgroup *cg, size_t i, struct cg_tree *out)
{
	struct cg_tree tree = { 0 };
	int fd = cg_mount_fd(cg, i);
	int ret = fd < 0 ? fd : tree_add(&tree, cg_rel(&cg->hier[i]), "");

	/* The list grows while it is walked. */
	for (size_t k = 0; ret == 0 && k < tree.n; k++)
		ret = tree_scan(&tree, fd, tree.path[k]);
	if (ret < 0) {
		cg_tree_done(&tree);
		return ret;
	}
	*out = tree;
	return 0;
}

void cg_tree_done(struct cg_tree *tree)
{
	for (size_t i = 0; i < tree->n; i++)
		free(tree->path[i]);
	free(tree->path);
	*tree = (struct cg_tree){ 0 };
}

static int add_pids(const char *text, pid_t **out, size_t *n)
{
	while (*text) {
		char *end;
		long pid = strtol(text, &end, 10);

		if (end == text)
			break;
		text = end + (*end == '\n');
		if (pid <= 0)	/* of another pid namespace */
			continue;
		if ((*n & (*n - 1)) == 0) {	/* 0, 1, 2, 4, ... are full */
			pid_t *p = realloc(*out, (*n ? *n * 2 : 1) * sizeof(*p));

			if (!p)
				return -ENOMEM;
			*out = p;
		}
		(*out)[(*n)++] = (pid_t)pid;
	}
	return 0;
}

int cg_tree_pids(const struct cgroup *cg, size_t i, pid_t **out, size_t *n)
{
	cleanup_free pid_t *pids = NULL;
	struct cg_tree tree = { 0 };
	size_t count = 0;
	int ret = cg_tree_read(cg, i, &tree);

	for (size_t k = 0; ret == 0 && k < tree.n; k++) {
		cleanup_free char *text = NULL, *path = NULL;
		struct husk_error err;

		if (asprintf(&path, "%s/cgroup.procs", tree.path[k]) < 0) {
			path = NULL;
			ret = -ENOMEM;
			break;
		}
		ret = fs_read(cg->mount_fd[i], path, 64 << 20, &text, NULL, &err);
		/* It went away meanwhile; or its processes are shown by the threaded root above. */
		if (ret == -ENOENT || ret == -ENODEV || ret == -EOPNOTSUPP)
			ret = 0;
		else if (ret == 0)
			ret = add_pids(text, &pids, &count);
	}
	cg_tree_done(&tree);
	if (ret < 0)
		return ret;
	*out = take_ptr(&pids);
	*n = count;
	return 0;
}

/* ---- which hierarchy ------------------------------------------------------------------------ */

int cg_index_v2(const struct cgroup *cg)
{
	for (size_t i = 0; i < cg->n; i++) {
		if (cg->hier[i].used && cg->hier[i].v2)
			return (int)i;
	}
	return -1;
}

int cg_index_of(const struct cgroup *cg, enum cg_ctl ctl)
{
	const struct cg_hier *h = cg_hier_of(cg->hier, cg->n, ctl);

	return h ? (int)(h - cg->hier) : -1;
}

int cg_index_pids(const struct cgroup *cg)
{
	int i = cg_index_v2(cg);

	for (size_t k = 0; i < 0 && k < cg->n; k++) {
		if (cg->hier[k].used && !cg->hier[k].rdt)
			i = (int)k;
	}
	return i;
}
