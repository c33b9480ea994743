/*
 * One launch: from configuration to a running husk-init, for `create`, `run` and `exec` alike.
 *
 *   rt_launch_read()     config.json -> struct oci_config            launch.c
 *   rt_launch_decide()   -> namespace, cgroup, rootfs, process plans -> the launch plan (pure)
 *   rt_launch_prepare()  the plan's descriptors, opened in the caller  prepare.c
 *   rt_launch_spawn()    clone3 + execveat                            prepare.c
 *   rt_serve()           answers the init until it is ready           serve.c
 *
 * Uses: every folder below.    Used by: create.c, exec.c, config_api.c.
 */
#ifndef HUSK_RUNTIME_LAUNCH_H
#define HUSK_RUNTIME_LAUNCH_H

#include "cgroups/cgroups.h"
#include "namespaces/namespaces.h"
#include "runtime/container.h"
#include "runtime/handle.h"
#include "specs/specs.h"

/* Descriptors of the plan's table that the runtime itself provides; -1 or PLAN_NO_FD: none. */
struct rt_given {
	uint32_t listener;	/* start socket */
	uint32_t state;		/* memfd with the container's state, for hooks in the container */
	uint32_t hook_stdout, hook_stderr;	/* files for those hooks' output */
	uint32_t netns;		/* network namespace made ahead */
	uint32_t pidfd;		/* exec: the container's init */
	uint32_t delegate;	/* cgroup.procs of the delegated v2 cgroup */
	uint32_t first_task;	/* v1 `tasks` files */
	size_t n_tasks;
};

struct rt_process_options;
struct rt_timeline;

struct rt_launch {
	struct husk *h;
	const char *id;
	const struct husk_create_options *opts;
	char *bundle;			/* absolute */
	char *config_text;
	size_t config_len;
	struct oci_config config;
	bool has_config;
	bool one_shot;			/* run, not create: the caller itself says when to start */
	bool is_served;			/* our caller serves terminal and notifications itself */
	bool dry;			/* `husk plan`: nothing may change, and the host is not asked */

	struct ns_ahead ahead;		/* a namespace on its way */
	struct ns_plan ns;
	struct cg_plan *cg_plan;
	struct cgroup *cg;		/* once made */
	const char *cgroup_sub;		/* of exec: a cgroup below it, or NULL */
	bool moves;			/* into it by systemd, instead of being born there */
	struct rt_landlock *landlock;	/* the container's rules, or NULL */
	struct ns_network *network;	/* what husk itself shall make, or NULL */
	int state_fd;			/* the container's directory; borrowed */
	void *filter;			/* compiled seccomp, n_filter bytes */
	size_t n_filter;

	void *plan;			/* the flat buffer */
	size_t plan_len;
	struct plan_view view;
	struct rt_given given;

	struct husk_trace *trace;	/* whom the filter tells what the program calls, or NULL */
	struct rt_timeline *times;	/* where the time goes, if our caller wants to know, or NULL */
	int *fds;			/* the table, opened; -1: not yet */
	int sock;			/* our end of the conversation */
	uint32_t asked;			/* the steps before this one have asked what they may */
	pid_t pid;
	int pidfd;
	bool wrote_pid_file;
	int console;			/* master the init sent, or -1 */
	int notify;			/* where the program's notifications arrive, or -1 */
	struct oci_state state;		/* what hooks see; strings owned by the launch */
	char *created, *rootfs, *owner, *cgroup_text;
};

/* Zero state with every descriptor -1. */
void rt_launch_init(struct rt_launch *l, struct husk *h, const char *id,
		    const struct husk_create_options *opts);
void rt_launch_done(struct rt_launch *l);

int rt_launch_read(struct rt_launch *l, struct husk_error *err);
int rt_launch_decide(struct rt_launch *l, struct husk_error *err);

/* A terminal needs somebody who gets its master, and a console socket a terminal; runc's texts. */
int rt_check_console(const struct oci_process *process, const char *console_socket,
		     bool takes_console, struct husk_error *err);

/* Compile the configuration's seccomp filter, if it has one, and put it into @po. */
int rt_launch_filter(struct rt_launch *l, struct rt_process_options *po, struct husk_error *err);

/* The container's Landlock rules, from @words (NULL: none) of @source, as far as this kernel has them. */
int rt_launch_landlock(struct rt_launch *l, char *const *words, const char *source,
		       struct rt_landlock **out, struct husk_error *err);

/* Finish @p and open it for reading: fills plan, plan_len and view. */
int rt_launch_take_plan(struct rt_launch *l, struct plan *p, struct husk_error *err);

/* Open every descriptor that the plan asks for.  Those already set in l->fds are kept. */
int rt_launch_prepare(struct rt_launch *l, struct husk_error *err);
/* The memfd with the plan, the socket pair, clone3.  On failure nothing runs. */
int rt_launch_spawn(struct rt_launch *l, int cgroup_fd, unsigned preserve_fds,
		    struct husk_error *err);
/* Kill and reap what rt_launch_spawn() started. */
void rt_launch_kill(struct rt_launch *l);

/* ---- serve.c ---- */

/*
 * Answer the init until it is ready (returns 0), has executed the program (end of file after GO:
 * 0), or has failed (the error is the init's own, with step and pointer).
 */
int rt_serve(struct rt_launch *l, bool after_go, struct husk_error *err);
/* Send GO, DETACH or OK. */
int rt_say(int sock, uint32_t kind, struct husk_error *err);

#endif /* HUSK_RUNTIME_LAUNCH_H */
