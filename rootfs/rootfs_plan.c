/*
 * The root filesystem's part of the launch plan: from the host's root to the container's.
 *
 * mount_plan.c decides each mount, cgroup_plan.c the cgroup ones, dev_plan.c devices and console.
 *
 * Uses: runtime/base, specs.    Used by: runtime.
 */
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "rootfs/rootfs_ops.h"
#include "rootfs/rootfs_plan.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

/* ---- shared by the emitters -------------------------------------------------------------- */

const char *emit_text(struct emit *e, const char *fmt, ...)
{
	char small[512], *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	text = n < 0 ? NULL : arena_alloc(&e->arena, (size_t)n + 1);
	if (!text) {
		e->p->failed = ENOMEM;
		return "";
	}
	if ((size_t)n < sizeof(small))
		return memcpy(text, small, (size_t)n + 1);
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return text;
}

const char *host_path(struct emit *e, const char *path)
{
	return path[0] == '/' ? path : emit_text(e, "%s/%s", e->opts->bundle, path);
}

const char *clean_path(struct emit *e, const char *path)
{
	char *clean = arena_alloc(&e->arena, strlen(path) + 2);

	if (!clean) {
		e->p->failed = ENOMEM;
		return "/";
	}
	str_clean_path_to(clean, path);
	return clean;
}

static bool text_is(const struct plan *p, uint64_t offset, const char *s)
{
	return offset ? s && strcmp(p->blob + offset, s) == 0 : !s;
}

/* The slot of the ROOTFS_OPEN_TREE step that the rehearsal made for this source. */
static uint32_t opened_before(struct plan *p, const char *path, const char *source)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct plan_step *s = &p->steps[i];

		if (s->op == OP_ROOTFS_OPEN_TREE && text_is(p, s->arg[0], path) &&
		    text_is(p, s->source, source))
			return (uint32_t)s->arg[4];
	}
	if (!p->failed)
		p->failed = EINVAL;	/* a mistake in the program: unit tests catch it */
	return PLAN_NO_FD;
}

static uint32_t open_in_init(struct emit *e, const char *path, unsigned flags, uint64_t dev,
			     const char *source)
{
	struct plan *p = e->rehearsal_of;
	uint32_t slot, other = PLAN_NO_FD;

	if (!p)
		return opened_before(e->p, path, source);
	if (e->opts->caller_opens)
		other = plan_fd(p, PLAN_FD_TREE, path, flags, 0, source);
	slot = plan_slot(p);
	PLAN_EMIT(p, OP_ROOTFS_OPEN_TREE, source, plan_str(p, path), flags, dev, other, slot);
	return slot;
}

/*
 * A caller with privilege opens the sources itself; but a tree that it hands into a user namespace
 * arrives with nothing locked: a root in there with CAP_SYS_ADMIN could make it writable, or
 * unmount what covers something.  So there the init opens what it can.
 */
bool rootfs_init_opens(const struct rootfs_options *opts)
{
	return !opts->caller_opens || opts->userns;
}

uint32_t emit_tree(struct emit *e, const char *path, unsigned flags, const char *idmap,
		   const char *source)
{
	uint64_t userns = 0;

	if (rootfs_init_opens(e->opts) && !(idmap && e->opts->caller_opens))
		return open_in_init(e, path, flags, 0, source);
	if (idmap)
		userns = 1 + plan_fd(e->p, PLAN_FD_USERNS, idmap, 0, 0, source);
	return plan_fd(e->p, PLAN_FD_TREE, path, flags, userns, source);
}

uint32_t emit_device_tree(struct emit *e, const char *path, char type, uint64_t dev,
			  const char *source)
{
	if (!e->opts->caller_opens)
		return open_in_init(e, path,
				    PLAN_TREE_NOFOLLOW | (type == 'b' ? OPEN_BLOCK_DEVICE : 0),
				    dev, source);
	return plan_fd(e->p, PLAN_FD_DEVICE, path, (uint64_t)type, dev, source);
}

/* ---- checks ------------------------------------------------------------------------------ */

static int check_without_mounts(const struct oci_config *config, struct husk_error *err)
{
	static const char need[] = "needs a new mount namespace: add {\"type\": \"mount\"} to "
				   "linux.namespaces, without a path";
	const struct oci_linux *l = &config->linux_;

	if (config->n_mounts)
		return err_config(err, "/mounts", "%s", need);
	if (config->root_readonly)
		return err_config(err, "/root/readonly", "%s", need);
	if (l->n_masked_paths)
		return err_config(err, "/linux/maskedPaths", "%s", need);
	if (l->n_readonly_paths)
		return err_config(err, "/linux/readonlyPaths", "%s", need);
	if (l->rootfs_propagation != OCI_PROP_UNSET)
		return err_config(err, "/linux/rootfsPropagation", "%s", need);
	return 0;
}

int rootfs_check(const struct oci_config *config, const struct rootfs_options *opts,
		 struct husk_error *err)
{
	struct plan nothing = { 0 };
	struct emit e = { .config = config, .opts = opts, .p = &nothing };
	int ret = 0;

