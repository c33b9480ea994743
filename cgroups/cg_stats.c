/*
 * What the kernel counted for a container: the numbers behind `events`, from v1, v2 and hybrid
 * hosts in one form, which is v1's, as runc's output has it.
 *
 * A file that does not exist is not counted here, so it leaves its zero; only running out of memory
 * is a failure.
 *
 * Uses: runtime/base.    Used by: runtime.
 */
#include "cgroups/cg_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

/* What every reader here takes. */
struct reader {
	const struct cgroup *cg;
	struct cg_stats *out;
	bool failed;			/* out of memory */
};

/* ---- files ---------------------------------------------------------------------------------- */

/* A file's text, from the arena; NULL where there is none. */
static char *read_text(struct reader *r, int hier, const char *file)
{
	cleanup_free char *text = NULL;
	int ret = hier < 0 ? -ENOENT : cg_read_file(r->cg, (size_t)hier, file, &text);
	char *copy = ret == 0 ? arena_strdup(&r->out->arena, text) : NULL;

	r->failed |= ret == -ENOMEM || (ret == 0 && !copy);
	return copy;
}

/* "max" is UINT64_MAX; so is what v1's signed files show for it when it is negative. */
static uint64_t parse_u64(const char *s)
{
	return s[0] == 'm' || s[0] == '-' ? UINT64_MAX : strtoull(s, NULL, 10);
}

static bool read_u64(struct reader *r, int hier, const char *file, uint64_t *out)
{
	const char *text = read_text(r, hier, file);

	if (text)
		*out = parse_u64(text);
	return text != NULL;
}

/* The number behind @key at the beginning of a line; 0 if there is none. */
static uint64_t value_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *l = text; l && *l; l = strchr(l, '\n') ? strchr(l, '\n') + 1 : NULL) {
		if (strncmp(l, key, len) == 0 && l[len] == ' ')
			return parse_u64(l + len + 1);
	}
	return 0;
}

static size_t count_lines(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void *array(struct reader *r, size_t n, size_t size)
{
	void *p = arena_array(&r->out->arena, n + 1, size);

	r->failed |= !p;
	return p;
}

/* ---- cpu ------------------------------------------------------------------------------------ */

static void v1_percpu(struct reader *r, int hier)
{
	struct cg_stats *s = r->out;
	const char *text = read_text(r, hier, "cpuacct.usage_percpu");
	char *end;

	if (text)
		s->percpu = array(r, strlen(text), sizeof(*s->percpu));
	for (; text && s->percpu; text = end) {
		uint64_t ns = strtoull(text, &end, 10);

		if (end == text)
			break;
		s->percpu[s->n_percpu++] = ns;
	}
	/* "cpu user system", and a line for each */
	text = read_text(r, hier, "cpuacct.usage_all");
	if (!text)
		return;
	s->percpu_user = array(r, count_lines(text), sizeof(*s->percpu_user));
	s->percpu_kernel = array(r, count_lines(text), sizeof(*s->percpu_kernel));
	while (s->percpu_user && s->percpu_kernel && (text = strchr(text, '\n')) != NULL) {
		unsigned long long user, kernel;

		if (sscanf(++text, "%*u %llu %llu", &user, &kernel) != 2)
			break;
		s->percpu_user[s->n_percpu_mode] = user;
		s->percpu_kernel[s->n_percpu_mode++] = kernel;
	}
}

static void read_cpu(struct reader *r)
{
	int acct = cg_index_of(r->cg, CG_CPUACCT), cpu = cg_index_of(r->cg, CG_CPU);
	int v2 = cg_index_v2(r->cg);
	bool acct_v1 = acct >= 0 && !r->cg->hier[acct].v2;
	struct cg_stats *s = r->out;
	const char *text;

	if (acct_v1) {
		uint64_t tick = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);

		(void)read_u64(r, acct, "cpuacct.usage", &s->cpu_total);
		text = read_text(r, acct, "cpuacct.stat");
		s->cpu_user = value_of(text, "user") * tick;
		s->cpu_kernel = value_of(text, "system") * tick;
		v1_percpu(r, acct);
	} else if ((text = read_text(r, v2, "cpu.stat")) != NULL) {
		s->cpu_total = value_of(text, "usage_usec") * 1000;
		s->cpu_user = value_of(text, "user_usec") * 1000;
		s->cpu_kernel = value_of(text, "system_usec") * 1000;
	}
	text = read_text(r, cpu, "cpu.stat");
	s->periods = value_of(text, "nr_periods");
	s->throttled_periods = value_of(text, "nr_throttled");
	s->throttled_time = cpu >= 0 && r->cg->hier[cpu].v2 ?
				    value_of(text, "throttled_usec") * 1000 :
				    value_of(text, "throttled_time");
}

