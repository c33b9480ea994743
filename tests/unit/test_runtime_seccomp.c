/*
 * runtime/process/seccomp.c and seccomp_cache.c: what a profile compiles to, told by running the filter.
 *
 * covers: L-45 L-46
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "runtime/base/fs.h"
#include "runtime/base/util.h"
#include "runtime/process/process.h"

/* ---- the kernel's half: classic BPF over struct seccomp_data -------------------------------- */

static bool jumps(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return a == i->k;
	case BPF_JGT:
		return a > i->k;
	case BPF_JGE:
		return a >= i->k;
	case BPF_JSET:
		return (a & i->k) != 0;
	}
	fail_msg("unknown jump %x", i->code);
	return false;
}

static uint32_t run_filter(const struct sock_filter *f, size_t n, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &f[pc];

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			assert_int_equal(i->code, BPF_LD | BPF_W | BPF_ABS);
			assert_true(i->k % 4 == 0 && i->k < sizeof(*data));
			memcpy(&a, (const char *)data + i->k, sizeof(a));
			break;
		case BPF_ALU:
			assert_int_equal(i->code, BPF_ALU | BPF_AND | BPF_K);
			a &= i->k;
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA)
				pc += i->k;
			else
				pc += jumps(i, a) ? i->jt : i->jf;
			break;
		case BPF_RET:
			assert_int_equal(i->code, BPF_RET | BPF_K);
			return i->k;
		default:
			fail_msg("unknown instruction %x at %zu", i->code, pc);
		}
	}
	fail_msg("ran over the end");
	return 0;
}

/* ---- profiles ---------------------------------------------------------------------------------- */

#define NAMES(...)                                                                                 \
	.names = (const char *[]){ __VA_ARGS__ },                                                  \
	.n_names = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)
#define ARGS(...)                                                                                  \
	.args = (struct oci_seccomp_arg[]){ __VA_ARGS__ },                                         \
	.n_args = sizeof((struct oci_seccomp_arg[]){ __VA_ARGS__ }) / sizeof(struct oci_seccomp_arg)
#define RULES(...)                                                                                 \
	.rules = (struct oci_seccomp_rule[]){ __VA_ARGS__ },                                       \
	.n_rules = sizeof((struct oci_seccomp_rule[]){ __VA_ARGS__ }) /                            \
		   sizeof(struct oci_seccomp_rule)
#define ARCHES(...)                                                                                \
	.architectures = (const char *[]){ __VA_ARGS__ },                                          \
	.n_architectures = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)

struct filter {
	struct sock_filter *f;
	size_t n;
};

static struct filter compile_in(const struct oci_seccomp *s, int dir)
{
	struct husk_error err = { 0 };
	void *out = NULL;
	size_t len = 0;

