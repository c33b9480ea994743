/*
 * JSON: a parsed document and how to walk it.
 *
 * As a security boundary needs it: RFC 8259 to the letter (json_text.c), UTF-8, no NUL, no
 * duplicate member, bounded depth, and integers that are exact however large, because they are read
 * from the source text and never from a double.
 *
 * Uses: runtime/base.    Used by: specs only.
 */
#ifndef HUSK_SPECS_JSON_H
#define HUSK_SPECS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/error.h"
#include "runtime/base/str.h"

enum { JSON_MAX_DEPTH = 128 };

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json;			/* one value, owned by its document */

struct json_doc {
	const struct json *root;	/* where all of it is */
};

/* Owns: *out, done with json_doc_done(). */
int json_parse(const char *text, size_t len, struct json_doc *out, struct husk_error *err);
void json_doc_done(struct json_doc *doc);
#define cleanup_json __attribute__((cleanup(json_doc_done)))

enum json_type json_type(const struct json *v);
/* "a string", "an object": for messages. */
const char *json_type_name(enum json_type type);

/* The members of an object or array in document order; NULL at the end. */
const struct json *json_first(const struct json *v);
const struct json *json_next(const struct json *v);
size_t json_count(const struct json *v);
/* The name of an object's member. */
const char *json_key(const struct json *v);
/* The member named @key; NULL if there is none or it is null.  Linear in the number of members. */
const struct json *json_get(const struct json *object, const char *key);

/* Where @v, an object or an array, stands in @text, which @doc was parsed from. */
void json_place(const struct json_doc *doc, const char *text, const struct json *v, size_t *at,
		size_t *len);

/* Each only for a value of that type. */
const char *json_string(const struct json *v);
bool json_bool(const struct json *v);

/* An integer of any JSON spelling (10, 1e1, 10.0): exact, or refused. */
enum json_int { JSON_INT_OK, JSON_INT_FRACTION, JSON_INT_TOO_BIG };
enum json_int json_integer(const struct json *v, bool *negative, uint64_t *magnitude);

/* @v for a message: text as in the document, long strings cut; "an array", "an object". */
void json_print(struct str *out, const struct json *v);

struct json_writer;
/* Add @v as it is, as member @key (json_copy.c). */
void json_copy(struct json_writer *w, const char *key, const struct json *v);

#endif /* HUSK_SPECS_JSON_H */
