/*
 * runtime/process/plan.c, process/check.c and process/env.c: the steps that a process becomes.
 *
 * covers: C-25 C-33
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/mempolicy.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/process/internal.h"
#include "runtime/process/process.h"

typedef void emit_fn(const struct oci_process *, const struct oci_linux *,
		     const struct rt_process_options *, struct plan *);

static void emit_first(const struct oci_process *process, const struct oci_linux *linux_,
		       const struct rt_process_options *opts, struct plan *p)
{
	(void)linux_;
	rt_process_emit_first(process, opts, p);
}

/* The steps of one part, one per line, as `husk plan` says them. */
static char *steps(emit_fn *emit, const struct oci_process *process, const struct oci_linux *linux_,
		   const struct rt_process_options *opts)
{
	struct husk_error err = { 0 };
	struct str out = { 0 };
	struct plan_view v;
	struct plan p;
	void *mem;
	size_t len;

	assert_int_equal(plan_init(&p, &err), 0);
	emit(process, linux_, opts, &p);
	if (p.n_steps == 0) {
		plan_done(&p);
		return strdup("");
	}
	if (plan_finish(&p, &mem, &len, &err) < 0)
		fail_msg("%s", err.msg);
	plan_done(&p);
	assert_null(plan_open(&v, mem, len, false));
	for (uint32_t i = 0; i < v.h->n_steps; i++) {
		plan_describe(&v, i, &out);
		str_add(&out, "\n");
	}
	free(mem);
	return str_take(&out);
}

static void assert_steps(emit_fn *emit, const struct oci_process *process,
			 const struct oci_linux *linux_, const struct rt_process_options *opts,
			 const char *wanted)
{
	char *got = steps(emit, process, linux_, opts);

	assert_string_equal(got, wanted);
	free(got);
}

static char *args[] = { "sh", "-c", "true", NULL };
static char *env[] = { "PATH=/bin", "HOME=/root", NULL };
static const struct oci_process plain = {
	.args = args, .n_args = 3, .env = env, .n_env = 2, .cwd = "/", .no_new_privileges = true,
};
static const struct rt_process_options as_root = {
	.id = "web", .privileged = true, .new_keyring = true, .console_slave = PLAN_NO_FD,
};
static const struct oci_linux no_linux;

/* ---- before start ------------------------------------------------------------------------------ */

static void a_plain_process_needs_little(void **state)
{
	(void)state;
	assert_steps(emit_first, &plain, &no_linux, &as_root, "");
	assert_steps(rt_process_emit_early, &plain, &no_linux, &as_root,
		     "start a session\n"
		     "join session keyring _ses.web, add permissions 0x80000, label none\n");
	assert_steps(rt_process_emit_ready, &plain, &no_linux, &as_root,
		     "make / the working directory\n"
		     "give descriptors 0, 1 and 2 to user 0\n"
		     "see that sh is there to be executed (also in the working directory: 1)\n");
	assert_steps(rt_process_emit_final, &plain, &no_linux, &as_root,
		     "set umask 022\n"
		     "set no_new_privs\n"
		     "limit the capability bounding set to 0x0\n"
		     "become user 0, group 0, with the additional groups\n"
		     "set capabilities: effective 0x0, permitted 0x0, inheritable 0x0, ambient 0x0\n"
		     "execute sh as [\"sh\", \"-c\", \"true\"] with environment [\"PATH=/bin\", "
		     "\"HOME=/root\"]\n");
}

static void everything_before_start_has_its_place(void **state)
{
	struct oci_process process = plain;
	struct oci_scheduler scheduler = { .policy = SCHED_FIFO, .priority = 5 };
	struct oci_io_priority io = { .io_class = 2, .priority = 4 };
	struct oci_memory_policy memory = { .mode = MPOL_INTERLEAVE, .nodes = "0-1" };
	struct oci_linux linux_ = { .memory_policy = &memory, .has_personality = true,
				    .personality = 8 };
	struct rt_process_options opts = as_root;

	(void)state;
	process.has_oom_score_adj = true;
	process.oom_score_adj = -500;
	process.io_priority = &io;
	process.scheduler = &scheduler;
	process.cpu_affinity_initial = "0-1";	/* exec only */
	process.user.uid = 1000;
	process.cwd = "/srv";
	process.terminal = true;
	opts.console_slave = 2;
	assert_steps(emit_first, &process, &linux_, &opts, "set oom_score_adj to -500\n");
	assert_steps(rt_process_emit_early, &process, &linux_, &opts,
		     "start a session\n"
		     "set I/O priority of the process group to class 2, level 4\n"
		     "set memory policy 3, flags 0x0, on nodes 0-1\n"
		     "join session keyring _ses.web, add permissions 0x80000, label none\n"
		     "set personality 0x8\n");
	assert_steps(rt_process_emit_ready, &process, &linux_, &opts,
		     "make /srv the working directory\n"
		     "make terminal fd 2 (procfs) user 1000's, and descriptors 0, 1 and 2\n"
		     "make descriptor 0 the controlling terminal\n"
		     "set scheduling policy 1, nice 0, priority 5\n"
		     "see that sh is there to be executed (also in the working directory: 0)\n");
}