	if (rt_seccomp_compile(s, dir, &out, &len, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(err.sys, 0);
	assert_int_equal(len % sizeof(struct sock_filter), 0);
	return (struct filter){ out, len / sizeof(struct sock_filter) };
}

static uint32_t ask(const struct filter *f, uint32_t arch, int nr, uint64_t arg0, uint64_t arg1)
{
	struct seccomp_data data = { .nr = nr, .arch = arch, .args = { arg0, arg1 } };

	return run_filter(f->f, f->n, &data);
}

/* What this machine's own architecture answers to a call. */
static uint32_t answer(const struct oci_seccomp *s, const char *name, uint64_t arg0, uint64_t arg1)
{
	struct filter f = compile_in(s, -1);
	uint32_t ret = ask(&f, seccomp_arch_native(), seccomp_syscall_resolve_name(name), arg0,
			   arg1);

	free(f.f);
	return ret;
}

#define DENY (SECCOMP_RET_ERRNO | EPERM)

/* ---- actions ----------------------------------------------------------------------------------- */

static void every_action_is_compiled(void **state)
{
	static const struct {
		enum oci_seccomp_action action;
		bool has_errno;
		uint32_t errno_ret, wanted;
	} rows[] = {
		{ OCI_ACT_KILL, false, 0, SECCOMP_RET_KILL_THREAD },
		{ OCI_ACT_KILL_THREAD, false, 0, SECCOMP_RET_KILL_THREAD },
		{ OCI_ACT_KILL_PROCESS, false, 0, SECCOMP_RET_KILL_PROCESS },
		{ OCI_ACT_TRAP, false, 0, SECCOMP_RET_TRAP },
		{ OCI_ACT_ERRNO, false, 0, SECCOMP_RET_ERRNO | EPERM },
		{ OCI_ACT_ERRNO, true, 0, SECCOMP_RET_ERRNO },
		{ OCI_ACT_ERRNO, true, ENOSYS, SECCOMP_RET_ERRNO | ENOSYS },
		{ OCI_ACT_TRACE, false, 0, SECCOMP_RET_TRACE | EPERM },
		{ OCI_ACT_TRACE, true, 77, SECCOMP_RET_TRACE | 77 },
		{ OCI_ACT_LOG, false, 0, SECCOMP_RET_LOG },
		{ OCI_ACT_NOTIFY, false, 0, SECCOMP_RET_USER_NOTIF },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_seccomp s = { .default_action = OCI_ACT_ALLOW,
					 RULES({ NAMES("mkdir"),
						 .action = rows[i].action,
						 .has_errno_ret = rows[i].has_errno,
						 .errno_ret = rows[i].errno_ret }) };

		assert_int_equal(answer(&s, "mkdir", 0, 0), rows[i].wanted);
		assert_int_equal(answer(&s, "rmdir", 0, 0), SECCOMP_RET_ALLOW);
	}
}

static void the_default_action_answers_the_rest(void **state)
{
	struct oci_seccomp s = { .default_action = OCI_ACT_ERRNO,
				 .has_default_errno_ret = true,
				 .default_errno_ret = EACCES,
				 RULES({ NAMES("mkdir", "write", "openat2"),
					 .action = OCI_ACT_ALLOW }) };

	(void)state;
	assert_int_equal(answer(&s, "mkdir", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&s, "openat2", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&s, "rmdir", 0, 0), SECCOMP_RET_ERRNO | EACCES);
}

static void a_rule_equal_to_the_default_changes_nothing(void **state)
{
	struct oci_seccomp s = { .default_action = OCI_ACT_ERRNO,
				 RULES({ NAMES("mkdir"), .action = OCI_ACT_ERRNO },
				       { NAMES("write"), .action = OCI_ACT_ALLOW }) };

	(void)state;
	assert_int_equal(answer(&s, "write", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&s, "mkdir", 0, 0), DENY);
}

static void the_same_rule_twice_is_no_error(void **state)
{
	struct oci_seccomp s = { .default_action = OCI_ACT_ALLOW,
				 RULES({ NAMES("mkdir", "mkdir"), .action = OCI_ACT_ERRNO },
				       { NAMES("mkdir"), .action = OCI_ACT_ERRNO },
				       { NAMES("kill"), .action = OCI_ACT_ERRNO,
					 ARGS({ 0, 5, 0, SCMP_CMP_EQ }, { 0, 5, 0, SCMP_CMP_EQ }) }) };

	(void)state;
	assert_int_equal(answer(&s, "mkdir", 0, 0), DENY);
	assert_int_equal(answer(&s, "kill", 5, 0), DENY);
}

static void unknown_calls_are_left_out(void **state)
{
	struct oci_seccomp s = { .default_action = OCI_ACT_ALLOW,
				 RULES({ NAMES("no_such_call", "mkdir"), .action = OCI_ACT_ERRNO }) };

	(void)state;
	assert_int_equal(answer(&s, "mkdir", 0, 0), DENY);
}

static void a_profile_may_have_no_rules(void **state)
{
	struct oci_seccomp allow = { .default_action = OCI_ACT_ALLOW };
	struct oci_seccomp kill = { .default_action = OCI_ACT_KILL_PROCESS };

	(void)state;
	assert_int_equal(answer(&allow, "mkdir", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&kill, "mkdir", 0, 0), SECCOMP_RET_KILL_PROCESS);
}

/* ---- arguments ------------------------------------------------------------------------------------ */

static void every_operator_compares_all_64_bits(void **state)
{
	static const uint64_t big = UINT64_C(0x100000005);
	static const struct {
		int op;
		uint64_t value, two;
		uint64_t hit[3], miss[3];
	} rows[] = {
		{ SCMP_CMP_NE, 5, 0, { 4, 6, big }, { 5, 5, 5 } },
		{ SCMP_CMP_LT, 5, 0, { 0, 3, 4 }, { 5, 6, big } },
		{ SCMP_CMP_LE, 5, 0, { 0, 4, 5 }, { 6, 7, big } },
		{ SCMP_CMP_EQ, 5, 0, { 5, 5, 5 }, { 4, 6, big } },
		{ SCMP_CMP_GE, 5, 0, { 5, 6, big }, { 4, 3, 0 } },
		{ SCMP_CMP_GT, 5, 0, { 6, 7, big }, { 5, 4, 0 } },
		{ SCMP_CMP_MASKED_EQ, 0xf0, 0x20, { 0x20, 0x2f, 0x1020 }, { 0, 0x30, 0x2 } },
		{ SCMP_CMP_EQ, UINT64_C(0x100000005), 0, { big, big, big }, { 5, 0, 1 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_seccomp s = {
			.default_action = OCI_ACT_ALLOW,
			RULES({ NAMES("kill"), .action = OCI_ACT_ERRNO,
				ARGS({ 1, rows[i].value, rows[i].two, rows[i].op }) })
		};

		for (size_t k = 0; k < 3; k++) {
			assert_int_equal(answer(&s, "kill", 9, rows[i].hit[k]), DENY);
			assert_int_equal(answer(&s, "kill", 9, rows[i].miss[k]), SECCOMP_RET_ALLOW);
		}
	}
}

static void comparisons_of_different_arguments_must_all_hold(void **state)
{
	struct oci_seccomp s = { .default_action = OCI_ACT_ALLOW,
				 RULES({ NAMES("kill"), .action = OCI_ACT_ERRNO,
					 ARGS({ 0, 1, 0, SCMP_CMP_EQ }, { 1, 9, 0, SCMP_CMP_EQ }) }) };

	(void)state;
	assert_int_equal(answer(&s, "kill", 1, 9), DENY);
	assert_int_equal(answer(&s, "kill", 1, 8), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&s, "kill", 2, 9), SECCOMP_RET_ALLOW);
}

/* Docker's profile: personality 0, 8, 0x20000, ... */
static void comparisons_of_one_argument_are_alternatives(void **state)
{
	struct oci_seccomp s = { .default_action = OCI_ACT_ERRNO,
				 RULES({ NAMES("personality"), .action = OCI_ACT_ALLOW,
					 ARGS({ 0, 0, 0, SCMP_CMP_EQ }, { 0, 8, 0, SCMP_CMP_EQ }) },
				       { NAMES("openat2"), .action = OCI_ACT_ALLOW }) };

	(void)state;
	assert_int_equal(answer(&s, "personality", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&s, "personality", 8, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&s, "personality", 4, 0), DENY);
}

/* ---- architectures, and calls newer than the profile ------------------------------------------- */

#ifdef __x86_64__
static void calls_newer_than_the_profile_get_enosys(void **state)
{
	struct oci_seccomp s = { .default_action = OCI_ACT_ERRNO,
				 ARCHES("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"),
				 RULES({ NAMES("read", "clone3", "preadv2"), .action = OCI_ACT_ALLOW }) };
	struct filter f = compile_in(&s, -1);
	const uint32_t enosys = SECCOMP_RET_ERRNO | ENOSYS;

	(void)state;
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 435, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 434, 0, 0), DENY);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 436, 0, 0), enosys);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 9999, 0, 0), enosys);
	assert_int_equal(ask(&f, AUDIT_ARCH_I386, 3, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_I386, 4, 0, 0), DENY);
	assert_int_equal(ask(&f, AUDIT_ARCH_I386, 436, 0, 0), enosys);
	/* x32: preadv2 is 546 there, the largest */
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 0x40000000 | 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 0x40000000 | 546, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 0x40000000 | 545, 0, 0), DENY);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 0x40000000 | 547, 0, 0), enosys);
	/* not in the profile at all */
	assert_int_equal(ask(&f, AUDIT_ARCH_AARCH64, 1, 0, 0), SECCOMP_RET_KILL_THREAD);
	free(f.f);
}

