/*
 * Mounts of type cgroup and cgroup2.
 *
 * With a cgroup namespace of its own a container gets the file system itself, whose root is then
 * its own cgroup; without, a bind of that cgroup's directory.  On v1 there is a tmpfs with one
 * directory for each hierarchy.
 *
 * Uses: runtime/base, specs.    Used by: mount_plan.c.
 */
#include <string.h>

#include "rootfs/rootfs_ops.h"
#include "rootfs/rootfs_plan.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

struct cgroup_mount {
	struct emit *e;
	const struct oci_mount *m;
	const struct mount_options *o;
	const char *dest, *source;
	uint64_t attrs;
	const char *only;	/* v1: the one hierarchy to show, or NULL for all */
};

#define SYSTEMD "systemd"	/* rootfs_cgroup.name of v1's name=systemd */

/* Any other hierarchy has a name only: "systemd". */
static bool is_controller(const char *name)
{
	static const char *const known[] = {
		"blkio", "cpu", "cpuacct", "cpuset", "debug", "devices", "freezer", "hugetlb",
		"memory", "misc", "net_cls", "net_prio", "perf_event", "pids", "rdma",
	};
	size_t len = strcspn(name, ",");

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i]) == len && strncmp(known[i], name, len) == 0)
			return true;
	return false;
}

/* Mount options that pick hierarchy @name: {"cpu", "cpuacct"} or {"none", "name=systemd"}. */
static char **hierarchy(struct emit *e, const char *name)
{
	char **v = arena_array(&e->arena, strlen(name) + 3, sizeof(*v));
	size_t n = 0;

	if (!v) {
		e->p->failed = ENOMEM;
		return NULL;
	}
	if (!is_controller(name)) {
		v[n++] = (char *)"none";
		v[n++] = (char *)emit_text(e, "name=%s",
					   str_starts(name, "name=") ? name + 5 : name);
		return v;
	}
	while (*name) {
		size_t len = strcspn(name, ",");

		v[n++] = (char *)emit_text(e, "%.*s", (int)len, name);
		name += len + (name[len] == ',');
	}
	return v;
}

/* The container's own cgroup in the hierarchy that the host mounts at @host. */
static void emit_own(struct cgroup_mount *c, const char *host, const char *path, const char *dest)
{
	struct mount_options bind = *c->o;
	uint32_t tree = emit_tree(c->e, emit_text(c->e, "%s%s", host, path), 0, NULL, c->source);

	bind.top.set = c->attrs;
	bind.top.clear = c->attrs & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0;
	bind.all = (struct mount_attrs){ 0 };
	emit_attributes(c->e, tree, &bind, false, c->source);
	PLAN_EMIT(c->e->p, OP_ROOTFS_ATTACH, c->source, tree, plan_str(c->e->p, dest),
		  AT_PLAIN_DIR);
}

static void emit_one(struct cgroup_mount *c, const struct rootfs_cgroup *g, const char *dest)
{
	struct plan *p = c->e->p;

	if (!c->e->opts->new_cgroupns) {
		emit_own(c, g->host_path, g->path, dest);
		return;
	}
	PLAN_EMIT_FLAGS(p, OP_ROOTFS_MOUNT, AT_PLAIN_DIR, c->source,
			plan_str(p, g->v2 ? "cgroup2" : "cgroup"), plan_str(p, "cgroup"),
			plan_str(p, dest), g->v2 ? 0 : plan_strv(p, hierarchy(c->e, g->name)),
			c->attrs, PLAN_NO_FD);
}

