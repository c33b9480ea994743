/*
 * specs/read_seccomp.c
 *
 * covers: L-42 L-43 L-44
 */
#include <linux/seccomp.h>
#include <seccomp.h>

#include "tests/unit/test_specs.h"

#define SECCOMP(members) "'linux':{'seccomp':{" members "}}"
#define RULE(members)                                                                              \
	SECCOMP("'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['x']," members "}]")

static void everything_is_read(void **state)
{
	struct oci_config config;
	const struct oci_seccomp *s;

	(void)state;
	good_config(SECCOMP("'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38,"
			    "'architectures':['SCMP_ARCH_X86_64','SCMP_ARCH_LOONGARCH64',"
			    "'SCMP_ARCH_SHEB'],'flags':['SECCOMP_FILTER_FLAG_LOG',"
			    "'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],'listenerPath':'/run/s',"
			    "'listenerMetadata':'m','syscalls':[{'names':['read','no_such_call'],"
			    "'action':'SCMP_ACT_ALLOW'},{'names':['clone'],"
			    "'action':'SCMP_ACT_ERRNO',"
			    "'errnoRet':1,'args':[{'index':0,'value':18446744073709551615,"
			    "'valueTwo':9007199254740993,'op':'SCMP_CMP_MASKED_EQ'}]}]"), &config);
	s = config.linux_.seccomp;
	assert_int_equal(s->default_action, OCI_ACT_ERRNO);
	assert_true(s->has_default_errno_ret && s->default_errno_ret == 38);
	assert_int_equal(s->n_architectures, 3);
	assert_string_equal(s->architectures[2], "SCMP_ARCH_SHEB");
	assert_true(s->has_flags);
	assert_int_equal(s->flags,
			 SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	assert_string_equal(s->listener_path, "/run/s");
	assert_string_equal(s->listener_metadata, "m");
	assert_int_equal(s->n_rules, 2);
	assert_string_equal(s->rules[0].names[1], "no_such_call");
	assert_int_equal(s->rules[0].action, OCI_ACT_ALLOW);
	assert_true(s->rules[1].has_errno_ret && s->rules[1].errno_ret == 1);
	assert_true(s->rules[1].args[0].value == UINT64_MAX);
	assert_true(s->rules[1].args[0].value_two == UINT64_C(9007199254740993));
	assert_int_equal(s->rules[1].args[0].op, SCMP_CMP_MASKED_EQ);
	oci_config_done(&config);
}

static void operators_are_libseccomps(void **state)
{
	static const struct {
		const char *name;
		int op;
	} cases[] = {
		{ "NE", SCMP_CMP_NE }, { "LT", SCMP_CMP_LT }, { "LE", SCMP_CMP_LE },
		{ "EQ", SCMP_CMP_EQ }, { "GE", SCMP_CMP_GE }, { "GT", SCMP_CMP_GT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct oci_config config;
		char members[256];

		(void)snprintf(members, sizeof(members),
			       RULE("'action':'SCMP_ACT_LOG','args':[{'index':5,'value':1,"
				    "'op':'SCMP_CMP_%s'}]"), cases[i].name);
		good_config(members, &config);
		assert_int_equal(config.linux_.seccomp->rules[0].args[0].op, cases[i].op);
		oci_config_done(&config);
	}
}

static void an_empty_list_of_flags_is_not_an_absent_one(void **state)
{
	struct oci_config config;

	(void)state;
	good_config(SECCOMP("'defaultAction':'SCMP_ACT_LOG','flags':[]"), &config);
	assert_true(config.linux_.seccomp->has_flags && config.linux_.seccomp->flags == 0);
	oci_config_done(&config);
	good_config(SECCOMP("'defaultAction':'SCMP_ACT_LOG'"), &config);
	assert_false(config.linux_.seccomp->has_flags);
	oci_config_done(&config);
}

#define ACTIONS                                                                                    \
	"SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS, "                   \
	"SCMP_ACT_KILL_THREAD, SCMP_ACT_LOG, SCMP_ACT_NOTIFY, SCMP_ACT_TRACE, SCMP_ACT_TRAP"

static void bad_filters_are_named(void **state)
{
	static const struct bad_case cases[] = {
		{ SECCOMP(""), "/linux/seccomp: \"defaultAction\" is missing" },
		{ SECCOMP("'defaultAction':'ALLOW'"),
		  "/linux/seccomp/defaultAction: \"ALLOW\" is not an action; allowed: " ACTIONS },
		{ SECCOMP("'defaultAction':'SCMP_ACT_ALLOW','defaultErrnoRet':1"),
		  "/linux/seccomp/defaultErrnoRet: 1 has no meaning; allowed: only with "
		  "SCMP_ACT_ERRNO or "
		  "SCMP_ACT_TRACE" },
		{ SECCOMP("'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':4096"),
		  "/linux/seccomp/defaultErrnoRet: 4096 is out of range; allowed: integers from 0 "
		  "to "
		  "4095" },
		{ SECCOMP("'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_Z80']"),
		  "/linux/seccomp/architectures/0: \"SCMP_ARCH_Z80\" is not an architecture; "
		  "allowed: "
		  "SCMP_ARCH_ and one of X86_64, X86, X32, AARCH64, ARM, LOONGARCH64, M68K, MIPS, "
		  "MIPS64, "
		  "MIPS64N32, MIPSEL, MIPSEL64, MIPSEL64N32, PARISC, PARISC64, PPC, PPC64, PPC64LE,"
		  " "
		  "RISCV64, S390, S390X, SH, SHEB" },
		{ SECCOMP("'defaultAction':'SCMP_ACT_ALLOW','flags':['SECCOMP_FILTER_FLAG_X']"),
		  "/linux/seccomp/flags/0: \"SECCOMP_FILTER_FLAG_X\" is not a seccomp flag; "
		  "allowed: "
		  "SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW, "
		  "SECCOMP_FILTER_FLAG_TSYNC, "
		  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" },
		{ SECCOMP("'defaultAction':'SCMP_ACT_ALLOW','listenerMetadata':'x'"),
		  "/linux/seccomp/listenerMetadata: has no meaning without \"listenerPath\"" },
		{ SECCOMP("'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'action':'SCMP_ACT_LOG'}]"),
		  "/linux/seccomp/syscalls/0: \"names\" is missing" },
		{ SECCOMP("'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'action':'SCMP_ACT_LOG',"
			  "'names':[]}]"),
		  "/linux/seccomp/syscalls/0/names: is empty; at least one is needed" },
		{ RULE("'action':'SCMP_ACT_LOUD'"),
		  "/linux/seccomp/syscalls/0/action: \"SCMP_ACT_LOUD\" is not an action; "
		  "allowed: " ACTIONS },
		{ RULE("'action':'SCMP_ACT_KILL','errnoRet':1"),
		  "/linux/seccomp/syscalls/0/errnoRet: 1 has no meaning; allowed: only with "
		  "SCMP_ACT_ERRNO or SCMP_ACT_TRACE" },
		{ RULE("'action':'SCMP_ACT_LOG','args':[{'index':6,'value':1,'op':'SCMP_CMP_EQ'}]"),
		  "/linux/seccomp/syscalls/0/args/0/index: 6 is out of range; allowed: integers "
		  "from 0 to "
		  "5" },
		{ RULE("'action':'SCMP_ACT_LOG','args':[{'index':0,'value':-1,'op':'SCMP_CMP_EQ'}]"),
		  "/linux/seccomp/syscalls/0/args/0/value: -1 is out of range; allowed: integers "
		  "from 0 to "
		  "18446744073709551615" },
		{ RULE("'action':'SCMP_ACT_LOG','args':[{'index':0,'value':1,'op':'=='}]"),
		  "/linux/seccomp/syscalls/0/args/0/op: \"==\" is not a comparison; allowed: "
		  "SCMP_CMP_NE, "
		  "SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT, "
		  "SCMP_CMP_MASKED_EQ" },
	};

	(void)state;
	bad_configs(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(operators_are_libseccomps),
		cmocka_unit_test(an_empty_list_of_flags_is_not_an_absent_one),
		cmocka_unit_test(bad_filters_are_named),
	};

	return cmocka_run_group_tests_name("specs/read_seccomp", tests, NULL, NULL);
}
