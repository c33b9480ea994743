/*
 * Seccomp profiles: checked, compiled with libseccomp to classic BPF, and given runc's answer to
 * system calls that are newer than the profile.
 *
 * A profile that denies by default answers EPERM to a call that it has never heard of, and C
 * libraries take that for a verdict instead of falling back to the older call.  So numbers above
 * the largest one that the profile names are answered ENOSYS, in a few instructions ahead of
 * libseccomp's (runc does the same since 1.0-rc93).
 *
 * Uses: libseccomp, runtime/process/seccomp_cache.h.    Used by: runtime.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/util.h"
#include "runtime/process/process.h"
#include "runtime/process/seccomp_cache.h"
#include "runtime/process/seccomp_shrink.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

enum {
	MAX_INSTRUCTIONS = BPF_MAXINSNS,
	API_LEVEL = 6,		/* of libseccomp: everything that our kernel baseline has */
	TREE_THRESHOLD = 32,	/* calls from which a binary tree pays; 2.5 fails with none */
	N_ARGS = 6,
};
#define X32_BIT 0x40000000u

static void cleanup_ctxp(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}
#define cleanup_ctx __attribute__((cleanup(cleanup_ctxp)))

/* ---- checks --------------------------------------------------------------- */

/* The listener reaches its agent only through these calls of the init, after the filter is
 * loaded: an agent that must first allow them would wait for itself. */
