/*
 * A v2 cgroup below the container's own, for its program: the one with the limits then holds no
 * process, and the program rules everything below it.
 *
 * Uses: runtime/base.    Used by: runtime.
 */
#include "cgroups/cg_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/base/util.h"

#define DELEGATE_AT "/annotations/run.oci.delegate-cgroup"

int cg_check_delegate(const struct cg_plan *plan, const char *name, struct husk_error *err)
{
	const struct cg_hier *h = cg_hier_v2(plan->layout.hier, plan->layout.n);

	if (!name || (h && h->used))
		return 0;
	cg_err_at(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, DELEGATE_AT,
		  "the container has no cgroup of version 2, and only that can be delegated");
	return err_hint(err, "mount cgroup2 on /sys/fs/cgroup, or remove the annotation");
}

uint32_t cg_emit_delegate(const char *name, struct plan *p)
{
	uint32_t fd;

	if (!name)
		return PLAN_NO_FD;
	fd = plan_fd(p, PLAN_FD_GIVEN, "cgroup:delegate", 0, 0, DELEGATE_AT);
	PLAN_EMIT(p, OP_CG_JOIN, DELEGATE_AT, fd, plan_str(p, name));
	return fd;
}

/* Files that their owner needs to rule the cgroup; see cgroups(7), "Cgroup delegation". */
static int give_away(int dir, uid_t owner)
{
	static const char *const files[] = {
		"cgroup.procs", "cgroup.subtree_control", "cgroup.threads",
	};

	if (fchown(dir, owner, (gid_t)-1) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (fchownat(dir, files[i], owner, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno != ENOENT)
			return -1;
	}
	return 0;
}

int cg_open_delegate(const struct cg_plan *plan, const struct cgroup *cg, const char *name,
		     struct husk_error *err)
{
	int i = cg_index_v2(cg);
	cleanup_close int above = i < 0 ? -ENOENT :
				  cg_open_file(cg, (size_t)i, NULL, O_RDONLY | O_DIRECTORY);
	cleanup_close int dir = -1;
	int fd;

	if (above < 0) {
		errno = -above;
		return err_sys(err, "open the container's v2 cgroup");
	}
	if (mkdirat(above, name, 0755) < 0 && errno != EEXIST)
		return err_sys(err, "mkdir cgroup %s below the container's", name);
	dir = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, "open cgroup %s below the container's", name);
	if (plan->opts.has_owner && give_away(dir, plan->opts.owner) < 0)
		return err_sys(err, "chown cgroup %s below the container's", name);
	fd = openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, "open cgroup.procs of cgroup %s", name) : fd;
}
