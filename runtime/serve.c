/*
 * The caller's half of the conversation with husk-init.
 *
 * What the init sends is input: messages of another size or an unknown kind end the conversation.
 *
 * Uses: protocol.h, namespaces, hooks.c, process/seccomp_notify.c.    Used by: create.c, start.c, exec.c.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/protocol.h"
#include "runtime/base/step.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/doctor_hint.h"
#include "runtime/hooks.h"
#include "runtime/launch.h"
#include "runtime/network.h"
#include "runtime/nspid.h"
#include "runtime/oom.h"
#include "runtime/process/process.h"
#include "runtime/process/seccomp_notify.h"
#include "runtime/step_hints.h"
#include "runtime/timeline.h"
#include "runtime/trace/trace.h"

/* Room for one descriptor; that is also room for two, for the kernel aligns. */
enum { MAX_FDS = (CMSG_SPACE(sizeof(int)) - CMSG_LEN(0)) / sizeof(int) };

/* The first descriptor of @m, or -1; what else came with it is closed. */
static int take_first_fd(struct msghdr *m)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	int fds[MAX_FDS];
	size_t n;

	if (!h || h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
		return -1;
	n = MIN((h->cmsg_len - CMSG_LEN(0)) / sizeof(int), (size_t)MAX_FDS);
	memcpy(fds, CMSG_DATA(h), n * sizeof(int));
	for (size_t i = 1; i < n; i++)
		(void)close(fds[i]);
	return n > 0 ? fds[0] : -1;
}

/* Text that people will read, a line: an image can have terminal escapes in its file names. */
static void make_printable(char *s, size_t size)
{
	s[size - 1] = '\0';
	for (; *s; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
	}
}

static bool is_exec(const struct init_msg *msg)
{
	return strcmp(msg->call, "execve") == 0 || strcmp(msg->call, "search") == 0;
}

static void make_message_printable(struct init_msg *msg)
{
	char *reason;

	make_printable(msg->call, sizeof(msg->call));
	make_printable(msg->pointer, sizeof(msg->pointer));
	/* One newline stays, which separates the path from the reason: exec_error(). */
	reason = is_exec(msg) ? memchr(msg->object, '\n', sizeof(msg->object) - 1) : NULL;
	make_printable(msg->object, sizeof(msg->object));
	if (reason)
		*reason = '\n';
}

enum { GRACE_MS = 3000 };

/*
 * Until the init has said something, or has ended: a process that it cloned could hold its end of
 * the socket open for ever.  @dead: it has ended, and so it stays open.  But not at once: a husk-init
 * that another thread is spawning has a copy of all our descriptors until its execve(2).
 */
static int wait_for_word(const struct rt_launch *l, bool *dead, struct husk_error *err)
{
	struct pollfd p[2] = { { .fd = l->sock, .events = POLLIN },
			       { .fd = l->pidfd, .events = POLLIN } };

	while (poll(p, ARRAY_SIZE(p), -1) < 0) {
		if (errno != EINTR)
			return err_sys(err, "wait for husk-init");
	}
	*dead = p[1].revents && !p[0].revents && poll(p, 1, GRACE_MS) == 0;
	return 0;
}

enum received { RECEIVED_END, RECEIVED_MESSAGE, RECEIVED_DEATH };

/* < 0: error.  *fd: a descriptor that came with the message, or -1. */
static int receive(const struct rt_launch *l, struct init_msg *msg, int *fd,
		   struct husk_error *err)
{
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { msg, sizeof(*msg) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.buf,
			    .msg_controllen = sizeof(control.buf) };
	bool dead = false, unread = false;
	ssize_t n;

	*fd = -1;
	if (wait_for_word(l, &dead, err) < 0)
		return -err->sys;
	/* Its last words may have come in the meantime.  ECONNRESET: it ended without having read
	 * ours; the kernel says so once, before it hands over what the init said. */
	do {
		n = recvmsg(l->sock, &m, MSG_CMSG_CLOEXEC | (dead ? MSG_DONTWAIT : 0));
		unread = unread || (n < 0 && errno == ECONNRESET);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0 && errno == EAGAIN && dead)
		return RECEIVED_DEATH;
	if (n < 0)
		return err_sys(err, "receive from husk-init");
	if (n == 0)
		return unread ? RECEIVED_DEATH : RECEIVED_END;
	*fd = take_first_fd(&m);
	if (n != (ssize_t)sizeof(*msg) || (m.msg_flags & MSG_TRUNC))
		return err_new(err, HUSK_E_SYSTEM, EPROTO, "husk-init sent a malformed message");
	make_message_printable(msg);
	return RECEIVED_MESSAGE;
}

