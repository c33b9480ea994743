/*
 * cgroups/cg_rdt.c: groups of resctrl, on a directory that looks like it.
 *
 * covers: L-37 L-38 L-39
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cgroups/cg_internal.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

static char dir[] = "/tmp/husk-unit-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int setup(void **state)
{
	FILE *f;

	(void)state;
	if (!mkdtemp(dir) || mkdir(in_dir("gold"), 0755) < 0)
		return -1;
	f = fopen(in_dir("gold/schemata"), "we");
	if (!f)
		return -1;
	(void)fputs("    MB:0=100\n    L3:0=fff;1=fff\n", f);
	return fclose(f);
}

static int teardown(void **state)
{
	(void)state;
	(void)unlink(in_dir("gold/schemata"));
	(void)rmdir(in_dir("gold"));
	return rmdir(dir);
}

static int create(const char *path, const char **lines, size_t n, struct cgroup **cg,
		  struct husk_error *err)
{
	const struct oci_intel_rdt config = { 0 };
	const struct cg_hier h = { .used = true, .rdt = true, .name = "resctrl", .mount = dir,
				   .own = "/", .path = path };
	const struct cg_rdt rdt = { .config = &config, .line = lines, .n_lines = n, .n_checked = n };

	*cg = cg_alloc(CG_CGROUPFS, false, &h, 1);
	assert_non_null(*cg);
	return cg_rdt_create(*cg, 0, &rdt, err);
}

static void a_group_that_exists_is_used_and_kept(void **state)
{
	const char *lines[] = { "L3:0=fff; 1=fff", "MB:0=100" };
	struct husk_error err = { 0 };
	struct cgroup *cg;
	struct stat st;

	(void)state;
	assert_int_equal(create("/gold", lines, 2, &cg, &err), 0);
	assert_true(cg->hier[0].keep);
	assert_int_equal(cg_destroy(cg, &err), 0);
	assert_int_equal(stat(in_dir("gold"), &st), 0);
	cg_free(cg);
}

static void a_group_with_another_schema_is_refused(void **state)
{
	const char *lines[] = { "L3:0=ff;1=fff" };
	struct husk_error err = { 0 };
	struct cgroup *cg;

	(void)state;
	assert_int_equal(create("/gold", lines, 1, &cg, &err), -EINVAL);
	assert_string_equal(err.msg, "/linux/intelRdt: group /gold exists, and its schemata does "
				     "not say \"L3:0=ff;1=fff\"");
	cg_free(cg);
}

static void a_group_without_schema_must_exist(void **state)
{
	struct husk_error err = { 0 };
	struct cgroup *cg;

	(void)state;
	assert_int_equal(create("/lead", NULL, 0, &cg, &err), -ENOENT);
	assert_true(str_starts(err.msg, "/linux/intelRdt/closID: there is no group /tmp/husk-unit-"));
	assert_true(str_ends(err.msg, "/lead"));
	cg_free(cg);
}

/* On resctrl the kernel would fill the new directory. */
static void a_new_group_is_made_and_removed(void **state)
{
	const char *lines[] = { "MB:0=10" };
	struct husk_error err = { 0 };
	struct cgroup *cg;
	struct stat st;

	(void)state;
	assert_int_equal(create("/web", lines, 1, &cg, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "write \"MB:0=10\" to "));
	assert_false(cg->hier[0].keep);
	assert_int_equal(stat(in_dir("web"), &st), 0);
	assert_int_equal(cg_destroy(cg, &err), 0);
	assert_int_equal(stat(in_dir("web"), &st), -1);
	cg_free(cg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_that_exists_is_used_and_kept),
		cmocka_unit_test(a_group_with_another_schema_is_refused),
		cmocka_unit_test(a_group_without_schema_must_exist),
		cmocka_unit_test(a_new_group_is_made_and_removed),
	};

	return cmocka_run_group_tests_name("cgroups/rdt", tests, setup, teardown);
}
