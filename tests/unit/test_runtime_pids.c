/*
 * runtime/pids.c: which processes are a container's.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/util.h"
#include "runtime/pids.h"

static void in_ones_own_pid_namespace_descendants_count(void **state)
{
	cleanup_free pid_t *pids = NULL;
	struct husk_error err = { 0 };
	int ends[2];
	size_t n = 0;
	pid_t child, grandchild = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		grandchild = fork();
		if (grandchild > 0)
			(void)!write(ends[1], &grandchild, sizeof(grandchild));
		for (;;)
			pause();
	}
	assert_int_equal(read(ends[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
	assert_int_equal(rt_pids_of(child, &pids, &n, &err), 0);
	(void)kill(grandchild, SIGKILL);
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	assert_int_equal(n, 2);
	assert_int_equal(pids[0], child < grandchild ? child : grandchild);
	assert_int_equal(pids[1], child < grandchild ? grandchild : child);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void of_a_process_that_is_gone_there_are_none(void **state)
{
	cleanup_free pid_t *pids = NULL;
	struct husk_error err = { 0 };
	size_t n = 1;

	(void)state;
	assert_int_equal(rt_pids_of(0x7ffffff0, &pids, &n, &err), 0);
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_ones_own_pid_namespace_descendants_count),
		cmocka_unit_test(of_a_process_that_is_gone_there_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
