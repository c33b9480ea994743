/*
 * specs: JSON to C structs and back; no side effects on the system.
 *
 * oci_config_parse() reads a runtime-spec 1.3 config.json into a struct oci_config: one arena, one
 * free, const afterwards.  After it nobody compares strings of the configuration, except mount
 * options, which rootfs/ maps.  Optional scalars are `bool has_x; T x;`; arrays are `T *x; size_t
 * n_x;`; an absent string is NULL, an absent object a NULL pointer.  Members marked "annotation" are
 * not of the document: runtime/annotations.c fills them.
 *
 * Uses: runtime/base, jsmn (in specs/json.c only).    Used by: every layer above.
 */
#ifndef HUSK_SPECS_H
#define HUSK_SPECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/arena.h"
#include "runtime/base/error.h"

struct oci_pair {		/* annotations, sysctl, unified: one member of a JSON object */
	const char *key, *value;
};

/* ---- process ---------------------------------------------------------------- */

struct oci_user {
	uint32_t uid, gid;
	bool has_umask;
	uint32_t umask;
	uint32_t *additional_gids;
	size_t n_additional_gids;
};

struct oci_rlimit {
	int resource;		/* RLIMIT_* */
	const char *name;	/* "RLIMIT_NOFILE" */
	uint64_t soft, hard;
};

/* Bit n is capability n; unknown names are left out here and listed in `unknown`. */
struct oci_caps {
	uint64_t bounding, effective, inheritable, permitted, ambient;
	const char **unknown;
	size_t n_unknown;
};

struct oci_scheduler {
	uint32_t policy;	/* SCHED_* */
	int32_t nice;
	int32_t priority;
	uint64_t flags;		/* SCHED_FLAG_* */
	uint64_t runtime, deadline, period;	/* ns */
};

struct oci_io_priority {
	int io_class;		/* 0 none, 1 RT, 2 BE, 3 IDLE */
	int priority;		/* 0..7 */
};

struct oci_process {
	bool terminal;
	bool has_console_size;
	uint16_t console_height, console_width;
	struct oci_user user;
	char **args;		/* NULL-terminated; n_args >= 1 */
	size_t n_args;
	char **env;		/* NULL-terminated "KEY=value" */
	size_t n_env;
	const char *cwd;	/* absolute */
	struct oci_caps *capabilities;
	struct oci_rlimit *rlimits;
	size_t n_rlimits;
	bool no_new_privileges;
	const char *apparmor_profile;
	const char *selinux_label;
	bool has_oom_score_adj;
	int oom_score_adj;
	struct oci_scheduler *scheduler;
	struct oci_io_priority *io_priority;
	bool has_exec_cpu_affinity;
	const char *cpu_affinity_initial, *cpu_affinity_final;	/* "0-3,7"; NULL: unset */
};

/* ---- mounts, root, hooks ---------------------------------------------------------- */

struct oci_id_map {
	uint32_t container_id, host_id, size;
};

struct oci_mount {
	const char *destination;	/* absolute, or relative to "/" */
	const char *type, *source;	/* NULL when absent */
	char **options;			/* NULL-terminated, NULL when absent */
	size_t n_options;
	struct oci_id_map *uid_mappings, *gid_mappings;
	size_t n_uid_mappings, n_gid_mappings;
};

struct oci_hook {
	const char *path;	/* absolute */
	char **args;		/* NULL-terminated; never NULL: defaults to { path } */
	char **env;		/* NULL-terminated; never NULL: defaults to empty */
	unsigned timeout;	/* seconds; 0: none */
};

enum oci_hook_kind {
	OCI_PRESTART, OCI_CREATE_RUNTIME, OCI_CREATE_CONTAINER, OCI_START_CONTAINER, OCI_POSTSTART,
	OCI_POSTSTOP, OCI_HOOK_KINDS
};

struct oci_hooks {
	struct oci_hook *hook[OCI_HOOK_KINDS];
	size_t n_hook[OCI_HOOK_KINDS];
	const char *stdout_path, *stderr_path;	/* annotations: append output to; or NULL */
};

