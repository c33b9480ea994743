/*
 * config.mounts: what each becomes.
 *
 * Uses: runtime/base, specs.    Used by: rootfs_plan.c.
 */
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

#include "rootfs/rootfs_ops.h"
#include "rootfs/rootfs_plan.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

static bool is(const char *type, const char *name)
{
	return type && strcmp(type, name) == 0;
}

static bool is_cgroup(const char *type)
{
	return is(type, "cgroup") || is(type, "cgroup2");
}

/* ---- checks ------------------------------------------------------------------------------ */

/* Files in procfs that tell about the machine, which lxcfs and the like replace.  Anything else
 * below /proc is what runtimes and programs trust (CVE-2019-16884). */
static const char *const allowed_in_proc[] = {
	"/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg", "/proc/meminfo", "/proc/slabinfo",
	"/proc/stat", "/proc/swaps", "/proc/sys/crypto/fips_enabled",
	"/proc/sys/kernel/ns_last_pid", "/proc/uptime",
};

static bool in_list(const char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], s) == 0)
			return true;
	return false;
}

bool mount_may_cover(const char *dest)
{
	return in_list(allowed_in_proc, ARRAY_SIZE(allowed_in_proc), dest);
}

static int fail_proc(const struct oci_mount *m, const char *dest, const char *pointer,
		     struct husk_error *err)
{
	char at[80];

	snprintf(at, sizeof(at), "%s/destination", pointer);
	if (strcmp(dest, "/proc") == 0)
		return err_config(err, at, "only procfs can be mounted on /proc, not \"%s\"", m->type);
	return err_config(err, at, "\"%s\" is inside /proc, where only cpuinfo, diskstats, loadavg, "
			  "meminfo, slabinfo, stat, swaps, uptime, sys/crypto/fips_enabled and "
			  "sys/kernel/ns_last_pid can be mounted on", dest);
}

static int check_proc(const struct oci_mount *m, const struct mount_options *o, const char *dest,
		      const char *pointer, struct husk_error *err)
{
	if (o->flags & MO_REMOUNT)
		return 0;
	if (strcmp(dest, "/proc") == 0 && !(o->flags & MO_BIND) && !is(m->type, "proc"))
		return fail_proc(m, dest, pointer, err);
	if (str_starts(dest, "/proc/") && !mount_may_cover(dest))
		return fail_proc(m, dest, pointer, err);
	return 0;
}

/* The path of the user namespace that is joined, whose maps nobody but the kernel knows; or NULL. */
static const char *joined_userns(const struct emit *e)
{
	const struct oci_namespace *ns = oci_namespace_get(&e->config->linux_, CLONE_NEWUSER);

	return ns ? ns->path : NULL;
}

/* Whether the caller makes an id-mapped new file system: for a user namespace, whose init may not, and
 * an overlay always, for its layers are the host's. */
static bool caller_maps(const struct emit *e, const struct mount_options *o)
{
	return !(o->flags & MO_BIND) && (e->opts->userns || o->flags & MO_MAPPED_LAYERS);
}

/*
 * A new file system that the caller shall make, id-mapped: not one that shows the namespaces of who
 * mounts it, and nothing that is only known once the root is there.
 */
static int check_made(const struct emit *e, const struct oci_mount *m, const struct mount_options *o,
		      const char *pointer, struct husk_error *err)
{
	static const char *const never[] = { "proc", "sysfs", "mqueue", "devpts", "cgroup",
					     "cgroup2" };

	for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
		if (is(m->type, never[i]))
			return err_config(err, pointer, "a mount of type \"%s\" cannot be "
					  "id-mapped", m->type);
	}
	if (cgroup_is_forced_v1(e->config, m->destination))
		return err_config(err, pointer, "a cgroup cannot be id-mapped");
	if (o->flags & MO_COPY_UP)
		return err_config(err, pointer, "\"tmpcopyup\" and \"idmap\" cannot be combined in "
				  "a user namespace");
	for (size_t i = 0; i < o->n_data; i++) {
		if (strchr(o->data[i], '\n'))
			return err_config(err, pointer, "option \"%s\" has a line break in it",
					  o->data[i]);
	}
	return 0;
}

