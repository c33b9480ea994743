/*
 * What happens to a cgroup: the OOM killer, limits that were met, pressure.
 *
 * v2 counts in memory.events and pids.events, and a poller of them is woken.  v1 signals eventfds
 * that were registered with it, for the OOM killer and for memory pressure; its counters wake nobody
 * (pids.events neither, as of Linux 6.18): they are looked at every second.
 *
 * systemd removes a scope as soon as its last process is dead, and the kernel wakes us for
 * memory.events at most every 10 ms: a container that dies of the OOM killer may be gone, with its
 * counters, before we look.  v2's count of the cgroup above includes it, and stays.
 *
 * Pressure (PSI) wakes the poller of a trigger, but the first poll takes the notice away; one that
 * polls an epoll set which holds the trigger takes it without being able to tell.  So the set gets an
 * inotify descriptor instead, which the kernel's notices reach as well, and the triggers are
 * polled only by cg_watch_next().
 *
 * Uses: runtime/base.    Used by: runtime.
 */
#include "cgroups/cg_systemd.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>

#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

enum source {
	SOURCE_MEMORY, SOURCE_ABOVE,	/* v2: memory.events, and of the cgroup above */
	SOURCE_OOM, SOURCE_LEVEL,	/* v1: notices of the OOM killer and of memory pressure */
	SOURCE_PIDS,		/* pids.events, on both */
	SOURCE_PSI,		/* inotify for the triggers */
	SOURCE_TIMER,		/* for counters that wake nobody */
	SOURCES
};
_Static_assert((int)SOURCES == (int)CG_WATCH_FDS, "cgroups.h promises so many");

struct cg_watch {
	int fd[SOURCES];
	bool all;
	bool gone;			/* v2: the cgroup, and that was told */
	unsigned long above;		/* OOM kills there when ours were counted last */
	int oom_control, failcnt;	/* v1's files */
	int psi[CG_EVENTS];		/* triggers; -1 but for pressure */
	unsigned long seen[CG_EVENTS];	/* of the kernel's counters */
	unsigned long pending[CG_EVENTS];
};

static int err_watch(struct husk_error *err, const struct cg_hier *h, const char *what,
		     const char *file, int error)
{
	return err_new(err, HUSK_E_SYSTEM, error, "events: %s %s%s/%s: %s", what, h->mount,
		       h->path, file, strerror(error));
}

/* ---- counters ------------------------------------------------------------------------------- */

/* The text of @fd; reading it is also what arms poll(2). */
static bool read_whole(int fd, char *text, size_t size)
{
	ssize_t n = fd < 0 ? -1 : pread(fd, text, size - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return true;
}

/* A counter that went on since we last looked. */
static void count(struct cg_watch *w, enum cg_event event, unsigned long now)
{
	if (now > w->seen[event]) {
		w->pending[event] += now - w->seen[event];
		w->seen[event] = now;
	}
}

/* The N of line "KEY N" of @text, or 0. */
static unsigned long number_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *l = text; l; l = strchr(l, '\n') ? strchr(l, '\n') + 1 : NULL) {
		if (strncmp(l, key, len) == 0 && l[len] == ' ')
			return strtoul(l + len + 1, NULL, 10);
	}
	return 0;
}

static unsigned long kills_above(const struct cg_watch *w)
{
	char text[1024];

	return read_whole(w->fd[SOURCE_ABOVE], text, sizeof(text)) ? number_of(text, "oom_kill") : 0;
}

/*
 * When the cgroup is gone, what was killed above since the last look was ours: for that of another
 * we had been woken, and had looked.
 */
static void look_at_memory(struct cg_watch *w)
{
	unsigned long above = kills_above(w), before;
	char text[1024];
	bool there;

	/* The kernel counts a cgroup before those above it; both shall tell of the same kills. */
	do {
		before = above;
		there = read_whole(w->fd[SOURCE_MEMORY], text, sizeof(text));
		above = kills_above(w);
	} while (above != before);

	if (there) {
		count(w, CG_EVENT_OOM, number_of(text, "oom_kill"));
		if (w->all) {
			count(w, CG_EVENT_MEMORY_HIGH, number_of(text, "high"));
			count(w, CG_EVENT_MEMORY_MAX, number_of(text, "max"));
		}
		w->above = above;
	} else if (w->fd[SOURCE_MEMORY] >= 0 && !w->gone) {
		w->gone = true;
		if (above > w->above)
			w->pending[CG_EVENT_OOM] += above - w->above;
	}
}

static void look_at_counters(struct cg_watch *w)
{
	char text[1024];

	look_at_memory(w);
	if (read_whole(w->failcnt, text, sizeof(text)))
		count(w, CG_EVENT_MEMORY_MAX, strtoul(text, NULL, 10));
	if (read_whole(w->fd[SOURCE_PIDS], text, sizeof(text)))
		count(w, CG_EVENT_PIDS_MAX, number_of(text, "max"));
}

