/*
 * Preparing a launch: the plan's descriptors are opened here, in the caller, before anything of
 * the container exists; then husk-init is spawned with them.
 *
 * Uses: spawn.c, namespaces, runtime/base.    Used by: create.c, exec.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "runtime/base/fs.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/host_mount.h"
#include "runtime/launch.h"
#include "runtime/oom.h"
#include "runtime/spawn.h"
#include "runtime/timeline.h"

static int open_path(const char *path, const struct plan_fd_entry *e, struct husk_error *err)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	(void)e;
	return fd < 0 ? err_sys(err, "open %s", path) : fd;
}

static int open_namespace(const char *path, const struct plan_fd_entry *e, struct husk_error *err)
{
	/* Not to hang on a pipe before it is known to be none. */
	cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int type;

	if (fd < 0)
		return err_sys(err, "open namespace %s", path);
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type < 0)
		return err_new(err, HUSK_E_CONFIG, EINVAL, "%s is not a namespace file", path);
	if ((uint64_t)type != e->a)
		return err_new(err, HUSK_E_CONFIG, EINVAL, "%s is a %s namespace, not a %s one",
			       path, ns_name((uint64_t)type), ns_name(e->a));
	return take_fd(&fd);
}

/* Checked by type and number: the name alone could be anything (CVE-2025-31133). */
static int open_device(const char *path, const struct plan_fd_entry *e, struct husk_error *err)
{
	cleanup_close int fd = rt_host_tree(path, PLAN_TREE_NOFOLLOW, -1, err);
	mode_t type = e->a == 'b' ? S_IFBLK : S_IFCHR;
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "stat %s", path);
	if ((st.st_mode & S_IFMT) != type || st.st_rdev != e->b)
		return err_new(err, HUSK_E_SYSTEM, ENODEV, "%s is not %s device %u:%u", path,
			       e->a == 'b' ? "block" : "character", major(e->b), minor(e->b));
	return take_fd(&fd);
}

static int open_executable(const char *path, const struct plan_fd_entry *e, struct husk_error *err)
{
	cleanup_close int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	(void)e;
	if (fd < 0)
		return err_sys(err, "open %s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, "stat %s", path);
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return err_new(err, HUSK_E_CONFIG, EACCES, "%s is not an executable file", path);
	return take_fd(&fd);
}

static int open_userns(const char *path, const struct plan_fd_entry *e, struct husk_error *err)
{
	static const struct plan_fd_entry user = { .a = CLONE_NEWUSER };

	(void)e;
	/* A user namespace that is there already, or the text of one to be made. */
	return path[0] == '/' ? open_namespace(path, &user, err) : ns_open_userns(path, err);
}

static int (*const openers[PLAN_FD_KINDS])(const char *path, const struct plan_fd_entry *e,
					   struct husk_error *err) = {
	[PLAN_FD_PATH] = open_path,		[PLAN_FD_NAMESPACE] = open_namespace,
	[PLAN_FD_DEVICE] = open_device,		[PLAN_FD_EXECUTABLE] = open_executable,
	[PLAN_FD_USERNS] = open_userns,
};

static int open_entry(const struct rt_launch *l, const struct plan_fd_entry *e,
		      struct husk_error *err)
{
	const char *path = plan_view_str(&l->view, e->path);
	bool id_mapped = e->b && (e->kind == PLAN_FD_TREE || e->kind == PLAN_FD_MOUNT);
	int userns = id_mapped ? l->fds[e->b - 1] : -1;

	if (!path)
		path = "";
	if (e->kind == PLAN_FD_TREE)
		return rt_host_tree(path, (unsigned)e->a, userns, err);
	if (e->kind == PLAN_FD_MOUNT)
		return rt_host_mount(path, (unsigned)e->a, userns, err);
	return openers[e->kind](path, e, err);
}

int rt_launch_prepare(struct rt_launch *l, struct husk_error *err)
{
	const struct plan_view *v = &l->view;

	for (uint32_t i = PLAN_FD_FIXED; i < v->h->n_fds; i++) {
		const struct plan_fd_entry *e = &v->fds[i];

		if (e->kind == PLAN_FD_GIVEN || l->fds[i] >= 0)
			continue;
		l->fds[i] = open_entry(l, e, err);
		if (l->fds[i] < 0) {
			if (e->source)
				(void)snprintf(err->pointer, sizeof(err->pointer), "%s",
					       plan_view_str(v, e->source));
			return e->source ? err_ctx(err, "%s", plan_view_str(v, e->source)) :
					   -err->sys;
		}
	}
	l->fds[PLAN_FD_PROC] = fs_open_proc(err);
	return l->fds[PLAN_FD_PROC] < 0 ? -err->sys : 0;
}

static int plan_memfd(const struct rt_launch *l, struct husk_error *err)
{
	cleanup_close int fd = memfd_create("husk-plan", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	int ret;

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("husk-plan", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "memfd_create for the launch plan");
	ret = fs_write_all(fd, l->plan, l->plan_len);
	if (ret < 0) {
		errno = -ret;
		return err_sys(err, "write the launch plan");
	}
	return take_fd(&fd);
}

/* They are the init's now, which has copies: a thousand trees are closed while it works, and not when
 * it is done; from the last one on, as it begins with the first.  is_state_file() compares one. */
static void close_given(struct rt_launch *l)
{
	for (uint32_t i = l->view.h->n_fds; i-- > 0; ) {
		if (i != l->given.state && l->fds[i] >= 0)
			(void)close(take_fd(&l->fds[i]));
	}
}

int rt_launch_spawn(struct rt_launch *l, int cgroup_fd, unsigned preserve_fds,
		    struct husk_error *err)
{
	struct rt_spawn s = {
		.clone_flags = l->ns.clone_flags,
		.cgroup_fd = cgroup_fd,
		.fds = l->fds,
		.n_fds = l->view.h->n_fds,
		.preserve_fds = preserve_fds,
		.times = l->times ? &l->times->spawn : NULL,
	};
	int pair[2], ret;

	rt_timeline_stage(l->times, "write husk-init and its plan to memory files");
	s.init_fd = rt_init_fd(l->h, err);
	if (s.init_fd < 0)
		return s.init_fd;
	if (l->fds[PLAN_FD_PLAN] < 0)	/* a second try, after EBUSY, has it */
		l->fds[PLAN_FD_PLAN] = plan_memfd(l, err);
	if (l->fds[PLAN_FD_PLAN] < 0)
		return -err->sys;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, "socketpair");
	l->sock = pair[0];
	l->fds[PLAN_FD_SOCKET] = pair[1];
	rt_timeline_stage(l->times, "clone husk-init, until it executes");
	ret = rt_spawn(&s, &l->pid, &l->pidfd, err);
	/* Ours would hide the end of the init's. */
	(void)close(pair[1]);
	l->fds[PLAN_FD_SOCKET] = -1;
	if (ret < 0)
		(void)close(take_fd(&l->sock));
	if (ret == 0)
		close_given(l);
	if (ret == -ENOMEM && l->cg)
		(void)rt_oom_hint(l->cg, rt_oom_limit(&l->config.linux_), RT_OOM_KILLED, err);
	return ret;
}

void rt_launch_kill(struct rt_launch *l)
{
	if (l->pidfd < 0)
		return;
	(void)sys_pidfd_send_signal(l->pidfd, SIGKILL, 0);
	(void)waitid(P_PIDFD, (id_t)l->pidfd, &(siginfo_t){ 0 }, WEXITED | __WALL);
	(void)close(take_fd(&l->pidfd));
}
