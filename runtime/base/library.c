/*
 * Shared libraries: see library.h.
 *
 * Uses: dlopen(3).    Used by: namespaces/net, cgroups.
 */
#include "runtime/base/library.h"

#include <dlfcn.h>
#include <errno.h>

void *library_open(const char *name, int flags, struct husk_error *err)
{
	void *library = dlopen(name, flags);

	if (!library)
		(void)err_new(err, HUSK_E_UNSUPPORTED, ENOENT, "load %s: %s", name, dlerror());
	return library;
}

void *library_function(void *library, const char *name)
{
	return dlsym(library, name);
}

void library_close(void *library)
{
	if (library)
		(void)dlclose(library);
}

int library_check(const char *name, struct husk_error *err)
{
	(void)name;
	(void)err;
	return 0;
}
