/*
 * The machine as the kernel's filters name it.
 *
 * Uses: linux/audit.h.    Used by: seccomp_*.c.
 */
#ifndef HUSK_RUNTIME_NATIVE_ARCH_H
#define HUSK_RUNTIME_NATIVE_ARCH_H

#include <linux/audit.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "which AUDIT_ARCH_ is this?"
#endif

/* In the number of a call by the x32 ABI, whose AUDIT_ARCH_ is that of x86-64: the only bit of a number that
 * filters look at. */
#define X32_BIT 0x40000000u

#endif /* HUSK_RUNTIME_NATIVE_ARCH_H */
