/*
 * `events`: what happens to one container, as one descriptor for an event loop.
 *
 * The descriptor is an epoll set of the init's pidfd, the kernel's notices about its cgroup and a
 * timer.  Nothing of it survives husk_events_close(), and no thread is involved.
 *
 * Uses: stats.h, wait.h, cgroups.    Used by: the library's users.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "runtime/base/util.h"
#include "runtime/stats.h"
#include "runtime/wait.h"

struct husk_events {
	struct container c;
	struct cgroup *cg;		/* owned by `c` */
	struct cg_watch *watch;
	int timer;			/* -1: no statistics */
	int epoll;
};

static int watch(const struct husk_events *ev, int fd, uint32_t events, struct husk_error *err)
{
	struct epoll_event e = { .events = events };

	if (fd < 0 || epoll_ctl(ev->epoll, EPOLL_CTL_ADD, fd, &e) == 0)
		return 0;
	return err_sys(err, "events: epoll_ctl");
}

static int start_timer(struct husk_events *ev, unsigned interval_ms, struct husk_error *err)
{
	struct timespec every = { interval_ms / 1000, (long)(interval_ms % 1000) * 1000000 };
	struct itimerspec spec = { every, every };

	if (interval_ms == 0)
		return 0;
	ev->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (ev->timer < 0 || timerfd_settime(ev->timer, 0, &spec, NULL) < 0)
		return err_sys(err, "events: timerfd");
	return 0;
}

static int watch_cgroup(struct husk_events *ev, const struct husk_events_options *opts,
			struct husk_error *err)
{
	const struct cg_watch_options what = {
		.all = opts->all,
		.stall_us = opts->stall_us ? opts->stall_us : 200000,
		.window_us = opts->window_us ? opts->window_us : 2000000,
	};
	struct pollfd fds[CG_WATCH_FDS];
	int ret = cg_watch_open(ev->cg, &what, &ev->watch, err);
	size_t n = ret < 0 ? 0 : cg_watch_fds(ev->watch, fds);

	/* poll's bits are epoll's */
	for (size_t i = 0; ret == 0 && i < n; i++)
		ret = watch(ev, fds[i].fd, (uint32_t)fds[i].events, err);
	return ret;
}

static int set_up(struct husk_events *ev, const struct husk_events_options *opts,
		  struct husk_error *err)
{
	int ret = rt_container_allows(&ev->c, RT_OP_EVENTS, err);

	if (ret == 0)
		ret = rt_container_cgroup(&ev->c, &ev->cg, err);
	if (ret == 0)
		ret = start_timer(ev, opts->interval_ms, err);
	if (ret < 0)
		return ret;
	ev->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (ev->epoll < 0)
		return err_sys(err, "events: epoll_create1");
	if (watch(ev, ev->c.pidfd, EPOLLIN, err) < 0 || watch(ev, ev->timer, EPOLLIN, err) < 0)
		return -err->sys;
	return watch_cgroup(ev, opts, err);
}

int husk_events_open(struct husk *h, const char *id, const struct husk_events_options *opts,
		     struct husk_events **out, struct husk_error *err)
{
	static const struct husk_events_options defaults;
	struct husk_events *ev = calloc(1, sizeof(*ev));
	int ret;

	if (!ev)
		return err_nomem(err, "events");
	ret = rt_container_load(h, id, false, &ev->c, err);
	if (ret < 0) {
		free(ev);
		return ret;
	}
	ev->timer = ev->epoll = -1;
	ret = set_up(ev, opts ? opts : &defaults, err);
	if (ret < 0) {
		husk_events_close(ev);
		return ret;
	}
	*out = ev;
	return 0;
}

int husk_events_fd(const struct husk_events *ev)
{
	return ev->epoll;
}

static bool has_ended(const struct husk_events *ev)
{
	struct pollfd p = { .fd = ev->c.pidfd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

static bool cgroup_event(struct husk_events *ev, struct husk_event *out)
{
	static const struct husk_event events[CG_EVENTS] = {
		[CG_EVENT_MEMORY_HIGH] = { .kind = HUSK_EVENT_MEMORY_HIGH },
		[CG_EVENT_MEMORY_MAX] = { .kind = HUSK_EVENT_MEMORY_MAX },
		[CG_EVENT_OOM] = { .kind = HUSK_EVENT_OOM },
		[CG_EVENT_PIDS_MAX] = { .kind = HUSK_EVENT_PIDS_MAX },
		[CG_EVENT_CPU_PRESSURE] = { .kind = HUSK_EVENT_PRESSURE, .resource = "cpu" },
		[CG_EVENT_MEMORY_PRESSURE] = { .kind = HUSK_EVENT_PRESSURE, .resource = "memory" },
		[CG_EVENT_IO_PRESSURE] = { .kind = HUSK_EVENT_PRESSURE, .resource = "io" },
	};
	enum cg_event event;
	unsigned long n = cg_watch_next(ev->watch, &event);

	if (n == 0)
		return false;
	*out = events[event];
	out->count = n;
	return true;
}

/* Told from the pidfd, whether or not the container has been deleted meanwhile. */
static void end_event(struct husk_events *ev, struct husk_event *out)
{
	struct husk_error ignored;

	*out = (struct husk_event){ .kind = HUSK_EVENT_END, .status = -1 };
	(void)rt_wait_status(&ev->c, ev->c.pidfd, &out->status, &ignored);
}

int husk_events_next(struct husk_events *ev, struct husk_event *out, struct husk_error *err)
{
	/* Asked first: what killed the init is told before its end. */
	bool ended = has_ended(ev);
	struct husk_stats *stats = NULL;
	uint64_t ticks;
	int ret;

	if (cgroup_event(ev, out))
		return 1;
	if (ended) {
		end_event(ev, out);
		return 1;
	}
	if (ev->timer < 0 || read(ev->timer, &ticks, sizeof(ticks)) != (ssize_t)sizeof(ticks))
		return 0;
	ret = rt_stats_read(ev->c.id, ev->c.state.pid, ev->cg, &stats, err);
	if (ret < 0)
		return ret;
	/* It ended while they were read: they are not its own. */
	if (has_ended(ev)) {
		husk_stats_free(stats);
		return husk_events_next(ev, out, err);
	}
	*out = (struct husk_event){ .kind = HUSK_EVENT_STATS, .stats = stats };
	return 1;
}

void husk_event_done(struct husk_event *event)
{
	husk_stats_free(event->stats);
	*event = (struct husk_event){ 0 };
}

void husk_events_close(struct husk_events *ev)
{
	if (!ev)
		return;
	if (ev->epoll >= 0)
		(void)close(ev->epoll);
	if (ev->timer >= 0)
		(void)close(ev->timer);
	cg_watch_close(ev->watch);
	rt_container_done(&ev->c);
	free(ev);
}
