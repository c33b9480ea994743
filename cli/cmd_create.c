/*
 * husk create: make a container, all but running its program.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"
#include "cli/create_opts.h"

struct create_opts {
	struct cli_create_opts c;
};

static const struct cli_opt create_opts[] = {
	CLI_CREATE_ROWS(struct create_opts, c),
	{ 0 },
};

static int create_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct create_opts *o = opts;
	struct husk_create_options options;
	struct husk *h;
	int ret;

	cli_create_options(&o->c, &options);
	if (o->c.network || o->c.landlock.n)
		cli_log_warnings(&cli->log);
	ret = cli_check_preserved_fds(options.preserve_fds, err);
	if (ret < 0)
		return ret;
	ret = cli_husk(cli, &h, err);
	if (ret < 0)
		return ret;
	return husk_create(h, operands[0], &options, /* out= */ NULL, err);
}

const struct cli_cmd cmd_create = {
	.name = "create",
	.operands = "ID",
	.summary = "create a container: all but running its program",
	.details = CLI_CREATE_DETAILS,
	.opts = create_opts,
	.opts_size = sizeof(struct create_opts),
	.min_operands = 1,
	.max_operands = 1,
	.run = create_run,
};
