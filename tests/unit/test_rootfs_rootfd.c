/*
 * rootfs/rootfd.c: look-ups stay inside the root, and missing mountpoints are made there.
 *
 * It belongs to husk-init, not to the library, so it is compiled into this program.  The root is
 * the working directory: a new one for each test.
 */
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "tests/unit/test_specs.h"

#include "rootfs/rootfd.c"

static char base[] = "/tmp/husk-rootfd-XXXXXX";

static int enter_new_root(void **state)
{
	(void)state;
	strcpy(base + strlen(base) - 6, "XXXXXX");
	return mkdtemp(base) && chdir(base) == 0 && mkdir("outside", 0755) == 0 &&
	       mkdir("root", 0755) == 0 && chdir("root") == 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static int leave_root(void **state)
{
	(void)state;
	return chdir("/") == 0 ? nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS) : -1;
}

/* Both are the same file. */
static void assert_same(int fd, const char *path)
{
	struct stat a, b;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(lstat(path, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(close(fd), 0);
}

static void assert_outside_is_empty(void)
{
	assert_int_equal(rmdir("../outside"), 0);
	assert_int_equal(mkdir("../outside", 0755), 0);
}

static void missing_components_are_made(void **state)
{
	struct stat st;

	(void)state;
	assert_same(rootfd_make("/a/b/c", S_IFDIR, 0, 0), "a/b/c");
	assert_same(rootfd_make("/a/b/file", S_IFREG, 0, 0), "a/b/file");
	assert_same(rootfd_make("/a/x/y/file", S_IFREG, 0, 0), "a/x/y/file");
	assert_same(rootfd_make("top", S_IFDIR, 0, 0), "top");
	assert_same(rootfd_make("/a/b/c", S_IFDIR, 0, 0), "a/b/c");
	assert_same(rootfd_make("/", S_IFDIR, 0, 0), ".");
	assert_int_equal(stat("a/x/y/file", &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	assert_int_equal(stat("a/x", &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
}

static void the_umask_does_not_matter_and_stays(void **state)
{
	mode_t before = umask(0077);
	struct stat st;

	(void)state;
	assert_same(rootfd_make("/a/b", S_IFDIR, 0, 0), "a/b");
	assert_int_equal(umask(before), 0077);
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
}

static void links_are_followed_inside_the_root(void **state)
{
	(void)state;
	assert_int_equal(mkdir("real", 0755), 0);
	assert_int_equal(mkdir("etc", 0755), 0);
	assert_int_equal(symlink("/real", "absolute"), 0);
	assert_int_equal(symlink("../real", "etc/relative"), 0);
	assert_int_equal(symlink("../../../../../real", "etc/up"), 0);
	assert_same(rootfd_make("/absolute/a", S_IFDIR, 0, 0), "real/a");
	assert_same(rootfd_make("/etc/relative/b", S_IFREG, 0, 0), "real/b");
	assert_same(rootfd_make("/etc/up/c/d", S_IFREG, 0, 0), "real/c/d");
}

static void links_to_nowhere_are_made_inside_the_root(void **state)
{
	static const struct {
		const char *target, *path, *made;
	} cases[] = {
		{ "nowhere", "/link0", "nowhere" },
		{ "/no/where", "/link1/x", "no/where/x" },
		{ "../../deep", "/link2/x/y", "deep/x/y" },
		{ "../outside/file", "/link3", "outside/file" },
		{ "/hop", "/link4/z", "end/z" },
		{ "a//b/./c/", "/link5/d", "a/b/c/d" },
	};
	char name[8];

	(void)state;
	assert_int_equal(symlink("end", "hop"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(name, sizeof(name), "link%zu", i);
		assert_int_equal(symlink(cases[i].target, name), 0);
		assert_same(rootfd_make(cases[i].path, S_IFREG, 0, 0), cases[i].made);
	}
	assert_outside_is_empty();
}

static void links_in_a_circle_end(void **state)
{
	(void)state;
	assert_int_equal(symlink("two", "one"), 0);
	assert_int_equal(symlink("one", "two"), 0);
	assert_int_equal(rootfd_make("/one/x", S_IFDIR, 0, 0), -1);
	assert_int_equal(errno, ELOOP);
	/* Each step makes the path longer. */
	assert_int_equal(symlink("grow/x", "grow"), 0);
	assert_int_equal(rootfd_make("/grow", S_IFDIR, 0, 0), -1);
	assert_int_equal(errno, ELOOP);
}

static void links_can_be_refused(void **state)
{
	(void)state;
	assert_int_equal(symlink("nowhere", "link"), 0);
	assert_int_equal(mkdir("dir", 0755), 0);
	assert_int_equal(symlink("dir", "good"), 0);
	assert_int_equal(rootfd_make("/link", S_IFDIR, 0, RESOLVE_NO_SYMLINKS), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(rootfd_make("/good/new", S_IFDIR, 0, RESOLVE_NO_SYMLINKS), -1);
	assert_int_equal(errno, ELOOP);
	assert_same(rootfd_make("/link", S_IFDIR, O_NOFOLLOW, 0), "link");
	assert_int_equal(access("nowhere", F_OK), -1);
}

static void magic_links_are_never_followed(void **state)
{
	char target[64];

	(void)state;
	snprintf(target, sizeof(target), "/proc/%d/root", (int)getpid());
	assert_int_equal(rootfd_open(target, O_PATH, 0), -1);
	assert_int_equal(errno, ENOENT);	/* no /proc in this root */
	assert_int_equal(rootfd_make(target, S_IFDIR, 0, 0) >= 0, 1);
	assert_int_equal(access("proc", F_OK), 0);
}

static void a_file_in_the_way_is_an_error(void **state)
{
	(void)state;
	assert_same(rootfd_make("/file", S_IFREG, 0, 0), "file");
	assert_int_equal(rootfd_make("/file/x", S_IFDIR, 0, 0), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(rootfd_make("/file/x/y", S_IFDIR, 0, 0), -1);
	assert_int_equal(errno, ENOTDIR);
}

/* Found by tests/fuzz/fuzz_rootfd.c. */
static void a_link_to_a_missing_directory_is_no_file(void **state)
{
	(void)state;
	assert_int_equal(symlink("new/dir//", "link"), 0);
	assert_int_equal(symlink("link", "hop"), 0);
	assert_int_equal(rootfd_make("/hop", S_IFREG, 0, 0), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(access("new", F_OK), -1);
	assert_same(rootfd_make("/hop", S_IFDIR, 0, 0), "new/dir");
	assert_same(rootfd_make("/hop/file", S_IFREG, 0, 0), "new/dir/file");
}

static void long_paths_are_refused(void **state)
{
	char path[2 * PATH_MAX], target[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 200 ? 'x' : '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(rootfd_make(path, S_IFDIR, 0, 0), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	path[PATH_MAX - 100] = '\0';
	memcpy(path, "/link", 5);
	memcpy(target, path + 200, 400);
	target[400] = '\0';
	path[5] = '/';
	assert_int_equal(symlink(target, "link"), 0);
	assert_int_equal(rootfd_make(path, S_IFDIR, 0, 0), -1);
	assert_int_equal(errno, ENAMETOOLONG);
}

static void the_directory_of_a_path(void **state)
{
	const char *name = NULL;

	(void)state;
	assert_same(rootfd_parent("/a/b/file", &name), "a/b");
	assert_string_equal(name, "file");
	assert_same(rootfd_parent("/file", &name), ".");
	assert_string_equal(name, "file");
	assert_int_equal(rootfd_parent("/", &name), -1);
	assert_int_equal(rootfd_parent("file", &name), -1);
	assert_int_equal(symlink("../outside", "escape"), 0);
	assert_same(rootfd_parent("/escape/file", &name), "outside");
	assert_outside_is_empty();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_new_root, leave_root)
	const struct CMUnitTest tests[] = {
		TEST(missing_components_are_made),
		TEST(the_umask_does_not_matter_and_stays),
		TEST(links_are_followed_inside_the_root),
		TEST(links_to_nowhere_are_made_inside_the_root),
		TEST(links_in_a_circle_end),
		TEST(links_can_be_refused),
		TEST(magic_links_are_never_followed),
		TEST(a_file_in_the_way_is_an_error),
		TEST(a_link_to_a_missing_directory_is_no_file),
		TEST(long_paths_are_refused),
		TEST(the_directory_of_a_path),
	};

	return cmocka_run_group_tests_name("rootfs/rootfd", tests, NULL, NULL);
}
