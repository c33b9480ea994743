/*
 * cgroups/cg_plan.c: where a container's cgroups go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cgroups/cg_internal.h"
#include "runtime/base/util.h"

static const char hybrid[] = "33 1 0:30 / /c/memory rw - cgroup cgroup rw,memory\n"
			     "34 1 0:31 / /c/devices rw - cgroup cgroup rw,devices\n"
			     "35 1 0:32 / /c/unified rw - cgroup2 cgroup2 rw\n";
static const char v2[] = "35 1 0:32 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

static int make(struct cg_plan *plan, const char *mounts, const char *own, const char *path,
		enum cg_manager manager, struct husk_error *err)
{
	struct oci_linux lin = { .cgroups_path = path };

	*plan = (struct cg_plan){ .opts = { .manager = manager, .id = "web" } };
	if (cg_layout_parse(mounts, own, NULL, &plan->layout, err) < 0)
		return -err->sys;
	return cg_plan_from_layout(plan, &lin, err);
}

static void paths_follow_runcs_rule(void **state)
{
	static const struct {
		const char *own, *path, *want;
		bool v2;
	} cases[] = {
		{ "/", NULL, "/web", false },
		{ "/jobs/7", NULL, "/jobs/7/web", false },
		{ "/jobs/7", "", "/jobs/7/web", false },
		{ "/jobs/7", "/docker/x", "/docker/x", false },
		{ "/jobs/7", "a/b", "/jobs/7/a/b", false },
		{ "/jobs/7", "//a/./b//", "/a/b", false },
		{ "/", NULL, "/web", true },
		{ "/jobs/7", NULL, "/jobs/web", true },
		{ "/jobs", "a", "/a", true },
		{ "/jobs", "/a..b/...", "/a..b/...", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		struct cg_plan plan;
		char own[64];

		(void)snprintf(own, sizeof(own), cases[i].v2 ? "0::%s\n" : "2:memory:%s\n1:devices:/\n",
			       cases[i].own);
		assert_int_equal(make(&plan, cases[i].v2 ? v2 : hybrid, own, cases[i].path,
				      CG_CGROUPFS, &err), 0);
		assert_string_equal(plan.layout.hier[0].path, cases[i].want);
		cg_layout_done(&plan.layout);
	}
}

static void bad_paths_are_named(void **state)
{
	static char long_name[300] = "/";
	const struct {
		const char *path, *message;
	} cases[] = {
		{ "/a/../b", "/linux/cgroupsPath: \"..\" is not allowed in a cgroup path" },
		{ "..", "/linux/cgroupsPath: \"..\" is not allowed in a cgroup path" },
		{ "/", "/linux/cgroupsPath: \"/\" is the root of the hierarchy, not a cgroup of the "
		       "container's own" },
		{ "/./", "/linux/cgroupsPath: \"/./\" is the root of the hierarchy, not a cgroup of "
			 "the container's own" },
		{ "/a\nb", "/linux/cgroupsPath: control characters are not allowed in a cgroup path" },
		{ long_name, "/linux/cgroupsPath: \"aaaaaaaaaaaaaaaaaaaa...\" is longer than 255 "
			     "bytes" },
	};

	(void)state;
	memset(long_name + 1, 'a', sizeof(long_name) - 2);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		struct cg_plan plan;

		assert_int_equal(make(&plan, hybrid, "2:memory:/\n1:devices:/\n0::/\n",
				      cases[i].path, CG_CGROUPFS, &err), -EINVAL);
		assert_int_equal(err.kind, HUSK_E_CONFIG);
		assert_string_equal(err.pointer, "/linux/cgroupsPath");
		assert_string_equal(err.msg, cases[i].message);
		cg_layout_done(&plan.layout);
	}
}

static void a_clean_path_is_recognised(void **state)
{
	(void)state;
	assert_true(cg_path_ok("/a"));
	assert_true(cg_path_ok("/a/b c"));
	assert_false(cg_path_ok("/"));
	assert_false(cg_path_ok(""));
	assert_false(cg_path_ok("a"));
	assert_false(cg_path_ok("/a/"));
	assert_false(cg_path_ok("/a/../b"));
	assert_false(cg_path_ok("/a\n"));
}

static void every_v1_hierarchy_is_joined(void **state)
{
	struct husk_error err = { 0 };
	struct cg_plan plan;
	struct plan p;
	uint32_t first = PLAN_NO_FD;

	(void)state;
	assert_int_equal(make(&plan, hybrid, "2:memory:/\n1:devices:/\n0::/\n", "/x", CG_CGROUPFS,
			      &err), 0);
	assert_int_equal(plan_init(&p, &err), 0);
	assert_int_equal(cg_emit_join(&plan, &p, &first), 2);
	assert_int_equal(p.n_steps, 2);
	assert_int_equal(p.steps[0].op, OP_CG_JOIN);
	assert_int_equal(p.steps[0].arg[0], first);
	assert_int_equal(p.steps[1].arg[0], first + 1);
	assert_string_equal(p.blob + p.fds[first].path, "cgroup:memory");
	assert_string_equal(p.blob + p.fds[first + 1].path, "cgroup:devices");
	plan_done(&p);
	cg_layout_done(&plan.layout);
}

static void without_a_manager_nothing_is_joined(void **state)
{
	struct husk_error err = { 0 };
	const struct cg_mount *m;
	struct cg_plan plan;
	struct plan p;
	uint32_t first = PLAN_NO_FD;

	(void)state;
	assert_int_equal(make(&plan, hybrid, "2:memory:/own\n1:devices:/\n0::/\n", "/x", CG_NONE,
			      &err), 0);
	assert_int_equal(plan_init(&p, &err), 0);
	assert_int_equal(cg_emit_join(&plan, &p, &first), 0);
	assert_int_equal(cg_mounts(&plan, &m), 3);
	assert_string_equal(m[0].path, "/own");
	plan_done(&p);
	cg_layout_done(&plan.layout);
}

static void mounts_tell_the_containers_path(void **state)
{
	struct husk_error err = { 0 };
	const struct cg_mount *m;
	struct cg_plan plan;

	(void)state;
	assert_int_equal(make(&plan, hybrid, "2:memory:/own\n1:devices:/\n0::/\n", "/x", CG_CGROUPFS,
			      &err), 0);
	assert_int_equal(cg_mounts(&plan, &m), 3);
	assert_string_equal(m[0].name, "memory");
	assert_string_equal(m[0].host_path, "/c/memory");
	assert_string_equal(m[0].path, "/x");
	assert_false(m[0].v2);
	assert_true(m[2].v2);
	assert_string_equal(m[2].name, "");
	cg_layout_done(&plan.layout);
}

static void a_host_that_cannot_control_devices_is_refused(void **state)
{
	struct husk_error err = { 0 };
	struct cg_plan plan;

	(void)state;
	assert_int_equal(make(&plan, "", "2:memory:/\n0::/\n", "/x", CG_CGROUPFS, &err),
			 -EOPNOTSUPP);
	assert_int_equal(err.kind, HUSK_E_UNSUPPORTED);
	assert_string_equal(err.msg, "/linux/resources/devices: no cgroup hierarchy that controls "
				     "devices is mounted");
	cg_layout_done(&plan.layout);
}

static void the_systemd_manager_puts_it_where_systemd_will(void **state)
{
	static const char mounts[] = "34 1 0:31 / /c/memory rw - cgroup cgroup rw,memory\n"
				     "35 1 0:32 / /c/unified rw - cgroup2 cgroup2 rw\n";
	struct oci_linux lin = { .cgroups_path = "machine.slice:libpod:7", .cgroup_subgroup = "in" };
	struct cg_plan plan = { .opts = { .manager = CG_SYSTEMD, .id = "web" },
				.manager_root = "/outer" };
	struct husk_error err = { 0 };
	struct cgroup *cg;

	(void)state;
	assert_int_equal(cg_layout_parse(mounts, "2:memory:/\n0::/\n", NULL, &plan.layout, &err), 0);
	assert_int_equal(cg_plan_from_layout(&plan, &lin, &err), 0);
	assert_string_equal(plan.layout.hier[0].path, "/outer/machine.slice/libpod-7.scope");
	assert_string_equal(plan.layout.hier[1].path, "/outer/machine.slice/libpod-7.scope/in");
	assert_true(cg_needs_process(&plan));
	assert_int_equal(cg_find(&plan, &cg, &err), 0);
	assert_string_equal(cg->unit, "libpod-7.scope");
	cg_free(cg);
	cg_layout_done(&plan.layout);
}

static void a_property_that_cannot_be_read_is_named(void **state)
{
	struct oci_pair pair = { .key = "org.systemd.property.TasksMax", .value = "many" };
	struct cg_plan plan = { .opts = { .manager = CG_SYSTEMD, .id = "web", .annotations = &pair,
					  .n_annotations = 1 } };
	const struct oci_linux lin = { 0 };
	struct husk_error err = { 0 };

	(void)state;
	assert_int_equal(cg_layout_parse(v2, "0::/\n", NULL, &plan.layout, &err), 0);
	assert_int_equal(cg_plan_from_layout(&plan, &lin, &err), -EINVAL);
	assert_string_equal(err.pointer, "/annotations/org.systemd.property.TasksMax");
	cg_layout_done(&plan.layout);
}

/* ---- linux.intelRdt ------------------------------------------------------------------------- */

