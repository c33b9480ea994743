/*
 * Shorter seccomp filters: ranges of system calls instead of one comparison and one answer each.
 *
 * libseccomp compares with every number that a profile names, for each architecture: Docker's takes
 * 1,250 instructions.  The kernel translates each of them when the filter is loaded, a quarter of a
 * millisecond, at every start and every `exec`.  But neighbours in the table of system calls
 * mostly get the same answer: what is left here is
 *
 *	   load arch; per architecture: load nr, then a binary search of ranges, each with
 *	     - an answer, or
 *	     - a jump to the instructions that look at arguments, taken over as they are.
 *
 * Nothing is interpreted: whatever the filter is, it is evaluated for both ends of each range that
 * it can tell apart.  These follow from its own comparisons: between two neighbouring constants no
 * comparison changes its result.
 *
 * Uses: the kernel's headers.    Used by: seccomp.c.
 */
#include "runtime/process/seccomp_shrink.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/util.h"
#include "runtime/process/native_arch.h"

enum {
	MAX_ARCHS = 16,
	BIT_CHANGES = 4,	/* of the highest two bits of a number */
	MAX_JUMP = 255,		/* a comparison's; the one without has 32 bits */
	MAX_BLOCK = 100,	/* ranges, so that no comparison jumps farther than that */
	ARCH_AT = offsetof(struct seccomp_data, arch),
	NR_AT = offsetof(struct seccomp_data, nr),
};
/* Marks a jump to an instruction of the old filter. */
#define TO_REST 0x80000000u

/* Where a call's way through the filter ends that its number alone decides. */
struct end {
	bool returns;
	uint32_t at;	/* the answer, or the instruction that first looks at an argument */
};

/* All numbers from @first to the next range's. */
struct range {
	uint32_t first;
	struct end end;
};

struct shrink {
	const struct sock_filter *in;
	size_t n;
	uint32_t archs[MAX_ARCHS];
	size_t n_archs;
	uint32_t *firsts;	/* where a range may begin, ascending */
	size_t n_firsts;
	struct range *ranges;	/* room for n_firsts */
	size_t *moved;		/* where an instruction of the rest is now; 0: it is none of them */
	struct sock_filter *out;
	size_t len;
	bool failed;		/* longer than before, or beyond what is understood here */
};

/* ---- reading ---------------------------------------------------------------- */

static bool is_load(const struct sock_filter *in)
{
	return in->code == (BPF_LD | BPF_W | BPF_ABS);
}

static bool is_comparison(const struct sock_filter *in)
{
	switch (in->code) {
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
		return true;
	default:
		return false;
	}
}

static bool is_answer(const struct sock_filter *in)
{
	return in->code == (BPF_RET | BPF_K);
}

/* The instructions that may come after the one at @i, which is no answer; SIZE_MAX: out of the
 * filter.  For all but comparisons both are the same. */
static void successors(const struct shrink *s, size_t i, size_t to[2])
{
	const struct sock_filter *in = &s->in[i];
	size_t skip[2] = { 0 };

	if (is_comparison(in)) {
		skip[0] = in->jt;
		skip[1] = in->jf;
	} else if (BPF_CLASS(in->code) == BPF_JMP) {
		skip[0] = skip[1] = in->k;
	}
	for (size_t way = 0; way < 2; way++)
		to[way] = skip[way] < s->n - i - 1 ? i + 1 + skip[way] : SIZE_MAX;
}

static bool holds(const struct sock_filter *in, uint32_t a)
{
	switch (BPF_OP(in->code)) {
	case BPF_JEQ: return a == in->k;
	case BPF_JGT: return a > in->k;
	case BPF_JGE: return a >= in->k;
	default:      return a & in->k;
	}
}

