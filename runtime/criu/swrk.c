/*
 * A running criu and the conversation with it: see criu.h.
 *
 * What criu prints before its log is open (that it cannot work on this kernel, for one) goes to a
 * memfd, and from there into the log's place.
 *
 * Uses: base/child.h, wire.c, log.c.    Used by: checkpoint.c, restore.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "runtime/base/child.h"
#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/criu/criu.h"

#define SEARCH_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum { MAX_MESSAGE = 64 << 10, MAX_LOG = 64 << 20, SOCKET_FD = 3, END_WAIT_MS = 10000 };

/* ---- starting --------------------------------------------------------------------------------- */

int criu_check_caller(const struct husk *h, const char *verb, struct husk_error *err)
{
	if (!h->rootless && h->privileged)
		return 0;
	err_new(err, HUSK_E_UNSUPPORTED, EPERM, "%s without root's privileges: criu reads and makes "
		"processes with capabilities of the host", verb);
	return err_hint(err, "run husk as root, outside of a user namespace");
}

int criu_refuse_landlock(struct husk_error *err)
{
	err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, "the container is under Landlock rules, which criu "
		"does not keep: restored it would be without them");
	return err_hint(err, "checkpoint containers that have none, in annotations and options");
}

/* The first criu of SEARCH_PATH that can be executed and only root can have put there. */
static int find(char *out, size_t size, struct husk_error *err)
{
	for (const char *p = SEARCH_PATH; *p; p += strcspn(p, ":"), p += *p == ':') {
		struct stat st;

		(void)snprintf(out, size, "%.*s/criu", (int)strcspn(p, ":"), p);
		if (stat(out, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 &&
		    !(st.st_mode & 022) && access(out, X_OK) == 0)
			return 0;
	}
	err_new(err, HUSK_E_UNSUPPORTED, ENOENT, "criu was not found in " SEARCH_PATH);
	return err_hint(err, "install it (Debian's package is criu); $PATH is not searched, see "
			"SECURITY.md");
}

void criu_talk_init(struct criu_talk *t, const char *verb, const struct criu_dirs *dirs,
		    int cancel_fd)
{
	*t = (struct criu_talk){ .verb = verb, .dirs = dirs, .cancel_fd = cancel_fd, .pidfd = -1,
				 .sock = -1, .output = -1 };
}

/* Copies of what criu gets, above every number they are going to have: a dup2(2) of one must not
 * fall on the next. */
struct table {
	int fd[CRIU_FIRST_FD + CRIU_MAX_FDS];
	int n;
};

static int fill_table(struct table *t, const struct criu_start *start, int null, int output,
		      int sock, struct husk_error *err)
{
	const int first[CRIU_FIRST_FD] = { start->in >= 0 ? start->in : null, output, output, sock };
	const int total = CRIU_FIRST_FD + (int)start->n_fds;

	for (t->n = 0; t->n < total; t->n++) {
		int fd = t->n < CRIU_FIRST_FD ? first[t->n] : start->fds[t->n - CRIU_FIRST_FD];

		t->fd[t->n] = fcntl(fd, F_DUPFD_CLOEXEC, CRIU_FIRST_FD + CRIU_MAX_FDS);
		if (t->fd[t->n] < 0)
			return err_sys(err, "duplicate descriptor %d for criu", fd);
	}
	return 0;
}

static void table_done(struct table *t)
{
	while (t->n > 0)
		(void)close(t->fd[--t->n]);
}

struct spawn {
	const struct criu_start *start;
	const char *path;
	const struct table *table;
	pid_t pid;
	int ret;			/* 0, or -errno with *err filled */
	struct husk_error *err;
};

static int spawn(struct spawn *s)
{
	char *const argv[] = { "criu", "swrk", "3", NULL };
	char *const env[] = { "PATH=" SEARCH_PATH, "LC_ALL=C", NULL };
	posix_spawn_file_actions_t fa;
	int ret = posix_spawn_file_actions_init(&fa);

	for (int i = 0; ret == 0 && i < s->table->n; i++)
		ret = posix_spawn_file_actions_adddup2(&fa, s->table->fd[i], i);
	if (ret == 0)
		ret = child_add_close(&fa, s->table->n);
	if (ret == 0)
		ret = child_spawn(&s->pid, s->path, &fa, argv, env);
	(void)posix_spawn_file_actions_destroy(&fa);
	if (ret == 0)
		return 0;
	errno = ret;
	return err_sys(s->err, "execute %s", s->path);
}

/*
 * In a thread of its own: unshare(2) concerns only the thread, which ends here, and criu, which it
 * starts.  So the mounts are seen by nobody else, and are gone with criu, however that ends.
 */
static void *spawn_apart(void *data)
{
	struct spawn *s = data;

	if (unshare(CLONE_NEWNS) < 0)
		s->ret = err_sys(s->err, "unshare the mount namespace for criu");
	else
		s->ret = s->start->mounts(s->start->data, s->err);
	if (s->ret == 0)
		s->ret = spawn(s);
	return NULL;
}

static int spawn_with_mounts(struct spawn *s)
{
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, spawn_apart, s);

	if (ret != 0) {
		errno = ret;
		return err_sys(s->err, "make a thread to start criu from");
	}
	(void)pthread_join(thread, NULL);
	return s->ret;
}

