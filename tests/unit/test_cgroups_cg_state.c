/*
 * cgroups/cg_state.c: the text in state.json.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cgroups/cg_internal.h"
#include "runtime/base/util.h"

static void what_is_saved_is_loaded(void **state)
{
	static const char text[] = "husk-cgroup 1\n"
				   "cgroupfs rootless\n"
				   "v1 systemd /sys/fs/cgroup/systemd /a/web\n"
				   "v1 cpu,cpuacct /mnt/with\\040blank /web\n"
				   "v2 memory,pids /sys/fs/cgroup/unified /a\\134b\\040c\n"
				   "v2 - /x /y\n"
				   "rdt-keep resctrl /sys/fs/resctrl /\n"
				   "rdt resctrl /sys/fs/resctrl /mon_groups/web\n";
	struct husk_error err = { 0 };
	struct cgroup *cg = NULL;
	char *again;

	(void)state;
	assert_int_equal(cg_load(text, &cg, &err), 0);
	assert_int_equal(err.sys, 0);
	assert_int_equal(cg->n, 6);
	assert_true(cg->hier[4].keep && !cg->hier[5].keep);
	assert_true(cg->rootless);
	assert_string_equal(cg->hier[1].mount, "/mnt/with blank");
	assert_int_equal(cg->hier[1].ctls, CG_BIT(CG_CPU) | CG_BIT(CG_CPUACCT));
	assert_true(cg->hier[2].v2);
	assert_string_equal(cg->hier[2].path, "/a\\b c");
	again = cg_save(cg);
	assert_string_equal(again, text);
	free(again);
	cg_free(cg);
}

static void the_unit_of_a_systemd_cgroup_is_kept(void **state)
{
	static const char text[] = "husk-cgroup 1\nsystemd rootless unit=husk-web.scope\n"
				   "v2 memory /sys/fs/cgroup /user.slice/husk-web.scope\n";
	struct husk_error err = { 0 };
	struct cgroup *cg = NULL;
	char *again;

	(void)state;
	assert_int_equal(cg_load(text, &cg, &err), 0);
	assert_int_equal(cg->manager, CG_SYSTEMD);
	assert_true(cg->rootless);
	assert_string_equal(cg->unit, "husk-web.scope");
	again = cg_save(cg);
	assert_string_equal(again, text);
	free(again);
	cg_free(cg);
	assert_int_equal(cg_load("husk-cgroup 1\nsystemd\n", &cg, &err), -EPROTO);
}

static void no_cgroup_is_a_state_too(void **state)
{
	struct husk_error err = { 0 };
	struct cgroup *cg = NULL;
	pid_t *pids;
	size_t n;

	(void)state;
	assert_int_equal(cg_load("husk-cgroup 1\nnone\n", &cg, &err), 0);
	assert_int_equal(cg->n, 0);
	assert_int_equal(cg_open_v2(cg, NULL, &err), -1);
	assert_int_equal(err.sys, 0);
	assert_false(cg_is_frozen(cg));
	assert_int_equal(cg_oom_kills(cg), 0);
	assert_int_equal(cg_pids(cg, &pids, &n, &err), -EOPNOTSUPP);
	assert_string_equal(err.msg, "the container has no cgroup to list processes of");
	assert_int_equal(cg_freeze(cg, true, &err), -EOPNOTSUPP);
	assert_string_equal(err.msg, "the container has no cgroup that can be frozen");
	assert_int_equal(cg_kill(cg, 9, &err), -EOPNOTSUPP);
	assert_int_equal(cg_destroy(cg, &err), 0);
	cg_free(cg);
}

/* What is loaded is removed by `delete`: a path that leads elsewhere must not be believed. */
static void damaged_text_is_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "the container's cgroup state is of another version of husk" },
		{ "husk-cgroup 2\n", "the container's cgroup state is of another version of husk" },
		{ "husk-cgroup 1\n", "the container's cgroup state is damaged" },
		{ "husk-cgroup 1\nwhat\n", "the container's cgroup state is damaged" },
		{ "husk-cgroup 1\ncgroupfs\nv1 a /m\n", "the container's cgroup state is damaged" },
		{ "husk-cgroup 1\ncgroupfs\nv3 a /m /p\n", "the container's cgroup state is damaged" },
		{ "husk-cgroup 1\ncgroupfs\nv1 a m /p\n", "the container's cgroup state is damaged" },
		{ "husk-cgroup 1\ncgroupfs\nv1 a /m /\n", "the container's cgroup state is damaged" },
		{ "husk-cgroup 1\ncgroupfs\nv1 a /m /p/../q\n",
		  "the container's cgroup state is damaged" },
		{ "husk-cgroup 1\ncgroupfs\nrdt a /m /\n", "the container's cgroup state is damaged" },
		{ "husk-cgroup 1\ncgroupfs\nv1 a /m p\n", "the container's cgroup state is damaged" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		struct cgroup *cg = NULL;

		assert_int_equal(cg_load(cases[i].text, &cg, &err), -EPROTO);
		assert_int_equal(err.kind, HUSK_E_STATE);
		assert_string_equal(err.msg, cases[i].message);
		assert_null(cg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_saved_is_loaded),
		cmocka_unit_test(the_unit_of_a_systemd_cgroup_is_kept),
		cmocka_unit_test(no_cgroup_is_a_state_too),
		cmocka_unit_test(damaged_text_is_refused),
	};

	return cmocka_run_group_tests_name("cgroups/state", tests, NULL, NULL);
}
