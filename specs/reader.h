/*
 * The table engine: from a JSON object to a C struct, by rows of "which member goes where".
 *
 * A struct oci_table describes one kind of object, a struct oci_field one member of it; adding a
 * property is adding a row.  The engine walks the document, so problems come in its order, and
 * knows where it is, so every message begins with a JSON pointer (RFC 6901):
 *
 *	/linux/namespaces/0/type: "netwrk" is not a namespace; allowed: cgroup, ipc, ...
 *
 * Members without a row are ignored, as config.md ("Extensibility") requires.  null counts as
 * absent, as engines written in Go emit it for empty slices and pointers; so does "" for an
 * optional string or enumeration.
 *
 * Two modes.  Without oci_reader.problems the first problem is the error.  With it, every problem
 * is noted there, oci_bad() returns 0 and reading goes on: a reader just returns what oci_bad()
 * returned, leaving its member unset.  A table's check() runs only if the members were good.
 *
 * Uses: specs/json.h, runtime/base.    Used by: specs.
 */
#ifndef HUSK_SPECS_READER_H
#define HUSK_SPECS_READER_H

#include <stddef.h>
#include <stdint.h>

#include "specs/json.h"
#include "specs/specs.h"

/* Where the reader is: a list of frames on the C stack, written out only for a message. */
struct oci_path {
	const struct oci_path *up;
	const char *key;	/* of an object's member; NULL: an array's */
	size_t index;
};

struct oci_reader {
	struct arena *arena;
	struct oci_problems *problems;	/* NULL: stop at the first */
	const struct oci_path *path;	/* NULL: the document itself */
};

/* One of the values of an enumeration; a list ends with a row without a name. */
struct oci_name {
	const char *name;
	int64_t value;
};

/* What a string must look like, and how to say so. */
struct oci_rule {
	bool (*ok)(const char *s);
	const char *what;	/* "an absolute path" */
	const char *allowed;	/* "paths that begin with /" */
};

struct oci_table;

enum oci_field_flags {
	OCI_REQUIRED = 1,
	OCI_HAS = 2,		/* offset2 is that of `bool has_x` */
	OCI_NONEMPTY = 4,	/* an array of at least one */
};

struct oci_field {
	const char *key;
	enum json_type type;
	unsigned flags;
	/* Read @v into member(s) of @obj, the struct that the table describes. */
	int (*read)(struct oci_reader *r, const struct oci_field *f, const struct json *v,
		    void *obj, struct husk_error *err);
	size_t offset, size;		/* of the member, or of one element of the array */
	size_t offset2;			/* of has_x, or of an array's n_x */
	int64_t min;			/* of a number */
	uint64_t max;
	const struct oci_rule *rule;	/* of a string; NULL: any */
	const struct oci_rule *key_rule;	/* of the names in a map */
	const struct oci_table *table;	/* of an object, or of an array's elements */
	const struct oci_name *names;	/* of an enumeration, ... */
	const char *what;		/* ... and what one is: "a namespace" */
};

struct oci_table {
	const struct oci_field *fields;	/* at most 64 */
	size_t n_fields;
	size_t size;			/* of the struct */
	/* What a row cannot say; @v is the object. */
	int (*check)(struct oci_reader *r, const struct json *v, void *obj,
		     struct husk_error *err);
};

#define OCI_TABLE(fields_, struct_, ...)                                                           \
	{                                                                                          \
		.fields = (fields_), .n_fields = sizeof(fields_) / sizeof((fields_)[0]),           \
		.size = sizeof(struct_), __VA_ARGS__                                               \
	}

/* ---- rows --------------------------------------------------------------------- */

