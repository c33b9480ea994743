/*
 * What plan.c, check.c and env.c share.
 *
 * Uses: specs.    Used by: these three.
 */
#ifndef HUSK_RUNTIME_PROCESS_INTERNAL_H
#define HUSK_RUNTIME_PROCESS_INTERNAL_H

#include "specs/specs.h"

/* Limits of the kernel: NR_CPUS on every distribution, MAX_NUMNODES (2^NODES_SHIFT). */
enum { RT_MAX_CPUS = 8192, RT_MAX_NODES = 1024 };

/*
 * "0-3,7" as a bit mask of @n_bits bits, which is cleared first; blanks around a range and empty
 * ranges are allowed.  Returns the number of bytes up to the last bit set, rounded up to whole
 * words; 0 when no number is listed; -EINVAL for anything else, -ERANGE for one above the mask.
 */
int rt_bit_list(const char *list, unsigned long *mask, size_t n_bits);

/*
 * @env and then @extra (both NULL-terminated, may be NULL) without duplicates: of variables with
 * the same name the last one's value, in the place of the first.  Without a HOME that says something, *@wants_home is set and
 * there is a "HOME=" or "HOME=/" for the init to replace.  The vector is free()d by the caller, the
 * strings are borrowed.  NULL: out of memory.
 */
char **rt_env_merge(char *const *env, char *const *extra, bool *wants_home);

#endif /* HUSK_RUNTIME_PROCESS_INTERNAL_H */
