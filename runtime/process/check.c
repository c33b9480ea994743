/*
 * What can be wrong with a process that is well-formed: specs/ has checked each value by itself.
 *
 * Everything found here would also fail later, as an EINVAL of the init that does not say why; and
 * later is after namespaces, cgroups and hooks.  A process that `exec` has put together comes here
 * too.
 *
 * Uses: runtime/base, specs.    Used by: runtime.
 */
#include <errno.h>
#include <limits.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <string.h>

#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/process/caps.h"
#include "runtime/process/internal.h"
#include "runtime/process/process.h"


/* ---- lists of numbers ----------------------------------------------------- */

static int number(const char **s, size_t max, size_t *out)
{
	size_t n = 0;

	if (**s < '0' || **s > '9')
		return -EINVAL;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		n = n * 10 + (size_t)(**s - '0');
		if (n >= max)
			return -ERANGE;
	}
	*out = n;
	return 0;
}

int rt_bit_list(const char *list, unsigned long *mask, size_t n_bits)
{
	const size_t word = sizeof(*mask) * CHAR_BIT;
	size_t first, last, end = 0;
	int ret;

	memset(mask, 0, n_bits / CHAR_BIT);
	for (const char *s = list; *s;) {
		s += strspn(s, " ,");
		if (!*s)
			break;
		ret = number(&s, n_bits, &first);
		if (ret < 0)
			return ret;
		last = first;
		if (*s == '-') {
			s++;
			ret = number(&s, n_bits, &last);
			if (ret < 0)
				return ret;
		}
		s += strspn(s, " ");
		if (last < first || (*s && *s != ','))
			return -EINVAL;
		for (size_t i = first; i <= last; i++)
			mask[i / word] |= 1ul << (i % word);
		end = MAX(end, last / word + 1);
	}
	return (int)(end * sizeof(*mask));
}

/* *@empty is set when the list names nothing. */
static int check_list(const char *pointer, const char *list, size_t max, bool *empty,
		      struct husk_error *err)
{
	unsigned long mask[RT_MAX_CPUS / CHAR_BIT / sizeof(unsigned long)];
	int ret = rt_bit_list(list, mask, max);

	if (ret == -ERANGE)
		return err_config(err, pointer, "\"%s\": numbers must be below %zu", list, max);
	if (ret < 0)
		return err_config(err, pointer, "\"%s\" is not a list like \"0-3,7\"", list);
	*empty = ret == 0;
	return 0;
}

static int check_affinity(const char *pointer, const char *list, struct husk_error *err)
{
	bool empty;
	int ret;

	if (!list)
		return 0;
	ret = check_list(pointer, list, RT_MAX_CPUS, &empty, err);
	if (ret == 0 && empty)
		return err_config(err, pointer, "names no CPU");
	return ret;
}

/* ---- program, environment ------------------------------------------------- */

static int check_program(const struct oci_process *process, struct husk_error *err)
{
	char pointer[64];

	if (!process->args || !process->args[0])
		return err_config(err, "/process/args", "must not be empty");
	if (!process->args[0][0])
		return err_config(err, "/process/args/0", "must not be empty");
	if (!process->cwd || process->cwd[0] != '/')
		return err_config(err, "/process/cwd", "must be an absolute path");
	for (size_t i = 0; process->env && process->env[i]; i++) {
		const char *eq = strchr(process->env[i], '=');

		if (eq && eq != process->env[i])
			continue;
		(void)snprintf(pointer, sizeof(pointer), "/process/env/%zu", i);
		return err_config(err, pointer, "\"%s\" is not of the form NAME=value",
				  process->env[i]);
	}
	return 0;
}

/* ---- ids -------------------------------------------------------------------- */

static bool is_mapped(uint32_t id, const struct oci_id_map *map, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (id >= map[i].container_id && id - map[i].container_id < map[i].size)
			return true;
	}
	return n == 0;	/* a joined namespace: the kernel knows its map, the configuration not */
}

