/*
 * runtime/process/landlock.c: words to rules, and what is left of them on older kernels.
 *
 * covers: 3.1-landlock
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/process/landlock.h"

static char warned[1000];

static void keep_warning(void *data, enum husk_log_level level, const char *msg)
{
	(void)data, (void)level;
	(void)snprintf(warned, sizeof(warned), "%s", msg);
}

static int read_text(const char *text, struct arena *arena, struct rt_landlock **out,
		     struct husk_error *err)
{
	char **words = rt_landlock_words(arena, text);

	assert_non_null(words);
	return rt_landlock_read(words, "here", arena, out, err);
}

static void words_are_split_at_blanks_and_commas(void **state)
{
	struct arena arena = { 0 };
	char **w = rt_landlock_words(&arena, " ro=/a\\ b,\n\trw=/c\\,d exec=/e\\\\ ,, log=on\\");

	(void)state;
	assert_string_equal(w[0], "ro=/a b");
	assert_string_equal(w[1], "rw=/c,d");
	assert_string_equal(w[2], "exec=/e\\");
	assert_string_equal(w[3], "log=on\\");
	assert_null(w[4]);
	assert_null(rt_landlock_words(&arena, "")[0]);
	assert_null(rt_landlock_words(&arena, " , ")[0]);
	arena_done(&arena);
}

static void words_become_rules(void **state)
{
	struct arena arena = { 0 };
	struct husk_error err = { 0 };
	struct rt_landlock *ll;

	(void)state;
	assert_int_equal(read_text("ro+exec=/usr rw=-/tmp read_file+refer=/etc tcp-bind=80 "
				   "tcp-connect=none scope=signal log=on preferred", &arena, &ll, &err),
			 0);
	assert_int_equal(ll->n_files, 3);
	assert_string_equal(ll->path[0], "/usr");
	assert_int_equal(ll->file[0].access, 1 | 1 << 2 | 1 << 3);
	assert_int_equal(ll->file[0].flags, 0);
	assert_string_equal(ll->path[1], "/tmp");
	/* all but execute and device nodes */
	assert_int_equal(ll->file[1].access, 0xffff & ~(1 | 1 << 6 | 1 << 11));
	assert_int_equal(ll->file[1].flags, RT_LANDLOCK_PATH_OPTIONAL);
	assert_int_equal(ll->file[2].access, 1 << 2 | 1 << 13);
	assert_int_equal(ll->file[2].flags, RT_LANDLOCK_PATH_EXACT);
	assert_null(ll->path[3]);
	assert_int_equal(ll->attr.fs, 0xffff);
	assert_int_equal(ll->attr.net, 3);
	assert_int_equal(ll->attr.scope, 2);
	assert_int_equal(ll->n_ports, 1);
	assert_int_equal(ll->port[0].port, 80);
	assert_int_equal(ll->port[0].access, 1);
	assert_int_equal(ll->flags, 2);
	assert_true(ll->preferred);
	assert_int_equal(read_text("tcp-bind=80", &arena, &ll, &err), 0);
	assert_int_equal(ll->attr.fs, 0);
	assert_false(ll->preferred);
	assert_int_equal(read_text("", &arena, &ll, &err), 0);
	assert_null(ll);
	arena_done(&arena);
}

static void an_abi_limits_what_is_denied(void **state)
{
	struct arena arena = { 0 };
	struct husk_error err = { 0 };
	struct rt_landlock *ll;

	(void)state;
	assert_int_equal(read_text("abi=1 rw=/", &arena, &ll, &err), 0);
	assert_int_equal(ll->attr.fs, 0x1fff);
	assert_int_equal(read_text("abi=2 rw=/", &arena, &ll, &err), 0);
	assert_int_equal(ll->attr.fs, 0x3fff);
	assert_int_equal(read_text("abi=3 rw=/", &arena, &ll, &err), 0);
	assert_int_equal(ll->attr.fs, 0x7fff);
	/* What is not denied need not be allowed, on a kernel that has it all. */
	assert_int_equal(rt_landlock_fit(&ll, 7, &err), 0);
	assert_int_equal(ll->file[0].access & ~ll->attr.fs, 0);
	arena_done(&arena);
}

