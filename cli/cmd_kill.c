/*
 * husk kill: send a signal to a container.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

struct kill_opts {
	bool all, regex;
};

static const struct cli_opt kill_opts[] = {
	{ 'a', "all", CLI_FLAG, offsetof(struct kill_opts, all), NULL,
	  "signal every process, not only init" },
	{ 'r', "regex", CLI_FLAG, offsetof(struct kill_opts, regex), NULL,
	  "ID is an extended regular expression" },
	{ 0 },
};

struct target {
	const char *signal;	/* NULL: the container's stop signal */
	bool all;
};

static int kill_one(struct husk *h, const char *id, const void *data, struct husk_error *err)
{
	const struct target *t = data;
	int sig, ret;

	ret = t->signal ? cli_parse_signal(t->signal, &sig, err) :
			  husk_stop_signal(h, id, &sig, err);
	if (ret < 0)
		return ret;
	ret = husk_kill(h, id, sig, t->all ? HUSK_KILL_ALL : 0, err);
	/* Engines clean up with --all: nothing left to signal is what they want (runc). */
	if (ret < 0 && t->all && err->kind == HUSK_E_STATE)
		return 0;
	return ret;
}

static int kill_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct kill_opts *o = opts;
	const struct target target = { .signal = operands[1], .all = o->all };
	struct husk *h;
	int ret;

	if (o->regex)
		return cli_for_each_match(cli, operands[0], kill_one, &target, err);
	ret = cli_husk(cli, &h, err);
	if (ret < 0)
		return ret;
	return kill_one(h, operands[0], &target, err);
}

const struct cli_cmd cmd_kill = {
	.name = "kill",
	.operands = "ID [SIGNAL]",
	.summary = "send a signal to a container's init process",
	.details = "SIGNAL is a name with or without SIG, a number, or RTMIN+n.  Default: the one\n"
		   "that the annotation org.opencontainers.image.stopSignal names, or TERM.",
	.opts = kill_opts,
	.opts_size = sizeof(struct kill_opts),
	.min_operands = 1,
	.max_operands = 2,
	.run = kill_run,
};