int criu_start(struct criu_talk *t, const struct criu_start *start, struct husk_error *err)
{
	cleanup_close int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	cleanup_close int ours = -1, theirs = -1;
	struct table table = { .n = 0 };
	struct spawn s = { .start = start, .path = start->path, .table = &table, .err = err };
	char path[64];
	int pair[2], ret;

	if (!s.path) {
		if (find(path, sizeof(path), err) < 0)
			return -err->sys;
		s.path = path;
	}
	if (null < 0)
		return err_sys(err, "open /dev/null");
	t->output = memfd_create("criu-output", MFD_CLOEXEC);
	if (t->output < 0)
		return err_sys(err, "memfd_create for criu's output");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, "socketpair");
	ours = pair[0];
	theirs = pair[1];
	ret = fill_table(&table, start, null, t->output, theirs, err);
	if (ret == 0)
		ret = start->mounts ? spawn_with_mounts(&s) : spawn(&s);
	table_done(&table);
	if (ret < 0)
		return ret;
	t->pid = s.pid;
	t->sock = take_fd(&ours);
	t->pidfd = sys_pidfd_open(t->pid, 0);
	if (t->pidfd < 0) {
		ret = err_sys(err, "pidfd of criu");
		criu_talk_done(t);
	}
	return ret;
}

/* ---- its end ---------------------------------------------------------------------------------- */

/* Wait for its end, which is near; how it ended in *si. */
static void reap(struct criu_talk *t, siginfo_t *si)
{
	struct pollfd p = { .fd = t->pidfd, .events = POLLIN };

	*si = (siginfo_t){ 0 };
	if (t->pid <= 0)
		return;
	if (t->pidfd < 0 || poll(&p, 1, END_WAIT_MS) == 0)
		(void)kill(t->pid, SIGKILL);
	while (waitid(P_PID, (id_t)t->pid, si, WEXITED) < 0 && errno == EINTR)
		;
	t->pid = 0;
}

static void close_both(struct criu_talk *t)
{
	if (t->sock >= 0)
		(void)close(take_fd(&t->sock));
	if (t->pidfd >= 0)
		(void)close(take_fd(&t->pidfd));
}

void criu_talk_done(struct criu_talk *t)
{
	siginfo_t si;

	if (t->pid > 0)
		(void)kill(t->pid, SIGKILL);
	reap(t, &si);
	close_both(t);
	if (t->output >= 0)
		(void)close(take_fd(&t->output));
}

/* Text of @fd, from its beginning; free(). */
static char *text_of(int fd)
{
	struct husk_error ignored;
	char *text = NULL;

	if (lseek(fd, 0, SEEK_SET) < 0 || fs_read_fd(fd, "output", MAX_LOG, &text, NULL, &ignored) < 0)
		return NULL;
	return text;
}

/* What criu printed, where its log would be, if it has written none. */
static void keep_output(const struct criu_talk *t, const char *text)
{
	cleanup_close int fd = openat(criu_log_dir(t->dirs), t->dirs->log,
				      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)fs_write_all(fd, text, strlen(text));
}

