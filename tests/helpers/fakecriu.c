/*
 * fakecriu - stands in for criu(8): `criu swrk 3`, as far as husk speaks to it.
 *
 * What it is to do stands in criu.do beside the program, one order a line; what it was asked it
 * writes to criu.got there: "request TYPE", and "N = VALUE" for each field N of the options, or
 * "N { 1 = VALUE, 2 = VALUE }" for a message.  Orders:
 *	version MAJOR MINOR SUBLEVEL	its version (3 17 1)
 *	features BITS			1 mem_track, 2 lazy_pages (3)
 *	say TEXT			to stderr, at once
 *	quit STATUS			at once
 * and when it is to dump or to restore:
 *	log TEXT			a line of its log
 *	freeze				freeze the cgroup that it was told to
 *	exec PATH ARG...		restore: the process, in the root that it was told
 *	pts				restore: send a terminal's master
 *	notify SCRIPT			a notification, and wait for its answer
 *	garbage, hang, die		an answer that is none; no answer; SIGKILL
 *	fail ERRNO TEXT			a failure
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SOCK = 3, MAX = 65536, O_IMAGES = 1, O_LOG = 10, O_ROOT = 13, O_WORK = 17, O_INHERIT = 27,
       O_FREEZE = 44 };
enum { DUMP = 1, RESTORE = 2, PRE_DUMP = 4, NOTIFY = 6, FEATURES = 9, VERSION = 10 };

struct request {
	int type;
	int images, work;
	char root[4096], log[256], freeze[4096];
	int inherited[3];		/* for 0, 1, 2 */
	char keep_open;
};

static FILE *got;
static char dir[4096];
static unsigned version[3] = { 3, 17, 1 }, features = 3;

/* ---- protocol buffers ---- */

static uint64_t varint(const unsigned char **p)
{
	uint64_t v = 0;
	unsigned shift = 0;

	do
		v |= (uint64_t)(**p & 0x7f) << shift;
	while (shift += 7, *(*p)++ & 0x80);
	return v;
}

static size_t put(unsigned char *at, uint64_t v)
{
	size_t n = 0;

	do
		at[n++] = (unsigned char)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
	while (v >>= 7);
	return n;
}

static size_t put_number(unsigned char *at, unsigned field, uint64_t v)
{
	size_t n = put(at, field << 3);

	return n + put(at + n, v);
}

static size_t put_bytes(unsigned char *at, unsigned field, const void *bytes, size_t len)
{
	size_t n = put(at, field << 3 | 2);

	n += put(at + n, len);
	memcpy(at + n, bytes, len);
	return n + len;
}

/* ---- what was asked ---- */

static void print_message(const unsigned char *p, const unsigned char *end)
{
	const char *between = "";

	fprintf(got, "{ ");
	while (p < end) {
		uint64_t key = varint(&p), v = varint(&p);

		if ((key & 7) == 2)
			fprintf(got, "%s%d = %.*s", between, (int)(key >> 3), (int)v, (const char *)p);
		else
			fprintf(got, "%s%d = %llu", between, (int)(key >> 3), (unsigned long long)v);
		p += (key & 7) == 2 ? v : 0;
		between = ", ";
	}
	fprintf(got, " }\n");
}

static void keep(char *out, size_t size, const unsigned char *p, uint64_t len)
{
	snprintf(out, size, "%.*s", (int)len, (const char *)p);
}

static void read_options(struct request *r, const unsigned char *p, const unsigned char *end)
{
	int n = 0;

	while (p < end) {
		uint64_t key = varint(&p), v = varint(&p);
		unsigned field = (unsigned)(key >> 3);

		fprintf(got, "%u ", field);
		if ((key & 7) != 2) {
			fprintf(got, "= %llu\n", (unsigned long long)v);
			if (field == O_IMAGES || field == O_WORK)
				*(field == O_IMAGES ? &r->images : &r->work) = (int)v;
			continue;
		}
		if (field == 11 || field == 25 || field == O_INHERIT || field == 39)
			print_message(p, p + v);
		else
			fprintf(got, "= %.*s\n", (int)v, (const char *)p);
		if (field == O_ROOT)
			keep(r->root, sizeof(r->root), p, v);
		if (field == O_LOG)
			keep(r->log, sizeof(r->log), p, v);
		if (field == O_FREEZE)
			keep(r->freeze, sizeof(r->freeze), p, v);
		/* the descriptor is the last byte */
		if (field == O_INHERIT && n < 3 && memmem(p, v, "pipe:", 5))
			r->inherited[p[v - 1] - 4] = p[v - 1], n++;
		p += v;
	}
}

