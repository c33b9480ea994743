/*
 * Opening and closing a handle: where state lives and what the caller may do.
 *
 * Uses: runtime/base.    Used by: the library's users.
 */
#include "runtime/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/capability.h"
#include "runtime/base/fs.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/base/weak.h"
#include "runtime/container.h"

/* In init_blob.S. */
extern const char rt_init_blob[], rt_init_blob_end[];

/* CAP_SYS_ADMIN counts only in the first user namespace: elsewhere host devices, other users'
 * cgroups and id maps are out of reach. */
static bool in_first_userns(void)
{
	/* PROC_USER_INIT_INO, fixed by the kernel's ABI.  Following the link would make an inode of it. */
	static const char first[] = "user:[4026531837]";
	char own[64];
	ssize_t n = readlink("/proc/self/ns/user", own, sizeof(own));

	return n == (ssize_t)strlen(first) && memcmp(own, first, strlen(first)) == 0;
}

/* A user namespace entered without a mount namespace of its own rules no mounts. */
static bool may_clone_trees(void)
{
	int fd = sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* ---- the state directory ---- */

#define SYSTEM_ROOT "/run/husk"

/* root in a user namespace often has the environment of the user it really is; as runc decides. */
static bool uses_runtime_dir(const struct husk *h)
{
	const char *user = getenv("USER");

	if (geteuid() != 0)
		return h->rootless;
	return h->rootless && !h->first_userns && !(user && strcmp(user, "root") == 0);
}

/* Is @path a directory that belongs to us, and that only we can write to? */
static bool is_our_own(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & 022);
}

/* root of a user namespace may have no /run of its own: "unshare --map-root-user". */
static bool uses_system_dir(const struct husk *h)
{
	if (geteuid() != 0 || h->first_userns)
		return geteuid() == 0 || !h->rootless;
	return is_our_own(SYSTEM_ROOT) || faccessat(AT_FDCWD, "/run", W_OK, AT_EACCESS) == 0;
}

/* Who we are outside of a user namespace whose root we are: his containers are ours. */
static uid_t usual_uid(void)
{
	cleanup_free char *map = NULL;
	struct husk_error ignored;
	unsigned inside, outside;

	if (geteuid() == 0 && fs_read(AT_FDCWD, "/proc/self/uid_map", 65536, &map, NULL, &ignored) == 0 &&
	    sscanf(map, "%u %u", &inside, &outside) == 2 && inside == 0)
		return outside;
	return geteuid();
}

static char *default_root(const struct husk *h)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	char *root = NULL, usual[32];

	if (uses_runtime_dir(h) && dir && dir[0] == '/')
		return asprintf(&root, "%s/husk", dir) < 0 ? NULL : root;
	if (uses_system_dir(h))
		return strdup(SYSTEM_ROOT);
	/* cron jobs and su(1) have no XDG_RUNTIME_DIR, but mean the same containers. */
	(void)snprintf(usual, sizeof(usual), "/run/user/%u", usual_uid());
	if (is_our_own(usual))
		return asprintf(&root, "%s/husk", usual) < 0 ? NULL : root;
	return asprintf(&root, "/tmp/husk-%u", usual_uid()) < 0 ? NULL : root;
}

static int check_owner(const struct husk *h, int fd, struct husk_error *err)
{
	struct stat st;

	if (!h->root_is_default || weakened("state-root"))
		return 0;
	if (fstat(fd, &st) < 0)
		return err_sys(err, "state directory %s", h->root);
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 022))
		return 0;
	err_new(err, HUSK_E_SYSTEM, EPERM,
		"state directory %s is not a directory of uid %u that nobody else can write to",
		h->root, geteuid());
	return err_hint(err, !h->rootless && geteuid() != 0 ?
			"it is root's: --rootless=false is not for other users, unless with --root" :
			"remove it, or choose another with --root or XDG_RUNTIME_DIR");
}

static int explain_open(const struct husk *h, struct husk_error *err)
{
	err_sys(err, "state directory %s", h->root);
	if (h->root_is_default && (err->sys == EACCES || err->sys == EROFS) && geteuid() != 0)
		return err_hint(err, "set XDG_RUNTIME_DIR to a directory of your own, or use --root");
	return -err->sys;
}

