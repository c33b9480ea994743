/*
 * cgroups/cg_devices.c and cg_devices_bpf.c: device rules as v1's lists and as v2's program, which
 * runs here in a small interpreter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cgroups/cg_internal.h"
#include "runtime/base/util.h"
#include "tests/unit/device_rules.h"

/* ---- v1 ------------------------------------------------------------------------------------- */

/* "+" or "-" for the default, then the exceptions. */
static int set_text(const struct oci_device_rule *rules, size_t n, char *out, size_t size,
		    struct husk_error *err)
{
	struct arena arena = { 0 };
	struct cg_device_set set;
	int ret = cg_device_set(&arena, rules, n, n, &set, err);
	size_t len = 0;

	if (ret == 0) {
		len = (size_t)snprintf(out, size, "%c", set.allow_all ? '+' : '-');
		for (size_t i = 0; i < set.n; i++) {
			char line[CG_DEVICE_LINE];

			cg_device_line(&set.except[i], line);
			len += (size_t)snprintf(out + len, size - len, ";%s", line);
		}
	}
	arena_done(&arena);
	return ret;
}

static void rules_are_folded_for_v1(void **state)
{
	const struct {
		struct oci_device_rule rules[6];
		size_t n;
		const char *want;
	} cases[] = {
		{ { { 0 } }, 0, "-" },
		{ { rule(true, 'a', -1, -1, 7) }, 1, "+" },
		{ { rule(false, 'a', -1, -1, 7), rule(true, 'c', 1, 3, 7) }, 2, "-;c 1:3 rwm" },
		{ { rule(true, 'c', 1, 3, 7), rule(false, 'a', -1, -1, 7) }, 2, "-" },
		{ { rule(true, 'c', 1, 3, R), rule(true, 'c', 1, 3, W) }, 2, "-;c 1:3 rw" },
		{ { rule(true, 'c', 1, 3, 7), rule(false, 'c', 1, 3, W | M) }, 2, "-;c 1:3 r" },
		{ { rule(true, 'c', 1, 3, 7), rule(true, 'b', 1, 3, 7), rule(false, 'c', 1, -1, 7) },
		  3, "-;b 1:3 rwm" },
		{ { rule(true, 'a', -1, -1, 7), rule(false, 'b', 8, -1, W) }, 2, "+;b 8:* w" },
		{ { rule(true, 'a', -1, -1, M) }, 1, "-;c *:* m;b *:* m" },
		{ { rule(true, 'c', 5, 5, 0) }, 1, "-" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		char text[512];

		assert_int_equal(set_text(cases[i].rules, cases[i].n, text, sizeof(text), &err), 0);
		assert_string_equal(text, cases[i].want);
	}
}

/* The kernel would take the second rule and not apply it. */
static void a_hole_in_a_wider_rule_is_refused_on_v1(void **state)
{
	const struct oci_device_rule rules[] = { rule(true, 'c', 10, -1, 7),
						 rule(false, 'c', 10, 200, 7) };
	struct husk_error err = { 0 };
	char text[512];

	(void)state;
	assert_int_equal(set_text(rules, 2, text, sizeof(text), &err), -EOPNOTSUPP);
	assert_string_equal(err.msg, "/linux/resources/devices/1: cgroup v1 cannot make an exception "
				     "from the wider rule before it");
	assert_string_equal(err.pointer, "/linux/resources/devices/1");
}

static void devices_list_is_read_back(void **state)
{
	struct arena arena = { 0 };
	struct cg_device_set set;
	struct husk_error err = { 0 };
	char line[CG_DEVICE_LINE];

	(void)state;
	assert_int_equal(cg_device_set_parse(&arena, "a *:* rwm\n", &set, &err), 0);
	assert_true(set.allow_all);
	assert_int_equal(cg_device_set_parse(&arena, "c 136:* rwm\nb *:* m\n", &set, &err), 0);
	assert_false(set.allow_all);
	assert_int_equal(set.n, 2);
	cg_device_line(&set.except[0], line);
	assert_string_equal(line, "c 136:* rwm");
	cg_device_line(&set.except[1], line);
	assert_string_equal(line, "b *:* m");
	assert_int_equal(cg_device_set_parse(&arena, "nonsense\n", &set, &err), -EPROTO);
	arena_done(&arena);
}

static void default_devices_come_last(void **state)
{
	struct oci_device_rule deny = rule(false, 'a', -1, -1, 7);
	struct oci_resources res = { .devices = &deny, .n_devices = 1 };
	struct arena arena = { 0 };
	struct oci_device_rule *rules;
	struct husk_error err = { 0 };
	char text[512];
	size_t n;

	(void)state;
	assert_int_equal(cg_device_rules(&arena, &res, &rules, &n, &err), 0);
	assert_int_equal(set_text(rules, n, text, sizeof(text), &err), 0);
	assert_string_equal(text, "-;c *:* m;b *:* m;c 1:3 rwm;c 1:5 rwm;c 1:7 rwm;c 1:8 rwm;"
				  "c 1:9 rwm;c 5:0 rwm;c 5:1 rwm;c 5:2 rwm;c 136:* rwm");
	/* no rules at all mean the same: the default is to deny */
	assert_int_equal(cg_device_rules(&arena, NULL, &rules, &n, &err), 0);
	assert_int_equal(n, 11);
	deny.major = 1LL << 40;
	assert_int_equal(cg_device_rules(&arena, &res, &rules, &n, &err), -EINVAL);
	assert_string_equal(err.msg,
			    "/linux/resources/devices/0: 1099511627776:-1 is not a device number");
	arena_done(&arena);
}

/* ---- v2 ------------------------------------------------------------------------------------- */

static void check_all(const struct oci_device_rule *rules, size_t n_rules)
{
	struct arena arena = { 0 };
	struct husk_error err = { 0 };
	struct bpf_insn *prog;
	size_t n;

	assert_int_equal(cg_device_program(&arena, rules, n_rules, &prog, &n, &err), 0);
	for (unsigned major = 0; major < 4; major++) {
		for (unsigned minor = 0; minor < 4; minor++) {
			for (unsigned access = 1; access < 8; access++) {
				for (const char *type = "cb"; *type; type++)
					assert_int_equal(device_program_allows(prog, n, *type, major,
									       minor, access),
							 device_rules_allow(rules, n_rules, *type,
									    major, minor, access));
			}
		}
	}
	arena_done(&arena);
}

static void the_program_decides_as_the_rules_say(void **state)
{
	const struct oci_device_rule ordered[] = {
		rule(false, 'a', -1, -1, 7), rule(true, 'c', 1, -1, 7), rule(false, 'c', 1, 2, W),
		rule(true, 'b', -1, 3, R | M), rule(true, 'a', 2, 2, W), rule(false, 'c', 2, 2, R),
	};
	const struct oci_device_rule open[] = { rule(true, 'a', -1, -1, 7),
						rule(false, 'b', 1, -1, W) };

	(void)state;
	check_all(ordered, 0);
	for (size_t n = 1; n <= ARRAY_SIZE(ordered); n++)
		check_all(ordered, n);
	check_all(open, 2);
	check_all(open, 1);
}

static void the_program_agrees_with_random_rules(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		struct oci_device_rule rules[12];
		size_t n = (size_t)rand_r(&seed) % ARRAY_SIZE(rules);

		for (size_t i = 0; i < n; i++)
			rules[i] = rule(rand_r(&seed) & 1, "abc"[rand_r(&seed) % 3],
					rand_r(&seed) % 5 - 1, rand_r(&seed) % 5 - 1,
					(unsigned)rand_r(&seed) % 8);
		check_all(rules, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_folded_for_v1),
		cmocka_unit_test(a_hole_in_a_wider_rule_is_refused_on_v1),
		cmocka_unit_test(devices_list_is_read_back),
		cmocka_unit_test(default_devices_come_last),
		cmocka_unit_test(the_program_decides_as_the_rules_say),
		cmocka_unit_test(the_program_agrees_with_random_rules),
	};

	return cmocka_run_group_tests_name("cgroups/devices", tests, NULL, NULL);
}
