/*
 * Short texts without stdio: numbers for files of procfs, and the words of a failure.
 *
 * Uses: nothing.    Used by: runtime/init only.
 */
#ifndef HUSK_INIT_TEXT_H
#define HUSK_INIT_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Fits every reason and object of a report.  What does not fit is cut off. */
struct text {
	char s[256];
	size_t len;
};

static inline void text_add(struct text *t, const char *s)
{
	size_t n = strlen(s), room = sizeof(t->s) - 1 - t->len;

	if (n > room)
		n = room;
	memcpy(t->s + t->len, s, n);
	t->len += n;
	t->s[t->len] = '\0';
}

static inline void text_add_num(struct text *t, uint64_t n, unsigned base)
{
	char digits[24], *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do {
		*--p = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	text_add(t, p);
}

static inline void text_add_int(struct text *t, int64_t n)
{
	if (n < 0)
		text_add(t, "-");
	text_add_num(t, n < 0 ? -(uint64_t)n : (uint64_t)n, 10);
}

#endif /* HUSK_INIT_TEXT_H */
