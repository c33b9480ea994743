/*
 * `checkpoint`: the processes of a container to files, by criu.
 *
 * criu itself freezes the container, in the cgroup that it is told, and lets it go on when it fails;
 * a criu that was killed cannot, so that is seen to here.
 *
 * Uses: criu.h, container.h, cgroups.    Used by: the library's users.
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
#include "runtime/container.h"
#include "runtime/criu/criu.h"
#include "runtime/lifecycle.h"
#include "runtime/network.h"
#include "runtime/notify.h"

struct checkpoint {
	struct husk *h;
	struct container *c;
	const struct husk_criu_options *opts;
	struct oci_config config;	/* its arena is ours, too */
	struct criu_dirs dirs;
	int root;			/* the container's "/" */
	struct criu_talk talk;
};

/* ---- what is asked for -------------------------------------------------------------------------- */

static int check_options(const struct husk_criu_options *o, struct husk_error *err)
{
	int flags;

	if (o->parent_path && *o->parent_path == '/')
		return err_new(err, HUSK_E_CONFIG, EINVAL, "--parent-path should be relative to "
			       "--image-path: \"%s\"", o->parent_path);
	if (o->page_server_address && (!*o->page_server_address || o->page_server_port < 1 ||
				       o->page_server_port > 65535))
		return err_new(err, HUSK_E_CONFIG, EINVAL, "page server \"%s\", port %u: expected an "
			       "address and a port from 1 to 65535", o->page_server_address,
			       o->page_server_port);
	if (o->status_fd <= 0)
		return 0;
	flags = fcntl(o->status_fd, F_GETFL);
	if (flags < 0)
		return err_new(err, HUSK_E_CONFIG, EBADF, "invalid --status-fd argument %d: %s",
			       o->status_fd, strerror(errno));
	if ((flags & O_ACCMODE) == O_RDONLY)
		return err_new(err, HUSK_E_CONFIG, EBADF,
			       "invalid --status-fd argument %d: not writable", o->status_fd);
	return 0;
}

/* The images that this dump only adds to. */
static int check_parent(const struct checkpoint *k, struct husk_error *err)
{
	const char *parent = k->opts->parent_path;
	struct stat st;

	if (!parent || !*parent)
		return 0;
	if (fstatat(k->dirs.images, parent, &st, 0) < 0)
		return err_sys(err, "invalid --parent-path: %s", parent);
	if (S_ISDIR(st.st_mode))
		return 0;
	return err_new(err, HUSK_E_CONFIG, ENOTDIR, "invalid --parent-path: %s: %s", parent,
		       strerror(ENOTDIR));
}

/* ---- what is outside ------------------------------------------------------------------------------ */

static int path_of(int fd, char *out, size_t size)
{
	char link[32];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, out, size);
	if (n <= 0 || n >= (ssize_t)size)
		return -ENAMETOOLONG;
	out[n] = '\0';
	return 0;
}

/* Where the container's @inside is, after links; false: nowhere, or not to be told.  Only a name for
 * criu: what it then stands for says the configuration at restore. */