static int check_id_maps(struct emit *e, const struct oci_mount *m,
			 const struct mount_options *o, const char *pointer, struct husk_error *err)
{
	const char *text;

	if (!m->n_uid_mappings != !m->n_gid_mappings)
		return err_config(err, pointer, "uidMappings and gidMappings must be given "
				  "together");
	if (!(o->flags & MO_IDMAP) && !m->n_uid_mappings)
		return 0;
	if (caller_maps(e, o) && check_made(e, m, o, pointer, err) < 0)
		return -err->sys;
	if (!e->opts->caller_opens) {
		err_new(err, HUSK_E_UNSUPPORTED, EPERM,
			"%s: id-mapped mounts need CAP_SYS_ADMIN on the host", pointer);
		return err_hint(err, "run as root, or leave out idmap, uidMappings and gidMappings");
	}
	if (o->idmap)
		return idmap_absolute(e, o->idmap, pointer, &text, err);
	if (m->n_uid_mappings || joined_userns(e))
		return 0;
	if (!e->config->linux_.n_uid_mappings || !e->config->linux_.n_gid_mappings)
		return err_config(err, pointer, "\"idmap\" needs uidMappings and gidMappings, of "
				  "this mount or of linux");
	return 0;
}

static int check_kind(const struct oci_mount *m, const struct mount_options *o,
		      const char *pointer, struct husk_error *err)
{
	char at[300];

	if (o->flags & MO_REMOUNT)
		return 0;
	if (o->flags & MO_COPY_UP && !is(m->type, "tmpfs"))
		return err_config(err, pointer, "\"tmpcopyup\" is for a mount of type \"tmpfs\"");
	if (!(o->flags & MO_BIND)) {
		if (!m->type || !*m->type || is(m->type, "none"))
			return err_config(err, pointer, "no type, and neither \"bind\" nor "
					  "\"rbind\" among the options");
		return 0;
	}
	if (!m->source || !*m->source)
		return err_config(err, pointer, "a bind mount needs a source");
	if (o->n_data) {
		snprintf(at, sizeof(at), "%s/options/%zu", pointer, o->first_data_index);
		return err_config(err, at, "unknown option \"%s\" for a bind mount",
				  o->first_data);
	}
	return 0;
}

/* What cannot be taken back, or is more than one mount. */
static int check_hot(const struct oci_mount *m, const struct mount_options *o, const char *dest,
		     const char *pointer, struct husk_error *err)
{
	if (strcmp(dest, "/") == 0)
		return err_config(err, pointer, "the root itself cannot be mounted on");
	if (o->flags & (MO_REMOUNT | MO_COPY_SYMLINK))
		return err_config(err, pointer, "\"%s\" makes no mount that could be added",
				  o->flags & MO_REMOUNT ? "remount" : "copy-symlink");
	if (!(o->flags & MO_BIND) && is_cgroup(m->type))
		return err_config(err, pointer, "type \"%s\" is only for config.json", m->type);
	return 0;
}

/* Where the mounts are in their document. */
static const char *at_mounts(const struct emit *e)
{
	return e->opts->hot ? "" : "/mounts";
}

