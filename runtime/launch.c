/*
 * From configuration to launch plan: every decision of a launch, and no side effect.
 *
 * The order of the emit calls below is the order of what husk-init does.
 *
 * Uses: specs, namespaces, cgroups, rootfs, process/plan.c.    Used by: create.c, config_api.c.
 */
#include "runtime/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "rootfs/rootfs.h"
#include "runtime/annotations.h"
#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/network.h"
#include "runtime/notify.h"
#include "runtime/process/process.h"
#include "runtime/process/seccomp_notify.h"
#include "runtime/timeline.h"
#include "runtime/trace/trace.h"

enum { MAX_CONFIG = 64 << 20, MAX_CGROUP_MOUNTS = 32 };

void rt_launch_init(struct rt_launch *l, struct husk *h, const char *id,
		    const struct husk_create_options *opts)
{
	*l = (struct rt_launch){ .h = h,
				 .id = id,
				 .opts = opts,
				 .sock = -1,
				 .pidfd = -1,
				 .console = -1,
				 .notify = -1,
				 .given = { PLAN_NO_FD, PLAN_NO_FD, PLAN_NO_FD, PLAN_NO_FD,
					    PLAN_NO_FD, PLAN_NO_FD, PLAN_NO_FD, PLAN_NO_FD,
					    0 } };
}

void rt_launch_done(struct rt_launch *l)
{
	ns_ahead_done(&l->ahead);
	for (uint32_t i = 0; l->fds && i < l->view.h->n_fds; i++) {
		if (l->fds[i] >= 0)
			(void)close(l->fds[i]);
	}
	if (l->sock >= 0)
		(void)close(l->sock);
	if (l->pidfd >= 0)
		(void)close(l->pidfd);
	if (l->console >= 0)
		(void)close(l->console);
	if (l->notify >= 0)
		(void)close(l->notify);
	if (l->has_config)
		oci_config_done(&l->config);
	cg_plan_free(l->cg_plan);
	cg_free(l->cg);
	free(l->fds);
	free(l->plan);
	free(l->filter);
	free(l->config_text);
	free(l->bundle);
	free(l->created);
	free(l->rootfs);
	free(l->owner);
	free(l->cgroup_text);
	rt_timeline_free(l->times);
}

/* ---- reading ---- */

static int find_bundle(struct rt_launch *l, struct husk_error *err)
{
	const char *bundle = l->opts->bundle ? l->opts->bundle : ".";

	l->bundle = realpath(bundle, NULL);
	return l->bundle ? 0 : err_sys(err, "bundle %s", bundle);
}

static char *timestamp(void)
{
	struct timespec now;
	char stamp[STR_UTC_SIZE], *out = NULL;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	str_utc(now.tv_sec, stamp);
	return asprintf(&out, "%s.%09ldZ", stamp, now.tv_nsec) < 0 ? NULL : out;
}

int rt_launch_landlock(struct rt_launch *l, char *const *words, const char *source,
		       struct rt_landlock **out, struct husk_error *err)
{
	if (rt_landlock_read(words, source, &l->config.arena, out, err) < 0)
		return -err->sys;
	return *out && !l->dry ? rt_landlock_fit(out, rt_landlock_abi(), err) : 0;
}

/* What the caller says counts, and the annotation where it says nothing. */
static int read_landlock(struct rt_launch *l, struct husk_error *err)
{
	char *const *words = l->opts->landlock;
	bool option = words && words[0];

	if (!option && l->config.landlock) {
		words = rt_landlock_words(&l->config.arena, l->config.landlock);
		if (!words)
			return err_nomem(err, "annotations");
	}
	return rt_launch_landlock(l, words, option ? "landlock" : RT_LANDLOCK_ANNOTATION,
				  &l->landlock, err);
}