static bool follow(const struct shrink *s, uint32_t arch, uint32_t nr, struct end *out)
{
	uint32_t a = 0;
	bool is_arch = false;
	size_t to[2];

	for (size_t i = 0; i < s->n; i = to[0]) {
		const struct sock_filter *in = &s->in[i];

		if (is_answer(in)) {
			*out = (struct end){ true, in->k };
			return true;
		}
		successors(s, i, to);
		if (is_load(in) && (in->k == NR_AT || in->k == ARCH_AT)) {
			is_arch = in->k == ARCH_AT;
			a = is_arch ? arch : nr;
		} else if (is_load(in)) {
			*out = (struct end){ false, (uint32_t)i };
			return true;
		} else if (is_comparison(in)) {
			/* One number stands for many: only what splits them as expected will do. */
			if (is_arch ? BPF_OP(in->code) != BPF_JEQ :
				      BPF_OP(in->code) == BPF_JSET && in->k != X32_BIT)
				return false;
			to[0] = to[holds(in, a) ? 0 : 1];
		} else if (in->code != (BPF_JMP | BPF_JA)) {
			return false;
		}
	}
	return false;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static size_t unique(uint32_t *v, size_t n)
{
	size_t kept = 0;

	qsort(v, n, sizeof(*v), by_value);
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || v[kept - 1] != v[i])
			v[kept++] = v[i];
	}
	return kept;
}

/* What the accumulator may hold when the instruction at i begins; jumps only go forward. */
enum content { NUMBER = 1, ARCH = 2, ARGUMENT = 4 };

static void find_contents(const struct shrink *s, unsigned char *contents)
{
	contents[0] = NUMBER;	/* zero, in fact: as good as any */
	for (size_t i = 0; i < s->n; i++) {
		const struct sock_filter *in = &s->in[i];
		unsigned char after = contents[i];
		size_t to[2];

		if (is_answer(in))
			continue;
		if (is_load(in))
			after = in->k == ARCH_AT ? ARCH : in->k == NR_AT ? NUMBER : ARGUMENT;
		successors(s, i, to);
		for (size_t way = 0; way < 2; way++) {
			if (to[way] != SIZE_MAX)
				contents[to[way]] |= after;
		}
	}
}

/* Every number at which some comparison changes its result, and the architectures that are told
 * apart. */
static bool find_firsts(struct shrink *s, const unsigned char *contents)
{
	static const uint32_t bit_changes[BIT_CHANGES] = { 0, X32_BIT, 2 * X32_BIT, 3 * X32_BIT };

	memcpy(s->firsts, bit_changes, sizeof(bit_changes));
	s->n_firsts = BIT_CHANGES;
	for (size_t i = 0; i < s->n; i++) {
		const struct sock_filter *in = &s->in[i];

		if (is_comparison(in) && contents[i] & NUMBER) {
			s->firsts[s->n_firsts++] = in->k;
			s->firsts[s->n_firsts++] = in->k + 1;
		}
		if (is_comparison(in) && contents[i] & ARCH) {
			if (s->n_archs == MAX_ARCHS)
				return false;
			s->archs[s->n_archs++] = in->k;
			s->n_archs = unique(s->archs, s->n_archs);
		}
	}
	s->n_firsts = unique(s->firsts, s->n_firsts);
	return true;
}

/* An architecture that the filter has no comparison with. */
static uint32_t other_arch(const struct shrink *s)
{
	uint32_t arch = 0;

	for (size_t i = 0; i < s->n_archs; i++)
		arch += s->archs[i] == arch;	/* they are sorted */
	return arch;
}

static bool is_same(const struct end *a, const struct end *b)
{
	return a->returns == b->returns && a->at == b->at;
}

/* Fills ranges; returns how many there are, or 0 on failure. */
static size_t find_ranges(struct shrink *s, uint32_t arch)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_firsts; i++) {
		struct range r = { .first = s->firsts[i] };

		if (!follow(s, arch, r.first, &r.end))
			return 0;
		if (n == 0 || !is_same(&s->ranges[n - 1].end, &r.end))
			s->ranges[n++] = r;
	}
	return n;
}

