/*
 * The static program in place of seccomp_compile.c: it knows the filters that the cache has.
 *
 * Uses: runtime/base/library.h.    Used by: seccomp.c.
 */
#include "runtime/process/seccomp_compile.h"

#include "runtime/base/library.h"
#include "runtime/base/util.h"
#include "runtime/process/process.h"

#define LIBRARY "libseccomp"

int seccomp_compile(const struct oci_seccomp *seccomp, void **out, size_t *n_bytes,
		    struct husk_error *err)
{
	(void)seccomp;
	*out = NULL;
	*n_bytes = 0;
	return library_check(LIBRARY, err);
}

int seccomp_check_names(const struct oci_seccomp *seccomp, struct husk_error *err)
{
	(void)seccomp;
	return library_check(LIBRARY, err);
}

char *rt_seccomp_call_name(uint32_t audit_arch, uint32_t nr)
{
	(void)audit_arch;
	(void)nr;
	return NULL;
}
