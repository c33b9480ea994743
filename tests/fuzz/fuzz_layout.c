/*
 * Texts of /proc/self/mountinfo, /proc/self/cgroup and cgroup.controllers, with lines "%%" between
 * them, then a cgroupsPath: where a container's cgroups would be.
 *
 * Uses: cgroups.    Used by: run.sh.
 */
#include "cgroups/cg_internal.h"
#include "tests/fuzz/fuzz.h"

static void check_hier(struct cg_layout *layout, const struct cg_hier *h, const char *path)
{
	struct husk_error err = { 0 };
	const char *out = NULL;

	MUST(h->name && h->mount && h->own);
	MUST(h->mount[0] == '/');
	MUST(h->own[0] == '/');
	if (cg_path(&layout->arena, h, *path ? path : NULL, "fuzz", layout->n == 1, &out, &err) < 0)
		MUST(err.sys > 0 && err.msg[0]);
	else	/* the caller's own cgroup is as the kernel says */
		MUST(cg_path_ok(out) || !cg_path_ok(h->own));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *mountinfo = fuzz_part(&data, &size), *cgroup = fuzz_part(&data, &size);
	char *controllers = fuzz_part(&data, &size), *path = fuzz_part(&data, &size);
	struct cg_layout layout;
	struct husk_error err = { 0 };

	if (cg_layout_parse(mountinfo, cgroup, *controllers ? controllers : NULL, &layout, &err) ==
	    0) {
		for (size_t i = 0; i < layout.n; i++)
			check_hier(&layout, &layout.hier[i], path);
		cg_layout_done(&layout);
	} else {
		MUST(err.sys > 0 && err.msg[0]);
	}
	free(mountinfo);
	free(cgroup);
	free(controllers);
	free(path);
	return 0;
}
