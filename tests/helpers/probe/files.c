/*
 * probe: what the file system shows and allows.
 *
 * Uses: probe.h.    Used by: tests/helpers/probe.c.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "runtime/base/sys.h"
#include "tests/helpers/probe/probe.h"

/* ---- files ---------------------------------------------------------------------------------- */

static const char *file_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:  return "file";
	case S_IFDIR:  return "dir";
	case S_IFLNK:  return "link";
	case S_IFCHR:  return "char";
	case S_IFBLK:  return "block";
	case S_IFIFO:  return "fifo";
	case S_IFSOCK: return "socket";
	}
	return "unknown";
}

/* One line of mountinfo: "mount DEST TYPE OPTIONS SUPER ROOT SOURCE PROPAGATION". */
static void print_mount(char *line)
{
	char *field[32], *save = NULL, *optional = NULL;
	int n = 0, dash = -1;

	for (char *f = strtok_r(line, " \n", &save); f && n < 32; f = strtok_r(NULL, " \n", &save)) {
		if (strcmp(f, "-") == 0 && dash < 0)
			dash = n;
		else if (n >= 6 && dash < 0 && !optional)
			optional = f;
		field[n++] = f;
	}
	if (dash < 0 || dash + 3 >= n)
		return;
	printf("mount %s %s %s %s %s %s %s\n", field[4], field[dash + 1], field[5],
	       field[dash + 3], field[3], field[dash + 2], optional ? optional : "private");
}

/* mounts [DEST]: all, or the top one on DEST. */
static int do_mounts(int argc, char **argv)
{
	char line[8192], found[8192] = "";
	FILE *f = fopen("/proc/self/mountinfo", "re");

	if (!f) {
		printf("mounts %s\n", errno_name(errno));
		return 0;
	}
	while (fgets(line, sizeof(line), f)) {
		char dest[4096];

		if (argc < 1)
			print_mount(line);
		else if (sscanf(line, "%*s %*s %*s %*s %4095s", dest) == 1 &&
			 strcmp(dest, argv[0]) == 0)
			strcpy(found, line);
	}
	if (argc >= 1 && *found)
		print_mount(found);
	else if (argc >= 1)
		printf("mount %s none\n", argv[0]);
	fclose(f);
	return 0;
}

int do_read(int argc, char **argv)
{
	char buf[4096];
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = 0, total = 0;

	(void)argc;
	while (fd >= 0 && total < (1 << 20) && (n = read(fd, buf, sizeof(buf))) > 0) {
		fwrite(buf, 1, (size_t)n, stdout);
		total += n;
	}
	if (fd < 0 || n < 0)
		printf("read %s %s\n", argv[0], errno_name(errno));
	if (fd >= 0)
		close(fd);
	return 0;
}

/* rename FROM TO */
static int do_rename(int argc, char **argv)
{
	(void)argc;
	printf("rename %s %s %s\n", argv[0], argv[1], outcome(rename(argv[0], argv[1])));
	return 0;
}

static int do_truncate(int argc, char **argv)
{
	(void)argc;
	printf("truncate %s %s\n", argv[0], outcome(truncate(argv[0], 0)));
	return 0;
}

static int do_symlink(int argc, char **argv)
{
	(void)argc;
	printf("symlink %s %s %s\n", argv[0], argv[1], outcome(symlink(argv[0], argv[1])));
	return 0;
}

static void report_write(const char *verb, const char *path, const char *text, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY, 0644);
	long ret = fd;

	if (fd >= 0)
		ret = write(fd, text, strlen(text));
	printf("%s %s %s\n", verb, path, outcome(ret));
	if (fd >= 0)
		close(fd);
}

static int do_write(int argc, char **argv)
{
	report_write("write", argv[0], argc > 1 ? argv[1] : "", O_WRONLY);
	return 0;
}

static int do_create(int argc, char **argv)
{
	report_write("create", argv[0], argc > 1 ? argv[1] : "", O_WRONLY | O_CREAT);
	return 0;
}

