/*
 * runtime/process/seccomp_shrink.c: shorter filters that answer as before.
 */
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <seccomp.h>

#include "runtime/base/util.h"
#include "runtime/process/seccomp_shrink.h"

enum { MAX = BPF_MAXINSNS };

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(op, value, t, f) BPF_JUMP(BPF_JMP | BPF_##op | BPF_K, (value), (t), (f))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))

static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 0, 1 };

static void assert_same_answer(const struct sock_filter *a, size_t n_a, const struct sock_filter *b,
			       size_t n_b, const struct seccomp_data *call)
{
	uint32_t x = seccomp_answer(a, n_a, call), y = seccomp_answer(b, n_b, call);

	if (x != y)
		print_error("arch 0x%x, nr %d, first argument 0x%llx: 0x%x, not 0x%x\n", call->arch,
			    call->nr, (unsigned long long)call->args[0], y, x);
	assert_int_equal(x, y);
}

/* Arguments that rules of these tests look for, and others. */
static uint64_t argument(void)
{
	static const uint64_t of_rules[] = { 0, 1, 2, 7, 40, 0x7e020000, UINT32_MAX, UINT64_MAX,
					     UINT64_C(1) << 32 };
	long r = random();

	return r % 2 ? of_rules[(size_t)(r / 2) % ARRAY_SIZE(of_rules)] : (uint64_t)(r / 2 % 64);
}

/* Returns the new length. */
static size_t assert_shrinks_to_the_same(const struct sock_filter *filter, size_t n)
{
	static const uint32_t bases[] = { 0, 0x40000000, 0x80000000, 0xc0000000 };
	struct sock_filter *shorter = malloc(n * sizeof(*shorter));
	struct seccomp_data call = { 0 };
	size_t len;

	assert_non_null(shorter);
	memcpy(shorter, filter, n * sizeof(*shorter));
	len = seccomp_shrink(shorter, n);
	assert_true(len <= n);
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		for (size_t base = 0; base < ARRAY_SIZE(bases); base++) {
			for (uint32_t nr = 0; nr < 1200; nr++) {
				call.arch = archs[i];
				/* -600 to 599 around each: the ends of ranges are within */
				call.nr = (int)(bases[base] + nr - 600);
				for (size_t k = 0; k < ARRAY_SIZE(call.args); k++)
					call.args[k] = argument();
				assert_same_answer(filter, n, shorter, len, &call);
			}
		}
	}
	free(shorter);
	return len;
}

static size_t export(scmp_filter_ctx ctx, struct sock_filter *out)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
	n = pread(fd, out, MAX * sizeof(*out), 0);
	assert_true(n > 0);
	assert_int_equal(close(fd), 0);
	return (size_t)n / sizeof(*out);
}

static uint32_t some_action(void)
{
	static const uint32_t actions[] = { SCMP_ACT_ALLOW, SCMP_ACT_ALLOW, SCMP_ACT_ALLOW,
					    SCMP_ACT_ERRNO(1), SCMP_ACT_ERRNO(38), SCMP_ACT_LOG,
					    SCMP_ACT_KILL_PROCESS, SCMP_ACT_TRACE(7) };

	return actions[(size_t)random() % ARRAY_SIZE(actions)];
}

/* As profiles are: neighbours with one action, and some calls by their arguments. */
static void add_some_rules(scmp_filter_ctx ctx)
{
	struct scmp_arg_cmp cmp[2];
	unsigned n = random() % 6 ? 0 : 1 + (unsigned)(random() % 2);
	int nr = (int)(random() % 460), last = n > 0 ? nr : nr + (int)(random() % 16);
	uint32_t action = some_action();

	for (unsigned i = 0; i < n; i++)
		cmp[i] = (struct scmp_arg_cmp){ (unsigned)(random() % 6),
						(enum scmp_compare)(1 + random() % 7), argument(),
						argument() };
	/* What libseccomp does not take, as the default action or a second rule, is left out. */
	for (; nr <= last; nr++)
		(void)seccomp_rule_add_array(ctx, action, nr, n, cmp);
}

static void what_libseccomp_makes_of_rules_answers_as_before(void **state)
{
	static struct sock_filter filter[MAX];
	int n_shorter = 0;

	(void)state;
	srandom(1);
	for (int round = 0; round < 60; round++) {
		scmp_filter_ctx ctx = seccomp_init(some_action());
		size_t n;

		assert_non_null(ctx);
		if (round % 2 == 0)
			assert_int_equal(seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2), 0);
		if (round % 3 == 0) {
			(void)seccomp_arch_add(ctx, SCMP_ARCH_X86);
			(void)seccomp_arch_add(ctx, SCMP_ARCH_X32);
		}
		for (long k = random() % 60; k > 0; k--)
			add_some_rules(ctx);
		n = export(ctx, filter);
		n_shorter += assert_shrinks_to_the_same(filter, n) < n;
		seccomp_release(ctx);
	}
	/* Few rules with many actions need not get shorter. */
	assert_true(n_shorter >= 30);
}

static void neighbours_with_one_answer_become_a_range(void **state)
{
	struct sock_filter f[600] = { LOAD(nr) };
	size_t n = 1;

	(void)state;
	for (uint32_t nr = 0; nr < 250; nr++) {
		f[n++] = (struct sock_filter)IF(JEQ, nr, 0, 1);
		f[n++] = (struct sock_filter)ANSWER(nr == 100 ? SECCOMP_RET_TRAP : SECCOMP_RET_ALLOW);
	}
	f[n++] = (struct sock_filter)ANSWER(SECCOMP_RET_KILL_PROCESS);
	/* load, three comparisons (at 100, 101, 250), three answers */
	assert_int_equal(assert_shrinks_to_the_same(f, n), 7);
}

