/*
 * husk doctor about what lies around: directories, cgroups, programs and settings of the host.
 *
 * Permissions are asked of the kernel (access(2)) where trying would change something.
 *
 * Uses: doctor.h, cgroups, namespaces.    Used by: doctor.c.
 */
#include "runtime/doctor/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "cgroups/cgroups.h"
#include "namespaces/namespaces.h"
#include "runtime/base/child.h"
#include "runtime/base/fs.h"
#include "runtime/base/str.h"
#include "runtime/base/user.h"
#include "runtime/base/util.h"

/* Cut @path down to the part that exists; 0, or the errno of writing to it. */
static int writable(char *path)
{
	while (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) < 0) {
		char *slash = strrchr(path, '/');

		if (errno != ENOENT || slash == path || !slash)
			return errno;
		*slash = '\0';
	}
	return 0;
}

void doctor_state(struct doctor *d, struct husk_finding *f)
{
	cleanup_free char *path = strdup(d->h->root);
	struct husk_error err = { 0 };
	cleanup_close int fd = rt_open_root(d->h, false, &err);
	int error = path ? writable(path) : ENOMEM;

	/* What every other command would say; but it may yet have to be made. */
	if (fd < 0 && err.sys != ENOENT) {
		doctor_say(d, f, HUSK_FAILS, err.sys, "%s", err.msg);
		doctor_fix(d, f, "%s", err.hint[0] ? err.hint :
			   "--root=DIR, or XDG_RUNTIME_DIR, with a directory of this user's");
	} else if (error) {
		doctor_say(d, f, HUSK_FAILS, error, "%s: %s: %s", d->h->root, path ? path : "",
			   strerror(error));
		doctor_fix(d, f, "--root=DIR, or XDG_RUNTIME_DIR, with a directory this user may "
				 "write to");
	} else {
		doctor_say(d, f, HUSK_WORKS, 0, "%s", d->h->root);
	}
}

/* ---- cgroups ---- */

/* The controllers of the v2 cgroup @m, as its nearest directory that exists lists them. */
static void add_v2_controllers(const struct cg_mount *m, struct str *out)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%s", m->host_path, m->path);

	while (n < (int)sizeof(path) - 32) {
		cleanup_free char *text = NULL;
		struct husk_error ignored;
		char *end = strrchr(path, '/');

		(void)strcat(path, "/cgroup.controllers");
		if (fs_read(AT_FDCWD, path, 4096, &text, NULL, &ignored) == 0) {
			text[strcspn(text, "\n")] = '\0';
			str_printf(out, "%sv2%s%s", out->len ? " " : "", *text ? " " : "", text);
			return;
		}
		if (!end || end <= path + strlen(m->host_path))
			return;
		*end = '\0';
	}
}

/* What there is and is writable: "cpu memory"; *error: of the first that is not. */
static void list_controllers(const struct cg_mount *mounts, size_t n, struct str *out, int *error)
{
	for (size_t i = 0; i < n; i++) {
		char path[PATH_MAX];
		int ret;

		if (snprintf(path, sizeof(path), "%s%s", mounts[i].host_path, mounts[i].path) >=
		    (int)sizeof(path))
			continue;
		ret = writable(path);
		if (ret) {
			*error = *error ? *error : ret;
			continue;
		}
		if (mounts[i].v2)
			add_v2_controllers(&mounts[i], out);
		else
			str_printf(out, "%s%s", out->len ? " " : "", mounts[i].name);
	}
}