static int do_sysctl(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		char path[512], text[512] = "";
		int fd;
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/sys/%s", argv[i]);
		for (char *c = path + strlen("/proc/sys/"); *c; c++)
			*c = *c == '.' ? '/' : *c;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		if (n > 0 && text[n - 1] == '\n')
			text[n - 1] = '\0';
		printf("sysctl %s %s\n", argv[i], n < 0 ? errno_name(errno) : text);
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

/* "stat PATH TYPE MODE UID GID MAJOR:MINOR SIZE [-> TARGET]" */
static void print_stat(const char *verb, const char *path, int flags)
{
	struct stat st;
	char target[4096];
	ssize_t n;

	if (fstatat(AT_FDCWD, path, &st, flags) < 0) {
		printf("%s %s %s\n", verb, path, errno_name(errno));
		return;
	}
	printf("%s %s %s %04o %u %u %u:%u %lld", verb, path, file_type(st.st_mode),
	       (unsigned)st.st_mode & 07777, st.st_uid, st.st_gid, major(st.st_rdev),
	       minor(st.st_rdev), S_ISDIR(st.st_mode) ? 0LL : (long long)st.st_size);
	n = S_ISLNK(st.st_mode) ? readlink(path, target, sizeof(target) - 1) : -1;
	if (n >= 0)
		printf(" -> %.*s", (int)n, target);
	putchar('\n');
}

static int do_stat(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		print_stat("stat", argv[i], 0);
	return 0;
}

static int do_lstat(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		print_stat("lstat", argv[i], AT_SYMLINK_NOFOLLOW);
	return 0;
}

static int do_statfs(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		struct statfs s;

		if (statfs(argv[i], &s) < 0)
			printf("statfs %s %s\n", argv[i], errno_name(errno));
		else
			printf("statfs %s %lx flags %lx blocks %llu\n", argv[i],
			       (unsigned long)s.f_type, (unsigned long)s.f_flags,
			       (unsigned long long)s.f_blocks * (unsigned long long)s.f_bsize);
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int do_ls(int argc, char **argv)
{
	char *names[4096];
	size_t n = 0;
	DIR *d = opendir(argv[0]);
	struct dirent *e;

	(void)argc;
	if (!d) {
		printf("ls %s %s\n", argv[0], errno_name(errno));
		return 0;
	}
	while ((e = readdir(d)) && n < ARRAY_SIZE(names)) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			names[n++] = strdup(e->d_name);
	}
	closedir(d);
	qsort(names, n, sizeof(names[0]), compare_names);
	printf("ls %s", argv[0]);
	for (size_t i = 0; i < n; i++)
		printf(" %s", names[i]);
	putchar('\n');
	return 0;
}

/* open PATH r|w|rw */
static int do_open(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "r";
	int flags = strcmp(how, "rw") == 0 ? O_RDWR : *how == 'w' ? O_WRONLY : O_RDONLY;
	int fd = open(argv[0], flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	printf("open %s %s\n", argv[0], outcome(fd));
	if (fd >= 0)
		close(fd);
	return 0;
}

static int do_mkdir(int argc, char **argv)
{
	(void)argc;
	printf("mkdir %s %s\n", argv[0], outcome(mkdir(argv[0], 0755)));
	return 0;
}

static int do_chown(int argc, char **argv)
{
	long ret = argc < 3 ? (errno = EINVAL, -1)
			    : chown(argv[0], (uid_t)atoi(argv[1]), (gid_t)atoi(argv[2]));

	printf("chown %s %s\n", argv[0], outcome(ret));
	return 0;
}

/* mknod PATH c|b|p MAJOR MINOR */
static int do_mknod(int argc, char **argv)
{
	mode_t type = argc > 1 && *argv[1] == 'b' ? S_IFBLK : argc > 1 && *argv[1] == 'p' ? S_IFIFO
										    : S_IFCHR;
	dev_t dev = argc > 3 ? makedev((unsigned)atoi(argv[2]), (unsigned)atoi(argv[3])) : 0;

	printf("mknod %s %s\n", argv[0], outcome(mknod(argv[0], type | 0600, dev)));
	return 0;
}

/* mount SOURCE DEST TYPE [ro] */
static int do_mount(int argc, char **argv)
{
	unsigned long flags = argc > 3 && strcmp(argv[3], "ro") == 0 ? MS_RDONLY : 0;
	bool bind = argc > 2 && strcmp(argv[2], "bind") == 0;
	long ret = argc < 3 ? (errno = EINVAL, -1)
			    : mount(argv[0], argv[1], argv[2], flags | (bind ? MS_BIND : 0), NULL);

	printf("mount %s %s\n", argc > 1 ? argv[1] : argv[0], outcome(ret));
	return 0;
}

/* idmap SOURCE DEST USERNS: a bind with the id maps of that namespace's file, which mount(8) knows
 * from util-linux 2.39 on. */
static int do_idmap(int argc, char **argv)
{
	int userns = open(argv[2], O_RDONLY | O_CLOEXEC);
	int tree = sys_open_tree(AT_FDCWD, argv[0], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct sys_mount_attr attr = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t)userns,
	};
	int ret = userns < 0 || tree < 0 ? -1 : sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr);

	(void)argc;
	if (ret == 0)
		ret = sys_move_mount(tree, "", AT_FDCWD, argv[1], MOVE_MOUNT_F_EMPTY_PATH);
	printf("idmap %s %s\n", argv[1], outcome(ret));
	return 0;
}

