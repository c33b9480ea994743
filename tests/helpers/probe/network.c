/*
 * probe: what a process reaches over its network.
 *
 *	serve PROTO PORT...      answers each of PROTO PORT (in pairs) with "from PEER"; never ends
 *	connect PROTO ADDR PORT  says something there, and prints the answer, or why there was none
 *	abstract-listen NAME     makes abstract sockets of that name, which stay until the probe ends
 *	abstract-connect NAME    whether they can be had: "abstract-connect NAME TYPE OUTCOME"
 *
 * PROTO is tcp or udp; IPv4 and IPv6 alike.
 *
 * Uses: sockets.    Used by: tests/integration/network, process/landlock.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/helpers/probe/probe.h"

enum { SERVERS = 16, TIMEOUT_MS = 2000 };

/* IPv4 peers of an IPv6 socket as people write them. */
static void address_text(const struct sockaddr_in6 *a, char *out, size_t size)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &a->sin6_addr, text, sizeof(text));
	snprintf(out, size, "%s", strncmp(text, "::ffff:", 7) == 0 ? text + 7 : text);
}

static int serve_one(int fd, int tcp)
{
	struct sockaddr_in6 peer;
	socklen_t len = sizeof(peer);
	char text[INET6_ADDRSTRLEN], answer[80], buf[80];
	int c;

	if (tcp) {
		c = accept(fd, (struct sockaddr *)&peer, &len);
		if (c < 0)
			return 0;
	} else if (recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&peer, &len) < 0) {
		return 0;
	}
	address_text(&peer, text, sizeof(text));
	snprintf(answer, sizeof(answer), "from %s", text);
	if (tcp) {
		(void)!write(c, answer, strlen(answer));
		close(c);
	} else {
		(void)sendto(fd, answer, strlen(answer), 0, (struct sockaddr *)&peer, len);
	}
	return 0;
}

static int open_server(const char *proto, const char *port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(atoi(port)) };
	int tcp = strcmp(proto, "tcp") == 0, one = 1, off = 0;
	int fd = socket(AF_INET6, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || (tcp && listen(fd, 8) < 0)) {
		printf("serve %s %s %s\n", proto, port, errno_name(errno));
		return -1;
	}
	return fd;
}

static int do_serve(int argc, char **argv)
{
	struct pollfd p[SERVERS];
	int tcp[SERVERS], n = 0;

	for (int i = 0; i + 1 < argc && n < SERVERS; i += 2) {
		p[n] = (struct pollfd){ open_server(argv[i], argv[i + 1]), POLLIN, 0 };
		tcp[n] = strcmp(argv[i], "tcp") == 0;
		if (p[n++].fd < 0)
			return 1;
	}
	printf("serving %d\n", n);
	fflush(stdout);
	while (poll(p, (nfds_t)n, -1) > 0) {
		for (int i = 0; i < n; i++) {
			if (p[i].revents)
				serve_one(p[i].fd, tcp[i]);
		}
	}
	return 0;
}

/* listen PROTO PORT: whether one could */
static int do_listen(int argc, char **argv)
{
	int fd = open_server(argv[0], argv[1]);

	(void)argc;
	if (fd < 0)
		return 0;
	printf("listen %s %s ok\n", argv[0], argv[1]);
	close(fd);
	return 0;
}

/* Waits for the connection, and what it became is told by errno. */
static int connect_to(int fd, const void *address, socklen_t len)
{
	struct pollfd p = { fd, POLLOUT, 0 };
	int e = 0;
	socklen_t size = sizeof(e);

	if (connect(fd, address, len) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -1;
	if (poll(&p, 1, TIMEOUT_MS) == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &size);
	errno = e;
	return e ? -1 : 0;
}

static int do_connect(int argc, char **argv)
{
	int tcp = strcmp(argv[0], "tcp") == 0, fd, ret = -1;
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(atoi(argv[2])) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[2])) };
	int is6 = inet_pton(AF_INET6, argv[1], &v6.sin6_addr) == 1;
	struct pollfd p = { .events = POLLIN };
	char answer[80] = "";

	(void)argc;
	inet_pton(AF_INET, argv[1], &v4.sin_addr);
	fd = socket(is6 ? AF_INET6 : AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
	p.fd = fd;
	if (fd >= 0)
		ret = connect_to(fd, is6 ? (void *)&v6 : &v4, is6 ? sizeof(v6) : sizeof(v4));
	if (ret == 0 && (tcp || send(fd, "hello", 5, 0) == 5)) {
		if (poll(&p, 1, TIMEOUT_MS) == 0) {
			errno = ETIMEDOUT;
			ret = -1;
		} else {
			ret = (int)read(fd, answer, sizeof(answer) - 1);
		}
	} else {
		ret = -1;
	}
	printf("connect %s %s %s %s\n", argv[0], argv[1], argv[2],
	       ret > 0 ? answer : ret == 0 ? "nothing" : errno_name(errno));
	return 0;
}

/* ---- abstract sockets -------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int type;
} abstract_types[] = { { "stream", SOCK_STREAM }, { "dgram", SOCK_DGRAM } };

static socklen_t abstract_address(const char *name, struct sockaddr_un *a)
{
	size_t len = strnlen(name, sizeof(a->sun_path) - 1);

	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(a->sun_path + 1, name, len);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len);
}

static int do_abstract_listen(int argc, char **argv)
{
	struct sockaddr_un a;
	socklen_t len = abstract_address(argv[0], &a);

	(void)argc;
	for (size_t i = 0; i < ARRAY_SIZE(abstract_types); i++) {
		int fd = socket(AF_UNIX, abstract_types[i].type | SOCK_CLOEXEC, 0);
		long ret = bind(fd, (struct sockaddr *)&a, len);

		if (ret == 0 && abstract_types[i].type == SOCK_STREAM)
			ret = listen(fd, 8);
		printf("abstract-listen %s %s %s\n", argv[0], abstract_types[i].name, outcome(ret));
	}
	fflush(stdout);
	return 0;
}

static int do_abstract_connect(int argc, char **argv)
{
	struct sockaddr_un a;
	socklen_t len = abstract_address(argv[0], &a);

	(void)argc;
	for (size_t i = 0; i < ARRAY_SIZE(abstract_types); i++) {
		int fd = socket(AF_UNIX, abstract_types[i].type | SOCK_CLOEXEC, 0);

		printf("abstract-connect %s %s %s\n", argv[0], abstract_types[i].name,
		       outcome(connect(fd, (struct sockaddr *)&a, len)));
		close(fd);
	}
	return 0;
}

const struct probe_command network_commands[] = {
	{ "abstract-connect", 1, do_abstract_connect },
	{ "abstract-listen", 1, do_abstract_listen },
	{ "connect", 3, do_connect },
	{ "listen", 2, do_listen },
	{ "serve", 2, do_serve },
	{ 0 },
};
