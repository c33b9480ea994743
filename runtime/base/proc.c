/*
 * What /proc says about a process: see proc.h.
 *
 * Uses: fs.h.    Used by: everything outside of husk-init.
 */
#include "runtime/base/proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/fs.h"
#include "runtime/base/util.h"

uint64_t proc_start_time(pid_t pid)
{
	char path[40];
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	char *p;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (fs_read(AT_FDCWD, path, 4096, &text, NULL, &ignored) < 0)
		return 0;
	/* The name may hold anything; the fields begin behind its closing parenthesis. */
	p = strrchr(text, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p + 1, NULL, 10) : 0;
}
