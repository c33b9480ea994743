/*
 * The container's process as steps of the launch plan.
 *
 * The order is the point of this file.  What needs privilege comes before it is given away; what
 * would hinder the init (limits, umask, filter) comes late; what hooks must not inherit comes after
 * them.
 *
 * Uses: runtime/base, specs.    Used by: runtime.
 */
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "runtime/base/util.h"
#include "runtime/process/internal.h"
#include "runtime/process/process.h"

#define POLICY_DEADLINE 6	/* SCHED_DEADLINE: newer than Debian 12's headers */

/* struct sched_attr of sched_setattr(2), SCHED_ATTR_SIZE_VER1. */
struct sched_arg {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};
_Static_assert(sizeof(struct sched_arg) == 56, "layout of struct sched_attr");

/* Permissions that runc adds to a new session keyring: search, for the user; inside a user
 * namespace, whose ids differ from the keyring's owner, for others. */
enum { KEY_USR_SEARCH = 0x00080000, KEY_OTH_SEARCH = 0x00000008 };

/* Room for the home directory found in /etc/passwd, "HOME=" and the end included. */
enum { HOME_SIZE = 512 };

static void emit_affinity(const char *list, const char *source, struct plan *p)
{
	unsigned long mask[RT_MAX_CPUS / CHAR_BIT / sizeof(unsigned long)];
	int len = list ? rt_bit_list(list, mask, RT_MAX_CPUS) : 0;

	if (len > 0)
		PLAN_EMIT(p, OP_PROC_AFFINITY, source, plan_str(p, list),
			  plan_bytes(p, mask, (size_t)len));
}

/* Is _first still outside of the container's user namespace? */
static bool starts_outside(const struct rt_process_options *opts)
{
	return !opts->userns || opts->joins_userns || opts->exec;
}

static void emit_oom_score(const struct oci_process *process, struct plan *p)
{
	PLAN_EMIT(p, OP_PROC_OOM_SCORE, "/process/oomScoreAdj",
		  (uint64_t)(int64_t)process->oom_score_adj);
}

void rt_process_emit_first(const struct oci_process *process, const struct rt_process_options *opts,
			   struct plan *p)
{
	if (opts->exec)
		emit_affinity(process->cpu_affinity_initial, "/process/execCPUAffinity/initial", p);
	if (!starts_outside(opts))
		return;
	if (process->has_oom_score_adj)
		emit_oom_score(process, p);
	if (!opts->userns)
		return;
	/* Once in the user namespace nobody can raise a hard limit. */
	for (size_t i = 0; i < process->n_rlimits; i++) {
		const struct oci_rlimit *r = &process->rlimits[i];

		PLAN_EMIT(p, OP_PROC_LIMIT_RAISE, "/process/rlimits", plan_str(p, r->name),
			  (uint64_t)r->resource, r->hard);
	}
}

static void emit_memory_policy(const struct oci_memory_policy *m, struct plan *p)
{
	unsigned long mask[RT_MAX_NODES / CHAR_BIT / sizeof(unsigned long)];
	int len = m->nodes ? rt_bit_list(m->nodes, mask, RT_MAX_NODES) : 0;

	PLAN_EMIT(p, OP_PROC_MEM_POLICY, "/linux/memoryPolicy", (uint64_t)m->mode, m->flags,
		  plan_str(p, m->nodes), len > 0 ? plan_bytes(p, mask, (size_t)len) : 0);
}

static void emit_keyring(const struct oci_process *process, const struct rt_process_options *opts,
			 struct plan *p)
{
	char name[300];
	uint64_t perm = opts->userns ? KEY_OTH_SEARCH : KEY_USR_SEARCH;

	(void)snprintf(name, sizeof(name), "_ses.%s", opts->id);
	/* exec joins the keyring that the container has made, and leaves it as it is. */
	PLAN_EMIT(p, OP_PROC_KEYRING, NULL, plan_str(p, name), opts->exec ? 0 : perm,
		  plan_str(p, process->selinux_label));
}

