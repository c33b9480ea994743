/*
 * The container's process: from "root filesystem is ready" to execve(2).
 *
 * plan.c decides; runtime/init/{process,cwd,identity,lsm,landlock}_steps.c act.  seccomp.c, caps.c,
 * landlock.c and lsm.c are helpers in the caller.  The parts are emitted in this order:
 *
 *   _first   before a namespace is entered  affinity `initial`; what needs the caller's rights
 *   _early   in the namespaces              session, oom score, memory policy, keyring, ...
 *   _ready   in the container's root        working directory, terminal, scheduler
 *   _final   after start                    label, limits, Landlock, seccomp, ids, capabilities, EXEC
 *
 * Uses: runtime/base, specs.    Used by: runtime.
 */
#ifndef HUSK_RUNTIME_PROCESS_PLAN_H
#define HUSK_RUNTIME_PROCESS_PLAN_H

#include "runtime/base/plan.h"
#include "runtime/process/landlock.h"
#include "specs/specs.h"

/*
 * `exec` into another pid namespace goes on in a child (FORK), which the container's processes see,
 * and one of theirs that has CAP_SYS_PTRACE may trace it, non-dumpable or not.  So it comes as late
 * as it can: what they could then take over is no more than they are.
 */
enum rt_fork {
	RT_FORK_NONE,
	RT_FORK_FIRST,		/* as soon as the namespace is joined */
	RT_FORK_FILTER,		/* before the filter, which would not let it happen later */
	RT_FORK_LAST,		/* after ids, capabilities and, if possible, the filter */
};

enum { RT_LANDLOCK_LAYERS = 2 };

struct rt_process_options {
	const char *id;			/* names the session keyring "_ses.ID" */
	bool exec;			/* `husk exec`: cpu affinity applies, hooks do not */
	enum rt_fork fork;		/* rt_process_fork() */
	bool userns;			/* in a user namespace other than the caller's ... */
	bool joins_userns;		/* ... which an NS_JOIN step enters, as exec always does: so
					 * _first still has the caller's rights */
	bool privileged;		/* the caller has CAP_SYS_ADMIN */
	bool new_keyring;
	bool no_apparmor;		/* not in this kernel: "unconfined" is what all is */
	uint32_t console_slave;		/* descriptor index, or PLAN_NO_FD */
	/* variables to add (LISTEN_FDS, NOTIFY_SOCKET, ...), NULL-terminated, or NULL */
	char *const *extra_env;
	/* compiled filter (rt_seccomp_compile()), or n_filter 0 */
	const void *filter;
	size_t n_filter;		/* bytes */
	unsigned filter_flags;		/* SECCOMP_FILTER_FLAG_* */
	/* The container's rules, and those of exec itself; NULL: none.  They add up. */
	const struct rt_landlock *landlock[RT_LANDLOCK_LAYERS];
	bool filter_notify;		/* a listener results and is sent to the caller ... */
	uint32_t filter_pass;		/* ... which needs this: rt_seccomp_watch(), or 0 */
};

/* Everything about the process that can be wrong in the configuration itself. */
int rt_process_check(const struct oci_process *process, const struct oci_linux *linux_,
		     struct husk_error *err);

/* When an `exec` of @process that has to fork is to do it; @opts: with the filter. */
enum rt_fork rt_process_fork(const struct oci_process *process,
			     const struct rt_process_options *opts);

/* Before NS_JOIN and CG_JOIN steps.  Where the user namespace is made by the spawning clone3() this
 * already runs inside of it: then _early and rt_process_raise_limits() do its work. */
void rt_process_emit_first(const struct oci_process *process, const struct rt_process_options *opts,
			   struct plan *p);
/* In the namespaces, before the root filesystem. */
void rt_process_emit_early(const struct oci_process *process, const struct oci_linux *linux_,
			   const struct rt_process_options *opts, struct plan *p);
/* After the switch of roots, before WAIT_START: working directory made and checked, terminal
 * made controlling and put on 0, 1, 2. */
void rt_process_emit_ready(const struct oci_process *process, const struct oci_linux *linux_,
			   const struct rt_process_options *opts, struct plan *p);