static void an_architecture_outside_the_profile_is_killed(void **state)
{
	struct oci_seccomp s = { .default_action = OCI_ACT_ERRNO,
				 RULES({ NAMES("read", "clone3"), .action = OCI_ACT_ALLOW }) };
	struct filter f = compile_in(&s, -1);

	(void)state;
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 435, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&f, AUDIT_ARCH_I386, 3, 0, 0), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 0x40000000 | 1, 0, 0),
			 SECCOMP_RET_KILL_THREAD);
	assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 0x40000000 | 9999, 0, 0),
			 SECCOMP_RET_KILL_THREAD);
	free(f.f);
}

static void other_defaults_decide_about_newer_calls_themselves(void **state)
{
	const struct {
		struct oci_seccomp s;
		uint32_t wanted;
	} rows[] = {
		{ { .default_action = OCI_ACT_ALLOW, RULES({ NAMES("mkdir"), .action = OCI_ACT_KILL }) },
		  SECCOMP_RET_ALLOW },
		{ { .default_action = OCI_ACT_LOG, RULES({ NAMES("mkdir"), .action = OCI_ACT_ALLOW }) },
		  SECCOMP_RET_LOG },
		{ { .default_action = OCI_ACT_ERRNO, .has_default_errno_ret = true,
		    .default_errno_ret = ENOSYS, RULES({ NAMES("mkdir"), .action = OCI_ACT_ALLOW }) },
		  SECCOMP_RET_ERRNO | ENOSYS },
		{ { .default_action = OCI_ACT_KILL_PROCESS,
		    RULES({ NAMES("mkdir"), .action = OCI_ACT_ALLOW }) },
		  SECCOMP_RET_ERRNO | ENOSYS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct filter f = compile_in(&rows[i].s, -1);

		assert_int_equal(ask(&f, AUDIT_ARCH_X86_64, 5000, 0, 0), rows[i].wanted);
		free(f.f);
	}
}
#endif

/* As long as Docker's: the binary tree is used. */
static void a_long_profile_answers_every_call(void **state)
{
	const char *names[200];
	struct oci_seccomp s = { .default_action = OCI_ACT_ERRNO };
	struct oci_seccomp_rule rule = { .names = names, .action = OCI_ACT_ALLOW };
	struct filter f;

	(void)state;
	for (int nr = 0; nr < 400 && rule.n_names < ARRAY_SIZE(names); nr += 2) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);

		if (name)
			names[rule.n_names++] = name;
	}
	assert_true(rule.n_names > 100);
	s.rules = &rule;
	s.n_rules = 1;
	f = compile_in(&s, -1);
	for (size_t i = 0; i < rule.n_names; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);

		assert_int_equal(ask(&f, seccomp_arch_native(), nr, 0, 0), SECCOMP_RET_ALLOW);
		if (nr > 0)
			assert_int_equal(ask(&f, seccomp_arch_native(), nr - 1, 0, 0), DENY);
		free((char *)(uintptr_t)names[i]);
	}
	free(f.f);
}

