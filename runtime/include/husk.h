/*
 * libhusk: run OCI bundles from any thread of any program.
 *
 * The library decides in the caller and acts in husk-init, a small sealed
 * program that it carries with it; it never forks the caller, never exits,
 * prints nothing, and changes no process-wide state (working directory, umask,
 * signal dispositions, environment).  husk_create() and husk_run() may start a
 * thread, with all signals blocked, that has ended when they return.
 *
 * Conventions.  A function that can fail returns 0 (or a value) on success and
 * a negative errno on failure; the struct husk_error behind its last parameter,
 * which must not be NULL, is filled on failure and untouched on success.
 * Outputs are written only on success.  Strings and arrays handed out are freed
 * by the function named beside them.  Every function but husk_log_set() may be
 * called from several threads at once, also on one struct husk; two calls that
 * change the same container are serialised by a lock on its state directory.
 * Unless a comment says otherwise a call blocks only for as long as the kernel
 * takes, never for the container's own program.
 *
 * Sources: OCI runtime-spec 1.3 (config.md, runtime.md, features.md).
 */
#ifndef HUSK_H
#define HUSK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HUSK_API __attribute__((visibility("default")))

#define HUSK_VERSION "0.1.0"
#define HUSK_SPEC_VERSION "1.3.0"

/* ---- errors --------------------------------------------------------------- */

enum husk_kind {
	HUSK_E_SYSTEM = 1,	/* the kernel refused; see .sys */
	HUSK_E_CONFIG,		/* config.json, or an argument, is wrong */
	HUSK_E_UNSUPPORTED,	/* valid, but not on this kernel, build or user */
	HUSK_E_NOT_FOUND,	/* no container with that ID */
	HUSK_E_EXISTS,		/* the ID is taken */
	HUSK_E_STATE,		/* not allowed in the container's current state */
};

/* Holds no pointers: it can be copied, stored and sent. */
struct husk_error {
	enum husk_kind kind;
	int sys;		/* positive errno; never 0 once set */
	int step;		/* step of the launch plan that failed, or -1 */
	char pointer[200];	/* JSON pointer into config.json that asked for it, or "" */
	char hint[256];		/* what to do about it, or "" */
	char msg[1000];		/* "outer: inner: cause", no newline */
};

