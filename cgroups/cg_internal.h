/*
 * What the files of cgroups/ share; nobody else includes it.
 *
 * A hierarchy (struct cg_hier) is one mounted cgroup file system.  Deciding turns the
 * configuration into a list of writes (struct cg_writes), each to one file of one hierarchy;
 * acting is carrying the list out.
 *
 * Uses: cgroups.h, runtime/base.    Used by: cgroups.
 */
#ifndef HUSK_CG_INTERNAL_H
#define HUSK_CG_INTERNAL_H

#include <limits.h>

#include "cgroups/cgroups.h"

#include "runtime/base/arena.h"
#include "runtime/base/error.h"

#define CG_AT "/linux/resources/"	/* where the members of struct oci_resources live */

/* Controllers, by what they do; one bit each.  cg_host.c has their names. */
enum cg_ctl {
	CG_CPU, CG_CPUACCT, CG_CPUSET, CG_MEMORY, CG_DEVICES, CG_FREEZER, CG_BLKIO, CG_PIDS,
	CG_HUGETLB, CG_NET_CLS, CG_NET_PRIO, CG_PERF_EVENT, CG_RDMA, CG_MISC, CG_DMEM, CG_CTLS
};
#define CG_BIT(ctl) (UINT32_C(1) << (ctl))

/* "blkio" and "io" are one controller under two names. */
const char *cg_ctl_name(enum cg_ctl ctl, bool v2);
/* CG_CTLS if it is none; @len: of the name. */
enum cg_ctl cg_ctl_parse(const char *name, size_t len);

/* ---- the host (cg_host.c) ------------------------------------------------------------------- */

struct cg_hier {
	bool v2;
	bool used;		/* the container has a cgroup of its own here */
	bool cpuset_v2_mode;	/* v1 cpuset whose children need no values of their own */
	bool rdt;		/* not a cgroup: a group of resctrl, which is joined like one */
	bool keep;		/* that was there before: delete leaves it */
	uint32_t ctls;		/* bound to this hierarchy */
	const char *name;	/* "cpu,cpuacct", "systemd" for name=systemd, "" for v2 */
	const char *mount;	/* where the host mounts it */
	const char *own;	/* the caller's cgroup below `mount`, "/a/b" */
	const char *path;	/* the container's; == own when not used */
	uint64_t dev;		/* st_dev of the mount: tells one that is hidden; 0: unknown */
};

struct cg_layout {
	struct cg_hier *hier;	/* with room for CG_RDT_GROUPS more */
	size_t n;
	const char *resctrl;	/* where it is mounted, or NULL */
	struct arena arena;
};
enum { CG_RDT_GROUPS = 2 };

/* From the texts of /proc/self/mountinfo, /proc/self/cgroup and, or NULL, the cgroup.controllers
 * of the v2 mount.  Pure. */
int cg_layout_parse(const char *mountinfo, const char *cgroup, const char *controllers,
		    struct cg_layout *out, struct husk_error *err);
int cg_layout_read(struct cg_layout *out, struct husk_error *err);
void cg_layout_done(struct cg_layout *layout);

/* The hierarchy that @ctl is bound to and the container uses, or NULL. */
const struct cg_hier *cg_hier_of(const struct cg_hier *hier, size_t n, enum cg_ctl ctl);
const struct cg_hier *cg_hier_v2(const struct cg_hier *hier, size_t n);

/* ---- deciding: paths (cg_plan.c) and resource files (cg_resources.c, cg_v1.c, cg_v2.c) ------ */

/*
 * Where container @id of cgroupsPath @path (NULL: unset) goes in @h; from @arena.  runc's rule:
 * absolute is below the mount; relative, or the id alone, is below the caller's own cgroup, on a
 * host with v2 only below the parent of that (it has processes, so it could not pass controllers
 * on).
 */
int cg_path(struct arena *arena, const struct cg_hier *h, const char *path, const char *id,
	    bool v2_only, const char **out, struct husk_error *err);
/* Is @path in the form cg_path() gives? */
bool cg_path_ok(const char *path);

enum {
	CG_W_MAY_MISS = 1,	/* no such file: nothing to do */
	CG_W_KEEP_FIRST = 2,	/* the first word of the file stays: "cpu.max" with only a period */
	CG_W_KEYED = 4,		/* a write changes one line; `reset` undoes it */
};

struct cg_write {
	size_t hier;				/* index */
	const char *file, *text;
	const char *alt_file, *alt_text;	/* instead, where `file` does not exist; or NULL */
	const char *reset;
	const char *pointer;			/* what asked for it */
	unsigned flags;
};

