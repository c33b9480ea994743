/*
 * Namespaces, in husk-init: join, create, and be somebody inside.
 *
 * Every change of credentials makes the kernel set dumpable to fs.suid_dumpable, which a host may
 * have set to 1; the steps that change them close that door again.
 *
 * Uses: step.h.    Used by: runtime/init/main.c.
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/base/step.h"
#include "runtime/base/sys.h"

/* The variants with 32-bit ids, where an architecture has both. */
#ifdef SYS_setgroups32
enum { CALL_SETGROUPS = SYS_setgroups32, CALL_SETRESGID = SYS_setresgid32,
       CALL_SETRESUID = SYS_setresuid32 };
#else
enum { CALL_SETGROUPS = SYS_setgroups, CALL_SETRESGID = SYS_setresgid,
       CALL_SETRESUID = SYS_setresuid };
#endif

static int join(struct step_ctx *c, const struct plan_step *s)
{
	int fd = step_fd(c, s, 0), kinds = (int)step_num(s, 1);

	if (fd < 0)
		return 0;	/* NS_TRY_JOIN was there before */
	if (setns(fd, kinds) < 0)
		return -errno;
	if (kinds & CLONE_NEWUSER)
		(void)prctl(PR_SET_DUMPABLE, 0);
	(void)close(fd);
	c->fds[s->arg[0]] = -1;
	return 0;
}

int step_NS_JOIN(struct step_ctx *c, const struct plan_step *s)
{
	int ret = join(c, s);

	return ret < 0 ? step_fail_as(c, -ret, "setns", step_str(c, s, 2)) : 0;
}

int step_NS_TRY_JOIN(struct step_ctx *c, const struct plan_step *s)
{
	int ret = join(c, s);

	/* NS_JOIN tries again when we have the privilege of the user namespace. */
	if (ret == -EPERM)
		return 0;
	return ret < 0 ? step_fail_as(c, -ret, "setns", step_str(c, s, 2)) : 0;
}

