/*
 * husk run: make a container, run its program and, in the foreground, remove it again.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"
#include "cli/create_opts.h"

struct run_opts {
	struct cli_create_opts c;
	bool detach, keep;
};

static const struct cli_opt run_opts[] = {
	CLI_CREATE_ROWS(struct run_opts, c),
	{ 'd', "detach", CLI_FLAG, offsetof(struct run_opts, detach), NULL,
	  "return when the program runs" },
	{ 0, "keep", CLI_FLAG, offsetof(struct run_opts, keep), NULL,
	  "do not delete the container when it has ended" },
	{ 0 },
};

static int run_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct run_opts *o = opts;
	struct husk_create_options options;
	struct husk *h;
	int ret;

	ret = cli_check_console(o->detach, /* terminal= */ false, o->c.console_socket, err);
	if (ret < 0)
		return ret;
	cli_create_options(&o->c, &options);
	if (o->c.network || o->c.landlock.n)
		cli_log_warnings(&cli->log);
	ret = cli_check_preserved_fds(options.preserve_fds, err);
	if (ret < 0)
		return ret;
	cli->one_shot = !o->detach && !o->keep;
	ret = cli_husk(cli, &h, err);
	if (ret < 0)
		return ret;
	/* Nobody takes the terminal's master: one without a console socket is an error. */
	if (o->detach)
		return husk_run(h, operands[0], &options, /* out= */ NULL, err);
	return cli_run_foreground(cli, h, operands[0], &options, o->keep, err);
}

const struct cli_cmd cmd_run = {
	.name = "run",
	.operands = "ID",
	.summary = "create a container and run its program",
	.details = "In the foreground signals go to the program, and husk exits with its exit\n"
		   "code, or 128+n if signal n killed it.\n\n" CLI_CREATE_DETAILS,
	.opts = run_opts,
	.opts_size = sizeof(struct run_opts),
	.min_operands = 1,
	.max_operands = 1,
	.run = run_run,
};
