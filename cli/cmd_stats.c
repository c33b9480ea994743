/*
 * husk stats: what containers use, as a table for people or as lines of JSON.
 *
 * The kernel counts CPU time since the container was made; a share of it needs two looks.  With
 * --watch every round is compared with the one before, else there are two, SAMPLE_MS apart.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

enum { COLUMNS = 9, CELL = 40, SAMPLE_MS = 250 };

struct stats_opts {
	const char *interval;
	bool all, json, watch;
};

static const struct cli_opt stats_opts[] = {
	{ 'a', "all", CLI_FLAG, offsetof(struct stats_opts, all), NULL,
	  "list containers that do not run, too" },
	{ 0, "interval", CLI_STRING, offsetof(struct stats_opts, interval), "DURATION",
	  "time between two rounds of --watch; default 1s" },
	{ 'j', "json", CLI_FLAG, offsetof(struct stats_opts, json), NULL,
	  "one object per line, as `events --stats` prints it" },
	{ 'w', "watch", CLI_FLAG, offsetof(struct stats_opts, watch), NULL,
	  "go on until interrupted, or until no container named runs" },
	{ 0 },
};

/* One look at one container; .stats is NULL when it does not run. */
struct look {
	char *id;
	struct husk_stats *stats;
	uint64_t when;		/* ns */
};

struct looks {
	struct look *list;
	size_t n;
};

static void looks_done(struct looks *looks)
{
	for (size_t i = 0; i < looks->n; i++) {
		free(looks->list[i].id);
		husk_stats_free(looks->list[i].stats);
	}
	free(looks->list);
	*looks = (struct looks){ 0 };
}

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int out_of_memory(struct husk_error *err)
{
	return husk_error_set(err, HUSK_E_SYSTEM, ENOMEM, "stats: %s", strerror(ENOMEM));
}

/* ---- looking ---------------------------------------------------------------------------------- */

/* What to do about containers that do not run, or are not there any more. */
enum absent { ABSENT_ERROR, ABSENT_ROW, ABSENT_NO_ROW };

static int look_at(struct husk *h, const char *id, enum absent absent, struct looks *out,
		   struct husk_error *err)
{
	struct look look = { 0 };
	struct husk_error why;
	int ret = husk_stats(h, id, &look.stats, &why);

	if (ret < 0 && (absent == ABSENT_ERROR ||
			(why.kind != HUSK_E_STATE && why.kind != HUSK_E_NOT_FOUND))) {
		*err = why;
		return ret;
	}
	if (ret < 0 && absent == ABSENT_NO_ROW)
		return 0;
	look.when = now_ns();
	look.id = strdup(id);
	if (!look.id) {
		husk_stats_free(look.stats);
		return out_of_memory(err);
	}
	out->list[out->n++] = look;
	return 0;
}

static int look_at_named(struct husk *h, char **ids, enum absent absent, struct looks *out,
			 struct husk_error *err)
{
	size_t n = 0;
	int ret = 0;

	while (ids[n])
		n++;
	out->list = calloc(n, sizeof(*out->list));
	if (!out->list)
		return out_of_memory(err);
	for (size_t i = 0; ret == 0 && i < n; i++)
		ret = look_at(h, ids[i], absent, out, err);
	return ret;
}

static int look_at_all(struct husk *h, enum absent absent, struct looks *out,
		       struct husk_error *err)
{
	struct husk_state **list;
	size_t n;
	int ret = husk_list(h, &list, &n, err);

	if (ret < 0)
		return ret;
	out->list = calloc(n + 1, sizeof(*out->list));
	if (!out->list)
		ret = out_of_memory(err);
	for (size_t i = 0; ret == 0 && i < n; i++)
		ret = look_at(h, list[i]->id, absent, out, err);
	husk_list_free(list, n);
	return ret;
}

/* @again: what ran at first may have ended. */
static int look(struct husk *h, char **ids, bool all, bool again, struct looks *out,
		struct husk_error *err)
{
	struct looks looks = { 0 };
	int ret;

