/*
 * AF_UNIX sockets by path: see socket.h.
 *
 * Uses: runtime/base.    Used by: create.c, start.c, exec.c, serve.c.
 */
#include "runtime/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/base/error.h"
#include "runtime/base/util.h"

/* sun_path holds 108 bytes; a longer path is reached through its directory's descriptor. */
static int address(int dir_fd, const char *name, struct sockaddr_un *sa, int *opened,
		   struct husk_error *err)
{
	const char *base = strrchr(name, '/');
	int n;

	*opened = -1;
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (dir_fd == AT_FDCWD && strlen(name) < sizeof(sa->sun_path)) {
		memcpy(sa->sun_path, name, strlen(name) + 1);
		return 0;
	}
	if (dir_fd == AT_FDCWD) {
		cleanup_free char *dir = base ? strndup(name, (size_t)(base - name)) : strdup(".");

		if (!dir)
			return err_nomem(err, "socket path");
		*opened = open(*dir ? dir : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (*opened < 0)
			return err_sys(err, "open the directory of socket %s", name);
		dir_fd = *opened;
		name = base ? base + 1 : name;
	}
	n = snprintf(sa->sun_path, sizeof(sa->sun_path), "/proc/self/fd/%d/%s", dir_fd, name);
	if (n < 0 || (size_t)n >= sizeof(sa->sun_path))
		return err_new(err, HUSK_E_CONFIG, ENAMETOOLONG, "socket name %s is too long", name);
	return 0;
}

/* A socket, and the address of @name for it; *dir stays open as long as the address is used. */
static int make(int dir_fd, const char *name, int type, struct sockaddr_un *sa, int *dir,
		struct husk_error *err)
{
	int fd;

	if (address(dir_fd, name, sa, dir, err) < 0)
		return -err->sys;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	return fd < 0 ? err_sys(err, "socket for %s", name) : fd;
}

int sock_connect(int dir_fd, const char *name, int type, struct husk_error *err)
{
	struct sockaddr_un sa;
	cleanup_close int dir = -1, fd = make(dir_fd, name, type, &sa, &dir, err);

	if (fd < 0)
		return fd;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_sys(err, "connect to %s", name);
	return take_fd(&fd);
}

int sock_listen(int dir_fd, const char *name, int type, struct husk_error *err)
{
	struct sockaddr_un sa;
	cleanup_close int dir = -1, fd = make(dir_fd, name, type, &sa, &dir, err);

	if (fd < 0)
		return fd;
	/* The mode of a socket file is that of the socket's inode at bind(2). */
	if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_sys(err, "bind %s", name);
	if (listen(fd, 8) < 0) {
		err_sys(err, "listen on %s", name);
		(void)unlink(sa.sun_path);
		return -err->sys;
	}
	return take_fd(&fd);
}

int sock_bind_datagram(int dir_fd, const char *name, mode_t mode, struct husk_error *err)
{
	struct sockaddr_un sa;
	cleanup_close int dir = -1, fd = make(dir_fd, name, SOCK_DGRAM, &sa, &dir, err);

	if (fd < 0)
		return fd;
	(void)unlink(sa.sun_path);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_sys(err, "bind %s", name);
	if (chmod(sa.sun_path, mode) < 0)
		return err_sys(err, "chmod %s", name);
	return take_fd(&fd);
}

int sock_send_fd(int sock, const void *data, size_t len, int fd, struct husk_error *err)
{
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.buf,
			    .msg_controllen = sizeof(control.buf) };
	ssize_t n;

	control.h.cmsg_level = SOL_SOCKET;
	control.h.cmsg_type = SCM_RIGHTS;
	control.h.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.h), &fd, sizeof(fd));
	do {
		n = sendmsg(sock, &m, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, "send a descriptor");
	if ((size_t)n != len)
		return err_new(err, HUSK_E_SYSTEM, EMSGSIZE, "send a descriptor: message cut short");
	return 0;
}

int sock_hand_over(const char *path, const char *name, int fd, struct husk_error *err)
{
	cleanup_close int sock = sock_connect(AT_FDCWD, path, SOCK_STREAM, err);

	if (sock < 0)
		return sock;
	return sock_send_fd(sock, name, strlen(name), fd, err);
}
