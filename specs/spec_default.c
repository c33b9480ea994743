/*
 * The configuration of `husk spec`: the one that `runc spec` writes, so that habits and scripts
 * carry over, with husk's name, and with a seccomp profile.
 *
 * Uses: seccomp_default.c, runtime/base/json_write.h.    Used by: runtime.
 */
#include "runtime/base/json_write.h"
#include "runtime/base/util.h"
#include "specs/seccomp_default.h"
#include "specs/specs.h"

enum { MAX_OPTIONS = 8 };

struct default_mount {
	const char *destination, *type, *source;
	const char *options[MAX_OPTIONS];	/* NULL-terminated */
	enum { ALWAYS, ROOTFUL, ROOTLESS } when;
};

/* A user namespace maps neither group 5 (tty), nor owns the network namespace that a new sysfs
 * would show: rootless has two rows of its own. */
static const struct default_mount default_mounts[] = {
	{ "/proc", "proc", "proc", { NULL }, ALWAYS },
	{ "/dev", "tmpfs", "tmpfs", { "nosuid", "strictatime", "mode=755", "size=65536k", NULL },
	  ALWAYS },
	{ "/dev/pts", "devpts", "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5", NULL },
	  ROOTFUL },
	{ "/dev/pts", "devpts", "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", NULL }, ROOTLESS },
	{ "/dev/shm", "tmpfs", "shm",
	  { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k", NULL }, ALWAYS },
	{ "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev", NULL }, ALWAYS },
	{ "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro", NULL }, ROOTFUL },
	{ "/sys", "none", "/sys", { "rbind", "nosuid", "noexec", "nodev", "ro", NULL }, ROOTLESS },
	{ "/sys/fs/cgroup", "cgroup", "cgroup",
	  { "nosuid", "noexec", "nodev", "relatime", "ro", NULL }, ALWAYS },
};

static const char *const caps[] = {
	"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE", NULL,
};
static const char *const masked_paths[] = {
	"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
	"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
	NULL,
};
static const char *const readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

static void put_process(struct json_writer *w)
{
	static const char *const sets[] = { "bounding", "effective", "permitted" };
	static const char *const args[] = { "sh", NULL };
	static const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm",
		NULL,
	};

	json_open(w, "process", '{');
	json_put_bool(w, "terminal", true);
	json_open(w, "user", '{');
	json_put_int(w, "uid", 0);
	json_put_int(w, "gid", 0);
	json_close(w, '}');
	json_put_strings(w, "args", args);
	json_put_strings(w, "env", env);
	json_put_string(w, "cwd", "/");
	json_open(w, "capabilities", '{');
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		json_put_strings(w, sets[i], caps);
	json_close(w, '}');
	json_open(w, "rlimits", '[');
	json_open(w, NULL, '{');
	json_put_string(w, "type", "RLIMIT_NOFILE");
	json_put_int(w, "hard", 1024);
	json_put_int(w, "soft", 1024);
	json_close(w, '}');
	json_close(w, ']');
	json_put_bool(w, "noNewPrivileges", true);
	json_close(w, '}');
}

static void put_mounts(struct json_writer *w, bool rootless)
{
	json_open(w, "mounts", '[');
	for (size_t i = 0; i < ARRAY_SIZE(default_mounts); i++) {
		const struct default_mount *m = &default_mounts[i];

		if (m->when == (rootless ? ROOTFUL : ROOTLESS))
			continue;
		json_open(w, NULL, '{');
		json_put_string(w, "destination", m->destination);
		json_put_string(w, "type", m->type);
		json_put_string(w, "source", m->source);
		if (m->options[0])
			json_put_strings(w, "options", m->options);
		json_close(w, '}');
	}
	json_close(w, ']');
}

/* Root in the container is @host_id outside. */
static void put_id_map(struct json_writer *w, const char *key, uint32_t host_id)
{
	json_open(w, key, '[');
	json_open(w, NULL, '{');
	json_put_int(w, "containerID", 0);
	json_put_uint(w, "hostID", host_id);
	json_put_int(w, "size", 1);
	json_close(w, '}');
	json_close(w, ']');
}

static void put_namespaces(struct json_writer *w, bool rootless)
{
	static const char *const rootful_types[] = {
		"pid", "network", "ipc", "uts", "mount", "cgroup", NULL,
	};
	static const char *const rootless_types[] = {
		"pid", "ipc", "uts", "mount", "cgroup", "user", NULL,
	};
	const char *const *type = rootless ? rootless_types : rootful_types;

	json_open(w, "namespaces", '[');
	for (; *type; type++) {
		json_open(w, NULL, '{');
		json_put_string(w, "type", *type);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void put_device_rules(struct json_writer *w)
{
	json_open(w, "resources", '{');
	json_open(w, "devices", '[');
	json_open(w, NULL, '{');
	json_put_bool(w, "allow", false);
	json_put_string(w, "access", "rwm");
	json_close(w, '}');
	json_close(w, ']');
	json_close(w, '}');
}

char *oci_spec_write(bool rootless, uint32_t uid, uint32_t gid)
{
	struct json_writer w = { .pretty = true };

	json_open(&w, NULL, '{');
	json_put_string(&w, "ociVersion", HUSK_SPEC_VERSION);
	put_process(&w);
	json_open(&w, "root", '{');
	json_put_string(&w, "path", "rootfs");
	json_put_bool(&w, "readonly", true);
	json_close(&w, '}');
	json_put_string(&w, "hostname", "husk");
	put_mounts(&w, rootless);
	json_open(&w, "linux", '{');
	if (rootless) {
		put_id_map(&w, "uidMappings", uid);
		put_id_map(&w, "gidMappings", gid);
	} else {
		put_device_rules(&w);
	}
	put_namespaces(&w, rootless);
	oci_put_default_seccomp(&w);
	json_put_strings(&w, "maskedPaths", masked_paths);
	json_put_strings(&w, "readonlyPaths", readonly_paths);
	json_close(&w, '}');
	json_close(&w, '}');
	return str_take(&w.out);
}
