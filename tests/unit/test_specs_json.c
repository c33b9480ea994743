/*
 * specs/json.c, json_text.c: strict as RFC 8259, exact whatever the number.
 *
 * covers: bad-json
 */
#include "specs/json.h"
#include "tests/unit/test_specs.h"

static void parse(const char *text, size_t len, struct json_doc *doc)
{
	struct husk_error err = { 0 };

	if (json_parse(text, len, doc, &err) < 0)
		fail_msg("%.80s: %s", text, err.msg);
}

static void integers_are_exact_whatever_their_size(void **state)
{
	static const struct {
		const char *text;
		enum json_int kind;
		bool negative;
		uint64_t magnitude;
	} cases[] = {
		{ "0", JSON_INT_OK, false, 0 },
		{ "-0", JSON_INT_OK, false, 0 },
		{ "-1", JSON_INT_OK, true, 1 },
		{ "9007199254740993", JSON_INT_OK, false, UINT64_C(9007199254740993) },
		{ "9223372036854775807", JSON_INT_OK, false, INT64_MAX },
		{ "-9223372036854775808", JSON_INT_OK, true, (uint64_t)INT64_MAX + 1 },
		{ "18446744073709551615", JSON_INT_OK, false, UINT64_MAX },
		{ "18446744073709551616", JSON_INT_TOO_BIG, false, 0 },
		{ "1e3", JSON_INT_OK, false, 1000 },
		{ "1E+3", JSON_INT_OK, false, 1000 },
		{ "1.8446744073709551615e19", JSON_INT_OK, false, UINT64_MAX },
		{ "1000e-3", JSON_INT_OK, false, 1 },
		{ "2.50e1", JSON_INT_OK, false, 25 },
		{ "10.0", JSON_INT_OK, false, 10 },
		{ "0.0e-99999999999999999999", JSON_INT_OK, false, 0 },
		{ "0e99999999999999999999", JSON_INT_OK, false, 0 },
		{ "1e99999999999999999999", JSON_INT_TOO_BIG, false, 0 },
		{ "1e-99999999999999999999", JSON_INT_FRACTION, false, 0 },
		{ "1.5", JSON_INT_FRACTION, false, 0 },
		{ "9007199254740993.5", JSON_INT_FRACTION, false, 0 },
		{ "25e-1", JSON_INT_FRACTION, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json struct json_doc doc = { 0 };
		bool negative = false;
		uint64_t magnitude = 0;

		parse(cases[i].text, strlen(cases[i].text), &doc);
		assert_int_equal(json_integer(doc.root, &negative, &magnitude), cases[i].kind);
		assert_int_equal(negative, cases[i].negative);
		assert_true(magnitude == cases[i].magnitude);
	}
}

static void each_number_keeps_its_own_text(void **state)
{
	static const char text[] =
		"{\"a\":[1,-2,\"3 4\\\" 5\",6],\"7\":{\"b\":18446744073709551615},\"c\":8}";
	static const uint64_t expected[] = { 1, 2, 6, UINT64_MAX, 8 };
	cleanup_json struct json_doc doc = { 0 };
	const struct json *in_order[5], *a;
	bool negative;
	uint64_t magnitude;

	(void)state;
	parse(text, sizeof(text) - 1, &doc);
	a = json_first(json_get(doc.root, "a"));
	in_order[0] = a;
	in_order[1] = json_next(a);
	in_order[2] = json_next(json_next(json_next(a)));
	in_order[3] = json_get(json_get(doc.root, "7"), "b");
	in_order[4] = json_get(doc.root, "c");
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_int_equal(json_integer(in_order[i], &negative, &magnitude), JSON_INT_OK);
		assert_true(magnitude == expected[i]);
	}
}

static void types_and_members_are_as_written(void **state)
{
	static const char text[] = " [null, true, 7, \"\\u00e4\\ud83d\\ude00\\n\", [], {\"k\":{}}] ";
	static const enum json_type types[] = { JSON_NULL,   JSON_BOOL,	 JSON_NUMBER,
						JSON_STRING, JSON_ARRAY, JSON_OBJECT };
	cleanup_json struct json_doc doc = { 0 };
	const struct json *v;
	size_t i = 0;

	(void)state;
	parse(text, sizeof(text) - 1, &doc);
	assert_int_equal(json_count(doc.root), ARRAY_SIZE(types));
	for (v = json_first(doc.root); v; v = json_next(v)) {
		assert_int_equal(json_type(v), types[i++]);
		if (json_type(v) == JSON_STRING)
			assert_string_equal(json_string(v), "\xc3\xa4\xf0\x9f\x98\x80\n");
		if (json_type(v) == JSON_OBJECT)
			assert_string_equal(json_key(json_first(v)), "k");
	}
}

