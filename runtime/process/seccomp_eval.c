/*
 * What a compiled seccomp filter would answer: for steps of the init that could come before or
 * after it is loaded.
 *
 * The kernel runs classic BPF over struct seccomp_data (seccomp(2)), and so does this.  The filter
 * is libseccomp's, or one that check_filter() of seccomp_bpf.c has let through; still no jump and no
 * load is trusted, and what cannot be evaluated counts as refused.
 *
 * Uses: native_arch.h.    Used by: plan.c, and tests of seccomp_shrink.c.
 */
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>

#include "runtime/process/native_arch.h"
#include "runtime/process/process.h"
#include "runtime/process/seccomp_shrink.h"

struct machine {
	uint32_t a, x, mem[BPF_MEMWORDS];
	const struct seccomp_data *data;
};

/* Both kinds of source: the constant, or register X. */
static uint32_t operand(const struct machine *m, const struct sock_filter *in)
{
	return BPF_SRC(in->code) == BPF_X ? m->x : in->k;
}

static bool load(const struct machine *m, const struct sock_filter *in, uint32_t *to)
{
	switch (BPF_MODE(in->code)) {
	case BPF_IMM:
		*to = in->k;
		return true;
	case BPF_LEN:
		*to = sizeof(*m->data);
		return true;
	case BPF_MEM:
		if (in->k >= BPF_MEMWORDS)
			return false;
		*to = m->mem[in->k];
		return true;
	case BPF_ABS:
		if (in->k % sizeof(*to) != 0 || in->k > sizeof(*m->data) - sizeof(*to))
			return false;
		memcpy(to, (const char *)m->data + in->k, sizeof(*to));
		return true;
	default:
		return false;
	}
}

static bool compute(struct machine *m, const struct sock_filter *in)
{
	uint32_t v = operand(m, in);

	switch (BPF_OP(in->code)) {
	case BPF_ADD: m->a += v; return true;
	case BPF_SUB: m->a -= v; return true;
	case BPF_MUL: m->a *= v; return true;
	case BPF_AND: m->a &= v; return true;
	case BPF_OR:  m->a |= v; return true;
	case BPF_XOR: m->a ^= v; return true;
	case BPF_LSH: m->a <<= v & 31; return true;
	case BPF_RSH: m->a >>= v & 31; return true;
	case BPF_NEG: m->a = -m->a; return true;
	case BPF_DIV:
		if (v == 0)
			return false;
		m->a /= v;
		return true;
	default:
		return false;
	}
}

/* How many instructions to skip, or SIZE_MAX. */
static size_t jump(const struct machine *m, const struct sock_filter *in)
{
	uint32_t v = operand(m, in);

	switch (BPF_OP(in->code)) {
	case BPF_JA:   return in->k;
	case BPF_JEQ:  return m->a == v ? in->jt : in->jf;
	case BPF_JGT:  return m->a > v ? in->jt : in->jf;
	case BPF_JGE:  return m->a >= v ? in->jt : in->jf;
	case BPF_JSET: return m->a & v ? in->jt : in->jf;
	default:       return SIZE_MAX;
	}
}

/* An instruction that neither jumps nor returns. */
static bool step(struct machine *m, const struct sock_filter *in)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		return load(m, in, &m->a);
	case BPF_LDX:
		return load(m, in, &m->x);
	case BPF_ST:
	case BPF_STX:
		if (in->k >= BPF_MEMWORDS)
			return false;
		m->mem[in->k] = BPF_CLASS(in->code) == BPF_ST ? m->a : m->x;
		return true;
	case BPF_ALU:
		return compute(m, in);
	case BPF_MISC:
		if (BPF_MISCOP(in->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		return true;
	default:
		return false;
	}
}

uint32_t seccomp_answer(const struct sock_filter *f, size_t n, const struct seccomp_data *data)
{
	struct machine m = { .data = data };

	for (size_t i = 0; i < n; i++) {
		if (BPF_CLASS(f[i].code) == BPF_RET)
			return BPF_RVAL(f[i].code) == BPF_A ? m.a : f[i].k;
		if (BPF_CLASS(f[i].code) == BPF_JMP) {
			size_t skip = jump(&m, &f[i]);

			if (skip >= n - i)
				return SECCOMP_RET_KILL_PROCESS;
			i += skip;	/* only ever forward: this ends */
		} else if (!step(&m, &f[i])) {
			return SECCOMP_RET_KILL_PROCESS;
		}
	}
	return SECCOMP_RET_KILL_PROCESS;
}

bool rt_seccomp_allows(const void *filter, size_t n_bytes, const struct rt_call *call)
{
	struct seccomp_data data = { .nr = call->nr, .arch = NATIVE_ARCH };
	uint32_t action;

	for (size_t i = 0; i < 6; i++)
		data.args[i] = call->args[i];
	action = seccomp_answer(filter, n_bytes / sizeof(struct sock_filter), &data) &
		 SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}
