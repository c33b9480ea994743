/*
 * Any text as /etc/subuid, as /proc/PID/uid_map, and as the id maps of a launch plan.
 *
 * Uses: namespaces.    Used by: run.sh.
 */
#include "namespaces/internal.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_RANGES = 16 };

/* The user's name is the text's first word, so that it can be found there. */
static void sub_ids(const char *text)
{
	struct ns_id_range *ranges = malloc(MAX_RANGES * sizeof(*ranges));
	const struct oci_id_map map = { .host_id = 1000, .size = 3 };
	size_t n, len = strcspn(text, ":\n");
	char *name = strndup(text, len);

	n = ns_parse_subid(text, name, 1000, ranges, MAX_RANGES);
	MUST(n <= MAX_RANGES);
	for (size_t i = 0; i < n; i++)
		MUST(ranges[i].start <= UINT32_MAX && ranges[i].size <= UINT32_MAX);
	MUST(ns_first_uncovered(&map, 1, ranges, n) <= 1);
	n = ns_parse_proc_map(text, ranges, MAX_RANGES);
	MUST(n <= MAX_RANGES);
	(void)ns_first_uncovered(&map, 1, ranges, n);
	free(name);
	free(ranges);
}

/* Maps that were read are good maps, and their text is the one they came from. */
static void plan_maps(const char *text)
{
	struct oci_id_map *uids, *gids;
	size_t n_uids, n_gids;
	struct husk_error err = { 0 };
	struct arena arena = { 0 };
	struct oci_id_map *uids2, *gids2;
	char *again, *lines;

	if (ns_userns_parse(text, &uids, &n_uids, &gids, &n_gids, &err) < 0)
		return;
	lines = ns_id_map_lines(uids, n_uids);
	MUST(lines);
	for (size_t i = 0; i < n_uids; i++)
		MUST(ns_is_mapped(uids, n_uids, uids[i].container_id));
	again = ns_userns_text(&arena, uids, n_uids, gids, n_gids);
	MUST(again && ns_userns_parse(again, &uids2, &n_uids, &gids2, &n_gids, &err) == 0);
	MUST(memcmp(uids, uids2, n_uids * sizeof(*uids)) == 0);
	MUST(memcmp(gids, gids2, n_gids * sizeof(*gids)) == 0);
	arena_done(&arena);
	free(lines);
	free(uids);
	free(gids);
	free(uids2);
	free(gids2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	sub_ids(text);
	plan_maps(text);
	free(text);
	return 0;
}
