/*
 * `exec`: another process in a running container.
 *
 * The same init and the same kind of plan as `create`, but it joins instead of making: the v2
 * cgroup by clone3(CLONE_INTO_CGROUP), v1 ones by their tasks files, all namespaces by one setns(2)
 * on the pidfd of the container's init.
 *
 * Uses: launch.h, exec_options.c.    Used by: the library's users.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rootfs/rootfs.h"
#include "runtime/base/fs.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/exec_options.h"
#include "runtime/launch.h"
#include "runtime/lifecycle.h"
#include "runtime/process/process.h"
#include "runtime/process/seccomp_notify.h"

struct exec {
	struct rt_launch l;
	struct container *c;
	const struct husk_exec_options *opts;
	struct oci_process *process;
	uint64_t namespaces;		/* CLONE_NEW* to join: in which the container differs from us */
};

/* Only in a mount namespace made for it does a container have the root by pivot_root(2); in a
 * joined one, and in the host's, it was given it by chroot(2), which setns(2) forgets. */
static void emit_root(const struct exec *x, struct plan *p)
{
	const struct oci_namespace *ns = oci_namespace_get(&x->l.config.linux_, CLONE_NEWNS);
	char path[40];

	if (ns && !ns->path)
		return;
	(void)snprintf(path, sizeof(path), "/proc/%d/root", x->c->state.pid);
	rootfs_emit_chroot(p, plan_fd(p, PLAN_FD_PATH, path, 0, 0, NULL));
}

static void emit(struct exec *x, struct rt_process_options *po, struct plan *p)
{
	const struct oci_linux *lin = &x->l.config.linux_;
	const struct oci_process *pr = x->process;
	struct rt_given *given = &x->l.given;

	rt_process_emit_first(pr, po, p);
	if (x->l.moves)
		cg_emit_ask(p);
	if (x->namespaces) {
		given->pidfd = plan_fd(p, PLAN_FD_GIVEN, "the container's init", 0, 0, NULL);
		ns_emit_exec(p, given->pidfd, x->namespaces);
	}
	if (po->fork == RT_FORK_FIRST)
		PLAN_EMIT(p, OP_FORK, NULL, 0);
	emit_root(x, p);
	given->n_tasks = cg_emit_join_running(x->l.cg, p, &given->first_task);
	rt_process_emit_early(pr, lin, po, p);
	if (pr->terminal)
		rootfs_emit_exec_console(p, &po->console_slave, pr->console_height,
					 pr->console_width);
	rt_process_emit_ready(pr, lin, po, p);
	rt_process_emit_final(pr, lin, po, p);
}

/* exec can only add to what the container is under. */
static int read_landlock(struct exec *x, struct rt_process_options *po, struct husk_error *err)
{
	struct rt_landlock *own;

	if (rt_launch_landlock(&x->l, x->l.state.landlock, "the container's Landlock rules",
			       &x->l.landlock, err) < 0 ||
	    rt_launch_landlock(&x->l, x->opts->landlock, "landlock", &own, err) < 0)
		return -err->sys;
	po->landlock[0] = x->l.landlock;
	po->landlock[1] = own;
	if (own)
		x->l.landlock = own;
	return 0;
}

/*
 * Those made for the container differ from ours, so they need not be looked at.  Who has gone into one
 * before he called us may join it once more, but for a user namespace.  The network may be another than
 * config.json says (--network), even ours: only a privileged caller can join that again.
 */
static uint64_t made_for_it(const struct rt_launch *l)
{
	const struct oci_linux *lin = &l->config.linux_;
	uint64_t made = 0;

	for (size_t i = 0; i < lin->n_namespaces; i++) {
		if (!lin->namespaces[i].path)
			made |= lin->namespaces[i].type;
	}
	made &= ~(uint64_t)CLONE_NEWUSER;
	if (!l->h->privileged || oci_namespace_get(lin, CLONE_NEWUSER))
		made &= ~(uint64_t)CLONE_NEWNET;
	return made;
}

static int decide(struct exec *x, struct husk_error *err)
{
	struct rt_launch *l = &x->l;
	struct rt_process_options po;
	struct plan p;
	int ret;

	l->moves = cg_comes_from_outside_running(l->cg);
	l->cgroup_sub = x->opts->cgroup;
	if (l->state.network && l->state.network->egress_list &&
	    ns_network_check_caps(x->process->capabilities, "exec", err) < 0)
		return -err->sys;
	if (rt_process_check(x->process, &l->config.linux_, err) < 0 ||
	    rt_lsm_check(x->process, err) < 0 ||
	    ns_differing(x->c->state.pid, made_for_it(l), &x->namespaces, err) < 0)
		return -err->sys;
	po = (struct rt_process_options){
		.id = l->id,
		.exec = true,
		.userns = (x->namespaces & CLONE_NEWUSER) || !l->h->first_userns,
		.privileged = l->h->privileged,
		.new_keyring = !x->c->state.no_new_keyring,
		.no_apparmor = !rt_lsm_apparmor(),
		.console_slave = PLAN_NO_FD,
	};
	if (rt_launch_filter(l, &po, err) < 0 || read_landlock(x, &po, err) < 0)
		return -err->sys;
	/* The kernel puts only children into a pid namespace that is joined. */
	if (x->namespaces & CLONE_NEWPID)
		po.fork = rt_process_fork(x->process, &po);
	ret = plan_init(&p, err);
	if (ret == 0) {
		emit(x, &po, &p);
		ret = rt_launch_take_plan(l, &p, err);
	}
	plan_done(&p);
	return ret;
}

