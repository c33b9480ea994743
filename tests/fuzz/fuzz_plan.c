/*
 * Any bytes as a launch plan: what plan_open() lets through can be used without looking again.
 *
 * The bytes are taken as they are, and once more with what is easily refused put right: the header,
 * the operations, and offsets, which become some that lie inside of the plan.  Opened as the
 * library does it, the plan is printed; opened as husk-init does, every argument is read as a step
 * would read it.
 *
 * Uses: runtime/base.    Used by: run.sh.
 */
#include "runtime/base/landlock_rules.h"
#include "runtime/base/plan.h"
#include "runtime/base/str.h"
#include "tests/fuzz/fuzz.h"

/* Something that the compiler cannot leave out. */
static volatile unsigned char sink;

static void touch(const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sink = ((const unsigned char *)p)[i];
}

static uint64_t offset_in(const struct plan_header *h, uint64_t any, bool aligned)
{
	uint64_t off = h->blob + any % (h->size - h->blob);

	return any == 0 ? 0 : aligned ? off & ~UINT64_C(7) : off;
}

/* Of the words in the blob those that start with this are offsets; lengths, for example, are not. */
enum { OFFSET = 0xa5 };

static void repair_body(char *mem, const struct plan_header *h)
{
	struct plan_step *steps = (void *)(mem + h->steps);
	struct plan_fd_entry *fds = (void *)(mem + h->fds);

	for (uint32_t i = 0; i < h->n_steps; i++) {
		const char *kinds;

		steps[i].op %= PLAN_OPS;
		steps[i].source = (uint32_t)offset_in(h, steps[i].source, false);
		kinds = plan_op_kinds(steps[i].op);
		for (unsigned k = 0; kinds[k]; k++) {
			uint64_t *arg = &steps[i].arg[k];

			if (strchr("sStTbc", kinds[k]))
				*arg = offset_in(h, *arg, !strchr("st", kinds[k]));
			else if (strchr("fgF", kinds[k]) && *arg != PLAN_NO_FD)
				*arg = h->n_fds + *arg % (h->n_slots + 1u);
		}
	}
	for (uint32_t i = 0; i < h->n_fds; i++)
		fds[i] = (struct plan_fd_entry){ .kind = fds[i].kind % PLAN_FD_KINDS,
						 .path = (uint32_t)offset_in(h, fds[i].path, false) };
	for (uint32_t at = h->blob; at + 8 < h->size; at += 8) {
		uint64_t *word = (void *)(mem + at);

		if (*word >> 56 == OFFSET)
			*word = offset_in(h, *word << 8 >> 8, false);
	}
}

static void repair(void *mem, size_t size)
{
	struct plan_header *h = mem;

	if (size < sizeof(*h))
		return;
	memcpy(h->magic, PLAN_MAGIC, sizeof(h->magic));
	h->version = PLAN_VERSION;
	h->size = (uint32_t)size;
	h->n_steps %= 8;
	h->n_fds = PLAN_FD_FIXED + h->n_fds % 4;
	h->n_slots %= 4;
	h->steps = sizeof(*h);
	h->fds = h->steps + h->n_steps * (uint32_t)sizeof(struct plan_step);
	h->blob = h->fds + h->n_fds * (uint32_t)sizeof(struct plan_fd_entry);
	if (h->blob >= size)
		return;
	repair_body(mem, h);
	((char *)mem)[size - 1] = '\0';
}

/* As the functions of step.h do. */
static void use(const struct plan_view *v, char kind, uint64_t arg)
{
	const void *bytes;
	size_t len;

	switch (kind) {
	case 't':
		if (!arg)
			break;
		/* fallthrough */
	case 's':
		touch(plan_view_str(v, arg), strlen(plan_view_str(v, arg)));
		break;
	case 'T':
		if (!arg)
			break;
		/* fallthrough */
	case 'S':
		MUST(arg);
		for (char **s = (char **)(void *)(v->base + arg); *s; s++)
			touch(*s, strlen(*s));
		break;
	case 'b':
		MUST(arg);
		/* fallthrough */
	case 'c':
		bytes = plan_view_bytes(v, arg, &len);
		touch(bytes, len);
		break;
	case 'f':
		MUST(arg < v->h->n_fds + v->h->n_slots);
		break;
	case 'g':
	case 'F':
		MUST(arg == PLAN_NO_FD || arg < v->h->n_fds + v->h->n_slots);
		break;
	}
}

/* As PROC_LANDLOCK does: as many rules as there are paths. */
static void use_ruleset(const struct plan_view *v, const struct plan_step *s)
{
	char **paths = (char **)(void *)(v->base + s->arg[2]);
	const struct rt_landlock_path *files;
	size_t len, n;

	files = plan_view_bytes(v, s->arg[3], &len);
	n = len / sizeof(*files);
	MUST(n <= RT_LANDLOCK_MAX_PATHS);
	for (size_t i = 0; i < n; i++) {
		MUST(paths[i]);
		touch(paths[i], strlen(paths[i]));
		touch(&files[i], sizeof(files[i]));
	}
	MUST(!paths[n]);
}

static void as_init(void *mem, size_t size)
{
	struct plan_view v;

	if (plan_open(&v, mem, size, true))
		return;
	for (uint32_t i = 0; i < v.h->n_steps; i++) {
		const struct plan_step *s = &v.steps[i];
		const char *kinds = plan_op_kinds(s->op);

		for (unsigned k = 0; kinds[k]; k++)
			use(&v, kinds[k], s->arg[k]);
		use(&v, 't', s->source);
		if (s->op == OP_PROC_LANDLOCK)
			use_ruleset(&v, s);
	}
	for (uint32_t i = 0; i < v.h->n_fds; i++)
		use(&v, 't', v.fds[i].path);
}

static void as_library(void *mem, size_t size)
{
	struct plan_view v;
	struct str out = { 0 };

	if (!plan_open(&v, mem, size, false)) {
		plan_print_text(&v, &out);
		plan_print_json(&v, &out);
	}
	str_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *mem = fuzz_text(data, size);

	as_library(mem, size);
	repair(mem, size);
	as_library(mem, size);
	as_init(mem, size);
	free(mem);
	mem = fuzz_text(data, size);
	as_init(mem, size);
	free(mem);
	return 0;
}
