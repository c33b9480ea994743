/*
 * Which namespaces to create and to join, in which order, and what is wrong with the wish.
 *
 * Order is everything here, because each step needs a privilege that another gives or takes:
 *
 *   nothing joined               clone3() makes all; the maps are written, the init becomes root
 *   network made ahead           by a thread of the caller (ahead.c), then joined
 *   user namespace joined        clone3() makes none; join it, become its root, join the others,
 *                                create the rest: so what is created belongs to it
 *   user namespace created,      the joined ones may belong to the host or to somebody else's user
 *   others joined                namespace: join with the caller's privilege, then unshare
 *   pid joined, or not created   the kernel puts only children into it: FORK comes last
 *   by clone3()
 *   cgroup, time                 always late: the first needs the process in its cgroup, the
 *                                second its offsets written before anybody is in it
 *
 * Where others are joined beside a user namespace, each is tried first with the privilege of the
 * caller (NS_TRY_JOIN: a refusal is no failure yet), and then with that of the user namespace.
 *
 * Uses: runtime/base, specs.    Used by: runtime.
 */
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#include "namespaces/internal.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

/* The user namespace has rules of its own; the mount namespace comes last, because afterwards the
 * files of the host are out of sight. */
const struct ns_kind ns_kinds[NS_KINDS] = {
	{ CLONE_NEWUSER, "user", "user" },	{ CLONE_NEWIPC, "ipc", "ipc" },
	{ CLONE_NEWUTS, "uts", "uts" },		{ CLONE_NEWNET, "network", "net" },
	{ CLONE_NEWCGROUP, "cgroup", "cgroup" }, { CLONE_NEWTIME, "time", "time" },
	{ CLONE_NEWPID, "pid", "pid" },		{ CLONE_NEWNS, "mount", "mnt" },
};

/* See the table above. */
static const uint64_t late_kinds = CLONE_NEWCGROUP | CLONE_NEWTIME;

const char *ns_name(uint64_t type)
{
	for (size_t i = 0; i < NS_KINDS; i++)
		if (ns_kinds[i].type == type)
			return ns_kinds[i].name;
	return "unknown";
}

const char *ns_proc_name(uint64_t type)
{
	for (size_t i = 0; i < NS_KINDS; i++)
		if (ns_kinds[i].type == type)
			return ns_kinds[i].file;
	return "unknown";
}

/* ---- what the configuration wants ---- */