static void strings_say_what_their_escapes_mean(void **state)
{
	static const char text[] =
		"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"a\\u007Fb\\u0080c\\u07ffd\\u0800e\\uFFFF\","
		"\"\\ud800\\udc00\\uDBFF\\uDFFF.\", \"\\u005c\\u0022n\", \"\", \"\xc3\xa4\\n\"]";
	static const char *const said[] = {
		"\"\\/\b\f\n\r\t",
		"a\177b\xc2\x80" "c\xdf\xbf" "d\xe0\xa0\x80" "e\xef\xbf\xbf",
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf.", "\\\"n", "", "\xc3\xa4\n",
	};
	cleanup_json struct json_doc doc = { 0 };
	size_t i = 0;

	(void)state;
	parse(text, sizeof(text) - 1, &doc);
	for (const struct json *v = json_first(doc.root); v; v = json_next(v))
		assert_string_equal(json_string(v), said[i++]);
	assert_int_equal(i, ARRAY_SIZE(said));
}

static void members_follow_what_is_nested_before_them(void **state)
{
	static const char text[] =
		"{\"a\":{\"b\":[[],[{}]],\"c\":null},\"d\":[],\"\\u0065\":\"f\"}";
	cleanup_json struct json_doc doc = { 0 };
	const struct json *v;

	(void)state;
	parse(text, sizeof(text) - 1, &doc);
	assert_int_equal(json_count(doc.root), 3);
	v = json_get(json_get(doc.root, "a"), "b");
	assert_int_equal(json_count(v), 2);
	assert_null(json_first(json_first(v)));
	assert_int_equal(json_type(json_first(json_next(json_first(v)))), JSON_OBJECT);
	assert_string_equal(json_key(json_next(v)), "c");
	assert_null(json_next(json_next(v)));
	assert_null(json_get(json_get(doc.root, "a"), "c"));
	assert_null(json_first(json_get(doc.root, "d")));
	assert_string_equal(json_string(json_get(doc.root, "e")), "f");
}

#define TEXT(s) s, sizeof(s) - 1

