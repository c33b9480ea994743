/*
 * The architectures that libseccomp knows, by the numbers of its header.
 *
 * Uses: seccomp.h (no function of it).    Used by: seccomp_arch.c, seccomp_compile.c.
 */
#ifndef HUSK_RUNTIME_SECCOMP_ARCH_H
#define HUSK_RUNTIME_SECCOMP_ARCH_H

#include <linux/audit.h>
#include <seccomp.h>
#include <stdint.h>

#ifdef SCMP_ARCH_LOONGARCH64		/* libseccomp 2.6 */
#define SECCOMP_NEW_ARCHS(ROW)                                                             \
	ROW(SCMP_ARCH_LOONGARCH64, AUDIT_ARCH_LOONGARCH64) ROW(SCMP_ARCH_M68K, AUDIT_ARCH_M68K) \
	ROW(SCMP_ARCH_SH, AUDIT_ARCH_SHEL) ROW(SCMP_ARCH_SHEB, AUDIT_ARCH_SH)
#else
#define SECCOMP_NEW_ARCHS(ROW)
#endif

#define SECCOMP_ARCHS(ROW)                                                                 \
	ROW(SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64)                                           \
	ROW(SCMP_ARCH_X32, AUDIT_ARCH_X86_64)                                              \
	ROW(SCMP_ARCH_X86, AUDIT_ARCH_I386)                                                \
	ROW(SCMP_ARCH_ARM, AUDIT_ARCH_ARM)                                                 \
	ROW(SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64)                                         \
	ROW(SCMP_ARCH_MIPS, AUDIT_ARCH_MIPS)                                               \
	ROW(SCMP_ARCH_MIPS64, AUDIT_ARCH_MIPS64)                                           \
	ROW(SCMP_ARCH_MIPS64N32, AUDIT_ARCH_MIPS64N32)                                     \
	ROW(SCMP_ARCH_MIPSEL, AUDIT_ARCH_MIPSEL)                                           \
	ROW(SCMP_ARCH_MIPSEL64, AUDIT_ARCH_MIPSEL64)                                       \
	ROW(SCMP_ARCH_MIPSEL64N32, AUDIT_ARCH_MIPSEL64N32)                                 \
	ROW(SCMP_ARCH_PARISC, AUDIT_ARCH_PARISC)                                           \
	ROW(SCMP_ARCH_PARISC64, AUDIT_ARCH_PARISC64)                                       \
	ROW(SCMP_ARCH_PPC, AUDIT_ARCH_PPC)                                                 \
	ROW(SCMP_ARCH_PPC64, AUDIT_ARCH_PPC64)                                             \
	ROW(SCMP_ARCH_PPC64LE, AUDIT_ARCH_PPC64LE)                                         \
	ROW(SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64)                                         \
	ROW(SCMP_ARCH_S390, AUDIT_ARCH_S390)                                               \
	ROW(SCMP_ARCH_S390X, AUDIT_ARCH_S390X)                                             \
	SECCOMP_NEW_ARCHS(ROW)

enum {
#define ROW(name, audit) INDEX_OF_##name,
	SECCOMP_ARCHS(ROW)
#undef ROW
	N_SECCOMP_ARCHS
};

/* libseccomp's name and number, and the AUDIT_ARCH_* that a filter sees; two can share one. */
extern const struct seccomp_arch {
	const char *name;
	uint32_t scmp, audit;
} seccomp_archs[N_SECCOMP_ARCHS];

/* libseccomp's number for a call of that AUDIT_ARCH_*; 0: unknown. */
uint32_t seccomp_arch_of_call(uint32_t audit_arch, uint32_t nr);

#endif /* HUSK_RUNTIME_SECCOMP_ARCH_H */
