/*
 * husk doctor about what a container is made of: from results to sentences, causes and remedies.
 *
 * Causes are looked for only behind a refusal: a sysctl alone proves nothing.
 *
 * Uses: doctor.h, spawn.h.    Used by: doctor.c.
 */
#include "runtime/doctor/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "runtime/base/capability.h"
#include "runtime/base/fs.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/process/caps.h"
#include "runtime/spawn.h"

enum { OLDEST_KERNEL = 514 };

#define SECCOMP_FIX "start the outer container with a seccomp profile that allows "
#define SECCOMP_HOW " (--security-opt seccomp=FILE)"

static const struct {
	const char *name;
	unsigned since;
} calls[DOCTOR_CALL_COUNT] = {
#define CALL(name, since, ...) { #name, since },
	DOCTOR_CALLS(CALL)
#undef CALL
};

static const struct {
	const char *name, *file;
} kinds[] = {
#define KIND(id, flag, name, file) [TRY_##id] = { name, file },
	DOCTOR_KINDS(KIND)
#undef KIND
};

/* ---- kernel, system calls, husk-init ---- */

void doctor_kernel(struct doctor *d, struct husk_finding *f)
{
	bool old = d->kernel && d->kernel < OLDEST_KERNEL;

	doctor_say(d, f, old ? HUSK_LIMITED : HUSK_WORKS, 0, "Linux %s%s", d->release,
		   old ? ", older than 5.14" : "");
	if (old)
		doctor_fix(d, f, "boot Linux 5.14 or newer");
}

static const char *answer(int call)
{
	return call == DOCTOR_KILLED ? "SIGSYS" : strerrorname_np(call);
}

static void list(struct str *out, const char *word)
{
	if (out->len > 0)
		str_add(out, ", ");
	str_add(out, word);
}

/* "clone3, openat2 (ENOSYS), fsopen (EPERM)"; *missing: all of them are newer than the kernel. */
static void list_refused(const struct doctor *d, struct str *out, bool *missing)
{
	*missing = true;
	for (size_t i = 0; i < DOCTOR_CALL_COUNT; i++) {
		size_t next = i + 1;

		if (!d->job.call[i])
			continue;
		list(out, calls[i].name);
		if (d->kernel >= calls[i].since || d->job.call[i] != ENOSYS)
			*missing = false;
		while (next < DOCTOR_CALL_COUNT && !d->job.call[next])
			next++;
		if (next == DOCTOR_CALL_COUNT || d->job.call[next] != d->job.call[i])
			str_printf(out, " (%s)", answer(d->job.call[i]));
	}
}

void doctor_calls(struct doctor *d, struct husk_finding *f)
{
	cleanup_str struct str refused = { 0 };
	bool missing;

	list_refused(d, &refused, &missing);
	if (d->child) {
		doctor_say(d, f, HUSK_FAILS, d->child, "blocked: clone (%s)", answer(d->child));
		doctor_fix(d, f, SECCOMP_FIX "it" SECCOMP_HOW);
		return;
	}
	if (refused.len == 0) {
		doctor_say(d, f, HUSK_WORKS, 0, "none is blocked");
		return;
	}
	doctor_say(d, f, HUSK_FAILS, ENOSYS, "%s %s", missing ? "this kernel lacks" : "blocked:",
		   refused.s ? refused.s : "");
	if (missing)
		doctor_fix(d, f, "boot Linux 5.14 or newer");
	else
		doctor_fix(d, f, SECCOMP_FIX "them" SECCOMP_HOW);
}

void doctor_init(struct doctor *d, struct husk_finding *f)
{
	struct husk_error err = { 0 };
	struct rt_spawn s = { .init_fd = rt_init_fd(d->h, &err), .cgroup_fd = -1 };
	int pidfd = -1;
	pid_t pid;

	/* Without a plan it ends at once. */
	if (s.init_fd >= 0 && rt_spawn(&s, &pid, &pidfd, &err) == 0) {
		(void)waitid(P_PIDFD, (id_t)pidfd, &(siginfo_t){ 0 }, WEXITED | __WALL);
		(void)close(pidfd);
		doctor_say(d, f, HUSK_WORKS, 0, "runs from a sealed memory file");
		return;
	}
	doctor_say(d, f, HUSK_FAILS, err.sys, "%s", err.msg);
	if (s.init_fd < 0 && err.sys == EACCES)
		doctor_fix(d, f, "sysctl -w vm.memfd_noexec=1, in this pid namespace");
}

/* ---- why a namespace was refused ---- */

/* The root directory is not the root of a mount: the kernel then makes no user namespace. */
static bool in_chroot(void)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;

	return fs_read(AT_FDCWD, "/proc/self/mountinfo", 16 << 20, &text, NULL, &ignored) == 0 &&
	       !strstr(text, " / / ") && !strstr(text, " / rw") && !strstr(text, " / ro");
}

