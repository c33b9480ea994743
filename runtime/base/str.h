/*
 * Strings: a growing buffer, and the one checked number parser.
 */
#ifndef HUSK_BASE_STR_H
#define HUSK_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/error.h"

/* A growing string.  Out of memory is sticky: str_take() then returns NULL. */
struct str {
	char *s;
	size_t len, cap;
	bool failed;
};

/* Room for @more bytes: where many will be added, to spare copies.  Unused room is not touched. */
void str_reserve(struct str *b, size_t more);
void str_add(struct str *b, const char *s);
void str_add_n(struct str *b, const char *s, size_t n);
void str_printf(struct str *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* @s as a JSON string, quotes included. */
void str_add_json(struct str *b, const char *s);
/* The string (never NULL unless out of memory), owned by the caller; @b is empty again. */
char *str_take(struct str *b);
void str_done(struct str *b);
#define cleanup_str __attribute__((cleanup(str_done)))

/* Decimal digits only: no sign, no blanks, no prefix, and not above @max. */
bool str_to_u64(const char *s, uint64_t max, uint64_t *out);
bool str_to_i64(const char *s, int64_t *out);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/*
 * @seconds since 1970 as "2006-01-02T15:04:05", UTC; years 0 to 9999.  gmtime_r(3) would read the
 * host's /etc/localtime for it.
 */
enum { STR_UTC_SIZE = 64 };
void str_utc(int64_t seconds, char out[STR_UTC_SIZE]);

/*
 * Absolute @path without ".", ".." and repeated slashes, by the text alone, as Go's filepath.Join()
 * has it: for telling a path, not for opening it.  free() it; NULL without memory.
 */
char *str_clean_path(const char *path);
/* The same into @clean, of strlen(@path) + 2 bytes. */
void str_clean_path_to(char *clean, const char *path);

#endif /* HUSK_BASE_STR_H */