	if (!config->has_root || !config->root_path || !*config->root_path)
		return err_config(err, "/root/path", "missing: the directory of the root "
				  "filesystem");
	if (!opts->new_mntns)
		ret = check_without_mounts(config, err);
	if (ret == 0)
		ret = mounts_check(&e, err);
	if (ret == 0)
		ret = devices_check(&e, err);
	if (ret == 0)
		ret = cgroup_check_forced_v1(config, opts, err);
	arena_done(&e.arena);
	plan_done(&nothing);
	return ret;
}

/* ---- enter ------------------------------------------------------------------------------- */

static const struct {
	uint64_t type;
	bool recursive;
} propagation[] = {
	[OCI_PROP_UNSET] = { 0, false },
	[OCI_PROP_PRIVATE] = { MS_PRIVATE, false },
	[OCI_PROP_SHARED] = { MS_SHARED, false },
	[OCI_PROP_SLAVE] = { MS_SLAVE, false },
	[OCI_PROP_UNBINDABLE] = { MS_UNBINDABLE, false },
	[OCI_PROP_RPRIVATE] = { MS_PRIVATE, true },
	[OCI_PROP_RSHARED] = { MS_SHARED, true },
	[OCI_PROP_RSLAVE] = { MS_SLAVE, true },
	[OCI_PROP_RUNBINDABLE] = { MS_UNBINDABLE, true },
};

/*
 * What trees cloned from the host are made before anything else: slaves, so that mounts of the
 * host arrive but none goes back, unless the configuration wants less or more.
 */
static uint64_t base_propagation(const struct oci_config *config)
{
	uint64_t type = propagation[config->linux_.rootfs_propagation].type;

	return type == MS_PRIVATE || type == MS_UNBINDABLE ? MS_PRIVATE : MS_SLAVE;
}

uint64_t emit_base_propagation(const struct emit *e)
{
	/* Peers of the host's mounts, as a volume plugin may want; but what a user namespace mounts
	 * must not reach the host, which the kernel ensures only for trees it copies itself. */
	if (propagation[e->config->linux_.rootfs_propagation].type == MS_SHARED &&
	    !e->opts->userns)
		return 0;
	return base_propagation(e->config);
}

static void emit_mounts(struct emit *e, uint32_t *console_slave);
static void emit_switch(struct emit *e);

/* Every source as a ROOTFS_OPEN_TREE step, in the order of use. */
void emit_rehearsal(struct emit *e)
{
	struct plan scratch, *p = e->p;
	struct husk_error err;
	uint32_t slave;

	if (plan_init(&scratch, &err) < 0) {
		p->failed = ENOMEM;
		return;
	}
	e->rehearsal_of = p;
	e->p = &scratch;
	if (e->opts->hot) {
		mounts_emit(e);
	} else {
		emit_mounts(e, &slave);
		emit_switch(e);
	}
	if (scratch.failed && !p->failed)
		p->failed = scratch.failed;
	plan_done(&scratch);
	e->p = p;
	e->rehearsal_of = NULL;
}

static uint32_t emit_root_tree(struct emit *e)
{
	uint32_t tree;

	e->rehearsal_of = e->p;	/* not known yet, opened here and now */
	tree = emit_tree(e, host_path(e, e->config->root_path), PLAN_TREE_RECURSIVE, NULL,
			 "/root/path");
	e->rehearsal_of = NULL;
	return tree;
}

void rootfs_emit_enter(const struct oci_config *config, const struct rootfs_options *opts,
		       struct plan *p)
{
	struct emit e = { .config = config, .opts = opts, .p = p };
	uint32_t root;

	if (!opts->new_mntns) {
		root = plan_fd(p, PLAN_FD_PATH, host_path(&e, config->root_path), 0, 0,
			       "/root/path");
		PLAN_EMIT(p, OP_ROOTFS_ROOT, "/root/path", root, ROOT_ENTER_ONLY);
		arena_done(&e.arena);
		return;
	}
	PLAN_EMIT(p, OP_ROOTFS_PROPAGATION, "/linux/rootfsPropagation", base_propagation(config));
	root = emit_root_tree(&e);
	if (rootfs_init_opens(opts))
		emit_rehearsal(&e);
	/* pivot_root(2) wants a root that is not shared; what it shall be comes with the seal */
	PLAN_EMIT(p, OP_ROOTFS_ATTR, "/root/path", root, 0, 0, base_propagation(config), 1,
		  PLAN_NO_FD);
	PLAN_EMIT(p, OP_ROOTFS_ROOT, "/root/path", root, ROOT_ATTACH);
	arena_done(&e.arena);
}

/* ---- mounts, devices, console ------------------------------------------------------------ */

/* The service manager's notify socket: its directory, at the directory of the socket's path. */
static void emit_notify(struct emit *e)
{
	const char *path = clean_path(e, e->opts->notify_path);
	const char *dir = emit_text(e, "%.*s", (int)(strrchr(path, '/') - path), path);
	uint32_t tree = emit_tree(e, e->opts->notify_dir, 0, NULL, NULL);

	PLAN_EMIT(e->p, OP_ROOTFS_ATTR, NULL, tree,
		  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0, MS_PRIVATE, 0,
		  PLAN_NO_FD);
	PLAN_EMIT(e->p, OP_ROOTFS_ATTACH, NULL, tree, plan_str(e->p, *dir ? dir : "/"), 0);
}

