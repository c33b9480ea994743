/*
 * Joining a container's cgroups: by descriptor, which the kernel or husk-init takes; or by systemd.
 *
 * Uses: cg_systemd.h, fs.h.    Used by: runtime.
 */
#include "cgroups/cg_systemd.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>

#include "runtime/base/fs.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

/* ---- by descriptor -------------------------------------------------------------------------- */

static bool is_named(const struct cg_hier *h, const char *word, size_t len)
{
	enum cg_ctl ctl = cg_ctl_parse(word, len);

	return (ctl != CG_CTLS && (h->ctls & CG_BIT(ctl))) ||
	       (strlen(h->name) == len && strncmp(h->name, word, len) == 0);
}

/* The part of @sub, "[CONTROLLERS:]PATH", that is meant for hierarchy @h: a relative path, "" for
 * the container's own cgroup. */
static const char *sub_of(const struct cg_hier *h, const char *sub)
{
	const char *colon = sub ? strchr(sub, ':') : NULL;
	bool meant = colon == NULL;

	if (!sub)
		return "";
	for (const char *p = sub; !meant && p < colon; p += strcspn(p, ",:") + 1)
		meant = is_named(h, p, strcspn(p, ",:"));
	if (!meant)
		return "";
	sub = colon ? colon + 1 : sub;
	return sub + strspn(sub, "/");
}

/* A controller that the container has no cgroup of would be left out without a word. */
static int check_sub(const struct cgroup *cg, const char *sub, struct husk_error *err)
{
	const char *colon = sub ? strchr(sub, ':') : NULL;

	for (const char *p = sub; colon && p < colon; p += strcspn(p, ",:") + 1) {
		size_t len = strcspn(p, ",:"), i = 0;

		while (i < cg->n && !(cg->hier[i].used && is_named(&cg->hier[i], p, len)))
			i++;
		if (i == cg->n)
			return err_new(err, HUSK_E_CONFIG, EINVAL,
				       "cgroup \"%s\": the container has no cgroup of a controller "
				       "\"%.*s\"", sub, (int)len, p);
	}
	return 0;
}

/* Open @file (NULL: the directory) of cgroup @sub below the container's, "" for its own. */
static int open_below(const struct cgroup *cg, size_t i, const char *sub, const char *file,
		      int flags, struct husk_error *err)
{
	const struct cg_hier *h = &cg->hier[i];
	cleanup_close int dir = -1;
	char path[PATH_MAX];
	int fd;

	if (!*sub) {
		fd = cg_open_file(cg, i, file, flags);
		return fd < 0 ? cg_err_file(err, h, "open", file ? file : "", -fd) : fd;
	}
	dir = cg_open_file(cg, i, NULL, O_PATH | O_DIRECTORY);
	if (dir < 0)
		return cg_err_file(err, h, "open", "", -dir);
	if (snprintf(path, sizeof(path), "%s%s%s", sub, file ? "/" : "", file ? file : "") >=
	    (int)sizeof(path))
		return err_new(err, HUSK_E_CONFIG, ENAMETOOLONG, "cgroup path is too long");
	fd = sys_openat2(dir, path, (uint64_t)(flags | O_CLOEXEC), 0,
			 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (fd < 0 && errno == EXDEV)
		return err_new(err, HUSK_E_CONFIG, EINVAL,
			       "cgroup \"%s\" is not below the container's", sub);
	return fd < 0 ? cg_err_file(err, h, "open", path, errno) : fd;
}

int cg_open_v2(const struct cgroup *cg, const char *sub, struct husk_error *err)
{
	int i = cg_index_v2(cg);
	int fd = check_sub(cg, sub, err);

	if (fd < 0)
		return fd;
	if (i < 0)
		return -1;
	fd = open_below(cg, (size_t)i, sub_of(&cg->hier[i], sub), NULL, O_RDONLY | O_DIRECTORY,
			err);
	/* -1 is taken, see cgroups.h */
	return fd == -EPERM ? -EACCES : fd;
}

/* What follows @h's path in @line, "0::PATH", or NULL: the reader's cgroup namespace and the root
 * of the mount may put something before it. */
static const char *below_of(const char *line, const struct cg_hier *h)
{
	size_t len = strlen(h->path);

	for (const char *p = line; (p = strstr(p, h->path)) != NULL; p++) {
		if (p[len] == '/' || p[len] == '\0')
			return p + len;
	}
	return NULL;
}

/* Where process @pid is below the container's v2 cgroup, hierarchy @h: "a/b", or "" for the cgroup
 * itself; free(*out). */
static int place_of(const struct cg_hier *h, pid_t pid, char **out, struct husk_error *err)
{
	cleanup_free char *text = NULL;
	char path[64], *save = NULL;
	const char *sub = NULL;
	int ret;

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	ret = fs_read(AT_FDCWD, path, 1 << 20, &text, NULL, err);
	if (ret < 0)
		return ret;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		if (str_starts(l, "0::"))
			sub = below_of(l + 3, h);
	}
	if (!sub)
		return err_new(err, HUSK_E_STATE, ESRCH,
			       "the container's init (pid %d) has left the container's cgroup",
			       (int)pid);
	*out = strdup(sub + strspn(sub, "/"));
	return *out ? 0 : err_nomem(err, "cgroups");
}