static void a_task_with_a_deadline_gets_it_after_the_hooks(void **state)
{
	struct oci_process process = plain;
	struct oci_scheduler scheduler = { .policy = 6, .runtime = 1, .deadline = 2, .period = 3 };
	char *final;

	(void)state;
	process.scheduler = &scheduler;
	assert_steps(rt_process_emit_ready, &process, &no_linux, &as_root,
		     "make / the working directory\n"
		     "give descriptors 0, 1 and 2 to user 0\n"
		     "see that sh is there to be executed (also in the working directory: 1)\n");
	final = steps(rt_process_emit_final, &process, &no_linux, &as_root);
	assert_true(str_starts(final, "set scheduling policy 6, nice 0, priority 0\n"));
	free(final);
}

static void an_unset_oom_score_is_not_touched(void **state)
{
	struct oci_process process = plain;
	char *first = steps(emit_first, &process, &no_linux, &as_root);
	char *early = steps(rt_process_emit_early, &process, &no_linux, &as_root);

	(void)state;
	assert_null(strstr(first, "oom"));
	assert_null(strstr(early, "oom"));
	free(first);
	free(early);
}

/* What needs rights of the host is done before the user namespace, where that can be. */
static void the_user_namespace_decides_where_host_rights_are_used(void **state)
{
	struct oci_rlimit limit = { RLIMIT_NOFILE, "RLIMIT_NOFILE", 1024, 4096 };
	struct oci_process process = plain;
	struct rt_process_options opts = as_root;

	(void)state;
	process.has_oom_score_adj = true;
	process.oom_score_adj = 100;
	process.rlimits = &limit;
	process.n_rlimits = 1;
	opts.new_keyring = false;
	opts.userns = true;
	assert_steps(emit_first, &process, &no_linux, &opts, "");
	assert_steps(rt_process_emit_early, &process, &no_linux, &opts,
		     "start a session\n"
		     "set oom_score_adj to 100\n");
	opts.joins_userns = true;
	assert_steps(emit_first, &process, &no_linux, &opts,
		     "set oom_score_adj to 100\n"
		     "allow RLIMIT_NOFILE (7) up to 4096\n");
	assert_steps(rt_process_emit_early, &process, &no_linux, &opts, "start a session\n");
	opts.joins_userns = false;
	opts.exec = true;
	assert_steps(emit_first, &process, &no_linux, &opts,
		     "set oom_score_adj to 100\n"
		     "allow RLIMIT_NOFILE (7) up to 4096\n");
}

static void the_keyring_is_searchable_where_ids_are_mapped(void **state)
{
	struct oci_process process = plain;
	struct rt_process_options opts = as_root;

	(void)state;
	opts.userns = true;
	process.selinux_label = "system_u:system_r:container_t:s0";
	assert_steps(rt_process_emit_early, &process, &no_linux, &opts,
		     "start a session\n"
		     "join session keyring _ses.web, add permissions 0x8, "
		     "label system_u:system_r:container_t:s0\n");
	opts.exec = true;	/* the container's own: not changed */
	assert_steps(rt_process_emit_early, &process, &no_linux, &opts,
		     "start a session\n"
		     "join session keyring _ses.web, add permissions 0x0, "
		     "label system_u:system_r:container_t:s0\n");
}

