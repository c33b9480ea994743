/*
 * A process in the foreground: exit codes, forwarded signals, and the copying between its
 * terminal and ours.  Plain child processes stand in for containers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>

#include "cli/cli.h"

enum { FAILED = 200, OUTPUT_MAX = 1 << 20 };

/* How one test calls us, and what it got. */
struct call {
	const char *script;
	bool terminal;
	bool early_term;	/* SIGTERM arrives before the process exists */
	int in, out;		/* our stdin and stdout */
	pid_t us;
};

/* In the process that will be the script: as husk-init leaves it. */
static void become_script(const char *script, const char *tty)
{
	sigset_t none;
	int fd;

	if (tty) {
		(void)setsid();
		fd = open(tty, O_RDWR);
		if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0)
			_exit(FAILED);
		for (int i = 0; i < 3; i++)
			(void)dup2(fd, i);
	}
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	execl("/bin/sh", "sh", "-c", script, NULL);
	_exit(FAILED);
}

static void start_script(const struct call *c, struct husk_process *process)
{
	char tty[64];

	process->console = process->notify = -1;
	if (c->terminal) {
		process->console = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (process->console < 0 || unlockpt(process->console) < 0 ||
		    ptsname_r(process->console, tty, sizeof(tty)) != 0)
			_exit(FAILED);
	}
	process->pid = fork();
	if (process->pid == 0)
		become_script(c->script, c->terminal ? tty : NULL);
	process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
}

/* The part of "husk run" that is under test. */
static void call_run(const struct call *c)
{
	struct husk_process process;
	struct husk_error err;
	int signal_fd, ret;

	(void)dup2(c->in, STDIN_FILENO);
	(void)dup2(c->out, STDOUT_FILENO);
	(void)close(c->in);
	(void)close(c->out);
	(void)alarm(20);
	signal_fd = cli_foreground_begin(&(struct cli){ 0 }, &err);
	if (signal_fd < 0)
		_exit(FAILED);
	if (c->early_term)
		(void)kill(getpid(), SIGTERM);
	start_script(c, &process);
	ret = cli_foreground_wait(signal_fd, &process, NULL, &err);
	_exit(ret < 0 || process.pidfd != -1 || process.console != -1 ? FAILED : ret);
}

static void call_start(struct call *c)
{
	c->us = fork();
	assert_true(c->us >= 0);
	if (c->us == 0)
		call_run(c);
	(void)close(c->in);
	(void)close(c->out);
}

static int call_end(const struct call *c)
{
	int status;

	assert_int_equal(waitpid(c->us, &status, 0), c->us);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A pipe with @text in it that has ended. */
static int input(const char *text)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
	(void)close(ends[1]);
	return ends[0];
}

/* Run a script with @stdin_text; what it printed is in @output, a string. */
static int run(const char *script, bool terminal, const char *stdin_text, char *output)
{
	struct call c = { .script = script, .terminal = terminal, .in = input(stdin_text) };
	size_t len = 0;
	int ends[2];
	ssize_t n;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	c.out = ends[1];
	call_start(&c);
	while ((n = read(ends[0], output + len, OUTPUT_MAX - 1 - len)) > 0)
		len += (size_t)n;
	output[len] = '\0';
	(void)close(ends[0]);
	return call_end(&c);
}

