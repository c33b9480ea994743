/*
 * The last number of "NSpid:" in /proc/PID/status: see nspid.h.
 *
 * Uses: procfs.    Used by: serve.c, kill.c, notify_pid.c.
 */
#include "runtime/nspid.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/fs.h"
#include "runtime/base/util.h"

pid_t rt_pid_inside(pid_t pid)
{
	cleanup_free char *status = NULL;
	struct husk_error ignored;
	char path[40], *last;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (fs_read(AT_FDCWD, path, 1 << 16, &status, NULL, &ignored) < 0)
		return 0;
	/* "NSpid:\tOURS\t...\tITS-OWN\n" */
	last = strstr(status, "\nNSpid:");
	if (!last)
		return 0;
	last += 1 + strcspn(last + 1, "\n");
	while (last[-1] >= '0' && last[-1] <= '9')
		last--;
	return atoi(last);
}
