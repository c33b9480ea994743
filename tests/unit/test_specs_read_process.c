/*
 * specs/read_process.c
 *
 * covers: C-20 C-21 C-22 C-23 C-24 C-30 C-32 C-34
 */
#include <sys/resource.h>

#include "tests/unit/test_specs.h"

#define PROCESS(members) "'process':{'cwd':'/','args':['sh']," members "}"

static void everything_is_read(void **state)
{
	struct oci_config config;
	const struct oci_process *p;

	(void)state;
	good_config(PROCESS("'terminal':true,'consoleSize':{'height':24,'width':80},"
			    "'user':{'uid':4294967294,'gid':7,'umask':18,'additionalGids':[1,2]},"
			    "'env':['A=b','C='],'rlimits':[{'type':'RLIMIT_NOFILE',"
			    "'soft':1024,'hard':18446744073709551615}],'noNewPrivileges':true,"
			    "'apparmorProfile':'p','selinuxLabel':'l','oomScoreAdj':-1000,"
			    "'scheduler':{'policy':'SCHED_DEADLINE','runtime':1,'deadline':2,"
			    "'period':3,"
			    "'nice':-20,'flags':['SCHED_FLAG_RECLAIM','SCHED_FLAG_DL_OVERRUN']},"
			    "'ioPriority':{'class':'IOPRIO_CLASS_BE','priority':7},"
			    "'execCPUAffinity':{'initial':'0-3,7','final':'1'}"), &config);
	p = config.process;
	assert_true(p->terminal && p->has_console_size && p->no_new_privileges);
	assert_int_equal(p->console_height, 24);
	assert_int_equal(p->console_width, 80);
	assert_true(p->user.uid == 4294967294u && p->user.gid == 7);
	assert_true(p->user.has_umask && p->user.umask == 022);
	assert_int_equal(p->user.n_additional_gids, 2);
	assert_int_equal(p->user.additional_gids[1], 2);
	assert_int_equal(p->n_args, 1);
	assert_string_equal(p->args[0], "sh");
	assert_null(p->args[1]);
	assert_string_equal(p->env[1], "C=");
	assert_null(p->env[2]);
	assert_int_equal(p->rlimits[0].resource, RLIMIT_NOFILE);
	assert_string_equal(p->rlimits[0].name, "RLIMIT_NOFILE");
	assert_true(p->rlimits[0].soft == 1024 && p->rlimits[0].hard == RLIM_INFINITY);
	assert_true(p->has_oom_score_adj && p->oom_score_adj == -1000);
	assert_true(p->scheduler->policy == 6 && p->scheduler->flags == 6 && p->scheduler->nice == -20);
	assert_true(p->io_priority->io_class == 2 && p->io_priority->priority == 7);
	assert_true(p->has_exec_cpu_affinity);
	assert_string_equal(p->cpu_affinity_initial, "0-3,7");
	oci_config_done(&config);
}

static void what_is_not_said_is_not_set(void **state)
{
	struct oci_config config;

	(void)state;
	good_config(PROCESS("'user':{}"), &config);
	assert_false(config.process->has_oom_score_adj);
	assert_false(config.process->user.has_umask);
	assert_false(config.process->has_exec_cpu_affinity);
	assert_null(config.process->capabilities);
	assert_null(config.process->env);
	oci_config_done(&config);
}

static void the_console_size_is_ignored_without_a_terminal(void **state)
{
	struct oci_config config;

	(void)state;
	good_config(PROCESS("'consoleSize':{'height':-1}"), &config);
	assert_false(config.process->has_console_size);
	oci_config_done(&config);
}

