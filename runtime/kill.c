/*
 * `kill`: signals to a container, and the signal that stops it.
 *
 * Uses: container.h, cgroups.    Used by: the library's users.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/container.h"
#include "runtime/lifecycle.h"
#include "runtime/nspid.h"
#include "runtime/pids.h"

static int kill_init(struct container *c, int sig, struct husk_error *err)
{
	if (sys_pidfd_send_signal(c->pidfd, sig, 0) == 0) {
		if (sig == SIGKILL)
			rt_container_thaw(c);
		return 0;
	}
	/* It ended between our look and the signal. */
	if (errno == ESRCH)
		return err_new(err, HUSK_E_STATE, ESRCH, "container not running: \"%s\"", c->id);
	return err_sys(err, "send signal %d to container \"%s\"", sig, c->id);
}

enum { BATCH = 64 };	/* pidfds at once */

/* Signal those of @pids that are still among the processes of @init once pidfds hold them. */
static void kill_batch(pid_t init, const pid_t *pids, size_t n, int sig)
{
	cleanup_free pid_t *now = NULL;
	struct husk_error ignored;
	size_t n_now = 0;
	int fds[BATCH];

	for (size_t i = 0; i < n; i++)
		fds[i] = pids[i] == init ? -1 : sys_pidfd_open(pids[i], 0);
	(void)rt_pids_of(init, &now, &n_now, &ignored);
	for (size_t i = 0, k = 0; i < n; i++) {
		/* Both are in ascending order. */
		while (k < n_now && now[k] < pids[i])
			k++;
		if (fds[i] < 0)
			continue;
		if (k < n_now && now[k] == pids[i])
			(void)sys_pidfd_send_signal(fds[i], sig, 0);
		(void)close(fds[i]);
	}
}

/* Without a cgroup (rootless engines): those that can be found, and the init last, for with it its pid
 * namespace ends, and without it nobody knows whose its children were. */
static int kill_found(struct container *c, int sig, struct husk_error *err)
{
	cleanup_free pid_t *pids = NULL;
	size_t n;

	if (c->pidfd < 0)
		return 0;
	/* With the first process of a pid namespace the kernel kills all that is in and below it. */
	if (sig == SIGKILL && rt_pid_inside(c->state.pid) == 1)
		return kill_init(c, sig, err);
	if (rt_pids_of(c->state.pid, &pids, &n, err) < 0)
		return -err->sys;
	for (size_t i = 0; i < n; i += BATCH)
		kill_batch(c->state.pid, pids + i, MIN(n - i, (size_t)BATCH), sig);
	return kill_init(c, sig, err);
}

int rt_kill_all(struct container *c, int sig, struct husk_error *err)
{
	struct cgroup *cg;
	int ret = rt_container_cgroup(c, &cg, err);

	if (ret == 0)
		ret = cg_kill(cg, sig, err);
	if (ret < 0 && err->kind == HUSK_E_UNSUPPORTED)
		ret = kill_found(c, sig, err);
	return ret;
}

int husk_kill(struct husk *h, const char *id, int sig, unsigned flags, struct husk_error *err)
{
	struct container c;
	int ret;

	if (sig < 0 || sig > SIGRTMAX)
		return err_new(err, HUSK_E_CONFIG, EINVAL, "signal %d does not exist", sig);
	ret = rt_container_load(h, id, false, &c, err);
	if (ret < 0)
		return ret;
	/* --all also ends what a dead init left behind (shared pid namespace), so it is allowed
	 * in every state, and quietly. */
	if (flags & HUSK_KILL_ALL) {
		ret = rt_kill_all(&c, sig, err);
	} else {
		ret = rt_container_allows(&c, RT_OP_KILL, err);
		if (ret == 0)
			ret = kill_init(&c, sig, err);
	}
	rt_container_done(&c);
	return ret;
}

int husk_stop_signal(struct husk *h, const char *id, int *sig, struct husk_error *err)
{
	static const char key[] = "org.opencontainers.image.stopSignal";
	struct container c;
	int found = SIGTERM, ret = rt_container_load(h, id, false, &c, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; c.has_state && i < c.state.n_annotations; i++) {
		const struct oci_pair *a = &c.state.annotations[i];

		if (strcmp(a->key, key) == 0)
			found = husk_signal_number(a->value);
		if (found <= 0) {
			ret = err_new(err, HUSK_E_CONFIG, EINVAL,
				      "annotation %s: \"%s\" is not a signal", key, a->value);
			break;
		}
	}
	rt_container_done(&c);
	if (ret == 0)
		*sig = found;
	return ret;
}