static void every_architecture_of_the_library_is_listed(void **state)
{
	const char *const *archs = rt_seccomp_archs();
	bool native = false;

	(void)state;
	for (; *archs; archs++) {
		struct oci_seccomp s = { .default_action = OCI_ACT_ALLOW, ARCHES(*archs) };
		struct husk_error err = { 0 };
		void *out = NULL;
		size_t len;

		if (rt_seccomp_compile(&s, -1, &out, &len, &err) == 0)
			native = true;
		else
			assert_non_null(strstr(err.msg, "another byte order than this machine"));
		free(out);
	}
	assert_true(native);
}

/* ---- mistakes --------------------------------------------------------------------------------------- */

static void mistakes_are_named(void **state)
{
	const struct {
		struct oci_seccomp s;
		const char *message;
	} rows[] = {
		{ { .default_action = OCI_ACT_NOTIFY },
		  "/linux/seccomp/defaultAction: SCMP_ACT_NOTIFY is not possible as the default: the "
		  "listener could not be sent" },
		{ { .default_action = OCI_ACT_ALLOW, .listener_path = "/run/agent",
		    RULES({ NAMES("mkdir"), .action = OCI_ACT_NOTIFY },
			  { NAMES("mkdir", "sendmsg"), .action = OCI_ACT_NOTIFY }) },
		  "/linux/seccomp/syscalls/1/names/1: SCMP_ACT_NOTIFY is not possible for sendmsg: the "
		  "listener itself is sent with it" },
		{ { .default_action = OCI_ACT_ALLOW,
		    RULES({ NAMES("mkdir"), .action = OCI_ACT_NOTIFY }) },
		  "/linux/seccomp/listenerPath: is missing: a rule has the action SCMP_ACT_NOTIFY" },
	};
	struct oci_seccomp unknown = { .default_action = OCI_ACT_ALLOW, ARCHES("SCMP_ARCH_VAX") };
	struct husk_error err = { 0 };
	void *out = NULL;
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct husk_error e = { 0 };

		assert_int_equal(rt_seccomp_check(&rows[i].s, &e), -EINVAL);
		assert_int_equal(e.kind, HUSK_E_CONFIG);
		assert_string_equal(e.msg, rows[i].message);
	}
	assert_int_equal(rt_seccomp_compile(&unknown, -1, &out, &len, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "/linux/seccomp/architectures/0: SCMP_ARCH_VAX is not known"));
	assert_null(out);
}

