/*
 * `wait`: how a container's init ended, for anybody, not only for its parent.
 *
 * Four places know, each for a while:
 *   the process itself, while it is a zombie:  waitid(2) for its parent, procfs for others
 *   a pidfd opened before it was collected:    PIDFD_GET_INFO, Linux 6.15
 *   `exit` in the state directory:             once husk has learnt it
 *
 * Uses: container.h.    Used by: the library's users, stop.c.
 */
#include "runtime/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

/* ---- waiting ---- */

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 1: @events, or what poll(2) reports anyway, came; 0: not by @deadline (-1: without limit). */
static int poll_until(int fd, short events, int64_t deadline, struct husk_error *err)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int64_t left = deadline < 0 ? -1 : MAX(deadline - now_ms(), (int64_t)0);
		int ret = poll(&p, 1, (int)left);

		if (ret >= 0)
			return ret;
		if (errno != EINTR)
			return err_sys(err, "poll a pidfd");
	}
}

int rt_wait_end(int pidfd, int timeout_ms, struct husk_error *err)
{
	return poll_until(pidfd, POLLIN, timeout_ms < 0 ? -1 : now_ms() + timeout_ms, err);
}

/* ---- who knows ---- */

static bool ask_parent(int pidfd, int *status)
{
	siginfo_t si = { 0 };

	/* WNOWAIT: collecting it is for whoever made it. */
	if (waitid(P_PIDFD, (id_t)pidfd, &si, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 ||
	    si.si_pid == 0)
		return false;
	if (si.si_code == CLD_EXITED)
		*status = (si.si_status & 0xff) << 8;
	else
		*status = si.si_status | (si.si_code == CLD_DUMPED ? 0x80 : 0);
	return true;
}

/* May we see what procfs shows as 0 to others?  This link asks the same question of the kernel. */
static bool may_look(pid_t pid)
{
	char path[40], target[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	return readlink(path, target, sizeof(target)) > 0;
}

/* Field 52 of /proc/PID/stat, of a zombie. */
static bool ask_procfs(pid_t pid, int pidfd, int *status)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	char path[40];
	char *p;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!may_look(pid) || fs_read(AT_FDCWD, path, 4096, &text, NULL, &ignored) < 0)
		return false;
	/* Not collected even now, so what was read is of this process. */
	if (sys_pidfd_send_signal(pidfd, 0, 0) < 0)
		return false;
	/* The name may hold anything; the fields begin behind its closing parenthesis. */
	p = strrchr(text, ')');
	if (!p || p[1] != ' ' || (p[2] != 'Z' && p[2] != 'X'))
		return false;
	for (int field = 2; p && field < 52; field++)
		p = strchr(p + 1, ' ');
	if (!p)
		return false;
	*status = (int)strtol(p + 1, NULL, 10) & 0xffff;
	return true;
}

/* 1: *status; 0: not collected yet; -1: nothing to be had from it. */
static int ask_pidfd(int pidfd, int *status)
{
	struct sys_pidfd_info info = { .mask = SYS_PIDFD_INFO_EXIT };

	if (sys_pidfd_get_info(pidfd, &info) < 0)
		return -1;
	if (!(info.mask & SYS_PIDFD_INFO_EXIT))
		return sys_pidfd_send_signal(pidfd, 0, 0) == 0 ? 0 : -1;
	*status = info.exit_code & 0xffff;
	return 1;
}

/* Of a process that has ended.  1: *status; 0: not yet, when it is collected; -1: never. */
static int ask_all(const struct container *c, int pidfd, int *status)
{
	if (ask_parent(pidfd, status) || ask_procfs(c->state.pid, pidfd, status))
		return 1;
	return ask_pidfd(pidfd, status);
}

/* ---- what was learnt ---- */

/* A symbolic link whose target is the number: made whole or not at all, without the lock, which
 * `start` holds for as long as its hooks take. */
static bool read_record(const struct container *c, int *status)
{
	char text[16];
	ssize_t len = readlinkat(c->dir_fd, RT_EXIT_RECORD, text, sizeof(text) - 1);
	uint64_t n;

	if (len <= 0)
		return false;
	text[len] = '\0';
	if (!str_to_u64(text, 0xffff, &n))
		return false;
	*status = (int)n;
	return true;
}

