/*
 * Namespaces, in the caller: id maps, a user namespace for id-mapped mounts, comparison.
 *
 * A map is written by the caller itself when the kernel lets it: with CAP_SETUID or CAP_SETGID in
 * its user namespace, or when it is one line with its own id.  Otherwise newuidmap(1) and
 * newgidmap(1) write it, which know what /etc/subuid gives to whom.
 *
 * Uses: runtime/base.    Used by: runtime.
 */
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "namespaces/internal.h"
#include "runtime/base/capability.h"
#include "runtime/base/child.h"
#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/user.h"
#include "runtime/base/util.h"

enum {
	HELPER_TIMEOUT = 30,	/* seconds: newuidmap may ask a directory server */
	MAX_RANGES = 1024,
};

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* Uid and gid maps are written alike. */
struct map_side {
	const char *file, *helper, *subid, *pointer, *noun;
	unsigned cap;
	uint32_t own_id;
	const struct oci_id_map *maps;
	size_t n;
};

/* The process whose maps are written. */
struct map_target {
	int proc_fd;		/* root of procfs */
	int dir_fd;		/* its directory there */
	pid_t pid;
};

static bool is_own_id_only(const struct map_side *s)
{
	return s->n == 1 && s->maps[0].size == 1 && s->maps[0].host_id == s->own_id;
}

/* ---- why a map was refused ---- */

/* Name the first mapping whose host ids are not in @ranges; false if they all are. */
static bool blame(const struct map_side *s, const struct ns_id_range *ranges, size_t n_ranges,
		  const char *where, struct husk_error *err)
{
	size_t i = ns_first_uncovered(s->maps, s->n, ranges, n_ranges);
	const struct oci_id_map *m = &s->maps[i];

	if (i == s->n)
		return false;
	if (m->size == 1)
		err_new(err, HUSK_E_SYSTEM, EPERM, "%s/%zu: host %s %" PRIu32 " is not %s",
			s->pointer, i, s->noun, m->host_id, where);
	else
		err_new(err, HUSK_E_SYSTEM, EPERM,
			"%s/%zu: host %ss %" PRIu32 " to %" PRIu32 " are not %s", s->pointer, i,
			s->noun, m->host_id, m->host_id + m->size - 1, where);
	snprintf(err->pointer, sizeof(err->pointer), "%s/%zu", s->pointer, i);
	return true;
}

static bool maps_root(const struct map_side *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->maps[i].host_id == 0)
			return true;
	return false;
}

static int explain_direct(const struct map_target *t, const struct map_side *s, int ret,
			  struct husk_error *err)
{
	struct ns_id_range ranges[NS_MAX_ID_MAPS];
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	char own[32];
	size_t len;

	snprintf(own, sizeof(own), "self/%s", s->file);
	if (ret == -EPERM && fs_read(t->proc_fd, own, 65536, &text, &len, &ignored) == 0 &&
	    blame(s, ranges, ns_parse_proc_map(text, ranges, ARRAY_SIZE(ranges)),
		  "in the caller's own user namespace", err))
		return err_hint(err, "in there the caller is %s %" PRIu32 ": husk spec --rootless makes a "
				"config.json that maps it", s->noun, s->own_id);
	errno = -ret;
	err_sys(err, "write /proc/%d/%s", t->pid, s->file);
	/* Its file capabilities would count in there. */
	if (ret == -EPERM && s->cap == CAP_SETUID && maps_root(s) && !has_capability(CAP_SETFCAP))
		return err_hint(err, "the kernel lets root map its own uid 0 only with CAP_SETFCAP: "
				"give the caller that, or run it as another user");
	return ret;
}

