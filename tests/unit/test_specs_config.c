/*
 * specs/config.c: whole documents, and the files in tests/data/config.
 *
 * ok_*.json are what engines wrote (identifiers changed); every bad_*.json has its message in the
 * .expected beside it.  Runs at the top of the source tree.
 *
 * covers: C-01 C-02 C-05 C-52 L-53
 */
#include <glob.h>

#include "tests/unit/test_specs.h"

#define DATA "tests/data/config/"

static char *read_file(const char *path, size_t *len)
{
	cleanup_file FILE *f = fopen(path, "re");
	char *text = malloc(1 << 20);

	if (!f || !text)
		fail_msg("cannot read %s", path);
	*len = fread(text, 1, (1 << 20) - 1, f);
	text[*len] = '\0';
	return text;
}

/* What is wrong with the file, or "". */
static void parse_file(const char *path, struct husk_error *err)
{
	size_t len;
	cleanup_free char *text = read_file(path, &len);
	struct oci_config config;

	if (oci_config_parse(text, len, &config, NULL, err) == 0)
		oci_config_done(&config);
}

static void what_engines_write_is_good(void **state)
{
	glob_t files;

	(void)state;
	assert_int_equal(glob(DATA "ok_*.json", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct husk_error err = { 0 };

		parse_file(files.gl_pathv[i], &err);
		if (err.sys)
			fail_msg("%s: %s", files.gl_pathv[i], err.msg);
	}
	globfree(&files);
}

static void every_bad_file_has_its_message(void **state)
{
	glob_t files;

	(void)state;
	assert_int_equal(glob(DATA "bad_*.json", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct husk_error err = { 0 };
		cleanup_free char *expected = NULL, *path = NULL;
		size_t len, stem = strlen(files.gl_pathv[i]) - strlen(".json");

		assert_true(asprintf(&path, "%.*s.expected", (int)stem, files.gl_pathv[i]) > 0);
		expected = read_file(path, &len);
		expected[strcspn(expected, "\n")] = '\0';
		parse_file(files.gl_pathv[i], &err);
		assert_string_equal(err.msg, expected);
	}
	globfree(&files);
}

static void a_real_configuration_is_read_whole(void **state)
{
	struct husk_error err = { 0 };
	struct oci_config config;
	size_t len;
	cleanup_free char *text = read_file(DATA "ok_docker_limits.json", &len);

	(void)state;
	assert_int_equal(oci_config_parse(text, len, &config, NULL, &err), 0);
	assert_string_equal(config.version, "1.2.1");
	assert_true(config.has_root && !config.root_readonly);
	assert_string_equal(config.hostname, "b7e3ee415291");
	assert_int_equal(config.n_mounts, 10);
	assert_string_equal(config.process->args[0], "sleep");
	assert_int_equal(config.process->capabilities->n_unknown, 0);
	assert_true(config.linux_.resources->memory->limit == 67108864);
	assert_true(config.linux_.resources->pids_limit == 50);
	assert_true(config.linux_.seccomp->n_rules > 10);
	oci_config_done(&config);
	assert_null(config.version);
}

static void parts_may_be_absent(void **state)
{
	struct oci_config config;
	struct oci_linux nothing = { 0 };

	(void)state;
	good_config("'x':0", &config);
	assert_false(config.has_root);
	assert_null(config.process);
	assert_null(config.vm);
	assert_memory_equal(&config.linux_, &nothing, sizeof(nothing));
	oci_config_done(&config);
}

static void annotations_are_found_by_name(void **state)
{
	struct oci_config config;

	(void)state;
	good_config("'annotations':{'a.b':'1','c':''}", &config);
	assert_string_equal(oci_annotation(&config, "a.b"), "1");
	assert_string_equal(oci_annotation(&config, "c"), "");
	assert_null(oci_annotation(&config, "a"));
	oci_config_done(&config);
}

static void versions_are_semantic_with_major_1(void **state)
{
	static const struct {
		const char *version;
		bool good;
	} cases[] = {
		{ "1.0.0", true },	  { "1.3.0", true },	    { "1.0.2-dev", true },
		{ "1.2.1+dev", true },	  { "1.10.22", true },	    { "1.0.0-rc.1+build.007", true },
		{ "1.0.0-alpha-1", true },{ "1.1.0-0a", true },	    { "0.9.0", false },
		{ "2.0.0", false },	  { "1", false },	    { "1.0", false },
		{ "1.0.0.0", false },	  { "1.01.0", false },	    { "v1.0.0", false },
		{ "1.0.0-", false },	  { "1.0.0+", false },	    { "1.0.0-01", false },
		{ "1.0.0-a..b", false },  { "1.0.x", false },	    { "10.0.0", false },
		{ "1.0.0 ", false },	  { "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		struct oci_config config;
		cleanup_free char *text = with_quotes("{'ociVersion':'", cases[i].version, "'}");
		int ret = oci_config_parse(text, strlen(text), &config, NULL, &err);

		if (ret == 0)
			oci_config_done(&config);
		if ((ret == 0) != cases[i].good)
			fail_msg("\"%s\": %s", cases[i].version, ret ? err.msg : "accepted");
	}
}

static void bad_configurations_are_named(void **state)
{
	static const struct bad_case cases[] = {
		{ "'root':{}", "/root: \"path\" is missing" },
		{ "'hostname':'a','linux':{'namespaces':[{'type':'ipc'}]}",
		  "/hostname: \"a\" cannot be set, because /linux/namespaces has no \"uts\"" },
		{ "'domainname':'b'",
		  "/domainname: \"b\" cannot be set, because /linux/namespaces has no \"uts\"" },
		{ "'hostname':'01234567890123456789012345678901234567890123456789012345678901234'",
		  "/hostname: "
		  "\"0123456789012345678901234567890123456789012345678901234567890123...\" is "
		  "not a name that the kernel takes; allowed: 1 to 64 bytes" },
		{ "'annotations':{'a':null}", "/annotations/a: expected a string, found null" },
		{ "'mounts':{}", "/mounts: expected an array, found an object" },
	};

	(void)state;
	bad_configs(cases, ARRAY_SIZE(cases));
}

static void the_host_name_may_be_set_in_a_joined_namespace(void **state)
{
	struct oci_config config;

	(void)state;
	good_config("'hostname':'a','domainname':'b','linux':{'namespaces':[{'type':'uts',"
		    "'path':'/x'}]}", &config);
	assert_string_equal(config.domainname, "b");
	oci_config_done(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_engines_write_is_good),
		cmocka_unit_test(every_bad_file_has_its_message),
		cmocka_unit_test(a_real_configuration_is_read_whole),
		cmocka_unit_test(parts_may_be_absent),
		cmocka_unit_test(annotations_are_found_by_name),
		cmocka_unit_test(versions_are_semantic_with_major_1),
		cmocka_unit_test(bad_configurations_are_named),
		cmocka_unit_test(the_host_name_may_be_set_in_a_joined_namespace),
	};

	return cmocka_run_group_tests_name("specs/config", tests, NULL, NULL);
}
