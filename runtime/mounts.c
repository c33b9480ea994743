/*
 * `mounts add` and `mounts remove`: change what a running container has mounted.
 *
 * A husk-init joins the container's mount namespace, and those that the file systems show, as `exec`
 * does, but runs no program: it attaches what the caller has opened, or unmounts.  It is not in the
 * container's cgroup, so that a paused container can be changed, too.
 *
 * Uses: launch.h, rootfs.    Used by: the library's users.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>

#include "rootfs/rootfs.h"
#include "runtime/base/fs.h"
#include "runtime/base/util.h"
#include "runtime/launch.h"

enum { MAX_MOUNTS = 16 << 20 };

struct change {
	struct rt_launch l;
	struct container *c;
	const char *file;
	bool remove;
	struct arena arena;
	struct oci_config config;	/* a borrowed copy: the container's, but for the mounts */
	uint64_t differing;		/* CLONE_NEW* in which the container differs from us */
	uint32_t look_pidfd;		/* descriptor index, or PLAN_NO_FD */
};

static int read_mounts(struct change *ch, struct husk_error *err)
{
	cleanup_free char *text = NULL;
	size_t len;
	int ret;

	if (fs_read(AT_FDCWD, ch->file, MAX_MOUNTS, &text, &len, err) < 0)
		return -err->sys;
	ch->config = ch->l.config;
	ret = oci_mounts_parse(text, len, &ch->arena, &ch->config.mounts, &ch->config.n_mounts, err);
	return ret < 0 ? err_ctx(err, "%s", ch->file) : 0;
}

/* What a joined mount namespace holds belongs to others as well, and so does the host's. */
static int check_namespace(const struct change *ch, struct husk_error *err)
{
	const struct oci_namespace *ns = oci_namespace_get(&ch->config.linux_, CLONE_NEWNS);

	if (ns && !ns->path && ch->differing & CLONE_NEWNS)
		return 0;
	return err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP,
		       "container \"%s\" has no mount namespace of its own, so its mounts cannot be "
		       "changed", ch->c->id);
}

static void emit(struct change *ch, const struct rootfs_options *ro, struct plan *p)
{
	uint64_t join = ch->differing &
			(CLONE_NEWUSER | CLONE_NEWNS | rootfs_shown_namespaces(&ch->config));
	struct rt_given *given = &ch->l.given;

	if (!ch->remove && rootfs_init_opens(ro)) {
		ch->look_pidfd = plan_fd(p, PLAN_FD_GIVEN, "the container's init", 0, 0, NULL);
		ns_emit_look(p, ch->look_pidfd, join);
		rootfs_emit_sources(&ch->config, ro, p);
		join &= ~(uint64_t)CLONE_NEWUSER;
	}
	given->pidfd = plan_fd(p, PLAN_FD_GIVEN, "the container's init", 0, 0, NULL);
	ns_emit_exec(p, given->pidfd, join);
	if (ch->remove)
		rootfs_emit_remove(&ch->config, p);
	else
		rootfs_emit_add(&ch->config, ro, p);
	PLAN_EMIT(p, OP_END, NULL);
}

static int decide(struct change *ch, struct husk_error *err)
{
	const struct oci_namespace *net = oci_namespace_get(&ch->config.linux_, CLONE_NEWNET);
	struct rt_launch *l = &ch->l;
	struct rootfs_options ro = {
		.bundle = ch->c->state.bundle,
		.caller_opens = l->h->owns_mounts,
		.userns = (ch->differing & CLONE_NEWUSER) || !l->h->first_userns,
		.new_netns = net && !net->path,
		.new_mntns = true,
		.hot = true,
		.userns_text = ns_userns_text,
	};
	struct plan p;
	int ret = ch->remove ? rootfs_check_remove(&ch->config, err) :
			       rootfs_check_add(&ch->config, &ro, err);

	if (ret < 0)
		return err_ctx(err, "%s", ch->file);
	ret = plan_init(&p, err);
	if (ret == 0) {
		emit(ch, &ro, &p);
		ret = rt_launch_take_plan(l, &p, err);
	}
	plan_done(&p);
	return ret;
}

static int give_pidfd(struct change *ch, uint32_t index, struct husk_error *err)
{
	if (index == PLAN_NO_FD)
		return 0;
	ch->l.fds[index] = fcntl(ch->c->pidfd, F_DUPFD_CLOEXEC, 3);
	return ch->l.fds[index] < 0 ? err_sys(err, "duplicate the container's pidfd") : 0;
}

static int change(struct change *ch, struct husk_error *err)
{
	struct rt_launch *l = &ch->l;
	int ret = rt_container_config(ch->c, &l->config, err);

	if (ret < 0)
		return ret;
	l->has_config = true;
	if (read_mounts(ch, err) < 0 ||
	    ns_differing(ch->c->state.pid, 0, &ch->differing, err) < 0 ||
	    check_namespace(ch, err) < 0)
		return -err->sys;
	if (ch->config.n_mounts == 0)
		return 0;
	if (decide(ch, err) < 0)
		return -err->sys;
	if (rt_launch_prepare(l, err) < 0)
		return err_ctx(err, "%s", ch->file);
	if (give_pidfd(ch, l->given.pidfd, err) < 0 || give_pidfd(ch, ch->look_pidfd, err) < 0 ||
	    rt_launch_spawn(l, /* cgroup_fd= */ -1, /* preserve_fds= */ 0, err) < 0)
		return -err->sys;
	ret = rt_serve(l, false, err);
	rt_launch_kill(l);
	return ret;
}

static int mounts(struct husk *h, const char *id, const char *file, bool remove,
		  struct husk_error *err)
{
	struct container c;
	struct change ch = { .c = &c, .file = file, .remove = remove, .look_pidfd = PLAN_NO_FD };
	int ret = rt_container_load(h, id, true, &c, err);

	if (ret < 0)
		return ret;
	rt_launch_init(&ch.l, h, id, NULL);
	if (c.pidfd < 0)
		ret = err_new(err, HUSK_E_STATE, EINVAL,
			      "cannot change the mounts of container \"%s\": it is %s", id,
			      rt_status_name(c.status));
	else
		ret = change(&ch, err);
	if (ret < 0)
		err->pointer[0] = '\0';	/* it would be into a document that is not config.json */
	rt_launch_done(&ch.l);
	arena_done(&ch.arena);
	rt_container_done(&c);
	return ret;
}

int husk_mounts_add(struct husk *h, const char *id, const char *file, struct husk_error *err)
{
	return mounts(h, id, file, false, err);
}

int husk_mounts_remove(struct husk *h, const char *id, const char *file, struct husk_error *err)
{
	return mounts(h, id, file, true, err);
}