void doctor_cgroup(struct doctor *d, struct husk_finding *f)
{
	const struct oci_linux nothing = { 0 };
	const struct cg_options opts = { d->h->cgroup_manager, "husk-doctor", d->h->rootless, false,
					 0 };
	cleanup_str struct str names = { 0 };
	const struct cg_mount *mounts = NULL;
	struct cg_plan *plan = NULL;
	struct husk_error err = { 0 };
	int error = 0;
	size_t n;

	if (d->h->cgroup_manager == CG_NONE) {
		doctor_say(d, f, HUSK_UNTRIED, 0, "not tried: --cgroup-manager=disabled");
		return;
	}
	/* It makes them, wherever we may write. */
	if (d->h->cgroup_manager == CG_SYSTEMD) {
		doctor_systemd(d, f);
		return;
	}
	if (cg_plan_new(&nothing, &opts, &plan, &err) < 0) {
		doctor_say(d, f, HUSK_FAILS, err.sys, "%s", err.msg);
		doctor_fix(d, f, "%s", err.hint[0] ? err.hint : "--cgroup-manager=disabled");
		return;
	}
	n = cg_mounts(plan, &mounts);
	list_controllers(mounts, n, &names, &error);
	if (n == 0) {
		doctor_say(d, f, HUSK_FAILS, ENOENT, "no hierarchy is mounted");
		doctor_fix(d, f, "mount cgroup2 on /sys/fs/cgroup");
	} else if (names.len == 0 || (error && !d->h->rootless)) {
		doctor_say(d, f, HUSK_FAILS, error, "not writable: %s", strerror(error));
		doctor_fix(d, f, d->h->rootless ?
			   "delegate one: systemd-run --user --scope -p Delegate=yes husk ..." :
			   "a writable /sys/fs/cgroup, or do without: --cgroup-manager=disabled");
	} else {
		doctor_say(d, f, HUSK_WORKS, 0, "writable: %s", names.s ? names.s : "");
	}
	cg_plan_free(plan);
}

void doctor_systemd(struct doctor *d, struct husk_finding *f)
{
	struct husk_error err;

	if (cg_ask_systemd(d->h->rootless, &err) < 0) {
		doctor_say(d, f, HUSK_FAILS, err.sys, "%s", err.msg);
		/* Only one that hangs needs another cure. */
		doctor_fix(d, f, "%s", err.sys == ETIMEDOUT ? err.hint : d->h->rootless ?
			   "log in through PAM (ssh, machinectl shell), or loginctl enable-linger, on "
			   "a host with systemd" : "boot with systemd");
	} else {
		doctor_say(d, f, HUSK_WORKS, 0, "%s manager answers",
			   d->h->rootless ? "this user's" : "the system");
	}
}

/* ---- id ranges ---- */

/* The largest range that @file gives to this user. */
static bool find_range(const char *file, const char *name, uint32_t *start, uint32_t *size)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	char number[16], *save = NULL;

	*size = 0;
	(void)snprintf(number, sizeof(number), "%u", getuid());
	if (fs_read(AT_FDCWD, file, 1 << 20, &text, NULL, &ignored) < 0)
		return false;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char owner[128];
		uint32_t first, n;

		if (sscanf(l, "%127[^:]:%" SCNu32 ":%" SCNu32, owner, &first, &n) == 3 &&
		    n > *size && (strcmp(owner, name) == 0 || strcmp(owner, number) == 0)) {
			*start = first;
			*size = n;
		}
	}
	return *size > 0;
}

/* Why newuidmap, which is there, has no power; NULL: it has. */
static const char *powerless(const struct doctor *d, const char *path)
{
	struct statvfs vfs;
	struct stat st;

	if (stat(path, &st) < 0)
		return NULL;
	if (!(st.st_mode & S_ISUID) && getxattr(path, "security.capability", NULL, 0) <= 0)
		return "has lost its set-user-id bit";
	if (d->no_new_privs)
		return "has no power: no_new_privs is set";
	if (statvfs(path, &vfs) == 0 && (vfs.f_flag & ST_NOSUID))
		return "has no power: its file system is mounted nosuid";
	return NULL;
}

static const char *remedy(const char *why)
{
	return strstr(why, "no_new_privs") ? "start husk without no_new_privs (systemd: "
					     "NoNewPrivileges=no, docker: without "
					     "--security-opt no-new-privileges)" :
	       strstr(why, "nosuid") ? "mount -o remount,suid" :
				       "chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap";
}

static void try_ranges(struct doctor *d, struct husk_finding *f, uint32_t uid, uint32_t n_uids,
		       uint32_t gid, uint32_t n_gids)
{
	struct husk_error err = { 0 };
	char text[160];
	int fd;

	(void)snprintf(text, sizeof(text), "uids=0-%u-1#1-%u-%u;gids=0-%u-1#1-%u-%u", geteuid(),
		       uid, n_uids, getegid(), gid, n_gids);
	fd = ns_open_userns(text, &err);
	if (fd < 0) {
		doctor_say(d, f, HUSK_FAILS, err.sys, "%s", err.msg);
		if (err.hint[0])
			doctor_fix(d, f, "%s", err.hint);
		return;
	}
	(void)close(fd);
	doctor_say(d, f, HUSK_WORKS, 0, "%u uids from %u, %u gids from %u", n_uids, uid, n_gids, gid);
}

