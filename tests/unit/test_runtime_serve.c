/*
 * runtime/serve.c: how a conversation with husk-init ends, whichever side was the last to speak.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/plan.h"
#include "runtime/base/protocol.h"
#include "runtime/base/sys.h"
#include "runtime/launch.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_words_are_heard),
		cmocka_unit_test(last_words_are_heard_though_ours_were_not_read),
		cmocka_unit_test(who_has_not_read_go_has_not_executed_the_program),
		cmocka_unit_test(silence_after_go_is_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