static void affinity_is_for_exec_only(void **state)
{
	struct oci_process process = plain;
	struct rt_process_options opts = as_root;
	char *final;

	(void)state;
	process.cpu_affinity_initial = "0";
	process.cpu_affinity_final = "0-1";
	final = steps(rt_process_emit_final, &process, &no_linux, &opts);
	assert_null(strstr(final, "CPUs"));
	free(final);
	opts.exec = true;
	assert_steps(emit_first, &process, &no_linux, &opts, "run on CPUs 0\n");
	final = steps(rt_process_emit_final, &process, &no_linux, &opts);
	assert_true(str_starts(final, "run on CPUs 0-1\n"));
	free(final);
}

/* One argument of the first step of an operation. */
static uint64_t argument(const struct oci_process *process, const struct rt_process_options *opts,
			 enum plan_op op, unsigned i)
{
	struct husk_error err = { 0 };
	uint64_t arg = UINT64_MAX;
	struct plan p;

	assert_int_equal(plan_init(&p, &err), 0);
	rt_process_emit_ready(process, &no_linux, opts, &p);
	for (size_t k = p.n_steps; k > 0; k--) {
		if (p.steps[k - 1].op == op)
			arg = p.steps[k - 1].arg[i];
	}
	plan_done(&p);
	return arg;
}

static void a_program_is_looked_for_before_start_but_not_by_exec(void **state)
{
	struct oci_process process = plain;
	struct rt_process_options opts = as_root;
	char *relative[] = { "./program", NULL };

	(void)state;
	assert_int_not_equal(argument(&process, &opts, OP_PROC_PROGRAM, 0), UINT64_MAX);
	opts.exec = true;
	assert_int_equal(argument(&process, &opts, OP_PROC_PROGRAM, 0), UINT64_MAX);
	opts.exec = false;

	/* The working directory may be one that only the user can enter, later. */
	process.cwd = "/home";
	assert_int_equal(argument(&process, &opts, OP_PROC_PROGRAM, 1), true);
	process.user.uid = 1000;
	assert_int_equal(argument(&process, &opts, OP_PROC_PROGRAM, 1), false);
	process.args = relative;
	assert_int_equal(argument(&process, &opts, OP_PROC_PROGRAM, 0), UINT64_MAX);
	process.user.uid = 0;
	assert_int_not_equal(argument(&process, &opts, OP_PROC_PROGRAM, 0), UINT64_MAX);
}

static void a_missing_working_directory_is_made_but_not_by_exec(void **state)
{
	struct rt_process_options opts = as_root;

	(void)state;
	assert_int_equal(argument(&plain, &opts, OP_PROC_CWD, 1), 1);
	opts.exec = true;
	assert_int_equal(argument(&plain, &opts, OP_PROC_CWD, 1), 0);
}

static void a_user_may_enter_where_root_may_not(void **state)
{
	struct oci_process process = plain;

	(void)state;
	assert_int_equal(argument(&process, &as_root, OP_PROC_CWD, 2), 0);
	process.user.gid = 5;
	assert_int_equal(argument(&process, &as_root, OP_PROC_CWD, 2), 1);
}

/* ---- after start --------------------------------------------------------------------------------- */

/* The positions of words in the final part of an exec of @process, in order. */
static void assert_order(const struct oci_process *process, struct rt_process_options opts,
			 const char *const *words)
{
	char *final, *at;

	opts.exec = true;
	opts.fork = rt_process_fork(process, &opts);
	at = final = steps(rt_process_emit_final, process, &no_linux, &opts);
	for (; *words; words++) {
		at = strstr(at, *words);
		if (!at)
			fail_msg("no \"%s\", or too early, in:\n%s", *words, final);
	}
	free(final);
}

static void exec_is_seen_by_the_container_when_it_has_nothing_left_to_take(void **state)
{
	static const struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	static const struct sock_filter refuse[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO) };
	static const char *const last[] = { "seccomp", "bounding", "become", "set capabilities",
					    "go on in a child", "start a session", "execute", NULL };
	static const char *const last_nnp[] = { "set capabilities", "go on in a child",
						"start a session", "seccomp", "execute", NULL };
	static const char *const before[] = { "go on in a child", "start a session", "seccomp",
					      "set capabilities", "execute", NULL };
	struct rt_process_options opts = as_root;
	struct oci_process process = plain;

	(void)state;
	opts.filter = allow;
	opts.n_filter = sizeof(allow);
	assert_order(&process, opts, last_nnp);
	process.no_new_privileges = false;
	assert_order(&process, opts, last);
	/* With a filter that would stop it, it comes before. */
	opts.filter = refuse;
	assert_order(&process, opts, before);
	/* A notification carries the pid. */
	opts.filter = allow;
	opts.filter_notify = true;
	assert_order(&process, opts, before);
}

