/*
 * Which process of the host is meant by a pid that the container's program has sent.
 *
 * What it names must be in the container: a manager that runs as root believes whoever tells it the
 * main process of a unit.
 *
 * Uses: procfs.    Used by: notify.c.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/notify_lines.h"
#include "runtime/nspid.h"

/* Linux 6.11; Debian 12's headers are older. */
#define GET_TGID_FROM_PIDNS _IOR(0xb7, 0x7, int)

/* Does process @pid of ours have the number @inner in pid namespace @ns?  Of namespaces below it
 * nobody is found: they have processes of their own. */
static bool is_known_as(pid_t pid, ino_t ns, pid_t inner)
{
	struct stat st;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	return stat(path, &st) == 0 && st.st_ino == ns && rt_pid_inside(pid) == inner;
}

static pid_t search(ino_t ns, pid_t inner)
{
	cleanup_dir DIR *proc = opendir("/proc");
	struct dirent *e;
	uint64_t pid;

	while (proc && (e = readdir(proc)) != NULL) {
		if (str_to_u64(e->d_name, INT32_MAX, &pid) && is_known_as((pid_t)pid, ns, inner))
			return (pid_t)pid;
	}
	return 0;
}

pid_t notify_host_pid(const struct notify_from *from, pid_t pid)
{
	cleanup_close int fd = -1;
	struct stat ours, theirs;
	char path[64];
	int found;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)from->init);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &theirs) < 0 || stat("/proc/self/ns/pid", &ours) < 0)
		return 0;
	/* Without a pid namespace of its own it could name any process of the host. */
	if (ours.st_ino == theirs.st_ino)
		return pid == from->init || pid == from->sender ? pid : 0;
	found = ioctl(fd, GET_TGID_FROM_PIDNS, pid);
	if (found < 0 && (errno == ENOTTY || errno == EINVAL))
		found = search(theirs.st_ino, pid);
	return found > 0 ? found : 0;
}
