/*
 * namespaces/subid.c: what a caller without privilege may map, and the maps made of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "namespaces/internal.h"
#include "runtime/base/util.h"

#define WHOLE "         0          0 4294967295\n"

static void assert_maps(const struct oci_id_map *maps, size_t n, const char *wanted)
{
	cleanup_free char *text = ns_id_map_lines(maps, n);

	assert_non_null(text);
	assert_string_equal(text, wanted);
}

static void assert_own(uint32_t id, const char *subid, const char *proc_map, const char *wanted)
{
	struct oci_id_map maps[NS_MAX_OWN_MAPS];
	struct ns_spare spare;

	ns_spare_from(subid, proc_map, "me", 1000, 1000, &spare);
	assert_maps(maps, ns_own_maps(id, 1000, &spare, maps), wanted);
}

static void without_ranges_only_the_callers_own_id_is_mapped(void **state)
{
	(void)state;
	assert_own(0, "", WHOLE, "0 1000 1\n");
	assert_own(77, "you:100000:65536\n", WHOLE, "77 1000 1\n");
	assert_own(0, "me:100000:0\nme:x:10\n", WHOLE, "0 1000 1\n");
}

static void the_ranges_lie_around_the_callers_own_id(void **state)
{
	(void)state;
	assert_own(0, "me:100000:65536\n", WHOLE, "0 1000 1\n1 100000 65536\n");
	assert_own(50, "me:100000:65536\n", WHOLE,
		   "50 1000 1\n0 100000 50\n51 100050 65486\n");
	assert_own(50, "me:100000:10\n1000:200000:100\n", WHOLE,
		   "50 1000 1\n0 100000 10\n10 200000 40\n51 200040 60\n");
}

static void an_id_beyond_all_ranges_leaves_a_gap(void **state)
{
	(void)state;
	assert_own(70000, "me:100000:65536\n", WHOLE, "70000 1000 1\n0 100000 65536\n");
}

static void what_would_be_refused_is_left_out(void **state)
{
	(void)state;
	/* the caller's own id, twice the same, ids that the caller's user namespace lacks */
	assert_own(0, "me:900:200\n", WHOLE, "0 1000 1\n1 900 100\n101 1001 99\n");
	assert_own(0, "me:5000:10\nme:5005:10\n", WHOLE, "0 1000 1\n1 5000 10\n");
	assert_own(0, "me:5000:10\n", "0 1000 1\n1 100000 5004\n", "0 1000 1\n1 5000 5\n");
	assert_own(0, "me:500000:10\n", "0 1000 1\n1 100000 5004\n", "0 1000 1\n");
}

static void the_map_has_no_id_that_means_none(void **state)
{
	(void)state;
	assert_own(5, "me:2000:4294967000\n", WHOLE, "5 1000 1\n0 2000 5\n6 2005 4294965290\n");
}

static void many_ranges_are_cut(void **state)
{
	struct oci_id_map maps[NS_MAX_OWN_MAPS];
	char text[4096] = "";
	struct ns_spare spare;

	(void)state;
	for (unsigned i = 0; i < 60; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "me:%u:10\n",
			 10000 + 20 * i);
	ns_spare_from(text, WHOLE, "me", 1000, 1000, &spare);
	assert_int_equal(spare.n, NS_MAX_SPARE);
	assert_int_equal(ns_own_maps(15, 1000, &spare, maps), NS_MAX_OWN_MAPS);
}

static void root_of_a_container_keeps_every_id(void **state)
{
	const struct ns_spare all = { .range = { { 0, 1 }, { 5, 100 } }, .n = 2 };
	struct oci_id_map maps[NS_MAX_OWN_MAPS];

	(void)state;
	assert_maps(maps, ns_keep_maps(&all, maps), "0 0 1\n5 5 100\n");
}

static void nobody_asks_where_the_configuration_knows(void **state)
{
	struct oci_namespace joined = { .type = 0x10000000, .path = (char *)"/x" };
	struct oci_id_map map = { 0, 1, 1 };
	struct oci_linux with_maps = { .uid_mappings = &map, .n_uid_mappings = 1 };
	struct oci_linux joins = { .namespaces = &joined, .n_namespaces = 1 }, plain = { 0 };
	struct ns_host_facts user = { .uid = 1000 }, root = { .privileged = true };

	(void)state;
	ns_find_spare(&with_maps, &user);
	ns_find_spare(&joins, &user);
	ns_find_spare(&plain, &root);
	assert_int_equal(user.uids.n + user.gids.n + root.uids.n + root.gids.n, 0);
	assert_false(user.keep_ids || root.keep_ids);
}

static void a_helper_that_is_not_there_is_a_problem(void **state)
{
	(void)state;
	assert_string_equal(ns_helper_problem("newhuskmap"), "it is not installed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_ranges_only_the_callers_own_id_is_mapped),
		cmocka_unit_test(the_ranges_lie_around_the_callers_own_id),
		cmocka_unit_test(an_id_beyond_all_ranges_leaves_a_gap),
		cmocka_unit_test(what_would_be_refused_is_left_out),
		cmocka_unit_test(the_map_has_no_id_that_means_none),
		cmocka_unit_test(many_ranges_are_cut),
		cmocka_unit_test(root_of_a_container_keeps_every_id),
		cmocka_unit_test(nobody_asks_where_the_configuration_knows),
		cmocka_unit_test(a_helper_that_is_not_there_is_a_problem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
