/*
 * The annotations husk heeds: see annotations.h, and the table at the end of this file.
 *
 * Uses: specs.    Used by: launch.c, container.c, validate.c, features.c.
 */
#include "runtime/annotations.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

#define SYSTEMD_PROPERTY "org.systemd.property."

/* An annotation that is there: where it was found, and what it sets. */
struct annotation {
	struct oci_config *config;
	const char *key, *value;
	char pointer[200];	/* "/annotations/KEY" */
};

typedef int apply_fn(struct annotation *a, struct husk_error *err);

/* ---- what values may be -------------------------------------------------------------------- */

static int check_absolute(const struct annotation *a, struct husk_error *err)
{
	if (a->value[0] == '/' && strlen(a->value) < PATH_MAX)
		return 0;
	return err_config(err, a->pointer, "\"%.64s\" is not an absolute path", a->value);
}

/* One component of a path: a "/" or ".." would lead out of the container's own cgroup. */
static int check_cgroup_name(const struct annotation *a, struct husk_error *err)
{
	if (strchr(a->value, '/') || strcmp(a->value, "..") == 0 || strcmp(a->value, ".") == 0)
		return err_config(err, a->pointer, "\"%.64s\": expected the name of one cgroup, "
				  "without \"/\", \".\" or \"..\"", a->value);
	if (strlen(a->value) > NAME_MAX)
		return err_config(err, a->pointer, "\"%.20s...\" is longer than %d bytes", a->value,
				  NAME_MAX);
	for (const char *p = a->value; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 127)
			return err_config(err, a->pointer, "control characters are not allowed in "
					  "the name of a cgroup");
	}
	return 0;
}

static int refuse(const struct annotation *a, const char *why, const char *hint,
		  struct husk_error *err)
{
	err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, "%s: \"%.64s\": %s", a->pointer, a->value, why);
	(void)snprintf(err->pointer, sizeof(err->pointer), "%s", a->pointer);
	return err_hint(err, "%s", hint);
}

/* ---- process ------------------------------------------------------------------------------- */

/* crun heeds its being there, whatever the value. */
static int keep_original_groups(struct annotation *a, struct husk_error *err)
{
	(void)err;
	a->config->linux_.keep_groups = true;
	return 0;
}

static int pidfd_receiver(struct annotation *a, struct husk_error *err)
{
	a->config->pidfd_receiver = a->value;
	return check_absolute(a, err);
}

static int handler(struct annotation *a, struct husk_error *err)
{
	return refuse(a, "husk has no handlers for other kinds of programs (krun, wasm, dotnet)",
		      "remove the annotation to run the program as it is, or use crun", err);
}

/* ---- seccomp ------------------------------------------------------------------------------- */

/* The profile, or an empty one where there is none: only @bpf can then make use of it. */
static struct oci_seccomp *profile(struct annotation *a)
{
	struct oci_linux *lin = &a->config->linux_;

	if (!lin->seccomp)
		lin->seccomp = arena_alloc(&a->config->arena, sizeof(*lin->seccomp));
	return lin->seccomp;
}

static int seccomp_receiver(struct annotation *a, struct husk_error *err)
{
	/* Without a profile nothing could be sent there; one of _bpf_data comes before, see below. */
	if (a->config->linux_.seccomp)
		a->config->linux_.seccomp->listener_path = a->value;
	return check_absolute(a, err);
}

static int seccomp_fail_unknown(struct annotation *a, struct husk_error *err)
{
	(void)err;
	if (a->config->linux_.seccomp)
		a->config->linux_.seccomp->fail_unknown = true;
	return 0;
}

static int seccomp_bpf(struct annotation *a, struct husk_error *err)
{
	struct oci_seccomp *s = profile(a);

	if (!s)
		return err_nomem(err, "seccomp filter");
	return rt_seccomp_decode(a->value, &a->config->arena, a->pointer, &s->bpf, &s->n_bpf, err);
}

