/*
 * The init's half of the protocol: questions to the caller, and waiting for start.
 *
 * Uses: runtime/base/protocol.h.    Used by: main.c.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/base/sys.h"
#include "runtime/base/weak.h"
#include "runtime/init/init.h"

/* The kernel looks at the lower half alone, a filter at all of it. */
static uint64_t with_pass(const struct step_ctx *c, uint32_t flags)
{
	return (uint64_t)c->pass << 32 | flags;
}

bool init_send(struct step_ctx *c, struct init_msg *msg, int fd)
{
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { msg, sizeof(*msg) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	msg->step = c->step;
	if (fd >= 0) {
		m.msg_control = control.buf;
		m.msg_controllen = sizeof(control.buf);
		control.h.cmsg_level = SOL_SOCKET;
		control.h.cmsg_type = SCM_RIGHTS;
		control.h.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.h), &fd, sizeof(fd));
	}
	do {
		n = syscall(SYS_sendmsg, c->fds[PLAN_FD_SOCKET], &m, with_pass(c, MSG_NOSIGNAL));
	} while (n < 0 && errno == EINTR);
	/* The container's own seccomp filter may be loaded by now and deny that call. */
	if (n < 0 && fd < 0 && errno != EPIPE)
		n = write(c->fds[PLAN_FD_SOCKET], msg, sizeof(*msg));
	return n == (ssize_t)sizeof(*msg);
}

uint32_t init_receive(struct step_ctx *c)
{
	struct init_msg msg;
	ssize_t n;

	do {
		errno = 0;
		n = syscall(SYS_recvfrom, c->fds[PLAN_FD_SOCKET], &msg, sizeof(msg), with_pass(c, 0), NULL,
			    NULL);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(msg) ? msg.kind : 0;
}

/* The caller is gone: nobody wants the container. */
static _Noreturn int give_up(void)
{
	_exit(1);
}

/* What came was not what it should be.  End of file: the caller is gone.  Of anything else it must
 * hear, or it would take our end for the program's. */
static int no_word(struct step_ctx *c)
{
	return errno ? step_fail(c, "recv", "word of the caller") : give_up();
}

static int await_ok(struct step_ctx *c)
{
	return init_receive(c) == MSG_OK ? 0 : no_word(c);
}

int init_ask(struct step_ctx *c, enum msg_kind kind, uint32_t value, int fd)
{
	struct init_msg msg = { .kind = kind, .value = value };

	return init_send(c, &msg, fd) ? await_ok(c) : give_up();
}

static void fill_call(struct step_ctx *c, struct init_msg *msg)
{
	size_t n = c->call ? strlen(c->call) : 0;

	if (n >= sizeof(msg->call))
		n = sizeof(msg->call) - 1;
	memcpy(msg->call, c->call ? c->call : "", n);
	memcpy(msg->object, c->object, sizeof(msg->object));
	msg->op = PLAN_OPS;
	if (c->plan->h && c->step < c->plan->h->n_steps) {
		const struct plan_step *s = &c->plan->steps[c->step];
		const char *source = plan_view_str(c->plan, s->source);

		msg->op = s->op;
		n = source ? strlen(source) : 0;
		if (n < sizeof(msg->pointer))
			memcpy(msg->pointer, source ? source : "", n);
	}
}

void init_report(struct step_ctx *c, int error)
{
	struct init_msg msg = { .kind = MSG_FAILED, .error = error };

	fill_call(c, &msg);
	if (c->fds[PLAN_FD_SOCKET] < 0)
		return;		/* detached: nobody waits for a word */
	/* A filter that denies both ways leaves an exit that nobody takes for the program's own:
	 * end of file alone would look like a successful execve(2). */
	if (!init_send(c, &msg, -1) && errno != EPIPE)
		__builtin_trap();
}

int step_warn(struct step_ctx *c, const char *call, const char *object)
{
	struct init_msg msg = { .kind = MSG_WARNING, .error = errno };

	(void)step_fail(c, call, object);
	fill_call(c, &msg);
	(void)init_send(c, &msg, -1);
	return 0;
}

int step_send_fd(struct step_ctx *c, unsigned kind, int fd)
{
	return init_ask(c, MSG_FD, kind, fd);
}

int step_ASK_ID_MAPS(struct step_ctx *c, const struct plan_step *s)
{
	(void)s;
	/* An unprivileged caller may open our uid_map only while we are dumpable; nothing of the
	 * container can be looking yet. */
	(void)prctl(PR_SET_DUMPABLE, 1);
	init_ask(c, MSG_ASK_ID_MAPS, 0, -1);
	(void)prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

int step_DUMPABLE(struct step_ctx *c, const struct plan_step *s)
{
	if (prctl(PR_SET_DUMPABLE, (unsigned long)step_num(s, 0)) < 0)
		return step_fail(c, "prctl(PR_SET_DUMPABLE)", NULL);
	return 0;
}

int step_ASK_HOST_HOOKS(struct step_ctx *c, const struct plan_step *s)
{
	(void)s;
	return init_ask(c, MSG_ASK_HOST_HOOKS, 0, -1);
}

int step_CG_ASK(struct step_ctx *c, const struct plan_step *s)
{
	(void)s;
	return init_ask(c, MSG_ASK_CGROUP, 0, -1);
}

int step_ASK_NETWORK(struct step_ctx *c, const struct plan_step *s)
{
	return init_ask(c, MSG_ASK_NETWORK, (uint32_t)step_num(s, 1), step_fd(c, s, 0));
}

int step_ASK_NET_DEVICES(struct step_ctx *c, const struct plan_step *s)
{
	return init_ask(c, MSG_ASK_NET_DEVICES, 0, step_fd(c, s, 0));
}

int step_SEND_CONSOLE(struct step_ctx *c, const struct plan_step *s)
{
	int fd = step_fd(c, s, 0);

	step_send_fd(c, STEP_FD_CONSOLE, fd);
	(void)close(fd);
	c->fds[s->arg[0]] = -1;
	return 0;
}

/* Wait until `start` connects and says so.  One that dies before that is not the last. */
static int accept_start(struct step_ctx *c, int listener)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 && errno == EINTR)
			continue;
		if (fd < 0)
			return step_fail(c, "accept", "start socket");
		c->fds[PLAN_FD_SOCKET] = fd;
		if (init_receive(c) == MSG_GO)
			return 0;
		(void)close(fd);
		c->fds[PLAN_FD_SOCKET] = -1;
	}
}

