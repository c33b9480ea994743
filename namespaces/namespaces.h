/*
 * Namespaces: which ones a container gets, how a process enters them, and who it is inside.
 *
 * ns_plan_init() reads the configuration and decides; it changes nothing, so every configuration
 * error surfaces before anything is spawned and the tests need no privilege.  ns_emit_*() write
 * the steps (ns_plan.c, sysctl.c); husk-init carries them out (ns_steps.c); what only the caller
 * can do, id maps and network devices, is in ns_host.c and net/.
 *
 * Uses: runtime/base, specs.    Used by: runtime.
 */
#ifndef HUSK_NAMESPACES_H
#define HUSK_NAMESPACES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/plan.h"
#include "specs/specs.h"

/* A range of ids that somebody may map. */
struct ns_id_range {
	uint64_t start, size;
};

enum { NS_MAX_SPARE = 32, NS_MAX_OWN_MAPS = NS_MAX_SPARE + 2 };
struct ns_spare {
	struct ns_id_range range[NS_MAX_SPARE];
	size_t n;
};

/* What the decision depends on beside the configuration. */
struct ns_host_facts {
	uid_t uid;		/* effective ids of the caller */
	gid_t gid;
	bool privileged;	/* CAP_SYS_ADMIN in the caller's user namespace */
	bool net_ahead;		/* the network namespace is being made already */
	/* ns_find_spare(): ids that it may map beside its own, or, with @keep_ids, all it has */
	struct ns_spare uids, gids;
	bool keep_ids;
};

struct ns_plan {
	uint64_t create;	/* CLONE_NEW* made for the container */
	uint64_t join;		/* CLONE_NEW* entered by path */
	uint64_t clone_flags;	/* those of `create` that the spawning clone3() itself makes; the
				 * others come from an NS_UNSHARE step */
	uint64_t ahead;		/* those of `create` that ns_ahead_begin() makes */
	bool fork;		/* the pid namespace needs a second process (FORK step) */
	bool id_maps;		/* the caller must write id maps */
	const struct oci_config *config;
	/* the maps to write: the configuration's, or what a caller without privilege has */
	const struct oci_id_map *uid_maps, *gid_maps;
	size_t n_uid_maps, n_gid_maps;
	/* uid_maps, gid_maps may point here: do not copy it */
	struct oci_id_map own_uids[NS_MAX_OWN_MAPS], own_gids[NS_MAX_OWN_MAPS];
	struct ns_host_facts host;
};

/*
 * A caller without privilege and a configuration without user namespace: one is added, as crun does;
 * without maps it has the caller's own ids as those of config.process, and around them what else the
 * caller may map (@host->uids, gids).
 */
int ns_plan_init(struct ns_plan *ns, const struct oci_config *config,
		 const struct ns_host_facts *host, struct husk_error *err);

/* Steps that must come first: join, become, unshare, fork.  CG_JOIN steps belong before the cgroup
 * namespace is made: runtime emits its own before _late.  *ahead: where the descriptor of what
 * ns_ahead_take() returns is expected, or PLAN_NO_FD. */
void ns_emit_enter(const struct ns_plan *ns, struct plan *p, uint32_t *ahead);
/* The cgroup namespace (after the process is in its cgroup) and the time namespace. */
void ns_emit_late(const struct ns_plan *ns, struct plan *p);
/* hostname, domainname, loopback (only in a new network namespace), net devices. */
void ns_emit_identity(const struct ns_plan *ns, struct plan *p);
void ns_emit_sysctl(const struct ns_plan *ns, struct plan *p);

/* Steps to enter the namespaces of a running container through a pidfd of its init ("exec");
 * @flags: the kinds in which that process differs from the caller, see ns_differing().  With
 * CLONE_NEWPID among them only a child, after a FORK, is in that namespace. */
void ns_emit_exec(struct plan *p, uint32_t pidfd, uint64_t flags);

/* The caller's mounts as root of the container's user namespace may see them: that namespace (if it
 * is among @flags), and a copy of the mount namespace, in which the kernel locks what the caller's
 * have for limits. */
void ns_emit_look(struct plan *p, uint32_t pidfd, uint64_t flags);

/* ---- in the caller ---- */

/*
 * A new network namespace takes the kernel longer than all other namespaces together, and no
 * decision needs it: where a processor is idle, a thread makes it meanwhile, and sets its loopback up.  All
 * zero before _begin().
 */
struct ns_ahead {
	pthread_t thread;
	bool begun;
	int fd;			/* what the thread has made, or -1 with why not */
	struct husk_error err;
};

/* Begins if that is of use and possible for this configuration; not where a user namespace is to
 * own it.  The thread handles no signals, and ends with _take() or _done(). */
