/*
 * husk start: run the program of a created container.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

static int start_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	struct husk *h;
	int ret = cli_husk(cli, &h, err);

	(void)opts;
	if (ret < 0)
		return ret;
	return husk_start(h, operands[0], err);
}

const struct cli_cmd cmd_start = {
	.name = "start",
	.operands = "ID",
	.summary = "run the program of a created container",
	.min_operands = 1,
	.max_operands = 1,
	.run = start_run,
};
