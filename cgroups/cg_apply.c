/*
 * Carrying out a list of writes, and undoing it.
 *
 * Uses: fs.h.    Used by: cgroups.
 */
#include "cgroups/cg_systemd.h"

#include <fcntl.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

/* What the kernel's answer means, by file; the first row that fits. */
static const struct {
	const char *prefix;
	int error;
	const char *hint;
} hints[] = {
	{ "memory.limit", EBUSY, "more memory than that is in use and cannot be reclaimed" },
	{ "memory.max", EBUSY, "more memory than that is in use and cannot be reclaimed" },
	{ "memory.limit", EINVAL, "memory.swap counts memory and swap together and must not be less: "
	  "raise it with the limit" },
	{ "memory.memsw", EBUSY, "more memory and swap than that is in use" },
	{ "memory.memsw", EINVAL, "memory+swap must not be less than memory.limit" },
	{ "memory.memsw", ENOENT, "this kernel does not count swap: boot it with swapaccount=1, or "
	  "leave memory.swap out" },
	{ "memory.swap.max", ENOENT, "this kernel does not count swap; leave memory.swap out" },
	{ "cpuset.cpus", ENOSPC, "processes run in the cgroup: it must keep at least one CPU" },
	{ "cpuset.cpus", EINVAL, "it must be a list like \"0-3,7\" of CPUs that exist" },
	{ "cpuset.cpus", EACCES, "the parent cgroup does not have these CPUs" },
	{ "cpuset.cpus", ERANGE, "it names CPUs that this host cannot have" },
	{ "cpuset.mems", ERANGE, "it names memory nodes that this host cannot have" },
	{ "cpuset.mems", EINVAL, "it must be a list like \"0-1\" of memory nodes that exist" },
	{ "cpuset.mems", EACCES, "the parent cgroup does not have these memory nodes" },
	{ "cpu.cfs_quota", EINVAL, "1000 us is the least, and the parent cgroup may have less" },
	{ "cpu.cfs_period", EINVAL, "it must be between 1000 and 1000000 us" },
	{ "cpu.max", EINVAL, "quota and period must be at least 1000 us, the period at most "
	  "1000000" },
	{ "cpu.rt_", EINVAL, "the parent cgroup must have as much real-time budget, and by default "
	  "it has none" },
	{ "blkio.", ENOENT, "the kernel's I/O scheduler has no weights; leave blockIO.weight out" },
	{ "io.", ENOENT, "the kernel's I/O scheduler has no weights; leave blockIO.weight out" },
	{ "blkio.", ENODEV, "there is no such block device" },
	{ "io.", ENODEV, "there is no such block device" },
	{ "", ENOENT, "this kernel does not have the file, or the controller is not enabled in the "
	  "parent cgroup" },
	{ "", EACCES, "the cgroup must be delegated to this user" },
	{ "", EINVAL, "the kernel does not accept the value" },
};

static int err_write(struct husk_error *err, const struct cgroup *cg, const struct cg_write *w,
		     int error)
{
	const struct cg_hier *h = &cg->hier[w->hier];
	const char *file = w->file;

	cg_err_at(err, error == ENOENT ? HUSK_E_UNSUPPORTED : HUSK_E_SYSTEM, error, w->pointer,
		  "write \"%s\" to %s%s/%s: %s", w->text, h->mount, h->path, file,
		  err_text(error));
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
		if (hints[i].error == error && str_starts(file, hints[i].prefix))
			return err_hint(err, "%s", hints[i].hint);
	}
	return -error;
}

/* ---- undo ----------------------------------------------------------------------------------- */

/* Keep what is in @w's file; a file that cannot be read is not kept. */
static void remember(const struct cgroup *cg, const struct cg_write *w, struct cg_undo *undo)
{
	const char *const files[] = { w->file, w->alt_file };
	struct cg_old *old = &undo->old[undo->n];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (!files[i] || cg_read_file(cg, w->hier, files[i], &old->text) < 0)
			continue;
		old->w = w;
		old->file = files[i];
		undo->n++;
		return;
	}
}