/* The state that hooks see and state.json keeps; what is not known yet is filled in later. */
static int start_state(struct rt_launch *l, struct husk_error *err)
{
	const char *root = l->config.has_root ? l->config.root_path : "";
	cleanup_free char *joined = NULL;

	l->created = timestamp();
	/* As runc tells it: what is absolute is left as it is. */
	if (root[0] != '/' && asprintf(&joined, "%s/%s", l->bundle, root) < 0)
		joined = NULL;
	if (root[0] == '/' || joined)
		l->rootfs = joined ? str_clean_path(joined) : strdup(root);
	if (!l->created || !l->rootfs)
		return err_nomem(err, "state");
	l->state = (struct oci_state){
		.version = OCI_STATE_VERSION,
		.oci_version = HUSK_SPEC_VERSION,
		.id = l->id,
		.bundle = l->bundle,
		.rootfs = l->rootfs,
		.created = l->created,
		.owner = "",
		.rootless = l->h->rootless,
		.terminal = l->config.process && l->config.process->terminal,
		.has_process = l->config.process != NULL,
		.no_new_keyring = l->opts->no_new_keyring,
		.no_poststop = l->config.hooks.n_hook[OCI_POSTSTOP] == 0,
		.landlock = l->landlock ? l->landlock->words : NULL,
		.annotations = l->config.annotations,
		.n_annotations = l->config.n_annotations,
	};
	return ns_network_describe(l->network, &l->config.arena, &l->state.network, err);
}

int rt_launch_read(struct rt_launch *l, struct husk_error *err)
{
	cleanup_free char *path = NULL;
	const char *config = l->opts->config;
	int ret = find_bundle(l, err);

	if (ret < 0)
		return ret;
	if (!config) {
		if (asprintf(&path, "%s/config.json", l->bundle) < 0)
			return err_nomem(err, "bundle path");
		config = path;
	}
	ret = fs_read(AT_FDCWD, config, MAX_CONFIG, &l->config_text, &l->config_len, err);
	/* runc's words: after "no such file" podman would tell its user that the program is missing. */
	if (ret == -ENOENT) {
		(void)err_new(err, HUSK_E_SYSTEM, ENOENT, "JSON specification file %s not found", config);
		return err_hint(err, "husk spec writes a config.json to begin with");
	}
	if (ret < 0)
		return ret;
	ret = oci_config_parse(l->config_text, l->config_len, &l->config, NULL, err);
	if (ret < 0)
		return err_ctx(err, "%s", config);
	l->has_config = true;
	ret = rt_annotations_apply(&l->config, err);
	if (ret < 0)
		return err_ctx(err, "%s", config);
	rt_annotations_warn_image(&l->config);
	if (l->config.vm)
		log_warn("/vm: husk makes no virtual machines; this will be an ordinary container, "
			 "ignoring");
	if (l->h->cgroup_manager != CG_SYSTEMD)
		rt_annotations_warn_no_systemd(&l->config);
	rt_seccomp_receiver(&l->config, l->opts->seccomp_receiver);
	if (rt_network_read(l, err) < 0 || read_landlock(l, err) < 0)
		return -err->sys;
	return start_state(l, err);
}

/* ---- deciding ---- */

static bool in_userns(const struct rt_launch *l)
{
	return ((l->ns.create | l->ns.join) & CLONE_NEWUSER) || !l->h->first_userns;
}

/* Id maps that the configuration does not have: the caller's ids, or those it lives with itself. */
static bool has_given_maps(const struct rt_launch *l)
{
	return l->ns.uid_maps == l->ns.own_uids || l->ns.gid_maps == l->ns.own_gids ||
	       (!l->h->first_userns && !((l->ns.create | l->ns.join) & CLONE_NEWUSER));
}

static int fill_rootfs_options(struct rt_launch *l, struct rootfs_cgroup *cgroups,
			       struct rootfs_options *out, struct husk_error *err)
{
	const struct cg_mount *mounts = NULL;
	size_t n = cg_mounts(l->cg_plan, &mounts);

	n = MIN(n, (size_t)MAX_CGROUP_MOUNTS);
	for (size_t i = 0; i < n; i++)
		cgroups[i] = (struct rootfs_cgroup){ mounts[i].name, mounts[i].host_path,
						     mounts[i].path, mounts[i].v2 };
	*out = (struct rootfs_options){
		.bundle = l->bundle,
		.caller_opens = l->h->owns_mounts,
		.userns = in_userns(l),
		.no_nodes = l->h->no_nodes,
		.lenient_ids = has_given_maps(l),
		.callers_pidns = !((l->ns.create | l->ns.join) & CLONE_NEWPID),
		.joins_netns = (l->ns.join & CLONE_NEWNET) != 0,
		.new_netns = (l->ns.create & CLONE_NEWNET) != 0,
		.new_mntns = (l->ns.create & CLONE_NEWNS) != 0,
		.new_cgroupns = (l->ns.create & CLONE_NEWCGROUP) != 0,
		.no_pivot = l->opts->no_pivot,
		.cgroups = cgroups,
		.n_cgroups = n,
		.userns_text = ns_userns_text,
	};
	if (!l->opts->notify_socket)
		return 0;
	out->notify_path = NOTIFY_PATH;
	out->notify_dir = arena_printf(&l->config.arena, "%s/%s/" NOTIFY_DIR, l->h->root, l->id);
	return out->notify_dir ? 0 : err_nomem(err, "notify socket");
}