static bool is_set_to(const char *sysctl, long value)
{
	long n;

	return doctor_sysctl(sysctl, &n) && n == value;
}

/* Something like @refused "for want of ...", by @error of making a namespace whose file is @file. */
static void refuse(struct doctor *d, struct husk_finding *f, const char *refused, int error,
		   const char *file)
{
	const char *why = strerror(error);
	char name[64];
	long limit;

	(void)snprintf(name, sizeof(name), "user/max_%s_namespaces", file);
	if (error == ENOSPC && doctor_sysctl(name, &limit)) {
		doctor_say(d, f, HUSK_FAILS, error, "%s: user.max_%s_namespaces is %ld%s", refused,
			   file, limit, limit ? ", and so many are in use, here or outside" : "");
		doctor_fix(d, f, "sysctl -w user.max_%s_namespaces=%ld", file,
			   limit ? 2 * limit : 1000L);
	} else if (error == ENOSPC) {
		doctor_say(d, f, HUSK_FAILS, error, "%s: too many, or nested too deeply", refused);
	} else if (error == EINVAL) {
		doctor_say(d, f, HUSK_FAILS, error, "%s: this kernel is built without it", refused);
	} else if (d->seccomp > 0 && !d->blocked && !d->child) {
		doctor_say(d, f, HUSK_FAILS, error, "%s: %s, by a seccomp filter it seems", refused,
			   why);
		doctor_fix(d, f, SECCOMP_FIX "clone, clone3 and unshare" SECCOMP_HOW);
	} else {
		doctor_say(d, f, HUSK_FAILS, error, "%s: %s", refused, why);
	}
}

/* An empty file: nobody has written the map of the namespace we are in. */
static bool has_map(const char *path)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;

	return fs_read(AT_FDCWD, path, 65536, &text, NULL, &ignored) < 0 || text[0];
}

static bool has_own_ids(void)
{
	return has_map("/proc/self/uid_map") && has_map("/proc/self/gid_map");
}

static void refuse_userns(struct doctor *d, struct husk_finding *f, int error)
{
	const char *why = strerror(error);

	if (error != EPERM && error != EACCES) {
		refuse(d, f, "refused", error, "user");
	} else if (is_set_to("kernel/unprivileged_userns_clone", 0)) {
		doctor_say(d, f, HUSK_FAILS, error, "kernel.unprivileged_userns_clone is 0");
		doctor_fix(d, f, "sysctl -w kernel.unprivileged_userns_clone=1");
	} else if (is_set_to("kernel/apparmor_restrict_unprivileged_userns", 1)) {
		doctor_say(d, f, HUSK_FAILS, error,
			   "kernel.apparmor_restrict_unprivileged_userns is 1");
		doctor_fix(d, f, "an AppArmor profile for this program with the rule \"userns,\"");
	} else if (!has_own_ids()) {
		doctor_say(d, f, HUSK_FAILS, error, "%s: this user namespace has no id maps, so nobody "
			   "in it has an id", why);
		doctor_fix(d, f, "write them before (unshare --map-root-user)");
	} else if (in_chroot()) {
		doctor_say(d, f, HUSK_FAILS, error, "%s: this process is in a chroot", why);
		doctor_fix(d, f, "switch roots with pivot_root instead of chroot");
	} else {
		refuse(d, f, "refused", error, "user");
	}
}

void doctor_userns(struct doctor *d, struct husk_finding *f)
{
	int error = d->h->privileged ? d->own_userns.sys : d->userns;

	if (error)
		refuse_userns(d, f, error);
	else
		doctor_say(d, f, HUSK_WORKS, 0, "can be made");
}

void doctor_id_map(struct doctor *d, struct husk_finding *f)
{
	const struct husk_error *e = &d->map_error;

	if (d->h->privileged)
		return;
	if (d->userns) {
		doctor_say(d, f, HUSK_UNTRIED, 0, "not tried: no user namespace");
	} else if (!e->sys) {
		doctor_say(d, f, HUSK_WORKS, 0, "own ids (%u, %u) as root", geteuid(), getegid());
	} else if (geteuid() == 0 && e->sys == EPERM && d->kernel >= 512) {
		doctor_say(d, f, HUSK_FAILS, EPERM, "root may not be mapped without CAP_SETFCAP");
		doctor_fix(d, f, "give the outer container the capability (--cap-add SETFCAP), or run "
				 "as another user than root");
	} else {
		doctor_say(d, f, HUSK_FAILS, e->sys, "%s", e->msg);
	}
}

/* ---- inside ---- */