static bool resolve(const struct checkpoint *k, const char *inside, struct stat *st, char out[PATH_MAX])
{
	cleanup_close int fd = sys_openat2(k->root, inside, O_PATH | O_CLOEXEC, 0,
					   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	char root[PATH_MAX];
	size_t len;

	if (fd < 0 || fstat(fd, st) < 0 || path_of(fd, out, PATH_MAX) < 0 ||
	    path_of(k->root, root, sizeof(root)) < 0)
		return false;
	/* Without a pivot_root(2) its "/" is not that of its mount namespace. */
	len = strcmp(root, "/") == 0 ? 0 : strlen(root);
	if (strncmp(out, root, len) != 0 || out[len] != '/')
		return false;
	memmove(out, out + len, strlen(out + len) + 1);
	return true;
}

static void put_external(struct str *b, const char *at, const char *name)
{
	struct str text cleanup_str = { 0 };

	str_printf(&text, "mnt[%s]:%s", at, name);
	b->failed = b->failed || text.failed;
	pb_bytes(b, CRIU_O_EXTERNAL, text.s ? text.s : "", text.len);
}

static int put_mounts(const struct checkpoint *k, const struct criu_mount *m, size_t n,
		      struct str *b)
{
	char at[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < n; i++)
		put_external(b, resolve(k, m[i].inside, &st, at) ? at : m[i].inside, m[i].inside);
	/* Masked directories are covered by a file system of the container's own. */
	for (size_t i = 0; i < k->config.linux_.n_masked_paths; i++) {
		if (resolve(k, k->config.linux_.masked_paths[i], &st, at) && !S_ISDIR(st.st_mode))
			put_external(b, at, "/dev/null");
	}
	if (faccessat(k->c->dir_fd, NOTIFY_DIR, F_OK, 0) == 0)
		put_external(b, CRIU_NOTIFY_PATH, CRIU_NOTIFY_PATH);
	return 0;
}

static int put_externals(struct checkpoint *k, struct str *b, struct husk_error *err)
{
	struct cg_options co = { .manager = k->h->cgroup_manager, .id = k->c->id };
	const struct cg_mount *cgroups = NULL;
	struct cg_plan *plan = NULL;
	struct criu_mount *mounts;
	size_t n_cgroups, n;
	int ret = cg_plan_new(&k->config.linux_, &co, &plan, err);

	if (ret < 0)
		return ret;
	n_cgroups = cg_mounts(plan, &cgroups);
	ret = criu_external_mounts(&k->config, k->c->state.bundle, cgroups, n_cgroups,
				   &k->config.arena, &mounts, &n, err);
	if (ret == 0)
		ret = put_mounts(k, mounts, n, b);
	cg_plan_free(plan);
	return ret;
}

/* Namespaces that others have made: they are to be there at restore. */
static int put_namespaces(const struct checkpoint *k, struct str *b, struct husk_error *err)
{
	const struct oci_linux *lin = &k->config.linux_;

	for (size_t i = 0; i < lin->n_namespaces; i++) {
		const struct oci_namespace *ns = &lin->namespaces[i];
		const char *key = criu_ns_key(ns->type);
		char text[96];
		struct stat st;

		if (!ns->path || !key)
			continue;
		if (stat(ns->path, &st) < 0)
			return err_sys(err, "%s namespace %s", criu_ns_name(ns->type), ns->path);
		(void)snprintf(text, sizeof(text), "%s[%llu]:%s", criu_ns_name(ns->type),
			       (unsigned long long)st.st_ino, key);
		pb_text(b, CRIU_O_EXTERNAL, text);
	}
	return 0;
}

/* ---- the request ---------------------------------------------------------------------------------- */

static void put_page_server(const struct husk_criu_options *o, struct str *b)
{
	struct str server cleanup_str = { 0 };

	if (!o->page_server_address)
		return;
	pb_text(&server, 1, o->page_server_address);
	pb_number(&server, 2, o->page_server_port);
	b->failed = b->failed || server.failed;
	pb_bytes(b, CRIU_O_PAGE_SERVER, server.s ? server.s : "", server.len);
}

static int put_freezer(struct checkpoint *k, struct str *b, struct husk_error *err)
{
	cleanup_free char *path = NULL;
	struct cgroup *cg;
	int ret = rt_container_cgroup(k->c, &cg, err);

	if (ret < 0)
		return ret;
	path = cg_freezer_path(cg);
	if (path)
		pb_text(b, CRIU_O_FREEZE_CGROUP, path);
	return 0;
}

static int put_options(struct checkpoint *k, struct str *b, struct husk_error *err)
{
	const struct husk_criu_options *o = k->opts;

	criu_common_options(b, o, &k->dirs, criu_config_file(o, &k->config));
	pb_number(b, CRIU_O_PID, (uint64_t)k->c->state.pid);
	if (k->c->state.rootfs)
		pb_text(b, CRIU_O_ROOT, k->c->state.rootfs);
	pb_flag(b, CRIU_O_LEAVE_RUNNING, o->leave_running);
	pb_flag(b, CRIU_O_TCP_SKIP_IN_FLIGHT, o->tcp_skip_in_flight);
	if (o->parent_path && *o->parent_path) {
		pb_text(b, CRIU_O_PARENT_IMG, o->parent_path);
		pb_flag(b, CRIU_O_TRACK_MEM, true);
	}
	put_page_server(o, b);
	if (put_freezer(k, b, err) < 0 || put_namespaces(k, b, err) < 0)
		return -err->sys;
	/* A pre-dump is of memory alone. */
	return o->pre_dump ? 0 : put_externals(k, b, err);
}

static int notify(void *data, const struct criu_response *r, int *fd, struct husk_error *err)
{
	const struct checkpoint *k = data;

	(void)fd;
	if (strcmp(r->script, "status-ready") != 0 || k->opts->status_fd <= 0)
		return 0;
	if (write(k->opts->status_fd, "", 1) < 0)
		return err_sys(err, "write to --status-fd %d", k->opts->status_fd);
	return 0;
}

/* What 0, 1 and 2 were, for `restore`: under runc's name. */
static int write_stdio(const struct checkpoint *k, struct husk_error *err)
{
	cleanup_free char *text = oci_stdio_write(k->c->state.stdio);

	if (!text)
		return err_nomem(err, CRIU_STDIO);
	return fs_replace(k->dirs.images, CRIU_STDIO, text, strlen(text), 0600, err);
}

static int dump(struct checkpoint *k, struct husk_error *err)
{
	const struct husk_criu_options *o = k->opts;
	const struct criu_needs needs[] = {
		{ true, 31100, "checkpoint" },
		{ o->status_fd > 0, 31500, "--status-fd" },
		{ o->network_lock == HUSK_CRIU_LOCK_NFTABLES, 31700, "--network-lock=nftables" },
		{ o->network_lock == HUSK_CRIU_LOCK_SKIP, 31900, "--network-lock=skip" },
	};
	const struct criu_start start = { .path = o->criu, .in = o->shell_job ? STDIN_FILENO : -1 };
	struct str request cleanup_str = { 0 };
	struct criu_response answer;

	if (put_options(k, &request, err) < 0)
		return -err->sys;
	if (request.failed)
		return err_nomem(err, "request to criu");
	if (criu_start(&k->talk, &start, err) < 0 ||
	    criu_check(&k->talk, needs, ARRAY_SIZE(needs), err) < 0)
		return -err->sys;
	if (!o->pre_dump && write_stdio(k, err) < 0)
		return -err->sys;
	return criu_run(&k->talk, o->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP, &request, &answer, err);
}

/* ---- the whole ------------------------------------------------------------------------------------ */

/* A criu that was killed leaves the container frozen. */
static void let_go_on(struct checkpoint *k)
{
	struct husk_error err;
	struct cgroup *cg;

	if (k->c->status != RT_RUNNING || rt_container_cgroup(k->c, &cg, &err) < 0 ||
	    !cg_is_frozen(cg))
		return;
	if (cg_freeze(cg, false, &err) < 0)
		log_warn("%s, ignoring", err.msg);
}

static int open_container_root(struct checkpoint *k, struct husk_error *err)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/%d/root", k->c->state.pid);
	k->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (k->root < 0)
		return err_sys(err, "open the container's root, %s", path);
	/* Of that process, and no later one of its number? */
	if (sys_pidfd_send_signal(k->c->pidfd, 0, 0) < 0)
		return err_new(err, HUSK_E_STATE, ESRCH, "container \"%s\" has just ended", k->c->id);
	return 0;
}

