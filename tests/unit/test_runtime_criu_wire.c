/*
 * runtime/criu/wire.c, criu/log.c: criu's protocol, byte for byte, and the lines of its log.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/base/util.h"
#include "runtime/criu/criu.h"

static void is_bytes(struct str *b, const char *wanted, size_t len)
{
	assert_false(b->failed);
	assert_int_equal(b->len, len);
	assert_memory_equal(b->s, wanted, len);
	str_done(b);
}
#define IS(b, bytes) is_bytes(b, bytes, sizeof(bytes) - 1)

static void fields_are_as_protocol_buffers_has_them(void **state)
{
	struct str b = { 0 };

	(void)state;
	pb_number(&b, 2, 300);
	IS(&b, "\x10\xac\x02");
	pb_number(&b, 38, 0x40000000);
	IS(&b, "\xb0\x02\x80\x80\x80\x80\x04");
	pb_flag(&b, 3, true);
	pb_flag(&b, 4, false);
	IS(&b, "\x18\x01");
	pb_text(&b, 10, "dump.log");
	IS(&b, "\x52\x08" "dump.log");
	pb_pair(&b, 25, "", "/x");
	IS(&b, "\xca\x01\x06\x0a\x00\x12\x02/x");
	pb_pair(&b, 25, NULL, "/x");
	IS(&b, "\xca\x01\x04\x12\x02/x");
}

static void requests_are_what_criu_expects(void **state)
{
	struct str opts = { 0 }, b = { 0 };

	(void)state;
	criu_request(&b, CRIU_VERSION, NULL, true);
	IS(&b, "\x08\x0a\x20\x01");
	criu_request(&b, CRIU_NOTIFY, NULL, false);
	IS(&b, "\x08\x06\x18\x01");
	criu_request(&b, CRIU_FEATURE_CHECK, NULL, true);
	IS(&b, "\x08\x09\x20\x01\x2a\x04\x08\x01\x10\x01");
	pb_number(&opts, CRIU_O_IMAGES_DIR_FD, 5);
	criu_request(&b, CRIU_DUMP, &opts, false);
	IS(&b, "\x08\x01\x12\x02\x08\x05");
	str_done(&opts);
}

static void answers_are_understood(void **state)
{
	static const char version[] = "\x08\x0a\x10\x01\x52\x06\x08\x03\x10\x11\x20\x01";
	static const char git[] = "\x08\x0a\x10\x01\x52\x07\x08\x03\x10\x11\x1a\x01g";
	static const char notify[] = "\x08\x06\x10\x01\x2a\x0e\x0a\x09pre-stuff\x10\xb9\x60";
	static const char restored[] = "\x08\x02\x10\x01\x22\x03\x08\xb9\x60";
	static const char refused[] = "\x08\x01\x10\x00\x38\x10\x4a\x04" "busy";
	static const char features[] = "\x08\x09\x10\x01\x42\x04\x08\x01\x10\x00";
	struct criu_response r;

	(void)state;
	assert_int_equal(criu_response(version, sizeof(version) - 1, &r), 0);
	assert_int_equal(r.type, CRIU_VERSION);
	assert_true(r.success);
	assert_int_equal(r.version, 31701);
	assert_int_equal(criu_response(git, sizeof(git) - 1, &r), 0);
	assert_int_equal(r.version, 31800);
	assert_int_equal(criu_response(notify, sizeof(notify) - 1, &r), 0);
	assert_string_equal(r.script, "pre-stuff");
	assert_int_equal(r.pid, 12345);
	assert_int_equal(criu_response(restored, sizeof(restored) - 1, &r), 0);
	assert_int_equal(r.pid, 12345);
	assert_int_equal(criu_response(refused, sizeof(refused) - 1, &r), 0);
	assert_false(r.success);
	assert_int_equal(r.error, EBUSY);
	assert_string_equal(r.message, "busy");
	assert_int_equal(criu_response(features, sizeof(features) - 1, &r), 0);
	assert_true(r.mem_track && !r.lazy_pages);
}

static void what_is_no_answer_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{ "", 0 },				/* no type */
		{ "\x10\x01", 2 },
		{ "\x08", 1 },				/* cut short */
		{ "\x08\x80", 2 },
		{ "\x08\x06\x2a\x05\x0a", 5 },		/* longer than it is */
		{ "\x08\x06\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13 },
		{ "\x08\x06\x28\x01", 4 },		/* a number for a message */
		{ "\x08\x06\x2a\x01\x0a", 5 },		/* wrong inside */
		{ "\x00\x06", 2 },			/* field 0 */
		{ "\x0b\x06", 2 },			/* a group */
		{ "\x08\x06\x0d\x01", 4 },		/* half a fixed32 */
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },
	};
	struct criu_response r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(criu_response(bad[i].bytes, bad[i].len, &r), -EPROTO);
}

static void long_texts_are_cut(void **state)
{
	struct str msg = { 0 }, inner = { 0 };
	struct criu_response r;
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	pb_text(&inner, 1, text);
	pb_number(&msg, 1, CRIU_NOTIFY);
	pb_bytes(&msg, 5, inner.s, inner.len);
	pb_text(&msg, 9, text);
	assert_int_equal(criu_response(msg.s, msg.len, &r), 0);
	assert_int_equal(strlen(r.script), sizeof(r.script) - 1);
	assert_int_equal(strlen(r.message), sizeof(r.message) - 1);
	str_done(&msg);
	str_done(&inner);
}

static void the_last_errors_of_a_log_are_found(void **state)
{
	char out[64];

	(void)state;
	criu_last_errors("", out, sizeof(out));
	assert_string_equal(out, "");
	criu_last_errors("(00.1) all is well\nError without place\n", out, sizeof(out));
	assert_string_equal(out, "");
	criu_last_errors("(00.1) Error (a.c:1): one\n(00.2) fine\nError (b.c:2): two\n"
			 "(00.3) Error (c.c:3): Dumping FAILED.\n", out, sizeof(out));
	assert_string_equal(out, "one; two");
	criu_last_errors("Error (a): 1\nError (a): 2\nError (a): 3\nError (a): 4\nError (a): 5\n"
			 "Error (a): 6", out, sizeof(out));
	assert_string_equal(out, "3; 4; 5; 6");
	criu_last_errors("Error (a): 0123456789012345678901234567890123456789\n"
			 "Error (a): 0123456789012345678901234567890123456789\n"
			 "Error (a): 9\n", out, sizeof(out));
	assert_int_equal(strlen(out), sizeof(out) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_as_protocol_buffers_has_them),
		cmocka_unit_test(requests_are_what_criu_expects),
		cmocka_unit_test(answers_are_understood),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(the_last_errors_of_a_log_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
