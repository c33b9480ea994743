/*
 * runtime/process/seccomp_eval.c: its answers are the kernel's.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/util.h"
#include "runtime/process/process.h"

/* getpriority(2): two arguments that a filter can look at, and nothing happens. */
static const struct rt_call look = { __NR_getpriority, { 0, 0, 0x123456789abcdef0, 0, 0, 7 } };

/* Does the kernel let the call through?  A filter it refuses to load: -1. */
static int kernel_allows(const struct sock_filter *f, size_t n, const struct rt_call *call)
{
	struct sock_fprog prog = { .len = (unsigned short)n, .filter = (struct sock_filter *)f };
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		/* cmocka's handler would take the signal for a failed test */
		(void)signal(SIGSYS, SIG_DFL);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
			_exit(3);
		if (syscall(call->nr, call->args[0], call->args[1], call->args[2], call->args[3],
			    call->args[4], call->args[5]) < 0)
			_exit(2);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return 0;
	return WEXITSTATUS(status) == 3 ? -1 : WEXITSTATUS(status) == 1;
}

/* What follows must still let the child exit: only calls of @look's number are judged by @body. */
static void assert_same(const struct sock_filter *body, size_t n, bool wanted)
{
	struct sock_filter f[40] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	assert_true(n + 3 <= ARRAY_SIZE(f));
	memcpy(f + 3, body, n * sizeof(*body));
	assert_int_equal(kernel_allows(f, n + 3, &look), wanted);
	assert_int_equal(rt_seccomp_allows(f, (n + 3) * sizeof(*f), &look), wanted);
}

#define SAME(wanted, ...)                                                                          \
	do {                                                                                       \
		const struct sock_filter body_[] = { __VA_ARGS__ };                                \
		assert_same(body_, ARRAY_SIZE(body_), wanted);                                     \
	} while (0)
#define ARG(i, off) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[i]) + (off))
#define RET(x) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_##x)
/* Allowed when the condition on A holds. */
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define IF(op, k) BPF_JUMP(BPF_JMP | (op) | BPF_K, k, 0, 1), RET(ALLOW), REFUSE
#define IFX(op) BPF_JUMP(BPF_JMP | (op) | BPF_X, 0, 0, 1), RET(ALLOW), REFUSE

static void actions(void **state)
{
	(void)state;
	SAME(true, RET(ALLOW));
	SAME(true, RET(LOG));
	SAME(false, REFUSE);
	SAME(false, RET(KILL_PROCESS));
	SAME(false, RET(TRAP));
	SAME(true, BPF_STMT(BPF_LD | BPF_IMM, SECCOMP_RET_ALLOW), BPF_STMT(BPF_RET | BPF_A, 0));
}

static void arguments_are_looked_at_by_halves(void **state)
{
	(void)state;
	SAME(true, ARG(2, 0), IF(BPF_JEQ, 0x9abcdef0));
	SAME(true, ARG(2, 4), IF(BPF_JEQ, 0x12345678));
	SAME(true, ARG(5, 0), IF(BPF_JEQ, 7));
	SAME(false, ARG(5, 4), IF(BPF_JEQ, 7));
	SAME(true, BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), IF(BPF_JEQ, sizeof(struct seccomp_data)));
}

static void jumps(void **state)
{
	(void)state;
	SAME(true, ARG(5, 0), IF(BPF_JGE, 7));
	SAME(false, ARG(5, 0), IF(BPF_JGT, 7));
	SAME(true, ARG(5, 0), IF(BPF_JSET, 4));
	SAME(false, ARG(5, 0), IF(BPF_JSET, 8));
	SAME(true, ARG(5, 0), BPF_STMT(BPF_LDX | BPF_IMM, 7), IFX(BPF_JEQ));
	SAME(false, ARG(5, 0), BPF_STMT(BPF_LDX | BPF_IMM, 8), IFX(BPF_JGE));
	SAME(true, BPF_STMT(BPF_JMP | BPF_JA, 1), REFUSE, RET(ALLOW));
}