static int read_request(struct request *r)
{
	static unsigned char buf[MAX];
	const unsigned char *p = buf;
	ssize_t n = recv(SOCK, buf, sizeof(buf), 0);

	if (n <= 0)
		return -1;
	memset(r, 0, sizeof(*r));
	r->work = r->images = r->inherited[0] = r->inherited[1] = r->inherited[2] = -1;
	while (p < buf + n) {
		uint64_t key = varint(&p), v = varint(&p);

		if (key >> 3 == 1) {
			r->type = (int)v;
			fprintf(got, "request %d\n", r->type);
		}
		if (key >> 3 == 4)
			r->keep_open = v != 0;
		if (key >> 3 == 2)
			read_options(r, p, p + v);
		p += (key & 7) == 2 ? v : 0;
	}
	fflush(got);
	return 0;
}

/* ---- answers ---- */

static size_t begin(unsigned char *at, int type, int success)
{
	size_t n = put_number(at, 1, (uint64_t)type);

	return n + put_number(at + n, 2, (uint64_t)success);
}

static void say(const unsigned char *msg, size_t n, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { (void *)msg, n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		struct cmsghdr *c = (struct cmsghdr *)control;

		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	if (sendmsg(SOCK, &m, 0) < 0)
		exit(3);
}

static void notify(const char *script, int pid, int fd)
{
	unsigned char inner[300], msg[400];
	size_t n = put_bytes(inner, 1, script, strlen(script)), len = begin(msg, NOTIFY, 1);
	struct request answer;

	n += put_number(inner + n, 2, (uint64_t)pid);
	len += put_bytes(msg + len, 5, inner, n);
	say(msg, len, fd);
	if (read_request(&answer) < 0 || answer.type != NOTIFY)
		exit(4);
}

static void answer_version(void)
{
	unsigned char inner[64], msg[100];
	size_t n = put_number(inner, 1, version[0]), len = begin(msg, VERSION, 1);

	n += put_number(inner + n, 2, version[1]);
	n += put_number(inner + n, 4, version[2]);
	len += put_bytes(msg + len, 10, inner, n);
	say(msg, len, -1);
}

static void answer_features(void)
{
	unsigned char inner[16], msg[100];
	size_t n = put_number(inner, 1, features & 1), len = begin(msg, FEATURES, 1);

	n += put_number(inner + n, 2, features >> 1 & 1);
	len += put_bytes(msg + len, 8, inner, n);
	say(msg, len, -1);
}

static void answer(const struct request *r, int pid)
{
	unsigned char inner[16], msg[100];
	size_t len = begin(msg, r->type, 1);

	if (r->type == RESTORE)
		len += put_bytes(msg + len, 4, inner, put_number(inner, 1, (uint64_t)pid));
	say(msg, len, -1);
}

static void answer_failure(const struct request *r, int error, const char *text)
{
	unsigned char msg[1000];
	size_t len = begin(msg, r->type, 0);

	len += put_number(msg + len, 7, (uint64_t)error);
	if (*text)
		len += put_bytes(msg + len, 9, text, strlen(text));
	say(msg, len, -1);
}

/* ---- orders ---- */

static void log_line(const struct request *r, const char *text)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	char path[600];
	FILE *f;

	getsockopt(SOCK, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d/%s", peer.pid,
		 r->work >= 0 ? r->work : r->images, r->log);
	f = fopen(path, "a");
	if (!f)
		exit(5);
	fprintf(f, "%s\n", text);
	fclose(f);
}