static int do_remount(int argc, char **argv)
{
	(void)argc;
	printf("remount %s %s\n", argv[0],
	       outcome(mount(NULL, argv[0], NULL, MS_REMOUNT | MS_BIND, NULL)));
	return 0;
}

static int do_umount(int argc, char **argv)
{
	(void)argc;
	printf("umount %s %s\n", argv[0], outcome(umount2(argv[0], MNT_DETACH)));
	return 0;
}

static int do_xattr(int argc, char **argv)
{
	char value[256];
	ssize_t n = argc < 2 ? (errno = EINVAL, -1)
			     : getxattr(argv[0], argv[1], value, sizeof(value) - 1);

	printf("xattr %s %.*s\n", argv[0], n < 0 ? 64 : (int)n, n < 0 ? errno_name(errno) : value);
	return 0;
}

/* Every open descriptor, without the one that lists them: "fd N TARGET". */
static int do_fds(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (int fd = 0; fd < 4096; fd++) {
		char path[64], target[4096];
		ssize_t n;

		if (fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		printf("fd %d %.*s\n", fd, n < 0 ? 1 : (int)n, n < 0 ? "?" : target);
	}
	return 0;
}

static int do_fdread(int argc, char **argv)
{
	char buf[4096];
	ssize_t n = read(atoi(argv[0]), buf, sizeof(buf));

	(void)argc;
	printf("fdread %s %.*s\n", argv[0], n < 0 ? 64 : (int)n, n < 0 ? errno_name(errno) : buf);
	return 0;
}

static int do_fdwrite(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : "";

	printf("fdwrite %s %s\n", argv[0], outcome(write(atoi(argv[0]), text, strlen(text))));
	return 0;
}

/* fdopen N PATH: what a leaked directory descriptor would reach. */
static int do_fdopen(int argc, char **argv)
{
	int fd = openat(atoi(argv[0]), argc > 1 ? argv[1] : ".", O_RDONLY | O_CLOEXEC);

	printf("fdopen %s %s\n", argv[0], outcome(fd));
	if (fd >= 0)
		close(fd);
	return 0;
}

const struct probe_command file_commands[] = {
	{ "chown", 3, do_chown },
	{ "create", 1, do_create },
	{ "fdopen", 1, do_fdopen },
	{ "fdread", 1, do_fdread },
	{ "fds", 0, do_fds },
	{ "fdwrite", 1, do_fdwrite },
	{ "idmap", 3, do_idmap },
	{ "ls", 1, do_ls },
	{ "lstat", 1, do_lstat },
	{ "mkdir", 1, do_mkdir },
	{ "mknod", 2, do_mknod },
	{ "mount", 3, do_mount },
	{ "mounts", 0, do_mounts },
	{ "open", 1, do_open },
	{ "read", 1, do_read },
	{ "remount", 1, do_remount },
	{ "rename", 2, do_rename },
	{ "stat", 1, do_stat },
	{ "statfs", 1, do_statfs },
	{ "symlink", 2, do_symlink },
	{ "sysctl", 1, do_sysctl },
	{ "truncate", 1, do_truncate },
	{ "umount", 1, do_umount },
	{ "write", 1, do_write },
	{ "xattr", 2, do_xattr },
	{ 0 },
};
