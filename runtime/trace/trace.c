/*
 * The listener of a traced container: notes each system call and lets it through; see trace.h.
 *
 * Uses: process/process.h, specs, caps.c.    Used by: the library's users, launch.c, serve.c.
 */
#include "runtime/trace/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "runtime/base/arena.h"
#include "runtime/base/error.h"
#include "runtime/base/log.h"
#include "runtime/base/util.h"
#include "runtime/process/process.h"
#include "specs/specs.h"

#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif

enum {
	MAX_NR = 1 << 12,		/* no ABI has so many system calls */
	MAX_ARCHS = 4,			/* that one machine can run */
	N_TIDS = 1 << 22,		/* PID_MAX_LIMIT */
};
#define ABI_BIT 0x40000000u		/* x32 shares its AUDIT_ARCH with x86-64 */

/* The calls by one ABI. */
struct abi {
	uint32_t arch, bit;
	uint64_t calls[MAX_NR / 64];
};

struct husk_trace {
	uint32_t pass;
	int listener, stop;
	bool is_running;		/* the thread is there */
	pthread_t thread;
	int failed;			/* errno: calls may be missing */
	pid_t init;
	bool executes;			/* what comes now is the program */
	struct abi abi[MAX_ARCHS];
	size_t n_abis;
	uint64_t *tids;			/* bits of the threads that caps knows */
	struct rt_trace_caps caps;
	uint64_t asked_caps;		/* which the program wanted to have, used or not */
	char *config;
	size_t config_len;

	struct arena arena;
	struct oci_used used;		/* of earlier results; at the end, of this one too */
	size_t cap_calls, cap_archs;
	bool earlier_without_caps;
};

uint32_t rt_trace_pass(const struct husk_trace *t)
{
	return t->pass;
}

int husk_trace_open(struct husk_trace **out, struct husk_error *err)
{
	struct husk_trace *t = calloc(1, sizeof(*t));

	if (!t)
		return err_nomem(err, "trace");
	t->listener = t->stop = t->caps.map = t->caps.link = -1;
	t->tids = calloc(N_TIDS / 64, sizeof(*t->tids));
	t->stop = eventfd(0, EFD_CLOEXEC);
	if (!t->tids || t->stop < 0 || getrandom(&t->pass, sizeof(t->pass), 0) < 0) {
		(void)err_sys(err, "trace");
		husk_trace_close(t);
		return -err->sys;
	}
	t->pass |= 1;	/* 0 is what everybody passes */
	*out = t;
	return 0;
}

/* ---- the thread ------------------------------------------------------------ */

static void note_call(struct husk_trace *t, const struct seccomp_data *d)
{
	uint32_t nr = (uint32_t)d->nr, bit = nr & ABI_BIT;
	size_t i = 0;

	nr &= ~ABI_BIT;
	while (i < t->n_abis && (t->abi[i].arch != d->arch || t->abi[i].bit != bit))
		i++;
	/* A number that is no call: it fails now, and will. */
	if (nr >= MAX_NR || i == MAX_ARCHS)
		return;
	if (i == t->n_abis)
		t->abi[t->n_abis++] = (struct abi){ .arch = d->arch, .bit = bit };
	t->abi[i].calls[nr / 64] |= UINT64_C(1) << nr % 64;
}

/* To ask for a capability one must have it: also if it is then never used. */
static void note_asked_caps(struct husk_trace *t, const struct seccomp_notif *n)
{
	const struct seccomp_data *d = &n->data;
	struct __user_cap_data_struct sets[2] = { { 0 } };
	struct iovec to = { sets, sizeof(sets) }, from = { (void *)(uintptr_t)d->args[1], sizeof(sets) };

	if (d->nr == __NR_prctl && d->args[0] == PR_CAP_AMBIENT &&
	    d->args[1] == PR_CAP_AMBIENT_RAISE && d->args[2] < 64)
		t->asked_caps |= UINT64_C(1) << d->args[2];
	if (d->nr != __NR_capset ||
	    process_vm_readv((pid_t)n->pid, &to, 1, &from, 1, 0) != (ssize_t)sizeof(sets))
		return;
	for (unsigned i = 0; i < 2; i++)
		t->asked_caps |= (uint64_t)(sets[i].effective | sets[i].permitted |
					    sets[i].inheritable) << 32 * i;
}

