/*
 * runtime/serve.c: how a conversation with husk-init ends, whichever side was the last to speak.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/plan.h"
#include "runtime/base/protocol.h"
#include "runtime/base/step.h"
#include "runtime/base/sys.h"
#include "runtime/launch.h"
#include "runtime/socket.h"

struct talk {
	bool reads;		/* the init takes GO out of the socket */
	bool fails;		/* and says that it has failed */
};

/* A process in the init's place, that has done all of @t and is gone; GO was sent before. */
static void play(struct rt_launch *l, const struct talk *t)
{
	const struct init_msg failed = { .kind = MSG_FAILED, .error = EPERM, .op = PLAN_OPS,
					 .call = "recv" };
	struct husk_error err = { 0 };
	struct init_msg msg;
	siginfo_t si;
	int pair[2];

	rt_launch_init(l, NULL, "x", NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	l->sock = pair[0];
	assert_int_equal(rt_say(l->sock, MSG_GO, &err), 0);
	l->pid = fork();
	assert_true(l->pid >= 0);
	if (l->pid == 0) {
		if (t->reads && recv(pair[1], &msg, sizeof(msg), 0) != sizeof(msg))
			_exit(2);
		if (t->fails && send(pair[1], &failed, sizeof(failed), 0) != sizeof(failed))
			_exit(2);
		_exit(1);
	}
	(void)close(pair[1]);
	l->pidfd = sys_pidfd_open(l->pid, 0);
	assert_true(l->pidfd >= 0);
	assert_int_equal(waitid(P_PID, (id_t)l->pid, &si, WEXITED | WNOWAIT), 0);
	assert_int_equal(si.si_status, 1);
}

static void end(struct rt_launch *l)
{
	(void)waitpid(l->pid, NULL, 0);
	rt_launch_done(l);
}

static void last_words_are_heard(void **state)
{
	struct husk_error err = { 0 };
	struct rt_launch l;

	(void)state;
	play(&l, &(struct talk){ .reads = true, .fails = true });
	assert_int_equal(rt_serve(&l, true, &err), -EPERM);
	assert_non_null(strstr(err.msg, "husk-init: recv: "));
	end(&l);
}

/* The kernel says ECONNRESET first: unix(7) sockets do when the peer leaves something unread. */
static void last_words_are_heard_though_ours_were_not_read(void **state)
{
	struct husk_error err = { 0 };
	struct rt_launch l;

	(void)state;
	play(&l, &(struct talk){ .fails = true });
	assert_int_equal(rt_serve(&l, true, &err), -EPERM);
	assert_non_null(strstr(err.msg, "husk-init: recv: "));
	end(&l);
}

static void who_has_not_read_go_has_not_executed_the_program(void **state)
{
	struct husk_error err = { 0 };
	struct rt_launch l;

	(void)state;
	play(&l, &(struct talk){ 0 });
	assert_int_equal(rt_serve(&l, true, &err), -ECHILD);
	assert_non_null(strstr(err.msg, "without a word (exit status 1)"));
	end(&l);
}

static void silence_after_go_is_success(void **state)
{
	struct husk_error err = { 0 };
	struct rt_launch l;

	(void)state;
	play(&l, &(struct talk){ .reads = true });
	assert_int_equal(rt_serve(&l, true, &err), 0);
	end(&l);
}

/* ---- questions -------------------------------------------------------------------------------- */

/* An exec's plan: it may say that it forked, at step 1, and no more. */
static void with_plan(struct rt_launch *l)
{
	struct husk_error err = { 0 };
	struct plan p;

	assert_int_equal(plan_init(&p, &err), 0);
	PLAN_EMIT(&p, OP_PROC_SESSION, NULL);
	PLAN_EMIT(&p, OP_FORK, NULL, 1);
	PLAN_EMIT(&p, OP_PROC_SESSION, NULL);
	assert_int_equal(rt_launch_take_plan(l, &p, &err), 0);
	plan_done(&p);
}

/* What rt_serve() makes of @msg; then the other side is gone. */
static int hear(const struct init_msg *msg, bool plan, char text[1000])
{
	struct husk_error err = { 0 };
	struct rt_launch l;
	int pair[2], ret;

	rt_launch_init(&l, NULL, "x", NULL);
	if (plan)
		with_plan(&l);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	l.sock = pair[0];
	assert_int_equal(send(pair[1], msg, sizeof(*msg), 0), sizeof(*msg));
	(void)close(pair[1]);
	ret = rt_serve(&l, true, &err);
	strcpy(text, err.msg);
	rt_launch_done(&l);
	return ret;
}

static void only_its_own_step_may_ask_a_question(void **state)
{
	static const struct {
		uint32_t kind, step;
		bool plan;
	} wrong[] = {
		{ MSG_ASK_HOST_HOOKS, 0, true }, { MSG_ASK_HOST_HOOKS, 1, true },
		{ MSG_ASK_ID_MAPS, 1, true },	 { MSG_ASK_STATE, 1, true },
		{ MSG_FD, 1, true },		 { MSG_FORKED, 0, true },
		{ MSG_FORKED, 2, true },	 { MSG_FORKED, 3, true },
		{ MSG_FORKED, UINT32_MAX, true }, { MSG_KINDS, 1, true },
		{ MSG_GO, 1, true },		 { MSG_ASK_HOST_HOOKS, 0, false },
		{ MSG_ASK_ID_MAPS, 0, false },	 { MSG_FORKED, 0, false },
		{ MSG_FD, 0, false },
	};
	char text[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		const struct init_msg msg = { .kind = wrong[i].kind, .step = wrong[i].step };

		assert_int_equal(hear(&msg, wrong[i].plan, text), -EPROTO);
		if (!strstr(text, "where its plan has no such question"))
			fail_msg("%zu: %s", i, text);
	}
}

static void the_step_that_may_ask_is_answered(void **state)
{
	const struct init_msg forked = { .kind = MSG_FORKED, .step = 1 };
	char text[1000];

	(void)state;
	assert_int_equal(hear(&forked, true, text), -EPROTO);
	assert_string_equal(text, "husk-init sent no pidfd");
}

static void no_step_asks_twice(void **state)
{
	const struct init_msg ask = { .kind = MSG_ASK_STATE, .step = 4 };
	struct husk_error err = { 0 };
	struct rt_launch l;
	int pair[2];

	(void)state;
	rt_launch_init(&l, NULL, "x", NULL);
	l.asked = 5;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	l.sock = pair[0];
	assert_int_equal(send(pair[1], &ask, sizeof(ask), 0), sizeof(ask));
	assert_int_equal(rt_serve(&l, true, &err), -EPROTO);
	assert_non_null(strstr(err.msg, "no such question"));
	(void)close(pair[1]);
	rt_launch_done(&l);
}

/* What rt_serve() makes of @msg, with which @fd comes; that is closed. */
static int hear_fd(struct rt_launch *l, const struct init_msg *msg, int fd, struct husk_error *err)
{
	int pair[2], ret;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	l->sock = pair[0];
	assert_int_equal(sock_send_fd(pair[1], msg, sizeof(*msg), fd, err), 0);
	(void)close(fd);
	assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
	ret = rt_serve(l, true, err);
	(void)close(pair[1]);
	return ret;
}

/* The same for a launch with one step, @op. */
static int hear_with_fd(struct rt_launch *l, enum plan_op op, const struct init_msg *msg, int fd,
			struct husk_error *err)
{
	const uint64_t arg[PLAN_MAX_ARGS] = { 0 };
	struct plan p;

	rt_launch_init(l, NULL, "x", NULL);
	assert_int_equal(plan_init(&p, err), 0);
	plan_emit(&p, op, 0, NULL, arg, strlen(plan_op_kinds(op)));
	assert_int_equal(rt_launch_take_plan(l, &p, err), 0);
	plan_done(&p);
	return hear_fd(l, msg, fd, err);
}

/* Found by tests/fuzz/fuzz_serve.c: a failed launch would have killed that process. */
static void only_a_child_of_ours_is_followed(void **state)
{
	const struct init_msg forked = { .kind = MSG_FORKED };
	struct husk_error err = { 0 };
	struct rt_launch l;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		(void)pause();
		_exit(0);
	}
	assert_int_equal(hear_with_fd(&l, OP_FORK, &forked, sys_pidfd_open(child, 0), &err), 0);
	assert_int_equal(l.pid, child);
	assert_true(l.pidfd >= 0);
	rt_launch_done(&l);
	assert_int_equal(kill(child, SIGKILL), 0);
	(void)waitpid(child, NULL, 0);

	assert_int_equal(hear_with_fd(&l, OP_FORK, &forked, sys_pidfd_open(getpid(), 0), &err), -ECHILD);
	assert_non_null(strstr(err.msg, "which it has not made"));
	assert_int_equal(l.pid, 0);
	assert_int_equal(l.pidfd, -1);
	rt_launch_done(&l);
}

