/*
 * Any bytes as a compiled seccomp filter: what it is shortened to answers as it does.
 *
 * Uses: runtime/process/seccomp_shrink.h.    Used by: run.sh.
 */
#include <linux/audit.h>
#include <string.h>

#include "runtime/process/seccomp_shrink.h"
#include "tests/fuzz/fuzz.h"

/* Numbers and arguments that the filter itself compares with are those that matter. */
static void compare(const struct sock_filter *a, size_t n_a, const struct sock_filter *b, size_t n_b)
{
	static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, 0 };
	struct seccomp_data call = { 0 };

	/* No more than some: a long filter takes long to evaluate. */
	for (size_t i = 0; i < n_a; i += 1 + n_a / 128) {
		for (size_t arch = 0; arch <= sizeof(archs) / sizeof(archs[0]); arch++) {
			call.arch = arch < sizeof(archs) / sizeof(archs[0]) ? archs[arch] : a[i / 2].k;
			call.nr = (int)(a[i].k + i % 3 - 1);
			for (size_t k = 0; k < 6; k++)
				call.args[k] = (uint64_t)a[(i + k) % n_a].k << (i % 2 * 32) | k % 2;
			MUST(seccomp_answer(a, n_a, &call) == seccomp_answer(b, n_b, &call));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = size / sizeof(struct sock_filter), len;
	struct sock_filter *filter, *shorter;

	if (n == 0 || n > BPF_MAXINSNS)
		return 0;
	filter = malloc(n * sizeof(*filter));
	shorter = malloc(n * sizeof(*shorter));
	MUST(filter && shorter);
	memcpy(filter, data, n * sizeof(*filter));
	memcpy(shorter, data, n * sizeof(*shorter));
	len = seccomp_shrink(shorter, n);
	MUST(len > 0 && len <= n);
	compare(filter, n, shorter, len);
	free(shorter);
	free(filter);
	return 0;
}