/* ---- cpuset --------------------------------------------------------------------------------- */

/* "0-3,7" as numbers. */
static size_t parse_list(struct reader *r, const char *text, uint16_t **out)
{
	size_t n = 0;

	for (unsigned pass = 0; pass < 2; pass++) {
		const char *p = text;
		char *end;

		n = 0;
		for (;; p = end + 1) {
			unsigned long first = strtoul(p, &end, 10), last = first;

			if (end == p)
				break;
			if (*end == '-')
				last = strtoul(end + 1, &end, 10);
			for (; first <= last && first <= UINT16_MAX; first++, n++) {
				if (pass == 1)
					(*out)[n] = (uint16_t)first;
			}
			if (*end != ',')
				break;
		}
		if (pass == 0) {
			*out = array(r, n, sizeof(**out));
			if (!*out)
				return 0;
		}
	}
	return n;
}

static void read_cpuset(struct reader *r)
{
	static const char *const flags[CG_CPUSET_FLAGS] = {
		[CG_CPU_EXCLUSIVE] = "cpuset.cpu_exclusive",
		[CG_MEM_HARDWALL] = "cpuset.mem_hardwall",
		[CG_MEM_EXCLUSIVE] = "cpuset.mem_exclusive",
		[CG_MEMORY_MIGRATE] = "cpuset.memory_migrate",
		[CG_SPREAD_PAGE] = "cpuset.memory_spread_page",
		[CG_SPREAD_SLAB] = "cpuset.memory_spread_slab",
		[CG_MEMORY_PRESSURE] = "cpuset.memory_pressure",
		[CG_LOAD_BALANCE] = "cpuset.sched_load_balance",
		[CG_RELAX_DOMAIN] = "cpuset.sched_relax_domain_level",
	};
	int i = cg_index_of(r->cg, CG_CPUSET);
	bool v2 = i >= 0 && r->cg->hier[i].v2;
	struct cg_stats *s = r->out;
	const char *text = read_text(r, i, v2 ? "cpuset.cpus.effective" : "cpuset.cpus");

	if (text)
		s->n_cpus = parse_list(r, text, &s->cpus);
	text = read_text(r, i, v2 ? "cpuset.mems.effective" : "cpuset.mems");
	if (text)
		s->n_mems = parse_list(r, text, &s->mems);
	for (unsigned f = 0; i >= 0 && !v2 && f < CG_CPUSET_FLAGS; f++) {
		text = read_text(r, i, flags[f]);
		if (text)
			s->cpuset[f] = strtoll(text, NULL, 10);
	}
}

/* ---- memory --------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct cg_stat *)a)->key, ((const struct cg_stat *)b)->key);
}

/* @text is cut into keys. */
static void parse_raw(struct reader *r, char *text)
{
	struct cg_stats *s = r->out;
	char *save = NULL;

	s->raw = array(r, count_lines(text), sizeof(*s->raw));
	if (!s->raw)
		return;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char *space = strchr(l, ' ');

		if (!space)
			continue;
		*space = '\0';
		s->raw[s->n_raw++] = (struct cg_stat){ l, parse_u64(space + 1) };
	}
	qsort(s->raw, s->n_raw, sizeof(*s->raw), by_key);
}