static void flags_default_to_spec_allow(void **state)
{
	struct oci_seccomp s = { .default_action = OCI_ACT_ALLOW };

	(void)state;
	assert_int_equal(rt_seccomp_flags(&s), SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	s.has_flags = true;
	assert_int_equal(rt_seccomp_flags(&s), 0);
	s.flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | 1 << 5;
	assert_int_equal(rt_seccomp_flags(&s), SECCOMP_FILTER_FLAG_LOG);
	s.rules = &(struct oci_seccomp_rule){ NAMES("mkdir"), .action = OCI_ACT_NOTIFY };
	s.n_rules = 1;
	assert_int_equal(rt_seccomp_flags(&s),
			 SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_NEW_LISTENER | 1 << 5);
	assert_true(rt_seccomp_notifies(&s));
}

/* ---- cache ------------------------------------------------------------------------------------------ */

static const struct oci_seccomp cached = { .default_action = OCI_ACT_ERRNO,
					   RULES({ NAMES("read", "write"),
						   .action = OCI_ACT_ALLOW }) };

static int make_dir(void **state)
{
	char *path = strdup("/tmp/husk-test-XXXXXX");

	*state = path;
	return path && mkdtemp(path) ? 0 : -1;
}

static void for_each_file(const char *dir, void (*act)(int fd, const char *name, void *data),
			  void *data)
{
	cleanup_dir DIR *d = opendir(dir);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			act(dirfd(d), e->d_name, data);
	}
}

static void remove_file(int fd, const char *name, void *data)
{
	(void)data;
	assert_int_equal(unlinkat(fd, name, 0), 0);
}

static int remove_dir(void **state)
{
	for_each_file(*state, remove_file, NULL);
	(void)rmdir(*state);
	free(*state);
	return 0;
}

static void count_file(int fd, const char *name, void *data)
{
	(void)fd, (void)name;
	++*(size_t *)data;
}

static size_t n_files(const char *dir)
{
	size_t n = 0;

	for_each_file(dir, count_file, &n);
	return n;
}

