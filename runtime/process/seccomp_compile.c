/*
 * Profiles to filters: compiled by libseccomp to classic BPF, and given runc's answer to system calls
 * that are newer than the profile.
 *
 * A profile that denies by default answers EPERM to a call that it has never heard of, and C
 * libraries take that for a verdict instead of falling back to the older call.  So numbers above
 * the largest one that the profile names are answered ENOSYS, in a few instructions ahead of
 * libseccomp's (runc does the same since 1.0-rc93).
 *
 * Uses: libseccomp, seccomp_arch.h, seccomp_shrink.h.    Used by: seccomp.c.
 */
#include "runtime/process/seccomp_compile.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/util.h"
#include "runtime/process/native_arch.h"
#include "runtime/process/process.h"
#include "runtime/process/seccomp_arch.h"
#include "runtime/process/seccomp_shrink.h"

enum {
	MAX_INSTRUCTIONS = BPF_MAXINSNS,
	API_LEVEL = 6,		/* of libseccomp: everything that our kernel baseline has */
	TREE_THRESHOLD = 32,	/* calls from which a binary tree pays; 2.5 fails with none */
	N_ARGS = 6,
};

static void cleanup_ctxp(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}
#define cleanup_ctx __attribute__((cleanup(cleanup_ctxp)))

/* ---- names ---------------------------------------------------------------- */

int seccomp_check_names(const struct oci_seccomp *seccomp, struct husk_error *err)
{
	char pointer[80];

	for (size_t i = 0; i < seccomp->n_rules; i++) {
		const struct oci_seccomp_rule *rule = &seccomp->rules[i];

		for (size_t k = 0; k < rule->n_names; k++) {
			if (seccomp_syscall_resolve_name(rule->names[k]) != __NR_SCMP_ERROR)
				continue;
			(void)snprintf(pointer, sizeof(pointer),
				       "/linux/seccomp/syscalls/%zu/names/%zu", i, k);
			return err_config(err, pointer, "unknown system call %s", rule->names[k]);
		}
	}
	return 0;
}

char *rt_seccomp_call_name(uint32_t audit_arch, uint32_t nr)
{
	uint32_t scmp = seccomp_arch_of_call(audit_arch, nr);

	/* To libseccomp 0 is this machine's own. */
	return scmp ? seccomp_syscall_resolve_num_arch(scmp, (int)nr) : NULL;
}

/* ---- architectures -------------------------------------------------------- */