/* As before Linux 6.13, which has no PIDFD_GET_INFO. */
static void forbid_ioctl(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog prog = { sizeof(code) / sizeof(*code), code };

	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
}

static void an_old_kernel_tells_the_pid_in_procfs(void **state)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		forbid_ioctl();
		only_a_child_of_ours_is_followed(state);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Found by tests/fuzz/fuzz_serve.c. */
static void a_step_sends_the_descriptor_that_is_its_own(void **state)
{
	const struct init_msg console = { .kind = MSG_FD, .value = STEP_FD_CONSOLE };
	struct husk_error err = { 0 };
	struct rt_launch l;

	(void)state;
	assert_int_equal(hear_with_fd(&l, OP_SEND_CONSOLE, &console, dup(0), &err), 0);
	assert_true(l.console >= 0);
	rt_launch_done(&l);
	assert_int_equal(hear_with_fd(&l, OP_SEND_SECCOMP_FD, &console, dup(0), &err), -EPROTO);
	assert_non_null(strstr(err.msg, "no such question"));
	assert_int_equal(l.console, -1);
	rt_launch_done(&l);
}

static int memory_file(void)
{
	int fd = memfd_create("state", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "here", 4), 4);
	return fd;
}

static bool has_state(int fd)
{
	char text[200] = "";

	assert_true(pread(fd, text, sizeof(text) - 1, 0) >= 4);
	return strstr(text, "\"status\":") != NULL;
}

