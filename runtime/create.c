/*
 * `create` and `run`: make the container, and in `run` start it at once.
 *
 * The stages are a straight line; whatever fails, rt_undo() takes back what was done, in reverse.
 *
 * Uses: launch.h, container.h, cgroups.    Used by: the library's users.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fs.h"
#include "runtime/base/library.h"
#include "runtime/base/log.h"
#include "runtime/base/protocol.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/user.h"
#include "runtime/base/util.h"
#include "runtime/hooks.h"
#include "runtime/launch.h"
#include "runtime/lifecycle.h"
#include "runtime/network.h"
#include "runtime/notify.h"
#include "runtime/socket.h"
#include "runtime/stand_in.h"
#include "runtime/timeline.h"

/*
 * The rules of a seccomp profile are most of a config.json, and who reads it again has no use for them
 * but `exec`, which needs the filter that they were compiled to: that is kept instead.
 */
static int save_filter(struct rt_launch *l, const struct container *c, struct husk_error *err)
{
	const struct oci_config *config = &l->config;
	cleanup_str struct str text = { 0 };

	str_reserve(&text, l->config_len - config->rules_len + 3);
	str_add_n(&text, l->config_text, config->rules_at);
	str_add(&text, "[]");
	str_add(&text, l->config_text + config->rules_at + config->rules_len);
	if (text.failed)
		return err_nomem(err, "config.json");
	if (fs_write_new(c->dir_fd, RT_FILTER, l->filter, l->n_filter, 0600, err) < 0)
		return -err->sys;
	l->state.has_filter = true;
	return fs_write_new(c->dir_fd, "config.json", text.s, text.len, 0600, err);
}

/* The configuration as it is now counts until `delete` (runtime.md, "create", item 4). */
int rt_save_config(struct rt_launch *l, const struct container *c, struct husk_error *err)
{
	const struct oci_seccomp *s = l->config.linux_.seccomp;
	/* A filter that is watched is another one. */
	bool apart = l->config.rules_len > 0 && l->n_filter > 0 && s && !s->bpf && !l->trace;
	int ret = apart ? save_filter(l, c, err) :
			  fs_write_new(c->dir_fd, "config.json", l->config_text, l->config_len, 0600,
				       err);

	return ret < 0 ? err_ctx(err, "state directory") : 0;
}

static int make_cgroup(struct rt_launch *l, struct rt_stand_in *s, int *v2_fd,
		       struct husk_error *err)
{
	cleanup_free int *tasks = NULL;
	size_t n = 0;
	int ret;

	if (cg_needs_process(l->cg_plan) && rt_stand_in_start(l->h, s, err) < 0)
		return err_ctx(err, "cgroups");
	ret = cg_create(l->cg_plan, s->is_there ? s->l.pid : 0, &l->cg, err);
	if (ret < 0)
		return err_ctx(err, "cgroups");
	l->cgroup_text = cg_save(l->cg);
	if (!l->cgroup_text)
		return err_nomem(err, "cgroup");
	l->state.cgroup_state = l->cgroup_text;
	ret = cg_open_tasks(l->cg, NULL, &tasks, &n, err);
	if (ret < 0)
		return err_ctx(err, "cgroups");
	for (size_t i = 0; i < n; i++)
		l->fds[l->given.first_task + i] = tasks[i];
	if (l->given.delegate != PLAN_NO_FD) {
		l->fds[l->given.delegate] = cg_open_delegate(l->cg_plan, l->cg,
							    l->config.linux_.cgroup_delegate, err);
		if (l->fds[l->given.delegate] < 0)
			return err_ctx(err, "cgroups");
	}
	*v2_fd = cg_open_v2(l->cg, NULL, err);
	return *v2_fd < -1 ? err_ctx(err, "cgroups") : 0;
}

static int open_hook_output(struct rt_launch *l, uint32_t fd, const char *path,
			    struct husk_error *err)
{
	if (fd == PLAN_NO_FD)
		return 0;
	l->fds[fd] = rt_open_hook_output(path, err);
	return l->fds[fd] < 0 ? -err->sys : 0;
}