int cg_open_v2_of(const struct cgroup *cg, pid_t pid, struct husk_error *err)
{
	cleanup_free char *sub = NULL;
	int i = cg_index_v2(cg);
	int ret;

	if (i < 0)
		return -1;
	ret = place_of(&cg->hier[i], pid, &sub, err);
	if (ret == 0)
		ret = open_below(cg, (size_t)i, sub, NULL, O_RDONLY | O_DIRECTORY, err);
	return ret == -EPERM ? -EACCES : ret;
}

int cg_open_tasks(const struct cgroup *cg, const char *sub, int **fds, size_t *n,
		  struct husk_error *err)
{
	cleanup_free int *list = calloc(cg->n + 1, sizeof(*list));
	int ret = check_sub(cg, sub, err);
	size_t count = 0;

	if (ret < 0)
		return ret;
	if (!list)
		return err_nomem(err, "cgroups");
	for (size_t i = 0; i < cg->n; i++) {
		int fd;

		if (cg->hier[i].v2 || !cg->hier[i].used)
			continue;
		fd = open_below(cg, i, sub_of(&cg->hier[i], sub), "tasks", O_WRONLY, err);
		if (fd < 0) {
			while (count > 0)
				(void)close(list[--count]);
			return fd;
		}
		list[count++] = fd;
	}
	*fds = take_ptr(&list);
	*n = count;
	return 0;
}

/* ---- by systemd ----------------------------------------------------------------------------- */

static bool is_outside(enum cg_manager manager, bool rootless, const char *own, const char *path)
{
	return manager == CG_SYSTEMD && rootless && !cg_same_manager(own, path);
}

bool cg_comes_from_outside(const struct cg_plan *plan)
{
	const struct cg_hier *h = cg_hier_v2(plan->layout.hier, plan->layout.n);

	return h && is_outside(plan->opts.manager, plan->opts.rootless, h->own, h->path);
}

bool cg_comes_from_outside_running(const struct cgroup *cg)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	const char *own;
	int i = cg_index_v2(cg);

	/* The file is read for this alone. */
	if (i < 0 || !is_outside(cg->manager, cg->rootless, "", cg->hier[i].path) ||
	    fs_read(AT_FDCWD, "/proc/thread-self/cgroup", 1 << 20, &text, NULL, &ignored) < 0)
		return false;
	own = str_starts(text, "0::") ? text : strstr(text, "\n0::");
	return own && !cg_same_manager(strchr(own, '/'), cg->hier[i].path);
}

void cg_emit_ask(struct plan *p)
{
	PLAN_EMIT(p, OP_CG_ASK, "/linux/cgroupsPath");
}

/* @below: a cgroup below the container's, "a/b" or "". */
static int attach(const struct cgroup *cg, struct cg_bus *bus, const char *below, pid_t pid,
		  struct husk_error *err)
{
	/* The container's own may lie below the unit's. */
	const char *own = cg_below_unit(cg->hier[cg_index_v2(cg)].path, cg->unit);
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s%s%s", own, *below ? "/" : "", below) < 0) {
		path = NULL;
		return err_nomem(err, "cgroups");
	}
	return cg_bus_attach(bus, cg->unit, path, pid, err);
}

int cg_move(const struct cgroup *cg, const char *sub, pid_t pid, pid_t init,
	    struct husk_error *err)
{
	const struct cg_hier *h = &cg->hier[cg_index_v2(cg)];
	cleanup_free char *place = NULL, *now = NULL;
	int ret = check_sub(cg, sub, err);
	struct husk_error ignored;
	struct cg_bus *bus = NULL;

	if (ret == 0)
		ret = cg_bus_open(cg->rootless, &bus, err);
	if (ret < 0)
		return ret;
	ret = attach(cg, bus, sub_of(h, sub), pid, err);
	/* As with cg_open_v2_of(); here the reason for a failure is not told. */
	if (ret < 0 && !sub && place_of(h, init, &place, &ignored) == 0 && *place)
		ret = attach(cg, bus, place, pid, err);
	cg_bus_close(bus);
	if (ret == 0 && place_of(h, pid, &now, &ignored) < 0)
		ret = err_new(err, HUSK_E_SYSTEM, EXDEV, "systemd did not move process %d to cgroup %s%s",
			      (int)pid, h->mount, h->path);
	return ret < 0 ? err_hint(err, "husk was started in a cgroup that is not your systemd's "
				  "(`cat /proc/self/cgroup`), and only the system's systemd may move "
				  "processes from there: start it by `systemd-run --user --scope husk "
				  "...`") : 0;
}
