/*
 * runtime/criu/external.c: what of a configuration is not in a checkpoint's images.
 *
 * covers: 3.1-criu-config
 */
#include <linux/sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cgroups/cgroups.h"
#include "runtime/base/util.h"
#include "runtime/criu/criu.h"

static char *bind_options[] = { "ro", "rbind", NULL };

static struct oci_mount mounts[] = {
	{ .destination = "/proc", .type = "proc", .source = "proc" },
	{ .destination = "data/", .type = "none", .source = "/srv", .options = bind_options,
	  .n_options = 2 },
	{ .destination = "/rel", .type = "bind", .source = "here" },
	{ .destination = "/sys/fs/cgroup", .type = "cgroup", .source = "cgroup" },
};

static const struct cg_mount cgroups[] = {
	{ .name = "cpu,cpuacct", .host_path = "/sys/fs/cgroup/cpu,cpuacct", .path = "/web" },
	{ .name = "", .host_path = "/sys/fs/cgroup/unified", .path = "/web", .v2 = true },
};

/* The source of the mount at @inside, or NULL. */
static const char *find(const struct criu_mount *m, size_t n, const char *inside)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(m[i].inside, inside) == 0)
			return m[i].source;
	}
	return NULL;
}

static void bind_mounts_devices_and_cgroups_are_outside(void **state)
{
	struct oci_device fuse = { .path = "/dev/fuse", .type = 'c' };
	struct oci_config config = { .mounts = mounts, .n_mounts = ARRAY_SIZE(mounts) };
	struct arena arena = { 0 };
	struct husk_error err;
	struct criu_mount *m;
	size_t n;

	(void)state;
	config.linux_.devices = &fuse;
	config.linux_.n_devices = 1;
	assert_int_equal(criu_external_mounts(&config, "/b", cgroups, 2, &arena, &m, &n, &err), 0);
	assert_int_equal(n, 2 + 2 + 6 + 1);
	assert_string_equal(find(m, n, "/data"), "/srv");
	assert_string_equal(find(m, n, "/rel"), "/b/here");
	assert_null(find(m, n, "/proc"));
	assert_string_equal(find(m, n, "/sys/fs/cgroup/cpu,cpuacct"), "/sys/fs/cgroup/cpu,cpuacct/web");
	assert_string_equal(find(m, n, "/sys/fs/cgroup/unified"), "/sys/fs/cgroup/unified/web");
	assert_string_equal(find(m, n, "/dev/fuse"), "/dev/fuse");
	assert_string_equal(find(m, n, "/dev/null"), "/dev/null");
	arena_done(&arena);
}

static void with_v2_alone_the_cgroup_is_one_mount(void **state)
{
	struct oci_config config = { .mounts = mounts + 3, .n_mounts = 1 };
	struct arena arena = { 0 };
	struct husk_error err;
	struct criu_mount *m;
	size_t n;

	(void)state;
	assert_int_equal(criu_external_mounts(&config, "/b", cgroups + 1, 1, &arena, &m, &n, &err), 0);
	assert_string_equal(find(m, n, "/sys/fs/cgroup"), "/sys/fs/cgroup/unified/web");
	arena_done(&arena);
}

static void in_a_cgroup_namespace_cgroups_are_real_mounts(void **state)
{
	struct oci_namespace ns = { .type = CLONE_NEWCGROUP };
	struct oci_config config = { .mounts = mounts + 3, .n_mounts = 1 };
	struct arena arena = { 0 };
	struct husk_error err;
	struct criu_mount *m;
	size_t n;

	(void)state;
	config.linux_.namespaces = &ns;
	config.linux_.n_namespaces = 1;
	assert_int_equal(criu_external_mounts(&config, "/b", cgroups, 2, &arena, &m, &n, &err), 0);
	assert_int_equal(n, 6);
	arena_done(&arena);
}

static void the_annotation_decides_on_the_configuration_file(void **state)
{
	struct husk_criu_options opts = { .config_file = "/option.conf" };
	struct oci_config config = { 0 };

	(void)state;
	assert_string_equal(criu_config_file(&opts, &config), "/option.conf");
	config.criu_config = "/annotation.conf";
	assert_string_equal(criu_config_file(&opts, &config), "/annotation.conf");
	config.criu_config = "";
	assert_null(criu_config_file(&opts, &config));
	config.criu_config = NULL;
	opts.config_file = "";
	assert_null(criu_config_file(&opts, &config));
}

static void namespaces_have_runcs_names(void **state)
{
	(void)state;
	assert_string_equal(criu_ns_key(CLONE_NEWNET), "extRootNetNS");
	assert_string_equal(criu_ns_key(CLONE_NEWPID), "extRootPidNS");
	assert_null(criu_ns_key(CLONE_NEWUTS));
	assert_string_equal(criu_ns_name(CLONE_NEWNS), "mnt");
	assert_string_equal(criu_ns_name(0), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bind_mounts_devices_and_cgroups_are_outside),
		cmocka_unit_test(with_v2_alone_the_cgroup_is_one_mount),
		cmocka_unit_test(in_a_cgroup_namespace_cgroups_are_real_mounts),
		cmocka_unit_test(the_annotation_decides_on_the_configuration_file),
		cmocka_unit_test(namespaces_have_runcs_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