static int checkpoint(struct checkpoint *k, struct husk_error *err)
{
	int ret = check_options(k->opts, err);

	if (ret == 0)
		ret = open_container_root(k, err);
	if (ret == 0)
		ret = criu_dirs_open(k->opts, "dump.log", true, &k->dirs, err);
	if (ret == 0)
		ret = check_parent(k, err);
	if (ret < 0)
		return ret;
	criu_talk_init(&k->talk, "dump", &k->dirs, k->opts->cancel_fd);
	k->talk.notify = notify;
	k->talk.data = k;
	k->talk.wants_mem_track = k->opts->pre_dump;
	k->talk.wants_lazy_pages = k->opts->lazy_pages;
	ret = dump(k, err);
	criu_talk_done(&k->talk);
	if (ret < 0)
		let_go_on(k);
	return ret;
}

/* The images are there: whatever happens now, the checkpoint has succeeded. */
static void clean_up(struct husk *h, struct container *c)
{
	struct husk_error err;

	if (rt_destroy(h, c, &err) < 0)
		log_warn("delete container \"%s\" after its checkpoint: %s, ignoring", c->id, err.msg);
}

static int checkpoint_loaded(struct husk *h, struct container *c,
			     const struct husk_criu_options *opts, struct husk_error *err)
{
	struct checkpoint k = { .h = h, .c = c, .opts = opts, .dirs = { -1, -1, NULL, NULL },
				.root = -1 };
	int ret = rt_container_allows(c, RT_OP_CHECKPOINT, err);

	if (ret == 0)
		ret = rt_container_config(c, &k.config, err);
	if (ret < 0)
		return ret;
	ret = checkpoint(&k, err);
	criu_dirs_done(&k.dirs);
	if (k.root >= 0)
		(void)close(k.root);
	oci_config_done(&k.config);
	return ret;
}

int husk_checkpoint(struct husk *h, const char *id, const struct husk_criu_options *opts,
		    struct husk_error *err)
{
	static const struct husk_criu_options none;
	struct container c;
	int ret;

	if (!opts)
		opts = &none;
	ret = rt_container_load(h, id, true, &c, err);
	if (ret < 0)
		return ret;
	ret = criu_check_caller(h, "checkpoint", err);
	if (ret == 0)
		ret = rt_network_refuse_checkpoint(&c, err);
	if (ret == 0 && c.state.landlock)
		ret = criu_refuse_landlock(err);
	if (ret == 0)
		ret = checkpoint_loaded(h, &c, opts, err);
	if (ret == 0 && !opts->leave_running && !opts->pre_dump)
		clean_up(h, &c);
	rt_container_done(&c);
	return ret < 0 ? err_ctx(err, "checkpoint of container \"%s\"", id) : 0;
}