void rt_process_emit_early(const struct oci_process *process, const struct oci_linux *linux_,
			   const struct rt_process_options *opts, struct plan *p)
{
	PLAN_EMIT(p, OP_PROC_SESSION, NULL);
	if (process->has_oom_score_adj && !starts_outside(opts))
		emit_oom_score(process, p);
	if (process->io_priority)
		PLAN_EMIT(p, OP_PROC_IO_PRIORITY, "/process/ioPriority",
			  (uint64_t)process->io_priority->io_class,
			  (uint64_t)process->io_priority->priority);
	if (linux_ && linux_->memory_policy)
		emit_memory_policy(linux_->memory_policy, p);
	if (opts->new_keyring)
		emit_keyring(process, opts, p);
	if (linux_ && linux_->has_personality)
		PLAN_EMIT(p, OP_PROC_PERSONALITY, "/linux/personality", linux_->personality);
}

static bool is_root(const struct oci_user *user)
{
	return user->uid == 0 && user->gid == 0;
}

static void emit_scheduler(const struct oci_scheduler *s, struct plan *p)
{
	struct sched_arg arg = {
		.size = sizeof(arg),
		.policy = s->policy,
		.flags = s->flags,
		.nice = s->nice,
		.priority = (uint32_t)s->priority,
		.runtime = s->runtime,
		.deadline = s->deadline,
		.period = s->period,
	};

	PLAN_EMIT(p, OP_PROC_SCHEDULER, "/process/scheduler", s->policy, (uint64_t)(int64_t)s->nice,
		  (uint64_t)(int64_t)s->priority, plan_bytes(p, &arg, sizeof(arg)));
}

/* A task with a deadline cannot fork, so it gets one only after the hooks. */
static bool schedule_late(const struct oci_process *process)
{
	return process->scheduler && process->scheduler->policy == POLICY_DEADLINE;
}

/*
 * Engines expect a program that is not there from create, not from start, as of runc and crun.
 * EXEC has the last word; a name that only the user can look up, from a working directory that
 * PROC_CWD_AGAIN enters, is left to it.
 */
static void emit_program(const struct oci_process *process, struct plan *p)
{
	const char *name = process->args[0];
	bool relative = name[0] != '/' && strchr(name, '/');
	bool is_there = is_root(&process->user) || strcmp(process->cwd, "/") == 0;

	if (!relative || is_there)
		PLAN_EMIT(p, OP_PROC_PROGRAM, "/process/args", plan_str(p, name), is_there);
}

static bool has_terminal(const struct oci_process *process, const struct rt_process_options *opts)
{
	return process->terminal && opts->console_slave != PLAN_NO_FD;
}

static bool forks_late(const struct rt_process_options *opts)
{
	return opts->fork == RT_FORK_FILTER || opts->fork == RT_FORK_LAST;
}

void rt_process_emit_ready(const struct oci_process *process, const struct oci_linux *linux_,
			   const struct rt_process_options *opts, struct plan *p)
{
	(void)linux_;
	/* exec changes nothing in the container, as in runc and crun. */
	PLAN_EMIT(p, OP_PROC_CWD, "/process/cwd", plan_str(p, process->cwd), !opts->exec,
		  !is_root(&process->user));
	if (has_terminal(process, opts)) {
		PLAN_EMIT(p, OP_PROC_TERMINAL, "/process/terminal", opts->console_slave,
			  process->user.uid);
		if (!forks_late(opts))
			PLAN_EMIT(p, OP_PROC_CTTY, "/process/terminal");
	} else {
		PLAN_EMIT(p, OP_PROC_STDIO, "/process/user/uid", process->user.uid);
	}
	if (process->scheduler && !schedule_late(process))
		emit_scheduler(process->scheduler, p);
	if (!opts->exec)
		emit_program(process, p);
}

static void emit_labels(const struct oci_process *process, const struct rt_process_options *opts,
			struct plan *p)
{
	/* Without AppArmor there is no other profile than "unconfined": rt_lsm_check(). */
	if (process->apparmor_profile && *process->apparmor_profile && !opts->no_apparmor)
		PLAN_EMIT(p, OP_PROC_APPARMOR, "/process/apparmorProfile",
			  plan_str(p, process->apparmor_profile), process->no_new_privileges);
	if (process->selinux_label && *process->selinux_label)
		PLAN_EMIT(p, OP_PROC_SELINUX, "/process/selinuxLabel",
			  plan_str(p, process->selinux_label));
}

