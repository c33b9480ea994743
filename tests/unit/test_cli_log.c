/*
 * Log records: one line each, valid JSON whatever the message holds, and the fields that
 * containerd and podman decode.
 *
 * covers: 2.3-log-json
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cli/cli.h"

enum { NOON = 1787220672 };	/* 2026-08-20T10:11:12Z */

static void expect(enum cli_log_format format, enum husk_log_level level, const char *msg,
		   const struct husk_error *err, const char *record)
{
	char buf[12288];
	size_t len = cli_log_record(buf, sizeof(buf) - 1, format, level, msg, err, NOON);

	buf[len] = '\0';
	assert_string_equal(buf, record);
}

static void a_json_record_is_what_engines_decode(void **state)
{
	(void)state;
	expect(CLI_LOG_JSON, HUSK_LOG_ERROR, "container does not exist", NULL,
	       "{\"level\":\"error\",\"msg\":\"container does not exist\","
	       "\"time\":\"2026-08-20T10:11:12Z\"}\n");
	expect(CLI_LOG_JSON, HUSK_LOG_WARN, "x", NULL,
	       "{\"level\":\"warning\",\"msg\":\"x\",\"time\":\"2026-08-20T10:11:12Z\"}\n");
}

static void a_text_record_is_logrus_text(void **state)
{
	(void)state;
	expect(CLI_LOG_TEXT, HUSK_LOG_ERROR, "say \"x\"", NULL,
	       "time=\"2026-08-20T10:11:12Z\" level=error msg=\"say \\\"x\\\"\"\n");
	expect(CLI_LOG_TEXT, HUSK_LOG_DEBUG, "a\nb", NULL,
	       "time=\"2026-08-20T10:11:12Z\" level=debug msg=\"a\\nb\"\n");
}

static void what_else_is_known_of_an_error_comes_behind(void **state)
{
	const struct husk_error err = {
		.kind = HUSK_E_SYSTEM,
		.sys = EPERM,
		.step = 14,
		.pointer = "/mounts/0",
		.hint = "try \"--no-pivot\"",
	};
	const struct husk_error plain = { .kind = HUSK_E_NOT_FOUND, .sys = ENOENT, .step = -1 };

	(void)state;
	expect(CLI_LOG_JSON, HUSK_LOG_ERROR, "m", &err,
	       "{\"level\":\"error\",\"msg\":\"m\",\"time\":\"2026-08-20T10:11:12Z\","
	       "\"code\":\"system\",\"step\":14,\"pointer\":\"/mounts/0\","
	       "\"hint\":\"try \\\"--no-pivot\\\"\"}\n");
	expect(CLI_LOG_TEXT, HUSK_LOG_ERROR, "m", &err,
	       "time=\"2026-08-20T10:11:12Z\" level=error msg=\"m\" code=\"system\" step=14 "
	       "pointer=\"/mounts/0\" hint=\"try \\\"--no-pivot\\\"\"\n");
	expect(CLI_LOG_JSON, HUSK_LOG_ERROR, "m", &plain,
	       "{\"level\":\"error\",\"msg\":\"m\",\"time\":\"2026-08-20T10:11:12Z\","
	       "\"code\":\"not-found\"}\n");
}

/* File names are bytes; a record must be JSON all the same (RFC 8259, section 7). */
static void any_bytes_make_a_valid_string(void **state)
{
	static const struct {
		const char *msg, *quoted;
	} cases[] = {
		{ "tab\there", "tab\\there" },
		{ "back\\slash", "back\\\\slash" },
		{ "\x01\x1b[31m\x7f", "\\u0001\\u001b[31m\\u007f" },
		{ "caf\303\251 \342\202\254", "caf\303\251 \342\202\254" },
		{ "\360\237\230\200", "\360\237\230\200" },
		{ "\377\376", "\\ufffd\\ufffd" },
		{ "cut \342\202", "cut \\ufffd\\ufffd" },
		{ "overlong \300\257", "overlong \\ufffd\\ufffd" },
		{ "\340\200\200", "\\ufffd\\ufffd\\ufffd" },
		{ "surrogate \355\240\200", "surrogate \\ufffd\\ufffd\\ufffd" },
		{ "\364\220\200\200", "\\ufffd\\ufffd\\ufffd\\ufffd" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char record[512];

		(void)snprintf(record, sizeof(record),
			       "{\"level\":\"info\",\"msg\":\"%s\",\"time\":"
			       "\"2026-08-20T10:11:12Z\"}\n",
			       cases[i].quoted);
		expect(CLI_LOG_JSON, HUSK_LOG_INFO, cases[i].msg, NULL, record);
	}
}

static void a_small_buffer_is_not_overrun(void **state)
{
	char buf[128 + 8];

	(void)state;
	for (size_t size = 0; size <= 128; size++) {
		memset(buf, '#', sizeof(buf));
		assert_true(cli_log_record(buf, size, CLI_LOG_JSON, HUSK_LOG_ERROR,
					   "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01",
					   NULL, NOON) <= size);
		assert_memory_equal(buf + size, "########", 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_json_record_is_what_engines_decode),
		cmocka_unit_test(a_text_record_is_logrus_text),
		cmocka_unit_test(what_else_is_known_of_an_error_comes_behind),
		cmocka_unit_test(any_bytes_make_a_valid_string),
		cmocka_unit_test(a_small_buffer_is_not_overrun),
	};

	return cmocka_run_group_tests_name("cli/log", tests, NULL, NULL);
}
