/*
 * The static program in place of criu/: they go through the dynamic one from the start.
 *
 * Uses: library.h.    Used by: cli.
 */
#include "runtime/base/library.h"
#include "runtime/include/husk.h"

#define LIBRARY "checkpoint and restore"

int husk_checkpoint(struct husk *h, const char *id, const struct husk_criu_options *opts,
		    struct husk_error *err)
{
	(void)h;
	(void)id;
	(void)opts;
	return library_check(LIBRARY, err);
}

int husk_restore(struct husk *h, const char *id, const struct husk_create_options *create,
		 const struct husk_criu_options *opts, struct husk_process *out,
		 struct husk_error *err)
{
	(void)h;
	(void)id;
	(void)create;
	(void)opts;
	(void)out;
	return library_check(LIBRARY, err);
}
