/*
 * Any text as linux.resources, compiled for v1, v2 and hybrid hosts: what shall be written goes to
 * files of the container's own cgroup, each in one line.
 *
 * Uses: specs, cgroups.    Used by: run.sh.
 */
#include "cgroups/cg_internal.h"
#include "runtime/base/util.h"
#include "tests/fuzz/fuzz.h"

#define ALL_V1 (~(CG_BIT(CG_MISC) | CG_BIT(CG_DMEM)))

static const struct cg_hier v1_host[] = { { .used = true, .name = "all", .ctls = ALL_V1 } };
static const struct cg_hier v2_host[] = {
	{ .v2 = true, .used = true, .name = "", .ctls = ~(CG_BIT(CG_NET_CLS) | CG_BIT(CG_NET_PRIO)) },
};
static const struct cg_hier hybrid_host[] = {
	{ .used = true, .name = "memory", .ctls = CG_BIT(CG_MEMORY) | CG_BIT(CG_CPUSET) },
	{ .v2 = true, .used = true, .name = "", .ctls = CG_BIT(CG_HUGETLB) | CG_BIT(CG_PIDS) },
};

static void check_file(const char *file)
{
	MUST(file[0] && !strchr(file, '/') && strcmp(file, "..") != 0 && strcmp(file, ".") != 0);
}

static void check_line(const char *text)
{
	MUST(text && !strchr(text, '\n'));
}

static void check_write(const struct cg_write *w, size_t n_hier)
{
	MUST(w->hier < n_hier && w->pointer);
	check_file(w->file);
	check_line(w->text);
	if (w->alt_file) {
		check_file(w->alt_file);
		check_line(w->alt_text);
	}
	if (w->reset)
		check_line(w->reset);
}

static void compile(const struct cg_hier *hier, size_t n, const struct oci_resources *res,
		    bool rootless)
{
	struct arena arena = { 0 };
	struct cg_writes ws = { .arena = &arena };
	struct cg_compile c = { .hier = hier, .n_hier = n, .rootless = rootless,
				.manager = CG_CGROUPFS, .out = &ws };
	struct husk_error err = { 0 };

	if (cg_compile(&c, res, &err) < 0)
		MUST(err.sys > 0 && err.msg[0]);
	else
		for (size_t i = 0; i < ws.n; i++)
			check_write(&ws.w[i], n);
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct arena arena = { 0 };
	struct husk_error err = { 0 };
	struct oci_resources *res;

	if (oci_resources_parse(text, size, &arena, &res, &err) == 0) {
		for (unsigned rootless = 0; rootless < 2; rootless++) {
			compile(v1_host, ARRAY_SIZE(v1_host), res, rootless);
			compile(v2_host, ARRAY_SIZE(v2_host), res, rootless);
			compile(hybrid_host, ARRAY_SIZE(hybrid_host), res, rootless);
		}
	}
	arena_done(&arena);
	free(text);
	return 0;
}
