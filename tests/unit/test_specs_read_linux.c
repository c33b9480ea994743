/*
 * specs/read_linux.c
 *
 * covers: L-04 L-08 L-40 L-52
 */
#include <sched.h>
#include <sys/personality.h>

#include "tests/unit/test_specs.h"

static void namespaces_are_created_or_joined(void **state)
{
	struct oci_config config;

	(void)state;
	good_config("'linux':{'namespaces':[{'type':'pid'},{'type':'network','path':'/proc/7/ns/net'},"
		    "{'type':'mount'},{'type':'ipc'},{'type':'uts'},{'type':'user'},"
		    "{'type':'cgroup'},"
		    "{'type':'time'}]}", &config);
	assert_int_equal(config.linux_.n_namespaces, 8);
	assert_null(oci_namespace_get(&config.linux_, CLONE_NEWPID)->path);
	assert_string_equal(oci_namespace_get(&config.linux_, CLONE_NEWNET)->path, "/proc/7/ns/net");
	assert_int_equal(config.linux_.namespaces[7].type, 0x80);
	oci_config_done(&config);
}

static void everything_else_is_read(void **state)
{
	struct oci_config config;
	const struct oci_linux *l;

	(void)state;
	good_config("'linux':{'namespaces':[{'type':'time'},{'type':'user'}],"
		    "'uidMappings':[{'containerID':0,'hostID':1000,'size':1}],"
		    "'timeOffsets':{'monotonic':{'secs':-9223372036854775807,'nanosecs':5}},"
		    "'devices':[{'type':'c','path':'/dev/a','major':10,'minor':229,'fileMode':8630,"
		    "'uid':3,'gid':4},{'type':'u','path':'/dev/u','major':1,'minor':2},"
		    "{'type':'p','path':'/dev/p','fileMode':384}],"
		    "'netDevices':{'eth0':{},'eth1':{'name':'in1'}},'cgroupsPath':'/a/b',"
		    "'intelRdt':{'closID':'g','l3CacheSchema':'L3:0=f','memBwSchema':'MB:0=1',"
		    "'schemata':['L3:0=7'],'enableMonitoring':true},"
		    "'memoryPolicy':{'mode':'MPOL_WEIGHTED_INTERLEAVE','nodes':'0-1',"
		    "'flags':['MPOL_F_STATIC_NODES']},'sysctl':{'net.ipv4.ip_forward':'1',"
		    "'net/ipv4/conf/eth0.1/forwarding':''},'rootfsPropagation':'rslave',"
		    "'maskedPaths':['/proc/kcore'],'readonlyPaths':['/proc/sys'],'mountLabel':'l',"
		    "'personality':{'domain':'LINUX32','flags':[]}}", &config);
	l = &config.linux_;
	assert_int_equal(l->uid_mappings[0].host_id, 1000);
	assert_true(l->monotonic.set && !l->boottime.set);
	assert_true(l->monotonic.secs == -INT64_MAX && l->monotonic.nanosecs == 5);
	assert_int_equal(l->n_devices, 3);
	assert_int_equal(l->devices[0].mode, 0666);	/* without the S_IFCHR in 8630 */
	assert_true(l->devices[0].major == 10 && l->devices[0].minor == 229);
	assert_true(l->devices[0].uid == 3 && l->devices[0].gid == 4);
	assert_true(l->devices[1].type == 'c' && l->devices[1].mode == 0666);
	assert_true(l->devices[2].type == 'p' && l->devices[2].mode == 0600);
	assert_string_equal(l->net_devices[0].host_name, "eth0");
	assert_string_equal(l->net_devices[0].name, "eth0");
	assert_string_equal(l->net_devices[1].name, "in1");
	assert_string_equal(l->cgroups_path, "/a/b");
	assert_string_equal(l->intel_rdt->clos_id, "g");
	assert_string_equal(l->intel_rdt->schemata[0], "L3:0=7");
	assert_true(l->intel_rdt->enable_monitoring);
	assert_true(l->memory_policy->mode == 6 && l->memory_policy->flags == 1 << 15);
	assert_string_equal(l->memory_policy->nodes, "0-1");
	assert_int_equal(l->n_sysctl, 2);
	assert_string_equal(l->sysctl[1].key, "net/ipv4/conf/eth0.1/forwarding");
	assert_string_equal(l->sysctl[1].value, "");
	assert_int_equal(l->rootfs_propagation, OCI_PROP_RSLAVE);
	assert_string_equal(l->masked_paths[0], "/proc/kcore");
	assert_null(l->readonly_paths[1]);
	assert_string_equal(l->mount_label, "l");
	assert_true(l->has_personality && l->personality == PER_LINUX32);
	oci_config_done(&config);
}

