/*
 * Deciding where a container's cgroups go and what is written there; changes nothing.
 *
 * Uses: runtime/base, specs.    Used by: runtime.
 */
#include "cgroups/cg_systemd.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

#define PATH_AT "/linux/cgroupsPath"

int cg_err_at(struct husk_error *err, enum husk_kind kind, int sys, const char *pointer,
	      const char *fmt, ...)
{
	char text[sizeof(err->msg) / 2];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!pointer)
		return err_new(err, kind, sys, "%s", text);
	err_new(err, kind, sys, "%s: %s", pointer, text);
	(void)snprintf(err->pointer, sizeof(err->pointer), "%s", pointer);
	return -err->sys;
}

/* ---- paths ---------------------------------------------------------------------------------- */

/* Append the components of @path to @out ("/a/b" or ""); @pointer is where it came from. */
static int append_clean(struct str *out, const char *path, const char *pointer,
			struct husk_error *err)
{
	while (*path) {
		size_t len = strcspn(path, "/");

		if (len == 2 && memcmp(path, "..", 2) == 0)
			return err_config(err, pointer, "\"..\" is not allowed in a cgroup path");
		if (len > NAME_MAX)
			return err_config(err, pointer, "\"%.20s...\" is longer than %d bytes",
					  path, NAME_MAX);
		for (size_t i = 0; i < len; i++) {
			if ((unsigned char)path[i] < ' ' || path[i] == 127)
				return err_config(err, pointer,
						  "control characters are not allowed in a "
						  "cgroup path");
		}
		if (len > 0 && !(len == 1 && path[0] == '.')) {
			str_add(out, "/");
			str_add_n(out, path, len);
		}
		path += len + (path[len] == '/');
	}
	return 0;
}

bool cg_path_ok(const char *path)
{
	struct str clean = { 0 };
	struct husk_error ignored;
	bool ok = path[0] == '/' && append_clean(&clean, path, "", &ignored) == 0 && clean.len &&
		  strcmp(clean.s, path) == 0;

	str_done(&clean);
	return ok;
}

int cg_path(struct arena *arena, const struct cg_hier *h, const char *path, const char *id,
	    bool v2_only, const char **out, struct husk_error *err)
{
	struct str clean cleanup_str = { 0 };
	const char *given = path && *path ? path : id;
	int ret = 0;

	if (given[0] != '/' && strcmp(h->own, "/") != 0) {
		const char *end = v2_only ? strrchr(h->own, '/') : h->own + strlen(h->own);

		str_add_n(&clean, h->own, (size_t)(end - h->own));
	}
	ret = append_clean(&clean, given, PATH_AT, err);
	if (ret < 0)
		return ret;
	/* The root is everybody's: deleting the container would kill all of them. */
	if (clean.len == 0)
		return err_config(err, PATH_AT, "\"%s\" is the root of the hierarchy, not a cgroup "
				  "of the container's own", given);
	if (clean.len > PATH_MAX / 2)
		return err_config(err, PATH_AT, "longer than %d bytes", PATH_MAX / 2);
	*out = clean.failed ? NULL : arena_strdup(arena, clean.s);
	return *out ? 0 : err_nomem(err, "cgroup path");
}

/* May this caller make @h's path?  Asked of the nearest directory that exists. */
static bool is_writable(const struct cg_hier *h)
{
	char path[PATH_MAX];
	size_t mount = strlen(h->mount);

	if (snprintf(path, sizeof(path), "%s%s", h->mount, h->path) >= (int)sizeof(path))
		return false;
	for (;;) {
		if (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0)
			return true;
		if (errno != ENOENT || strlen(path) <= mount)
			return false;
		*strrchr(path, '/') = '\0';
	}
}

static bool is_v2_only(const struct cg_layout *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!l->hier[i].v2 && l->hier[i].ctls)
			return false;
	}
	return true;
}

static int plan_paths(struct cg_plan *plan, const char *cgroups_path, struct husk_error *err)
{
	bool v2_only = is_v2_only(&plan->layout);

	for (size_t i = 0; i < plan->layout.n; i++) {
		struct cg_hier *h = &plan->layout.hier[i];
		const char *own = h->own;
		int ret = 0;

		if (plan->opts.manager == CG_NONE) {
			h->used = false;
			continue;
		}
		if (plan->unit)
			h->path = h->v2 ? plan->unit->sub_path : plan->unit->path;
		else
			ret = cg_path(&plan->layout.arena, h, cgroups_path, plan->opts.id, v2_only,
				      &h->path, err);
		if (ret < 0)
			return ret;
		if (plan->opts.rootless && !is_writable(h)) {
			log_debug("cgroup %s%s is not writable: staying in %s", h->mount, h->path,
				  own);
			h->used = false;
			h->path = own;
		}
	}
	return 0;
}

/* ---- the plan ------------------------------------------------------------------------------- */

/* Without a cgroup nothing but the device rules that every engine sends can be let pass. */
static int check_devices(const struct cg_plan *plan, struct husk_error *err)
{
	const struct cg_layout *l = &plan->layout;

	if (plan->opts.manager == CG_NONE || plan->opts.rootless ||
	    cg_hier_of(l->hier, l->n, CG_DEVICES) || cg_hier_v2(l->hier, l->n))
		return 0;
	cg_err_at(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, CG_AT "devices",
		  "no cgroup hierarchy that controls devices is mounted");
	return err_hint(err, "mount cgroup2 on /sys/fs/cgroup, or give up cgroups with "
			"--cgroup-manager=disabled");
}

