/*
 * namespaces/ns_plan.c: every row of its decision table, and what it refuses.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "namespaces/internal.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

static const struct ns_host_facts root_caller = { 0, 0, true };
static const struct ns_host_facts user_caller = { 1000, 1001, false };

static struct oci_id_map wide_map[] = { { 0, 100000, 65536 } };
static struct oci_id_map no_root_map[] = { { 1000, 100000, 10 } };

/* A configuration in short: what is created, what is joined (at /ns/NAME). */
struct wish {
	struct oci_config config;
	struct oci_namespace namespaces[16];
	char paths[16][32];
};

static void wish_init(struct wish *w, uint64_t create, uint64_t join)
{
	struct oci_linux *l = &w->config.linux_;

	memset(w, 0, sizeof(*w));
	l->namespaces = w->namespaces;
	for (size_t i = 0; i < NS_KINDS; i++) {
		uint64_t type = ns_kinds[i].type;

		if (!((create | join) & type))
			continue;
		if (join & type)
			snprintf(w->paths[i], sizeof(w->paths[i]), "/ns/%s", ns_kinds[i].name);
		w->namespaces[l->n_namespaces++] =
			(struct oci_namespace){ type, (join & type) ? w->paths[i] : NULL };
	}
	if (create & CLONE_NEWUSER) {
		l->uid_mappings = l->gid_mappings = wide_map;
		l->n_uid_mappings = l->n_gid_mappings = 1;
	}
}

/* As every plan, with a descriptor to begin with. */
static void start_plan(struct plan *p)
{
	struct husk_error err = { 0 };

	assert_int_equal(plan_init(p, &err), 0);
	(void)plan_fd(p, PLAN_FD_GIVEN, "socket", 0, 0, NULL);
}

/* The steps of a plan, "op(args) op(args)": names and slots only. */
static void plan_steps(struct plan *p, struct str *out)
{
	struct husk_error err = { 0 };
	struct plan_view v = { 0 };
	cleanup_free void *mem = NULL;
	size_t len;

	if (p->n_steps == 0)
		return;
	assert_int_equal(plan_finish(p, &mem, &len, &err), 0);
	assert_null(plan_open(&v, mem, len, false));
	for (size_t i = 0; i < v.h->n_steps; i++) {
		const struct plan_step *s = &v.steps[i];

		str_printf(out, "%s%s", i ? " " : "", plan_op_name(s->op));
		if (s->op == OP_NS_JOIN || s->op == OP_NS_TRY_JOIN)
			str_printf(out, "(%s)", plan_view_str(&v, s->arg[2]));
		else if (s->op == OP_NS_UNSHARE)
			str_printf(out, "(%s)", plan_view_str(&v, s->arg[1]));
		else if (s->op == OP_NS_BECOME)
			str_printf(out, "(%u:%u)", (unsigned)s->arg[0], (unsigned)s->arg[1]);
		else if (s->op == OP_NS_SYSCTL)
			str_printf(out, "(%s=%s)", plan_view_str(&v, s->arg[0]),
				   plan_view_str(&v, s->arg[1]));
		else if (strcmp(plan_op_kinds(s->op), "s") == 0 || s->op == OP_NS_TIME)
			str_printf(out, "(%s)", s->arg[0] ? plan_view_str(&v, s->arg[0]) : "-");
		if (s->source && s->op != OP_FORK && s->op != OP_ASK_ID_MAPS)
			assert_ptr_equal(strchr(plan_view_str(&v, s->source), '/'),
					 plan_view_str(&v, s->source));
	}
}

