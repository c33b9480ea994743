/*
 * Making a container's cgroups: directories in every hierarchy, ready to hold processes.
 *
 * Limits are set before anything joins.  What was made is removed again on failure.
 *
 * Uses: fs.h.    Used by: runtime.
 */
#include "cgroups/cg_systemd.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

#define PATH_AT "/linux/cgroupsPath"

static int err_hier(struct husk_error *err, const struct cg_hier *h, int error, const char *what,
		    const char *file)
{
	cg_err_at(err, HUSK_E_SYSTEM, error, PATH_AT, "%s %s%s%s%s: %s", what, h->mount, h->path,
		  *file ? "/" : "", file, err_text(error));
	if (error == EROFS || error == EACCES || error == EPERM)
		err_hint(err, "cgroups are not writable here: delegate one, run as root, or give "
			 "them up with --cgroup-manager=disabled; husk doctor tells more");
	return -err->sys;
}

/* "DIR/FILE" below a mount, also for its own directory "". */
static int join(char path[PATH_MAX], const char *dir, const char *file)
{
	int n = snprintf(path, PATH_MAX, "%s%s%s", dir, *dir ? "/" : "", file);

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* ---- directories ---------------------------------------------------------------------------- */

/* Length of the part of the path that was there before; the whole: nothing was made. */
struct made {
	size_t kept;
};

/* mkdir -p of @rel below @fd. */
static int make_dirs(int fd, const char *rel, struct made *made)
{
	char path[PATH_MAX];
	size_t len = strlen(rel);
	const char *slash = strrchr(rel, '/');

	made->kept = len;
	/* Another container's clean-up may remove a parent between two of these calls. */
	for (unsigned tries = 0; tries < 8; tries++) {
		if (mkdirat(fd, rel, 0755) == 0) {
			made->kept = MIN(made->kept, slash ? (size_t)(slash - rel) : 0);
			return 0;
		}
		if (errno != ENOENT || !slash)
			return errno == EEXIST ? 0 : -errno;
		for (const char *p = strchr(rel, '/'); p; p = strchr(p + 1, '/')) {
			const char *above;

			memcpy(path, rel, (size_t)(p - rel));
			path[p - rel] = '\0';
			if (mkdirat(fd, path, 0755) == 0) {
				above = strrchr(path, '/');
				made->kept = MIN(made->kept, above ? (size_t)(above - path) : 0);
			} else if (errno != EEXIST) {
				return -errno;
			}
		}
	}
	return -ENOENT;
}

static void remove_made(int fd, const char *rel, const struct made *made)
{
	char path[PATH_MAX];
	char *slash;

	(void)snprintf(path, sizeof(path), "%s", rel);
	while (strlen(path) > made->kept) {
		if (unlinkat(fd, path, AT_REMOVEDIR) < 0)
			return;		/* others use it by now */
		slash = strrchr(path, '/');
		if (!slash)
			return;
		*slash = '\0';
	}
}

/* The cgroup was there: left by an engine to be used, or somebody else's?  @lent: a process that
 * was put there for us, or 0. */
static int check_reusable(const struct cgroup *cg, size_t i, pid_t lent, struct husk_error *err)
{
	const struct cg_hier *h = &cg->hier[i];
	cleanup_free char *frozen = NULL;
	cleanup_free pid_t *pids = NULL;
	size_t n = 0;
	int ret = cg_tree_pids(cg, i, &pids, &n);

	if (ret < 0)
		return err_hier(err, h, -ret, "read", "cgroup.procs");
	if (n > 0 && !(n == 1 && pids[0] == lent)) {
		cg_err_at(err, HUSK_E_EXISTS, EEXIST, PATH_AT,
			  "cgroup %s%s has %zu process%s already, the first is pid %d", h->mount,
			  h->path, n, n == 1 ? "" : "es", (int)pids[0]);
		return err_hint(err, "another container uses this path, or remains of one: choose "
				"another cgroupsPath, or end these processes");
	}
	if (h->v2 ? (cg_read_file(cg, i, "cgroup.freeze", &frozen) == 0 && frozen[0] == '1')
		  : ((h->ctls & CG_BIT(CG_FREEZER)) &&
		     cg_read_file(cg, i, "freezer.state", &frozen) == 0 &&
		     !str_starts(frozen, "THAWED"))) {
		cg_err_at(err, HUSK_E_EXISTS, EBUSY, PATH_AT, "cgroup %s%s is frozen", h->mount,
			  h->path);
		return err_hint(err, "thaw or remove it: nothing could run there");
	}
	return 0;
}

/* ---- v1: cpuset ----------------------------------------------------------------------------- */

static int read_at(int fd, const char *dir, const char *file, char **out)
{
	char path[PATH_MAX];
	struct husk_error err;
	int ret = join(path, dir, file);

	return ret < 0 ? ret : fs_read(fd, path, 1 << 20, out, NULL, &err);
}

/*
 * Nothing can join a v1 cpuset without CPUs and memory nodes, and a new one has none: copy the
 * parent's, from the nearest that has some down to @rel (or, with @skip_leaf, its parent).
 */
static int inherit_cpuset(int fd, const char *rel, const char *file, bool skip_leaf)
{
	cleanup_free char *value = NULL;
	size_t len = strlen(rel);
	char path[PATH_MAX];
	size_t end = len;
	int ret;

	(void)snprintf(path, sizeof(path), "%s", rel);
	do {	/* up */
		free(take_ptr(&value));
		while (end > 0 && path[--end] != '/')
			;
		path[end] = '\0';
		ret = read_at(fd, path, file, &value);
		if (ret < 0)
			return ret;
	} while (end > 0 && value[strspn(value, " \n")] == '\0');

	for (;;) {	/* down */
		size_t next = end + (rel[end] == '/');
		char name[PATH_MAX];

		next += strcspn(rel + next, "/");
		if (next > len || next == end || (skip_leaf && next == len))
			return 0;
		if (snprintf(name, sizeof(name), "%.*s/%s", (int)next, rel, file) >=
		    (int)sizeof(name))
			return -ENAMETOOLONG;
		ret = fs_write_file(fd, name, value);
		if (ret < 0)
			return ret;
		end = next;
	}
}

static int init_cpuset(const struct cgroup *cg, size_t i, const struct cg_writes *ws,
		       struct husk_error *err)
{
	const struct cg_hier *h = &cg->hier[i];
	int fd = cg->mount_fd[i], ret;

	if (h->cpuset_v2_mode)
		return 0;
	ret = inherit_cpuset(fd, cg_rel(h), "cpuset.cpus", ws->cpus);
	if (ret < 0)
		return err_hier(err, h, -ret, "copy the parent's value to", "cpuset.cpus");
	ret = inherit_cpuset(fd, cg_rel(h), "cpuset.mems", ws->mems);
	if (ret < 0)
		return err_hier(err, h, -ret, "copy the parent's value to", "cpuset.mems");
	return 0;
}

/* ---- v2: controllers ------------------------------------------------------------------------ */

static uint32_t ctls_in(int fd, const char *dir, const char *file)
{
	cleanup_free char *text = NULL;
	char *save = NULL;
	uint32_t mask = 0;

	if (read_at(fd, dir, file, &text) < 0)
		return 0;
	for (char *w = strtok_r(text, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		enum cg_ctl ctl = cg_ctl_parse(w, strlen(w));

		if (ctl != CG_CTLS)
			mask |= CG_BIT(ctl);
	}
	return mask;
}

/* Pass @missing on to the children of @dir: in one write, else one by one, of which those in
 * @need must succeed. */
static int enable_at(int fd, const char *dir, uint32_t missing, uint32_t need, enum cg_ctl *failed)
{
	char path[PATH_MAX], text[256] = "", one[24];
	size_t len = 0;

	if (join(path, dir, "cgroup.subtree_control") < 0)
		return -ENAMETOOLONG;
	for (unsigned c = 0; c < CG_CTLS; c++) {
		if (missing & CG_BIT(c))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "+%s ",
						cg_ctl_name((enum cg_ctl)c, true));
	}
	if (fs_write_file(fd, path, text) == 0)
		return 0;
	for (unsigned c = 0; c < CG_CTLS; c++) {
		int ret;

		if (!(missing & CG_BIT(c)))
			continue;
		(void)snprintf(one, sizeof(one), "+%s", cg_ctl_name((enum cg_ctl)c, true));
		ret = fs_write_file(fd, path, one);
		if (ret < 0 && (need & CG_BIT(c))) {
			*failed = (enum cg_ctl)c;
			return ret;
		}
	}
	return 0;
}

static int err_enable(struct husk_error *err, const struct cg_hier *h, const char *dir,
		      enum cg_ctl ctl, int error)
{
	cg_err_at(err, HUSK_E_SYSTEM, error, PATH_AT,
		  "enable the %s controller in %s/%scgroup.subtree_control: %s",
		  cg_ctl_name(ctl, true), h->mount, *dir ? dir : "", strerror(error));
	if (error == EBUSY)
		return err_hint(err, "cgroup /%s has processes of its own, and cgroup v2 passes "
				"controllers on only from cgroups that have none: choose another "
				"cgroupsPath, or move them to a child", dir);
	return err_hint(err, "its parent must have the controller, and the directory must be "
			"delegated to this user");
}

static bool is_v2_only(const struct cgroup *cg)
{
	for (size_t i = 0; i < cg->n; i++) {
		if (!cg->hier[i].v2 && cg->hier[i].ctls)
			return false;
	}
	return true;
}

/* Controllers that limits ask for must reach the cgroup; the others a pure v2 host has are wanted
 * for their statistics. */
int cg_enable(const struct cgroup *cg, size_t i, uint32_t need, struct husk_error *err)
{
	const struct cg_hier *h = &cg->hier[i];
	const char *rel = cg_rel(h);
	uint32_t want = need;
	int fd = cg_mount_fd(cg, i);

	if (fd < 0)
		return err_hier(err, h, -fd, "open", "");
	if (is_v2_only(cg))
		want |= h->ctls;
	if (!want || (want & ~ctls_in(fd, rel, "cgroup.controllers")) == 0)
		return 0;
	for (const char *p = rel; p; p = strchr(p + 1, '/')) {
		char dir[PATH_MAX];
		enum cg_ctl failed = CG_CTLS;
		uint32_t missing;
		int ret;

		(void)snprintf(dir, sizeof(dir), "%.*s", (int)(p - rel), rel);
		missing = want & ~ctls_in(fd, dir, "cgroup.subtree_control");
		ret = missing ? enable_at(fd, dir, missing, need, &failed) : 0;
		if (ret < 0)
			return err_enable(err, h, dir, failed, -ret);
	}
	return 0;
}

int cg_delegate(const struct cgroup *cg, uid_t owner, struct husk_error *err)
{
	/* For kernels before 4.15, and where sysfs is not mounted. */
	static const char fallback[] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";
	cleanup_free char *list = NULL;
	cleanup_close int dir = -1;
	struct husk_error ignored;
	int i = cg_index_v2(cg);
	char *save = NULL;

	if (i < 0)
		return 0;
	dir = cg_open_file(cg, (size_t)i, NULL, O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		return err_hier(err, &cg->hier[i], -dir, "open", "");
	if (fchown(dir, owner, (gid_t)-1) < 0)
		return err_hier(err, &cg->hier[i], errno, "chown", "");
	if (fs_read(AT_FDCWD, "/sys/kernel/cgroup/delegate", 4096, &list, NULL, &ignored) < 0)
		list = strdup(fallback);
	if (!list)
		return err_nomem(err, "cgroups");
	for (char *f = strtok_r(list, "\n", &save); f; f = strtok_r(NULL, "\n", &save)) {
		if (fchownat(dir, f, owner, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return err_hier(err, &cg->hier[i], errno, "chown", f);
	}
	return 0;
}

/* ---- cg_create ------------------------------------------------------------------------------ */

static char *copy(struct arena *arena, const char *s, bool *failed)
{
	char *p = arena_strdup(arena, s);

	*failed |= !p;
	return p;
}

struct cgroup *cg_alloc(enum cg_manager manager, bool rootless, const struct cg_hier *hier,
			size_t n)
{
	struct cgroup *cg = calloc(1, sizeof(*cg));
	bool failed = false;

	if (!cg)
		return NULL;
	cg->manager = manager;
	cg->rootless = rootless;
	cg->hier = arena_array(&cg->arena, n + 1, sizeof(*cg->hier));
	cg->mount_fd = arena_array(&cg->arena, n + 1, sizeof(*cg->mount_fd));
	if (!cg->hier || !cg->mount_fd) {
		cg_free(cg);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		cg->hier[i] = hier[i];
		cg->hier[i].name = copy(&cg->arena, hier[i].name, &failed);
		cg->hier[i].mount = copy(&cg->arena, hier[i].mount, &failed);
		cg->hier[i].own = copy(&cg->arena, hier[i].own, &failed);
		cg->hier[i].path = copy(&cg->arena, hier[i].path, &failed);
		cg->mount_fd[i] = -1;
	}
	cg->n = n;
	if (failed) {
		cg_free(cg);
		return NULL;
	}
	return cg;
}

static int make_cgroup(const struct cgroup *cg, size_t i, const struct cg_writes *ws, pid_t lent,
		       struct made *made, struct husk_error *err)
{
	const struct cg_hier *h = &cg->hier[i];
	const char *rel = cg_rel(h);
	int ret = cg_mount_fd(cg, i);

	if (ret < 0)
		return err_hier(err, &(struct cg_hier){ .mount = h->mount, .path = "" }, -ret,
				"open cgroup hierarchy", "");
	ret = make_dirs(cg->mount_fd[i], rel, made);
	if (ret < 0)
		return err_hier(err, h, -ret, "mkdir", "");
	if (made->kept == strlen(rel)) {
		ret = check_reusable(cg, i, lent, err);
		if (ret < 0)
			return ret;
	}
	if (h->v2)
		return cg_enable(cg, i, ws->v2_ctls, err);
	if (h->ctls & CG_BIT(CG_CPUSET))
		return init_cpuset(cg, i, ws, err);
	return 0;
}

static int make_all(const struct cg_plan *plan, struct cgroup *cg, pid_t pid, struct made *made,
		    struct husk_error *err)
{
	/* systemd has set device rules of its own in a unit. */
	bool fresh = !plan->unit;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < cg->n; i++) {
		if (cg->hier[i].rdt)
			ret = cg_rdt_create(cg, i, &plan->rdt, err);
		else if (cg->hier[i].used)
			ret = make_cgroup(cg, i, &plan->writes, pid, &made[i], err);
	}
	if (ret == 0)
		ret = cg_apply(cg, &plan->writes, NULL, err);
	if (ret == 0 && plan->unit)
		ret = cg_systemd_lend(plan, cg, err);
	if (ret == 0)
		ret = cg_apply_devices(cg, plan->rules, plan->n_rules, plan->n_config_rules, fresh,
				       err);
	if (ret == 0 && plan->opts.has_owner)
		ret = cg_delegate(cg, plan->opts.owner, err);
	return ret;
}

static void remove_all(struct cgroup *cg, struct made *made)
{
	struct husk_error later;

	if (cg->unit && cg_systemd_stop(cg, &later) < 0)
		log_warn("undo: %s, ignoring", later.msg);
	for (size_t i = 0; i < cg->n; i++) {
		if (cg->hier[i].rdt && !cg->hier[i].keep)
			made[i].kept = 0;
		if (cg->mount_fd[i] >= 0)
			remove_made(cg->mount_fd[i], cg_rel(&cg->hier[i]), &made[i]);
	}
}

static struct cgroup *alloc_planned(const struct cg_plan *plan)
{
	const struct cg_layout *l = &plan->layout;
	struct cgroup *cg = cg_alloc(plan->opts.manager, plan->opts.rootless, l->hier, l->n);

	if (!cg || !plan->unit)
		return cg;
	cg->unit = arena_strdup(&cg->arena, plan->unit->name.unit);
	if (cg->unit)
		return cg;
	cg_free(cg);
	return NULL;
}

int cg_create(const struct cg_plan *plan, pid_t pid, struct cgroup **out, struct husk_error *err)
{
	const struct cg_layout *l = &plan->layout;
	struct cgroup *cg = alloc_planned(plan);
	cleanup_free struct made *made = calloc(l->n + 1, sizeof(*made));
	int ret = 0;

	if (!cg || !made) {
		cg_free(cg);
		return err_nomem(err, "cgroups");
	}
	for (size_t i = 0; i < cg->n; i++)
		made[i].kept = strlen(cg_rel(&cg->hier[i]));
	if (plan->unit)
		ret = cg_systemd_start(plan, cg, pid, err);
	if (ret == 0) {
		ret = make_all(plan, cg, pid, made, err);
		if (ret < 0)
			remove_all(cg, made);
	}
	if (ret < 0) {
		cg_free(cg);
		return ret;
	}
	*out = cg;
	return 0;
}

int cg_find(const struct cg_plan *plan, struct cgroup **out, struct husk_error *err)
{
	struct cgroup *cg = alloc_planned(plan);

	if (!cg)
		return err_nomem(err, "cgroups");
	*out = cg;
	return 0;
}

void cg_free(struct cgroup *cg)
{
	if (!cg)
		return;
	for (size_t i = 0; i < cg->n; i++) {
		if (cg->mount_fd[i] >= 0)
			(void)close(cg->mount_fd[i]);
	}
	arena_done(&cg->arena);
	free(cg);
}
