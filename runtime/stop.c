/*
 * `stop`: ask a container's program to end, and end it if it does not.
 *
 * Uses: container.h, cgroups, wait.h, kill.c.    Used by: the library's users.
 */
#include <errno.h>
#include <signal.h>

#include "runtime/base/sys.h"
#include "runtime/container.h"
#include "runtime/lifecycle.h"
#include "runtime/wait.h"

enum { KILL_WAIT_MS = 10000 };

/* 1: it has ended; 0: not within @timeout_ms. */
static int ask(struct container *c, int sig, int timeout_ms, struct husk_error *err)
{
	if (sys_pidfd_send_signal(c->pidfd, sig, 0) < 0) {
		if (errno == ESRCH)
			return 1;
		return err_sys(err, "send signal %d to container \"%s\"", sig, c->id);
	}
	/* Only now: it goes on with the signal. */
	rt_container_thaw(c);
	return rt_wait_end(c->pidfd, timeout_ms, err);
}

/* What a shared pid namespace holds outlives the init, and takes its time to die. */
static int end_rest(struct container *c, struct husk_error *err)
{
	struct cgroup *cg;
	int ret = rt_container_cgroup(c, &cg, err);

	if (ret == 0)
		ret = cg_end(cg, err);
	/* Without a cgroup only the init knew whose they were. */
	if (ret == 0 || err->kind == HUSK_E_UNSUPPORTED)
		return 0;
	return err_ctx(err, "container \"%s\"", c->id);
}

static int end(struct container *c, struct husk_error *err)
{
	int ret = rt_kill_all(c, SIGKILL, err);

	if (ret < 0 && err->kind != HUSK_E_STATE)
		return ret;
	rt_container_thaw(c);
	ret = rt_wait_end(c->pidfd, KILL_WAIT_MS, err);
	if (ret == 0)
		return err_new(err, HUSK_E_STATE, EBUSY,
			       "container \"%s\": its init (pid %d) does not die: it may be stuck in "
			       "the kernel (state D)", c->id, c->state.pid);
	return ret < 0 ? ret : end_rest(c, err);
}

static int stop(struct container *c, int sig, int timeout_ms, struct husk_error *err)
{
	/* One that was never started has no program that could be asked. */
	bool politely = timeout_ms != 0 && c->status != RT_CREATED;
	int ret = politely ? ask(c, sig, timeout_ms, err) : 0, status;
	struct husk_error ignored;

	if (ret < 0)
		return ret;
	/* Also after it ended: in a shared pid namespace others of it may be left. */
	ret = end(c, err);
	if (ret == 0)	/* for a later `wait` */
		(void)rt_wait_status(c, c->pidfd, &status, &ignored);
	return ret;
}

int husk_stop(struct husk *h, const char *id, int sig, int timeout_ms, struct husk_error *err)
{
	struct container c;
	int ret = 0;

	if (sig < 0 || sig > SIGRTMAX)
		return err_new(err, HUSK_E_CONFIG, EINVAL, "signal %d does not exist", sig);
	if (sig == 0)
		ret = husk_stop_signal(h, id, &sig, err);
	if (ret == 0)
		ret = rt_container_load(h, id, false, &c, err);
	if (ret < 0)
		return ret;
	/* It has ended: that is what was wanted, but for what a shared pid namespace may hold. */
	if (c.status == RT_STOPPED)
		ret = end_rest(&c, err);
	else
		ret = rt_container_allows(&c, RT_OP_KILL, err);
	if (ret == 0 && c.status != RT_STOPPED)
		ret = stop(&c, sig, timeout_ms, err);
	rt_container_done(&c);
	return ret;
}