#define OCI_AT(s_, m_) .offset = offsetof(s_, m_), .size = sizeof(((s_ *)NULL)->m_)
#define OCI_ARRAY_AT(s_, m_)                                                                       \
	.offset = offsetof(s_, m_), .size = sizeof(*((s_ *)NULL)->m_),                             \
	.offset2 = offsetof(s_, n_##m_)
#define OCI_HAS_AT(s_, m_) OCI_AT(s_, m_), .offset2 = offsetof(s_, has_##m_)

/* const char *x */
#define OCI_STRING(key_, s_, m_, flags_, rule_)                                                    \
	{ .key = key_, .type = JSON_STRING, .flags = flags_, .read = oci_read_string,              \
	  .rule = rule_, OCI_AT(s_, m_) }
/* an integer x of any width, from @lo_ to @hi_; _HAS: and bool has_x */
#define OCI_INT(key_, s_, m_, flags_, lo_, hi_)                                                    \
	{ .key = key_, .type = JSON_NUMBER, .flags = flags_, .read = oci_read_int, .min = lo_,     \
	  .max = hi_, OCI_AT(s_, m_) }
#define OCI_INT_HAS(key_, s_, m_, lo_, hi_)                                                        \
	{ .key = key_, .type = JSON_NUMBER, .flags = OCI_HAS, .read = oci_read_int, .min = lo_,    \
	  .max = hi_, OCI_HAS_AT(s_, m_) }
#define OCI_BOOL(key_, s_, m_, flags_)                                                             \
	{ .key = key_, .type = JSON_BOOL, .flags = flags_, .read = oci_read_bool, OCI_AT(s_, m_) }
#define OCI_BOOL_HAS(key_, s_, m_)                                                                 \
	{ .key = key_, .type = JSON_BOOL, .flags = OCI_HAS, .read = oci_read_bool,                 \
	  OCI_HAS_AT(s_, m_) }
/* an integer x of any width that stands for a name */
#define OCI_ENUM(key_, s_, m_, flags_, names_, what_)                                              \
	{ .key = key_, .type = JSON_STRING, .flags = flags_, .read = oci_read_name,                \
	  .names = names_, .what = what_, OCI_AT(s_, m_) }
/* an array of names, whose values are or-ed into an integer x */
#define OCI_FLAGS(key_, s_, m_, names_, what_)                                                     \
	{ .key = key_, .type = JSON_ARRAY, .read = oci_read_flags, .names = names_, .what = what_, \
	  OCI_AT(s_, m_) }
/* char **x, NULL-terminated; size_t n_x */
#define OCI_STRINGS(key_, s_, m_, flags_, rule_)                                                   \
	{ .key = key_, .type = JSON_ARRAY, .flags = flags_, .read = oci_read_strings,              \
	  .rule = rule_, OCI_ARRAY_AT(s_, m_) }
/* uint32_t *x; size_t n_x */
#define OCI_INTS(key_, s_, m_, lo_, hi_)                                                           \
	{ .key = key_, .type = JSON_ARRAY, .read = oci_read_ints, .min = lo_, .max = hi_,          \
	  OCI_ARRAY_AT(s_, m_) }
/* struct y *x; size_t n_x: an array of objects */
#define OCI_OBJECTS(key_, s_, m_, table_)                                                          \
	{ .key = key_, .type = JSON_ARRAY, .read = oci_read_objects, .table = table_,              \
	  OCI_ARRAY_AT(s_, m_) }
/* struct y *x; size_t n_x: an object of objects; y begins with its name, a const char * */
#define OCI_MAP(key_, s_, m_, table_, key_rule_)                                                   \
	{ .key = key_, .type = JSON_OBJECT, .read = oci_read_map, .table = table_,                 \
	  .key_rule = key_rule_, OCI_ARRAY_AT(s_, m_) }
/* struct oci_pair *x; size_t n_x: an object of strings */
#define OCI_PAIRS(key_, s_, m_, key_rule_, rule_)                                                  \
	{ .key = key_, .type = JSON_OBJECT, .read = oci_read_pairs, .rule = rule_,                 \
	  .key_rule = key_rule_, OCI_ARRAY_AT(s_, m_) }
/* struct y *x: an object, allocated */
#define OCI_OBJECT(key_, s_, m_, table_)                                                           \
	{ .key = key_, .type = JSON_OBJECT, .read = oci_read_new, .table = table_, OCI_AT(s_, m_) }
/* struct y x: an object that is part of the struct */
#define OCI_EMBED(key_, s_, m_, table_)                                                            \
	{ .key = key_, .type = JSON_OBJECT, .read = oci_read_embedded, .table = table_,            \
	  OCI_AT(s_, m_) }
/* an object whose members go into the same struct as its neighbours */
#define OCI_INLINE(key_, table_, flags_)                                                           \
	{ .key = key_, .type = JSON_OBJECT, .flags = flags_, .read = oci_read_embedded,            \
	  .table = table_, .offset = 0 }

#define OCI_READER(name_)                                                                          \
	int name_(struct oci_reader *r, const struct oci_field *f, const struct json *v,           \
		  void *obj, struct husk_error *err)
OCI_READER(oci_read_string);
OCI_READER(oci_read_int);
OCI_READER(oci_read_bool);
OCI_READER(oci_read_name);
OCI_READER(oci_read_flags);
OCI_READER(oci_read_strings);
OCI_READER(oci_read_ints);
OCI_READER(oci_read_objects);
OCI_READER(oci_read_map);
OCI_READER(oci_read_pairs);
OCI_READER(oci_read_new);
OCI_READER(oci_read_embedded);

/* The row named @name, or NULL. */
const struct oci_name *oci_find_name(const struct oci_name *names, const char *name);

/* The member of @obj that @f is about. */
static inline void *oci_member(const struct oci_field *f, void *obj)
{
	return (char *)obj + f->offset;
}

/* Read @v, an object that is at r->path, into @obj. */
int oci_read_object(struct oci_reader *r, const struct oci_table *table, const struct json *v,
		    void *obj, struct husk_error *err);
/* The same for a whole document, which may be anything. */
int oci_read_document(struct oci_reader *r, const struct oci_table *table, const struct json *v,
		      void *obj, struct husk_error *err);

/* ---- saying what is wrong ------------------------------------------------------------ */

/* At r->path.  0 when problems are collected, else negative: either way return it. */
int oci_bad(struct oci_reader *r, struct husk_error *err, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* At member @key of r->path, or at its element @index unless that is OCI_WHOLE. */
int oci_bad_at(struct oci_reader *r, struct husk_error *err, const char *key, size_t index,
	       const char *fmt, ...) PRINTF_LIKE(5, 6);
#define OCI_WHOLE SIZE_MAX
/* "VALUE is not WHAT; allowed: ALLOWED" */
int oci_bad_value(struct oci_reader *r, struct husk_error *err, const struct json *v,
		  const char *what, const char *allowed);

#endif /* HUSK_SPECS_READER_H */
