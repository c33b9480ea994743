/*
 * CRIU: a process tree to files and back, by the program `criu` of the host.
 *
 * husk speaks to it as runc does: `criu swrk 3` gets one end of a SOCK_SEQPACKET pair as descriptor
 * 3 and answers requests in protocol buffers (criu's rpc.proto; wire.c knows the few fields that
 * are used here).  Not libcriu: that forks the caller, keeps its options in globals, and lacks half
 * of what runc's command line offers.  Not criu's own command line either: there it has no way to
 * ask for hooks in the middle of a restore or to hand over a terminal's master.
 *
 * criu is looked for in a fixed list of directories, never in $PATH: it runs with every privilege of
 * the host, and whoever may choose the environment of a privileged caller (sudo, a service's client)
 * must not choose the program.  For the same reason it gets an environment of our own, whose PATH is
 * that list: criu runs iptables, ip and tar by name.
 *
 * Uses: runtime/base, specs, cgroups.    Used by: checkpoint.c, restore.c.
 */
#ifndef HUSK_RUNTIME_CRIU_H
#define HUSK_RUNTIME_CRIU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/arena.h"
#include "runtime/base/str.h"
#include "runtime/handle.h"
#include "specs/specs.h"

struct cg_mount;

#define CRIU_STDIO "descriptors.json"	/* runc's name; see oci_stdio_write() */
#define CRIU_NOTIFY_PATH "/run/notify"	/* the directory of NOTIFY_PATH: bound, but by us */

/* ---- wire.c: protocol buffers, pure ----------------------------------------------------- */

enum criu_type {
	CRIU_DUMP = 1, CRIU_RESTORE = 2, CRIU_PRE_DUMP = 4, CRIU_NOTIFY = 6,
	CRIU_FEATURE_CHECK = 9, CRIU_VERSION = 10,
};

/* Fields of criu_opts, by their numbers in rpc.proto. */
enum criu_field {
	CRIU_O_IMAGES_DIR_FD = 1, CRIU_O_PID = 2, CRIU_O_LEAVE_RUNNING = 3, CRIU_O_EXT_UNIX_SK = 4,
	CRIU_O_TCP_ESTABLISHED = 5, CRIU_O_EVASIVE_DEVICES = 6, CRIU_O_SHELL_JOB = 7,
	CRIU_O_FILE_LOCKS = 8, CRIU_O_LOG_LEVEL = 9, CRIU_O_LOG_FILE = 10, CRIU_O_PAGE_SERVER = 11,
	CRIU_O_NOTIFY_SCRIPTS = 12, CRIU_O_ROOT = 13, CRIU_O_PARENT_IMG = 14, CRIU_O_TRACK_MEM = 15,
	CRIU_O_AUTO_DEDUP = 16, CRIU_O_WORK_DIR_FD = 17, CRIU_O_LINK_REMAP = 18,
	CRIU_O_MANAGE_CGROUPS = 24, CRIU_O_CG_ROOT = 25, CRIU_O_RST_SIBLING = 26,
	CRIU_O_INHERIT_FD = 27, CRIU_O_MANAGE_CGROUPS_MODE = 34, CRIU_O_EXTERNAL = 37,
	CRIU_O_EMPTY_NS = 38, CRIU_O_JOIN_NS = 39, CRIU_O_FREEZE_CGROUP = 44,
	CRIU_O_TCP_SKIP_IN_FLIGHT = 46, CRIU_O_LAZY_PAGES = 48, CRIU_O_STATUS_FD = 49,
	CRIU_O_ORPHAN_PTS_MASTER = 50, CRIU_O_CONFIG_FILE = 51, CRIU_O_TCP_CLOSE = 52,
	CRIU_O_LSM_PROFILE = 53, CRIU_O_LSM_MOUNT_CONTEXT = 63, CRIU_O_NETWORK_LOCK = 64,
};

/* Append one field to a message. */
void pb_number(struct str *b, unsigned field, uint64_t value);
void pb_bytes(struct str *b, unsigned field, const char *bytes, size_t len);
void pb_text(struct str *b, unsigned field, const char *text);
/* A message of two texts in fields 1 and 2; @a NULL: without field 1. */
void pb_pair(struct str *b, unsigned field, const char *first, const char *second);
/* A flag; false is the default, and not written. */
void pb_flag(struct str *b, unsigned field, bool value);

struct pb_field {
	unsigned number;
	bool is_bytes;
	uint64_t value;
	const char *bytes;
	size_t len;
};
/* The next field of the message at *@at: 1; 0 at its end; -EPROTO when it is none. */
int pb_next(const char **at, const char *end, struct pb_field *out);

/* A criu_req.  @opts NULL: without. */
void criu_request(struct str *b, enum criu_type type, const struct str *opts, bool keep_open);

