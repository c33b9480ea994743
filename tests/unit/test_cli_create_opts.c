/*
 * What create and run take from the service manager's environment, and runc's console rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cli/create_opts.h"

/* Descriptors 3 and 4 are open, 5 is not. */
static int set_up(void **state)
{
	(void)state;
	if (dup2(STDIN_FILENO, 3) < 0 || dup2(STDIN_FILENO, 4) < 0)
		return -1;
	(void)close(5);
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	unsetenv("NOTIFY_SOCKET");
	return 0;
}

static void options_are_passed_on(void **state)
{
	const struct cli_create_opts in = {
		.bundle = "/b", .pid_file = "/p", .no_pivot = true, .preserve_fds = 2,
	};
	struct husk_create_options out;

	(void)state;
	cli_create_options(&in, &out);
	assert_string_equal(out.bundle, "/b");
	assert_string_equal(out.pid_file, "/p");
	assert_true(out.no_pivot);
	assert_int_equal(out.preserve_fds, 2);
	assert_int_equal(out.listen_fds, 0);
	assert_null(out.notify_socket);
}

static void announced_sockets_come_before_preserved_descriptors(void **state)
{
	const struct cli_create_opts in = { .preserve_fds = 1 };
	struct husk_create_options out;
	char pid[16];

	(void)state;
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDNAMES", "web", 1);
	setenv("NOTIFY_SOCKET", "/run/notify", 1);
	cli_create_options(&in, &out);
	assert_int_equal(out.preserve_fds, 2);
	assert_int_equal(out.listen_fds, 1);
	assert_string_equal(out.listen_fdnames, "web");
	assert_string_equal(out.notify_socket, "/run/notify");

	unsetenv("LISTEN_PID");
	cli_create_options(&in, &out);
	assert_int_equal(out.listen_fds, 1);
}

static void sockets_announced_to_another_process_are_not_ours(void **state)
{
	static const char *const pids[] = { "1", "", "x" };
	const struct cli_create_opts in = { 0 };
	struct husk_create_options out;

	(void)state;
	setenv("LISTEN_FDS", "2", 1);
	setenv("LISTEN_FDNAMES", "a:b", 1);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		setenv("LISTEN_PID", pids[i], 1);
		cli_create_options(&in, &out);
		assert_int_equal(out.preserve_fds, 0);
		assert_int_equal(out.listen_fds, 0);
		assert_null(out.listen_fdnames);
	}
}

static void a_descriptor_to_preserve_must_be_open(void **state)
{
	struct husk_error err = { 0 };

	(void)state;
	assert_int_equal(cli_check_preserved_fds(3, &err), -EBADF);
	assert_int_equal(err.kind, HUSK_E_CONFIG);
	assert_string_equal(err.msg, "unable to stat preserved-fd 5 (of 3): Bad file descriptor");
}

static void who_detaches_needs_a_console_socket_for_a_terminal(void **state)
{
	struct husk_error err = { 0 };

	(void)state;
	assert_int_equal(cli_check_console(true, true, "/s", &err), 0);
	assert_int_equal(cli_check_console(true, false, NULL, &err), 0);
	assert_int_equal(cli_check_console(false, true, NULL, &err), 0);
	assert_int_equal(err.sys, 0);
	assert_int_equal(cli_check_console(true, true, NULL, &err), -EINVAL);
	assert_string_equal(err.msg, "cannot allocate tty if runc will detach without setting "
				     "console socket");
	assert_int_equal(cli_check_console(false, true, "/s", &err), -EINVAL);
	assert_string_equal(err.msg, "cannot use console socket if runc will not detach or "
				     "allocate tty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(options_are_passed_on, set_up),
		cmocka_unit_test_setup(announced_sockets_come_before_preserved_descriptors, set_up),
		cmocka_unit_test_setup(sockets_announced_to_another_process_are_not_ours, set_up),
		cmocka_unit_test_setup(a_descriptor_to_preserve_must_be_open, set_up),
		cmocka_unit_test(who_detaches_needs_a_console_socket_for_a_terminal),
	};

	return cmocka_run_group_tests_name("cli/create_opts", tests, NULL, NULL);
}