static void a_policy_that_children_may_not_inherit_makes_exec_fork_at_once(void **state)
{
	struct oci_scheduler scheduler = { 0 };
	struct oci_process process = plain;

	(void)state;
	process.scheduler = &scheduler;
	assert_int_equal(rt_process_fork(&process, &as_root), RT_FORK_FIRST);
}

static void who_forks_late_counts_twice_against_its_limit_of_processes_till_then(void **state)
{
	struct oci_rlimit limit = { RLIMIT_NPROC, "RLIMIT_NPROC", 7, 9 };
	static const char *const order[] = { "set RLIMIT_NPROC (6) to 9, hard limit 9",
					     "become", "go on in a child",
					     "set RLIMIT_NPROC (6) to 7, hard limit 9", "execute",
					     NULL };
	struct oci_process process = plain;

	(void)state;
	process.rlimits = &limit;
	process.n_rlimits = 1;
	assert_order(&process, as_root, order);
}

static void a_terminal_becomes_controlling_in_the_process_that_keeps_it(void **state)
{
	static const char *const order[] = { "go on in a child", "start a session",
					     "make descriptor 0 the controlling terminal",
					     "execute", NULL };
	struct rt_process_options opts = as_root;
	struct oci_process process = plain;
	char *ready;

	(void)state;
	process.terminal = true;
	opts.console_slave = PLAN_FD_PROC;
	assert_order(&process, opts, order);
	ready = steps(rt_process_emit_ready, &process, &no_linux, &opts);
	assert_non_null(strstr(ready, "controlling"));
	free(ready);
	opts.fork = RT_FORK_LAST;
	ready = steps(rt_process_emit_ready, &process, &no_linux, &opts);
	assert_null(strstr(ready, "controlling"));
	assert_non_null(strstr(ready, "descriptors 0, 1 and 2"));
	free(ready);
}

static void the_filter_comes_before_privilege_is_given_up(void **state)
{
	static const char filter[16] = { 0 };
	uint32_t gids[] = { 10, 20 };
	struct oci_caps caps = { .bounding = 0xff, .effective = 1, .permitted = 3,
				 .inheritable = 4, .ambient = 8 };
	struct oci_rlimit limit = { RLIMIT_CORE, "RLIMIT_CORE", 0, RLIM_INFINITY };
	struct oci_process process = plain;
	struct rt_process_options opts = as_root;

	(void)state;
	process.no_new_privileges = false;
	process.capabilities = &caps;
	process.rlimits = &limit;
	process.n_rlimits = 1;
	process.apparmor_profile = "docker-default";
	process.selinux_label = "label";
	process.cwd = "/srv";
	process.user = (struct oci_user){ .uid = 1000, .gid = 1001, .has_umask = true,
					  .umask = 077, .additional_gids = gids,
					  .n_additional_gids = 2 };
	opts.filter = filter;
	opts.n_filter = sizeof(filter);
	opts.filter_flags = 4;
	assert_steps(rt_process_emit_final, &process, &no_linux, &opts,
		     "set AppArmor profile docker-default for the program (no new privileges: 0)\n"
		     "set SELinux label label for the program\n"
		     "set RLIMIT_CORE (4) to 0, hard limit 18446744073709551615\n"
		     "set umask 077\n"
		     "load the seccomp filter, flags 0x4; listener is none\n"
		     "limit the capability bounding set to 0xff\n"
		     "become user 1000, group 1001, with the additional groups\n"
		     "make /srv the working directory, if only the user may\n"
		     "set capabilities: effective 0x1, permitted 0x3, inheritable 0x4, ambient 0x8\n"
		     "execute sh as [\"sh\", \"-c\", \"true\"] with environment [\"PATH=/bin\", "
		     "\"HOME=/root\"]\n");
}

static void with_no_new_privileges_the_filter_is_last(void **state)
{
	static const char filter[8] = { 0 };
	struct rt_process_options opts = as_root;

	(void)state;
	opts.filter = filter;
	opts.n_filter = sizeof(filter);
	opts.filter_notify = true;
	opts.filter_flags = 8;
	assert_steps(rt_process_emit_final, &plain, &no_linux, &opts,
		     "set umask 022\n"
		     "set no_new_privs\n"
		     "limit the capability bounding set to 0x0\n"
		     "become user 0, group 0, with the additional groups\n"
		     "set capabilities: effective 0x0, permitted 0x0, inheritable 0x0, ambient 0x0\n"
		     "load the seccomp filter, flags 0x8; listener is fd 3\n"
		     "send seccomp listener fd 3 to the caller\n"
		     "execute sh as [\"sh\", \"-c\", \"true\"] with environment [\"PATH=/bin\", "
		     "\"HOME=/root\"]\n");
}

