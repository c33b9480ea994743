/*
 * Shorter seccomp filters.
 *
 * Uses: the kernel's headers.    Used by: seccomp.c.
 */
#ifndef HUSK_RUNTIME_SECCOMP_SHRINK_H
#define HUSK_RUNTIME_SECCOMP_SHRINK_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Make @filter, of @n instructions, shorter, if it can be; returns how many are left.  For every
 * call the new filter answers what the old one did.  A filter that is no program of loads of struct
 * seccomp_data, masks, forward jumps and constant answers stays as it is.  (seccomp_shrink.c)
 */
size_t seccomp_shrink(struct sock_filter *filter, size_t n);

/* What the kernel would answer, KILL_PROCESS for a filter it would not load.  (seccomp_eval.c) */
uint32_t seccomp_answer(const struct sock_filter *filter, size_t n,
			const struct seccomp_data *call);

#endif /* HUSK_RUNTIME_SECCOMP_SHRINK_H */