static void v1_memory(struct reader *r, int hier)
{
	struct cg_stats *s = r->out;
	const struct {
		struct cg_counter *c;
		const char *infix;
	} kinds[] = {
		{ &s->memory, "" }, { &s->swap, "memsw." }, { &s->kernel, "kmem." },
		{ &s->kernel_tcp, "kmem.tcp." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct cg_counter *c = kinds[i].c;
		const struct {
			uint64_t *value;
			const char *suffix;
		} files[] = {
			{ &c->limit, "limit_in_bytes" }, { &c->usage, "usage_in_bytes" },
			{ &c->max, "max_usage_in_bytes" }, { &c->failcnt, "failcnt" },
		};

		for (size_t k = 0; k < ARRAY_SIZE(files); k++) {
			char file[64];

			(void)snprintf(file, sizeof(file), "memory.%s%s", kinds[i].infix,
				       files[k].suffix);
			(void)read_u64(r, hier, file, files[k].value);
		}
	}
}

static void v2_memory(struct reader *r, int hier)
{
	struct cg_stats *s = r->out;
	const char *events = read_text(r, hier, "memory.events");

	(void)read_u64(r, hier, "memory.current", &s->memory.usage);
	(void)read_u64(r, hier, "memory.max", &s->memory.limit);
	(void)read_u64(r, hier, "memory.peak", &s->memory.max);
	s->memory.failcnt = value_of(events, "max");
	if (!read_u64(r, hier, "memory.swap.current", &s->swap.usage))
		return;
	(void)read_u64(r, hier, "memory.swap.max", &s->swap.limit);
	s->swap.failcnt = value_of(read_text(r, hier, "memory.swap.events"), "max");
	/* v1 counts swap together with memory.  Peaks of two counters do not add up. */
	s->swap.usage += s->memory.usage;
	if (s->swap.limit != UINT64_MAX)
		s->swap.limit = s->memory.limit == UINT64_MAX ? UINT64_MAX :
								s->swap.limit + s->memory.limit;
}

static void read_memory(struct reader *r)
{
	int i = cg_index_of(r->cg, CG_MEMORY);
	struct cg_stats *s = r->out;
	char *text = read_text(r, i, "memory.stat");

	if (!text)
		return;
	s->cache = value_of(text, r->cg->hier[i].v2 ? "file" : "cache");
	parse_raw(r, text);
	if (r->cg->hier[i].v2)
		v2_memory(r, i);
	else
		v1_memory(r, i);
}

/* ---- pids ----------------------------------------------------------------------------------- */

static void read_pids(struct reader *r)
{
	int i = cg_index_of(r->cg, CG_PIDS), any = cg_index_pids(r->cg);
	cleanup_free pid_t *list = NULL;
	struct cg_stats *s = r->out;
	size_t n;

	/* Without the controller there is still a list. */
	if (!read_u64(r, i, "pids.current", &s->pids) && any >= 0 &&
	    cg_tree_pids(r->cg, (size_t)any, &list, &n) == 0)
		s->pids = n;
	(void)read_u64(r, i, "pids.max", &s->pids_limit);
	if (s->pids_limit == UINT64_MAX)
		s->pids_limit = 0;
}

/* ---- block I/O ------------------------------------------------------------------------------ */

/* v1: "8:0 Read 4096", "8:0 12", and a "Total" at the end. */
static void v1_io_file(struct reader *r, int hier, const char *file, struct cg_io_list *list)
{
	char *text = read_text(r, hier, file), *save = NULL;

	if (!text)
		return;
	list->e = array(r, count_lines(text), sizeof(*list->e));
	for (char *l = strtok_r(text, "\n", &save); l && list->e; l = strtok_r(NULL, "\n", &save)) {
		struct cg_io_entry *e = &list->e[list->n];
		char *end, *space;

		e->major = strtoull(l, &end, 10);
		if (end == l || *end != ':')
			continue;
		e->minor = strtoull(end + 1, &end, 10);
		if (*end++ != ' ')
			continue;
		space = strchr(end, ' ');
		e->op = "";
		if (space) {
			*space = '\0';
			e->op = end;
			end = space + 1;
		}
		e->value = strtoull(end, NULL, 10);
		list->n++;
	}
}

/*
 * Which files count depends on the I/O scheduler: BFQ with its debugging, BFQ, CFQ (until 5.0), or
 * the throttling layer, which always does.  The first group whose first file has entries is it.
 */
static void v1_io(struct reader *r, int hier)
{
	static const struct {
		const char *prefix, *suffix;
		uint32_t kinds;
	} groups[] = {
#define ALL ((1U << CG_IO_KINDS) - 1)
#define TWO ((1U << CG_IO_BYTES) | (1U << CG_IO_SERVICED))
		{ "blkio.bfq.", "_recursive", ALL },
		{ "blkio.", "_recursive", ALL },
		{ "blkio.throttle.", "_recursive", TWO },
		{ "blkio.throttle.", "", TWO },
#undef ALL
#undef TWO
	};
	static const char *const names[CG_IO_KINDS] = {
		[CG_IO_BYTES] = "io_service_bytes", [CG_IO_SERVICED] = "io_serviced",
		[CG_IO_QUEUED] = "io_queued", [CG_IO_SERVICE_TIME] = "io_service_time",
		[CG_IO_WAIT_TIME] = "io_wait_time", [CG_IO_MERGED] = "io_merged",
		[CG_IO_TIME] = "time", [CG_IO_SECTORS] = "sectors",
	};

	for (size_t g = 0; g < ARRAY_SIZE(groups); g++) {
		for (unsigned k = 0; k < CG_IO_KINDS; k++) {
			char file[80];

			if (!(groups[g].kinds & (1U << k)))
				continue;
			(void)snprintf(file, sizeof(file), "%s%s%s", groups[g].prefix, names[k],
				       groups[g].suffix);
			v1_io_file(r, hier, file, &r->out->io[k]);
		}
		if (r->out->io[CG_IO_BYTES].n || r->out->io[CG_IO_SERVICED].n)
			return;
	}
}

/* v2: "8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0" */
static void v2_io(struct reader *r, int hier)
{
	static const struct {
		const char *key, *op;
		enum cg_io_kind kind;
	} keys[] = {
		{ "rbytes", "Read", CG_IO_BYTES }, { "wbytes", "Write", CG_IO_BYTES },
		{ "rios", "Read", CG_IO_SERVICED }, { "wios", "Write", CG_IO_SERVICED },
	};
	char *text = read_text(r, hier, "io.stat"), *lines = NULL;
	struct cg_io_list *io = r->out->io;

	if (!text)
		return;
	io[CG_IO_BYTES].e = array(r, 2 * count_lines(text), sizeof(*io->e));
	io[CG_IO_SERVICED].e = array(r, 2 * count_lines(text), sizeof(*io->e));
	if (r->failed)
		return;
	for (char *l = strtok_r(text, "\n", &lines); l; l = strtok_r(NULL, "\n", &lines)) {
		unsigned long long major, minor;
		char *words = NULL;

		if (sscanf(l, "%llu:%llu", &major, &minor) != 2)
			continue;
		(void)strtok_r(l, " ", &words);
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			struct cg_io_list *list = &io[keys[k].kind];
			char *word = strtok_r(NULL, " ", &words);
			size_t len = strlen(keys[k].key);

			/* The kernel prints them in this order, and leaves none out. */
			if (!word || strncmp(word, keys[k].key, len) != 0 || word[len] != '=')
				break;
			list->e[list->n++] = (struct cg_io_entry){
				major, minor, strtoull(word + len + 1, NULL, 10), keys[k].op,
			};
		}
	}
}