/* ---- environment --------------------------------------------------------------------------------- */

static void assert_env(char *const *base, char *const *extra, const char *wanted, bool home)
{
	struct str out = { 0 };
	bool wants_home = false;
	char **got = rt_env_merge(base, extra, &wants_home), *text;

	assert_non_null(got);
	str_add(&out, "");
	for (size_t i = 0; got[i]; i++) {
		str_add(&out, got[i]);
		str_add(&out, " ");
	}
	text = str_take(&out);
	assert_string_equal(text, wanted);
	assert_int_equal(wants_home, home);
	free(text);
	free(got);
}

static void of_equal_variables_the_last_value_is_in_the_first_place(void **state)
{
	char *twice[] = { "A=1", "HOME=/h", "B=2", "A=3", "AB=4", NULL };
	char *extra[] = { "B=5", "LISTEN_FDS=1", NULL };

	(void)state;
	assert_env(twice, NULL, "A=3 HOME=/h B=2 AB=4 ", false);
	assert_env(twice, extra, "A=3 HOME=/h B=5 AB=4 LISTEN_FDS=1 ", false);
	assert_env(NULL, NULL, "HOME=/ ", true);
}

static void a_missing_or_empty_home_is_for_the_init_to_find(void **state)
{
	char *none[] = { "HOMER=x", NULL }, *empty[] = { "HOME=", "X=1", NULL };
	char *cleared[] = { "HOME=/h", "HOME=", NULL }, *again[] = { "HOME=", "HOME=/h", NULL };

	(void)state;
	assert_env(none, NULL, "HOMER=x HOME=/ ", true);
	assert_env(empty, NULL, "HOME= X=1 ", true);
	assert_env(cleared, NULL, "HOME= ", true);
	assert_env(again, NULL, "HOME=/h ", false);
}

static void home_is_looked_up_as_the_user_of_the_process(void **state)
{
	char *no_home[] = { "A=1", NULL };
	struct oci_process process = plain;
	char *final;

	(void)state;
	process.env = no_home;
	process.user.uid = 33;
	final = steps(rt_process_emit_final, &process, &no_linux, &as_root);
	assert_true(str_starts(final, "set HOME to the home of user 33 in /etc/passwd\n"));
	assert_non_null(strstr(final, "with environment [\"A=1\", \"HOME=/\"]\n"));
	free(final);
}

static void thousands_of_variables_are_no_trouble(void **state)
{
	enum { N = 20000 };
	char **many = calloc(N + 1, sizeof(*many));
	bool wants_home;
	char **got;

	(void)state;
	for (int i = 0; i < N; i++)
		assert_true(asprintf(&many[i], "VARIABLE_%d=%d", i / 2, i) > 0);
	got = rt_env_merge(many, NULL, &wants_home);
	assert_string_equal(got[0], "VARIABLE_0=1");
	assert_string_equal(got[N / 2 - 1], "VARIABLE_9999=19999");
	assert_string_equal(got[N / 2], "HOME=/");
	assert_null(got[N / 2 + 1]);
	for (int i = 0; i < N; i++)
		free(many[i]);
	free(many);
	free(got);
}

/* ---- lists ----------------------------------------------------------------------------------------- */

static void lists_of_numbers_become_masks(void **state)
{
	static const struct {
		const char *list;
		int len;
		unsigned long first;
	} rows[] = {
		{ "0", 8, 1 },		{ "0-3,7", 8, 0x8f },	   { " 1 , 2-3 ,,5", 8, 0x2e },
		{ "63", 8, 1ul << 63 }, { "64", 16, 0 },	   { "", 0, 0 },
		{ ",", 0, 0 },		{ "3-1", -EINVAL, 0 },	   { "a", -EINVAL, 0 },
		{ "1-", -EINVAL, 0 },	{ "-1", -EINVAL, 0 },	   { "1 2", -EINVAL, 0 },
		{ "1;2", -EINVAL, 0 },	{ "128", -ERANGE, 0 },	   { "0-128", -ERANGE, 0 },
		{ "99999999999999999999", -ERANGE, 0 },
	};
	unsigned long mask[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(rt_bit_list(rows[i].list, mask, 128), rows[i].len);
		if (rows[i].len > 0)
			assert_int_equal(mask[0], rows[i].first);
	}
}