struct cg_writes {
	struct cg_write *w;
	size_t n, cap;
	uint32_t v2_ctls;	/* controllers that must be enabled on v2 */
	bool cpus, mems;	/* v1 cpuset.cpus and .mems are among them */
	bool failed;		/* out of memory ... */
	struct cg_write scrap;	/* ... and this was handed out */
	struct arena *arena;	/* of the plan; owns the strings and the array */
};

/* What compiling knows beside the resources. */
struct cg_compile {
	const struct cg_hier *hier;
	size_t n_hier;
	bool rootless;
	enum cg_manager manager;
	struct cg_writes *out;
};

int cg_compile(struct cg_compile *c, const struct oci_resources *res, struct husk_error *err);
/* Parts of it: what cannot be said as "one member, one file". */
int cg_v1_compile(struct cg_compile *c, const struct oci_resources *res, struct husk_error *err);
int cg_v2_compile(struct cg_compile *c, const struct oci_resources *res, struct husk_error *err);

/* The hierarchy of @ctl for the member @pointer, or NULL with an error that says what to do. */
const struct cg_hier *cg_need(struct cg_compile *c, enum cg_ctl ctl, const char *pointer,
			      struct husk_error *err);
/* Add a write; the strings must live as long as the list (its arena, or constants). */
struct cg_write *cg_add(struct cg_compile *c, const struct cg_hier *h, const char *pointer,
			const char *file, const char *text);
