/*
 * Session, scheduling, memory, keyring and limits of the container's process.
 *
 * Uses: runtime/base/step.h.    Used by: main.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "runtime/base/sys.h"
#include "runtime/base/weak.h"
#include "runtime/init/init.h"
#include "runtime/init/text.h"

enum { IO_WHO_PGRP = 2, IO_CLASS_SHIFT = 13 };				/* linux/ioprio.h */
enum { FEW_DESCRIPTORS = 256 };		/* the init may hold more */
enum { KEY_JOIN_SESSION = 1, KEY_SET_PERM = 5, KEY_DESCRIBE = 6 };	/* linux/keyctl.h */

/* Write @text to the open file @path and close it; @object: what it was for. */
static int write_open(struct step_ctx *c, int fd, const char *path, const char *text,
		      const char *object)
{
	size_t len = strlen(text);
	ssize_t n;
	int error;

	if (fd < 0)
		return step_fail(c, path, object);
	n = write(fd, text, len);
	error = n < 0 ? errno : EIO;
	(void)close(fd);
	return n == (ssize_t)len ? 0 : step_fail_as(c, error, path, object);
}

int init_write_proc(struct step_ctx *c, const char *path, const char *text, const char *object)
{
	return write_open(c, step_open_proc(c, path, O_WRONLY), path, text, object);
}

int step_PROC_SESSION(struct step_ctx *c, const struct plan_step *s)
{
	(void)s;
	/* A process in its own session has no terminal of the caller to push input into. */
	if (!weakened("session") && setsid() < 0)
		return step_fail(c, "setsid", NULL);
	return 0;
}

/*
 * The plan has this step where nobody of the container can see us: before its namespaces are
 * joined, or when they have just been made.
 */
int step_PROC_OOM_SCORE(struct step_ctx *c, const struct plan_step *s)
{
	static const char path[] = "self/oom_score_adj";
	struct text value = { .len = 0 }, object = { .len = 0 };
	int fd = step_open_proc(c, path, O_WRONLY), ret;

	/* The files of a non-dumpable process belong to the root of the whole machine, who need not
	 * be the root of our user namespace. */
	if (fd < 0 && errno == EACCES) {
		(void)prctl(PR_SET_DUMPABLE, 1);
		fd = step_open_proc(c, path, O_WRONLY);
		ret = errno;
		(void)prctl(PR_SET_DUMPABLE, 0);
		errno = ret;
	}
	text_add_int(&value, (int64_t)step_num(s, 0));
	if (fd < 0)
		return step_fail(c, path, value.s);
	ret = write_open(c, fd, path, value.s, value.s);
	if (ret != -EACCES)
		return ret;
	text_add(&object, value.s);
	text_add(&object, " (going below the caller's own value needs CAP_SYS_RESOURCE)");
	return step_fail_as(c, EACCES, path, object.s);
}

int step_PROC_AFFINITY(struct step_ctx *c, const struct plan_step *s)
{
	size_t len;
	const void *mask = step_bytes(c, s, 1, &len);

	if (syscall(SYS_sched_setaffinity, 0, len, mask) < 0)
		return step_fail(c, "sched_setaffinity", step_str(c, s, 0));
	return 0;
}

int step_PROC_SCHEDULER(struct step_ctx *c, const struct plan_step *s)
{
	size_t len;
	const void *attr = step_bytes(c, s, 3, &len);
	struct text object = { .len = 0 };

	if (syscall(SYS_sched_setattr, 0, attr, 0) == 0)
		return 0;
	text_add(&object, "policy ");
	text_add_num(&object, step_num(s, 0), 10);
	if (errno == EPERM)
		text_add(&object, " (needs CAP_SYS_NICE on the host)");
	return step_fail(c, "sched_setattr", object.s);
}

int step_PROC_IO_PRIORITY(struct step_ctx *c, const struct plan_step *s)
{
	unsigned prio = (unsigned)(step_num(s, 0) << IO_CLASS_SHIFT | step_num(s, 1));

	/* "for the process group", says the runtime-spec: the one that PROC_SESSION has made. */
	if (syscall(SYS_ioprio_set, IO_WHO_PGRP, 0, prio) < 0)
		return step_fail(c, "ioprio_set", errno == EPERM ? "real-time class (needs "
				 "CAP_SYS_NICE or CAP_SYS_ADMIN on the host)" : NULL);
	return 0;
}

