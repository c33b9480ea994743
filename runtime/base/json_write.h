/*
 * Writing JSON: members in the order they are added, indented by two or on one line, as Go's
 * json.MarshalIndent() lays it out, which engines and their tests have come to expect.
 *
 * A @key is the member's name in an object, and NULL in an array and for the document itself.
 *
 * Uses: runtime/base/str.h.    Used by: specs, runtime.
 */
#ifndef HUSK_BASE_JSON_WRITE_H
#define HUSK_BASE_JSON_WRITE_H

#include "runtime/base/str.h"

/* { .pretty = ... }; take the text from out.  Out of memory is sticky there. */
struct json_writer {
	struct str out;
	bool pretty;
	unsigned depth;
	bool has_member;	/* the innermost object or array has one already */
};

void json_open(struct json_writer *w, const char *key, char bracket);	/* '{' or '[' */
void json_close(struct json_writer *w, char bracket);			/* '}' or ']' */
void json_put_string(struct json_writer *w, const char *key, const char *value);
void json_put_bool(struct json_writer *w, const char *key, bool value);
void json_put_int(struct json_writer *w, const char *key, int64_t value);
void json_put_uint(struct json_writer *w, const char *key, uint64_t value);
/* @value is JSON already. */
void json_put_raw(struct json_writer *w, const char *key, const char *value);
/* @list is NULL-terminated, or NULL for an empty array. */
void json_put_strings(struct json_writer *w, const char *key, const char *const *list);

#endif /* HUSK_BASE_JSON_WRITE_H */
