/*
 * What is there: state, list, processes; and pause and resume.
 *
 * Uses: container.h, cgroups.    Used by: the library's users.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/base/util.h"
#include "runtime/container.h"
#include "runtime/pids.h"

void husk_state_free(struct husk_state *s)
{
	if (!s)
		return;
	free(s->id);
	free(s->bundle);
	free(s->rootfs);
	free(s->created);
	free(s->owner);
	free(s->json);
	free(s);
}

static char *dup_or_empty(const char *s)
{
	return strdup(s ? s : "");
}

static int make_state(const struct container *c, struct husk_state **out, struct husk_error *err)
{
	/* A creation under way has no state.json yet: it has an ID, and little else. */
	struct oci_state visible = c->has_state ? c->state : (struct oci_state){
		.version = OCI_STATE_VERSION, .oci_version = HUSK_SPEC_VERSION, .id = c->id,
		.bundle = "", .rootfs = "", .created = "", .owner = "",
	};
	struct husk_state *s = calloc(1, sizeof(*s));

	if (!s)
		return err_nomem(err, "state");
	if (c->status == RT_STOPPED)
		visible.pid = 0;
	s->status = rt_status_name(c->status);
	s->pid = visible.pid;
	s->id = dup_or_empty(visible.id);
	s->bundle = dup_or_empty(visible.bundle);
	s->rootfs = dup_or_empty(visible.rootfs);
	s->created = dup_or_empty(visible.created);
	s->owner = dup_or_empty(visible.owner);
	s->json = oci_state_public(&visible, s->status, true);
	if (!s->id || !s->bundle || !s->rootfs || !s->created || !s->owner || !s->json) {
		husk_state_free(s);
		return err_nomem(err, "state");
	}
	*out = s;
	return 0;
}

/* Of a container that was loaded, which ends here. */
static int state_of(struct container *c, struct husk_state **out, struct husk_error *err)
{
	int ret = make_state(c, out, err);

	rt_container_done(c);
	return ret;
}

int husk_state(struct husk *h, const char *id, struct husk_state **out, struct husk_error *err)
{
	struct container c;
	int ret = rt_container_load(h, id, false, &c, err);

	return ret < 0 ? ret : state_of(&c, out, err);
}

void husk_list_free(struct husk_state **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		husk_state_free(list[i]);
	free(list);
}

static int by_id(const void *a, const void *b)
{
	const struct husk_state *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static int add_entry(int root, const char *name, struct husk_state ***list, size_t *n,
		     struct husk_error *err)
{
	struct husk_state **grown, *s;
	struct husk_error why;
	struct container c;

	/* Not a container: "~seccomp", stray files. */
	if (rt_check_id(name, &why) < 0)
		return 0;
	if (rt_container_load_at(root, name, false, &c, &why) < 0 || state_of(&c, &s, &why) < 0) {
		/* Deleted while we looked is no news. */
		if (why.kind != HUSK_E_NOT_FOUND)
			log_warn("list: %s, ignoring", why.msg);
		return 0;
	}
	grown = realloc(*list, (*n + 1) * sizeof(**list));
	if (!grown) {
		husk_state_free(s);
		return err_nomem(err, "list");
	}
	grown[(*n)++] = s;
	*list = grown;
	return 0;
}

/* NULL: there is none, or *ret < 0. */
static DIR *open_dir(int root, const struct husk *h, int *ret, struct husk_error *err)
{
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && errno != ENOENT)
		*ret = err_sys(err, "state directory %s", h->root);
	if (!dir && fd >= 0)
		(void)close(fd);
	return dir;
}

int husk_list(struct husk *h, struct husk_state ***out, size_t *n_out, struct husk_error *err)
{
	cleanup_close int root = rt_open_root(h, false, err);
	cleanup_dir DIR *dir = NULL;
	struct husk_state **list = NULL;
	struct dirent *e;
	size_t n = 0;
	int ret = 0;

	if (root < 0 && root != -ENOENT)
		return root;
	if (root >= 0)
		dir = open_dir(root, h, &ret, err);
	if (ret < 0)
		return ret;
	while (dir && (e = readdir(dir)) != NULL) {
		if (e->d_type == DT_DIR && add_entry(root, e->d_name, &list, &n, err) < 0) {
			husk_list_free(list, n);
			return -err->sys;
		}
	}
	if (n > 0)
		qsort(list, n, sizeof(*list), by_id);
	*out = list;
	*n_out = n;
	return 0;
}

/* Load container @id and its cgroup for an operation on it; @op 0: any state. */
static int with_cgroup(struct husk *h, const char *id, bool lock, unsigned op, struct container *c,
		       struct cgroup **cg, struct husk_error *err)
{
	int ret = rt_container_load(h, id, lock, c, err);

	if (ret < 0)
		return ret;
	if (op)
		ret = rt_container_allows(c, op, err);
	if (ret == 0)
		ret = rt_container_cgroup(c, cg, err);
	if (ret < 0)
		rt_container_done(c);
	return ret;
}

int husk_pids(struct husk *h, const char *id, pid_t **out, size_t *n_out, struct husk_error *err)
{
	struct container c;
	struct cgroup *cg;
	int ret = with_cgroup(h, id, false, 0, &c, &cg, err);

	if (ret < 0)
		return ret;
	ret = cg_pids(cg, out, n_out, err);
	if (ret < 0 && err->kind == HUSK_E_UNSUPPORTED && c.pidfd >= 0)
		ret = rt_pids_of(c.state.pid, out, n_out, err);
	rt_container_done(&c);
	return ret;
}

static int freeze(struct husk *h, const char *id, bool frozen, struct husk_error *err)
{
	struct container c;
	struct cgroup *cg;
	int ret = with_cgroup(h, id, true, frozen ? RT_OP_PAUSE : RT_OP_RESUME, &c, &cg, err);

	if (ret < 0)
		return ret;
	ret = cg_freeze(cg, frozen, err);
	rt_container_done(&c);
	return ret;
}

int husk_pause(struct husk *h, const char *id, struct husk_error *err)
{
	return freeze(h, id, true, err);
}

int husk_resume(struct husk *h, const char *id, struct husk_error *err)
{
	return freeze(h, id, false, err);
}
