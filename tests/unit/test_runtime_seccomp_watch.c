/*
 * runtime/process/seccomp_watch.c: what a filter tells its listener, and what it does not.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "runtime/base/util.h"
#include "runtime/process/process.h"

#define PASS UINT32_C(0x80c0ffee)

static uint64_t flags(uint32_t pass, uint32_t lower)
{
	return (uint64_t)pass << 32 | lower;
}

static void assert_told(const void *filter, size_t n)
{
	const struct rt_call init[] = { { __NR_sendmsg, { 3, 0, flags(PASS, 0x4000) } },
					{ __NR_recvfrom, { 3, 0, 8, flags(PASS, 0) } } };
	const struct rt_call program[] = {
		{ __NR_sendmsg, { 3, 0, 0x4000 } },
		{ __NR_sendmsg, { 3, 0, flags(PASS - 1, 0) } },
		{ __NR_sendmsg, { 3, 0, PASS } },
		{ __NR_recvfrom, { 3, 0, flags(PASS, 0), 0 } },
		{ __NR_recvfrom, { 3, 0, 8, flags(1, 0) } },
		{ __NR_sendto, { 3, 0, flags(PASS, 0), flags(PASS, 0) } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(init); i++)
		assert_true(rt_seccomp_allows(filter, n, &init[i]));
	/* To be told is not to be let through by the filter. */
	for (size_t i = 0; i < ARRAY_SIZE(program); i++)
		assert_false(rt_seccomp_allows(filter, n, &program[i]));
}

static void without_a_filter_all_is_told_but_what_init_says(void **state)
{
	struct husk_error err = { 0 };
	void *filter = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(rt_seccomp_watch(&filter, &n, PASS, &err), 0);
	assert_told(filter, n);
	free(filter);
}

static void only_what_lets_through_is_changed(void **state)
{
	static const struct sock_filter old[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 100, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 5),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 50, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 20, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct husk_error err = { 0 };
	size_t n = sizeof(old), at;
	void *filter = malloc(n);
	const struct sock_filter *f;

	(void)state;
	memcpy(filter, old, n);
	assert_int_equal(rt_seccomp_watch(&filter, &n, PASS, &err), 0);
	assert_told(filter, n);
	f = filter;
	at = n / sizeof(*f) - ARRAY_SIZE(old);
	for (size_t i = 0; i < ARRAY_SIZE(old); i++) {
		assert_int_equal(f[at + i].code, old[i].code);
		assert_int_equal(f[at + i].k, i == 4 || i == 7 ? SECCOMP_RET_USER_NOTIF : old[i].k);
	}
	free(filter);
}

static void calls_and_abis_have_names(void **state)
{
	char *name = rt_seccomp_call_name(0x40000003 /* AUDIT_ARCH_I386 */, 20);

	(void)state;
	assert_string_equal(name, "getpid");
	free(name);
	assert_string_equal(rt_seccomp_arch_name(0x40000003, 20), "SCMP_ARCH_X86");
	assert_string_equal(rt_seccomp_arch_name(0xc000003e, 0), "SCMP_ARCH_X86_64");
	assert_string_equal(rt_seccomp_arch_name(0xc000003e, 0x40000000), "SCMP_ARCH_X32");
	assert_null(rt_seccomp_arch_name(0x12345678, 0));
	assert_null(rt_seccomp_call_name(0x12345678, 0));
	assert_null(rt_seccomp_call_name(0x40000003, 4000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_filter_all_is_told_but_what_init_says),
		cmocka_unit_test(only_what_lets_through_is_changed),
		cmocka_unit_test(calls_and_abis_have_names),
	};

	return cmocka_run_group_tests_name("runtime/process/seccomp_watch", tests, NULL, NULL);
}
