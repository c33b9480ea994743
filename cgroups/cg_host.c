/*
 * What the host mounts: cgroup hierarchies, where, and the caller's own cgroup in each.
 *
 * One read of mountinfo, one of the cgroup file and, where there is v2, one of its controllers;
 * nothing is looked up by name.  Handles mounts whose root is not "/" (a container without cgroup
 * namespace), controllers mounted together, v1 beside v2, and mounts hidden by later ones.
 *
 * Uses: runtime/base.    Used by: cgroups.
 */
#include "cgroups/cg_internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "runtime/base/fs.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

static const char *const ctl_names[] = {
	[CG_CPU] = "cpu",	  [CG_CPUACCT] = "cpuacct",   [CG_CPUSET] = "cpuset",
	[CG_MEMORY] = "memory",	  [CG_DEVICES] = "devices",   [CG_FREEZER] = "freezer",
	[CG_BLKIO] = "blkio",	  [CG_PIDS] = "pids",	      [CG_HUGETLB] = "hugetlb",
	[CG_NET_CLS] = "net_cls", [CG_NET_PRIO] = "net_prio", [CG_PERF_EVENT] = "perf_event",
	[CG_RDMA] = "rdma",	  [CG_MISC] = "misc",	      [CG_DMEM] = "dmem",
};
_Static_assert(ARRAY_SIZE(ctl_names) == CG_CTLS, "every controller has a name");

const char *cg_ctl_name(enum cg_ctl ctl, bool v2)
{
	return v2 && ctl == CG_BLKIO ? "io" : ctl_names[ctl];
}

enum cg_ctl cg_ctl_parse(const char *name, size_t len)
{
	if (len == 2 && memcmp(name, "io", 2) == 0)
		return CG_BLKIO;
	for (unsigned i = 0; i < CG_CTLS; i++) {
		if (strlen(ctl_names[i]) == len && memcmp(ctl_names[i], name, len) == 0)
			return (enum cg_ctl)i;
	}
	return CG_CTLS;
}

/* Controllers in a list like "cpu,cpuacct" or "cpu io memory\n". */
static uint32_t parse_ctls(const char *list)
{
	uint32_t mask = 0;

	while (*list) {
		size_t len = strcspn(list, ", \n");
		enum cg_ctl ctl = cg_ctl_parse(list, len);

		if (ctl != CG_CTLS)
			mask |= CG_BIT(ctl);
		list += len + (list[len] != '\0');
	}
	return mask;
}

