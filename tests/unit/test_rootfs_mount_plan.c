/*
 * rootfs/mount_plan.c: what each kind of mount becomes, and which are refused.
 *
 * covers: C-06 C-07
 */
#include "tests/unit/test_rootfs.h"

static void a_new_file_system_is_one_step(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(MOUNT("'destination':'/proc','type':'proc','source':'proc',"
			  "'options':['nosuid','noexec','nodev']"), &opts, MOUNTS,
		    STEPS("  0  mount proc on /proc: source proc, options [], attributes 0xe, kept as "
			  "none  [/mounts/0]",
			  "  1  make default devices"));
	assert_plan(MOUNT("'destination':'/x','type':'tmpfs','source':'shm',"
			  "'options':['nosuid','strictatime','rprivate','mode=755','size=1m','sync']"),
		    &opts, MOUNTS,
		    STEPS("  0  mount tmpfs on /x: source shm, options [\"sync\", \"mode=755\", "
			  "\"size=1m\"], attributes 0x22, kept as none",
			  "  1  make default devices"));
	/* Read-only is for the mount; the instance of a real file system, too. */
	assert_plan(MOUNT("'destination':'/x','type':'ext4','source':'/dev/vdb','options':['ro']"),
		    &opts, MOUNTS,
		    STEPS("mount ext4 on /x: source /dev/vdb, options [\"ro\"], attributes 0x1"));
	assert_plan(MOUNT("'destination':'/x','type':'tmpfs','options':['ro','rro','rw','noatime']"),
		    &opts, MOUNTS,
		    STEPS("mount tmpfs on /x: source none, options [], attributes 0x10"));
}

/* ... and only there: elsewhere it is read-only from the beginning. */
static void a_readonly_tmpfs_is_sealed_when_all_is_in_it(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(MOUNT("'destination':'/dev','type':'tmpfs','options':['nosuid','ro']"), &opts,
		    MOUNTS,
		    STEPS("  0  mount tmpfs on /dev: source none, options [], attributes 0x2, kept as "
			  "none",
			  "make default devices",
			  "change the mount at /dev: set 0x1, clear 0x0, propagation 0x0, recursive 0"));
	assert_plan(MOUNT("'destination':'/a','type':'tmpfs','options':['ro']},"
			  "{'destination':'/a/b','type':'proc'},"
			  "{'destination':'/ab','type':'tmpfs','options':['ro']"), &opts, MOUNTS,
		    STEPS("  0  mount tmpfs on /a: source none, options [], attributes 0x0, kept as none",
			  "  1  mount proc on /a/b",
			  "  2  mount tmpfs on /ab: source none, options [], attributes 0x1, kept as none",
			  "make default devices",
			  "change the mount at /a: set 0x1, clear 0x0, propagation 0x0, recursive 0"));
	assert_plan(MOUNT("'destination':'/a','type':'tmpfs','options':['ro']},"
			  "{'destination':'/a/b','type':'proc'},"
			  "{'destination':'/a','type':'tmpfs'"), &opts, MOUNTS,
		    STEPS("  0  mount tmpfs on /a: source none, options [], attributes 0x1, kept as none"));
}

static void propagation_and_id_maps_come_before_attaching(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(MOUNT("'destination':'/x','type':'tmpfs','options':['shared'],"
			  "'uidMappings':[{'containerID':0,'hostID':5,'size':6}],"
			  "'gidMappings':[{'containerID':0,'hostID':7,'size':8}]"), &opts, MOUNTS,
		    STEPS("user namespace uids=0-5-6*1;gids=0-7-8*1",
			  "mount tmpfs on /x: source none, options [], attributes 0x0, kept as fd 4",
			  "change fd 4: set 0x0, clear 0x0, propagation 0x0, recursive 0, id-mapped by "
			  "fd 3",
			  "change fd 4: set 0x0, clear 0x0, propagation 0x100000, recursive 0",
			  "mount fd 4 on /x, flags 0x0"));
}

