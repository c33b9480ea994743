/*
 * Who the program is: user, groups, capabilities, home directory.
 *
 * The system calls are made directly: there is one thread, and the C library's wrappers would look
 * for more.
 *
 * Uses: runtime/base/step.h, runtime/process/caps.h (names).    Used by: main.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "runtime/base/sys.h"
#include "runtime/base/weak.h"
#include "runtime/process/caps.h"
#include "runtime/init/init.h"
#include "runtime/init/text.h"

/* ---- capabilities --------------------------------------------------------- */

/* Which of @among are in the bounding set. */
static int bounding_set(uint64_t among, uint64_t *out)
{
	uint64_t set = 0;

	for (unsigned cap = 0; cap < 64; cap++) {
		int has;

		if (!(among >> cap & 1))
			continue;
		has = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
		/* The kernel knows no more; anything else would leave capabilities in the set. */
		if (has < 0 && errno == EINVAL)
			break;
		if (has < 0)
			return -1;
		set |= (uint64_t)has << cap;
	}
	*out = set;
	return 0;
}

struct cap_sets {
	uint64_t effective, permitted, inheritable;
};

static int get_caps(struct cap_sets *out)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0)
		return -1;
	out->effective = d[0].effective | (uint64_t)d[1].effective << 32;
	out->permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
	out->inheritable = d[0].inheritable | (uint64_t)d[1].inheritable << 32;
	return 0;
}

static int set_caps(const struct cap_sets *caps)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2] = {
		{ (uint32_t)caps->effective, (uint32_t)caps->permitted,
		  (uint32_t)caps->inheritable },
		{ (uint32_t)(caps->effective >> 32), (uint32_t)(caps->permitted >> 32),
		  (uint32_t)(caps->inheritable >> 32) },
	};

	return (int)syscall(SYS_capset, &h, d);
}

/* One that is not there any more need not be dropped, which takes a capability. */
static int drop_bounding(unsigned cap)
{
	if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
		return 0;
	return errno == EPERM && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 0 ? 0 : -1;
}

int step_PROC_BOUNDING(struct step_ctx *c, const struct plan_step *s)
{
	uint64_t unwanted = ~step_num(s, 0), drop;
	struct cap_sets have;

	if (get_caps(&have) < 0)
		return step_fail(c, "capget", NULL);
	/* What we have ourselves is nearly always in the set: no need to look. */
	if (bounding_set(unwanted & ~have.permitted, &drop) < 0)
		return step_fail(c, "prctl(PR_CAPBSET_READ)", NULL);
	drop |= unwanted & have.permitted;
	for (unsigned cap = 0; cap < 64; cap++) {
		if (drop >> cap & 1 && drop_bounding(cap) < 0)
			return step_fail(c, "prctl(PR_CAPBSET_DROP)",
					 errno == EPERM ? "needs CAP_SETPCAP" : NULL);
	}
	return 0;
}

static void warn_left_out(struct step_ctx *c, uint64_t left_out)
{
	static const char *const names[RT_N_CAPS] = {
#define X(name) [RT_CAP_##name] = #name,
		RT_CAPABILITIES(X)
#undef X
	};
	struct text list = { .len = 0 };

	for (unsigned cap = 0; cap < RT_N_CAPS; cap++) {
		if (!(left_out >> cap & 1))
			continue;
		text_add(&list, list.len ? ", CAP_" : "CAP_");
		text_add(&list, names[cap]);
	}
	errno = EPERM;
	(void)step_warn(c, "capabilities that cannot be granted", list.s);
}

/* Every set cut down to what the kernel will allow: the runtime-spec wants a warning, not an
 * error, for a capability that cannot be granted. */