int rt_say(int sock, uint32_t kind, struct husk_error *err)
{
	struct init_msg msg = { .kind = kind };
	ssize_t n;

	do {
		n = send(sock, &msg, sizeof(msg), MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(msg) ? 0 : err_sys(err, "answer husk-init");
}

/* No husk-init of ours fails without an error, but what it says is input. */
static int cause(const struct init_msg *msg)
{
	return msg->error > 0 ? msg->error : EPROTO;
}

static const char *cause_text(const struct init_msg *msg)
{
	return msg->error > 0 ? err_text(msg->error) : "failed, and husk-init did not say why";
}

/* The program could not be executed: the texts that engines and people look for. */
static void exec_error(const struct init_msg *msg, struct husk_error *err)
{
	char path[sizeof(msg->object)];
	char *reason;

	(void)snprintf(path, sizeof(path), "%s", msg->object);
	reason = strchr(path, '\n');
	if (reason)
		*reason++ = '\0';
	if (strcmp(msg->call, "search") == 0) {
		(void)err_new(err, HUSK_E_SYSTEM, ENOENT,
			      "exec: \"%s\": executable file not found in $PATH", path);
	} else {
		char *text;

		(void)err_new(err, HUSK_E_SYSTEM, cause(msg), "exec: \"%s\": %s", path,
			      cause_text(msg));
		/* Engines compare lower case: "no such file or directory", "permission denied". */
		text = strrchr(err->msg, ':') + 2;
		*text = (char)tolower((unsigned char)*text);
		if (reason)
			(void)snprintf(err->msg + strlen(err->msg),
				       sizeof(err->msg) - strlen(err->msg), " (%s)", reason);
	}
}

/* The room a step belongs to, for the head of its message. */
static const char *room(const char *op_name)
{
	static const struct {
		const char *prefix, *room;
	} rooms[] = {
		{ "ns_", "namespaces" }, { "cg_", "cgroups" }, { "rootfs", "rootfs" },
		{ "mount", "rootfs" },	 { "run_hook", "hooks" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		if (str_starts(op_name, rooms[i].prefix))
			return rooms[i].room;
	}
	return "process";
}

static bool plan_has(const struct rt_launch *l, enum plan_op op)
{
	for (uint32_t i = 0; i < l->view.h->n_steps; i++) {
		if (l->view.steps[i].op == op)
			return true;
	}
	return false;
}

/* Is it a label of SELinux that the program was to get, though not new privileges? */
static bool wants_bounded_label(const struct rt_launch *l)
{
	const struct oci_process *p = l->config.process;

	/* `start` has no plan, and `exec` a process of its own. */
	if (l->plan)
		return plan_has(l, OP_PROC_SELINUX) && plan_has(l, OP_PROC_NO_NEW_PRIVS);
	return p && p->selinux_label && *p->selinux_label && p->no_new_privileges;
}

static void exec_hint(const struct rt_launch *l, const struct init_msg *msg, struct husk_error *err)
{
	if (msg->error == EACCES && (l->landlock || l->state.landlock))
		(void)err_hint(err, "the Landlock rules must let it execute the program and its "
				    "interpreter: exec=PATH");
	/* The kernel's check_nnp_nosuid(). */
	if (msg->error == EPERM && wants_bounded_label(l))
		(void)err_hint(err, "with noNewPrivileges the SELinux policy must allow the change to "
				    "/process/selinuxLabel: process2 nnp_transition, or typebounds; the "
				    "audit log tells");
}

/* "rootfs: step 14: mount proc on /proc: fsmount proc: Operation not permitted" */
static int step_error(const struct rt_launch *l, const struct init_msg *msg, struct husk_error *err)
{
	cleanup_str struct str what = { 0 };
	bool exec = is_exec(msg);

	if (exec) {
		exec_error(msg, err);
	} else if (msg->op >= PLAN_OPS) {
		/* Before the first step: it could not even read the plan. */
		(void)err_new(err, HUSK_E_SYSTEM, cause(msg), "husk-init: %s: %s", msg->call,
			      cause_text(msg));
	} else {
		/* `start` has no plan; the name of the operation must do. */
		if (l->plan && msg->step < l->view.h->n_steps)
			plan_describe(&l->view, msg->step, &what);
		else
			str_add(&what, plan_op_name(msg->op));
		(void)err_new(err, HUSK_E_SYSTEM, cause(msg), "%s: step %u: %.300s: %s%s%s: %s",
			      room(plan_op_name(msg->op)), msg->step, what.s ? what.s : "?",
			      msg->call, msg->object[0] ? " " : "", msg->object,
			      cause_text(msg));
	}
	if (exec)
		exec_hint(l, msg, err);
	rt_step_hint(msg, err);
	rt_hint_doctor(msg->call, err);
	err->step = (int)msg->step;
	(void)snprintf(err->pointer, sizeof(err->pointer), "%s", msg->pointer);
	/* Not every call waits for the OOM killer. */
	if (msg->error == ENOMEM && !err->hint[0] && l->cg)
		(void)rt_oom_hint(l->cg, 0, RT_OOM_ENOMEM, err);
	return -err->sys;
}

static void warn(const struct rt_launch *l, const struct init_msg *msg)
{
	struct husk_error err;

	(void)step_error(l, msg, &err);
	log_warn("%s, ignoring", err.msg);
}

/*
 * Is @fd the memory file that the init was given?  A file of the kernel would take what we write as ours,
 * not as the sender's.  `start` has not made it: it has no name, and could have seals.
 */
static bool is_state_file(const struct rt_launch *l, int fd)
{
	int given = l->plan && l->given.state != PLAN_NO_FD ? l->fds[l->given.state] : -1;
	struct stat st, own;

	if (fstat(fd, &st) < 0)
		return false;
	if (l->plan)
		return fstat(given, &own) == 0 && st.st_dev == own.st_dev && st.st_ino == own.st_ino;
	return S_ISREG(st.st_mode) && st.st_nlink == 0 && fcntl(fd, F_GET_SEALS) >= 0;
}

/* Put the container's state, as the hook shall see it, into the memfd the init sent. */
static int write_state(struct rt_launch *l, int fd, uint32_t hook_kind, struct husk_error *err)
{
	cleanup_free char *text = NULL;
	struct oci_state seen = l->state;
	size_t len;

	if (fd < 0)
		return err_new(err, HUSK_E_SYSTEM, EPROTO, "husk-init sent no state descriptor");
	if (!is_state_file(l, fd))
		return err_new(err, HUSK_E_SYSTEM, EPROTO,
			       "husk-init sent a file that is not the one for the state");
	/* runtime.md, "State": in the container's namespaces, the pid as seen by the container. */
	seen.pid = rt_pid_inside(l->pid);
	text = oci_state_public(&seen, hook_kind == OCI_CREATE_CONTAINER ? "creating" : "created",
				false);
	if (!text)
		return err_nomem(err, "state for hooks");
	len = strlen(text);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, len, 0) != (ssize_t)len)
		return err_sys(err, "write state for hooks");
	return 0;
}

/* 0: it has gone. */
static pid_t pid_of(int pidfd)
{
	struct sys_pidfd_info info = { 0 };
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	const char *p = NULL;
	char path[40];

	if (sys_pidfd_get_info(pidfd, &info) == 0)
		return (pid_t)info.pid;
	/* Before Linux 6.13. */
	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	if (fs_read(AT_FDCWD, path, 4096, &text, NULL, &ignored) == 0)
		p = strstr(text, "\nPid:");
	return p ? MAX(atoi(p + 5), 0) : 0;
}

/* The init goes on as another process: forget this one and follow that. */
static int follow_fork(struct rt_launch *l, int *pidfd, struct husk_error *err)
{
	pid_t pid;

	if (*pidfd < 0)
		return err_new(err, HUSK_E_SYSTEM, EPROTO, "husk-init sent no pidfd");
	/* CLONE_PARENT makes it ours.  Anybody has a pidfd of anything, and we would kill that. */
	if (waitid(P_PIDFD, (id_t)*pidfd, &(siginfo_t){ 0 },
		   WEXITED | WNOHANG | WNOWAIT | __WALL) < 0)
		return err_sys(err, "husk-init sent the pidfd of a process which it has not made");
	pid = pid_of(*pidfd);
	if (pid == 0)
		return err_new(err, HUSK_E_SYSTEM, ESRCH, "husk-init's child has gone");
	(void)waitid(P_PIDFD, (id_t)l->pidfd, &(siginfo_t){ 0 }, WEXITED | __WALL);
	(void)close(l->pidfd);
	l->pidfd = take_fd(pidfd);
	l->pid = l->state.pid = pid;
	return 0;
}

static int take_descriptor(struct rt_launch *l, uint32_t kind, int *fd, struct husk_error *err)
{
	if (*fd < 0)
		return err_new(err, HUSK_E_SYSTEM, EPROTO, "husk-init sent no descriptor");
	switch (kind) {
	case STEP_FD_CONSOLE:
		l->console = take_fd(fd);
		return 0;
	case STEP_FD_SECCOMP:
		if (l->trace)
			return rt_trace_start(l->trace, *fd, l->pid, l->config_text,
					      l->config_len, err);
		return rt_send_seccomp_fd(&l->config, &l->state, *fd, err);
	default:
		return err_new(err, HUSK_E_SYSTEM, EPROTO, "husk-init sent an unknown descriptor");
	}
}

/* What each step may ask for, once.  Whoever could trace the init could speak for it. */
static bool may_ask(struct rt_launch *l, const struct init_msg *msg)
{
	static const struct {
		uint32_t op, kind, fd_kind;
	} questions[] = {
		{ OP_ASK_ID_MAPS, MSG_ASK_ID_MAPS },	   { OP_ASK_HOST_HOOKS, MSG_ASK_HOST_HOOKS },
		{ OP_ASK_NETWORK, MSG_ASK_NETWORK },	   { OP_CG_ASK, MSG_ASK_CGROUP },
		{ OP_ASK_NET_DEVICES, MSG_ASK_NET_DEVICES }, { OP_RUN_HOOK, MSG_ASK_STATE },
		{ OP_SEND_CONSOLE, MSG_FD, STEP_FD_CONSOLE },
		{ OP_SEND_SECCOMP_FD, MSG_FD, STEP_FD_SECCOMP },
		{ OP_FORK, MSG_FORKED },
	};

	if (msg->step < l->asked || msg->step == UINT32_MAX)
		return false;
	l->asked = msg->step + 1;
	/* `start` has no plan; only these come so late. */
	if (!l->plan)
		return msg->kind == MSG_ASK_STATE ||
		       (msg->kind == MSG_FD && msg->value == STEP_FD_SECCOMP);
	if (msg->step >= l->view.h->n_steps)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		if (questions[i].op == l->view.steps[msg->step].op)
			return questions[i].kind == msg->kind &&
			       (msg->kind != MSG_FD || questions[i].fd_kind == msg->value);
	}
	return false;
}

