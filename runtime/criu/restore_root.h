/*
 * The root filesystem as criu wants to find it: see restore_root.c.
 *
 * Uses: specs.    Used by: restore.c.
 */
#ifndef HUSK_RUNTIME_RESTORE_ROOT_H
#define HUSK_RUNTIME_RESTORE_ROOT_H

#include "specs/specs.h"

struct criu_dirs;

struct restore_root {
	const struct oci_config *config;
	const char *bundle, *rootfs;	/* absolute */
	const char *at;			/* an empty directory, without links in its path */
	const struct criu_dirs *dirs;	/* opened again, by the same numbers */
};

/* For struct criu_start's `mounts`: @data is a struct restore_root. */
int restore_root_mount(void *data, struct husk_error *err);

#endif /* HUSK_RUNTIME_RESTORE_ROOT_H */
