/*
 * What confines the program from execve(2) on: AppArmor, SELinux, seccomp.
 *
 * The labels go through PLAN_FD_PROC, which is the host's procfs: a /proc of the container could
 * have been prepared to take the write elsewhere (CVE-2019-16884, CVE-2025-52881).
 *
 * Uses: runtime/base/step.h.    Used by: main.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "runtime/base/sys.h"
#include "runtime/init/init.h"
#include "runtime/init/text.h"

/* Under a profile already?  Then no_new_privs lets us only add to it. */
static bool is_confined(struct step_ctx *c)
{
	static const char unconfined[] = "unconfined";
	char label[sizeof(unconfined) - 1];
	int fd = step_open_proc(c, "self/attr/apparmor/current", O_RDONLY);
	ssize_t n;

	if (fd < 0)
		fd = step_open_proc(c, "self/attr/current", O_RDONLY);
	if (fd < 0)
		return false;
	n = read(fd, label, sizeof(label));
	(void)close(fd);
	return n != (ssize_t)sizeof(label) || memcmp(label, unconfined, sizeof(label)) != 0;
}

/* podman finds what is wrong with a label by the path between backticks (libpod/oci_util.go). */
static int write_label(struct step_ctx *c, const char *path, const char *shown, const char *text,
		       const char *label)
{
	int ret = init_write_proc(c, path, text, label);

	return ret < 0 ? step_fail_as(c, -ret, shown, label) : 0;
}

int step_PROC_APPARMOR(struct step_ctx *c, const struct plan_step *s)
{
	const char *profile = step_str(c, s, 0);
	struct text line = { .len = 0 };
	int ret;

	text_add(&line, step_num(s, 1) && is_confined(c) ? "stack " : "exec ");
	text_add(&line, profile);
	if (line.len == sizeof(line.s) - 1)
		return step_fail_as(c, ENAMETOOLONG, "AppArmor profile", profile);
	ret = write_label(c, "self/attr/apparmor/exec", "write `/proc/self/attr/apparmor/exec`",
			  line.s, profile);
	if (ret == -ENOENT)	/* kernel without stacked modules, or no such profile */
		ret = write_label(c, "self/attr/exec", "write `/proc/self/attr/exec`", line.s,
				  profile);
	if (ret == -ENOENT)
		return step_fail_as(c, ENOENT, "AppArmor profile is not loaded", profile);
	return ret;
}

int step_PROC_SELINUX(struct step_ctx *c, const struct plan_step *s)
{
	const char *label = step_str(c, s, 0);

	return write_label(c, "self/attr/exec", "write `/proc/self/attr/exec`", label, label);
}

int step_PROC_SECCOMP(struct step_ctx *c, const struct plan_step *s)
{
	size_t len;
	const void *filter = step_bytes(c, s, 0, &len);
	struct sock_fprog prog = {
		.len = (unsigned short)(len / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(uintptr_t)filter,
	};
	long ret = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, step_num(s, 1), &prog);

	if (ret < 0)
		return step_fail(c, "seccomp", errno == EACCES ?
				 "filter (needs CAP_SYS_ADMIN or noNewPrivileges)" : "filter");
	/* Without SECCOMP_FILTER_FLAG_NEW_LISTENER the result is 0, not a descriptor. */
	if (s->arg[2] != PLAN_NO_FD)
		step_set_fd(c, s, 2, (int)ret);
	return 0;
}

int step_SEND_SECCOMP_FD(struct step_ctx *c, const struct plan_step *s)
{
	c->pass = (uint32_t)step_num(s, 1);
	(void)step_send_fd(c, STEP_FD_SECCOMP, step_fd(c, s, 0));
	c->pass = 0;
	return 0;
}
