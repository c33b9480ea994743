/*
 * libFuzzer entry: any bytes as config.json, as a process, as resources and as state.json.
 *
 *	clang -fsanitize=fuzzer,address,undefined -I. tests/fuzz/fuzz_config.c specs/X.c \
 *		runtime/base/{arena,error,log,str}.c -lcjson
 *
 * Both modes of the reader must agree: a text with no problems collected is one that parses.
 */
#include <stdint.h>
#include <stdlib.h>

#include "specs/specs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_config(const char *text, size_t size)
{
	struct oci_problems problems = { 0 };
	struct husk_error err;
	struct oci_config config;
	int first = oci_config_parse(text, size, &config, NULL, &err), all;

	if (first == 0)
		oci_config_done(&config);
	all = oci_config_parse(text, size, &config, &problems, &err);
	if (all == 0)
		oci_config_done(&config);
	if ((first == 0) != (all == 0 && problems.n == 0))
		abort();
	oci_problems_done(&problems);
}

static void fuzz_parts(const char *text, size_t size)
{
	struct arena arena = { 0 };
	struct husk_error err;
	struct oci_process *process;
	struct oci_resources *resources;

	(void)oci_process_parse(text, size, &arena, &process, &err);
	(void)oci_resources_parse(text, size, &arena, &resources, &err);
	arena_done(&arena);
}

/* What is written for a state that could be read can be read again. */
static void fuzz_state(const char *text, size_t size)
{
	struct husk_error err;
	struct oci_state state, again;
	char *written;

	if (oci_state_parse(text, size, &state, &err) < 0)
		return;
	written = oci_state_write(&state);
	if (written) {
		if (oci_state_parse(written, __builtin_strlen(written), &again, &err) < 0)
			abort();
		oci_state_done(&again);
		free(written);
	}
	oci_state_done(&state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_config((const char *)data, size);
	fuzz_parts((const char *)data, size);
	fuzz_state((const char *)data, size);
	return 0;
}
