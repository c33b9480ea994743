/*
 * Groups of resctrl while a container runs: another schema (`update`), and what they counted
 * (`events`).
 *
 * Uses: runtime/base.    Used by: cg_stats.c, runtime.
 */
#include "cgroups/cg_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

#define RDT_AT "/linux/intelRdt"

/* Index of the first or last group: the last is the monitoring group, if there is one. */
static int index_rdt(const struct cgroup *cg, bool last)
{
	int found = -1;

	for (size_t i = 0; i < cg->n; i++) {
		if (cg->hier[i].used && cg->hier[i].rdt && (found < 0 || last))
			found = (int)i;
	}
	return found;
}

/* ---- update --------------------------------------------------------------------------------- */

static int write_line(struct cgroup *cg, size_t i, const char *line, struct husk_error *err)
{
	cleanup_free char *text = NULL;
	int ret;

	/* The kernel wants the newline. */
	if (asprintf(&text, "%s%s", line, str_ends(line, "\n") ? "" : "\n") < 0)
		return err_nomem(err, "intelRdt");
	ret = cg_write_file(cg, i, "schemata", text);
	if (ret == 0)
		return 0;
	cg_err_at(err, HUSK_E_SYSTEM, -ret, RDT_AT, "write \"%s\" to %s%s/schemata: %s", line,
		  cg->hier[i].mount, cg->hier[i].path, strerror(-ret));
	return err_hint(err, "%s/info/last_cmd_status tells why", cg->hier[i].mount);
}

int cg_rdt_update(struct cgroup *cg, const char *l3, const char *mem_bw, char **old,
		  struct husk_error *err)
{
	const char *const lines[] = { l3, mem_bw };
	cleanup_free char *was = NULL;
	int i = index_rdt(cg, false), ret;

	if (i < 0) {
		cg_err_at(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, RDT_AT,
			  "the container was created without linux.intelRdt, so it has no group of "
			  "resctrl");
		return err_hint(err, "give linux.intelRdt in config.json to have one");
	}
	if (strcmp(cg->hier[i].path, "/") == 0)
		return cg_err_at(err, HUSK_E_UNSUPPORTED, EPERM, RDT_AT,
				 "the container is in the root group of resctrl, which is not its "
				 "own to change");
	ret = cg_read_file(cg, (size_t)i, "schemata", &was);
	if (ret < 0)
		return cg_err_at(err, HUSK_E_SYSTEM, -ret, RDT_AT, "read %s%s/schemata: %s",
				 cg->hier[i].mount, cg->hier[i].path, strerror(-ret));
	for (size_t k = 0; k < ARRAY_SIZE(lines); k++) {
		if (!lines[k] || write_line(cg, (size_t)i, lines[k], err) == 0)
			continue;
		cg_rdt_restore(cg, take_ptr(&was));
		return -err->sys;
	}
	*old = take_ptr(&was);
	return 0;
}

void cg_rdt_restore(struct cgroup *cg, char *old)
{
	int i = index_rdt(cg, false);
	char *save = NULL;

	for (char *l = old ? strtok_r(old, "\n", &save) : NULL; l; l = strtok_r(NULL, "\n", &save)) {
		struct husk_error err;

		if (i >= 0 && write_line(cg, (size_t)i, l, &err) < 0)
			log_warn("%s, ignoring", err.msg);
	}
	free(old);
}

/* ---- statistics ----------------------------------------------------------------------------- */

/* The text of @path below the mount of resctrl without its newline, from the arena; or NULL. */
static const char *below_mount(const struct cgroup *cg, int i, const char *path,
			       struct cg_stats *out)
{
	cleanup_free char *text = NULL;
	int fd = cg_mount_fd(cg, (size_t)i);
	struct husk_error err;

	if (fd < 0 || fs_read(fd, path, 1 << 20, &text, NULL, &err) < 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return arena_strdup(&out->arena, text);
}

static uint64_t number(const struct cgroup *cg, int i, const char *path, struct cg_stats *out)
{
	const char *text = below_mount(cg, i, path, out);

	return text ? strtoull(text, NULL, 10) : 0;
}

/* The line of resource @name in the schemata of a group, "" for the root, without blanks around. */
static const char *schema(const struct cgroup *cg, int i, const char *group, const char *name,
			  struct cg_stats *out)
{
	cleanup_free char *text = NULL, *path = NULL;
	int fd = cg_mount_fd(cg, (size_t)i);
	struct husk_error err;
	char *save = NULL;

