/*
 * The root filesystem as criu wants to find it: a mount of its own, with a place for every mount.
 *
 * This runs in the mount namespace that criu starts in (see swrk.c), so nobody else sees it and
 * nothing is left of it.  A root that has never been a container's (an image unpacked elsewhere) lacks
 * the directories that `create` would have made; what lies in it is hostile, so they are made by
 * descriptor, as rootfs/rootfd.c does in husk-init.
 *
 * Uses: runtime/base, specs.    Used by: restore.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/criu/criu.h"
#include "runtime/criu/restore_root.h"

static int open_in(int root, const char *path, uint64_t flags)
{
	return sys_openat2(root, path, flags | O_PATH | O_CLOEXEC, 0,
			   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/* See that there is something at @path, whose parent is there. */
static int ensure_one(int root, char *path, bool is_dir, struct husk_error *err)
{
	cleanup_close int there = open_in(root, path, 0), parent = -1, file = -1;
	char *base = strrchr(path, '/');

	if (there >= 0)
		return 0;
	if (errno != ENOENT)
		return err_sys(err, "look for %s in the root filesystem", path);
	*base = '\0';
	parent = open_in(root, *path ? path : "/", O_DIRECTORY);
	*base = '/';
	if (parent < 0)
		return err_sys(err, "open the directory of %s in the root filesystem", path);
	if (is_dir)
		return mkdirat(parent, base + 1, 0755) < 0 ?
			       err_sys(err, "mkdir %s in the root filesystem", path) : 0;
	file = openat(parent, base + 1, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_WRONLY, 0755);
	return file < 0 ? err_sys(err, "create %s in the root filesystem", path) : 0;
}

static int ensure(int root, const char *dest, bool is_dir, struct husk_error *err)
{
	char path[PATH_MAX];
	int ret = 0;

	if (snprintf(path, sizeof(path), "/%s", dest + strspn(dest, "/")) >= (int)sizeof(path))
		return err_new(err, HUSK_E_CONFIG, ENAMETOOLONG, "mount on %.64s...: too long", dest);
	for (char *p = path + 1; ret == 0 && *p;) {
		char *end = strchrnul(p, '/'), stop = *end;

		*end = '\0';
		ret = *p ? ensure_one(root, path, is_dir || stop, err) : 0;
		*end = stop;
		p = stop ? end + 1 : end;
	}
	return ret;
}

/* Is @m below an earlier mount of a filesystem of its own?  That has it from the images. */
static bool is_covered(const struct oci_config *config, size_t i)
{
	const char *dest = config->mounts[i].destination;

	for (size_t k = 0; k < i; k++) {
		const struct oci_mount *m = &config->mounts[k];
		size_t len = strlen(m->destination);

		while (len > 1 && m->destination[len - 1] == '/')
			len--;
		if (!criu_is_bind(m) && strncmp(dest, m->destination, len) == 0 && dest[len] == '/')
			return true;
	}
	return false;
}

static int clone_tree(const char *path, const char *what, struct husk_error *err)
{
	int fd = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	return fd < 0 ? err_sys(err, "%s %s", what, path) : fd;
}

/* Later ones may have their place in what this one shows. */
static int bind(const struct restore_root *r, int root, const struct oci_mount *m,
		struct husk_error *err)
{
	cleanup_close int tree = -1, at = -1;
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s%s%s", m->source[0] == '/' ? "" : r->bundle,
		     m->source[0] == '/' ? "" : "/", m->source) >= (int)sizeof(path))
		return err_new(err, HUSK_E_CONFIG, ENAMETOOLONG, "bind source %.64s...: too long",
			       m->source);
	tree = clone_tree(path, "bind source", err);
	if (tree < 0)
		return tree;
	if (fstat(tree, &st) < 0)
		return err_sys(err, "bind source %s", path);
	if (ensure(root, m->destination, S_ISDIR(st.st_mode), err) < 0)
		return -err->sys;
	at = open_in(root, m->destination, 0);
	if (at < 0 || sys_move_mount(tree, "", at, "", MOVE_MOUNT_F_EMPTY_PATH |
				     MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(err, "bind mount on %s", m->destination);
	return 0;
}

static int make_places(const struct restore_root *r, int root, struct husk_error *err)
{
	const struct oci_config *config = r->config;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < config->n_mounts; i++) {
		const struct oci_mount *m = &config->mounts[i];

		if (is_covered(config, i))
			continue;
		ret = criu_is_bind(m) && m->source ? bind(r, root, m, err) :
						     ensure(root, m->destination, true, err);
		if (ret < 0)
			(void)snprintf(err->pointer, sizeof(err->pointer), "/mounts/%zu", i);
	}
	return ret;
}

/* Mount the root on @r->at; returns a descriptor of it. */
static int attach(const struct restore_root *r, struct husk_error *err)
{
	cleanup_close int tree = clone_tree(r->rootfs, "root filesystem", err);

	if (tree < 0)
		return tree;
	if (sys_move_mount(tree, "", AT_FDCWD, r->at, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(err, "mount the root filesystem on %s", r->at);
	return take_fd(&tree);
}

/*
 * criu works in the directories it is given and mounts there, which takes a mount of its own namespace:
 * @fd becomes the same directory, as seen from here.
 */
static int reopen(int fd, struct husk_error *err)
{
	cleanup_close int here = -1;
	char link[32], path[PATH_MAX];
	struct stat was, is;
	ssize_t n;

	if (fd < 0)
		return 0;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return err_sys(err, "path of criu's directory");
	path[n] = '\0';
	here = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (here < 0 || fstat(here, &is) < 0 || fstat(fd, &was) < 0)
		return err_sys(err, "open %s again for criu", path);
	if (is.st_dev != was.st_dev || is.st_ino != was.st_ino)
		return err_new(err, HUSK_E_STATE, ESTALE, "%s is another directory by now", path);
	return dup3(here, fd, O_CLOEXEC) < 0 ? err_sys(err, "open %s again for criu", path) : 0;
}

int restore_root_mount(void *data, struct husk_error *err)
{
	const struct restore_root *r = data;
	cleanup_close int root = -1, again = -1;

	if (reopen(r->dirs->images, err) < 0 || reopen(r->dirs->work, err) < 0)
		return -err->sys;
	/* What is mounted here goes nowhere; what the host mounts later is still seen. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(err, "make criu's mounts its own");
	root = attach(r, err);
	if (root < 0 || make_places(r, root, err) < 0)
		return -err->sys;
	/* Without the bind mounts: those criu makes itself. */
	if (umount2(r->at, MNT_DETACH) < 0)
		return err_sys(err, "unmount %s", r->at);
	again = attach(r, err);
	return again < 0 ? again : 0;
}
