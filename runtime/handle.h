/*
 * struct husk: what one handle of the library holds.
 *
 * Everything above the lock is set in husk_open() and const afterwards.
 *
 * Uses: husk.h.    Used by: runtime.
 */
#ifndef HUSK_RUNTIME_HANDLE_H
#define HUSK_RUNTIME_HANDLE_H

#include <pthread.h>
#include <stdbool.h>

#include "cgroups/cgroups.h"
#include "runtime/include/husk.h"

struct container;

struct husk {
	char *root;			/* state directory, absolute */
	bool root_is_default;		/* nobody named it, so it must be our own: rt_open_root() */
	enum cg_manager cgroup_manager;
	bool rootless;			/* the caller is not root of the host */
	bool privileged;		/* CAP_SYS_ADMIN in its user namespace */
	bool no_nodes;			/* no CAP_MKNOD, as in an outer container */
	bool first_userns;		/* that is the host's own: devices can be made */
	bool owns_mounts;		/* and it covers the mount namespace: may open_tree(CLONE) */
	bool one_shot;			/* see struct husk_settings */
	pthread_mutex_t lock;		/* protects what follows */
	struct container *own;		/* one_shot: what husk_run() has made and nobody deleted */
	int init_fd;			/* the sealed memfd of husk-init, or -1 until first needed */
};

/*
 * The state directory, O_PATH; with @make it is made.  -ENOENT without a message that would say more
 * when it is not there.  A default one that others could write to is refused: what it holds names
 * processes to kill and cgroups to remove.
 */
int rt_open_root(const struct husk *h, bool make, struct husk_error *err);

/* The sealed, unreadable (mode 0111) memfd that holds husk-init; made once per handle, closed
 * with it.  Returns the descriptor. */
int rt_init_fd(struct husk *h, struct husk_error *err);

#endif /* HUSK_RUNTIME_HANDLE_H */