/* Is @item one of the comma-separated words of @list? */
static bool in_list(const char *list, const char *item, size_t item_len)
{
	while (*list) {
		size_t len = strcspn(list, ",");

		if (len == item_len && memcmp(list, item, len) == 0)
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

/* Is @path @dir or below it? */
static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (len == 1)		/* "/" */
		return true;
	return strncmp(path, dir, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* ---- mountinfo ------------------------------------------------------------------------------ */

struct mount {
	unsigned id, parent;
	uint64_t dev;
	char *root, *point, *options;	/* the last is of the super block; set for cgroup mounts */
	bool cgroup, v2, resctrl, hidden;
};

struct mounts {
	struct mount *m;
	size_t n;
};

/* Undo mountinfo's octal escapes (blank, tab, newline, backslash), in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* One line: ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAGS...] - TYPE SOURCE SUPER-OPTIONS */
static bool parse_mount(char *line, struct mount *out)
{
	char *type, *field[7], *save = NULL;
	unsigned major, minor;

	type = strstr(line, " - ");
	if (!type)
		return false;
	*type = '\0';
	type += 3;

	for (unsigned i = 0; i < 5; i++) {
		field[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
		if (!field[i])
			return false;
	}
	if (sscanf(field[2], "%u:%u", &major, &minor) != 2 || field[4][0] != '/')
		return false;
	*out = (struct mount){
		.id = (unsigned)strtoul(field[0], NULL, 10),
		.parent = (unsigned)strtoul(field[1], NULL, 10),
		.dev = makedev(major, minor),
		.root = field[3],
		.point = field[4],
	};
	unescape(out->root);
	unescape(out->point);

	save = NULL;
	type = strtok_r(type, " ", &save);
	out->resctrl = type && strcmp(type, "resctrl") == 0;
	if (!type || !str_starts(type, "cgroup"))
		return true;
	out->v2 = strcmp(type, "cgroup2") == 0;
	if (!out->v2 && strcmp(type, "cgroup") != 0)
		return true;
	(void)strtok_r(NULL, " ", &save);	/* the source: any text */
	out->options = strtok_r(NULL, " ", &save);
	out->cgroup = out->options != NULL;
	return true;
}

/* Is mount @id above @m in the tree of mounts? */
static bool is_ancestor(const struct mounts *all, unsigned id, const struct mount *m)
{
	unsigned parent = m->parent;

	for (size_t depth = 0; depth < all->n; depth++) {
		size_t i;

		if (parent == id)
			return true;
		for (i = 0; i < all->n && all->m[i].id != parent; i++)
			;
		if (i == all->n || all->m[i].parent == parent)
			return false;
		parent = all->m[i].parent;
	}
	return false;
}

/* A mount at or above the mount point of an earlier one hides it, unless it carries it. */
static void find_hidden(struct mounts *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct mount *m = &all->m[i];

		if (!m->cgroup)
			continue;
		for (size_t j = i + 1; j < all->n && !m->hidden; j++) {
			if (is_below(m->point, all->m[j].point) &&
			    !is_ancestor(all, all->m[j].id, m))
				m->hidden = true;
		}
	}
}

static int parse_mountinfo(struct arena *arena, const char *text, struct mounts *out,
			   struct husk_error *err)
{
	char *copy = arena_strdup(arena, text);
	size_t lines = 1;

	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	out->n = 0;
	out->m = arena_array(arena, lines, sizeof(*out->m));
	if (!copy || !out->m)
		return err_nomem(err, "mountinfo");

	for (char *line = copy, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (parse_mount(line, &out->m[out->n]))
			out->n++;
	}
	find_hidden(out);
	return 0;
}

/* ---- hierarchies ---------------------------------------------------------------------------- */

/* How well mount @m shows a process whose cgroup is @own; 0: not at all. */
static int rank(const struct mount *m, const char *own)
{
	if (m->hidden)
		return 0;
	if (strcmp(m->root, "/") == 0)
		return 3;
	return is_below(own, m->root) ? 2 : 1;
}

/* @own as seen below mount @m.  One that lies outside (a mount or a process of another cgroup
 * namespace) is shown as the mount's root: the nearest that can be named. */
static const char *below_mount(const struct mount *m, const char *own)
{
	size_t root = strcmp(m->root, "/") == 0 ? 0 : strlen(m->root);

	if (str_starts(own, "/..") || !is_below(own, m->root) || own[root] != '/')
		return "/";
	return own + root;
}

/* A line "ID:CONTROLLERS:PATH" of /proc/PID/cgroup and the mount that shows that hierarchy. */
static bool find_hier(const struct mounts *all, char *line, const char *controllers,
		      struct cg_hier *out)
{
	char *list = strchr(line, ':');
	char *own = list ? strchr(list + 1, ':') : NULL;
	const struct mount *best = NULL;
	size_t first;
	bool v2;

	if (!own || own[1] != '/')
		return false;
	*own++ = '\0';
	list++;
	v2 = *list == '\0';
	first = strcspn(list, ",");

	for (size_t i = 0; i < all->n; i++) {
		const struct mount *m = &all->m[i];

		if (!m->cgroup || m->v2 != v2 || (!v2 && !in_list(m->options, list, first)))
			continue;
		if (rank(m, own) > (best ? rank(best, own) : 0))
			best = m;
	}
	if (!best)
		return false;
	*out = (struct cg_hier){
		.v2 = v2,
		.used = true,
		.cpuset_v2_mode = in_list(best->options, "cpuset_v2_mode", 14),
		.ctls = parse_ctls(v2 ? (controllers ? controllers : "") : list),
		.name = str_starts(list, "name=") ? list + 5 : list,
		.mount = best->point,
		.own = below_mount(best, own),
		.dev = best->dev,
	};
	out->path = out->own;
	return true;
}

int cg_layout_parse(const char *mountinfo, const char *cgroup, const char *controllers,
		    struct cg_layout *out, struct husk_error *err)
{
	struct cg_layout l = { 0 };
	struct mounts mounts = { 0 };
	size_t lines = 1;
	char *copy;

	if (parse_mountinfo(&l.arena, mountinfo, &mounts, err) < 0)
		goto fail;
	for (const char *p = cgroup; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	copy = arena_strdup(&l.arena, cgroup);
	l.hier = arena_array(&l.arena, lines + CG_RDT_GROUPS, sizeof(*l.hier));
	if (!copy || !l.hier) {
		err_nomem(err, "cgroups");
		goto fail;
	}
	for (char *line = copy, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (find_hier(&mounts, line, controllers, &l.hier[l.n]))
			l.n++;
	}
	for (size_t i = 0; i < mounts.n; i++) {
		if (mounts.m[i].resctrl && strcmp(mounts.m[i].root, "/") == 0)
			l.resctrl = mounts.m[i].point;
	}
	*out = l;
	return 0;

fail:
	arena_done(&l.arena);
	return -err->sys;
}

/* Of this thread: on v1 each thread may be elsewhere, and each may have its own mounts. */
int cg_layout_read(struct cg_layout *out, struct husk_error *err)
{
	cleanup_free char *mountinfo = NULL, *cgroup = NULL;
	struct cg_layout l = { 0 };
	int ret;

	ret = fs_read(AT_FDCWD, "/proc/thread-self/mountinfo", 64 << 20, &mountinfo, NULL, err);
	if (ret < 0)
		return ret;
	ret = fs_read(AT_FDCWD, "/proc/thread-self/cgroup", 1 << 20, &cgroup, NULL, err);
	if (ret < 0)
		return ret;
	ret = cg_layout_parse(mountinfo, cgroup, NULL, &l, err);
	if (ret < 0)
		return ret;

	for (size_t i = 0; i < l.n; i++) {
		cleanup_free char *controllers = NULL;
		cleanup_close int dir = -1;
		struct husk_error ignored;

		if (!l.hier[i].v2)
			continue;
		dir = open(l.hier[i].mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir >= 0 && fs_read(dir, "cgroup.controllers", 4096, &controllers, NULL,
					&ignored) == 0)
			l.hier[i].ctls = parse_ctls(controllers);
	}
	*out = l;
	return 0;
}

void cg_layout_done(struct cg_layout *layout)
{
	arena_done(&layout->arena);
	*layout = (struct cg_layout){ 0 };
}

const struct cg_hier *cg_hier_of(const struct cg_hier *hier, size_t n, enum cg_ctl ctl)
{
	for (size_t i = 0; i < n; i++) {
		if (hier[i].used && (hier[i].ctls & CG_BIT(ctl)))
			return &hier[i];
	}
	return NULL;
}

const struct cg_hier *cg_hier_v2(const struct cg_hier *hier, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (hier[i].used && hier[i].v2)
			return &hier[i];
	}
	return NULL;
}

void cg_host_detect(struct cg_host *host)
{
	struct cg_layout l = { 0 };
	struct husk_error ignored;

	*host = (struct cg_host){ 0 };
	if (cg_layout_read(&l, &ignored) < 0)
		return;
	for (size_t i = 0; i < l.n; i++) {
		if (l.hier[i].v2)
			host->v2 = true;
		else if (l.hier[i].ctls)
			host->v1 = true;
		if (l.hier[i].ctls & CG_BIT(CG_RDMA))
			host->rdma = true;
	}
	host->hybrid = host->v1 && host->v2;
	host->systemd = access("/run/systemd/system", F_OK) == 0;
	cg_layout_done(&l);
}