static int plan_mounts(struct cg_plan *plan, struct husk_error *err)
{
	const struct cg_layout *l = &plan->layout;

	plan->mounts = arena_array(&plan->layout.arena, l->n, sizeof(*plan->mounts));
	if (!plan->mounts)
		return err_nomem(err, "cgroup mounts");
	plan->n_mounts = l->n;
	for (size_t i = 0; i < l->n; i++) {
		plan->mounts[i] = (struct cg_mount){
			.name = l->hier[i].name,
			.host_path = l->hier[i].mount,
			.path = l->hier[i].path,
			.v2 = l->hier[i].v2,
		};
	}
	return 0;
}

int cg_plan_from_layout(struct cg_plan *plan, const struct oci_linux *linux_,
			struct husk_error *err)
{
	struct cg_compile c = {
		.hier = plan->layout.hier,
		.n_hier = plan->layout.n,
		.rootless = plan->opts.rootless,
		.manager = plan->opts.manager,
		.out = &plan->writes,
	};
	int ret;

	plan->opts.id = arena_strdup(&plan->layout.arena, plan->opts.id);
	if (!plan->opts.id)
		return err_nomem(err, "cgroups");
	plan->writes.arena = &plan->layout.arena;
	ret = plan->opts.manager == CG_SYSTEMD ? cg_systemd_plan(plan, linux_, err) : 0;
	if (ret == 0)
		ret = plan_paths(plan, linux_->cgroups_path, err);
	if (ret == 0 && linux_->resources)
		ret = cg_compile(&c, linux_->resources, err);
	if (ret == 0)
		ret = check_devices(plan, err);
	if (ret == 0)
		ret = cg_device_rules(&plan->layout.arena, linux_->resources, &plan->rules,
				      &plan->n_rules, err);
	if (ret == 0)
		ret = plan_mounts(plan, err);
	if (ret == 0 && linux_->intel_rdt)
		ret = cg_rdt_plan(plan, linux_->intel_rdt, err);
	plan->n_config_rules = linux_->resources ? linux_->resources->n_devices : 0;
	return ret;
}

/* The caller as systemd knows him: podman calls as root of a user namespace that it has made. */
static uid_t outer_uid(void)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	uid_t uid = geteuid();

	if (fs_read(AT_FDCWD, "/proc/thread-self/uid_map", 1 << 20, &text, NULL, &ignored) < 0)
		return uid;
	for (const char *l = text; *l; l += strcspn(l, "\n"), l += *l == '\n') {
		unsigned inside, outside, count;

		if (sscanf(l, "%u %u %u", &inside, &outside, &count) == 3 && uid >= inside &&
		    uid - inside < count)
			return outside + (uid - inside);
	}
	return uid;
}

/* Where systemd keeps its units; a host whose /proc cannot tell is as most are. */
static void find_manager(struct cg_plan *plan)
{
	cleanup_free char *pid1 = NULL, *own = NULL;
	struct husk_error ignored;

	(void)fs_read(AT_FDCWD, "/proc/1/cgroup", 1 << 20, &pid1, NULL, &ignored);
	(void)fs_read(AT_FDCWD, "/proc/thread-self/cgroup", 1 << 20, &own, NULL, &ignored);
	plan->manager_root = cg_manager_root(&plan->layout.arena, pid1, own, plan->opts.rootless,
					     outer_uid());
}

int cg_plan_new(const struct oci_linux *linux_, const struct cg_options *opts,
		struct cg_plan **out, struct husk_error *err)
{
	struct cg_plan *plan;
	int ret;

	plan = calloc(1, sizeof(*plan));
	if (!plan)
		return err_nomem(err, "cgroups");
	plan->opts = *opts;
	ret = cg_layout_read(&plan->layout, err);
	if (ret == 0 && opts->manager == CG_SYSTEMD)
		find_manager(plan);
	if (ret == 0)
		ret = cg_plan_from_layout(plan, linux_, err);
	if (ret < 0) {
		cg_plan_free(plan);
		return ret;
	}
	*out = plan;
	return 0;
}

void cg_plan_free(struct cg_plan *plan)
{
	if (!plan)
		return;
	cg_layout_done(&plan->layout);
	free(plan);
}

size_t cg_mounts(const struct cg_plan *plan, const struct cg_mount **out)
{
	*out = plan->mounts;
	return plan->n_mounts;
}

/* ---- steps ---------------------------------------------------------------------------------- */

static size_t emit_join(const struct cg_hier *hier, size_t n, struct plan *p, uint32_t *first)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		char name[128];
		uint32_t fd;

		if (hier[i].v2 || !hier[i].used)
			continue;
		(void)snprintf(name, sizeof(name), "cgroup:%s", hier[i].name);
		fd = plan_fd(p, PLAN_FD_GIVEN, name, 0, 0, PATH_AT);
		if (count++ == 0)
			*first = fd;
		PLAN_EMIT(p, OP_CG_JOIN, PATH_AT, fd, plan_str(p, hier[i].name));
	}
	return count;
}

size_t cg_emit_join(const struct cg_plan *plan, struct plan *p, uint32_t *first)
{
	return emit_join(plan->layout.hier, plan->layout.n, p, first);
}

size_t cg_emit_join_running(const struct cgroup *cg, struct plan *p, uint32_t *first)
{
	return emit_join(cg->hier, cg->n, p, first);
}