/* ---- mistakes ---------------------------------------------------------------------------------------- */

static void assert_refused(const struct oci_process *process, const struct oci_linux *linux_,
			   const char *message)
{
	struct husk_error err = { 0 };

	assert_int_equal(rt_process_check(process, linux_, &err), -EINVAL);
	assert_int_equal(err.kind, HUSK_E_CONFIG);
	assert_string_equal(err.msg, message);
}

static void a_good_process_passes(void **state)
{
	struct husk_error err = { 0 };

	(void)state;
	assert_int_equal(rt_process_check(&plain, &no_linux, &err), 0);
	assert_int_equal(rt_process_check(&plain, NULL, &err), 0);
	assert_int_equal(err.sys, 0);
}

static void a_process_needs_a_program(void **state)
{
	char *empty[] = { "", NULL };
	struct oci_process process = plain;

	(void)state;
	process.args = NULL;
	assert_refused(&process, NULL, "/process/args: must not be empty");
	process.args = empty;
	assert_refused(&process, NULL, "/process/args/0: must not be empty");
	process.args = args;
	process.cwd = "srv";
	assert_refused(&process, NULL, "/process/cwd: must be an absolute path");
}

static void variables_have_names(void **state)
{
	char *no_equals[] = { "A=1", "B", NULL }, *no_name[] = { "=1", NULL };
	struct oci_process process = plain;

	(void)state;
	process.env = no_equals;
	assert_refused(&process, NULL, "/process/env/1: \"B\" is not of the form NAME=value");
	process.env = no_name;
	assert_refused(&process, NULL, "/process/env/0: \"=1\" is not of the form NAME=value");
}

static void ids_must_be_mapped(void **state)
{
	struct oci_id_map map[] = { { 0, 100000, 10 }, { 1000, 101000, 1 } };
	struct oci_linux linux_ = { .uid_mappings = map, .gid_mappings = map, .n_uid_mappings = 2,
				    .n_gid_mappings = 2 };
	struct husk_error err = { 0 };
	uint32_t gids[] = { 9, 11 };
	struct oci_process process = plain;

	(void)state;
	process.user.uid = 1000;
	assert_int_equal(rt_process_check(&process, &linux_, &err), 0);
	process.user.uid = 1001;
	assert_refused(&process, &linux_,
		       "/process/user/uid: 1001 is not mapped in the container's user namespace");
	process.user.uid = 9;
	process.user.gid = 10;
	assert_refused(&process, &linux_,
		       "/process/user/gid: 10 is not mapped in the container's user namespace");
	process.user.gid = 0;
	process.user.additional_gids = gids;
	process.user.n_additional_gids = 2;
	assert_refused(&process, &linux_, "/process/user/additionalGids/1: 11 is not mapped in the "
					  "container's user namespace");
}

static void real_time_scheduling_needs_a_priority(void **state)
{
	struct oci_scheduler scheduler = { .policy = SCHED_RR };
	struct oci_process process = plain;

	(void)state;
	process.scheduler = &scheduler;
	assert_refused(&process, NULL, "/process/scheduler/priority: 0 is not in 1 to 99, as "
				       "SCHED_FIFO and SCHED_RR need");
}

static void affinity_must_name_a_cpu(void **state)
{
	struct oci_process process = plain;

	(void)state;
	process.cpu_affinity_initial = "";
	assert_refused(&process, NULL, "/process/execCPUAffinity/initial: names no CPU");
	process.cpu_affinity_initial = NULL;
	process.cpu_affinity_final = "0-x";
	assert_refused(&process, NULL,
		       "/process/execCPUAffinity/final: \"0-x\" is not a list like \"0-3,7\"");
	process.cpu_affinity_final = "8192";
	assert_refused(&process, NULL,
		       "/process/execCPUAffinity/final: \"8192\": numbers must be below 8192");
}

