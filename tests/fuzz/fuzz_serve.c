/*
 * Any datagrams as husk-init's half of the conversation, with descriptors of any kind: whoever could
 * trace the init could speak for it.
 *
 * The first byte says what the caller is doing; then come messages: a byte that says of what kind,
 * one for the descriptors that go with it, and its fields, or any number of any bytes.
 *
 * Uses: runtime/serve.c.    Used by: run.sh.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/base/protocol.h"
#include "runtime/base/step.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/launch.h"
#include "tests/fuzz/fuzz.h"

/* NOBODY: higher than any process's. */
enum { MAX_MESSAGES = 24, MAX_BYTES = 600, NOBODY = 1 << 23 };

/* First byte. */
enum { AFTER_GO = 1, NO_PLAN = 2, WITH_CONSOLE = 4 };

static void must_be_printable(const char *text)
{
	for (; *text; text++)
		MUST(!iscntrl((unsigned char)*text));
}

static void hear_log(void *data, enum husk_log_level level, const char *msg)
{
	(void)data;
	(void)level;
	must_be_printable(msg);
}

/* Every question, but that for systemd. */
static void make_plan(struct rt_launch *l, bool console)
{
	struct husk_error err;
	uint32_t slot, state;
	struct plan p;

	MUST(plan_init(&p, &err) == 0);
	slot = plan_slot(&p);
	state = plan_fd(&p, PLAN_FD_GIVEN, "state", 0, 0, NULL);
	PLAN_EMIT(&p, OP_ASK_ID_MAPS, NULL);
	PLAN_EMIT(&p, OP_ASK_HOST_HOOKS, "/hooks");
	PLAN_EMIT(&p, OP_ASK_NET_DEVICES, NULL, slot);
	PLAN_EMIT(&p, OP_ASK_NETWORK, NULL, slot, 0);
	PLAN_EMIT(&p, OP_RUN_HOOK, NULL, PLAN_NO_FD, plan_str(&p, "/hook"), 0, 0, 0, state,
		  PLAN_NO_FD, PLAN_NO_FD);
	PLAN_EMIT(&p, OP_FORK, NULL, 0);
	if (console)
		PLAN_EMIT(&p, OP_SEND_CONSOLE, NULL, slot);
	PLAN_EMIT(&p, OP_SEND_SECCOMP_FD, NULL, slot, 0);
	PLAN_EMIT(&p, OP_RUN_HOOK, NULL, PLAN_NO_FD, plan_str(&p, "/hook"), 0, 0, 0, state,
		  PLAN_NO_FD, PLAN_NO_FD);
	MUST(rt_launch_take_plan(l, &p, &err) == 0);
	plan_done(&p);
}

/* One that nobody has asked for. */
static int some_fd(unsigned kind)
{
	int ends[2];

	switch (kind % 4) {
	case 0:
		return memfd_create("fuzz", MFD_CLOEXEC);
	case 1:
		MUST(pipe2(ends, O_CLOEXEC) == 0);
		(void)close(ends[0]);
		return ends[1];
	case 2:
		return sys_pidfd_open(getpid(), 0);
	default:
		return open("/", O_PATH | O_CLOEXEC);
	}
}

/* @fds: their number in the lowest two bits, above those the kind of the first. */
static void say(int sock, const void *bytes, size_t len, unsigned fds)
{
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(3 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	unsigned n = fds % 4;
	int list[3];

	for (unsigned i = 0; i < n; i++) {
		list[i] = some_fd((fds >> 2) + i);
		MUST(list[i] >= 0);
	}
	if (n > 0) {
		m.msg_control = control.buf;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.h.cmsg_level = SOL_SOCKET;
		control.h.cmsg_type = SCM_RIGHTS;
		control.h.cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(&control.h), list, n * sizeof(int));
	}
	MUST(sendmsg(sock, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len);
	for (unsigned i = 0; i < n; i++)
		(void)close(list[i]);
}

/* Words that are looked for in calls, or the input's own. */
static void take_text(struct fuzz_bytes *in, char *out, size_t size)
{
	static const char *const words[] = { "execve", "search", "fsmount", "mount option", "seccomp",
					     "option \"gid=5\"", "proc on /proc" };
	unsigned n = fuzz_byte(in);

	if (n < ARRAY_SIZE(words))
		memcpy(out, words[n], strlen(words[n]));
	else
		fuzz_take(in, out, n < size ? n : size);
}

static void take_message(struct fuzz_bytes *in, struct init_msg *m)
{
	int8_t error;

	m->kind = fuzz_byte(in);
	m->step = fuzz_byte(in);
	m->step = m->step == UINT8_MAX ? UINT32_MAX : m->step;
	fuzz_take(in, &error, sizeof(error));
	m->error = error;
	m->value = fuzz_byte(in);
	m->op = fuzz_byte(in);
	take_text(in, m->call, sizeof(m->call));
	take_text(in, m->object, sizeof(m->object));
	take_text(in, m->pointer, sizeof(m->pointer));
}

/* Whether one of them says that the init is ready. */
static bool say_all(int sock, struct fuzz_bytes *in)
{
	bool ready = false;

	for (int i = 0; i < MAX_MESSAGES && in->left > 0; i++) {
		union {
			struct init_msg msg;
			char bytes[MAX_BYTES];
		} u = { .bytes = "" };
		unsigned how = fuzz_byte(in), fds = fuzz_byte(in);
		size_t len = sizeof(u.msg);

		if (how) {
			len = 1 + (how + (size_t)fuzz_byte(in)) % MAX_BYTES;
			fuzz_take(in, u.bytes, len);
		} else {
			take_message(in, &u.msg);
		}
		ready = ready || (len == sizeof(u.msg) && u.msg.kind == MSG_READY);
		say(sock, u.bytes, len, fds);
	}
	(void)shutdown(sock, SHUT_WR);
	return ready;
}

static void check_error(const struct husk_error *err, int ret)
{
	MUST(err->sys > 0 && err->sys == -ret);
	MUST(err->msg[0]);
	must_be_printable(err->msg);
	must_be_printable(err->pointer);
	must_be_printable(err->hint);
}

/* The number that the next descriptor gets: a higher one afterwards is a descriptor too many. */
static int next_fd(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	MUST(fd >= 0);
	(void)close(fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	unsigned what = fuzz_byte(&in);
	struct husk_error err = { 0 };
	struct husk h = { .init_fd = -1 };
	int pair[2], next = next_fd(), ret;
	struct rt_launch l;
	bool ready;

	husk_log_set(HUSK_LOG_WARN, hear_log, NULL);
	rt_launch_init(&l, &h, "x", NULL);
	if (!(what & NO_PLAN))
		make_plan(&l, what & WITH_CONSOLE);
	l.pid = l.state.pid = NOBODY;
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	l.sock = pair[0];
	ready = say_all(pair[1], &in);
	ret = rt_serve(&l, what & AFTER_GO, &err);
	if (ret == 0)
		MUST(what & AFTER_GO || ready);
	else
		check_error(&err, ret);
	/* Nobody that it speaks of is ours, and no terminal comes unasked. */
	MUST(l.pid == NOBODY && l.state.pid == NOBODY && l.pidfd == -1);
	MUST(l.console == -1 || (what & WITH_CONSOLE && !(what & NO_PLAN)));
	rt_launch_done(&l);
	(void)close(pair[1]);
	MUST(next_fd() == next);
	return 0;
}
