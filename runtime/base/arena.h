/*
 * Arena: many small allocations, one free.  Freed memory is never reused, and what _alloc() and
 * _array() give is zeroed.  Not thread-safe; each belongs to one struct (a configuration, a plan).
 */
#ifndef HUSK_BASE_ARENA_H
#define HUSK_BASE_ARENA_H

#include <stddef.h>

#include "runtime/base/error.h"

struct arena_block;
struct arena {
	struct arena_block *blocks;
};

/* All return NULL when out of memory (or when count * size overflows). */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
void arena_done(struct arena *a);

#endif /* HUSK_BASE_ARENA_H */