/* Does /etc/subuid give the caller what the maps want? */
static bool blame_subid(const struct map_side *s, struct husk_error *err)
{
	cleanup_free struct ns_id_range *ranges = calloc(MAX_RANGES, sizeof(*ranges));
	cleanup_free char *text = NULL, *name = NULL;
	struct husk_error ignored;
	char where[128];
	size_t n, len;

	if (!ranges || fs_read(AT_FDCWD, s->subid, 1 << 20, &text, &len, &ignored) < 0)
		return false;
	name = user_name(getuid());
	n = ns_parse_subid(text, name, getuid(), ranges, MAX_RANGES - 1);
	ranges[n++] = (struct ns_id_range){ s->own_id, 1 };
	snprintf(where, sizeof(where), "given to %s by %s", name ? name : "the caller", s->subid);
	if (!blame(s, ranges, n, where, err))
		return false;
	err_hint(err, "usermod --add-sub%ss 100000-165535 %s", s->noun, name ? name : "USER");
	return true;
}

/* ---- newuidmap, newgidmap ---- */

/* "newuidmap", PID, and three numbers for each map; one allocation, free(). */
static char **helper_argv(const struct map_target *t, const struct map_side *s)
{
	enum { WIDTH = 12 };
	size_t n = 2 + 3 * s->n, i = 0;
	char **argv = malloc((n + 1) * sizeof(*argv) + n * WIDTH);
	char *text;

	if (!argv)
		return NULL;
	text = (char *)(argv + n + 1);
	argv[i++] = (char *)s->helper;
	argv[i++] = text;
	text += snprintf(text, WIDTH, "%d", t->pid) + 1;
	for (size_t k = 0; k < s->n; k++) {
		const uint32_t number[] = { s->maps[k].container_id, s->maps[k].host_id,
					    s->maps[k].size };

		for (size_t j = 0; j < 3; j++) {
			argv[i++] = text;
			text += snprintf(text, WIDTH, "%" PRIu32, number[j]) + 1;
		}
	}
	argv[i] = NULL;
	return argv;
}

/* A daemon may reap every child it hears of; then the map itself tells how it went. */
static bool is_written(const struct map_target *t, const struct map_side *s)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	size_t len;

	return fs_read(t->dir_fd, s->file, 65536, &text, &len, &ignored) == 0 && len > 0;
}

static int run_helper(const struct map_target *t, const struct map_side *s, struct husk_error *err)
{
	static char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	cleanup_free char **argv = helper_argv(t, s);
	const char *problem;
	char path[64], tail[512];
	struct child child = { .path = path, .argv = argv, .env = env, .in = -1, .out = -1,
			       .err = -1, .seconds = HELPER_TIMEOUT };
	siginfo_t si;

	if (!argv)
		return err_nomem(err, s->helper);
	if (!ns_find_helper(s->helper, path, sizeof(path))) {
		err_new(err, HUSK_E_UNSUPPORTED, ENOENT,
			"%s: the caller may map only its own %s, and %s is not installed",
			s->pointer, s->noun, s->helper);
		return err_hint(err, "install it (Debian: apt install uidmap), or map only "
				     "{\"containerID\": 0, \"hostID\": %" PRIu32 ", \"size\": 1}",
				s->own_id);
	}
	problem = ns_helper_problem(s->helper);
	if (problem) {
		err_new(err, HUSK_E_UNSUPPORTED, EPERM,
			"%s: the caller may map only its own %s, and %s cannot help: %s",
			s->pointer, s->noun, path, problem);
		return err_hint(err, "map only {\"containerID\": 0, \"hostID\": %" PRIu32
				     ", \"size\": 1}, or leave the mappings out", s->own_id);
	}
	log_debug("%s for process %d", path, t->pid);
	if (child_run(&child, &si, tail, sizeof(tail), err) < 0)
		return err_ctx(err, "%s", s->helper);
	if (is_written(t, s))
		return 0;
	if (blame_subid(s, err))
		return -err->sys;
	return err_new(err, HUSK_E_SYSTEM, EPERM, "%s failed%s%s", s->helper, *tail ? ": " : "",
		       tail);
}

/* ---- writing them ---- */

