/*
 * husk help: the same as --help.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

struct help_opts {
	bool man;
	int shell;
};

static const struct cli_key shells[] = {
	{ "bash", CLI_BASH }, { "zsh", CLI_ZSH }, { "fish", CLI_FISH }, { 0 },
};

static const struct cli_opt help_opts[] = {
	{ 0, "man", CLI_FLAG, offsetof(struct help_opts, man), NULL,
	  "print the manual page husk(1)" },
	{ 0, "completion", CLI_KEY, offsetof(struct help_opts, shell), "SHELL",
	  "print the completion for bash, zsh or fish", shells },
	{ 0 },
};

static int help_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct help_opts *o = opts;
	const struct cli_cmd *cmd;

	if (o->man) {
		cli_help_man(stdout);
		return 0;
	}
	if (o->shell != CLI_NO_SHELL) {
		cli_help_completion((enum cli_shell)o->shell, stdout);
		return 0;
	}
	if (!operands[0]) {
		cli_help_program(cli, stdout);
		return 0;
	}
	cmd = cli_command(operands[0]);
	if (!cmd)
		return cli_usage_error(cli, NULL, err, "unknown command \"%s\"", operands[0]);
	cli_help_command(cli, cmd, stdout);
	return 0;
}

const struct cli_cmd cmd_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.summary = "tell about a command, or list them all",
	.opts = help_opts,
	.opts_size = sizeof(struct help_opts),
	.max_operands = 1,
	.run = help_run,
};
