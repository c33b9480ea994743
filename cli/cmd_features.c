/*
 * husk features: what this runtime supports, as the runtime specification's features.md says.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

static int features_run(struct cli *cli, const void *opts, char **operands,
			struct husk_error *err)
{
	cleanup_free char *text = NULL;
	int ret = husk_features(&text, err);

	(void)cli;
	(void)opts;
	(void)operands;
	if (ret < 0)
		return ret;
	cli_print_line(stdout, text);
	return 0;
}

const struct cli_cmd cmd_features = {
	.name = "features",
	.operands = "",
	.summary = "print what this runtime supports as JSON",
	.run = features_run,
};
