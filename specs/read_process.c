/*
 * process: what runs in the container, and as whom.
 *
 * Uses: specs/reader.h.    Used by: specs/config.c.
 */
#include <sched.h>
#include <sys/resource.h>

#include "runtime/base/util.h"
#include "specs/rules.h"
#include "specs/tables.h"

/* linux/sched.h clashes with sched.h: its values, which are kernel ABI. */
enum {
	POLICY_OTHER, POLICY_FIFO, POLICY_RR, POLICY_BATCH, POLICY_ISO, POLICY_IDLE, POLICY_DEADLINE
};

/* ---- user -------------------------------------------------------------------- */

static const struct oci_field user_fields[] = {
	OCI_INT("uid", struct oci_user, uid, 0, 0, OCI_MAX_ID),
	OCI_INT("gid", struct oci_user, gid, 0, 0, OCI_MAX_ID),
	OCI_INT_HAS("umask", struct oci_user, umask, 0, 0777),
	OCI_INTS("additionalGids", struct oci_user, additional_gids, 0, OCI_MAX_ID),
};

static const struct oci_table user_table = OCI_TABLE(user_fields, struct oci_user, .check = NULL);

/* ---- rlimits ------------------------------------------------------------------- */

static const struct oci_name rlimit_names[] = {
	{ "RLIMIT_AS", RLIMIT_AS },
	{ "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_NPROC", RLIMIT_NPROC },
	{ "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK", RLIMIT_STACK },
	{ NULL, 0 },
};
_Static_assert(RLIM_NLIMITS == ARRAY_SIZE(rlimit_names) - 1, "every rlimit has a name");

int oci_rlimit_number(const char *name)
{
	const struct oci_name *n = oci_find_name(rlimit_names, name);

	return n ? (int)n->value : -1;
}

static int check_rlimit(struct oci_reader *r, const struct json *v, void *obj,
			struct husk_error *err)
{
	struct oci_rlimit *limit = obj;

	(void)v;
	for (const struct oci_name *n = rlimit_names; n->name; n++) {
		if (n->value == limit->resource)
			limit->name = n->name;
	}
	if (limit->soft > limit->hard)
		return oci_bad(r, err, "the soft limit %llu is above the hard limit %llu",
			       (unsigned long long)limit->soft, (unsigned long long)limit->hard);
	return 0;
}

static const struct oci_field rlimit_fields[] = {
	OCI_ENUM("type", struct oci_rlimit, resource, OCI_REQUIRED, rlimit_names,
		 "a resource limit"),
	OCI_INT("soft", struct oci_rlimit, soft, OCI_REQUIRED, 0, UINT64_MAX),
	OCI_INT("hard", struct oci_rlimit, hard, OCI_REQUIRED, 0, UINT64_MAX),
};

static const struct oci_table rlimit_table =
	OCI_TABLE(rlimit_fields, struct oci_rlimit, .check = check_rlimit);

/* config.md: "If rlimits contains duplicated entries with same type, the runtime MUST generate an
 * error." */
static int check_duplicate_rlimits(struct oci_reader *r, const struct oci_process *p,
				   struct husk_error *err)
{
	uint64_t seen = 0;
	int ret = 0;

	for (size_t i = 0; i < p->n_rlimits && ret == 0; i++) {
		if (seen >> p->rlimits[i].resource & 1)
			ret = oci_bad_at(r, err, "rlimits", i,
					 "%s is set twice; allowed: each limit once",
					 p->rlimits[i].name);
		seen |= UINT64_C(1) << p->rlimits[i].resource;
	}
	return ret;
}

/* ---- scheduling ------------------------------------------------------------------ */

static const struct oci_name scheduler_policies[] = {
	{ "SCHED_OTHER", POLICY_OTHER },
	{ "SCHED_FIFO", POLICY_FIFO },
	{ "SCHED_RR", POLICY_RR },
	{ "SCHED_BATCH", POLICY_BATCH },
	{ "SCHED_ISO", POLICY_ISO },
	{ "SCHED_IDLE", POLICY_IDLE },
	{ "SCHED_DEADLINE", POLICY_DEADLINE },
	{ NULL, 0 },
};

/* sched_setattr(2) */
static const struct oci_name scheduler_flags[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", 0x01 },
	{ "SCHED_FLAG_RECLAIM", 0x02 },
	{ "SCHED_FLAG_DL_OVERRUN", 0x04 },
	{ "SCHED_FLAG_KEEP_POLICY", 0x08 },
	{ "SCHED_FLAG_KEEP_PARAMS", 0x10 },
	{ "SCHED_FLAG_UTIL_CLAMP_MIN", 0x20 },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", 0x40 },
	{ NULL, 0 },
};

static int check_scheduler(struct oci_reader *r, const struct json *v, void *obj,
			   struct husk_error *err)
{
	const struct oci_scheduler *s = obj;
	int ret = 0;

	(void)v;
	if (s->priority != 0 && s->policy != POLICY_FIFO && s->policy != POLICY_RR)
		ret = oci_bad_at(r, err, "priority", OCI_WHOLE,
				 "%d has no meaning; allowed: only with SCHED_FIFO or SCHED_RR",
				 s->priority);
	if (ret == 0 && s->policy != POLICY_DEADLINE && (s->runtime || s->deadline || s->period))
		ret = oci_bad(r, err, "runtime, deadline and period are for SCHED_DEADLINE only");
	return ret;
}

