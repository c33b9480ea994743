/*
 * `start`: tell the waiting init to go on, and report what becomes of it.
 *
 * Uses: container.h, serve.c, hooks.c.    Used by: the library's users.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/base/protocol.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/hooks.h"
#include "runtime/launch.h"
#include "runtime/lifecycle.h"
#include "runtime/notify.h"
#include "runtime/socket.h"
#include "runtime/timeline.h"

enum { STOP_WAIT_MS = 10000 };

int rt_go(struct rt_launch *l, int dir_fd, struct husk_error *err)
{
	int ret = rt_notify_listen(dir_fd, &l->notify, err);

	rt_timeline_stage(l->times, "say start, wait until the program is executed");
	if (ret == 0)
		ret = rt_say(l->sock, MSG_GO, err);
	if (ret == 0)
		ret = rt_serve(l, true, err);
	rt_timeline_executed(l->times);
	rt_timeline_stage(l->times, "run poststart hooks");
	if (ret == 0)
		ret = rt_run_hooks(&l->config, OCI_POSTSTART, &l->state, "running", err);
	if (ret == 0 && l->notify >= 0 && !l->is_served)
		ret = rt_notify_until_ready(dir_fd, l->notify, l->pid, l->pidfd, err);
	return ret;
}

static int converse(struct rt_launch *l, struct container *c, struct husk_error *err)
{
	struct husk_error later;
	int ret;

	l->sock = sock_connect(c->dir_fd, "start.sock", SOCK_SEQPACKET, err);
	if (l->sock < 0)
		return l->sock;
	/* Gone before the program runs: from here on the container counts as running. */
	if (unlinkat(c->dir_fd, "start.sock", 0) < 0)
		return err_sys(err, "remove start.sock");
	ret = rt_go(l, c->dir_fd, err);
	if (ret == 0)
		return 0;
	/* runtime.md, "start": a container whose poststart hook fails is stopped.  Its init on its own,
	 * for it may have no cgroup; and nobody else could tell it to go on now. */
	(void)sys_pidfd_send_signal(l->pidfd, SIGKILL, 0);
	if (l->cg && cg_kill(l->cg, SIGKILL, &later) < 0)
		log_warn("start: %s, ignoring", later.msg);
	/* Who deletes it next shall find it stopped. */
	(void)poll(&(struct pollfd){ .fd = l->pidfd, .events = POLLIN }, 1, STOP_WAIT_MS);
	return ret;
}

static int start(struct husk *h, struct container *c, struct husk_error *err)
{
	static const struct husk_create_options none;
	struct rt_launch l;
	int ret;

	rt_launch_init(&l, h, c->id, &none);
	ret = rt_container_config(c, &l.config, err);
	if (ret < 0)
		goto out;
	l.has_config = true;
	l.state = c->state;
	l.pidfd = take_fd(&c->pidfd);
	l.pid = c->state.pid;
	if (!l.config.process) {
		ret = err_new(err, HUSK_E_CONFIG, EINVAL,
			      "container \"%s\" has no process: config.json lacks /process", c->id);
		goto out;
	}
	ret = rt_container_cgroup(c, &l.cg, err);
	if (ret == 0) {
		c->cg = NULL;	/* the launch owns it now */
		ret = converse(&l, c, err);
	}
out:
	rt_launch_done(&l);
	return ret;
}

int husk_start(struct husk *h, const char *id, struct husk_error *err)
{
	struct container c;
	int ret = rt_container_load(h, id, true, &c, err);

	if (ret < 0)
		return ret;
	ret = rt_container_allows(&c, RT_OP_START, err);
	if (ret == 0)
		ret = start(h, &c, err);
	rt_container_done(&c);
	return ret;
}
