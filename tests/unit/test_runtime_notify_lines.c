/*
 * runtime/notify_lines.c: which lines of a notification go on to the host's manager.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/notify_lines.h"

enum { INIT = 1000 };

/* Process 5 of the container is our 1005; there is no other. */
static pid_t host_pid(const struct notify_from *from, pid_t pid)
{
	assert_int_equal(from->init, INIT);
	return pid == 5 ? INIT + 5 : 0;
}

static const struct notify_from from = { .init = INIT, .host_pid = host_pid };

/* @wanted is the whole message, or NULL when nothing goes on. */
static struct notify_message check(const char *in, const char *wanted)
{
	struct notify_message m;
	bool some = notify_translate(in, strlen(in), &from, &m);

	assert_int_equal(some, wanted != NULL);
	if (wanted) {
		m.text[m.len] = '\0';
		assert_string_equal(m.text, wanted);
	}
	return m;
}

static void every_line_of_sd_notify_goes_on_in_order(void **state)
{
	static const char text[] = "STATUS=a = b\nWATCHDOG=1\nWATCHDOG=trigger\nWATCHDOG_USEC=5\n"
		"RELOADING=1\nMONOTONIC_USEC=7\nSTOPPING=1\nEXTEND_TIMEOUT_USEC=8\nERRNO=2\n"
		"BUSERROR=x\nEXIT_STATUS=3\nFDSTORE=1\nFDNAME=n\nFDPOLL=0\nFDSTOREREMOVE=1\n"
		"X_MINE=1";

	(void)state;
	check(text, text);
	check("BARRIER=1", "BARRIER=1");
}

static void ready_is_told_with_the_main_pid(void **state)
{
	(void)state;
	assert_true(check("READY=1", "READY=1\nMAINPID=1000").ready);
	assert_true(check("STATUS=up\nREADY=1\n", "STATUS=up\nREADY=1\nMAINPID=1000").ready);
	assert_int_equal(check("READY=1", "READY=1\nMAINPID=1000").main_pid, INIT);
	assert_false(check("STATUS=READY=1", "STATUS=READY=1").ready);
	assert_false(check("READY=0", "READY=0").ready);
	assert_false(check("READY=1 ", "READY=1 ").ready);
}

static void the_program_s_main_pid_is_translated(void **state)
{
	(void)state;
	check("MAINPID=5", "MAINPID=1005");
	check("MAINPID=5\nREADY=1", "READY=1\nMAINPID=1005");
	check("MAINPID=6\nMAINPID=5\nSTATUS=x", "STATUS=x\nMAINPID=1005");
}

static void a_main_pid_that_is_not_the_container_s_is_left_out(void **state)
{
	(void)state;
	check("MAINPID=6", NULL);
	check("MAINPID=6\nREADY=1", "READY=1\nMAINPID=1000");
	check("MAINPID=\nMAINPID=-5\nMAINPID=0\nMAINPID=5x\nMAINPID=0x5\nMAINPID= 5\n"
	      "MAINPID=99999999999999999999", NULL);
}

static void what_could_turn_the_manager_against_the_host_is_left_out(void **state)
{
	(void)state;
	check("NOTIFYACCESS=all", NULL);
	check("MAINPIDFD=1\nMAINPIDFDID=7\nSTATUS=x", "STATUS=x");
	check("UNHEARD_OF=1\nX_\n=x\nREADY\nSTATUSES=1", NULL);
}

static void descriptors_go_on_with_fdstore_and_barrier_only(void **state)
{
	(void)state;
	assert_true(check("FDSTORE=1", "FDSTORE=1").takes_fds);
	assert_true(check("BARRIER=1", "BARRIER=1").takes_fds);
	assert_false(check("FDSTORE=0", "FDSTORE=0").takes_fds);
	assert_false(check("STATUS=x", "STATUS=x").takes_fds);
}

static void malformed_messages_are_dropped(void **state)
{
	char text[NOTIFY_MAX_TEXT + 1];
	struct notify_message m;

	(void)state;
	check("", NULL);
	check("\n\n\n", NULL);
	assert_false(notify_translate("READY=1\0", 8, &from, &m));
	memset(text, 'x', sizeof(text));
	memcpy(text, "READY=1\nSTATUS=", 15);
	assert_false(notify_translate(text, sizeof(text), &from, &m));
	assert_true(notify_translate(text, sizeof(text) - 1, &from, &m));
	assert_int_equal(m.len, NOTIFY_MAX_TEXT + 1 + strlen("MAINPID=1000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_of_sd_notify_goes_on_in_order),
		cmocka_unit_test(ready_is_told_with_the_main_pid),
		cmocka_unit_test(the_program_s_main_pid_is_translated),
		cmocka_unit_test(a_main_pid_that_is_not_the_container_s_is_left_out),
		cmocka_unit_test(what_could_turn_the_manager_against_the_host_is_left_out),
		cmocka_unit_test(descriptors_go_on_with_fdstore_and_barrier_only),
		cmocka_unit_test(malformed_messages_are_dropped),
	};

	return cmocka_run_group_tests_name("runtime/notify_lines", tests, NULL, NULL);
}