static void bad_linux_is_named(void **state)
{
	static const struct bad_case cases[] = {
		{ "'linux':{'namespaces':[{'type':'pid'},{'type':'ipc'},{'type':'pid'}]}",
		  "/linux/namespaces/2: \"pid\" is listed twice; allowed: each namespace once" },
		{ "'linux':{'namespaces':[{'type':'pid','path':'proc/1/ns/pid'}]}",
		  "/linux/namespaces/0/path: \"proc/1/ns/pid\" is not an absolute path; allowed: "
		  "paths "
		  "that begin with /" },
		{ "'linux':{'uidMappings':[{'containerID':0,'hostID':1,'size':1}]}",
		  "/linux/uidMappings: maps IDs, but /linux/namespaces has no \"user\"" },
		{ "'linux':{'gidMappings':[{'containerID':0,'hostID':1,'size':1}]}",
		  "/linux/gidMappings: maps IDs, but /linux/namespaces has no \"user\"" },
		{ "'linux':{'timeOffsets':{'boottime':{'secs':1}}}",
		  "/linux/timeOffsets: sets clocks, but /linux/namespaces has no \"time\"" },
		{ "'linux':{'namespaces':[{'type':'time','path':'/x'}],"
		  "'timeOffsets':{'boottime':{'secs':1}}}",
		  "/linux/timeOffsets: sets clocks, but the \"time\" namespace in "
		  "/linux/namespaces is "
		  "an existing one" },
		{ "'linux':{'timeOffsets':{'boottime':{'nanosecs':1000000000}}}",
		  "/linux/timeOffsets/boottime/nanosecs: 1000000000 is out of range; allowed: "
		  "integers "
		  "from 0 to 999999999" },
		{ "'linux':{'devices':[{'type':'x','path':'/a'}]}",
		  "/linux/devices/0/type: \"x\" is not a device type; allowed: b, c, p, u" },
		{ "'linux':{'devices':[{'type':'c','path':'a'}]}",
		  "/linux/devices/0/path: \"a\" is not an absolute path; allowed: paths that begin "
		  "with "
		  "/" },
		{ "'linux':{'devices':[{'type':'c','path':'/a','major':1}]}",
		  "/linux/devices/0: \"major\" and \"minor\" are missing; only a device of type "
		  "\"p\" "
		  "has none" },
		{ "'linux':{'devices':[{'type':'c','path':'/a','major':4096,'minor':0}]}",
		  "/linux/devices/0/major: 4096 is out of range; allowed: integers from 0 to "
		  "4095" },
		{ "'linux':{'devices':[{'type':'p','path':'/a','uid':4294967295}]}",
		  "/linux/devices/0/uid: 4294967295 is out of range; allowed: integers from 0 to "
		  "4294967294" },
		{ "'linux':{'netDevices':{'an-overlong-name':{}}}",
		  "/linux/netDevices/an-overlong-name: the name \"an-overlong-name\" is not a "
		  "network "
		  "interface name; allowed: 1 to 15 bytes without /, : and blanks" },
		{ "'linux':{'netDevices':{'eth0':{'name':'../x'}}}",
		  "/linux/netDevices/eth0/name: \"../x\" is not a network interface name; allowed: "
		  "1 to "
		  "15 bytes without /, : and blanks" },
		{ "'linux':{'intelRdt':{'closID':'..'}}",
		  "/linux/intelRdt/closID: \"..\" is not the name of a resctrl group; allowed: /, "
		  "or a "
		  "name without / and blanks" },
		{ "'linux':{'memoryPolicy':{'mode':'MPOL_X'}}",
		  "/linux/memoryPolicy/mode: \"MPOL_X\" is not a memory policy; allowed: "
		  "MPOL_DEFAULT, "
		  "MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_LOCAL, MPOL_PREFERRED_MANY, "
		  "MPOL_WEIGHTED_INTERLEAVE" },
		{ "'linux':{'rootfsPropagation':'slvae'}",
		  "/linux/rootfsPropagation: \"slvae\" is not a mount propagation; allowed: "
		  "private, "
		  "rprivate, rshared, rslave, runbindable, shared, slave, unbindable" },
		{ "'linux':{'sysctl':{'kernel.shm_rmid_forced+kernel.core_pattern':'|/evil #'}}",
		  "/linux/sysctl/kernel.shm_rmid_forced+kernel.core_pattern: the name "
		  "\"kernel.shm_rmid_forced+kernel.core_pattern\" is not the name of a sysctl; "
		  "allowed: "
		  "letters, digits, _ and -, separated by single . or /, such as "
		  "net.ipv4.ip_forward" },
		{ "'linux':{'sysctl':{'net/../kernel/x':'1'}}",
		  "/linux/sysctl/net~1..~1kernel~1x: the name \"net/../kernel/x\" is not the name "
		  "of a "
		  "sysctl; allowed: letters, digits, _ and -, separated by single . or /, such as "
		  "net.ipv4.ip_forward" },
		{ "'linux':{'sysctl':{'net.x':'1\\n2'}}",
		  "/linux/sysctl/net.x: \"1\\n2\" is not one line; allowed: text without a "
		  "newline" },
		{ "'linux':{'sysctl':{'net.x':1}}", "/linux/sysctl/net.x: expected a string, found 1" },
		{ "'linux':{'maskedPaths':['proc/x']}",
		  "/linux/maskedPaths/0: \"proc/x\" is not an absolute path; allowed: paths that "
		  "begin "
		  "with /" },
		{ "'linux':{'personality':{'domain':'BSD'}}",
		  "/linux/personality/domain: \"BSD\" is not a personality; allowed: LINUX, "
		  "LINUX32" },
		{ "'linux':{'personality':{'domain':'LINUX','flags':['x']}}",
		  "/linux/personality/flags: is not empty; allowed: no flag is defined yet" },
	};

	(void)state;
	bad_configs(cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(namespaces_are_created_or_joined),
		cmocka_unit_test(everything_else_is_read),
		cmocka_unit_test(bad_linux_is_named),
	};

	return cmocka_run_group_tests_name("specs/read_linux", tests, NULL, NULL);
}