/* What becomes of @fd, sent for the state by a launch that was given @given; -1: by one that `start`s. */
static int send_state_fd(int given, int fd, char text[1000])
{
	const struct init_msg ask = { .kind = MSG_ASK_STATE };
	struct husk_error err = { 0 };
	struct rt_launch l;
	struct plan p;
	int ret;

	rt_launch_init(&l, NULL, "x", NULL);
	l.state = (struct oci_state){ .id = "x", .bundle = "/" };
	l.pid = getpid();
	if (given >= 0) {
		assert_int_equal(plan_init(&p, &err), 0);
		l.given.state = plan_fd(&p, PLAN_FD_GIVEN, "container state", 0, 0, NULL);
		PLAN_EMIT(&p, OP_RUN_HOOK, NULL, PLAN_NO_FD, plan_str(&p, "/hook"), 0, 0, 0,
			  l.given.state, PLAN_NO_FD, PLAN_NO_FD);
		assert_int_equal(rt_launch_take_plan(&l, &p, &err), 0);
		plan_done(&p);
		l.fds[l.given.state] = dup(given);
	}
	ret = hear_fd(&l, &ask, dup(fd), &err);
	strcpy(text, err.msg);
	rt_launch_done(&l);
	return ret;
}

/* Who speaks for the init must not make us write elsewhere: a file of procfs asks who writes. */
static void the_state_goes_to_no_other_file(void **state)
{
	int own = memory_file(), other = memory_file(), ends[2];
	char name[] = "/tmp/test-serve.XXXXXX", text[1000];
	int named = mkstemp(name);
	const int wrong[] = { other, named, open("/proc/self/comm", O_RDWR | O_CLOEXEC),
			      open("/", O_PATH | O_CLOEXEC) };

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(named >= 0);
	assert_int_equal(write(named, "here", 4), 4);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_true(wrong[i] >= 0);
		assert_int_equal(send_state_fd(own, wrong[i], text), -EPROTO);
		assert_string_equal(text, "husk-init sent a file that is not the one for the state");
		if (wrong[i] != other)
			assert_int_equal(send_state_fd(-1, wrong[i], text), -EPROTO);
	}
	assert_int_equal(send_state_fd(-1, ends[1], text), -EPROTO);
	assert_false(has_state(other) || has_state(named) || has_state(own));

	/* Its own; and `start`, which does not know that, takes any file that is but memory. */
	assert_int_equal(send_state_fd(own, own, text), 0);
	assert_true(has_state(own));
	assert_int_equal(send_state_fd(-1, other, text), 0);
	assert_true(has_state(other));

	(void)unlink(name);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		(void)close(wrong[i]);
	(void)close(ends[0]);
	(void)close(ends[1]);
	(void)close(own);
}