/* Nothing in there was tried; says why. */
static bool untried(struct doctor *d, struct husk_finding *f, enum doctor_try what)
{
	if (d->job.result[what] >= 0 && !d->job.call[DOCTOR_CALL_clone3])
		return false;
	doctor_say(d, f, HUSK_UNTRIED, 0, "not tried: %s",
		   d->job.call[DOCTOR_CALL_clone3] ? "clone3 is blocked" :
		   d->userns ? "no user namespace" :
		   what == TRY_PROC && d->job.result[TRY_PID] ? "no pid namespace" :
		   what == TRY_SYSFS && d->job.result[TRY_NETWORK] ? "no network namespace" :
		   what > TRY_ADMIN && d->job.result[TRY_MOUNT] ? "no mount namespace" :
								    "something else failed");
	return true;
}

/* Names of what root of this machine has and the caller has not. */
static void list_missing_caps(struct str *out)
{
	const char *name;

	for (unsigned cap = 0; (name = rt_cap_name(cap)); cap++) {
		if (!has_capability(cap))
			list(out, name);
	}
}

void doctor_caps(struct doctor *d, struct husk_finding *f)
{
	cleanup_str struct str missing = { 0 };
	int error = d->job.result[TRY_ADMIN];

	if (untried(d, f, TRY_ADMIN))
		return;
	if (error && is_set_to("kernel/apparmor_restrict_unprivileged_userns", 1)) {
		doctor_say(d, f, HUSK_FAILS, error, "none inside a user namespace: "
			   "kernel.apparmor_restrict_unprivileged_userns is 1");
		doctor_fix(d, f, "an AppArmor profile for this program with the rule \"userns,\"");
	} else if (error) {
		doctor_say(d, f, HUSK_FAILS, error, "sethostname in a uts namespace of its own: %s",
			   strerror(error));
		if (d->seccomp > 0)
			doctor_fix(d, f, SECCOMP_FIX "sethostname" SECCOMP_HOW);
	} else if (!d->h->privileged) {
		doctor_say(d, f, HUSK_WORKS, 0, "all, inside the user namespace");
	} else {
		list_missing_caps(&missing);
		doctor_say(d, f, HUSK_WORKS, 0, "%s%s", missing.len ? "all but " : "all",
			   missing.len && missing.s ? missing.s : "");
	}
}

void doctor_namespaces(struct doctor *d, struct husk_finding *f)
{
	cleanup_str struct str good = { 0 };

	if (untried(d, f, TRY_MOUNT))
		return;
	for (int i = 0; i <= TRY_CGROUP; i++) {
		char refused[32];

		if (!d->job.result[i]) {
			list(&good, kinds[i].name);
			continue;
		}
		(void)snprintf(refused, sizeof(refused), "%s refused", kinds[i].name);
		if (d->job.result[i] == DOCTOR_UNTRIED)
			doctor_say(d, f, HUSK_UNTRIED, 0, "%s: not tried", kinds[i].name);
		else
			refuse(d, f, refused, d->job.result[i], kinds[i].file);
		return;
	}
	doctor_say(d, f, HUSK_WORKS, 0, "%s", good.s ? good.s : "");
}

void doctor_time(struct doctor *d, struct husk_finding *f)
{
	int error = d->job.result[TRY_TIME];

	if (untried(d, f, TRY_TIME))
		return;
	if (error)
		refuse(d, f, "refused", error, "time");
	else
		doctor_say(d, f, HUSK_WORKS, 0, "can be made");
}

/* What every try of the mount namespace failed with, named by the first of them. */
static bool failed(struct doctor *d, struct husk_finding *f, enum doctor_try what, const char *verb)
{
	int error = d->job.result[what];

	if (error <= 0)
		return false;
	doctor_say(d, f, HUSK_FAILS, error, "%s: %s", verb, strerror(error));
	if (error == ENODEV)
		doctor_fix(d, f, "a kernel that has it");
	else if (d->seccomp > 0 && !d->blocked)
		doctor_fix(d, f, SECCOMP_FIX "mounts" SECCOMP_HOW);
	return true;
}

void doctor_root(struct doctor *d, struct husk_finding *f)
{
	if (untried(d, f, TRY_TMPFS) || failed(d, f, TRY_TMPFS, "mount a tmpfs") ||
	    failed(d, f, TRY_PIVOT, "switch to another root"))
		return;
	doctor_say(d, f, HUSK_WORKS, 0, "mounts can be made, and the root switched");
}

/* Directories that are there to be mounted on: nothing is hidden by that. */
static bool is_mount_point(const char *path)
{
	static const char *const points[] = {
		"/proc/sys/fs/binfmt_misc", "/proc/fs/nfsd", "/sys/fs/bpf", "/sys/fs/cgroup",
		"/sys/fs/fuse/connections", "/sys/fs/pstore", "/sys/fs/selinux", "/sys/fs/smackfs",
		"/sys/fs/resctrl", "/sys/kernel/config", "/sys/kernel/debug", "/sys/kernel/security",
		"/sys/kernel/tracing", "/sys/firmware/efi/efivars", "/sys/hypervisor/s390",
	};

	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		if (strcmp(path, points[i]) == 0)
			return true;
	}
	return false;
}