static void read_io(struct reader *r)
{
	int i = cg_index_of(r->cg, CG_BLKIO);

	if (i >= 0 && r->cg->hier[i].v2)
		v2_io(r, i);
	else if (i >= 0)
		v1_io(r, i);
}

/* ---- huge pages ----------------------------------------------------------------------------- */

/* The size in "hugetlb.2MB.max_usage_in_bytes", "hugetlb.2MB.current"; NULL for another file.
 * From the arena. */
static const char *page_size(struct reader *r, const char *file, bool v2)
{
	const char *tail = v2 ? ".current" : ".usage_in_bytes";
	size_t head = strlen("hugetlb."), len = strlen(file);
	char *size;

	if (!str_starts(file, "hugetlb.") || !str_ends(file, tail))
		return NULL;
	len -= head + strlen(tail);
	if (memchr(file + head, '.', len))	/* "2MB.rsvd" */
		return NULL;
	size = arena_strdup(&r->out->arena, file + head);
	r->failed |= !size;
	if (size)
		size[len] = '\0';
	return size;
}

/* Reserved pages, where the kernel counts them (since 5.7): what a limit of runc's bounds. */
static void read_huge_size(struct reader *r, int hier, bool v2, struct cg_huge_stats *h)
{
	const char *rsvd = ".rsvd";
	char file[128];

	(void)snprintf(file, sizeof(file), "hugetlb.%.40s%s.%s", h->page_size, rsvd,
		       v2 ? "current" : "usage_in_bytes");
	if (!read_u64(r, hier, file, &h->usage)) {
		rsvd = "";
		(void)snprintf(file, sizeof(file), "hugetlb.%.40s.%s", h->page_size,
			       v2 ? "current" : "usage_in_bytes");
		(void)read_u64(r, hier, file, &h->usage);
	}
	if (v2) {	/* counts no peak, and failures for both together */
		(void)snprintf(file, sizeof(file), "hugetlb.%.40s.events", h->page_size);
		h->failcnt = value_of(read_text(r, hier, file), "max");
		return;
	}
	(void)snprintf(file, sizeof(file), "hugetlb.%.40s%s.max_usage_in_bytes", h->page_size,
		       rsvd);
	(void)read_u64(r, hier, file, &h->max);
	(void)snprintf(file, sizeof(file), "hugetlb.%.40s%s.failcnt", h->page_size, rsvd);
	(void)read_u64(r, hier, file, &h->failcnt);
}