/* As few mount_setattr(2) as the options need. */
static void a_bind_mount_is_changed_then_attached(void **state)
{
	static const struct {
		const char *options;
		const char *steps[4];
	} cases[] = {
		{ "'rbind','rprivate'",
		  { "  0  change fd 3 (/src): set 0x0, clear 0x0, propagation 0x40000, recursive 1",
		    "  1  mount fd 3 (/src) on /x" } },
		{ "'bind','rprivate','nosuid','ro'",
		  { "  0  change fd 3 (/src): set 0x3, clear 0x0, propagation 0x40000, recursive 0",
		    "  1  mount fd 3 (/src) on /x" } },
		{ "'rbind','ro'",
		  { "  0  change fd 3 (/src): set 0x0, clear 0x0, propagation 0x80000, recursive 1",
		    "  1  change fd 3 (/src): set 0x1, clear 0x0, propagation 0x0, recursive 0",
		    "  2  mount fd 3 (/src) on /x" } },
		{ "'rbind','rro','rslave'",
		  { "  0  change fd 3 (/src): set 0x1, clear 0x0, propagation 0x80000, recursive 1",
		    "  1  mount fd 3 (/src) on /x" } },
		{ "'rbind','rshared'",
		  { "  0  change fd 3 (/src): set 0x0, clear 0x0, propagation 0x80000, recursive 1",
		    "  1  change fd 3 (/src): set 0x0, clear 0x0, propagation 0x100000, recursive 1",
		    "  2  mount fd 3 (/src) on /x" } },
		{ "'rbind','rprivate','noatime','rrw'",
		  { "  0  change fd 3 (/src): set 0x0, clear 0x1, propagation 0x40000, recursive 1",
		    "  1  change fd 3 (/src): set 0x10, clear 0x70, propagation 0x0, recursive 0",
		    "  2  mount fd 3 (/src) on /x" } },
	};
	struct rootfs_options opts = root_options();
	char json[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(json, sizeof(json), MOUNT("'destination':'/x','source':'/src',"
						   "'options':[%s]"), cases[i].options);
		assert_plan(json, &opts, MOUNTS, cases[i].steps);
	}
}

static void a_shared_root_keeps_volumes_peers_of_the_host(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(MOUNT("'destination':'/x','source':'/src','options':['rbind','rshared']")
		    ",'linux':{'rootfsPropagation':'rshared'}", &opts, MOUNTS,
		    STEPS("  0  change fd 3 (/src): set 0x0, clear 0x0, propagation 0x100000",
			  "  1  mount fd 3"));
	assert_plan(MOUNT("'destination':'/x','source':'/src','options':['rbind']")
		    ",'linux':{'rootfsPropagation':'shared'}", &opts, MOUNTS,
		    STEPS("  0  mount fd 3"));
}

/* What it mounts must not reach the host. */
static void a_user_namespace_never_gets_peers_of_the_host(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	opts.userns = true;
	assert_plan(MOUNT("'destination':'/x','source':'/src','options':['rbind','rshared']")
		    ",'linux':{'rootfsPropagation':'rshared'}", &opts, ENTER | MOUNTS,
		    STEPS("change fd 12: set 0x0, clear 0x0, propagation 0x80000, recursive 1",
			  "change fd 12: set 0x0, clear 0x0, propagation 0x100000, recursive 1",
			  "mount fd 12 on /x"));
}

static void the_caller_id_maps_a_bind_mount(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(MOUNT("'destination':'/x','source':'/src','options':['rbind','ridmap']")
		    ",'linux':{'namespaces':[{'type':'user'}],"
		    "'uidMappings':[{'containerID':0,'hostID':1,'size':2}],"
		    "'gidMappings':[{'containerID':0,'hostID':3,'size':4}]}", &opts, MOUNTS,
		    STEPS("fd 3   user namespace uids=0-1-2*1;gids=0-3-4*1  [/mounts/0]",
			  "fd 4   tree /src", "mount fd 4 (/src) on /x"));
	assert_plan(MOUNT("'destination':'/x','source':'/src',"
			  "'options':['bind','idmap=uids=0-9-1;gids=0-9-1']"), &opts, MOUNTS,
		    STEPS("fd 3   user namespace uids=0-9-1;gids=0-9-1  [/mounts/0]"));
}

