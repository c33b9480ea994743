/*
 * The directories of a checkpoint: the images, and where criu works and writes its log.
 *
 * What lies in an image directory that came from elsewhere is hostile: a link by the name of a file
 * that criu is about to write would let it overwrite any file of the host.  So those are removed
 * first; that also keeps an old log from being taken for the new one.
 *
 * Uses: fs.h.    Used by: checkpoint.c, restore.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/base/fs.h"
#include "runtime/base/util.h"
#include "runtime/criu/criu.h"

static int open_dir(const char *path, const char *what, bool make, struct husk_error *err)
{
	int fd;

	if (make && fs_mkdir_p(path, 0700, err) < 0)
		return err_ctx(err, "%s", what);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, "%s %s", what, path) : fd;
}

static int remove_stale(const struct criu_dirs *d, struct husk_error *err)
{
	const char *const files[] = {
		d->log, d->log[0] == 'd' ? "stats-dump" : "stats-restore",
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (unlinkat(criu_log_dir(d), files[i], 0) < 0 && errno != ENOENT)
			return err_sys(err, "remove old %s/%s", d->path, files[i]);
	}
	return 0;
}

int criu_dirs_open(const struct husk_criu_options *opts, const char *log, bool make,
		   struct criu_dirs *out, struct husk_error *err)
{
	const char *images = opts->image_path && *opts->image_path ? opts->image_path : "checkpoint";
	bool has_work = opts->work_path && *opts->work_path;
	struct criu_dirs d = { -1, -1, NULL, log };
	int ret = 0;

	d.images = open_dir(images, "image directory", make, err);
	if (d.images < 0)
		return d.images;
	if (has_work)
		ret = d.work = open_dir(opts->work_path, "work directory", true, err);
	if (ret >= 0) {
		d.path = realpath(has_work ? opts->work_path : images, NULL);
		ret = d.path ? remove_stale(&d, err) : err_sys(err, "path of the log directory");
	}
	if (ret < 0) {
		criu_dirs_done(&d);
		return ret;
	}
	*out = d;
	return 0;
}

void criu_dirs_done(struct criu_dirs *d)
{
	if (d->images >= 0)
		(void)close(d->images);
	if (d->work >= 0)
		(void)close(d->work);
	free(d->path);
	*d = (struct criu_dirs){ -1, -1, NULL, NULL };
}

int criu_log_dir(const struct criu_dirs *d)
{
	return d->work >= 0 ? d->work : d->images;
}