static void arithmetic(void **state)
{
	static const struct {
		uint16_t op;
		uint32_t k, is;
	} on_seven[] = {
		{ BPF_ADD, 3, 10 }, { BPF_SUB, 8, 0xffffffff }, { BPF_MUL, 6, 42 }, { BPF_DIV, 2, 3 },
		{ BPF_AND, 5, 5 },  { BPF_OR, 8, 15 },		{ BPF_XOR, 1, 6 },
		{ BPF_LSH, 4, 112 }, { BPF_RSH, 1, 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(on_seven); i++) {
		SAME(true, ARG(5, 0), BPF_STMT(BPF_ALU | BPF_K | on_seven[i].op, on_seven[i].k),
		     IF(BPF_JEQ, on_seven[i].is));
		SAME(true, ARG(5, 0), BPF_STMT(BPF_LDX | BPF_IMM, on_seven[i].k),
		     BPF_STMT(BPF_ALU | BPF_X | on_seven[i].op, 0), IF(BPF_JEQ, on_seven[i].is));
	}
	SAME(true, ARG(5, 0), BPF_STMT(BPF_ALU | BPF_NEG, 0), IF(BPF_JEQ, (uint32_t)-7));
	/* Division by what is 0 only when it runs refuses the call. */
	SAME(false, ARG(5, 4), BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
	     RET(ALLOW));
}

static void memory(void **state)
{
	(void)state;
	SAME(true, ARG(5, 0), BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_IMM, 0),
	     BPF_STMT(BPF_LD | BPF_MEM, 3), IF(BPF_JEQ, 7));
	SAME(true, BPF_STMT(BPF_LDX | BPF_IMM, 9), BPF_STMT(BPF_STX, 15),
	     BPF_STMT(BPF_LDX | BPF_IMM, 0), BPF_STMT(BPF_LDX | BPF_MEM, 15),
	     BPF_STMT(BPF_MISC | BPF_TXA, 0), IF(BPF_JEQ, 9));
}

/* The kernel loads none of these: the answer must only be no, and nothing may be read or written
 * outside (the sanitizers look). */
static void a_filter_that_makes_no_sense_allows_nothing(void **state)
{
	static const struct sock_filter broken[][2] = {
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), RET(ALLOW) },
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0xfffffffc), RET(ALLOW) },
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RET(ALLOW) },
		{ BPF_STMT(BPF_ST, 16), RET(ALLOW) },
		{ BPF_STMT(BPF_STX, 0xffffffff), RET(ALLOW) },
		{ BPF_STMT(BPF_LD | BPF_MEM, 16), RET(ALLOW) },
		{ BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET(ALLOW) },
		{ BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), RET(ALLOW) },
		{ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 255, 255), RET(ALLOW) },
		{ BPF_STMT(BPF_ALU | 0xf0, 0), RET(ALLOW) },
		{ BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), RET(ALLOW) },
		{ BPF_STMT(BPF_LD | BPF_IMM, 0), BPF_STMT(BPF_LD | BPF_IMM, 0) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++)
		assert_false(rt_seccomp_allows(broken[i], sizeof(broken[i]), &look));
	assert_false(rt_seccomp_allows(NULL, 0, &look));
}

/* A shape that libseccomp makes of Docker's rule: clone(2) unless it makes a namespace. */
static void a_profile_that_masks_the_flags_of_clone(void **state)
{
	struct oci_seccomp_arg namespaces = { .index = 0, .value = 2114060288, .value_two = 0,
					      .op = SCMP_CMP_MASKED_EQ };
	const struct rt_call plain = { __NR_clone, { CLONE_PARENT | CLONE_PIDFD } };
	const struct rt_call user = { __NR_clone, { CLONE_PARENT | CLONE_NEWUSER } };
	const struct rt_call clone3 = { __NR_clone3, { 0 } };
	const char *names[] = { "clone" };
	struct oci_seccomp_rule rule = { .names = names, .n_names = 1, .args = &namespaces,
					 .n_args = 1, .action = OCI_ACT_ALLOW };
	struct oci_seccomp profile = { .default_action = OCI_ACT_ERRNO, .rules = &rule,
				       .n_rules = 1 };
	cleanup_free void *filter = NULL;
	struct husk_error err = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(rt_seccomp_compile(&profile, -1, &filter, &n, &err), 0);
	assert_true(rt_seccomp_allows(filter, n, &plain));
	assert_false(rt_seccomp_allows(filter, n, &user));
	assert_false(rt_seccomp_allows(filter, n, &clone3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(actions),
		cmocka_unit_test(arguments_are_looked_at_by_halves),
		cmocka_unit_test(jumps),
		cmocka_unit_test(arithmetic),
		cmocka_unit_test(memory),
		cmocka_unit_test(a_filter_that_makes_no_sense_allows_nothing),
		cmocka_unit_test(a_profile_that_masks_the_flags_of_clone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