static int answer(struct rt_launch *l, const struct init_msg *msg, int *fd, struct husk_error *err)
{
	static const char *const stages[MSG_KINDS] = {
		[MSG_ASK_ID_MAPS] = "write the id maps",
		[MSG_ASK_HOST_HOOKS] = "run prestart and createRuntime hooks",
		[MSG_ASK_NET_DEVICES] = "configure network devices",
		[MSG_ASK_NETWORK] = "make the network",
		[MSG_ASK_STATE] = "write the state for a hook",
		[MSG_FD] = "take a descriptor of husk-init's",
		[MSG_FORKED] = "follow husk-init's child",
	};
	int ret;

	if (!may_ask(l, msg))
		return err_new(err, HUSK_E_SYSTEM, EPROTO,
			       "husk-init sent message %u at step %u, where its plan has no such question",
			       msg->kind, msg->step);
	rt_timeline_stage(l->times, stages[msg->kind]);
	switch (msg->kind) {
	case MSG_ASK_ID_MAPS:
		if (l->config.process)
			rt_process_raise_limits(l->pid, l->config.process);
		ret = ns_write_id_maps(&l->ns, l->pid, err);
		if (ret < 0)
			rt_hint_doctor("id maps", err);
		break;
	case MSG_ASK_HOST_HOOKS:
		ret = rt_run_hooks(&l->config, OCI_PRESTART, &l->state, "creating", err);
		if (ret == 0)
			ret = rt_run_hooks(&l->config, OCI_CREATE_RUNTIME, &l->state, "creating",
					   err);
		break;
	case MSG_ASK_NET_DEVICES:
		ret = ns_configure_net_devices(&l->config.linux_, l->pid, *fd, err);
		break;
	case MSG_ASK_NETWORK:
		ret = rt_network_answer(l, msg->value, *fd, err);
		break;
	case MSG_ASK_CGROUP:
		ret = cg_move(l->cg, l->cgroup_sub, l->pid, l->state.pid, err);
		if (ret < 0)
			err_ctx(err, "cgroups");
		break;
	case MSG_ASK_STATE:
		ret = write_state(l, *fd, msg->value, err);
		break;
	case MSG_FD:
		ret = take_descriptor(l, msg->value, fd, err);
		break;
	case MSG_FORKED:
		ret = follow_fork(l, fd, err);
		break;
	default:
		return err_new(err, HUSK_E_SYSTEM, EPROTO, "husk-init sent message %u", msg->kind);
	}
	return ret < 0 ? ret : rt_say(l->sock, MSG_OK, err);
}

