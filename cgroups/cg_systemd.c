/*
 * The systemd manager: a container's cgroup as a transient unit.
 *
 * A scope cannot be started empty, and the container's init shall be born in its cgroup; so the
 * caller lends a process, which is in it until the init is.
 *
 * Uses: cg_bus.c, cg_props.c, cg_unit_name.c.    Used by: cgroups.
 */
#include "cgroups/cg_systemd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/util.h"

#define PROPERTY "org.systemd.property."

/* ---- deciding ------------------------------------------------------------------------------- */

static int annotated(struct cg_plan *plan, struct cg_props *ps, struct husk_error *err)
{
	for (size_t i = 0; i < plan->opts.n_annotations; i++) {
		const struct oci_pair *a = &plan->opts.annotations[i];
		char *name;

		if (!str_starts(a->key, PROPERTY))
			continue;
		/* The configuration may be gone before the plan is. */
		name = arena_strdup(ps->arena, a->key + strlen(PROPERTY));
		if (!name)
			return err_nomem(err, "properties of the unit");
		if (cg_props_of_text(ps, name, a->value, err) < 0)
			return -err->sys;
	}
	return 0;
}

int cg_systemd_plan(struct cg_plan *plan, const struct oci_linux *linux_, struct husk_error *err)
{
	struct arena *arena = &plan->layout.arena;
	struct cg_unit *u = arena_alloc(arena, sizeof(*u));
	const char *sub = linux_->cgroup_subgroup;
	int ret;

	if (!u)
		return err_nomem(err, "cgroups");
	ret = cg_unit_name(arena, linux_->cgroups_path, plan->opts.id, plan->opts.rootless, &u->name,
			   err);
	if (ret < 0)
		return ret;
	u->extra.arena = arena;
	ret = annotated(plan, &u->extra, err);
	if (ret < 0)
		return ret;
	u->path = arena_printf(arena, "%s%s", plan->manager_root ? plan->manager_root : "",
			       u->name.path);
	u->sub = sub && *sub ? arena_strdup(arena, sub) : NULL;
	u->sub_path = u->sub ? arena_printf(arena, "%s/%s", u->path, u->sub) : u->path;
	if (!u->path || !u->sub_path)
		return err_nomem(err, "cgroups");
	plan->unit = u;
	return 0;
}

int cg_ask_systemd(bool user, struct husk_error *err)
{
	struct cg_bus *bus = NULL;
	int ret = cg_bus_open(user, &bus, err);

	cg_bus_close(bus);
	return ret;
}

bool cg_needs_process(const struct cg_plan *plan)
{
	return plan->unit && !plan->unit->name.is_slice;
}

/* ---- starting ------------------------------------------------------------------------------- */

static void add_optional(struct cg_props *ps, const char *name, char type, uint64_t u, const char *s)
{
	struct cg_property *p = cg_prop_add(ps, name, type);

	if (!p)
		return;
	p->value.u = u;
	p->value.s = s;
	p->optional = true;
}

static void add_list(struct cg_props *ps, const char *name, const char *contents,
		     const struct cg_value *only)
{
	struct cg_value *items = arena_alloc(ps->arena, sizeof(*items));
	struct cg_property *p = cg_prop_add(ps, name, 'a');

	if (!items || !p) {
		ps->failed = true;
		return;
	}
	*items = *only;
	p->value.contents = contents;
	p->value.items = items;
	p->value.n = 1;
}

/* What makes it a unit; runc's choice. */
static void add_unit(struct cg_props *ps, const struct cg_plan *plan, pid_t pid)
{
	const struct cg_unit_name *name = &plan->unit->name;
	bool v2 = cg_hier_v2(plan->layout.hier, plan->layout.n) != NULL;

	cg_prop_str(ps, "Description", arena_printf(ps->arena, "husk container %s", plan->opts.id));
	if (name->is_slice) {
		add_list(ps, "Wants", "s", &(struct cg_value){ .type = 's', .s = name->slice });
	} else {
		cg_prop_str(ps, "Slice", name->slice);
		cg_prop_bool(ps, "Delegate", true);
		add_list(ps, "PIDs", "u", &(struct cg_value){ .type = 'u', .u = (uint64_t)pid });
	}
	cg_prop_bool(ps, "MemoryAccounting", true);
	cg_prop_bool(ps, "CPUAccounting", true);
	cg_prop_bool(ps, "TasksAccounting", true);
	add_optional(ps, v2 ? "IOAccounting" : "BlockIOAccounting", 'b', true, NULL);
	cg_prop_bool(ps, "DefaultDependencies", false);
	/* A failed unit would else stay until somebody asks for its reset. */
	add_optional(ps, "CollectMode", 's', 0, "inactive-or-failed");
}

