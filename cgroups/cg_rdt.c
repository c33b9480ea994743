/*
 * linux.intelRdt: groups of resctrl, the kernel's interface to cache and memory bandwidth
 * allocation (x86 RDT, arm64 MPAM).
 *
 * A group is a directory with a `schemata` and a `tasks` file; a process joins it by CG_JOIN, as it
 * does a v1 cgroup ("0" is the writer here too).  enableMonitoring adds a monitoring group in
 * mon_groups/ of it, joined after it.
 *
 * Uses: fs.h.    Used by: cgroups.
 */
#include "cgroups/cg_internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/base/str.h"
#include "runtime/base/util.h"

#define RDT_AT "/linux/intelRdt"

/* One more hierarchy in the plan. */
static int add_group(struct cg_plan *plan, const char *path, struct husk_error *err)
{
	if (!path)
		return err_nomem(err, "intelRdt");
	plan->layout.hier[plan->layout.n++] = (struct cg_hier){
		.used = true,
		.rdt = true,
		.name = "resctrl",
		.mount = plan->layout.resctrl,
		.own = "/",
		.path = path,
	};
	return 0;
}

/* closID, or the container's ID, is one directory; "/" is the root group. */
static int check_name(const char *name, struct husk_error *err)
{
	if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strcmp(name, "info") == 0 || str_starts(name, "mon_"))
		return err_config(err, RDT_AT "/closID", "\"%.100s\" cannot be the name of a group",
				  name);
	return 0;
}

static void add_line(struct cg_rdt *rdt, const char *line)
{
	if (line && *line)
		rdt->line[rdt->n_lines++] = line;
}

int cg_rdt_plan(struct cg_plan *plan, const struct oci_intel_rdt *config, struct husk_error *err)
{
	struct arena *arena = &plan->layout.arena;
	struct cg_rdt *rdt = &plan->rdt;
	const char *name = config->clos_id ? config->clos_id : plan->opts.id;
	bool root = config->clos_id && strcmp(config->clos_id, "/") == 0;
	int ret;

	if (!plan->layout.resctrl) {
		cg_err_at(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, RDT_AT, "resctrl is not mounted");
		return err_hint(err, "on hardware that has it: mount -t resctrl resctrl "
				"/sys/fs/resctrl; else remove linux.intelRdt");
	}
	ret = root ? 0 : check_name(name, err);
	if (ret < 0)
		return ret;
	rdt->line = arena_array(arena, 2 + config->n_schemata, sizeof(*rdt->line));
	if (!rdt->line)
		return err_nomem(err, "intelRdt");
	rdt->config = config;
	add_line(rdt, config->l3_cache_schema);
	add_line(rdt, config->mem_bw_schema);
	rdt->n_checked = rdt->n_lines;
	for (size_t i = 0; i < config->n_schemata; i++)
		add_line(rdt, config->schemata[i]);

	/* Nothing asked of a group: monitoring alone happens in the root group. */
	if (!config->clos_id && rdt->n_lines == 0)
		root = true;
	ret = add_group(plan, root ? "/" : arena_printf(arena, "/%s", name), err);
	if (ret == 0 && config->enable_monitoring)
		ret = add_group(plan, arena_printf(arena, "%s%s/mon_groups/%s", root ? "" : "/",
						   root ? "" : name, plan->opts.id), err);
	return ret;
}

/* Does `schemata` of an existing group say @line?  Blanks and the order of domains do not matter to
 * the kernel, but it prints them one way; that is what is compared, without blanks. */
static bool has_line(const char *schemata, const char *line)
{
	while (*schemata) {
		const char *a = schemata, *b = line;

		while (*a && *a != '\n' && *b) {
			if (*a == ' ')
				a++;
			else if (*b == ' ')
				b++;
			else if (*a++ != *b++)
				break;
		}
		if ((*a == '\n' || *a == '\0') && *b == '\0')
			return true;
		schemata += strcspn(schemata, "\n");
		schemata += *schemata == '\n';
	}
	return false;
}

