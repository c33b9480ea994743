/*
 * runtime/base/json_write.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/base/json_write.h"
#include "runtime/base/util.h"

static char *write_example(bool pretty)
{
	static const char *const words[] = { "x", "y", NULL };
	struct json_writer w = { .pretty = pretty };

	json_open(&w, NULL, '{');
	json_put_string(&w, "s\n", "\"\\\x01");
	json_put_int(&w, "i", INT64_MIN);
	json_put_uint(&w, "u", UINT64_MAX);
	json_put_bool(&w, "b", false);
	json_put_strings(&w, "l", words);
	json_put_strings(&w, "e", NULL);
	json_open(&w, "o", '{');
	json_close(&w, '}');
	json_close(&w, '}');
	return str_take(&w.out);
}

static void compact_text_has_no_blanks(void **state)
{
	cleanup_free char *text = write_example(false);

	(void)state;
	assert_string_equal(text, "{\"s\\n\":\"\\\"\\\\\\u0001\",\"i\":-9223372036854775808,"
				  "\"u\":18446744073709551615,\"b\":false,\"l\":[\"x\",\"y\"],"
				  "\"e\":[],\"o\":{}}");
}

static void pretty_text_looks_like_gos(void **state)
{
	cleanup_free char *text = write_example(true);

	(void)state;
	assert_string_equal(text, "{\n"
				  "  \"s\\n\": \"\\\"\\\\\\u0001\",\n"
				  "  \"i\": -9223372036854775808,\n"
				  "  \"u\": 18446744073709551615,\n"
				  "  \"b\": false,\n"
				  "  \"l\": [\n"
				  "    \"x\",\n"
				  "    \"y\"\n"
				  "  ],\n"
				  "  \"e\": [],\n"
				  "  \"o\": {}\n"
				  "}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compact_text_has_no_blanks),
		cmocka_unit_test(pretty_text_looks_like_gos),
	};

	return cmocka_run_group_tests_name("runtime/base/json_write", tests, NULL, NULL);
}
