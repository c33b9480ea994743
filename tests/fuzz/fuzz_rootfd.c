/*
 * The look-ups of rootfs/rootfd.c beside the kernel's own openat2(RESOLVE_IN_ROOT), in a random
 * tree of directories, files and links: both lead to the same inode or fail alike, and what is made
 * for a path that leads nowhere is found there by the kernel afterwards.
 *
 * rootfd.c belongs to husk-init and is compiled into this program.  What may differ: slashes at the
 * end of a path that is to be made are no demand for a directory.
 *
 * Uses: rootfs/rootfd.c.    Used by: run.sh.
 */
#include <ftw.h>
#include <sys/stat.h>

#include "rootfs/rootfd.c"
#include "tests/fuzz/fuzz.h"

enum { MAX_PARTS = 6, MAX_PATH = MAX_PARTS * 12 + 2, MAX_ENTRIES = 12, MAX_LOOKUPS = 6 };

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

/* One byte says how long it is and whether it starts with '/', then a byte for each part. */
static void take_path(struct fuzz_bytes *in, char *path)
{
	static const char *const parts[] = { "a", "b", "c", "..", "a", ".", "outside", "" };
	unsigned head = fuzz_byte(in);

	path[0] = '\0';
	for (unsigned i = 0; i <= head % MAX_PARTS; i++) {
		strcat(path, i > 0 || head & 64 ? "/" : "");
		strcat(path, parts[fuzz_byte(in) % ARRAY_SIZE(parts)]);
	}
}

/* An entry below the root, whose directory is made by name: its parts are no links yet. */
static void plant(struct fuzz_bytes *in)
{
	char path[MAX_PATH], target[MAX_PATH];
	unsigned kind = fuzz_byte(in) % 4;
	int dir;

	take_path(in, path);
	take_path(in, target);
	dir = sys_openat2(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0, RESOLVE_IN_ROOT);
	MUST(dir >= 0);
	for (char *name = strtok(path, "/"), *next; name; name = next) {
		int below;

		next = strtok(NULL, "/");
		if (strcmp(name, "..") == 0)
			continue;
		/* What exists already stays. */
		if (!next && kind == 0)
			(void)mknodat(dir, name, S_IFREG | 0600, 0);
		else if (next || kind == 1)
			(void)mkdirat(dir, name, 0700);
		else if (symlinkat(target, dir, name) < 0)
			break;
		below = openat(dir, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
		if (below < 0)
			break;
		(void)close(dir);
		dir = below;
	}
	(void)close(dir);
}

static ino_t inode(int fd)
{
	struct stat st;

	MUST(fd >= 0 && fstat(fd, &st) == 0);
	return st.st_ino;
}

/* The kernel's answer: an inode, or 0 and errno in *error.  EAGAIN is none: something else on this
 * machine was mounted or renamed while it looked for "..". */
static ino_t lookup(const char *path, uint64_t flags, uint64_t resolve, int *error)
{
	cleanup_close int fd = -1;

	do
		fd = sys_openat2(AT_FDCWD, path, O_PATH | O_CLOEXEC | flags, 0,
				 RESOLVE_IN_ROOT | resolve);
	while (fd < 0 && errno == EAGAIN);
	*error = fd < 0 ? errno : 0;
	return fd < 0 ? 0 : inode(fd);
}

static void check_make(const char *path, mode_t type, uint64_t flags, uint64_t resolve)
{
	int error, made_error;
	ino_t before = lookup(path, flags, resolve, &error), after;
	cleanup_close int fd = rootfd_make(path, type, flags, resolve);
	char bare[MAX_PATH];

	made_error = fd < 0 ? errno : 0;
	if (before) {
		MUST(fd >= 0 && inode(fd) == before);
		return;
	}
	if (error != ENOENT) {
		MUST(fd < 0 && made_error == error);
		return;
	}
	if (fd < 0) {
		/* It cannot be made: a file is in the way, links go in circles, or "" is no name. */
		MUST(made_error == ENOTDIR || made_error == ELOOP || !*path);
		return;
	}
	strcpy(bare, path);
	for (size_t n = strlen(bare); n > 1 && bare[n - 1] == '/'; n--)
		bare[n - 1] = '\0';
	after = lookup(bare, flags, resolve, &error);
	MUST(after && inode(fd) == after);
}

static void check_lookup(struct fuzz_bytes *in)
{
	unsigned how = fuzz_byte(in);
	uint64_t flags = (how & 1 ? O_NOFOLLOW : 0) | (how & 2 ? O_DIRECTORY : 0);
	uint64_t resolve = how & 4 ? RESOLVE_NO_SYMLINKS : 0;
	char path[MAX_PATH];
	const char *name = NULL;
	int error, fd;
	ino_t wanted;

	take_path(in, path);
	wanted = lookup(path, flags, resolve, &error);
	fd = rootfd_open(path, O_PATH | flags, resolve);
	if (wanted)
		MUST(inode(fd) == wanted && close(fd) == 0);
	else
		MUST(fd < 0 && errno == error);
	if (how & 8) {
		fd = rootfd_parent(path, &name);
		MUST(fd < 0 || (name && *name && close(fd) == 0));
	}
	check_make(path, how & 2 || how & 16 ? S_IFDIR : S_IFREG, flags, resolve);
}

static void check_outside(void)
{
	/* Fails unless it is empty. */
	MUST(rmdir("../outside") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char base[FUZZ_DIR];
	struct fuzz_bytes in = { data, size };
	cleanup_close int cwd = open(".", O_PATH | O_CLOEXEC);

	fuzz_mkdtemp(base);
	MUST(cwd >= 0 && chdir(base) == 0 && mkdir("outside", 0700) == 0);
	MUST(mkdir("root", 0700) == 0 && chdir("root") == 0);
	for (unsigned i = fuzz_byte(&in) % MAX_ENTRIES; i > 0; i--)
		plant(&in);
	for (unsigned i = 0; in.left > 0 && i < MAX_LOOKUPS; i++)
		check_lookup(&in);
	check_outside();
	MUST(fchdir(cwd) == 0 && nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
	return 0;
}
