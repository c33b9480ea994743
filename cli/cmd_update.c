/*
 * husk update: change the limits of a container.
 *
 * The options become the JSON document that --resources takes: the library knows that one form.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

#include <limits.h>

struct update_opts {
	const char *resources;
	const char *blkio_weight;
	const char *cpu_period, *cpu_quota, *cpu_burst, *cpu_share, *cpu_rt_period, *cpu_rt_runtime;
	const char *cpuset_cpus, *cpuset_mems, *cpu_idle;
	const char *memory, *memory_reservation, *memory_swap;
	const char *kernel_memory, *kernel_memory_tcp;
	const char *pids_limit;
	const char *l3_cache_schema, *mem_bw_schema;
};

#define AT(member) offsetof(struct update_opts, member)
static const struct cli_opt update_opts[] = {
	{ 'r', "resources", CLI_STRING, AT(resources), "FILE",
	  "JSON, OCI's \"resources\"; -: stdin" },
	{ 0, "blkio-weight", CLI_STRING, AT(blkio_weight), "WEIGHT",
	  "relative weight of block I/O, 10 to 1000" },
	{ 0, "cpu-period", CLI_STRING, AT(cpu_period), "US", "period of the CPU quota" },
	{ 0, "cpu-quota", CLI_STRING, AT(cpu_quota), "US", "CPU time per period; -1: unlimited" },
	{ 0, "cpu-burst", CLI_STRING, AT(cpu_burst), "US",
	  "unused CPU time that may be spent in a later period" },
	{ 0, "cpu-share", CLI_STRING, AT(cpu_share), "SHARES", "relative weight of CPU time" },
	{ 0, "cpu-shares", CLI_STRING, AT(cpu_share), "SHARES", "the same" },
	{ 0, "cpu-rt-period", CLI_STRING, AT(cpu_rt_period), "US",
	  "period of the real-time budget; cgroup v1" },
	{ 0, "cpu-rt-runtime", CLI_STRING, AT(cpu_rt_runtime), "US",
	  "real-time budget per period; cgroup v1" },
	{ 0, "cpuset-cpus", CLI_STRING, AT(cpuset_cpus), "LIST", "CPUs, like 0-3,7" },
	{ 0, "cpuset-mems", CLI_STRING, AT(cpuset_mems), "LIST", "memory nodes, like 0-1" },
	{ 0, "cpu-idle", CLI_STRING, AT(cpu_idle), "0|1", "run only when nothing else would" },
	{ 0, "memory", CLI_STRING, AT(memory), "SIZE", "memory limit" },
	{ 0, "memory-reservation", CLI_STRING, AT(memory_reservation), "SIZE",
	  "what is kept from being reclaimed" },
	{ 0, "memory-swap", CLI_STRING, AT(memory_swap), "SIZE", "memory and swap together" },
	{ 0, "kernel-memory", CLI_STRING, AT(kernel_memory), "SIZE",
	  "no effect: Linux has no such limit any more" },
	{ 0, "kernel-memory-tcp", CLI_STRING, AT(kernel_memory_tcp), "SIZE",
	  "buffers of TCP; cgroup v1" },
	{ 0, "pids-limit", CLI_STRING, AT(pids_limit), "N", "processes and threads; -1: unlimited" },
	{ 0, "l3-cache-schema", CLI_STRING, AT(l3_cache_schema), "SCHEMA",
	  "Intel RDT: cache, like L3:0=ff" },
	{ 0, "mem-bw-schema", CLI_STRING, AT(mem_bw_schema), "SCHEMA",
	  "Intel RDT: memory bandwidth, like MB:0=50" },
	{ 0 },
};

enum value_kind { INTEGER, SIZE, TEXT };

/* Options and the members they set; those of one group stand together. */
static const struct member {
	size_t at;
	const char *option, *group, *name;
	enum value_kind kind;
} members[] = {
	{ AT(memory), "memory", "memory", "limit", SIZE },
	{ AT(memory_reservation), "memory-reservation", "memory", "reservation", SIZE },
	{ AT(memory_swap), "memory-swap", "memory", "swap", SIZE },
	{ AT(kernel_memory), "kernel-memory", "memory", "kernel", SIZE },
	{ AT(kernel_memory_tcp), "kernel-memory-tcp", "memory", "kernelTCP", SIZE },
	{ AT(cpu_share), "cpu-share", "cpu", "shares", INTEGER },
	{ AT(cpu_quota), "cpu-quota", "cpu", "quota", INTEGER },
	{ AT(cpu_burst), "cpu-burst", "cpu", "burst", INTEGER },
	{ AT(cpu_period), "cpu-period", "cpu", "period", INTEGER },
	{ AT(cpu_rt_runtime), "cpu-rt-runtime", "cpu", "realtimeRuntime", INTEGER },
	{ AT(cpu_rt_period), "cpu-rt-period", "cpu", "realtimePeriod", INTEGER },
	{ AT(cpuset_cpus), "cpuset-cpus", "cpu", "cpus", TEXT },
	{ AT(cpuset_mems), "cpuset-mems", "cpu", "mems", TEXT },
	{ AT(cpu_idle), "cpu-idle", "cpu", "idle", INTEGER },
	{ AT(pids_limit), "pids-limit", "pids", "limit", INTEGER },
	{ AT(blkio_weight), "blkio-weight", "blockIO", "weight", INTEGER },
};
#undef AT