/* Until a late FORK the process counts twice against its user's RLIMIT_NPROC: then only the hard
 * limit counts. */
static bool waits_for_fork(const struct oci_rlimit *r, const struct rt_process_options *opts)
{
	return r->resource == RLIMIT_NPROC && forks_late(opts);
}

static void emit_limit(const struct oci_rlimit *r, uint64_t soft, struct plan *p)
{
	PLAN_EMIT(p, OP_PROC_LIMIT, "/process/rlimits", plan_str(p, r->name),
		  (uint64_t)r->resource, soft, r->hard);
}

static void emit_limits(const struct oci_process *process, const struct rt_process_options *opts,
			struct plan *p)
{
	for (size_t i = 0; i < process->n_rlimits; i++) {
		const struct oci_rlimit *r = &process->rlimits[i];

		emit_limit(r, waits_for_fork(r, opts) ? r->hard : r->soft, p);
	}
	/* The runtime-spec would leave an absent umask alone.  Ours is 0, which no program expects;
	 * runc and crun give 022. */
	PLAN_EMIT(p, OP_PROC_UMASK, "/process/user/umask",
		  process->user.has_umask ? process->user.umask : 022);
}

static void emit_seccomp(const struct rt_process_options *opts, struct plan *p)
{
	uint32_t listener = opts->filter_notify ? plan_slot(p) : PLAN_NO_FD;

	if (opts->n_filter == 0)
		return;
	PLAN_EMIT(p, OP_PROC_SECCOMP, "/linux/seccomp",
		  plan_bytes(p, opts->filter, opts->n_filter), opts->filter_flags, listener);
	if (opts->filter_notify)
		PLAN_EMIT(p, OP_SEND_SECCOMP_FD, opts->filter_pass ? NULL : "/linux/seccomp/listenerPath",
			  listener, opts->filter_pass);
}

/* Of the steps of emit_fork(): what they call once the filter is loaded, or 0 calls. */
static const struct rt_call fork_calls[] = {
	{ __NR_clone, { CLONE_PARENT | CLONE_PIDFD, 0, 1, 0, 0, 0 } },
	{ __NR_sendmsg, { 0 } },
	{ __NR_exit_group, { 0 } },
	{ __NR_prctl, { PR_SET_DUMPABLE, 0, 0, 0, 0, 0 } },
	{ __NR_recvfrom, { 0 } },
	{ __NR_setsid, { 0 } },
	{ __NR_ioctl, { 0, TIOCSCTTY, 0, 0, 0, 0 } },
	{ __NR_prlimit64, { 0, RLIMIT_NPROC, 1, 0, 0, 0 } },
};

enum rt_fork rt_process_fork(const struct oci_process *process,
			     const struct rt_process_options *opts)
{
	/* sched(7): a policy can be one that a child does not have, or that may have none. */
	if (process->scheduler)
		return RT_FORK_FIRST;
	if (process->no_new_privileges || opts->n_filter == 0)
		return RT_FORK_LAST;
	/* The listener's receiver is told the pid. */
	if (opts->filter_notify)
		return RT_FORK_FILTER;
	for (size_t i = 0; i < ARRAY_SIZE(fork_calls); i++) {
		if (!rt_seccomp_allows(opts->filter, opts->n_filter, &fork_calls[i]))
			return RT_FORK_FILTER;
	}
	return RT_FORK_LAST;
}

/* The child is in no session of its own, and no controlling terminal comes with a fork. */
static void emit_fork(const struct oci_process *process, const struct rt_process_options *opts,
		      struct plan *p)
{
	PLAN_EMIT(p, OP_FORK, NULL, 1);
	PLAN_EMIT(p, OP_PROC_SESSION, NULL);
	if (has_terminal(process, opts))
		PLAN_EMIT(p, OP_PROC_CTTY, "/process/terminal");
	for (size_t i = 0; i < process->n_rlimits; i++) {
		if (waits_for_fork(&process->rlimits[i], opts))
			emit_limit(&process->rlimits[i], process->rlimits[i].soft, p);
	}
}