#define CONTAINER_MAPS ",'linux':{'namespaces':[{'type':'user'}],"				\
	"'uidMappings':[{'containerID':0,'hostID':0,'size':1},"				\
	"{'containerID':1,'hostID':2,'size':1000}],"					\
	"'gidMappings':[{'containerID':0,'hostID':5000,'size':10}]}"

static void maps_can_be_relative_to_the_container_s(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	/* The example of crun(1). */
	assert_plan(MOUNT("'destination':'/x','source':'/src',"
			  "'options':['bind','idmap=uids=@1-3-10#11-1-2;gids=7-3-1']")
		    CONTAINER_MAPS, &opts, MOUNTS,
		    STEPS("fd 3   user namespace uids=1-4-10#11-2-2;gids=7-3-1  [/mounts/0]"));
	assert_plan(MOUNT("'destination':'/x','source':'/src',"
			  "'options':['bind','idmap=uids=1-3-10;gids=@0-9-1#@1-0-2']")
		    CONTAINER_MAPS, &opts, MOUNTS,
		    STEPS("fd 3   user namespace uids=1-3-10;gids=0-5009-1#1-5000-2  [/mounts/0]"));
	assert_refused(MOUNT("'destination':'/x','source':'/src',"
			     "'options':['bind','idmap=uids=@0-0-2;gids=0-0-1']")
		       CONTAINER_MAPS, &opts,
		       "/mounts/0: idmap: ids 0 and 1 more of the container are not in one mapping of "
		       "/linux/uidMappings");
	assert_refused(MOUNT("'destination':'/x','source':'/src',"
			     "'options':['bind','idmap=uids=@0-0-1']") CONTAINER_MAPS, &opts,
		       "/mounts/0: \"uids=@0-0-1\": expected \"uids=@ID-ID-SIZE#...;gids=...\"");
}

static void links_as_sources_and_destinations(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(MOUNT("'destination':'/x','source':'l','options':['bind','copy-symlink']"),
		    &opts, MOUNTS, STEPS("tree /bundle/l", "on /x, flags 0x20"));
	assert_plan(MOUNT("'destination':'/x','source':'l','options':['bind','dest-nofollow']"),
		    &opts, MOUNTS, STEPS("on /x, flags 0x2"));
}

static void a_user_namespace_without_a_network_gets_the_hosts_sysfs(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	opts.userns = true;
	opts.new_netns = false;
	assert_plan(MOUNT("'destination':'/sys','type':'sysfs','source':'sysfs',"
			  "'options':['nosuid','noatime']"), &opts, ENTER | MOUNTS,
		    STEPS("tree /sys (recursive)", "open /sys of the host as fd 12, flags 1",
			  "change fd 12: set 0x13, clear 0x70, propagation 0x80000, recursive 1",
			  "mount fd 12 on /sys, flags 0x1"));
	opts.new_netns = true;
	assert_plan(MOUNT("'destination':'/sys','type':'sysfs'"), &opts, MOUNTS,
		    STEPS("mount sysfs on /sys"));
}

static void remount_changes_what_is_there(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(MOUNT("'destination':'/x','options':['remount','bind','ro','rnosuid','slave']"),
		    &opts, MOUNTS,
		    STEPS("change the mount at /x: set 0x2, clear 0x0, propagation 0x0, recursive 1",
			  "change the mount at /x: set 0x0, clear 0x0, propagation 0x80000, "
			  "recursive 0",
			  "change the mount at /x: set 0x1, clear 0x0, propagation 0x0, recursive 0, "
			  "options []"));
	assert_plan(MOUNT("'destination':'/x','type':'tmpfs','options':['remount','size=2m','rw']"),
		    &opts, MOUNTS,
		    STEPS("change the mount at /x: set 0x0, clear 0x1, propagation 0x0, recursive 0, "
			  "options [\"size=2m\"]"));
}

