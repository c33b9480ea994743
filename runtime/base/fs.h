/*
 * Files: read and write them whole, by descriptor; nothing here follows a link that an image or
 * a container could have planted, except where a comment says so.
 */
#ifndef HUSK_BASE_FS_H
#define HUSK_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/error.h"

/* Read at most @max bytes of @name below @dir_fd (AT_FDCWD for a path of the host); free(*out).
 * The text is NUL-terminated; *len does not count that.  Larger is EFBIG. */
int fs_read(int dir_fd, const char *name, size_t max, char **out, size_t *len,
	    struct husk_error *err);
/* The same for an open descriptor, from its current offset. */
int fs_read_fd(int fd, const char *what, size_t max, char **out, size_t *len,
	       struct husk_error *err);

/* Write @len bytes; retries short writes and EINTR.  Non-logging: -errno, no message. */
int fs_write_all(int fd, const void *data, size_t len);

/* One write(2) to an existing kernel file (cgroup, proc): no create, no truncate.
 * Non-logging: -errno, no message. */
int fs_write_file(int dir_fd, const char *name, const char *text);

/* Write @name below @dir_fd whole; what was there is overwritten. */
int fs_write_new(int dir_fd, const char *name, const void *data, size_t len, mode_t mode,
		 struct husk_error *err);

/* Replace @name below @dir_fd by rename, with @mode. */
int fs_replace(int dir_fd, const char *name, const void *data, size_t len, mode_t mode,
	       struct husk_error *err);

/* mkdir -p of a host path.  EEXIST of a directory is success. */
int fs_mkdir_p(const char *path, mode_t mode, struct husk_error *err);

/* A verified O_PATH descriptor of procfs' root: the host's /proc, or a private instance where
 * that one is missing or covered (CVE-2025-52881 class). */
int fs_open_proc(struct husk_error *err);

/* statx(2) mount id of @fd, or 0. */
uint64_t fs_mount_id(int fd);

#endif /* HUSK_BASE_FS_H */