/* ---- writing ---------------------------------------------------------------- */

static void put(struct shrink *s, uint16_t code, size_t jt, size_t jf, uint32_t k)
{
	if (s->len == s->n || jt > MAX_JUMP || jf > MAX_JUMP) {
		s->failed = true;
		return;
	}
	s->out[s->len++] = (struct sock_filter)BPF_JUMP(code, k, (uint8_t)jt, (uint8_t)jf);
}

/* The index of @end in @ends, which it is added to if it is new. */
static size_t find_end(struct end *ends, size_t *n, const struct end *end)
{
	size_t i = 0;

	while (i < *n && !is_same(&ends[i], end))
		i++;
	if (i == *n)
		ends[(*n)++] = *end;
	return i;
}

/* A search of few ranges: @n - 1 comparisons, and behind them each end once. */
struct block {
	struct end ends[MAX_BLOCK];
	size_t n_ends;
	size_t ends_at;
};

static void collect(struct block *b, const struct range *r, size_t n)
{
	b->n_ends = 0;
	for (size_t i = 0; i < n; i++)
		(void)find_end(b->ends, &b->n_ends, &r[i].end);
}

/* Where the search of @n ranges begins, if its comparisons begin at @at. */
static size_t entry(struct block *b, const struct range *r, size_t n, size_t at)
{
	return n > 1 ? at : b->ends_at + find_end(b->ends, &b->n_ends, &r->end);
}

static void put_comparisons(struct shrink *s, struct block *b, const struct range *r, size_t n)
{
	size_t half = n / 2, at = s->len + 1;

	if (n < 2)
		return;
	put(s, BPF_JMP | BPF_JGE | BPF_K, entry(b, r + half, n - half, at + half - 1) - at,
	    entry(b, r, half, at) - at, r[half].first);
	put_comparisons(s, b, r, half);
	put_comparisons(s, b, r + half, n - half);
}

static void put_block(struct shrink *s, const struct range *r, size_t n)
{
	struct block b;

	collect(&b, r, n);
	b.ends_at = s->len + n - 1;
	put_comparisons(s, &b, r, n);
	for (size_t i = 0; i < b.n_ends; i++) {
		if (b.ends[i].returns) {
			put(s, BPF_RET | BPF_K, 0, 0, b.ends[i].at);
			continue;
		}
		/* The rest comes behind all searches: land() writes how far that is. */
		s->moved[b.ends[i].at] = 1;
		put(s, BPF_JMP | BPF_JA, 0, 0, TO_REST | b.ends[i].at);
	}
}

/* How many instructions search() writes. */
static size_t search_size(const struct range *r, size_t n)
{
	struct block b;

	if (n > MAX_BLOCK)
		return 2 + search_size(r, n / 2) + search_size(r + n / 2, n - n / 2);
	collect(&b, r, n);
	return n - 1 + b.n_ends;
}

static void search(struct shrink *s, const struct range *r, size_t n)
{
	if (n <= MAX_BLOCK) {
		put_block(s, r, n);
		return;
	}
	put(s, BPF_JMP | BPF_JGE | BPF_K, 0, 1, r[n / 2].first);
	put(s, BPF_JMP | BPF_JA, 0, 0, (uint32_t)search_size(r, n / 2));
	search(s, r, n / 2);
	search(s, r + n / 2, n - n / 2);
}

static void put_arch(struct shrink *s, uint32_t arch, bool is_last)
{
	size_t n = find_ranges(s, arch);

	if (n == 0) {
		s->failed = true;
		return;
	}
	if (!is_last) {
		put(s, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, arch);
		put(s, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(1 + search_size(s->ranges, n)));
	}
	put(s, BPF_LD | BPF_W | BPF_ABS, 0, 0, NR_AT);
	search(s, s->ranges, n);
}