static void last_words(const struct criu_talk *t, char *out, size_t size)
{
	cleanup_close int fd = openat(criu_log_dir(t->dirs), t->dirs->log,
				      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	cleanup_free char *log = fd >= 0 ? text_of(fd) : NULL, *output = text_of(t->output);

	out[0] = '\0';
	if (log)
		criu_last_errors(log, out, size);
	if (!*out && output)
		criu_last_errors(output, out, size);
	if (output && *output && fd < 0)
		keep_output(t, output);
}

/* criu has failed, as @how says.  The errno is its own, if it told one. */
static int failed(struct criu_talk *t, int sys, const char *how, struct husk_error *err)
{
	char words[700], version[32] = "";
	siginfo_t si;

	if (t->sock >= 0)
		(void)shutdown(t->sock, SHUT_RDWR);
	reap(t, &si);
	if (t->version)
		(void)snprintf(version, sizeof(version), " %u.%u.%u", t->version / 10000,
			       t->version / 100 % 100, t->version % 100);
	last_words(t, words, sizeof(words));
	if (!*words)
		memcpy(words, t->message, sizeof(t->message));
	err_new(err, HUSK_E_SYSTEM, sys ? sys : EIO, "criu%s %s%s%s", version, how,
		*words ? ": " : "", words);
	return err_hint(err, "the whole log: %s/%s; \"criu check\" tells what this kernel lacks",
			t->dirs->path, t->dirs->log);
}

/* It is gone, or about to be: its end of the socket is closed. */
static int ended(struct criu_talk *t, struct husk_error *err)
{
	char how[64];
	siginfo_t si;

	reap(t, &si);
	if (si.si_code == CLD_EXITED)
		(void)snprintf(how, sizeof(how), "ended with status %d before it had answered",
			       si.si_status);
	else
		(void)snprintf(how, sizeof(how), "was killed by signal %d before it had answered",
			       si.si_status);
	return failed(t, 0, how, err);
}

/* ---- talking ---------------------------------------------------------------------------------- */

/* Until there is something to read: 0; 1 when criu has ended without another word. */
static int await(struct criu_talk *t, struct husk_error *err)
{
	struct pollfd polls[] = {
		{ .fd = t->sock, .events = POLLIN },
		{ .fd = t->pidfd, .events = POLLIN },
		{ .fd = t->cancel_fd > 0 ? t->cancel_fd : -1, .events = POLLIN },
	};

	/* criu's children may hold its socket open when it is gone. */
	while (!polls[0].revents && !polls[1].revents) {
		if (poll(polls, ARRAY_SIZE(polls), -1) < 0 && errno != EINTR)
			return err_sys(err, "poll for criu's answer");
		if (polls[2].revents) {
			criu_talk_done(t);
			return err_new(err, HUSK_E_SYSTEM, ECANCELED, "%s was cancelled: criu was "
				       "killed", t->verb);
		}
	}
	return !polls[0].revents;
}

static int receive_fd(struct msghdr *msg)
{
	int fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
		    c->cmsg_len < CMSG_LEN(sizeof(fd)))
			continue;
		if (fd >= 0)
			(void)close(fd);
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	}
	return fd;
}

/* One answer, and the descriptor that came with it, or -1. */
static int receive(struct criu_talk *t, struct criu_response *out, int *fd, struct husk_error *err)
{
	cleanup_free char *buf = malloc(MAX_MESSAGE);
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct iovec iov = { buf, MAX_MESSAGE };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t n;
	int ret;

	if (!buf)
		return err_nomem(err, "criu's answer");
	ret = await(t, err);
	if (ret < 0)
		return ret;
	do
		n = ret ? 0 : recvmsg(t->sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != ECONNRESET)
		return err_sys(err, "receive criu's answer");
	if (n <= 0)
		return ended(t, err);
	*fd = receive_fd(&msg);
	if (!(msg.msg_flags & MSG_TRUNC) && criu_response(buf, (size_t)n, out) == 0)
		return 0;
	if (*fd >= 0)
		(void)close(take_fd(fd));
	return err_new(err, HUSK_E_SYSTEM, EPROTO, "criu's answer of %zd bytes is not in the form of "
		       "its rpc.proto", n);
}

static int say(struct criu_talk *t, enum criu_type type, const struct str *opts, bool keep_open,
	       struct husk_error *err)
{
	struct str msg cleanup_str = { 0 };
	ssize_t n;

	criu_request(&msg, type, opts, keep_open);
	if (msg.failed)
		return err_nomem(err, "request to criu");
	do
		n = send(t->sock, msg.s, msg.len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET)
		return ended(t, err);
	return err_sys(err, "send %zu bytes to criu", msg.len);
}

static int refused(struct criu_talk *t, const struct criu_response *r, struct husk_error *err)
{
	char how[400];

	(void)snprintf(how, sizeof(how), "could not %s it%s%s%s", t->verb, r->error ? " (" : "",
		       r->error ? strerror(r->error) : "", r->error ? ")" : "");
	memcpy(t->message, r->message, sizeof(t->message));
	return failed(t, r->error, how, err);
}

/* Ask and take the answer; notifications in between are passed on. */
static int ask(struct criu_talk *t, enum criu_type type, const struct str *opts, bool keep_open,
	       struct criu_response *out, struct husk_error *err)
{
	struct criu_response r;
	int ret = say(t, type, opts, keep_open, err);

	while (ret == 0) {
		cleanup_close int fd = -1;

		ret = receive(t, &r, &fd, err);
		if (ret < 0)
			break;
		if (!r.success)
			return refused(t, &r, err);
		if (r.type != CRIU_NOTIFY) {
			*out = r;
			return 0;
		}
		log_debug("criu: %s, pid %d", r.script, r.pid);
		ret = t->notify ? t->notify(t->data, &r, &fd, err) : 0;
		if (ret == 0)
			ret = say(t, CRIU_NOTIFY, NULL, false, err);
	}
	return ret;
}

