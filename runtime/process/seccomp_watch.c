/*
 * A filter that tells a listener what a program calls, and denies what the configured one denies.
 *
 * Every answer that lets a call through becomes SECCOMP_RET_USER_NOTIF; in the kernel's order of
 * answers all those that deny are stronger, so a program's own filters go on as they would.
 *
 * Uses: native_arch.h, linux/seccomp.h.    Used by: launch.c.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/util.h"
#include "runtime/process/native_arch.h"
#include "runtime/process/process.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset))
#define EQUAL(value, t, f) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (t), (f))
/* The upper half of argument @n: both machines are little-endian. */
#define UPPER(n) (offsetof(struct seccomp_data, args[n]) + 4)

static bool lets_through(const struct sock_filter *in)
{
	uint32_t action = in->k & SECCOMP_RET_ACTION_FULL;

	return in->code == (BPF_RET | BPF_K) &&
	       (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG);
}

int rt_seccomp_watch(void **filter, size_t *n_bytes, uint32_t pass, struct husk_error *err)
{
	static const struct sock_filter tell_all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	const struct sock_filter untold[] = {
		LOAD(offsetof(struct seccomp_data, arch)),
		EQUAL(NATIVE_ARCH, 0, 8),
		LOAD(offsetof(struct seccomp_data, nr)),
		EQUAL(__NR_sendmsg, 0, 2),
		LOAD(UPPER(2)),
		EQUAL(pass, 3, 4),
		EQUAL(__NR_recvfrom, 0, 3),
		LOAD(UPPER(3)),
		EQUAL(pass, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const void *old = *filter ? *filter : &tell_all;
	size_t n_old = *filter ? *n_bytes : sizeof(tell_all);
	struct sock_filter *new = malloc(sizeof(untold) + n_old);
	size_t n = (sizeof(untold) + n_old) / sizeof(*new);

	if (!new)
		return err_nomem(err, "seccomp filter");
	memcpy(new, untold, sizeof(untold));
	memcpy(new + ARRAY_SIZE(untold), old, n_old);
	for (size_t i = ARRAY_SIZE(untold); i < n; i++) {
		if (lets_through(&new[i]))
			new[i].k = SECCOMP_RET_USER_NOTIF;
	}
	free(*filter);
	*filter = new;
	*n_bytes = n * sizeof(*new);
	return 0;
}

unsigned rt_seccomp_watch_flags(void)
{
	unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

	/* Linux 5.19.  Without a filter the kernel only judges the flags: EFAULT, it knows them. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 && errno == EFAULT)
		return flags;
	return SECCOMP_FILTER_FLAG_NEW_LISTENER;
}