static int open_given(struct exec *x, int *v2_fd, struct husk_error *err)
{
	struct rt_launch *l = &x->l;
	cleanup_free int *tasks = NULL;
	size_t n = 0;

	if (l->given.pidfd != PLAN_NO_FD) {
		l->fds[l->given.pidfd] = fcntl(x->c->pidfd, F_DUPFD_CLOEXEC, 3);
		if (l->fds[l->given.pidfd] < 0)
			return err_sys(err, "duplicate the container's pidfd");
	}
	if (cg_open_tasks(l->cg, x->opts->cgroup, &tasks, &n, err) < 0)
		return err_ctx(err, "cgroups");
	for (size_t i = 0; i < n; i++)
		l->fds[l->given.first_task + i] = tasks[i];
	*v2_fd = cg_open_v2(l->cg, x->opts->cgroup, err);
	return *v2_fd < -1 ? err_ctx(err, "cgroups") : 0;
}

/*
 * A service manager in the container has moved its processes down and passes controllers on: then
 * the container's own cgroup takes none (EBUSY), and we go where its init is.
 */
static int spawn(struct exec *x, int v2, struct husk_error *err)
{
	cleanup_close int lower = -1;
	int ret = rt_launch_spawn(&x->l, x->l.moves ? -1 : v2, x->opts->preserve_fds, err);

	if (ret != -EBUSY || x->opts->cgroup)
		return ret;
	lower = cg_open_v2_of(x->l.cg, x->c->state.pid, err);
	if (lower < 0)
		return -err->sys;
	return rt_launch_spawn(&x->l, lower, x->opts->preserve_fds, err);
}

/* What was opened through /proc/PID was the container's as long as the number is its init's. */
static int still_there(const struct exec *x, struct husk_error *err)
{
	struct pollfd p = { .fd = x->c->pidfd, .events = POLLIN };

	if (poll(&p, 1, 0) == 0)
		return 0;
	return err_new(err, HUSK_E_STATE, ESRCH, "container \"%s\" has stopped meanwhile", x->c->id);
}

static int launch(struct exec *x, struct husk_error *err)
{
	struct rt_launch *l = &x->l;
	cleanup_close int v2 = -1;

	if (decide(x, err) < 0 || rt_launch_prepare(l, err) < 0 || open_given(x, &v2, err) < 0 ||
	    still_there(x, err) < 0 || spawn(x, v2, err) < 0)
		return -err->sys;
	if (rt_serve(l, true, err) < 0 ||
	    rt_hand_over(l, x->opts->console_socket, x->opts->pidfd_socket, err) < 0)
		return -err->sys;
	if (x->opts->pid_file)
		return rt_write_pid_file(x->opts->pid_file, l->pid, err);
	return 0;
}

static int run(struct exec *x, struct husk_process *out, struct husk_error *err)
{
	struct rt_launch *l = &x->l;
	int ret = rt_container_config(x->c, &l->config, err);

	if (ret < 0)
		return ret;
	l->has_config = true;
	ret = rt_container_filter(x->c, &l->config, err);
	if (ret < 0)
		return ret;
	rt_seccomp_receiver(&l->config, x->opts->seccomp_receiver);
	l->state = x->c->state;
	ret = rt_exec_process(&l->config, x->opts, &x->process, err);
	if (ret == 0)
		ret = rt_check_console(x->process, x->opts->console_socket, out != NULL, err);
	if (ret == 0)
		ret = rt_container_cgroup(x->c, &l->cg, err);
	if (ret < 0)
		return ret;
	x->c->cg = NULL;	/* the launch owns it now */
	ret = launch(x, err);
	if (ret < 0) {
		rt_launch_kill(l);
		/* The pointer would be into a document that is not config.json. */
		err->pointer[0] = '\0';
		return ret;
	}
	if (out) {
		*out = (struct husk_process){ .pid = l->pid, .pidfd = take_fd(&l->pidfd),
					      .console = -1, .notify = -1 };
		if (!x->opts->console_socket)
			out->console = take_fd(&l->console);
	}
	return 0;
}

int husk_exec(struct husk *h, const char *id, const struct husk_exec_options *opts,
	      struct husk_process *out, struct husk_error *err)
{
	struct container c;
	struct exec x = { .c = &c, .opts = opts };
	int ret = rt_container_load(h, id, false, &c, err);

	if (ret < 0)
		return ret;
	rt_launch_init(&x.l, h, id, NULL);
	if (c.status != RT_PAUSED || !opts->ignore_paused)
		ret = rt_container_allows(&c, RT_OP_EXEC, err);
	if (ret == 0)
		ret = run(&x, out, err);
	rt_launch_done(&x.l);
	rt_container_done(&c);
	return ret;
}