static int seccomp_plugins(struct annotation *a, struct husk_error *err)
{
	return refuse(a, "husk loads no plugins: they would run with the runtime's privilege",
		      "let an agent listen on linux.seccomp.listenerPath instead", err);
}

/* ---- Landlock ------------------------------------------------------------------------------ */

/* process/landlock.c reads it, unless the command line says something instead. */
static int landlock(struct annotation *a, struct husk_error *err)
{
	(void)err;
	a->config->landlock = a->value;
	return 0;
}

/* ---- root filesystem ----------------------------------------------------------------------- */

static int mount_context(struct annotation *a, struct husk_error *err)
{
	static const char *const types[] = { "context", "fscontext", "defcontext", "rootcontext" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(a->value, types[i]) == 0) {
			a->config->linux_.mount_context = types[i];
			return 0;
		}
	}
	return err_config(err, a->pointer, "\"%.64s\" is none of \"context\", \"fscontext\", "
			  "\"defcontext\", \"rootcontext\"", a->value);
}

/* ---- cgroups ------------------------------------------------------------------------------- */

static int force_cgroup_v1(struct annotation *a, struct husk_error *err)
{
	a->config->linux_.cgroup_v1_systemd = a->value;
	return check_absolute(a, err);
}

/* An empty name stands for no cgroup below the scope. */
static int subgroup(struct annotation *a, struct husk_error *err)
{
	a->config->linux_.cgroup_subgroup = a->value;
	return check_cgroup_name(a, err);
}

static int delegate_cgroup(struct annotation *a, struct husk_error *err)
{
	if (!*a->value)
		return err_config(err, a->pointer, "is empty: expected the name of a cgroup");
	a->config->linux_.cgroup_delegate = a->value;
	return check_cgroup_name(a, err);
}

/*
 * CRI-O writes a pids limit of 0 where it wants none (seen in 1.37); read literally its containers
 * could not fork.  From everybody else 0 is a limit.
 */
static int crio_container(struct annotation *a, struct husk_error *err)
{
	struct oci_resources *res = a->config->linux_.resources;

	(void)err;
	if (res && res->has_pids_limit && res->pids_limit == 0)
		res->has_pids_limit = false;
	return 0;
}

/*
 * What systemd.resource-control(5), .kill(5) and .scope(5) have for a scope, and its order among
 * other units.  Not here: what starts or stops other units (Requires, Conflicts, OnFailure, ...),
 * what would move it (Slice, Delegate), and what runs programs (Exec*), which scopes lack anyway.
 * "*" at the end: a prefix.
 */
bool rt_systemd_property_allowed(const char *name)
{
	static const char *const allowed[] = {
		"After", "AllowedCPUs", "AllowedMemoryNodes", "Before", "BlockIO*", "CPU*",
		"CollectMode", "CoredumpReceive", "DefaultDependencies", "DefaultMemory*",
		"DefaultStartupMemoryLow", "Description", "DevicePolicy", "DeviceAllow",
		"DisableControllers", "Documentation", "FinalKillSignal", "IO*", "IPAccounting",
		"IPAddressAllow", "IPAddressDeny", "KillMode", "KillSignal", "ManagedOOM*", "Memory*",
		"OOMPolicy", "RestartKillSignal", "RuntimeMax*", "RuntimeRandomizedExtra*",
		"SendSIGHUP", "SendSIGKILL", "SocketBindAllow", "SocketBindDeny", "Startup*",
		"TasksAccounting", "TasksMax", "TimeoutStop*", "WatchdogSignal",
	};

	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		size_t len = strlen(allowed[i]);

		if (allowed[i][len - 1] == '*' ? strncmp(name, allowed[i], len - 1) == 0 :
						 strcmp(name, allowed[i]) == 0)
			return true;
	}
	return false;
}

static bool is_word(const char *s)
{
	size_t n = 0;

	while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z'))
		n++;
	return n >= 3 && !s[n];
}