/* ---- values ---------------------------------------------------------------- */

static int bad_value(struct husk_error *err, const struct member *m, const char *value,
		     const char *wanted)
{
	return husk_error_set(err, HUSK_E_CONFIG, EINVAL, "invalid value for %s: \"%s\" is not %s",
			      m->option, value, wanted);
}

static bool is_integer(const char *s)
{
	size_t digits;

	s += *s == '-';
	digits = strspn(s, "0123456789");
	return digits > 0 && s[digits] == '\0';
}

/*
 * Docker's sizes, which runc takes: a number, a fraction if need be, and a unit of 1024's powers:
 * "536870912", "512m", "1.5g", "64 KiB".  -1 if it is none, or too large.
 */
static int64_t parse_size(const char *s)
{
	static const char units[] = "kmgtp";
	size_t whole = strspn(s, "0123456789"), part = 0;
	unsigned shift = 0;
	const char *end = s + whole, *unit;
	uint64_t n, fraction = 0;

	if (whole == 0)
		return -1;
	errno = 0;
	n = strtoull(s, NULL, 10);
	if (*end == '.') {
		part = strspn(end + 1, "0123456789");
		if (part == 0)
			return -1;
	}
	s = end + (part ? part + 1 : 0);
	s += *s == ' ';
	unit = *s ? strchr(units, *s | 0x20) : NULL;
	if (unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		s++;
		s += *s == 'i' || *s == 'I';
	}
	s += *s == 'b' || *s == 'B';
	if (*s || errno || n > (uint64_t)INT64_MAX >> shift)
		return -1;
	/* Nine digits of it are more than a byte in any unit that matters. */
	for (uint64_t i = 0, weight = 1000000000; i < part && i < 9; i++) {
		weight /= 10;
		fraction += (uint64_t)(end[1 + i] - '0') * weight;
	}
	n <<= shift;
	n += shift >= 30 ? (fraction << 30) / 1000000000 << (shift - 30) :
			   (fraction << shift) / 1000000000;
	return n > INT64_MAX ? -1 : (int64_t)n;
}

static int put_value(FILE *to, const struct member *m, const char *value, struct husk_error *err)
{
	int64_t size;

	switch (m->kind) {
	case INTEGER:
		if (!is_integer(value))
			return bad_value(err, m, value, "a whole number");
		/* The document's reader knows the bounds. */
		(void)fputs(value[0] == '-' ? "-" : "", to);
		value += value[0] == '-';
		value += strspn(value, "0");
		(void)fputs(*value ? value : "0", to);
		return 0;
	case SIZE:
		size = strcmp(value, "-1") == 0 ? -1 : parse_size(value);
		if (size < 0 && strcmp(value, "-1") != 0)
			return bad_value(err, m, value, "a size like 64m, 1.5g, 1048576 or -1");
		(void)fprintf(to, "%lld", (long long)size);
		return 0;
	case TEXT:
		if (strspn(value, "0123456789-, ") != strlen(value))
			return bad_value(err, m, value, "a list like 0-3,7");
		(void)fprintf(to, "\"%s\"", value);
		return 0;
	}
	return 0;
}

