/*
 * Reading a launch plan: the checked decoder, shared by husk-init and the library.
 *
 * Everything is checked before anything is used, though the sender is trusted: offsets, lengths,
 * indices, ops, that no argument is missing that its step needs, and how many things an array has.
 * A string may start anywhere in the blob, because the buffer ends in NUL.
 *
 * Should:  stay free of stdio, heap and errno: it runs in husk-init.
 * Uses: plan.h.    Used by: runtime/init, plan_print.c, tests.
 */
#include <linux/filter.h>
#include <string.h>

#include "runtime/base/landlock_rules.h"
#include "runtime/base/plan.h"

/* Names and texts are for people: they are in plan_print.c, which husk-init does without. */
static const char *const op_kinds[PLAN_OPS] = {
#define OP(id, name, kinds, text) [OP_##id] = kinds,
#include "runtime/base/plan_ops.h"
#undef OP
};

/* A kind string fits in a step. */
#define OP(id, name, kinds, text)                                                                  \
	_Static_assert(sizeof(kinds) - 1 <= PLAN_MAX_ARGS, "too many arguments: " name);
#include "runtime/base/plan_ops.h"
#undef OP

const char *plan_op_kinds(unsigned op)
{
	return op < PLAN_OPS ? op_kinds[op] : "";
}

static bool in_blob(const struct plan_view *v, uint64_t off)
{
	return off == 0 || (off >= v->h->blob && off < v->h->size);
}

static bool check_bytes(const struct plan_view *v, uint64_t off)
{
	uint64_t len;

	if (off == 0)
		return true;
	if (!in_blob(v, off) || off % 8 || v->h->size - off < sizeof(len))
		return false;
	len = *(const uint64_t *)(const void *)(v->base + off);
	return len <= v->h->size - off - sizeof(len);
}

static bool check_vector(struct plan_view *v, uint64_t off, bool relocate)
{
	if (off == 0)
		return true;
	if (!in_blob(v, off) || off % 8)
		return false;
	for (;; off += sizeof(uint64_t)) {
		uint64_t *item = (uint64_t *)(void *)(v->base + off);

		if (v->h->size - off < sizeof(*item))
			return false;
		if (*item == 0)
			return true;
		if (!in_blob(v, *item))
			return false;
		if (relocate)
			*item = (uint64_t)(uintptr_t)(v->base + *item);
		if (off > v->h->size - sizeof(*item))
			return false;
	}
}

static const char *check_arg(struct plan_view *v, char kind, uint64_t arg, bool relocate)
{
	uint64_t n_fds = (uint64_t)v->h->n_fds + v->h->n_slots;

	if (strchr("sSb", kind) ? arg == 0 : kind == 'f' && arg == PLAN_NO_FD)
		return "an argument is missing";
	switch (kind) {
	case 's':
	case 't':
		return in_blob(v, arg) ? NULL : "string outside the plan";
	case 'S':
	case 'T':
		return check_vector(v, arg, relocate) ? NULL : "vector outside the plan";
	case 'b':
	case 'c':
		return check_bytes(v, arg) ? NULL : "bytes outside the plan";
	case 'f':
	case 'g':
		return arg == PLAN_NO_FD || arg < n_fds ? NULL : "descriptor outside the table";
	case 'F':
		return arg == PLAN_NO_FD || (arg >= v->h->n_fds && arg < n_fds) ?
			       NULL : "slot outside the table";
	default:
		return NULL;
	}
}

static const char *check_header(const struct plan_header *h, size_t len)
{
	if (len < sizeof(*h) || len > PLAN_MAX_SIZE)
		return "wrong size";
	if (memcmp(h->magic, PLAN_MAGIC, sizeof(h->magic)) != 0)
		return "not a launch plan";
	if (h->version != PLAN_VERSION)
		return "made by another version of husk";
	if (h->size != len)
		return "truncated";
	if (h->n_steps > PLAN_MAX_STEPS || h->n_fds > PLAN_MAX_FDS || h->n_slots > PLAN_MAX_FDS ||
	    h->n_fds + h->n_slots > PLAN_MAX_FDS || h->n_fds < PLAN_FD_FIXED)
		return "impossible counts";
	if (h->steps != sizeof(*h) ||
	    h->fds != h->steps + h->n_steps * sizeof(struct plan_step) ||
	    h->blob != h->fds + h->n_fds * sizeof(struct plan_fd_entry) || h->blob >= len)
		return "impossible layout";
	return NULL;
}

