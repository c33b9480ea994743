/*
 * runtime/annotations.c: what annotations may contain and which members they set.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/annotations.h"
#include "runtime/base/util.h"

static const char bpf[] = "BgAAAAAA/38=";	/* return SECCOMP_RET_ALLOW */

/* Apply @key=@value to a configuration with @rest behind its annotations. */
static int apply(const char *key, const char *value, const char *rest, struct oci_config *out,
		 struct husk_error *err)
{
	char text[1024];
	int n = snprintf(text, sizeof(text), "{\"ociVersion\": \"1.2.0\", \"annotations\": "
			 "{\"%s\": \"%s\"}%s}", key, value, rest);

	assert_true(n > 0 && (size_t)n < sizeof(text));
	assert_int_equal(oci_config_parse(text, (size_t)n, out, NULL, err), 0);
	return rt_annotations_apply(out, err);
}

static void refused(const char *key, const char *value, enum husk_kind kind, const char *wanted)
{
	struct husk_error err = { 0 };
	struct oci_config c;
	char pointer[200];

	assert_true(apply(key, value, "", &c, &err) < 0);
	assert_string_equal(err.msg, wanted);
	assert_int_equal(err.kind, kind);
	(void)snprintf(pointer, sizeof(pointer), "/annotations/%s", key);
	assert_string_equal(err.pointer, pointer);
	oci_config_done(&c);
}

static void each_sets_its_member(void **state)
{
	struct husk_error err;
	struct oci_config c;

	(void)state;
#define CHECK(key, value, rest, what)                                                              \
	assert_int_equal(apply(key, value, rest, &c, &err), 0);                                    \
	what;                                                                                      \
	oci_config_done(&c)
	CHECK("run.oci.keep_original_groups", "", "", assert_true(c.linux_.keep_groups));
	CHECK("run.oci.mount_context_type", "fscontext", "",
	      assert_string_equal(c.linux_.mount_context, "fscontext"));
	CHECK("run.oci.pidfd_receiver", "/s", "", assert_string_equal(c.pidfd_receiver, "/s"));
	CHECK("org.husk.landlock", "ro=/", "", assert_string_equal(c.landlock, "ro=/"));
	CHECK("run.oci.systemd.subgroup", "", "",
	      assert_string_equal(c.linux_.cgroup_subgroup, ""));
	CHECK("run.oci.delegate-cgroup", "a", "",
	      assert_string_equal(c.linux_.cgroup_delegate, "a"));
	CHECK("run.oci.systemd.force_cgroup_v1", "/sys", "",
	      assert_string_equal(c.linux_.cgroup_v1_systemd, "/sys"));
	CHECK("org.criu.config", "/c", "", assert_string_equal(c.criu_config, "/c"));
	CHECK("org.criu.config", "", "", assert_string_equal(c.criu_config, ""));
	CHECK("run.oci.hooks.stdout", "/o", "", assert_string_equal(c.hooks.stdout_path, "/o"));
	CHECK("run.oci.hooks.stderr", "/e", "", assert_string_equal(c.hooks.stderr_path, "/e"));
	CHECK("run.oci.seccomp_bpf_data", bpf, "", assert_int_equal(c.linux_.seccomp->n_bpf, 8));
#undef CHECK
}

static void those_of_seccomp_go_to_the_profile(void **state)
{
	static const char profile[] =
		", \"linux\": {\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\"}}";
	struct husk_error err;
	struct oci_config c;

	(void)state;
	assert_int_equal(apply("run.oci.seccomp.receiver", "/s", profile, &c, &err), 0);
	assert_string_equal(c.linux_.seccomp->listener_path, "/s");
	oci_config_done(&c);
	assert_int_equal(apply("run.oci.seccomp_fail_unknown_syscall", "", profile, &c, &err), 0);
	assert_true(c.linux_.seccomp->fail_unknown);
	oci_config_done(&c);

	/* A receiver makes no profile: an empty one would kill. */
	assert_int_equal(apply("run.oci.seccomp.receiver", "/s", "", &c, &err), 0);
	assert_null(c.linux_.seccomp);
	oci_config_done(&c);
}

static void a_ready_made_filter_has_a_receiver_in_any_order(void **state)
{
	struct husk_error err;
	struct oci_config c;

	(void)state;
	assert_int_equal(apply("run.oci.seccomp.receiver", "/s\", \"run.oci.seccomp_bpf_data\": "
			       "\"BgAAAAAA/38=", "", &c, &err), 0);
	assert_string_equal(c.linux_.seccomp->listener_path, "/s");
	oci_config_done(&c);
}