int step_PROC_MEM_POLICY(struct step_ctx *c, const struct plan_step *s)
{
	size_t len;
	const void *mask = step_bytes(c, s, 3, &len);
	unsigned long mode = step_num(s, 0) | step_num(s, 1);

	/* The kernel ignores the last bit it is told of. */
	if (syscall(SYS_set_mempolicy, mode, mask, mask ? len * 8 + 1 : 0) < 0)
		return step_fail(c, "set_mempolicy", step_str(c, s, 2));
	return 0;
}

int step_PROC_PERSONALITY(struct step_ctx *c, const struct plan_step *s)
{
	if (personality((unsigned long)step_num(s, 0)) < 0)
		return step_fail(c, "personality", NULL);
	return 0;
}

/* ---- session keyring ------------------------------------------------------ */

/* "type;uid;gid;permissions;name" */
static int key_permissions(long key, uint32_t *out)
{
	char buf[1024];
	const char *p = buf;
	long n = syscall(SYS_keyctl, KEY_DESCRIBE, key, buf, sizeof(buf));
	uint32_t perm = 0;

	if (n < 0 || n > (long)sizeof(buf))
		return -1;
	buf[sizeof(buf) - 1] = '\0';
	for (int field = 0; field < 3; field++) {
		p += strcspn(p, ";");
		if (*p)
			p++;
	}
	for (; *p && *p != ';'; p++) {
		int digit = *p <= '9' ? *p - '0' : (*p | 32) - 'a' + 10;

		perm = perm << 4 | ((uint32_t)digit & 15);
	}
	*out = perm;
	return 0;
}

/*
 * Without a keyring of its own the container would see, and could use, the keys of whoever called
 * us.  Where the kernel has no keyrings, or denies us the call, the container cannot use it either.
 */
int step_PROC_KEYRING(struct step_ctx *c, const struct plan_step *s)
{
	const char *name = step_str(c, s, 0), *label = step_str(c, s, 2);
	uint32_t add = (uint32_t)step_num(s, 1), perm;
	long key;
	int ret = 0;

	if (label && *label)
		ret = init_write_proc(c, "self/attr/keycreate", label, label);
	if (ret < 0)
		return ret;
	key = syscall(SYS_keyctl, KEY_JOIN_SESSION, name);
	if (key < 0) {
		if (errno == ENOSYS || errno == EDQUOT || errno == EACCES || errno == EPERM)
			return step_warn(c, "keyctl(join session keyring)", name);
		return step_fail(c, "keyctl(join session keyring)", name);
	}
	if (label && *label)
		ret = init_write_proc(c, "self/attr/keycreate", "", label);
	if (ret < 0 || add == 0)
		return ret;
	if (key_permissions(key, &perm) < 0 ||
	    syscall(SYS_keyctl, KEY_SET_PERM, key, perm | add) < 0)
		return step_fail(c, "keyctl(set permissions)", name);
	return 0;
}

/* ---- limits --------------------------------------------------------------- */

int step_PROC_LIMIT_RAISE(struct step_ctx *c, const struct plan_step *s)
{
	int resource = (int)step_num(s, 1);
	struct rlimit r;

	/* Only makes PROC_LIMIT possible, which reports what is not. */
	(void)c;
	if (getrlimit(resource, &r) == 0 && r.rlim_max < step_num(s, 2)) {
		r.rlim_max = step_num(s, 2);
		(void)setrlimit(resource, &r);
	}
	return 0;
}

int step_PROC_LIMIT(struct step_ctx *c, const struct plan_step *s)
{
	struct rlimit r = { .rlim_cur = step_num(s, 2), .rlim_max = step_num(s, 3) };
	struct text object = { .len = 0 };

	/* Afterwards nothing more can be opened. */
	if (step_num(s, 1) == RLIMIT_NOFILE && r.rlim_cur < FEW_DESCRIPTORS)
		(void)init_groups_stay(c);
	if (setrlimit((int)step_num(s, 1), &r) == 0)
		return 0;
	text_add(&object, step_str(c, s, 0));
	text_add(&object, " to ");
	text_add_num(&object, r.rlim_max, 10);
	if (errno == EPERM)
		text_add(&object, " (raising a hard limit needs CAP_SYS_RESOURCE on the host, and "
				  "RLIMIT_NOFILE ends at fs.nr_open)");
	return step_fail(c, "setrlimit", object.s);
}

int step_PROC_UMASK(struct step_ctx *c, const struct plan_step *s)
{
	(void)c;
	(void)umask((mode_t)step_num(s, 0));
	return 0;
}

int step_PROC_NO_NEW_PRIVS(struct step_ctx *c, const struct plan_step *s)
{
	(void)s;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return step_fail(c, "prctl(PR_SET_NO_NEW_PRIVS)", NULL);
	return 0;
}
