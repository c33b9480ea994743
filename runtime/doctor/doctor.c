/*
 * husk doctor: what this host lets this user do, by trying it.  See doctor.h.
 *
 * Uses: namespaces, doctor_*.c.    Used by: the library's users.
 */
#include "runtime/doctor/doctor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "namespaces/namespaces.h"
#include "runtime/base/fs.h"
#include "runtime/base/json_write.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

enum { STACK = 256 << 10, PATIENCE_MS = 2000 };

/* When a row is needed for every container. */
enum who { NOBODY, EVERYBODY, THE_PRIVILEGED, THE_UNPRIVILEGED, NOT_ROOTLESS };

static const struct {
	const char *name;
	enum who needed_by;
	enum husk_need otherwise;
	const char *use;
	doctor_judge *judge;
} probes[] = {
	{ "kernel", EVERYBODY, 0, "all that follows", doctor_kernel },
	{ "system calls", EVERYBODY, 0, "making a container", doctor_calls },
	{ "husk-init", EVERYBODY, 0, "a container's first process", doctor_init },
	{ "user namespace", THE_UNPRIVILEGED, HUSK_FOR_MORE, "containers without root",
	  doctor_userns },
	{ "id map", THE_UNPRIVILEGED, HUSK_FOR_MORE, "being root in a user namespace",
	  doctor_id_map },
	{ "capabilities", EVERYBODY, 0, "setting up what is in a namespace", doctor_caps },
	{ "namespaces", EVERYBODY, 0, "what a container has of its own", doctor_namespaces },
	{ "root filesystem", EVERYBODY, 0, "what a container sees of files", doctor_root },
	{ "/proc", EVERYBODY, 0, "a container's own processes", doctor_proc },
	{ "/dev", EVERYBODY, 0, "devices and terminals", doctor_dev },
	{ "seccomp", EVERYBODY, 0, "refusing system calls", doctor_filter },
	{ "state directory", EVERYBODY, 0, "remembering containers", doctor_state },
	{ "cgroup", NOT_ROOTLESS, HUSK_FOR_MORE, "limits, pause, statistics", doctor_cgroup },
	{ "/sys", THE_PRIVILEGED, HUSK_FOR_MORE, "sysfs with a network namespace", doctor_sysfs },
	{ "time namespace", NOBODY, HUSK_FOR_MORE, "linux.timeOffsets", doctor_time },
	{ "id ranges", NOBODY, HUSK_FOR_MORE, "more than one user in a container", doctor_subids },
	{ "id-mapped mounts", NOBODY, HUSK_FOR_MORE, "shared files with other owners",
	  doctor_idmapped },
	{ "overlay", NOBODY, HUSK_FOR_MORE, "images that are not copied", doctor_overlay },
	{ "seccomp notify", NOBODY, HUSK_FOR_MORE, "SCMP_ACT_NOTIFY", doctor_notify },
	{ "systemd", NOBODY, HUSK_FOR_MORE, "cgroups by systemd", doctor_systemd },
	{ "landlock", NOBODY, HUSK_OPTIONAL, "rules about files without root", doctor_landlock },
	{ "security modules", NOBODY, HUSK_OPTIONAL, "AppArmor profiles, SELinux labels",
	  doctor_lsms },
	{ "ptrace", NOBODY, HUSK_OPTIONAL, "debuggers, criu", doctor_ptrace },
	{ "/dev/fuse", NOBODY, HUSK_OPTIONAL, "fuse-overlayfs and the like", doctor_fuse },
	{ "pasta", NOBODY, HUSK_OPTIONAL, "network without root", doctor_pasta },
	{ "libmnl", NOBODY, HUSK_OPTIONAL, "networks of husk's own, linux.netDevices", doctor_libmnl },
	{ "ip forwarding", NOBODY, HUSK_OPTIONAL, "bridged networks", doctor_forward },
	{ "criu", NOBODY, HUSK_OPTIONAL, "checkpoint and restore", doctor_criu },
};

/* What is handed out is the first member. */
struct report {
	struct husk_diagnosis d;
	struct husk_finding findings[ARRAY_SIZE(probes)];
	struct arena arena;
};

/* ---- for the judges ---- */

static const char *PRINTF_LIKE(2, 0) text(struct doctor *d, const char *fmt, va_list ap)
{
	cleanup_free char *s = NULL;
	const char *kept = vasprintf(&s, fmt, ap) < 0 ? NULL : arena_strdup(d->arena, s);

	d->failed = d->failed || !kept;
	return kept;
}