static int check_existing(const struct cgroup *cg, size_t i, const struct cg_rdt *rdt,
			  struct husk_error *err)
{
	cleanup_free char *schemata = NULL;
	int ret;

	if (rdt->n_checked == 0)
		return 0;
	ret = cg_read_file(cg, i, "schemata", &schemata);
	if (ret < 0)
		return cg_err_at(err, HUSK_E_SYSTEM, -ret, RDT_AT, "read %s%s/schemata: %s",
				 cg->hier[i].mount, cg->hier[i].path, strerror(-ret));
	for (size_t k = 0; k < rdt->n_checked; k++) {
		if (has_line(schemata, rdt->line[k]))
			continue;
		cg_err_at(err, HUSK_E_CONFIG, EINVAL, RDT_AT,
			  "group %s exists, and its schemata does not say \"%s\"",
			  cg->hier[i].path, rdt->line[k]);
		return err_hint(err, "choose another closID, or leave the schema of an existing "
				"group out");
	}
	return 0;
}

static int write_schemata(const struct cgroup *cg, size_t i, const struct cg_rdt *rdt, size_t first,
			  struct husk_error *err)
{
	for (size_t k = first; k < rdt->n_lines; k++) {
		const char *newline = str_ends(rdt->line[k], "\n") ? "" : "\n";
		cleanup_free char *text = NULL;
		int ret;

		/* The kernel wants it. */
		if (asprintf(&text, "%s%s", rdt->line[k], newline) < 0)
			return err_nomem(err, "intelRdt");
		ret = cg_write_file(cg, i, "schemata", text);
		if (ret == 0)
			continue;
		cg_err_at(err, HUSK_E_SYSTEM, -ret, RDT_AT, "write \"%s\" to %s%s/schemata: %s",
			  rdt->line[k], cg->hier[i].mount, cg->hier[i].path, strerror(-ret));
		return err_hint(err, "%s/info/last_cmd_status tells why", cg->hier[i].mount);
	}
	return 0;
}

int cg_rdt_create(struct cgroup *cg, size_t i, const struct cg_rdt *rdt, struct husk_error *err)
{
	struct cg_hier *h = &cg->hier[i];
	bool mon = strstr(h->path, "/mon_groups/") != NULL;
	int fd = cg_mount_fd(cg, i);
	bool root = strcmp(h->path, "/") == 0, exists;
	int ret;

	h->keep = true;		/* until it is made */
	if (fd < 0)
		return cg_err_at(err, HUSK_E_SYSTEM, -fd, RDT_AT, "open %s: %s", h->mount,
				 strerror(-fd));
	exists = root || faccessat(fd, cg_rel(h), F_OK, 0) == 0;
	if (!exists && !mon && rdt->n_lines == 0) {
		cg_err_at(err, HUSK_E_CONFIG, ENOENT, RDT_AT "/closID", "there is no group %s%s",
			  h->mount, h->path);
		return err_hint(err, "make it first, or give a schema to make it with");
	}
	if (exists && mon)
		return cg_err_at(err, HUSK_E_EXISTS, EEXIST, RDT_AT, "monitoring group %s%s exists",
				 h->mount, h->path);
	if (!exists && mkdirat(fd, cg_rel(h), 0755) < 0) {
		int error = errno;

		cg_err_at(err, HUSK_E_SYSTEM, error, RDT_AT, "mkdir %s%s: %s", h->mount, h->path,
			  strerror(error));
		if (error == ENOSPC)
			err_hint(err, "the hardware has no group left (%s/info/*/num_closids)",
				 h->mount);
		return -error;
	}
	h->keep = exists;
	if (mon)
		return 0;
	ret = exists ? check_existing(cg, i, rdt, err) : 0;
	return ret < 0 ? ret : write_schemata(cg, i, rdt, exists ? rdt->n_checked : 0, err);
}