static int check_id(const char *pointer, uint32_t id, const struct oci_id_map *map, size_t n,
		    struct husk_error *err)
{
	if (is_mapped(id, map, n))
		return 0;
	(void)err_config(err, pointer, "%u is not mapped in the container's user namespace", id);
	return err_hint(err, "add it to linux.uidMappings or linux.gidMappings");
}

static int check_ids(const struct oci_user *user, const struct oci_linux *linux_,
		     struct husk_error *err)
{
	char pointer[64];
	int ret;

	if (!linux_)
		return 0;
	ret = check_id("/process/user/uid", user->uid, linux_->uid_mappings,
		       linux_->n_uid_mappings, err);
	if (ret == 0)
		ret = check_id("/process/user/gid", user->gid, linux_->gid_mappings,
			       linux_->n_gid_mappings, err);
	for (size_t i = 0; ret == 0 && i < user->n_additional_gids; i++) {
		(void)snprintf(pointer, sizeof(pointer), "/process/user/additionalGids/%zu", i);
		ret = check_id(pointer, user->additional_gids[i], linux_->gid_mappings,
			       linux_->n_gid_mappings, err);
	}
	return ret;
}

/* ---- scheduling, memory ------------------------------------------------------- */

static int check_scheduler(const struct oci_scheduler *s, struct husk_error *err)
{
	if (s && (s->policy == SCHED_FIFO || s->policy == SCHED_RR) && s->priority < 1)
		return err_config(err, "/process/scheduler/priority",
				  "%d is not in 1 to 99, as SCHED_FIFO and SCHED_RR need",
				  s->priority);
	return 0;
}

/* set_mempolicy(2): which modes take nodes, and which flags go together. */
static int check_memory_policy(const struct oci_memory_policy *m, struct husk_error *err)
{
	static const char pointer[] = "/linux/memoryPolicy";
	bool none = true, takes_none;
	int ret;

	if (!m)
		return 0;
	if (m->nodes) {
		ret = check_list("/linux/memoryPolicy/nodes", m->nodes, RT_MAX_NODES, &none, err);
		if (ret < 0)
			return ret;
	}
	takes_none = m->mode == MPOL_DEFAULT || m->mode == MPOL_LOCAL;
	if (takes_none && !none)
		return err_config(err, pointer, "this mode takes no nodes");
	if (!takes_none && none && m->mode != MPOL_PREFERRED)
		return err_config(err, pointer, "this mode needs at least one node");
	if ((m->flags & MPOL_F_STATIC_NODES) && (m->flags & MPOL_F_RELATIVE_NODES))
		return err_config(err, pointer, "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES "
						"exclude each other");
	if ((m->flags & MPOL_F_NUMA_BALANCING) && m->mode != MPOL_BIND &&
	    m->mode != MPOL_PREFERRED_MANY)
		return err_config(err, pointer, "MPOL_F_NUMA_BALANCING needs mode MPOL_BIND or "
						"MPOL_PREFERRED_MANY");
	return 0;
}

int rt_process_check(const struct oci_process *process, const struct oci_linux *linux_,
		     struct husk_error *err)
{
	int ret = check_program(process, err);

	rt_caps_warn_unknown(process->capabilities);
	if (ret == 0)
		ret = check_ids(&process->user, linux_, err);
	if (ret == 0)
		ret = check_scheduler(process->scheduler, err);
	if (ret == 0)
		ret = check_affinity("/process/execCPUAffinity/initial",
				     process->cpu_affinity_initial, err);
	if (ret == 0)
		ret = check_affinity("/process/execCPUAffinity/final",
				     process->cpu_affinity_final, err);
	if (ret == 0 && linux_)
		ret = check_memory_policy(linux_->memory_policy, err);
	if (ret == 0 && linux_ && linux_->seccomp)
		ret = rt_seccomp_check(linux_->seccomp, err);
	return ret;
}
