/*
 * husk state: print the state of a container as JSON.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

static int state_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	struct husk_state *state;
	struct husk *h;
	int ret = cli_husk(cli, &h, err);

	(void)opts;
	if (ret < 0)
		return ret;
	ret = husk_state(h, operands[0], &state, err);
	if (ret < 0)
		return ret;
	/* runc's document has no newline at its end, crun's has. */
	(void)fputs(state->json, stdout);
	if (cli_is_crun(cli))
		(void)putchar('\n');
	husk_state_free(state);
	return 0;
}

const struct cli_cmd cmd_state = {
	.name = "state",
	.operands = "ID",
	.summary = "print the state of a container as JSON",
	.min_operands = 1,
	.max_operands = 1,
	.run = state_run,
};
