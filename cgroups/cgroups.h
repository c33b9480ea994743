/*
 * Cgroups: where a container's processes are accounted, limited, frozen and killed.
 *
 * cg_plan_new() decides paths and files from the configuration and from what the host mounts
 * (cg_host_detect()); it changes nothing.  The other functions act in the caller on a struct
 * cgroup: v2, v1 and hybrid hosts look the same from outside.  Managers: cgroupfs, systemd (which
 * makes the cgroup as a transient unit, see cg_systemd.h), none.
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
#include <stdint.h>
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
	/* The configuration's: org.systemd.property.* are for the systemd manager. */
	const struct oci_pair *annotations;
	size_t n_annotations;
};

int cg_plan_new(const struct oci_linux *linux_, const struct cg_options *opts,
		struct cg_plan **out, struct husk_error *err);
void cg_plan_free(struct cg_plan *plan);

/* systemd starts a scope only with a process in it: does this plan need one? */
bool cg_needs_process(const struct cg_plan *plan);
/*
 * Make the directories and set the limits; nothing is left behind on failure.  @pid: where
 * cg_needs_process(), a process of the caller's that does nothing; else 0.  It stays until the
 * container's init has joined; when it has ended and is reaped, cg_settle() makes an end of what
 * was done for it.
 */
int cg_create(const struct cg_plan *plan, pid_t pid, struct cgroup **out, struct husk_error *err);
int cg_settle(const struct cg_plan *plan, const struct cgroup *cg, struct husk_error *err);
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

/*
 * A user's processes may move only below a cgroup that is that user's; from elsewhere (a session of
 * ssh or su) the user's systemd has the system's move them.  Then the init is not born in its v2
 * cgroup, but asks (CG_ASK) its caller for cg_move(): do processes of this one come from elsewhere?
 */
bool cg_comes_from_outside(const struct cg_plan *plan);
bool cg_comes_from_outside_running(const struct cgroup *cg);
void cg_emit_ask(struct plan *p);
/* Have process @pid moved into the cgroup, or below it into @sub (NULL: none) as for cg_open_v2().
 * Where that fails and @sub is NULL, to where process @init of the container is. */
int cg_move(const struct cgroup *cg, const char *sub, pid_t pid, pid_t init,
	    struct husk_error *err);

/* CG_JOIN steps with PLAN_FD_GIVEN descriptors named "cgroup:CONTROLLERS"; returns their number
 * and the first index in *first.  The number equals that of cg_open_tasks(). */
size_t cg_emit_join(const struct cg_plan *plan, struct plan *p, uint32_t *first);
/* The same for a process that joins a running container's. */
size_t cg_emit_join_running(const struct cgroup *cg, struct plan *p, uint32_t *first);

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

int cg_update(struct cgroup *cg, const struct oci_resources *resources, struct husk_error *err);
/* Lines for the schemata of the container's group of resctrl (NULL: none), and what was there before
 * in *old, which cg_rdt_restore() puts back and frees. */
int cg_rdt_update(struct cgroup *cg, const char *l3, const char *mem_bw, char **old,
		  struct husk_error *err);
void cg_rdt_restore(struct cgroup *cg, char *old);
int cg_freeze(struct cgroup *cg, bool frozen, struct husk_error *err);
bool cg_is_frozen(const struct cgroup *cg);
/* Path of the cgroup that cg_freeze() freezes, for a program that freezes by itself; free().  NULL:
 * there is none, or no memory. */
char *cg_freezer_path(const struct cgroup *cg);
int cg_pids(const struct cgroup *cg, pid_t **out, size_t *n, struct husk_error *err);
/* Signal all; SIGKILL uses cgroup.kill, or freezes around the loop on v1. */
int cg_kill(struct cgroup *cg, int sig, struct husk_error *err);
/* SIGKILL, until nothing of it runs any more: bounded (10 s). */
int cg_end(struct cgroup *cg, struct husk_error *err);
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
/* Does systemd answer: this user's manager, or the system's? */
int cg_ask_systemd(bool user, struct husk_error *err);

/* ---- statistics (cg_stats.c) and events (cg_events.c) --------------------------------------- */

struct cg_counter {		/* of one kind of memory, in bytes; limit UINT64_MAX: none */
	uint64_t limit, usage, max, failcnt;
};

struct cg_stat {		/* one line of memory.stat */
	const char *key;
	uint64_t value;
};

struct cg_psi_line {		/* averages in hundredths of a per cent, total in us */
	unsigned avg10, avg60, avg300;
	uint64_t total;
};

struct cg_psi {			/* pressure stall information; only v2 has it */
	bool known;
	struct cg_psi_line some, full;
};

