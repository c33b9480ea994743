/*
 * The static program in place of library.c: see library.h.
 *
 * Uses: error.h.    Used by: namespaces/net, cgroups, seccomp_compile_static.c.
 */
#include "runtime/base/library.h"

#include <errno.h>
#include <stddef.h>

void *library_open(const char *name, int flags, struct husk_error *err)
{
	(void)flags;
	(void)library_check(name, err);
	return NULL;
}

void *library_function(void *library, const char *name)
{
	(void)library;
	(void)name;
	return NULL;
}

void library_close(void *library)
{
	(void)library;
}

int library_check(const char *name, struct husk_error *err)
{
	return err_new(err, HUSK_E_UNSUPPORTED, ELIBACC, "load %s: this program is static", name);
}