static int set_up(void **state)
{
	*state = malloc(OUTPUT_MAX);
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static void the_exit_code_is_the_programs(void **state)
{
	assert_int_equal(run("exit 0", false, "", *state), 0);
	assert_int_equal(run("exit 7", false, "", *state), 7);
	assert_int_equal(run("exit 7", true, "", *state), 7);
}

static void death_by_signal_n_is_128_and_n(void **state)
{
	assert_int_equal(run("kill -9 $$", false, "", *state), 137);
	assert_int_equal(run("ulimit -c 0; kill -SEGV $$", true, "", *state), 139);
}

static void without_a_terminal_the_streams_are_the_programs_own(void **state)
{
	assert_int_equal(run("cat", false, "in and out", *state), 0);
	assert_string_equal((char *)*state, "in and out");
}

static void signals_reach_the_program(void **state)
{
	struct call c = {
		.script = "trap 'exit 5' TERM; echo; while :; do sleep 0.02; done",
		.in = input(""),
	};
	int ends[2];
	char byte;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	c.out = ends[1];
	call_start(&c);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(kill(c.us, SIGTERM), 0);
	assert_int_equal(call_end(&c), 5);
	(void)close(ends[0]);
}

static void a_signal_that_came_before_the_program_is_not_lost(void **state)
{
	struct call c = {
		.script = "exec sleep 15",
		.early_term = true,
		.in = input(""),
		.out = open("/dev/null", O_WRONLY | O_CLOEXEC),
	};

	(void)state;
	call_start(&c);
	assert_int_equal(call_end(&c), 128 + SIGTERM);
}

static void what_a_terminal_received_last_is_not_lost(void **state)
{
	static const char script[] =
		"i=0; while [ $i -lt 9999 ]; do i=$((i + 1)); echo $i; done; printf end; exit 9";
	const char *output = *state;
	size_t len;

	assert_int_equal(run(script, true, "", *state), 9);
	len = strlen(output);
	/* the digits of 1 to 9999, and "\r\n" behind each */
	assert_int_equal(len, 9 + 180 + 2700 + 36000 + 2 * 9999 + 3);
	assert_string_equal(output + len - 9, "9999\r\nend");
}

static void the_end_of_our_input_is_typed(void **state)
{
	assert_int_equal(run("stty -echo; cat; exit 3", true, "", *state), 3);
	assert_int_equal(run("cat >/dev/null; exit 3", true, "line\n", *state), 3);
	assert_int_equal(run("cat >/dev/null; exit 3", true, "line\nbegun", *state), 3);
}

static void a_program_may_close_its_terminal_and_open_it_again(void **state)
{
	assert_int_equal(run("exec </dev/null >/dev/null 2>&1; sleep 0.1; echo back >/dev/tty",
			     true, "", *state),
			 0);
	assert_non_null(strstr(*state, "back\r\n"));
}

static void nobody_reading_our_output_does_not_stop_the_program(void **state)
{
	struct call c = {
		.script = "i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); echo $i; done; exit 5",
		.terminal = true,
		.in = input(""),
	};
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	c.out = ends[1];
	(void)close(ends[0]);
	call_start(&c);
	assert_int_equal(call_end(&c), 5);
}

static void our_terminal_gives_its_size_and_gets_its_modes_back(void **state)
{
	const struct winsize size = { .ws_row = 33, .ws_col = 99 };
	struct call c = { .script = "stty size; exit 4", .terminal = true };
	struct termios before, after;
	char *output = *state, tty[64];
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int ends[2], slave;
	ssize_t n;

	memset(&before, 0, sizeof(before));
	memset(&after, 0, sizeof(after));
	assert_int_equal(unlockpt(master), 0);
	assert_int_equal(ptsname_r(master, tty, sizeof(tty)), 0);
	slave = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
	assert_int_equal(tcgetattr(slave, &before), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	c.in = fcntl(slave, F_DUPFD_CLOEXEC, 0);
	c.out = ends[1];
	call_start(&c);
	assert_int_equal(call_end(&c), 4);
	n = read(ends[0], output, 64);
	assert_true(n > 0);
	output[n] = '\0';
	assert_string_equal(output, "33 99\r\n");
	assert_int_equal(tcgetattr(slave, &after), 0);
	assert_memory_equal(&before, &after, sizeof(before));
	(void)close(ends[0]);
	(void)close(slave);
	(void)close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_code_is_the_programs),
		cmocka_unit_test(death_by_signal_n_is_128_and_n),
		cmocka_unit_test(without_a_terminal_the_streams_are_the_programs_own),
		cmocka_unit_test(signals_reach_the_program),
		cmocka_unit_test(a_signal_that_came_before_the_program_is_not_lost),
		cmocka_unit_test(what_a_terminal_received_last_is_not_lost),
		cmocka_unit_test(the_end_of_our_input_is_typed),
		cmocka_unit_test(a_program_may_close_its_terminal_and_open_it_again),
		cmocka_unit_test(nobody_reading_our_output_does_not_stop_the_program),
		cmocka_unit_test(our_terminal_gives_its_size_and_gets_its_modes_back),
	};

	return cmocka_run_group_tests_name("cli/foreground", tests, set_up, tear_down);
}
