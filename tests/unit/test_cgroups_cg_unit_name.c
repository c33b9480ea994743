/*
 * cgroups/cg_unit_name.c: names of systemd units and where their cgroups are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cgroups/cg_systemd.h"
#include "runtime/base/util.h"

static void names_follow_runcs_grammar(void **state)
{
	static const struct {
		const char *path, *unit, *slice, *dir;
		bool user;
	} cases[] = {
		{ NULL, "husk-web.scope", "system.slice", "/system.slice/husk-web.scope", false },
		{ "", "husk-web.scope", "user.slice", "/user.slice/husk-web.scope", true },
		{ "machine.slice:libpod:7", "libpod-7.scope", "machine.slice",
		  "/machine.slice/libpod-7.scope", false },
		{ ":runc:7", "runc-7.scope", "system.slice", "/system.slice/runc-7.scope", false },
		{ ":runc:7", "runc-7.scope", "user.slice", "/user.slice/runc-7.scope", true },
		{ "::7", "7.scope", "system.slice", "/system.slice/7.scope", false },
		{ "-.slice:a:b", "a-b.scope", "-.slice", "/a-b.scope", false },
		{ "a-b-c.slice:p:n", "p-n.scope", "a-b-c.slice",
		  "/a.slice/a-b.slice/a-b-c.slice/p-n.scope", false },
		{ "a.slice:ignored:a-b.slice", "a-b.slice", "a.slice", "/a.slice/a-b.slice", false },
		/* what systemd's cg_escape() makes of names that look like the kernel's files */
		{ "::cpu", "cpu.scope", "system.slice", "/system.slice/_cpu.scope", false },
		{ "memory.slice::x", "x.scope", "memory.slice", "/_memory.slice/x.scope", false },
		{ "_a.slice::x", "x.scope", "_a.slice", "/__a.slice/x.scope", false },
		{ "::cgroup", "cgroup.scope", "system.slice", "/system.slice/_cgroup.scope", false },
		{ "::cpux", "cpux.scope", "system.slice", "/system.slice/cpux.scope", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		struct arena arena = { 0 };
		struct cg_unit_name name;

		assert_int_equal(cg_unit_name(&arena, cases[i].path, "web", cases[i].user, &name,
					      &err), 0);
		assert_string_equal(name.unit, cases[i].unit);
		assert_string_equal(name.slice, cases[i].slice);
		assert_string_equal(name.path, cases[i].dir);
		assert_true(name.is_slice == str_ends(cases[i].unit, ".slice"));
		arena_done(&arena);
	}
}