static void assert_steps(const struct wish *w, const struct ns_host_facts *host, uint64_t clone_flags,
			 const char *enter, const char *late)
{
	uint32_t ahead;
	cleanup_str struct str text = { 0 }, late_text = { 0 };
	struct husk_error err = { 0 };
	struct ns_plan ns;
	struct plan p;

	assert_int_equal(ns_plan_init(&ns, &w->config, host, &err), 0);
	assert_int_equal(err.sys, 0);
	assert_int_equal(ns.clone_flags, clone_flags);
	assert_int_equal(ns.fork, strstr(enter, "fork") != NULL);
	assert_int_equal(ns.id_maps, strstr(enter, "ask_id_maps") != NULL);

	start_plan(&p);
	ns_emit_enter(&ns, &p, &ahead);
	plan_steps(&p, &text);
	plan_done(&p);
	assert_string_equal(text.s ? text.s : "", enter);

	start_plan(&p);
	ns_emit_late(&ns, &p);
	plan_steps(&p, &late_text);
	plan_done(&p);
	assert_string_equal(late_text.s ? late_text.s : "", late);
}

#define USER CLONE_NEWUSER
#define PID CLONE_NEWPID
#define NET CLONE_NEWNET
#define MNT CLONE_NEWNS
#define IPC CLONE_NEWIPC
#define UTS CLONE_NEWUTS
#define CGROUP CLONE_NEWCGROUP
#define TIME CLONE_NEWTIME