/* What the program calls is told to l->trace. */
static int watch_filter(struct rt_launch *l, struct rt_process_options *po, struct husk_error *err)
{
	const struct oci_seccomp *s = l->config.linux_.seccomp;
	uint32_t pass = rt_trace_pass(l->trace);

	if (s && (s->bpf || rt_seccomp_notifies(s))) {
		(void)err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, "trace: /linux/seccomp has a %s",
			      s->bpf ? "ready-made filter, which cannot be narrowed" :
				       "listener of its own, and the kernel knows only one");
		return err_hint(err, "trace a config.json without it");
	}
	if (rt_seccomp_watch(&l->filter, &l->n_filter, pass, err) < 0)
		return -err->sys;
	po->filter_flags |= rt_seccomp_watch_flags();
	po->filter_notify = true;
	po->filter_pass = pass;
	return 0;
}

int rt_launch_filter(struct rt_launch *l, struct rt_process_options *po, struct husk_error *err)
{
	const struct oci_seccomp *s = l->config.linux_.seccomp;

	if (s) {
		if (rt_seccomp_cached(l->dry ? NULL : l->h->root, s, &l->filter, &l->n_filter, err) < 0)
			return err_ctx(err, "seccomp");
		po->filter_flags = rt_seccomp_flags(s);
		po->filter_notify = rt_seccomp_notifies(s);
	}
	if (l->trace && watch_filter(l, po, err) < 0)
		return -err->sys;
	po->filter = l->filter;
	po->n_filter = l->n_filter;
	return 0;
}

/* Variables of sd_listen_fds(3) and sd_notify(3); at most four and the end. */
static void fill_extra_env(const struct rt_launch *l, struct arena *arena, char *env[5])
{
	size_t n = 0;

	if (l->opts->notify_socket)
		env[n++] = arena_strdup(arena, "NOTIFY_SOCKET=" NOTIFY_PATH);
	if (l->opts->listen_fds > 0) {
		env[n++] = arena_printf(arena, "LISTEN_FDS=%u", l->opts->listen_fds);
		env[n++] = arena_strdup(arena, "LISTEN_PID=1");
		if (l->opts->listen_fdnames)
			env[n++] = arena_printf(arena, "LISTEN_FDNAMES=%s",
						l->opts->listen_fdnames);
	}
	env[n] = NULL;
}

static void ask_hook_files(struct rt_launch *l, struct plan *p)
{
	const struct oci_hooks *hooks = &l->config.hooks;

	l->given.state = plan_fd(p, PLAN_FD_GIVEN, "container state", 0, 0, NULL);
	if (hooks->stdout_path)
		l->given.hook_stdout = plan_fd(p, PLAN_FD_GIVEN, hooks->stdout_path, 0, 0, NULL);
	if (hooks->stderr_path)
		l->given.hook_stderr = plan_fd(p, PLAN_FD_GIVEN, hooks->stderr_path, 0, 0, NULL);
}

static void emit_hooks(struct rt_launch *l, enum oci_hook_kind kind, struct plan *p)
{
	const struct oci_hooks *hooks = &l->config.hooks;

	for (size_t i = 0; i < hooks->n_hook[kind]; i++) {
		const struct oci_hook *hook = &hooks->hook[kind][i];
		uint32_t exe = PLAN_NO_FD;
		char pointer[64];

		(void)snprintf(pointer, sizeof(pointer), "/hooks/%s/%zu", oci_hook_kind_name(kind),
			       i);
		if (l->given.state == PLAN_NO_FD)
			ask_hook_files(l, p);
		/* "The path is resolved in the runtime namespace" for createContainer only. */
		if (kind == OCI_CREATE_CONTAINER)
			exe = plan_fd(p, PLAN_FD_EXECUTABLE, hook->path, 0, 0, pointer);
		PLAN_EMIT_FLAGS(p, OP_RUN_HOOK, kind, pointer, exe, plan_str(p, hook->path),
				plan_strv(p, hook->args), plan_strv(p, hook->env), hook->timeout,
				l->given.state, l->given.hook_stdout, l->given.hook_stderr);
	}
}

