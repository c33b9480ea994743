/*
 * The process of `exec`: see exec_options.h.
 *
 * Uses: specs.    Used by: exec.c.
 */
#include "runtime/exec_options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

enum { MAX_PROCESS = 64 << 20, MAX_GROUPS = 65536 };

static size_t count(char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

/* One number, decimal and below the reserved id (uid_t)-1; *end is what follows it. */
static bool parse_id(const char *s, const char **end, uint32_t *out)
{
	size_t n = strspn(s, "0123456789");
	char digits[16];
	uint64_t v;

	if (n == 0 || n >= sizeof(digits))
		return false;
	memcpy(digits, s, n);
	digits[n] = '\0';
	if (!str_to_u64(digits, UINT32_MAX - 1, &v))
		return false;
	*out = (uint32_t)v;
	*end = s + n;
	return true;
}

/* "UID" or "UID:GID"; anything else is refused, never taken for a name (CVE-2026-30892). */
static int set_user(struct oci_process *p, const char *user, struct husk_error *err)
{
	const char *s = user;
	uint32_t uid, gid = 0;

	if (!parse_id(s, &s, &uid) || (*s && *s != ':') || (*s && !parse_id(s + 1, &s, &gid)) || *s)
		return err_new(err, HUSK_E_CONFIG, EINVAL,
			       "user \"%.64s\": expected UID or UID:GID, numbers from 0 to 4294967294",
			       user);
	p->user.uid = uid;
	p->user.gid = gid;
	return 0;
}

static int set_groups(struct oci_process *p, struct arena *arena, const char *list,
		      struct husk_error *err)
{
	size_t n = 0, max = 1;
	uint32_t *gids;

	for (const char *s = list; *s; s++)
		max += *s == ',';
	max += p->user.n_additional_gids;
	gids = max <= MAX_GROUPS ? arena_array(arena, max, sizeof(*gids)) : NULL;
	if (!gids)
		return err_nomem(err, "additional groups");
	for (; n < p->user.n_additional_gids; n++)
		gids[n] = p->user.additional_gids[n];
	for (const char *s = list;; s++) {
		if (!parse_id(s, &s, &gids[n++]) || (*s && *s != ','))
			return err_new(err, HUSK_E_CONFIG, EINVAL,
				       "additional groups \"%.64s\": expected GID,GID...", list);
		if (!*s)
			break;
	}
	p->user.additional_gids = gids;
	p->user.n_additional_gids = n;
	return 0;
}

static int add_env(struct oci_process *p, struct arena *arena, char *const *extra,
		   struct husk_error *err)
{
	size_t n = count(extra);
	char **env = arena_array(arena, p->n_env + n + 1, sizeof(*env));

	if (!env)
		return err_nomem(err, "environment");
	if (p->n_env)
		memcpy(env, p->env, p->n_env * sizeof(*env));
	for (size_t i = 0; i < n; i++) {
		const char *eq = strchr(extra[i], '=');

		/* A name alone must not pull in the host's value (CVE-2026-57231). */
		if (!eq || eq == extra[i])
			return err_new(err, HUSK_E_CONFIG, EINVAL,
				       "environment \"%.64s\": expected NAME=value", extra[i]);
		env[p->n_env + i] = arena_strdup(arena, extra[i]);
		if (!env[p->n_env + i])
			return err_nomem(err, "environment");
	}
	p->env = env;
	p->n_env += n;
	return 0;
}

/* In every set but the inheritable one (CVE-2022-29162); ambient only where it can be. */
static int set_caps(struct oci_process *p, struct arena *arena, const struct husk_exec_options *o,
		    struct husk_error *err)
{
	struct oci_caps *caps = arena_alloc(arena, sizeof(*caps));

	if (!caps)
		return err_nomem(err, "capabilities");
	if (p->capabilities && !o->only_caps)
		*caps = *p->capabilities;
	for (char *const *names = o->caps; *names; names++) {
		int n = oci_cap_number(*names);

		if (n < 0)
			return err_new(err, HUSK_E_CONFIG, EINVAL,
				       "capability \"%.64s\" is unknown: names are those of "
				       "capabilities(7), such as CAP_NET_ADMIN", *names);
		caps->bounding |= 1ULL << n;
		caps->effective |= 1ULL << n;
		caps->permitted |= 1ULL << n;
		if (caps->inheritable & (1ULL << n))
			caps->ambient |= 1ULL << n;
	}
	p->capabilities = caps;
	return 0;
}

static int read_document(struct oci_config *config, const char *path, struct oci_process **out,
			 struct husk_error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int ret = fs_read(AT_FDCWD, path, MAX_PROCESS, &text, &len, err);

	if (ret == 0)
		ret = oci_process_parse(text, len, &config->arena, out, err);
	return ret < 0 ? err_ctx(err, "process document %s", path) : 0;
}

/* The command line's process: the container's user, capabilities and limits, its own arguments. */
static int from_options(struct oci_config *config, const struct husk_exec_options *opts,
			struct oci_process **out, struct husk_error *err)
{
	struct oci_process *p = arena_alloc(&config->arena, sizeof(*p));

	if (!p)
		return err_nomem(err, "process");
	if (config->process)
		*p = *config->process;
	p->terminal = opts->tty;
	p->args = (char **)(uintptr_t)opts->args;
	p->n_args = count(opts->args);
	if (!p->cwd)
		p->cwd = "/";
	*out = p;
	return 0;
}

static int apply(struct oci_process *p, struct arena *arena, const struct husk_exec_options *o,
		 struct husk_error *err)
{
	if (o->cwd && o->cwd[0] != '/')
		return err_new(err, HUSK_E_CONFIG, EINVAL, "cwd \"%.64s\": must be absolute",
			       o->cwd);
	if (o->cwd)
		p->cwd = o->cwd;
	if (o->no_new_privs)
		p->no_new_privileges = true;
	if (o->process_label)
		p->selinux_label = o->process_label;
	if (o->apparmor)
		p->apparmor_profile = o->apparmor;
	if (o->tty)
		p->terminal = true;
	if (o->user && set_user(p, o->user, err) < 0)
		return -err->sys;
	if (o->additional_gids && set_groups(p, arena, o->additional_gids, err) < 0)
		return -err->sys;
	if (o->env && add_env(p, arena, o->env, err) < 0)
		return -err->sys;
	if (o->caps && set_caps(p, arena, o, err) < 0)
		return -err->sys;
	return 0;
}

/*
 * What a document does not say is as in the container, as in runc and crun: to leave a confinement
 * out must not mean to leave it.
 */
static void inherit(struct oci_process *p, const struct oci_process *container)
{
	if (!container)
		return;
	if (!p->capabilities)
		p->capabilities = container->capabilities;
	if (!p->apparmor_profile || !*p->apparmor_profile)
		p->apparmor_profile = container->apparmor_profile;
	if (!p->selinux_label || !*p->selinux_label)
		p->selinux_label = container->selinux_label;
	if (p->n_rlimits == 0) {
		p->rlimits = container->rlimits;
		p->n_rlimits = container->n_rlimits;
	}
}

int rt_exec_process(struct oci_config *config, const struct husk_exec_options *opts,
		    struct oci_process **out, struct husk_error *err)
{
	struct oci_process *p = NULL;
	int ret = opts->process_json ? read_document(config, opts->process_json, &p, err) :
				       from_options(config, opts, &p, err);

	if (ret == 0) {
		inherit(p, config->process);
		ret = apply(p, &config->arena, opts, err);
	}
	if (ret < 0)
		return ret;
	if (!p->args || p->n_args == 0)
		return err_new(err, HUSK_E_CONFIG, EINVAL,
			       "exec: no command: give one, or a process document with args");
	*out = p;
	return 0;
}
