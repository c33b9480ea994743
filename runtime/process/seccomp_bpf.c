/*
 * A seccomp filter that comes ready-made, as base64 in an annotation, instead of from a profile.
 *
 * The kernel checks a filter too, but by then the container exists and the answer is EINVAL.
 *
 * Uses: runtime/base.    Used by: annotations.c.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>

#include "runtime/annotations.h"
#include "runtime/base/util.h"

/* ---- base64 (RFC 4648, padding required, line ends allowed) ---- */

static int digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* Returns the number of bytes written to @out, which has room for 3/4 of the text, or -1. */
static ssize_t base64_decode(const char *text, unsigned char *out)
{
	uint32_t bits = 0;
	size_t n_digits = 0, n_pad = 0, n = 0;

	for (const char *p = text; *p; p++) {
		if (*p == '\n' || *p == '\r')
			continue;
		if (*p == '=') {
			n_pad++;
			continue;
		}
		if (n_pad > 0 || digit(*p) < 0)
			return -1;
		bits = bits << 6 | (uint32_t)digit(*p);
		if (++n_digits % 4 == 0) {
			out[n++] = (unsigned char)(bits >> 16);
			out[n++] = (unsigned char)(bits >> 8);
			out[n++] = (unsigned char)bits;
		}
	}
	if ((n_digits + n_pad) % 4 != 0 || n_pad > 2)
		return -1;
	if (n_digits % 4 == 3)
		out[n++] = (unsigned char)(bits >> 10);
	if (n_digits % 4 == 3 || n_digits % 4 == 2)
		out[n++] = (unsigned char)(n_digits % 4 == 3 ? bits >> 2 : bits >> 4);
	return (ssize_t)n;
}

/* ---- the filter, as the kernel's bpf_check_classic() and seccomp_check_filter() see it ---- */

static bool is_known(uint16_t code)
{
	/* NOLINTBEGIN(misc-redundant-expression): BPF_LD, BPF_W and BPF_K are all 0 */
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_W | BPF_LEN, BPF_LDX | BPF_W | BPF_LEN,
		BPF_LD | BPF_IMM, BPF_LDX | BPF_IMM, BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM,
		BPF_ST, BPF_STX, BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA,
		BPF_RET | BPF_K, BPF_RET | BPF_A, BPF_JMP | BPF_JA,
		BPF_JMP | BPF_JEQ | BPF_K, BPF_JMP | BPF_JEQ | BPF_X,
		BPF_JMP | BPF_JGE | BPF_K, BPF_JMP | BPF_JGE | BPF_X,
		BPF_JMP | BPF_JGT | BPF_K, BPF_JMP | BPF_JGT | BPF_X,
		BPF_JMP | BPF_JSET | BPF_K, BPF_JMP | BPF_JSET | BPF_X,
		BPF_ALU | BPF_ADD | BPF_K, BPF_ALU | BPF_ADD | BPF_X,
		BPF_ALU | BPF_SUB | BPF_K, BPF_ALU | BPF_SUB | BPF_X,
		BPF_ALU | BPF_MUL | BPF_K, BPF_ALU | BPF_MUL | BPF_X,
		BPF_ALU | BPF_DIV | BPF_K, BPF_ALU | BPF_DIV | BPF_X,
		BPF_ALU | BPF_AND | BPF_K, BPF_ALU | BPF_AND | BPF_X,
		BPF_ALU | BPF_OR | BPF_K, BPF_ALU | BPF_OR | BPF_X,
		BPF_ALU | BPF_XOR | BPF_K, BPF_ALU | BPF_XOR | BPF_X,
		BPF_ALU | BPF_LSH | BPF_K, BPF_ALU | BPF_LSH | BPF_X,
		BPF_ALU | BPF_RSH | BPF_K, BPF_ALU | BPF_RSH | BPF_X, BPF_ALU | BPF_NEG,
	};
	/* NOLINTEND(misc-redundant-expression) */

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		if (codes[i] == code)
			return true;
	}
	return false;
}

/* What is wrong with instruction @i of @n, or NULL. */
static const char *wrong_with(const struct sock_filter *f, size_t i, size_t n)
{
	const struct sock_filter *in = &f[i];

	if (!is_known(in->code))
		return "has a code that seccomp does not allow";
	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return in->k % 4 || in->k >= sizeof(struct seccomp_data) ?
			       "loads from outside of struct seccomp_data" : NULL;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return in->k >= BPF_MEMWORDS ? "uses a memory word beyond the last" : NULL;
	case BPF_ALU | BPF_DIV | BPF_K:
		return in->k == 0 ? "divides by zero" : NULL;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return in->k >= 32 ? "shifts by more than 31" : NULL;
	case BPF_JMP | BPF_JA:
		return in->k >= n - i - 1 ? "jumps beyond the end" : NULL;
	}
	if (BPF_CLASS(in->code) == BPF_JMP && (size_t)MAX(in->jt, in->jf) >= n - i - 1)
		return "jumps beyond the end";
	return NULL;
}

static int check_filter(const struct sock_filter *f, size_t n, const char *pointer,
			struct husk_error *err)
{
	for (size_t i = 0; i < n; i++) {
		const char *wrong = wrong_with(f, i, n);

		if (wrong)
			return err_config(err, pointer, "instruction %zu (code 0x%02x) of the "
					  "filter %s", i, f[i].code, wrong);
	}
	if (BPF_CLASS(f[n - 1].code) != BPF_RET)
		return err_config(err, pointer, "the filter does not end with a return");
	return 0;
}

int rt_seccomp_decode(const char *base64, struct arena *arena, const char *pointer, const void **out,
		      size_t *n_bytes, struct husk_error *err)
{
	/* The arena's blocks are aligned for struct sock_filter. */
	unsigned char *data = arena_alloc(arena, strlen(base64) / 4 * 3 + 3);
	ssize_t len;
	int ret;

	if (!data)
		return err_nomem(err, "seccomp filter");
	len = base64_decode(base64, data);
	if (len < 0)
		return err_config(err, pointer, "is not base64");
	if (len == 0 || (size_t)len % sizeof(struct sock_filter) != 0)
		return err_config(err, pointer, "%zd bytes are not an array of struct sock_filter, "
				  "of %zu bytes each", len, sizeof(struct sock_filter));
	if ((size_t)len > BPF_MAXINSNS * sizeof(struct sock_filter))
		return err_config(err, pointer, "%zu instructions; the kernel takes %d",
				  (size_t)len / sizeof(struct sock_filter), BPF_MAXINSNS);
	ret = check_filter((const struct sock_filter *)(const void *)data,
			   (size_t)len / sizeof(struct sock_filter), pointer, err);
	if (ret < 0)
		return ret;
	*out = data;
	*n_bytes = (size_t)len;
	return 0;
}