static bool has_host_hooks(const struct oci_hooks *hooks)
{
	return hooks->n_hook[OCI_PRESTART] > 0 || hooks->n_hook[OCI_CREATE_RUNTIME] > 0;
}

/* With the container's filter loaded. */
static bool may_ask_time(const struct rt_process_options *po)
{
	static const struct rt_call ask = { .nr = __NR_clock_gettime };

	return po->n_filter == 0 || rt_seccomp_allows(po->filter, po->n_filter, &ask);
}

static void emit(struct rt_launch *l, const struct rootfs_options *ro,
		 struct rt_process_options *po, struct plan *p)
{
	const struct oci_config *c = &l->config;

	rt_timeline_emit(l->times, !may_ask_time(po), p);
	if (c->process)
		rt_process_emit_first(c->process, po, p);
	/* While it is the user's process still: the id that it will have may be another's. */
	if (l->moves && !l->ns.fork)
		cg_emit_ask(p);
	ns_emit_enter(&l->ns, p, &l->given.netns);
	/* After the FORK that this may end with: it must not count against pids.limit. */
	if (l->moves && l->ns.fork)
		cg_emit_ask(p);
	l->given.n_tasks = cg_emit_join(l->cg_plan, p, &l->given.first_task);
	ns_emit_late(&l->ns, p);
	/* Above is the cgroup namespace: its root is the cgroup with the limits. */
	l->given.delegate = cg_emit_delegate(c->linux_.cgroup_delegate, p);
	if (c->process)
		rt_process_emit_early(c->process, &c->linux_, po, p);
	ns_emit_identity(&l->ns, p);
	ns_network_emit(l->network, p);
	rootfs_emit_enter(c, ro, p);
	rootfs_emit_mounts(c, ro, p, &po->console_slave);
	if (has_host_hooks(&c->hooks))
		PLAN_EMIT(p, OP_ASK_HOST_HOOKS, "/hooks");
	emit_hooks(l, OCI_CREATE_CONTAINER, p);
	ns_emit_sysctl(&l->ns, p);
	rootfs_emit_switch(c, ro, p);
	if (c->process)
		rt_process_emit_ready(c->process, &c->linux_, po, p);
	rootfs_emit_seal(c, ro, p);
	if (!l->one_shot)
		l->given.listener = plan_fd(p, PLAN_FD_GIVEN, "start socket", 0, 0, NULL);
	PLAN_EMIT(p, OP_WAIT_START, NULL, l->given.listener);
	emit_hooks(l, OCI_START_CONTAINER, p);
	if (c->process)
		rt_process_emit_final(c->process, &c->linux_, po, p);
}

int rt_launch_take_plan(struct rt_launch *l, struct plan *p, struct husk_error *err)
{
	const char *wrong;
	int ret = plan_finish(p, &l->plan, &l->plan_len, err);

	if (ret < 0)
		return ret;
	wrong = plan_open(&l->view, l->plan, l->plan_len, false);
	if (wrong)
		return err_new(err, HUSK_E_SYSTEM, EPROTO, "launch plan: %s (a bug of husk)", wrong);
	l->fds = malloc((l->view.h->n_fds + 1) * sizeof(*l->fds));
	if (!l->fds)
		return err_nomem(err, "launch plan");
	for (uint32_t i = 0; i < l->view.h->n_fds; i++)
		l->fds[i] = -1;
	return 0;
}

int rt_check_console(const struct oci_process *process, const char *console_socket,
		     bool takes_console, struct husk_error *err)
{
	bool terminal = process && process->terminal;

	if (terminal && !console_socket && !takes_console)
		return err_new(err, HUSK_E_CONFIG, EINVAL,
			       "cannot allocate tty if runc will detach without setting console "
			       "socket");
	if (!terminal && console_socket)
		return err_new(err, HUSK_E_CONFIG, EINVAL,
			       "cannot use console socket if runc will not detach or allocate tty");
	return 0;
}

static int check(struct rt_launch *l, const struct rootfs_options *ro, struct husk_error *err)
{
	const struct oci_config *c = &l->config;

	if (!c->has_root)
		return err_config(err, "/root", "missing: a container needs a root filesystem");
	if (rootfs_check(c, ro, err) < 0)
		return -err->sys;
	if (c->process && rt_process_check(c->process, &c->linux_, err) < 0)
		return -err->sys;
	if (!l->dry && rt_lsm_check_mounts(c->linux_.mount_label, err) < 0)
		return -err->sys;
	if (c->process && !l->dry && (rt_lsm_check(c->process, err) < 0 ||
				      rt_process_check_limits(c->process, l->h->first_userns, err) < 0))
		return -err->sys;
	return l->dry ? 0 : rt_check_console(c->process, l->opts->console_socket, l->is_served,
					     err);
}

