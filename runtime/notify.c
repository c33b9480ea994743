/*
 * The sd_notify(3) proxy: see notify.h.
 *
 * Uses: socket.c, notify_lines.h.    Used by: create.c, start.c, container.c.
 */
#include "runtime/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/base/util.h"
#include "runtime/notify_lines.h"
#include "runtime/socket.h"

/* The manager's socket is remembered as the target of a symbolic link, which nothing follows. */
#define MANAGER "notify.manager"
#define SOCKET NOTIFY_DIR "/notify.sock"

int rt_notify_prepare(const struct container *c, const char *host_path, struct husk_error *err)
{
	if (host_path[0] != '/' && host_path[0] != '@')
		return err_new(err, HUSK_E_CONFIG, EINVAL,
			       "NOTIFY_SOCKET \"%.64s\": expected an absolute path or @abstract",
			       host_path);
	if (symlinkat(host_path, c->dir_fd, MANAGER) < 0)
		return err_sys(err, "remember NOTIFY_SOCKET");
	/* Every user of the container may look for the socket; state above it is closed. */
	if (mkdirat(c->dir_fd, NOTIFY_DIR, 0755) < 0 ||
	    fchmodat(c->dir_fd, NOTIFY_DIR, 0755, 0) < 0)
		return err_sys(err, "mkdir %s", NOTIFY_DIR);
	return 0;
}

void rt_notify_remove(int dir_fd)
{
	if (unlinkat(dir_fd, MANAGER, 0) < 0)
		return;
	(void)unlinkat(dir_fd, SOCKET, 0);
	(void)unlinkat(dir_fd, NOTIFY_DIR, AT_REMOVEDIR);
}

int rt_notify_listen(int dir_fd, int *fd, struct husk_error *err)
{
	const int on = 1;
	int ret;

	*fd = -1;
	if (faccessat(dir_fd, MANAGER, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	ret = sock_bind_datagram(dir_fd, SOCKET, 0666, err);
	if (ret < 0)
		return err_ctx(err, "notify socket");
	(void)setsockopt(ret, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	*fd = ret;
	return 0;
}

/* ---- the manager ---------------------------------------------------------------------------- */

struct manager {
	int fd;
	struct sockaddr_un sa;
	socklen_t len;
	pid_t main_pid;		/* that it was told, or 0 */
};

/* A manager that does not read would keep us from everything else. */
enum { PATIENCE_S = 5 };

static int manager_init(struct manager *m, const char *path, struct husk_error *err)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	size_t len = strlen(path);

	*m = (struct manager){ .fd = -1, .sa.sun_family = AF_UNIX };
	if (len >= sizeof(m->sa.sun_path))
		return err_new(err, HUSK_E_CONFIG, ENAMETOOLONG, "NOTIFY_SOCKET is too long");
	memcpy(m->sa.sun_path, path, len + 1);
	if (path[0] == '@')
		m->sa.sun_path[0] = '\0';
	m->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] != '@'));
	m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (m->fd < 0)
		return err_sys(err, "socket");
	(void)setsockopt(m->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return 0;
}

/* ---- one message ---------------------------------------------------------------------------- */

enum { MAX_FDS = 253 };		/* SCM_MAX_FD */

struct received {
	char text[NOTIFY_MAX_TEXT + 1];
	ssize_t len;
	struct ucred sender;
	int fds[MAX_FDS];
	size_t n_fds;
	bool cut;	/* longer than a message may be, or with more descriptors than we may open */
};

static void close_fds(struct received *r)
{
	while (r->n_fds > 0)
		(void)close(r->fds[--r->n_fds]);
}

static void read_control(struct msghdr *m, struct received *r)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t len = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS && len == sizeof(r->sender))
			memcpy(&r->sender, CMSG_DATA(c), len);
		if (c->cmsg_type == SCM_RIGHTS && len <= sizeof(r->fds)) {
			memcpy(r->fds, CMSG_DATA(c), len);
			r->n_fds = len / sizeof(r->fds[0]);
		}
	}
}

/* Returns false when nothing waits, or with *failed set to an errno. */
static bool receive(int fd, struct received *r, int *failed)
{
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int) * MAX_FDS) + CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = { r->text, sizeof(r->text) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.buf,
			    .msg_controllen = sizeof(control.buf) };

	r->n_fds = 0;
	r->sender = (struct ucred){ 0 };
	r->len = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (r->len < 0) {
		*failed = errno == EAGAIN || errno == EINTR ? 0 : errno;
		return false;
	}
	read_control(&m, r);
	r->cut = m.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
	return true;
}

