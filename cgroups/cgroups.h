/*
 * Cgroups: where a container's processes are accounted, limited, frozen and killed.
 *
 * cg_plan_new() decides paths and files from the configuration and from what the host mounts
 * (cg_host_detect()); it changes nothing.  The other functions act in the caller on a struct
 * cgroup: v2, v1 and hybrid hosts look the same from outside.  Managers: cgroupfs, none (systemd
 * is a table row that another issue fills; asking for it is a clear error until then).
 *
 * On v1 a process joins by writing "0" to `tasks` itself (CG_JOIN, cg_steps.c): for a single
 * thread that is the same as cgroup.procs and spares the kernel's global threadgroup lock, whose
 * writer waits for an RCU grace period.  linux.intelRdt's groups of resctrl are joined the same way
 * and live and end with the cgroup.
 *
 * Uses: runtime/base, specs.    Used by: runtime.
 */
#ifndef HUSK_CGROUPS_H
#define HUSK_CGROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "runtime/base/plan.h"
#include "specs/specs.h"

enum cg_manager { CG_CGROUPFS, CG_SYSTEMD, CG_NONE };

struct cgroup;			/* one container's cgroup, in every hierarchy */
struct cg_plan;			/* decisions only */

struct cg_options {
	enum cg_manager manager;
	const char *id;
	bool rootless;		/* what may not be written is left out, unless a limit needs it */
	/* The v2 cgroup shall belong to host user `owner`: where the container has a cgroup
	 * namespace and a writable cgroup mount, config-linux.md "Cgroup ownership". */
	bool has_owner;
	uid_t owner;
};

int cg_plan_new(const struct oci_linux *linux_, const struct cg_options *opts,
		struct cg_plan **out, struct husk_error *err);
void cg_plan_free(struct cg_plan *plan);

/* Make the directories and set the limits; nothing is left behind on failure. */
int cg_create(const struct cg_plan *plan, struct cgroup **out, struct husk_error *err);
/* The cgroup that cg_create() of this plan would have made, whether or not it exists: to clean up
 * after a creation that was killed half-way. */
int cg_find(const struct cg_plan *plan, struct cgroup **out, struct husk_error *err);
/* A running container's, from the text cg_save() gave. */
int cg_load(const char *text, struct cgroup **out, struct husk_error *err);
/* Text for state.json; free(). */
char *cg_save(const struct cgroup *cg);
void cg_free(struct cgroup *cg);	/* the handle, not the cgroup */

/*
 * Directory of the v2 cgroup for CLONE_INTO_CGROUP: a descriptor owned by the caller, or -1 where
 * there is no v2 hierarchy; @err->sys tells -1 from a failure (which is never -EPERM: EACCES stands
 * for it).  @sub: a cgroup below it, "[CONTROLLERS:]PATH" as `exec --cgroup` takes it, or NULL.
 */
int cg_open_v2(const struct cgroup *cg, const char *sub, struct husk_error *err);

/*
 * The same, but where process @pid, the container's init, is now, at or below the container's v2
 * cgroup.  For exec when clone3() answers EBUSY: a service manager in the container has moved its
 * processes down and passes controllers on, so its own cgroup takes none.
 */
int cg_open_v2_of(const struct cgroup *cg, pid_t pid, struct husk_error *err);

/*
 * v1 hierarchies to join: open `tasks` files, in the order of the CG_JOIN steps that
 * cg_emit_join() wrote; *fds is free()d and its descriptors are closed by the caller.
 */
int cg_open_tasks(const struct cgroup *cg, const char *sub, int **fds, size_t *n,
		  struct husk_error *err);

/* CG_JOIN steps with PLAN_FD_GIVEN descriptors named "cgroup:CONTROLLERS"; returns their number
 * and the first index in *first.  The number equals that of cg_open_tasks(). */
size_t cg_emit_join(const struct cg_plan *plan, struct plan *p, uint32_t *first);
/* The same for a process that joins a running container's. */
size_t cg_emit_join_running(const struct cgroup *cg, struct plan *p, uint32_t *first);

int cg_update(struct cgroup *cg, const struct oci_resources *resources, struct husk_error *err);
/*
 * run.oci.delegate-cgroup: v2 cgroup @name (NULL: none) below the container's, for its program.
 * _check is pure.  _emit has the process move there, through a descriptor whose index it returns
 * (or PLAN_NO_FD); to come after the cgroup namespace was made.  _open makes the cgroup and returns
 * that descriptor, of its cgroup.procs.
 */
int cg_check_delegate(const struct cg_plan *plan, const char *name, struct husk_error *err);
uint32_t cg_emit_delegate(const char *name, struct plan *p);
int cg_open_delegate(const struct cg_plan *plan, const struct cgroup *cg, const char *name,
		     struct husk_error *err);

int cg_freeze(struct cgroup *cg, bool frozen, struct husk_error *err);
bool cg_is_frozen(const struct cgroup *cg);
int cg_pids(const struct cgroup *cg, pid_t **out, size_t *n, struct husk_error *err);
/* Signal all; SIGKILL uses cgroup.kill, or freezes around the loop on v1. */
int cg_kill(struct cgroup *cg, int sig, struct husk_error *err);
/* Kill what is left and remove the directories; bounded (10 s); names pids that would not go. */
int cg_destroy(struct cgroup *cg, struct husk_error *err);
/* How often the OOM killer struck in it; 0 when it cannot be read. */
unsigned long cg_oom_kills(const struct cgroup *cg);

/* What the rootfs must know to mount `cgroup`: type "cgroup2" host or v1, and this container's
 * path in each hierarchy.  Owned by the struct cgroup or plan it came from. */
struct cg_mount {
	const char *name;	/* "memory", "cpu,cpuacct", "systemd"; "" for v2 */
	const char *host_path;	/* where the host mounts it, e.g. /sys/fs/cgroup/memory */
	const char *path;	/* the container's cgroup below it, "/husk/id" */
	bool v2;
};
size_t cg_mounts(const struct cg_plan *plan, const struct cg_mount **out);

struct cg_host {
	bool v1, v2, hybrid;
	bool rdma, systemd;
};
void cg_host_detect(struct cg_host *host);	/* for features */

#endif /* HUSK_CGROUPS_H */
