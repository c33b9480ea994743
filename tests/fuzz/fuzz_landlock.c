/*
 * Any text as the annotation org.husk.landlock: it is refused with a message, or becomes a step that the
 * reader of plans accepts, of what a kernel of the ABI in the first byte has.
 *
 * Uses: runtime/process.    Used by: run.sh.
 */
#include <errno.h>

#include "runtime/process/landlock.h"
#include "tests/fuzz/fuzz.h"

/* What is left is within what is denied, and there is a path for each access. */
static void check_rules(const struct rt_landlock *ll, int abi)
{
	size_t n = 0;

	MUST(ll->attr.fs || ll->attr.net || ll->attr.scope);
	MUST(abi >= 6 || !ll->attr.scope);
	MUST(abi >= 4 || !ll->attr.net);
	while (ll->path[n])
		n++;
	MUST(n == ll->n_files && n <= RT_LANDLOCK_MAX_PATHS);
	for (size_t i = 0; i < n; i++) {
		MUST(ll->path[i][0] == '/' && strlen(ll->path[i]) < 4096);
		MUST(ll->file[i].access && !(ll->file[i].access & ~ll->attr.fs));
	}
	for (size_t i = 0; i < ll->n_ports; i++)
		MUST(ll->port[i].port < 65536 && (ll->port[i].access & ll->attr.net));
}

static void check_step(const struct rt_landlock *ll)
{
	struct husk_error err;
	struct plan_view v;
	struct plan p;
	size_t len;
	void *mem;

	MUST(plan_init(&p, &err) == 0);
	(void)rt_landlock_emit(ll, false, &p);
	MUST(plan_finish(&p, &mem, &len, &err) == 0);
	plan_done(&p);
	MUST(plan_open(&v, mem, len, true) == NULL);
	free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int abi = size ? data[0] % 10 : 0;
	char *text = fuzz_text(size ? data + 1 : data, size ? size - 1 : 0);
	struct husk_error err = { 0 };
	struct rt_landlock *ll = NULL;
	struct arena arena = { 0 };
	char **words = rt_landlock_words(&arena, text);
	int ret;

	MUST(words != NULL);
	ret = rt_landlock_read(words, "here", &arena, &ll, &err);
	if (ret == 0 && ll)
		ret = rt_landlock_fit(&ll, abi ? abi : -ENOSYS, &err);
	MUST(ret == 0 || (ret < 0 && err.sys == -ret && err.msg[0]));
	if (ret == 0 && ll) {
		check_rules(ll, abi);
		check_step(ll);
	}
	arena_done(&arena);
	free(text);
	return 0;
}
