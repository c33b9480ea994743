/*
 * runtime/process/seccomp_bpf.c: filters as base64, and what the kernel would refuse in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "runtime/annotations.h"
#include "runtime/base/util.h"

#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static char *encode(const void *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = data;
	char *out = calloc(1, len * 2 + 5), *p = out;

	assert_non_null(out);
	for (size_t i = 0; i < len; i += 3, p += 4) {
		size_t left = len - i;
		unsigned v = in[i] << 16 | (left > 1 ? in[i + 1] << 8 : 0) |
			     (left > 2 ? in[i + 2] : 0);

		p[0] = digits[v >> 18];
		p[1] = digits[v >> 12 & 63];
		p[2] = left > 1 ? digits[v >> 6 & 63] : '=';
		p[3] = left > 2 ? digits[v & 63] : '=';
	}
	return out;
}

/* Empty, or the message. */
static void check(const void *data, size_t len, const char *wanted)
{
	cleanup_free char *text = encode(data, len);
	struct husk_error err = { 0 };
	struct arena arena = { 0 };
	const void *out = NULL;
	size_t n = 0;

	(void)rt_seccomp_decode(text, &arena, "/p", &out, &n, &err);
	assert_string_equal(err.msg, wanted);
	if (!*wanted) {
		assert_int_equal(n, len);
		assert_memory_equal(out, data, len);
	}
	arena_done(&arena);
}

#define GOOD(...)                                                                                  \
	do {                                                                                       \
		const struct sock_filter f_[] = { __VA_ARGS__ };                                   \
		check(f_, sizeof(f_), "");                                                         \
	} while (0)
#define BAD(wanted, ...)                                                                           \
	do {                                                                                       \
		const struct sock_filter f_[] = { __VA_ARGS__ };                                   \
		check(f_, sizeof(f_), "/p: " wanted);                                              \
	} while (0)

static void filters_of_any_length_are_decoded(void **state)
{
	(void)state;
	GOOD(ALLOW);
	GOOD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), ALLOW);
	GOOD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 60), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
	     ALLOW, BPF_STMT(BPF_RET | BPF_A, 0));
	GOOD(BPF_STMT(BPF_JMP | BPF_JA, 0), BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LD | BPF_MEM, 15),
	     BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 31), ALLOW);
}

static void what_the_kernel_refuses_is_refused(void **state)
{
	(void)state;
	BAD("instruction 0 (code 0x20) of the filter loads from outside of struct seccomp_data",
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), ALLOW);
	BAD("instruction 0 (code 0x20) of the filter loads from outside of struct seccomp_data",
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), ALLOW);
	BAD("instruction 0 (code 0x30) of the filter has a code that seccomp does not allow",
	    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), ALLOW);
	BAD("instruction 0 (code 0x15) of the filter jumps beyond the end",
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), ALLOW);
	BAD("instruction 0 (code 0x05) of the filter jumps beyond the end",
	    BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), ALLOW);
	BAD("instruction 0 (code 0x02) of the filter uses a memory word beyond the last",
	    BPF_STMT(BPF_ST, 16), ALLOW);
	BAD("instruction 0 (code 0x34) of the filter divides by zero",
	    BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), ALLOW);
	BAD("instruction 0 (code 0x64) of the filter shifts by more than 31",
	    BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), ALLOW);
	BAD("the filter does not end with a return", BPF_STMT(BPF_LD | BPF_IMM, 0));
}

static void what_is_no_array_of_instructions_is_refused(void **state)
{
	static const struct sock_filter many[BPF_MAXINSNS + 1];

	(void)state;
	check("", 0, "/p: 0 bytes are not an array of struct sock_filter, of 8 bytes each");
	check("1234567", 7, "/p: 7 bytes are not an array of struct sock_filter, of 8 bytes each");
	check(many, sizeof(many), "/p: 4097 instructions; the kernel takes 4096");
}

static void what_is_no_base64_is_refused(void **state)
{
	static const char *const texts[] = { "A", "AA", "AAA", "AA=", "A===", "====", "AA==AAAA",
					     "AAA AAA=", "-_==", "AAAA=" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct husk_error err = { 0 };
		struct arena arena = { 0 };
		const void *out;
		size_t n;

		assert_true(rt_seccomp_decode(texts[i], &arena, "/p", &out, &n, &err) < 0);
		assert_string_equal(err.msg, "/p: is not base64");
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_of_any_length_are_decoded),
		cmocka_unit_test(what_the_kernel_refuses_is_refused),
		cmocka_unit_test(what_is_no_array_of_instructions_is_refused),
		cmocka_unit_test(what_is_no_base64_is_refused),
	};

	return cmocka_run_group_tests_name("runtime/seccomp_bpf", tests, NULL, NULL);
}
