/*
 * Building a launch plan: see plan.h.
 *
 * Uses: error.h.    Used by: every X_plan.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "runtime/base/plan.h"
#include "runtime/base/util.h"

int plan_init(struct plan *p, struct husk_error *err)
{
	static const char *const fixed[PLAN_FD_FIXED] = {
		[PLAN_FD_SOCKET] = "socket to the caller",
		[PLAN_FD_PLAN] = "the plan",
		[PLAN_FD_PROC] = "procfs",
	};

	*p = (struct plan){ 0 };
	/* Offset 0 means "absent", so nothing may live there. */
	plan_bytes(p, "", 1);
	for (size_t i = 0; i < PLAN_FD_FIXED; i++)
		plan_fd(p, PLAN_FD_GIVEN, fixed[i], 0, 0, NULL);
	return p->failed ? err_nomem(err, "launch plan") : 0;
}

void plan_done(struct plan *p)
{
	free(p->steps);
	free(p->fds);
	free(p->blob);
	*p = (struct plan){ 0 };
}

/* Make room for one more element of an array. */
static bool room(struct plan *p, void **array, size_t n, size_t *cap, size_t size, size_t max)
{
	size_t want = *cap ? *cap * 2 : 64;
	void *grown;

	if (p->failed)
		return false;
	if (n < *cap)
		return true;
	if (n >= max) {
		p->failed = E2BIG;
		return false;
	}
	grown = realloc(*array, want * size);
	if (!grown) {
		p->failed = ENOMEM;
		return false;
	}
	*array = grown;
	*cap = want;
	return true;
}

/* Room for @len bytes, 8-aligned; returns the offset, or 0 on failure. */
static size_t reserve(struct plan *p, size_t len)
{
	size_t at = (p->len_blob + 7) & ~(size_t)7, cap = p->cap_blob ? p->cap_blob : 8192;
	char *blob;

	if (p->failed)
		return 0;
	if (len > PLAN_MAX_SIZE || at + len > PLAN_MAX_SIZE) {
		p->failed = E2BIG;
		return 0;
	}
	while (cap < at + len)
		cap *= 2;
	if (cap != p->cap_blob) {
		blob = realloc(p->blob, cap);
		if (!blob) {
			p->failed = ENOMEM;
			return 0;
		}
		p->blob = blob;
		p->cap_blob = cap;
	}
	memset(p->blob + p->len_blob, 0, at - p->len_blob);
	p->len_blob = at + len;
	return at;
}

uint64_t plan_bytes(struct plan *p, const void *data, size_t len)
{
	uint64_t n = len;
	size_t at = reserve(p, sizeof(n) + len + 1);

	if (p->failed)
		return 0;
	memcpy(p->blob + at, &n, sizeof(n));
	memcpy(p->blob + at + sizeof(n), data, len);
	p->blob[at + sizeof(n) + len] = '\0';
	return at;
}

uint64_t plan_str(struct plan *p, const char *s)
{
	size_t len, at;

	if (!s)
		return 0;
	len = strlen(s) + 1;
	at = reserve(p, len);
	if (p->failed)
		return 0;
	memcpy(p->blob + at, s, len);
	return at;
}

uint64_t plan_strv(struct plan *p, char *const *v)
{
	size_t n = 0, at;

	if (!v)
		return 0;
	while (v[n])
		n++;
	at = reserve(p, (n + 1) * sizeof(uint64_t));
	if (p->failed)
		return 0;
	memset(p->blob + at, 0, (n + 1) * sizeof(uint64_t));
	for (size_t i = 0; i < n; i++) {
		uint64_t s = plan_str(p, v[i]);

		if (p->failed)
			return 0;
		memcpy(p->blob + at + i * sizeof(s), &s, sizeof(s));
	}
	return at;
}

/* Many steps and descriptors in a row come from one place of the configuration. */
static uint32_t source_of(struct plan *p, const char *source)
{
	const struct plan_step *last = p->n_steps ? &p->steps[p->n_steps - 1] : NULL;

	if (!source || !*source)
		return 0;
	if (last && last->source && strcmp(p->blob + last->source, source) == 0)
		return last->source;
	return (uint32_t)plan_str(p, source);
}

uint32_t plan_fd(struct plan *p, enum plan_fd_kind kind, const char *path, uint64_t a, uint64_t b,
		 const char *source)
{
	struct plan_fd_entry e = { .kind = kind, .a = a, .b = b };

	e.path = (uint32_t)plan_str(p, path);
	e.source = source_of(p, source);
	if (!room(p, (void **)&p->fds, p->n_fds, &p->cap_fds, sizeof(e), PLAN_MAX_FDS))
		return PLAN_NO_FD;
	p->fds[p->n_fds] = e;
	return (uint32_t)p->n_fds++;
}