static void the_mount_label_goes_to_file_systems_that_take_one(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(ROOT ",'mounts':[{'destination':'/t','type':'tmpfs'},"
		    "{'destination':'/proc','type':'proc'},{'destination':'/sys','type':'sysfs'}],"
		    "'linux':{'mountLabel':'u:r:t:s0:c1,c2'}", &opts, MOUNTS,
		    STEPS("mount tmpfs on /t: source none, options [\"context=u:r:t:s0:c1,c2\"]",
			  "mount proc on /proc: source none, options []",
			  "mount sysfs on /sys: source none, options []"));
}

static void mistakes_are_named(void **state)
{
#define IN_PROC " is inside /proc, where only cpuinfo, diskstats, loadavg, meminfo, slabinfo, " \
		"stat, swaps, uptime, sys/crypto/fips_enabled and sys/kernel/ns_last_pid can be mounted on"
	static const char *const cases[][2] = {
		{ "'destination':'/x','options':['bind']",
		  "/mounts/0: a bind mount needs a source" },
		{ "'destination':'/x','source':'y'",
		  "/mounts/0: no type, and neither \"bind\" nor \"rbind\" among the options" },
		{ "'destination':'/x','type':'none','source':'y','options':['ro']",
		  "/mounts/0: no type, and neither \"bind\" nor \"rbind\" among the options" },
		{ "'destination':'/x','source':'y','options':['ro','bind','sizee=1']",
		  "/mounts/0/options/2: unknown option \"sizee=1\" for a bind mount" },
		{ "'destination':'/x','source':'y','options':['bind','tmpcopyup']",
		  "/mounts/0: \"tmpcopyup\" is for a mount of type \"tmpfs\"" },
		{ "'destination':'/x','source':'y','options':['bind','idmap']",
		  "/mounts/0: \"idmap\" needs uidMappings and gidMappings, of this mount or of "
		  "linux" },
		{ "'destination':'/proc','type':'tmpfs'",
		  "/mounts/0/destination: only procfs can be mounted on /proc, not \"tmpfs\"" },
		{ "'destination':'/proc/scsi','type':'tmpfs'",
		  "/mounts/0/destination: \"/proc/scsi\"" IN_PROC },
		{ "'destination':'/a/../proc/self/attr','source':'x','options':['bind']",
		  "/mounts/0/destination: \"/proc/self/attr\"" IN_PROC },
		{ "'destination':'/proc/meminfo/x','source':'x','options':['bind']",
		  "/mounts/0/destination: \"/proc/meminfo/x\"" IN_PROC },
	};
	struct rootfs_options opts = root_options();
	char json[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(json, sizeof(json), MOUNT("%s"), cases[i][0]);
		assert_refused(json, &opts, cases[i][1]);
	}
}

static void what_a_user_namespace_cannot_id_map_the_caller_makes(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	opts.userns = true;
	assert_plan(MOUNT("'destination':'/x','type':'tmpfs','source':'t',"
			  "'options':['idmap=uids=0-1-1;gids=0-1-1','size=1m','nodev']"), &opts,
		    MOUNTS,
		    STEPS("fd 3   user namespace uids=0-1-1;gids=0-1-1  [/mounts/0]",
			  "fd 4   new mount tmpfs t size=1m", "mount fd 4 (tmpfs) on /x"));
	assert_refused(MOUNT("'destination':'/x','type':'proc',"
			     "'options':['idmap=uids=0-1-1;gids=0-1-1']"), &opts,
		       "/mounts/0: a mount of type \"proc\" cannot be id-mapped");
	assert_refused(MOUNT("'destination':'/x','type':'tmpfs',"
			     "'options':['idmap=uids=0-1-1;gids=0-1-1','tmpcopyup']"), &opts,
		       "/mounts/0: \"tmpcopyup\" and \"idmap\" cannot be combined in a user "
		       "namespace");
	assert_refused(MOUNT("'destination':'/x','type':'tmpfs',"
			     "'options':['idmap=uids=0-1-1;gids=0-1-1','a=b\\nc']"), &opts,
		       "/mounts/0: option \"a=b\nc\" has a line break in it");
}

