/*
 * `restore`: a container from its bundle and the images that `checkpoint` wrote, by criu.
 *
 *   read, decide   as `create` does: every error of the configuration comes before anything is made
 *   start criu     in a mount namespace with the root; it waits for a request
 *   cgroup         made, and criu put into it: what it makes is born there, and limited
 *   request        criu makes the processes, and asks us on the way for hooks and the terminal
 *   record         state.json, pid file, poststart hooks
 *
 * Uses: criu.h, launch.h, lifecycle.h.    Used by: the library's users.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/stat.h>

#include "cgroups/cgroups.h"
#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/criu/criu.h"
#include "runtime/hooks.h"
#include "runtime/launch.h"
#include "runtime/lifecycle.h"
#include "runtime/network.h"
#include "runtime/notify.h"
#include "runtime/criu/restore_root.h"

enum { MAX_STDIO = 64 << 10, N_STDIO = OCI_STDIO };

struct restore {
	struct rt_launch l;
	struct container c;
	const struct husk_criu_options *opts;
	struct criu_dirs dirs;
	char *root;			/* where criu finds the root filesystem */
	char *rootfs;
	int ns_fd[2];			/* network and pid namespace to go into, or -1 */
	struct criu_talk talk;
};

/* ---- the request ------------------------------------------------------------------------------ */

static void put_inherited(struct str *b, const char *key, unsigned fd)
{
	struct str pair cleanup_str = { 0 };

	pb_text(&pair, 1, key);
	pb_number(&pair, 2, fd);
	b->failed = b->failed || pair.failed;
	pb_bytes(b, CRIU_O_INHERIT_FD, pair.s ? pair.s : "", pair.len);
}

/* Pipes that were 0, 1 and 2 are replaced by ours.  In criu they are 4, 5 and 6: its own 1 and 2 are
 * where it complains. */
static int put_stdio(struct restore *r, struct str *b, struct husk_error *err)
{
	cleanup_close int fd = openat(r->dirs.images, CRIU_STDIO, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
				      O_CLOEXEC);
	cleanup_free char *text = NULL;
	const char *stdio[OCI_STDIO];
	size_t len;

	if (fd < 0 && errno == ENOENT) {
		log_warn("the images have no " CRIU_STDIO ": standard streams that were pipes cannot "
			 "be connected, ignoring");
		return 0;
	}
	if (fd < 0)
		return err_sys(err, "open %s of the images", CRIU_STDIO);
	if (fs_read_fd(fd, CRIU_STDIO, MAX_STDIO, &text, &len, err) < 0)
		return -err->sys;
	if (oci_stdio_parse(text, len, &r->l.config.arena, stdio, err) < 0)
		return err_ctx(err, "%s of the images", CRIU_STDIO);
	for (unsigned i = 0; i < N_STDIO; i++) {
		if (str_starts(stdio[i], "pipe:"))
			put_inherited(b, stdio[i], CRIU_FIRST_FD + i);
	}
	return 0;
}

/* Those joined by path: network and pid by descriptor, the others criu opens itself. */
static int put_namespaces(struct restore *r, struct str *b, struct husk_error *err)
{
	const struct oci_linux *lin = &r->l.config.linux_;
	unsigned n = 0;

	for (size_t i = 0; i < lin->n_namespaces; i++) {
		const struct oci_namespace *ns = &lin->namespaces[i];
		const char *key = criu_ns_key(ns->type), *name = criu_ns_name(ns->type);

		if (!ns->path)
			continue;
		if (ns->type == CLONE_NEWCGROUP)
			return err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP,
				       "criu cannot restore into a cgroup namespace by path (%s)",
				       ns->path);
		if (!key) {
			pb_pair(b, CRIU_O_JOIN_NS, name, ns->path);
			continue;
		}
		if (n == ARRAY_SIZE(r->ns_fd))
			continue;	/* specs/ refuses a kind that is there twice */
		r->ns_fd[n] = open(ns->path, O_RDONLY | O_CLOEXEC);
		if (r->ns_fd[n] < 0)
			return err_sys(err, "%s namespace %s", name, ns->path);
		put_inherited(b, key, CRIU_FIRST_FD + N_STDIO + n++);
	}
	return 0;
}