	if (ids[0])
		ret = look_at_named(h, ids, all || again ? ABSENT_ROW : ABSENT_ERROR, &looks, err);
	else
		ret = look_at_all(h, all ? ABSENT_ROW : ABSENT_NO_ROW, &looks, err);
	if (ret < 0) {
		looks_done(&looks);
		return ret;
	}
	*out = looks;
	return 0;
}

static bool any_runs(const struct looks *looks)
{
	for (size_t i = 0; i < looks->n; i++) {
		if (looks->list[i].stats)
			return true;
	}
	return false;
}

/* ---- the table -------------------------------------------------------------------------------- */

/* "512B", "1.5MiB" */
static void print_size(char *buf, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double n = (double)bytes;
	size_t unit = 0;

	for (; n >= 1023.95 && unit + 1 < ARRAY_SIZE(units); unit++)
		n /= 1024;
	(void)snprintf(buf, CELL / 2, unit && n < 99.95 ? "%.1f%s" : "%.0f%s", n, units[unit]);
}

static void print_pressure(char *buf, const struct husk_pressure *p)
{
	if (p->known)
		(void)snprintf(buf, CELL, "%u.%02u / %u.%02u", p->some / 100, p->some % 100,
			       p->full / 100, p->full % 100);
}

/* v1 shows the largest multiple of a page where there is no limit. */
static bool is_limit(uint64_t limit)
{
	return limit > 0 && limit < UINT64_C(1) << 62;
}

static void print_memory(char *usage, char *share, const struct husk_stats *s)
{
	char used[CELL / 2], limit[CELL / 2] = "-";

	print_size(used, s->memory);
	if (is_limit(s->memory_limit)) {
		print_size(limit, s->memory_limit);
		(void)snprintf(share, CELL, "%.1f%%",
			       100.0 * (double)s->memory / (double)s->memory_limit);
	}
	(void)snprintf(usage, CELL, "%.18s / %.18s", used, limit);
}

/* In per cent of one CPU; none before the second look.  A container of the same name that is
 * another one has used less. */
static void print_cpu(char *buf, const struct look *now, const struct looks *before)
{
	const struct look *old = NULL;

	for (size_t i = 0; i < before->n && !old; i++) {
		if (strcmp(before->list[i].id, now->id) == 0)
			old = &before->list[i];
	}
	if (!old || !old->stats || now->when <= old->when ||
	    now->stats->cpu_ns < old->stats->cpu_ns)
		return;
	(void)snprintf(buf, CELL, "%.1f%%",
		       100.0 * (double)(now->stats->cpu_ns - old->stats->cpu_ns) /
			       (double)(now->when - old->when));
}

static void print_row(char (*cell)[CELL], const struct look *look, const struct looks *before)
{
	const struct husk_stats *s = look->stats;
	char read[CELL / 2], written[CELL / 2];

	for (unsigned i = 0; i < COLUMNS; i++)
		(void)strcpy(cell[i], "-");
	if (!s)
		return;
	print_cpu(cell[1], look, before);
	print_memory(cell[2], cell[3], s);
	if (is_limit(s->pids_limit))
		(void)snprintf(cell[4], CELL, "%llu / %llu", (unsigned long long)s->pids,
			       (unsigned long long)s->pids_limit);
	else
		(void)snprintf(cell[4], CELL, "%llu / -", (unsigned long long)s->pids);
	print_size(read, s->io_read_bytes);
	print_size(written, s->io_write_bytes);
	(void)snprintf(cell[5], CELL, "%.18s / %.18s", read, written);
	print_pressure(cell[6], &s->cpu_pressure);
	print_pressure(cell[7], &s->memory_pressure);
	print_pressure(cell[8], &s->io_pressure);
}