static void emit_console(struct emit *e, uint32_t *console_slave)
{
	const struct oci_process *proc = e->config->process;
	uint32_t master, slave;

	if (!proc || !proc->terminal)
		return;
	master = plan_slot(e->p);
	slave = plan_slot(e->p);
	PLAN_EMIT(e->p, OP_ROOTFS_CONSOLE, "/process/terminal",
		  proc->has_console_size ? proc->console_height : 0,
		  proc->has_console_size ? proc->console_width : 0, e->opts->new_mntns, master,
		  slave);
	PLAN_EMIT(e->p, OP_SEND_CONSOLE, "/process/terminal", master);
	*console_slave = slave;
}

static void emit_mounts(struct emit *e, uint32_t *console_slave)
{
	*console_slave = PLAN_NO_FD;
	mounts_emit(e);
	devices_emit(e);
	if (e->opts->notify_dir && e->opts->notify_path && e->opts->new_mntns)
		emit_notify(e);
	emit_console(e, console_slave);
	mounts_seal(e);
}

void rootfs_emit_mounts(const struct oci_config *config, const struct rootfs_options *opts,
			struct plan *p, uint32_t *console_slave)
{
	struct emit e = { .config = config, .opts = opts, .p = p };

	emit_mounts(&e, console_slave);
	arena_done(&e.arena);
}

void rootfs_emit_exec_console(struct plan *p, uint32_t *console_slave, uint16_t height,
			      uint16_t width)
{
	uint32_t master = plan_slot(p), slave = plan_slot(p);

	PLAN_EMIT(p, OP_ROOTFS_CONSOLE, NULL, height, width, 0, master, slave);
	PLAN_EMIT(p, OP_SEND_CONSOLE, NULL, master);
	*console_slave = slave;
}

void rootfs_emit_chroot(struct plan *p, uint32_t dir)
{
	PLAN_EMIT(p, OP_ROOTFS_ROOT, NULL, dir, ROOT_ENTER_ONLY);
	PLAN_EMIT(p, OP_ROOTFS_PIVOT, NULL, LEAVE_BY_CHROOT);
}

/* ---- switch and seal --------------------------------------------------------------------- */

/* Paths as the container sees them; "/" itself cannot be meant. */
static char **clean_paths(struct emit *e, char *const *paths, size_t n)
{
	char **clean = arena_array(&e->arena, n + 1, sizeof(*clean));

	if (!clean) {
		e->p->failed = ENOMEM;
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		clean[i] = (char *)clean_path(e, paths[i]);
	return clean;
}

static void emit_switch(struct emit *e)
{
	const struct oci_linux *l = &e->config->linux_;
	struct plan *p = e->p;
	unsigned how = LEAVE_BY_PIVOT;

	if (!e->opts->new_mntns)
		how = LEAVE_BY_CHROOT;
	else if (e->opts->no_pivot)
		how = LEAVE_BY_CHROOT_MOVED;
	PLAN_EMIT(p, OP_ROOTFS_PIVOT, "/root/path", how);
	if (l->n_readonly_paths)
		PLAN_EMIT(p, OP_ROOTFS_READONLY, "/linux/readonlyPaths",
			  plan_strv(p, clean_paths(e, l->readonly_paths, l->n_readonly_paths)));
	if (l->n_masked_paths) {
		uint32_t null = emit_device_tree(e, "/dev/null", 'c', makedev(1, 3),
						 "/linux/maskedPaths");

		PLAN_EMIT(p, OP_ROOTFS_MASK, "/linux/maskedPaths",
			  plan_strv(p, clean_paths(e, l->masked_paths, l->n_masked_paths)), null);
	}
}

void rootfs_emit_switch(const struct oci_config *config, const struct rootfs_options *opts,
			struct plan *p)
{
	struct emit e = { .config = config, .opts = opts, .p = p };

	emit_switch(&e);
	arena_done(&e.arena);
}

void rootfs_emit_seal(const struct oci_config *config, const struct rootfs_options *opts,
		      struct plan *p)
{
	uint64_t type = propagation[config->linux_.rootfs_propagation].type;
	bool recursive = propagation[config->linux_.rootfs_propagation].recursive;
	uint64_t readonly = config->root_readonly ? MOUNT_ATTR_RDONLY : 0;

	if (!opts->new_mntns)
		return;
	if (type == base_propagation(config))
		type = 0;	/* from the beginning */
	if (readonly && recursive && type) {
		PLAN_EMIT(p, OP_ROOTFS_SEAL, "/root/readonly", readonly, 0, 0);
		readonly = 0;
	}
	if (readonly || type)
		PLAN_EMIT(p, OP_ROOTFS_SEAL,
			  readonly ? "/root/readonly" : "/linux/rootfsPropagation", readonly, type,
			  recursive);
}
