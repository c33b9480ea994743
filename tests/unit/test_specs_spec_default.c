/*
 * specs/spec_default.c
 */
#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>

#include "tests/unit/test_specs.h"

static void write_and_read(bool rootless, struct oci_config *config)
{
	struct husk_error err = { 0 };
	cleanup_free char *text = oci_spec_write(rootless, 1000, 1001);

	if (oci_config_parse(text, strlen(text), config, NULL, &err) < 0)
		fail_msg("%s", err.msg);
}

static const struct oci_mount *find_mount(const struct oci_config *config, const char *destination)
{
	for (size_t i = 0; i < config->n_mounts; i++) {
		if (strcmp(config->mounts[i].destination, destination) == 0)
			return &config->mounts[i];
	}
	fail_msg("nothing on %s", destination);
	return NULL;
}

static bool has_option(const struct oci_mount *m, const char *option)
{
	for (size_t i = 0; i < m->n_options; i++) {
		if (strcmp(m->options[i], option) == 0)
			return true;
	}
	return false;
}

static void the_default_is_a_shell_in_a_read_only_root(void **state)
{
	const uint64_t caps = 1ull << CAP_AUDIT_WRITE | 1ull << CAP_KILL | 1ull << CAP_NET_BIND_SERVICE;
	struct oci_config config;
	const struct oci_process *p;

	(void)state;
	write_and_read(false, &config);
	p = config.process;
	assert_true(p->terminal && p->no_new_privileges && p->user.uid == 0);
	assert_int_equal(p->n_args, 1);
	assert_string_equal(p->args[0], "sh");
	assert_string_equal(p->env[1], "TERM=xterm");
	assert_string_equal(p->cwd, "/");
	assert_true(p->capabilities->bounding == caps && p->capabilities->permitted == caps &&
		    p->capabilities->effective == caps);
	assert_true(p->capabilities->inheritable == 0 && p->capabilities->ambient == 0);
	assert_int_equal(p->rlimits[0].resource, RLIMIT_NOFILE);
	assert_true(p->rlimits[0].soft == 1024 && p->rlimits[0].hard == 1024);
	assert_string_equal(config.root_path, "rootfs");
	assert_true(config.root_readonly);
	assert_string_equal(config.hostname, "husk");
	assert_int_equal(config.n_mounts, 7);
	assert_string_equal(find_mount(&config, "/sys")->type, "sysfs");
	assert_true(has_option(find_mount(&config, "/dev/pts"), "gid=5"));
	assert_int_equal(config.linux_.n_namespaces, 6);
	assert_non_null(oci_namespace_get(&config.linux_, CLONE_NEWNET));
	assert_null(oci_namespace_get(&config.linux_, CLONE_NEWUSER));
	assert_int_equal(config.linux_.resources->n_devices, 1);
	assert_false(config.linux_.resources->devices[0].allow);
	assert_int_equal(config.linux_.seccomp->default_action, OCI_ACT_ERRNO);
	assert_true(config.linux_.n_masked_paths > 0 && config.linux_.n_readonly_paths > 0);
	oci_config_done(&config);
}

static void a_rootless_one_maps_root_to_the_caller(void **state)
{
	struct oci_config config;
	const struct oci_linux *l = &config.linux_;

	(void)state;
	write_and_read(true, &config);
	assert_non_null(oci_namespace_get(l, CLONE_NEWUSER));
	assert_null(oci_namespace_get(l, CLONE_NEWNET));
	assert_true(l->n_uid_mappings == 1 && l->uid_mappings[0].host_id == 1000);
	assert_true(l->n_gid_mappings == 1 && l->gid_mappings[0].host_id == 1001);
	assert_true(l->uid_mappings[0].container_id == 0 && l->uid_mappings[0].size == 1);
	assert_null(l->resources);
	assert_int_equal(config.n_mounts, 7);
	assert_string_equal(find_mount(&config, "/sys")->source, "/sys");
	assert_true(has_option(find_mount(&config, "/sys"), "rbind"));
	assert_false(has_option(find_mount(&config, "/dev/pts"), "gid=5"));
	oci_config_done(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_is_a_shell_in_a_read_only_root),
		cmocka_unit_test(a_rootless_one_maps_root_to_the_caller),
	};

	return cmocka_run_group_tests_name("specs/spec_default", tests, NULL, NULL);
}