/* Descriptors, and whom the message is from, in the control part.  Returns its length. */
static size_t write_control(char *buf, size_t size, const struct received *r, bool with_fds,
			    pid_t as)
{
	struct msghdr m = { .msg_control = buf, .msg_controllen = size };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct ucred cred = { as, geteuid(), getegid() };
	size_t len = 0;

	memset(buf, 0, size);
	if (with_fds) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * r->n_fds);
		memcpy(CMSG_DATA(c), r->fds, sizeof(int) * r->n_fds);
		len += CMSG_SPACE(sizeof(int) * r->n_fds);
		c = CMSG_NXTHDR(&m, c);
	}
	if (as) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_CREDENTIALS;
		c->cmsg_len = CMSG_LEN(sizeof(cred));
		memcpy(CMSG_DATA(c), &cred, sizeof(cred));
		len += CMSG_SPACE(sizeof(cred));
	}
	return len;
}

/*
 * With NotifyAccess=main a manager listens to the main process only, which is the container's once it
 * was told MAINPID: what follows is sent in that one's name, where we may.
 */
static int send_to(const struct manager *m, const struct notify_message *msg,
		   const struct received *r)
{
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int) * MAX_FDS) + CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = { (void *)(uintptr_t)msg->text, msg->len };
	struct msghdr out = { .msg_name = (void *)(uintptr_t)&m->sa,
			      .msg_namelen = m->len,
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf };
	bool with_fds = msg->takes_fds && r->n_fds > 0;
	pid_t as = m->main_pid;

	do {
		out.msg_controllen = write_control(control.buf, sizeof(control.buf), r, with_fds,
						   as);
		if (sendmsg(m->fd, &out, MSG_NOSIGNAL) >= 0)
			return 0;
	} while (as && (errno == EPERM || errno == ESRCH) && (as = 0, true));
	return -errno;
}

/* Pass on one message.  Returns 1 if there was one, 0 if none, or -errno of receiving it. */
static int forward_one(int fd, struct manager *m, pid_t init, bool *ready)
{
	struct notify_message msg;
	struct received r;
	struct notify_from from = { .init = init, .host_pid = notify_host_pid };
	int failed = 0, ret;

	if (!receive(fd, &r, &failed))
		return -failed;
	from.sender = r.sender.pid;
	if (r.cut) {
		log_warn("notification of the container: longer than %d bytes, or too many "
			 "descriptors, ignoring", NOTIFY_MAX_TEXT);
	} else if (notify_translate(r.text, (size_t)r.len, &from, &msg)) {
		ret = send_to(m, &msg, &r);
		if (ret < 0)
			log_warn("notify the service manager: %s, ignoring", strerror(-ret));
		*ready = *ready || msg.ready;
		if (ret == 0 && msg.main_pid)
			m->main_pid = msg.main_pid;
	}
	/* BARRIER=1: its sender waits for the last copy to be closed. */
	close_fds(&r);
	return 1;
}

/* ---- for how long --------------------------------------------------------------------------- */

static int until_ready(struct manager *m, int fd, pid_t pid, int pidfd, struct husk_error *err)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };
	bool ready = false;

	while (!ready) {
		int ret;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_sys(err, "wait for the container's notification");
		ret = p[0].revents ? forward_one(fd, m, pid, &ready) : 0;
		if (ret < 0) {
			errno = -ret;
			return err_sys(err, "receive the container's notification");
		}
		/* Ended without a word: its exit status is for others to judge. */
		if (p[1].revents && !p[0].revents)
			break;
	}
	return 0;
}

int rt_notify_until_ready(int dir_fd, int fd, pid_t pid, int pidfd, struct husk_error *err)
{
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
	ssize_t n = readlinkat(dir_fd, MANAGER, path, sizeof(path) - 1);
	struct manager m;
	int ret;

	if (n < 0)
		return err_sys(err, "read where to notify");
	path[n] = '\0';
	ret = manager_init(&m, path, err);
	if (ret == 0)
		ret = until_ready(&m, fd, pid, pidfd, err);
	if (m.fd >= 0)
		(void)close(m.fd);
	return ret;
}

int husk_notify_forward(struct husk_process *process, const char *notify_socket,
			struct husk_error *err)
{
	struct manager m;
	bool ready = false;
	int ret = 1;

	if (process->notify < 0)
		return 0;
	if (manager_init(&m, notify_socket, err) < 0)
		return -err->sys;
	m.main_pid = process->notify_pid;
	/* Not for ever, if the program sends without end: our caller has other things to do. */
	for (int i = 0; ret > 0 && i < 64; i++)
		ret = forward_one(process->notify, &m, process->pid, &ready);
	process->notify_pid = m.main_pid;
	(void)close(m.fd);
	if (ret >= 0)
		return 0;
	errno = -ret;
	return err_sys(err, "receive the container's notification");
}
