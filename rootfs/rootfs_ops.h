/*
 * What the two halves of this folder agree on: bits in the steps that X_plan.c emits and X_steps.c
 * carries out.
 *
 * Uses: nothing.    Used by: rootfs only.
 */
#ifndef HUSK_ROOTFS_OPS_H
#define HUSK_ROOTFS_OPS_H

/* Of ROOTFS_MOUNT (flags of the step) and ROOTFS_ATTACH (its third argument): where and how. */
enum {
	AT_PLAIN_DIR = 1,	/* the destination's path may not contain symbolic links */
	AT_NOFOLLOW = 2,	/* nor is its last component followed, if it is one */
	AT_INSIDE_PROC = 4,	/* the destination may be procfs */
	AT_NODE = 8,		/* a device's node: never a symbolic link */
	TREE_IS_PROC = 16,	/* the tree must be a procfs */
	COPY_SYMLINK = 32,	/* a tree that is a symbolic link is made anew instead */
	COPY_UP = 64,		/* what the destination holds goes into the new file system first */
	INHERIT_MODE = 128,	/* mode= of the destination, if it was there */
	ATTACH_UNDO = 256,	/* unmounted again when a later step fails */
	LENIENT_IDS = 512,	/* uid= and gid= options of unmapped ids are left out */
	OR_BIND = 1024,		/* what the kernel refuses to a user namespace is bound instead */
};

/* Mode of ROOTFS_ROOT and ROOTFS_PIVOT. */
enum { ROOT_ENTER_ONLY, ROOT_ATTACH };
enum { LEAVE_BY_PIVOT, LEAVE_BY_CHROOT, LEAVE_BY_CHROOT_MOVED };

/* Of ROOTFS_OPEN_TREE, beside PLAN_TREE_*: the device is a block device. */
enum { OPEN_BLOCK_DEVICE = 0x100 };

/* The default devices and links of ROOTFS_DEV, bit by bit. */
enum {
	DEV_NULL, DEV_ZERO, DEV_FULL, DEV_RANDOM, DEV_URANDOM, DEV_TTY, DEV_DEFAULTS
};
#define DEV_TABLE(X)                                                                               \
	X(DEV_NULL, "null", 1, 3)                                                                  \
	X(DEV_ZERO, "zero", 1, 5)                                                                  \
	X(DEV_FULL, "full", 1, 7)                                                                  \
	X(DEV_RANDOM, "random", 1, 8)                                                              \
	X(DEV_URANDOM, "urandom", 1, 9)                                                            \
	X(DEV_TTY, "tty", 5, 0)

#endif /* HUSK_ROOTFS_OPS_H */
