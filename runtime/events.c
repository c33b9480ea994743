/*
 * `events`: what happens to one container, as one descriptor for an event loop.
 *
 * The descriptor is an epoll set of the init's pidfd, the kernel's notices of the OOM killer and a
 * timer.  Nothing of it survives husk_events_close(), and no thread is involved.
 *
 * Uses: stats.h, cgroups.    Used by: the library's users.
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

struct husk_events {
	struct container c;
	struct cgroup *cg;		/* owned by `c` */
	struct cg_oom oom;
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

static int set_up(struct husk_events *ev, unsigned interval_ms, struct husk_error *err)
{
	int ret = rt_container_allows(&ev->c, RT_OP_EVENTS, err);

	if (ret == 0)
		ret = rt_container_cgroup(&ev->c, &ev->cg, err);
	if (ret == 0)
		ret = cg_oom_open(ev->cg, &ev->oom, err);
	if (ret == 0)
		ret = start_timer(ev, interval_ms, err);
	if (ret < 0)
		return ret;
	ev->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (ev->epoll < 0)
		return err_sys(err, "events: epoll_create1");
	/* poll's bits are epoll's */
	if (watch(ev, ev->c.pidfd, EPOLLIN, err) < 0 || watch(ev, ev->timer, EPOLLIN, err) < 0)
		return -err->sys;
	return watch(ev, ev->oom.fd, (uint32_t)ev->oom.events, err);
}

int husk_events_open(struct husk *h, const char *id, unsigned interval_ms,
		     struct husk_events **out, struct husk_error *err)
{
	struct husk_events *ev = calloc(1, sizeof(*ev));
	int ret;

	if (!ev)
		return err_nomem(err, "events");
	ret = rt_container_load(h, id, false, &ev->c, err);
	if (ret < 0) {
		free(ev);
		return ret;
	}
	ev->timer = ev->epoll = ev->oom.fd = ev->oom.control = -1;
	ret = set_up(ev, interval_ms, err);
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

int husk_events_next(struct husk_events *ev, struct husk_event *out, struct husk_error *err)
{
	/* Asked first: what killed the init is told before its end. */
	bool ended = has_ended(ev);
	unsigned long kills = cg_oom_read(&ev->oom);
	struct husk_stats *stats = NULL;
	uint64_t ticks;
	int ret;

	if (kills) {
		*out = (struct husk_event){ .kind = HUSK_EVENT_OOM, .count = kills };
		return 1;
	}
	if (ended) {
		*out = (struct husk_event){ .kind = HUSK_EVENT_END };
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
	cg_oom_close(&ev->oom);
	rt_container_done(&ev->c);
	free(ev);
}
