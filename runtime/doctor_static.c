/*
 * The static program in place of doctor/: it looks for libraries, too, and goes through the dynamic one.
 *
 * Uses: library.h.    Used by: cli.
 */
#include <stddef.h>

#include "runtime/base/library.h"
#include "runtime/include/husk.h"

int husk_doctor(struct husk *h, struct husk_diagnosis **out, struct husk_error *err)
{
	(void)h;
	*out = NULL;
	return library_check("the host's libraries", err);
}

void husk_diagnosis_free(struct husk_diagnosis *diagnosis)
{
	(void)diagnosis;
}