static void put_external(struct str *b, const char *name, const char *source)
{
	struct str text cleanup_str = { 0 };

	str_printf(&text, "mnt[%s]:%s", name, source);
	b->failed = b->failed || text.failed;
	pb_bytes(b, CRIU_O_EXTERNAL, text.s ? text.s : "", text.len);
}

static int put_externals(struct restore *r, struct str *b, struct husk_error *err)
{
	const struct rt_launch *l = &r->l;
	const struct cg_mount *cgroups = NULL;
	size_t n_cgroups = cg_mounts(l->cg_plan, &cgroups), n;
	struct criu_mount *mounts;
	char *notify;

	/* What masks files, /dev/null, is among the devices. */
	if (criu_external_mounts(&l->config, l->bundle, cgroups, n_cgroups, &r->l.config.arena,
				 &mounts, &n, err) < 0)
		return -err->sys;
	for (size_t i = 0; i < n; i++)
		put_external(b, mounts[i].inside, mounts[i].source);
	if (!l->opts->notify_socket)
		return 0;
	notify = arena_printf(&r->l.config.arena, "%s/%s/" NOTIFY_DIR, l->h->root, l->id);
	if (!notify)
		return err_nomem(err, "notify socket");
	put_external(b, CRIU_NOTIFY_PATH, notify);
	return 0;
}

static int put_options(struct restore *r, struct str *b, struct husk_error *err)
{
	const struct husk_criu_options *o = r->opts;

	criu_common_options(b, o, &r->dirs, criu_config_file(o, &r->l.config));
	pb_text(b, CRIU_O_ROOT, r->root);
	pb_flag(b, CRIU_O_EVASIVE_DEVICES, true);
	/* A child of ours, not of criu, which is about to end. */
	pb_flag(b, CRIU_O_RST_SIBLING, true);
	pb_flag(b, CRIU_O_TCP_CLOSE, o->tcp_close);
	if (o->lsm_profile)
		pb_text(b, CRIU_O_LSM_PROFILE, o->lsm_profile);
	if (o->lsm_mount_context)
		pb_text(b, CRIU_O_LSM_MOUNT_CONTEXT, o->lsm_mount_context);
	if (put_stdio(r, b, err) < 0 || put_namespaces(r, b, err) < 0 || put_externals(r, b, err) < 0)
		return -err->sys;
	return b->failed ? err_nomem(err, "request to criu") : 0;
}

/* ---- the cgroup ------------------------------------------------------------------------------- */

static int write_pid(int fd, pid_t pid, const char *what, struct husk_error *err)
{
	char text[16];
	int ret;

	(void)snprintf(text, sizeof(text), "%d", pid);
	ret = fs_write_all(fd, text, strlen(text));
	if (ret == 0)
		return 0;
	errno = -ret;
	return err_sys(err, "put criu into the container's cgroup: write %s", what);
}

static int join_cgroup(struct rt_launch *l, pid_t pid, struct husk_error *err)
{
	cleanup_close int v2 = cg_open_v2(l->cg, NULL, err), procs = -1;
	cleanup_free int *tasks = NULL;
	size_t n = 0;
	int ret;

	if (v2 < -1)
		return v2;
	procs = v2 >= 0 ? openat(v2, "cgroup.procs", O_WRONLY | O_CLOEXEC) : -1;
	if (v2 >= 0 && procs < 0)
		return err_sys(err, "open the container's cgroup.procs");
	ret = procs >= 0 ? write_pid(procs, pid, "cgroup.procs", err) : 0;
	if (ret == 0)
		ret = cg_open_tasks(l->cg, NULL, &tasks, &n, err);
	for (size_t i = 0; i < n; i++) {
		/* criu has but one thread. */
		if (ret == 0)
			ret = write_pid(tasks[i], pid, "tasks", err);
		(void)close(tasks[i]);
	}
	return ret;
}

/* Where each hierarchy's part of the images goes: to the container's cgroup, which criu is in, by
 * whatever name it was made; "N:CONTROLLER,...:PATH" a line. */
static int put_cgroup_roots(pid_t pid, struct str *b, struct husk_error *err)
{
	cleanup_free char *text = NULL;
	char path[40], *save = NULL;

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (fs_read(AT_FDCWD, path, 1 << 20, &text, NULL, err) < 0)
		return -err->sys;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *controllers = strchr(line, ':');
		char *at = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!at)
			continue;
		*at++ = '\0';
		for (char *c = controllers + 1, *end; c; c = end) {
			end = strchr(c, ',');
			if (end)
				*end++ = '\0';
			pb_pair(b, CRIU_O_CG_ROOT, c, at);
		}
	}
	return b->failed ? err_nomem(err, "cgroups") : 0;
}