static void each_combination_has_its_order(void **state)
{
	static const struct {
		uint64_t create, join, clone_flags;
		const char *enter, *late;
	} rows[] = {
		{ 0, 0, 0, "", "" },
		/* nothing joined: clone3() makes all but the late ones */
		{ PID | NET | MNT | IPC | UTS, 0, PID | NET | MNT | IPC | UTS, "", "" },
		{ PID | MNT | CGROUP | TIME, 0, PID | MNT, "", "ns_unshare(cgroup) ns_time(-)" },
		/* joins without a user namespace */
		{ PID | MNT, NET | IPC | UTS, PID | MNT,
		  "ns_join(ipc) ns_join(uts) ns_join(network)", "" },
		{ MNT, PID, MNT, "ns_join(pid) fork", "" },
		{ NET | CGROUP, PID | MNT | TIME, NET,
		  "ns_join(time) ns_join(pid) ns_join(mount) fork", "ns_unshare(cgroup)" },
		{ 0, CGROUP | MNT, 0, "ns_join(cgroup) ns_join(mount)", "" },
		/* user namespace created */
		{ USER, 0, USER, "ask_id_maps ns_become(0:0)", "" },
		{ USER | PID | MNT | CGROUP, 0, USER | PID | MNT, "ask_id_maps ns_become(0:0)",
		  "ns_unshare(cgroup)" },
		/* ... and others joined */
		{ USER | MNT, NET, 0,
		  "ns_try_join(network) ns_unshare(user) ask_id_maps ns_become(0:0) "
		  "ns_join(network) ns_unshare(mount)", "" },
		{ USER | MNT | PID | TIME, NET, 0,
		  "ns_try_join(network) ns_unshare(user) ask_id_maps ns_become(0:0) "
		  "ns_join(network) ns_unshare(pid, mount) fork", "ns_time(-)" },
		{ USER | NET, PID | MNT, 0,
		  "ns_try_join(pid) ns_try_join(mount) ns_unshare(user) ask_id_maps "
		  "ns_become(0:0) ns_join(pid) ns_join(mount) ns_unshare(network) fork", "" },
		/* user namespace joined */
		{ 0, USER, 0, "ns_join(user) ns_become(0:0)", "" },
		{ PID | MNT | IPC | UTS | CGROUP, USER | NET, 0,
		  "ns_try_join(network) ns_join(user) ns_become(0:0) ns_join(network) "
		  "ns_unshare(ipc, uts, pid, mount) fork", "ns_unshare(cgroup)" },
		{ MNT, USER | PID, 0,
		  "ns_try_join(pid) ns_join(user) ns_become(0:0) ns_join(pid) "
		  "ns_unshare(mount) fork", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wish w;

		wish_init(&w, rows[i].create, rows[i].join);
		assert_steps(&w, &root_caller, rows[i].clone_flags, rows[i].enter, rows[i].late);
	}
}

static void without_privilege_only_the_user_namespace_gives_it(void **state)
{
	struct wish w;

	(void)state;
	wish_init(&w, USER | MNT, NET);
	assert_steps(&w, &user_caller, 0,
		     "ns_unshare(user) ask_id_maps ns_become(0:0) ns_join(network) "
		     "ns_unshare(mount)", "");
	wish_init(&w, MNT, USER | NET);
	assert_steps(&w, &user_caller, 0,
		     "ns_join(user) ns_become(0:0) ns_join(network) ns_unshare(mount)", "");
}

static void without_root_the_init_is_somebody_else(void **state)
{
	struct wish w;

	(void)state;
	wish_init(&w, USER | MNT, 0);
	w.config.linux_.uid_mappings = w.config.linux_.gid_mappings = no_root_map;
	assert_steps(&w, &root_caller, USER | MNT, "ask_id_maps ns_become(1000:1000)", "");
}

static void the_plan_says_what_is_joined_where(void **state)
{
	cleanup_str struct str text = { 0 };
	struct husk_error err = { 0 };
	struct plan_view v = { 0 };
	cleanup_free void *mem = NULL;
	struct ns_plan ns;
	struct plan p;
	struct wish w;
	uint32_t ahead;
	size_t len;

	(void)state;
	wish_init(&w, MNT, NET | UTS);
	assert_int_equal(ns_plan_init(&ns, &w.config, &root_caller, &err), 0);
	start_plan(&p);
	ns_emit_enter(&ns, &p, &ahead);
	assert_int_equal(plan_finish(&p, &mem, &len, &err), 0);
	plan_done(&p);
	assert_int_equal(ahead, PLAN_NO_FD);
	assert_null(plan_open(&v, mem, len, false));
	plan_print_text(&v, &text);
	assert_non_null(strstr(text.s, "namespace /ns/network  [/linux/namespaces/1]\n"));
	assert_non_null(strstr(text.s, "join the uts namespace fd "));
	assert_non_null(strstr(text.s, " (/ns/network)  [/linux/namespaces/1]\n"));
}

/* It is the container's own still: what has to be done in it is done. */
static void what_is_made_ahead_is_joined(void **state)
{
	static const struct ns_host_facts host = { 0, 0, .privileged = true, .net_ahead = true };
	struct husk_error err = { 0 };
	uint32_t ahead = PLAN_NO_FD;
	struct ns_plan ns;
	struct plan p;
	struct wish w;

	(void)state;
	wish_init(&w, NET | PID | MNT | UTS | CGROUP, 0);
	assert_steps(&w, &host, PID | MNT | UTS, "ns_join(network)", "ns_unshare(cgroup)");
	assert_int_equal(ns_plan_init(&ns, &w.config, &host, &err), 0);
	assert_true(ns.create & NET);
	assert_false(ns.join & NET);
	start_plan(&p);
	ns_emit_enter(&ns, &p, &ahead);
	assert_int_not_equal(ahead, PLAN_NO_FD);
	plan_done(&p);
	wish_init(&w, NET | MNT, PID | IPC);
	assert_steps(&w, &host, MNT, "ns_join(network) ns_join(ipc) ns_join(pid) fork", "");
}

static void ones_own_user_namespace_is_not_joined(void **state)
{
	struct wish w;

	(void)state;
	wish_init(&w, MNT, USER | NET);
	for (size_t i = 0; i < w.config.linux_.n_namespaces; i++)
		if (w.namespaces[i].type == USER)
			w.namespaces[i].path = "/proc/self/ns/user";
	assert_steps(&w, &root_caller, MNT, "ns_join(network)", "");
}

/* ---- the user namespace of a caller without privilege ---- */

static void remember(void *data, enum husk_log_level level, const char *msg)
{
	struct str *log = data;

	str_printf(log, "%d %s\n", level, msg);
}

static void an_unprivileged_caller_gets_a_user_namespace(void **state)
{
	cleanup_str struct str log = { 0 };
	struct husk_error err = { 0 };
	struct oci_process process = { .user = { .uid = 7, .gid = 8 } };
	struct ns_plan ns;
	struct wish w;

	(void)state;
	wish_init(&w, PID | MNT, 0);
	husk_log_set(HUSK_LOG_WARN, remember, &log);
	assert_int_equal(ns_plan_init(&ns, &w.config, &user_caller, &err), 0);
	husk_log_set(HUSK_LOG_WARN, NULL, NULL);
	assert_int_equal(ns.create, USER | PID | MNT);
	assert_int_equal(ns.clone_flags, USER | PID | MNT);
	assert_true(ns.id_maps);
	assert_int_equal(ns.n_uid_maps, 1);
	assert_ptr_equal(ns.uid_maps, ns.own_uids);
	assert_ptr_equal(ns.gid_maps, ns.own_gids);
	assert_int_equal(ns.uid_maps[0].container_id, 0);
	assert_int_equal(ns.uid_maps[0].host_id, 1000);
	assert_int_equal(ns.gid_maps[0].host_id, 1001);
	assert_int_equal(ns.gid_maps[0].size, 1);
	assert_string_equal(log.s,
		"1 /linux/namespaces: no user namespace, and the caller has no privilege: adding "
		"one, ignoring\n"
		"1 /linux/uidMappings: missing; only uid 1000 of the caller is mapped, to 0, "
		"ignoring\n"
		"1 /linux/gidMappings: missing; only gid 1001 of the caller is mapped, to 0, "
		"ignoring\n");

	/* The one id is the one that the process wants to have. */
	w.config.process = &process;
	assert_int_equal(ns_plan_init(&ns, &w.config, &user_caller, &err), 0);
	assert_int_equal(ns.uid_maps[0].container_id, 7);
	assert_int_equal(ns.gid_maps[0].container_id, 8);
}

/* ---- identity ---- */

static void identity_follows_the_namespaces(void **state)
{
	cleanup_str struct str created = { 0 }, joined = { 0 };
	struct oci_net_device device = { "eth7", "net0" };
	struct husk_error err = { 0 };
	struct ns_plan ns;
	struct plan p;
	struct wish w;

	(void)state;
	wish_init(&w, UTS | NET, 0);
	w.config.hostname = "box";
	w.config.domainname = "example";
	w.config.linux_.net_devices = &device;
	w.config.linux_.n_net_devices = 1;
	assert_int_equal(ns_plan_init(&ns, &w.config, &root_caller, &err), 0);
	start_plan(&p);
	ns_emit_identity(&ns, &p);
	plan_steps(&p, &created);
	plan_done(&p);
	assert_string_equal(created.s, "ns_hostname(box) ns_domainname(example) ns_loopback "
				       "ns_netlink ask_net_devices");

	wish_init(&w, 0, UTS | NET);
	w.config.hostname = "box";
	assert_int_equal(ns_plan_init(&ns, &w.config, &root_caller, &err), 0);
	start_plan(&p);
	ns_emit_identity(&ns, &p);
	plan_steps(&p, &joined);
	plan_done(&p);
	assert_string_equal(joined.s, "ns_hostname(box)");
}

static void time_offsets_are_one_text(void **state)
{
	struct wish w;

	(void)state;
	wish_init(&w, TIME, 0);
	w.config.linux_.monotonic = (struct oci_time_offset){ true, 172800, 5 };
	assert_steps(&w, &root_caller, 0, "", "ns_time(monotonic 172800 5)");
	w.config.linux_.boottime = (struct oci_time_offset){ true, -604800, 999999999 };
	assert_steps(&w, &root_caller, 0, "",
		     "ns_time(monotonic 172800 5,boottime -604800 999999999)");
}

static void exec_joins_all_at_once(void **state)
{
	static const struct {
		uint64_t flags;
		const char *steps;
	} rows[] = {
		{ 0, "" },
		{ MNT | NET, "ns_join(network, mount)" },
		{ MNT | PID, "ns_join(pid, mount)" },
		{ USER | MNT | PID, "ns_join(user, pid, mount) ns_become(0:0)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_str struct str text = { 0 };
		struct plan p;

		start_plan(&p);
		ns_emit_exec(&p, plan_fd(&p, PLAN_FD_GIVEN, "init", 0, 0, NULL), rows[i].flags);
		plan_steps(&p, &text);
		plan_done(&p);
		assert_string_equal(text.s ? text.s : "", rows[i].steps);
	}
}

/* ---- what is refused ---- */

static void expect_error(const struct wish *w, const char *pointer, const char *message)
{
	struct husk_error err = { 0 };
	struct ns_plan ns = { 0 };

	assert_int_equal(ns_plan_init(&ns, &w->config, &root_caller, &err), -EINVAL);
	assert_string_equal(err.msg, message);
	assert_string_equal(err.pointer, pointer);
	assert_int_equal(err.kind, HUSK_E_CONFIG);
	assert_null(ns.config);		/* written only on success */
}

static void a_relative_path_is_refused(void **state)
{
	struct wish w;

	(void)state;
	wish_init(&w, MNT, NET);
	w.namespaces[0].path = "proc/1/ns/net";
	expect_error(&w, "/linux/namespaces/0/path",
		     "/linux/namespaces/0/path: \"proc/1/ns/net\" is not an absolute path");
}

static void mappings_are_checked(void **state)
{
	struct oci_process process = { .user = { .uid = 70000 } };
	struct wish w;

	(void)state;
	wish_init(&w, USER, 0);
	w.config.linux_.n_gid_mappings = 0;
	expect_error(&w, "/linux/gidMappings",
		     "/linux/gidMappings: missing: a new user namespace needs gid mappings");

	wish_init(&w, MNT, 0);
	w.config.linux_.gid_mappings = wide_map;
	w.config.linux_.n_gid_mappings = 1;
	expect_error(&w, "/linux/gidMappings",
		     "/linux/gidMappings: mappings without a user namespace");

	wish_init(&w, USER, 0);
	w.config.process = &process;
	expect_error(&w, "/process/user/uid",
		     "/process/user/uid: uid 70000 is not mapped by /linux/uidMappings, so no "
		     "process can have it");
}

static void names_need_a_uts_namespace(void **state)
{
	char name[66] = "";
	struct wish w;

	(void)state;
	wish_init(&w, MNT, 0);
	w.config.hostname = "box";
	expect_error(&w, "/hostname",
		     "/hostname: a host name needs a uts namespace of the container's own");

	wish_init(&w, UTS, 0);
	memset(name, 'x', 65);
	w.config.domainname = name;
	expect_error(&w, "/domainname", "/domainname: 65 bytes; the kernel takes at most 64");

	wish_init(&w, 0, UTS);
	w.namespaces[0].path = "/proc/self/ns/uts";
	w.config.hostname = "box";
	expect_error(&w, "/hostname",
		     "/hostname: a host name would change the host: /proc/self/ns/uts is the "
		     "host's own uts namespace");
}

static void offsets_need_a_new_time_namespace(void **state)
{
	struct wish w;

	(void)state;
	wish_init(&w, MNT, 0);
	w.config.linux_.boottime = (struct oci_time_offset){ true, 1, 0 };
	expect_error(&w, "/linux/timeOffsets",
		     "/linux/timeOffsets: a time offset needs a time namespace of the "
		     "container's own");

	wish_init(&w, 0, TIME);
	w.config.linux_.boottime = (struct oci_time_offset){ true, 1, 0 };
	expect_error(&w, "/linux/timeOffsets",
		     "/linux/timeOffsets: the offsets of a joined time namespace cannot be "
		     "changed");

	wish_init(&w, TIME, 0);
	w.config.linux_.monotonic = (struct oci_time_offset){ true, 1, 1000000000 };
	expect_error(&w, "/linux/timeOffsets/monotonic/nanosecs",
		     "/linux/timeOffsets/monotonic/nanosecs: 1000000000 ns; a second has "
		     "1000000000");
}

static void network_devices_are_checked(void **state)
{
	static const struct {
		struct oci_net_device devices[2];
		size_t n;
		uint64_t create;
		const char *pointer, *message;
	} cases[] = {
		{ { { "eth0", NULL } }, 1, MNT, "/linux/netDevices/eth0",
		  "/linux/netDevices/eth0: a network device needs a network namespace of the "
		  "container's own" },
		{ { { "eth0", "a/b" } }, 1, NET, "/linux/netDevices/eth0",
		  "/linux/netDevices/eth0: \"a/b\" is not a name of a network device" },
		{ { { "..", "x" } }, 1, NET, "/linux/netDevices/..",
		  "/linux/netDevices/..: \"..\" is not a name of a network device" },
		{ { { "eth0", "sixteen-letters-" } }, 1, NET, "/linux/netDevices/eth0",
		  "/linux/netDevices/eth0: \"sixteen-letters-\" is not a name of a network "
		  "device" },
		{ { { "eth0", "a%d%d" } }, 1, NET, "/linux/netDevices/eth0",
		  "/linux/netDevices/eth0: \"a%d%d\" has a '%' that is not one \"%d\", which becomes "
		  "a number" },
		{ { { "eth0", "a%s" } }, 1, NET, "/linux/netDevices/eth0",
		  "/linux/netDevices/eth0: \"a%s\" has a '%' that is not one \"%d\", which becomes "
		  "a number" },
		{ { { "eth0", "net0" }, { "eth1", "net0" } }, 2, NET, "/linux/netDevices/eth1",
		  "/linux/netDevices/eth1: the name \"net0\" is that of eth0 too" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct wish w;

		wish_init(&w, cases[i].create, 0);
		w.config.linux_.net_devices = (struct oci_net_device *)cases[i].devices;
		w.config.linux_.n_net_devices = cases[i].n;
		expect_error(&w, cases[i].pointer, cases[i].message);
	}
}

static void every_kind_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(ns_name(CLONE_NEWNS), "mount");
	assert_string_equal(ns_proc_name(CLONE_NEWNS), "mnt");
	assert_string_equal(ns_name(CLONE_NEWNET), "network");
	assert_string_equal(ns_proc_name(CLONE_NEWNET), "net");
	assert_string_equal(ns_name(1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_combination_has_its_order),
		cmocka_unit_test(without_privilege_only_the_user_namespace_gives_it),
		cmocka_unit_test(without_root_the_init_is_somebody_else),
		cmocka_unit_test(the_plan_says_what_is_joined_where),
		cmocka_unit_test(what_is_made_ahead_is_joined),
		cmocka_unit_test(ones_own_user_namespace_is_not_joined),
		cmocka_unit_test(an_unprivileged_caller_gets_a_user_namespace),
		cmocka_unit_test(identity_follows_the_namespaces),
		cmocka_unit_test(time_offsets_are_one_text),
		cmocka_unit_test(exec_joins_all_at_once),
		cmocka_unit_test(a_relative_path_is_refused),
		cmocka_unit_test(mappings_are_checked),
		cmocka_unit_test(names_need_a_uts_namespace),
		cmocka_unit_test(offsets_need_a_new_time_namespace),
		cmocka_unit_test(network_devices_are_checked),
		cmocka_unit_test(every_kind_has_a_name),
	};

	return cmocka_run_group_tests_name("namespaces/ns_plan", tests, NULL, NULL);
}
