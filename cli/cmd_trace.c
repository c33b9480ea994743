/*
 * husk trace: run a container once, and tell what it took.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"
#include "cli/create_opts.h"

#include <fcntl.h>

struct trace_opts {
	struct cli_create_opts c;
	bool time, json;
	const char *output;
	int part;
	struct cli_list merge;
};

static const struct cli_key parts[] = {
	{ "fragment", HUSK_TRACE_FRAGMENT }, { "seccomp", HUSK_TRACE_SECCOMP },
	{ "config", HUSK_TRACE_CONFIG }, { NULL },
};

static const struct cli_opt trace_opts[] = {
	CLI_CREATE_ROWS(struct trace_opts, c),
	{ 'o', "output", CLI_STRING, offsetof(struct trace_opts, output), "FILE",
	  "write to FILE; default: standard error" },
	{ 0, "as", CLI_KEY, offsetof(struct trace_opts, part), "PART",
	  "fragment (default), seccomp or config", parts },
	{ 'm', "merge", CLI_LIST, offsetof(struct trace_opts, merge), "FILE",
	  "add what this earlier output allows" },
	{ 't', "time", CLI_FLAG, offsetof(struct trace_opts, time), NULL,
	  "a timeline of the start instead" },
	{ 0, "json", CLI_FLAG, offsetof(struct trace_opts, json), NULL, "write that as JSON" },
	{ 0 },
};

/* ---- output ---------------------------------------------------------------- */

/*
 * Before the container runs, so that a mistake in the name costs nothing; but what is in the file,
 * which may be one that is merged, stays there until there is something to write.
 */
static int open_output(const char *path, FILE **out, struct husk_error *err)
{
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;

	*out = path ? (fd < 0 ? NULL : fdopen(fd, "w")) : stderr;
	if (*out)
		return 0;
	husk_error_set(err, HUSK_E_SYSTEM, errno, "open %s: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return -err->sys;
}

static int close_output(const char *path, FILE *out, struct husk_error *err)
{
	bool bad = ferror(out) != 0;

	if (path)
		bad |= fclose(out) != 0;
	else
		bad |= fflush(out) != 0;
	if (!bad)
		return 0;
	return husk_error_set(err, HUSK_E_SYSTEM, errno, "write %s: %s",
			      path ? path : "to standard error", strerror(errno));
}

/* What was there before is no longer wanted; a pipe or a device has nothing to cut. */
static void empty(const char *path, FILE *out)
{
	if (path)
		(void)!ftruncate(fileno(out), 0);
}

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

/* ---- running --------------------------------------------------------------- */

static int run(struct cli *cli, const struct trace_opts *o, const char *id,
	       const struct husk_create_options *wanted, FILE *out, struct husk_error *err)
{
	struct husk_create_options options = *wanted;
	struct husk_timeline *timeline = NULL;
	cleanup_free char *text = NULL;
	struct husk *h;
	int code, ret = 0;

	code = cli_husk(cli, &h, err);
	if (code < 0)
		return code;
	if (o->time)
		options.timeline = &timeline;
	code = cli_run_foreground(cli, h, id, &options, /* keep= */ false, err);
	if (code < 0)
		return code;
	if (options.trace)
		ret = husk_trace_result(options.trace, (enum husk_trace_part)o->part, &text, err);
	if (ret < 0)
		return ret;
	empty(o->output, out);
	if (text)
		cli_print_line(out, text);
	else if (timeline && o->json)
		cli_print_line(out, timeline->json);
	else if (timeline)
		print_timeline(timeline, out);
	husk_timeline_free(timeline);
	return code;
}

static char *read_file(const char *path, struct husk_error *err)
{
	FILE *f = fopen(path, "re");
	size_t size = 0;
	char *text = NULL;

	/* JSON has no NUL, so this is all of it. */
	if (f && getdelim(&text, &size, '\0', f) < 0 && !ferror(f)) {
		free(text);
		text = strdup("");
	}
	if (!text || ferror(f)) {
		husk_error_set(err, HUSK_E_SYSTEM, errno, "read %s: %s", path, strerror(errno));
		free(text);
		text = NULL;
	}
	if (f)
		(void)fclose(f);
	return text;
}

static int open_trace(const struct trace_opts *o, struct husk_trace **out, struct husk_error *err)
{
	struct husk_trace *trace;
	int ret = husk_trace_open(&trace, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; ret == 0 && i < o->merge.n; i++) {
		cleanup_free char *text = read_file(o->merge.items[i], err);
		char why[sizeof(err->msg)];

		ret = text ? husk_trace_merge(trace, text, err) : -err->sys;
		if (!text || ret == 0)
			continue;
		(void)snprintf(why, sizeof(why), "%s", err->msg);
		(void)snprintf(err->msg, sizeof(err->msg), "merge %.200s: %.700s", o->merge.items[i], why);
	}
	if (ret < 0)
		husk_trace_close(trace);
	else
		*out = trace;
	return ret;
}

static int check_usage(struct cli *cli, const struct trace_opts *o, struct husk_error *err)
{
	if (o->time && (o->merge.n > 0 || o->part != HUSK_TRACE_FRAGMENT))
		return cli_usage_error(cli, &cmd_trace, err, "--time goes with neither --merge nor --as");
	if (o->json && !o->time)
		return cli_usage_error(cli, &cmd_trace, err, "--json goes with --time only: all else is "
				       "JSON anyway");
	return cli_check_console(/* detach= */ false, /* terminal= */ false, o->c.console_socket, err);
}

static int trace_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct trace_opts *o = opts;
	struct husk_create_options options;
	FILE *out = NULL;
	int code, ret;

	ret = check_usage(cli, o, err);
	if (ret < 0)
		return ret;
	cli_create_options(&o->c, &options);
	cli_log_warnings(&cli->log);
	ret = cli_check_preserved_fds(options.preserve_fds, err);
	if (ret < 0)
		return ret;
	cli->one_shot = true;
	if (!o->time)
		ret = open_trace(o, &options.trace, err);
	if (ret < 0)
		return ret;
	code = open_output(o->output, &out, err);
	if (code == 0)
		code = run(cli, o, operands[0], &options, out, err);
	husk_trace_close(options.trace);
	if (!out)
		return code;
	if (code >= 0)
		ret = close_output(o->output, out, err);
	else if (o->output)
		(void)fclose(out);
	return ret < 0 ? ret : code;
}

const struct cli_cmd cmd_trace = {
	.name = "trace",
	.operands = "ID",
	.summary = "run a container once, as run does, and tell what it took",
	.details = "Writes the least that config.json must allow for the same run: a seccomp profile\n"
		   "with the system calls that the program, its children and threads made, and those\n"
		   "of the capabilities that were used. PART: \"fragment\", a config.json with nothing\n"
		   "else; \"config\", all of it with these two replaced; \"seccomp\", the profile alone,\n"
		   "as engines take it. It denies what the old one denied. Another run may need more:\n"
		   "--merge adds several up.\n\n"
		   "Capabilities need Linux 6.14, CAP_BPF and CAP_PERFMON on the host; else they stay as\n"
		   "they are. Processes of exec are not traced. A program that wants a seccomp listener\n"
		   "of its own is refused it.\n\n"
		   "--time: what husk does from reading config.json until the program runs, and\n"
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
	.dynamic = true,
	.run = trace_run,
};