static int start_timer(struct cg_watch *w, struct husk_error *err)
{
	const struct itimerspec every_second = { { 1, 0 }, { 1, 0 } };

	w->fd[SOURCE_TIMER] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->fd[SOURCE_TIMER] < 0 ||
	    timerfd_settime(w->fd[SOURCE_TIMER], 0, &every_second, NULL) < 0)
		return err_sys(err, "events: timerfd");
	return 0;
}

/* ---- v1's eventfds -------------------------------------------------------------------------- */

/* Have the kernel signal *out when something happens to @file (open as @file_fd); @arg: what. */
static int register_v1(const struct cgroup *cg, size_t i, const char *file, int file_fd,
		       const char *arg, int *out, struct husk_error *err)
{
	cleanup_close int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	char text[64];
	int ret;

	if (file_fd < 0)
		return err_watch(err, &cg->hier[i], "open", file, -file_fd);
	if (fd < 0)
		return err_sys(err, "events: eventfd");
	(void)snprintf(text, sizeof(text), "%d %d%s%s", fd, file_fd, *arg ? " " : "", arg);
	ret = cg_write_file(cg, i, "cgroup.event_control", text);
	if (ret < 0)
		return err_watch(err, &cg->hier[i], "write", "cgroup.event_control", -ret);
	*out = take_fd(&fd);
	return 0;
}

/* How often it was signalled.  The kernel does that once more when the cgroup goes: then @alive
 * cannot be read. */
