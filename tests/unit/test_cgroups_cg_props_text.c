/*
 * cgroups/cg_props_text.c: properties of a systemd unit in GVariant's text format.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cgroups/cg_systemd.h"
#include "runtime/base/util.h"

static void values_are_read(void **state)
{
	static const struct {
		const char *name, *text, *want;
	} cases[] = {
		{ "A", "5", "A=i 5" },
		{ "A", " -3 ", "A=i -3" },
		{ "A", "0x1F", "A=i 31" },
		{ "A", "uint64 18446744073709551615", "A=t 18446744073709551615" },
		{ "A", "uint32 7", "A=u 7" },
		{ "A", "int64 -9223372036854775808", "A=x -9223372036854775808" },
		{ "A", "byte 255", "A=y 255" },
		{ "A", "int16 -1", "A=n -1" },
		{ "A", "uint16 65535", "A=q 65535" },
		{ "A", "true", "A=b true" },
		{ "A", "false", "A=b false" },
		{ "A", "1.5", "A=d 1.5" },
		{ "A", "double 2", "A=d 2" },
		{ "A", "'it\\'s'", "A=s \"it's\"" },
		{ "A", "\"a b\"", "A=s \"a b\"" },
		{ "A", "''", "A=s \"\"" },
		{ "A", "objectpath '/a'", "A=o \"/a\"" },
		{ "A", "['a', 'b']", "A=as [\"a\" \"b\"]" },
		{ "A", "[uint64 1, 2]", "A=at [1 2]" },
		{ "A", "@as []", "A=as []" },
		{ "A", "@t 5", "A=t 5" },
		{ "A", "@at [1, 2]", "A=at [1 2]" },
		{ "A", "('a', uint64 2)", "A=(st) (\"a\" 2)" },
		{ "DeviceAllow", "[('/dev/null', 'rw'), ('char-*', 'm')]",
		  "DeviceAllow=a(ss) [(\"/dev/null\" \"rw\") (\"char-*\" \"m\")]" },
		{ "A", "[[1], [2, 3]]", "A=aai [[1] [2 3]]" },
		{ "TimeoutStopUSec", "uint64 5000000", "TimeoutStopUSec=t 5000000" },
		/* seconds, as runc and crun take them */
		{ "TimeoutStopSec", "7", "TimeoutStopUSec=t 7000000" },
		{ "TimeoutStopSec", "1.5", "TimeoutStopUSec=t 1500000" },
		{ "CPUQuotaPerSecUSec", "uint64 10000", "CPUQuotaPerSecUSec=t 10000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		struct cg_props ps = { .arena = &arena };
		struct husk_error err = { 0 };
		struct str text = { 0 };

		assert_int_equal(cg_props_of_text(&ps, cases[i].name, cases[i].text, &err), 0);
		assert_int_equal(ps.n, 1);
		cg_prop_print(&text, &ps.p[0]);
		assert_string_equal(text.s, cases[i].want);
		str_done(&text);
		arena_done(&arena);
	}
}

static void bad_values_are_named(void **state)
{
	static const struct {
		const char *name, *text, *problem;
	} cases[] = {
		{ "A", "", "expected a number" },
		{ "A", "text", "expected a number" },
		{ "A", "uint64", "expected a number" },
		{ "A", "uint32 -1", "number is out of its type's range" },
		{ "A", "uint32 4294967296", "number is out of its type's range" },
		{ "A", "2147483648", "number is out of its type's range" },
		{ "A", "byte 256", "number is out of its type's range" },
		{ "A", "99999999999999999999", "number is out of its type's range" },
		{ "A", "5x", "expected a whole number" },
		{ "A", "5 6", "there is more text after the value" },
		{ "A", "'open", "the quote is not closed" },
		{ "A", "'open\\", "the quote is not closed" },
		{ "A", "['a', 5]", "the elements of an array must have one type" },
		{ "A", "[1, 'a']", "the elements of an array must have one type" },
		{ "A", "[(1, 'a'), ('b', 2)]", "the elements of an array must have one type" },
		{ "A", "['a'", "expected \",\" or \"]\"" },
		{ "A", "('a'", "expected \",\" or \")\"" },
		{ "A", "[]", "an empty array needs its type, as in \"@as []\"" },
		{ "A", "@as [1]", "the value is not of the type after @" },
		{ "A", "@s 5", "the value is not of the type after @" },
		{ "A", "[[[[[[[[[1]]]]]]]]]", "nested too deeply" },
		{ "TimeoutStopSec", "'7'", "expected a number of seconds" },
		{ "TimeoutStopSec", "-7", "expected a number of seconds" },
		{ "TimeoutStopSec", "uint64 18446744073709551615", "expected a number of seconds" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		struct cg_props ps = { .arena = &arena };
		struct husk_error err = { 0 };
		char want[200];

		(void)snprintf(want, sizeof(want), "/annotations/org.systemd.property.%s: \"%s\": %s",
			       cases[i].name, cases[i].text, cases[i].problem);
		assert_int_equal(cg_props_of_text(&ps, cases[i].name, cases[i].text, &err), -EINVAL);
		assert_string_equal(err.msg, want);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(bad_values_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
