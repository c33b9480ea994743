/*
 * husk delete: remove a stopped container.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

struct delete_opts {
	bool force, regex;
};

static const struct cli_opt delete_opts[] = {
	{ 'f', "force", CLI_FLAG, offsetof(struct delete_opts, force), NULL,
	  "kill it first; that it does not exist is no error" },
	{ 'r', "regex", CLI_FLAG, offsetof(struct delete_opts, regex), NULL,
	  "ID is an extended regular expression" },
	{ 0 },
};

static int delete_one(struct husk *h, const char *id, const void *data, struct husk_error *err)
{
	const struct delete_opts *o = data;

	return husk_delete(h, id, o->force ? HUSK_DELETE_FORCE : 0, err);
}

static int delete_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct delete_opts *o = opts;
	struct husk *h;
	int ret;

	if (o->regex)
		return cli_for_each_match(cli, operands[0], delete_one, o, err);
	ret = cli_husk(cli, &h, err);
	if (ret < 0)
		return ret;
	return delete_one(h, operands[0], o, err);
}

const struct cli_cmd cmd_delete = {
	.name = "delete",
	.operands = "ID",
	.summary = "remove a stopped container",
	.opts = delete_opts,
	.opts_size = sizeof(struct delete_opts),
	.min_operands = 1,
	.max_operands = 1,
	.run = delete_run,
};