/* What the plan names as "given": the start socket, the memfd and the files for hooks. */
static int open_given(struct rt_launch *l, const struct container *c, struct husk_error *err)
{
	if (l->given.listener != PLAN_NO_FD) {
		int fd = sock_listen(c->dir_fd, "start.sock", SOCK_SEQPACKET, err);

		if (fd < 0)
			return fd;
		l->fds[l->given.listener] = fd;
	}
	if (l->opts->notify_socket && rt_notify_prepare(c, l->opts->notify_socket, err) < 0)
		return -err->sys;
	if (l->given.state != PLAN_NO_FD) {
		l->fds[l->given.state] = memfd_create("husk-state", MFD_CLOEXEC);
		if (l->fds[l->given.state] < 0)
			return err_sys(err, "memfd_create for hooks");
	}
	if (open_hook_output(l, l->given.hook_stdout, l->config.hooks.stdout_path, err) < 0 ||
	    open_hook_output(l, l->given.hook_stderr, l->config.hooks.stderr_path, err) < 0)
		return -err->sys;
	if (l->times) {
		l->fds[l->times->given] = rt_timeline_open(l->times, &l->view, err);
		if (l->fds[l->times->given] < 0)
			return -err->sys;
	}
	return 0;
}

int rt_hand_over(const struct rt_launch *l, const char *console_socket, const char *pidfd_socket,
		 struct husk_error *err)
{
	if (l->console >= 0 && console_socket &&
	    sock_hand_over(console_socket, "/dev/ptmx", l->console, err) < 0)
		return err_ctx(err, "console socket");
	if (pidfd_socket && sock_hand_over(pidfd_socket, "pidfd", l->pidfd, err) < 0)
		return err_ctx(err, "pidfd socket");
	return 0;
}

int rt_write_pid_file(const char *path, pid_t pid, struct husk_error *err)
{
	const char *base = strrchr(path, '/');
	cleanup_free char *dir = NULL;
	cleanup_close int fd = -1;
	char text[16];

	dir = base ? strndup(path, (size_t)(base - path)) : strdup(".");
	if (!dir)
		return err_nomem(err, "pid file");
	fd = open(*dir ? dir : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "pid file %s", path);
	(void)snprintf(text, sizeof(text), "%d", pid);
	if (fs_replace(fd, base ? base + 1 : path, text, strlen(text), 0644, err) < 0)
		return err_ctx(err, "pid file %s", path);
	return 0;
}

/* Name of the creator, as engines show it; the number where there is no name. */
static char *owner_name(void)
{
	char *out = geteuid() == 0 ? strdup("root") : user_name(geteuid());

	if (!out && asprintf(&out, "%u", geteuid()) < 0)
		return NULL;
	return out;
}

/* What the container's 0, 1 and 2 are, which it has from us: `checkpoint` tells `restore`. */
static void note_stdio(struct rt_launch *l)
{
	for (int fd = 0; fd < OCI_STDIO && !l->state.terminal; fd++) {
		char link[32], name[256];
		ssize_t n;

		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, name, sizeof(name) - 1);
		if (n <= 0 || n == (ssize_t)sizeof(name) - 1)
			continue;
		name[n] = '\0';
		l->state.stdio[fd] = arena_strdup(&l->config.arena, name);
	}
}

/* Write down what is known of the init; done while it works. */
static int stage(struct rt_launch *l, const struct container *c, struct husk_error *err)
{
	note_stdio(l);
	l->state.pid = l->pid;
	rt_identify(l->pid, l->pidfd, &l->state.pid_inode, &l->state.pid_start_time);
	if (!l->state.pid_inode && !l->state.pid_start_time)
		return err_new(err, HUSK_E_SYSTEM, ESRCH, "tell process %d from later ones of that "
			       "number: /proc/%d/stat cannot be read", l->pid, l->pid);
	if (!l->owner)
		l->owner = owner_name();
	l->state.owner = l->owner ? l->owner : "";
	return rt_container_stage(c, &l->state, err);
}

/* The init is ready: from here on the container exists for everybody. */
static int record(struct rt_launch *l, const struct container *c, pid_t staged,
		  struct husk_error *err)
{
	/* A FORK step has made it another process, or it has got a network. */
	if ((l->pid != staged || ns_network_makes(l->network)) && stage(l, c, err) < 0)
		return -err->sys;
	if (rt_hand_over(l, l->opts->console_socket, l->opts->pidfd_socket, err) < 0 ||
	    rt_hand_over(l, NULL, l->config.pidfd_receiver, err) < 0 ||
	    rt_container_commit(c, err) < 0)
		return -err->sys;
	if (l->opts->pid_file && rt_write_pid_file(l->opts->pid_file, l->pid, err) < 0)
		return -err->sys;
	l->wrote_pid_file = l->opts->pid_file != NULL;
	return 0;
}