static void write_record(const struct container *c, int status)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", status);
	/* EEXIST: somebody else was told the same; ENOENT: deleted meanwhile. */
	if (c->dir_fd >= 0 && symlinkat(text, c->dir_fd, RT_EXIT_RECORD) < 0 && errno != EEXIST &&
	    errno != ENOENT)
		log_warn("exit status of container \"%s\": %m, ignoring", c->id);
}

static int unknown(const char *id, struct husk_error *err)
{
	err_new(err, HUSK_E_STATE, ENODATA,
		"exit status of container \"%s\" is not known: its process had ended and was "
		"collected by its parent before husk could look", id);
	return err_hint(err, "wait for it while it runs; on Linux before 6.15 only its parent is told");
}

/* ---- the interface ---- */

static int wait_status(const struct container *c, int pidfd, int64_t deadline, int *status,
		       struct husk_error *err)
{
	int ret = poll_until(pidfd, POLLIN, deadline, err), found;

	if (ret > 0) {
		found = ask_all(c, pidfd, status);
		/* A zombie we may not look into: the pidfd tells when that has been collected. */
		if (found == 0) {
			ret = poll_until(pidfd, 0, deadline, err);
			found = ret > 0 ? ask_pidfd(pidfd, status) : 0;
		}
		if (found > 0) {
			write_record(c, *status);
			return 0;
		}
		if (ret > 0)
			return unknown(c->id, err);
	}
	return ret < 0 ? ret : err_new(err, HUSK_E_STATE, ETIMEDOUT,
				       "container \"%s\" has not ended in the time given", c->id);
}

int rt_wait_status(const struct container *c, int pidfd, int *status, struct husk_error *err)
{
	int found;

	if (wait_status(c, pidfd, now_ms(), &found, err) < 0)
		return -err->sys;
	*status = found;
	return 0;
}

static int creating(const struct container *c, struct husk_error *err)
{
	return err_new(err, HUSK_E_STATE, EINVAL,
		       "cannot wait for container \"%s\": it is still being created", c->id);
}

int husk_wait(struct husk *h, const char *id, int timeout_ms, int *status, struct husk_error *err)
{
	int64_t deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	cleanup_close int pidfd = -1;
	struct container c;
	int found = 0, ret = rt_container_load(h, id, false, &c, err);

	if (ret < 0)
		return ret;
	if (!c.has_state) {
		ret = creating(&c, err);
	} else if (!read_record(&c, &found)) {
		pidfd = rt_open_init(&c.state);
		ret = pidfd < 0 ? unknown(id, err) : wait_status(&c, pidfd, deadline, &found, err);
	}
	rt_container_done(&c);
	if (ret == 0)
		*status = found;
	return ret;
}

int husk_wait_open(struct husk *h, const char *id, int *pidfd, struct husk_error *err)
{
	struct container c;
	int fd, ret = rt_container_load(h, id, false, &c, err);

	if (ret < 0)
		return ret;
	fd = c.has_state ? rt_open_init(&c.state) : -1;
	if (!c.has_state)
		ret = creating(&c, err);
	else if (fd < 0)
		ret = err_new(err, HUSK_E_STATE, ESRCH, "container not running: \"%s\"", id);
	else
		*pidfd = fd;
	rt_container_done(&c);
	return ret;
}

int husk_wait_read(struct husk *h, const char *id, int pidfd, int *status, struct husk_error *err)
{
	struct container c;
	int ret, found;

	/* Deleted meanwhile: the pidfd still knows. */
	if (rt_container_load(h, id, false, &c, err) < 0) {
		if (err->kind != HUSK_E_NOT_FOUND)
			return -err->sys;
		if (ask_parent(pidfd, &found) || ask_pidfd(pidfd, &found) > 0) {
			*status = found;
			return 0;
		}
		return -err->sys;
	}
	ret = rt_wait_status(&c, pidfd, status, err);
	rt_container_done(&c);
	return ret;
}
