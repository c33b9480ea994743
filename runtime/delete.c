/*
 * `delete`: undo `create`.
 *
 * Uses: container.h, cgroups, hooks.c.    Used by: the library's users.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "runtime/base/log.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/container.h"
#include "runtime/hooks.h"
#include "runtime/lifecycle.h"
#include "runtime/network.h"
#include "runtime/wait.h"

enum { KILL_WAIT_MS = 10000 };

/* End the init and wait for it; the rest of its pid namespace goes with it. */
static int end_init(struct container *c, struct husk_error *err)
{
	struct husk_error ignored;
	int ended;

	if (c->pidfd < 0)
		return 0;
	/* Where there may be no cgroup, the others of a shared pid namespace are found only by it. */
	if (c->state.rootless)
		(void)rt_kill_all(c, SIGKILL, &ignored);
	if (sys_pidfd_send_signal(c->pidfd, SIGKILL, 0) < 0 && errno != ESRCH)
		return err_sys(err, "kill container \"%s\"", c->id);
	rt_container_thaw(c);
	ended = rt_wait_end(c->pidfd, KILL_WAIT_MS, err);
	if (ended < 0)
		return ended;
	if (ended == 0)
		return err_new(err, HUSK_E_STATE, EBUSY,
			       "container \"%s\": its init (pid %d) does not die: it may be stuck in "
			       "the kernel (state D)", c->id, c->state.pid);
	/* Reap it if it is ours: a daemon that created it would else keep a zombie. */
	(void)waitid(P_PIDFD, (id_t)c->pidfd, &(siginfo_t){ 0 }, WEXITED | WNOHANG | __WALL);
	return 0;
}

/* A creation that was killed half-way left no state.json; its cgroup follows from the
 * configuration. */
static int interrupted_cgroup(struct husk *h, struct container *c, struct cgroup **out,
			      struct husk_error *err)
{
	struct oci_config config;
	struct cg_options co = { .manager = h->cgroup_manager, .id = c->id, .rootless = h->rootless };
	struct cg_plan *plan = NULL;
	int ret;

	*out = NULL;
	if (rt_container_config(c, &config, err) < 0)
		return 0;	/* nor is there a cgroup then: config.json comes first */
	ret = cg_plan_new(&config.linux_, &co, &plan, err);
	if (ret == 0)
		ret = cg_find(plan, out, err);
	cg_plan_free(plan);
	oci_config_done(&config);
	return ret;
}

static void poststop(const struct container *c)
{
	struct oci_config config;
	struct husk_error err;

	if (!c->has_state || c->state.no_poststop)
		return;
	if (rt_container_config(c, &config, &err) < 0) {
		log_warn("%s, ignoring", err.msg);
		return;
	}
	/* runtime.md: a failing poststop hook is logged, and the rest go on as if it had worked. */
	if (rt_run_hooks(&config, OCI_POSTSTOP, &c->state, "stopped", &err) < 0)
		log_warn("%s, ignoring", err.msg);
	oci_config_done(&config);
}

int rt_destroy(struct husk *h, struct container *c, struct husk_error *err)
{
	struct cgroup *cg = NULL;
	int ret = end_init(c, err);

	if (ret == 0 && c->has_state)
		ret = rt_container_cgroup(c, &cg, err);
	else if (ret == 0)
		ret = interrupted_cgroup(h, c, &c->cg, err);
	cg = c->cg;
	if (ret == 0 && cg)
		ret = cg_destroy(cg, err);
	if (ret == 0)
		ret = rt_network_down(h, c, err);
	if (ret < 0)
		return ret;
	poststop(c);
	return rt_container_remove(h, c, err);
}

/* What this handle's husk_run() has made under that name, or NULL. */
static struct container *take_own(struct husk *h, const char *id)
{
	struct container *own = NULL;

	(void)pthread_mutex_lock(&h->lock);
	if (h->own && strcmp(h->own->id, id) == 0)
		own = take_ptr(&h->own);
	(void)pthread_mutex_unlock(&h->lock);
	return own;
}

/* 0: it is as we knew it, but for its end; else look again. */
static int look_at_own(struct container *c, struct husk_error *err)
{
	int ended = c->state.no_poststop ? rt_wait_end(c->pidfd, 0, err) : 0;

	if (ended < 0)
		return ended;
	(void)close(take_fd(&c->pidfd));
	if (ended)
		return 0;
	cg_free(c->cg);
	c->cg = NULL;
	c->has_state = false;
	return rt_container_look(c, err);
}

static int delete_own(struct husk *h, struct container *c, struct husk_error *err)
{
	int ret = rt_container_lock(c, err);

	if (ret <= 0)
		return ret;
	ret = look_at_own(c, err);
	return ret < 0 ? ret : rt_destroy(h, c, err);
}

int husk_delete(struct husk *h, const char *id, unsigned flags, struct husk_error *err)
{
	bool force = flags & HUSK_DELETE_FORCE;
	struct container c, *own = force ? take_own(h, id) : NULL;
	int ret;

	if (own) {
		ret = delete_own(h, own, err);
		rt_container_free(own);
		return ret;
	}
	ret = rt_container_load(h, id, true, &c, err);
	if (ret < 0 && force && err->kind == HUSK_E_NOT_FOUND)
		return 0;
	if (ret < 0)
		return ret;
	if (!force)
		ret = rt_container_allows(&c, RT_OP_DELETE, err);
	if (ret == 0)
		ret = rt_destroy(h, &c, err);
	rt_container_done(&c);
	return ret;
}
