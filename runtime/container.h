/*
 * A container as the host remembers it: a directory <root>/<id>, mode 0700, locked by whoever
 * changes it.
 *
 *   config.json  the configuration it was created with (changes to the bundle do not matter)
 *   state.json   replaced by rename; missing while the container is being created
 *   start.sock   husk-init listens on it until `start`; its presence means "created"
 *   exit         wait(2)'s status of its init, once husk has learnt it: a symbolic link, see wait.c
 *
 * Uses: runtime/base, specs.    Used by: runtime.
 */
#ifndef HUSK_RUNTIME_CONTAINER_H
#define HUSK_RUNTIME_CONTAINER_H

#include <stdbool.h>

#include "runtime/handle.h"
#include "specs/specs.h"

#define RT_EXIT_RECORD "exit"
#define RT_FILTER "seccomp.bpf"		/* what the rules of the profile were compiled to */
#define RT_CRIU_ROOT "criu-root"	/* where `restore` shows criu the root; empty for all others */

enum rt_status { RT_CREATING, RT_CREATED, RT_RUNNING, RT_PAUSED, RT_STOPPED, RT_STATUS_COUNT };

enum rt_operation {
	RT_OP_START = 1, RT_OP_KILL = 2, RT_OP_DELETE = 4, RT_OP_EXEC = 8, RT_OP_PAUSE = 16,
	RT_OP_RESUME = 32, RT_OP_UPDATE = 64, RT_OP_EVENTS = 128, RT_OP_CHECKPOINT = 256,
};

struct container {
	int dir_fd;
	char *id;
	struct oci_state state;		/* valid when has_state */
	bool has_state;
	bool inherited;			/* made by rt_container_create() of one that was killed */
	int pidfd;			/* of its init, or -1 when that has ended */
	enum rt_status status;		/* when it was loaded */
	struct cgroup *cg;		/* NULL until rt_container_cgroup() */
};

/* IDs are one path component of [A-Za-z0-9_+.-], at most 1024 bytes, not "." or "..". */
int rt_check_id(const char *id, struct husk_error *err);

/*
 * Make and lock the directory of a new container.  A directory that a killed `create` left behind
 * (no state.json, no lock) is taken over.  On failure nothing of ours is left.
 */
int rt_container_create(struct husk *h, const char *id, struct container *out,
			struct husk_error *err);
/* Load what is there and find out its status.  @lock: exclusively, waiting up to 10 s. */
int rt_container_load(struct husk *h, const char *id, bool lock, struct container *out,
		      struct husk_error *err);
/* The same in the state directory @root, for who looks at many. */
int rt_container_load_at(int root, const char *id, bool lock, struct container *out,
			 struct husk_error *err);
void rt_container_done(struct container *c);
void rt_container_free(struct container *c);	/* one of malloc(3), or NULL */

/* Lock @c, whose directory is open: 1, or 0 if somebody has removed it meanwhile. */
int rt_container_lock(struct container *c, struct husk_error *err);
/* Read what its directory says, and find out its status. */
int rt_container_look(struct container *c, struct husk_error *err);

/* Remove the directory and what husk put into it. */
int rt_container_remove(struct husk *h, struct container *c, struct husk_error *err);

/*
 * Replace state.json by @state, in two steps: the file is written beside it, which takes the time
 * and can be done while the init works, and then renamed.
 */
int rt_container_stage(const struct container *c, const struct oci_state *state,
		       struct husk_error *err);
int rt_container_commit(const struct container *c, struct husk_error *err);

/* Parse the directory's config.json. */
int rt_container_config(const struct container *c, struct oci_config *out, struct husk_error *err);

/* Give @config, which is the directory's, the filter that is kept there, if there is one. */
int rt_container_filter(const struct container *c, struct oci_config *config, struct husk_error *err);

/* The text that the directory's config.json shall have: rt_container_commit_config() makes it so,
 * rt_container_drop_config() forgets it. */
int rt_container_stage_config(const struct container *c, const char *text, struct husk_error *err);
int rt_container_commit_config(const struct container *c, struct husk_error *err);
void rt_container_drop_config(const struct container *c);

/* Its cgroup; loaded once, owned by @c. */
int rt_container_cgroup(struct container *c, struct cgroup **out, struct husk_error *err);

/* Let a paused container go on, so that SIGKILL takes effect: the v1 freezer holds it back. */
void rt_container_thaw(struct container *c);

/* Is @op allowed now?  One table for all; the messages are those engines match. */
int rt_container_allows(const struct container *c, enum rt_operation op, struct husk_error *err);

/* A pidfd of the container's init, which may be a zombie, or -1 when it has been collected. */
int rt_open_init(const struct oci_state *state);

const char *rt_status_name(enum rt_status status);

/* Tells a process from a later one with the same pid: the pidfs inode, or else its start time. */
void rt_identify(pid_t pid, int pidfd, uint64_t *inode, uint64_t *start_time);

#endif /* HUSK_RUNTIME_CONTAINER_H */
