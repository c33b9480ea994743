/*
 * husk trace: run a container once, and tell what it took.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"
#include "cli/create_opts.h"

struct trace_opts {
	struct cli_create_opts c;
	bool time, json;
	const char *output;
};

static const struct cli_opt trace_opts[] = {
	CLI_CREATE_ROWS(struct trace_opts, c),
	{ 't', "time", CLI_FLAG, offsetof(struct trace_opts, time), NULL,
	  "a timeline of the start, step by step" },
	{ 'o', "output", CLI_STRING, offsetof(struct trace_opts, output), "FILE",
	  "write to FILE; default: standard error" },
	{ 0, "json", CLI_FLAG, offsetof(struct trace_opts, json), NULL, "write JSON" },
	{ 0 },
};

static void print_us(FILE *to, const struct husk_span *s, uint64_t ns)
{
	if (s->timed)
		fprintf(to, "%11.1f", (double)ns / 1000);
	else
		fprintf(to, "%11s", "-");
}

static void print_timeline(const struct husk_timeline *t, FILE *to)
{
	fprintf(to, "%11s%11s  %-10s%-6s%s\n", "BEGIN us", "TOOK us", "WHO", "STEP", "WHAT");
	for (size_t i = 0; i < t->n; i++) {
		const struct husk_span *s = &t->spans[i];
		char step[16] = "";

		if (s->step >= 0)
			(void)snprintf(step, sizeof(step), "%d", s->step);
		print_us(to, s, s->begin_ns);
		print_us(to, s, s->end_ns - s->begin_ns);
		fprintf(to, "  %-10s%-6s%s%s%s%s\n", s->who == HUSK_WHO_INIT ? "husk-init" : "husk",
			step, s->what, *s->pointer ? "  [" : "", s->pointer,
			*s->pointer ? "]" : "");
	}
	fprintf(to, "%11.1f  in all, until the program was running\n", (double)t->total_ns / 1000);
}

/* Before the container runs, so that a mistake in the name costs nothing. */
static int open_output(const char *path, FILE **out, struct husk_error *err)
{
	*out = path ? fopen(path, "we") : stderr;
	return *out ? 0 : husk_error_set(err, HUSK_E_SYSTEM, errno, "open %s: %s", path,
					 strerror(errno));
}

static int close_output(const char *path, FILE *out, struct husk_error *err)
{
	bool bad = ferror(out) != 0;

	if ((path ? fclose(out) : fflush(out)) == 0 && !bad)
		return 0;
	return husk_error_set(err, HUSK_E_SYSTEM, errno, "write %s: %s",
			      path ? path : "to standard error", strerror(errno));
}

static int trace_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct trace_opts *o = opts;
	struct husk_timeline *timeline = NULL;
	struct husk_create_options options;
	int code, ret;
	struct husk *h;
	FILE *out;

	if (!o->time)
		return cli_usage_error(cli, &cmd_trace, err, "nothing to trace: --time is missing");
	ret = cli_check_console(/* detach= */ false, /* terminal= */ false, o->c.console_socket, err);
	if (ret < 0)
		return ret;
	cli_create_options(&o->c, &options);
	options.timeline = &timeline;
	cli_log_warnings(&cli->log);
	ret = cli_check_preserved_fds(options.preserve_fds, err);
	if (ret < 0)
		return ret;
	cli->one_shot = true;
	ret = cli_husk(cli, &h, err);
	if (ret == 0)
		ret = open_output(o->output, &out, err);
	if (ret < 0)
		return ret;
	code = cli_run_foreground(cli, h, operands[0], &options, /* keep= */ false, err);
	if (timeline && o->json)
		cli_print_line(out, timeline->json);
	else if (timeline)
		print_timeline(timeline, out);
	husk_timeline_free(timeline);
	ret = code < 0 ? 0 : close_output(o->output, out, err);
	return ret < 0 ? ret : code;
}

const struct cli_cmd cmd_trace = {
	.name = "trace",
	.operands = "ID",
	.summary = "run a container once, as run does, and tell what it took",
	.details = "--time: what husk does from reading config.json until the program runs, and\n"
		   "meanwhile husk-init, step by step, in microseconds, in the order of the begins.\n"
		   "Step 0 has the others timed: they are those of \"husk plan\", moved by one.\n"
		   "A step that could not be timed, because the container's seccomp filter denies\n"
		   "clock_gettime(2) and came before it, has no times.\n\n"
		   "What the program itself prints comes as without trace; its exit code is husk's.\n\n"
		   CLI_NETWORK_DETAILS,
	.opts = trace_opts,
	.opts_size = sizeof(struct trace_opts),
	.min_operands = 1,
	.max_operands = 1,
	.run = trace_run,
};
