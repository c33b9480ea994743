/*
 * cgroups/cg_file.c: where the files of a cgroup are looked for.  The hierarchies are ordinary
 * directories.
 */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "cgroups/cg_internal.h"
#include "runtime/base/fs.h"
#include "runtime/base/util.h"

static char root[] = "/tmp/husk-cg-file-XXXXXX";

static int make_root(void **state)
{
	struct husk_error err = { 0 };
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(root));
	(void)snprintf(path, sizeof(path), "%s/a/web", root);
	assert_int_equal(fs_mkdir_p(path, 0700, &err), 0);
	(void)snprintf(path, sizeof(path), "%s/a/web/tasks", root);
	return fs_write_new(AT_FDCWD, path, "7\n", 2, 0600, &err);
}

static int remove_root(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r '%s'", root);
	return system(command);
}

/* A cgroup /web in the hierarchy at @mount, with the device @dev. */
static struct cgroup *at(const char *mount, uint64_t dev)
{
	const struct cg_hier h = { .used = true, .name = "pids", .mount = mount, .own = "/",
				   .path = "/web", .dev = dev };
	struct cgroup *cg = cg_alloc(CG_CGROUPFS, false, &h, 1);

	assert_non_null(cg);
	return cg;
}

static void expect(const struct cgroup *cg, const char *file, bool whole, const char *path)
{
	char got[PATH_MAX];
	int dir = -1;

	assert_int_equal(cg_locate(cg, 0, file, &dir, got), 0);
	assert_string_equal(got, path);
	if (whole)
		assert_int_equal(dir, AT_FDCWD);
	else
		assert_int_equal(dir, cg->mount_fd[0]);
}

static void a_loaded_cgroup_is_found_without_the_mount(void **state)
{
	char mount[64], path[80];
	struct cgroup *cg;

	(void)state;
	(void)snprintf(mount, sizeof(mount), "%s/a", root);
	cg = at(mount, 0);
	(void)snprintf(path, sizeof(path), "%s/web/tasks", mount);
	expect(cg, "tasks", true, path);
	(void)snprintf(path, sizeof(path), "%s/web", mount);
	expect(cg, NULL, true, path);
	assert_int_equal(cg->mount_fd[0], -1);
	cg_free(cg);
}

static void once_the_mount_is_open_it_counts(void **state)
{
	char mount[64];
	struct cgroup *cg;

	(void)state;
	(void)snprintf(mount, sizeof(mount), "%s/a", root);
	cg = at(mount, 0);
	assert_true(cg_mount_fd(cg, 0) >= 0);
	expect(cg, "tasks", false, "web/tasks");
	expect(cg, NULL, false, "web");
	cg_free(cg);
}

static void another_file_system_is_not_looked_into(void **state)
{
	char mount[64], path[PATH_MAX], *text = NULL;
	struct cgroup *cg;
	struct stat st;
	int dir;

	(void)state;
	(void)snprintf(mount, sizeof(mount), "%s/a", root);
	assert_int_equal(stat(mount, &st), 0);
	cg = at(mount, st.st_dev);
	assert_int_equal(cg_read_file(cg, 0, "tasks", &text), 0);
	assert_string_equal(text, "7\n");
	free(text);
	cg_free(cg);

	cg = at(mount, st.st_dev + 1);
	assert_int_equal(cg_locate(cg, 0, "tasks", &dir, path), -ESTALE);
	assert_int_equal(cg_open_file(cg, 0, "tasks", O_RDONLY), -ESTALE);
	cg_free(cg);
}

static void a_path_that_is_too_long_goes_on_from_the_mount(void **state)
{
	char mount[PATH_MAX], slashes[PATH_MAX];
	struct cgroup *cg;

	(void)state;
	memset(slashes, '/', sizeof(slashes) - 1);
	slashes[PATH_MAX - 32] = '\0';
	assert_true(snprintf(mount, sizeof(mount), "%s%s/a", slashes, root) < PATH_MAX);
	cg = at(mount, 0);
	expect(cg, "tasks", false, "web/tasks");
	cg_free(cg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loaded_cgroup_is_found_without_the_mount),
		cmocka_unit_test(once_the_mount_is_open_it_counts),
		cmocka_unit_test(another_file_system_is_not_looked_into),
		cmocka_unit_test(a_path_that_is_too_long_goes_on_from_the_mount),
	};

	return cmocka_run_group_tests_name("cgroups/cg_file", tests, make_root, remove_root);
}
