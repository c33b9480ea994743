/*
 * What of a container is not in its images, and must be there when it is restored: bind mounts,
 * joined namespaces, and criu's own configuration.
 *
 * A mount is named in the images by its place as the configuration has it, so that `restore` needs to
 * resolve nothing: the configuration that it is given then says what is to be there.
 *
 * Uses: specs, cgroups.    Used by: checkpoint.c, restore.c.
 */
#include <errno.h>
#include <linux/sched.h>
#include <string.h>
#include <unistd.h>

#include "cgroups/cgroups.h"
#include "runtime/base/log.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/criu/criu.h"

static const struct {
	uint64_t type;
	const char *name, *key;
} namespaces[] = {
	{ CLONE_NEWNET, "net", "extRootNetNS" }, { CLONE_NEWPID, "pid", "extRootPidNS" },
	{ CLONE_NEWNS, "mnt", NULL },		 { CLONE_NEWIPC, "ipc", NULL },
	{ CLONE_NEWUTS, "uts", NULL },		 { CLONE_NEWUSER, "user", NULL },
	{ CLONE_NEWTIME, "time", NULL },	 { CLONE_NEWCGROUP, "cgroup", NULL },
};

const char *criu_ns_name(uint64_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		if (namespaces[i].type == type)
			return namespaces[i].name;
	}
	return "unknown";
}

const char *criu_ns_key(uint64_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		if (namespaces[i].type == type)
			return namespaces[i].key;
	}
	return NULL;
}

bool criu_is_bind(const struct oci_mount *m)
{
	if (m->type && strcmp(m->type, "bind") == 0)
		return true;
	for (size_t i = 0; i < m->n_options; i++) {
		if (strcmp(m->options[i], "bind") == 0 || strcmp(m->options[i], "rbind") == 0)
			return true;
	}
	return false;
}

/* Room for every mount, its hierarchies, and devices. */
struct list {
	struct criu_mount *m;
	size_t n;
	struct arena *arena;
	bool failed;
};

static void add(struct list *l, const char *inside, const char *source)
{
	if (!inside || !source)
		l->failed = true;
	else
		l->m[l->n++] = (struct criu_mount){ inside, source };
}

/* "data" is "/data"; no slash at the end. */
static char *clean(struct arena *arena, const char *dest)
{
	char *out = arena_printf(arena, "/%s", dest + strspn(dest, "/"));
	size_t len = out ? strlen(out) : 0;

	while (len > 1 && out[len - 1] == '/')
		out[--len] = '\0';
	return out;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Without a cgroup namespace the container's own cgroups are bind mounts: rootfs/cgroup_plan.c. */
static void add_cgroups(struct list *l, const char *inside, const struct cg_mount *g, size_t n)
{
	bool v1 = false;

	for (size_t i = 0; i < n; i++)
		v1 = v1 || !g[i].v2;
	for (size_t i = 0; i < n; i++) {
		const char *dir = g[i].v2 ? "unified" : base_name(g[i].host_path);

		add(l, v1 ? arena_printf(l->arena, "%s/%s", inside, dir) : inside,
		    arena_printf(l->arena, "%s%s", g[i].host_path, g[i].path));
	}
}

static bool has_new_cgroupns(const struct oci_config *config)
{
	const struct oci_linux *lin = &config->linux_;

	for (size_t i = 0; i < lin->n_namespaces; i++) {
		if (lin->namespaces[i].type == CLONE_NEWCGROUP)
			return !lin->namespaces[i].path;
	}
	return false;
}

/* In a user namespace devices are bind mounts of the host's.  One that is not is not looked for. */
static void add_devices(struct list *l, const struct oci_config *config)
{
	static const char *const defaults[] = {
		"/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/random", "/dev/urandom",
	};

	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		add(l, defaults[i], defaults[i]);
	for (size_t i = 0; i < config->linux_.n_devices; i++) {
		const char *path = config->linux_.devices[i].path;
		size_t k = 0;

		while (k < ARRAY_SIZE(defaults) && strcmp(defaults[k], path) != 0)
			k++;
		if (k == ARRAY_SIZE(defaults))
			add(l, path, path);
	}
}

int criu_external_mounts(const struct oci_config *config, const char *bundle,
			 const struct cg_mount *cgroups, size_t n_cgroups, struct arena *arena,
			 struct criu_mount **out, size_t *n, struct husk_error *err)
{
	size_t most = config->n_mounts * (n_cgroups + 1) + config->linux_.n_devices + 8;
	struct list l = { .m = arena_array(arena, most, sizeof(*l.m)), .arena = arena };
	bool own_cgroupns = has_new_cgroupns(config);

	if (!l.m)
		return err_nomem(err, "external mounts");
	for (size_t i = 0; i < config->n_mounts; i++) {
		const struct oci_mount *m = &config->mounts[i];
		const char *inside = clean(arena, m->destination);

		if (!inside)
			l.failed = true;
		else if (criu_is_bind(m) && m->source)
			add(&l, inside, m->source[0] == '/' ? m->source :
				arena_printf(arena, "%s/%s", bundle, m->source));
		else if (m->type && strncmp(m->type, "cgroup", 6) == 0 && !own_cgroupns)
			add_cgroups(&l, inside, cgroups, n_cgroups);
	}
	add_devices(&l, config);
	if (l.failed)
		return err_nomem(err, "external mounts");
	*out = l.m;
	*n = l.n;
	return 0;
}

/* criu overlooks a file that is not there; one that somebody named is not to be overlooked in
 * silence. */
static const char *named(const char *path, const char *by)
{
	if (!*path)
		return NULL;
	if (access(path, R_OK) < 0)
		log_warn("%s %s: %s, ignoring", by, path, strerror(errno));
	return path;
}

const char *criu_config_file(const struct husk_criu_options *opts, const struct oci_config *config)
{
	static const char *const defaults[] = { "/etc/criu/crun.conf", "/etc/criu/runc.conf" };

	if (config->criu_config)
		return named(config->criu_config, "annotation org.criu.config");
	if (opts->config_file)
		return *opts->config_file ? opts->config_file : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		if (access(defaults[i], R_OK) == 0)
			return defaults[i];
	}
	return NULL;
}