static int print_table(const struct looks *now, const struct looks *before, struct husk_error *err)
{
	static const char *const header[COLUMNS] = {
		"ID", "CPU", "MEMORY / LIMIT", "MEMORY", "PIDS / LIMIT", "READ / WRITTEN",
		"CPU PRESSURE", "MEMORY PRESSURE", "I/O PRESSURE",
	};
	cleanup_free const char **cells = calloc((now->n + 1) * COLUMNS, sizeof(*cells));
	cleanup_free char(*text)[CELL] = calloc((now->n + 1) * COLUMNS, sizeof(*text));

	if (!cells || !text)
		return out_of_memory(err);
	memcpy(cells, header, sizeof(header));
	for (size_t i = 0; i < now->n; i++) {
		print_row(text + i * COLUMNS, &now->list[i], before);
		for (unsigned c = 0; c < COLUMNS; c++)
			cells[(i + 1) * COLUMNS + c] = text[i * COLUMNS + c];
		cells[(i + 1) * COLUMNS] = now->list[i].id;
	}
	cli_table_print(stdout, cells, now->n + 1, COLUMNS);
	return 0;
}

/* ---- rounds ----------------------------------------------------------------------------------- */

static void print_json(const struct looks *looks)
{
	for (size_t i = 0; i < looks->n; i++) {
		const struct look *l = &looks->list[i];

		/* An ID needs no quoting in JSON. */
		if (l->stats)
			cli_print_line(stdout, l->stats->json);
		else
			printf("{\"type\":\"stats\",\"id\":\"%s\",\"data\":null}\n", l->id);
	}
}

static int print(const struct stats_opts *o, const struct looks *now, const struct looks *before,
		 struct husk_error *err)
{
	int ret = 0;

	if (o->json) {
		print_json(now);
	} else {
		/* Home, and clear what is below. */
		if (o->watch)
			(void)fputs("\033[H\033[J", stdout);
		ret = print_table(now, before, err);
	}
	if (ret == 0 && fflush(stdout) != 0)
		ret = husk_error_set(err, HUSK_E_SYSTEM, errno, "write to stdout: %s",
				     strerror(errno));
	return ret;
}

static void sleep_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* With names, a round in which none of them runs is the last. */
static int watch(struct husk *h, const struct stats_opts *o, unsigned ms, char **ids,
		 struct looks *before, struct husk_error *err)
{
	for (;;) {
		struct looks now;
		int ret = look(h, ids, o->all, true, &now, err);

		if (ret < 0)
			return ret;
		ret = print(o, &now, before, err);
		looks_done(before);
		*before = now;
		if (ret < 0 || (ids[0] && !any_runs(&now)))
			return ret;
		sleep_ms(ms);
	}
}

static int stats_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	struct stats_opts o = *(const struct stats_opts *)opts;
	struct looks before = { 0 }, now = { 0 };
	unsigned ms = 0;
	struct husk *h;
	int ret = cli_parse_interval(o.interval ? o.interval : "1s", &ms, err);

	/* A table that is not for a screen has no next round. */
	if (!o.json && !isatty(STDOUT_FILENO))
		o.watch = false;
	if (ret == 0)
		ret = cli_husk(cli, &h, err);
	if (ret == 0)
		ret = look(h, operands, o.all, false, &before, err);
	if (ret < 0)
		return ret;
	if (!o.json)
		sleep_ms(o.watch && ms < SAMPLE_MS ? ms : SAMPLE_MS);
	if (o.watch) {
		ret = watch(h, &o, ms, operands, &before, err);
	} else if (o.json) {
		ret = print(&o, &before, &before, err);
	} else {
		ret = look(h, operands, o.all, true, &now, err);
		if (ret == 0)
			ret = print(&o, &now, &before, err);
	}
	looks_done(&before);
	looks_done(&now);
	return ret;
}

const struct cli_cmd cmd_stats = {
	.name = "stats",
	.operands = "[ID...]",
	.summary = "what containers use: CPU, memory, processes, I/O, pressure",
	.details = "Without ID: of all that run.  CPU is in per cent of one CPU, over the last\n"
		   "moments.  Pressure is how much of the last 10 s some / all processes stalled,\n"
		   "in per cent; only cgroup v2 knows.  DURATION is like 5s, 1m30s or 500ms.",
	.opts = stats_opts,
	.opts_size = sizeof(struct stats_opts),
	.max_operands = -1,
	.run = stats_run,
};