char *cg_text(struct cg_compile *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* An error about the configuration's member @pointer: "POINTER: text". */
int cg_err_at(struct husk_error *err, enum husk_kind kind, int sys, const char *pointer,
	      const char *fmt, ...) PRINTF_LIKE(5, 6);

/* v2's cpu.weight for v1's cpu.shares; runc's and crun's formula, which engines compare with. */
uint64_t cg_weight_of_shares(uint64_t shares);

/* memory.useHierarchy is true of every kernel since 5.11, on v1 and v2; false is past wishing. */
void cg_warn_hierarchy(const struct oci_memory *m);
uint64_t cg_io_weight(uint16_t weight);	/* 10..1000 to 1..10000 */

/* ---- devices (cg_devices.c, cg_devices_v1.c, cg_devices_bpf.c) ------------------------------ */

/* The configuration's rules, then those every container has; from @arena. */
int cg_device_rules(struct arena *arena, const struct oci_resources *res,
		    struct oci_device_rule **out, size_t *n, struct husk_error *err);

/* What v1 can hold: a default and exceptions from it. */
struct cg_device_set {
	bool allow_all;
	struct oci_device_rule *except;		/* .allow is not used */
	size_t n;
};
/* @n_config: rules from there on are ours, and no error when they cannot be said. */
int cg_device_set(struct arena *arena, const struct oci_device_rule *rules, size_t n,
		  size_t n_config, struct cg_device_set *out, struct husk_error *err);
/* The set that the text of devices.list shows. */
int cg_device_set_parse(struct arena *arena, const char *text, struct cg_device_set *out,
			struct husk_error *err);
/* Lines "c 1:3 rwm"; buf of CG_DEVICE_LINE. */
enum { CG_DEVICE_LINE = 64 };
void cg_device_line(const struct oci_device_rule *rule, char *buf);

struct bpf_insn;
/* BPF_PROG_TYPE_CGROUP_DEVICE: the last rule that matches decides, for each kind of access. */
int cg_device_program(struct arena *arena, const struct oci_device_rule *rules, size_t n,
		      struct bpf_insn **out, size_t *n_insns, struct husk_error *err);

/* Carry the rules out on a cgroup directory; on failure the old ones stay.  @fresh: nothing runs
 * in it yet, and its rules are the parent's. */
int cg_devices_v1_apply(int dir_fd, const struct cg_device_set *set, bool fresh,
			struct husk_error *err);
int cg_devices_bpf_apply(int dir_fd, const struct bpf_insn *prog, size_t n, bool fresh,
			 struct husk_error *err);

/* ---- acting (cg_fs.c, cg_apply.c, cg_run.c) ------------------------------------------------- */

/* Groups of resctrl for linux.intelRdt: what is written to `schemata`. */
struct cg_rdt {
	const struct oci_intel_rdt *config;	/* NULL: none */
	const char **line;	/* the first n_checked must agree with a group that exists */
	size_t n_lines, n_checked;
};

struct cg_plan {
	struct cg_options opts;		/* `id` belongs to the arena */
	struct cg_layout layout;
	struct cg_writes writes;
	struct oci_device_rule *rules;	/* the first n_config_rules are the configuration's */
	size_t n_rules, n_config_rules;
	struct cg_mount *mounts;
	size_t n_mounts;
	struct cg_rdt rdt;
	const char *manager_root;	/* systemd: the manager's own cgroup; NULL: the root */
	struct cg_unit *unit;		/* systemd's, cg_systemd.h; NULL with another manager */
};
/* Add the groups of linux.intelRdt to the hierarchies (cg_rdt.c). */
int cg_rdt_plan(struct cg_plan *plan, const struct oci_intel_rdt *rdt, struct husk_error *err);
/* Make one; what exists is marked `keep`. */
int cg_rdt_create(struct cgroup *cg, size_t i, const struct cg_rdt *rdt, struct husk_error *err);
/* What its groups counted (cg_rdt_stats.c); -ENOMEM is the only failure. */
int cg_rdt_stats(const struct cgroup *cg, struct cg_stats *out);
/* Fill @plan from its `opts` and `layout`: cg_plan_new() without the host.  On failure it must
 * still be freed. */
int cg_plan_from_layout(struct cg_plan *plan, const struct oci_linux *linux_,
			struct husk_error *err);

struct cgroup {
	enum cg_manager manager;
	bool rootless;
	struct cg_hier *hier;
	size_t n;
	int *mount_fd;			/* O_PATH, opened on first use; -1 */
	const char *unit;		/* systemd's; NULL with another manager */
	struct arena arena;
};

/* A handle with copies of @hier; NULL: out of memory. */
struct cgroup *cg_alloc(enum cg_manager manager, bool rootless, const struct cg_hier *hier,
			size_t n);

/* The cgroup's path relative to the mount's descriptor. */
static inline const char *cg_rel(const struct cg_hier *h)
{
	return h->path + 1;
}

/* O_PATH of the mount of hierarchy @i, checked to be the one that was found; owned by @cg.
 * -errno, no message, as all up to cg_tree_pids(). */
int cg_mount_fd(const struct cgroup *cg, size_t i);
/*
 * Where @file (NULL: the directory itself) of the cgroup is: @path below @dir.  From "/" on, as long as
 * the mount's descriptor would prove nothing: a cgroup that was loaded does not know the device.
 */
int cg_locate(const struct cgroup *cg, size_t i, const char *file, int *dir, char path[PATH_MAX]);
/* Open @file (NULL: the directory itself) of the cgroup in hierarchy @i. */
int cg_open_file(const struct cgroup *cg, size_t i, const char *file, int flags);
/* Its text; free(*out). */
int cg_read_file(const struct cgroup *cg, size_t i, const char *file, char **out);
int cg_write_file(const struct cgroup *cg, size_t i, const char *file, const char *text);

/* "WHAT MOUNT/PATH/FILE: ...", an error about the cgroup in hierarchy @h. */
int cg_err_file(struct husk_error *err, const struct cg_hier *h, const char *what, const char *file,
		int error);

/* Paths of the cgroup and all below it, parents first, relative to the mount. */
struct cg_tree {
	char **path;
	size_t n, cap;
};
int cg_tree_read(const struct cgroup *cg, size_t i, struct cg_tree *out);
void cg_tree_done(struct cg_tree *tree);
/* Processes in it and below, in hierarchy @i; free(*out). */
int cg_tree_pids(const struct cgroup *cg, size_t i, pid_t **out, size_t *n);

/* Index of the v2 hierarchy, of the v1 freezer's, of the one whose processes are the container's
 * (any will do: v2, else the first); -1 where there is none. */
int cg_index_v2(const struct cgroup *cg);
int cg_index_of(const struct cgroup *cg, enum cg_ctl ctl);
int cg_index_pids(const struct cgroup *cg);

/* Old values of what cg_apply() wrote. */
struct cg_old {
	const struct cg_write *w;
	const char *file;
	char *text;
};
struct cg_undo {
	struct cg_old *old;
	size_t n;
};
/* Carry out @ws.  With @undo (not NULL) what was there before is kept in it; cg_undo_done() with
 * @restore puts it back. */
int cg_apply(const struct cgroup *cg, const struct cg_writes *ws, struct cg_undo *undo,
	     struct husk_error *err);
void cg_undo_done(const struct cgroup *cg, struct cg_undo *undo, bool restore);
/* The first @n_config of @rules are the configuration's. */
int cg_apply_devices(const struct cgroup *cg, const struct oci_device_rule *rules, size_t n,
		     size_t n_config, bool fresh, struct husk_error *err);

/* See that v2's controllers @need reach the cgroup, in hierarchy @i. */
int cg_enable(const struct cgroup *cg, size_t i, uint32_t need, struct husk_error *err);
/* The v2 cgroup's files belong to @owner, so that a manager in the container may make cgroups. */
int cg_delegate(const struct cgroup *cg, uid_t owner, struct husk_error *err);

#endif /* HUSK_CG_INTERNAL_H */
