/*
 * Mounts that the caller makes for the init.
 *
 * No kernel maps the ids of an overlay, but of its lower layers.  So "idmap" on an overlay is about
 * those; what the upper layer holds belongs to the container's own ids, as engines that mount such
 * overlays themselves have it.
 *
 * Uses: runtime/base.    Used by: prepare.c.
 */
#include "runtime/host_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "runtime/base/error.h"
#include "runtime/base/fs.h"
#include "runtime/base/plan.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

#define LAYER "lowerdir+"

/* "ext4": the type of the file system that @fd is on, as mountinfo has it; @out is "?" if it is not
 * there. */
static void file_system_of(int fd, char *out, size_t size)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	char device[32], *at;
	struct stat st;

	(void)snprintf(out, size, "?");
	if (fstat(fd, &st) < 0 ||
	    fs_read(AT_FDCWD, "/proc/thread-self/mountinfo", 64 << 20, &text, NULL, &ignored) < 0)
		return;
	(void)snprintf(device, sizeof(device), " %u:%u ", major(st.st_dev), minor(st.st_dev));
	at = strstr(text, device);
	at = at ? strstr(at, " - ") : NULL;
	if (at)
		(void)snprintf(out, size, "%.*s", (int)strcspn(at + 3, " \n"), at + 3);
}

/* @what: its path, or of a new one its type, which is @type then. */
static int id_map(int tree, int userns, bool all, const char *what, const char *type,
		  struct husk_error *err)
{
	struct sys_mount_attr attr = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t)userns,
	};
	char found[64];

	if (sys_mount_setattr(tree, "", AT_EMPTY_PATH | (all ? AT_RECURSIVE : 0), &attr) == 0)
		return 0;
	err_sys(err, "id-map a mount of %s", what);
	if (err->sys != EINVAL)
		return -err->sys;
	if (!type) {
		file_system_of(tree, found, sizeof(found));
		type = found;
	}
	return err_hint(err, "its file system, %s%s, does not support id-mapped mounts%s", type,
			all ? ", or one below it" : "",
			all ? ": \"idmap\" maps the first alone" : "");
}

int rt_host_tree(const char *path, unsigned how, int userns, struct husk_error *err)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
			 (how & PLAN_TREE_RECURSIVE ? AT_RECURSIVE : 0) |
			 (how & PLAN_TREE_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0);
	cleanup_close int fd = sys_open_tree(AT_FDCWD, path, flags);

	if (fd < 0)
		return err_sys(err, "open_tree %s", path);
	if (userns >= 0 && id_map(fd, userns, how & PLAN_TREE_IDMAP_ALL, path, NULL, err) < 0)
		return -err->sys;
	return take_fd(&fd);
}

/* ---- new ones ---- */

/* The kernel's words for what it refused, if it has any: "e overlay: ...". */
static int err_fs(int fs, const char *call, const char *type, struct husk_error *err)
{
	int error = errno;
	char log[256];
	ssize_t n = read(fs, log, sizeof(log) - 1);

	if (n <= 2)
		return err_new(err, HUSK_E_SYSTEM, error, "%s %s: %s", call, type, strerror(error));
	log[n] = '\0';
	log[strcspn(log, "\n")] = '\0';
	return err_new(err, HUSK_E_SYSTEM, error, "%s %s (%s): %s", call, type, log + 2,
		       strerror(error));
}

/* In options ':' and '\' of a path have a '\' before them. */
static void unescape(char *path)
{
	char *to = path;

	for (; *path; path++) {
		if (*path == '\\' && path[1])
			path++;
		*to++ = *path;
	}
	*to = '\0';
}

/* Open until the overlay is there, which clones them: a detached mount goes with its descriptor. */
struct layers {
	int *fds;
	size_t n;
};

static void layers_done(struct layers *l)
{
	for (size_t i = 0; i < l->n; i++)
		(void)close(l->fds[i]);
	free(l->fds);
}

static int add_layer(int fs, char *path, int userns, struct layers *l, struct husk_error *err)
{
	int *grown = realloc(l->fds, (l->n + 1) * sizeof(*grown)), layer;
	struct stat st;

	if (!grown)
		return err_nomem(err, "layers");
	l->fds = grown;
	unescape(path);
	layer = rt_host_tree(path, 0, userns, err);
	if (layer < 0)
		return err_ctx(err, "lower layer");
	l->fds[l->n++] = layer;
	if (fstat(layer, &st) < 0)
		return err_sys(err, "stat lower layer %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_new(err, HUSK_E_CONFIG, ENOTDIR, "lower layer %s is not a directory", path);
	if (sys_fsconfig(fs, FSCONFIG_SET_FD, LAYER, NULL, layer) == 0)
		return 0;
	err_fs(fs, "add a layer to", "overlay", err);
	return err->sys != EINVAL ? -err->sys :
	       err_hint(err, "an overlay takes id-mapped layers from Linux 6.13 on");
}

/* @line: "KEY=VALUE" or "FLAG"; it is cut in two. */
static int set_option(int fs, const char *type, char *line, struct husk_error *err)
{
	char *value = strchr(line, '=');
	int ret;

	if (value)
		*value++ = '\0';
	ret = sys_fsconfig(fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, line, value, 0);
	return ret < 0 ? err_fs(fs, "set a mount option of", type, err) : 0;
}

/* @options: lines; they are cut up. */
static int finish(int fs, const char *type, char *options, int layers_userns, struct husk_error *err)
{
	__attribute__((cleanup(layers_done))) struct layers layers = { 0 };
	char *line;
	int ret;

	while ((line = strsep(&options, "\n")) != NULL) {
		if (layers_userns >= 0 && str_starts(line, LAYER "="))
			ret = add_layer(fs, line + strlen(LAYER "="), layers_userns, &layers, err);
		else
			ret = set_option(fs, type, line, err);
		if (ret < 0)
			return ret;
	}
	ret = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return ret < 0 ? err_fs(fs, "fsconfig create", type, err) : 0;
}

int rt_host_mount(const char *text, unsigned attrs, int userns, struct husk_error *err)
{
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *type = strsep(&rest, "\n"), *source = strsep(&rest, "\n");
	cleanup_close int fs = -1, tree = -1;
	bool overlay;

	if (!copy)
		return err_nomem(err, "mount");
	overlay = strcmp(type, "overlay") == 0;
	fs = sys_fsopen(type, FSOPEN_CLOEXEC);
	if (fs < 0)
		return err_sys(err, "fsopen %s", type);
	if (source && *source && sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		return err_fs(fs, "set the source of", type, err);
	if (finish(fs, type, rest, overlay ? userns : -1, err) < 0)
		return -err->sys;
	tree = sys_fsmount(fs, FSMOUNT_CLOEXEC, attrs);
	if (tree < 0)
		return err_fs(fs, "fsmount", type, err);
	if (userns >= 0 && !overlay && id_map(tree, userns, false, type, type, err) < 0)
		return -err->sys;
	return take_fd(&tree);
}