static void memory_policies_must_make_sense(void **state)
{
	static const struct {
		struct oci_memory_policy m;
		const char *message;
	} rows[] = {
		{ { MPOL_DEFAULT, 0, "0" }, "/linux/memoryPolicy: this mode takes no nodes" },
		{ { MPOL_LOCAL, 0, "0" }, "/linux/memoryPolicy: this mode takes no nodes" },
		{ { MPOL_BIND, 0, NULL }, "/linux/memoryPolicy: this mode needs at least one node" },
		{ { 6, 0, "" }, "/linux/memoryPolicy: this mode needs at least one node" },
		{ { MPOL_BIND, 0, "1024" },
		  "/linux/memoryPolicy/nodes: \"1024\": numbers must be below 1024" },
		{ { MPOL_BIND, MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES, "0" },
		  "/linux/memoryPolicy: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each "
		  "other" },
		{ { MPOL_INTERLEAVE, MPOL_F_NUMA_BALANCING, "0" },
		  "/linux/memoryPolicy: MPOL_F_NUMA_BALANCING needs mode MPOL_BIND or "
		  "MPOL_PREFERRED_MANY" },
	};
	struct oci_memory_policy good = { MPOL_PREFERRED, 0, NULL };
	struct oci_linux linux_ = { .memory_policy = &good };
	struct husk_error err = { 0 };

	(void)state;
	assert_int_equal(rt_process_check(&plain, &linux_, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_memory_policy m = rows[i].m;

		linux_.memory_policy = &m;
		assert_refused(&plain, &linux_, rows[i].message);
	}
}

static void a_module_that_is_off_is_named(void **state)
{
	struct oci_process process = plain;
	struct husk_error err = { 0 };

	(void)state;
	assert_int_equal(rt_lsm_check(&process, &err), 0);
	process.apparmor_profile = "unconfined";
	assert_int_equal(rt_lsm_check(&process, &err), 0);
	process.apparmor_profile = "docker-default";
	if (!rt_lsm_apparmor()) {
		assert_int_equal(rt_lsm_check(&process, &err), -EOPNOTSUPP);
		assert_int_equal(err.kind, HUSK_E_UNSUPPORTED);
		assert_string_equal(err.msg, "/process/apparmorProfile: \"docker-default\" is named, "
					     "but AppArmor is not enabled on this host");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_process_needs_little),
		cmocka_unit_test(everything_before_start_has_its_place),
		cmocka_unit_test(a_task_with_a_deadline_gets_it_after_the_hooks),
		cmocka_unit_test(an_unset_oom_score_is_not_touched),
		cmocka_unit_test(the_user_namespace_decides_where_host_rights_are_used),
		cmocka_unit_test(the_keyring_is_searchable_where_ids_are_mapped),
		cmocka_unit_test(affinity_is_for_exec_only),
		cmocka_unit_test(a_program_is_looked_for_before_start_but_not_by_exec),
		cmocka_unit_test(a_missing_working_directory_is_made_but_not_by_exec),
		cmocka_unit_test(a_user_may_enter_where_root_may_not),
		cmocka_unit_test(exec_is_seen_by_the_container_when_it_has_nothing_left_to_take),
		cmocka_unit_test(a_policy_that_children_may_not_inherit_makes_exec_fork_at_once),
		cmocka_unit_test(who_forks_late_counts_twice_against_its_limit_of_processes_till_then),
		cmocka_unit_test(a_terminal_becomes_controlling_in_the_process_that_keeps_it),
		cmocka_unit_test(the_filter_comes_before_privilege_is_given_up),
		cmocka_unit_test(with_no_new_privileges_the_filter_is_last),
		cmocka_unit_test(of_equal_variables_the_last_value_is_in_the_first_place),
		cmocka_unit_test(a_missing_or_empty_home_is_for_the_init_to_find),
		cmocka_unit_test(home_is_looked_up_as_the_user_of_the_process),
		cmocka_unit_test(thousands_of_variables_are_no_trouble),
		cmocka_unit_test(lists_of_numbers_become_masks),
		cmocka_unit_test(a_good_process_passes),
		cmocka_unit_test(a_process_needs_a_program),
		cmocka_unit_test(variables_have_names),
		cmocka_unit_test(ids_must_be_mapped),
		cmocka_unit_test(real_time_scheduling_needs_a_priority),
		cmocka_unit_test(affinity_must_name_a_cpu),
		cmocka_unit_test(memory_policies_must_make_sense),
		cmocka_unit_test(a_module_that_is_off_is_named),
	};

	return cmocka_run_group_tests_name("runtime/process_plan", tests, NULL, NULL);
}
