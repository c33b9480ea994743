/*
 * Lines as the options of a mount.
 *
 * Uses: rootfs.    Used by: run.sh.
 */
#include "rootfs/mount_options.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_OPTIONS = 32 };

#define ATIME 0x70	/* MOUNT_ATTR__ATIME: a number, not flags */

static void check(const struct mount_options *o)
{
	MUST(((o->all.set & o->all.clear) & ~(uint64_t)ATIME) == 0);
	MUST(((o->top.set & o->top.clear) & ~(uint64_t)ATIME) == 0);
	MUST(o->n_propagation <= MO_MAX_PROPAGATION);
	for (size_t i = 0; i < o->n_data; i++)
		MUST(o->data[i] && o->data[i][0]);
	for (unsigned i = 0; i < MO_SBS; i++)
		MUST(o->sb[i] == 0 || mount_options_sb_word(i, o->sb[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *options[MAX_OPTIONS + 1] = { NULL }, *save = NULL;
	struct oci_mount m = { .destination = "/mnt", .type = "tmpfs", .source = "tmpfs",
			       .options = options };
	struct mount_options out;
	struct husk_error err = { 0 };
	struct arena arena = { 0 };

	for (char *o = strtok_r(text, "\n", &save); o && m.n_options < MAX_OPTIONS;
	     o = strtok_r(NULL, "\n", &save))
		options[m.n_options++] = o;
	for (unsigned i = 0; i < 2; i++) {
		m.type = i ? "bind" : "tmpfs";
		if (mount_options_parse(&m, "/mounts/0", &arena, &out, &err) == 0)
			check(&out);
		else
			MUST(err.sys > 0 && err.msg[0]);
	}
	arena_done(&arena);
	free(text);
	return 0;
}