/* Put back the lines of @old that are about the same device as the write. */
static int restore_keyed(const struct cgroup *cg, const struct cg_old *old)
{
	size_t key = strcspn(old->w->text, " ");
	char *save = NULL;
	int ret = 0;

	if (old->w->reset)
		ret = cg_write_file(cg, old->w->hier, old->file, old->w->reset);
	for (char *l = strtok_r(old->text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		if (strncmp(l, old->w->text, key) == 0 && l[key] == ' ')
			ret = cg_write_file(cg, old->w->hier, old->file, l);
	}
	return ret;
}

static int restore(const struct cgroup *cg, const struct cg_old *old)
{
	if (old->w->flags & CG_W_KEYED)
		return restore_keyed(cg, old);
	/* "default 100" and devices: the write changed the first line.  A cpuset can be empty. */
	old->text[strcspn(old->text, "\n") + (old->text[0] == '\n')] = '\0';
	return cg_write_file(cg, old->w->hier, old->file, old->text);
}

void cg_undo_done(const struct cgroup *cg, struct cg_undo *undo, bool put_back)
{
	/* Twice, because the kernel may want another order (limit and memory+swap). */
	for (unsigned pass = 0; put_back && pass < 2; pass++) {
		for (size_t i = undo->n; i-- > 0;) {
			cleanup_free char *text = strdup(undo->old[i].text);
			struct cg_old old = undo->old[i];
			int ret;

			if (!text)
				continue;
			old.text = text;
			ret = restore(cg, &old);
			if (ret < 0 && pass == 1)
				log_warn("put %s of cgroup %s back: %s, ignoring", old.file,
					 cg->hier[old.w->hier].path, strerror(-ret));
		}
	}
	for (size_t i = 0; i < undo->n; i++)
		free(undo->old[i].text);
	free(undo->old);
	*undo = (struct cg_undo){ 0 };
}

/* ---- writing -------------------------------------------------------------------------------- */

/* A new period keeps the quota of before: cpu.max takes both in one line. */
static int write_keeping_first(const struct cgroup *cg, const struct cg_write *w)
{
	cleanup_free char *old = NULL;
	char text[128];
	int ret = cg_read_file(cg, w->hier, w->file, &old);

	if (ret < 0)
		return ret;
	(void)snprintf(text, sizeof(text), "%.*s%s", (int)strcspn(old, " \n"), old,
		       w->text + strcspn(w->text, " "));
	return cg_write_file(cg, w->hier, w->file, text);
}

static int write_one(const struct cgroup *cg, const struct cg_write *w)
{
	int ret = w->flags & CG_W_KEEP_FIRST ? write_keeping_first(cg, w)
					     : cg_write_file(cg, w->hier, w->file, w->text);

	if (ret == -ENOENT && w->alt_file)
		ret = cg_write_file(cg, w->hier, w->alt_file, w->alt_text);
	if (ret == -ENOENT && (w->flags & CG_W_MAY_MISS))
		ret = 0;
	return ret;
}

/* Two values of one controller may have to be set in an order that depends on those of before; the
 * kernel then says EINVAL.  Such a write is tried again at the end. */
int cg_apply(const struct cgroup *cg, const struct cg_writes *ws, struct cg_undo *undo,
	     struct husk_error *err)
{
	cleanup_free bool *again = calloc(ws->n + 1, sizeof(*again));
	int ret;

	if (undo) {
		undo->n = 0;
		undo->old = calloc(ws->n + 1, sizeof(*undo->old));
	}
	if (!again || (undo && !undo->old))
		return err_nomem(err, "cgroups");
	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < ws->n; i++) {
			const struct cg_write *w = &ws->w[i];

			if (pass == 1 && !again[i])
				continue;
			if (undo && pass == 0)
				remember(cg, w, undo);
			ret = write_one(cg, w);
			log_debug("write \"%s\" to %s of cgroup %s%s = %d", w->text, w->file,
				  cg->hier[w->hier].mount, cg->hier[w->hier].path, ret);
			again[i] = ret == -EINVAL && pass == 0;
			if (ret < 0 && !again[i])
				return err_write(err, cg, w, -ret);
		}
	}
	return 0;
}