static int compose(struct cg_props *ps, const struct cg_plan *plan, pid_t pid,
		   struct husk_error *err)
{
	const struct cg_props *extra = &plan->unit->extra;

	add_unit(ps, plan, pid);
	cg_props_of_writes(ps, &plan->writes, 0);
	/* systemd has a default of its own; a container without a limit shall have none. */
	if (!cg_prop_find(ps, "TasksMax"))
		cg_prop_u64(ps, "TasksMax", UINT64_MAX);
	if (!plan->opts.rootless)
		cg_props_of_devices(ps, plan->rules, plan->n_rules, plan->n_config_rules);
	/* Last, as they count most. */
	for (size_t i = 0; i < extra->n; i++) {
		struct cg_property *p = cg_prop_add(ps, extra->p[i].name, extra->p[i].value.type);

		if (p)
			*p = extra->p[i];
	}
	return ps->failed ? err_nomem(err, "properties of the unit") : 0;
}

/* systemd decides where a unit is: see that this is where the plan has it. */
static int check_place(const struct cg_plan *plan, pid_t pid, struct husk_error *err)
{
	cleanup_free char *text = NULL;
	const char *path = plan->unit->path;
	char proc[64], *save = NULL;
	int ret;

	(void)snprintf(proc, sizeof(proc), "/proc/%d/cgroup", (int)pid);
	ret = fs_read(AT_FDCWD, proc, 1 << 20, &text, NULL, err);
	if (ret < 0)
		return ret;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		if (str_ends(l, path))
			return 0;
	}
	err_new(err, HUSK_E_SYSTEM, EXDEV, "systemd did not put process %d of unit %s into cgroup %s",
		(int)pid, plan->unit->name.unit, path);
	return err_hint(err, "`systemctl show -p ControlGroup %s` tells where it is; do several "
			"systemds run here?", plan->unit->name.unit);
}

/* The lent process has to be where the init will be: v2 passes no controllers on from a cgroup that
 * has processes of its own. */
static int enter_sub(const struct cgroup *cg, pid_t pid, struct husk_error *err)
{
	int i = cg_index_v2(cg);
	int fd = i < 0 ? -ENOENT : cg_mount_fd(cg, (size_t)i);
	char number[16];

	if (i < 0)
		return 0;
	if (fd >= 0 && mkdirat(fd, cg_rel(&cg->hier[i]), 0755) < 0 && errno != EEXIST)
		fd = -errno;
	(void)snprintf(number, sizeof(number), "%d", (int)pid);
	if (fd >= 0 && pid)
		fd = cg_write_file(cg, (size_t)i, "cgroup.procs", number);
	errno = -fd;
	return fd < 0 ? err_sys(err, "make cgroup %s below the unit's", cg->hier[i].path) : 0;
}

int cg_systemd_start(const struct cg_plan *plan, const struct cgroup *cg, pid_t pid,
		     struct husk_error *err)
{
	struct arena arena = { 0 };
	struct cg_props ps = { .arena = &arena };
	struct cg_bus *bus = NULL;
	int ret = compose(&ps, plan, pid, err);

	if (ret == 0)
		ret = cg_bus_open(plan->opts.rootless, &bus, err);
	if (ret == 0)
		ret = cg_bus_start(bus, plan->unit->name.unit, &ps, err);
	if (ret == 0) {
		struct husk_error ignored;

		if (pid)
			ret = check_place(plan, pid, err);
		if (ret == 0 && plan->unit->sub)
			ret = enter_sub(cg, pid, err);
		if (ret < 0)
			(void)cg_bus_stop(bus, plan->unit->name.unit, &ignored);
	}
	cg_bus_close(bus);
	arena_done(&arena);
	return ret;
}

/* ---- pids.max while the lent process is there ----------------------------------------------- */

