/*
 * Architectures by name and number: see seccomp_arch.h.
 *
 * Uses: native_arch.h.    Used by: seccomp_compile.c, features.c, trace.
 */
#include "runtime/process/seccomp_arch.h"

#include <stdbool.h>
#include <stddef.h>

#include "runtime/base/util.h"
#include "runtime/process/native_arch.h"
#include "runtime/process/process.h"

const struct seccomp_arch seccomp_archs[N_SECCOMP_ARCHS] = {
#define ROW(name, audit) { #name, name, audit },
	SECCOMP_ARCHS(ROW)
#undef ROW
};

const char *const *rt_seccomp_archs(void)
{
	static const char *const names[] = {
#define ROW(name, audit) #name,
		SECCOMP_ARCHS(ROW) NULL
#undef ROW
	};

	return names;
}

/* x32 shares its AUDIT_ARCH with x86-64. */
static const struct seccomp_arch *find(uint32_t audit_arch, uint32_t nr)
{
	bool x32 = audit_arch == AUDIT_ARCH_X86_64 && nr & X32_BIT;

	for (size_t i = 0; i < N_SECCOMP_ARCHS; i++) {
		const struct seccomp_arch *a = &seccomp_archs[i];

		if (a->audit == audit_arch && (a->scmp == SCMP_ARCH_X32) == x32)
			return a;
	}
	return NULL;
}

uint32_t seccomp_arch_of_call(uint32_t audit_arch, uint32_t nr)
{
	const struct seccomp_arch *a = find(audit_arch, nr);

	return a ? a->scmp : 0;
}

const char *rt_seccomp_arch_name(uint32_t audit_arch, uint32_t nr)
{
	const struct seccomp_arch *a = find(audit_arch, nr);

	return a ? a->name : NULL;
}

const char *rt_seccomp_native(void)
{
	return rt_seccomp_arch_name(NATIVE_ARCH, 0);
}