/* "prestart", "createRuntime", ... */
const char *oci_hook_kind_name(enum oci_hook_kind kind);

/* ---- linux ------------------------------------------------------------------------ */

struct oci_namespace {
	uint64_t type;		/* CLONE_NEW* */
	const char *path;	/* NULL: create */
};

struct oci_device {
	char type;		/* 'c' (also for "u"), 'b' or 'p' */
	const char *path;	/* absolute, in the container */
	int64_t major, minor;
	bool has_mode;
	mode_t mode;		/* default 0666 */
	uint32_t uid, gid;
};

struct oci_device_rule {
	bool allow;
	char type;		/* 'a', 'b' or 'c' */
	int64_t major, minor;	/* -1: any */
	bool read, write, mknod;
};

struct oci_throttle {		/* blockIO *Device */
	int64_t major, minor;
	uint64_t rate;
};

struct oci_weight_device {
	int64_t major, minor;
	bool has_weight, has_leaf_weight;
	uint16_t weight, leaf_weight;
};

struct oci_hugepage_limit {
	const char *page_size;	/* "2MB" */
	uint64_t limit;
};

struct oci_rdma {
	const char *device;
	bool has_handles, has_objects;
	uint32_t handles, objects;
};

struct oci_if_priority {
	const char *name;
	uint32_t priority;
};

