/*
 * Devices: the default ones, linux.devices, and the links of /dev.
 *
 * Uses: runtime/base, specs.    Used by: rootfs_plan.c.
 */
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "rootfs/rootfs_ops.h"
#include "rootfs/rootfs_plan.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

static const struct {
	const char *name;
	unsigned major, minor;
} defaults[DEV_DEFAULTS] = {
#define X(id, name, major, minor) [id] = { "/dev/" name, major, minor },
	DEV_TABLE(X)
#undef X
};

/* A /dev that is somebody else's directory already has what it shall have. */
static bool dev_is_bound(struct emit *e)
{
	bool bound = false;

	for (size_t i = 0; i < e->config->n_mounts; i++) {
		const struct oci_mount *m = &e->config->mounts[i];
		struct mount_options o;
		struct husk_error err;

		if (strcmp(clean_path(e, m->destination), "/dev") == 0 &&
		    mount_options_parse(m, "", &e->arena, &o, &err) == 0 &&
		    !(o.flags & MO_REMOUNT))
			bound = o.flags & MO_BIND;
	}
	return bound;
}

int devices_check(struct emit *e, struct husk_error *err)
{
	for (size_t i = 0; i < e->config->linux_.n_devices; i++) {
		const struct oci_device *d = &e->config->linux_.devices[i];
		char at[64];

		snprintf(at, sizeof(at), "/linux/devices/%zu/path", i);
		if (!d->path || d->path[0] != '/' || strcmp(clean_path(e, d->path), "/") == 0)
			return err_config(err, at, "\"%s\" is not the absolute path of a file",
					  d->path ? d->path : "");
	}
	return 0;
}

/* The host's node, bound: who may not make nodes may still show one. */
static void emit_bound(struct emit *e, const char *path, char type, uint64_t dev,
		       const char *source)
{
	uint32_t tree = emit_device_tree(e, path, type, dev, source);

	PLAN_EMIT(e->p, OP_ROOTFS_ATTR, source, tree, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0,
		  MS_PRIVATE, 0, PLAN_NO_FD);
	PLAN_EMIT(e->p, OP_ROOTFS_ATTACH, source, tree, plan_str(e->p, path), AT_NODE);
}

static void emit_device(struct emit *e, const struct oci_device *d, const char *source)
{
	static const struct {
		char type;
		mode_t mode;
	} types[] = { { 'c', S_IFCHR }, { 'b', S_IFBLK }, { 'p', S_IFIFO } };
	mode_t mode = (d->has_mode ? d->mode & 07777 : 0666);
	uint64_t dev = d->type == 'p' ? 0 : makedev((unsigned)d->major, (unsigned)d->minor);
	const char *path = clean_path(e, d->path);

	/* Engines list the host's for privileged containers; it is a link to the own devpts. */
	if (strcmp(path, "/dev/ptmx") == 0)
		return;
	if ((e->opts->userns || e->opts->no_nodes) && d->type != 'p') {
		emit_bound(e, path, d->type, dev, source);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == d->type)
			mode |= types[i].mode;
	PLAN_EMIT(e->p, OP_ROOTFS_DEVICE, source, plan_str(e->p, path), mode, dev, d->uid, d->gid);
}

/* Those that linux.devices does not describe itself, one bit each. */
static unsigned wanted_defaults(struct emit *e)
{
	const struct oci_linux *l = &e->config->linux_;
	unsigned wanted = (1u << DEV_DEFAULTS) - 1;

	for (size_t i = 0; i < l->n_devices; i++)
		for (unsigned k = 0; k < DEV_DEFAULTS; k++)
			if (strcmp(clean_path(e, l->devices[i].path), defaults[k].name) == 0)
				wanted &= ~(1u << k);
	return wanted;
}

void devices_emit(struct emit *e)
{
	const struct oci_linux *l = &e->config->linux_;
	unsigned wanted;

	if (!e->opts->new_mntns || dev_is_bound(e))
		return;
	wanted = wanted_defaults(e);
	if (e->opts->userns || e->opts->no_nodes) {
		for (unsigned k = 0; k < DEV_DEFAULTS; k++)
			if (wanted & 1u << k)
				emit_bound(e, defaults[k].name, 'c',
					   makedev(defaults[k].major, defaults[k].minor), NULL);
		wanted = 0;
	}
	PLAN_EMIT(e->p, OP_ROOTFS_DEV, NULL, wanted);
	for (size_t i = 0; i < l->n_devices; i++)
		emit_device(e, &l->devices[i], emit_text(e, "/linux/devices/%zu", i));
}