/* Before the program's execve(2) it is husk-init that needs capabilities; its calls, which the filter
 * must let through the next time too, count. */
static void note(struct husk_trace *t, const struct seccomp_notif *n)
{
	uint64_t bit = UINT64_C(1) << n->pid % 64, *word = &t->tids[n->pid / 64 % (N_TIDS / 64)];

	note_call(t, &n->data);
	if (n->data.nr == __NR_execve && (pid_t)n->pid == t->init)
		t->executes = true;
	if (!t->executes)
		return;
	note_asked_caps(t, n);
	if (!(*word & bit))
		rt_trace_caps_add(&t->caps, (pid_t)n->pid);
	*word |= bit;
}

/* One call.  Its caller can be gone by now (ENOENT). */
static int serve_one(struct husk_trace *t)
{
	struct seccomp_notif n = { 0 };
	struct seccomp_notif_resp r = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	if (ioctl(t->listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
		return errno == ENOENT || errno == EINTR ? 0 : -errno;
	note(t, &n);
	r.id = n.id;
	if (ioctl(t->listener, SECCOMP_IOCTL_NOTIF_SEND, &r) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

static void *listen_on(void *data)
{
	struct husk_trace *t = data;
	struct pollfd p[2] = { { .fd = t->listener, .events = POLLIN },
			       { .fd = t->stop, .events = POLLIN } };

	for (;;) {
		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			t->failed = errno;
		else if (p[0].revents & POLLIN)
			t->failed = -serve_one(t);
		else if (p[0].revents || p[1].revents)
			break;
		if (t->failed)
			break;
	}
	/* Whoever still asks is answered ENOSYS, rather than never. */
	(void)close(take_fd(&t->listener));
	return NULL;
}

int rt_trace_start(struct husk_trace *t, int listener, pid_t init, const char *config, size_t len,
		   struct husk_error *err)
{
	sigset_t all, old;
	int ret;

	if (t->is_running)
		return err_new(err, HUSK_E_STATE, EBUSY, "trace: it has had its container already");
	t->config = malloc(len + 1);
	if (!t->config)
		return err_nomem(err, "trace");
	memcpy(t->config, config, len);
	t->config_len = len;
	t->init = init;
	t->listener = fcntl(listener, F_DUPFD_CLOEXEC, 3);
	if (t->listener < 0)
		return err_sys(err, "trace: listener");
	/* Spares a detour by another processor (Linux 6.6). */
	(void)ioctl(t->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	rt_trace_caps_open(&t->caps);
	/* Signals are for our caller's threads. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&t->thread, NULL, listen_on, t);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	t->is_running = ret == 0;
	if (ret == 0)
		return 0;
	errno = ret;
	return err_sys(err, "trace: thread");
}

static void stop(struct husk_trace *t)
{
	if (!t->is_running)
		return;
	(void)eventfd_write(t->stop, 1);
	(void)pthread_join(t->thread, NULL);
	t->is_running = false;
}

/* ---- the result ------------------------------------------------------------ */

static int add_name(struct arena *arena, const char ***list, size_t *n, size_t *cap, const char *name)
{
	for (size_t i = 0; i < *n; i++) {
		if (strcmp((*list)[i], name) == 0)
			return 0;
	}
	if (*n == *cap) {
		size_t more = *cap ? *cap * 2 : 64;
		const char **grown = arena_array(arena, more, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		if (*n > 0)
			memcpy(grown, *list, *n * sizeof(*grown));
		*list = grown;
		*cap = more;
	}
	(*list)[*n] = arena_strdup(arena, name);
	return (*list)[(*n)++] ? 0 : -ENOMEM;
}

static int add_call(struct husk_trace *t, const char *name)
{
	return add_name(&t->arena, &t->used.calls, &t->used.n_calls, &t->cap_calls, name);
}

static int add_arch(struct husk_trace *t, const char *name)
{
	return add_name(&t->arena, &t->used.archs, &t->used.n_archs, &t->cap_archs, name);
}

int husk_trace_merge(struct husk_trace *t, const char *json, struct husk_error *err)
{
	struct oci_used used = { 0 };
	int ret = oci_used_read(json, strlen(json), &t->arena, &used, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; ret == 0 && i < used.n_calls; i++)
		ret = add_call(t, used.calls[i]);
	for (size_t i = 0; ret == 0 && i < used.n_archs; i++)
		ret = add_arch(t, used.archs[i]);
	if (ret < 0)
		return err_nomem(err, "trace");
	t->used.caps |= used.caps;
	t->earlier_without_caps = t->earlier_without_caps || !used.has_caps;
	return 0;
}

static int add_seen_call(struct husk_trace *t, const struct abi *abi, uint32_t nr)
{
	char *name = rt_seccomp_call_name(abi->arch, nr | abi->bit);
	int ret;

	if (!name) {
		log_warn("trace: system call %u has no name that libseccomp knows: a profile cannot "
			 "list it, and the program will be told that there is none", nr);
		return 0;
	}
	ret = add_call(t, name);
	free(name);
	return ret;
}

/* The kernel restarts some calls that a stop has interrupted by one of its own. */
static int add_restart(struct husk_trace *t)
{
	static const char *const restarted[] = { "nanosleep", "clock_nanosleep", "poll", "futex",
						 "clock_nanosleep_time64", "futex_time64" };

	for (size_t i = 0; i < t->used.n_calls; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(restarted); k++) {
			if (strcmp(t->used.calls[i], restarted[k]) == 0)
				return add_call(t, "restart_syscall");
		}
	}
	return 0;
}

static int add_seen(struct husk_trace *t)
{
	int ret = add_arch(t, rt_seccomp_native());

	for (size_t i = 0; ret == 0 && i < t->n_abis; i++) {
		const struct abi *abi = &t->abi[i];
		const char *arch = rt_seccomp_arch_name(abi->arch, abi->bit);

		if (arch)
			ret = add_arch(t, arch);
		for (uint32_t nr = 0; ret == 0 && nr < MAX_NR; nr++) {
			if (abi->calls[nr / 64] & UINT64_C(1) << nr % 64)
				ret = add_seen_call(t, abi, nr);
		}
	}
	return ret < 0 ? ret : add_restart(t);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_caps(struct husk_trace *t, struct oci_used *used)
{
	uint64_t seen = 0;

	used->has_caps = rt_trace_caps_read(&t->caps, &seen);
	used->caps |= seen | t->asked_caps;
	if (!used->has_caps)
		log_warn("trace: the capabilities stay as they are: %s", t->caps.why);
	else if (t->earlier_without_caps)
		log_warn("trace: the capabilities stay as they are: what is merged does not tell those "
			 "of its run");
	used->has_caps = used->has_caps && !t->earlier_without_caps;
}

int husk_trace_result(struct husk_trace *t, enum husk_trace_part part, char **out,
		      struct husk_error *err)
{
	static const enum oci_used_part parts[] = {
		[HUSK_TRACE_FRAGMENT] = OCI_USED_FRAGMENT,
		[HUSK_TRACE_SECCOMP] = OCI_USED_SECCOMP,
		[HUSK_TRACE_CONFIG] = OCI_USED_CONFIG,
	};
	struct oci_used used;

	if (!t->config)
		return err_new(err, HUSK_E_STATE, EINVAL, "trace: no container has run");
	stop(t);
	if (t->failed)
		return err_new(err, HUSK_E_SYSTEM, t->failed, "trace: listen to the system calls: %s",
			       strerror(t->failed));
	if (add_seen(t) < 0)
		return err_nomem(err, "trace");
	used = t->used;
	qsort(used.calls, used.n_calls, sizeof(*used.calls), by_name);
	if (part != HUSK_TRACE_SECCOMP)
		add_caps(t, &used);
	return oci_used_write(t->config, t->config_len, &used, parts[part], out, err);
}

void husk_trace_close(struct husk_trace *t)
{
	if (!t)
		return;
	stop(t);
	if (t->listener >= 0)
		(void)close(t->listener);
	if (t->stop >= 0)
		(void)close(t->stop);
	rt_trace_caps_close(&t->caps);
	arena_done(&t->arena);
	free(t->tids);
	free(t->config);
	free(t);
}
