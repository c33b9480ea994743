/*
 * husk mounts: add mounts to a running container, or remove them.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

static int mounts_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	static const struct {
		const char *name;
		int (*change)(struct husk *h, const char *id, const char *mounts,
			      struct husk_error *err);
	} actions[] = { { "add", husk_mounts_add }, { "remove", husk_mounts_remove } };
	const char *file = strcmp(operands[2], "-") == 0 ? "/dev/stdin" : operands[2];
	struct husk *h;

	(void)opts;
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(operands[0], actions[i].name) != 0)
			continue;
		if (cli_husk(cli, &h, err) < 0)
			return -err->sys;
		return actions[i].change(h, operands[1], file, err);
	}
	return cli_usage_error(cli, &cmd_mounts, err, "\"%s\" is neither add nor remove",
			       operands[0]);
}

const struct cli_cmd cmd_mounts = {
	.name = "mounts",
	.operands = "add|remove ID FILE",
	.summary = "add mounts to a running container, or remove them",
	.details = "FILE (\"-\": standard input) holds a JSON array of mounts as in config.json; to\n"
		   "remove them only their destinations count.  If one of them cannot be added or\n"
		   "found, the container is left as it was.",
	.min_operands = 3,
	.max_operands = 3,
	.run = mounts_run,
};