/*
 * The init is in its cgroup, if there was one who stood in for it.  An init that has failed by now
 * leaves the scope empty, and systemd removes it: why it failed is still to be told.
 */
static int relieve(struct rt_launch *l, struct rt_stand_in *s, struct husk_error *err)
{
	int ret;

	if (!s->is_there)
		return 0;
	rt_stand_in_end(s);
	ret = cg_settle(l->cg_plan, l->cg, err);
	return ret < 0 && ret != -ENOENT && ret != -ENODEV ? err_ctx(err, "cgroups") : 0;
}

static int take_ahead(struct rt_launch *l, struct husk_error *err)
{
	int fd;

	if (l->given.netns == PLAN_NO_FD)
		return 0;
	rt_timeline_stage(l->times, "wait for the network namespace");
	fd = ns_ahead_take(&l->ahead, err);
	l->fds[l->given.netns] = fd;
	return fd < 0 ? fd : 0;
}

static int launch(struct rt_launch *l, const struct container *c, struct rt_stand_in *s,
		  struct husk_error *err)
{
	cleanup_close int v2 = -1;
	pid_t staged;

	rt_timeline_stage(l->times, "write config.json, open sockets and files of the container");
	if (rt_save_config(l, c, err) < 0 || rt_network_files(l, c, err) < 0 ||
	    open_given(l, c, err) < 0)
		return -err->sys;
	rt_timeline_stage(l->times, "make the cgroup");
	if (make_cgroup(l, s, &v2, err) < 0)
		return -err->sys;
	/* After the cgroup was made, as its directories are what a cgroup mount may show. */
	rt_timeline_stage(l->times, "open what the plan wants of the host");
	if (rt_launch_prepare(l, err) < 0 || take_ahead(l, err) < 0)
		return -err->sys;
	if (rt_launch_spawn(l, l->moves ? -1 : v2, l->opts->preserve_fds, err) < 0)
		return -err->sys;
	staged = l->pid;
	/* Born in its v2 cgroup; others it has joined when it is ready. */
	if (v2 >= 0 && !l->moves && relieve(l, s, err) < 0)
		return -err->sys;
	rt_timeline_stage(l->times, "write state.json");
	if (stage(l, c, err) < 0)
		return -err->sys;
	rt_timeline_stage(l->times, "wait for husk-init");
	if (rt_serve(l, false, err) < 0 || relieve(l, s, err) < 0)
		return -err->sys;
	rt_timeline_stage(l->times, "record the container");
	if (record(l, c, staged, err) < 0)
		return -err->sys;
	return l->one_shot ? 0 : rt_say(l->sock, MSG_DETACH, err);
}

int rt_record(struct rt_launch *l, const struct container *c, struct husk_error *err)
{
	return record(l, c, /* staged= */ 0, err);
}

/* Take back everything, whatever it was that failed; the error stays the first one. */
void rt_undo(struct rt_launch *l, struct container *c)
{
	struct husk_error later;

	rt_launch_kill(l);
	if (l->wrote_pid_file)
		(void)unlink(l->opts->pid_file);
	if (l->cg && cg_destroy(l->cg, &later) < 0)
		log_warn("undo: %s, ignoring", later.msg);
	if (rt_network_down(l->h, c, &later) < 0)
		log_warn("undo: %s, ignoring", later.msg);
	/* runtime.md, lifecycle: poststop hooks run when a hook or the creation has failed. */
	if (l->state.pid && rt_run_hooks(&l->config, OCI_POSTSTOP, &l->state, "stopped", &later) < 0)
		log_warn("undo: %s, ignoring", later.msg);
	if (rt_container_remove(l->h, c, &later) < 0)
		log_warn("undo: %s, ignoring", later.msg);
}

void rt_give(struct rt_launch *l, struct husk_process *out)
{
	if (!out)
		return;
	*out = (struct husk_process){ .pid = l->pid, .pidfd = take_fd(&l->pidfd), .console = -1,
				      .notify = take_fd(&l->notify) };
	if (!l->opts->console_socket)
		out->console = take_fd(&l->console);
}

static int begin_timeline(struct rt_launch *l, struct husk_error *err)
{
	if (!l->opts->timeline)
		return 0;
	l->times = rt_timeline_new("read config.json");
	return l->times ? 0 : err_nomem(err, "timeline");
}

