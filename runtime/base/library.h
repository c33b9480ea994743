/*
 * Shared libraries that only some containers need: loaded where they are, and never by the others.
 *
 * The program husk is static, because the dynamic loader would take longer than what husk does; it can
 * load nothing.  What needs a library fails there with ELIBACC and leaves nothing behind, as any failure
 * does, and the program starts again as the dynamic one that it carries: see cli/dynamic_static.c.
 *
 * library.c is linked into that and into libhusk, library_static.c into the static program.
 *
 * Uses: dlopen(3).    Used by: whoever calls a library that is not always there.
 */
#ifndef HUSK_BASE_LIBRARY_H
#define HUSK_BASE_LIBRARY_H

#include "runtime/base/error.h"

/* dlopen(3) with @flags.  NULL: it is not installed, or this is the static program. */
void *library_open(const char *name, int flags, struct husk_error *err);
/* NULL where @library has no such function. */
void *library_function(void *library, const char *name);
void library_close(void *library);	/* may be NULL */

/*
 * Ask before anything is done that cannot be done again: could a library be loaded?  Not whether that
 * one is installed.
 */
int library_check(const char *name, struct husk_error *err);

#endif /* HUSK_BASE_LIBRARY_H */
