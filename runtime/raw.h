/*
 * System calls without a C library: for children that borrow their parent's memory.
 *
 * Such a child shares the errno of the thread that made it, so it must not touch that.
 *
 * Uses: nothing of libc but headers.    Used by: spawn_child.c, doctor/child.c.
 */
#ifndef HUSK_RUNTIME_RAW_H
#define HUSK_RUNTIME_RAW_H

#include <sys/syscall.h>

/* Really inlined: the child of a clone() that returned from a function would take its parent's way
 * back along. */
#define RAW_INLINE static inline __attribute__((always_inline, no_sanitize("address", "undefined")))

#if defined(__x86_64__)
RAW_INLINE long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
RAW_INLINE long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0" : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}
#else
#error "husk knows no system call instruction for this architecture"
#endif

/* The result, or -errno. */
#define RAW(nr, a, b, c, d, e) raw6((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

#endif /* HUSK_RUNTIME_RAW_H */