int mounts_check(struct emit *e, struct husk_error *err)
{
	for (size_t i = 0; i < e->config->n_mounts; i++) {
		const struct oci_mount *m = &e->config->mounts[i];
		struct mount_options o;
		char pointer[80];
		int ret;

		if (!m->destination || !*m->destination) {
			snprintf(pointer, sizeof(pointer), "%s/%zu/destination", at_mounts(e), i);
			return err_config(err, pointer, "missing: the mountpoint");
		}
		snprintf(pointer, sizeof(pointer), "%s/%zu", at_mounts(e), i);
		ret = mount_options_parse(m, pointer, &e->arena, &o, err);
		if (ret == 0)
			ret = check_kind(m, &o, pointer, err);
		if (ret == 0)
			ret = check_id_maps(e, m, &o, pointer, err);
		if (ret == 0)
			ret = check_proc(m, &o, clean_path(e, m->destination), pointer, err);
		if (ret == 0 && e->opts->hot)
			ret = check_hot(m, &o, clean_path(e, m->destination), pointer, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* ---- attributes of a tree ---------------------------------------------------------------- */

struct change {			/* arguments of one mount_setattr(2) */
	struct mount_attrs attrs;
	uint64_t propagation;
	bool recursive;
};

struct changes {
	struct change list[MO_MAX_PROPAGATION + 3];
	size_t n;
	bool has_submounts;
};

static void add_change(struct changes *c, struct change new)
{
	struct change *last = c->n ? &c->list[c->n - 1] : NULL;

	if (!(new.attrs.set | new.attrs.clear | new.propagation))
		return;
	if (!c->has_submounts)
		new.recursive = false;
	if (last && last->recursive == new.recursive && !(last->propagation && new.propagation) &&
	    !((last->attrs.set | last->attrs.clear) & (new.attrs.set | new.attrs.clear))) {
		last->attrs.set |= new.attrs.set;
		last->attrs.clear |= new.attrs.clear;
		last->propagation |= new.propagation;
		return;
	}
	c->list[c->n++] = new;
}

/* Does the mount's own first choice leave nothing of the base? */
static bool base_is_moot(const struct mount_options *o, uint64_t base, bool has_submounts)
{
	const struct mount_propagation *first = &o->propagation[0];

	if (!base)
		return true;
	if (!o->n_propagation || (has_submounts && !first->recursive))
		return false;
	return first->type == MS_PRIVATE || first->type == MS_UNBINDABLE || first->type == base;
}

void emit_attributes(struct emit *e, uint32_t tree, const struct mount_options *o,
		     bool has_submounts, const char *source)
{
	uint64_t base = emit_base_propagation(e);
	struct changes c = { .has_submounts = has_submounts };

	if (!base_is_moot(o, base, has_submounts))
		add_change(&c, (struct change){ .propagation = base, .recursive = true });
	for (size_t i = 0; i < o->n_propagation; i++)
		add_change(&c, (struct change){ .propagation = o->propagation[i].type,
						.recursive = o->propagation[i].recursive });
	add_change(&c, (struct change){ .attrs = o->all, .recursive = true });
	add_change(&c, (struct change){ .attrs = o->top });
	for (size_t i = 0; i < c.n; i++)
		PLAN_EMIT(e->p, OP_ROOTFS_ATTR, source, tree, c.list[i].attrs.set,
			  c.list[i].attrs.clear, c.list[i].propagation, c.list[i].recursive,
			  PLAN_NO_FD);
}

/* ---- one mount --------------------------------------------------------------------------- */

static unsigned undoable(const struct emit *e)
{
	return e->opts->hot ? ATTACH_UNDO : 0;
}

/* Arguments for ROOTFS_ATTACH and ROOTFS_MOUNT that follow from the destination. */
static unsigned where(const char *dest, const struct mount_options *o)
{
	unsigned how = o->flags & MO_DEST_NOFOLLOW ? AT_NOFOLLOW : 0;

	if (strcmp(dest, "/proc") == 0 || mount_may_cover(dest))
		how |= AT_INSIDE_PROC;
	return how;
}

/* The text of the mount's id maps, or the path of a user namespace that has them; or NULL. */
static const char *id_maps(struct emit *e, const struct oci_mount *m, const struct mount_options *o)
{
	const struct oci_linux *l = &e->config->linux_;
	struct husk_error checked;
	const char *text;

	if (o->idmap)
		return idmap_absolute(e, o->idmap, "", &text, &checked) < 0 ? o->idmap : text;
	if (m->n_uid_mappings)
		text = e->opts->userns_text(&e->arena, m->uid_mappings, m->n_uid_mappings,
					    m->gid_mappings, m->n_gid_mappings);
	else if (o->flags & MO_IDMAP && joined_userns(e))
		return joined_userns(e);
	else if (o->flags & MO_IDMAP)
		text = e->opts->userns_text(&e->arena, l->uid_mappings, l->n_uid_mappings,
					    l->gid_mappings, l->n_gid_mappings);
	else
		return NULL;
	if (!text)
		e->p->failed = ENOMEM;
	return text;
}

static void emit_bind(struct emit *e, const struct oci_mount *m, const struct mount_options *o,
		      const char *dest, const char *source)
{
	const char *maps = id_maps(e, m, o);
	unsigned how = where(dest, o), flags = 0;
	uint32_t tree;

	if (o->flags & MO_RECURSIVE)
		flags |= PLAN_TREE_RECURSIVE;
	if (o->flags & (MO_SRC_NOFOLLOW | MO_COPY_SYMLINK))
		flags |= PLAN_TREE_NOFOLLOW;
	if (maps && o->flags & MO_IDMAP_ALL)
		flags |= PLAN_TREE_IDMAP_ALL;
	if (o->flags & MO_COPY_SYMLINK)
		how |= COPY_SYMLINK;
	if (strcmp(dest, "/proc") == 0)
		how |= TREE_IS_PROC;
	how |= undoable(e);
	tree = emit_tree(e, host_path(e, m->source), flags, maps, source);
	emit_attributes(e, tree, o, o->flags & MO_RECURSIVE, source);
	PLAN_EMIT(e->p, OP_ROOTFS_ATTACH, source, tree, plan_str(e->p, dest), how);
}

/* Words for fsconfig(2): flags of the instance, then the configuration's own. */
static char **instance_options(struct emit *e, const struct oci_mount *m,
			       const struct mount_options *o, bool label)
{
	char **v = arena_array(&e->arena, MO_SBS + o->n_data + 2, sizeof(*v));
	/* Shared by all who mount them, or finished only after they were mounted. */
	bool virtual = is(m->type, "proc") || is(m->type, "sysfs") || is(m->type, "mqueue") ||
		       is(m->type, "tmpfs") || is(m->type, "devpts") || is_cgroup(m->type);
	size_t n = 0;

	if (!v) {
		e->p->failed = ENOMEM;
		return NULL;
	}
	for (unsigned i = 0; i < MO_SBS; i++) {
		const char *word = mount_options_sb_word(i, o->sb[i]);

		if (o->sb[i] && word && !(i == MO_SB_RO && (virtual || o->sb[i] < 0)))
			v[n++] = (char *)word;
	}
	for (size_t i = 0; i < o->n_data; i++)
		v[n++] = (char *)o->data[i];
	if (label && e->config->linux_.mount_label && *e->config->linux_.mount_label)
		v[n++] = (char *)emit_text(e, "%s=%s", e->config->linux_.mount_context ?
					   e->config->linux_.mount_context : "context",
					   e->config->linux_.mount_label);
	return n ? v : NULL;
}

static bool has_data(const struct mount_options *o, const char *prefix)
{
	for (size_t i = 0; i < o->n_data; i++)
		if (str_starts(o->data[i], prefix))
			return true;
	return false;
}

uint64_t emit_new_attributes(const struct mount_options *o)
{
	return (o->all.set & ~o->top.clear) | o->top.set;
}

/*
 * A read-only tmpfs in which later mounts, devices or the console get their places: it is writable
 * until all of them are there.  What is mounted on the same place later decides for itself.
 */
static bool sealed_late(struct emit *e, const struct oci_mount *m, const struct mount_options *o,
			const char *dest)
{
	const struct oci_mount *end = e->config->mounts + e->config->n_mounts;
	bool filled = strcmp(dest, "/dev") == 0;
	size_t n = strlen(dest);

	if (!is(m->type, "tmpfs") || o->flags & (MO_BIND | MO_REMOUNT) || e->opts->hot ||
	    !(emit_new_attributes(o) & MOUNT_ATTR_RDONLY))
		return false;
	for (const struct oci_mount *later = m + 1; later < end; later++) {
		const char *path = clean_path(e, later->destination);

		if (strcmp(path, dest) == 0)
			return false;
		filled |= str_starts(path, dest) && path[n] == '/';
	}
	return filled;
}

/* A new mount is private and nobody's slave: only these change it. */
static bool propagates(const struct mount_options *o)
{
	for (size_t i = 0; i < o->n_propagation; i++)
		if (o->propagation[i].type == MS_SHARED || o->propagation[i].type == MS_UNBINDABLE)
			return true;
	return false;
}

/*
 * A user namespace may mount these only with namespaces of its own, and only where the caller sees all
 * of the kind: below an engine that masks parts of /proc and /sys it would uncover them.  The caller's
 * own, with all that covers it, shows no more than it had; of procfs only in its own pid namespace, for
 * another one's would be of processes that the container does not have.
 */
static bool may_be_bound(const struct emit *e, const char *type)
{
	if (!e->opts->userns || e->opts->hot)
		return false;
	return is(type, "sysfs") || is(type, "mqueue") ||
	       (is(type, "proc") && e->opts->callers_pidns);
}

static unsigned how_new(const struct emit *e, const struct oci_mount *m,
			const struct mount_options *o, const char *dest)
{
	unsigned how = where(dest, o);

	/* An image that has a link there could send procfs elsewhere and show its own files
	 * instead (CVE-2019-19921). */
	if (is(m->type, "proc") || is(m->type, "sysfs"))
		how |= AT_PLAIN_DIR;
	if (o->flags & MO_COPY_UP)
		how |= COPY_UP;
	if (e->opts->lenient_ids)
		how |= LENIENT_IDS;
	if (may_be_bound(e, m->type))
		how |= OR_BIND;
	if (is(m->type, "tmpfs") && !has_data(o, "mode="))
		how |= INHERIT_MODE;
	return how;
}

/*
 * An id-mapped file system that the caller makes: the kernel lets only the owner of a file system map it,
 * so not one that an init in a user namespace has made and owns.  A tmpfs has the usual mode then, for
 * what it will cover is not known.
 */
static uint32_t emit_made(struct emit *e, const struct oci_mount *m, const struct mount_options *o,
			  uint64_t attributes, const char *maps, bool label, const char *source)
{
	char **options = instance_options(e, m, o, label);
	uint64_t userns = 1 + plan_fd(e->p, PLAN_FD_USERNS, maps, 0, 0, source);
	const char *text = emit_text(e, "%s\n%s", m->type, m->source ? m->source : "");

	for (; options && *options; options++)
		text = emit_text(e, "%s\n%s", text, *options);
	return plan_fd(e->p, PLAN_FD_MOUNT, text, attributes, userns, source);
}

static void emit_new(struct emit *e, const struct oci_mount *m, const struct mount_options *o,
		     const char *dest, const char *source)
{
	bool label = !is(m->type, "proc") && !is(m->type, "sysfs") && !is(m->type, "mqueue");
	const char *maps = id_maps(e, m, o);
	unsigned how = how_new(e, m, o, dest);
	uint64_t attributes = emit_new_attributes(o);
	uint32_t tree = PLAN_NO_FD, userns;
	bool made = maps && caller_maps(e, o);
	struct plan *p = e->p;

	if (sealed_late(e, m, o, dest))
		attributes &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	if (made)
		tree = emit_made(e, m, o, attributes, maps, label, source);
	else if (maps || propagates(o) || e->opts->hot)
		tree = plan_slot(p);
	if (!made)
		PLAN_EMIT_FLAGS(p, OP_ROOTFS_MOUNT, how, source, plan_str(p, m->type),
				plan_str(p, m->source), plan_str(p, dest),
				plan_strv(p, instance_options(e, m, o, label)), attributes, tree);
	if (tree == PLAN_NO_FD)
		return;
	if (maps && !made) {
		userns = plan_fd(p, PLAN_FD_USERNS, maps, 0, 0, source);
		PLAN_EMIT(p, OP_ROOTFS_ATTR, source, tree, 0, 0, 0, 0, userns);
	}
	for (size_t i = 0; i < o->n_propagation; i++)
		PLAN_EMIT(p, OP_ROOTFS_ATTR, source, tree, 0, 0, o->propagation[i].type, 0,
			  PLAN_NO_FD);
	PLAN_EMIT(p, OP_ROOTFS_ATTACH, source, tree, plan_str(p, dest),
		  (how & (AT_PLAIN_DIR | AT_NOFOLLOW | AT_INSIDE_PROC)) | undoable(e));
}

/* A user namespace may mount sysfs only with a network namespace of its own; else it gets the
 * host's, all of it read-only. */
static void emit_host_sysfs(struct emit *e, const struct mount_options *o, const char *dest,
			    const char *source)
{
	struct mount_options bind = *o;
	uint32_t tree = emit_tree(e, "/sys", PLAN_TREE_RECURSIVE, NULL, source);

	bind.all.set = emit_new_attributes(o) | MOUNT_ATTR_RDONLY;
	bind.all.clear = bind.all.set & MOUNT_ATTR__ATIME ? MOUNT_ATTR__ATIME : 0;
	bind.top = (struct mount_attrs){ 0 };
	emit_attributes(e, tree, &bind, true, source);
	PLAN_EMIT(e->p, OP_ROOTFS_ATTACH, source, tree, plan_str(e->p, dest),
		  AT_PLAIN_DIR | undoable(e));
}

/* "remount": with "bind" only this mount's attributes change, else the file system's, too. */
static void emit_remount(struct emit *e, const struct oci_mount *m, const struct mount_options *o,
			 const char *dest, const char *source)
{
	char **options = o->flags & MO_BIND ? NULL : instance_options(e, m, o, false);
	struct plan *p = e->p;

	if (o->all.set | o->all.clear)
		PLAN_EMIT(p, OP_ROOTFS_REMOUNT, source, plan_str(p, dest), o->all.set, o->all.clear,
			  0, 1, 0);
	for (size_t i = 0; i < o->n_propagation; i++)
		PLAN_EMIT(p, OP_ROOTFS_REMOUNT, source, plan_str(p, dest), 0, 0,
			  o->propagation[i].type, o->propagation[i].recursive, 0);
	if (o->top.set | o->top.clear || options)
		PLAN_EMIT(p, OP_ROOTFS_REMOUNT, source, plan_str(p, dest), o->top.set, o->top.clear,
			  0, 0, plan_strv(p, options));
}

static void emit_mount(struct emit *e, const struct oci_mount *m, const char *source)
{
	const char *dest = clean_path(e, m->destination);
	struct mount_options o;
	struct husk_error err;

	if (mount_options_parse(m, source, &e->arena, &o, &err) < 0)
		e->p->failed = err.sys;
	else if (cgroup_is_forced_v1(e->config, dest))
		cgroup_emit_forced_v1(e, &o, dest, source);
	else if (o.flags & MO_REMOUNT)
		emit_remount(e, m, &o, dest, source);
	else if (o.flags & MO_BIND)
		emit_bind(e, m, &o, dest, source);
	else if (is_cgroup(m->type))
		cgroup_emit(e, m, &o, dest, source);
	else if (is(m->type, "sysfs") && e->opts->userns && !e->opts->new_netns &&
		 (!e->opts->joins_netns || e->opts->hot))
		emit_host_sysfs(e, &o, dest, source);
	else
		emit_new(e, m, &o, dest, source);
}

void mounts_emit(struct emit *e)
{
	for (size_t i = 0; i < e->config->n_mounts; i++)
		emit_mount(e, &e->config->mounts[i], emit_text(e, "%s/%zu", at_mounts(e), i));
}

void mounts_seal(struct emit *e)
{
	for (size_t i = 0; i < e->config->n_mounts; i++) {
		const struct oci_mount *m = &e->config->mounts[i];
		const char *source, *dest;
		struct mount_options o;
		struct husk_error err;

		if (!is(m->type, "tmpfs"))
			continue;
		source = emit_text(e, "%s/%zu", at_mounts(e), i);
		dest = clean_path(e, m->destination);
		if (mount_options_parse(m, source, &e->arena, &o, &err) < 0)
			e->p->failed = err.sys;
		else if (sealed_late(e, m, &o, dest))
			PLAN_EMIT(e->p, OP_ROOTFS_REMOUNT, source, plan_str(e->p, dest),
				  MOUNT_ATTR_RDONLY, 0, 0, 0, 0);
	}
}