int criu_check(struct criu_talk *t, const struct criu_needs *needs, size_t n,
	       struct husk_error *err)
{
	struct criu_response r;
	int ret = ask(t, CRIU_VERSION, NULL, true, &r, err);

	if (ret < 0)
		return ret;
	t->version = r.version;
	for (size_t i = 0; i < n; i++) {
		if (!needs[i].used || t->version >= needs[i].version)
			continue;
		return err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP,
			       "%s needs criu %u.%u or newer; this is %u.%u.%u", needs[i].what,
			       needs[i].version / 10000, needs[i].version / 100 % 100,
			       t->version / 10000, t->version / 100 % 100, t->version % 100);
	}
	if (!t->wants_mem_track && !t->wants_lazy_pages)
		return 0;
	ret = ask(t, CRIU_FEATURE_CHECK, NULL, true, &r, err);
	if (ret < 0)
		return ret;
	if (t->wants_mem_track && !r.mem_track)
		ret = err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, "--pre-dump and --parent-path: "
			      "this kernel does not track written memory (CONFIG_MEM_SOFT_DIRTY)");
	else if (t->wants_lazy_pages && !r.lazy_pages)
		ret = err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, "--lazy-pages: this kernel or criu "
			      "has no userfaultfd(2) for it");
	return ret;
}

int criu_run(struct criu_talk *t, enum criu_type type, const struct str *opts,
	     struct criu_response *out, struct husk_error *err)
{
	struct criu_response r;
	siginfo_t si;
	int ret = ask(t, type, opts, false, &r, err);

	if (ret < 0)
		return ret;
	if (r.type != (int)type)
		return err_new(err, HUSK_E_SYSTEM, EPROTO, "criu answered request %d with %d", type,
			       r.type);
	(void)shutdown(t->sock, SHUT_WR);
	reap(t, &si);
	/* After a pre-dump criu waits for the next one, and calls our end of the socket an error. */
	if (type != CRIU_PRE_DUMP && !(si.si_code == CLD_EXITED && si.si_status == 0))
		return failed(t, 0, "said that all went well, and then failed", err);
	close_both(t);
	*out = r;
	return 0;
}

/* ---- options ---------------------------------------------------------------------------------- */

void criu_common_options(struct str *b, const struct husk_criu_options *opts,
			 const struct criu_dirs *dirs, const char *config_file)
{
	/* enum criu_cg_mode and criu_network_lock_method of rpc.proto */
	static const unsigned modes[] = {
		[HUSK_CRIU_CGROUPS_SOFT] = 3, [HUSK_CRIU_CGROUPS_FULL] = 4,
		[HUSK_CRIU_CGROUPS_STRICT] = 5, [HUSK_CRIU_CGROUPS_IGNORE] = 0,
	};

	pb_number(b, CRIU_O_IMAGES_DIR_FD, (uint64_t)dirs->images);
	if (dirs->work >= 0)
		pb_number(b, CRIU_O_WORK_DIR_FD, (uint64_t)dirs->work);
	pb_number(b, CRIU_O_LOG_LEVEL, 4);
	pb_text(b, CRIU_O_LOG_FILE, dirs->log);
	pb_flag(b, CRIU_O_NOTIFY_SCRIPTS, true);
	pb_flag(b, CRIU_O_ORPHAN_PTS_MASTER, true);
	pb_flag(b, CRIU_O_MANAGE_CGROUPS, opts->cgroups != HUSK_CRIU_CGROUPS_IGNORE);
	pb_number(b, CRIU_O_MANAGE_CGROUPS_MODE, modes[opts->cgroups]);
	if (opts->network_lock)
		pb_number(b, CRIU_O_NETWORK_LOCK, opts->network_lock);
	if (config_file)
		pb_text(b, CRIU_O_CONFIG_FILE, config_file);
	pb_flag(b, CRIU_O_SHELL_JOB, opts->shell_job);
	pb_flag(b, CRIU_O_TCP_ESTABLISHED, opts->tcp_established);
	pb_flag(b, CRIU_O_EXT_UNIX_SK, opts->ext_unix_sk);
	pb_flag(b, CRIU_O_FILE_LOCKS, opts->file_locks);
	pb_flag(b, CRIU_O_AUTO_DEDUP, opts->auto_dedup);
	pb_flag(b, CRIU_O_LAZY_PAGES, opts->lazy_pages);
	pb_flag(b, CRIU_O_LINK_REMAP, opts->link_remap);
	if (opts->empty_network)
		pb_number(b, CRIU_O_EMPTY_NS, CLONE_NEWNET);
}