/* Does @path name the very namespace that the caller is in? */
static bool is_callers_own(const char *path, uint64_t type)
{
	char own[64];
	struct stat a, b;

	snprintf(own, sizeof(own), "/proc/thread-self/ns/%s", ns_proc_name(type));
	return stat(path, &a) == 0 && stat(own, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int read_namespaces(struct ns_plan *ns, struct husk_error *err)
{
	const struct oci_linux *l = &ns->config->linux_;

	for (size_t i = 0; i < l->n_namespaces; i++) {
		const struct oci_namespace *n = &l->namespaces[i];
		char pointer[64];

		if (!n->path) {
			ns->create |= n->type;
			continue;
		}
		if (n->path[0] != '/') {
			snprintf(pointer, sizeof(pointer), "/linux/namespaces/%zu/path", i);
			return err_config(err, pointer, "\"%s\" is not an absolute path", n->path);
		}
		/* The kernel refuses to enter the user namespace that one is in. */
		if (n->type != CLONE_NEWUSER || !is_callers_own(n->path, n->type))
			ns->join |= n->type;
	}
	return 0;
}

int ns_need(const struct ns_plan *ns, uint64_t type, const char *pointer, const char *what,
	    struct husk_error *err)
{
	const struct oci_namespace *n;

	if (ns->create & type)
		return 0;
	if (!(ns->join & type)) {
		err_config(err, pointer, "%s needs a %s namespace of the container's own", what,
			   ns_name(type));
		return err_hint(err, "add {\"type\": \"%s\"} to /linux/namespaces", ns_name(type));
	}

	n = oci_namespace_get(&ns->config->linux_, type);
	if (n && is_callers_own(n->path, type))
		return err_config(err, pointer,
				  "%s would change the host: %s is the host's own %s "
				  "namespace", what, n->path, ns_name(type));
	return 0;
}

/* ---- the user namespace ---- */

/* Uid and gid are decided alike. */
struct side {
	const char *pointer;
	const struct oci_id_map *maps;
	size_t n;
	struct oci_id_map *own;		/* where maps of the caller's ids can be put */
	const struct ns_spare *spare;
	uint32_t own_id, process_id;	/* of the caller; of the container's process */
	const char *process_pointer, *noun;
};

/* The maps of a user namespace that is created, into @s. */
static int decide_maps(const struct ns_plan *ns, struct side *s, struct husk_error *err)
{
	if (s->n == 0) {
		if (ns->host.privileged) {
			err_config(err, s->pointer,
				   "missing: a new user namespace needs %s mappings", s->noun);
			return err_hint(err, "add {\"containerID\": 0, \"hostID\": 100000, "
					     "\"size\": 65536} to %s", s->pointer);
		}
		s->n = ns->host.keep_ids ? ns_keep_maps(s->spare, s->own) :
					   ns_own_maps(s->process_id, s->own_id, s->spare, s->own);
		s->maps = s->own;
		if (s->n == 1)
			log_warn("%s: missing; only %s %" PRIu32 " of the caller is mapped, to %"
				 PRIu32 ", ignoring", s->pointer, s->noun, s->own_id, s->process_id);
	}
	if (ns_check_id_maps(s->maps, s->n, s->pointer, err) < 0)
		return -EINVAL;
	if (ns->config->process && !ns_is_mapped(s->maps, s->n, s->process_id))
		return err_config(err, s->process_pointer,
				  "%s %" PRIu32 " is not mapped by %s, so no process can have it",
				  s->noun, s->process_id, s->pointer);
	return 0;
}

/* Groups that the caller's own maps have no place for; process/check.c sees to the configuration's. */
static int check_groups(const struct ns_plan *ns, const struct side *gid, struct husk_error *err)
{
	const struct oci_process *process = ns->config->process;
	char pointer[64];

	for (size_t i = 0; process && gid->maps == gid->own && i < process->user.n_additional_gids;
	     i++) {
		uint32_t id = process->user.additional_gids[i];

		if (ns_is_mapped(gid->maps, gid->n, id))
			continue;
		snprintf(pointer, sizeof(pointer), "/process/user/additionalGids/%zu", i);
		err_config(err, pointer, "gid %" PRIu32 " is not among the %s that the caller can "
			   "map", id, gid->n > 1 ? "groups" : "groups, only its own,");
		return err_hint(err, "leave it out, or as root: usermod --add-subuids 100000-165535 "
				     "--add-subgids 100000-165535 USER");
	}
	return 0;
}

static int check_no_maps(const struct oci_linux *l, struct husk_error *err)
{
	if (l->n_uid_mappings == 0 && l->n_gid_mappings == 0)
		return 0;
	err_config(err, l->n_uid_mappings ? "/linux/uidMappings" : "/linux/gidMappings",
		   "mappings without a user namespace");
	return err_hint(err, "add {\"type\": \"user\"} to /linux/namespaces");
}

/* Fills maps, n_maps and own ids; the pointers to `own` ones are set by ns_plan_init(). */
static int decide_user(struct ns_plan *ns, struct husk_error *err)
{
	const struct oci_linux *l = &ns->config->linux_;
	const struct oci_process *process = ns->config->process;
	struct side uid = {
		"/linux/uidMappings", l->uid_mappings, l->n_uid_mappings, ns->own_uids,
		&ns->host.uids, ns->host.uid, process ? process->user.uid : 0,
		"/process/user/uid", "uid",
	};
	struct side gid = {
		"/linux/gidMappings", l->gid_mappings, l->n_gid_mappings, ns->own_gids,
		&ns->host.gids, ns->host.gid, process ? process->user.gid : 0,
		"/process/user/gid", "gid",
	};

	if (!((ns->create | ns->join) & CLONE_NEWUSER)) {
		if (ns->host.privileged)
			return check_no_maps(l, err);
		log_warn("/linux/namespaces: no user namespace, and the caller has no privilege: "
			 "adding one, ignoring");
		ns->create |= CLONE_NEWUSER;
	}
	if (ns->join & CLONE_NEWUSER)
		return 0;	/* its maps were written by somebody else */

	if (decide_maps(ns, &uid, err) < 0 || decide_maps(ns, &gid, err) < 0 ||
	    check_groups(ns, &gid, err) < 0)
		return -EINVAL;
	ns->id_maps = true;
	ns->uid_maps = uid.maps;
	ns->n_uid_maps = uid.n;
	ns->gid_maps = gid.maps;
	ns->n_gid_maps = gid.n;
	return 0;
}

static void decide_order(struct ns_plan *ns)
{
	bool user_joined = ns->join & CLONE_NEWUSER;
	bool joins_first = (ns->create & CLONE_NEWUSER) && ns->join;

	ns->ahead = ns->host.net_ahead ? CLONE_NEWNET : 0;
	ns->clone_flags = user_joined || joins_first ? 0 : ns->create & ~late_kinds & ~ns->ahead;
	ns->fork = (ns->join | (ns->create & ~ns->clone_flags)) & CLONE_NEWPID;
}

/* ---- what depends on a namespace ---- */

enum { UTS_NAME_MAX = 64 };	/* __NEW_UTS_LEN of the kernel */

static int check_uts_name(const struct ns_plan *ns, const char *name, const char *pointer,
			  const char *what, struct husk_error *err)
{
	if (!name)
		return 0;
	if (strlen(name) > UTS_NAME_MAX)
		return err_config(err, pointer, "%zu bytes; the kernel takes at most %d",
				  strlen(name), UTS_NAME_MAX);
	return ns_need(ns, CLONE_NEWUTS, pointer, what, err);
}

static int check_offset(const struct oci_time_offset *offset, const char *pointer,
			struct husk_error *err)
{
	if (offset->set && offset->nanosecs > 999999999)
		return err_config(err, pointer, "%" PRIu32 " ns; a second has 1000000000",
				  offset->nanosecs);
	return 0;
}

static int check_time(const struct ns_plan *ns, struct husk_error *err)
{
	const struct oci_linux *l = &ns->config->linux_;

	if (!l->boottime.set && !l->monotonic.set)
		return 0;
	if (ns->join & CLONE_NEWTIME)
		return err_config(err, "/linux/timeOffsets",
				  "the offsets of a joined time namespace cannot be changed");
	if (ns_need(ns, CLONE_NEWTIME, "/linux/timeOffsets", "a time offset", err) < 0 ||
	    check_offset(&l->boottime, "/linux/timeOffsets/boottime/nanosecs", err) < 0)
		return -EINVAL;
	return check_offset(&l->monotonic, "/linux/timeOffsets/monotonic/nanosecs", err);
}

/* IFNAMSIZ counts the NUL; the characters are those of the kernel's dev_valid_name(). */
bool ns_is_device_name(const char *name)
{
	return name[0] && strlen(name) < 16 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       !name[strcspn(name, "/: \t\n\v\f\r")];
}

/* "eth%d": the kernel puts a number there, once; it takes no other '%'. */
static bool is_template(const char *name)
{
	const char *percent = strchr(name, '%');

	return percent && percent[1] == 'd' && !strchr(percent + 1, '%');
}

static int check_net_devices(const struct ns_plan *ns, struct husk_error *err)
{
	const struct oci_linux *l = &ns->config->linux_;

	for (size_t i = 0; i < l->n_net_devices; i++) {
		const struct oci_net_device *d = &l->net_devices[i];
		const char *name = d->name ? d->name : d->host_name;
		char pointer[128];

		snprintf(pointer, sizeof(pointer), "/linux/netDevices/%s", d->host_name);
		if (!ns_is_device_name(d->host_name) || !ns_is_device_name(name))
			return err_config(err, pointer, "\"%s\" is not a name of a network device",
					  ns_is_device_name(d->host_name) ? name : d->host_name);
		if (strchr(name, '%') && !is_template(name))
			return err_config(err, pointer, "\"%s\" has a '%%' that is not one \"%%d\", which "
					  "becomes a number", name);
		if (ns_need(ns, CLONE_NEWNET, pointer, "a network device", err) < 0)
			return -EINVAL;
		for (size_t k = 0; k < i && !is_template(name); k++) {
			const struct oci_net_device *o = &l->net_devices[k];

			if (strcmp(o->name ? o->name : o->host_name, name) == 0)
				return err_config(err, pointer, "the name \"%s\" is that of %s too",
						  name, o->host_name);
		}
	}
	return 0;
}

int ns_plan_init(struct ns_plan *out, const struct oci_config *config,
		 const struct ns_host_facts *host, struct husk_error *err)
{
	struct ns_plan ns = { .config = config, .host = *host };

	if (read_namespaces(&ns, err) < 0 || decide_user(&ns, err) < 0)
		return -EINVAL;
	decide_order(&ns);

	if (check_uts_name(&ns, config->hostname, "/hostname", "a host name", err) < 0 ||
	    check_uts_name(&ns, config->domainname, "/domainname", "a domain name", err) < 0 ||
	    check_time(&ns, err) < 0 || check_net_devices(&ns, err) < 0 ||
	    ns_check_sysctl(&ns, err) < 0)
		return -EINVAL;

	*out = ns;
	if (ns.uid_maps == ns.own_uids)
		out->uid_maps = out->own_uids;
	if (ns.gid_maps == ns.own_gids)
		out->gid_maps = out->own_gids;
	return 0;
}

/* ---- the steps ---- */

/* "ipc, uts": for people, and for the init's messages. */
static uint64_t plan_names(struct plan *p, uint64_t types)
{
	char names[96] = "";

	for (size_t i = 0; i < NS_KINDS; i++) {
		if (!(types & ns_kinds[i].type))
			continue;
		if (names[0])
			strcat(names, ", ");
		strcat(names, ns_kinds[i].name);
	}
	return plan_str(p, names);
}

static void emit_unshare(struct plan *p, uint64_t types)
{
	if (types)
		PLAN_EMIT(p, OP_NS_UNSHARE, "/linux/namespaces", types, plan_names(p, types));
}

/* A namespace to join: its descriptor, and who asked for it. */
struct target {
	uint32_t fd;
	char source[48];
};

/* Ask for the descriptors of what is joined. */
static void want_targets(const struct ns_plan *ns, struct plan *p, struct target *targets)
{
	const struct oci_linux *l = &ns->config->linux_;

	for (size_t i = 0; i < l->n_namespaces; i++) {
		const struct oci_namespace *n = &l->namespaces[i];

		for (size_t k = 0; k < NS_KINDS; k++) {
			struct target *t = &targets[k];

			if (ns_kinds[k].type != n->type || !(ns->join & n->type))
				continue;
			snprintf(t->source, sizeof(t->source), "/linux/namespaces/%zu", i);
			t->fd = plan_fd(p, PLAN_FD_NAMESPACE, n->path, n->type, 0, t->source);
		}
	}
}

static void emit_joins(struct plan *p, enum plan_op op, uint64_t types,
		       const struct target *targets)
{
	for (size_t i = 0; i < NS_KINDS; i++)
		if (types & ns_kinds[i].type)
			PLAN_EMIT(p, op, targets[i].source, targets[i].fd, ns_kinds[i].type,
				  plan_str(p, ns_kinds[i].name));
}

/* Root of the user namespace, as an engine expects of the files that the init makes.  Where there
 * is no root, somebody whom the namespace knows: an unknown id cannot make files at all. */
static uint32_t somebody(const struct oci_id_map *maps, size_t n)
{
	return n == 0 || ns_is_mapped(maps, n, 0) ? 0 : maps[0].container_id;
}

static void emit_become(const struct ns_plan *ns, struct plan *p)
{
	PLAN_EMIT(p, OP_NS_BECOME, NULL, somebody(ns->uid_maps, ns->n_uid_maps),
		  somebody(ns->gid_maps, ns->n_gid_maps));
}

static uint32_t emit_ahead(const struct ns_plan *ns, struct plan *p)
{
	uint32_t fd;

	if (!ns->ahead)
		return PLAN_NO_FD;
	fd = plan_fd(p, PLAN_FD_GIVEN, "new network namespace", 0, 0, NULL);
	PLAN_EMIT(p, OP_NS_JOIN, "/linux/namespaces", fd, ns->ahead, plan_names(p, ns->ahead));
	return fd;
}

void ns_emit_enter(const struct ns_plan *ns, struct plan *p, uint32_t *ahead)
{
	struct target targets[NS_KINDS] = { 0 };
	uint64_t others = ns->join & ~(uint64_t)CLONE_NEWUSER;
	uint64_t rest = ns->create & ~ns->clone_flags & ~ns->ahead & ~late_kinds &
			~(uint64_t)CLONE_NEWUSER;
	bool user = (ns->create | ns->join) & CLONE_NEWUSER;

	*ahead = emit_ahead(ns, p);
	want_targets(ns, p, targets);
	if (user && ns->host.privileged)
		emit_joins(p, OP_NS_TRY_JOIN, others, targets);

	emit_joins(p, OP_NS_JOIN, ns->join & CLONE_NEWUSER, targets);
	emit_unshare(p, ns->create & ~ns->clone_flags & CLONE_NEWUSER);
	if (ns->id_maps)
		PLAN_EMIT(p, OP_ASK_ID_MAPS, "/linux/uidMappings");
	if (user)
		emit_become(ns, p);

	emit_joins(p, OP_NS_JOIN, others, targets);
	emit_unshare(p, rest);
	if (ns->fork)
		PLAN_EMIT(p, OP_FORK, "/linux/namespaces", 0);
}

static void add_offset(char *text, size_t size, const char *clock,
		       const struct oci_time_offset *offset)
{
	size_t len = strlen(text);

	if (offset->set)
		snprintf(text + len, size - len, "%s%s %" PRId64 " %" PRIu32, len ? "," : "", clock,
			 offset->secs, offset->nanosecs);
}

void ns_emit_late(const struct ns_plan *ns, struct plan *p)
{
	const struct oci_linux *l = &ns->config->linux_;
	char offsets[128] = "";

	emit_unshare(p, ns->create & CLONE_NEWCGROUP);
	if (!(ns->create & CLONE_NEWTIME))
		return;
	add_offset(offsets, sizeof(offsets), "monotonic", &l->monotonic);
	add_offset(offsets, sizeof(offsets), "boottime", &l->boottime);
	PLAN_EMIT(p, OP_NS_TIME, offsets[0] ? "/linux/timeOffsets" : "/linux/namespaces",
		  plan_str(p, offsets[0] ? offsets : NULL));
}

void ns_emit_identity(const struct ns_plan *ns, struct plan *p)
{
	const struct oci_config *config = ns->config;

	if (config->hostname)
		PLAN_EMIT(p, OP_NS_HOSTNAME, "/hostname", plan_str(p, config->hostname));
	if (config->domainname)
		PLAN_EMIT(p, OP_NS_DOMAINNAME, "/domainname", plan_str(p, config->domainname));
	/* In a joined one it is up to whoever made it. */
	if (ns->create & CLONE_NEWNET)
		PLAN_EMIT(p, OP_NS_LOOPBACK, "/linux/namespaces");
	if (config->linux_.n_net_devices) {
		uint32_t slot = plan_slot(p);

		PLAN_EMIT(p, OP_NS_NETLINK, "/linux/netDevices", slot);
		PLAN_EMIT(p, OP_ASK_NET_DEVICES, "/linux/netDevices", slot);
	}
}

void ns_emit_exec(struct plan *p, uint32_t pidfd, uint64_t flags)
{
	if (!flags)
		return;
	/* One call for all: the kernel enters either every one of them or none. */
	PLAN_EMIT(p, OP_NS_JOIN, NULL, pidfd, flags, plan_names(p, flags));
	if (flags & CLONE_NEWUSER)
		PLAN_EMIT(p, OP_NS_BECOME, NULL, 0, 0);
}

void ns_emit_look(struct plan *p, uint32_t pidfd, uint64_t flags)
{
	ns_emit_exec(p, pidfd, flags & CLONE_NEWUSER);
	emit_unshare(p, CLONE_NEWNS);
}
