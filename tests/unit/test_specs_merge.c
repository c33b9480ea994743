/*
 * specs/merge.c: what an update leaves of the configuration.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "specs/specs.h"

/* Without the white space between tokens; no string of these tests has any. */
static void squeeze(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s != ' ' && *s != '\n')
			*to++ = *s;
	}
	*to = '\0';
}

static void merges_to(const char *config, const char *patch, const char *wanted)
{
	struct husk_error err = { 0 };
	char *out = NULL;
	int ret = oci_config_merge(config, strlen(config), patch, strlen(patch), &out, &err);

	assert_string_equal(err.msg, "");
	assert_int_equal(ret, 0);
	squeeze(out);
	assert_string_equal(out, wanted);
	free(out);
}

/* @base and @patch are resources. */
static void resources(const char *base, const char *patch, const char *wanted)
{
	char texts[3][1024];
	const char *const in[] = { base, patch, wanted };

	for (unsigned i = 0; i < 3; i++)
		(void)snprintf(texts[i], sizeof(texts[i]), "{\"linux\":{\"resources\":%s}}", in[i]);
	merges_to(texts[0], texts[1], texts[2]);
}

static void objects_are_merged_and_values_replaced(void **state)
{
	(void)state;
	merges_to("{\"a\":1,\"b\":{\"c\":[1,2],\"d\":true},\"e\":\"x\"}", "{\"b\":{\"c\":[3],\"f\":null,\"g\":{}}}",
		  "{\"a\":1,\"b\":{\"c\":[3],\"d\":true,\"g\":{}},\"e\":\"x\"}");
	resources("{\"memory\":{\"limit\":1,\"swap\":2}}", "{\"memory\":{\"limit\":5},\"pids\":{\"limit\":0}}",
		  "{\"memory\":{\"limit\":5,\"swap\":2},\"pids\":{\"limit\":0}}");
	resources("{\"unified\":{\"a.b\":\"1\"}}", "{\"unified\":{\"c.d\":\"2\"}}",
		  "{\"unified\":{\"a.b\":\"1\",\"c.d\":\"2\"}}");
}

static void what_is_missing_is_made(void **state)
{
	(void)state;
	merges_to("{\"ociVersion\":\"1.0.0\"}", "{\"linux\":{\"resources\":{\"cpu\":{\"shares\":7,\"quota\":0}}}}",
		  "{\"ociVersion\":\"1.0.0\",\"linux\":{\"resources\":{\"cpu\":{\"shares\":7}}}}");
	merges_to("{\"linux\":null}", "{\"linux\":{\"resources\":{}}}", "{\"linux\":{\"resources\":{}}}");
}

static void nothing_is_lost_of_numbers_and_strings(void **state)
{
	(void)state;
	merges_to("{\"n\":18446744073709551615,\"f\":-1.50e+3,\"s\":\"\\u0007\\\"\\\\/\\u00e9\",\"z\":null}", "{}",
		  "{\"n\":18446744073709551615,\"f\":-1.50e+3,\"s\":\"\\u0007\\\"\\\\/\xc3\xa9\",\"z\":null}");
}

static void zero_is_unchanged_where_it_is_no_value(void **state)
{
	(void)state;
	resources("{\"memory\":{\"limit\":1,\"swap\":2}}", "{\"memory\":{\"limit\":0,\"swap\":0,\"reservation\":0}}",
		  "{\"memory\":{\"limit\":1,\"swap\":2}}");
	resources("{\"cpu\":{\"quota\":-1,\"cpus\":\"0\"}}", "{\"cpu\":{\"quota\":0,\"cpus\":\"\",\"burst\":0}}",
		  "{\"cpu\":{\"quota\":-1,\"cpus\":\"0\",\"burst\":0}}");
	resources("{\"pids\":{\"limit\":9}}", "{\"pids\":{\"limit\":0}}", "{\"pids\":{\"limit\":0}}");
}

static void a_lone_rule_that_denies_all_devices_changes_nothing(void **state)
{
	const char *const have = "{\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3}]}";

	(void)state;
	resources(have, "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]}", have);
	resources(have, "{\"devices\":[{\"allow\":false,\"type\":\"c\"}]}",
		  "{\"devices\":[{\"allow\":false,\"type\":\"c\"}]}");
	resources(have, "{\"devices\":[]}", "{\"devices\":[]}");
}

static void lists_of_limits_are_merged_by_device(void **state)
{
	(void)state;
	resources("{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":1},{\"pageSize\":\"1GB\",\"limit\":2}]}",
		  "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":9}]}",
		  "{\"hugepageLimits\":[{\"pageSize\":\"1GB\",\"limit\":2},{\"pageSize\":\"2MB\",\"limit\":9}]}");
	resources("{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1},"
		  "{\"major\":8,\"minor\":16,\"rate\":2}]}}",
		  "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":16,\"rate\":3}]}}",
		  "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1},"
		  "{\"major\":8,\"minor\":16,\"rate\":3}]}}");
}

static void what_is_no_json_is_an_error(void **state)
{
	struct husk_error err = { 0 };
	char *out = NULL;

	(void)state;
	assert_true(oci_config_merge("{}", 2, "{", 1, &out, &err) < 0);
	assert_null(out);
	assert_int_equal(err.kind, HUSK_E_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_merged_and_values_replaced),
		cmocka_unit_test(what_is_missing_is_made),
		cmocka_unit_test(nothing_is_lost_of_numbers_and_strings),
		cmocka_unit_test(zero_is_unchanged_where_it_is_no_value),
		cmocka_unit_test(a_lone_rule_that_denies_all_devices_changes_nothing),
		cmocka_unit_test(lists_of_limits_are_merged_by_device),
		cmocka_unit_test(what_is_no_json_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