static int make_cgroup(struct restore *r, struct str *b, struct husk_error *err)
{
	struct rt_launch *l = &r->l;

	/* criu is what a scope of systemd is started with. */
	if (cg_create(l->cg_plan, r->talk.pid, &l->cg, err) < 0)
		return err_ctx(err, "cgroups");
	l->cgroup_text = cg_save(l->cg);
	if (!l->cgroup_text)
		return err_nomem(err, "cgroup");
	l->state.cgroup_state = l->cgroup_text;
	if (join_cgroup(l, r->talk.pid, err) < 0)
		return err_ctx(err, "cgroups");
	if (r->opts->cgroups == HUSK_CRIU_CGROUPS_IGNORE)
		return 0;
	return put_cgroup_roots(r->talk.pid, b, err);
}

/* ---- what criu asks for ----------------------------------------------------------------------- */

/* From now on the process is ours to end. */
static int adopt(struct rt_launch *l, pid_t pid, struct husk_error *err)
{
	if (l->pidfd >= 0 && l->pid == pid)
		return 0;
	if (l->pidfd >= 0)
		(void)close(take_fd(&l->pidfd));
	if (pid <= 0)
		return err_new(err, HUSK_E_SYSTEM, EPROTO, "criu names the restored process %d", pid);
	l->pidfd = sys_pidfd_open(pid, 0);
	if (l->pidfd < 0)
		return err_sys(err, "pidfd of the restored process %d", pid);
	l->pid = pid;
	l->state.pid = pid;
	return 0;
}

static int run_hooks(struct rt_launch *l, struct husk_error *err)
{
	int ret = rt_run_hooks(&l->config, OCI_PRESTART, &l->state, "creating", err);

	return ret < 0 ? ret : rt_run_hooks(&l->config, OCI_CREATE_RUNTIME, &l->state, "creating",
					    err);
}

static int notify(void *data, const struct criu_response *r, int *fd, struct husk_error *err)
{
	struct rt_launch *l = data;
	int ret = 0;

	if (strcmp(r->script, "setup-namespaces") == 0) {
		ret = adopt(l, r->pid, err);
		return ret < 0 ? ret : run_hooks(l, err);
	}
	if (strcmp(r->script, "post-restore") == 0)
		return adopt(l, r->pid, err);
	if (strcmp(r->script, "orphan-pts-master") == 0) {
		if (*fd < 0)
			return err_new(err, HUSK_E_SYSTEM, EPROTO,
				       "criu sent no descriptor of the terminal's master");
		if (l->console >= 0)
			(void)close(l->console);
		l->console = take_fd(fd);
	}
	return 0;
}

/* ---- the whole -------------------------------------------------------------------------------- */

static int make_root(struct restore *r, struct husk_error *err)
{
	cleanup_free char *dir = NULL;

	r->rootfs = realpath(r->l.rootfs, NULL);
	if (!r->rootfs)
		return err_sys(err, "root filesystem %s", r->l.rootfs);
	if (mkdirat(r->c.dir_fd, RT_CRIU_ROOT, 0700) < 0)
		return err_sys(err, "mkdir %s", RT_CRIU_ROOT);
	if (asprintf(&dir, "%s/%s/" RT_CRIU_ROOT, r->l.h->root, r->l.id) < 0)
		dir = NULL;
	r->root = dir ? realpath(dir, NULL) : NULL;
	return r->root ? 0 : err_sys(err, "path of %s", RT_CRIU_ROOT);
}

