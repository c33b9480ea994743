/*
 * fdrecv: the other end of a console, pidfd or notify socket.
 *
 *	fdrecv stream PATH [relay] [TEXT]   accept one connection, print the message's text and what
 *	                                    its descriptors are; relay: type TEXT into the first
 *	                                    one, then copy it to standard output until it ends
 *	fdrecv dgram PATH N                 print N datagrams, what their descriptors are, and the
 *	                                    sender's pid
 *
 * Prints "ready" when the socket can be connected to.
 *
 * Uses: nothing.    Used by: tests/integration.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int print_message(int sock, int *first)
{
	char text[4096] = "", control[CMSG_SPACE(16 * sizeof(int))];
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(sock, &m, 0);

	if (n < 0)
		return fail("recvmsg");
	printf("message %.*s\n", (int)n, text);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		struct ucred sender;

		if (c->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&sender, CMSG_DATA(c), sizeof(sender));
		printf("from %d\n", sender.pid);
	}
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		int *fds = (int *)(void *)CMSG_DATA(c);

		if (c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			char path[64], target[256];
			ssize_t len;

			snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[i]);
			len = readlink(path, target, sizeof(target) - 1);
			printf("received %.*s\n", len < 0 ? 1 : (int)len, len < 0 ? "?" : target);
			if (first && *first < 0)
				*first = fds[i];
			else
				close(fds[i]);
		}
	}
	fflush(stdout);
	return 0;
}

/* Until the other side of the terminal is closed (EIO). */
static void relay(int fd, const char *typed)
{
	char buf[4096];
	ssize_t n;

	if (typed && write(fd, typed, strlen(typed)) < 0)
		return;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		fwrite(buf, 1, (size_t)n, stdout);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	bool stream = argc > 1 && strcmp(argv[1], "stream") == 0;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, sock, first = -1;

	if (argc < 3 || strlen(argv[2]) >= sizeof(a.sun_path))
		return 2;
	strcpy(a.sun_path, argv[2]);
	fd = socket(AF_UNIX, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return fail(argv[2]);
	if (!stream && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)) < 0)
		return fail("SO_PASSCRED");
	if (stream && listen(fd, 1) < 0)
		return fail("listen");
	puts("ready");
	fflush(stdout);
	if (!stream) {
		for (int i = 0; i < (argc > 3 ? atoi(argv[3]) : 1); i++)
			print_message(fd, NULL);
		return 0;
	}
	sock = accept(fd, NULL, NULL);
	if (sock < 0)
		return fail("accept");
	if (print_message(sock, &first) == 0 && argc > 3 && first >= 0)
		relay(first, argc > 4 ? argv[4] : NULL);
	return 0;
}