int rt_open_root(const struct husk *h, bool make, struct husk_error *err)
{
	/* Whoever names a directory may name it by a link. */
	const int flags = O_PATH | O_CLOEXEC | (h->root_is_default ? O_NOFOLLOW : O_DIRECTORY);
	cleanup_close int fd = open(h->root, flags);
	int ret;

	if (fd < 0 && errno == ENOENT && make) {
		/* Sticky: systemd-tmpfiles(8) and the like leave such directories alone. */
		ret = fs_mkdir_p(h->root, h->rootless ? 01700 : 0700, err);
		if (ret < 0)
			return err_ctx(err, "state directory");
		fd = open(h->root, flags);
	}
	if (fd < 0)
		return explain_open(h, err);
	ret = check_owner(h, fd, err);
	return ret < 0 ? ret : take_fd(&fd);
}

static int set_root(struct husk *h, const char *root, struct husk_error *err)
{
	char cwd[PATH_MAX];

	h->root_is_default = !root || !*root;
	if (h->root_is_default)
		h->root = default_root(h);
	else if (root[0] == '/')
		h->root = strdup(root);
	else if (!getcwd(cwd, sizeof(cwd)))
		return err_sys(err, "working directory");
	else if (asprintf(&h->root, "%s/%s", cwd, root) < 0)
		h->root = NULL;
	if (!h->root)
		return err_nomem(err, "state directory");
	if (strspn(h->root, "/") == strlen(h->root))
		return err_new(err, HUSK_E_CONFIG, EINVAL,
			       "state directory: \"/\" is not allowed: choose one of husk's own");
	return 0;
}

int husk_open(const struct husk_settings *settings, struct husk **out, struct husk_error *err)
{
	static const enum cg_manager managers[] = {
		[HUSK_CGROUPFS] = CG_CGROUPFS,
		[HUSK_CGROUP_SYSTEMD] = CG_SYSTEMD,
		[HUSK_CGROUP_NONE] = CG_NONE,
	};
	struct husk_settings none = { 0 };
	struct husk *h;
	int ret;

	if (!settings)
		settings = &none;
	h = calloc(1, sizeof(*h));
	if (!h)
		return err_nomem(err, "handle");
	h->init_fd = -1;
	(void)pthread_mutex_init(&h->lock, NULL);
	h->privileged = has_capability(CAP_SYS_ADMIN);
	h->no_nodes = !has_capability(CAP_MKNOD);
	h->first_userns = in_first_userns();
	h->owns_mounts = h->privileged && (h->first_userns || may_clone_trees());
	h->rootless = settings->rootless ? settings->rootless > 0 :
					   geteuid() != 0 || !h->first_userns || !h->privileged;
	h->cgroup_manager = managers[settings->cgroup_manager];
	h->one_shot = settings->one_shot;
	ret = set_root(h, settings->root, err);
	if (ret < 0) {
		husk_close(h);
		return ret;
	}
	*out = h;
	return 0;
}

void husk_close(struct husk *h)
{
	if (!h)
		return;
	if (h->init_fd >= 0)
		(void)close(h->init_fd);
	rt_container_free(h->own);
	(void)pthread_mutex_destroy(&h->lock);
	free(h->root);
	free(h);
}

static int make_init_fd(struct husk_error *err)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	cleanup_close int fd = memfd_create("husk-init", flags | MFD_EXEC);
	int ret;

	if (fd < 0 && errno == EINVAL)	/* MFD_EXEC is new in Linux 6.3 */
		fd = memfd_create("husk-init", flags);
	if (fd < 0) {
		err_sys(err, "memfd_create husk-init");
		return err_hint(err, "sysctl vm.memfd_noexec=2 forbids executable memfds: set it to 1, or "
				"see husk doctor");
	}
	/* cppcheck-suppress comparePointers ; both are labels of init_blob.S */
	ret = fs_write_all(fd, rt_init_blob, (size_t)(rt_init_blob_end - rt_init_blob));
	if (ret < 0) {
		errno = -ret;
		return err_sys(err, "write husk-init");
	}
	if (fchmod(fd, 0111) < 0)
		return err_sys(err, "chmod husk-init");
	if (!weakened("seal") &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return err_sys(err, "seal husk-init");
	return take_fd(&fd);
}

int rt_init_fd(struct husk *h, struct husk_error *err)
{
	int ret;

	(void)pthread_mutex_lock(&h->lock);
	if (h->init_fd < 0) {
		ret = make_init_fd(err);
		h->init_fd = ret < 0 ? -1 : ret;
	} else {
		ret = h->init_fd;
	}
	(void)pthread_mutex_unlock(&h->lock);
	return ret;
}
