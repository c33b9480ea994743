/*
 * The text of a JSON document: whether it is JSON, and what its strings say.
 *
 * Uses: specs/json.h.    Used by: json.c.
 */
#ifndef HUSK_SPECS_JSON_TEXT_H
#define HUSK_SPECS_JSON_TEXT_H

#include "specs/json.h"

/* A number's digits are read into a buffer. */
enum { JSON_MAX_NUMBER = 62 };

struct json_counts {
	size_t values, keys;
};

/*
 * Whether the @len bytes at @text are one value as in RFC 8259, and nothing else; *counts says of
 * how many it is made.  Stricter: no \u0000, JSON_MAX_DEPTH, JSON_MAX_NUMBER.  Whether an object
 * has two members of one name is not looked at.
 */
int json_text_check(const char *text, size_t len, struct json_counts *counts,
		    struct husk_error *err);

/* What the @len bytes between the quotes of a checked string say: in their place, NUL behind. */
void json_text_unescape(char *s, size_t len);

#endif /* HUSK_SPECS_JSON_TEXT_H */