static void bad_words_are_named(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "read", "here: \"read\": is no Landlock rule" },
		{ "required", "here: there is no rule: nothing would be restricted" },
		{ "log=off", "here: there is no rule: nothing would be restricted" },
		{ "=/", "here: \"=/\": expected an access before \"=\"" },
		{ "+ro=/", "here: \"+ro=/\": unknown access" },
		{ "ro++rw=/", "here: \"ro++rw=/\": unknown access" },
		{ "ro+=/", "here: \"ro+=/\": an access is missing behind \"+\"" },
		{ "r=/", "here: \"r=/\": unknown access" },
		{ "read_filex=/", "here: \"read_filex=/\": unknown access" },
		{ "ro=", "here: \"ro=\": expected an absolute path behind \"=\"" },
		{ "ro=-", "here: \"ro=-\": expected an absolute path behind \"=\"" },
		{ "tcp-bind=", "here: \"tcp-bind=\": expected a port from 0 to 65535, or none" },
		{ "tcp-bind=1-2", "here: \"tcp-bind=1-2\": expected a port from 0 to 65535, or none" },
		{ "abi=0 ro=/", "here: \"abi=0\": expected an ABI from 1 to 7" },
		{ "abi=5 scope=signal", "here: abi=5 has no scopes" },
		{ "abi=6 ro=/ log=on", "here: abi=6 has no log" },
		{ "truncate+ioctl_dev=/ abi=2", "here: abi=2 has no truncate+ioctl_dev" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		struct husk_error err = { 0 };
		struct rt_landlock *ll;

		assert_int_equal(read_text(cases[i].text, &arena, &ll, &err), -EINVAL);
		assert_string_equal(err.msg, cases[i].message);
		assert_int_equal(err.kind, HUSK_E_CONFIG);
		arena_done(&arena);
	}
}

static void too_many_paths_are_refused(void **state)
{
	struct arena arena = { 0 };
	struct husk_error err = { 0 };
	struct rt_landlock *ll;
	char *words[RT_LANDLOCK_MAX_PATHS + 2] = { NULL };

	(void)state;
	for (size_t i = 0; i < RT_LANDLOCK_MAX_PATHS; i++)
		words[i] = (char *)(uintptr_t)"ro=/";
	assert_int_equal(rt_landlock_read(words, "here", &arena, &ll, &err), 0);
	words[RT_LANDLOCK_MAX_PATHS] = (char *)(uintptr_t)"ro=/last";
	assert_int_equal(rt_landlock_read(words, "here", &arena, &ll, &err), -EINVAL);
	assert_string_equal(err.msg, "here: \"ro=/last\": is one path too many: a ruleset may have 256");
	arena_done(&arena);
}

