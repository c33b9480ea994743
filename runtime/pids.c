/*
 * The processes of a container without a cgroup: see pids.h.
 *
 * Uses: procfs.    Used by: query.c.
 */
#include "runtime/pids.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fs.h"
#include "runtime/base/util.h"

struct seen {
	pid_t pid, parent;
	bool member;
};

/* The inode of the process's pid namespace; 0: it is gone, or may not be looked into. */
static ino_t pid_namespace(int proc_fd, const char *pid)
{
	char path[32];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%.16s/ns/pid", pid);
	return fstatat(proc_fd, path, &st, 0) == 0 ? st.st_ino : 0;
}

static pid_t parent_of(int proc_fd, const char *pid)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	char path[32], *end;

	(void)snprintf(path, sizeof(path), "%.16s/stat", pid);
	if (fs_read(proc_fd, path, 4096, &text, NULL, &ignored) < 0)
		return 0;
	/* "PID (NAME) STATE PARENT ...": the name may hold anything. */
	end = strrchr(text, ')');
	return end && strlen(end) > 4 ? atoi(end + 4) : 0;
}

static int add(struct seen **list, size_t *n, struct seen new)
{
	struct seen *grown = *list;

	if (*n % 256 == 0)
		grown = realloc(*list, (*n + 256) * sizeof(**list));
	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[(*n)++] = new;
	return 0;
}

/* Every process that can be seen; @ns 0: none is a member for its namespace. */
static int look_at_all(int proc_fd, pid_t init, ino_t ns, struct seen **list, size_t *n,
		       struct husk_error *err)
{
	int fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!dir)
		return err_sys(err, "read /proc");
	while ((e = readdir(dir)) != NULL) {
		struct seen s = { .pid = atoi(e->d_name) };

		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		s.parent = parent_of(proc_fd, e->d_name);
		s.member = s.pid == init || (ns && pid_namespace(proc_fd, e->d_name) == ns);
		if (s.parent && add(list, n, s) < 0)
			return err_nomem(err, "processes");
	}
	return 0;
}

/* struct seen begins with its pid. */
static int by_number(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool is_member(const struct seen *list, size_t n, pid_t pid)
{
	const struct seen *s = bsearch(&pid, list, n, sizeof(*list), by_number);

	return s && s->member;
}

/* Children of members are members: those in a pid namespace below, and all where there is none of the
 * container's own. */
static void add_children(struct seen *list, size_t n)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < n; i++) {
			if (list[i].member || !is_member(list, n, list[i].parent))
				continue;
			list[i].member = more = true;
		}
	}
}

int rt_pids_of(pid_t init, pid_t **out, size_t *n_out, struct husk_error *err)
{
	cleanup_close int proc_fd = fs_open_proc(err);
	cleanup_free struct seen *list = NULL;
	cleanup_free pid_t *pids = NULL;
	size_t n = 0, found = 0;
	char name[16];
	ino_t ns;
	int ret;

	if (proc_fd < 0)
		return proc_fd;
	(void)snprintf(name, sizeof(name), "%d", init);
	ns = pid_namespace(proc_fd, name);
	if (ns == pid_namespace(proc_fd, "self"))
		ns = 0;
	ret = look_at_all(proc_fd, init, ns, &list, &n, err);
	if (ret < 0)
		return ret;
	if (n)
		qsort(list, n, sizeof(*list), by_number);
	add_children(list, n);
	pids = malloc((n + 1) * sizeof(*pids));
	if (!pids)
		return err_nomem(err, "processes");
	for (size_t i = 0; i < n; i++)
		if (list[i].member)
			pids[found++] = list[i].pid;
	*out = take_ptr(&pids);
	*n_out = found;
	return 0;
}
