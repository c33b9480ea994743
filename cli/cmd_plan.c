/*
 * husk plan: what running a bundle would do, without doing it.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"
#include "cli/create_opts.h"

struct plan_opts {
	struct cli_create_opts c;
	bool json;
};

static const struct cli_opt plan_opts[] = {
	CLI_PLAN_ROWS(struct plan_opts, c),
	{ 0, "json", CLI_FLAG, offsetof(struct plan_opts, json), NULL, "print JSON" },
	{ 0 },
};

static int plan_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct plan_opts *o = opts;
	struct husk_create_options options;
	cleanup_free char *text = NULL;
	struct husk *h;
	int ret;

	cli_create_options(&o->c, &options);
	if (operands[0])
		options.bundle = operands[0];
	ret = cli_husk(cli, &h, err);
	if (ret < 0)
		return ret;
	ret = husk_plan(h, &options, o->json, &text, err);
	if (ret < 0 && err->kind == HUSK_E_CONFIG && !*err->hint)
		(void)snprintf(err->hint, sizeof(err->hint),
			       "\"%.80s validate\" prints all that is wrong", cli->name);
	if (ret < 0)
		return ret;
	cli_print_line(stdout, text);
	return 0;
}

const struct cli_cmd cmd_plan = {
	.name = "plan",
	.operands = "[BUNDLE]",
	.summary = "print the steps that would make a container, without taking them",
	.details = CLI_CREATE_DETAILS,
	.opts = plan_opts,
	.opts_size = sizeof(struct plan_opts),
	.max_operands = 1,
	.run = plan_run,
};
