/*
 * Two JSON texts, with a line "%%" between them: a config.json and what an update merges into it.
 *
 * What comes out is JSON again, and to merge the same once more changes nothing.
 *
 * Words: config
 * Uses: specs.    Used by: run.sh.
 */
#include "specs/specs.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *config = fuzz_part(&data, &size), *patch = fuzz_part(&data, &size);
	char *once = NULL, *twice = NULL;
	struct husk_error err = { 0 };

	if (oci_config_merge(config, strlen(config), patch, strlen(patch), &once, &err) == 0) {
		MUST(oci_config_merge(once, strlen(once), patch, strlen(patch), &twice, &err) == 0);
		MUST(strcmp(once, twice) == 0);
	} else {
		MUST(err.sys > 0 && err.msg[0]);
	}
	free(once);
	free(twice);
	free(config);
	free(patch);
	return 0;
}
