/*
 * husk resume: let the processes of a paused container go on.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

static int resume_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	struct husk *h;
	int ret = cli_husk(cli, &h, err);

	(void)opts;
	if (ret < 0)
		return ret;
	return husk_resume(h, operands[0], err);
}

const struct cli_cmd cmd_resume = {
	.name = "resume",
	.operands = "ID",
	.summary = "let the processes of a paused container go on",
	.min_operands = 1,
	.max_operands = 1,
	.run = resume_run,
};
