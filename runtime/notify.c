/*
 * The sd_notify(3) proxy: see notify.h.
 *
 * Uses: socket.c.    Used by: create.c, start.c, container.c.
 */
#include "runtime/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/base/util.h"
#include "runtime/socket.h"

/* The manager's socket is remembered as the target of a symbolic link, which nothing follows. */
#define MANAGER "notify.manager"
#define SOCKET NOTIFY_DIR "/notify.sock"

enum { MAX_DATAGRAM = 8192 };

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
	int ret;

	*fd = -1;
	if (faccessat(dir_fd, MANAGER, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	ret = sock_bind_datagram(dir_fd, SOCKET, 0666, err);
	if (ret < 0)
		return err_ctx(err, "notify socket");
	*fd = ret;
	return 0;
}

/* The manager's address from the link. */
static int manager(int dir_fd, struct sockaddr_un *sa, socklen_t *len, struct husk_error *err)
{
	ssize_t n = readlinkat(dir_fd, MANAGER, sa->sun_path, sizeof(sa->sun_path));

	if (n < 0)
		return err_sys(err, "read where to notify");
	if (n >= (ssize_t)sizeof(sa->sun_path))
		return err_new(err, HUSK_E_CONFIG, ENAMETOOLONG, "NOTIFY_SOCKET is too long");
	sa->sun_family = AF_UNIX;
	if (sa->sun_path[0] == '@')
		sa->sun_path[0] = '\0';
	else
		sa->sun_path[n] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n +
			   (sa->sun_path[0] != '\0'));
	return 0;
}

/*
 * Add MAINPID and leave out the program's own, which means nothing outside its pid namespace.
 * Lines may come in any order (runc wants READY first).  *ready: READY=1 was among them.
 */
static size_t translate(char *in, size_t len, pid_t pid, char *out, size_t size, bool *ready)
{
	char *save = NULL;
	size_t n = 0;

	in[len] = '\0';
	for (char *line = strtok_r(in, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "MAINPID=", 8) == 0)
			continue;
		*ready = *ready || strcmp(line, "READY=1") == 0;
		n += (size_t)snprintf(out + n, size - n, "%s\n", line);
	}
	return n + (size_t)snprintf(out + n, size - n, "MAINPID=%d\n", pid);
}

static int forward_one(int fd, int to, const struct sockaddr_un *sa, socklen_t len, pid_t pid,
		       bool *ready)
{
	char in[MAX_DATAGRAM + 1], out[MAX_DATAGRAM + 64];
	ssize_t n = recv(fd, in, MAX_DATAGRAM, MSG_DONTWAIT);
	size_t m;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	m = translate(in, (size_t)n, pid, out, sizeof(out), ready);
	if (sendto(to, out, m, MSG_NOSIGNAL, (const struct sockaddr *)sa, len) < 0)
		log_warn("notify the service manager: %s, ignoring", strerror(errno));
	return 0;
}

int rt_notify_forward(int dir_fd, int fd, pid_t pid, int pidfd, struct husk_error *err)
{
	cleanup_close int to = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };
	struct sockaddr_un sa = { 0 };
	bool ready = false;
	socklen_t len = 0;

	if (to < 0)
		return err_sys(err, "socket");
	if (manager(dir_fd, &sa, &len, err) < 0)
		return -err->sys;
	while (!ready) {
		int ret;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_sys(err, "wait for the container's notification");
		ret = p[0].revents ? forward_one(fd, to, &sa, len, pid, &ready) : 0;
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
