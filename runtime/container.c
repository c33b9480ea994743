/*
 * The state directory of a container: see container.h.
 *
 * Uses: specs, cgroups.    Used by: every command of the runtime.
 */
#include "runtime/container.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "runtime/annotations.h"
#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/base/weak.h"
#include "runtime/notify.h"
#include "runtime/wait.h"

#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

/* state.json before its rename. */
#define STAGED "state.json.new"
#define STAGED_CONFIG "config.json.new"

/* An ID is the name of a directory. */
enum { MAX_STATE = 16 << 20, MAX_ID = NAME_MAX, MAX_FILTER = 1 << 20 };

static const char *const status_names[RT_STATUS_COUNT] = {
	[RT_CREATING] = "creating", [RT_CREATED] = "created", [RT_RUNNING] = "running",
	[RT_PAUSED] = "paused",	    [RT_STOPPED] = "stopped",
};

/*
 * What may be done in which state (runtime.md "Lifecycle"; delete of a created container kills
 * it, which engines rely on).
 */
static const unsigned allowed[RT_STATUS_COUNT] = {
	[RT_CREATING] = 0,
	[RT_CREATED] = RT_OP_START | RT_OP_KILL | RT_OP_DELETE | RT_OP_EXEC | RT_OP_PAUSE |
		       RT_OP_UPDATE | RT_OP_EVENTS,
	[RT_RUNNING] = RT_OP_KILL | RT_OP_EXEC | RT_OP_PAUSE | RT_OP_UPDATE | RT_OP_EVENTS |
		       RT_OP_CHECKPOINT,
	[RT_PAUSED] = RT_OP_KILL | RT_OP_RESUME | RT_OP_UPDATE | RT_OP_EVENTS | RT_OP_CHECKPOINT,
	[RT_STOPPED] = RT_OP_DELETE,
};

const char *rt_status_name(enum rt_status status)
{
	return status_names[status];
}

int rt_check_id(const char *id, struct husk_error *err)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_+.-";
	size_t len = id ? strlen(id) : 0;

	if (weakened("id"))
		return 0;
	if (len == 0 || len > MAX_ID || strspn(id, good) != len || strcmp(id, ".") == 0 ||
	    strcmp(id, "..") == 0)
		return err_new(err, HUSK_E_CONFIG, EINVAL,
			       "invalid container ID format: \"%.64s\"%s: 1 to %d characters of "
			       "[A-Za-z0-9_+.-], but not \".\" or \"..\"",
			       id ? id : "", len > 64 ? "..." : "", MAX_ID);
	return 0;
}

