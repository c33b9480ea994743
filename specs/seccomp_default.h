/*
 * The seccomp profile of `husk spec`.
 *
 * Uses: runtime/base/json_write.h.    Used by: spec_default.c.
 */
#ifndef HUSK_SPECS_SECCOMP_DEFAULT_H
#define HUSK_SPECS_SECCOMP_DEFAULT_H

#include "runtime/base/json_write.h"

/* "seccomp": {...}, a member of "linux". */
void oci_put_default_seccomp(struct json_writer *w);

#endif /* HUSK_SPECS_SECCOMP_DEFAULT_H */
