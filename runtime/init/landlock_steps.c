/*
 * Landlock: the ruleset, made while files can still be opened, and its beginning.
 *
 * A rule names a path, and holds for what is there when husk-init opens it, as root of the container
 * and inside of its root.
 *
 * Uses: runtime/base/step.h, runtime/base/landlock_rules.h.    Used by: main.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/base/sys.h"
#include "runtime/base/weak.h"
#include "runtime/init/init.h"
#include "runtime/init/text.h"
#include "runtime/base/landlock_rules.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

enum { RULE_PATH_BENEATH = 1, RULE_NET_PORT = 2 };	/* enum landlock_rule_type */
enum { MAX_LINKS = 40 };				/* as the kernel's limit for one look-up */

/* Where names can be made or taken away. */
#define CHANGES                                                                                    \
	((uint64_t)(RT_LANDLOCK_remove_dir | RT_LANDLOCK_remove_file | RT_LANDLOCK_make_char |     \
		    RT_LANDLOCK_make_dir | RT_LANDLOCK_make_reg | RT_LANDLOCK_make_sock |          \
		    RT_LANDLOCK_make_fifo | RT_LANDLOCK_make_block | RT_LANDLOCK_make_sym |        \
		    RT_LANDLOCK_refer))
#define X(bit, name, abi, file) ((file) ? (uint64_t)1 << (bit) : 0) |
#define OF_FILES (RT_LANDLOCK_FS(X) 0)

/* struct landlock_path_beneath_attr */
struct path_beneath {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

/* ---- which paths to trust ----------------------------------------------------------------------- */

/* The directories in which the rules let names change. */
struct changing {
	struct {
		dev_t dev;
		ino_t ino;
	} dir[RT_LANDLOCK_MAX_PATHS];
	size_t n;
};

static bool is_changing(const struct changing *w, const struct stat *st)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->dir[i].dev == st->st_dev && w->dir[i].ino == st->st_ino)
			return true;
	}
	return false;
}

/* A path that is being followed by hand. */
struct walk {
	int dir;		/* O_PATH; here we are ... */
	struct stat at;		/* ... and this is it */
	char rest[4096];	/* still to go */
	int links;
};

static int walk_to(struct walk *w, int fd)
{
	if (fd < 0)
		return -1;
	if (w->dir >= 0)
		(void)close(w->dir);
	w->dir = fd;
	return fstat(fd, &w->at);
}