static int by_page_size(const void *a, const void *b)
{
	return strcmp(((const struct cg_huge_stats *)a)->page_size,
		      ((const struct cg_huge_stats *)b)->page_size);
}

enum { MAX_PAGE_SIZES = 16 };

static void read_huge(struct reader *r)
{
	int i = cg_index_of(r->cg, CG_HUGETLB);
	struct cg_stats *s = r->out;
	bool v2 = i >= 0 && r->cg->hier[i].v2;
	cleanup_dir DIR *dir = NULL;
	struct dirent *e;
	int fd = i < 0 ? -1 : cg_open_file(r->cg, (size_t)i, NULL, O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return;
	dir = fdopendir(fd);
	if (!dir) {
		(void)close(fd);
		return;
	}
	s->huge = array(r, MAX_PAGE_SIZES, sizeof(*s->huge));
	while (s->huge && s->n_huge < MAX_PAGE_SIZES && (e = readdir(dir)) != NULL) {
		const char *size = page_size(r, e->d_name, v2);

		if (!size)
			continue;
		s->huge[s->n_huge].page_size = size;
		read_huge_size(r, i, v2, &s->huge[s->n_huge++]);
	}
	if (s->huge)	/* qsort() of nothing still wants a pointer */
		qsort(s->huge, s->n_huge, sizeof(*s->huge), by_page_size);
}

/* ---- pressure ------------------------------------------------------------------------------- */

/* "some avg10=0.00 avg60=1.25 avg300=0.00 total=123" */
static bool parse_psi_line(const char *l, struct cg_psi_line *out)
{
	unsigned a, b, c, d, e, f;
	unsigned long long total;

	if (sscanf(l, "%*s avg10=%u.%u avg60=%u.%u avg300=%u.%u total=%llu", &a, &b, &c, &d, &e, &f,
		   &total) != 7)
		return false;
	*out = (struct cg_psi_line){ a * 100 + b, c * 100 + d, e * 100 + f, total };
	return true;
}

/* The files are in every v2 cgroup, whatever controllers it has. */
static void read_psi(struct reader *r, const char *file, struct cg_psi *out)
{
	const char *text = read_text(r, cg_index_v2(r->cg), file);

	for (const char *l = text; l && *l; l = strchr(l, '\n') ? strchr(l, '\n') + 1 : NULL) {
		if (str_starts(l, "some "))
			out->known |= parse_psi_line(l, &out->some);
		else if (str_starts(l, "full "))
			out->known |= parse_psi_line(l, &out->full);
	}
}

/* ---- all of it ------------------------------------------------------------------------------ */

int cg_stats_read(const struct cgroup *cg, struct cg_stats *out, struct husk_error *err)
{
	struct cg_stats stats = { 0 };
	struct reader r = { .cg = cg, .out = &stats };
	int ret;

	read_cpu(&r);
	read_cpuset(&r);
	read_memory(&r);
	read_pids(&r);
	read_io(&r);
	read_huge(&r);
	read_psi(&r, "cpu.pressure", &stats.cpu_psi);
	read_psi(&r, "memory.pressure", &stats.memory_psi);
	read_psi(&r, "io.pressure", &stats.io_psi);
	ret = r.failed ? -ENOMEM : cg_rdt_stats(cg, &stats);
	if (ret < 0) {
		cg_stats_done(&stats);
		return err_nomem(err, "statistics");
	}
	*out = stats;
	return 0;
}

void cg_stats_done(struct cg_stats *stats)
{
	arena_done(&stats->arena);
	*stats = (struct cg_stats){ 0 };
}
