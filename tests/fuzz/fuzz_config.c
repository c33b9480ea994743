/*
 * Any text as config.json.
 *
 * Both modes of the reader must agree: a text with no problems collected is one that parses.
 *
 * Seeds: tests/data/config tests/data/engine tests/data/bundle
 * Uses: specs, runtime/annotations.h.    Used by: run.sh.
 */
#include "runtime/annotations.h"
#include "specs/specs.h"
#include "tests/fuzz/fuzz.h"

static void check_problems(const struct oci_problems *problems)
{
	for (size_t i = 0; i < problems->n; i++)
		MUST(problems->items[i].pointer && problems->items[i].message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct oci_problems problems = { 0 };
	struct husk_error err = { 0 };
	struct oci_config config;
	int first, all;

	first = oci_config_parse(text, size, &config, NULL, &err);
	if (first == 0) {
		MUST(err.sys == 0);
		(void)rt_annotations_apply(&config, &err);
		oci_config_done(&config);
	} else {
		MUST(err.sys == -first && err.msg[0]);
	}
	all = oci_config_parse(text, size, &config, &problems, &err);
	if (all == 0)
		oci_config_done(&config);
	check_problems(&problems);
	MUST((first == 0) == (all == 0 && problems.n == 0));
	oci_problems_done(&problems);
	free(text);
	return 0;
}
