/*
 * Waiting for a hook: see hook_watch.h.
 *
 * Should:  stay free of stdio and heap: it runs in husk-init, too.
 * Uses: nothing.    Used by: runtime, runtime/init.
 */
#include "runtime/base/hook_watch.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 1024, PIPE_SIZE = 64 << 10 };

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Append @n bytes, dropping the oldest. */
static void keep(char *tail, size_t *len, size_t size, const char *buf, size_t n)
{
	if (n >= size) {
		buf += n - (size - 1);
		n = size - 1;
	}
	if (*len + n > size - 1) {
		size_t drop = *len + n - (size - 1);

		memmove(tail, tail + drop, *len - drop);
		*len -= drop;
	}
	memcpy(tail + *len, buf, n);
	*len += n;
	tail[*len] = '\0';
}

/* false at end of file. */
static bool drain(int fd, char *tail, size_t *len, size_t size)
{
	char buf[READ_SIZE];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n > 0)
		keep(tail, len, size, buf, (size_t)n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* The output need not be text: a NUL ends a line, too. */
static void last_line(char *tail, size_t len)
{
	size_t start;

	while (len > 0 && (tail[len - 1] == '\n' || tail[len - 1] == '\0'))
		len--;
	for (start = len; start > 0 && tail[start - 1] != '\n' && tail[start - 1] != '\0'; start--)
		;
	memmove(tail, tail + start, len - start);
	tail[len - start] = '\0';
}

int hook_watch(int pidfd, int pipe_fd, unsigned seconds, char *tail, size_t size)
{
	struct pollfd p[2] = { { .fd = pidfd, .events = POLLIN },
			       { .fd = pipe_fd, .events = POLLIN } };
	int64_t end = seconds ? now_ms() + (int64_t)seconds * 1000 : 0;
	size_t len = 0;
	int ret = 0, last_reads = PIPE_SIZE / READ_SIZE;

	tail[0] = '\0';
	for (;;) {
		int64_t left = seconds ? end - now_ms() : -1;
		int n;

		if (seconds && left <= 0) {
			ret = -ETIMEDOUT;
			break;
		}
		n = poll(p, 2, left > INT32_MAX ? INT32_MAX : (int)left);
		if (n < 0 && errno != EINTR) {
			ret = -errno;
			break;
		}
		if (n > 0 && (p[1].revents & (POLLIN | POLLHUP)) &&
		    !drain(pipe_fd, tail, &len, size))
			p[1].fd = -1;
		/* What it wrote last is still in the pipe: read before believing in its end.  But no
		 * more than a pipe holds: a child that it left behind may go on writing for ever. */
		if (n > 0 && p[0].revents &&
		    !(p[1].fd >= 0 && (p[1].revents & POLLIN) && last_reads-- > 0))
			break;
	}
	last_line(tail, len);
	return ret;
}