/* End of file without a word: the init was killed. */
static int died(struct rt_launch *l, struct husk_error *err)
{
	siginfo_t si = { 0 };
	uint64_t limit = rt_oom_limit(&l->config.linux_);
	bool oom = l->cg && cg_oom_kills(l->cg) > 0;

	if (l->pidfd >= 0)
		(void)waitid(P_PIDFD, (id_t)l->pidfd, &si, WEXITED | WNOWAIT | __WALL);
	if (!oom && l->cg_plan && cg_needs_process(l->cg_plan) && l->cg &&
	    si.si_code == CLD_KILLED && si.si_status == SIGKILL)
		oom = rt_oom_untold(l->cg, limit);
	if (oom) {
		err_new(err, HUSK_E_SYSTEM, ENOMEM,
			"container init was OOM-killed (memory limit too low?)");
		return rt_oom_hint(l->cg, limit, RT_OOM_KILLED, err);
	}
	if (si.si_code == CLD_KILLED || si.si_code == CLD_DUMPED)
		return err_new(err, HUSK_E_SYSTEM, ECHILD, "husk-init was killed by signal %d (%s)",
			       si.si_status, strsignal(si.si_status));
	return err_new(err, HUSK_E_SYSTEM, ECHILD, "husk-init ended without a word (exit status %d)",
		       si.si_status);
}

