/*
 * From a parsed document to one that is being written.
 *
 * Uses: specs/json.h, runtime/base/json_write.h.    Used by: merge.c, used.c.
 */
#include "runtime/base/json_write.h"
#include "specs/json.h"

void json_copy(struct json_writer *w, const char *key, const struct json *v)
{
	enum json_type type = json_type(v);
	struct str number cleanup_str = { 0 };
	char open = type == JSON_OBJECT ? '{' : '[';

	switch (type) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		json_open(w, key, open);
		for (const struct json *m = json_first(v); m; m = json_next(m))
			json_copy(w, type == JSON_OBJECT ? json_key(m) : NULL, m);
		json_close(w, open == '{' ? '}' : ']');
		break;
	case JSON_STRING:
		json_put_string(w, key, json_string(v));
		break;
	case JSON_BOOL:
		json_put_bool(w, key, json_bool(v));
		break;
	case JSON_NUMBER:
		json_print(&number, v);
		w->out.failed |= number.failed;
		json_put_raw(w, key, number.s ? number.s : "0");
		break;
	case JSON_NULL:
		json_put_raw(w, key, "null");
		break;
	}
}