static const char rdt_host[] = "34 1 0:31 / /c/devices rw - cgroup cgroup rw,devices\n"
			       "36 1 0:33 / /sys/fs/resctrl rw - resctrl resctrl rw\n";

static int make_rdt(struct cg_plan *plan, const char *mounts, struct oci_intel_rdt *rdt,
		    struct husk_error *err)
{
	struct oci_linux lin = { .cgroups_path = "/x", .intel_rdt = rdt };

	*plan = (struct cg_plan){ .opts = { .manager = CG_CGROUPFS, .id = "web" } };
	assert_int_equal(cg_layout_parse(mounts, "1:devices:/\n", NULL, &plan->layout, err), 0);
	return cg_plan_from_layout(plan, &lin, err);
}

static void intel_rdt_is_a_group_of_resctrl(void **state)
{
	const char *schemata[] = { "L3:0=3" };
	const struct {
		struct oci_intel_rdt rdt;
		const char *group, *mon;
		size_t lines, checked;
	} cases[] = {
		{ { .clos_id = "gold" }, "/gold", NULL, 0, 0 },
		{ { .l3_cache_schema = "L3:0=f", .mem_bw_schema = "MB:0=20" }, "/web", NULL, 2, 2 },
		{ { .clos_id = "gold", .l3_cache_schema = "L3:0=f", .schemata = schemata,
		    .n_schemata = 1, .enable_monitoring = true },
		  "/gold", "/gold/mon_groups/web", 2, 1 },
		{ { .clos_id = "/", .enable_monitoring = true }, "/", "/mon_groups/web", 0, 0 },
		{ { .enable_monitoring = true }, "/", "/mon_groups/web", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oci_intel_rdt rdt = cases[i].rdt;
		struct husk_error err = { 0 };
		const struct cg_mount *m;
		struct cg_plan plan;

		assert_int_equal(make_rdt(&plan, rdt_host, &rdt, &err), 0);
		assert_int_equal(plan.layout.n, cases[i].mon ? 3 : 2);
		assert_true(plan.layout.hier[1].rdt);
		assert_string_equal(plan.layout.hier[1].path, cases[i].group);
		if (cases[i].mon)
			assert_string_equal(plan.layout.hier[2].path, cases[i].mon);
		assert_int_equal(plan.rdt.n_lines, cases[i].lines);
		assert_int_equal(plan.rdt.n_checked, cases[i].checked);
		assert_int_equal(cg_mounts(&plan, &m), 1);	/* not a cgroup to show */
		cg_layout_done(&plan.layout);
	}
}

static void bad_intel_rdt_is_named(void **state)
{
	struct oci_intel_rdt rdt = { .clos_id = "../x" };
	struct husk_error err = { 0 };
	struct cg_plan plan;

	(void)state;
	assert_int_equal(make_rdt(&plan, rdt_host, &rdt, &err), -EINVAL);
	assert_string_equal(err.msg,
			    "/linux/intelRdt/closID: \"../x\" cannot be the name of a group");
	cg_layout_done(&plan.layout);
	rdt.clos_id = "gold";
	assert_int_equal(make_rdt(&plan, "34 1 0:31 / /c/devices rw - cgroup c rw,devices\n", &rdt,
				  &err), -EOPNOTSUPP);
	assert_string_equal(err.msg, "/linux/intelRdt: resctrl is not mounted");
	assert_int_equal(err.kind, HUSK_E_UNSUPPORTED);
	cg_layout_done(&plan.layout);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_follow_runcs_rule),
		cmocka_unit_test(bad_paths_are_named),
		cmocka_unit_test(a_clean_path_is_recognised),
		cmocka_unit_test(every_v1_hierarchy_is_joined),
		cmocka_unit_test(without_a_manager_nothing_is_joined),
		cmocka_unit_test(mounts_tell_the_containers_path),
		cmocka_unit_test(a_host_that_cannot_control_devices_is_refused),
		cmocka_unit_test(the_systemd_manager_puts_it_where_systemd_will),
		cmocka_unit_test(a_property_that_cannot_be_read_is_named),
		cmocka_unit_test(intel_rdt_is_a_group_of_resctrl),
		cmocka_unit_test(bad_intel_rdt_is_named),
	};

	return cmocka_run_group_tests_name("cgroups/plan", tests, NULL, NULL);
}
