/*
 * runtime/base/arena.c: what it gives is zeroed, and stays where it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/base/arena.h"

enum { LARGE = 100 * 1000 };	/* more than a block */

/* The heap's memory was used before. */
static void spoil_heap(void)
{
	void *piece[8];

	for (size_t i = 0; i < 8; i++) {
		piece[i] = malloc(16 * 1024);
		assert_non_null(piece[i]);
		memset(piece[i], 0xa5, 16 * 1024);
	}
	for (size_t i = 0; i < 8; i++)
		free(piece[i]);
}

static void assert_zeroed(const unsigned char *p, size_t n)
{
	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i], 0);
}

static void what_is_given_is_zeroed(void **state)
{
	struct arena a = { 0 };

	(void)state;
	spoil_heap();
	for (size_t size = 1; size < 5000; size += 7) {
		char *text = arena_strdup(&a, "between");

		assert_string_equal(text, "between");
		assert_zeroed(arena_alloc(&a, size), size);
		assert_zeroed(arena_array(&a, size, 3), size * 3);
	}
	assert_zeroed(arena_alloc(&a, LARGE), LARGE);
	arena_done(&a);
	assert_null(a.blocks);
}

static void texts_are_whole(void **state)
{
	struct arena a = { 0 };
	char *first, *second;

	(void)state;
	spoil_heap();
	first = arena_printf(&a, "%s-%d", "a", 7);
	second = arena_printf(&a, "%*s", LARGE, "x");
	assert_string_equal(first, "a-7");
	assert_int_equal(strlen(second), LARGE);
	assert_int_equal(second[LARGE - 1], 'x');
	assert_string_equal(arena_strdup(&a, ""), "");
	assert_string_equal(first, "a-7");
	arena_done(&a);
}

static void everything_is_aligned(void **state)
{
	struct arena a = { 0 };

	(void)state;
	for (size_t size = 0; size < 40; size++)
		assert_int_equal((uintptr_t)arena_alloc(&a, size) % _Alignof(max_align_t), 0);
	arena_done(&a);
}

static void what_overflows_is_refused(void **state)
{
	struct arena a = { 0 };

	(void)state;
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_array(&a, SIZE_MAX / 2, 4));
	assert_null(a.blocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_given_is_zeroed),
		cmocka_unit_test(texts_are_whole),
		cmocka_unit_test(everything_is_aligned),
		cmocka_unit_test(what_overflows_is_refused),
	};

	return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
