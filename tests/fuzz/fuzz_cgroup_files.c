/*
 * Files of cgroups, one in each part ("NAME", newline, its text; "%%" between them): any text in
 * them makes statistics that can be printed.
 *
 * The same directory is read as v1 and as v2.
 *
 * Uses: cgroups, runtime/stats.h.    Used by: run.sh.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/str.h"
#include "runtime/stats.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_FILES = 8 };

static bool write_file(int dir, const char *name, const char *text)
{
	int fd;

	if (!*name || strchr(name, '/') || *name == '.' || strlen(name) > 100)
		return false;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	MUST(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
	return true;
}

/* @kind and @ctls: as in the text of a saved cgroup. */
static void read_as(const char *mount, const char *kind, const char *ctls)
{
	struct cg_stats stats;
	struct husk_error err = { 0 };
	struct cgroup *cg;
	struct str text = { 0 };
	char *json;

	str_printf(&text, "husk-cgroup 1\ncgroupfs\n%s %s %s /c\n", kind, ctls, mount);
	MUST(cg_load(text.s, &cg, &err) == 0);
	str_done(&text);
	if (cg_stats_read(cg, &stats, &err) == 0) {
		json = rt_stats_json("fuzz", &stats, NULL, 0);
		MUST(json && strlen(json) > 2);
		free(json);
		cg_stats_done(&stats);
	}
	(void)cg_oom_kills(cg);
	cg_free(cg);
}

static void network(const char *text)
{
	struct rt_net_interface *net;
	size_t n;

	MUST(rt_net_parse(text, &net, &n));
	for (size_t i = 0; i < n; i++)
		MUST(memchr(net[i].name, '\0', sizeof(net[i].name)));
	free(net);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char root[FUZZ_DIR], cgroup[FUZZ_DIR + 2], *part[MAX_FILES];
	size_t n = 0;
	int dir;

	fuzz_mkdtemp(root);
	(void)snprintf(cgroup, sizeof(cgroup), "%s/c", root);
	MUST(mkdir(cgroup, 0700) == 0);
	dir = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(dir >= 0);
	for (; size > 0 && n < MAX_FILES; n++) {
		char *text;

		part[n] = fuzz_part(&data, &size);
		network(part[n]);
		text = part[n] + strcspn(part[n], "\n");
		if (*text)
			*text++ = '\0';
		if (!write_file(dir, part[n], text))
			*part[n] = '\0';
	}
	read_as(root, "v2", "cpu,cpuset,memory,pids,io,hugetlb");
	read_as(root, "v1", "cpu,cpuacct,cpuset,memory,pids,blkio,hugetlb");
	while (n-- > 0) {
		if (*part[n])
			(void)unlinkat(dir, part[n], 0);
		free(part[n]);
	}
	MUST(close(dir) == 0 && rmdir(cgroup) == 0 && rmdir(root) == 0);
	return 0;
}
