/*
 * namespaces/id_maps.c: what the kernel would refuse, and the three texts of a map.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "namespaces/internal.h"
#include "runtime/base/util.h"

static void bad_maps_are_named(void **state)
{
	static const struct {
		struct oci_id_map maps[2];
		size_t n;
		const char *message;
	} rows[] = {
		{ { { 0, 0, 0 } }, 1, "/m/0: size is 0: a mapping has at least one id" },
		{ { { 4294967295u, 0, 1 } }, 1,
		  "/m/0: container ids 4294967295 and 0 more go beyond the largest id, 4294967294" },
		{ { { 0, 4294967000u, 296 } }, 1,
		  "/m/0: host ids 4294967000 and 295 more go beyond the largest id, 4294967294" },
		{ { { 0, 1000, 10 }, { 9, 2000, 1 } }, 2,
		  "/m/1: container ids overlap those of mapping 0" },
		{ { { 0, 1000, 10 }, { 10, 1009, 1 } }, 2,
		  "/m/1: host ids overlap those of mapping 0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct husk_error err = { 0 };

		assert_int_equal(ns_check_id_maps(rows[i].maps, rows[i].n, "/m", &err), -EINVAL);
		assert_string_equal(err.msg, rows[i].message);
	}
}

static void good_maps_pass(void **state)
{
	static const struct oci_id_map all[] = { { 0, 0, 4294967295u } };
	static const struct oci_id_map adjoining[] = { { 0, 1000, 1 }, { 1, 100000, 65535 } };
	struct husk_error err = { 0 };

	(void)state;
	assert_int_equal(ns_check_id_maps(all, 1, "/m", &err), 0);
	assert_int_equal(ns_check_id_maps(adjoining, 2, "/m", &err), 0);
	assert_int_equal(ns_check_id_maps(NULL, 0, "/m", &err), 0);
	assert_int_equal(err.sys, 0);
}

static void there_are_limits_to_their_number(void **state)
{
	static struct oci_id_map maps[341];
	struct husk_error err = { 0 };

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(maps); i++)
		maps[i] = (struct oci_id_map){ i, i, 1 };
	assert_int_equal(ns_check_id_maps(maps, 340, "/m", &err), 0);
	assert_int_equal(ns_check_id_maps(maps, 341, "/m", &err), -EINVAL);
	assert_string_equal(err.msg, "/m: 341 mappings; the kernel takes at most 340");

	for (uint32_t i = 0; i < ARRAY_SIZE(maps); i++)
		maps[i] = (struct oci_id_map){ 1000000000 + i, 2000000000 + i, 1 };
	assert_int_equal(ns_check_id_maps(maps, 100, "/m", &err), 0);
	if (sysconf(_SC_PAGESIZE) != 4096)
		return;
	assert_int_equal(ns_check_id_maps(maps, 300, "/m", &err), -EINVAL);
	assert_string_equal(err.msg,
		"/m: 300 mappings are 7200 bytes of text; the kernel takes less than 4096");
}

static void an_id_is_mapped_or_not(void **state)
{
	static const struct oci_id_map maps[] = { { 0, 1000, 1 }, { 10, 5000, 5 } };

	(void)state;
	assert_true(ns_is_mapped(maps, 2, 0));
	assert_false(ns_is_mapped(maps, 2, 1));
	assert_false(ns_is_mapped(maps, 2, 9));
	assert_true(ns_is_mapped(maps, 2, 14));
	assert_false(ns_is_mapped(maps, 2, 15));
	assert_false(ns_is_mapped(NULL, 0, 0));
}

static void lines_are_what_procfs_takes(void **state)
{
	static const struct oci_id_map maps[] = { { 0, 1000, 1 }, { 1, 100000, 65535 } };
	cleanup_free char *lines = ns_id_map_lines(maps, 2);

	(void)state;
	assert_string_equal(lines, "0 1000 1\n1 100000 65535\n");
}

static void the_plans_text_comes_back(void **state)
{
	static const struct oci_id_map maps[] = { { 0, 1000, 1 }, { 1, 100000, 65535 } };
	cleanup_free struct oci_id_map *uids = NULL, *gids = NULL;
	struct husk_error err = { 0 };
	size_t n_uids, n_gids;
	struct arena arena = { 0 };
	char *text;

	(void)state;
	text = ns_userns_text(&arena, maps, 2, maps + 1, 1);
	assert_string_equal(text, "uids=0-1000-1#1-100000-65535;gids=1-100000-65535");
	assert_int_equal(ns_userns_parse(text, &uids, &n_uids, &gids, &n_gids, &err), 0);
	assert_int_equal(n_uids, 2);
	assert_int_equal(n_gids, 1);
	assert_memory_equal(uids, maps, sizeof(maps));
	assert_memory_equal(gids, maps + 1, sizeof(maps[1]));
	arena_done(&arena);
}

static void a_bad_text_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "uids=", "uids=0-1-1", "uids=0-1-1;gids=", "uids=0-1-1;gids=0-1-1 ",
		"uids=0-1-1#;gids=0-1-1", "uids=0-1;gids=0-1-1", "uids=-1-1-1;gids=0-1-1",
		"uids=4294967296-1-1;gids=0-1-1", "gids=0-1-1;uids=0-1-1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct oci_id_map *uids = NULL, *gids = NULL;
		struct husk_error err = { 0 };
		size_t n_uids, n_gids;
		char expected[200];

		assert_int_equal(ns_userns_parse(texts[i], &uids, &n_uids, &gids, &n_gids, &err),
				 -EINVAL);
		snprintf(expected, sizeof(expected),
			 "id maps \"%s\": expected uids=CONTAINER-HOST-SIZE#...;gids=...", texts[i]);
		assert_string_equal(err.msg, expected);
		assert_null(uids);
	}
}

static void subid_files_are_read_by_name_and_by_number(void **state)
{
	static const char text[] = "alice:100000:65536\n"
				   "# bob:1:1\n"
				   "bob:165536:65536\n"
				   "1000:300000:10\n"
				   "alice:x:10\n"
				   "alice:400000:5";
	struct ns_id_range r[8];

	(void)state;
	assert_int_equal(ns_parse_subid(text, "alice", 1000, r, 8), 3);
	assert_int_equal(r[0].start, 100000);
	assert_int_equal(r[0].size, 65536);
	assert_int_equal(r[1].start, 300000);
	assert_int_equal(r[2].start, 400000);
	assert_int_equal(ns_parse_subid(text, "alice", 1000, r, 1), 1);
	assert_int_equal(ns_parse_subid(text, NULL, 7, r, 8), 0);
}

static void what_is_outside_all_ranges_is_found(void **state)
{
	static const struct oci_id_map maps[] = { { 0, 1000, 1 }, { 1, 100, 20 }, { 30, 500, 2 } };
	struct ns_id_range r[4];

	(void)state;
	/* 100-109 and 110-119 together hold the second map */
	assert_int_equal(ns_parse_proc_map("         0        110         10\n"
					   "       110          0         10\n"
					   "       100       1000         10\n"
					   "      1000       1000          1\n", r, 4), 4);
	assert_int_equal(r[1].start, 110);
	assert_int_equal(ns_first_uncovered(maps, 2, r, 4), 2);
	assert_int_equal(ns_first_uncovered(maps, 3, r, 4), 2);
	assert_int_equal(ns_first_uncovered(maps, 3, r, 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_maps_are_named),
		cmocka_unit_test(good_maps_pass),
		cmocka_unit_test(there_are_limits_to_their_number),
		cmocka_unit_test(an_id_is_mapped_or_not),
		cmocka_unit_test(lines_are_what_procfs_takes),
		cmocka_unit_test(the_plans_text_comes_back),
		cmocka_unit_test(a_bad_text_is_refused),
		cmocka_unit_test(subid_files_are_read_by_name_and_by_number),
		cmocka_unit_test(what_is_outside_all_ranges_is_found),
	};

	return cmocka_run_group_tests_name("namespaces/id_maps", tests, NULL, NULL);
}