static void what_is_not_json_is_refused(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *message;
	} cases[] = {
		{ TEXT(""), "not JSON: line 1, column 1: the text ends too early" },
		{ TEXT(" \n"), "not JSON: line 2, column 1: the text ends too early" },
		{ TEXT("{\n \"a\": 1"), "not JSON: line 2, column 8: the text ends too early" },
		{ TEXT("{\"a\":1,\n\"b\" 2}"), "not JSON: line 2, column 5: expected \":\"" },
		{ TEXT("{\"a\":1,}"), "not JSON: line 1, column 8: expected a member's name" },
		{ TEXT("{} {}"), "not JSON: line 1, column 4: expected nothing behind the value" },
		{ TEXT("{}\0"), "not JSON: line 1, column 3: an unexpected character" },
		{ TEXT("\xef\xbb\xbf{}"), "not JSON: line 1, column 1: an unexpected character" },
		{ TEXT("[1\f]"), "not JSON: line 1, column 3: an unexpected character" },
		{ TEXT("[1] // x"), "not JSON: line 1, column 5: an unexpected character" },
		{ TEXT("[nul]"), "not JSON: line 1, column 2: neither true, false nor null" },
		{ TEXT("[truefalse]"), "not JSON: line 1, column 6: expected \",\" or \"]\"" },
		{ TEXT("["), "not JSON: line 1, column 2: the text ends too early" },
		{ TEXT("[,1]"), "not JSON: line 1, column 2: expected a value or \"]\"" },
		{ TEXT("[1,]"), "not JSON: line 1, column 4: expected a value" },
		{ TEXT("[1 2]"), "not JSON: line 1, column 4: expected \",\" or \"]\"" },
		{ TEXT("[1:2]"), "not JSON: line 1, column 3: expected \",\" or \"]\"" },
		{ TEXT("[}"), "not JSON: line 1, column 2: expected a value or \"]\"" },
		{ TEXT("{]"), "not JSON: line 1, column 2: expected a member's name or \"}\"" },
		{ TEXT("{1:2}"), "not JSON: line 1, column 2: expected a member's name or \"}\"" },
		{ TEXT("{\"a\",\"b\"}"), "not JSON: line 1, column 5: expected \":\"" },
		{ TEXT("{\"a\"}"), "not JSON: line 1, column 5: expected \":\"" },
		{ TEXT("{\"a\":}"), "not JSON: line 1, column 6: expected a value" },
		{ TEXT("{\"a\":1:2}"), "not JSON: line 1, column 7: expected \",\" or \"}\"" },
		{ TEXT("{\"a\":1]"), "not JSON: line 1, column 7: expected \",\" or \"}\"" },
		{ TEXT("]"), "not JSON: line 1, column 1: expected a value" },
		{ TEXT("1]"), "not JSON: line 1, column 2: expected nothing behind the value" },
		{ TEXT("1,"), "not JSON: line 1, column 2: expected nothing behind the value" },
		{ TEXT("tru"), "not JSON: line 1, column 1: neither true, false nor null" },
		{ TEXT("-"), "not JSON: line 1, column 1: not a number" },
		{ TEXT("1e+"), "not JSON: line 1, column 1: not a number" },
		{ TEXT("[01]"), "not JSON: line 1, column 2: not a number" },
		{ TEXT("[1.]"), "not JSON: line 1, column 2: not a number" },
		{ TEXT("[-]"), "not JSON: line 1, column 2: not a number" },
		{ TEXT("[1e]"), "not JSON: line 1, column 2: not a number" },
		{ TEXT("[1-2]"), "not JSON: line 1, column 3: expected \",\" or \"]\"" },
		{ TEXT("[111111111111111111111111111111111111111111111111111111111111111]"),
		  "not JSON: line 1, column 2: a number of more than 62 characters" },
		{ TEXT("[\"a\n\"]"), "not JSON: line 1, column 4: a control character in a string; "
				    "write it as \\u00XX" },
		{ TEXT("[\"a\0\"]"), "not JSON: line 1, column 4: a control character in a string; "
				    "write it as \\u00XX" },
		{ TEXT("[\"a\\u0000b\"]"), "not JSON: line 1, column 4: \\u0000 in a string" },
		{ TEXT("[\"\\x\"]"), "not JSON: line 1, column 3: an escape that JSON does not have" },
		{ TEXT("[\"\\ud800\"]"), "not JSON: line 1, column 3: half of a surrogate pair" },
		{ TEXT("[\"\\udc00\"]"), "not JSON: line 1, column 3: half of a surrogate pair" },
		{ TEXT("[\"\\u00g0\"]"), "not JSON: line 1, column 3: \\u without four hexadecimal digits" },
		{ TEXT("[\"\\u12"), "not JSON: line 1, column 3: \\u without four hexadecimal digits" },
		{ TEXT("[\"\\ud800\\ud800\"]"), "not JSON: line 1, column 3: half of a surrogate pair" },
		{ TEXT("[\"\\ud800\\u00e4\"]"), "not JSON: line 1, column 3: half of a surrogate pair" },
		{ TEXT("[\"\\ud800\\"), "not JSON: line 1, column 3: half of a surrogate pair" },
		{ TEXT("[\"abc"), "not JSON: line 1, column 6: the text ends inside a string" },
		{ TEXT("[\"abc\\"), "not JSON: line 1, column 7: the text ends inside a string" },
		{ TEXT("[\"\x80\"]"), "not JSON: line 1, column 3: invalid UTF-8" },
		{ TEXT("[\"\xc0\x80\"]"), "not JSON: line 1, column 3: invalid UTF-8" },
		{ TEXT("[\"\xe0\x80\x80\"]"), "not JSON: line 1, column 3: invalid UTF-8" },
		{ TEXT("[\"\xed\xa0\x80\"]"), "not JSON: line 1, column 3: invalid UTF-8" },
		{ TEXT("[\"\xf4\x90\x80\x80\"]"), "not JSON: line 1, column 3: invalid UTF-8" },
		{ TEXT("[\"\xe2\x82"), "not JSON: line 1, column 3: invalid UTF-8" },
		{ TEXT("{\"a\":{\"b\":1,\"c\":2,\"b\":3}}"),
		  "not JSON: an object has two members \"b\"" },
		{ TEXT("{\"a\":1,\"\\u0061\":2}"), "not JSON: an object has two members \"a\"" },
		{ TEXT("{\"a\\n\":1,\"a\\n\":2}"), "not JSON: an object has two members \"a\\n\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		struct json_doc doc = { 0 };

		assert_int_equal(json_parse(cases[i].text, cases[i].len, &doc, &err), -EINVAL);
		assert_string_equal(err.msg, cases[i].message);
		assert_int_equal(err.kind, HUSK_E_CONFIG);
		assert_null(doc.root);
	}
}

static void duplicates_are_found_in_large_objects(void **state)
{
	cleanup_str struct str text = { 0 };
	struct husk_error err = { 0 };
	struct json_doc doc = { 0 };

	(void)state;
	str_add(&text, "{");
	for (int i = 0; i < 1000; i++)
		str_printf(&text, "\"k%d\":1,", i);
	str_add(&text, "\"k500\":1}");
	assert_int_equal(json_parse(text.s, text.len, &doc, &err), -EINVAL);
	assert_string_equal(err.msg, "not JSON: an object has two members \"k500\"");
}

