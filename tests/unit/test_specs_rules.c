/*
 * specs/rules.c: what is let through to file names and files of the kernel.
 *
 * covers: C-01
 */
#include "specs/rules.h"
#include "tests/unit/test_specs.h"

static void strings_are_judged(void **state)
{
	static const struct {
		const struct oci_rule *rule;
		const char *text;
		bool good;
	} cases[] = {
		{ &oci_rule_env, "A=", true },
		{ &oci_rule_env, "A==b", true },
		{ &oci_rule_env, "A", false },
		{ &oci_rule_env, "", false },
		{ &oci_rule_env, "=b", false },
		{ &oci_rule_sysctl, "net.ipv4.conf.eth0.forwarding", true },
		{ &oci_rule_sysctl, "net/ipv4/conf/eth0.1/forwarding", true },
		{ &oci_rule_sysctl, "kernel.msg_max-x", true },
		{ &oci_rule_sysctl, "", false },
		{ &oci_rule_sysctl, "/net/x", false },
		{ &oci_rule_sysctl, "net/../kernel", false },
		{ &oci_rule_sysctl, "net..x", false },
		{ &oci_rule_sysctl, "net/./x", false },
		{ &oci_rule_sysctl, "net.x.", false },
		{ &oci_rule_sysctl, "net x", false },
		{ &oci_rule_sysctl, "net.x=1", false },
		{ &oci_rule_cgroup_file, "cpu.max.burst", true },
		{ &oci_rule_cgroup_file, "hugetlb.1GB.rsvd.max", true },
		{ &oci_rule_cgroup_file, "misc.max", true },
		{ &oci_rule_cgroup_file, "CPU.max", false },
		{ &oci_rule_cgroup_file, "cpu.", false },
		{ &oci_rule_cgroup_file, ".max", false },
		{ &oci_rule_cgroup_file, "a/b.c", false },
		{ &oci_rule_cgroup_file, "cpu.max\n", false },
		{ &oci_rule_page_size, "64KB", true },
		{ &oci_rule_page_size, "1GB", true },
		{ &oci_rule_page_size, "0MB", false },
		{ &oci_rule_page_size, "2M", false },
		{ &oci_rule_page_size, "2MBx", false },
		{ &oci_rule_page_size, "MB", false },
		{ &oci_rule_if_name, "eth0", true },
		{ &oci_rule_if_name, "123456789012345", true },
		{ &oci_rule_if_name, "1234567890123456", false },
		{ &oci_rule_if_name, "", false },
		{ &oci_rule_if_name, "..", false },
		{ &oci_rule_if_name, "a/b", false },
		{ &oci_rule_if_name, "a:b", false },
		{ &oci_rule_if_name, "a b", false },
		{ &oci_rule_clos_id, "/", true },
		{ &oci_rule_clos_id, "group", true },
		{ &oci_rule_clos_id, "/group", false },
		{ &oci_rule_clos_id, ".", false },
		{ &oci_rule_number_list, "0", true },
		{ &oci_rule_number_list, "0-3,7,9-10", true },
		{ &oci_rule_number_list, "0,", false },
		{ &oci_rule_number_list, "-1", false },
		{ &oci_rule_number_list, "1-2-3", false },
		{ &oci_rule_number_list, "12345678901", false },
		{ &oci_rule_cpuset, "0-10:2/4, 12", true },
		{ &oci_rule_cpuset, "0;1", false },
		{ &oci_rule_seccomp_arch, "SCMP_ARCH_PARISC64", true },
		{ &oci_rule_seccomp_arch, "SCMP_ARCH_", false },
		{ &oci_rule_seccomp_arch, "X86_64", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].rule->ok(cases[i].text) != cases[i].good)
			fail_msg("\"%s\" as %s", cases[i].text, cases[i].rule->what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_judged),
	};

	return cmocka_run_group_tests_name("specs/rules", tests, NULL, NULL);
}