static void an_overlay_has_its_lower_layers_id_mapped_each_on_its_own(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	for (int userns = 0; userns < 2; userns++) {
		opts.userns = userns;
		assert_plan(MOUNT("'destination':'/x','type':'overlay','source':'o',"
				  "'options':['lowerdir=/a:/b\\\\:c::/data','upperdir=/u','workdir=/w',"
				  "'idmap=uids=0-1-1;gids=0-1-1']"), &opts, MOUNTS,
			    STEPS("fd 3   user namespace uids=0-1-1;gids=0-1-1  [/mounts/0]",
				  "fd 4   new mount overlay o lowerdir+=/a lowerdir+=/b\\:c datadir+=/data "
				  "upperdir=/u workdir=/w", "mount fd 4 (overlay) on /x"));
	}
}

static void without_privilege_nothing_is_id_mapped(void **state)
{
	struct rootfs_options opts = root_options();
	struct husk_error err = { 0 };
	struct oci_config config;

	(void)state;
	opts.caller_opens = false;
	opts.userns = true;
	parse(MOUNT("'destination':'/x','source':'/y','options':['bind',"
		    "'idmap=uids=0-1-1;gids=0-1-1']"), &config);
	assert_int_equal(rootfs_check(&config, &opts, &err), -EPERM);
	oci_config_done(&config);
	assert_int_equal(err.kind, HUSK_E_UNSUPPORTED);
	assert_string_equal(err.msg,
			    "/mounts/0: id-mapped mounts need CAP_SYS_ADMIN on the host");
}

static void what_lxcfs_mounts_is_allowed(void **state)
{
	struct rootfs_options opts = root_options();

	(void)state;
	assert_plan(MOUNT("'destination':'/proc/meminfo','source':'/x','options':['bind']"), &opts,
		    MOUNTS, STEPS("on /proc/meminfo, flags 0x4"));
	assert_plan(MOUNT("'destination':'/proc','source':'/proc','options':['rbind']"), &opts,
		    MOUNTS, STEPS("on /proc, flags 0x14"));
	assert_plan(MOUNT("'destination':'/proc/sys','options':['remount','bind','ro']"), &opts,
		    MOUNTS, STEPS("change the mount at /proc/sys"));
	assert_plan(MOUNT("'destination':'/process','type':'tmpfs'"), &opts, MOUNTS,
		    STEPS("mount tmpfs on /process"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_file_system_is_one_step),
		cmocka_unit_test(a_readonly_tmpfs_is_sealed_when_all_is_in_it),
		cmocka_unit_test(propagation_and_id_maps_come_before_attaching),
		cmocka_unit_test(a_bind_mount_is_changed_then_attached),
		cmocka_unit_test(a_shared_root_keeps_volumes_peers_of_the_host),
		cmocka_unit_test(a_user_namespace_never_gets_peers_of_the_host),
		cmocka_unit_test(the_caller_id_maps_a_bind_mount),
		cmocka_unit_test(maps_can_be_relative_to_the_container_s),
		cmocka_unit_test(links_as_sources_and_destinations),
		cmocka_unit_test(a_user_namespace_without_a_network_gets_the_hosts_sysfs),
		cmocka_unit_test(remount_changes_what_is_there),
		cmocka_unit_test(the_mount_label_goes_to_file_systems_that_take_one),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(what_a_user_namespace_cannot_id_map_the_caller_makes),
		cmocka_unit_test(an_overlay_has_its_lower_layers_id_mapped_each_on_its_own),
		cmocka_unit_test(without_privilege_nothing_is_id_mapped),
		cmocka_unit_test(what_lxcfs_mounts_is_allowed),
	};

	return cmocka_run_group_tests_name("rootfs/mount_plan", tests, NULL, NULL);
}
