/*
 * Mount options: from the words of config.json to what the kernel takes.
 *
 * Uses: runtime/base, specs.    Used by: rootfs only.
 */
#ifndef HUSK_ROOTFS_MOUNT_OPTIONS_H
#define HUSK_ROOTFS_MOUNT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "specs/specs.h"

/* What an option says about the mount as a whole. */
enum {
	MO_BIND = 1,
	MO_RECURSIVE = 2,	/* rbind */
	MO_REMOUNT = 4,
	MO_COPY_UP = 8,		/* tmpcopyup */
	MO_COPY_SYMLINK = 16,
	MO_SRC_NOFOLLOW = 32,
	MO_DEST_NOFOLLOW = 64,
	MO_IDMAP = 128,
	MO_IDMAP_ALL = 256,	/* ridmap */
	MO_MAPPED_LAYERS = 512,	/* id maps are for the lower layers: an overlay */
};

/* Flags of the file system's instance, not of one mount of it: words for fsconfig(2). */
enum { MO_SB_RO, MO_SB_SYNC, MO_SB_DIRSYNC, MO_SB_LAZYTIME, MO_SB_MAND, MO_SBS };

enum { MO_MAX_PROPAGATION = 8 };

struct mount_attrs {
	uint64_t set, clear;		/* MOUNT_ATTR_*; disjoint except for the atime field */
};

struct mount_propagation {
	uint64_t type;			/* MS_SHARED, ... */
	bool recursive;
};

/*
 * All options of one mount.  A later option overrides an earlier one, in both directions; `all`
 * comes from the recursive forms and is applied before `top`.
 */
struct mount_options {
	unsigned flags;			/* MO_* */
	struct mount_attrs all, top;
	struct mount_propagation propagation[MO_MAX_PROPAGATION];	/* in order */
	size_t n_propagation;
	int8_t sb[MO_SBS];		/* 1: set, -1: cleared, 0: not mentioned */
	const char *idmap;		/* the text after "idmap=", or NULL */
	const char **data;		/* for the file system: "key=value" or "flag" */
	size_t n_data;
	const char *first_data;		/* the first of them as the configuration has it, */
	size_t first_data_index;	/* and where */
};

/* @pointer: JSON pointer of the mount, for messages; the result's memory is from @arena. */
int mount_options_parse(const struct oci_mount *m, const char *pointer, struct arena *arena,
			struct mount_options *out, struct husk_error *err);

/* "sync" or "async", ...: the word for sb[@i], which is @state. */
const char *mount_options_sb_word(unsigned i, int state);

#endif /* HUSK_ROOTFS_MOUNT_OPTIONS_H */
