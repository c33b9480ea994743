/*
 * Kernel settings of a container: only those that a namespace of its own keeps apart.
 *
 * A setting that the kernel does not keep per namespace is the host's, whoever writes it; so the
 * table below is a list of what is allowed, and everything else is refused (CVE-2022-0811 began
 * with kernel.core_pattern).
 *
 * Uses: runtime/base, specs.    Used by: ns_plan.c, runtime.
 */
#include <sched.h>
#include <string.h>

#include "namespaces/internal.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

enum { KEY_MAX = 240 };		/* step_NS_SYSCTL's buffer */

/* A name that ends in a slash stands for all that begin like it. */
static const struct {
	const char *name;
	uint64_t type;
} allowed[] = {
	{ "net/", CLONE_NEWNET },
	{ "fs/mqueue/", CLONE_NEWIPC },
	{ "kernel/msgmax", CLONE_NEWIPC },
	{ "kernel/msgmnb", CLONE_NEWIPC },
	{ "kernel/msgmni", CLONE_NEWIPC },
	{ "kernel/msg_next_id", CLONE_NEWIPC },
	{ "kernel/sem", CLONE_NEWIPC },
	{ "kernel/sem_next_id", CLONE_NEWIPC },
	{ "kernel/shmall", CLONE_NEWIPC },
	{ "kernel/shmmax", CLONE_NEWIPC },
	{ "kernel/shmmni", CLONE_NEWIPC },
	{ "kernel/shm_next_id", CLONE_NEWIPC },
	{ "kernel/shm_rmid_forced", CLONE_NEWIPC },
	{ "kernel/hostname", CLONE_NEWUTS },
	{ "kernel/domainname", CLONE_NEWUTS },
	{ "user/", CLONE_NEWUSER },
};

/*
 * "net.ipv4.conf.eth0/100.forwarding" to "net/ipv4/conf/eth0.100/forwarding", as sysctl(8) does:
 * the first separator says which of the two separates.
 */
static bool to_path(const char *key, char *path, size_t size)
{
	bool swap = key[strcspn(key, "./")] == '.';

	if (strlen(key) >= size)
		return false;
	for (;; key++, path++) {
		*path = *key;
		if (swap && *key == '.')
			*path = '/';
		else if (swap && *key == '/')
			*path = '.';
		if (!*key)
			return true;
	}
}

/* Every component is a plain name: nothing that could lead elsewhere. */
static bool is_plain(const char *path)
{
	for (;;) {
		size_t len = strcspn(path, "/");

		if (len == 0 || (len == 1 && path[0] == '.') ||
		    (len == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		for (size_t i = 0; i < len; i++)
			if (path[i] <= ' ' || path[i] == 0x7f)
				return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

static uint64_t type_of(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		const char *name = allowed[i].name;

		if (str_ends(name, "/") ? str_starts(path, name) : strcmp(path, name) == 0)
			return allowed[i].type;
	}
	return 0;
}

/* "/linux/sysctl/KEY" with the key as a JSON pointer writes it. */
static void point_at(const char *key, char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size, "/linux/sysctl/");

	for (; *key && n + 3 < size; key++) {
		if (*key == '~' || *key == '/') {
			out[n++] = '~';
			out[n++] = *key == '~' ? '0' : '1';
		} else {
			out[n++] = *key;
		}
	}
	out[n] = '\0';
}

static int check_one(const struct ns_plan *ns, const struct oci_pair *s, struct husk_error *err)
{
	char path[KEY_MAX], pointer[KEY_MAX + 64];
	uint64_t type;

	point_at(s->key, pointer, sizeof(pointer));
	if (!to_path(s->key, path, sizeof(path)) || !is_plain(path))
		return err_config(err, pointer, "not a name of a sysctl");
	type = type_of(path);
	if (!type)
		return err_config(err, pointer,
				  "belongs to no namespace: setting it would change the host");
	if (ns->config->hostname && strcmp(path, "kernel/hostname") == 0)
		return err_config(err, pointer, "the host name is set by /hostname already");
	if (ns->config->domainname && strcmp(path, "kernel/domainname") == 0)
		return err_config(err, pointer, "the domain name is set by /domainname already");
	return ns_need(ns, type, pointer, "this sysctl", err);
}

int ns_check_sysctl(const struct ns_plan *ns, struct husk_error *err)
{
	const struct oci_linux *l = &ns->config->linux_;

	for (size_t i = 0; i < l->n_sysctl; i++)
		if (check_one(ns, &l->sysctl[i], err) < 0)
			return -EINVAL;
	return 0;
}

void ns_emit_sysctl(const struct ns_plan *ns, struct plan *p)
{
	const struct oci_linux *l = &ns->config->linux_;

	for (size_t i = 0; i < l->n_sysctl; i++) {
		const struct oci_pair *s = &l->sysctl[i];
		char path[KEY_MAX], pointer[KEY_MAX + 64];

		point_at(s->key, pointer, sizeof(pointer));
		if (!to_path(s->key, path, sizeof(path)))
			continue;	/* ns_check_sysctl() has refused it */
		/* These files belong to the host's root; the calls ask for the namespace's. */
		if (strcmp(path, "kernel/hostname") == 0)
			PLAN_EMIT(p, OP_NS_HOSTNAME, pointer, plan_str(p, s->value));
		else if (strcmp(path, "kernel/domainname") == 0)
			PLAN_EMIT(p, OP_NS_DOMAINNAME, pointer, plan_str(p, s->value));
		else
			PLAN_EMIT(p, OP_NS_SYSCTL, pointer, plan_str(p, path),
				  plan_str(p, s->value));
	}
}
