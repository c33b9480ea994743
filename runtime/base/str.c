/*
 * Strings: see str.h.
 *
 * Uses: nothing.    Used by: everything.
 */
#include "runtime/base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/util.h"

static bool reserve(struct str *b, size_t more)
{
	size_t want = b->len + more + 1, cap = b->cap ? b->cap : 128;
	char *s;

	if (b->failed)
		return false;
	if (want <= b->cap)
		return true;
	while (cap < want)
		cap *= 2;
	s = realloc(b->s, cap);
	if (!s) {
		b->failed = true;
		return false;
	}
	b->s = s;
	b->cap = cap;
	return true;
}

void str_reserve(struct str *b, size_t more)
{
	(void)reserve(b, more);
}

void str_add_n(struct str *b, const char *s, size_t n)
{
	if (!reserve(b, n))
		return;
	memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void str_add(struct str *b, const char *s)
{
	str_add_n(b, s, strlen(s));
}

void str_printf(struct str *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0) {
		b->failed = true;
	} else if (reserve(b, (size_t)n)) {
		(void)vsnprintf(b->s + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

void str_add_json(struct str *b, const char *s)
{
	static const char hex[] = "0123456789abcdef";

	str_add_n(b, "\"", 1);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			str_add_n(b, (char[]){ '\\', (char)c }, 2);
		else if (c == '\n')
			str_add_n(b, "\\n", 2);
		else if (c == '\t')
			str_add_n(b, "\\t", 2);
		else if (c < 0x20)
			str_add_n(b, (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
		else
			str_add_n(b, s, 1);
	}
	str_add_n(b, "\"", 1);
}

char *str_take(struct str *b)
{
	char *s = NULL;

	if (reserve(b, 0)) {
		s = b->s;
		s[b->len] = '\0';
		b->s = NULL;
	}
	str_done(b);
	return s;
}

void str_done(struct str *b)
{
	free(b->s);
	*b = (struct str){ 0 };
}

bool str_to_u64(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v) || v > max)
			return false;
	}
	*out = v;
	return true;
}

bool str_to_i64(const char *s, int64_t *out)
{
	bool negative = *s == '-';
	uint64_t v;

	if (!str_to_u64(s + negative, (uint64_t)INT64_MAX + negative, &v))
		return false;
	*out = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

void str_utc(int64_t seconds, char out[STR_UTC_SIZE])
{
	enum { DAY = 86400, YEAR = 365, YEARS_4 = 4 * YEAR + 1, YEARS_100 = 25 * YEARS_4 - 1,
	       YEARS_400 = 4 * YEARS_100 + 1 };
	/* Days since 1 March of the year 0: the leap day, where there is one, is a year's last. */
	unsigned days = (unsigned)((seconds + INT64_C(62162035200)) / DAY);
	unsigned rest = (unsigned)((seconds + INT64_C(62162035200)) % DAY);
	unsigned year = days / YEARS_400 * 400, n;

	days %= YEARS_400;
	n = MIN(days / YEARS_100, 3u);
	year += n * 100;
	days -= n * YEARS_100;
	year += days / YEARS_4 * 4;
	days %= YEARS_4;
	n = MIN(days / YEAR, 3u);
	year += n;
	days -= n * YEAR;
	/* From March on, five months have 153 days, whichever five they are. */
	n = (5 * days + 2) / 153;
	days -= (153 * n + 2) / 5;
	(void)snprintf(out, STR_UTC_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u", (year + n / 10) % 10000,
		       (n + 2) % 12 + 1, days + 1, rest / 3600, rest / 60 % 60, rest % 60);
}

void str_clean_path_to(char *clean, const char *path)
{
	size_t len = 0, n;

	for (; *path; path += n) {
		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && path[0] == '.'))
			continue;
		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (len && clean[--len] != '/')
				;
			continue;
		}
		clean[len++] = '/';
		memcpy(clean + len, path, n);
		len += n;
	}
	if (len == 0)
		clean[len++] = '/';
	clean[len] = '\0';
}

char *str_clean_path(const char *path)
{
	char *clean = malloc(strlen(path) + 2);

	if (clean)
		str_clean_path_to(clean, path);
	return clean;
}