static const struct oci_field scheduler_fields[] = {
	OCI_ENUM("policy", struct oci_scheduler, policy, OCI_REQUIRED, scheduler_policies,
		 "a scheduling policy"),
	OCI_INT("nice", struct oci_scheduler, nice, 0, -20, 19),
	OCI_INT("priority", struct oci_scheduler, priority, 0, 0, 99),
	OCI_FLAGS("flags", struct oci_scheduler, flags, scheduler_flags, "a scheduler flag"),
	OCI_INT("runtime", struct oci_scheduler, runtime, 0, 0, INT64_MAX),
	OCI_INT("deadline", struct oci_scheduler, deadline, 0, 0, INT64_MAX),
	OCI_INT("period", struct oci_scheduler, period, 0, 0, INT64_MAX),
};

static const struct oci_table scheduler_table =
	OCI_TABLE(scheduler_fields, struct oci_scheduler, .check = check_scheduler);

static const struct oci_name io_classes[] = {	/* linux/ioprio.h */
	{ "IOPRIO_CLASS_NONE", 0 },
	{ "IOPRIO_CLASS_RT", 1 },
	{ "IOPRIO_CLASS_BE", 2 },
	{ "IOPRIO_CLASS_IDLE", 3 },
	{ NULL, 0 },
};

static const struct oci_field io_priority_fields[] = {
	OCI_ENUM("class", struct oci_io_priority, io_class, OCI_REQUIRED, io_classes,
		 "an I/O scheduling class"),
	OCI_INT("priority", struct oci_io_priority, priority, 0, 0, 7),
};

static const struct oci_table io_priority_table =
	OCI_TABLE(io_priority_fields, struct oci_io_priority, .check = NULL);

static const struct oci_field affinity_fields[] = {
	OCI_STRING("initial", struct oci_process, cpu_affinity_initial, 0, &oci_rule_number_list),
	OCI_STRING("final", struct oci_process, cpu_affinity_final, 0, &oci_rule_number_list),
};

static const struct oci_table affinity_table =
	OCI_TABLE(affinity_fields, struct oci_process, .check = NULL);

/* ---- process --------------------------------------------------------------------- */

static const struct oci_field console_fields[] = {
	OCI_INT("height", struct oci_process, console_height, 0, 0, UINT16_MAX),
	OCI_INT("width", struct oci_process, console_width, 0, 0, UINT16_MAX),
};

static const struct oci_table console_table =
	OCI_TABLE(console_fields, struct oci_process, .check = NULL);

static const struct oci_field console_size[] = {
	{ .key = "consoleSize", .type = JSON_OBJECT, .flags = OCI_HAS, .read = oci_read_embedded,
	  .table = &console_table, .offset2 = offsetof(struct oci_process, has_console_size) },
};

static const struct oci_table console_size_table =
	OCI_TABLE(console_size, struct oci_process, .check = NULL);

static int check_process(struct oci_reader *r, const struct json *v, void *obj,
			 struct husk_error *err)
{
	struct oci_process *p = obj;
	int ret = check_duplicate_rlimits(r, p, err);

	/* config.md: ignored without a terminal, whatever it is; so it is read last */
	if (ret == 0 && p->terminal)
		ret = oci_read_object(r, &console_size_table, v, p, err);
	return ret;
}

static const struct oci_field process_fields[] = {
	OCI_BOOL("terminal", struct oci_process, terminal, 0),
	OCI_EMBED("user", struct oci_process, user, &user_table),
	OCI_STRINGS("args", struct oci_process, args, OCI_REQUIRED | OCI_NONEMPTY, NULL),
	OCI_STRINGS("env", struct oci_process, env, 0, &oci_rule_env),
	OCI_STRING("cwd", struct oci_process, cwd, OCI_REQUIRED, &oci_rule_abs_path),
	OCI_OBJECT("capabilities", struct oci_process, capabilities, &oci_caps_table),
	OCI_OBJECTS("rlimits", struct oci_process, rlimits, &rlimit_table),
	OCI_BOOL("noNewPrivileges", struct oci_process, no_new_privileges, 0),
	OCI_STRING("apparmorProfile", struct oci_process, apparmor_profile, 0, NULL),
	OCI_STRING("selinuxLabel", struct oci_process, selinux_label, 0, NULL),
	OCI_INT_HAS("oomScoreAdj", struct oci_process, oom_score_adj, -1000, 1000),
	OCI_OBJECT("scheduler", struct oci_process, scheduler, &scheduler_table),
	OCI_OBJECT("ioPriority", struct oci_process, io_priority, &io_priority_table),
	{ .key = "execCPUAffinity", .type = JSON_OBJECT, .flags = OCI_HAS,
	  .read = oci_read_embedded, .table = &affinity_table,
	  .offset2 = offsetof(struct oci_process, has_exec_cpu_affinity) },
};

const struct oci_table oci_process_table =
	OCI_TABLE(process_fields, struct oci_process, .check = check_process);
