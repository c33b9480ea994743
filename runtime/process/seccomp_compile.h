/*
 * What needs libseccomp: compiling, and names of system calls.
 *
 * Uses: specs.    Used by: seccomp.c.
 */
#ifndef HUSK_RUNTIME_SECCOMP_COMPILE_H
#define HUSK_RUNTIME_SECCOMP_COMPILE_H

#include <stddef.h>

#include "runtime/base/error.h"

struct oci_seccomp;

/* The filter that @seccomp describes; free(*out). */
int seccomp_compile(const struct oci_seccomp *seccomp, void **out, size_t *n_bytes,
		    struct husk_error *err);

/* Only on demand: profiles name calls of every kernel and machine. */
int seccomp_check_names(const struct oci_seccomp *seccomp, struct husk_error *err);

#endif /* HUSK_RUNTIME_SECCOMP_COMPILE_H */