/* The value is GVariant text, which the systemd cgroup manager reads. */
static int systemd_property(struct annotation *a, struct husk_error *err)
{
	const char *name = a->key + strlen(SYSTEMD_PROPERTY);

	if (!is_word(name))
		return err_config(err, a->pointer, "\"%.64s\" is not the name of a property: "
				  "expected at least three letters", name);
	if (str_starts(name, "Exec"))
		return err_config(err, a->pointer, "%.64s: would run a program as a service of the "
				  "host, which a container may not ask for", name);
	if (!rt_systemd_property_allowed(name)) {
		err_config(err, a->pointer, "%.64s: not a property that a container's scope may be "
			   "given", name);
		return err_hint(err, "allowed is what systemd.resource-control(5), systemd.kill(5) "
				"and systemd.scope(5) have for a scope, and After and Before");
	}
	return *a->value ? 0 : err_config(err, a->pointer, "is empty: expected a value such as "
					  "\"uint64 5\" or \"'text'\"");
}

void rt_annotations_warn_no_systemd(const struct oci_config *config)
{
	for (size_t i = 0; i < config->n_annotations; i++) {
		if (str_starts(config->annotations[i].key, SYSTEMD_PROPERTY))
			log_warn("annotation %s: has an effect only with the systemd cgroup "
				 "manager, ignoring", config->annotations[i].key);
	}
}

/* ---- checkpoint and restore ---------------------------------------------------------------- */

/* Read by criu as root; an empty value stands for no configuration file. */
static int criu_config(struct annotation *a, struct husk_error *err)
{
	a->config->criu_config = a->value;
	return *a->value ? check_absolute(a, err) : 0;
}

/* ---- hooks --------------------------------------------------------------------------------- */

static int hooks_stdout(struct annotation *a, struct husk_error *err)
{
	a->config->hooks.stdout_path = a->value;
	return check_absolute(a, err);
}

static int hooks_stderr(struct annotation *a, struct husk_error *err)
{
	a->config->hooks.stderr_path = a->value;
	return check_absolute(a, err);
}

/* ---- network ------------------------------------------------------------------------------- */

/* namespaces/net/ reads them, together with what the command line says instead. */
static int network(struct annotation *a, struct husk_error *err)
{
	struct oci_network_words *n = &a->config->network;
	const char *tail = a->key + strlen("org.husk.network");

	(void)err;
	if (!*tail)
		n->network = a->value;
	else if (strcmp(tail, ".publish") == 0)
		n->publish = a->value;
	else if (strcmp(tail, ".dns") == 0)
		n->dns = a->value;
	else
		n->egress = a->value;
	return 0;
}

/* ---- the table ----------------------------------------------------------------------------- */

/*
 * ROW(name, function), in the order in which they are applied; "." at the end is a prefix.  Every row is something that a
 * stranger's annotation could change, so each is in features.md's list of unsafe ones.  Read where
 * it is used, and harmless: org.opencontainers.image.stopSignal (kill.c); only warned of: .os and
 * .architecture.
 *
 *   name                                  sets                       carried out by
 */
