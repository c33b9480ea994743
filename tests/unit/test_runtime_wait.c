/*
 * runtime/wait.c: how a process ended, from each of those who know.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/sys.h"
#include "runtime/wait.h"

/* A child that ends as told, and a pidfd of it. */
static pid_t begin(int code, int sig, int *pidfd)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (sig)
			(void)raise(sig);
		_exit(code);
	}
	assert_true(pid > 0);
	*pidfd = sys_pidfd_open(pid, 0);
	assert_true(*pidfd >= 0);
	return pid;
}

static struct container with_pid(pid_t pid)
{
	return (struct container){ .dir_fd = -1, .pidfd = -1, .id = (char *)"x",
				   .has_state = true, .state.pid = pid };
}

static void the_parent_is_told_and_the_child_not_collected(void **state)
{
	struct husk_error err = { 0 };
	int pidfd, status = -1, again;
	pid_t pid = begin(42, 0, &pidfd);
	struct container c = with_pid(pid);

	(void)state;
	assert_int_equal(rt_wait_end(pidfd, 5000, &err), 1);
	assert_int_equal(rt_wait_status(&c, pidfd, &status, &err), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
	assert_int_equal(waitpid(pid, &again, 0), pid);
	assert_int_equal(again, status);
	(void)close(pidfd);
}

static void a_signal_is_told(void **state)
{
	struct husk_error err = { 0 };
	int pidfd, status = -1;
	pid_t pid = begin(0, SIGKILL, &pidfd);
	struct container c = with_pid(pid);

	(void)state;
	assert_int_equal(rt_wait_end(pidfd, 5000, &err), 1);
	assert_int_equal(rt_wait_status(&c, pidfd, &status, &err), 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)close(pidfd);
}

static void a_process_that_runs_is_waited_for_only_so_long(void **state)
{
	struct husk_error err = { 0 };
	int status = -7, pidfd = sys_pidfd_open(getpid(), 0);
	struct container c = with_pid(getpid());

	(void)state;
	assert_int_equal(rt_wait_end(pidfd, 0, &err), 0);
	assert_int_equal(rt_wait_end(pidfd, 20, &err), 0);
	assert_int_equal(rt_wait_status(&c, pidfd, &status, &err), -ETIMEDOUT);
	assert_int_equal(err.kind, HUSK_E_STATE);
	assert_string_equal(err.msg, "container \"x\" has not ended in the time given");
	assert_int_equal(status, -7);
	(void)close(pidfd);
}

/* Linux 6.15 remembers it behind the pidfd; before, nobody does. */
static void a_collected_process_is_known_to_a_pidfd_or_to_nobody(void **state)
{
	struct husk_error err = { 0 };
	int pidfd, status = -7, ret;
	pid_t pid = begin(9, 0, &pidfd);
	struct container c = with_pid(pid);

	(void)state;
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	ret = rt_wait_status(&c, pidfd, &status, &err);
	if (ret == 0) {
		assert_int_equal(status, 9 << 8);
	} else {
		assert_int_equal(ret, -ENODATA);
		assert_int_equal(err.kind, HUSK_E_STATE);
		assert_int_equal(status, -7);
		assert_string_equal(err.msg, "exit status of container \"x\" is not known: its "
				    "process had ended and was collected by its parent before husk "
				    "could look");
	}
	(void)close(pidfd);
}

/* A grandchild whose parent does not collect it: procfs tells. */
static void a_zombie_of_somebody_else_is_looked_at(void **state)
{
	struct husk_error err = { 0 };
	int to_us[2], to_child[2], pidfd, status = -1;
	struct container c;
	pid_t parent, pid;
	char byte;

	(void)state;
	assert_int_equal(pipe(to_us), 0);
	assert_int_equal(pipe(to_child), 0);
	parent = fork();
	if (parent == 0) {
		pid = fork();
		if (pid == 0)
			_exit(read(to_child[0], &byte, 1) == 1 ? 11 : 12);
		(void)!write(to_us[1], &pid, sizeof(pid));
		(void)pause();
		_exit(0);
	}
	assert_int_equal(read(to_us[0], &pid, sizeof(pid)), sizeof(pid));
	pidfd = sys_pidfd_open(pid, 0);
	assert_int_equal(write(to_child[1], "x", 1), 1);
	c = with_pid(pid);
	assert_int_equal(rt_wait_end(pidfd, 5000, &err), 1);
	assert_int_equal(rt_wait_status(&c, pidfd, &status, &err), 0);
	assert_int_equal(status, 11 << 8);
	(void)kill(parent, SIGKILL);
	(void)waitpid(parent, NULL, 0);
	(void)close(pidfd);
	for (int i = 0; i < 2; i++) {
		(void)close(to_us[i]);
		(void)close(to_child[i]);
	}
}

static void what_was_learnt_is_written_down(void **state)
{
	char dir[] = "/tmp/husk-wait-XXXXXX", text[16] = "";
	struct husk_error err = { 0 };
	int pidfd, status = -1;
	pid_t pid = begin(5, 0, &pidfd);
	struct container c = with_pid(pid);

	(void)state;
	assert_non_null(mkdtemp(dir));
	c.dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(rt_wait_end(pidfd, 5000, &err), 1);
	assert_int_equal(rt_wait_status(&c, pidfd, &status, &err), 0);
	assert_int_equal(readlinkat(c.dir_fd, RT_EXIT_RECORD, text, sizeof(text)), 4);
	assert_string_equal(text, "1280");
	assert_int_equal(unlinkat(c.dir_fd, RT_EXIT_RECORD, 0), 0);
	assert_int_equal(rmdir(dir), 0);	/* nothing else in it */
	/* Deleted meanwhile: no record, and no failure. */
	assert_int_equal(rt_wait_status(&c, pidfd, &status, &err), 0);
	(void)close(c.dir_fd);
	(void)close(pidfd);
	(void)waitpid(pid, NULL, 0);
}

/* A state directory as `create` leaves it, with the container "x" whose init is @pid. */
static struct husk *with_container(char *root, pid_t pid, int pidfd)
{
	struct husk_settings settings = { .root = root };
	struct oci_state s = { .version = OCI_STATE_VERSION, .oci_version = "1.3.0", .id = "x",
			       .bundle = "/", .pid = pid };
	struct husk_error err = { 0 };
	struct husk *h = NULL;
	char path[64];
	char *text;
	int fd;

	rt_identify(pid, pidfd, &s.pid_inode, &s.pid_start_time);
	text = oci_state_write(&s);
	assert_non_null(mkdtemp(root));
	(void)snprintf(path, sizeof(path), "%s/x", root);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/x/state.json", root);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	free(text);
	assert_int_equal(husk_open(&settings, &h, &err), 0);
	return h;
}

/* What `delete` does to the state directory. */
static void remove_container(struct husk *h, const char *root)
{
	struct husk_error err = { 0 };
	struct container c;

	assert_int_equal(rt_container_load(h, "x", true, &c, &err), 0);
	assert_int_equal(rt_container_remove(h, &c, &err), 0);
	rt_container_done(&c);
	husk_close(h);
	assert_int_equal(rmdir(root), 0);
}

static void an_event_loop_watches_a_descriptor(void **state)
{
	char root[] = "/tmp/husk-wait-XXXXXX";
	struct husk_error err = { 0 };
	int to_child[2], pidfd, watch = -1, status = -7;
	struct pollfd p = { .events = POLLIN };
	struct husk *h;
	pid_t pid;
	char byte;

	(void)state;
	assert_int_equal(pipe(to_child), 0);
	pid = fork();
	if (pid == 0)
		_exit(read(to_child[0], &byte, 1) == 1 ? 21 : 22);
	pidfd = sys_pidfd_open(pid, 0);
	h = with_container(root, pid, pidfd);
	assert_int_equal(husk_wait_open(h, "x", &watch, &err), 0);
	p.fd = watch;
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(husk_wait_read(h, "x", watch, &status, &err), -ETIMEDOUT);
	assert_int_equal(husk_wait(h, "x", 0, &status, &err), -ETIMEDOUT);
	assert_int_equal(status, -7);
	assert_int_equal(write(to_child[1], "x", 1), 1);
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_int_equal(husk_wait_read(h, "x", watch, &status, &err), 0);
	assert_int_equal(status, 21 << 8);
	/* Collected: there is nothing to watch any more, but it has been written down. */
	(void)waitpid(pid, NULL, 0);
	(void)close(watch);
	status = watch = -7;
	assert_int_equal(husk_wait_open(h, "x", &watch, &err), -ESRCH);
	assert_int_equal(err.kind, HUSK_E_STATE);
	assert_int_equal(watch, -7);
	assert_int_equal(husk_wait(h, "x", 0, &status, &err), 0);
	assert_int_equal(status, 21 << 8);
	assert_int_equal(husk_wait(h, "y", 0, &status, &err), -ENOENT);
	assert_int_equal(err.kind, HUSK_E_NOT_FOUND);
	remove_container(h, root);
	(void)close(pidfd);
	(void)close(to_child[0]);
	(void)close(to_child[1]);
}

static void a_record_that_is_no_number_is_none(void **state)
{
	char root[] = "/tmp/husk-wait-XXXXXX", path[64];
	struct husk_error err = { 0 };
	int pidfd, status = -7;
	pid_t pid = begin(3, 0, &pidfd);
	struct husk *h = with_container(root, pid, pidfd);

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/x/exit", root);
	assert_int_equal(symlink("70000", path), 0);
	assert_int_equal(husk_wait(h, "x", 5000, &status, &err), 0);
	assert_int_equal(status, 3 << 8);
	(void)waitpid(pid, NULL, 0);
	assert_int_equal(husk_wait(h, "x", 0, &status, &err), -ENODATA);
	remove_container(h, root);
	(void)close(pidfd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parent_is_told_and_the_child_not_collected),
		cmocka_unit_test(a_signal_is_told),
		cmocka_unit_test(a_process_that_runs_is_waited_for_only_so_long),
		cmocka_unit_test(a_collected_process_is_known_to_a_pidfd_or_to_nobody),
		cmocka_unit_test(a_zombie_of_somebody_else_is_looked_at),
		cmocka_unit_test(what_was_learnt_is_written_down),
		cmocka_unit_test(an_event_loop_watches_a_descriptor),
		cmocka_unit_test(a_record_that_is_no_number_is_none),
	};

	return cmocka_run_group_tests_name("runtime/wait", tests, NULL, NULL);
}