/* After GO, end of file means that execve(2) succeeded; unless the OOM killer was faster. */
static int executed(struct rt_launch *l, struct husk_error *err)
{
	struct pollfd p = { .fd = l->pidfd, .events = POLLIN };
	siginfo_t si = { 0 };

	if (l->pidfd < 0 || poll(&p, 1, 0) <= 0 || !l->cg || cg_oom_kills(l->cg) == 0)
		return 0;
	if (waitid(P_PIDFD, (id_t)l->pidfd, &si, WEXITED | WNOWAIT | WNOHANG | __WALL) < 0)
		return 0;	/* not our child: its own parent will see how it ended */
	return si.si_code == CLD_KILLED && si.si_status == SIGKILL ? died(l, err) : 0;
}

int rt_serve(struct rt_launch *l, bool after_go, struct husk_error *err)
{
	for (;;) {
		cleanup_close int fd = -1;
		struct init_msg msg = { 0 };
		int ret = receive(l, &msg, &fd, err);

		if (ret < 0)
			return ret;
		if (ret != RECEIVED_MESSAGE)
			return after_go && ret == RECEIVED_END ? executed(l, err) : died(l, err);
		if (msg.kind == MSG_READY && !after_go)
			return 0;
		if (msg.kind == MSG_FAILED)
			return step_error(l, &msg, err);
		if (msg.kind == MSG_WARNING) {
			warn(l, &msg);
			continue;
		}
		ret = answer(l, &msg, &fd, err);
		if (ret < 0)
			return ret;
		rt_timeline_stage(l->times, "wait for husk-init");
	}
}