static void bad_processes_are_named(void **state)
{
	static const struct bad_case cases[] = {
		{ "'process':{'cwd':'/'}", "/process: \"args\" is missing" },
		{ "'process':{'cwd':'/','args':[]}", "/process/args: is empty; at least one is needed" },
		{ "'process':{'args':['x']}", "/process: \"cwd\" is missing" },
		{ "'process':{'args':['x'],'cwd':'a/b'}",
		  "/process/cwd: \"a/b\" is not an absolute path; allowed: paths that begin with "
		  "/" },
		{ "'process':{'args':['x'],'cwd':''}",
		  "/process/cwd: \"\" is not an absolute path; allowed: paths that begin with /" },
		{ PROCESS("'user':{'uid':4294967295}"),
		  "/process/user/uid: 4294967295 is out of range; allowed: integers from 0 to "
		  "4294967294" },
		{ PROCESS("'user':{'gid':-1}"),
		  "/process/user/gid: -1 is out of range; allowed: integers from 0 to 4294967294" },
		{ PROCESS("'user':{'uid':4294967296}"),
		  "/process/user/uid: 4294967296 is out of range; allowed: integers from 0 to "
		  "4294967294" },
		{ PROCESS("'user':{'uid':'0'}"), "/process/user/uid: expected a number, found \"0\"" },
		{ PROCESS("'user':{'uid':1.5}"),
		  "/process/user/uid: 1.5 is not an integer; allowed: integers from 0 to "
		  "4294967294" },
		{ PROCESS("'user':{'additionalGids':[0,4294967295]}"),
		  "/process/user/additionalGids/1: 4294967295 is out of range; allowed: integers "
		  "from "
		  "0 to 4294967294" },
		{ PROCESS("'user':{'umask':512}"),
		  "/process/user/umask: 512 is out of range; allowed: integers from 0 to 511" },
		{ PROCESS("'env':['A=b','SECRET']"),
		  "/process/env/1: \"SECRET\" is not an environment variable; allowed: KEY=value, "
		  "with a "
		  "key" },
		{ PROCESS("'env':['=x']"),
		  "/process/env/0: \"=x\" is not an environment variable; allowed: KEY=value, with "
		  "a "
		  "key" },
		{ PROCESS("'rlimits':[{'type':'RLIMIT_CPU','soft':1,'hard':18446744073709551616}]"),
		  "/process/rlimits/0/hard: 18446744073709551616 is out of range; allowed: "
		  "integers from "
		  "0 to 18446744073709551615" },
		{ PROCESS("'rlimits':[{'type':'RLIMIT_CPU','soft':2,'hard':1}]"),
		  "/process/rlimits/0: the soft limit 2 is above the hard limit 1" },
		{ PROCESS("'rlimits':[{'type':'RLIMIT_CPU','soft':1,'hard':1},"
			  "{'type':'RLIMIT_CPU','soft':1,'hard':1}]"),
		  "/process/rlimits/1: RLIMIT_CPU is set twice; allowed: each limit once" },
		{ PROCESS("'rlimits':[{'type':'RLIMIT_CPU','soft':1}]"),
		  "/process/rlimits/0: \"hard\" is missing" },
		{ PROCESS("'oomScoreAdj':1001"),
		  "/process/oomScoreAdj: 1001 is out of range; allowed: integers from -1000 to "
		  "1000" },
		{ PROCESS("'terminal':true,'consoleSize':{'height':65536,'width':80}"),
		  "/process/consoleSize/height: 65536 is out of range; allowed: integers from 0 to "
		  "65535" },
		{ PROCESS("'scheduler':{'policy':'SCHED_FAST'}"),
		  "/process/scheduler/policy: \"SCHED_FAST\" is not a scheduling policy; allowed: "
		  "SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_ISO, SCHED_IDLE, "
		  "SCHED_DEADLINE" },
		{ PROCESS("'scheduler':{'policy':'SCHED_OTHER','priority':5}"),
		  "/process/scheduler/priority: 5 has no meaning; allowed: only with SCHED_FIFO or "
		  "SCHED_RR" },
		{ PROCESS("'scheduler':{'policy':'SCHED_OTHER','runtime':5}"),
		  "/process/scheduler: runtime, deadline and period are for SCHED_DEADLINE only" },
		{ PROCESS("'scheduler':{'policy':'SCHED_OTHER','flags':['X']}"),
		  "/process/scheduler/flags/0: \"X\" is not a scheduler flag; allowed: "
		  "SCHED_FLAG_RESET_ON_FORK, SCHED_FLAG_RECLAIM, SCHED_FLAG_DL_OVERRUN, "
		  "SCHED_FLAG_KEEP_POLICY, SCHED_FLAG_KEEP_PARAMS, SCHED_FLAG_UTIL_CLAMP_MIN, "
		  "SCHED_FLAG_UTIL_CLAMP_MAX" },
		{ PROCESS("'ioPriority':{'class':'IOPRIO_CLASS_BE','priority':8}"),
		  "/process/ioPriority/priority: 8 is out of range; allowed: integers from 0 to "
		  "7" },
		{ PROCESS("'execCPUAffinity':{'initial':'0-'}"),
		  "/process/execCPUAffinity/initial: \"0-\" is not a list of numbers; allowed: "
		  "numbers "
		  "and ranges, such as 0-3,7" },
	};

	(void)state;
	bad_configs(cases, ARRAY_SIZE(cases));
}

static void a_process_alone_has_short_pointers(void **state)
{
	static const char good[] = "{\"cwd\":\"/\",\"args\":[\"a\",\"b\"]}", bad[] = "{\"args\":[7]}";
	struct husk_error err = { 0 };
	struct arena arena = { 0 };
	struct oci_process *process = NULL;

	(void)state;
	assert_int_equal(oci_process_parse(good, sizeof(good) - 1, &arena, &process, &err), 0);
	assert_string_equal(process->args[1], "b");
	process = NULL;
	assert_int_equal(oci_process_parse(bad, sizeof(bad) - 1, &arena, &process, &err), -EINVAL);
	assert_string_equal(err.msg, "/args/0: expected a string, found 7");
	assert_null(process);
	arena_done(&arena);
}

static void rlimits_have_numbers(void **state)
{
	(void)state;
	assert_int_equal(oci_rlimit_number("RLIMIT_STACK"), RLIMIT_STACK);
	assert_int_equal(oci_rlimit_number("STACK"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(what_is_not_said_is_not_set),
		cmocka_unit_test(the_console_size_is_ignored_without_a_terminal),
		cmocka_unit_test(bad_processes_are_named),
		cmocka_unit_test(a_process_alone_has_short_pointers),
		cmocka_unit_test(rlimits_have_numbers),
	};

	return cmocka_run_group_tests_name("specs/read_process", tests, NULL, NULL);
}
