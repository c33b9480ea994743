/*
 * Protocol buffers, as far as criu's rpc.proto needs them: see criu.h.
 *
 * A field is a key, number << 3 | type, and a value: type 0 is a varint, type 2 bytes with their
 * length before them.  Types 1 and 5 (fixed 8 and 4 bytes) do not occur and are stepped over.
 *
 * Uses: str.h.    Used by: swrk.c, checkpoint.c, restore.c.
 */
#include <errno.h>
#include <string.h>

#include "runtime/base/util.h"
#include "runtime/criu/criu.h"

enum { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

/* Fields of criu_req and criu_resp. */
enum { REQ_TYPE = 1, REQ_OPTS = 2, REQ_NOTIFY_SUCCESS = 3, REQ_KEEP_OPEN = 4, REQ_FEATURES = 5 };
enum {
	RESP_TYPE = 1, RESP_SUCCESS = 2, RESP_RESTORE = 4, RESP_NOTIFY = 5, RESP_ERRNO = 7,
	RESP_FEATURES = 8, RESP_ERRMSG = 9, RESP_VERSION = 10,
};

/* ---- writing ---- */

static void put_varint(struct str *b, uint64_t value)
{
	char bytes[10];
	size_t n = 0;

	do {
		bytes[n++] = (char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value);
	str_add_n(b, bytes, n);
}

void pb_number(struct str *b, unsigned field, uint64_t value)
{
	put_varint(b, (uint64_t)field << 3 | PB_VARINT);
	put_varint(b, value);
}

void pb_flag(struct str *b, unsigned field, bool value)
{
	if (value)
		pb_number(b, field, 1);
}

void pb_bytes(struct str *b, unsigned field, const char *bytes, size_t len)
{
	put_varint(b, (uint64_t)field << 3 | PB_BYTES);
	put_varint(b, len);
	str_add_n(b, bytes, len);
}

void pb_text(struct str *b, unsigned field, const char *text)
{
	pb_bytes(b, field, text, strlen(text));
}

void pb_pair(struct str *b, unsigned field, const char *first, const char *second)
{
	struct str pair cleanup_str = { 0 };

	if (first)
		pb_text(&pair, 1, first);
	pb_text(&pair, 2, second);
	b->failed = b->failed || pair.failed;
	pb_bytes(b, field, pair.s ? pair.s : "", pair.len);
}

void criu_request(struct str *b, enum criu_type type, const struct str *opts, bool keep_open)
{
	pb_number(b, REQ_TYPE, type);
	if (opts) {
		b->failed = b->failed || opts->failed;
		pb_bytes(b, REQ_OPTS, opts->s ? opts->s : "", opts->len);
	}
	/* We answer notifications only when all went well. */
	pb_flag(b, REQ_NOTIFY_SUCCESS, type == CRIU_NOTIFY);
	pb_flag(b, REQ_KEEP_OPEN, keep_open);
	/* mem_track and lazy_pages: which of them are there? */
	if (type == CRIU_FEATURE_CHECK)
		pb_bytes(b, REQ_FEATURES, "\x08\x01\x10\x01", 4);
}

/* ---- reading ---- */

static bool get_varint(const char **at, const char *end, uint64_t *out)
{
	uint64_t value = 0;

	for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
		uint64_t byte = (unsigned char)*(*at)++;

		value |= (byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*out = value;
			return true;
		}
	}
	return false;
}

int pb_next(const char **at, const char *end, struct pb_field *out)
{
	struct pb_field f = { 0 };
	const char *p = *at;
	uint64_t key, len;

	if (p == end)
		return 0;
	if (!get_varint(&p, end, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX)
		return -EPROTO;
	f.number = (unsigned)(key >> 3);
	switch (key & 7) {
	case PB_VARINT:
		if (!get_varint(&p, end, &f.value))
			return -EPROTO;
		break;
	case PB_BYTES:
		f.is_bytes = true;
		if (!get_varint(&p, end, &len) || len > (uint64_t)(end - p))
			return -EPROTO;
		f.bytes = p;
		f.len = (size_t)len;
		p += len;
		break;
	case PB_FIXED64:
	case PB_FIXED32:
		len = (key & 7) == PB_FIXED64 ? 8 : 4;
		if (len > (uint64_t)(end - p))
			return -EPROTO;
		p += len;
		break;
	default:
		return -EPROTO;
	}
	*at = p;
	*out = f;
	return 1;
}

static void copy(char *out, size_t size, const struct pb_field *f)
{
	size_t len = MIN(f->len, size - 1);

	memcpy(out, f->bytes, len);
	out[len] = '\0';
}

/* 3.17.1 is 31701.  A build between releases counts as the next one, as for runc. */
static unsigned version_number(const unsigned part[4], bool is_git)
{
	return is_git ? part[0] * 10000 + (part[1] + 1) * 100 :
			part[0] * 10000 + part[1] * 100 + part[2];
}

static int read_version(const struct pb_field *in, struct criu_response *out)
{
	const char *at = in->bytes;
	unsigned part[4] = { 0 };
	bool is_git = false;
	struct pb_field f;
	int ret;

	/* major, minor, gitid, sublevel */
	while ((ret = pb_next(&at, in->bytes + in->len, &f)) > 0) {
		if (f.number == 1 || f.number == 2)
			part[f.number - 1] = (unsigned)MIN(f.value, UINT64_C(10000));
		else if (f.number == 4)
			part[2] = (unsigned)MIN(f.value, UINT64_C(99));
		is_git = is_git || (f.number == 3 && f.is_bytes && f.len > 0);
	}
	out->version = version_number(part, is_git);
	return ret;
}

static int read_restore(const struct pb_field *in, struct criu_response *out)
{
	const char *at = in->bytes;
	struct pb_field f;
	int ret;

	while ((ret = pb_next(&at, in->bytes + in->len, &f)) > 0) {
		if (f.number == 1)
			out->pid = (int)f.value;
	}
	return ret;
}

static int read_notify(const struct pb_field *in, struct criu_response *out)
{
	const char *at = in->bytes;
	struct pb_field f;
	int ret;

	while ((ret = pb_next(&at, in->bytes + in->len, &f)) > 0) {
		if (f.number == 1 && f.is_bytes)
			copy(out->script, sizeof(out->script), &f);
		else if (f.number == 2)
			out->pid = (int)f.value;
	}
	return ret;
}

static int read_features(const struct pb_field *in, struct criu_response *out)
{
	const char *at = in->bytes;
	struct pb_field f;
	int ret;

	while ((ret = pb_next(&at, in->bytes + in->len, &f)) > 0) {
		out->mem_track = f.number == 1 ? f.value != 0 : out->mem_track;
		out->lazy_pages = f.number == 2 ? f.value != 0 : out->lazy_pages;
	}
	return ret;
}

static int read_field(const struct pb_field *f, struct criu_response *r)
{
	static const struct {
		unsigned number;
		int (*read)(const struct pb_field *in, struct criu_response *out);
	} messages[] = {
		{ RESP_RESTORE, read_restore },
		{ RESP_NOTIFY, read_notify },
		{ RESP_FEATURES, read_features },
		{ RESP_VERSION, read_version },
	};

	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		if (messages[i].number == f->number)
			return f->is_bytes ? messages[i].read(f, r) : -EPROTO;
	}
	if (f->number == RESP_ERRMSG && f->is_bytes)
		copy(r->message, sizeof(r->message), f);
	else if (f->number == RESP_TYPE)
		r->type = (int)f->value;
	else if (f->number == RESP_SUCCESS)
		r->success = f->value != 0;
	else if (f->number == RESP_ERRNO)
		r->error = abs((int)f->value);
	return 0;
}

int criu_response(const char *msg, size_t len, struct criu_response *out)
{
	struct criu_response r = { .type = -1 };
	const char *at = msg;
	struct pb_field f;
	int ret;

	while ((ret = pb_next(&at, msg + len, &f)) > 0) {
		ret = read_field(&f, &r);
		if (ret < 0)
			return ret;
	}
	if (ret < 0 || r.type < 0)
		return -EPROTO;
	*out = r;
	return 0;
}