static void emit_ids(const struct oci_user *user, bool keep_groups, struct plan *p)
{
	size_t len = user->n_additional_gids * sizeof(*user->additional_gids);

	if (keep_groups)
		PLAN_EMIT(p, OP_PROC_IDS_ONLY, "/process/user", user->uid, user->gid);
	else
		PLAN_EMIT(p, OP_PROC_IDS, "/process/user", user->uid, user->gid,
			  len ? plan_bytes(p, user->additional_gids, len) : 0);
}

/* Rules are read while files can be opened: RLIMIT_NOFILE may leave no descriptor. */
static void emit_landlock(const struct rt_process_options *opts, struct plan *p,
			  uint32_t slot[RT_LANDLOCK_LAYERS])
{
	for (size_t i = 0; i < RT_LANDLOCK_LAYERS; i++) {
		if (opts->landlock[i])
			slot[i] = rt_landlock_emit(opts->landlock[i], opts->exec, p);
	}
}

/* Needs no_new_privs or CAP_SYS_ADMIN.  A FORK closes the rulesets, and a filter need not allow the
 * call. */
static void emit_landlock_self(const struct rt_process_options *opts,
			       const uint32_t slot[RT_LANDLOCK_LAYERS], struct plan *p)
{
	for (size_t i = 0; i < RT_LANDLOCK_LAYERS; i++) {
		const struct rt_landlock *ll = opts->landlock[i];

		if (ll)
			PLAN_EMIT(p, OP_PROC_LANDLOCK_SELF,
				  ll->source[0] == '/' ? ll->source : NULL, slot[i], ll->flags);
	}
}

static void emit_privileges(const struct oci_process *process, const struct oci_linux *linux_,
			    const struct rt_process_options *opts,
			    const uint32_t landlock[RT_LANDLOCK_LAYERS], struct plan *p)
{
	static const struct oci_caps none;	/* absent means none, as in runc */
	const struct oci_caps *caps = process->capabilities ? process->capabilities : &none;
	const struct oci_user *user = &process->user;

	if (process->no_new_privileges)
		PLAN_EMIT(p, OP_PROC_NO_NEW_PRIVS, "/process/noNewPrivileges");
	emit_landlock_self(opts, landlock, p);
	if (opts->fork == RT_FORK_FILTER)
		emit_fork(process, opts, p);
	if (!process->no_new_privileges)
		emit_seccomp(opts, p);	/* needs CAP_SYS_ADMIN */
	PLAN_EMIT(p, OP_PROC_BOUNDING, "/process/capabilities/bounding", caps->bounding);
	emit_ids(user, linux_ && linux_->keep_groups, p);
	if (!is_root(user) && strcmp(process->cwd, "/") != 0)
		PLAN_EMIT(p, OP_PROC_CWD_AGAIN, "/process/cwd", plan_str(p, process->cwd));
	PLAN_EMIT(p, OP_PROC_CAPS, "/process/capabilities", caps->effective, caps->permitted,
		  caps->inheritable, caps->ambient);
	if (opts->fork == RT_FORK_LAST)
		emit_fork(process, opts, p);
	/* The later the filter, the fewer calls of the init it must allow. */
	if (process->no_new_privileges)
		emit_seccomp(opts, p);
}

void rt_process_emit_final(const struct oci_process *process, const struct oci_linux *linux_,
			   const struct rt_process_options *opts, struct plan *p)
{
	static const char home[HOME_SIZE] = "HOME=/";
	uint32_t landlock[RT_LANDLOCK_LAYERS];
	bool wants_home = false;
	cleanup_free char **env = rt_env_merge(process->env, opts->extra_env, &wants_home);

	if (!env) {
		p->failed = ENOMEM;
		return;
	}
	if (opts->exec)
		emit_affinity(process->cpu_affinity_final, "/process/execCPUAffinity/final", p);
	if (schedule_late(process))
		emit_scheduler(process->scheduler, p);
	if (wants_home)
		PLAN_EMIT(p, OP_PROC_HOME, NULL, plan_bytes(p, home, sizeof(home)),
			  process->user.uid);
	emit_labels(process, opts, p);
	emit_landlock(opts, p, landlock);
	emit_limits(process, opts, p);
	emit_privileges(process, linux_, opts, landlock, p);
	PLAN_EMIT(p, OP_EXEC, "/process/args", plan_str(p, process->args[0]),
		  plan_strv(p, process->args), plan_strv(p, env));
}