static bool init_needs(const char *name)
{
	static const char *const names[] = { "sendmsg", "recvfrom", "recv", "socketcall" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static int check_notify(const struct oci_seccomp_rule *rule, size_t i, struct husk_error *err)
{
	char pointer[80];

	for (size_t k = 0; rule->action == OCI_ACT_NOTIFY && k < rule->n_names; k++) {
		if (!init_needs(rule->names[k]))
			continue;
		(void)snprintf(pointer, sizeof(pointer), "/linux/seccomp/syscalls/%zu/names/%zu", i,
			       k);
		return err_config(err, pointer, "SCMP_ACT_NOTIFY is not possible for %s: the "
				  "listener itself is sent with it", rule->names[k]);
	}
	return 0;
}

/* Only on demand: profiles name calls of every kernel and machine. */
static int check_names(const struct oci_seccomp *seccomp, struct husk_error *err)
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

static int check_ready_made(const struct oci_seccomp *seccomp, struct husk_error *err)
{
	if (rt_seccomp_notifies(seccomp) && !seccomp->listener_path)
		return err_config(err, "/annotations/run.oci.seccomp_bpf_data", "the filter answers "
				  "with SECCOMP_RET_USER_NOTIF, and run.oci.seccomp.receiver is "
				  "missing");
	return 0;
}

int rt_seccomp_check(const struct oci_seccomp *seccomp, struct husk_error *err)
{
	int ret = 0;

	if (seccomp->bpf)
		return check_ready_made(seccomp, err);
	if (seccomp->default_action == OCI_ACT_NOTIFY)
		ret = err_config(err, "/linux/seccomp/defaultAction", "SCMP_ACT_NOTIFY is not "
				 "possible as the default: the listener could not be sent");
	for (size_t i = 0; ret == 0 && i < seccomp->n_rules; i++)
		ret = check_notify(&seccomp->rules[i], i, err);
	if (ret == 0 && seccomp->fail_unknown)
		ret = check_names(seccomp, err);
	if (ret == 0 && rt_seccomp_notifies(seccomp) && !seccomp->listener_path)
		ret = err_config(err, "/linux/seccomp/listenerPath",
				 "is missing: a rule has the action SCMP_ACT_NOTIFY");
	return ret;
}

/* Of a filter that returns what it has computed nobody can tell. */
static bool filter_notifies(const struct sock_filter *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (f[i].code == (BPF_RET | BPF_K) &&
		    (f[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			return true;
	}
	return false;
}

bool rt_seccomp_notifies(const struct oci_seccomp *seccomp)
{
	if (seccomp->bpf)
		return filter_notifies(seccomp->bpf, seccomp->n_bpf / sizeof(struct sock_filter));
	for (size_t i = 0; i < seccomp->n_rules; i++) {
		if (seccomp->rules[i].action == OCI_ACT_NOTIFY && seccomp->rules[i].n_names > 0)
			return true;
	}
	return false;
}

unsigned rt_seccomp_flags(const struct oci_seccomp *seccomp)
{
	/* Without flags: no Speculative Store Bypass mitigation, which costs up to half of the
	 * speed and which kernels since 5.16 leave off too. */
	unsigned flags = seccomp->has_flags ? seccomp->flags : SECCOMP_FILTER_FLAG_SPEC_ALLOW;

	/* One thread loads the filter, so there is nothing to synchronise; and the kernel refuses
	 * TSYNC together with a listener. */
	flags &= ~(unsigned)SECCOMP_FILTER_FLAG_TSYNC;
	if (rt_seccomp_notifies(seccomp))
		return flags | SECCOMP_FILTER_FLAG_NEW_LISTENER;
	/* About the listener; without one the kernel refuses it. */
	return flags & ~(unsigned)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
}

/* ---- architectures -------------------------------------------------------- */

#ifdef SCMP_ARCH_LOONGARCH64		/* libseccomp 2.6 */
#define NEW_ARCHS(ROW)                                                                             \
	ROW(SCMP_ARCH_LOONGARCH64, AUDIT_ARCH_LOONGARCH64) ROW(SCMP_ARCH_M68K, AUDIT_ARCH_M68K)    \
	ROW(SCMP_ARCH_SH, AUDIT_ARCH_SHEL) ROW(SCMP_ARCH_SHEB, AUDIT_ARCH_SH)
#else
#define NEW_ARCHS(ROW)
#endif

/* libseccomp's name, and the AUDIT_ARCH_* that a filter sees; two can share one. */
#define ARCHS(ROW)                                                                                 \
	ROW(SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64)                                                   \
	ROW(SCMP_ARCH_X32, AUDIT_ARCH_X86_64)                                                      \
	ROW(SCMP_ARCH_X86, AUDIT_ARCH_I386)                                                        \
	ROW(SCMP_ARCH_ARM, AUDIT_ARCH_ARM)                                                         \
	ROW(SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64)                                                 \
	ROW(SCMP_ARCH_MIPS, AUDIT_ARCH_MIPS)                                                       \
	ROW(SCMP_ARCH_MIPS64, AUDIT_ARCH_MIPS64)                                                   \
	ROW(SCMP_ARCH_MIPS64N32, AUDIT_ARCH_MIPS64N32)                                             \
	ROW(SCMP_ARCH_MIPSEL, AUDIT_ARCH_MIPSEL)                                                   \
	ROW(SCMP_ARCH_MIPSEL64, AUDIT_ARCH_MIPSEL64)                                               \
	ROW(SCMP_ARCH_MIPSEL64N32, AUDIT_ARCH_MIPSEL64N32)                                         \
	ROW(SCMP_ARCH_PARISC, AUDIT_ARCH_PARISC)                                                   \
	ROW(SCMP_ARCH_PARISC64, AUDIT_ARCH_PARISC64)                                               \
	ROW(SCMP_ARCH_PPC, AUDIT_ARCH_PPC)                                                         \
	ROW(SCMP_ARCH_PPC64, AUDIT_ARCH_PPC64)                                                     \
	ROW(SCMP_ARCH_PPC64LE, AUDIT_ARCH_PPC64LE)                                                 \
	ROW(SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64)                                                 \
	ROW(SCMP_ARCH_S390, AUDIT_ARCH_S390)                                                       \
	ROW(SCMP_ARCH_S390X, AUDIT_ARCH_S390X)                                                     \
	NEW_ARCHS(ROW)

static const struct {
	const char *name;
	uint32_t scmp, audit;
} archs[] = {
#define ROW(name, audit) { #name, name, audit },
	ARCHS(ROW)
#undef ROW
};

const char *const *rt_seccomp_archs(void)
{
	static const char *const names[] = {
#define ROW(name, audit) #name,
		ARCHS(ROW) NULL
#undef ROW
	};

	return names;
}

/* libseccomp's token; 0: unknown.  x32 shares its AUDIT_ARCH with x86-64. */
static uint32_t scmp_arch(uint32_t audit_arch, uint32_t nr)
{
	bool x32 = audit_arch == AUDIT_ARCH_X86_64 && nr & X32_BIT;

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		if (archs[i].audit == audit_arch && (archs[i].scmp == SCMP_ARCH_X32) == x32)
			return archs[i].scmp;
	}
	return 0;
}

const char *rt_seccomp_arch_name(uint32_t audit_arch, uint32_t nr)
{
	uint32_t scmp = scmp_arch(audit_arch, nr);

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		if (archs[i].scmp == scmp)
			return archs[i].name;
	}
	return NULL;
}

const char *rt_seccomp_native(void)
{
	uint32_t native = seccomp_arch_native();

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		if (archs[i].scmp == native)
			return archs[i].name;
	}
	return NULL;
}

char *rt_seccomp_call_name(uint32_t audit_arch, uint32_t nr)
{
	uint32_t scmp = scmp_arch(audit_arch, nr);

	/* To libseccomp 0 is this machine's own. */
	return scmp ? seccomp_syscall_resolve_num_arch(scmp, (int)nr) : NULL;
}

static int find_arch(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		if (strcmp(archs[i].name, name) == 0)
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
		ret = seccomp_arch_add(ctx, archs[n].scmp);
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
	bool wanted[ARRAY_SIZE(archs)] = { false };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++)
		wanted[i] = archs[i].scmp == native;
	for (size_t i = 0; i < seccomp->n_architectures; i++)
		wanted[find_arch(seccomp->architectures[i])] = true;
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		size_t k = 0;

		if (!wanted[i])
			continue;
		while (k < n && out[k].audit != archs[i].audit)
			k++;
		if (k == n)
			out[n++] = (struct newest){ .audit = archs[i].audit };
		note_newest(seccomp, archs[i].scmp, &out[k]);
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
	struct newest newest[ARRAY_SIZE(archs)];
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

static int compile(const struct oci_seccomp *seccomp, void **out, size_t *n_bytes,
		   struct husk_error *err)
{
	cleanup_ctx scmp_filter_ctx ctx = NULL;
	struct sock_filter prologue[ARRAY_SIZE(archs) * 8];
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

int rt_seccomp_compile(const struct oci_seccomp *seccomp, int cache_dir_fd, void **out,
		       size_t *n_bytes, struct husk_error *err)
{
	cleanup_free char *key = NULL;
	size_t key_len = 0;
	int ret;

	if (seccomp->bpf) {
		*out = malloc(seccomp->n_bpf);
		if (!*out)
			return err_nomem(err, "seccomp filter");
		memcpy(*out, seccomp->bpf, seccomp->n_bpf);
		*n_bytes = seccomp->n_bpf;
		return 0;
	}
	if (cache_dir_fd >= 0)
		key = seccomp_cache_key(seccomp, &key_len);
	if (key && seccomp_cache_get(cache_dir_fd, key, key_len, out, n_bytes))
		return 0;
	ret = compile(seccomp, out, n_bytes, err);
	if (ret == 0 && key)
		seccomp_cache_put(cache_dir_fd, key, key_len, *out, *n_bytes);
	return ret;
}