static void nesting_is_bounded(void **state)
{
	enum { LEN = 1 << 20 };
	cleanup_free char *text = malloc(LEN);
	struct husk_error err = { 0 };
	struct json_doc doc = { 0 };

	(void)state;
	memset(text, ' ', LEN);
	memset(text, '[', 10000);
	memset(text + LEN - 10000, ']', 10000);
	assert_int_equal(json_parse(text, LEN, &doc, &err), -EINVAL);
	assert_string_equal(err.msg, "not JSON: line 1, column 129: nested more than 128 deep");

	memset(text, '[', 128);
	memset(text + 128, ']', 128);
	parse(text, 256, &doc);
	json_doc_done(&doc);
}

static void a_million_members_and_long_strings_are_no_trouble(void **state)
{
	enum { MEMBERS = 1000000, LONG = 70000 };
	cleanup_str struct str text = { 0 };
	cleanup_json struct json_doc doc = { 0 };

	(void)state;
	str_add(&text, "[\"");
	for (int i = 0; i < LONG; i++)
		str_add_n(&text, "x", 1);
	str_add(&text, "\"");
	for (int i = 1; i < MEMBERS; i++)
		str_add(&text, ",1");
	str_add(&text, "]");
	parse(text.s, text.len, &doc);
	assert_int_equal(json_count(doc.root), MEMBERS);
	assert_int_equal(strlen(json_string(json_first(doc.root))), LONG);
}

static void a_text_that_is_too_long_is_not_looked_at(void **state)
{
	struct husk_error err = { 0 };
	struct json_doc doc = { 0 };

	(void)state;
	assert_int_equal(json_parse(NULL, (64 << 20) + 1, &doc, &err), -EFBIG);
	assert_string_equal(err.msg, "not JSON that is read: more than 64 MiB");
}

static void values_are_printed_short(void **state)
{
	static const char text[] =
		"[\"a\\\"b\",12.50e3,true,null,[],{},"
		"\"0123456789012345678901234567890123456789012345678901234567890123456789\"]";
	static const char *const expected[] = {
		"\"a\\\"b\"", "12.50e3", "true", "null", "an array", "an object",
		"\"0123456789012345678901234567890123456789012345678901234567890123...\"",
	};
	cleanup_json struct json_doc doc = { 0 };
	size_t i = 0;

	(void)state;
	parse(text, sizeof(text) - 1, &doc);
	for (const struct json *v = json_first(doc.root); v; v = json_next(v)) {
		cleanup_str struct str out = { 0 };

		json_print(&out, v);
		assert_string_equal(out.s, expected[i++]);
	}
}

static void a_list_stands_where_it_is_in_the_text(void **state)
{
	static const char text[] = "\n {\"a\\u0041\": \"]\\\"\", \"b\": [ \"]\", {\"[\": \"\\\\\"}, [[]] ] , \"c\": []}";
	cleanup_json struct json_doc doc = { 0 };
	size_t at, len;

	(void)state;
	parse(text, sizeof(text) - 1, &doc);
	json_place(&doc, text, json_get(doc.root, "b"), &at, &len);
	assert_ptr_equal(text + at, strstr(text, "[ \"]"));
	assert_ptr_equal(text + at + len, strstr(text, " , \"c"));
	json_place(&doc, text, json_get(doc.root, "c"), &at, &len);
	assert_int_equal(len, 2);
	assert_string_equal(text + at, "[]}");
	json_place(&doc, text, doc.root, &at, &len);
	assert_int_equal(at, 2);
	assert_int_equal(len, sizeof(text) - 1 - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_exact_whatever_their_size),
		cmocka_unit_test(each_number_keeps_its_own_text),
		cmocka_unit_test(types_and_members_are_as_written),
		cmocka_unit_test(strings_say_what_their_escapes_mean),
		cmocka_unit_test(members_follow_what_is_nested_before_them),
		cmocka_unit_test(what_is_not_json_is_refused),
		cmocka_unit_test(duplicates_are_found_in_large_objects),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(a_million_members_and_long_strings_are_no_trouble),
		cmocka_unit_test(a_text_that_is_too_long_is_not_looked_at),
		cmocka_unit_test(values_are_printed_short),
		cmocka_unit_test(a_list_stands_where_it_is_in_the_text),
	};

	return cmocka_run_group_tests_name("specs/json", tests, NULL, NULL);
}