int step_PROC_CAPS(struct step_ctx *c, const struct plan_step *s)
{
	uint64_t wanted = step_num(s, 0) | step_num(s, 1) | step_num(s, 2) | step_num(s, 3);
	uint64_t ambient, left_out, bounding;
	struct cap_sets have, want;

	if (get_caps(&have) < 0)
		return step_fail(c, "capget", NULL);
	if (bounding_set(step_num(s, 2), &bounding) < 0)
		return step_fail(c, "prctl(PR_CAPBSET_READ)", NULL);
	want.permitted = step_num(s, 1) & have.permitted;
	want.effective = step_num(s, 0) & want.permitted;
	want.inheritable = step_num(s, 2) &
			   (have.inheritable | (have.permitted & bounding));
	if (weakened("inheritable"))
		want.inheritable |= want.permitted;
	ambient = step_num(s, 3) & want.permitted & want.inheritable;
	left_out = (step_num(s, 0) & ~want.effective) | (step_num(s, 1) & ~want.permitted) |
		   (step_num(s, 2) & ~want.inheritable) | (step_num(s, 3) & ~ambient);
	if (wanted & left_out)
		warn_left_out(c, left_out);
	if (set_caps(&want) < 0)
		return step_fail(c, "capset", NULL);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return step_fail(c, "prctl(PR_CAP_AMBIENT_CLEAR_ALL)", NULL);
	for (unsigned cap = 0; cap < 64; cap++) {
		if (ambient >> cap & 1 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return step_fail(c, "prctl(PR_CAP_AMBIENT_RAISE)", NULL);
	}
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
		return step_fail(c, "prctl(PR_SET_KEEPCAPS)", NULL);
	return 0;
}

/* ---- user and groups ------------------------------------------------------ */

static int fail_id(struct step_ctx *c, const char *call, uint64_t id)
{
	struct text object = { .len = 0 };

	text_add_num(&object, id, 10);
	if (errno == EINVAL)
		text_add(&object, " (not mapped in the container's user namespace)");
	return step_fail(c, call, object.s);
}

bool init_groups_stay(struct step_ctx *c)
{
	char word[4] = "";
	ssize_t n;
	int fd;

	if (c->groups_stay)
		return c->groups_stay > 0;
	fd = step_open_proc(c, "self/setgroups", O_RDONLY);
	n = fd >= 0 ? read(fd, word, sizeof(word)) : -1;
	if (fd >= 0)
		(void)close(fd);
	c->groups_stay = n == (ssize_t)sizeof(word) && memcmp(word, "deny", sizeof(word)) == 0 ? 1 : -1;
	return c->groups_stay > 0;
}

static int set_groups(struct step_ctx *c, const uint32_t *gids, size_t n)
{
	int error;

	if (syscall(SYS_setgroups, n, gids) == 0)
		return 0;
	/* Denied for good where an unprivileged user has mapped only his own group: then the
	 * caller's groups stay.  Denied for another reason, they would be a gift to the container. */
	error = errno;
	if (error == EPERM && getgroups(0, NULL) == 0 && n == 0)
		return 0;
	if (error == EPERM && !init_groups_stay(c))
		return step_fail_as(c, error, "setgroups", "additional groups");
	errno = error;
	if (error == EPERM)
		return n == 0 ? 0 : step_warn(c, "setgroups", "additional groups");
	return step_fail(c, "setgroups", errno == EINVAL ? "additional groups (one is not mapped "
			 "in the container's user namespace)" : "additional groups");
}

int step_PROC_IDS_ONLY(struct step_ctx *c, const struct plan_step *s)
{
	uint64_t uid = step_num(s, 0), gid = step_num(s, 1);

	if (syscall(SYS_setresgid, gid, gid, gid) < 0)
		return fail_id(c, "setresgid", gid);
	/* PROC_CAPS decides what stays of them. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return step_fail(c, "prctl(PR_SET_KEEPCAPS)", NULL);
	if (syscall(SYS_setresuid, uid, uid, uid) < 0)
		return fail_id(c, "setresuid", uid);
	return 0;
}

int step_PROC_IDS(struct step_ctx *c, const struct plan_step *s)
{
	size_t len;
	const uint32_t *gids = step_bytes(c, s, 2, &len);
	int ret = set_groups(c, gids, len / sizeof(*gids));

	return ret < 0 ? ret : step_PROC_IDS_ONLY(c, s);
}

/* ---- home directory ------------------------------------------------------- */

/* Text read in pieces, as lines that fit the buffer; longer ones are skipped. */
struct lines {
	int fd;
	char buf[1024];
	size_t start, end;
	bool skip;		/* inside a line that is too long */
	unsigned budget;	/* reads left: /etc/passwd belongs to the image */
};

/* Fill up the buffer behind what is left of it.  False at the end. */
static bool refill(struct lines *l)
{
	ssize_t n;

	memmove(l->buf, l->buf + l->start, l->end - l->start);
	l->end -= l->start;
	l->start = 0;
	if (l->end == sizeof(l->buf) - 1) {
		l->end = 0;
		l->skip = true;
	}
	if (l->budget-- == 0)
		return false;
	n = read(l->fd, l->buf + l->end, sizeof(l->buf) - 1 - l->end);
	l->end += n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* The next line, terminated in place, or NULL. */
static char *next_line(struct lines *l)
{
	char *line, *nl;

	do {
		line = l->buf + l->start;
		nl = memchr(line, '\n', l->end - l->start);
		if (nl) {
			bool whole = !l->skip;

			*nl = '\0';
			l->start = (size_t)(nl - l->buf) + 1;
			l->skip = false;
			if (whole)
				return line;
		}
	} while (nl || refill(l));
	if (l->end == 0 || l->skip)
		return NULL;
	l->buf[l->end] = '\0';	/* the last line need not end in a newline */
	l->end = 0;
	return l->buf;
}

/* The home directory in a line "name:password:uid:gid:gecos:home:shell" of @uid, or NULL. */
static char *home_in(char *line, const char *uid)
{
	char *field[7];
	size_t n = 0;

	for (char *p = line; n < 7; p++) {
		field[n++] = p;
		p += strcspn(p, ":");
		if (!*p)
			break;
		*p = '\0';
	}
	if (n < 6 || strcmp(field[2], uid) != 0 || field[5][0] != '/')
		return NULL;
	return field[5];
}

static int open_passwd(void)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd;
	struct stat st;

	if (root < 0)
		return -1;
	fd = init_open_in_root(root, "etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY);
	(void)close(root);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

char **init_exec_env(struct step_ctx *c)
{
	const struct plan_step *last = &c->plan->steps[c->plan->h->n_steps - 1];

	return last->op == OP_EXEC ? step_strv(c, last, 2) : NULL;
}

/*
 * Engines leave HOME to the runtime: only here is the image's /etc/passwd at hand.  Any trouble
 * with it means "/", which argument 0 says already.
 */
int step_PROC_HOME(struct step_ctx *c, const struct plan_step *s)
{
	struct lines l = { .fd = open_passwd(), .budget = 1024 };
	char **env = init_exec_env(c), *line, *home = NULL;
	struct text uid = { .len = 0 };
	size_t size;
	char *var = (char *)(uintptr_t)step_bytes(c, s, 0, &size);

	text_add_num(&uid, step_num(s, 1), 10);
	while (l.fd >= 0 && !home && (line = next_line(&l)))
		home = home_in(line, uid.s);
	if (home && strlen(home) + sizeof("HOME=") <= size)
		strcpy(var + strlen("HOME="), home);
	if (l.fd >= 0)
		(void)close(l.fd);
	for (; env && *env; env++) {
		if (strncmp(*env, "HOME=", 5) == 0)
			*env = var;
	}
	return 0;
}