static void required_rules_need_a_kernel_that_has_all(void **state)
{
	static const struct {
		const char *text;
		int abi;
		const char *message;	/* NULL: good */
	} cases[] = {
		{ "ro=/", 5, NULL },
		{ "ro=/", 4, "here: Landlock of this kernel (ABI 4) cannot deny: ioctl_dev" },
		{ "ro=/", 2, "here: Landlock of this kernel (ABI 2) cannot deny: truncate, ioctl_dev" },
		{ "ro=/ abi=2", 2, NULL },
		{ "tcp-bind=1", 4, NULL },
		{ "tcp-bind=1 scope=signal ro=/ log=off", 1, "here: Landlock of this kernel (ABI 1) "
		  "cannot deny: refer, truncate, ioctl_dev, TCP, scopes, log" },
		{ "ro=/", -ENOSYS, "here: Landlock is not to be had here: Function not implemented" },
		{ "ro=/", -EOPNOTSUPP, "here: Landlock is not to be had here: Operation not supported" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		struct husk_error err = { 0 };
		struct rt_landlock *ll;

		assert_int_equal(read_text(cases[i].text, &arena, &ll, &err), 0);
		assert_int_equal(rt_landlock_fit(&ll, cases[i].abi, &err),
				 cases[i].message ? -EOPNOTSUPP : 0);
		assert_string_equal(err.msg, cases[i].message ? cases[i].message : "");
		if (cases[i].message)
			assert_int_equal(err.kind, HUSK_E_UNSUPPORTED);
		arena_done(&arena);
	}
}

static void preferred_rules_are_cut_down_with_a_warning(void **state)
{
	struct arena arena = { 0 };
	struct husk_error err = { 0 };
	struct rt_landlock *ll;

	(void)state;
	husk_log_set(HUSK_LOG_WARN, keep_warning, NULL);
	assert_int_equal(read_text("preferred truncate=/a ro=/b tcp-bind=1 scope=signal log=on", &arena,
				   &ll, &err), 0);
	assert_int_equal(rt_landlock_fit(&ll, 2, &err), 0);
	assert_string_equal(warned, "here: Landlock of this kernel (ABI 2) cannot deny truncate, "
				    "ioctl_dev, TCP, scopes, log, ignoring");
	assert_int_equal(ll->n_files, 1);	/* one that allowed only what is not denied is gone */
	assert_string_equal(ll->path[0], "/b");
	assert_null(ll->path[1]);
	assert_int_equal(ll->attr.fs, 0x3fff);
	assert_int_equal(ll->attr.net, 0);
	assert_int_equal(ll->n_ports, 0);
	assert_int_equal(ll->attr.scope, 0);
	assert_int_equal(ll->flags, 0);

	assert_int_equal(read_text("preferred tcp-bind=1", &arena, &ll, &err), 0);
	assert_int_equal(rt_landlock_fit(&ll, 3, &err), 0);
	assert_null(ll);
	assert_int_equal(read_text("preferred ro=/", &arena, &ll, &err), 0);
	assert_int_equal(rt_landlock_fit(&ll, -EOPNOTSUPP, &err), 0);
	assert_null(ll);
	assert_string_equal(warned, "here: Landlock is not to be had here: Operation not supported, "
				    "ignoring");
	husk_log_set(HUSK_LOG_WARN, NULL, NULL);
	arena_done(&arena);
}

/* @text as a step says it. */
static void assert_step(const char *text, int abi, const char *wanted)
{
	struct arena arena = { 0 };
	struct husk_error err = { 0 };
	struct str out = { 0 };
	struct rt_landlock *ll;
	struct plan_view v;
	struct plan p;
	char *got;
	void *mem;
	size_t len;

	assert_int_equal(read_text(text, &arena, &ll, &err), 0);
	assert_int_equal(rt_landlock_fit(&ll, abi, &err), 0);
	assert_int_equal(plan_init(&p, &err), 0);
	(void)rt_landlock_emit(ll, false, &p);
	assert_int_equal(plan_finish(&p, &mem, &len, &err), 0);
	plan_done(&p);
	assert_null(plan_open(&v, mem, len, false));
	plan_describe(&v, 0, &out);
	got = str_take(&out);
	assert_string_equal(got, wanted);
	free(got);
	free(mem);
	arena_done(&arena);
}

static void a_plan_says_what_is_left(void **state)
{
	(void)state;
	assert_step("exec=/bin ro=/etc tcp-connect=443 scope=signal", 7, "make Landlock ruleset fd 3: "
		    "execute+read_file=/bin read_file+read_dir=/etc tcp-connect=443 and nothing else of "
		    "files tcp-connect signal");
	assert_step("preferred read_file=/ tcp-bind=none", 4, "make Landlock ruleset fd 3: read_file=/ "
		    "and nothing else of files but ioctl_dev tcp-bind");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split_at_blanks_and_commas),
		cmocka_unit_test(words_become_rules),
		cmocka_unit_test(an_abi_limits_what_is_denied),
		cmocka_unit_test(bad_words_are_named),
		cmocka_unit_test(too_many_paths_are_refused),
		cmocka_unit_test(required_rules_need_a_kernel_that_has_all),
		cmocka_unit_test(preferred_rules_are_cut_down_with_a_warning),
		cmocka_unit_test(a_plan_says_what_is_left),
	};

	return cmocka_run_group_tests_name("runtime/landlock", tests, NULL, NULL);
}