struct oci_memory {
	bool has_limit, has_reservation, has_swap, has_kernel, has_kernel_tcp, has_swappiness;
	bool has_disable_oom_killer, has_use_hierarchy, has_check_before_update;
	int64_t limit, reservation, swap, kernel, kernel_tcp;	/* bytes; -1: unlimited */
	uint64_t swappiness;
	bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct oci_cpu {
	bool has_shares, has_quota, has_burst, has_period, has_rt_runtime, has_rt_period, has_idle;
	uint64_t shares, burst, period, rt_period;	/* us */
	int64_t quota, rt_runtime, idle;
	const char *cpus, *mems;
};

struct oci_block_io {
	bool has_weight, has_leaf_weight;
	uint16_t weight, leaf_weight;
	struct oci_weight_device *weight_devices;
	size_t n_weight_devices;
	struct oci_throttle *read_bps, *write_bps, *read_iops, *write_iops;
	size_t n_read_bps, n_write_bps, n_read_iops, n_write_iops;
};

struct oci_resources {
	struct oci_device_rule *devices;
	size_t n_devices;
	struct oci_memory *memory;
	struct oci_cpu *cpu;
	bool has_pids_limit;
	int64_t pids_limit;	/* 0 is a limit of none; -1: unlimited */
	struct oci_block_io *block_io;
	struct oci_hugepage_limit *hugepages;
	size_t n_hugepages;
	bool has_class_id;
	uint32_t class_id;	/* network.classID */
	struct oci_if_priority *if_priorities;
	size_t n_if_priorities;
	struct oci_rdma *rdma;
	size_t n_rdma;
	struct oci_pair *unified;
	size_t n_unified;
};

struct oci_seccomp_arg {
	uint32_t index;
	uint64_t value, value_two;
	int op;			/* enum scmp_compare value, SCMP_CMP_* */
};

/* The spec's actions; runtime/process/seccomp.c maps them to libseccomp. */
enum oci_seccomp_action {
	OCI_ACT_KILL, OCI_ACT_KILL_PROCESS, OCI_ACT_KILL_THREAD, OCI_ACT_TRAP, OCI_ACT_ERRNO,
	OCI_ACT_TRACE, OCI_ACT_ALLOW, OCI_ACT_LOG, OCI_ACT_NOTIFY
};

struct oci_seccomp_rule {
	const char **names;
	size_t n_names;
	enum oci_seccomp_action action;
	bool has_errno_ret;
	uint32_t errno_ret;
	struct oci_seccomp_arg *args;
	size_t n_args;
};

struct oci_seccomp {
	enum oci_seccomp_action default_action;
	bool has_default_errno_ret;
	uint32_t default_errno_ret;
	const char **architectures;	/* "SCMP_ARCH_X86_64" */
	size_t n_architectures;
	bool has_flags;			/* "flags" is present, even if empty */
	uint32_t flags;			/* SECCOMP_FILTER_FLAG_* */
	const char *listener_path, *listener_metadata;
	struct oci_seccomp_rule *rules;
	size_t n_rules;
	bool fail_unknown;		/* annotation: an unknown call's name is an error */
	const void *bpf;		/* annotation: load this instead of the rules, or NULL */
	size_t n_bpf;			/* bytes */
};

struct oci_net_device {
	const char *host_name;
	const char *name;	/* in the container; the same when absent */
};

struct oci_intel_rdt {
	const char *clos_id, *l3_cache_schema, *mem_bw_schema;
	const char **schemata;
	size_t n_schemata;
	bool enable_monitoring;
};

struct oci_memory_policy {
	int mode;		/* MPOL_* */
	unsigned flags;		/* MPOL_F_* */
	const char *nodes;	/* "0-3" */
};

struct oci_time_offset {
	bool set;
	int64_t secs;
	uint32_t nanosecs;
};

enum oci_propagation {		/* values of linux.rootfsPropagation */
	OCI_PROP_UNSET, OCI_PROP_PRIVATE, OCI_PROP_SHARED, OCI_PROP_SLAVE, OCI_PROP_UNBINDABLE,
	/* the r* forms runc accepts */
	OCI_PROP_RPRIVATE, OCI_PROP_RSHARED, OCI_PROP_RSLAVE, OCI_PROP_RUNBINDABLE
};

struct oci_linux {
	struct oci_namespace *namespaces;
	size_t n_namespaces;
	struct oci_id_map *uid_mappings, *gid_mappings;
	size_t n_uid_mappings, n_gid_mappings;
	struct oci_time_offset boottime, monotonic;
	struct oci_device *devices;
	size_t n_devices;
	struct oci_net_device *net_devices;
	size_t n_net_devices;
	const char *cgroups_path;
	struct oci_resources *resources;	/* NULL when absent */
	struct oci_intel_rdt *intel_rdt;
	struct oci_memory_policy *memory_policy;
	struct oci_pair *sysctl;
	size_t n_sysctl;
	struct oci_seccomp *seccomp;
	enum oci_propagation rootfs_propagation;
	char **masked_paths, **readonly_paths;	/* NULL-terminated */
	size_t n_masked_paths, n_readonly_paths;
	const char *mount_label;
	const char *mount_context;	/* annotation: "fscontext", ... for it; NULL: "context" */
	bool keep_groups;		/* annotation: no setgroups(2) */
	const char *cgroup_subgroup;	/* annotation: below a systemd scope; NULL: the default */
	const char *cgroup_delegate;	/* annotation: v2, below the cgroup with the limits */
	const char *cgroup_v1_systemd;	/* annotation: show v1's name=systemd there */
	bool has_personality;
	unsigned long personality;	/* PER_LINUX or PER_LINUX32 */
};

struct oci_vm {			/* read and checked; no backend uses it yet */
	const char *hypervisor_path, *kernel_path, *kernel_initrd, *image_path, *image_format;
	char **hypervisor_parameters, **kernel_parameters;
	size_t n_hypervisor_parameters, n_kernel_parameters;
	const char *device_tree;
	uint32_t vcpus;
	uint64_t memory;
};

struct oci_config {
	const char *version;		/* ociVersion */
	bool has_root;
	const char *root_path;
	bool root_readonly;
	struct oci_mount *mounts;
	size_t n_mounts;
	struct oci_process *process;	/* NULL when absent */
	const char *hostname, *domainname;
	struct oci_hooks hooks;
	struct oci_pair *annotations;
	size_t n_annotations;
	/* annotations org.husk.network, .publish, .dns, .egress: as they are, or NULL */
	struct oci_network_words {
		const char *network, *publish, *dns, *egress;
	} network;
	const char *landlock;		/* annotation: its rules, or NULL */
	const char *pidfd_receiver;	/* annotation: AF_UNIX socket, or NULL */
	const char *criu_config;	/* annotation: criu's configuration file; "": none; or NULL */
	size_t rules_at, rules_len;	/* where /linux/seccomp/syscalls stands in the text; length 0: nowhere */
	struct oci_linux linux_;	/* zeroed when the document has no "linux" (`linux` is a macro) */
	struct oci_vm *vm;
	struct arena arena;		/* owns everything above */
};

/* ---- reading ------------------------------------------------------------------------ */

/* Everything that is wrong, in document order; owned by the struct. */
struct oci_problems {
	struct husk_problem *items;
	size_t n, cap;
};
void oci_problems_done(struct oci_problems *p);

/*
 * Parse @text of @len bytes.  Owns: *out, done with oci_config_done().
 * With @problems NULL the first problem is the error ("/process/cwd: ...", kind CONFIG, pointer
 * set); else all are collected there and the call succeeds if the text was JSON at all; *out is
 * then complete only if there were none.  Rules between members are checked once each is good.
 */
int oci_config_parse(const char *text, size_t len, struct oci_config *out,
		     struct oci_problems *problems, struct husk_error *err);
void oci_config_done(struct oci_config *config);

/* A "process" object alone (exec --process); memory from @arena. */
int oci_process_parse(const char *text, size_t len, struct arena *arena, struct oci_process **out,
		      struct husk_error *err);

/* A "linux.resources" object alone (update --resources); memory from @arena. */
int oci_resources_parse(const char *text, size_t len, struct arena *arena,
			struct oci_resources **out, struct husk_error *err);

/*
 * The document @config with the members of @patch merged into it, object by object; free(*out).
 * What an update of resources leaves unchanged (0, "", a lone rule that denies all devices) stays,
 * and lists of limits by device keep the entries for other devices.
 */
int oci_config_merge(const char *config, size_t config_len, const char *patch, size_t patch_len,
		     char **out, struct husk_error *err);

/* What a program was seen to use of the kernel. */
struct oci_used {
	const char **calls;		/* names of system calls, in strcmp(3)'s order */
	size_t n_calls;
	const char **archs;		/* "SCMP_ARCH_X86_64" */
	size_t n_archs;
	bool has_caps;			/* it is known which */
	uint64_t caps;
};

enum oci_used_part { OCI_USED_FRAGMENT, OCI_USED_SECCOMP, OCI_USED_CONFIG };

/*
 * The document @config with linux.seccomp and process.capabilities allowing no more than @used; all of
 * it, these two alone, or the former as a document of its own; free(*out).  What they denied stays
 * denied, conditions of allowed calls stay, and of the capabilities none is added; without has_caps
 * they stay as they are.  @config is one that oci_config_parse() has taken.
 */
int oci_used_write(const char *config, size_t len, const struct oci_used *used,
		   enum oci_used_part part, char **out, struct husk_error *err);
/* What such a document allows; memory from @arena.  calls is not sorted. */
int oci_used_read(const char *text, size_t len, struct arena *arena, struct oci_used *out,
		  struct husk_error *err);

/* An array of mounts alone (`mounts add`); memory from @arena.  Only "destination" is required. */
int oci_mounts_parse(const char *text, size_t len, struct arena *arena, struct oci_mount **out,
		     size_t *n_out, struct husk_error *err);

const char *oci_annotation(const struct oci_config *config, const char *key);	/* or NULL */
/* The namespace of CLONE_NEW* @type that the config lists, or NULL. */
const struct oci_namespace *oci_namespace_get(const struct oci_linux *linux_, uint64_t type);
/* "RLIMIT_NOFILE" etc. to RLIMIT_*; -1 if unknown.  "CAP_KILL" or "KILL" to its number; -1. */
int oci_rlimit_number(const char *name);
int oci_cap_number(const char *name);

/* ---- the container's state ------------------------------------------------------------- */

enum { OCI_STDIO = 3 };		/* descriptors 0, 1 and 2 */

/* A network that husk itself made, or chose in place of the one of config.json. */
struct oci_state_network {
	const char *mode, *interface;
	char **addresses;	/* with prefix, NULL-terminated, as are ports */
	size_t n_addresses;
	char **ports;		/* "[IP:]HOST:CONTAINER/tcp" */
	size_t n_ports;
	bool egress_list;	/* who comes in by exec must not be able to change its rules */
};

/*
 * What state.json holds: runtime.md's state, and what later commands need.  One format version;
 * a reader refuses a newer one.
 */
struct oci_state {
	int version;		/* of this file: OCI_STATE_VERSION */
	const char *oci_version, *id, *bundle, *rootfs, *created, *owner;
	pid_t pid;		/* 0: not yet, or not any more */
	uint64_t pid_start_time;	/* /proc/PID/stat field 22: tells a reused pid */
	uint64_t pid_inode;	/* pidfs inode of its pidfd, or 0 on older kernels */
	const char *cgroup_state;	/* opaque text of cgroups/, or NULL */
	const char *stdio[OCI_STDIO];	/* what 0, 1 and 2 were: "pipe:[1]", "/dev/null"; or NULL */
	bool rootless, terminal, has_process, no_new_keyring;
	bool no_poststop;	/* `delete` need not look for such hooks in config.json */
	bool has_filter;	/* the seccomp filter is a file of its own, and config.json has no rules */
	struct oci_state_network *network;	/* NULL: the one of config.json */
	char **landlock;	/* the words of its Landlock rules, which exec is under, too */
	size_t n_landlock;
	struct oci_pair *annotations;
	size_t n_annotations;
	struct arena arena;
};
enum { OCI_STATE_VERSION = 2 };	/* 2: hasFilter */

int oci_state_parse(const char *text, size_t len, struct oci_state *out, struct husk_error *err);
void oci_state_done(struct oci_state *state);
/* The file; free().  NULL: out of memory. */
char *oci_state_write(const struct oci_state *state);
/* What `state`, hooks and engines see: ociVersion, id, pid, status, bundle, rootfs, created,
 * annotations (left out when empty), network (only one of husk's), owner, in runc's order; indented
 * by two or on one line; no newline at the end; free(). */
char *oci_state_public(const struct oci_state *state, const char *status, bool pretty);

/* A JSON array of strings, of which the first OCI_STDIO are read: runc's descriptors.json, written
 * beside a checkpoint's images.  Memory of @arena; those that are missing are "". */
int oci_stdio_parse(const char *text, size_t len, struct arena *arena,
		    const char *out[OCI_STDIO], struct husk_error *err);
/* free(); NULL: out of memory. */
char *oci_stdio_write(const char *const stdio[OCI_STDIO]);

/* ---- writers ------------------------------------------------------------------------------ */

/* Facts about this build and kernel that features.md asks for and specs/ cannot know. */
struct oci_features_facts {
	const char *const *mount_options;	/* NULL-terminated */
	const char *libseccomp_version;		/* "2.5.4" */
	const char *const *seccomp_actions, *const *seccomp_operators, *const *seccomp_archs;
	const char *const *seccomp_known_flags, *const *seccomp_supported_flags;
	const char *const *capabilities;
	const char *const *unsafe_annotations;
	bool cgroup_v1, cgroup_v2, cgroup_systemd, cgroup_systemd_user, cgroup_rdma;
	bool apparmor, selinux, intel_rdt, intel_rdt_schemata, intel_rdt_monitoring;
	bool net_devices;
	const char *landlock_abi;		/* the newest one known, "7" */
	const char *version, *commit;
};
/* Pretty-printed features.md document; free().  NULL: out of memory. */
char *oci_features_write(const struct oci_features_facts *facts);

/* config.json of `husk spec`; free().  @uid, @gid: the host ids that a rootless one maps root to. */
char *oci_spec_write(bool rootless, uint32_t uid, uint32_t gid);

#endif /* HUSK_SPECS_H */