static int put_members(FILE *to, const struct update_opts *o, struct husk_error *err)
{
	const char *group = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const struct member *m = &members[i];
		const char *value = *(const char *const *)(const void *)((const char *)o + m->at);
		int ret;

		/* runc takes an empty one as none. */
		if (!value || !*value)
			continue;
		if (group && strcmp(group, m->group) == 0)
			(void)fputc(',', to);
		else
			(void)fprintf(to, "%s\"%s\":{", group ? "}," : "", m->group);
		group = m->group;
		(void)fprintf(to, "\"%s\":", m->name);
		ret = put_value(to, m, value, err);
		if (ret < 0)
			return ret;
	}
	(void)fputs(group ? "}" : "", to);
	return 0;
}

static int document_of_options(const struct update_opts *o, char **out, struct husk_error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	int ret;

	if (!to)
		return husk_error_set(err, HUSK_E_SYSTEM, ENOMEM, "%s", strerror(ENOMEM));
	(void)fputc('{', to);
	ret = put_members(to, o, err);
	(void)fputc('}', to);
	if (fclose(to) != 0 && ret == 0)
		ret = husk_error_set(err, HUSK_E_SYSTEM, ENOMEM, "%s", strerror(ENOMEM));
	if (ret < 0)
		return ret;
	*out = text;
	text = NULL;
	return 0;
}

/* ---- --resources ------------------------------------------------------------ */

enum { MAX_DOCUMENT = 16 << 20 };

static int document_of_file(const char *path, char **out, struct husk_error *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *from = is_stdin ? stdin : fopen(path, "re");
	cleanup_free char *text = NULL;
	size_t size = 0;
	ssize_t len;
	int error;

	if (!from)
		return husk_error_set(err, HUSK_E_SYSTEM, errno, "open %s: %s", path,
				      strerror(errno));
	errno = 0;
	/* JSON holds no NUL: this is the whole of it, or all that counts of a bad one. */
	len = getdelim(&text, &size, '\0', from);
	error = ferror(from) ? errno : 0;
	if (!is_stdin)
		(void)fclose(from);
	if (error)
		return husk_error_set(err, HUSK_E_SYSTEM, error, "read %s: %s",
				      is_stdin ? "stdin" : path, strerror(error));
	if (len <= 0 || len > MAX_DOCUMENT || strlen(text) != (size_t)len)
		return husk_error_set(err, HUSK_E_CONFIG, EINVAL, "%s: %s",
				      is_stdin ? "stdin" : path,
				      len <= 0 ? "empty; an OCI \"resources\" object is needed" :
						 "this is not a JSON document");
	*out = text;
	text = NULL;
	return 0;
}

static int update_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct update_opts *o = opts;
	cleanup_free char *document = NULL;
	struct husk_update_options u;
	struct husk *h;
	int ret = cli_husk(cli, &h, err);

	if (ret < 0)
		return ret;
	ret = o->resources && *o->resources ? document_of_file(o->resources, &document, err) :
					      document_of_options(o, &document, err);
	if (ret < 0)
		return ret;
	u = (struct husk_update_options){
		.resources = document,
		.l3_cache_schema = o->l3_cache_schema && *o->l3_cache_schema ? o->l3_cache_schema :
									       NULL,
		.mem_bw_schema = o->mem_bw_schema && *o->mem_bw_schema ? o->mem_bw_schema : NULL,
	};
	return husk_update(h, operands[0], &u, err);
}

const struct cli_cmd cmd_update = {
	.name = "update",
	.operands = "ID",
	.summary = "change the limits of a container",
	.details = "What is not given stays as it is.  If one limit cannot be set, those already\n"
		   "set are put back.  Beside --resources, as in runc, only the schemas count.\n"
		   "SIZE is in bytes or with a unit: 512m, 1.5g; -1: unlimited.",
	.opts = update_opts,
	.opts_size = sizeof(struct update_opts),
	.min_operands = 1,
	.max_operands = 1,
	.dynamic = true,
	.run = update_run,
};