#define ANNOTATIONS(ROW)                                                                            \
	ROW("io.kubernetes.cri-o.ContainerType",    crio_container)       /* cgroups/ */            \
	ROW("org.husk.landlock",                    landlock)             /* process/landlock.c */  \
	ROW("org.husk.network",                     network)              /* namespaces/net/ */     \
	ROW("org.husk.network.dns",                 network)              /* likewise */            \
	ROW("org.husk.network.egress",              network)              /* likewise */            \
	ROW("org.husk.network.publish",             network)              /* likewise */            \
	ROW("org.criu.config",                      criu_config)          /* criu/external.c */     \
	ROW(SYSTEMD_PROPERTY,                       systemd_property)     /* systemd manager */     \
	ROW("run.oci.delegate-cgroup",              delegate_cgroup)      /* cgroups/cg_delegate.c */ \
	ROW("run.oci.handler",                      handler)              /* refused */             \
	ROW("run.oci.hooks.stderr",                 hooks_stderr)         /* hooks.c */             \
	ROW("run.oci.hooks.stdout",                 hooks_stdout)         /* hooks.c */             \
	ROW("run.oci.keep_original_groups",         keep_original_groups) /* process/plan.c */      \
	ROW("run.oci.mount_context_type",           mount_context)        /* rootfs/mount_plan.c */ \
	ROW("run.oci.pidfd_receiver",               pidfd_receiver)       /* create.c */            \
	ROW("run.oci.seccomp.plugins",              seccomp_plugins)      /* refused */             \
	ROW("run.oci.seccomp_bpf_data",             seccomp_bpf)          /* process/seccomp_bpf.c */       \
	ROW("run.oci.seccomp.receiver",             seccomp_receiver)     /* process/seccomp_notify.c */    \
	ROW("run.oci.seccomp_fail_unknown_syscall", seccomp_fail_unknown) /* process/seccomp.c */           \
	ROW("run.oci.systemd.force_cgroup_v1",      force_cgroup_v1)      /* rootfs/cgroup_plan.c */ \
	ROW("run.oci.systemd.subgroup",             subgroup)             /* systemd manager */

static const struct {
	const char *name;
	apply_fn *apply;
} rows[] = {
#define ROW(name, apply) { name, apply },
	ANNOTATIONS(ROW)
#undef ROW
};

const char *const *rt_annotations_unsafe(void)
{
	static const char *const names[] = {
#define ROW(name, apply) name,
		ANNOTATIONS(ROW) NULL
#undef ROW
	};

	return names;
}

static bool matches(const char *name, const char *key)
{
	return str_ends(name, ".") ? str_starts(key, name) : strcmp(key, name) == 0;
}

/* Row by row, not as the document has them: _bpf_data makes the profile that .receiver is for. */
int rt_annotations_apply(struct oci_config *config, struct husk_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t k = 0; k < config->n_annotations; k++) {
			struct annotation a = {
				.config = config,
				.key = config->annotations[k].key,
				.value = config->annotations[k].value,
			};
			int ret;

			if (!matches(rows[i].name, a.key))
				continue;
			(void)snprintf(a.pointer, sizeof(a.pointer), "/annotations/%s", a.key);
			ret = rows[i].apply(&a, err);
			if (ret < 0)
				return ret;
		}
	}
	return 0;
}

/* ---- of the image -------------------------------------------------------------------------- */

/* What programs are for, in Go's words, that this program's own kernel runs. */
static const char *const own_architectures[] = {
#if defined(__x86_64__)
	"amd64", "386",
#elif defined(__aarch64__)
	"arm64", "arm",
#elif defined(__riscv)
	"riscv64",
#elif defined(__s390x__)
	"s390x",
#elif defined(__powerpc64__)
	"ppc64le", "ppc64",
#elif defined(__loongarch__)
	"loong64",
#endif
	NULL
};

static bool is_own_architecture(const char *name)
{
	size_t i = 0;

	while (own_architectures[i] && strcmp(own_architectures[i], name) != 0)
		i++;
	return own_architectures[i] || !own_architectures[0];	/* of an unknown machine: all */
}

static bool is_own_os(const char *name)
{
	return strcmp(name, "linux") == 0;
}

void rt_annotations_warn_image(const struct oci_config *config)
{
	static const struct {
		const char *key;
		bool (*is_own)(const char *value);
	} of_machine[] = {
		{ "org.opencontainers.image.architecture", is_own_architecture },
		{ "org.opencontainers.image.os", is_own_os },
	};

	for (size_t i = 0; i < config->n_annotations; i++) {
		const char *key = config->annotations[i].key, *value = config->annotations[i].value;

		for (size_t k = 0; k < ARRAY_SIZE(of_machine); k++) {
			if (strcmp(key, of_machine[k].key) == 0 && *value &&
			    !of_machine[k].is_own(value))
				log_warn("annotation %s: the image is for \"%.64s\", and this machine "
					 "is not, ignoring", key, value);
		}
	}
}