static int open_cache(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* Whatever is in the cache, the result must be what compiling gives. */
static void assert_right(int dir)
{
	struct filter want = compile_in(&cached, -1), got = compile_in(&cached, dir);

	assert_int_equal(want.n, got.n);
	assert_memory_equal(want.f, got.f, want.n * sizeof(*want.f));
	free(want.f);
	free(got.f);
}

/* Make the cached filter allow everything, with a right checksum or without. */
static void poison(int fd, const char *name, void *data)
{
	cleanup_close int file = openat(fd, name, O_RDWR | O_CLOEXEC);
	struct stat st;
	struct sock_filter ret = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	(void)data;
	assert_int_equal(fstat(file, &st), 0);
	for (off_t at = st.st_size - 8; at >= st.st_size - 24; at -= 8)
		assert_int_equal(pwrite(file, &ret, sizeof(ret), at), sizeof(ret));
}

static void cut(int fd, const char *name, void *data)
{
	cleanup_close int file = openat(fd, name, O_RDWR | O_CLOEXEC);

	assert_int_equal(ftruncate(file, *(off_t *)data), 0);
}

static void allow_writing(int fd, const char *name, void *data)
{
	assert_int_equal(fchmodat(fd, name, *(mode_t *)data, 0), 0);
}

static void take_inode(int fd, const char *name, void *data)
{
	struct stat st;

	assert_int_equal(fstatat(fd, name, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	*(ino_t *)data = st.st_ino;
}

static void a_second_compilation_comes_from_the_cache(void **state)
{
	cleanup_close int dir = open_cache(*state);
	ino_t first, second;

	assert_right(dir);
	assert_int_equal(n_files(*state), 1);
	for_each_file(*state, take_inode, &first);
	assert_right(dir);
	for_each_file(*state, take_inode, &second);
	assert_int_equal(first, second);	/* not written again */
}

static void a_damaged_file_is_compiled_anew(void **state)
{
	cleanup_close int dir = open_cache(*state);

	for (off_t size = 0; size < 200; size += 13) {
		assert_right(dir);
		for_each_file(*state, cut, &size);
		assert_right(dir);
	}
	for_each_file(*state, poison, NULL);
	assert_right(dir);
	assert_int_equal(n_files(*state), 1);
}

static void a_file_that_others_may_write_is_not_used(void **state)
{
	static const mode_t modes[] = { 0620, 0602, 0666 };
	cleanup_close int dir = open_cache(*state);
	ino_t first, second;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		assert_right(dir);
		for_each_file(*state, take_inode, &first);
		for_each_file(*state, allow_writing, (void *)(uintptr_t)&modes[i]);
		assert_right(dir);
		for_each_file(*state, take_inode, &second);	/* replaced, mode 0600 again */
		assert_int_not_equal(first, second);
	}
}

/* crun's cache key forgot errnoRet and ran names together. */
static void profiles_that_look_alike_have_files_of_their_own(void **state)
{
	const struct oci_seccomp alike[] = {
		{ .default_action = OCI_ACT_ERRNO, RULES({ NAMES("open", "at"), .action = OCI_ACT_ALLOW }) },
		{ .default_action = OCI_ACT_ERRNO, RULES({ NAMES("openat"), .action = OCI_ACT_ALLOW }) },
		{ .default_action = OCI_ACT_ERRNO, RULES({ NAMES("open"), .action = OCI_ACT_ALLOW },
							  { NAMES("at"), .action = OCI_ACT_ALLOW }) },
		{ .default_action = OCI_ACT_ALLOW, RULES({ NAMES("openat"), .action = OCI_ACT_ERRNO }) },
		{ .default_action = OCI_ACT_ALLOW, RULES({ NAMES("openat"), .action = OCI_ACT_ERRNO,
							    .has_errno_ret = true, .errno_ret = 2 }) },
		{ .default_action = OCI_ACT_ALLOW, RULES({ NAMES("openat"), .action = OCI_ACT_ERRNO,
							    .has_errno_ret = true, .errno_ret = 3 }) },
		{ .default_action = OCI_ACT_ALLOW, RULES({ NAMES("openat"), .action = OCI_ACT_ERRNO,
							    ARGS({ 0, 1, 2, SCMP_CMP_EQ }) }) },
		{ .default_action = OCI_ACT_ALLOW, RULES({ NAMES("openat"), .action = OCI_ACT_ERRNO,
							    ARGS({ 1, 0, 2, SCMP_CMP_EQ }) }) },
	};
	cleanup_close int dir = open_cache(*state);

	for (size_t i = 0; i < ARRAY_SIZE(alike); i++) {
		struct filter want = compile_in(&alike[i], -1), got = compile_in(&alike[i], dir);

		assert_int_equal(want.n, got.n);
		assert_memory_equal(want.f, got.f, want.n * sizeof(*want.f));
		assert_int_equal(n_files(*state), i + 1);
		free(want.f);
		free(got.f);
	}
}

static void without_a_directory_nothing_is_cached(void **state)
{
	struct husk_error err = { 0 };
	void *out = NULL;
	size_t len;

	(void)state;
	assert_int_equal(rt_seccomp_cached(NULL, &cached, &out, &len, &err), 0);
	free(out);
	assert_int_equal(rt_seccomp_cached("/proc/nowhere", &cached, &out, &len, &err), 0);
	free(out);
}

int main(void)
{
#define CACHE_TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_action_is_compiled),
		cmocka_unit_test(the_default_action_answers_the_rest),
		cmocka_unit_test(a_rule_equal_to_the_default_changes_nothing),
		cmocka_unit_test(the_same_rule_twice_is_no_error),
		cmocka_unit_test(unknown_calls_are_left_out),
		cmocka_unit_test(a_profile_may_have_no_rules),
		cmocka_unit_test(every_operator_compares_all_64_bits),
		cmocka_unit_test(comparisons_of_different_arguments_must_all_hold),
		cmocka_unit_test(comparisons_of_one_argument_are_alternatives),
#ifdef __x86_64__
		cmocka_unit_test(calls_newer_than_the_profile_get_enosys),
		cmocka_unit_test(an_architecture_outside_the_profile_is_killed),
		cmocka_unit_test(other_defaults_decide_about_newer_calls_themselves),
#endif
		cmocka_unit_test(a_long_profile_answers_every_call),
		cmocka_unit_test(every_architecture_of_the_library_is_listed),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(flags_default_to_spec_allow),
		CACHE_TEST(a_second_compilation_comes_from_the_cache),
		CACHE_TEST(a_damaged_file_is_compiled_anew),
		CACHE_TEST(a_file_that_others_may_write_is_not_used),
		CACHE_TEST(profiles_that_look_alike_have_files_of_their_own),
		cmocka_unit_test(without_a_directory_nothing_is_cached),
	};

	return cmocka_run_group_tests_name("runtime/seccomp", tests, NULL, NULL);
}