static void bad_names_are_refused(void **state)
{
	static char long_name[300] = "::";
	const struct {
		const char *path, *message;
	} cases[] = {
		{ "/a/b", "/linux/cgroupsPath: expected cgroupsPath to be of format "
			  "\"slice:prefix:name\" for systemd cgroups, got \"/a/b\" instead" },
		{ "a.slice:b", "/linux/cgroupsPath: expected cgroupsPath to be of format "
			       "\"slice:prefix:name\" for systemd cgroups, got \"a.slice:b\" instead" },
		{ "a:b:c:d", "/linux/cgroupsPath: expected cgroupsPath to be of format "
			     "\"slice:prefix:name\" for systemd cgroups, got \"a:b:c:d\" instead" },
		{ "a.slice:b:", "/linux/cgroupsPath: \"a.slice:b:\" names no unit: its third part is "
				"empty" },
		{ "a:b:c", "/linux/cgroupsPath: invalid slice name: a" },
		{ ".slice:b:c", "/linux/cgroupsPath: invalid slice name: .slice" },
		{ "a/b.slice:b:c", "/linux/cgroupsPath: invalid slice name: a/b.slice" },
		{ "a--b.slice:b:c", "/linux/cgroupsPath: invalid slice name: a--b.slice" },
		{ "-a.slice:b:c", "/linux/cgroupsPath: invalid slice name: -a.slice" },
		{ "a-.slice:b:c", "/linux/cgroupsPath: invalid slice name: a-.slice" },
		{ "--.slice:b:c", "/linux/cgroupsPath: invalid slice name: --.slice" },
		{ "..:b:c", "/linux/cgroupsPath: invalid slice name: .." },
		{ "a.slice:b:c/d", "/linux/cgroupsPath: \"b-c/d.scope\" cannot be the name of a "
				   "systemd unit" },
		{ "a.slice:b:c d", "/linux/cgroupsPath: \"b-c d.scope\" cannot be the name of a "
				   "systemd unit" },
		{ "a.slice:b:-.slice", "/linux/cgroupsPath: -.slice is the root of the hierarchy, not a "
				       "cgroup of the container's own" },
		{ "a.slice:b:a--b.slice", "/linux/cgroupsPath: invalid slice name: a--b.slice" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		struct arena arena = { 0 };
		struct cg_unit_name name;

		assert_int_equal(cg_unit_name(&arena, cases[i].path, "web", false, &name, &err),
				 -EINVAL);
		assert_int_equal(err.kind, HUSK_E_CONFIG);
		assert_string_equal(err.pointer, "/linux/cgroupsPath");
		assert_string_equal(err.msg, cases[i].message);
		arena_done(&arena);
	}
	memset(long_name + 2, 'a', sizeof(long_name) - 3);
	struct husk_error err = { 0 };
	struct arena arena = { 0 };
	struct cg_unit_name name;

	assert_int_equal(cg_unit_name(&arena, long_name, "web", false, &name, &err), -EINVAL);
	assert_int_equal(cg_unit_name(&arena, NULL, "a+b", false, &name, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "\"husk-a+b.scope\" cannot be"));
	arena_done(&arena);
}

static void the_managers_cgroup_is_found(void **state)
{
	static const struct {
		const char *pid1, *own, *want;
		bool user;
	} cases[] = {
		{ "0::/init.scope\n", "0::/x\n", "", false },
		{ "0::/\n", "0::/x\n", "", false },
		{ NULL, NULL, "", false },
		{ "0::/machine.slice/c.scope/init.scope\n", "", "/machine.slice/c.scope", false },
		{ "12:cpu:/\n1:name=systemd:/a/init.scope\n0::/\n", "", "/a", false },
		{ "1:name=systemd:/init.scope\n0::/init.scope\n", "", "", false },
		{ "0::/init.scope\n", "0::/user.slice/user-7.slice/session-1.scope\n",
		  "/user.slice/user-7.slice/user@7.service", true },
		{ "0::/init.scope\n", "0::/user.slice/user-7.slice/user@7.service/a.slice/b.scope\n",
		  "/user.slice/user-7.slice/user@7.service", true },
		{ "0::/init.scope\n", "0::/p.slice/user@7.service\n", "/p.slice/user@7.service", true },
		{ "0::/init.scope\n", "0::/user.slice/user-8.slice/user@8.service/a\n",
		  "/user.slice/user-7.slice/user@7.service", true },
		{ "0::/c/init.scope\n", "0::/x\n", "/c/user.slice/user-7.slice/user@7.service", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };

		assert_string_equal(cg_manager_root(&arena, cases[i].pid1, cases[i].own,
						    cases[i].user, 7), cases[i].want);
		arena_done(&arena);
	}
}

#define USER "/user.slice/user-7.slice/user@7.service"

static void a_users_systemd_manages_what_is_below_its_service(void **state)
{
	(void)state;
	assert_true(cg_same_manager(USER "/app.slice/x.scope", USER "/user.slice/husk-web.scope"));
	assert_true(cg_same_manager("/a", "/user.slice/husk-web.scope"));
	assert_false(cg_same_manager("/", USER "/user.slice/husk-web.scope"));
	assert_false(cg_same_manager("/user.slice/user-7.slice/session-1.scope",
				     USER "/user.slice/husk-web.scope"));
	assert_false(cg_same_manager("/user.slice/user-8.slice/user@8.service/a.scope",
				     USER "/user.slice/husk-web.scope"));
	assert_false(cg_same_manager("/user.slice/user-7.slice/user@7.serviceX/a",
				     USER "/user.slice/husk-web.scope"));
}

static void what_is_below_a_unit_is_found_by_its_whole_name(void **state)
{
	static const struct {
		const char *path, *unit, *want;
	} cases[] = {
		{ "/a.slice/x.scope", "x.scope", "" },
		{ "/a.slice/x.scope/in/ner", "x.scope", "/in/ner" },
		{ USER "/r.slice/inner", "r.slice", "/inner" },	/* not user.slice's end */
		{ "/a.slice/_cpu.scope/b", "cpu.scope", "/b" },
		{ "/a.slice/__a.scope/b", "_a.scope", "/b" },
		{ "/x.scope", "y.scope", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(cg_below_unit(cases[i].path, cases[i].unit), cases[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_follow_runcs_grammar),
		cmocka_unit_test(bad_names_are_refused),
		cmocka_unit_test(the_managers_cgroup_is_found),
		cmocka_unit_test(a_users_systemd_manages_what_is_below_its_service),
		cmocka_unit_test(what_is_below_a_unit_is_found_by_its_whole_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