/* Does the configuration show the container its cgroup writable? */
static bool has_writable_cgroup(const struct oci_config *config)
{
	for (size_t i = 0; i < config->n_mounts; i++) {
		const struct oci_mount *m = &config->mounts[i];
		bool ro = false;

		if (!m->type || !str_starts(m->type, "cgroup"))
			continue;
		for (size_t k = 0; k < m->n_options; k++)
			ro = strcmp(m->options[k], "ro") == 0 ||
			     (ro && strcmp(m->options[k], "rw") != 0);
		return !ro;
	}
	return false;
}

/* The host's id of the container's user, if a map made for it tells. */
static bool host_user(const struct rt_launch *l, uid_t *out)
{
	uint32_t uid = l->config.process->user.uid;

	*out = uid;
	if (!(l->ns.create & CLONE_NEWUSER))
		return !(l->ns.join & CLONE_NEWUSER);
	for (size_t i = 0; i < l->ns.n_uid_maps; i++) {
		const struct oci_id_map *m = &l->ns.uid_maps[i];

		if (uid >= m->container_id && uid - m->container_id < m->size) {
			*out = m->host_id + (uid - m->container_id);
			return true;
		}
	}
	return false;
}

static int decide_cgroup(struct rt_launch *l, struct husk_error *err)
{
	struct cg_options co = {
		.manager = l->h->cgroup_manager,
		.id = l->id,
		.rootless = l->h->rootless,
		.annotations = l->config.annotations,
		.n_annotations = l->config.n_annotations,
	};

	/* config-linux.md, "Cgroup ownership". */
	if (l->config.process && (l->ns.create & CLONE_NEWCGROUP) && has_writable_cgroup(&l->config))
		co.has_owner = host_user(l, &co.owner);
	if (cg_plan_new(&l->config.linux_, &co, &l->cg_plan, err) < 0)
		return -err->sys;
	l->moves = cg_comes_from_outside(l->cg_plan);
	return cg_check_delegate(l->cg_plan, l->config.linux_.cgroup_delegate, err);
}

/* The maps that a caller without privilege gets count as the configuration's in all that follows. */
static void count_maps_as_configured(struct rt_launch *l)
{
	struct oci_linux *lin = &l->config.linux_;

	if (!l->ns.id_maps)
		return;
	lin->uid_mappings = (struct oci_id_map *)l->ns.uid_maps;
	lin->n_uid_mappings = l->ns.n_uid_maps;
	lin->gid_mappings = (struct oci_id_map *)l->ns.gid_maps;
	lin->n_gid_mappings = l->ns.n_gid_maps;
}

int rt_launch_decide(struct rt_launch *l, struct husk_error *err)
{
	struct ns_host_facts facts = { geteuid(), getegid(), l->h->privileged, l->ahead.begun };
	struct rootfs_cgroup cgroups[MAX_CGROUP_MOUNTS];
	struct rootfs_options ro;
	struct rt_process_options po;
	char *extra[5];
	struct plan p;
	int ret;

	ns_find_spare(&l->config.linux_, &facts);
	if (ns_plan_init(&l->ns, &l->config, &facts, err) < 0 || decide_cgroup(l, err) < 0)
		return -err->sys;
	count_maps_as_configured(l);
	if (fill_rootfs_options(l, cgroups, &ro, err) < 0)
		return -err->sys;
	if (check(l, &ro, err) < 0)
		return -err->sys;
	fill_extra_env(l, &l->config.arena, extra);
	po = (struct rt_process_options){
		.id = l->id,
		.userns = in_userns(l),
		.joins_userns = (l->ns.join & CLONE_NEWUSER) != 0,
		.privileged = l->h->privileged,
		.new_keyring = !l->opts->no_new_keyring,
		.no_apparmor = !l->dry && !rt_lsm_apparmor(),
		.console_slave = PLAN_NO_FD,
		.extra_env = extra,
		.landlock = { l->landlock },
	};
	if (l->config.process && rt_launch_filter(l, &po, err) < 0)
		return -err->sys;
	ret = plan_init(&p, err);
	if (ret == 0) {
		emit(l, &ro, &po, &p);
		ret = rt_launch_take_plan(l, &p, err);
	}
	plan_done(&p);
	return ret;
}
