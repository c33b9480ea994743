/*
 * specs/state.c
 *
 *
 */
#include "tests/unit/test_specs.h"

static struct oci_pair annotations[] = { { "a.b", "c \"d\"" }, { "e", "" } };

static const struct oci_state example = {
	.oci_version = "1.3.0",
	.id = "web",
	.bundle = "/b",
	.rootfs = "/b/rootfs",
	.created = "2026-01-02T03:04:05.000000006Z",
	.owner = "root",
	.pid = 4711,
	.pid_start_time = UINT64_MAX,
	.pid_inode = 9007199254740993,
	.cgroup_state = "v2\n/x",
	.rootless = true,
	.no_new_keyring = true,
	.no_poststop = true,
	.has_filter = true,
	.has_process = true,
	.annotations = annotations,
	.n_annotations = 2,
};

static void what_is_written_can_be_read(void **state)
{
	struct husk_error err = { 0 };
	struct oci_state got;
	cleanup_free char *text = oci_state_write(&example);

	(void)state;
	if (oci_state_parse(text, strlen(text), &got, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	assert_int_equal(got.version, OCI_STATE_VERSION);
	assert_string_equal(got.oci_version, "1.3.0");
	assert_string_equal(got.id, "web");
	assert_string_equal(got.bundle, "/b");
	assert_string_equal(got.rootfs, "/b/rootfs");
	assert_string_equal(got.created, example.created);
	assert_string_equal(got.owner, "root");
	assert_int_equal(got.pid, 4711);
	assert_true(got.pid_start_time == UINT64_MAX);
	assert_true(got.pid_inode == UINT64_C(9007199254740993));
	assert_string_equal(got.cgroup_state, "v2\n/x");
	assert_true(got.rootless && !got.terminal && got.has_process && got.no_new_keyring &&
		    got.no_poststop && got.has_filter);
	assert_int_equal(got.n_annotations, 2);
	assert_string_equal(got.annotations[0].value, "c \"d\"");
	assert_string_equal(got.annotations[1].value, "");
	oci_state_done(&got);
}

static void others_see_it_as_runc_shows_it(void **state)
{
	cleanup_free char *text = oci_state_public(&example, "running", true);

	(void)state;
	assert_string_equal(text, "{\n"
				  "  \"ociVersion\": \"1.3.0\",\n"
				  "  \"id\": \"web\",\n"
				  "  \"pid\": 4711,\n"
				  "  \"status\": \"running\",\n"
				  "  \"bundle\": \"/b\",\n"
				  "  \"rootfs\": \"/b/rootfs\",\n"
				  "  \"created\": \"2026-01-02T03:04:05.000000006Z\",\n"
				  "  \"annotations\": {\n"
				  "    \"a.b\": \"c \\\"d\\\"\",\n"
				  "    \"e\": \"\"\n"
				  "  },\n"
				  "  \"owner\": \"root\"\n"
				  "}");
}

static void a_network_of_husks_is_kept_and_shown(void **state)
{
	char *addresses[] = { "10.1.2.3/24", "fd00::3/64", NULL }, *ports[] = { NULL };
	struct oci_state_network net = { .mode = "veth", .interface = "eth0", .addresses = addresses,
					 .n_addresses = 2, .ports = ports, .egress_list = true };
	static const char shown[] = "\"network\":{\"mode\":\"veth\",\"interface\":\"eth0\","
				    "\"addresses\":[\"10.1.2.3/24\",\"fd00::3/64\"],\"ports\":[],"
				    "\"egressList\":true}";
	struct oci_state with = example, got;
	struct husk_error err = { 0 };
	cleanup_free char *text = NULL, *public = NULL;

	(void)state;
	with.network = &net;
	text = oci_state_write(&with);
	public = oci_state_public(&with, "running", false);
	assert_non_null(strstr(text, shown));
	assert_non_null(strstr(public, shown));
	assert_int_equal(oci_state_parse(text, strlen(text), &got, &err), 0);
	assert_string_equal(got.network->mode, "veth");
	assert_int_equal(got.network->n_addresses, 2);
	assert_string_equal(got.network->addresses[1], "fd00::3/64");
	assert_int_equal(got.network->n_ports, 0);
	assert_true(got.network->egress_list);
	oci_state_done(&got);
}

static void a_stopped_container_has_no_pid_and_no_empty_annotations(void **state)
{
	struct oci_state stopped = example;
	cleanup_free char *text = NULL;

	(void)state;
	stopped.n_annotations = 0;
	stopped.owner = NULL;
	text = oci_state_public(&stopped, "stopped", false);
	assert_string_equal(text, "{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"pid\":0,"
				  "\"status\":\"stopped\",\"bundle\":\"/b\","
				  "\"rootfs\":\"/b/rootfs\","
				  "\"created\":\"2026-01-02T03:04:05.000000006Z\",\"owner\":\"\"}");
}

static void a_newer_format_is_refused_whatever_else_it_says(void **state)
{
	cleanup_free char *text = with_quotes("{'id':7,'version':3}", "", "");
	struct husk_error err = { 0 };
	struct oci_state got;

	(void)state;
	assert_int_equal(oci_state_parse(text, strlen(text), &got, &err), -EOPNOTSUPP);
	assert_int_equal(err.kind, HUSK_E_UNSUPPORTED);
	assert_string_equal(err.msg, "the state has format 3; this husk knows 2: use the newer husk "
				     "that made the container");
}

static void damaged_states_are_named(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "not JSON: line 1, column 1: the text ends too early" },
		{ "[]", "expected an object, found an array" },
		{ "{}", "\"version\" is missing" },
		{ "{'version':'1'}", "/version: expected a number, found \"1\"" },
		{ "{'version':0}", "/version: 0 is out of range; allowed: integers from 1 to 2147483647" },
		{ "{'version':1,'ociVersion':'1.0.0','id':'a','bundle':'/'}", "\"pid\" is missing" },
		{ "{'version':1,'pid':-1}",
		  "/pid: -1 is out of range; allowed: integers from 0 to 2147483647" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *text = with_quotes(cases[i].text, "", "");
		struct husk_error err = { 0 };
		struct oci_state got;

		assert_int_equal(oci_state_parse(text, strlen(text), &got, &err), -EINVAL);
		assert_string_equal(err.msg, cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(others_see_it_as_runc_shows_it),
		cmocka_unit_test(a_network_of_husks_is_kept_and_shown),
		cmocka_unit_test(a_stopped_container_has_no_pid_and_no_empty_annotations),
		cmocka_unit_test(a_newer_format_is_refused_whatever_else_it_says),
		cmocka_unit_test(damaged_states_are_named),
	};

	return cmocka_run_group_tests_name("specs/state", tests, NULL, NULL);
}