/* Fill @err by hand, as the library does.  Returns -sys. */
HUSK_API int husk_error_set(struct husk_error *err, enum husk_kind kind, int sys,
			    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* ---- log ------------------------------------------------------------------ */

enum husk_log_level { HUSK_LOG_ERROR, HUSK_LOG_WARN, HUSK_LOG_INFO, HUSK_LOG_DEBUG };

/*
 * Send log records up to @level to @sink (NULL: nowhere, the default).  The one
 * process-wide setting; call it before other threads use the library.  @sink may
 * be called from any thread and must preserve nothing but its own data.
 */
HUSK_API void husk_log_set(enum husk_log_level level,
			   void (*sink)(void *data, enum husk_log_level level, const char *msg),
			   void *data);

/* ---- handle --------------------------------------------------------------- */

struct husk;

enum husk_cgroup_manager {
	HUSK_CGROUPFS,		/* write the hierarchy itself */
	HUSK_CGROUP_SYSTEMD,	/* ask systemd for a scope */
	HUSK_CGROUP_NONE,	/* stay in the caller's cgroup */
};

/* Zero means the default for every member. */
struct husk_settings {
	const char *root;	/* state directory; NULL: /run/husk, or $XDG_RUNTIME_DIR/husk */
	enum husk_cgroup_manager cgroup_manager;
	int rootless;		/* 0: find out, 1: yes, -1: no */
	/*
	 * The calling program ends with this container ("husk run"): husk_delete() is then
	 * about the very container that husk_run() made on this handle, and does nothing
	 * where somebody has removed it and made another of the same ID.
	 */
	bool one_shot;
};

/*
 * Open a handle on a state directory.  The directory is made, mode 0700, when the first container
 * is.  @settings may be NULL.  Free with husk_close().  Fails with EINVAL for a root of "/" and
 * with ENOMEM.
 */
HUSK_API int husk_open(const struct husk_settings *settings, struct husk **out,
		       struct husk_error *err);
HUSK_API void husk_close(struct husk *h);

/* ---- life cycle ----------------------------------------------------------- */

/* A process that the library started.  The caller owns the descriptors (O_CLOEXEC) and closes them;
 * -1 where there is none. */
struct husk_process {
	pid_t pid;		/* in the caller's pid namespace */
	int pidfd;		/* pidfd_open(2) */
	int console;		/* master of its terminal, when no console socket was given */
	int notify;		/* husk_run() with opts->notify_socket; see husk_notify_forward() */
	pid_t notify_pid;	/* husk_notify_forward()'s own; 0 at first */
};

/*
 * A network that husk itself makes, for those without an engine that does.  Each member may instead
 * come from an annotation of config.json: org.husk.network, .publish, .dns, .egress, with blanks or
 * commas between the items of a list; what is given here counts.  Lists end with NULL.
 *
 * .network, which replaces the network namespace that config.json asks for:
 *   "none"              only a loopback device
 *   "host"              the caller's
 *   "join=PATH|PID"     that of a namespace file or of a process
 *   "veth[,KEY=VALUE]"  a pair of devices, its host end a port of a bridge.  bridge=husk0: made when
 *                       it is missing, and removed with its last container if husk made it.
 *                       subnet=: its networks, one IPv4 and one IPv6 (10.213.0.0/16 and
 *                       fd68:7573:6b00::/64 for husk0); ip=: addresses, by default the next free ones;
 *                       gateway=, by default the bridge's address; mtu=, by default the bridge's;
 *                       name=eth0, in the container;
 *                       forward: switch on the host's net.ipv4.ip_forward and its IPv6 counterpart,
 *                       which husk else leaves alone and warns about.
 *   "macvlan,parent=DEVICE"  with ip=ADDRESS/PREFIX or subnet=, gateway=, mtu=, name=
 *   "pasta"             the program pasta, for users without privilege, with the addresses of the
 *                       host; mtu=, name=
 * .publish  "[IP:]HOSTPORT:CONTAINERPORT[/tcp|/udp]": reached on every address of the host, but for
 *           ::1, which the kernel does not route.  veth and pasta.
 * .dns      "ADDRESS", "search=DOMAIN", "option=OPTION": a resolv.conf of the container's own
 * .egress   "ADDRESS[/PREFIX][:PORT[-PORT]][/tcp|/udp]": the only destinations that the container
 *           reaches, besides its name servers (.dns, port 53), or "none".  Rules inside its network
 *           namespace from before its program starts; refused for a program with CAP_NET_ADMIN or
 *           CAP_NET_RAW, which could go round them.
 *
 * State directories do not know each other's leases: do not share a bridge between two of them.
 */
struct husk_network {
	const char *network;
	char *const *publish, *const *dns, *const *egress;
};

/* Zero means the default for every member. */
struct husk_create_options {
	const char *bundle;		/* NULL: "." */
	const char *config;		/* config.json elsewhere; NULL: the bundle's */
	const char *console_socket;	/* AF_UNIX socket that receives the terminal's master */
	const char *pidfd_socket;	/* AF_UNIX socket that receives a pidfd of the init process */
	const char *pid_file;		/* written by rename, decimal, no newline */
	const char *notify_socket;	/* sd_notify(3) socket of the service manager, or NULL */
	/* AF_UNIX socket for a seccomp listener where config.json names none, or NULL */
	const char *seccomp_receiver;
	unsigned preserve_fds;		/* keep 3 .. 3+N-1 open in the container */
	unsigned listen_fds;		/* of these, sockets announced in LISTEN_FDS, sd_listen_fds(3) */
	const char *listen_fdnames;	/* LISTEN_FDNAMES, or NULL */
	bool no_pivot;			/* MS_MOVE + chroot instead of pivot_root (initramfs) */
	bool no_new_keyring;		/* keep the session keyring */
	struct husk_network network;
	/* husk_create(), husk_run(): where the time went; NULL if nobody wants to know */
	struct husk_timeline **timeline;
	/*
	 * Landlock (landlock(7)): what the program, and whatever it starts, may do at most; words, ending
	 * with NULL.  The annotation org.husk.landlock is the same, with blanks or commas between the
	 * words ("\" in front of one that a path has); what is given here counts.
	 *
	 *   ACCESS=PATH       files at and below PATH, as they are when the program is started.  ACCESS is
	 *                     ro (read), rw (read, write, make, remove; no device nodes), exec (execute
	 *                     and read; libraries need only read_file), or any of execute, write_file,
	 *                     read_file, read_dir, remove_dir, remove_file, make_char, make_dir, make_reg,
	 *                     make_sock, make_fifo, make_block, make_sym, refer, truncate, ioctl_dev;
	 *                     "+" joins several.  "-" before PATH: it may be missing.
	 *                     With one such rule all other files are out of bounds.
	 *   tcp-bind=PORT, tcp-connect=PORT    and to no others; none: to none at all
	 *   scope=abstract-unix-socket, scope=signal    not to those outside of these rules
	 *   log=on, log=off   what is refused is written to the audit log, or not
	 *   abi=N             ask for no more than ABI N of Landlock (1 to 7) can deny
	 *   required          what this kernel cannot deny is an error: the default
	 *   preferred         it is left out, with a warning; so is a path that is not there
	 *
	 * exec into the container is under the same rules; for scope= it is outside of the container's,
	 * and the container outside of its.  As they are paths, it is refused where one of them leads
	 * through a directory that another lets the container change.  A checkpoint does not hold Landlock
	 * rules, and is refused.
	 */
	char *const *landlock;
	struct husk_trace *trace;	/* husk_run(): see husk_trace_open(); NULL: not traced */
};

/*
 * Create container @id: everything but running its program (runtime-spec "create").
 * Descriptors 0, 1 and 2 of the calling process become the container's unless it has a terminal.
 * On failure nothing is left behind.  @out may be NULL.  Blocks for prestart, createRuntime and
 * createContainer hooks, each up to its timeout.
 * Errors: EEXIST (HUSK_E_EXISTS), EINVAL (HUSK_E_CONFIG), what the kernel refused (HUSK_E_SYSTEM).
 */
HUSK_API int husk_create(struct husk *h, const char *id, const struct husk_create_options *opts,
			 struct husk_process *out, struct husk_error *err);

/*
 * Start the program of container @id.  Returns after its execve(2) has succeeded, or with the
 * reason why it did not.  Blocks for startContainer and poststart hooks.
 */
HUSK_API int husk_start(struct husk *h, const char *id, struct husk_error *err);

/*
 * Create and start in one go; cheaper than husk_create() + husk_start().  The caller waits on
 * out->pidfd (waitid(2) P_PIDFD: the process is a child) and then calls husk_delete().  With @out
 * NULL nobody would serve a terminal: then one needs opts->console_socket.
 */
HUSK_API int husk_run(struct husk *h, const char *id, const struct husk_create_options *opts,
		      struct husk_process *out, struct husk_error *err);

enum husk_who { HUSK_WHO_CALLER, HUSK_WHO_INIT };	/* the library; husk-init */

/* What one of the two did, one thing after the other. */
struct husk_span {
	enum husk_who who;
	int step;		/* of the launch plan: husk_plan()'s + 1, for 0 is the noting; or -1 */
	const char *op;		/* the step's name, or "" */
	const char *what;	/* in plain words */
	const char *pointer;	/* JSON pointer into config.json that asked for it, or "" */
	/* false: not begun, or the container's seccomp filter does not let husk-init ask for the time;
	 * then both are the end of what could be timed */
	bool timed;
	uint64_t begin_ns, end_ns;	/* since the call began */
};

/*
 * Where the time of a husk_create() or husk_run() went that succeeded and had opts->timeline, as
 * spans in the order of their begins; of those of one .who each ends where its next begins.  NULL
 * when there was no memory for it.  Free with husk_timeline_free().
 */
struct husk_timeline {
	uint64_t total_ns;
	struct husk_span *spans;
	size_t n;
	char *json;		/* all of it, as `husk trace --time --json` prints it */
};
HUSK_API void husk_timeline_free(struct husk_timeline *timeline);

/*
 * What a program uses of the kernel, for a configuration that allows no more.  Give it to one
 * husk_run() as opts->trace; a thread of this process then answers each system call of the program,
 * its children and threads, so keep it open until the container has ended, or they fail with ENOSYS.
 * The program runs slower.  What it cannot see: that each call is held up, so that one in a thousand
 * may fail with EINTR where a signal handler without SA_RESTART runs; and that a seccomp listener of
 * its own is refused (EBUSY).  Not traced are processes of husk_exec().
 *
 * _merge: count what an earlier result, or any config.json or seccomp profile that denies by default,
 * allows.
 */
struct husk_trace;
HUSK_API int husk_trace_open(struct husk_trace **out, struct husk_error *err);
HUSK_API int husk_trace_merge(struct husk_trace *t, const char *json, struct husk_error *err);
HUSK_API void husk_trace_close(struct husk_trace *t);

enum husk_trace_part {
	HUSK_TRACE_FRAGMENT,	/* linux.seccomp and process.capabilities, of a config.json */
	HUSK_TRACE_SECCOMP,	/* the value of linux.seccomp */
	HUSK_TRACE_CONFIG,	/* the whole config.json, with both */
};

/*
 * When the container has been deleted: what it used, as JSON; free(*out).  Never more than its
 * configuration allowed.  Where the kernel does not tell the capabilities (before Linux 6.14, without
 * CAP_BPF and CAP_PERFMON) they stay as they are, with a warning.
 */
HUSK_API int husk_trace_result(struct husk_trace *t, enum husk_trace_part part, char **out,
			       struct husk_error *err);

/*
 * The program's messages to the service manager, sd_notify(3): with opts->notify_socket, husk_start()
 * and husk_run() without @out pass them on until READY=1, for which they block.  husk_run() with @out
 * leaves it to its caller: when out->notify is readable (poll(2) POLLIN), and once more when the
 * process has ended, this function passes on what waits there to @notify_socket, which is the same as
 * in opts.  A manager that does not read holds it up for at most 5 s per message, with a warning.
 */
HUSK_API int husk_notify_forward(struct husk_process *process, const char *notify_socket,
				 struct husk_error *err);

/* Additional process in container @id.  NULL and zero members mean: as config.json's process. */
struct husk_exec_options {
	const char *process_json;	/* file with an OCI "process" object; the rest is ignored */
	char *const *args;		/* NULL-terminated argv */
	const char *cwd;
	char *const *env;		/* added to, and overriding, the container's; NULL-terminated */
	const char *user;		/* "UID[:GID]" */
	const char *additional_gids;	/* "GID,GID..." */
	char *const *caps;		/* names added to all sets; NULL-terminated */
	bool only_caps;			/* caps replace the container's instead */
	bool tty;
	bool no_new_privs;
	bool ignore_paused;
	const char *process_label;	/* SELinux label */
	const char *apparmor;		/* AppArmor profile */
	char *const *landlock;		/* rules beside the container's, as in struct husk_create_options */
	const char *cgroup;		/* sub-cgroup of the container's, "[CONTROLLERS:]PATH" */
	const char *console_socket;
	const char *pidfd_socket;
	const char *seccomp_receiver;	/* as in struct husk_create_options */
	const char *pid_file;		/* written only when the program is running */
	unsigned preserve_fds;
};

/* Run a process in container @id; returns when its execve(2) has succeeded.  The process is a
 * child of the caller: wait on out->pidfd.  @out NULL: as for husk_run(). */
HUSK_API int husk_exec(struct husk *h, const char *id, const struct husk_exec_options *opts,
		       struct husk_process *out, struct husk_error *err);

enum { HUSK_KILL_ALL = 1 };	/* every process of the container, not only its init */

HUSK_API int husk_kill(struct husk *h, const char *id, int sig, unsigned flags,
		       struct husk_error *err);

/*
 * The number of a signal: "TERM", "SIGTERM", "15", "RTMIN+3", "SIGRTMAX-1", in any case; 0 for "0".
 * Real-time signals are counted from 34, as glibc, systemd and Go count.  -1: no signal.
 * Does not block; thread-safe.  Source: signal(7).
 */
HUSK_API int husk_signal_number(const char *text);

/* Signal named by the annotation org.opencontainers.image.stopSignal, or SIGTERM. */
HUSK_API int husk_stop_signal(struct husk *h, const char *id, int *sig, struct husk_error *err);

/*
 * Stop container @id: thaw it if it is paused, send @sig (0: that of husk_stop_signal()) to its
 * init, and when this has not ended after @timeout_ms (0: at once and unasked; -1: never) kill every
 * process.  Returns when they have ended; that they had before is success.  Blocks up to @timeout_ms
 * and 10 s.
 */
HUSK_API int husk_stop(struct husk *h, const char *id, int sig, int timeout_ms,
		       struct husk_error *err);

/*
 * Wait until the init of container @id has ended, and tell how, in *status as wait(2) does.  The
 * caller need not be its parent, and it is not collected.  Blocks up to @timeout_ms (-1: without
 * limit; 0: only looks).  Errors, all HUSK_E_STATE: ETIMEDOUT; ENODATA when it had ended before and
 * nobody knows how: its parent had collected it, and husk was not there to see it (it is when it
 * waits, stops, or runs the container).
 */
HUSK_API int husk_wait(struct husk *h, const char *id, int timeout_ms, int *status,
		       struct husk_error *err);

/*
 * The same for event loops.  _open: a descriptor (O_CLOEXEC, closed by the caller) that poll(2)
 * calls readable when the init has ended; ESRCH when it is gone already.  _read: how it ended;
 * ETIMEDOUT when it has not, or when it is a zombie that the caller may not look into: then poll
 * for POLLHUP and read again.
 */
HUSK_API int husk_wait_open(struct husk *h, const char *id, int *pidfd, struct husk_error *err);
HUSK_API int husk_wait_read(struct husk *h, const char *id, int pidfd, int *status,
			    struct husk_error *err);

/* HUSK_DELETE_FORCE: kill it first, and a container that does not exist is no error. */
enum { HUSK_DELETE_FORCE = 1 };

/* Undo husk_create(): cgroup, state directory.  Runs poststop hooks, whose failure is only
 * logged.  May block up to 10 s for killed processes to go.  See also struct husk_settings, one_shot. */
HUSK_API int husk_delete(struct husk *h, const char *id, unsigned flags, struct husk_error *err);

HUSK_API int husk_pause(struct husk *h, const char *id, struct husk_error *err);
HUSK_API int husk_resume(struct husk *h, const char *id, struct husk_error *err);

/*
 * Mount in container @id, created, running or paused, what file @mounts lists: a JSON array of OCI
 * mounts, as config.json's.  Relative sources start at the bundle.  All or none: if one cannot be made
 * the others are unmounted again; directories made for them stay.  Remounts and cgroup mounts are
 * refused, and a container without a mount namespace of its own (HUSK_E_UNSUPPORTED).
 */
HUSK_API int husk_mounts_add(struct husk *h, const char *id, const char *mounts,
			     struct husk_error *err);
/* Unmount (MNT_DETACH) what is mounted on the destinations that file @mounts lists, the last one
 * first; nothing when one of them is not a mountpoint.  Never "/", /proc or what is below that. */
HUSK_API int husk_mounts_remove(struct husk *h, const char *id, const char *mounts,
				struct husk_error *err);

/* Host pids of every process in the container; free(*out). */
HUSK_API int husk_pids(struct husk *h, const char *id, pid_t **out, size_t *n_out,
		       struct husk_error *err);

/* ---- checkpoint and restore ------------------------------------------------- */

enum husk_criu_cgroups {
	HUSK_CRIU_CGROUPS_SOFT,		/* the properties of cgroups that criu has to make */
	HUSK_CRIU_CGROUPS_FULL,		/* of all of them */
	HUSK_CRIU_CGROUPS_STRICT,	/* they must not be there yet */
	HUSK_CRIU_CGROUPS_IGNORE,	/* leave cgroups alone */
};

/* How criu keeps packets away meanwhile; 0 is its own default. */
enum husk_criu_network_lock {
	HUSK_CRIU_LOCK_IPTABLES = 1, HUSK_CRIU_LOCK_NFTABLES = 2, HUSK_CRIU_LOCK_SKIP = 3,
};

/* For both directions; zero means the default for every member. */
struct husk_criu_options {
	const char *image_path;		/* directory of the images; NULL: "checkpoint" */
	const char *work_path;		/* of criu's log and statistics; NULL: the same */
	const char *criu;		/* the program; NULL: in the system's directories, not $PATH */
	/* criu's configuration; "": none; NULL: /etc/criu/crun.conf, else /etc/criu/runc.conf.  The
	 * annotation org.criu.config has precedence.  What is in it overrides these options. */
	const char *config_file;
	bool tcp_established;		/* allow established TCP connections */
	bool ext_unix_sk;		/* allow unix sockets whose other end is outside */
	bool shell_job;			/* allow a terminal that is the caller's */
	bool file_locks;
	bool auto_dedup;
	bool lazy_pages;		/* memory is fetched later, from a page server */
	bool link_remap;		/* keep unlinked files by linking them again */
	bool empty_network;		/* no contents of the network namespace */
	enum husk_criu_cgroups cgroups;
	enum husk_criu_network_lock network_lock;
	/* When poll(2) calls this one readable (an eventfd, a signalfd) criu is killed and the call
	 * fails with ECANCELED; 0: none. */
	int cancel_fd;

	/* checkpoint only */
	bool leave_running;		/* else the container is deleted afterwards */
	bool pre_dump;			/* only memory, and leave it running; more dumps follow */
	bool tcp_skip_in_flight;	/* leave out connections that are not accepted yet */
	const char *parent_path;	/* images of the pre-dump before, relative to image_path */
	const char *page_server_address;	/* send memory there instead; needs the port */
	unsigned page_server_port;
	int status_fd;			/* lazy_pages: a NUL is written when they can be fetched; 0: none */

	/* restore only */
	bool tcp_close;			/* connections are restored closed */
	const char *lsm_profile;	/* "selinux:LABEL", "apparmor:PROFILE" instead of the saved one */
	const char *lsm_mount_context;	/* SELinux context of mounts instead of the saved one */
};

/*
 * Write the processes of container @id, running or paused, to files (criu(8)), and delete the
 * container unless opts->leave_running or opts->pre_dump.  The image directory is made; mounts that
 * the configuration binds, masked files, and network and pid namespaces joined by path are not in the
 * images.  Blocks as long as criu takes, without a limit: see opts->cancel_fd.  Only for root of the
 * host.
 * On failure the container goes on, as it was.  The message has criu's own last errors, and the hint
 * the name of its log.
 * Errors: HUSK_E_STATE, HUSK_E_CONFIG, HUSK_E_UNSUPPORTED (no privilege, no criu, or one too old),
 * HUSK_E_SYSTEM (criu failed).
 */
HUSK_API int husk_checkpoint(struct husk *h, const char *id, const struct husk_criu_options *opts,
			     struct husk_error *err);

/*
 * Make container @id, which need not have the name it had, from a bundle and the images of a
 * checkpoint; it runs when this returns.  What is of processes comes from the images; of @create's
 * bundle count root, mounts, namespaces joined by path, cgroup and limits, hooks and annotations;
 * no_pivot, no_new_keyring, preserve_fds and listen_fds have no meaning.  Pipes that were 0, 1 or 2
 * become the caller's 0, 1 and 2.  prestart and createRuntime hooks run when the namespaces are there,
 * poststart hooks at the end.  @out and terminals as for husk_run(): the process is a child of the
 * caller.  On failure nothing is left behind.  Blocks and fails as husk_checkpoint() does.
 */
HUSK_API int husk_restore(struct husk *h, const char *id, const struct husk_create_options *create,
			  const struct husk_criu_options *opts, struct husk_process *out,
			  struct husk_error *err);

/* ---- state ---------------------------------------------------------------- */

/* runtime.md "State", and what engines expect beside it.  Free with husk_state_free(). */
struct husk_state {
	char *id;
	const char *status;	/* creating, created, running, paused, stopped */
	pid_t pid;		/* 0 when stopped */
	char *bundle;
	char *rootfs;
	char *created;		/* RFC 3339 with nanoseconds */
	char *owner;		/* user name of the creator, or "" */
	char *json;		/* the whole as `husk state` prints it */
};

HUSK_API int husk_state(struct husk *h, const char *id, struct husk_state **out,
			struct husk_error *err);
HUSK_API void husk_state_free(struct husk_state *state);

/* All containers, sorted by ID; free with husk_list_free().  One whose state cannot be read is
 * left out with a warning. */
HUSK_API int husk_list(struct husk *h, struct husk_state ***out, size_t *n_out,
		       struct husk_error *err);
HUSK_API void husk_list_free(struct husk_state **list, size_t n);

/* ---- resources, statistics, events ---------------------------------------------- */

/* NULL means: leave as it is. */
struct husk_update_options {
	const char *resources;		/* JSON text: an OCI "linux.resources" object */
	const char *l3_cache_schema;	/* linux.intelRdt.l3CacheSchema */
	const char *mem_bw_schema;	/* linux.intelRdt.memBwSchema */
};

/*
 * Change the limits of container @id, which is created, running or paused.  Members that are absent,
 * or 0 where config-linux.md has no use for it, stay as they are.  All or nothing: if one cannot be
 * set, those already set are put back.  The values are kept in the container's saved configuration.
 * Errors: HUSK_E_CONFIG (the document is wrong), HUSK_E_UNSUPPORTED, HUSK_E_STATE, HUSK_E_SYSTEM; the
 * pointer is into config.json for what cannot be set, into the document for what is wrong in that.
 */
HUSK_API int husk_update(struct husk *h, const char *id, const struct husk_update_options *opts,
			 struct husk_error *err);

/* How much of the last 10 s some of the processes, or all, stalled for want of something, in
 * hundredths of a per cent.  Only cgroup v2 knows. */
struct husk_pressure {
	bool known;
	unsigned some, full;
};

/* What the kernel counted.  What it does not count here is 0; a limit of UINT64_MAX is none. */
struct husk_stats {
	uint64_t cpu_ns, cpu_user_ns, cpu_kernel_ns;
	uint64_t cpu_periods, cpu_throttled_periods, cpu_throttled_ns;
	uint64_t memory, memory_limit, memory_peak, memory_failures;
	uint64_t swap, swap_limit;	/* memory and swap together, on cgroup v2 too */
	uint64_t pids, pids_limit;
	uint64_t io_read_bytes, io_write_bytes;
	uint64_t net_received_bytes, net_sent_bytes;	/* but for a network shared with the caller */
	struct husk_pressure cpu_pressure, memory_pressure, io_pressure;
	char *json;	/* all of it, one line, as `husk events --stats` prints it */
};

/* Free with husk_stats_free().  HUSK_E_STATE when the container does not run. */
HUSK_API int husk_stats(struct husk *h, const char *id, struct husk_stats **out,
			struct husk_error *err);
HUSK_API void husk_stats_free(struct husk_stats *stats);

enum husk_event_kind {
	HUSK_EVENT_STATS = 1,	/* the interval has passed: .stats */
	HUSK_EVENT_OOM,		/* the OOM killer struck in it: .count times */
	HUSK_EVENT_END,		/* its init has ended; from now on there is nothing else: .status */
	/* only with .all; .count times */
	HUSK_EVENT_MEMORY_HIGH,	/* above memory.high: slowed down; cgroup v2 */
	HUSK_EVENT_MEMORY_MAX,	/* it met its memory limit; what could be freed was */
	HUSK_EVENT_PIDS_MAX,	/* a process was refused by its pids limit */
	HUSK_EVENT_PRESSURE,	/* processes stalled for want of .resource */
};

struct husk_event {
	enum husk_event_kind kind;
	struct husk_stats *stats;
	unsigned long count;
	const char *resource;	/* "cpu", "memory" or "io"; static */
	int status;		/* as wait(2) tells it; -1: husk_wait() would not know either */
};

/* Zero means the default for every member. */
struct husk_events_options {
	unsigned interval_ms;	/* between statistics; 0: none of them */
	bool all;		/* every kind of event, not only the first three */
	/* Pressure is: some process stalled for stall_us within window_us, microseconds.  Default
	 * 200,000 within 2,000,000; without CAP_SYS_RESOURCE only multiples of 2 s are windows. */
	unsigned stall_us, window_us;
};

/*
 * What happens to one container, for an event loop: wait for POLLIN of husk_events_fd(), then call
 * husk_events_next() until it returns 0.
 *
 * husk_events_open(): @opts may be NULL; HUSK_E_STATE when the container does not run.  What its
 * cgroups do not tell is not told: OOM where its memory is not counted, pressure without cgroup v2
 * (on v1 there is the memory's) or where the kernel leaves it to privileged users (a warning).
 * husk_events_next() returns 1 with *out filled (free with husk_event_done()), 0 if nothing has
 * happened, or a negative errno; it never blocks.  Not for several threads at once.
 */
struct husk_events;
HUSK_API int husk_events_open(struct husk *h, const char *id,
			      const struct husk_events_options *opts, struct husk_events **out,
			      struct husk_error *err);
HUSK_API int husk_events_fd(const struct husk_events *events);
HUSK_API int husk_events_next(struct husk_events *events, struct husk_event *out,
			      struct husk_error *err);
HUSK_API void husk_event_done(struct husk_event *event);
HUSK_API void husk_events_close(struct husk_events *events);

/* ---- configuration -------------------------------------------------------- */

/* The launch plan of a bundle, decoded, as text or as JSON, without running it; free(*out).
 * Needs no privilege and changes nothing. */
HUSK_API int husk_plan(struct husk *h, const struct husk_create_options *opts, bool as_json,
		       char **out, struct husk_error *err);

struct husk_problem {
	char *pointer;		/* JSON pointer, "" for the whole document */
	char *message;
};

/*
 * Everything that is wrong with a config.json.  Returns 0 with *n_out == 0 for a good one; fails
 * only when it cannot be read at all.  Free with husk_problems_free().
 */
HUSK_API int husk_validate(const char *bundle, const char *config, struct husk_problem **out,
			   size_t *n_out, struct husk_error *err);
HUSK_API void husk_problems_free(struct husk_problem *problems, size_t n);

/* A config.json to begin with, with a seccomp profile; free(*out). */
HUSK_API int husk_spec(bool rootless, char **out, struct husk_error *err);

/* runtime-spec features.md; free(*out).  Works without a state directory. */
HUSK_API int husk_features(char **out, struct husk_error *err);

/* ---- what this host lets this user do --------------------------------------- */

enum husk_verdict {
	HUSK_WORKS = 1,
	HUSK_LIMITED,		/* with what .what says */
	HUSK_FAILS,
	HUSK_UNTRIED,		/* something else was in the way */
};

/* What a finding is for. */
enum husk_need {
	HUSK_NEEDED = 1,	/* for every container */
	HUSK_FOR_MORE,		/* for what a configuration can ask for */
	HUSK_OPTIONAL,		/* beside containers */
};

struct husk_finding {
	const char *name;	/* "user namespace" */
	enum husk_need need;
	enum husk_verdict verdict;
	int sys;		/* positive errno of a refusal, or 0 */
	const char *what;	/* what was seen, in plain words */
	const char *use;	/* what it is for */
	const char *fix;	/* the least that would have to be changed, or NULL */
};

/*
 * .works: the default sandbox does: mount, pid, ipc, uts, network and cgroup namespaces (for a caller
 * without CAP_SYS_ADMIN in a user namespace of their own), a root file system, /proc, /dev and a
 * seccomp filter; for a caller that is not rootless a cgroup, too.
 */
struct husk_diagnosis {
	bool works;
	struct husk_finding *findings;	/* by need */
	size_t n;
	char *json;		/* all of it, as `husk doctor --json` prints it */
};

/*
 * Try what containers need, on this host as this user.  What can be tried is, in a child process and
 * in its own namespaces; nothing is changed and nothing stays.  Blocks for the children, some 50 ms
 * (newuidmap, which may ask a directory server, and `criu check` among them).  Fails only for lack of
 * memory.  Free with husk_diagnosis_free().
 */
HUSK_API int husk_doctor(struct husk *h, struct husk_diagnosis **out, struct husk_error *err);
HUSK_API void husk_diagnosis_free(struct husk_diagnosis *diagnosis);

#ifdef __cplusplus
}
#endif

#endif /* HUSK_H */
