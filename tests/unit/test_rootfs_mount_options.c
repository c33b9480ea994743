/*
 * rootfs/mount_options.c: what each option means, and that a later one wins.
 *
 * covers: C-16 1.2-plain 1.2-superblock 1.2-recursive 1.2-nosymfollow 1.2-crun
 */
#include "tests/unit/test_rootfs.h"

#include <sys/mount.h>

#include "rootfs/mount_options.h"
#include "runtime/base/sys.h"

enum { MOST = 12 };

static int parse_options(const char *const *options, struct arena *arena,
			 struct mount_options *out, struct husk_error *err)
{
	struct oci_mount m = { .destination = "/x", .options = (char **)options };

	while (m.n_options < MOST && options[m.n_options])
		m.n_options++;
	return mount_options_parse(&m, "/mounts/3", arena, out, err);
}

static void options_are_sorted_and_known(void **state)
{
	const char *const *names = rootfs_mount_options();
	size_t n = 0;

	(void)state;
	for (; names[n]; n++)
		if (n > 0)
			assert_true(strcmp(names[n - 1], names[n]) < 0);
	assert_int_equal(n, 70);
	for (size_t i = 0; i < n; i++) {
		const char *const one[] = { names[i], NULL };
		struct husk_error err = { 0 };
		struct mount_options o;
		struct arena arena = { 0 };

		assert_int_equal(parse_options(one, &arena, &o, &err), 0);
		assert_int_equal(o.n_data, 0);
		arena_done(&arena);
	}
}

#define RO MOUNT_ATTR_RDONLY
#define ATIME MOUNT_ATTR__ATIME

