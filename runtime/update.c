/*
 * `update`: other limits for a container that exists.
 *
 * The new configuration is written beside the old one first, then the kernel is asked, then the
 * file is renamed: what can fail for want of space does so while nothing has changed.
 *
 * Uses: container.h, cgroups, specs.    Used by: the library's users.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cgroups/cgroups.h"
#include "runtime/base/fs.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/container.h"

enum { MAX_CONFIG = 16 << 20 };

struct update {
	const struct husk_update_options *opts;
	struct container c;
	struct oci_config config;	/* the saved one; zero until it was read */
	struct oci_resources *res;	/* NULL: none given; from the configuration's arena */
	struct cgroup *cg;
};

/* What only the saved configuration tells about the values given. */
static int complete(struct update *u, struct husk_error *err)
{
	const struct oci_resources *old = u->config.linux_.resources;
	struct oci_memory *m = u->res->memory;
	int ret = 0;

	/* CRI-O writes 0 where it wants none, see annotations.c. */
	if (u->res->has_pids_limit && u->res->pids_limit == 0 &&
	    oci_annotation(&u->config, "io.kubernetes.cri-o.ContainerType"))
		u->res->has_pids_limit = false;
	/* On v2 the difference of the two is what the kernel is told. */
	if (m && m->has_swap && m->swap > 0 && !(m->has_limit && m->limit) && old && old->memory &&
	    old->memory->has_limit) {
		m->has_limit = true;
		m->limit = old->memory->limit;
	}
	if (m && m->has_swap && m->swap > 0 && m->has_limit && m->limit > m->swap)
		ret = err_config(err, "/linux/resources/memory/swap",
				 "%lld is less than memory.limit, %lld, which is part of it",
				 (long long)m->swap, (long long)m->limit);
	return ret;
}

static int read_resources(struct update *u, struct husk_error *err)
{
	const char *text = u->opts->resources;
	int ret;

	if (!text)
		return 0;
	ret = oci_resources_parse(text, strlen(text), &u->config.arena, &u->res, err);
	return ret < 0 ? err_ctx(err, "resources") : complete(u, err);
}

static void add_schema(struct str *b, const char *key, const char *value, bool *comma)
{
	if (!value)
		return;
	str_printf(b, "%s\"%s\":", *comma ? "," : "", key);
	str_add_json(b, value);
	*comma = true;
}

/* Write config.json.new: the saved configuration with what was given. */
static int stage(const struct update *u, struct husk_error *err)
{
	struct str patch cleanup_str = { 0 };
	cleanup_free char *old = NULL, *merged = NULL;
	bool comma = false;
	size_t len;
	int ret;

	/* Both are whole JSON texts, as has been checked. */
	str_printf(&patch, "{\"linux\":{\"resources\":%s",
		   u->opts->resources ? u->opts->resources : "{}");
	if (u->opts->l3_cache_schema || u->opts->mem_bw_schema) {
		str_add(&patch, ",\"intelRdt\":{");
		add_schema(&patch, "l3CacheSchema", u->opts->l3_cache_schema, &comma);
		add_schema(&patch, "memBwSchema", u->opts->mem_bw_schema, &comma);
		str_add(&patch, "}");
	}
	str_add(&patch, "}}");
	if (patch.failed)
		return err_nomem(err, "update");
	ret = fs_read(u->c.dir_fd, "config.json", MAX_CONFIG, &old, &len, err);
	if (ret == 0)
		ret = oci_config_merge(old, len, patch.s, patch.len, &merged, err);
	return ret < 0 ? ret : rt_container_stage_config(&u->c, merged, err);
}

static int apply(struct update *u, struct husk_error *err)
{
	const struct husk_update_options *o = u->opts;
	char *schemata = NULL;
	int ret = 0;

	if (o->l3_cache_schema || o->mem_bw_schema)
		ret = cg_rdt_update(u->cg, o->l3_cache_schema, o->mem_bw_schema, &schemata, err);
	if (ret == 0 && u->res)
		ret = cg_update(u->cg, u->res, err);
	if (ret < 0)
		cg_rdt_restore(u->cg, schemata);
	else
		free(schemata);
	return ret < 0 ? err_ctx(err, "cgroups") : 0;
}

static int update(struct update *u, struct husk_error *err)
{
	int ret = rt_container_allows(&u->c, RT_OP_UPDATE, err);

	if (ret == 0)
		ret = rt_container_cgroup(&u->c, &u->cg, err);
	if (ret == 0)
		ret = rt_container_config(&u->c, &u->config, err);
	if (ret == 0)
		ret = read_resources(u, err);
	if (ret == 0)
		ret = stage(u, err);
	if (ret < 0)
		return ret;
	ret = apply(u, err);
	if (ret == 0)
		ret = rt_container_commit_config(&u->c, err);
	if (ret < 0)
		rt_container_drop_config(&u->c);
	return ret;
}

int husk_update(struct husk *h, const char *id, const struct husk_update_options *opts,
		struct husk_error *err)
{
	struct update u = { .opts = opts };
	int ret = rt_container_load(h, id, true, &u.c, err);

	if (ret < 0)
		return ret;
	ret = update(&u, err);
	oci_config_done(&u.config);
	rt_container_done(&u.c);
	return ret;
}
