/*
 * The child between clone3(2) and execve(2), in the parent's memory and on its stack.
 *
 * Should:  make raw system calls only, and report through struct spawn_args.
 * Mustn't: return from the function that cloned; touch errno, locks, malloc or stdio; be built
 *          with sanitizers (its frames are never left, so their shadow would stay poisoned).
 *
 * Uses: raw.h.    Used by: spawn.c.
 */
#include "runtime/base/weak.h"
#include "runtime/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <sys/syscall.h>

#include "runtime/raw.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

static _Noreturn void child_fail(struct spawn_args *s, const char *call, long ret, int object)
{
	s->failed = call;
	s->error = (int)-ret;
	s->object = object;
	for (;;)
		(void)RAW(SYS_exit_group, 127, 0, 0, 0, 0);
}

/*
 * In a new user namespace the child has every capability until it executes something as a user
 * that the namespace does not know yet; ambient ones survive that.
 */
static void keep_capabilities(struct spawn_args *s)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	long ret = RAW(SYS_capget, &head, data, 0, 0, 0);

	if (ret < 0)
		child_fail(s, "capget", ret, -1);
	for (int i = 0; i < 2; i++)
		data[i].inheritable = data[i].permitted;
	ret = RAW(SYS_capset, &head, data, 0, 0, 0);
	if (ret < 0)
		child_fail(s, "capset", ret, -1);
	for (unsigned cap = 0; cap < 64; cap++) {
		if (data[cap / 32].permitted & (1u << (cap % 32)))
			(void)RAW(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	}
}

/*
 * Without the two capabilities that read any file, the memfd of mode 0111 is unreadable even for
 * its owner, so the kernel makes the new program non-dumpable at execve(2).  They come back there:
 * only the effective set is lowered.
 */
static void lose_read(struct spawn_args *s)
{
	const unsigned mask = (1u << CAP_DAC_OVERRIDE) | (1u << CAP_DAC_READ_SEARCH);
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	long ret = RAW(SYS_capget, &head, data, 0, 0, 0);

	if (ret < 0)
		child_fail(s, "capget", ret, -1);
	if (!(data[0].effective & mask))
		return;
	data[0].effective &= ~mask;
	ret = RAW(SYS_capset, &head, data, 0, 0, 0);
	if (ret < 0)
		child_fail(s, "capset", ret, -1);
}

static void arrange_fds(struct spawn_args *s)
{
	const struct rt_spawn *sp = s->spawn;
	int n = (int)sp->n_fds, free_from = 3 + (int)sp->preserve_fds;
	long ret;

	for (int i = 0; i < n; i++) {
		ret = RAW(SYS_dup3, sp->fds[i], s->first + i, 0, 0, 0);
		if (ret < 0)
			child_fail(s, "dup", ret, sp->fds[i]);
	}
	for (int fd = 3; fd < free_from; fd++) {
		ret = RAW(SYS_fcntl, fd, F_SETFD, 0, 0, 0);
		if (ret < 0)
			child_fail(s, "keep", ret, fd);
	}
	if (weakened("descriptors"))
		return;
	/* Close-on-exec, not closed: the memfd of the init is one of them.  A descriptor of the caller
	 * that stays open is a way out of the container (CVE-2024-21626), so failing is fatal. */
	ret = free_from < s->first ? RAW(SYS_close_range, free_from, s->first - 1,
					 CLOSE_RANGE_CLOEXEC, 0, 0) : 0;
	if (ret == 0)
		ret = RAW(SYS_close_range, s->first + n, ~0u, CLOSE_RANGE_CLOEXEC, 0, 0);
	if (ret < 0)
		child_fail(s, "close_range", ret, -1);
}

static void note_time(const struct rt_spawn_times *times, uint64_t *out)
{
	struct timespec now = { 0 };

	(void)RAW(SYS_clock_gettime, times->clock, &now, 0, 0, 0);
	*out = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static _Noreturn void spawn_child(struct spawn_args *s)
{
	struct rt_spawn_times *times = s->spawn->times;
	long ret;

	if (times)
		note_time(times, &times->born);
	if (s->new_userns)
		keep_capabilities(s);
	arrange_fds(s);
	lose_read(s);
	if (times)
		note_time(times, &times->exec);
	ret = raw6(SYS_execveat, s->spawn->init_fd, (long)"", (long)s->argv, (long)s->envp,
		   0x1000 /* AT_EMPTY_PATH */, 0);
	child_fail(s, "execveat", ret, s->spawn->init_fd);
}

__attribute__((noinline)) long spawn_clone(struct clone3_args *args, size_t size,
					   struct spawn_args *s)
{
	/* The system call is inlined: a libc wrapper would return through a stack frame that the
	 * child has overwritten by then. */
	long ret = raw6(SYS_clone3, (long)args, (long)size, 0, 0, 0, 0);

	if (ret == 0)
		spawn_child(s);
	return ret;
}