/* Attributes, in both orders, plain and recursive. */
static void the_last_attribute_wins(void **state)
{
	static const struct {
		const char *options[4];
		struct mount_attrs all, top;
	} cases[] = {
		{ { "ro" }, { 0, 0 }, { RO, 0 } },
		{ { "rw" }, { 0, 0 }, { 0, RO } },
		{ { "ro", "rw" }, { 0, 0 }, { 0, RO } },
		{ { "rw", "ro" }, { 0, 0 }, { RO, 0 } },
		{ { "nosuid", "suid" }, { 0, 0 }, { 0, MOUNT_ATTR_NOSUID } },
		{ { "suid", "nosuid" }, { 0, 0 }, { MOUNT_ATTR_NOSUID, 0 } },
		{ { "nodev", "noexec", "dev" }, { 0, 0 },
		  { MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NODEV } },
		{ { "exec", "noexec" }, { 0, 0 }, { MOUNT_ATTR_NOEXEC, 0 } },
		{ { "nosymfollow", "symfollow" }, { 0, 0 }, { 0, MOUNT_ATTR_NOSYMFOLLOW } },
		{ { "nodiratime" }, { 0, 0 }, { MOUNT_ATTR_NODIRATIME, 0 } },
		{ { "nodiratime", "diratime" }, { 0, 0 }, { 0, MOUNT_ATTR_NODIRATIME } },
		{ { "noatime" }, { 0, 0 }, { MOUNT_ATTR_NOATIME, ATIME } },
		{ { "noatime", "atime" }, { 0, 0 }, { 0, ATIME } },
		{ { "noatime", "strictatime" }, { 0, 0 }, { MOUNT_ATTR_STRICTATIME, ATIME } },
		{ { "strictatime", "relatime" }, { 0, 0 }, { 0, ATIME } },
		{ { "strictatime", "nostrictatime" }, { 0, 0 }, { 0, 0 } },
		{ { "relatime", "norelatime" }, { 0, 0 }, { 0, 0 } },
		{ { "noatime", "nostrictatime" }, { 0, 0 }, { MOUNT_ATTR_NOATIME, ATIME } },
		{ { "rro" }, { RO, 0 }, { 0, 0 } },
		{ { "rro", "rrw" }, { 0, RO }, { 0, 0 } },
		{ { "rrw", "rro" }, { RO, 0 }, { 0, 0 } },
		{ { "rro", "rw" }, { RO, 0 }, { 0, RO } },
		{ { "rw", "rro" }, { RO, 0 }, { 0, 0 } },
		{ { "rnosuid", "rnodev", "rnoexec" },
		  { MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0 }, { 0, 0 } },
		{ { "rsuid", "rdev", "rexec" },
		  { 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC }, { 0, 0 } },
		{ { "rnosymfollow" }, { MOUNT_ATTR_NOSYMFOLLOW, 0 }, { 0, 0 } },
		{ { "rnosymfollow", "rsymfollow" }, { 0, MOUNT_ATTR_NOSYMFOLLOW }, { 0, 0 } },
		{ { "rnoatime" }, { MOUNT_ATTR_NOATIME, ATIME }, { 0, 0 } },
		{ { "rnoatime", "ratime" }, { 0, ATIME }, { 0, 0 } },
		{ { "rstrictatime", "rnostrictatime" }, { 0, 0 }, { 0, 0 } },
		{ { "rrelatime", "rnorelatime" }, { 0, 0 }, { 0, 0 } },
		{ { "rnodiratime", "rdiratime" }, { 0, MOUNT_ATTR_NODIRATIME }, { 0, 0 } },
		{ { "defaults" }, { 0, 0 }, { 0, 0 } },
		{ { "silent", "loud", "iversion" }, { 0, 0 }, { 0, 0 } },
		{ { "noiversion" }, { 0, 0 }, { 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		struct mount_options o;
		struct arena arena = { 0 };

		assert_int_equal(parse_options(cases[i].options, &arena, &o, &err), 0);
		assert_int_equal(o.all.set, cases[i].all.set);
		assert_int_equal(o.all.clear, cases[i].all.clear);
		assert_int_equal(o.top.set, cases[i].top.set);
		assert_int_equal(o.top.clear, cases[i].top.clear);
		assert_int_equal(o.n_data, 0);
		arena_done(&arena);
	}
}

static void words_about_the_mount(void **state)
{
	static const struct {
		const char *options[4];
		unsigned flags;
		const char *idmap;
	} cases[] = {
		{ { "bind" }, MO_BIND, NULL },
		{ { "rbind" }, MO_BIND | MO_RECURSIVE, NULL },
		{ { "rbind", "bind" }, MO_BIND, NULL },
		{ { "remount", "bind" }, MO_REMOUNT | MO_BIND, NULL },
		{ { "tmpcopyup" }, MO_COPY_UP, NULL },
		{ { "copy-symlink" }, MO_COPY_SYMLINK, NULL },
		{ { "src-nofollow", "dest-nofollow" }, MO_SRC_NOFOLLOW | MO_DEST_NOFOLLOW, NULL },
		{ { "idmap" }, MO_IDMAP, NULL },
		{ { "ridmap" }, MO_IDMAP | MO_IDMAP_ALL, NULL },
		{ { "ridmap", "idmap" }, MO_IDMAP, NULL },
		{ { "idmap=uids=0-1-2;gids=0-1-2" }, MO_IDMAP, "uids=0-1-2;gids=0-1-2" },
		{ { "ridmap=uids=0-1-2#3-4-5;gids=0-1-2" }, MO_IDMAP | MO_IDMAP_ALL,
		  "uids=0-1-2#3-4-5;gids=0-1-2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		struct mount_options o;
		struct arena arena = { 0 };

		assert_int_equal(parse_options(cases[i].options, &arena, &o, &err), 0);
		assert_int_equal(o.flags, cases[i].flags);
		if (cases[i].idmap)
			assert_string_equal(o.idmap, cases[i].idmap);
		else
			assert_null(o.idmap);
		arena_done(&arena);
	}
}

static void superblock_flags_go_both_ways(void **state)
{
	static const struct {
		const char *options[4];
		unsigned index;
		int state;
		const char *word;
	} cases[] = {
		{ { "sync" }, MO_SB_SYNC, 1, "sync" },
		{ { "sync", "async" }, MO_SB_SYNC, -1, "async" },
		{ { "dirsync" }, MO_SB_DIRSYNC, 1, "dirsync" },
		{ { "rdirsync" }, MO_SB_DIRSYNC, 1, "dirsync" },
		{ { "rsync", "rasync" }, MO_SB_SYNC, -1, "async" },
		{ { "rnomand", "rmand" }, MO_SB_MAND, 1, "mand" },
		{ { "lazytime" }, MO_SB_LAZYTIME, 1, "lazytime" },
		{ { "lazytime", "nolazytime" }, MO_SB_LAZYTIME, -1, "nolazytime" },
		{ { "nomand", "mand" }, MO_SB_MAND, 1, "mand" },
		{ { "nomand" }, MO_SB_MAND, -1, "nomand" },
		{ { "ro", "rw" }, MO_SB_RO, -1, "rw" },
		{ { "rro" }, MO_SB_RO, 1, "ro" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		struct mount_options o;
		struct arena arena = { 0 };

		assert_int_equal(parse_options(cases[i].options, &arena, &o, &err), 0);
		assert_int_equal(o.sb[cases[i].index], cases[i].state);
		assert_string_equal(mount_options_sb_word(cases[i].index, cases[i].state),
				    cases[i].word);
		arena_done(&arena);
	}
}

static void propagation_is_kept_in_order(void **state)
{
	static const char *const options[] = { "rslave", "shared", "unbindable", "rprivate", NULL };
	static const struct mount_propagation wanted[] = {
		{ MS_SLAVE, true }, { MS_SHARED, false }, { MS_UNBINDABLE, false },
		{ MS_PRIVATE, true },
	};
	struct husk_error err = { 0 };
	struct mount_options o;
	struct arena arena = { 0 };

	(void)state;
	assert_int_equal(parse_options(options, &arena, &o, &err), 0);
	assert_int_equal(o.n_propagation, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(o.propagation[i].type, wanted[i].type);
		assert_int_equal(o.propagation[i].recursive, wanted[i].recursive);
	}
	arena_done(&arena);
}

static void the_rest_is_for_the_file_system(void **state)
{
	static const char *const options[] = {
		"size=64m,mode=0755", "nosuid", "upperdir=/a\\,b", "", "flag", "ROX",
		"a-very-long-option-that-begins=like no other", "ro=1", NULL
	};
	static const char *const wanted[] = {
		"size=64m", "mode=0755", "upperdir=/a\\,b", "flag", "ROX",
		"a-very-long-option-that-begins=like no other", "ro=1",
	};
	struct husk_error err = { 0 };
	struct mount_options o;
	struct arena arena = { 0 };

	(void)state;
	assert_int_equal(parse_options(options, &arena, &o, &err), 0);
	assert_int_equal(o.n_data, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < o.n_data; i++)
		assert_string_equal(o.data[i], wanted[i]);
	assert_string_equal(o.first_data, options[0]);
	assert_int_equal(o.first_data_index, 0);
	arena_done(&arena);
}

/* fsconfig(2) takes 255 bytes for one value. */
static void many_layers_go_one_by_one(void **state)
{
	char long_name[200], option[700], wanted[3][250];
	const char *const options[] = { option, NULL };
	struct husk_error err = { 0 };
	struct mount_options o;
	struct arena arena = { 0 };

	(void)state;
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	snprintf(option, sizeof(option), "lowerdir=/a%s:/b\\:%s::/data%s", long_name, long_name,
		 long_name);
	snprintf(wanted[0], sizeof(wanted[0]), "lowerdir+=/a%s", long_name);
	snprintf(wanted[1], sizeof(wanted[1]), "lowerdir+=/b\\:%s", long_name);
	snprintf(wanted[2], sizeof(wanted[2]), "datadir+=/data%s", long_name);
	assert_int_equal(parse_options(options, &arena, &o, &err), 0);
	assert_int_equal(o.n_data, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(o.data[i], wanted[i]);
	arena_done(&arena);
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *options[MOST];
		const char *message;
	} cases[] = {
		{ { "ro", "idmap=nonsense" },
		  "/mounts/3/options/1: \"idmap=nonsense\": expected "
		  "\"idmap=uids=ID-ID-SIZE#...;gids=...\"" },
		{ { "ridmap=gids=0-1-2" },
		  "/mounts/3/options/0: \"ridmap=gids=0-1-2\": expected "
		  "\"ridmap=uids=ID-ID-SIZE#...;gids=...\"" },
		{ { "slave", "slave", "slave", "slave", "slave", "slave", "slave", "slave",
		    "slave" },
		  "/mounts/3/options/8: more than 8 propagation options" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct husk_error err = { 0 };
		struct mount_options o;
		struct arena arena = { 0 };

		assert_int_equal(parse_options(cases[i].options, &arena, &o, &err), -EINVAL);
		assert_string_equal(err.msg, cases[i].message);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_sorted_and_known),
		cmocka_unit_test(the_last_attribute_wins),
		cmocka_unit_test(words_about_the_mount),
		cmocka_unit_test(superblock_flags_go_both_ways),
		cmocka_unit_test(propagation_is_kept_in_order),
		cmocka_unit_test(the_rest_is_for_the_file_system),
		cmocka_unit_test(many_layers_go_one_by_one),
		cmocka_unit_test(mistakes_are_named),
	};

	return cmocka_run_group_tests_name("rootfs/mount_options", tests, NULL, NULL);
}
