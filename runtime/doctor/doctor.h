/*
 * What husk doctor tries, and what it makes of it.
 *
 * One child tries what needs namespaces (child.c), in its own ones, so that it goes away with
 * everything it has made.  judge.c turns the results into findings about what a container
 * needs; host.c looks at what is useful beside that.  Nothing changes the host.
 *
 * Uses: husk.h, arena.h, handle.h.    Used by: doctor*.c.
 */
#ifndef HUSK_RUNTIME_DOCTOR_H
#define HUSK_RUNTIME_DOCTOR_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/arena.h"
#include "runtime/base/error.h"
#include "runtime/base/sys.h"
#include "runtime/handle.h"

/* ---- child.c: what was tried ---- */

/* An errno, 0 when it works, or one of these. */
enum { DOCTOR_UNTRIED = -1, DOCTOR_KILLED = -2 };

/* The kinds of namespaces, in the order they are shown. */
#define DOCTOR_KINDS(KIND)                                                                         \
	KIND(MOUNT, CLONE_NEWNS, "mount", "mnt")                                                   \
	KIND(PID, CLONE_NEWPID, "pid", "pid")                                                      \
	KIND(IPC, CLONE_NEWIPC, "ipc", "ipc")                                                      \
	KIND(UTS, CLONE_NEWUTS, "uts", "uts")                                                      \
	KIND(NETWORK, CLONE_NEWNET, "network", "net")                                              \
	KIND(CGROUP, CLONE_NEWCGROUP, "cgroup", "cgroup")                                          \
	KIND(TIME, CLONE_NEWTIME, "time", "time")

enum doctor_try {
#define KIND(id, flag, name, file) TRY_##id,
	DOCTOR_KINDS(KIND)
#undef KIND
	TRY_ADMIN,	/* use a capability in the new namespaces */
	TRY_TMPFS,	/* mount a file system */
	TRY_PROC,
	TRY_SYSFS,
	TRY_MQUEUE,
	TRY_DEVPTS,
	TRY_BIND,	/* a device of the host */
	TRY_IDMAP,
	TRY_PIVOT,	/* switch to another root */
	TRY_OVERLAY,
	TRY_FILTER,	/* install a seccomp filter */
	TRY_NOTIFY,	/* with user notification */
	DOCTOR_TRIES
};

/* The system calls that husk cannot do without: NAME, the version of Linux it is new in, whether the
 * kernel looks at privilege before it looks at arguments, and arguments that make it fail. */
#define DOCTOR_CALLS(CALL)                                                                         \
	CALL(clone3, 503, false, 0, 0, 0, 0, 0)                                                    \
	CALL(execveat, 319, false, -1, 1, 0, 0, 0)                                                 \
	CALL(memfd_create, 317, false, 0, 0, 0, 0, 0)                                              \
	CALL(openat2, 506, false, -1, 0, 0, 0, 0)                                                  \
	CALL(close_range, 509, false, 1, 0, 0, 0, 0)                                               \
	CALL(pidfd_open, 503, false, -1, 0, 0, 0, 0)                                               \
	CALL(pidfd_send_signal, 501, false, -1, 0, 0, 0, 0)                                        \
	CALL(fsopen, 502, true, 0, 0, 0, 0, 0)                                                     \
	CALL(fsconfig, 502, false, -1, 0, 0, 0, 0)                                                 \
	CALL(fsmount, 502, true, -1, -1, -1, 0, 0)                                                 \
	CALL(open_tree, 502, false, -1, 0, -1, 0, 0)                                               \
	CALL(move_mount, 502, true, -1, 0, -1, 0, -1)                                              \
	CALL(mount_setattr, 512, false, -1, 0, -1, 0, 0)                                           \
	CALL(umount2, 200, false, 0, -1, 0, 0, 0)                                                  \
	CALL(pivot_root, 200, true, 0, 0, 0, 0, 0)                                                 \
	CALL(unshare, 200, false, 0, 0, 0, 0, 0)                                                   \
	CALL(setns, 300, false, -1, 0, 0, 0, 0)                                                    \
	CALL(sethostname, 200, true, 0, -1, 0, 0, 0)                                               \
	CALL(seccomp, 317, false, -1, 0, 0, 0, 0)

enum doctor_call {
#define CALL(name, ...) DOCTOR_CALL_##name,
	DOCTOR_CALLS(CALL)
#undef CALL
	DOCTOR_CALL_COUNT
};

enum { DOCTOR_LSMS = 32 };

/* What the child is told and what it found; in memory shared with the waiting parent. */
struct doctor_job {
	int go;			/* read end of a pipe: something comes when the id maps are there */
	int userns;		/* a user namespace for an id-mapped mount, or -1 */
	bool namespaces;	/* privileged enough to try them */
	int result[DOCTOR_TRIES];
	int call[DOCTOR_CALL_COUNT];	/* positive errno, 0, or one of the above */
	volatile unsigned at;	/* call that is being tried */
	int landlock;		/* ABI, or -errno */
	int n_lsm;		/* or -errno */
	uint64_t lsm[DOCTOR_LSMS];
};

/* For clone(2), with @job a struct doctor_job. */
int doctor_child(void *job);

/* ---- doctor.c ---- */

struct doctor {
	struct husk *h;
	struct arena *arena;
	struct doctor_job job;
	int userns;		/* errno of making one; 0 for the privileged, too: see own_userns */
	int child;		/* errno of making the child without namespaces */
	bool blocked;		/* some system call is: then it is no news that what needs it fails */
	struct husk_error map_error;	/* .sys 0: the id maps were written */
	struct husk_error own_userns;	/* of one for an id-mapped mount; .sys 0: it was made */
	int seccomp;		/* mode of the filter that we are under; -1: unknown */
	bool no_new_privs;
	unsigned kernel;	/* 514 for Linux 5.14 */
	char release[65];
	bool failed;		/* out of memory */
};

/* Fill in @f; what() gives the verdict.  A sentence without its full stop. */
void doctor_say(struct doctor *d, struct husk_finding *f, enum husk_verdict verdict, int sys,
		const char *fmt, ...) PRINTF_LIKE(5, 6);
void doctor_fix(struct doctor *d, struct husk_finding *f, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The number in /proc/sys/@name; false where there is none. */
bool doctor_sysctl(const char *name, long *out);
/* "3.17" for 317, in @buf. */
const char *doctor_version(unsigned version, char buf[16]);
/* Is there @name in the directories of system programs?  Its path, if so. */
bool doctor_program(const char *name, char *path, size_t size);

/* Judges; one that has nothing to say leaves .what NULL. */
typedef void doctor_judge(struct doctor *d, struct husk_finding *f);

/* judge.c */
doctor_judge doctor_kernel, doctor_calls, doctor_init, doctor_userns, doctor_id_map, doctor_caps,
	doctor_namespaces, doctor_time, doctor_root, doctor_proc, doctor_sysfs, doctor_dev,
	doctor_filter, doctor_notify, doctor_overlay, doctor_idmapped;
/* host.c */
doctor_judge doctor_state, doctor_cgroup, doctor_systemd, doctor_subids, doctor_landlock,
	doctor_lsms, doctor_ptrace, doctor_fuse, doctor_pasta, doctor_libmnl, doctor_forward,
	doctor_criu;

#endif /* HUSK_RUNTIME_DOCTOR_H */