/* May the instruction at @i be taken over? */
static bool is_rest(const struct shrink *s, size_t i)
{
	const struct sock_filter *in = &s->in[i];

	if (is_load(in))
		return in->k != NR_AT && in->k != ARCH_AT;
	return is_answer(in) || is_comparison(in) || in->code == (BPF_JMP | BPF_JA) ||
	       in->code == (BPF_ALU | BPF_AND | BPF_K);
}

/* Mark what can be reached of the instructions that look at arguments: jumps only go forward. */
static bool find_rest(struct shrink *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct sock_filter *in = &s->in[i];
		size_t to[2];

		if (!s->moved[i])
			continue;
		if (!is_rest(s, i))
			return false;
		if (is_answer(in))
			continue;
		successors(s, i, to);
		for (size_t way = 0; way < 2; way++) {
			if (to[way] == SIZE_MAX)
				return false;
			s->moved[to[way]] = 1;
		}
	}
	return true;
}

/* How far the jump of @skip in the old filter's instruction @i is now: never farther. */
static uint32_t distance(const struct shrink *s, size_t i, uint32_t skip)
{
	return (uint32_t)(s->moved[i + 1 + skip] - s->moved[i] - 1);
}

static void put_rest(struct shrink *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!s->moved[i])
			continue;
		s->moved[i] = s->len;
		put(s, s->in[i].code, s->in[i].jt, s->in[i].jf, s->in[i].k);
	}
	for (size_t i = 0; i < s->n && !s->failed; i++) {
		struct sock_filter *now = &s->out[s->moved[i]];

		if (!s->moved[i])
			continue;
		if (is_comparison(now)) {
			now->jt = (uint8_t)distance(s, i, now->jt);
			now->jf = (uint8_t)distance(s, i, now->jf);
		} else if (now->code == (BPF_JMP | BPF_JA)) {
			now->k = distance(s, i, now->k);
		}
	}
}

/* Jumps of the searches, the first @n instructions, to the rest. */
static void land(struct shrink *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sock_filter *in = &s->out[i];

		if (in->code == (BPF_JMP | BPF_JA) && in->k & TO_REST)
			in->k = (uint32_t)(s->moved[in->k & ~TO_REST] - i - 1);
	}
}

static bool rewrite(struct shrink *s, unsigned char *contents)
{
	size_t searches;

	find_contents(s, contents);
	if (!find_firsts(s, contents))
		return false;
	if (s->n_archs > 0)
		put(s, BPF_LD | BPF_W | BPF_ABS, 0, 0, ARCH_AT);
	for (size_t i = 0; i < s->n_archs && !s->failed; i++)
		put_arch(s, s->archs[i], false);
	if (!s->failed)
		put_arch(s, other_arch(s), true);
	searches = s->len;
	if (s->failed || !find_rest(s))
		return false;
	put_rest(s);
	if (!s->failed)
		land(s, searches);
	return !s->failed;
}

size_t seccomp_shrink(struct sock_filter *filter, size_t n)
{
	size_t n_firsts = BIT_CHANGES + 2 * n;
	cleanup_free uint32_t *firsts = malloc(n_firsts * sizeof(*firsts));
	cleanup_free struct range *ranges = malloc(n_firsts * sizeof(*ranges));
	cleanup_free size_t *moved = calloc(n + 1, sizeof(*moved));
	cleanup_free unsigned char *contents = calloc(n + 1, 1);
	cleanup_free struct sock_filter *out = malloc((n + 1) * sizeof(*out));
	struct shrink s = { .in = filter, .n = n, .firsts = firsts, .ranges = ranges,
			    .moved = moved, .out = out };

	if (!firsts || !ranges || !moved || !contents || !out || n > BPF_MAXINSNS ||
	    !rewrite(&s, contents) || s.len >= n)
		return n;
	memcpy(filter, out, s.len * sizeof(*out));
	return s.len;
}