static int walk_to_root(struct walk *w)
{
	return walk_to(w, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* @fd is a link, met on the way to @next: go on with its target. */
static int walk_link(struct walk *w, int fd, const char *next)
{
	char target[4096];
	ssize_t n = readlinkat(fd, "", target, sizeof(target));
	size_t left = strlen(next) + 1;

	if (n < 0)
		return -1;
	if (++w->links > MAX_LINKS || (size_t)n + 1 + left > sizeof(w->rest)) {
		errno = ELOOP;
		return -1;
	}
	memmove(w->rest + n + 1, next, left);
	memcpy(w->rest, target, (size_t)n);
	w->rest[n] = '/';
	return n > 0 && target[0] == '/' ? walk_to_root(w) : 0;
}

/* One component further; "/" and what leads up end at the container's root, which is ours. */
static int walk_on(struct walk *w)
{
	char *name = w->rest + strspn(w->rest, "/"), *next = name + strcspn(name, "/");
	struct stat st;
	int fd, ret;

	if (*next)
		*next++ = '\0';
	fd = sys_openat2(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0, RESOLVE_NO_MAGICLINKS);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISLNK(st.st_mode)) {
		ret = walk_link(w, fd, next);
		(void)close(fd);
		return ret;
	}
	memmove(w->rest, next, strlen(next) + 1);
	return walk_to(w, fd);
}

/*
 * Does @path lead to @end without a step that the processes under these rules could have changed?
 * Else they would choose what a newcomer is allowed: a link, or another directory of that name.
 */
static bool is_trusted(const struct changing *changing, const char *path, const struct stat *end)
{
	static struct walk w;
	bool trusted = true;
	int ret;

	w = (struct walk){ .dir = -1 };
	strcpy(w.rest, path);	/* openat2(2) has taken it, so it is shorter */
	ret = walk_to_root(&w);
	while (ret == 0 && trusted && w.rest[strspn(w.rest, "/")]) {
		trusted = !is_changing(changing, &w.at);
		ret = walk_on(&w);
	}
	if (w.dir >= 0)
		(void)close(w.dir);
	return trusted && ret == 0 && w.at.st_dev == end->st_dev && w.at.st_ino == end->st_ino;
}

/* ---- the ruleset ------------------------------------------------------------------------------- */

struct ruleset {
	struct step_ctx *c;
	int fd, root;
	uint64_t flags;			/* of the step */
	struct changing changing;
};

/* A path of the rules that cannot be had. */
static int left_out(const struct ruleset *r, const struct rt_landlock_path *file, const char *call,
		    const char *object)
{
	if (errno == ENOENT && (file->flags & RT_LANDLOCK_PATH_OPTIONAL))
		return 0;
	return r->flags & RT_LANDLOCK_PREFERRED ? step_warn(r->c, call, object) :
						  step_fail(r->c, call, object);
}

static int add_path(const struct ruleset *r, const char *path, const struct rt_landlock_path *file)
{
	struct path_beneath rule = { .access = file->access };
	struct text object = { .len = 0 };
	struct stat st;
	int ret = 0;

	rule.fd = init_open_in_root(r->root, path, O_PATH);
	if (rule.fd < 0 || fstat(rule.fd, &st) < 0)
		return left_out(r, file, "open", path);
	if (!S_ISDIR(st.st_mode) && !(file->flags & RT_LANDLOCK_PATH_EXACT))
		rule.access &= OF_FILES;
	if ((r->flags & RT_LANDLOCK_DISTRUST) && !weakened("landlock") &&
	    !is_trusted(&r->changing, path, &st)) {
		text_add(&object, path);
		text_add(&object, " (its name is in a directory that the rules let the container "
				  "change)");
		errno = EPERM;
		ret = left_out(r, file, "trust", object.s);
	} else if (rule.access && syscall(SYS_landlock_add_rule, r->fd, RULE_PATH_BENEATH, &rule,
					  0) < 0) {
		ret = step_fail(r->c, "landlock_add_rule", path);
	}
	(void)close(rule.fd);
	return ret;
}

static void note_changing(struct ruleset *r, const char *path, const struct rt_landlock_path *file)
{
	struct stat st;
	int fd;

	if (!(file->access & CHANGES))
		return;
	fd = init_open_in_root(r->root, path, O_PATH);
	if (fd < 0)
		return;		/* no rule will come of it */
	if (fstat(fd, &st) == 0) {
		r->changing.dir[r->changing.n].dev = st.st_dev;
		r->changing.dir[r->changing.n++].ino = st.st_ino;
	}
	(void)close(fd);
}

static int add_paths(struct ruleset *r, char **paths, const struct rt_landlock_path *files, size_t n)
{
	int ret = 0;

	for (size_t i = 0; i < n && (r->flags & RT_LANDLOCK_DISTRUST); i++)
		note_changing(r, paths[i], &files[i]);
	for (size_t i = 0; ret == 0 && i < n; i++)
		ret = add_path(r, paths[i], &files[i]);
	return ret;
}

static int add_ports(const struct ruleset *r, const struct rt_landlock_port *ports, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct text object = { .len = 0 };

		if (syscall(SYS_landlock_add_rule, r->fd, RULE_NET_PORT, &ports[i], 0) == 0)
			continue;
		text_add(&object, "port ");
		text_add_num(&object, ports[i].port, 10);
		return step_fail(r->c, "landlock_add_rule", object.s);
	}
	return 0;
}

int step_PROC_LANDLOCK(struct step_ctx *c, const struct plan_step *s)
{
	static struct ruleset r;
	size_t attr_len, files_len, ports_len;
	const struct rt_landlock_attr *attr = step_bytes(c, s, 1, &attr_len);
	const struct rt_landlock_path *files = step_bytes(c, s, 3, &files_len);
	const struct rt_landlock_port *ports = step_bytes(c, s, 4, &ports_len);
	char **paths = step_strv(c, s, 2);
	int ret;

	/* PROC_IDS cannot read procfs any more when the rules are in force. */
	(void)init_groups_stay(c);
	r = (struct ruleset){ .c = c, .flags = step_num(s, 5) };
	r.fd = (int)syscall(SYS_landlock_create_ruleset, attr, attr_len, 0);
	if (r.fd < 0)
		return step_fail(c, "landlock_create_ruleset", NULL);
	step_set_fd(c, s, 6, r.fd);
	r.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r.root < 0)
		return step_fail(c, "open", "/");
	ret = add_paths(&r, paths, files, files_len / sizeof(*files));
	(void)close(r.root);
	return ret < 0 ? ret : add_ports(&r, ports, ports_len / sizeof(*ports));
}

int step_PROC_LANDLOCK_SELF(struct step_ctx *c, const struct plan_step *s)
{
	if (syscall(SYS_landlock_restrict_self, step_fd(c, s, 0), step_num(s, 1)) < 0)
		return step_fail(c, "landlock_restrict_self", errno == EPERM ?
				 "(needs CAP_SYS_ADMIN or noNewPrivileges)" : NULL);
	return 0;
}
