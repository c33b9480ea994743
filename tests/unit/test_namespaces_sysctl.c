/*
 * namespaces/sysctl.c: which settings a container may have, and where they are written.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "namespaces/internal.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

static const struct ns_host_facts root_caller = { 0, 0, true };

static int init_with(struct oci_config *config, uint64_t create, const char *key,
		     struct ns_plan *ns, struct husk_error *err)
{
	static struct oci_id_map map[] = { { 0, 100000, 65536 } };
	static struct oci_namespace namespaces[NS_KINDS];
	static struct oci_pair pair;
	size_t n = 0;

	for (size_t i = 0; i < NS_KINDS; i++)
		if (create & ns_kinds[i].type)
			namespaces[n++] = (struct oci_namespace){ ns_kinds[i].type, NULL };
	pair = (struct oci_pair){ key, "1" };
	config->linux_ = (struct oci_linux){ .namespaces = namespaces, .n_namespaces = n,
					     .sysctl = &pair, .n_sysctl = 1 };
	if (create & CLONE_NEWUSER) {
		config->linux_.uid_mappings = config->linux_.gid_mappings = map;
		config->linux_.n_uid_mappings = config->linux_.n_gid_mappings = 1;
	}
	return ns_plan_init(ns, config, &root_caller, err);
}

static void each_setting_needs_its_namespace(void **state)
{
	static const struct {
		const char *key;
		uint64_t type;
		const char *path;	/* "=NAME": not by a file */
	} rows[] = {
		{ "net.core.somaxconn", CLONE_NEWNET, "net/core/somaxconn" },
		{ "net/ipv4/ip_forward", CLONE_NEWNET, "net/ipv4/ip_forward" },
		{ "net.ipv4.conf.eth0/100.forwarding", CLONE_NEWNET,
		  "net/ipv4/conf/eth0.100/forwarding" },
		{ "net/ipv4/conf/eth0.100/forwarding", CLONE_NEWNET,
		  "net/ipv4/conf/eth0.100/forwarding" },
		{ "kernel.msgmax", CLONE_NEWIPC, "kernel/msgmax" },
		{ "kernel.sem", CLONE_NEWIPC, "kernel/sem" },
		{ "kernel.shm_rmid_forced", CLONE_NEWIPC, "kernel/shm_rmid_forced" },
		{ "fs.mqueue.queues_max", CLONE_NEWIPC, "fs/mqueue/queues_max" },
		{ "user.max_mnt_namespaces", CLONE_NEWUSER, "user/max_mnt_namespaces" },
		{ "kernel.hostname", CLONE_NEWUTS, "=ns_hostname" },
		{ "kernel.domainname", CLONE_NEWUTS, "=ns_domainname" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct husk_error err = { 0 };
		struct oci_config config = { 0 };
		struct plan_view v = { 0 };
		cleanup_free void *mem = NULL;
		char expected[256];
		struct ns_plan ns;
		struct plan p;
		size_t len;

		assert_int_equal(init_with(&config, rows[i].type, rows[i].key, &ns, &err), 0);
		assert_int_equal(plan_init(&p, &err), 0);
		(void)plan_fd(&p, PLAN_FD_GIVEN, "socket", 0, 0, NULL);
		ns_emit_sysctl(&ns, &p);
		assert_int_equal(plan_finish(&p, &mem, &len, &err), 0);
		plan_done(&p);
		assert_null(plan_open(&v, mem, len, false));
		assert_int_equal(v.h->n_steps, 1);
		if (rows[i].path[0] == '=') {
			assert_string_equal(plan_op_name(v.steps[0].op), rows[i].path + 1);
		} else {
			assert_int_equal(v.steps[0].op, OP_NS_SYSCTL);
			assert_string_equal(plan_view_str(&v, v.steps[0].arg[0]), rows[i].path);
			assert_string_equal(plan_view_str(&v, v.steps[0].arg[1]), "1");
		}

		/* Without it the host would be changed. */
		assert_int_equal(init_with(&config, CLONE_NEWNS, rows[i].key, &ns, &err), -EINVAL);
		snprintf(expected, sizeof(expected),
			 ": this sysctl needs a %s namespace of the container's own",
			 ns_name(rows[i].type));
		assert_non_null(strstr(err.msg, expected));
		snprintf(expected, sizeof(expected), "add {\"type\": \"%s\"} to /linux/namespaces",
			 ns_name(rows[i].type));
		assert_string_equal(err.hint, expected);
	}
}

