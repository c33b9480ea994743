/*
 * runtime/launch.c: the whole plan that a configuration compiles to, in order.
 *
 * The facts about the caller are set by hand, so the plan is the same for every user and host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/str.h"
#include "runtime/launch.h"

static char bundle[] = "/tmp/husk-unit-XXXXXX";

static int make_bundle(void **state)
{
	char path[64];

	(void)state;
	if (!mkdtemp(bundle))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/rootfs", bundle);
	return mkdir(path, 0755);
}

static int remove_bundle(void **state)
{
	char path[64];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/config.json", bundle);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/rootfs", bundle);
	(void)rmdir(path);
	return rmdir(bundle);
}

static void write_config(const char *text)
{
	char path[64];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/config.json", bundle);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* root on the host, or a user without any right; no cgroups, as those are the host's own. */
static struct husk caller(bool root)
{
	return (struct husk){ .root = (char *)(uintptr_t)"/nonexistent",
			      .cgroup_manager = CG_NONE,
			      .rootless = !root,
			      .privileged = root,
			      .first_userns = true,
			      .owns_mounts = root,
			      .init_fd = -1 };
}

/* The names of the plan's steps, separated by blanks. */
static char *steps(const char *config, bool root, bool one_shot)
{
	struct husk_create_options opts = { .bundle = bundle };
	struct husk h = caller(root);
	struct husk_error err = { 0 };
	struct str out = { 0 };
	struct rt_launch l;

	write_config(config);
	rt_launch_init(&l, &h, "unit", &opts);
	l.dry = true;
	l.one_shot = one_shot;
	if (rt_launch_read(&l, &err) < 0 || rt_launch_decide(&l, &err) < 0)
		str_add(&out, err.msg);
	for (uint32_t i = 0; l.plan && i < l.view.h->n_steps; i++)
		str_printf(&out, "%s%s", i ? " " : "", plan_op_name(l.view.steps[i].op));
	rt_launch_done(&l);
	return str_take(&out);
}

static void assert_steps(const char *config, bool root, const char *wanted)
{
	char *got = steps(config, root, true);

	assert_string_equal(got, wanted);
	free(got);
}

#define PROCESS "\"process\":{\"cwd\":\"/\",\"args\":[\"/x\"],\"user\":{\"uid\":0,\"gid\":0}}"
#define ROOT "\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"}"

static void a_minimal_container_is_few_steps(void **state)
{
	(void)state;
	assert_steps("{" ROOT "," PROCESS ",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},"
		     "{\"type\":\"pid\"}]}}",
		     true,
		     "proc_session proc_keyring rootfs_propagation rootfs_attr rootfs_root rootfs_dev "
		     "rootfs_pivot proc_cwd proc_stdio proc_program wait_start proc_home "
		     "proc_umask proc_bounding proc_ids proc_caps exec");
}

static void hooks_come_before_the_switch_and_after_start(void **state)
{
	char *got = steps("{" ROOT "," PROCESS ",\"hooks\":{\"prestart\":[{\"path\":\"/bin/a\"}],"
			  "\"createContainer\":[{\"path\":\"/bin/b\"}],"
			  "\"startContainer\":[{\"path\":\"/bin/c\"}]},"
			  "\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}}",
			  true, true);
	const char *host = strstr(got, "ask_host_hooks"), *first, *second;

	(void)state;
	assert_non_null(host);
	first = strstr(host, "run_hook");
	assert_non_null(first);
	assert_true(first < strstr(got, "rootfs_pivot"));
	second = strstr(first + 1, "run_hook");
	assert_non_null(second);
	assert_true(second > strstr(got, "wait_start"));
	assert_null(strstr(second + 1, "run_hook"));
	free(got);
}

static void an_unprivileged_caller_gets_a_user_namespace_first(void **state)
{
	char *got = steps("{" ROOT "," PROCESS ",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},"
			  "{\"type\":\"user\"}],"
			  "\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1}],"
			  "\"gidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1}]}}",
			  false, true);

	(void)state;
	/* Sources are opened by the init, before it looks at anything inside the root. */
	assert_ptr_equal(strstr(got, "ask_id_maps ns_become"), got);
	assert_true(strstr(got, "rootfs_open_tree") < strstr(got, "rootfs_root"));
	free(got);
}

static void a_joined_pid_namespace_needs_a_second_process(void **state)
{
	char *got = steps("{" ROOT "," PROCESS ",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},"
			  "{\"type\":\"pid\",\"path\":\"/proc/1/ns/pid\"}]}}",
			  true, true);

	(void)state;
	assert_true(strstr(got, "ns_join") < strstr(got, "fork"));
	assert_true(strstr(got, "fork") < strstr(got, "rootfs_root"));
	free(got);
}

static void without_a_root_there_is_no_container(void **state)
{
	(void)state;
	assert_steps("{\"ociVersion\":\"1.3.0\"," PROCESS "}", true,
		     "/root: missing: a container needs a root filesystem");
}

static void a_terminal_needs_a_console_socket_when_nobody_serves_it(void **state)
{
	struct oci_process process = { .terminal = true };
	struct husk_error err = { 0 };

	(void)state;
	assert_int_equal(rt_check_console(&process, NULL, true, &err), 0);
	assert_int_equal(rt_check_console(&process, "/s", false, &err), 0);
	assert_true(rt_check_console(&process, NULL, false, &err) < 0);
	assert_string_equal(err.msg, "cannot allocate tty if runc will detach without setting "
				     "console socket");
	assert_true(rt_check_console(NULL, "/s", false, &err) < 0);
	assert_string_equal(err.msg, "cannot use console socket if runc will not detach or "
				     "allocate tty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_minimal_container_is_few_steps),
		cmocka_unit_test(hooks_come_before_the_switch_and_after_start),
		cmocka_unit_test(an_unprivileged_caller_gets_a_user_namespace_first),
		cmocka_unit_test(a_joined_pid_namespace_needs_a_second_process),
		cmocka_unit_test(without_a_root_there_is_no_container),
		cmocka_unit_test(a_terminal_needs_a_console_socket_when_nobody_serves_it),
	};

	return cmocka_run_group_tests_name("runtime/launch", tests, make_bundle, remove_bundle);
}