void doctor_say(struct doctor *d, struct husk_finding *f, enum husk_verdict verdict, int sys,
		const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	f->what = text(d, fmt, ap);
	va_end(ap);
	f->verdict = verdict;
	f->sys = sys;
}

void doctor_fix(struct doctor *d, struct husk_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	f->fix = text(d, fmt, ap);
	va_end(ap);
}

bool doctor_sysctl(const char *name, long *out)
{
	cleanup_free char *value = NULL;
	struct husk_error ignored;
	char path[128], *end;
	long n;

	(void)snprintf(path, sizeof(path), "/proc/sys/%s", name);
	if (fs_read(AT_FDCWD, path, 4096, &value, NULL, &ignored) < 0)
		return false;
	n = strtol(value, &end, 10);
	if (end == value)
		return false;
	*out = n;
	return true;
}

const char *doctor_version(unsigned version, char buf[16])
{
	(void)snprintf(buf, 16, "%u.%u", version / 100, version % 100);
	return buf;
}

bool doctor_program(const char *name, char *path, size_t size)
{
	static const char *const dirs[] = { "/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin",
					    "/sbin", "/usr/local/sbin" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		(void)snprintf(path, size, "%s/%s", dirs[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* ---- the child ---- */

/* Until it has ended, but not for ever: a supervisor may hold back one of its calls. */
static void wait_for(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	if (poll(&p, 1, PATIENCE_MS) == 0)
		(void)sys_pidfd_send_signal(pidfd, SIGKILL, 0);
	(void)waitid(P_PIDFD, (id_t)pidfd, &(siginfo_t){ 0 }, WEXITED | __WALL);
}

/* The caller's own ids as 0, as `husk run` has them written for a caller without privilege. */
static void write_maps(struct doctor *d, pid_t pid)
{
	const struct oci_id_map uid = { .container_id = 0, .host_id = geteuid(), .size = 1 };
	const struct oci_id_map gid = { .container_id = 0, .host_id = getegid(), .size = 1 };
	const struct ns_plan maps = {
		.uid_maps = &uid, .n_uid_maps = 1, .gid_maps = &gid, .n_gid_maps = 1,
	};

	(void)ns_write_id_maps(&maps, pid, &d->map_error);
}

/* Run the child in new namespaces @flags; its pid, or -errno when it could not be made. */
static int run_child(struct doctor *d, int flags, struct husk_error *err)
{
	cleanup_close int go = -1, wake = -1, pidfd = -1;
	sigset_t all, old;
	char *stack;
	int p[2], pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(err, "pipe");
	go = p[0];
	wake = p[1];
	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK,
		     -1, 0);
	if (stack == MAP_FAILED)
		return err_sys(err, "map a stack");
	d->job.go = go;
	/* No exit signal: the caller's SIGCHLD handler and wait() do not see this child. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = clone(doctor_child, stack + STACK, CLONE_VM | CLONE_PIDFD | flags, &d->job, &pidfd);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (pid < 0) {
		err_sys(err, "clone");
		(void)munmap(stack, STACK);
		return -err->sys;
	}
	if (flags & CLONE_NEWUSER)
		write_maps(d, pid);
	(void)!write(wake, "", 1);
	wait_for(pidfd);
	(void)munmap(stack, STACK);
	return pid;
}

static void try_all(struct doctor *d)
{
	struct husk_error err = { 0 };
	char own[64];
	int ret;

	for (int i = 0; i < DOCTOR_TRIES; i++)
		d->job.result[i] = DOCTOR_UNTRIED;
	d->job.landlock = d->job.n_lsm = -ENOSYS;
	(void)snprintf(own, sizeof(own), "uids=0-%u-1;gids=0-%u-1", geteuid(), getegid());
	d->job.userns = d->h->privileged ? ns_open_userns(own, &d->own_userns) : -1;
	d->job.namespaces = true;
	ret = run_child(d, d->h->privileged ? 0 : CLONE_NEWUSER, &err);
	if (ret < 0) {
		d->userns = err.sys;
		d->job.namespaces = false;
		if (run_child(d, 0, &err) < 0)
			d->child = err.sys;
	}
	for (int i = 0; i < DOCTOR_CALL_COUNT; i++)
		d->blocked = d->blocked || d->job.call[i];
	if (d->job.userns >= 0)
		(void)close(d->job.userns);
}

/* ---- facts ---- */

static long status_number(const char *status, const char *key, long unknown)
{
	const char *p = status ? strstr(status, key) : NULL;

	return p ? strtol(p + strlen(key), NULL, 10) : unknown;
}

static void look(struct doctor *d)
{
	cleanup_free char *status = NULL;
	struct husk_error ignored;
	struct utsname u;
	unsigned major = 0, minor = 0;

	if (fs_read(AT_FDCWD, "/proc/thread-self/status", 65536, &status, NULL, &ignored) < 0)
		status = NULL;
	d->seccomp = (int)status_number(status, "\nSeccomp:", -1);
	d->no_new_privs = status_number(status, "\nNoNewPrivs:", 0) == 1;
	if (uname(&u) == 0) {
		(void)snprintf(d->release, sizeof(d->release), "%s", u.release);
		if (sscanf(u.release, "%u.%u", &major, &minor) == 2)
			d->kernel = major * 100 + minor;
	}
}

/* ---- the report ---- */

static enum husk_need need_of(const struct husk *h, size_t i)
{
	const bool needed[] = {
		[NOBODY] = false,
		[EVERYBODY] = true,
		[THE_PRIVILEGED] = h->privileged,
		[THE_UNPRIVILEGED] = !h->privileged,
		[NOT_ROOTLESS] = !h->rootless && h->cgroup_manager != CG_NONE,
	};

	return needed[probes[i].needed_by] ? HUSK_NEEDED : probes[i].otherwise;
}

static void judge_all(struct doctor *d, struct report *r)
{
	for (enum husk_need need = HUSK_NEEDED; need <= HUSK_OPTIONAL; need++) {
		for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
			struct husk_finding *f = &r->findings[r->d.n];

			if (need_of(d->h, i) != need)
				continue;
			*f = (struct husk_finding){ .name = probes[i].name, .need = need,
						    .use = probes[i].use };
			probes[i].judge(d, f);
			if (!f->what)
				continue;
			r->d.n++;
			if (need == HUSK_NEEDED && f->verdict >= HUSK_FAILS)
				r->d.works = false;
		}
	}
}

static char *to_json(const struct doctor *d, const struct husk_diagnosis *diagnosis)
{
	static const char *const needs[] = { "", "needed", "more", "optional" };
	static const char *const verdicts[] = { "", "works", "limited", "fails", "untried" };
	struct json_writer w = { .pretty = true };

	json_open(&w, NULL, '{');
	json_put_bool(&w, "works", diagnosis->works);
	json_put_string(&w, "version", HUSK_VERSION);
	json_put_string(&w, "kernel", d->release);
	json_put_uint(&w, "uid", geteuid());
	json_put_bool(&w, "privileged", d->h->privileged);
	json_open(&w, "findings", '[');
	for (size_t i = 0; i < diagnosis->n; i++) {
		const struct husk_finding *f = &diagnosis->findings[i];

		json_open(&w, NULL, '{');
		json_put_string(&w, "name", f->name);
		json_put_string(&w, "need", needs[f->need]);
		json_put_string(&w, "verdict", verdicts[f->verdict]);
		json_put_string(&w, "what", f->what);
		json_put_string(&w, "use", f->use);
		if (f->sys)
			json_put_string(&w, "errno", strerrorname_np(f->sys));
		if (f->fix)
			json_put_string(&w, "fix", f->fix);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	json_close(&w, '}');
	return str_take(&w.out);
}

int husk_doctor(struct husk *h, struct husk_diagnosis **out, struct husk_error *err)
{
	struct report *r = calloc(1, sizeof(*r));
	cleanup_free struct doctor *d = calloc(1, sizeof(*d));

	if (!r || !d) {
		free(r);
		return err_nomem(err, "doctor");
	}
	d->h = h;
	d->arena = &r->arena;
	r->d.works = true;
	r->d.findings = r->findings;
	look(d);
	try_all(d);
	judge_all(d, r);
	r->d.json = to_json(d, &r->d);
	if (d->failed || !r->d.json) {
		husk_diagnosis_free(&r->d);
		return err_nomem(err, "doctor");
	}
	*out = &r->d;
	return 0;
}

void husk_diagnosis_free(struct husk_diagnosis *diagnosis)
{
	struct report *r = (struct report *)diagnosis;

	if (!r)
		return;
	arena_done(&r->arena);
	free(r->d.json);
	free(r);
}
