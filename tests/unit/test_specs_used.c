/*
 * specs/used.c: what was used, as profile and capabilities, and read back.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/base/arena.h"
#include "specs/specs.h"

static const char *calls[] = { "brk", "execve", "write" }, *archs[] = { "SCMP_ARCH_X86_64" };
static const struct oci_used used = {
	.calls = calls, .n_calls = 3, .archs = archs, .n_archs = 1, .has_caps = true, .caps = 1 << 5,
};

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

static void writes(const char *config, const struct oci_used *u, enum oci_used_part part,
		   const char *wanted)
{
	struct husk_error err = { 0 };
	char *out = NULL;

	assert_int_equal(oci_used_write(config, strlen(config), u, part, &out, &err), 0);
	squeeze(out);
	assert_string_equal(out, wanted);
	free(out);
}

#define ARCHS "\"architectures\":[\"SCMP_ARCH_X86_64\"]"
#define ALLOW(names) "{\"names\":[" names "],\"action\":\"SCMP_ACT_ALLOW\"}"
#define FRESH "{\"defaultAction\":\"SCMP_ACT_ERRNO\"," ARCHS ",\"syscalls\":["                     \
	ALLOW("\"brk\",\"execve\",\"write\"") "]}"

static void without_a_profile_what_was_used_is_one_rule(void **state)
{
	(void)state;
	writes("{}", &used, OCI_USED_SECCOMP, FRESH);
	writes("{\"linux\":{}}", &used, OCI_USED_FRAGMENT,
	       "{\"process\":{\"capabilities\":{}},\"linux\":{\"seccomp\":" FRESH "}}");
}

static void the_rest_of_a_configuration_stays(void **state)
{
	(void)state;
	writes("{\"a\":[1,{\"b\":1e400}],\"process\":{\"cwd\":\"/\",\"capabilities\":{\"bounding\":"
	       "[\"CAP_KILL\",\"CAP_CHOWN\",\"CAP_NEW\"],\"ambient\":[]}},\"linux\":{\"x\":null}}",
	       &used, OCI_USED_CONFIG,
	       "{\"a\":[1,{\"b\":1e400}],\"process\":{\"cwd\":\"/\",\"capabilities\":{\"bounding\":"
	       "[\"CAP_KILL\"],\"ambient\":[]}},\"linux\":{\"x\":null,\"seccomp\":" FRESH "}}");
}

static void capabilities_that_nobody_knows_stay(void **state)
{
	struct oci_used u = used;

	(void)state;
	u.has_caps = false;
	writes("{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"]}}}", &u, OCI_USED_CONFIG,
	       "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"]}},\"linux\":{\"seccomp\":"
	       FRESH "}}");
	writes("{\"process\":{\"capabilities\":{}}}", &u, OCI_USED_FRAGMENT,
	       "{\"linux\":{\"seccomp\":" FRESH "}}");
}

static void a_profile_that_denies_is_narrowed(void **state)
{
	(void)state;
	writes("{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_KILL\",\"flags\":[],\"syscalls\":["
	       ALLOW("\"write\",\"open\",\"brk\",\"write\"") ","
	       "{\"names\":[\"execve\"],\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"index\":0,\"value\":"
	       "18446744073709551615,\"op\":\"SCMP_CMP_EQ\"}]},"
	       "{\"names\":[\"write\",\"a\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38},"
	       ALLOW("\"openat\"") "]}}}",
	       &used, OCI_USED_SECCOMP,
	       "{\"defaultAction\":\"SCMP_ACT_KILL\",\"flags\":[]," ARCHS ",\"syscalls\":["
	       ALLOW("\"brk\",\"write\"") ","
	       "{\"names\":[\"execve\"],\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"index\":0,\"value\":"
	       "18446744073709551615,\"op\":\"SCMP_CMP_EQ\"}]},"
	       "{\"names\":[\"write\",\"a\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38}]}");
}

static void a_profile_that_allows_is_turned_round(void **state)
{
	(void)state;
	writes("{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
	       "{\"names\":[\"open\",\"write\"],\"action\":\"SCMP_ACT_KILL\"},"
	       ALLOW("\"mount\"") "]}}}",
	       &used, OCI_USED_SECCOMP,
	       "{\"defaultAction\":\"SCMP_ACT_ERRNO\"," ARCHS ",\"syscalls\":["
	       "{\"names\":[\"open\"],\"action\":\"SCMP_ACT_KILL\"},"
	       ALLOW("\"brk\",\"execve\",\"write\"") "]}");
}

static void what_was_written_can_be_read(void **state)
{
	static const char text[] = "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_KILL\"],"
				   "\"ambient\":[\"CAP_CHOWN\"]}},\"linux\":{\"seccomp\":" FRESH "}}";
	struct husk_error err = { 0 };
	struct arena arena = { 0 };
	struct oci_used u = { 0 };

	(void)state;
	assert_int_equal(oci_used_read(text, strlen(text), &arena, &u, &err), 0);
	assert_int_equal(u.n_calls, 3);
	assert_string_equal(u.calls[1], "execve");
	assert_int_equal(u.n_archs, 1);
	assert_true(u.has_caps);
	assert_int_equal(u.caps, 1 << 5 | 1);
	assert_int_equal(oci_used_read(FRESH, strlen(FRESH), &arena, &u, &err), 0);
	assert_false(u.has_caps);
	arena_done(&arena);
}

static void other_documents_are_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "[]", "/: not an object" },
		{ "{}", "/linux/seccomp: is missing" },
		{ "{\"linux\":[]}", "/linux/seccomp: is missing" },
		{ "{\"defaultAction\":7}", "defaultAction: is none that denies" },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", "defaultAction: is none that denies" },
		{ "{\"defaultAction\":\"SCMP_ACT_KILL\"}", "syscalls: no array, or architectures is none" },
		{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"architectures\":[],\"syscalls\":[1]}",
		  "syscalls: a rule lacks names or action" },
		{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\"architectures\":[],\"syscalls\":[" ALLOW("1") "]}",
		  "names: not a list of strings" },
		{ "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_NEW\"]}},\"linux\":{\"seccomp\":" FRESH "}}",
		  "bounding: not a list of capabilities" },
		{ "{\"process\":{\"capabilities\":{\"bounding\":1}},\"linux\":{\"seccomp\":" FRESH "}}",
		  "bounding: not a list of capabilities" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct husk_error err = { 0 };
		struct arena arena = { 0 };
		struct oci_used u = { 0 };

		assert_int_equal(oci_used_read(cases[i].text, strlen(cases[i].text), &arena, &u, &err),
				 -EINVAL);
		assert_string_equal(err.msg, cases[i].message);
		assert_null(u.calls);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_profile_what_was_used_is_one_rule),
		cmocka_unit_test(the_rest_of_a_configuration_stays),
		cmocka_unit_test(capabilities_that_nobody_knows_stay),
		cmocka_unit_test(a_profile_that_denies_is_narrowed),
		cmocka_unit_test(a_profile_that_allows_is_turned_round),
		cmocka_unit_test(what_was_written_can_be_read),
		cmocka_unit_test(other_documents_are_refused),
	};

	return cmocka_run_group_tests_name("specs/used", tests, NULL, NULL);
}