void doctor_subids(struct doctor *d, struct husk_finding *f)
{
	cleanup_free char *own_name = NULL;
	char path[64], number[16];
	uint32_t uid, n_uids, gid, n_gids;
	const char *name, *why, *helper = "newuidmap";

	if (d->h->privileged) {
		if (d->h->first_userns)
			doctor_say(d, f, HUSK_WORKS, 0, "any, as root");
		return;
	}
	if (!doctor_program(helper, path, sizeof(path)) ||
	    !doctor_program(helper = "newgidmap", path, sizeof(path))) {
		doctor_say(d, f, HUSK_FAILS, ENOENT, "%s is not installed", helper);
		doctor_fix(d, f, "install it (Debian: apt install uidmap)");
		return;
	}
	own_name = user_name(getuid());
	(void)snprintf(number, sizeof(number), "%u", getuid());
	name = own_name ? own_name : number;
	if (!find_range("/etc/subuid", name, &uid, &n_uids) ||
	    !find_range("/etc/subgid", name, &gid, &n_gids)) {
		doctor_say(d, f, HUSK_FAILS, ENOENT, "%s gives none to %s",
			   n_uids ? "/etc/subgid" : "/etc/subuid", name);
		doctor_fix(d, f, "a line \"%s:100000:65536\" in /etc/subuid and /etc/subgid", name);
		return;
	}
	why = powerless(d, path);
	if (why) {
		doctor_say(d, f, HUSK_FAILS, EPERM, "%s %s", helper, why);
		doctor_fix(d, f, "%s", remedy(why));
	} else if (d->userns) {
		doctor_say(d, f, HUSK_UNTRIED, 0, "not tried: no user namespace");
	} else {
		try_ranges(d, f, uid, n_uids, gid, n_gids);
	}
}

/* ---- the kernel's extras ---- */

void doctor_landlock(struct doctor *d, struct husk_finding *f)
{
	int abi = d->job.landlock;

	if (abi > 0) {
		doctor_say(d, f, HUSK_WORKS, 0, "ABI %d", abi);
	} else if (abi == -EOPNOTSUPP) {
		doctor_say(d, f, HUSK_FAILS, EOPNOTSUPP, "is off");
		doctor_fix(d, f, "boot with lsm=landlock,... on the kernel command line");
	} else {
		doctor_say(d, f, HUSK_FAILS, -abi, "%s", abi == -ENOSYS ?
			   "the kernel has none, or a filter hides it" : strerror(-abi));
	}
}

void doctor_lsms(struct doctor *d, struct husk_finding *f)
{
	/* From 100 on, as linux/lsm.h numbers them. */
	static const char *const known[] = { "capability", "selinux", "smack", "tomoyo", "apparmor",
					     "yama", "loadpin", "safesetid", "lockdown", "bpf",
					     "landlock", "ima", "evm", "ipe" };
	cleanup_free char *text = NULL;
	cleanup_str struct str names = { 0 };
	struct husk_error ignored;

	for (int i = 0; i < d->job.n_lsm; i++) {
		uint64_t id = d->job.lsm[i];

		if (id >= 100 && id - 100 < ARRAY_SIZE(known))
			str_printf(&names, "%s%s", names.len ? " " : "", known[id - 100]);
	}
	if (names.len == 0 && fs_read(AT_FDCWD, "/sys/kernel/security/lsm", 4096, &text, NULL,
				      &ignored) == 0)
		str_add(&names, text);
	if (names.len > 0)
		doctor_say(d, f, HUSK_WORKS, 0, "%s", names.s ? names.s : "");
	else
		doctor_say(d, f, HUSK_UNTRIED, 0, "unknown: securityfs is not mounted");
}

