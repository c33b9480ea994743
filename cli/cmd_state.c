/*
 * husk state: print the state of a container as JSON.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

/* runc's document has no newline at its end, crun's has; and runc, which tells the owner in `list`,
 * leaves the member, the last one, empty here. */
static void print_as_runc(const char *json)
{
	static const char member[] = "\n  \"owner\": \"";
	const char *owner = strstr(json, member);

	if (!owner)
		(void)fputs(json, stdout);
	else
		(void)printf("%.*s%s\"\n}", (int)(owner - json), json, member);
}

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
	if (cli_is_crun(cli))
		(void)puts(state->json);
	else
		print_as_runc(state->json);
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