/* After start: ids, capabilities, seccomp, EXEC. */
void rt_process_emit_final(const struct oci_process *process, const struct oci_linux *linux_,
			   const struct rt_process_options *opts, struct plan *p);

/* Is a hard limit above what this process may ask for?  @first_userns: it is in the host's. */
int rt_process_check_limits(const struct oci_process *process, bool first_userns,
			    struct husk_error *err);

/*
 * Let @pid, in a user namespace made for it, reach its hard limits: raising one needs
 * CAP_SYS_RESOURCE outside.  To be called while the init waits (ASK_ID_MAPS).  What is refused here
 * is reported by the init's own PROC_LIMIT step.
 */
void rt_process_raise_limits(pid_t pid, const struct oci_process *process);

/* ---- Linux security modules (lsm.c): facts of the host ---- */

bool rt_lsm_apparmor(void);	/* enabled in this kernel */
bool rt_lsm_selinux(void);
/* Fails when the process names a profile or label and its module is not enabled here. */
int rt_lsm_check(const struct oci_process *process, struct husk_error *err);
int rt_lsm_check_mounts(const char *mount_label, struct husk_error *err);

/* ---- seccomp (seccomp.c) ---- */

/* Everything about the profile that can be wrong in the configuration itself. */
int rt_seccomp_check(const struct oci_seccomp *seccomp, struct husk_error *err);
/* SECCOMP_FILTER_FLAG_* to load it with. */
unsigned rt_seccomp_flags(const struct oci_seccomp *seccomp);
/* A rule's action is SCMP_ACT_NOTIFY: loading it yields a listener. */
bool rt_seccomp_notifies(const struct oci_seccomp *seccomp);

/*
 * Compile the filter to classic BPF (an array of struct sock_filter); free(*out).  @cache_dir_fd:
 * directory of compiled filters, or -1.  Cache entries hold the whole canonical text of what they
 * were compiled from and are used only when it is equal, so no two profiles can be confused.
 */
int rt_seccomp_compile(const struct oci_seccomp *seccomp, int cache_dir_fd, void **out,
		       size_t *n_bytes, struct husk_error *err);

/* The same with the cache below state directory @root (NULL: none); in seccomp_cache.c. */
int rt_seccomp_cached(const char *root, const struct oci_seccomp *seccomp, void **out,
		      size_t *n_bytes, struct husk_error *err);

/* A system call by this machine's own ABI. */
struct rt_call {
	int nr;			/* __NR_* */
	uint64_t args[6];
};

/* Would the kernel let @call through (ALLOW or LOG), with this compiled filter loaded? (seccomp_eval.c) */
bool rt_seccomp_allows(const void *filter, size_t n_bytes, const struct rt_call *call);

/* "SCMP_ARCH_X86_64", ...: the architectures libseccomp knows, NULL-terminated. */
const char *const *rt_seccomp_archs(void);

/* ---- watching what a program calls (seccomp_watch.c) ---- */

/*
 * The compiled *filter, or none (NULL), as one that tells a listener of every call that it lets
 * through; free(*filter).  Calls with @pass in the upper half of the flags of sendmsg(2) and
 * recvfrom(2), which the kernel does not look at, are let through untold: so husk-init can send the
 * listener.
 */
int rt_seccomp_watch(void **filter, size_t *n_bytes, uint32_t pass, struct husk_error *err);
/* SECCOMP_FILTER_FLAG_* to load such a filter with, on this kernel. */
unsigned rt_seccomp_watch_flags(void);

/* "SCMP_ARCH_X86" for an AUDIT_ARCH_* and a number by that ABI; NULL: unknown. */
const char *rt_seccomp_arch_name(uint32_t audit_arch, uint32_t nr);
/* The name of that system call; free().  NULL: libseccomp knows none. */
char *rt_seccomp_call_name(uint32_t audit_arch, uint32_t nr);
/* Of this machine's own ABI. */
const char *rt_seccomp_native(void);

#endif /* HUSK_RUNTIME_PROCESS_PLAN_H */
