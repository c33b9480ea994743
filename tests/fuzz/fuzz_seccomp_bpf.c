/*
 * Any text as the base64 of a ready-made seccomp filter, and any bytes as a compiled one: it is
 * refused, or evaluated without leaving it.
 *
 * Uses: runtime/annotations.h, runtime/process/process.h.    Used by: run.sh.
 */
#include "runtime/annotations.h"
#include "runtime/process/process.h"
#include "tests/fuzz/fuzz.h"

static void evaluate(const void *filter, size_t n_bytes)
{
	static const struct rt_call calls[] = {
		{ 0, { 0 } }, { 56, { UINT64_MAX, 1, 2, 3, 4, 5 } }, { -1, { 0 } },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		(void)rt_seccomp_allows(filter, n_bytes, &calls[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct arena arena = { 0 };
	struct husk_error err = { 0 };
	const void *filter;
	void *exact;
	size_t n;

	evaluate(text, size);
	if (rt_seccomp_decode(text, &arena, "/x", &filter, &n, &err) == 0) {
		MUST(n > 0 && n % 8 == 0);
		exact = fuzz_text(filter, n);
		evaluate(exact, n);
		free(exact);
	} else {
		MUST(err.sys > 0 && err.msg[0]);
	}
	arena_done(&arena);
	free(text);
	return 0;
}
