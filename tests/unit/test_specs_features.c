/*
 * specs/features.c
 *
 * covers: F-13
 */
#include "specs/json.h"
#include "tests/unit/test_specs.h"

static const char *const words[] = { "one", "two", NULL };

static const struct oci_features_facts facts = {
	.mount_options = words,
	.libseccomp_version = "2.5.4",
	.seccomp_actions = words,
	.capabilities = words,
	.unsafe_annotations = words,
	.cgroup_v1 = true,
	.apparmor = true,
	.net_devices = true,
	.version = "0.1.0",
	.commit = "abc",
};

/* The value at @path, whose members are separated by "/". */
static const struct json *at(const struct json *v, const char *path)
{
	char key[64];

	while (*path) {
		size_t len = strcspn(path, "/");

		(void)snprintf(key, sizeof(key), "%.*s", (int)len, path);
		v = json_get(v, key);
		if (!v)
			fail_msg("no %s", path);
		path += len + (path[len] == '/');
	}
	return v;
}

static void the_document_follows_the_spec(void **state)
{
	cleanup_free char *text = oci_features_write(&facts);
	cleanup_json struct json_doc doc = { 0 };
	struct husk_error err = { 0 };

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &doc, &err), 0);
	assert_string_equal(json_string(at(doc.root, "ociVersionMin")), "1.0.0");
	assert_string_equal(json_string(at(doc.root, "ociVersionMax")), "1.3.0");
	assert_int_equal(json_count(at(doc.root, "hooks")), 6);
	assert_int_equal(json_count(at(doc.root, "mountOptions")), 2);
	assert_int_equal(json_count(at(doc.root, "linux/namespaces")), 8);
	assert_int_equal(json_count(at(doc.root, "linux/capabilities")), 2);
	assert_true(json_bool(at(doc.root, "linux/cgroup/v1")));
	assert_false(json_bool(at(doc.root, "linux/cgroup/systemdUser")));
	assert_true(json_bool(at(doc.root, "linux/seccomp/enabled")));
	assert_int_equal(json_count(at(doc.root, "linux/seccomp/actions")), 2);
	assert_int_equal(json_count(at(doc.root, "linux/seccomp/archs")), 0);
	assert_true(json_bool(at(doc.root, "linux/apparmor/enabled")));
	assert_false(json_bool(at(doc.root, "linux/selinux/enabled")));
	assert_false(json_bool(at(doc.root, "linux/intelRdt/enabled")));
	assert_int_equal(json_count(at(doc.root, "linux/memoryPolicy/modes")), 7);
	assert_true(json_bool(at(doc.root, "linux/mountExtensions/idmap/enabled")));
	assert_true(json_bool(at(doc.root, "linux/netDevices/enabled")));
	assert_string_equal(json_string(json_get(at(doc.root, "annotations"),
						 "io.github.seccomp.libseccomp.version")), "2.5.4");
	assert_int_equal(json_count(at(doc.root, "potentiallyUnsafeConfigAnnotations")), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_document_follows_the_spec),
	};

	return cmocka_run_group_tests_name("specs/features", tests, NULL, NULL);
}