/* The container is there and stays, whether its timeline can be told or not. */
static void end_timeline(const struct rt_launch *l)
{
	if (!l->times)
		return;
	*l->opts->timeline = rt_timeline_finish(l->times, &l->view);
	if (!*l->opts->timeline)
		log_warn("no memory for the timeline, ignoring");
}

/*
 * `husk run` deletes what it has made, which its name might not be any more; and what it knows of it
 * need not be read again.  Without memory or descriptors for that it is deleted by name.
 */
static void keep(struct husk *h, struct rt_launch *l, struct container *c)
{
	struct container *own = h->one_shot && l->one_shot ? malloc(sizeof(*own)) : NULL, *old;

	if (!own)
		return;
	c->pidfd = fcntl(l->pidfd, F_DUPFD_CLOEXEC, 3);
	if (c->pidfd < 0 || flock(c->dir_fd, LOCK_UN) < 0) {
		free(own);
		return;
	}
	c->cg = take_ptr(&l->cg);
	c->state.no_poststop = l->state.no_poststop;
	c->has_state = true;
	*own = *c;
	*c = (struct container){ .dir_fd = -1, .pidfd = -1 };
	(void)pthread_mutex_lock(&h->lock);
	old = h->own;
	h->own = own;
	(void)pthread_mutex_unlock(&h->lock);
	rt_container_free(old);
}

/*
 * The static program cannot load what this container needs; all that is done so far is undone by
 * forgetting it.
 */
static int check_libraries(struct rt_launch *l, struct husk_error *err)
{
	struct husk_error ignored;

	if ((ns_network_makes(l->network) || l->config.linux_.n_net_devices > 0) &&
	    library_check("libmnl", err) < 0)
		return -err->sys;
	/* Whom /etc/passwd does not list, the name service may. */
	if (geteuid() == 0 || library_check("the name service", &ignored) == 0)
		return 0;
	l->owner = user_name(geteuid());
	return l->owner || !user_may_be_elsewhere(geteuid()) ? 0 : library_check("the name service", err);
}

static int create(struct husk *h, const char *id, const struct husk_create_options *opts,
		  bool one_shot, struct husk_process *out, struct husk_error *err)
{
	static const struct husk_create_options none;
	struct container c = { .dir_fd = -1, .pidfd = -1 };
	struct rt_stand_in stand_in = { .is_there = false };
	struct rt_launch l;
	int ret;

	rt_launch_init(&l, h, id, opts ? opts : &none);
	l.one_shot = one_shot;
	l.is_served = one_shot && out;
	l.trace = l.opts->trace;
	ret = begin_timeline(&l, err);
	if (ret == 0 && !one_shot && l.trace)
		ret = err_new(err, HUSK_E_CONFIG, EINVAL, "trace: only husk_run() can be traced");
	if (ret == 0)
		ret = rt_check_id(id, err);
	if (ret == 0 && h->cgroup_manager == CG_SYSTEMD)
		ret = library_check("libsystemd", err);
	if (ret == 0)
		ret = rt_launch_read(&l, err);
	if (ret == 0)
		ret = check_libraries(&l, err);
	if (ret == 0)
		ns_ahead_begin(&l.ahead, &l.config, h->privileged);
	rt_timeline_stage(l.times, "make the state directory");
	if (ret == 0)
		ret = rt_container_create(h, id, &c, err);
	if (ret < 0)
		goto out;
	/* What another has left, and cannot be removed now, is not ours to undo either. */
	if (c.inherited)
		ret = rt_network_down(h, &c, err);
	if (ret < 0)
		goto out;
	rt_timeline_stage(l.times, "decide: the launch plan");
	ret = rt_launch_decide(&l, err);
	if (ret == 0)
		ret = launch(&l, &c, &stand_in, err);
	rt_stand_in_end(&stand_in);
	if (ret == 0 && one_shot)
		ret = rt_go(&l, c.dir_fd, err);
	if (ret < 0) {
		rt_undo(&l, &c);
	} else {
		keep(h, &l, &c);
		rt_give(&l, out);
		end_timeline(&l);
	}
out:
	rt_container_done(&c);
	rt_launch_done(&l);
	return ret;
}

int husk_create(struct husk *h, const char *id, const struct husk_create_options *opts,
		struct husk_process *out, struct husk_error *err)
{
	return create(h, id, opts, false, out, err);
}

int husk_run(struct husk *h, const char *id, const struct husk_create_options *opts,
	     struct husk_process *out, struct husk_error *err)
{
	return create(h, id, opts, true, out, err);
}
