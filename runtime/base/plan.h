/*
 * The launch plan: one flat buffer of ordered steps with their arguments; no pointers.
 *
 * The caller builds it (struct plan, plan_build.c); husk-init and `husk plan` read it (struct
 * plan_view, plan_read.c).  Library and init are built together: the version must match.
 *
 *   header | steps | descriptors | strings, vectors and bytes ("blob")
 *
 * Descriptors.  Deciding opens nothing: plan_fd() records what will be wanted, rt_prepare() opens
 * it in the caller before the spawn, and the init inherits the open descriptors in the table's
 * order.  Slots (plan_slot()) come behind them in the same table and are filled by steps.
 *
 * Uses: nothing.    Used by: every folder above layer 0.
 */
#ifndef HUSK_BASE_PLAN_H
#define HUSK_BASE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct husk_error;

enum {
	PLAN_VERSION = 1,
	PLAN_MAX_ARGS = 8,
	PLAN_MAX_FDS = 2048,		/* inherited and slots together */
	PLAN_MAX_STEPS = 16384,
};
#define PLAN_MAX_SIZE ((size_t)64 << 20)
#define PLAN_NO_FD UINT32_MAX
#define PLAN_MAGIC "huskpla"

enum plan_op {
#define OP(id, name, kinds, text) OP_##id,
#include "runtime/base/plan_ops.h"
#undef OP
	PLAN_OPS
};

/* What the caller opens for the init.  `path` is a path of the host. */
enum plan_fd_kind {
	PLAN_FD_GIVEN,		/* the runtime has it already; `path` is only its name */
	PLAN_FD_TREE,		/* open_tree(CLONE): a detached bind of `path`; a: PLAN_TREE_*,
				 * b: 0, or 1 + the PLAN_FD_USERNS (of lower index) to id-map it with,
				 * which only the owner of the file system may do */
	PLAN_FD_PATH,		/* O_PATH */
	PLAN_FD_NAMESPACE,	/* namespace file of kind a (CLONE_NEW*), checked */
	PLAN_FD_DEVICE,		/* detached bind of a device node, checked; a: 'c' or 'b', b: dev_t */
	PLAN_FD_EXECUTABLE,	/* hook binary: O_PATH of a regular file */
	PLAN_FD_USERNS,		/* user namespace with the id maps of text `path`, for id-mapped mounts */
	PLAN_FD_MOUNT,		/* a new file system, detached; `path`: "TYPE\nSOURCE\nOPTION\n...",
				 * a: MOUNT_ATTR_*, b: as for a tree */
	PLAN_FD_KINDS
};

/* How to open a PLAN_FD_TREE. */
enum {
	PLAN_TREE_RECURSIVE = 1,	/* with what is mounted below */
	PLAN_TREE_NOFOLLOW = 2,		/* a symbolic link itself */
	PLAN_TREE_IDMAP_ALL = 4,	/* id-map (b) what is mounted below, too */
};

/* The first descriptors of every plan, all PLAN_FD_GIVEN. */
enum { PLAN_FD_SOCKET, PLAN_FD_PLAN, PLAN_FD_PROC, PLAN_FD_FIXED };

struct plan_header {
	char magic[8];			/* PLAN_MAGIC */
	uint32_t version, size;		/* of the whole buffer */
	uint32_t n_steps, n_fds, n_slots;
	uint32_t steps, fds, blob;	/* offsets */
};

struct plan_step {
	uint16_t op, flags;		/* flags: of the op */
	uint32_t source;		/* blob offset of the JSON pointer that asked for it; 0: none */
	uint64_t arg[PLAN_MAX_ARGS];
};

struct plan_fd_entry {
	uint32_t kind, path, source;	/* path, source: blob offsets */
	uint32_t pad;
	uint64_t a, b;
};

/* ---- building (caller) ---------------------------------------------------------------- */

/*
 * A plan under construction.  Errors (out of memory, too large) are sticky and surface in
 * plan_finish(), so emitters need not check.
 */