struct criu_response {
	int type;			/* enum criu_type, or another */
	bool success;
	int error;			/* positive errno, or 0 */
	char message[256];		/* criu's first error */
	char script[32];		/* CRIU_NOTIFY: "setup-namespaces", ... */
	int pid;			/* CRIU_NOTIFY and CRIU_RESTORE, or 0 */
	unsigned version;		/* CRIU_VERSION: 31701 is 3.17.1 */
	bool mem_track, lazy_pages;	/* CRIU_FEATURE_CHECK */
};
/* -EPROTO when it is none. */
int criu_response(const char *msg, size_t len, struct criu_response *out);

/* ---- log.c: what criu says when it fails -------------------------------------------------- */

/* The last error lines of @text, in order, joined by "; ", without time and place. */
void criu_last_errors(const char *text, char *out, size_t size);

/* ---- external.c: what of a container is not in its images ---------------------------------- */

/* A mount whose other end is outside: a bind mount. */
struct criu_mount {
	const char *inside;	/* as the configuration has it; also its name in the images */
	const char *source;	/* on the host, absolute */
};

/* Those of @config, but for masked paths.  @cgroups: cg_mounts().  Memory of @arena. */
int criu_external_mounts(const struct oci_config *config, const char *bundle,
			 const struct cg_mount *cgroups, size_t n_cgroups, struct arena *arena,
			 struct criu_mount **out, size_t *n, struct husk_error *err);
/* Is @m a bind mount? */
bool criu_is_bind(const struct oci_mount *m);

/* "net", "mnt", ... of a CLONE_NEW* */
const char *criu_ns_name(uint64_t type);
/* The images' name of a network or pid namespace joined by path; runc's and crun's too.  NULL: it has
 * none, as criu enters the others by path. */
const char *criu_ns_key(uint64_t type);

/* criu's configuration file for the container: option, annotation, or default; NULL: none. */
const char *criu_config_file(const struct husk_criu_options *opts, const struct oci_config *config);

/* ---- dirs.c: image and work directory --------------------------------------------------------- */

struct criu_dirs {
	int images, work;	/* work == -1: the same */
	char *path;		/* of the one with the log */
	const char *log;	/* dump.log, restore.log */
};

/* @make: the image directory is made where it is missing; the work directory always is. */
int criu_dirs_open(const struct husk_criu_options *opts, const char *log, bool make,
		   struct criu_dirs *out, struct husk_error *err);
void criu_dirs_done(struct criu_dirs *d);
int criu_log_dir(const struct criu_dirs *d);

/* ---- swrk.c: the conversation ------------------------------------------------------------------ */

struct criu_talk {
	const char *verb;		/* "dump", "restore", for messages */
	const struct criu_dirs *dirs;
	int cancel_fd;			/* 0: none */
	/* criu reached the point named r->script; @fd: sent with it, or -1, take_fd() keeps it */
	int (*notify)(void *data, const struct criu_response *r, int *fd, struct husk_error *err);
	void *data;
	bool wants_mem_track, wants_lazy_pages;

	unsigned version;
	char message[256];		/* its answer's, when it has failed */
	pid_t pid;			/* 0: not running */
	int pidfd, sock, output;
};

/* What criu starts with beside its socket. */
struct criu_start {
	const char *path;	/* of criu, or NULL */
	int in;			/* descriptor 0; -1: /dev/null */
	const int *fds;		/* its descriptors 4, 5, ... */
	size_t n_fds;
	/* Called in a mount namespace of its own, which criu starts in; or NULL. */
	int (*mounts)(void *data, struct husk_error *err);
	void *data;
};
enum { CRIU_FIRST_FD = 4, CRIU_MAX_FDS = 8 };

/* An option that older versions would leave out without a word. */
struct criu_needs {
	bool used;
	unsigned version;	/* 31600 */
	const char *what;	/* "--lsm-profile" */
};

void criu_talk_init(struct criu_talk *t, const char *verb, const struct criu_dirs *dirs,
		    int cancel_fd);
int criu_start(struct criu_talk *t, const struct criu_start *start, struct husk_error *err);
/* Ask for its version, and for the features that are wanted. */
int criu_check(struct criu_talk *t, const struct criu_needs *needs, size_t n,
	       struct husk_error *err);
/* Carry @type out; calls t->notify meanwhile.  *out: the answer.  criu has ended when this returns. */
int criu_run(struct criu_talk *t, enum criu_type type, const struct str *opts,
	     struct criu_response *out, struct husk_error *err);
/* End criu if it still runs. */
void criu_talk_done(struct criu_talk *t);

/* Is the caller one that criu can work for? */
int criu_check_caller(const struct husk *h, const char *verb, struct husk_error *err);
/* The error for a container under Landlock rules. */
int criu_refuse_landlock(struct husk_error *err);

/* Options that checkpoint and restore share. */
void criu_common_options(struct str *b, const struct husk_criu_options *opts,
			 const struct criu_dirs *dirs, const char *config_file);

#endif /* HUSK_RUNTIME_CRIU_H */