/* A sibling, as with rst_sibling. */
static int restore(const struct request *r, char *command)
{
	char *argv[32], *save = NULL, end;
	int n = 0, executed[2];
	long pid;

	if (pipe2(executed, O_CLOEXEC) < 0)
		exit(7);
	pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (pid != 0) {
		/* husk removes the root's place when it is answered */
		close(executed[1]);
		if (read(executed[0], &end, 1) < 0)
			exit(7);
		return (int)pid;
	}
	for (char *w = strtok_r(command, " ", &save); w && n < 31; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	argv[n] = NULL;
	for (int i = 0; i < 3; i++) {
		if (r->inherited[i] >= 0)
			dup2(r->inherited[i], i);
	}
	for (int i = SOCK; i < 10; i++)
		fcntl(i, F_SETFD, FD_CLOEXEC);
	if (chroot(r->root) == 0 && chdir("/") == 0)
		execv(argv[0], argv);
	_exit(127);
}

static void write_to(const char *path, const char *file, const char *text)
{
	char name[4200];
	int fd;

	snprintf(name, sizeof(name), "%s/%s", path, file);
	fd = open(name, O_WRONLY);
	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		exit(6);
}

static int is(const char *line, const char *word, const char **rest)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) != 0 || (line[len] != ' ' && line[len] != '\0'))
		return 0;
	*rest = line + len + (line[len] == ' ');
	return 1;
}

/* Returns whether the request was answered. */
static int obey(const struct request *r, char *line, int *pid)
{
	const char *rest;

	if (is(line, "log", &rest)) {
		log_line(r, rest);
	} else if (is(line, "freeze", &rest)) {
		write_to(r->freeze, "cgroup.freeze", "1");
		write_to(r->freeze, "freezer.state", "FROZEN");
	} else if (is(line, "exec", &rest) && r->type == RESTORE) {
		*pid = restore(r, (char *)rest);
	} else if (is(line, "pts", &rest)) {
		notify("orphan-pts-master", *pid, open("/dev/ptmx", O_RDWR | O_NOCTTY));
	} else if (is(line, "notify", &rest)) {
		notify(rest, *pid, -1);
	} else if (is(line, "garbage", &rest)) {
		say((const unsigned char *)"\x0a\xff", 2, -1);
		return 1;
	} else if (is(line, "hang", &rest)) {
		pause();
	} else if (is(line, "die", &rest)) {
		raise(SIGKILL);
	} else if (is(line, "fail", &rest)) {
		char *text;
		int error = (int)strtol(rest, &text, 10);

		answer_failure(r, error, text + (*text == ' '));
		return 1;
	}
	return 0;
}

static void orders(const struct request *r)
{
	char path[4200], line[1000];
	FILE *f;
	int pid = 0;

	snprintf(path, sizeof(path), "%s/criu.do", dir);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned a, b, c;
		const char *rest;

		line[strcspn(line, "\n")] = '\0';
		if (r) {
			if (obey(r, line, &pid))
				exit(1);
		} else if (is(line, "say", &rest)) {
			dprintf(2, "%s\n", rest);
		} else if (is(line, "quit", &rest)) {
			exit(atoi(rest));
		} else if (sscanf(line, "version %u %u %u", &a, &b, &c) == 3) {
			version[0] = a, version[1] = b, version[2] = c;
		} else if (sscanf(line, "features %u", &a) == 1) {
			features = a;
		}
	}
	if (f)
		fclose(f);
	if (r)
		answer(r, pid);
}

static void find_dir(void)
{
	ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);

	dir[n > 0 ? n : 0] = '\0';
	if (strrchr(dir, '/'))
		*strrchr(dir, '/') = '\0';
}

int main(int argc, char **argv)
{
	char path[4200];
	struct request r;

	if (argc != 3 || strcmp(argv[1], "swrk") != 0 || strcmp(argv[2], "3") != 0)
		return 2;
	find_dir();
	snprintf(path, sizeof(path), "%s/criu.got", dir);
	got = fopen(path, "a");
	if (!got)
		return 2;
	fcntl(fileno(got), F_SETFD, FD_CLOEXEC);
	orders(NULL);
	do {
		if (read_request(&r) < 0)
			return 1;
		if (r.type == VERSION)
			answer_version();
		else if (r.type == FEATURES)
			answer_features();
		else
			orders(&r);
	} while (r.keep_open || r.type == PRE_DUMP);
	return 0;
}
