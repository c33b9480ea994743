/*
 * The ids that a caller without CAP_SYS_ADMIN has to give to a user namespace, and the maps that
 * are made of them where the configuration has none.
 *
 * Beside its own id a caller has what /etc/subuid and /etc/subgid give it, as long as newuidmap(1)
 * and newgidmap(1) can write that; root without CAP_SYS_ADMIN, as engines run containers, has every
 * id of its user namespace.
 *
 * Uses: runtime/base, specs.    Used by: ns_plan.c, ns_host.c, runtime/launch.c.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "namespaces/internal.h"
#include "runtime/base/capability.h"
#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/sys.h"
#include "runtime/base/user.h"
#include "runtime/base/util.h"

/* ---- newuidmap, newgidmap ---- */

/* Never searched in PATH: its programs run with the privilege to map ids. */
bool ns_find_helper(const char *name, char *path, size_t size)
{
	static const char *const dirs[] = { "/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(path, size, "%s/%s", dirs[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* NULL, or why the program at @path has no privilege when we execute it. */
static const char *without_privilege(const char *path)
{
	struct statvfs fs;
	struct stat st;

	if (syscall(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) > 0)
		return "the caller may not gain privileges (no_new_privs)";
	if (stat(path, &st) < 0)
		return "it cannot be looked at";
	if (statvfs(path, &fs) == 0 && fs.f_flag & ST_NOSUID)
		return "it is on a file system mounted nosuid";
	if ((st.st_mode & S_ISUID && st.st_uid == 0) ||
	    getxattr(path, "security.capability", NULL, 0) > 0)
		return NULL;
	return "it is neither setuid root nor has file capabilities";
}

const char *ns_helper_problem(const char *name)
{
	char path[64];

	return ns_find_helper(name, path, sizeof(path)) ? without_privilege(path) :
							  "it is not installed";
}

/* ---- what the caller has ---- */

/* Add [@start, @end) as far as the namespace @own has it and nobody else of @out does. */
static void add_range(struct ns_spare *out, uint64_t start, uint64_t end,
		      const struct ns_id_range *own, size_t n_own)
{
	for (size_t i = 0; i < n_own; i++) {
		uint64_t s = MAX(start, own[i].start);
		uint64_t e = MIN(end, own[i].start + own[i].size);
		bool twice = false;

		for (size_t k = 0; k < out->n; k++)
			twice |= s < out->range[k].start + out->range[k].size &&
				 out->range[k].start < e;
		if (s < e && !twice && out->n < NS_MAX_SPARE)
			out->range[out->n++] = (struct ns_id_range){ s, e - s };
	}
}

void ns_spare_from(const char *subid, const char *proc_map, const char *name, uint32_t uid,
		   uint32_t own_id, struct ns_spare *out)
{
	struct ns_id_range given[NS_MAX_SPARE], own[NS_MAX_SPARE];
	size_t n_given = ns_parse_subid(subid, name, uid, given, ARRAY_SIZE(given));
	size_t n_own = ns_parse_proc_map(proc_map, own, ARRAY_SIZE(own));

	*out = (struct ns_spare){ 0 };
	for (size_t i = 0; i < n_given; i++) {
		uint64_t start = given[i].start, end = start + given[i].size;

		/* The caller's own id has its place already. */
		if (own_id >= start && own_id < end) {
			add_range(out, start, own_id, own, n_own);
			start = (uint64_t)own_id + 1;
		}
		add_range(out, start, end, own, n_own);
	}
}

static char *read_text(int dir_fd, const char *path)
{
	struct husk_error ignored;
	char *text;

	return fs_read(dir_fd, path, 1 << 20, &text, NULL, &ignored) < 0 ? NULL : text;
}

static void read_spare(int proc_fd, const char *subid_path, const char *map_path, uint32_t own_id,
		       struct ns_spare *out)
{
	cleanup_free char *subid = read_text(AT_FDCWD, subid_path);
	cleanup_free char *map = read_text(proc_fd, map_path);
	cleanup_free char *name = NULL;

	if (!subid || !map)
		return;
	name = user_name(getuid());
	ns_spare_from(subid, map, name, getuid(), own_id, out);
}

/* Every id of the caller's own user namespace. */
static void all_ids(int proc_fd, const char *map_path, struct ns_spare *out)
{
	cleanup_free char *map = read_text(proc_fd, map_path);

	*out = (struct ns_spare){ 0 };
	if (map)
		out->n = ns_parse_proc_map(map, out->range, ARRAY_SIZE(out->range));
}

/* To map uid 0 is to hand on file capabilities, since Linux 5.12. */
static bool may_map_all(void)
{
	return has_capability(CAP_SETUID) && has_capability(CAP_SETGID) &&
	       has_capability(CAP_SETFCAP);
}

void ns_find_spare(const struct oci_linux *l, struct ns_host_facts *facts)
{
	const struct oci_namespace *user = oci_namespace_get(l, CLONE_NEWUSER);
	cleanup_close int proc_fd = -1;
	struct husk_error ignored;
	const char *uid_problem, *gid_problem;

	if (facts->privileged || (user && user->path) || l->n_uid_mappings || l->n_gid_mappings)
		return;
	proc_fd = fs_open_proc(&ignored);
	if (proc_fd < 0)
		return;
	if (may_map_all()) {
		all_ids(proc_fd, "self/uid_map", &facts->uids);
		all_ids(proc_fd, "self/gid_map", &facts->gids);
		facts->keep_ids = facts->uids.n && facts->gids.n;
		return;
	}
	uid_problem = ns_helper_problem("newuidmap");
	gid_problem = ns_helper_problem("newgidmap");
	if (uid_problem || gid_problem) {
		log_debug("only the caller's own id can be mapped: %s: %s",
			  uid_problem ? "newuidmap" : "newgidmap",
			  uid_problem ? uid_problem : gid_problem);
		return;
	}
	read_spare(proc_fd, "/etc/subuid", "self/uid_map", facts->uid, &facts->uids);
	read_spare(proc_fd, "/etc/subgid", "self/gid_map", facts->gid, &facts->gids);
	/* One without the other would be no use: files have both. */
	if (!facts->uids.n || !facts->gids.n)
		facts->uids.n = facts->gids.n = 0;
}

/* ---- maps made of it ---- */

size_t ns_keep_maps(const struct ns_spare *all, struct oci_id_map out[NS_MAX_OWN_MAPS])
{
	for (size_t i = 0; i < all->n; i++)
		out[i] = (struct oci_id_map){ (uint32_t)all->range[i].start,
					      (uint32_t)all->range[i].start,
					      (uint32_t)all->range[i].size };
	return all->n;
}

size_t ns_own_maps(uint32_t id, uint32_t own_id, const struct ns_spare *spare,
		   struct oci_id_map out[NS_MAX_OWN_MAPS])
{
	const uint64_t limit = UINT32_MAX;	/* the last id means "none" */
	uint64_t at = id == 0;
	size_t n = 0;

	out[n++] = (struct oci_id_map){ id, own_id, 1 };
	for (size_t i = 0; i < spare->n; i++) {
		uint64_t start = spare->range[i].start, left = spare->range[i].size;

		while (left && at < limit) {
			uint64_t part = at < id ? MIN(left, id - at) : MIN(left, limit - at);

			out[n++] = (struct oci_id_map){ (uint32_t)at, (uint32_t)start,
							(uint32_t)part };
			start += part;
			left -= part;
			at += part;
			at += at == id;
		}
	}
	return n;
}