static const char *check_steps(struct plan_view *v, bool relocate)
{
	for (uint32_t i = 0; i < v->h->n_steps; i++) {
		const struct plan_step *s = &v->steps[i];

		if (s->op >= PLAN_OPS)
			return "unknown operation";
		if (!in_blob(v, s->source))
			return "source outside the plan";
		for (unsigned k = 0; op_kinds[s->op][k]; k++) {
			const char *wrong = check_arg(v, op_kinds[s->op][k], s->arg[k], relocate);

			if (wrong)
				return wrong;
		}
	}
	return NULL;
}

/* Relocating a vector that lies over the length of bytes makes a pointer of that: look once more.
 * Two vectors cannot share their place, as the pointers of one are no offsets for the other. */
static const char *check_lengths(const struct plan_view *v)
{
	for (uint32_t i = 0; i < v->h->n_steps; i++) {
		const struct plan_step *s = &v->steps[i];

		for (unsigned k = 0; op_kinds[s->op][k]; k++) {
			if (strchr("bc", op_kinds[s->op][k]) && !check_bytes(v, s->arg[k]))
				return "bytes and a vector in one place";
		}
	}
	return NULL;
}

/*
 * Bytes that are an array: the size of what it holds; how many its step has room to count; and which
 * argument is a vector with a string for each.  0: any number, no vector.
 */
static const struct {
	unsigned op, arg, size, max, vector;
} arrays[] = {
	{ .op = OP_PROC_IDS, .arg = 2, .size = sizeof(uint32_t) },
	{ .op = OP_PROC_SECCOMP, .arg = 0, .size = sizeof(struct sock_filter), .max = UINT16_MAX },
	{ .op = OP_PROC_LANDLOCK, .arg = 1, .size = sizeof(struct rt_landlock_attr), .max = 1 },
	{ .op = OP_PROC_LANDLOCK, .arg = 3, .size = sizeof(struct rt_landlock_path),
	  .max = RT_LANDLOCK_MAX_PATHS, .vector = 2 },
	{ .op = OP_PROC_LANDLOCK, .arg = 4, .size = sizeof(struct rt_landlock_port) },
};

static size_t vector_length(const struct plan_view *v, uint64_t off)
{
	const uint64_t *item = (const uint64_t *)(const void *)(v->base + off);
	size_t n = 0;

	while (item[n])
		n++;
	return n;
}

static const char *check_arrays(const struct plan_view *v, const struct plan_step *s)
{
	for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays); i++) {
		size_t len, n;

		if (arrays[i].op != s->op)
			continue;
		(void)plan_view_bytes(v, s->arg[arrays[i].arg], &len);
		n = len / arrays[i].size;
		if (len % arrays[i].size || (arrays[i].max && n > arrays[i].max))
			return "array of a wrong length";
		if (arrays[i].vector && n != vector_length(v, s->arg[arrays[i].vector]))
			return "array for more or fewer strings than there are";
	}
	return NULL;
}

static const char *check_all_arrays(const struct plan_view *v)
{
	const char *wrong = NULL;

	for (uint32_t i = 0; !wrong && i < v->h->n_steps; i++)
		wrong = check_arrays(v, &v->steps[i]);
	return wrong;
}

const char *plan_open(struct plan_view *v, void *mem, size_t len, bool relocate)
{
	const struct plan_header *h = mem;
	const char *wrong = check_header(h, len);

	if (wrong)
		return wrong;
	*v = (struct plan_view){ .base = mem, .h = h };
	v->steps = (const struct plan_step *)(const void *)(v->base + h->steps);
	v->fds = (const struct plan_fd_entry *)(const void *)(v->base + h->fds);
	if (v->base[len - 1] != '\0')
		return "not terminated";
	for (uint32_t i = 0; i < h->n_fds; i++) {
		if (v->fds[i].kind >= PLAN_FD_KINDS || !in_blob(v, v->fds[i].path) ||
		    !in_blob(v, v->fds[i].source))
			return "bad descriptor entry";
	}
	wrong = check_steps(v, relocate);
	if (!wrong && relocate)
		wrong = check_lengths(v);
	return wrong ? wrong : check_all_arrays(v);
}
