/*
 * husk pause: freeze every process of a container.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

static int pause_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	struct husk *h;
	int ret = cli_husk(cli, &h, err);

	(void)opts;
	if (ret < 0)
		return ret;
	return husk_pause(h, operands[0], err);
}

const struct cli_cmd cmd_pause = {
	.name = "pause",
	.operands = "ID",
	.summary = "freeze every process of a container",
	.min_operands = 1,
	.max_operands = 1,
	.run = pause_run,
};