/* Of the cgroup and, with a sub-cgroup, of the unit's own above it. */
static int write_pids_max(const struct cg_plan *plan, const struct cgroup *cg, uint64_t more)
{
	const char *const dirs[] = { plan->unit->sub_path, plan->unit->sub ? plan->unit->path : NULL };
	int i = cg_index_v2(cg), ret = 0;
	uint64_t limit = UINT64_MAX;

	for (size_t k = 0; i >= 0 && k < plan->writes.n; k++) {
		const struct cg_write *w = &plan->writes.w[k];

		if (w->hier == (size_t)i && strcmp(w->file, "pids.max") == 0 &&
		    !str_to_u64(w->text, UINT64_MAX - 1, &limit))
			limit = UINT64_MAX;
	}
	for (size_t k = 0; limit != UINT64_MAX && k < ARRAY_SIZE(dirs) && ret == 0; k++) {
		char path[PATH_MAX], text[32];

		if (!dirs[k])
			continue;
		(void)snprintf(path, sizeof(path), "%s/pids.max", dirs[k] + 1);
		(void)snprintf(text, sizeof(text), "%" PRIu64, limit + more);
		ret = fs_write_file(cg_mount_fd(cg, (size_t)i), path, text);
	}
	return ret;
}

int cg_systemd_lend(const struct cg_plan *plan, const struct cgroup *cg, struct husk_error *err)
{
	int ret = cg_needs_process(plan) ? write_pids_max(plan, cg, 1) : 0;

	errno = -ret;
	return ret < 0 ? err_sys(err, "write pids.max of unit %s", plan->unit->name.unit) : 0;
}

int cg_settle(const struct cg_plan *plan, const struct cgroup *cg, struct husk_error *err)
{
	int ret = cg_needs_process(plan) ? write_pids_max(plan, cg, 0) : 0;

	errno = -ret;
	return ret < 0 ? err_sys(err, "write pids.max of unit %s", plan->unit->name.unit) : 0;
}

/* ---- later ---------------------------------------------------------------------------------- */

int cg_systemd_stop(const struct cgroup *cg, struct husk_error *err)
{
	struct cg_bus *bus;
	int ret = cg_bus_open(cg->rootless, &bus, err);

	if (ret < 0)
		return ret;
	ret = cg_bus_stop(bus, cg->unit, err);
	cg_bus_close(bus);
	return ret;
}

/* The period that a quota alone leaves in force. */
static uint64_t period_of(const struct cgroup *cg)
{
	int i = cg_index_of(cg, CG_CPU);
	cleanup_free char *text = NULL;
	const char *p;

	if (i < 0 || cg_read_file(cg, (size_t)i, cg->hier[i].v2 ? "cpu.max" : "cpu.cfs_period_us",
				  &text) < 0)
		return 0;
	p = cg->hier[i].v2 ? strchr(text, ' ') : text;
	return p ? strtoull(p, NULL, 10) : 0;
}

/*
 * On v1 systemd takes all devices away before it allows those of the list again: nothing may run in
 * between.
 */
static int set_frozen(struct cgroup *cg, struct cg_bus *bus, const struct cg_props *ps,
		      struct husk_error *err)
{
	bool was = cg_is_frozen(cg);
	struct husk_error later;
	int ret = was ? 0 : cg_freeze(cg, true, err);

	if (ret < 0)
		return ret;
	ret = cg_bus_set(bus, cg->unit, ps, err);
	if (!was && cg_freeze(cg, false, &later) < 0 && ret == 0) {
		*err = later;
		ret = -err->sys;
	}
	return ret;
}

int cg_systemd_update(struct cgroup *cg, const struct cg_writes *ws,
		      const struct oci_device_rule *rules, size_t n, size_t n_config,
		      struct husk_error *err)
{
	struct arena arena = { 0 };
	struct cg_props ps = { .arena = &arena };
	int devices = cg_index_of(cg, CG_DEVICES);
	struct cg_bus *bus = NULL;
	int ret = 0;

	cg_props_of_writes(&ps, ws, period_of(cg));
	if (n > 0 && !cg->rootless)
		cg_props_of_devices(&ps, rules, n, n_config);
	if (ps.failed)
		ret = err_nomem(err, "properties of the unit");
	else if (ps.n > 0)
		ret = cg_bus_open(cg->rootless, &bus, err);
	if (ret == 0 && ps.n > 0)
		ret = n > 0 && devices >= 0 && !cg->hier[devices].v2 ?
			      set_frozen(cg, bus, &ps, err) : cg_bus_set(bus, cg->unit, &ps, err);
	cg_bus_close(bus);
	arena_done(&arena);
	return ret;
}