int step_NS_UNSHARE(struct step_ctx *c, const struct plan_step *s)
{
	int kinds = (int)step_num(s, 0);

	if (unshare(kinds) < 0)
		return step_fail(c, "unshare", step_str(c, s, 1));
	if (kinds & CLONE_NEWUSER)
		(void)prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

int step_NS_BECOME(struct step_ctx *c, const struct plan_step *s)
{
	unsigned long uid = step_num(s, 0), gid = step_num(s, 1);

	/* EPERM: setgroups is "deny" in this user namespace, so the groups of an unprivileged
	 * caller stay, as it is their purpose there. */
	if (syscall(CALL_SETGROUPS, 0, NULL) < 0 && errno != EPERM)
		return step_fail(c, "setgroups", NULL);
	/* EINVAL: a joined user namespace has no such id.  The capabilities in it are complete
	 * either way, so stay; the program's own ids are set at the end. */
	if (syscall(CALL_SETRESGID, gid, gid, gid) < 0 && errno != EINVAL)
		return step_fail(c, "setresgid", NULL);
	if (syscall(CALL_SETRESUID, uid, uid, uid) < 0 && errno != EINVAL)
		return step_fail(c, "setresuid", NULL);
	(void)prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

/* ---- time ---- */

/*
 * Our own timens_offsets.  While we are not dumpable it belongs to the host's root, which in a
 * user namespace is nobody we could be; then be dumpable for the length of this one call.
 */
static int open_offsets(struct step_ctx *c)
{
	int fd = step_open_proc(c, "self/timens_offsets", O_WRONLY);

	if (fd >= 0 || errno != EACCES)
		return fd;
	(void)prctl(PR_SET_DUMPABLE, 1);
	fd = step_open_proc(c, "self/timens_offsets", O_WRONLY);
	(void)prctl(PR_SET_DUMPABLE, 0);
	return fd;
}

/* "CLOCK SECONDS NANOSECONDS", separated by commas; the kernel wants lines, in one write. */
static int write_offsets(struct step_ctx *c, const char *offsets)
{
	char lines[128];
	size_t len = strlen(offsets);
	int fd, ret = 0;

	if (len >= sizeof(lines))
		return step_fail_as(c, EINVAL, "time offsets", offsets);
	for (size_t i = 0; i < len; i++)
		lines[i] = offsets[i] == ',' ? '\n' : offsets[i];
	lines[len] = '\n';

	fd = open_offsets(c);
	if (fd < 0)
		return step_fail(c, "open", "/proc/self/timens_offsets");
	if (write(fd, lines, len + 1) < 0)
		ret = step_fail(c, "write /proc/self/timens_offsets", offsets);
	(void)close(fd);
	return ret;
}

/* unshare() makes it for children only; it can be entered once its offsets are written. */
int step_NS_TIME(struct step_ctx *c, const struct plan_step *s)
{
	const char *offsets = step_str(c, s, 0);
	int fd, ret = 0;

	if (unshare(CLONE_NEWTIME) < 0)
		return step_fail(c, "unshare", "time");
	if (offsets)
		ret = write_offsets(c, offsets);
	if (ret < 0)
		return ret;

	fd = step_open_proc(c, "self/ns/time_for_children", O_RDONLY);
	if (fd < 0)
		return step_fail(c, "open", "/proc/self/ns/time_for_children");
	if (setns(fd, CLONE_NEWTIME) < 0)
		ret = step_fail(c, "setns", "time");
	(void)close(fd);
	return ret;
}

/* ---- identity ---- */

int step_NS_HOSTNAME(struct step_ctx *c, const struct plan_step *s)
{
	const char *name = step_str(c, s, 0);

	if (sethostname(name, strlen(name)) < 0)
		return step_fail(c, "sethostname", name);
	return 0;
}

int step_NS_DOMAINNAME(struct step_ctx *c, const struct plan_step *s)
{
	const char *name = step_str(c, s, 0);

	if (setdomainname(name, strlen(name)) < 0)
		return step_fail(c, "setdomainname", name);
	return 0;
}

/* A local socket: network devices answer on any family, and this one every kernel has. */
int step_NS_LOOPBACK(struct step_ctx *c, const struct plan_step *s)
{
	struct ifreq lo = { .ifr_name = "lo" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret = 0;

	(void)s;
	if (fd < 0)
		return step_fail(c, "socket", "local");
	if (ioctl(fd, SIOCGIFFLAGS, &lo) < 0) {
		ret = step_fail(c, "ioctl(SIOCGIFFLAGS)", "lo");
	} else if (!(lo.ifr_flags & IFF_UP)) {	/* where the namespace was made ahead it is */
		lo.ifr_flags |= IFF_UP;
		if (ioctl(fd, SIOCSIFFLAGS, &lo) < 0)
			ret = step_fail(c, "ioctl(SIOCSIFFLAGS)", "lo");
	}
	(void)close(fd);
	return ret;
}

int step_NS_NETLINK(struct step_ctx *c, const struct plan_step *s)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, s->flags);

	if (fd < 0)
		return step_fail(c, "socket", "netlink");
	step_set_fd(c, s, 0, fd);
	return 0;
}

/* One call: the kernel takes a setting whole or not at all.  The newline is what empties a list
 * when there is no value to write. */
int step_NS_SYSCTL(struct step_ctx *c, const struct plan_step *s)
{
	static const char below[] = "sys/";
	const char *name = step_str(c, s, 0), *value = step_str(c, s, 1);
	struct iovec text[] = { { (char *)value, strlen(value) }, { (char *)"\n", 1 } };
	size_t len = strlen(name);
	char path[256];
	ssize_t n;
	int fd;

	if (sizeof(below) + len > sizeof(path))
		return step_fail_as(c, ENAMETOOLONG, "sysctl", name);
	memcpy(path, below, sizeof(below) - 1);
	memcpy(path + sizeof(below) - 1, name, len + 1);

	fd = step_open_proc(c, path, O_WRONLY);
	if (fd < 0)
		return step_fail(c, "open sysctl", name);
	n = writev(fd, text, 2);
	if (n >= 0 && (size_t)n != text[0].iov_len + 1) {
		n = -1;
		errno = EINVAL;
	}
	if (n < 0) {
		int error = errno;

		(void)close(fd);
		return step_fail_as(c, error, "write sysctl", name);
	}
	(void)close(fd);
	return 0;
}
