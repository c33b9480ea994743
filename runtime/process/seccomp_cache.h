/*
 * Compiled seccomp filters, kept in files.
 *
 * Uses: runtime/base, specs.    Used by: seccomp.c.
 */
#ifndef HUSK_RUNTIME_SECCOMP_CACHE_H
#define HUSK_RUNTIME_SECCOMP_CACHE_H

#include <stdbool.h>
#include <stddef.h>

struct oci_seccomp;

/* Everything that decides what @seccomp compiles to; free().  NULL: out of memory. */
char *seccomp_cache_key(const struct oci_seccomp *seccomp, size_t *len);

/* The filter compiled earlier from the same key; free(*out). */
bool seccomp_cache_get(int dir_fd, const char *key, size_t key_len, void **out, size_t *n_bytes);

/* Failure is only logged: the next caller compiles again. */
void seccomp_cache_put(int dir_fd, const char *key, size_t key_len, const void *filter,
		       size_t n_bytes);

#endif /* HUSK_RUNTIME_SECCOMP_CACHE_H */