static int lock_dir(int fd, const char *id, struct husk_error *err)
{
	/* Hooks may call us while a command holds the lock, so waiting must end. */
	for (int i = 0; i < 1000; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(err, "lock the state of container \"%s\"", id);
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return err_new(err, HUSK_E_STATE, EBUSY,
		       "container \"%s\" is being changed by another command, for 10 s now", id);
}

/* 1: @name is there, 0: it is not; < 0: nobody knows, and to guess could cost a live container. */
static int exists(int dir_fd, const char *name, struct husk_error *err)
{
	if (faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : err_sys(err, "look for %s", name);
}

/* Was the directory removed between our look at its name and the lock? */
static bool is_removed(int dir_fd)
{
	struct stat st;

	return fstat(dir_fd, &st) == 0 && st.st_nlink == 0;
}

static int taken(const char *id, struct husk_error *err)
{
	return err_new(err, HUSK_E_EXISTS, EEXIST,
		       "container with given ID already exists: \"%s\"", id);
}

/* Open and lock a directory of ours, or one that a killed `create` left behind: its init ended with
 * it.  -ESTALE: it has just been removed. */
static int claim(int root, const char *id, bool made, struct husk_error *err)
{
	cleanup_close int fd = openat(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int used;

	if (fd < 0)
		return errno == ENOENT ? -ESTALE : err_sys(err, "open state directory \"%s\"", id);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? taken(id, err) :
					      err_sys(err, "lock the state of container \"%s\"", id);
	if (is_removed(fd))
		return -ESTALE;
	used = made ? 0 : exists(fd, "state.json", err);
	if (used)
		return used < 0 ? used : taken(id, err);
	if (!made) {
		(void)unlinkat(fd, "start.sock", 0);
		(void)unlinkat(fd, RT_EXIT_RECORD, 0);
		rt_notify_remove(fd);
		(void)unlinkat(fd, RT_CRIU_ROOT, AT_REMOVEDIR);
	}
	return take_fd(&fd);
}

/* The locked directory of a new container.  A `delete` of the same ID may remove it under our
 * hands; not often. */
static int make_and_claim(const struct husk *h, int root, const char *id, bool *inherited,
			  struct husk_error *err)
{
	int fd = -ESTALE;

	for (int i = 0; i < 100 && fd == -ESTALE; i++) {
		bool made = mkdirat(root, id, 0700) == 0;

		if (!made && errno != EEXIST)
			return err_sys(err, "mkdir %s/%s", h->root, id);
		fd = claim(root, id, made, err);
		if (made && fd < 0 && fd != -ESTALE && fd != -EEXIST)
			(void)unlinkat(root, id, AT_REMOVEDIR);
		*inherited = !made;
	}
	return fd == -ESTALE ? taken(id, err) : fd;
}

int rt_container_create(struct husk *h, const char *id, struct container *out,
			struct husk_error *err)
{
	cleanup_close int root = -1, fd = -1;
	bool inherited = false;

	if (rt_check_id(id, err) < 0)
		return -err->sys;
	root = rt_open_root(h, true, err);
	if (root < 0)
		return root;
	fd = make_and_claim(h, root, id, &inherited, err);
	if (fd < 0)
		return fd;

	*out = (struct container){ .dir_fd = -1, .pidfd = -1, .status = RT_CREATING,
				   .inherited = inherited };
	out->id = strdup(id);
	if (!out->id) {
		(void)unlinkat(root, id, AT_REMOVEDIR);
		return err_nomem(err, "container");
	}
	out->dir_fd = take_fd(&fd);
	return 0;
}

/* 0: not known. */
static uint64_t pidfs_inode(int pidfd)
{
	struct statfs sfs;
	struct stat st;

	if (fstatfs(pidfd, &sfs) < 0 || (uint32_t)sfs.f_type != PID_FS_MAGIC || fstat(pidfd, &st) < 0)
		return 0;
	return st.st_ino;
}

void rt_identify(pid_t pid, int pidfd, uint64_t *inode, uint64_t *start)
{
	*inode = pidfs_inode(pidfd);
	*start = *inode ? 0 : proc_start_time(pid);
}

int rt_open_init(const struct oci_state *s)
{
	cleanup_close int fd = s->pid > 0 ? sys_pidfd_open(s->pid, 0) : -1;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t is, was;

	if (fd < 0)
		return -1;
	/* By what was known when it was made. */
	is = s->pid_inode ? pidfs_inode(fd) : proc_start_time(s->pid);
	was = s->pid_inode ? s->pid_inode : s->pid_start_time;
	if (is != was) {
		/* Not known is not gone. */
		errno = is || poll(&p, 1, 0) > 0 ? ESRCH : EIO;
		return -1;
	}
	return take_fd(&fd);
}

/* *out: a pidfd of the container's init if that is still alive.  "Cannot tell" is an error: a live
 * container taken for a stopped one would be deleted. */
static int find_init(const struct oci_state *s, int *out, struct husk_error *err)
{
	cleanup_close int fd = rt_open_init(s);
	int ended;

	/* EINVAL, or ENOENT since Linux 6.15: the number is that of a thread by now. */
	if (fd < 0)
		return errno == ESRCH || errno == EINVAL || errno == ENOENT ?
			       0 : err_sys(err, "find process %d", s->pid);
	/* A zombie's pidfd is readable: it has ended, though nobody has reaped it. */
	ended = rt_wait_end(fd, 0, err);
	if (ended == 0)
		*out = take_fd(&fd);
	return ended < 0 ? ended : 0;
}

static int find_status(struct container *c, struct husk_error *err)
{
	struct husk_error ignored;
	struct cgroup *cg;
	int waits;

	c->status = RT_CREATING;
	if (!c->has_state)
		return 0;
	c->status = RT_STOPPED;
	if (c->state.pid <= 0)
		return 0;
	if (find_init(&c->state, &c->pidfd, err) < 0)
		return -err->sys;
	if (c->pidfd < 0)
		return 0;
	waits = exists(c->dir_fd, "start.sock", err);
	if (waits < 0)
		return waits;
	if (waits)
		c->status = RT_CREATED;
	else if (rt_container_cgroup(c, &cg, &ignored) == 0 && cg_is_frozen(cg))
		c->status = RT_PAUSED;
	else
		c->status = RT_RUNNING;
	return 0;
}

static int not_found(const char *id, struct husk_error *err)
{
	return err_new(err, HUSK_E_NOT_FOUND, ENOENT, "container does not exist: \"%s\"", id);
}

static int load_state(struct container *c, struct husk_error *err)
{
	cleanup_free char *text = NULL;
	struct husk_error why;
	size_t len;
	int ret = fs_read(c->dir_fd, "state.json", MAX_STATE, &text, &len, &why);

	/* A creation under way has none.  It may come into being now; a link to nowhere is an error. */
	if (ret == -ENOENT) {
		ret = exists(c->dir_fd, "state.json", &why);
		if (ret == 0)
			return 0;
		if (ret > 0)
			ret = fs_read(c->dir_fd, "state.json", MAX_STATE, &text, &len, &why);
	}
	if (ret == 0)
		ret = oci_state_parse(text, len, &c->state, &why);
	if (ret < 0) {
		*err = why;
		return err_ctx(err, "state of container \"%s\"", c->id);
	}
	c->has_state = true;
	return 0;
}

int rt_container_look(struct container *c, struct husk_error *err)
{
	int ret = load_state(c, err);

	if (ret == 0 && find_status(c, err) < 0)
		ret = err_ctx(err, "status of container \"%s\"", c->id);
	return ret;
}

int rt_container_lock(struct container *c, struct husk_error *err)
{
	int ret = lock_dir(c->dir_fd, c->id, err);

	return ret < 0 ? ret : !is_removed(c->dir_fd);
}

int rt_container_load(struct husk *h, const char *id, bool lock, struct container *out,
		      struct husk_error *err)
{
	cleanup_close int root = -1;

	if (rt_check_id(id, err) < 0)
		return -err->sys;
	root = rt_open_root(h, false, err);
	if (root == -ENOENT)
		return not_found(id, err);
	return root < 0 ? root : rt_container_load_at(root, id, lock, out, err);
}

int rt_container_load_at(int root, const char *id, bool lock, struct container *out,
			 struct husk_error *err)
{
	struct container c = { .dir_fd = -1, .pidfd = -1 };
	int ret, there = 1;

	if (rt_check_id(id, err) < 0)
		return -err->sys;
	c.dir_fd = openat(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c.dir_fd < 0 && errno == ENOENT)
		return not_found(id, err);
	if (c.dir_fd < 0)
		return err_sys(err, "state of container \"%s\"", id);
	c.id = strdup(id);
	ret = c.id ? 0 : err_nomem(err, "container");
	if (ret == 0 && lock)
		there = rt_container_lock(&c, err);
	/* It may have been deleted while we waited for the lock, and another one be in its place. */
	if (ret == 0 && there <= 0)
		ret = there < 0 ? there : not_found(id, err);
	if (ret == 0)
		ret = rt_container_look(&c, err);
	if (ret < 0) {
		rt_container_done(&c);
		return ret;
	}
	*out = c;
	return 0;
}

void rt_container_done(struct container *c)
{
	if (c->has_state)
		oci_state_done(&c->state);
	cg_free(c->cg);
	if (c->pidfd >= 0)
		(void)close(c->pidfd);
	if (c->dir_fd >= 0)
		(void)close(c->dir_fd);
	free(c->id);
	*c = (struct container){ .dir_fd = -1, .pidfd = -1 };
}

void rt_container_free(struct container *c)
{
	if (c)
		rt_container_done(c);
	free(c);
}

int rt_container_remove(struct husk *h, struct container *c, struct husk_error *err)
{
	static const char *const files[] = {
		"start.sock", STAGED, STAGED_CONFIG, RT_FILTER, "config.json", "state.json",
	};
	cleanup_close int root = rt_open_root(h, false, err);

	if (root < 0)
		return root;
	rt_notify_remove(c->dir_fd);
	(void)unlinkat(c->dir_fd, RT_CRIU_ROOT, AT_REMOVEDIR);
	/* state.json last: without it the rest counts as a creation that was interrupted. */
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (unlinkat(c->dir_fd, files[i], 0) < 0 && errno != ENOENT)
			return err_sys(err, "remove %s/%s/%s", h->root, c->id, files[i]);
	}
	/* Whoever waits for the container may write that down at any time. */
	for (int i = 0; i < 10; i++) {
		(void)unlinkat(c->dir_fd, RT_EXIT_RECORD, 0);
		if (unlinkat(root, c->id, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != ENOTEMPTY)
			break;
	}
	return err_sys(err, "remove %s/%s", h->root, c->id);
}

int rt_container_stage(const struct container *c, const struct oci_state *state,
		       struct husk_error *err)
{
	cleanup_free char *text = oci_state_write(state);

	/* One name will do: whoever writes holds the lock. */
	if (!text)
		return err_nomem(err, "state.json");
	return fs_write_new(c->dir_fd, STAGED, text, strlen(text), 0600, err);
}

int rt_container_commit(const struct container *c, struct husk_error *err)
{
	if (renameat(c->dir_fd, STAGED, c->dir_fd, "state.json") < 0)
		return err_sys(err, "rename state.json of container \"%s\"", c->id);
	return 0;
}

int rt_container_config(const struct container *c, struct oci_config *out, struct husk_error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int ret = fs_read(c->dir_fd, "config.json", MAX_STATE, &text, &len, err);

	if (ret == 0)
		ret = oci_config_parse(text, len, out, NULL, err);
	if (ret == 0) {
		ret = rt_annotations_apply(out, err);
		if (ret < 0)
			oci_config_done(out);
	}
	if (ret < 0)
		return err_ctx(err, "saved configuration of container \"%s\"", c->id);
	return 0;
}

int rt_container_filter(const struct container *c, struct oci_config *config, struct husk_error *err)
{
	struct oci_seccomp *s = config->linux_.seccomp;
	cleanup_free char *filter = NULL;
	void *copy;

	if (!c->state.has_filter || !s)
		return 0;
	if (fs_read(c->dir_fd, RT_FILTER, MAX_FILTER, &filter, &s->n_bpf, err) < 0)
		return err_ctx(err, "seccomp filter of container \"%s\"", c->id);
	if (s->n_bpf == 0 || s->n_bpf % sizeof(struct sock_filter) != 0)
		return err_new(err, HUSK_E_STATE, EINVAL, "seccomp filter of container \"%s\": %zu "
			       "bytes are none", c->id, s->n_bpf);
	copy = arena_alloc(&config->arena, s->n_bpf);
	if (!copy)
		return err_nomem(err, "seccomp filter");
	s->bpf = memcpy(copy, filter, s->n_bpf);
	return 0;
}

int rt_container_stage_config(const struct container *c, const char *text, struct husk_error *err)
{
	return fs_write_new(c->dir_fd, STAGED_CONFIG, text, strlen(text), 0600, err);
}

int rt_container_commit_config(const struct container *c, struct husk_error *err)
{
	if (renameat(c->dir_fd, STAGED_CONFIG, c->dir_fd, "config.json") < 0)
		return err_sys(err, "rename config.json of container \"%s\"", c->id);
	return 0;
}

void rt_container_drop_config(const struct container *c)
{
	(void)unlinkat(c->dir_fd, STAGED_CONFIG, 0);
}

int rt_container_cgroup(struct container *c, struct cgroup **out, struct husk_error *err)
{
	if (!c->cg) {
		const char *text = c->has_state ? c->state.cgroup_state : NULL;
		int ret = cg_load(text ? text : "", &c->cg, err);

		if (ret < 0)
			return err_ctx(err, "cgroup of container \"%s\"", c->id);
	}
	*out = c->cg;
	return 0;
}

void rt_container_thaw(struct container *c)
{
	struct cgroup *cg = NULL;
	struct husk_error err;

	if (c->status != RT_PAUSED)
		return;
	if (rt_container_cgroup(c, &cg, &err) < 0 || cg_freeze(cg, false, &err) < 0)
		log_warn("thaw: %s, ignoring", err.msg);
}

static const char *refusal(enum rt_operation op, enum rt_status status)
{
	switch (op) {
	case RT_OP_START:
		return status == RT_STOPPED ? "cannot start a container that has stopped" :
					      "cannot start an already running container";
	case RT_OP_KILL:
	case RT_OP_UPDATE:
		return "container not running";
	case RT_OP_EXEC:
		return status == RT_PAUSED ?
			       "cannot exec in a paused container (use --ignore-paused to override)" :
			       "cannot exec in a stopped container";
	case RT_OP_PAUSE:
		return "cannot pause: container not running";
	case RT_OP_RESUME:
		return "container not paused";
	default:
		return "not allowed now";
	}
}

int rt_container_allows(const struct container *c, enum rt_operation op, struct husk_error *err)
{
	if (allowed[c->status] & op)
		return 0;
	if (op == RT_OP_DELETE)
		return err_new(err, HUSK_E_STATE, EBUSY,
			       "cannot delete container %s that is not stopped: %s", c->id,
			       rt_status_name(c->status));
	/* runc's words */
	if (op == RT_OP_CHECKPOINT)
		return err_new(err, HUSK_E_STATE, EINVAL,
			       "Container cannot be checkpointed in %s state: \"%s\"",
			       rt_status_name(c->status), c->id);
	if (op == RT_OP_EVENTS)
		return err_new(err, HUSK_E_STATE, EINVAL, "container with id %s is not running",
			       c->id);
	return err_new(err, HUSK_E_STATE, EINVAL, "%s: container \"%s\" is %s",
		       refusal(op, c->status), c->id, rt_status_name(c->status));
}
