/*
 * Where the time of one launch goes: see timeline.h.
 *
 * Uses: runtime/base.    Used by: create.c, launch.c, prepare.c, serve.c, start.c.
 */
#include "runtime/timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/arena.h"
#include "runtime/base/error.h"
#include "runtime/base/json_write.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

/* The same in every time namespace, which CLOCK_MONOTONIC is not.  It jumps only when somebody sets
 * the machine's clock. */
#define CLOCK CLOCK_TAI

static uint64_t now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

struct rt_timeline *rt_timeline_new(const char *what)
{
	struct rt_timeline *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->given = PLAN_NO_FD;
	t->spawn.clock = CLOCK;
	rt_timeline_stage(t, what);
	if (t->failed) {
		rt_timeline_free(t);
		return NULL;
	}
	return t;
}

void rt_timeline_free(struct rt_timeline *t)
{
	if (!t)
		return;
	if (t->begins)
		(void)munmap(t->begins, t->n_steps * sizeof(*t->begins));
	free(t->stages);
	free(t);
}

void rt_timeline_stage(struct rt_timeline *t, const char *what)
{
	size_t cap;
	void *grown;

	if (!t || t->failed)
		return;
	if (t->n_stages == t->cap_stages) {
		cap = t->cap_stages ? 2 * t->cap_stages : 32;
		grown = realloc(t->stages, cap * sizeof(*t->stages));
		t->failed = !grown;
		if (!grown)
			return;
		t->stages = grown;
		t->cap_stages = cap;
	}
	t->stages[t->n_stages++] = (struct rt_stage){ what, now() };
}

void rt_timeline_executed(struct rt_timeline *t)
{
	if (t)
		t->executed = now();
}

void rt_timeline_emit(struct rt_timeline *t, bool denied, struct plan *p)
{
	if (!t)
		return;
	t->given = plan_fd(p, PLAN_FD_GIVEN, "timeline", 0, 0, NULL);
	PLAN_EMIT(p, OP_TIMES, NULL, t->given, CLOCK, denied);
}

int rt_timeline_open(struct rt_timeline *t, const struct plan_view *v, struct husk_error *err)
{
	size_t size = v->h->n_steps * sizeof(*t->begins);
	cleanup_close int fd = memfd_create("husk-timeline", MFD_CLOEXEC);
	void *mem;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return err_sys(err, "memory file for the timeline");
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		return err_sys(err, "map the timeline");
	t->begins = mem;
	t->n_steps = v->h->n_steps;
	return take_fd(&fd);
}

/* ---- what came of it ------------------------------------------------------ */

/* What husk_timeline_free() frees. */
struct report {
	struct husk_timeline t;
	struct arena arena;
	bool failed;
};

/* What was done from @begin to @end; with @begin 0 nobody knows when. */
static struct husk_span *add(struct report *r, enum husk_who who, const char *what, uint64_t begin,
			     uint64_t end)
{
	struct husk_span *s = &r->t.spans[r->t.n++];

	*s = (struct husk_span){ .who = who, .step = -1, .op = "", .pointer = "",
				 .what = arena_strdup(&r->arena, what), .timed = begin && begin <= end };
	s->begin_ns = s->timed ? begin : end;
	s->end_ns = end;
	r->failed = r->failed || !s->what;
	return s;
}

static void add_caller(const struct rt_timeline *t, uint64_t end, struct report *r)
{
	for (size_t i = 0; i < t->n_stages; i++)
		(void)add(r, HUSK_WHO_CALLER, t->stages[i].what, t->stages[i].begin,
			  i + 1 < t->n_stages ? t->stages[i + 1].begin : end);
}

static void add_step(const struct rt_timeline *t, const struct plan_view *v, uint32_t i,
		     uint64_t end, struct report *r)
{
	const struct plan_step *step = &v->steps[i];
	cleanup_str struct str text = { 0 };
	struct husk_span *s;

	plan_describe(v, i, &text);
	s = add(r, HUSK_WHO_INIT, text.s ? text.s : "", t->begins[i], end);
	s->step = (int)i;
	s->op = plan_op_name(step->op);
	if (step->source)
		s->pointer = arena_strdup(&r->arena, plan_view_str(v, step->source));
	r->failed = r->failed || text.failed || !s->pointer;
}

/* A step ends where the next one begins; what is not noted is not past @end. */
static void add_init(const struct rt_timeline *t, const struct plan_view *v, uint64_t end,
		     struct report *r)
{
	if (!t->begins || !t->spawn.born)
		return;
	(void)add(r, HUSK_WHO_INIT, "arrange its descriptors", t->spawn.born, t->spawn.exec);
	(void)add(r, HUSK_WHO_INIT, "execute husk-init, read the plan", t->spawn.exec, t->begins[0]);
	for (uint32_t i = 0; i < t->n_steps; i++) {
		uint64_t next = i + 1 < t->n_steps ? t->begins[i + 1] : 0;

		add_step(t, v, i, next ? next : end, r);
	}
}

static int by_begin(const void *a, const void *b)
{
	const struct husk_span *s = a, *t = b;

	if (s->begin_ns != t->begin_ns)
		return s->begin_ns < t->begin_ns ? -1 : 1;
	return s->who != t->who ? (int)s->who - (int)t->who : s->step - t->step;
}

static void put_us(struct json_writer *w, const char *key, uint64_t ns, bool known)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRIu64 ".%03u", ns / 1000, (unsigned)(ns % 1000));
	json_put_raw(w, key, known ? text : "null");
}

static char *to_json(const struct husk_timeline *t)
{
	struct json_writer w = { .pretty = true };

	json_open(&w, NULL, '{');
	put_us(&w, "total_us", t->total_ns, true);
	json_open(&w, "spans", '[');
	for (size_t i = 0; i < t->n; i++) {
		const struct husk_span *s = &t->spans[i];

		json_open(&w, NULL, '{');
		json_put_string(&w, "who", s->who == HUSK_WHO_INIT ? "husk-init" : "husk");
		if (s->step >= 0) {
			json_put_int(&w, "step", s->step);
			json_put_string(&w, "op", s->op);
		}
		json_put_string(&w, "what", s->what);
		if (*s->pointer)
			json_put_string(&w, "source", s->pointer);
		put_us(&w, "begin_us", s->begin_ns, s->timed);
		put_us(&w, "duration_us", s->end_ns - s->begin_ns, s->timed);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	json_close(&w, '}');
	return str_take(&w.out);
}

struct husk_timeline *rt_timeline_finish(const struct rt_timeline *t, const struct plan_view *v)
{
	uint64_t begin = t->stages[0].begin, end = now();
	struct report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->t.spans = arena_array(&r->arena, t->n_stages + 2 + t->n_steps, sizeof(*r->t.spans));
	if (r->t.spans) {
		add_caller(t, end, r);
		add_init(t, v, t->executed ? t->executed : end, r);
		for (size_t i = 0; i < r->t.n; i++) {
			r->t.spans[i].begin_ns -= begin;
			r->t.spans[i].end_ns -= begin;
		}
		qsort(r->t.spans, r->t.n, sizeof(*r->t.spans), by_begin);
		r->t.total_ns = end - begin;
		r->t.json = to_json(&r->t);
	}
	if (r->failed || t->failed || !r->t.json) {
		husk_timeline_free(&r->t);
		return NULL;
	}
	return &r->t;
}

void husk_timeline_free(struct husk_timeline *timeline)
{
	struct report *r = (struct report *)timeline;

	if (!r)
		return;
	arena_done(&r->arena);
	free(r->t.json);
	free(r);
}