static int write_direct(const struct map_target *t, const struct map_side *s,
			struct husk_error *err)
{
	cleanup_free char *lines = ns_id_map_lines(s->maps, s->n);
	int ret;

	if (!lines)
		return err_nomem(err, s->file);
	ret = fs_write_file(t->dir_fd, s->file, lines);
	log_debug("write /proc/%d/%s: %zu mappings = %d", t->pid, s->file, s->n, ret);
	return ret < 0 ? explain_direct(t, s, ret, err) : 0;
}

static int write_side(const struct map_target *t, const struct map_side *s, struct husk_error *err)
{
	int ret;

	if (has_capability(s->cap))
		return write_direct(t, s, err);
	if (!is_own_id_only(s))
		return run_helper(t, s, err);

	if (s->cap == CAP_SETGID) {
		/* Or a process could drop a group that is there to keep it out (CVE-2014-8989). */
		ret = fs_write_file(t->dir_fd, "setgroups", "deny");
		if (ret < 0) {
			errno = -ret;
			return err_sys(err, "write /proc/%d/setgroups", t->pid);
		}
	}
	return write_direct(t, s, err);
}

/* @uid_pointer, @gid_pointer: where the maps come from, for messages. */
static int write_maps(const struct ns_plan *ns, pid_t pid, const char *uid_pointer,
		      const char *gid_pointer, struct husk_error *err)
{
	const struct map_side sides[] = {
		{ "uid_map", "newuidmap", "/etc/subuid", uid_pointer, "uid", CAP_SETUID, geteuid(),
		  ns->uid_maps, ns->n_uid_maps },
		{ "gid_map", "newgidmap", "/etc/subgid", gid_pointer, "gid", CAP_SETGID, getegid(),
		  ns->gid_maps, ns->n_gid_maps },
	};
	cleanup_close int proc_fd = fs_open_proc(err), dir_fd = -1;
	char name[16];
	int ret;

	if (proc_fd < 0)
		return proc_fd;
	snprintf(name, sizeof(name), "%d", pid);
	dir_fd = openat(proc_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir_fd < 0)
		return err_sys(err, "open /proc/%d", pid);

	for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
		const struct map_target t = { proc_fd, dir_fd, pid };

		ret = write_side(&t, &sides[i], err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int ns_write_id_maps(const struct ns_plan *ns, pid_t pid, struct husk_error *err)
{
	return write_maps(ns, pid, "/linux/uidMappings", "/linux/gidMappings", err);
}

/* ---- a user namespace for id-mapped mounts ---- */

/* The process that keeps it alive until it is open. */
struct holder {
	void *stack;
	pid_t pid;
	int pidfd;
};
enum { HOLDER_STACK = 16384 };

/*
 * Runs in the caller's memory, beside its threads and with the thread-local storage of the one
 * that started it, with every signal blocked.
 * Should:  do nothing but wait to be killed.
 * Mustn't: make a call that can fail, for errno is the caller's.
 */
static int hold(void *parent)
{
	(void)syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	while (syscall(SYS_getppid) == (long)(intptr_t)parent)
		(void)syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
	syscall(SYS_exit, 0);
	return 0;
}

static int holder_start(struct holder *h, struct husk_error *err)
{
	sigset_t all, old;

	h->stack = mmap(NULL, HOLDER_STACK, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (h->stack == MAP_FAILED)
		return err_sys(err, "map a stack");

	/* No exit signal: the caller's SIGCHLD handler and wait() do not see this child.  The
	 * descriptor table is shared, so that it holds nothing open. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	h->pid = clone(hold, (char *)h->stack + HOLDER_STACK,
		       CLONE_VM | CLONE_FILES | CLONE_NEWUSER | CLONE_PIDFD,
		       (void *)(intptr_t)getpid(), &h->pidfd);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (h->pid >= 0)
		return 0;

	err_sys(err, "create a user namespace");
	(void)munmap(h->stack, HOLDER_STACK);
	if (err->sys == ENOSPC)
		err_hint(err, "raise the sysctl user.max_user_namespaces");
	return -err->sys;
}

static void holder_stop(struct holder *h)
{
	siginfo_t si;

	(void)sys_pidfd_send_signal(h->pidfd, SIGKILL, 0);
	while (waitid(P_PIDFD, (id_t)h->pidfd, &si, WEXITED | __WALL) < 0 && errno == EINTR)
		;
	(void)close(h->pidfd);
	(void)munmap(h->stack, HOLDER_STACK);
}

static int open_user_file(pid_t pid, struct husk_error *err)
{
	cleanup_close int proc_fd = fs_open_proc(err);
	char name[32];
	int fd;

	if (proc_fd < 0)
		return proc_fd;
	snprintf(name, sizeof(name), "%d/ns/user", pid);
	fd = openat(proc_fd, name, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, "open /proc/%s", name) : fd;
}

int ns_open_userns(const char *text, struct husk_error *err)
{
	cleanup_free struct oci_id_map *uids = NULL, *gids = NULL;
	struct ns_plan maps = { 0 };
	struct holder h;
	int ret;

	ret = ns_userns_parse(text, &uids, &maps.n_uid_maps, &gids, &maps.n_gid_maps, err);
	if (ret < 0)
		return ret;
	maps.uid_maps = uids;
	maps.gid_maps = gids;
	ret = holder_start(&h, err);
	if (ret < 0)
		return ret;
	ret = write_maps(&maps, h.pid, "uidMappings", "gidMappings", err);
	if (ret == 0)
		ret = open_user_file(h.pid, err);
	holder_stop(&h);
	return ret < 0 ? err_ctx(err, "user namespace for an id-mapped mount") : ret;
}

/* ---- comparison ---- */

/* The directory "ns" of @who, "thread-self" or a process. */
static int open_ns_dir(int proc_fd, const char *who, struct husk_error *err)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "%s/ns", who);
	fd = openat(proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, "open /proc/%s", name) : fd;
}

/*
 * 1: different, 0: the same, or a kind that this kernel lacks.  The link's text, "uts:[4026531838]",
 * is all that is asked for: following it would make an inode.
 */
static int differs(int own_fd, int other_fd, const char *file, const char *pid,
		   struct husk_error *err)
{
	char own[64], other[64];
	ssize_t n = readlinkat(own_fd, file, own, sizeof(own)), m;

	/* Anything else must not pass for "the same": `exec` would stay out of that namespace. */
	if (n < 0)
		return errno == ENOENT ? 0 : err_sys(err, "read /proc/thread-self/ns/%s", file);
	m = readlinkat(other_fd, file, other, sizeof(other));
	if (m < 0) {
		err_sys(err, "read /proc/%s/ns/%s", pid, file);
		return err->sys != EACCES ? -err->sys :
		       err_hint(err, "without privilege nobody enters a container before its program "
				"runs: start it first");
	}
	return n != m || memcmp(own, other, (size_t)n) != 0;
}

int ns_differing(pid_t pid, uint64_t sure, uint64_t *flags, struct husk_error *err)
{
	cleanup_close int proc_fd = fs_open_proc(err), own_fd = -1, other_fd = -1;
	uint64_t found = sure;
	char name[16];

	if (proc_fd < 0)
		return proc_fd;
	snprintf(name, sizeof(name), "%d", pid);
	own_fd = open_ns_dir(proc_fd, "thread-self", err);
	if (own_fd < 0)
		return own_fd;
	other_fd = open_ns_dir(proc_fd, name, err);
	if (other_fd < 0)
		return other_fd;
	for (size_t i = 0; i < NS_KINDS; i++) {
		int ret = sure & ns_kinds[i].type ? 0 :
			  differs(own_fd, other_fd, ns_kinds[i].file, name, err);

		if (ret < 0)
			return ret;
		if (ret > 0)
			found |= ns_kinds[i].type;
	}
	*flags = found;
	return 0;
}