static void emit_v2(struct cgroup_mount *c, const struct rootfs_cgroup *v2)
{
	static const struct rootfs_cgroup own = { .name = "", .v2 = true };
	struct mount_options bind = *c->o;
	uint32_t tree;

	if (v2 || c->e->opts->new_cgroupns) {
		emit_one(c, v2 ? v2 : &own, c->dest);
		return;
	}
	/* No cgroup of its own: the host's, to look at only (CVE-2023-25809). */
	bind.all = (struct mount_attrs){ .set = c->attrs | MOUNT_ATTR_RDONLY };
	bind.all.clear = c->attrs & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0;
	bind.top = (struct mount_attrs){ 0 };
	tree = emit_tree(c->e, "/sys/fs/cgroup", PLAN_TREE_RECURSIVE, NULL, c->source);
	emit_attributes(c->e, tree, &bind, true, c->source);
	PLAN_EMIT(c->e->p, OP_ROOTFS_ATTACH, c->source, tree, plan_str(c->e->p, c->dest),
		  AT_PLAIN_DIR);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Co-mounted controllers are found under each one's name: "cpu" -> "cpu,cpuacct". */
static void emit_links(struct cgroup_mount *c)
{
	const struct rootfs_options *opts = c->e->opts;
	char **links;
	size_t n = 0, most = 1;

	for (size_t i = 0; i < opts->n_cgroups; i++)
		most += strlen(opts->cgroups[i].name) + 2;
	links = arena_array(&c->e->arena, most, sizeof(*links));
	if (!links) {
		c->e->p->failed = ENOMEM;
		return;
	}
	for (size_t i = 0; i < opts->n_cgroups; i++) {
		const char *name = opts->cgroups[i].name, *dir = base_name(opts->cgroups[i].host_path);

		for (; *name && is_controller(name); name += name[0] == ',') {
			size_t len = strcspn(name, ",");

			if (strlen(dir) != len || strncmp(name, dir, len) != 0) {
				links[n++] = (char *)dir;
				links[n++] = (char *)emit_text(c->e, "%.*s", (int)len, name);
			}
			name += len;
		}
	}
	if (n)
		PLAN_EMIT(c->e->p, OP_ROOTFS_SYMLINKS, c->source, plan_str(c->e->p, c->dest),
			  plan_strv(c->e->p, links));
}

static void emit_v1(struct cgroup_mount *c)
{
	static const char *const options[] = { "mode=755", NULL };
	const struct rootfs_options *opts = c->e->opts;
	struct plan *p = c->e->p;

	/* Writable until all is in it. */
	PLAN_EMIT_FLAGS(p, OP_ROOTFS_MOUNT, AT_PLAIN_DIR, c->source, plan_str(p, "tmpfs"),
			plan_str(p, "cgroup"), plan_str(p, c->dest),
			plan_strv(p, (char *const *)options), c->attrs & ~(uint64_t)MOUNT_ATTR_RDONLY,
			PLAN_NO_FD);
	for (size_t i = 0; i < opts->n_cgroups; i++) {
		const struct rootfs_cgroup *g = &opts->cgroups[i];

		if (c->only && (g->v2 || strcmp(g->name, c->only) != 0))
			continue;
		emit_one(c, g, emit_text(c->e, "%s/%s", c->dest,
					 g->v2 ? "unified" : base_name(g->host_path)));
	}
	if (!c->only)
		emit_links(c);
	if (c->attrs & MOUNT_ATTR_RDONLY)
		PLAN_EMIT(p, OP_ROOTFS_REMOUNT, c->source, plan_str(p, c->dest), MOUNT_ATTR_RDONLY,
			  0, 0, 0, 0);
}

bool cgroup_is_forced_v1(const struct oci_config *config, const char *dest)
{
	const char *forced = config->linux_.cgroup_v1_systemd;

	return forced && strcmp(dest, forced) == 0;
}

int cgroup_check_forced_v1(const struct oci_config *config, const struct rootfs_options *opts,
			   struct husk_error *err)
{
	static const char pointer[] = "/annotations/run.oci.systemd.force_cgroup_v1";
	size_t i = 0, k = 0;

	if (!config->linux_.cgroup_v1_systemd)
		return 0;
	while (i < config->n_mounts && !cgroup_is_forced_v1(config, config->mounts[i].destination))
		i++;
	if (i == config->n_mounts)
		return err_config(err, pointer, "no mount has the destination %s",
				  config->linux_.cgroup_v1_systemd);
	while (k < opts->n_cgroups && (opts->cgroups[k].v2 ||
				       strcmp(opts->cgroups[k].name, SYSTEMD) != 0))
		k++;
	if (k < opts->n_cgroups)
		return 0;
	err_config(err, pointer, "the host has no cgroup v1 hierarchy name=systemd");
	err->kind = HUSK_E_UNSUPPORTED;
	return err_hint(err, "mkdir /sys/fs/cgroup/systemd and mount -t cgroup -o "
			"none,name=systemd,xattr cgroup /sys/fs/cgroup/systemd");
}

void cgroup_emit_forced_v1(struct emit *e, const struct mount_options *o, const char *dest,
			   const char *source)
{
	struct cgroup_mount c = {
		.e = e, .o = o, .dest = dest, .source = source, .only = SYSTEMD,
		/* An old systemd makes its own groups there. */
		.attrs = emit_new_attributes(o) & ~(uint64_t)MOUNT_ATTR_RDONLY,
	};

	emit_v1(&c);
}

void cgroup_emit(struct emit *e, const struct oci_mount *m, const struct mount_options *o,
		 const char *dest, const char *source)
{
	struct cgroup_mount c = {
		.e = e, .m = m, .o = o, .dest = dest, .source = source,
		.attrs = emit_new_attributes(o),
	};
	const struct rootfs_cgroup *v2 = NULL;
	bool v1 = false;

	for (size_t i = 0; i < e->opts->n_cgroups; i++) {
		if (e->opts->cgroups[i].v2)
			v2 = &e->opts->cgroups[i];
		else
			v1 = true;
	}
	if (v1 && strcmp(m->type, "cgroup2") != 0)
		emit_v1(&c);
	else
		emit_v2(&c, v2);
}