static void wrong_values_are_refused_in_whole_sentences(void **state)
{
	(void)state;
	refused("run.oci.pidfd_receiver", "s", HUSK_E_CONFIG,
		"/annotations/run.oci.pidfd_receiver: \"s\" is not an absolute path");
	refused("run.oci.mount_context_type", "x", HUSK_E_CONFIG,
		"/annotations/run.oci.mount_context_type: \"x\" is none of \"context\", "
		"\"fscontext\", \"defcontext\", \"rootcontext\"");
	refused("run.oci.delegate-cgroup", "..", HUSK_E_CONFIG,
		"/annotations/run.oci.delegate-cgroup: \"..\": expected the name of one cgroup, "
		"without \"/\", \".\" or \"..\"");
	refused("run.oci.systemd.subgroup", "a/b", HUSK_E_CONFIG,
		"/annotations/run.oci.systemd.subgroup: \"a/b\": expected the name of one cgroup, "
		"without \"/\", \".\" or \"..\"");
	refused("run.oci.handler", "krun", HUSK_E_UNSUPPORTED,
		"/annotations/run.oci.handler: \"krun\": husk has no handlers for other kinds of "
		"programs (krun, wasm, dotnet)");
	refused("run.oci.seccomp.plugins", "p.so", HUSK_E_UNSUPPORTED,
		"/annotations/run.oci.seccomp.plugins: \"p.so\": husk loads no plugins: they would "
		"run with the runtime's privilege");
	refused("org.systemd.property.ExecStart", "x", HUSK_E_CONFIG,
		"/annotations/org.systemd.property.ExecStart: ExecStart: would run a program as a "
		"service of the host, which a container may not ask for");
	refused("org.systemd.property.Slice", "x", HUSK_E_CONFIG,
		"/annotations/org.systemd.property.Slice: Slice: not a property that a container's "
		"scope may be given");
	refused("org.systemd.property.X", "x", HUSK_E_CONFIG,
		"/annotations/org.systemd.property.X: \"X\" is not the name of a property: expected "
		"at least three letters");
}

static void properties_of_a_scope_are_allowed(void **state)
{
	static const char *const good[] = { "MemoryMax", "CPUQuotaPerSecUSec", "TimeoutStopUSec",
					    "CollectMode", "After", "IOWeight", "TasksMax" };
	static const char *const bad[] = { "", "Afterwards", "Requires", "OnFailure", "Delegate",
					   "PIDs", "execStart", "tasksmax" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(rt_systemd_property_allowed(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(rt_systemd_property_allowed(bad[i]));
}

static void what_is_not_ours_is_left_alone(void **state)
{
	struct husk_error err;
	struct oci_config c;

	(void)state;
	assert_int_equal(apply("run.oci.handlers", "krun", "", &c, &err), 0);
	assert_null(c.pidfd_receiver);
	oci_config_done(&c);
	assert_int_equal(apply("org.systemd.propertyExecStart", "x", "", &c, &err), 0);
	oci_config_done(&c);
}

static void a_pids_limit_of_0_is_none_from_cri_o_alone(void **state)
{
	static const char limits[] = ", \"linux\": {\"resources\": {\"pids\": {\"limit\": 0}}}";
	struct husk_error err;
	struct oci_config c;

	(void)state;
	assert_int_equal(apply("io.kubernetes.cri-o.ContainerType", "container", limits, &c, &err),
			 0);
	assert_false(c.linux_.resources->has_pids_limit);
	oci_config_done(&c);
	assert_int_equal(apply("io.kubernetes.other", "container", limits, &c, &err), 0);
	assert_true(c.linux_.resources->has_pids_limit);
	oci_config_done(&c);
}

static void the_list_for_features_has_each_once(void **state)
{
	const char *const *names = rt_annotations_unsafe();
	size_t n = 0;

	(void)state;
	for (; names[n]; n++) {
		for (size_t i = 0; i < n; i++)
			assert_string_not_equal(names[i], names[n]);
	}
	assert_true(n >= 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sets_its_member),
		cmocka_unit_test(those_of_seccomp_go_to_the_profile),
		cmocka_unit_test(a_ready_made_filter_has_a_receiver_in_any_order),
		cmocka_unit_test(wrong_values_are_refused_in_whole_sentences),
		cmocka_unit_test(properties_of_a_scope_are_allowed),
		cmocka_unit_test(what_is_not_ours_is_left_alone),
		cmocka_unit_test(a_pids_limit_of_0_is_none_from_cri_o_alone),
		cmocka_unit_test(the_list_for_features_has_each_once),
	};

	return cmocka_run_group_tests_name("runtime/annotations", tests, NULL, NULL);
}