/* No range is longer than one number, and every number has its own answer. */
static void a_search_of_any_length_reaches_its_answers(void **state)
{
	static struct sock_filter f[MAX];
	const struct sock_filter padding = ANSWER(0);
	size_t n = 0;

	(void)state;
	f[n++] = (struct sock_filter)LOAD(nr);
	for (uint32_t nr = 0; nr < 1000; nr++) {
		f[n++] = (struct sock_filter)IF(JEQ, nr, 0, 1);
		f[n++] = (struct sock_filter)ANSWER(SECCOMP_RET_ERRNO | (nr & 0xfff));
	}
	f[n++] = (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW);
	while (n < MAX)
		f[n++] = padding;
	assert_true(assert_shrinks_to_the_same(f, n) < n);
}

static void what_looks_at_arguments_is_taken_over(void **state)
{
	const struct sock_filter f[] = {
		LOAD(arch), IF(JEQ, AUDIT_ARCH_X86_64, 1, 0), ANSWER(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr), IF(JEQ, 40, 0, 9),
		LOAD(args[0]), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 7), IF(JEQ, 2, 0, 1),
		ANSWER(SECCOMP_RET_TRAP),
		LOAD(args[1]), IF(JSET, 1, 1, 0), IF(JGT, 40, 0, 1), ANSWER(SECCOMP_RET_LOG),
		ANSWER(SECCOMP_RET_ALLOW),
		IF(JEQ, 41, 0, 1), ANSWER(SECCOMP_RET_ALLOW),
		IF(JEQ, 42, 0, 1), ANSWER(SECCOMP_RET_ALLOW),
		IF(JEQ, 43, 0, 1), ANSWER(SECCOMP_RET_ALLOW),
		IF(JEQ, 44, 0, 1), ANSWER(SECCOMP_RET_ALLOW),
		IF(JEQ, 45, 0, 1), ANSWER(SECCOMP_RET_ALLOW),
		IF(JEQ, 46, 0, 1), ANSWER(SECCOMP_RET_ALLOW),
		ANSWER(SECCOMP_RET_ERRNO | 1),
	};

	(void)state;
	assert_true(assert_shrinks_to_the_same(f, ARRAY_SIZE(f)) < ARRAY_SIZE(f));
}

/* Each would be shorter if what it does were misunderstood. */
static void what_is_not_understood_stays_as_it_is(void **state)
{
#define MANY_ANSWERS ANSWER(0), ANSWER(0), ANSWER(0), ANSWER(0), ANSWER(0), ANSWER(0), ANSWER(0)
	const struct sock_filter f[][16] = {
		/* a bit of the number that stands for no range */
		{ LOAD(nr), IF(JSET, 1, 1, 0), ANSWER(1), ANSWER(2), MANY_ANSWERS },
		/* an architecture that is not compared as a whole */
		{ LOAD(arch), IF(JGT, 5, 1, 0), ANSWER(1), ANSWER(2), MANY_ANSWERS },
		/* arithmetic on the number */
		{ LOAD(nr), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 1), IF(JEQ, 1, 1, 0), ANSWER(1),
		  ANSWER(2), MANY_ANSWERS },
		/* the other register, and memory */
		{ LOAD(nr), BPF_STMT(BPF_MISC | BPF_TAX, 0), IF(JEQ, 1, 1, 0), ANSWER(1), ANSWER(2),
		  MANY_ANSWERS },
		{ LOAD(args[0]), BPF_STMT(BPF_ST, 0), BPF_STMT(BPF_LD | BPF_MEM, 0), IF(JEQ, 1, 1, 0),
		  ANSWER(1), ANSWER(2), MANY_ANSWERS },
		/* the number again, after an argument */
		{ LOAD(args[0]), IF(JEQ, 1, 0, 2), LOAD(nr), IF(JEQ, 1, 1, 0), ANSWER(1), ANSWER(2),
		  MANY_ANSWERS },
		/* an answer that is computed */
		{ LOAD(nr), BPF_STMT(BPF_RET | BPF_A, 0), MANY_ANSWERS },
		/* a jump that is none */
		{ LOAD(nr), BPF_JUMP(BPF_JMP | 0x50 | BPF_K, 1, 1, 0), ANSWER(1), MANY_ANSWERS },
		/* jumps out of the filter */
		{ LOAD(nr), IF(JEQ, 1, 200, 0), ANSWER(1), MANY_ANSWERS },
		{ LOAD(args[0]), IF(JEQ, 1, 200, 0), ANSWER(1), MANY_ANSWERS },
		{ BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX), MANY_ANSWERS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(f); i++) {
		struct sock_filter copy[16];

		memcpy(copy, f[i], sizeof(copy));
		assert_int_equal(seccomp_shrink(copy, 16), 16);
		assert_memory_equal(copy, f[i], sizeof(copy));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_libseccomp_makes_of_rules_answers_as_before),
		cmocka_unit_test(neighbours_with_one_answer_become_a_range),
		cmocka_unit_test(a_search_of_any_length_reaches_its_answers),
		cmocka_unit_test(what_looks_at_arguments_is_taken_over),
		cmocka_unit_test(what_is_not_understood_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