static void a_failure_without_an_error_is_no_success(void **state)
{
	const struct init_msg step = { .kind = MSG_FAILED, .op = OP_NS_HOSTNAME, .call = "open",
				       .object = "/a" };
	const struct init_msg early = { .kind = MSG_FAILED, .error = -1, .op = PLAN_OPS,
					.call = "recv" };
	const struct init_msg exec = { .kind = MSG_FAILED, .op = OP_EXEC, .call = "execve",
				       .object = "/a" };
	char text[1000];

	(void)state;
	assert_int_equal(hear(&step, false, text), -EPROTO);
	assert_string_equal(text, "namespaces: step 0: ns_hostname: open /a: "
				  "failed, and husk-init did not say why");
	assert_int_equal(hear(&early, false, text), -EPROTO);
	assert_string_equal(text, "husk-init: recv: failed, and husk-init did not say why");
	assert_int_equal(hear(&exec, false, text), -EPROTO);
	assert_string_equal(text, "exec: \"/a\": failed, and husk-init did not say why");
}

/* Found by tests/fuzz/fuzz_serve.c: a file of an image could write lines of its own. */
static void what_failed_is_told_in_one_line(void **state)
{
	const struct init_msg path = { .kind = MSG_FAILED, .error = ENOENT, .op = OP_NS_HOSTNAME,
				       .call = "open\nof", .object = "/a\nhusk: all is well" };
	const struct init_msg exec = { .kind = MSG_FAILED, .error = ENOENT, .op = OP_EXEC,
				       .call = "execve", .object = "/a\nit needs\n/b" };
	char text[1000];

	(void)state;
	assert_int_equal(hear(&path, false, text), -ENOENT);
	assert_string_equal(text, "namespaces: step 0: ns_hostname: open?of /a?husk: all is well: "
				  "No such file or directory");
	assert_int_equal(hear(&exec, false, text), -ENOENT);
	assert_string_equal(text, "exec: \"/a\": no such file or directory (it needs?/b)");
}

/* execve(2) says EPERM, and nothing more, when SELinux refuses the label. */
static void a_label_that_no_new_privs_forbids_has_a_hint(void **state)
{
	const struct init_msg msg = { .kind = MSG_FAILED, .error = EPERM, .op = OP_EXEC,
				      .call = "execve", .object = "/bin/sh" };
	char label[] = "u:r:t";

	(void)state;
	for (int i = 0; i < 8; i++) {
		bool labelled = i & 1, no_new_privs = i & 2, plan = i & 4;
		struct oci_process process = { .selinux_label = labelled ? label : NULL,
					       .no_new_privileges = no_new_privs };
		struct husk_error err = { 0 };
		struct rt_launch l;
		struct plan p;
		int pair[2];

		rt_launch_init(&l, NULL, "x", NULL);
		assert_int_equal(plan_init(&p, &err), 0);
		if (labelled)
			PLAN_EMIT(&p, OP_PROC_SELINUX, NULL, plan_str(&p, label));
		if (no_new_privs)
			PLAN_EMIT(&p, OP_PROC_NO_NEW_PRIVS, NULL);
		if (plan)
			assert_int_equal(rt_launch_take_plan(&l, &p, &err), 0);
		else
			l.config.process = &process;
		plan_done(&p);
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
		l.sock = pair[0];
		assert_int_equal(send(pair[1], &msg, sizeof(msg), 0), sizeof(msg));
		(void)close(pair[1]);
		assert_int_equal(rt_serve(&l, true, &err), -EPERM);
		assert_int_equal(strstr(err.hint, "nnp_transition") != NULL, labelled && no_new_privs);
		rt_launch_done(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_words_are_heard),
		cmocka_unit_test(last_words_are_heard_though_ours_were_not_read),
		cmocka_unit_test(who_has_not_read_go_has_not_executed_the_program),
		cmocka_unit_test(silence_after_go_is_success),
		cmocka_unit_test(only_its_own_step_may_ask_a_question),
		cmocka_unit_test(the_step_that_may_ask_is_answered),
		cmocka_unit_test(no_step_asks_twice),
		cmocka_unit_test(only_a_child_of_ours_is_followed),
		cmocka_unit_test(an_old_kernel_tells_the_pid_in_procfs),
		cmocka_unit_test(a_step_sends_the_descriptor_that_is_its_own),
		cmocka_unit_test(the_state_goes_to_no_other_file),
		cmocka_unit_test(a_failure_without_an_error_is_no_success),
		cmocka_unit_test(what_failed_is_told_in_one_line),
		cmocka_unit_test(a_label_that_no_new_privs_forbids_has_a_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