/* What makes the kernel refuse another instance of what is on @dir: the first mount right on it, or
 * its own being read-only. */
static bool find_cover(const char *dir, char *out, size_t size)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	char *save = NULL;
	unsigned base = 0;

	if (fs_read(AT_FDCWD, "/proc/self/mountinfo", 16 << 20, &text, NULL, &ignored) < 0)
		return false;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char point[256], flags[128];
		unsigned id, parent;

		if (sscanf(l, "%u %u %*s %*s %255s %127s", &id, &parent, point, flags) != 4)
			continue;
		if (strcmp(point, dir) == 0) {
			base = id;
			(void)snprintf(out, size, "%s%s", str_starts(flags, "ro") ? dir : "",
				       str_starts(flags, "ro") ? " is read-only" : "");
		} else if (base && parent == base && !is_mount_point(point)) {
			(void)snprintf(out, size, "something is mounted on %s", point);
			return true;
		}
	}
	return out[0] != '\0';
}

/* A fresh procfs or sysfs: a user namespace gets one only if the visible one is not covered. */
static void fresh(struct doctor *d, struct husk_finding *f, enum doctor_try what, const char *dir)
{
	char cover[300] = "";

	if (untried(d, f, what))
		return;
	if (d->job.result[what] == EPERM && find_cover(dir, cover, sizeof(cover))) {
		doctor_say(d, f, HUSK_FAILS, EPERM, "a new one is refused because %s", cover);
		doctor_fix(d, f, "start the outer container with an unmasked %s (docker: "
				 "--security-opt systempaths=unconfined, podman: --security-opt "
				 "unmask=ALL, Kubernetes: procMount: Unmasked)", dir);
		return;
	}
	if (!failed(d, f, what, "mount a new one"))
		doctor_say(d, f, HUSK_WORKS, 0, "a new one can be mounted");
}

void doctor_proc(struct doctor *d, struct husk_finding *f)
{
	fresh(d, f, TRY_PROC, "/proc");
}

void doctor_sysfs(struct doctor *d, struct husk_finding *f)
{
	fresh(d, f, TRY_SYSFS, "/sys");
}

void doctor_dev(struct doctor *d, struct husk_finding *f)
{
	if (untried(d, f, TRY_DEVPTS) || failed(d, f, TRY_DEVPTS, "mount devpts") ||
	    failed(d, f, TRY_BIND, "bind /dev/null") || failed(d, f, TRY_MQUEUE, "mount mqueue"))
		return;
	doctor_say(d, f, HUSK_WORKS, 0, "devpts, mqueue, devices of the host");
}

void doctor_filter(struct doctor *d, struct husk_finding *f)
{
	if (d->job.result[TRY_FILTER] < 0)
		doctor_say(d, f, HUSK_UNTRIED, 0, "not tried: no child process");
	else if (!failed(d, f, TRY_FILTER, "install a filter"))
		doctor_say(d, f, HUSK_WORKS, 0, "filters can be installed%s%s",
			   d->seccomp > 0 ? ", under another one" : "",
			   d->no_new_privs ? "; no_new_privs is set" : "");
}

void doctor_notify(struct doctor *d, struct husk_finding *f)
{
	int error = d->job.result[TRY_NOTIFY];

	if (error == EBUSY) {
		doctor_say(d, f, HUSK_FAILS, error, "the filter of an outer container has it already");
		doctor_fix(d, f, "an outer seccomp profile without SCMP_ACT_NOTIFY");
	} else if (!failed(d, f, TRY_NOTIFY, "install a filter with a listener")) {
		doctor_say(d, f, error ? HUSK_UNTRIED : HUSK_WORKS, 0,
			   error ? "not tried" : "a listener can be installed");
	}
}

void doctor_overlay(struct doctor *d, struct husk_finding *f)
{
	if (!untried(d, f, TRY_OVERLAY) && !failed(d, f, TRY_OVERLAY, "mount an overlay"))
		doctor_say(d, f, HUSK_WORKS, 0, "can be mounted");
}

void doctor_idmapped(struct doctor *d, struct husk_finding *f)
{
	if (!d->h->privileged)
		doctor_say(d, f, HUSK_FAILS, EPERM, "only root may make them");
	else if (d->own_userns.sys)
		doctor_say(d, f, HUSK_UNTRIED, 0, "not tried: no user namespace");
	else if (!untried(d, f, TRY_IDMAP) && !failed(d, f, TRY_IDMAP, "map the ids of a mount"))
		doctor_say(d, f, HUSK_WORKS, 0, "can be made");
}