static int start_criu(struct restore *r, struct husk_error *err)
{
	const struct husk_criu_options *o = r->opts;
	const struct criu_needs needs[] = {
		{ true, 31100, "restore" },
		{ o->lsm_profile != NULL, 31600, "--lsm-profile" },
		{ o->lsm_mount_context != NULL, 31600, "--lsm-mount-context" },
		{ o->network_lock == HUSK_CRIU_LOCK_NFTABLES, 31700, "--network-lock=nftables" },
		{ o->network_lock == HUSK_CRIU_LOCK_SKIP, 31900, "--network-lock=skip" },
	};
	struct restore_root root = { &r->l.config, r->l.bundle, r->rootfs, r->root, &r->dirs };
	const int fds[] = { 0, 1, 2, r->ns_fd[0], r->ns_fd[1] };
	const struct criu_start start = {
		.path = o->criu,
		.in = o->shell_job ? STDIN_FILENO : -1,
		.fds = fds,
		.n_fds = N_STDIO + (r->ns_fd[0] >= 0) + (r->ns_fd[1] >= 0),
		.mounts = restore_root_mount,
		.data = &root,
	};

	criu_talk_init(&r->talk, "restore", &r->dirs, o->cancel_fd);
	r->talk.notify = notify;
	r->talk.data = &r->l;
	r->talk.wants_lazy_pages = o->lazy_pages;
	if (criu_start(&r->talk, &start, err) < 0)
		return -err->sys;
	return criu_check(&r->talk, needs, ARRAY_SIZE(needs), err);
}

static int restore(struct restore *r, struct husk_error *err)
{
	struct str request cleanup_str = { 0 };
	struct criu_response answer;
	struct rt_launch *l = &r->l;
	int ret = rt_save_config(l, &r->c, err);

	if (ret == 0 && l->opts->notify_socket)
		ret = rt_notify_prepare(&r->c, l->opts->notify_socket, err);
	if (ret == 0)
		ret = make_root(r, err);
	if (ret == 0)
		ret = put_options(r, &request, err);
	if (ret == 0)
		ret = start_criu(r, err);
	if (ret == 0)
		ret = make_cgroup(r, &request, err);
	if (ret == 0)
		ret = criu_run(&r->talk, CRIU_RESTORE, &request, &answer, err);
	if (ret == 0)
		ret = adopt(l, answer.pid, err);
	if (ret == 0)
		ret = cg_settle(l->cg_plan, l->cg, err);
	(void)unlinkat(r->c.dir_fd, RT_CRIU_ROOT, AT_REMOVEDIR);
	if (ret == 0)
		ret = rt_record(l, &r->c, err);
	if (ret == 0)
		ret = rt_run_hooks(&l->config, OCI_POSTSTART, &l->state, "running", err);
	return ret;
}

static int restore_read(struct restore *r, struct husk_error *err)
{
	struct rt_launch *l = &r->l;
	int ret = rt_launch_decide(l, err);

	if (ret == 0)
		ret = restore(r, err);
	criu_talk_done(&r->talk);
	if (ret < 0)
		rt_undo(l, &r->c);
	return ret;
}

static void restore_done(struct restore *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(r->ns_fd); i++) {
		if (r->ns_fd[i] >= 0)
			(void)close(r->ns_fd[i]);
	}
	criu_dirs_done(&r->dirs);
	free(r->root);
	free(r->rootfs);
	rt_container_done(&r->c);
	rt_launch_done(&r->l);
}

int husk_restore(struct husk *h, const char *id, const struct husk_create_options *create,
		 const struct husk_criu_options *opts, struct husk_process *out,
		 struct husk_error *err)
{
	static const struct husk_create_options no_create;
	static const struct husk_criu_options no_opts;
	struct restore r = {
		.c = { .dir_fd = -1, .pidfd = -1 },
		.opts = opts ? opts : &no_opts,
		.dirs = { -1, -1, NULL, NULL },
		.ns_fd = { -1, -1 },
	};
	int ret;

	rt_launch_init(&r.l, h, id, create ? create : &no_create);
	criu_talk_init(&r.talk, "restore", &r.dirs, 0);
	/* There is nothing to wait for a start. */
	r.l.one_shot = true;
	r.l.is_served = out != NULL;
	ret = rt_check_id(id, err);
	if (ret == 0)
		ret = criu_check_caller(h, "restore", err);
	if (ret == 0)
		ret = rt_launch_read(&r.l, err);
	if (ret == 0)
		ret = rt_network_refuse_restore(&r.l, err);
	if (ret == 0 && r.l.landlock)
		ret = criu_refuse_landlock(err);
	if (ret == 0)
		ret = criu_dirs_open(r.opts, "restore.log", false, &r.dirs, err);
	if (ret == 0)
		ret = rt_container_create(h, id, &r.c, err);
	if (ret == 0)
		ret = restore_read(&r, err);
	if (ret == 0)
		rt_give(&r.l, out);
	restore_done(&r);
	return ret < 0 ? err_ctx(err, "restore container \"%s\"", id) : 0;
}
