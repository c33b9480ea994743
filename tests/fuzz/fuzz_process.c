/*
 * Any text as the documents that exec, update and `mounts add` take.
 *
 * Seeds: tests/data/engine
 * Words: config
 * Uses: specs, runtime/process/process.h.    Used by: run.sh.
 */
#include "runtime/process/process.h"
#include "specs/specs.h"
#include "tests/fuzz/fuzz.h"

static void process(const char *text, size_t size, struct arena *arena)
{
	const struct rt_process_options opts = { .id = "fuzz", .exec = true,
						 .console_slave = PLAN_NO_FD };
	const struct oci_linux linux_ = { 0 };
	struct husk_error err = { 0 };
	struct oci_process *p;
	struct plan plan;

	if (oci_process_parse(text, size, arena, &p, &err) < 0 ||
	    rt_process_check(p, &linux_, &err) < 0) {
		MUST(err.sys > 0 && err.msg[0]);
		return;
	}
	MUST(plan_init(&plan, &err) == 0);
	rt_process_emit_first(p, &opts, &plan);
	rt_process_emit_early(p, &linux_, &opts, &plan);
	rt_process_emit_ready(p, &linux_, &opts, &plan);
	rt_process_emit_final(p, &linux_, &opts, &plan);
	MUST(plan.failed == 0);
	plan_done(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct arena arena = { 0 };
	struct husk_error err = { 0 };
	struct oci_resources *resources;
	struct oci_mount *mounts;
	size_t n;

	process(text, size, &arena);
	MUST(oci_resources_parse(text, size, &arena, &resources, &err) == 0 || err.msg[0]);
	MUST(oci_mounts_parse(text, size, &arena, &mounts, &n, &err) == 0 || err.msg[0]);
	arena_done(&arena);
	free(text);
	return 0;
}
