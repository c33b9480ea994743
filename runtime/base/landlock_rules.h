/*
 * Landlock as the kernel knows it, and what its two steps of the launch plan carry as bytes.
 *
 * The numbers are those of landlock(7), which Debian 12's headers have in part only.
 *
 * Uses: nothing.    Used by: runtime/process/landlock.c, runtime/init/landlock_steps.c.
 */
#ifndef HUSK_BASE_LANDLOCK_RULES_H
#define HUSK_BASE_LANDLOCK_RULES_H

#include <stdint.h>

/* X(bit, NAME, since which ABI, whether it can be had of a file that is no directory). */
#define RT_LANDLOCK_FS(X)                                                                          \
	X(0, execute, 1, true)      X(1, write_file, 1, true)   X(2, read_file, 1, true)           \
	X(3, read_dir, 1, false)    X(4, remove_dir, 1, false)  X(5, remove_file, 1, false)        \
	X(6, make_char, 1, false)   X(7, make_dir, 1, false)    X(8, make_reg, 1, false)           \
	X(9, make_sock, 1, false)   X(10, make_fifo, 1, false)  X(11, make_block, 1, false)        \
	X(12, make_sym, 1, false)   X(13, refer, 2, false)      X(14, truncate, 3, true)           \
	X(15, ioctl_dev, 5, true)

enum {
#define X(bit, name, abi, file) RT_LANDLOCK_##name = 1 << bit,
	RT_LANDLOCK_FS(X)
#undef X
	RT_LANDLOCK_BIND = 1, RT_LANDLOCK_CONNECT = 2,			/* ABI 4 */
	RT_LANDLOCK_ABSTRACT_SOCKET = 1, RT_LANDLOCK_SIGNAL = 2,	/* ABI 6 */
	/* ABI 7: LOG_SAME_EXEC_OFF and LOG_SUBDOMAINS_OFF, or LOG_NEW_EXEC_ON */
	RT_LANDLOCK_LOG_OFF = 1 | 4, RT_LANDLOCK_LOG_ON = 2,
	RT_LANDLOCK_ABI = 7,		/* the last one that we know */
};

#define RT_LANDLOCK_ABI_TEXT "7"

enum { RT_LANDLOCK_MAX_PATHS = 256 };	/* in one ruleset */

/* struct landlock_ruleset_attr of ABI 6; a kernel takes more than it knows, if that is 0. */
struct rt_landlock_attr {
	uint64_t fs, net, scope;
};

/* One path of a ruleset, which stands beside it in the step. */
struct rt_landlock_path {
	uint64_t access;
	uint64_t flags;		/* RT_LANDLOCK_PATH_* */
};
enum {
	RT_LANDLOCK_PATH_OPTIONAL = 1,	/* without it there is no rule */
	RT_LANDLOCK_PATH_EXACT = 2,	/* rights that only directories have are not left out of a file's */
};

/* struct landlock_net_port_attr */
struct rt_landlock_port {
	uint64_t access, port;
};

/* Flags of the step that makes the ruleset. */
enum {
	RT_LANDLOCK_PREFERRED = 1,	/* what cannot be had is left out, with a warning */
	RT_LANDLOCK_DISTRUST = 2,	/* processes under the same rules are there already */
};

#endif /* HUSK_BASE_LANDLOCK_RULES_H */
