/*
 * Any text as state.json, and as the part of it that belongs to cgroups/: what could be read is
 * written so that it reads back as the same.
 *
 * Uses: specs, cgroups.    Used by: run.sh.
 */
#include "cgroups/cgroups.h"
#include "specs/specs.h"
#include "tests/fuzz/fuzz.h"

static void cgroups(const char *text)
{
	struct husk_error err = { 0 };
	struct cgroup *cg, *again;
	char *saved, *second;

	if (cg_load(text, &cg, &err) < 0) {
		MUST(err.sys > 0 && err.msg[0]);
		return;
	}
	saved = cg_save(cg);
	MUST(saved && cg_load(saved, &again, &err) == 0);
	second = cg_save(again);
	MUST(second && strcmp(saved, second) == 0);
	cg_free(cg);
	cg_free(again);
	free(saved);
	free(second);
}

static void state(const char *text, size_t size)
{
	struct husk_error err = { 0 };
	struct oci_state state, again;
	char *written, *second, *shown;

	if (oci_state_parse(text, size, &state, &err) < 0) {
		MUST(err.sys > 0 && err.msg[0]);
		return;
	}
	written = oci_state_write(&state);
	MUST(written && oci_state_parse(written, strlen(written), &again, &err) == 0);
	second = oci_state_write(&again);
	MUST(second && strcmp(written, second) == 0);
	shown = oci_state_public(&state, "running", true);
	MUST(shown);
	if (state.cgroup_state)
		cgroups(state.cgroup_state);
	oci_state_done(&state);
	oci_state_done(&again);
	free(written);
	free(second);
	free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	state(text, size);
	cgroups(text);
	free(text);
	return 0;
}