void ns_ahead_begin(struct ns_ahead *a, const struct oci_config *config, bool privileged);
/* Blocks until it is made; the descriptor, which is the caller's then. */
int ns_ahead_take(struct ns_ahead *a, struct husk_error *err);
/* Also for one that has not begun, or was taken. */
void ns_ahead_done(struct ns_ahead *a);

/* What @facts needs to know of subordinate ids for this configuration. */
void ns_find_spare(const struct oci_linux *linux_, struct ns_host_facts *facts);

/* NULL, or why the helper newuidmap or newgidmap cannot work for the caller. */
const char *ns_helper_problem(const char *name);

/* Write uid_map, gid_map (and setgroups) of @pid.  Uses newuidmap/newgidmap when the caller may
 * not write the maps itself; blocks for them, at most 30 s each. */
int ns_write_id_maps(const struct ns_plan *ns, pid_t pid, struct husk_error *err);

/* A user namespace that has @uid_maps and @gid_maps, for id-mapped mounts; returns its
 * descriptor.  @text: "uids=C-H-L#...;gids=..." as PLAN_FD_USERNS carries it. */
int ns_open_userns(const char *text, struct husk_error *err);
/* That text for a mount's mappings; from @arena. */
char *ns_userns_text(struct arena *arena, const struct oci_id_map *uids, size_t n_uids,
		     const struct oci_id_map *gids, size_t n_gids);

/* Move linux.netDevices into the network namespace of @pid and configure them through @netlink_fd,
 * a NETLINK_ROUTE socket opened in there. */
int ns_configure_net_devices(const struct oci_linux *linux_, pid_t pid, int netlink_fd,
			     struct husk_error *err);

/* ---- a network for those without an engine (net/) ---- */

struct ns_network;

/* What somebody asked for, in words (struct husk_network, or annotations); lists end with NULL.
 * @where: head of messages for each, a JSON pointer if it starts with "/". */
struct ns_network_texts {
	const char *network;
	char *const *publish, *const *dns, *const *egress;
	struct {
		const char *network, *publish, *dns, *egress;
	} where;
};

/* Memory of @arena; *out is NULL when nothing is asked for. */
int ns_network_parse(const struct ns_network_texts *texts, struct arena *arena,
		     struct ns_network **out, struct husk_error *err);
/* Make @config have the namespace, and @resolv_conf mounted if there is one to mount. */
int ns_network_apply(const struct ns_network *net, const char *resolv_conf,
		     struct oci_config *config, struct husk_error *err);
/* Does it take more than a namespace: devices, or a file of husk's? */
bool ns_network_makes(const struct ns_network *net);
/* Text of the container's resolv.conf, or NULL. */
const char *ns_network_resolv_conf(const struct ns_network *net);
/* Steps by which the init asks for the network and for its allow-list. */
void ns_network_emit(const struct ns_network *net, struct plan *p);

struct ns_network_place {
	const char *root, *id;	/* state directory, container */
	int dir_fd;		/* the container's below it; "network" there says what was made */
	bool privileged;
};

/* Answer those steps: @fd is a socket of NETLINK_ROUTE, or NETLINK_NETFILTER, inside. */
int ns_network_up(struct ns_network *net, const struct ns_network_place *place, pid_t pid,
		  int fd, struct husk_error *err);
int ns_network_filter(const struct ns_network *net, int fd, struct husk_error *err);
/* What others are told of it; addresses only after ns_network_up().  NULL: the network is that of
 * config.json. */
int ns_network_describe(const struct ns_network *net, struct arena *arena,
			struct oci_state_network **out, struct husk_error *err);
/* Refuse capabilities with which a program would get round the allow-list; @where is the head of
 * the message, a JSON pointer if it starts with "/". */
int ns_network_check_caps(const struct oci_caps *caps, const char *where, struct husk_error *err);
/* Take back all of it, also what was only half made; nothing to do is success. */
int ns_network_down(const struct ns_network_place *place, struct husk_error *err);
/* Has the container in @dir_fd something to take back? */
bool ns_network_is_made(int dir_fd);

/* Can libmnl be loaded, which networks and linux.netDevices need? */
int ns_network_library(struct husk_error *err);

/* Which CLONE_NEW* namespaces of process @pid differ from the caller's; @sure are taken to, unseen. */
int ns_differing(pid_t pid, uint64_t sure, uint64_t *flags, struct husk_error *err);

const char *ns_name(uint64_t type);	/* "pid" for CLONE_NEWPID */
const char *ns_proc_name(uint64_t type);	/* its file below /proc/PID/ns */

#endif /* HUSK_NAMESPACES_H */