struct plan {
	struct plan_step *steps;
	struct plan_fd_entry *fds;
	char *blob;
	size_t n_steps, cap_steps, n_fds, cap_fds, n_slots, len_blob, cap_blob;
	int failed;			/* errno, or 0 */
};

int plan_init(struct plan *p, struct husk_error *err);
void plan_done(struct plan *p);

/* Arguments of a step; strings are copied. */
uint64_t plan_str(struct plan *p, const char *s);		/* NULL: absent */
uint64_t plan_strv(struct plan *p, char *const *v);		/* NULL: absent; for one step only */
uint64_t plan_bytes(struct plan *p, const void *data, size_t len);
/* Ask for a descriptor; returns its index.  @source: JSON pointer, or NULL. */
uint32_t plan_fd(struct plan *p, enum plan_fd_kind kind, const char *path, uint64_t a, uint64_t b,
		 const char *source);
uint32_t plan_slot(struct plan *p);				/* a number for an F argument */

void plan_emit(struct plan *p, enum plan_op op, unsigned flags, const char *source,
	       const uint64_t *args, size_t n_args);
/* PLAN_EMIT(p, OP_NS_HOSTNAME, "/hostname", plan_str(p, name)) */
#define PLAN_EMIT(p, op, source, ...)                                                              \
	plan_emit((p), (op), 0, (source), (const uint64_t[]){ 0, ##__VA_ARGS__ } + 1,              \
		  sizeof((const uint64_t[]){ 0, ##__VA_ARGS__ }) / sizeof(uint64_t) - 1)
#define PLAN_EMIT_FLAGS(p, op, flags, source, ...)                                                 \
	plan_emit((p), (op), (flags), (source), (const uint64_t[]){ 0, ##__VA_ARGS__ } + 1,        \
		  sizeof((const uint64_t[]){ 0, ##__VA_ARGS__ }) / sizeof(uint64_t) - 1)

/* The flat buffer; free(*out).  The plan can be emptied with plan_done() afterwards. */
int plan_finish(struct plan *p, void **out, size_t *len, struct husk_error *err);

/* ---- reading (husk-init, `husk plan`, tests) ----------------------------------------------- */

struct plan_view {
	char *base;
	const struct plan_header *h;
	const struct plan_step *steps;
	const struct plan_fd_entry *fds;
};

/*
 * Check every offset, length, index and op of the @len bytes at @mem, which must be 8-aligned, and
 * that each step has the arguments it needs (plan_ops.h).
 * Returns NULL, or what is wrong.  With @relocate string vectors become arrays of pointers in
 * place (husk-init executes from them), so @mem must be writable.
 */
const char *plan_open(struct plan_view *v, void *mem, size_t len, bool relocate);

const char *plan_op_name(unsigned op);
const char *plan_op_kinds(unsigned op);
const char *plan_op_text(unsigned op);

static inline const char *plan_view_str(const struct plan_view *v, uint64_t off)
{
	return off ? v->base + off : NULL;
}

/* Strings as offsets, ending in 0; only for a view opened without relocate. */
static inline const uint64_t *plan_view_strv(const struct plan_view *v, uint64_t off)
{
	return off ? (const uint64_t *)(const void *)(v->base + off) : NULL;
}

/* Bytes: the argument points at a uint64_t length, the data follows. */
static inline const void *plan_view_bytes(const struct plan_view *v, uint64_t off, size_t *len)
{
	*len = off ? (size_t)*(const uint64_t *)(const void *)(v->base + off) : 0;
	return off ? v->base + off + sizeof(uint64_t) : NULL;
}

/* ---- printing (library) -------------------------------------------------------------------- */

struct str;
/* "mount proc on /proc": step @i for people; appended to @out. */
void plan_describe(const struct plan_view *v, size_t i, struct str *out);
void plan_print_text(const struct plan_view *v, struct str *out);
void plan_print_json(const struct plan_view *v, struct str *out);

#endif /* HUSK_BASE_PLAN_H */
