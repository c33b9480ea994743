/*
 * husk stop: ask a container to end, and kill it if it does not.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

enum { DEFAULT_TIMEOUT_MS = 10000 };

struct stop_opts {
	const char *timeout, *signal;
};

#define AT(member) offsetof(struct stop_opts, member)
static const struct cli_opt stop_opts[] = {
	{ 't', "timeout", CLI_STRING, AT(timeout), "SECONDS",
	  "before it is killed; default 10, -1: never" },
	{ 's', "signal", CLI_STRING, AT(signal), "SIGNAL", "instead of its own stop signal" },
	{ 0 },
};
#undef AT

static int stop_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct stop_opts *o = opts;
	int timeout_ms = DEFAULT_TIMEOUT_MS, sig = 0, ret = 0;
	struct husk *h = NULL;

	if (o->timeout)
		ret = cli_parse_timeout(o->timeout, &timeout_ms, err);
	if (ret == 0 && o->signal)
		ret = cli_parse_signal(o->signal, &sig, err);
	if (ret == 0 && o->signal && sig == 0)
		ret = husk_error_set(err, HUSK_E_CONFIG, EINVAL, "signal 0 stops nothing");
	if (ret == 0)
		ret = cli_husk(cli, &h, err);
	return ret < 0 ? ret : husk_stop(h, operands[0], sig, timeout_ms, err);
}

const struct cli_cmd cmd_stop = {
	.name = "stop",
	.operands = "ID",
	.summary = "ask a container to end, and kill it if it does not",
	.details = "Its init gets the signal that the annotation org.opencontainers.image.stopSignal\n"
		   "names, or TERM; when that has not ended it in time, every process is killed.\n"
		   "A paused container goes on first; with --timeout=0 nothing is asked.  Returns\n"
		   "when it has ended; that it had before is no error.",
	.opts = stop_opts,
	.opts_size = sizeof(struct stop_opts),
	.min_operands = 1,
	.max_operands = 1,
	.run = stop_run,
};