int step_WAIT_START(struct step_ctx *c, const struct plan_step *s)
{
	struct init_msg ready = { .kind = MSG_READY };
	int listener = step_fd(c, s, 0), ret;

	if (!init_send(c, &ready, -1))
		_exit(1);
	switch (init_receive(c)) {
	case MSG_GO:
		ret = 0;
		break;
	case MSG_DETACH:
		(void)close(c->fds[PLAN_FD_SOCKET]);
		c->fds[PLAN_FD_SOCKET] = -1;
		ret = accept_start(c, listener);
		break;
	default:
		return no_word(c);
	}
	if (listener >= 0) {
		(void)close(listener);
		c->fds[s->arg[0]] = -1;
	}
	return ret;
}

/* The last step of a plan that has no program: READY, which nobody need answer. */
int step_END(struct step_ctx *c, const struct plan_step *s)
{
	struct init_msg ready = { .kind = MSG_READY };

	(void)s;
	/* A caller that is gone cannot report success: then the rest is taken back, too. */
	if (!init_send(c, &ready, -1))
		return step_fail(c, "report", NULL);
	_exit(0);
}

/*
 * The joined pid namespace is for children only, so the plan goes on in one: a child of our
 * parent, whose pidfd we send, as if we had been it from the start.
 */
static void close_all_but_socket(struct step_ctx *c)
{
	for (uint32_t i = 0; i < c->plan->h->n_fds + c->plan->h->n_slots; i++) {
		if (i == PLAN_FD_SOCKET || c->fds[i] < 0)
			continue;
		(void)close(c->fds[i]);
		c->fds[i] = -1;
	}
}

int step_FORK(struct step_ctx *c, const struct plan_step *s)
{
	struct init_msg msg = { .kind = MSG_FORKED };
	int pidfd = -1;
	long pid;

	/* Who could trace that child could take its descriptors: procfs is the host's. */
	if (step_num(s, 0) && !weakened("fork-descriptors"))
		close_all_but_socket(c);
	/* clone(2), which filters can look into, where they can only forbid clone3(2).  The first three
	 * arguments are the same everywhere. */
	pid = syscall(SYS_clone, CLONE_PARENT | CLONE_PIDFD, NULL, &pidfd, NULL, NULL);
	if (pid < 0)
		return step_fail(c, "clone", "process in the joined pid namespace");
	if (pid == 0) {
		(void)prctl(PR_SET_DUMPABLE, weakened("dumpable"));
		/* The caller must know us by our pidfd before it hears anything else. */
		return await_ok(c);
	}
	if (init_send(c, &msg, pidfd))
		_exit(0);
	/* A limit of descriptors in flight, say (unix(7), ETOOMANYREFS). */
	pid = errno;
	(void)sys_pidfd_send_signal(pidfd, SIGKILL, 0);
	return step_fail_as(c, (int)pid, "send to the caller", "pidfd");
}
