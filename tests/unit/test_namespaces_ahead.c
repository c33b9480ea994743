/*
 * A network namespace that a thread makes: it is a new one, or the reason is told.
 */
#include <fcntl.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "namespaces/internal.h"
#include "runtime/base/util.h"

static struct oci_namespace wanted[] = {
	{ .type = CLONE_NEWNET }, { .type = CLONE_NEWUSER },
};
static const struct oci_config with_net = { .linux_ = { .namespaces = wanted, .n_namespaces = 1 } };
static const struct oci_config with_user = { .linux_ = { .namespaces = wanted, .n_namespaces = 2 } };

enum { GOOD, NO_NAMESPACES, WRONG };

/* In a user namespace, where we may make others. */
static void assert_in_namespace(int (*look)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) < 0 ? NO_NAMESPACES : look());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_NAMESPACES)
		skip();
	assert_int_equal(WEXITSTATUS(status), GOOD);
}

static int make(void)
{
	struct husk_error err = { 0 };
	struct stat before, after, made;
	struct ns_ahead a = { .fd = 0 };
	int fd;

	if (stat("/proc/thread-self/ns/net", &before) < 0 || !ns_ahead_start(&a, NULL))
		return WRONG;
	fd = ns_ahead_take(&a, &err);
	/* That of the thread alone was changed. */
	if (fd < 0 || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET || fstat(fd, &made) < 0 ||
	    stat("/proc/thread-self/ns/net", &after) < 0)
		return WRONG;
	ns_ahead_done(&a);
	return made.st_ino != before.st_ino && after.st_ino == before.st_ino &&
	       fcntl(fd, F_GETFD) == FD_CLOEXEC ? GOOD : WRONG;
}

/* As step NS_LOOPBACK would leave it; the caller's own, which is down, is not touched. */
static int look_at_loopback(void)
{
	struct ifreq own = { .ifr_name = "lo" }, made = { .ifr_name = "lo" };
	struct husk_error err = { 0 };
	struct ns_ahead a = { .fd = 0 };
	int fd, sock;

	if (unshare(CLONE_NEWNET) < 0 || !ns_ahead_start(&a, NULL))
		return WRONG;
	fd = ns_ahead_take(&a, &err);
	sock = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (ioctl(sock, SIOCGIFFLAGS, &own) < 0 || fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		return WRONG;
	sock = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (ioctl(sock, SIOCGIFFLAGS, &made) < 0)
		return WRONG;
	return (made.ifr_flags & (IFF_UP | IFF_LOOPBACK)) == (IFF_UP | IFF_LOOPBACK) &&
	       !(own.ifr_flags & IFF_UP) ? GOOD : WRONG;
}

static int leave(void)
{
	struct ns_ahead a = { .fd = 0 };
	int first = dup(0), next;

	(void)close(first);
	if (!ns_ahead_start(&a, NULL))
		return WRONG;
	ns_ahead_done(&a);
	ns_ahead_done(&a);
	next = dup(0);
	return next == first ? GOOD : WRONG;
}

static void is_a_new_one(void **state)
{
	(void)state;
	assert_in_namespace(make);
}

static void has_its_loopback_up(void **state)
{
	(void)state;
	assert_in_namespace(look_at_loopback);
}

static void that_nobody_takes_is_closed(void **state)
{
	(void)state;
	assert_in_namespace(leave);
}

static void a_refusal_is_told(void **state)
{
	struct husk_error err = { 0 };
	struct ns_ahead a = { .fd = 0 };

	(void)state;
	if (geteuid() == 0)
		skip();
	assert_true(ns_ahead_start(&a, NULL));
	assert_int_equal(ns_ahead_take(&a, &err), -EPERM);
	assert_string_equal(err.msg, "create a network namespace: unshare: Operation not permitted");
	assert_non_null(strstr(err.hint, "/linux/namespaces"));
	ns_ahead_done(&a);
}

static void is_not_made_for_others(void **state)
{
	static const struct oci_config none;
	struct oci_namespace joined = { .type = CLONE_NEWNET, .path = "/proc/1/ns/net" };
	const struct oci_config joins = { .linux_ = { .namespaces = &joined, .n_namespaces = 1 } };
	const struct oci_config *const configs[] = { &none, &joins, &with_user };
	struct ns_ahead a = { .fd = 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		ns_ahead_begin(&a, configs[i], true);
		assert_false(a.begun);
	}
	ns_ahead_begin(&a, &with_net, false);
	assert_false(a.begun);
	ns_ahead_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_a_new_one),
		cmocka_unit_test(has_its_loopback_up),
		cmocka_unit_test(that_nobody_takes_is_closed),
		cmocka_unit_test(a_refusal_is_told),
		cmocka_unit_test(is_not_made_for_others),
	};

	return cmocka_run_group_tests_name("namespaces/ahead", tests, NULL, NULL);
}