static unsigned long signalled(int fd, int alive)
{
	char text[8];
	uint64_t n;

	if (fd < 0 || read(fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		return 0;
	return (unsigned long)n - (pread(alive, text, sizeof(text), 0) < 0);
}

/* Beside the OOM killer's notices nothing is important enough to fail for. */
static void open_v1_more(const struct cgroup *cg, size_t i, struct cg_watch *w)
{
	cleanup_close int level = cg_open_file(cg, i, "memory.pressure_level", O_RDONLY);
	struct husk_error ignored;

	w->failcnt = cg_open_file(cg, i, "memory.failcnt", O_RDONLY);
	/* PSI says it better, where there is some. */
	if (w->psi[CG_EVENT_MEMORY_PRESSURE] < 0)
		(void)register_v1(cg, i, "memory.pressure_level", level, "medium",
				  &w->fd[SOURCE_LEVEL], &ignored);
}

static int open_v1(const struct cgroup *cg, size_t i, bool all, struct cg_watch *w,
		   struct husk_error *err)
{
	int ret;

	w->oom_control = cg_open_file(cg, i, "memory.oom_control", O_RDONLY);
	ret = register_v1(cg, i, "memory.oom_control", w->oom_control, "", &w->fd[SOURCE_OOM], err);
	if (ret < 0 || !all)
		return ret;
	open_v1_more(cg, i, w);
	return w->fd[SOURCE_TIMER] < 0 ? start_timer(w, err) : 0;
}

/* ---- pressure ------------------------------------------------------------------------------- */

static const char *const psi_files[CG_EVENTS] = {
	[CG_EVENT_CPU_PRESSURE] = "cpu.pressure",
	[CG_EVENT_MEMORY_PRESSURE] = "memory.pressure",
	[CG_EVENT_IO_PRESSURE] = "io.pressure",
};

/* 0 also where the kernel knows no pressure. */
static int open_trigger(const struct cgroup *cg, size_t i, const char *file, const char *trigger,
			struct cg_watch *w, int *out, struct husk_error *err)
{
	cleanup_close int fd = cg_open_file(cg, i, file, O_RDWR | O_NONBLOCK);
	char path[32];

	if (fd < 0 && fd != -EACCES)
		return 0;
	if (fd < 0 || write(fd, trigger, strlen(trigger) + 1) < 0) {
		int error = fd < 0 ? EACCES : errno;

		if (error == EINVAL)
			return err_watch(err, &cg->hier[i], trigger, file, error);
		if (error != EOPNOTSUPP)
			log_warn("no notices of pressure: write \"%s\" to %s: %s, ignoring",
				 trigger, file, strerror(error));
		return 0;
	}
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (inotify_add_watch(w->fd[SOURCE_PSI], path, IN_MODIFY) < 0)
		return err_sys(err, "events: inotify_add_watch %s", file);
	*out = take_fd(&fd);
	return 0;
}

static int open_psi(const struct cgroup *cg, const struct cg_watch_options *opts,
		    struct cg_watch *w, struct husk_error *err)
{
	int i = cg_index_v2(cg), ret = 0;
	char trigger[64];

	if (i < 0)
		return 0;
	w->fd[SOURCE_PSI] = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd[SOURCE_PSI] < 0)
		return err_sys(err, "events: inotify_init1");
	(void)snprintf(trigger, sizeof(trigger), "some %u %u", opts->stall_us, opts->window_us);
	for (unsigned e = 0; ret == 0 && e < CG_EVENTS; e++) {
		if (psi_files[e])
			ret = open_trigger(cg, (size_t)i, psi_files[e], trigger, w, &w->psi[e], err);
	}
	return ret;
}

static void look_at_pressure(struct cg_watch *w)
{
	char events[4096];

	/* That something came is all they say. */
	while (w->fd[SOURCE_PSI] >= 0 && read(w->fd[SOURCE_PSI], events, sizeof(events)) > 0)
		;
	for (unsigned e = 0; e < CG_EVENTS; e++) {
		struct pollfd p = { .fd = w->psi[e], .events = POLLPRI };

		/* POLLERR: the cgroup is gone */
		if (w->psi[e] >= 0 && poll(&p, 1, 0) > 0 && !(p.revents & POLLERR))
			w->pending[e]++;
	}
}

/* ---- all of it ------------------------------------------------------------------------------ */

/* memory.events above the cgroup; above the unit, which goes as a whole.  -1: the root has none. */
static int open_above(const struct cgroup *cg, size_t i)
{
	const char *path = cg_rel(&cg->hier[i]);
	size_t len = strlen(path) - (cg->unit ? strlen(cg_below_unit(path - 1, cg->unit)) : 0);
	char file[PATH_MAX];

	while (len > 0 && path[len - 1] != '/')
		len--;
	if (len == 0)
		return -1;
	(void)snprintf(file, sizeof(file), "%.*smemory.events", (int)len, path);
	return openat(cg_mount_fd(cg, i), file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static int open_all(const struct cgroup *cg, const struct cg_watch_options *opts,
		    struct cg_watch *w, struct husk_error *err)
{
	int memory = cg_index_of(cg, CG_MEMORY), pids = cg_index_of(cg, CG_PIDS), ret = 0, fd;

	if (opts->all)
		ret = open_psi(cg, opts, w, err);
	if (ret == 0 && opts->all && pids >= 0)
		w->fd[SOURCE_PIDS] = cg_open_file(cg, (size_t)pids, "pids.events", O_RDONLY);
	if (ret == 0 && w->fd[SOURCE_PIDS] >= 0 && !cg->hier[pids].v2)
		ret = start_timer(w, err);
	if (ret < 0 || memory < 0)
		return ret;
	if (!cg->hier[memory].v2)
		return open_v1(cg, (size_t)memory, opts->all, w, err);
	fd = cg_open_file(cg, (size_t)memory, "memory.events", O_RDONLY);
	if (fd < 0)
		return err_watch(err, &cg->hier[memory], "open", "memory.events", -fd);
	w->fd[SOURCE_MEMORY] = fd;
	w->fd[SOURCE_ABOVE] = open_above(cg, (size_t)memory);
	return 0;
}

int cg_watch_open(const struct cgroup *cg, const struct cg_watch_options *opts,
		  struct cg_watch **out, struct husk_error *err)
{
	struct cg_watch *w = calloc(1, sizeof(*w));
	int ret;

	if (!w)
		return err_nomem(err, "events");
	w->all = opts->all;
	w->oom_control = w->failcnt = -1;
	memset(w->fd, 0xff, sizeof(w->fd));
	memset(w->psi, 0xff, sizeof(w->psi));
	ret = open_all(cg, opts, w, err);
	if (ret < 0) {
		cg_watch_close(w);
		return ret;
	}
	/* What was counted before is no news. */
	look_at_counters(w);
	memset(w->pending, 0, sizeof(w->pending));
	*out = w;
	return 0;
}

size_t cg_watch_fds(const struct cg_watch *w, struct pollfd *fds)
{
	size_t n = 0;

	for (unsigned s = 0; s < SOURCES; s++) {
		bool counter = s == SOURCE_MEMORY || s == SOURCE_ABOVE || s == SOURCE_PIDS;

		if (w->fd[s] >= 0)
			fds[n++] = (struct pollfd){ w->fd[s], counter ? POLLPRI : POLLIN, 0 };
	}
	return n;
}

static bool any_pending(const struct cg_watch *w)
{
	for (unsigned e = 0; e < CG_EVENTS; e++) {
		if (w->pending[e])
			return true;
	}
	return false;
}

unsigned long cg_watch_next(struct cg_watch *w, enum cg_event *event)
{
	uint64_t ticks;

	if (!any_pending(w)) {
		if (w->fd[SOURCE_TIMER] >= 0)
			(void)!read(w->fd[SOURCE_TIMER], &ticks, sizeof(ticks));
		look_at_counters(w);
		w->pending[CG_EVENT_OOM] += signalled(w->fd[SOURCE_OOM], w->oom_control);
		w->pending[CG_EVENT_MEMORY_PRESSURE] +=
			signalled(w->fd[SOURCE_LEVEL], w->oom_control);
		look_at_pressure(w);
	}
	for (unsigned e = 0; e < CG_EVENTS; e++) {
		unsigned long n = w->pending[e];

		w->pending[e] = 0;
		if (n) {
			*event = (enum cg_event)e;
			return n;
		}
	}
	return 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

void cg_watch_close(struct cg_watch *w)
{
	if (!w)
		return;
	for (unsigned s = 0; s < SOURCES; s++)
		close_fd(w->fd[s]);
	for (unsigned e = 0; e < CG_EVENTS; e++)
		close_fd(w->psi[e]);
	close_fd(w->oom_control);
	close_fd(w->failcnt);
	free(w);
}