/* Slots are numbered from the top while building, as the number of inherited descriptors is
 * not known yet; plan_finish() moves them behind those. */
#define SLOT_BASE 0x40000000u

uint32_t plan_slot(struct plan *p)
{
	return SLOT_BASE + (uint32_t)p->n_slots++;
}

void plan_emit(struct plan *p, enum plan_op op, unsigned flags, const char *source,
	       const uint64_t *args, size_t n_args)
{
	struct plan_step s = { .op = (uint16_t)op, .flags = (uint16_t)flags };

	s.source = source_of(p, source);
	if (n_args != strlen(plan_op_kinds(op))) {
		p->failed = EINVAL;	/* a mistake in the program: unit tests catch it */
		return;
	}
	memcpy(s.arg, args, n_args * sizeof(*args));
	if (!room(p, (void **)&p->steps, p->n_steps, &p->cap_steps, sizeof(s), PLAN_MAX_STEPS))
		return;
	p->steps[p->n_steps++] = s;
}

/* Turn offsets into the blob into offsets into the whole buffer. */
static void rebase_step(struct plan_step *s, uint32_t blob, size_t n_fds)
{
	const char *kinds = plan_op_kinds(s->op);

	s->source = s->source ? s->source + blob : 0;
	for (unsigned i = 0; kinds[i]; i++) {
		if (strchr("stSTbc", kinds[i]) && s->arg[i])
			s->arg[i] += blob;
		else if (strchr("fgF", kinds[i]) && s->arg[i] != PLAN_NO_FD && s->arg[i] >= SLOT_BASE)
			s->arg[i] = s->arg[i] - SLOT_BASE + n_fds;
	}
}

/* The strings of a vector are offsets too.  A vector belongs to one step: shared, it would be
 * moved twice, and plan_open() would refuse the plan. */
static void rebase_vectors(char *base, const struct plan_step *s, uint32_t blob)
{
	const char *kinds = plan_op_kinds(s->op);

	for (unsigned i = 0; kinds[i]; i++) {
		uint64_t *v;

		if ((kinds[i] != 'S' && kinds[i] != 'T') || !s->arg[i])
			continue;
		v = (uint64_t *)(void *)(base + s->arg[i]);
		for (; *v; v++)
			*v += blob;
	}
}

int plan_finish(struct plan *p, void **out, size_t *len, struct husk_error *err)
{
	struct plan_header h = { .magic = PLAN_MAGIC, .version = PLAN_VERSION };
	size_t steps, fds, blob, size;
	char *base;

	if (p->failed == 0 && p->n_fds + p->n_slots > PLAN_MAX_FDS)
		p->failed = E2BIG;
	if (p->failed)
		return err_new(err, HUSK_E_SYSTEM, p->failed, "launch plan: %s",
			       strerror(p->failed));
	steps = sizeof(h);
	fds = steps + p->n_steps * sizeof(*p->steps);
	blob = fds + p->n_fds * sizeof(*p->fds);
	size = blob + p->len_blob + 1;	/* ends in NUL: so does every string in it */
	if (size > PLAN_MAX_SIZE)
		return err_new(err, HUSK_E_CONFIG, E2BIG, "launch plan: larger than %zu bytes",
			       PLAN_MAX_SIZE);
	base = malloc(size);
	if (!base)
		return err_nomem(err, "launch plan");
	h.size = (uint32_t)size;
	h.n_steps = (uint32_t)p->n_steps;
	h.n_fds = (uint32_t)p->n_fds;
	h.n_slots = (uint32_t)p->n_slots;
	h.steps = (uint32_t)steps;
	h.fds = (uint32_t)fds;
	h.blob = (uint32_t)blob;
	memcpy(base, &h, sizeof(h));
	if (p->n_steps > 0)
		memcpy(base + steps, p->steps, p->n_steps * sizeof(*p->steps));
	memcpy(base + fds, p->fds, p->n_fds * sizeof(*p->fds));
	memcpy(base + blob, p->blob, p->len_blob);
	base[size - 1] = '\0';
	for (size_t i = 0; i < p->n_steps; i++) {
		struct plan_step *s = (struct plan_step *)(void *)(base + steps) + i;

		rebase_step(s, h.blob, p->n_fds);
		rebase_vectors(base, s, h.blob);
	}
	for (size_t i = 0; i < p->n_fds; i++) {
		struct plan_fd_entry *e = (struct plan_fd_entry *)(void *)(base + fds) + i;

		e->path = e->path ? e->path + h.blob : 0;
		e->source = e->source ? e->source + h.blob : 0;
	}
	*out = base;
	*len = size;
	return 0;
}
