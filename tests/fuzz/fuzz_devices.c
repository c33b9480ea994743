/*
 * Device rules, four bytes each: v2's program and v1's lists decide as the rules say, or the rules
 * are refused.  The same bytes as the text of devices.list.
 *
 * Uses: cgroups, tests/unit/device_rules.h.    Used by: run.sh.
 */
#include "cgroups/cg_internal.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/device_rules.h"

enum { MAX_RULES = 16, NUMBERS = 4 };

static size_t read_rules(struct fuzz_bytes *in, struct oci_device_rule *rules)
{
	size_t n = 0;

	while (in->left > 0 && n < MAX_RULES) {
		unsigned what = fuzz_byte(in);

		rules[n++] = rule(what & 1, "abc"[what / 2 % 3], (int)fuzz_byte(in) % 4 - 1,
					 (int)fuzz_byte(in) % 4 - 1, fuzz_byte(in) & 7);
	}
	return n;
}

/* For one kind of access.  An exception is a device that the default is not for. */
static bool set_allows(const struct cg_device_set *set, char type, int64_t major, int64_t minor,
		       unsigned bit)
{
	for (size_t i = 0; i < set->n; i++) {
		struct oci_device_rule r = set->except[i];

		r.allow = true;
		if (device_rules_allow(&r, 1, type, major, minor, bit))
			return !set->allow_all;
	}
	return set->allow_all;
}

static void check(const struct oci_device_rule *rules, size_t n_rules)
{
	struct arena arena = { 0 };
	struct husk_error err = { 0 };
	struct cg_device_set set;
	struct bpf_insn *prog;
	size_t n;
	bool v1;

	MUST(cg_device_program(&arena, rules, n_rules, &prog, &n, &err) == 0);
	v1 = cg_device_set(&arena, rules, n_rules, n_rules, &set, &err) == 0;
	for (unsigned i = 0; i < 2 * NUMBERS * NUMBERS * 8; i++) {
		unsigned access = i % 8;
		int64_t major = i / 8 % NUMBERS, minor = i / 8 / NUMBERS % NUMBERS;
		char type = "bc"[i / 8 / NUMBERS / NUMBERS];
		bool allow = device_rules_allow(rules, n_rules, type, major, minor, access);

		if (access == 0)
			continue;
		MUST(device_program_allows(prog, n, type, (uint32_t)major, (uint32_t)minor,
					   access) == allow);
		if (v1 && (access & (access - 1)) == 0)
			MUST(set_allows(&set, type, major, minor, access) == allow);
	}
	arena_done(&arena);
}

static void check_text(const char *text)
{
	struct arena arena = { 0 };
	struct husk_error err = { 0 };
	struct cg_device_set set;
	char line[CG_DEVICE_LINE];

	if (cg_device_set_parse(&arena, text, &set, &err) == 0) {
		for (size_t i = 0; i < set.n; i++)
			cg_device_line(&set.except[i], line);
	} else {
		MUST(err.sys > 0 && err.msg[0]);
	}
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oci_device_rule rules[MAX_RULES];
	struct fuzz_bytes in = { data, size };
	char *text = fuzz_text(data, size);

	check_text(text);
	check(rules, read_rules(&in, rules));
	free(text);
	return 0;
}
