/*
 * namespaces/ns_host.c: what the caller does to other processes' namespaces.
 *
 * Needs no privilege, but user namespaces: where the machine forbids them, those tests are skipped.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "namespaces/internal.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

/* A child in new namespaces of @flags, which waits to be killed; -1 where they are forbidden. */
static pid_t start_child(uint64_t flags)
{
	char ready = 0;
	pid_t pid;
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		if (unshare((int)flags) == 0)
			(void)!write(p[1], "y", 1);
		(void)close(p[1]);
		for (;;)
			pause();
	}
	(void)close(p[1]);
	(void)!read(p[0], &ready, 1);
	(void)close(p[0]);
	if (ready == 'y')
		return pid;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return -1;
}

static void stop_child(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void read_proc(pid_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	n = read(fd, out, size - 1);
	assert_true(n >= 0);
	out[n] = '\0';
	(void)close(fd);
}

static void a_process_does_not_differ_from_itself(void **state)
{
	struct husk_error err = { 0 };
	uint64_t flags = 1;

	(void)state;
	assert_int_equal(ns_differing(getpid(), 0, &flags, &err), 0);
	assert_int_equal(flags, 0);
	/* What the caller is sure of is not looked at. */
	assert_int_equal(ns_differing(getpid(), CLONE_NEWUTS | CLONE_NEWNS, &flags, &err), 0);
	assert_int_equal(flags, CLONE_NEWUTS | CLONE_NEWNS);
}

static void different_namespaces_are_found(void **state)
{
	pid_t pid = start_child(CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWNS);
	struct husk_error err = { 0 };
	uint64_t flags = 0;

	(void)state;
	if (pid < 0)
		skip();
	assert_int_equal(ns_differing(pid, 0, &flags, &err), 0);
	assert_int_equal(flags, CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWNS);
	stop_child(pid);
}

static void a_process_that_is_gone_is_an_error(void **state)
{
	struct husk_error err = { 0 };
	uint64_t flags = 1;

	(void)state;
	assert_int_equal(ns_differing(0x7ffffff0, 0, &flags, &err), -ENOENT);
	assert_string_equal(err.msg, "open /proc/2147483632/ns: No such file or directory");
	assert_int_equal(flags, 1);
}

static void ones_own_id_needs_no_help(void **state)
{
	struct oci_id_map uid = { 0, geteuid(), 1 }, gid = { 5, getegid(), 1 };
	struct ns_plan ns = { .uid_maps = &uid, .n_uid_maps = 1, .gid_maps = &gid, .n_gid_maps = 1 };
	pid_t pid = start_child(CLONE_NEWUSER);
	unsigned inside, outside, size;
	struct husk_error err = { 0 };
	char text[256];

	(void)state;
	if (pid < 0)
		skip();
	assert_int_equal(ns_write_id_maps(&ns, pid, &err), 0);
	read_proc(pid, "uid_map", text, sizeof(text));
	assert_int_equal(sscanf(text, "%u %u %u", &inside, &outside, &size), 3);
	assert_int_equal(inside, 0);
	assert_int_equal(outside, geteuid());
	read_proc(pid, "gid_map", text, sizeof(text));
	assert_int_equal(sscanf(text, "%u %u %u", &inside, &outside, &size), 3);
	assert_int_equal(inside, 5);
	assert_int_equal(size, 1);
	read_proc(pid, "setgroups", text, sizeof(text));
	assert_string_equal(text, geteuid() == 0 ? "allow\n" : "deny\n");

	/* A second time the kernel refuses. */
	assert_int_equal(ns_write_id_maps(&ns, pid, &err), -EPERM);
	snprintf(text, sizeof(text), "write /proc/%d/uid_map: Operation not permitted", pid);
	assert_string_equal(err.msg, text);
	stop_child(pid);
}

static void other_ids_without_privilege_need_newuidmap(void **state)
{
	struct oci_id_map uids[] = { { 0, geteuid(), 1 }, { 1, 3000000000u, 1000 } };
	struct oci_id_map gid = { 0, getegid(), 1 };
	struct ns_plan ns = { .uid_maps = uids, .n_uid_maps = 2, .gid_maps = &gid, .n_gid_maps = 1 };
	pid_t pid = start_child(CLONE_NEWUSER);
	struct husk_error err = { 0 };

	(void)state;
	if (pid < 0 || geteuid() == 0) {
		if (pid >= 0)
			stop_child(pid);
		skip();
	}
	assert_true(ns_write_id_maps(&ns, pid, &err) < 0);
	if (err.sys == ENOENT) {
		assert_string_equal(err.msg, "/linux/uidMappings: the caller may map only its own "
					     "uid, and newuidmap is not installed");
	} else {
		assert_string_equal(err.pointer, "/linux/uidMappings/1");
		assert_non_null(strstr(err.msg, "/linux/uidMappings/1: host uids 3000000000 to "
						"3000000999 are not given to "));
		assert_non_null(strstr(err.hint, "usermod --add-subuids "));
	}
	stop_child(pid);
}

/* "uids=7-OWN-1;gids=8-OWN-1" */
static void own_text(char *out, size_t size)
{
	snprintf(out, size, "uids=7-%u-1;gids=8-%u-1", geteuid(), getegid());
}

static bool may_make_user_namespaces(void)
{
	pid_t pid = start_child(CLONE_NEWUSER);

	if (pid < 0)
		return false;
	stop_child(pid);
	return true;
}

static void a_user_namespace_for_mounts_has_its_maps(void **state)
{
	struct husk_error err = { 0 };
	char text[64];
	int fd, status;
	uid_t owner;
	pid_t pid;

	(void)state;
	if (!may_make_user_namespaces())
		skip();
	own_text(text, sizeof(text));
	fd = ns_open_userns(text, &err);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, NS_GET_NSTYPE), CLONE_NEWUSER);
	assert_int_equal(ioctl(fd, NS_GET_OWNER_UID, &owner), 0);
	assert_int_equal(owner, geteuid());
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);

	/* Seen from within, the one id is 7. */
	pid = fork();
	if (pid == 0)
		_exit(setns(fd, CLONE_NEWUSER) == 0 && geteuid() == 7 && getegid() == 8 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)close(fd);

	/* Its keeper is gone, and was not the caller's business. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	assert_int_equal(errno, ECHILD);
}

static void a_bad_text_makes_no_user_namespace(void **state)
{
	struct husk_error err = { 0 };

	(void)state;
	assert_int_equal(ns_open_userns("uids=0-0-0;gids=0-0-1", &err), -EINVAL);
	assert_string_equal(err.msg, "id maps \"uids=0-0-0;gids=0-0-1\": uidMappings/0: size is 0: "
				     "a mapping has at least one id");
}

static void *open_many(void *data)
{
	int *good = data;
	char text[64];

	own_text(text, sizeof(text));
	for (int i = 0; i < 20; i++) {
		struct husk_error err = { 0 };
		int fd = ns_open_userns(text, &err);

		if (fd >= 0 && close(fd) == 0)
			(*good)++;
	}
	return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
	pthread_t threads[4];
	int good[4] = { 0 };

	(void)state;
	if (!may_make_user_namespaces())
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, open_many, &good[i]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(good[i], 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_does_not_differ_from_itself),
		cmocka_unit_test(different_namespaces_are_found),
		cmocka_unit_test(a_process_that_is_gone_is_an_error),
		cmocka_unit_test(ones_own_id_needs_no_help),
		cmocka_unit_test(other_ids_without_privilege_need_newuidmap),
		cmocka_unit_test(a_user_namespace_for_mounts_has_its_maps),
		cmocka_unit_test(a_bad_text_makes_no_user_namespace),
		cmocka_unit_test(threads_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests_name("namespaces/ns_host", tests, NULL, NULL);
}
