/*
 * Spawning husk-init: see spawn.h.
 *
 * Uses: spawn_child.c.    Used by: create.c, exec.c.
 */
#include "runtime/base/weak.h"
#include "runtime/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "runtime/base/error.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/doctor_hint.h"

static int first_free(const struct rt_spawn *s)
{
	int top = 2 + (int)s->preserve_fds;

	for (size_t i = 0; i < s->n_fds; i++)
		top = MAX(top, s->fds[i]);
	return MAX(top, s->init_fd) + 1;
}

/* The kernel's refusals that have a known cause. */
static int clone_error(const struct rt_spawn *s, int error, struct husk_error *err)
{
	errno = error;
	err_sys(err, "clone3 with namespaces 0x%llx%s", (unsigned long long)s->clone_flags,
		s->cgroup_fd >= 0 ? " into the container's cgroup" : "");
	switch (error) {
	case EPERM:
		return err_hint(err, "%s", s->clone_flags & CLONE_NEWUSER ?
				"user namespaces may be disabled: see sysctls "
				"kernel.unprivileged_userns_clone, user.max_user_namespaces and "
				"kernel.apparmor_restrict_unprivileged_userns; husk doctor tells "
				"which" :
				"creating namespaces needs root, or a user namespace in "
				"/linux/namespaces");
	case ENOSPC:
		return err_hint(err, "the limit of nested or user.max_*_namespaces is reached; husk "
				"doctor tells which");
	case ENOSYS:
		return err_hint(err, "clone3 is blocked (by seccomp of an outer container?) or the "
				"kernel is older than 5.14; husk doctor tells");
	case EACCES:
		/* The kernel asks for the right to write cgroup.procs of the common parent. */
		return s->cgroup_fd < 0 ? -error : err_hint(err, "a user's processes may move only "
				"between cgroups that were delegated to that user, and husk was not "
				"started in one (`cat /proc/self/cgroup`): start it by `systemd-run "
				"--user --scope husk ...`");
	case EBUSY:
		return err_hint(err, "the cgroup has controllers enabled for children (v2's rule of no "
				"internal processes)");
	default:
		return -error;
	}
}

static int child_error(const struct spawn_args *s, struct husk_error *err)
{
	/* It has two short arguments: E2BIG is a page for them that the cgroup had no room for. */
	if ((s->error == E2BIG || s->error == ENOMEM) && s->spawn->cgroup_fd >= 0) {
		err_new(err, HUSK_E_SYSTEM, ENOMEM,
			"%s husk-init: no memory in the container's cgroup (memory limit too low?)",
			s->failed);
		return err_hint(err, "raise /linux/resources/memory/limit");
	}
	errno = s->error;
	if (strcmp(s->failed, "keep") == 0) {
		err_sys(err, "preserve descriptor %d", s->object);
		return err_hint(err, "--preserve-fds N passes descriptors 3 to 3+N-1, which must be open");
	}
	if (s->object < 0) {
		err_sys(err, "start husk-init: %s", s->failed);
		rt_hint_doctor(s->failed, err);
		return -err->sys;
	}
	err_sys(err, "start husk-init: %s of descriptor %d", s->failed, s->object);
	if (s->error == EBADF || s->error == EINVAL || s->error == EMFILE)
		return err_hint(err, "the limit of open files (RLIMIT_NOFILE) may be too low");
	return -s->error;
}

int rt_spawn(const struct rt_spawn *s, pid_t *pid, int *pidfd, struct husk_error *err)
{
	char number[16], preserved[16];
	char *const argv[] = { (char[]){ "husk-init" }, number, preserved, NULL };
	char *const envp[] = { weakness(), NULL };
	struct spawn_args args = {
		.spawn = s,
		.first = first_free(s),
		.argv = argv,
		.envp = envp,
		.new_userns = (s->clone_flags & CLONE_NEWUSER) != 0,
	};
	int fd = -1;
	struct clone3_args clone = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | s->clone_flags,
		.pidfd = (uint64_t)(uintptr_t)&fd,
		.exit_signal = SIGCHLD,
	};
	sigset_t all, old;
	long ret;

	(void)snprintf(number, sizeof(number), "%d", args.first);
	(void)snprintf(preserved, sizeof(preserved), "%u", s->preserve_fds);
	if (s->cgroup_fd >= 0) {
		clone.flags |= CLONE_INTO_CGROUP;
		clone.cgroup = (uint64_t)s->cgroup_fd;
	}
	/* No handler of the caller may run in the child: it shares our memory. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = spawn_clone(&clone, sizeof(clone), &args);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret < 0)
		return clone_error(s, (int)-ret, err);
	if (args.failed) {
		(void)waitid(P_PIDFD, (id_t)fd, &(siginfo_t){ 0 }, WEXITED | __WALL);
		(void)close(fd);
		return child_error(&args, err);
	}
	*pid = (pid_t)ret;
	*pidfd = fd;
	return 0;
}