	if (asprintf(&path, "%s%sschemata", group, *group ? "/" : "") < 0) {
		path = NULL;
		return NULL;
	}
	if (fd < 0 || fs_read(fd, path, 1 << 20, &text, NULL, &err) < 0)
		return NULL;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		l += strspn(l, " ");
		if (str_starts(l, name))
			return arena_strdup(&out->arena, l);
	}
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in @dir that are nodes', in order.  How many, or -ENOMEM. */
static int list_nodes(DIR *dir, struct arena *arena, char ***out)
{
	const struct dirent *e;
	char **names = NULL;
	size_t n = 0;

	while ((e = readdir(dir))) {
		if (!str_starts(e->d_name, "mon_L3_"))
			continue;
		if ((n & (n - 1)) == 0) {	/* full: 0, 1, 2, 4, ... */
			char **more = arena_array(arena, n ? n * 2 : 1, sizeof(*more));

			if (!more)
				return -ENOMEM;
			if (n > 0)
				memcpy(more, names, n * sizeof(*more));
			names = more;
		}
		names[n] = arena_strdup(arena, e->d_name);
		if (!names[n++])
			return -ENOMEM;
	}
	if (n > 0)
		qsort(names, n, sizeof(*names), by_name);
	*out = names;
	return (int)n;
}

static void read_node(const struct cgroup *cg, int i, const char *name, struct cg_rdt_stats *s,
		      uint64_t *to)
{
	static const char *const files[] = { "mbm_total_bytes", "mbm_local_bytes", "llc_occupancy" };

	for (unsigned f = 0; f < ARRAY_SIZE(files); f++) {
		cleanup_free char *text = NULL;
		char path[PATH_MAX];

		(void)snprintf(path, sizeof(path), "mon_data/%s/%s", name, files[f]);
		if (cg_read_file(cg, (size_t)i, path, &text) < 0)
			continue;
		to[f] = strtoull(text, NULL, 10);
		s->has_cmt |= f == 2;
		s->has_mbm |= f < 2;
	}
}

/* mon_data/mon_L3_NN/ of the group: one directory for each cache, which is each node. */
static int read_nodes(const struct cgroup *cg, int i, struct cg_stats *out)
{
	struct cg_rdt_stats *s = &out->rdt;
	int fd = cg_open_file(cg, (size_t)i, "mon_data", O_RDONLY | O_DIRECTORY), n;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char **names = NULL;

	if (!dir) {
		if (fd >= 0)
			(void)close(fd);
		return 0;
	}
	n = list_nodes(dir, &out->arena, &names);
	(void)closedir(dir);
	if (n <= 0)
		return n;
	s->nodes = arena_array(&out->arena, (size_t)n, sizeof(*s->nodes));
	if (!s->nodes)
		return -ENOMEM;
	s->n_nodes = (size_t)n;
	for (int k = 0; k < n; k++)
		read_node(cg, i, names[k], s, &s->nodes[k].total_bytes);
	return 0;
}

int cg_rdt_stats(const struct cgroup *cg, struct cg_stats *out)
{
	struct cg_rdt_stats *s = &out->rdt;
	int i = index_rdt(cg, false);
	const char *group;

	if (i < 0)
		return 0;
	s->known = true;
	group = cg_rel(&cg->hier[i]);
	s->cbm_mask = below_mount(cg, i, "info/L3/cbm_mask", out);
	s->has_l3 = s->cbm_mask != NULL;
	if (s->has_l3) {
		s->min_cbm_bits = number(cg, i, "info/L3/min_cbm_bits", out);
		s->l3_closids = number(cg, i, "info/L3/num_closids", out);
		s->l3_root = schema(cg, i, "", "L3", out);
		s->l3 = schema(cg, i, group, "L3", out);
	}
	s->has_mb = below_mount(cg, i, "info/MB/num_closids", out) != NULL;
	if (s->has_mb) {
		s->bandwidth_gran = number(cg, i, "info/MB/bandwidth_gran", out);
		s->delay_linear = number(cg, i, "info/MB/delay_linear", out);
		s->min_bandwidth = number(cg, i, "info/MB/min_bandwidth", out);
		s->mb_closids = number(cg, i, "info/MB/num_closids", out);
		s->mb_root = schema(cg, i, "", "MB", out);
		s->mb = schema(cg, i, group, "MB", out);
	}
	return read_nodes(cg, index_rdt(cg, true), out);
}
