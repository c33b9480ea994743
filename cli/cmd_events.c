/*
 * husk events: statistics of a container and what happens to it, one JSON object per line.
 *
 * Types "stats" and "oom" are runc's, byte for byte; the others come only with --all.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

#include <poll.h>
#include <sys/wait.h>

struct events_opts {
	const char *interval;
	bool all, stats;
};

static const struct cli_opt events_opts[] = {
	{ 'a', "all", CLI_FLAG, offsetof(struct events_opts, all), NULL,
	  "tell of limits that were met, of pressure and of the end, too" },
	{ 0, "interval", CLI_STRING, offsetof(struct events_opts, interval), "DURATION",
	  "time between statistics; default 5s" },
	{ 0, "stats", CLI_FLAG, offsetof(struct events_opts, stats), NULL,
	  "print the statistics once, and end" },
	{ 0 },
};

/* A reader takes line by line; one that has gone ends us. */
static int print_line(const char *line, struct husk_error *err)
{
	if (puts(line) < 0 || fflush(stdout) != 0)
		return husk_error_set(err, HUSK_E_SYSTEM, errno, "write to stdout: %s",
				      strerror(errno));
	return 0;
}

/* What stands behind the ID; "" for nothing.  NULL: out of memory. */
static char *event_data(const struct husk_event *event)
{
	int status = event->status, code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
								 WEXITSTATUS(status);
	char *text = NULL;
	int ret;

	switch (event->kind) {
	case HUSK_EVENT_OOM:
		return strdup("");
	case HUSK_EVENT_END:
		ret = status < 0 ? asprintf(&text, ",\"data\":{}") :
				   asprintf(&text, ",\"data\":{\"status\":%d}", code);
		break;
	case HUSK_EVENT_PRESSURE:
		ret = asprintf(&text, ",\"data\":{\"resource\":\"%s\",\"count\":%lu}",
			       event->resource, event->count);
		break;
	default:
		ret = asprintf(&text, ",\"data\":{\"count\":%lu}", event->count);
	}
	return ret < 0 ? NULL : text;
}

static int print_event(const char *id, const struct husk_event *event, bool all,
		       struct husk_error *err)
{
	static const char *const types[] = {
		[HUSK_EVENT_OOM] = "oom", [HUSK_EVENT_END] = "exit",
		[HUSK_EVENT_MEMORY_HIGH] = "memory.high", [HUSK_EVENT_MEMORY_MAX] = "memory.max",
		[HUSK_EVENT_PIDS_MAX] = "pids.max", [HUSK_EVENT_PRESSURE] = "pressure",
	};
	/* One line for each, as runc does it. */
	unsigned long lines = event->kind == HUSK_EVENT_OOM ? event->count : 1;
	cleanup_free char *data = NULL, *line = NULL;
	int ret = 0;

	if (event->kind == HUSK_EVENT_STATS)
		return print_line(event->stats->json, err);
	if (event->kind == HUSK_EVENT_END && !all)
		return 0;
	data = event_data(event);
	/* An ID needs no quoting in JSON. */
	if (!data || asprintf(&line, "{\"type\":\"%s\",\"id\":\"%s\"%s}", types[event->kind], id,
			      data) < 0) {
		line = NULL;
		return husk_error_set(err, HUSK_E_SYSTEM, ENOMEM, "%s", strerror(ENOMEM));
	}
	for (unsigned long i = 0; ret == 0 && i < lines; i++)
		ret = print_line(line, err);
	return ret;
}

/* Until the container ends. */
static int follow(const char *id, struct husk_events *events, bool all, struct husk_error *err)
{
	for (;;) {
		struct pollfd p = { .fd = husk_events_fd(events), .events = POLLIN };
		struct husk_event event = { 0 };
		bool end;
		int ret = husk_events_next(events, &event, err);

		if (ret > 0)
			ret = print_event(id, &event, all, err);
		else if (ret == 0 && poll(&p, 1, -1) < 0 && errno != EINTR)
			ret = husk_error_set(err, HUSK_E_SYSTEM, errno, "poll: %s",
					     strerror(errno));
		end = event.kind == HUSK_EVENT_END;
		husk_event_done(&event);
		if (ret < 0 || end)
			return ret;
	}
}

static int print_once(struct husk *h, const char *id, struct husk_error *err)
{
	struct husk_stats *stats;
	int ret = husk_stats(h, id, &stats, err);

	if (ret < 0)
		return ret;
	ret = print_line(stats->json, err);
	husk_stats_free(stats);
	return ret;
}

static int events_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct events_opts *o = opts;
	struct husk_events_options what = { .all = o->all };
	struct husk_events *events;
	unsigned ms = 0;
	struct husk *h;
	int ret = cli_parse_interval(o->interval ? o->interval : "5s", &ms, err);

	if (ret == 0)
		ret = cli_husk(cli, &h, err);
	if (ret < 0)
		return ret;
	if (o->stats)
		return print_once(h, operands[0], err);
	what.interval_ms = ms;
	ret = husk_events_open(h, operands[0], &what, &events, err);
	if (ret < 0)
		return ret;
	ret = follow(operands[0], events, o->all, err);
	husk_events_close(events);
	return ret;
}

const struct cli_cmd cmd_events = {
	.name = "events",
	.operands = "ID",
	.summary = "statistics of a container, and what happens to it",
	.details = "One JSON object per line, until the container ends: {\"type\":\"stats\",...}\n"
		   "after every interval, {\"type\":\"oom\",\"id\":ID} when the OOM killer strikes.\n"
		   "DURATION is like 5s, 1m30s or 500ms.\n"
		   "\n"
		   "With --all there are other types, as {\"type\":TYPE,\"id\":ID,\"data\":{...}}:\n"
		   "  memory.high  it was above memory.high and slowed down, data.count times (v2)\n"
		   "  memory.max   it met its memory limit, and memory was reclaimed, count times\n"
		   "  pids.max     a process was refused by its pids limit, count times\n"
		   "  pressure     processes stalled for 200 ms of 2 s for want of data.resource,\n"
		   "               which is cpu, memory or io; cgroup v1 alone knows only memory\n"
		   "  exit         it has ended; data.status as `husk wait` tells it, if that is known",
	.opts = events_opts,
	.opts_size = sizeof(struct events_opts),
	.min_operands = 1,
	.max_operands = 1,
	.run = events_run,
};
