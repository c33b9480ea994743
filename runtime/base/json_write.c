/*
 * Writing JSON: see json_write.h.
 *
 * Uses: runtime/base/str.h.    Used by: specs, runtime.
 */
#include "runtime/base/json_write.h"

static void new_line(struct json_writer *w)
{
	if (!w->pretty)
		return;
	str_add(&w->out, "\n");
	for (unsigned i = 0; i < w->depth; i++)
		str_add(&w->out, "  ");
}

static void begin_member(struct json_writer *w, const char *key)
{
	if (w->has_member)
		str_add(&w->out, ",");
	if (w->depth > 0)
		new_line(w);
	w->has_member = true;
	if (key) {
		str_add_json(&w->out, key);
		str_add(&w->out, w->pretty ? ": " : ":");
	}
}

void json_open(struct json_writer *w, const char *key, char bracket)
{
	begin_member(w, key);
	str_add_n(&w->out, &bracket, 1);
	w->depth++;
	w->has_member = false;
}

void json_close(struct json_writer *w, char bracket)
{
	w->depth--;
	if (w->has_member)
		new_line(w);
	str_add_n(&w->out, &bracket, 1);
	w->has_member = true;
}

void json_put_string(struct json_writer *w, const char *key, const char *value)
{
	begin_member(w, key);
	str_add_json(&w->out, value);
}

void json_put_raw(struct json_writer *w, const char *key, const char *value)
{
	begin_member(w, key);
	str_add(&w->out, value);
}

void json_put_bool(struct json_writer *w, const char *key, bool value)
{
	begin_member(w, key);
	str_add(&w->out, value ? "true" : "false");
}

void json_put_int(struct json_writer *w, const char *key, int64_t value)
{
	begin_member(w, key);
	str_printf(&w->out, "%lld", (long long)value);
}

void json_put_uint(struct json_writer *w, const char *key, uint64_t value)
{
	begin_member(w, key);
	str_printf(&w->out, "%llu", (unsigned long long)value);
}

void json_put_strings(struct json_writer *w, const char *key, const char *const *list)
{
	json_open(w, key, '[');
	for (; list && *list; list++)
		json_put_string(w, NULL, *list);
	json_close(w, ']');
}