void doctor_ptrace(struct doctor *d, struct husk_finding *f)
{
	long scope = 0;
	bool known = doctor_sysctl("kernel/yama/ptrace_scope", &scope);

	if (scope < 2) {
		doctor_say(d, f, HUSK_WORKS, 0, "%s", !known || scope == 0 ? "not restricted" :
							"descendants only (ptrace_scope 1)");
		return;
	}
	doctor_say(d, f, HUSK_LIMITED, EPERM, "kernel.yama.ptrace_scope is %ld", scope);
	doctor_fix(d, f, scope == 3 ? "boot with another setting: 3 cannot be taken back" :
				      "sysctl -w kernel.yama.ptrace_scope=1");
}

void doctor_fuse(struct doctor *d, struct husk_finding *f)
{
	if (access("/dev/fuse", R_OK | W_OK) == 0) {
		doctor_say(d, f, HUSK_WORKS, 0, "can be opened");
		return;
	}
	doctor_say(d, f, HUSK_FAILS, errno, "%s", strerror(errno));
	doctor_fix(d, f, f->sys == ENOENT ? "modprobe fuse, or --device /dev/fuse of the outer "
					    "container" :
					    "let this user open it");
}

/* ---- programs ---- */

void doctor_pasta(struct doctor *d, struct husk_finding *f)
{
	char path[64];

	if (!doctor_program("pasta", path, sizeof(path))) {
		doctor_say(d, f, HUSK_FAILS, ENOENT, "is not installed");
		doctor_fix(d, f, "install it (Debian: apt install passt)");
	} else if (access("/dev/net/tun", R_OK | W_OK) < 0) {
		doctor_say(d, f, HUSK_FAILS, errno, "/dev/net/tun: %s", strerror(errno));
		doctor_fix(d, f, "modprobe tun, or --device /dev/net/tun of the outer container");
	} else {
		doctor_say(d, f, HUSK_WORKS, 0, "%s", path);
	}
}

/* Whether the kernel has nftables is not asked: it would load modules. */
void doctor_libmnl(struct doctor *d, struct husk_finding *f)
{
	struct husk_error err;

	if (ns_network_library(&err) == 0) {
		doctor_say(d, f, HUSK_WORKS, 0, "is installed");
		return;
	}
	doctor_say(d, f, HUSK_FAILS, err.sys, "%s", err.msg);
	doctor_fix(d, f, "%s", err.hint);
}

void doctor_forward(struct doctor *d, struct husk_finding *f)
{
	long on;

	if (!doctor_sysctl("net/ipv4/ip_forward", &on)) {
		doctor_say(d, f, HUSK_UNTRIED, 0, "unknown: /proc/sys is not there");
	} else if (on) {
		doctor_say(d, f, HUSK_WORKS, 0, "net.ipv4.ip_forward is 1");
	} else {
		doctor_say(d, f, HUSK_FAILS, 0, "net.ipv4.ip_forward is 0");
		doctor_fix(d, f, "sysctl -w net.ipv4.ip_forward=1");
	}
}

void doctor_criu(struct doctor *d, struct husk_finding *f)
{
	static char *const argv[] = { (char *)"criu", (char *)"check", NULL };
	static char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	char path[64], tail[256];
	struct child child = { .path = path, .argv = argv, .env = env, .cwd = "/", .in = -1,
			       .out = -1, .err = -1, .seconds = 1 };
	struct husk_error err;
	siginfo_t si;

	if (!doctor_program("criu", path, sizeof(path))) {
		doctor_say(d, f, HUSK_FAILS, ENOENT, "is not installed");
		doctor_fix(d, f, "install it (Debian: apt install criu)");
	} else if (!d->h->privileged) {
		doctor_say(d, f, HUSK_UNTRIED, 0, "not tried: needs root");
	} else if (child_run(&child, &si, tail, sizeof(tail), &err) < 0) {
		doctor_say(d, f, HUSK_FAILS, err.sys, "criu check: %s", err.msg);
	} else if (si.si_code == CLD_EXITED && si.si_status == 0) {
		doctor_say(d, f, HUSK_WORKS, 0, "criu check is content");
	} else {
		doctor_say(d, f, HUSK_FAILS, 0, "criu check: %s", tail[0] ? tail : "fails");
		doctor_fix(d, f, "a newer criu, or a kernel with CONFIG_CHECKPOINT_RESTORE");
	}
}