enum cg_io_kind {
	CG_IO_BYTES, CG_IO_SERVICED, CG_IO_QUEUED, CG_IO_SERVICE_TIME, CG_IO_WAIT_TIME,
	CG_IO_MERGED, CG_IO_TIME, CG_IO_SECTORS, CG_IO_KINDS
};

struct cg_io_entry {
	uint64_t major, minor, value;
	const char *op;		/* "Read", "Write", ..., or "" */
};

struct cg_io_list {
	struct cg_io_entry *e;
	size_t n;
};

struct cg_huge_stats {
	const char *page_size;	/* "2MB" */
	uint64_t usage, max, failcnt;
};

/* The settings of v1's cpuset that are numbers, in the order runc prints them. */
enum cg_cpuset_flag {
	CG_CPU_EXCLUSIVE, CG_MEM_HARDWALL, CG_MEM_EXCLUSIVE, CG_MEMORY_MIGRATE, CG_SPREAD_PAGE,
	CG_SPREAD_SLAB, CG_MEMORY_PRESSURE, CG_LOAD_BALANCE, CG_RELAX_DOMAIN, CG_CPUSET_FLAGS
};

struct cg_rdt_node {		/* what one NUMA node's monitor counted */
	uint64_t total_bytes, local_bytes, llc_occupancy;
};

struct cg_rdt_stats {
	bool known, has_l3, has_mb, has_mbm, has_cmt;
	const char *cbm_mask;
	uint64_t min_cbm_bits, l3_closids;
	uint64_t bandwidth_gran, delay_linear, min_bandwidth, mb_closids;
	const char *l3_root, *l3, *mb_root, *mb;	/* lines of schemata, or NULL */
	struct cg_rdt_node *nodes;
	size_t n_nodes;
};

struct cg_stats {
	uint64_t cpu_total, cpu_user, cpu_kernel;			/* ns */
	uint64_t *percpu, *percpu_user, *percpu_kernel;			/* ns; v1 only */
	size_t n_percpu, n_percpu_mode;
	uint64_t periods, throttled_periods, throttled_time;		/* time in ns */
	uint16_t *cpus, *mems;
	size_t n_cpus, n_mems;
	int64_t cpuset[CG_CPUSET_FLAGS];
	uint64_t cache;
	struct cg_counter memory, swap, kernel, kernel_tcp;	/* swap: with memory, as on v1 */
	struct cg_stat *raw;		/* sorted by key */
	size_t n_raw;
	uint64_t pids, pids_limit;	/* limit 0: none */
	struct cg_io_list io[CG_IO_KINDS];
	struct cg_huge_stats *huge;	/* sorted by page_size */
	size_t n_huge;
	struct cg_rdt_stats rdt;
	struct cg_psi cpu_psi, memory_psi, io_psi;
	struct arena arena;
};

/* What the kernel counted for @cg; what it does not count, or not for this container, stays 0. */
int cg_stats_read(const struct cgroup *cg, struct cg_stats *out, struct husk_error *err);
void cg_stats_done(struct cg_stats *stats);

/* What may happen to a cgroup, in the order it is told. */
enum cg_event {
	CG_EVENT_MEMORY_HIGH,	/* above memory.high, and slowed down; v2 only */
	CG_EVENT_MEMORY_MAX,	/* the memory limit was met, and memory reclaimed */
	CG_EVENT_OOM,		/* that did not help: the OOM killer struck */
	CG_EVENT_PIDS_MAX,	/* a process was refused */
	/* its processes stalled for want of it; v1 without v2 knows memory only */
	CG_EVENT_CPU_PRESSURE, CG_EVENT_MEMORY_PRESSURE, CG_EVENT_IO_PRESSURE,
	CG_EVENTS
};

struct cg_watch_options {
	bool all;			/* not only OOM */
	unsigned stall_us, window_us;	/* pressure: so much of that */
};

struct pollfd;
struct cg_watch;
enum { CG_WATCH_FDS = 7 };
/* Where memory is not counted there are no notices of it. */
int cg_watch_open(const struct cgroup *cg, const struct cg_watch_options *opts,
		  struct cg_watch **out, struct husk_error *err);
/* What to poll, up to CG_WATCH_FDS; returns their number.  They belong to @w. */
size_t cg_watch_fds(const struct cg_watch *w, struct pollfd *fds);
/* How often *event has happened since it was last told of; 0: nothing has.  Does not block. */
unsigned long cg_watch_next(struct cg_watch *w, enum cg_event *event);
void cg_watch_close(struct cg_watch *w);

#endif /* HUSK_CGROUPS_H */