static void the_rest_is_refused_by_name(void **state)
{
	static const struct {
		const char *key, *message;
	} rows[] = {
		{ "kernel.core_pattern", "/linux/sysctl/kernel.core_pattern: belongs to no "
					 "namespace: setting it would change the host" },
		{ "kernel/core_pattern", "/linux/sysctl/kernel~1core_pattern: belongs to no "
					 "namespace: setting it would change the host" },
		{ "kernel.shm", "/linux/sysctl/kernel.shm: belongs to no namespace: setting it "
				"would change the host" },
		{ "kernel.shmmax.x", "/linux/sysctl/kernel.shmmax.x: belongs to no namespace: "
				     "setting it would change the host" },
		{ "vm.swappiness", "/linux/sysctl/vm.swappiness: belongs to no namespace: setting "
				   "it would change the host" },
		{ "fs.mqueue", "/linux/sysctl/fs.mqueue: belongs to no namespace: setting it would "
			       "change the host" },
		{ "", "/linux/sysctl/: not a name of a sysctl" },
		{ "net", "/linux/sysctl/net: belongs to no namespace: setting it would change the "
			 "host" },
		{ "net.", "/linux/sysctl/net.: not a name of a sysctl" },
		{ "net..core", "/linux/sysctl/net..core: not a name of a sysctl" },
		{ "/net/core/somaxconn",
		  "/linux/sysctl/~1net~1core~1somaxconn: not a name of a sysctl" },
		{ "net/../kernel/core_pattern",
		  "/linux/sysctl/net~1..~1kernel~1core_pattern: not a name of a sysctl" },
		{ "net.//.kernel.core_pattern",
		  "/linux/sysctl/net.~1~1.kernel.core_pattern: not a name of a sysctl" },
		{ "net.core.somaxconn=1 ", "/linux/sysctl/net.core.somaxconn=1 : not a name of a "
					   "sysctl" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct husk_error err = { 0 };
		struct oci_config config = { 0 };
		struct ns_plan ns;

		assert_int_equal(init_with(&config, CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS,
					   rows[i].key, &ns, &err), -EINVAL);
		assert_string_equal(err.msg, rows[i].message);
		assert_int_equal(err.kind, HUSK_E_CONFIG);
	}
}

static void a_name_is_not_set_twice(void **state)
{
	struct oci_config config = { .hostname = "box", .domainname = "example" };
	struct husk_error err = { 0 };
	struct ns_plan ns;

	(void)state;
	assert_int_equal(init_with(&config, CLONE_NEWUTS, "kernel.hostname", &ns, &err), -EINVAL);
	assert_string_equal(err.msg,
		"/linux/sysctl/kernel.hostname: the host name is set by /hostname already");
	assert_int_equal(init_with(&config, CLONE_NEWUTS, "kernel.domainname", &ns, &err), -EINVAL);
	assert_string_equal(err.msg,
		"/linux/sysctl/kernel.domainname: the domain name is set by /domainname already");
}

static void the_hosts_own_namespace_by_path_is_the_host(void **state)
{
	struct oci_namespace n = { CLONE_NEWNET, "/proc/self/ns/net" };
	struct oci_pair pair = { "net.core.somaxconn", "1" };
	struct oci_config config = { .linux_ = { .namespaces = &n, .n_namespaces = 1,
						 .sysctl = &pair, .n_sysctl = 1 } };
	struct husk_error err = { 0 };
	struct ns_plan ns;

	(void)state;
	assert_int_equal(ns_plan_init(&ns, &config, &root_caller, &err), -EINVAL);
	assert_string_equal(err.msg,
		"/linux/sysctl/net.core.somaxconn: this sysctl would change the host: "
		"/proc/self/ns/net is the host's own network namespace");
}

static void a_very_long_name_is_refused(void **state)
{
	struct husk_error err = { 0 };
	struct oci_config config = { 0 };
	struct ns_plan ns;
	char key[600];

	(void)state;
	memset(key, 'a', sizeof(key));
	memcpy(key, "net.", 4);
	key[sizeof(key) - 1] = '\0';
	assert_int_equal(init_with(&config, CLONE_NEWNET, key, &ns, &err), -EINVAL);
	assert_true(str_ends(err.msg, ": not a name of a sysctl"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_setting_needs_its_namespace),
		cmocka_unit_test(the_rest_is_refused_by_name),
		cmocka_unit_test(a_name_is_not_set_twice),
		cmocka_unit_test(the_hosts_own_namespace_by_path_is_the_host),
		cmocka_unit_test(a_very_long_name_is_refused),
	};

	return cmocka_run_group_tests_name("namespaces/sysctl", tests, NULL, NULL);
}