static int find_arch(const char *name)
{
	for (size_t i = 0; i < N_SECCOMP_ARCHS; i++) {
		if (strcmp(seccomp_archs[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

/* The machine's own architecture is always in the filter. */
static int add_archs(scmp_filter_ctx ctx, const struct oci_seccomp *seccomp, struct husk_error *err)
{
	char pointer[64];

	for (size_t i = 0; i < seccomp->n_architectures; i++) {
		const char *name = seccomp->architectures[i];
		int n = find_arch(name), ret;

		(void)snprintf(pointer, sizeof(pointer), "/linux/seccomp/architectures/%zu", i);
		if (n < 0)
			return err_config(err, pointer, "%s is not known to libseccomp %u.%u.%u",
					  name, SCMP_VER_MAJOR, SCMP_VER_MINOR, SCMP_VER_MICRO);
		ret = seccomp_arch_add(ctx, seccomp_archs[n].scmp);
		if (ret == -EDOM)
			return err_config(err, pointer,
					  "%s has another byte order than this machine", name);
		if (ret < 0 && ret != -EEXIST)
			return err_config(err, pointer, "%s: %s", name, strerror(-ret));
	}
	return 0;
}

/* ---- rules ---------------------------------------------------------------- */

static uint32_t scmp_action(enum oci_seccomp_action action, bool has_errno, uint32_t value)
{
	if (!has_errno)
		value = EPERM;
	switch (action) {
	case OCI_ACT_KILL:
	case OCI_ACT_KILL_THREAD:
		return SCMP_ACT_KILL_THREAD;
	case OCI_ACT_KILL_PROCESS:
		return SCMP_ACT_KILL_PROCESS;
	case OCI_ACT_TRAP:
		return SCMP_ACT_TRAP;
	case OCI_ACT_ERRNO:
		return SCMP_ACT_ERRNO(value);
	case OCI_ACT_TRACE:
		return SCMP_ACT_TRACE(value);
	case OCI_ACT_ALLOW:
		return SCMP_ACT_ALLOW;
	case OCI_ACT_LOG:
		return SCMP_ACT_LOG;
	case OCI_ACT_NOTIFY:
		return SCMP_ACT_NOTIFY;
	}
	return SCMP_ACT_KILL_PROCESS;
}

/* libseccomp takes one comparison per argument.  A rule with several on the same one becomes one
 * rule for each comparison, an "or": so did the first runtimes, and profiles rely on it. */
static bool is_alternative(const struct oci_seccomp_rule *rule)
{
	unsigned seen = 0;

	for (size_t i = 0; i < rule->n_args; i++) {
		if (seen & 1u << rule->args[i].index)
			return true;
		seen |= 1u << rule->args[i].index;
	}
	return false;
}

static int add_call(scmp_filter_ctx ctx, uint32_t action, int nr,
		    const struct oci_seccomp_rule *rule)
{
	struct scmp_arg_cmp args[N_ARGS];
	bool alternative = is_alternative(rule);
	unsigned n = 0;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < rule->n_args; i++) {
		const struct oci_seccomp_arg *a = &rule->args[i];

		args[n++] = (struct scmp_arg_cmp){ a->index, (enum scmp_compare)a->op, a->value,
						   a->value_two };
		if (!alternative)
			continue;
		ret = seccomp_rule_add_array(ctx, action, nr, 1, args);
		ret = ret == -EEXIST ? 0 : ret;
		n = 0;
	}
	if (ret == 0 && !alternative)
		ret = seccomp_rule_add_array(ctx, action, nr, n, args);
	return ret == -EEXIST ? 0 : ret;
}

static int add_rules(scmp_filter_ctx ctx, const struct oci_seccomp *seccomp,
		     uint32_t default_action, struct husk_error *err)
{
	char pointer[80];

	for (size_t i = 0; i < seccomp->n_rules; i++) {
		const struct oci_seccomp_rule *rule = &seccomp->rules[i];
		uint32_t action = scmp_action(rule->action, rule->has_errno_ret, rule->errno_ret);

		if (action == default_action)
			continue;	/* libseccomp refuses what changes nothing */
		for (size_t k = 0; k < rule->n_names; k++) {
			int nr = seccomp_syscall_resolve_name(rule->names[k]), ret;

			if (nr == __NR_SCMP_ERROR) {
				/* Profiles name calls of every kernel and machine. */
				log_debug("seccomp: unknown system call %s, ignoring",
					  rule->names[k]);
				continue;
			}
			ret = add_call(ctx, action, nr, rule);
			if (ret == 0)
				continue;
			(void)snprintf(pointer, sizeof(pointer), "/linux/seccomp/syscalls/%zu", i);
			return err_config(err, pointer, "%s: libseccomp refuses the rule: %s",
					  rule->names[k], strerror(-ret));
		}
	}
	return 0;
}

/* ---- ENOSYS for calls that the profile is too old to know ------------------- */

/* One section per AUDIT_ARCH: the largest number that the profile names. */
struct newest {
	uint32_t audit;
	uint32_t max, max_x32;	/* 0: no call is named */
};

static void note_newest(const struct oci_seccomp *seccomp, uint32_t scmp, struct newest *n)
{
	uint32_t *max = scmp == SCMP_ARCH_X32 ? &n->max_x32 : &n->max;

	for (size_t i = 0; i < seccomp->n_rules; i++) {
		const struct oci_seccomp_rule *rule = &seccomp->rules[i];

		for (size_t k = 0; k < rule->n_names; k++) {
			int nr = seccomp_syscall_resolve_name_arch(scmp, rule->names[k]);

			if (nr > 0 && (uint32_t)nr > *max)
				*max = (uint32_t)nr;
		}
	}
}

static size_t find_newest(const struct oci_seccomp *seccomp, struct newest *out)
{
	uint32_t native = seccomp_arch_native();
	bool wanted[N_SECCOMP_ARCHS] = { false };
	size_t n = 0;

	for (size_t i = 0; i < N_SECCOMP_ARCHS; i++)
		wanted[i] = seccomp_archs[i].scmp == native;
	for (size_t i = 0; i < seccomp->n_architectures; i++)
		wanted[find_arch(seccomp->architectures[i])] = true;
	for (size_t i = 0; i < N_SECCOMP_ARCHS; i++) {
		size_t k = 0;

		if (!wanted[i])
			continue;
		while (k < n && out[k].audit != seccomp_archs[i].audit)
			k++;
		if (k == n)
			out[n++] = (struct newest){ .audit = seccomp_archs[i].audit };
		note_newest(seccomp, seccomp_archs[i].scmp, &out[k]);
	}
	return n;
}

/* A default that lets calls through, or that says ENOSYS already, needs no help. */
static bool wants_enosys(const struct oci_seccomp *s)
{
	switch (s->default_action) {
	case OCI_ACT_ALLOW:
	case OCI_ACT_LOG:
	case OCI_ACT_TRACE:
	case OCI_ACT_NOTIFY:
		return false;
	case OCI_ACT_ERRNO:
		return !s->has_default_errno_ret || s->default_errno_ret != ENOSYS;
	default:
		return true;
	}
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define JUMP(cond, value, t, f) BPF_JUMP(BPF_JMP | BPF_##cond | BPF_K, (value), (t), (f))
#define ANSWER_ENOSYS BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)

/*
 * Per architecture; "next" is the section behind, at last libseccomp's filter:
 *
 *	   load arch; not ours: next
 *	   load nr
 *	   x32 bit set: to x32				(x86_64 only)
 *	   nr > max: ENOSYS, else to next
 *	x32: nr > max_x32: ENOSYS, else to next
 *
 * Where no call is named there is no maximum, and libseccomp's filter answers: also for x32 calls
 * when x32 is not in the profile.
 */
static size_t enosys_section(const struct newest *n, struct sock_filter *out)
{
	const bool x86 = n->audit == AUDIT_ARCH_X86_64;
	const struct sock_filter with_x32[] = {
		LOAD(arch),
		JUMP(JEQ, n->audit, 0, 6),
		LOAD(nr),
		JUMP(JSET, X32_BIT, 2, 0),
		JUMP(JGT, n->max ? n->max : UINT32_MAX, 2, 0),
		JUMP(JA, 2, 0, 0),
		JUMP(JGT, n->max_x32 ? n->max_x32 : UINT32_MAX, 0, 1),
		ANSWER_ENOSYS,
	};
	const struct sock_filter plain[] = {
		LOAD(arch),
		JUMP(JEQ, n->audit, 0, 3),
		LOAD(nr),
		JUMP(JGT, n->max ? n->max : UINT32_MAX, 0, 1),
		ANSWER_ENOSYS,
	};

	memcpy(out, x86 ? with_x32 : plain, x86 ? sizeof(with_x32) : sizeof(plain));
	return x86 ? ARRAY_SIZE(with_x32) : ARRAY_SIZE(plain);
}

static size_t enosys_prologue(const struct oci_seccomp *seccomp, struct sock_filter *out)
{
	struct newest newest[N_SECCOMP_ARCHS];
	size_t n_newest = wants_enosys(seccomp) ? find_newest(seccomp, newest) : 0, n = 0;

	for (size_t i = 0; i < n_newest; i++)
		n += enosys_section(&newest[i], out + n);
	return n;
}

/* ---- compiling ------------------------------------------------------------ */

static int read_filter(scmp_filter_ctx ctx, char **out, size_t *len, struct husk_error *err)
{
	cleanup_close int fd = memfd_create("husk-seccomp", MFD_CLOEXEC);
	int ret;

	if (fd < 0)
		return err_sys(err, "memfd_create");
	ret = seccomp_export_bpf(ctx, fd);
	if (ret < 0) {
		errno = -ret;
		return err_sys(err, "seccomp: libseccomp cannot compile the filter");
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "lseek");
	return fs_read_fd(fd, "seccomp filter", MAX_INSTRUCTIONS * sizeof(struct sock_filter) * 4,
			  out, len, err);
}

static int build_filter(const struct oci_seccomp *seccomp, scmp_filter_ctx *out,
			struct husk_error *err)
{
	uint32_t action = scmp_action(seccomp->default_action, seccomp->has_default_errno_ret,
				      seccomp->default_errno_ret);
	cleanup_ctx scmp_filter_ctx ctx = NULL;
	size_t n_names = 0;
	int ret;

	/* Compile for our kernel baseline whatever the kernel says: libseccomp would ask it, and
	 * inside another container seccomp(2) may be denied. */
	(void)seccomp_api_set(API_LEVEL);
	ctx = seccomp_init(action);
	if (!ctx)
		return err_nomem(err, "seccomp filter");
	ret = add_archs(ctx, seccomp, err);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < seccomp->n_rules; i++)
		n_names += seccomp->rules[i].n_names;
	if (n_names > TREE_THRESHOLD)
		(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	ret = add_rules(ctx, seccomp, action, err);
	if (ret < 0)
		return ret;
	*out = take_ptr(&ctx);
	return 0;
}

int seccomp_compile(const struct oci_seccomp *seccomp, void **out, size_t *n_bytes,
		    struct husk_error *err)
{
	cleanup_ctx scmp_filter_ctx ctx = NULL;
	struct sock_filter prologue[N_SECCOMP_ARCHS * 8];
	cleanup_free char *body = NULL, *whole = NULL;
	size_t body_len, len;
	int ret;

	ret = build_filter(seccomp, &ctx, err);
	if (ret < 0)
		return ret;
	ret = read_filter(ctx, &body, &body_len, err);
	if (ret < 0)
		return ret;
	len = enosys_prologue(seccomp, prologue) * sizeof(*prologue);
	if (len + body_len > MAX_INSTRUCTIONS * sizeof(*prologue))
		return err_config(err, "/linux/seccomp",
				  "the profile compiles to %zu instructions; the kernel takes %d",
				  (len + body_len) / sizeof(*prologue), MAX_INSTRUCTIONS);
	whole = malloc(len + body_len);
	if (!whole)
		return err_nomem(err, "seccomp filter");
	memcpy(whole, prologue, len);
	memcpy(whole + len, body, body_len);
	len = seccomp_shrink((struct sock_filter *)(void *)whole, (len + body_len) / sizeof(*prologue));
	*out = take_ptr(&whole);
	*n_bytes = len * sizeof(*prologue);
	return 0;
}