int cg_apply_devices(const struct cgroup *cg, const struct oci_device_rule *rules, size_t n,
		     size_t n_config, bool fresh, struct husk_error *err)
{
	int v1 = cg_index_of(cg, CG_DEVICES), v2 = cg_index_v2(cg);
	struct arena arena = { 0 };
	cleanup_close int dir = -1;
	int ret;

	if ((v1 < 0 && v2 < 0) || n == 0)
		return 0;
	dir = cg_open_file(cg, (size_t)(v1 >= 0 ? v1 : v2), NULL, O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		return err_new(err, HUSK_E_SYSTEM, -dir, "open cgroup of the container: %s",
			       strerror(-dir));
	if (v1 >= 0) {
		struct cg_device_set set;

		ret = cg_device_set(&arena, rules, n, n_config, &set, err);
		if (ret == 0)
			ret = cg_devices_v1_apply(dir, &set, fresh, err);
	} else {
		struct bpf_insn *prog;
		size_t n_insns;

		ret = cg_device_program(&arena, rules, n, &prog, &n_insns, err);
		if (ret == 0)
			ret = cg_devices_bpf_apply(dir, prog, n_insns, fresh, err);
	}
	arena_done(&arena);
	/* A user without privilege cannot make devices either. */
	if (cg->rootless && (ret == -EPERM || ret == -EACCES)) {
		log_debug("device rules left out: %s", err->msg);
		return 0;
	}
	return ret;
}

/* ---- cg_update ------------------------------------------------------------------------------ */

/* memory.checkBeforeUpdate: a limit below the usage would start the OOM killer. */
static int check_usage(const struct cgroup *cg, const struct oci_memory *m, struct husk_error *err)
{
	cleanup_free char *text = NULL;
	int i = cg_index_of(cg, CG_MEMORY);
	uint64_t usage;

	if (!m || !m->has_check_before_update || !m->check_before_update || !m->has_limit ||
	    m->limit <= 0 || i < 0)
		return 0;
	if (cg_read_file(cg, (size_t)i, cg->hier[i].v2 ? "memory.current" : "memory.usage_in_bytes",
			 &text) < 0)
		return 0;
	usage = strtoull(text, NULL, 10);
	if (usage <= (uint64_t)m->limit)
		return 0;
	cg_err_at(err, HUSK_E_CONFIG, EBUSY, CG_AT "memory/limit",
		  "%lld is below the %llu bytes in use, and memory.checkBeforeUpdate is set",
		  (long long)m->limit, (unsigned long long)usage);
	return err_hint(err, "choose a higher limit, or unset checkBeforeUpdate to have the kernel "
			"reclaim memory or kill processes");
}

/* Engines send this one rule with every update, without a wish to take devices away. */
static bool is_default_rule(const struct oci_resources *res)
{
	return res->n_devices == 1 && !res->devices[0].allow && res->devices[0].type == 'a' &&
	       res->devices[0].major == -1 && res->devices[0].minor == -1;
}

/*
 * A period that came alone has left the quota as it was.  systemd knows the quota only as a share of
 * the period: let it be told both.  The kernel has them already.
 */
static void add_quota_in_force(const struct cgroup *cg, struct cg_compile *c)
{
	int i = cg_index_of(cg, CG_CPU);
	struct cg_write *period = NULL;
	cleanup_free char *text = NULL;
	bool v2 = i >= 0 && cg->hier[i].v2;

	for (size_t k = 0; k < c->out->n; k++) {
		struct cg_write *w = &c->out->w[k];

		if (v2 ? (w->flags & CG_W_KEEP_FIRST) != 0 : strcmp(w->file, "cpu.cfs_period_us") == 0)
			period = w;
		else if (strcmp(w->file, "cpu.cfs_quota_us") == 0)
			return;
	}
	if (!period || cg_read_file(cg, (size_t)i, v2 ? "cpu.max" : "cpu.cfs_quota_us", &text) < 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	if (v2) {
		period->text = cg_text(c, "%s", text);
		period->flags &= ~(unsigned)CG_W_KEEP_FIRST;
	} else {
		cg_add(c, &cg->hier[i], CG_AT "cpu/period", "cpu.cfs_quota_us", cg_text(c, "%s", text));
	}
}

/* The kernel has taken the new limits: now systemd, which writes them its own way, and ours once
 * more. */
static int update_unit(struct cgroup *cg, const struct cg_writes *ws,
		       const struct oci_device_rule *rules, size_t n, size_t n_config,
		       struct husk_error *err)
{
	int ret = cg_systemd_update(cg, ws, rules, n, n_config, err);

	if (ret == 0)
		ret = cg_apply(cg, ws, NULL, err);
	if (ret == 0)
		ret = cg_apply_devices(cg, rules, n, n_config, false, err);
	return ret;
}

static int update(struct cgroup *cg, const struct oci_resources *res, struct arena *arena,
		  struct husk_error *err)
{
	struct cg_writes ws = { .arena = arena };
	struct cg_compile c = {
		.hier = cg->hier,
		.n_hier = cg->n,
		.rootless = cg->rootless,
		.manager = cg->manager,
		.out = &ws,
	};
	struct oci_device_rule *rules = NULL;
	struct cg_undo undo = { 0 };
	size_t n_rules = 0;
	int v2 = cg_index_v2(cg), ret = cg_compile(&c, res, err);

	if (ret == 0)
		ret = check_usage(cg, res->memory, err);
	if (ret == 0 && res->n_devices && !is_default_rule(res))
		ret = cg_device_rules(arena, res, &rules, &n_rules, err);
	if (ret == 0 && ws.v2_ctls && v2 >= 0)
		ret = cg_enable(cg, (size_t)v2, ws.v2_ctls, err);
	if (ret < 0)
		return ret;
	ret = cg_apply(cg, &ws, &undo, err);
	if (ret == 0)
		ret = cg_apply_devices(cg, rules, n_rules, res->n_devices, false, err);
	if (ret == 0 && cg->unit)
		add_quota_in_force(cg, &c);
	if (ret == 0 && cg->unit)
		ret = ws.failed ? err_nomem(err, "resources") :
		      update_unit(cg, &ws, rules, n_rules, res->n_devices, err);
	cg_undo_done(cg, &undo, ret < 0);
	return ret;
}

int cg_update(struct cgroup *cg, const struct oci_resources *resources, struct husk_error *err)
{
	struct arena arena = { 0 };
	int ret = update(cg, resources, &arena, err);

	arena_done(&arena);
	return ret;
}
