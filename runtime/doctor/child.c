/*
 * The child of husk doctor: tries what needs namespaces of its own, in its parent's memory.
 *
 * Should:  make raw system calls only, and leave its results in struct doctor_job.
 * Mustn't: touch errno, locks, malloc or stdio; do anything outside its own namespaces that is still
 *          there when it has ended.
 *
 * Uses: raw.h.    Used by: doctor.c.
 */
/* Before sys.h, which defines what it has in an enum. */
#include <sys/mount.h>

#include "runtime/doctor/doctor.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/wait.h>

#include "runtime/raw.h"
#include "runtime/spawn.h"

#ifndef SYS_lsm_list_modules
#define SYS_lsm_list_modules 461
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif
enum { LANDLOCK_VERSION = 1 };	/* LANDLOCK_CREATE_RULESET_VERSION */

/* Frames of a child that is killed or ends are never left: their shadow would stay poisoned. */
#define IN_CHILD __attribute__((no_sanitize("address", "undefined"))) static

/* How a vfork()ed child ended, as wait(2) tells it, or -errno. */
IN_CHILD __attribute__((noinline)) int try_in_child(struct doctor_job *j, uint64_t flags,
						    void (*try)(struct doctor_job *j, long arg),
						    long arg)
{
	struct clone3_args args = { .flags = CLONE_VM | CLONE_VFORK | flags };
	long pid = raw6(SYS_clone3, (long)&args, (long)sizeof(args), 0, 0, 0, 0);
	int status;

	if (pid == 0) {
		(void)RAW(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		try(j, arg);
		for (;;)
			(void)RAW(SYS_exit, 0, 0, 0, 0, 0);
	}
	if (pid < 0)
		return (int)pid;
	status = 0;
	(void)RAW(SYS_wait4, pid, &status, __WALL, 0, 0);
	return status;
}

/* ---- system calls ---- */

/* The errno of a filter, or 0.  With these arguments the kernel's own is another. */
IN_CHILD int refusal(long ret, bool privileged_first, bool has_privilege)
{
	if (ret == -ENOSYS)
		return ENOSYS;
	if ((ret == -EPERM || ret == -EACCES) && (has_privilege || !privileged_first))
		return (int)-ret;
	return 0;
}

IN_CHILD void try_calls(struct doctor_job *j, long has_privilege)
{
	static const struct {
		long nr, arg[5];
		bool privileged_first;
	} calls[DOCTOR_CALL_COUNT] = {
#define CALL(name, since, first, a, b, c, d, e) \
	{ SYS_##name, { (a), (b), (c), (d), (e) }, (first) },
		DOCTOR_CALLS(CALL)
#undef CALL
	};

	for (; j->at < DOCTOR_CALL_COUNT; j->at++) {
		const long *arg = calls[j->at].arg;
		long ret = RAW(calls[j->at].nr, arg[0], arg[1], arg[2], arg[3], arg[4]);

		j->call[j->at] = refusal(ret, calls[j->at].privileged_first, has_privilege);
	}
}

/* In namespaces @made that we have privilege over.  A filter may kill instead of refusing: then go on
 * behind that call. */
IN_CHILD void try_all_calls(struct doctor_job *j, uint64_t made)
{
	uint64_t flags = made & (CLONE_NEWNS | CLONE_NEWUTS);
	bool privileged = flags == (CLONE_NEWNS | CLONE_NEWUTS) && j->result[TRY_ADMIN] == 0;

	while (j->at < DOCTOR_CALL_COUNT) {
		int status = try_in_child(j, flags, try_calls, privileged);

		if (status < 0)
			try_calls(j, privileged);
		else if (j->at < DOCTOR_CALL_COUNT)
			j->call[j->at++] = DOCTOR_KILLED;
	}
}

IN_CHILD void try_lsm(struct doctor_job *j, long arg)
{
	uint32_t size = sizeof(j->lsm);

	(void)arg;
	j->n_lsm = (int)RAW(SYS_lsm_list_modules, j->lsm, &size, 0, 0, 0);
	j->landlock = (int)RAW(SYS_landlock_create_ruleset, 0, 0, LANDLOCK_VERSION, 0, 0);
}

/* ---- namespaces ---- */

static const uint64_t kinds[] = {
#define KIND(id, flag, name, file) [TRY_##id] = flag,
	DOCTOR_KINDS(KIND)
#undef KIND
};

/* By unshare(2), as husk-init makes those that come late. */
IN_CHILD void try_unshare(struct doctor_job *j, long kind)
{
	j->result[kind] = (int)-RAW(SYS_unshare, kinds[kind], 0, 0, 0, 0);
}

IN_CHILD void try_nothing(struct doctor_job *j, long arg)
{
	(void)j;
	(void)arg;
}

IN_CHILD void try_namespace(struct doctor_job *j, int kind)
{
	bool late = kind == TRY_CGROUP || kind == TRY_TIME;
	int ret = try_in_child(j, late ? 0 : kinds[kind], late ? try_unshare : try_nothing, kind);

	if (ret < 0)
		j->result[kind] = -ret;
	else if (!late)
		j->result[kind] = 0;
}

IN_CHILD void try_admin(struct doctor_job *j, long arg)
{
	(void)arg;
	j->result[TRY_ADMIN] = (int)-RAW(SYS_sethostname, "husk", 4, 0, 0, 0);
}

/* ---- mounts: all of this in a mount namespace of its own ---- */

/* A descriptor of a mount that is nowhere, or -errno. */
IN_CHILD long new_mount(const char *type)
{
	long fs = RAW(SYS_fsopen, type, FSOPEN_CLOEXEC, 0, 0, 0);
	long ret;

	if (fs < 0)
		return fs;
	ret = RAW(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
	if (ret < 0)
		return ret;
	return RAW(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0, 0, 0);
}

IN_CHILD void try_mount(struct doctor_job *j, enum doctor_try what, const char *type)
{
	long fd = new_mount(type);

	j->result[what] = fd < 0 ? (int)-fd : 0;
}

/* Whether a file system can be mapped depends on its kind: that of "/", else a tmpfs. */
IN_CHILD void try_idmap(struct doctor_job *j)
{
	const struct sys_mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP,
					     .userns_fd = (uint64_t)j->userns };
	long tree = RAW(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC, 0, 0);
	long ret = tree;

	if (j->userns < 0)
		return;
	if (tree >= 0)
		ret = RAW(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	if (ret < 0) {
		tree = new_mount("tmpfs");
		if (tree >= 0)
			ret = RAW(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	}
	j->result[TRY_IDMAP] = ret < 0 ? (int)-ret : 0;
}

/* As husk-init does: mount it on "/", enter, switch, forget the old one. */
IN_CHILD long switch_root(long root)
{
	const struct sys_mount_attr own = { .propagation = MS_PRIVATE };
	long ret = RAW(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &own, sizeof(own));

	if (ret == 0)
		ret = RAW(SYS_move_mount, root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
	if (ret == 0)
		ret = RAW(SYS_fchdir, root, 0, 0, 0, 0);
	if (ret == 0)
		ret = RAW(SYS_pivot_root, ".", ".", 0, 0, 0);
	if (ret == 0)
		ret = RAW(SYS_umount2, ".", MNT_DETACH, 0, 0, 0);
	return ret;
}

/* In the new root, a tmpfs. */
IN_CHILD long try_overlay(void)
{
	static const char *const dirs[] = { "/lower", "/upper", "/work", "/merged" };
	long ret = 0;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && ret == 0; i++)
		ret = RAW(SYS_mkdirat, AT_FDCWD, dirs[i], 0755, 0, 0);
	if (ret < 0)
		return ret;
	ret = RAW(SYS_mount, "overlay", "/merged", "overlay", 0,
		  "lowerdir=/lower,upperdir=/upper,workdir=/work,userxattr");
	if (ret == -EINVAL)	/* tmpfs has no user.* attributes before Linux 6.6 */
		ret = RAW(SYS_mount, "overlay", "/merged", "overlay", 0,
			  "lowerdir=/lower,upperdir=/upper,workdir=/work");
	return ret;
}

IN_CHILD void try_filters(struct doctor_job *j)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog prog = { 1, &allow };
	long ret = RAW(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	if (ret == 0)
		ret = RAW(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog, 0, 0);
	j->result[TRY_FILTER] = (int)-ret;
	ret = RAW(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog, 0,
		  0);
	j->result[TRY_NOTIFY] = ret < 0 ? (int)-ret : 0;
}

IN_CHILD void try_mounts(struct doctor_job *j, long made)
{
	long root = new_mount("tmpfs"), ret;

	j->result[TRY_TMPFS] = root < 0 ? (int)-root : 0;
	/* Without a namespace of its own, it would be the host's, which may not be shown. */
	if (made & CLONE_NEWPID)
		try_mount(j, TRY_PROC, "proc");
	if (made & CLONE_NEWNET)
		try_mount(j, TRY_SYSFS, "sysfs");
	if (made & CLONE_NEWIPC)
		try_mount(j, TRY_MQUEUE, "mqueue");
	try_mount(j, TRY_DEVPTS, "devpts");
	ret = RAW(SYS_open_tree, AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC, 0, 0);
	j->result[TRY_BIND] = ret < 0 ? (int)-ret : 0;
	try_idmap(j);
	if (root >= 0) {
		ret = switch_root(root);
		j->result[TRY_PIVOT] = (int)-ret;
		if (ret == 0)
			j->result[TRY_OVERLAY] = (int)-try_overlay();
	}
}

__attribute__((no_sanitize("address", "undefined"))) int doctor_child(void *job)
{
	struct doctor_job *j = job;
	uint64_t made = 0;
	char c;

	(void)RAW(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)RAW(SYS_read, j->go, &c, 1, 0, 0);
	if (try_in_child(j, 0, try_lsm, 0) < 0)
		try_lsm(j, 0);
	for (int kind = 0; kind <= TRY_TIME && j->namespaces; kind++) {
		try_namespace(j, kind);
		if (kind < TRY_CGROUP && j->result[kind] == 0)
			made |= kinds[kind];
	}
	if (made & CLONE_NEWUTS)
		(void)try_in_child(j, CLONE_NEWUTS, try_admin, 0);
	try_all_calls(j, made);
	if (made & CLONE_NEWNS)
		(void)try_in_child(j, made, try_mounts, (long)made);
	try_filters(j);		/* which stays, so it comes last */
	return 0;
}
