/*
 * Help and the manual page, generated from the tables of commands and options.
 *
 * Uses: husk.h.    Used by: main.c, cmd_help.c.
 */
#include "cli/cli.h"

enum { HELP_COLUMN = 34 };

/* "-b, --bundle=DIR" */
static void option_name(const struct cli_opt *o, char *buf, size_t size)
{
	char letter[] = "    ";

	if (o->short_name)
		(void)snprintf(letter, sizeof(letter), "-%c,", o->short_name);
	(void)snprintf(buf, size, "%-4s--%s%s%s", letter, o->name, o->value ? "=" : "",
		       o->value ? o->value : "");
}

static void print_options(const struct cli_opt *opts, FILE *to)
{
	static const struct cli_opt help = { 'h', "help", .help = "show this help" };
	char name[64];

	for (const struct cli_opt *o = opts; o && o->name; o++) {
		if (!o->help)
			continue;
		option_name(o, name, sizeof(name));
		fprintf(to, "  %-*s%s\n", HELP_COLUMN - 2, name, o->help);
	}
	option_name(&help, name, sizeof(name));
	fprintf(to, "  %-*s%s\n", HELP_COLUMN - 2, name, help.help);
}

void cli_help_program(const struct cli *cli, FILE *to)
{
	fprintf(to,
		"Usage: %s [OPTION...] COMMAND [ARG...]\n\n"
		"Run containers from OCI bundles.\n\n"
		"Commands:\n",
		cli->name);
	for (const struct cli_cmd *const *c = cli_commands; *c; c++)
		fprintf(to, "  %-12s%s\n", (*c)->name, (*c)->summary);
	fprintf(to, "\nOptions, before the command:\n");
	print_options(cli_global_opts, to);
	fprintf(to, "\n\"%s COMMAND --help\" tells about one command.\n", cli->name);
}

void cli_help_command(const struct cli *cli, const struct cli_cmd *cmd, FILE *to)
{
	const char *space = cmd->operands[0] ? " " : "";

	fprintf(to, "Usage: %s %s [OPTION...]%s%s\n\n%s\n", cli->name, cmd->name, space,
		cmd->operands, cmd->summary);
	if (cmd->details)
		fprintf(to, "\n%s\n", cmd->details);
	fprintf(to, "\nOptions:\n");
	print_options(cmd->opts, to);
}

/* Text for man(7): '-' and '\' are special, and so is a '.' or a quote that begins a line. */
static void man_text(const char *text, FILE *to)
{
	bool begins = true;

	for (; *text; text++) {
		if (begins && (*text == '.' || *text == '\''))
			fputs("\\&", to);
		if (*text == '-' || *text == '\\')
			fputs(*text == '-' ? "\\-" : "\\e", to);
		else
			(void)putc(*text, to);
		begins = *text == '\n';
	}
}

static void man_options(const struct cli_opt *opts, FILE *to)
{
	for (const struct cli_opt *o = opts; o && o->name; o++) {
		if (!o->help)
			continue;
		fputs(".TP\n", to);
		if (o->short_name)
			fprintf(to, "\\fB\\-%c\\fR, ", o->short_name);
		fputs("\\fB\\-\\-", to);
		man_text(o->name, to);
		fprintf(to, "\\fR%s\\fI%s\\fR\n", o->value ? "=" : "", o->value ? o->value : "");
		man_text(o->help, to);
		(void)putc('\n', to);
	}
}

static void man_command(const struct cli_cmd *cmd, FILE *to)
{
	fprintf(to, ".SS %s \\fI%s\\fR\n", cmd->name, cmd->operands);
	man_text(cmd->summary, to);
	fputs(".\n", to);
	if (cmd->details) {
		fputs(".PP\n", to);
		man_text(cmd->details, to);
		(void)putc('\n', to);
	}
	man_options(cmd->opts, to);
}

void cli_help_man(FILE *to)
{
	fputs(".TH HUSK 1 \"\" \"husk " HUSK_VERSION "\"\n"
	      ".SH NAME\nhusk \\- run containers from OCI bundles\n"
	      ".SH SYNOPSIS\n\\fBhusk\\fR [\\fIOPTION\\fR...] \\fICOMMAND\\fR [\\fIARG\\fR...]\n"
	      ".SH DESCRIPTION\n"
	      "husk is a runtime for containers as the OCI runtime specification " HUSK_SPEC_VERSION
	      "\ndescribes them: a directory, the bundle, holds \\fIconfig.json\\fR and a root\n"
	      "file system.  Container engines call it in place of runc or crun.\n"
	      ".SH OPTIONS\nThese stand before the command.\n",
	      to);
	man_options(cli_global_opts, to);
	fputs(".SH COMMANDS\nEvery command knows \\fB\\-\\-help\\fR.\n", to);
	for (const struct cli_cmd *const *c = cli_commands; *c; c++)
		man_command(*c, to);
	fputs(".SH EXIT STATUS\n"
	      "\\fBrun\\fR and \\fBexec\\fR in the foreground exit with the code of the\n"
	      "container's program, or 128+\\fIn\\fR if signal \\fIn\\fR killed it.\n"
	      "Otherwise 0 is success and 1 an error; 255 is an error of \\fBexec\\fR.\n"
	      ".SH ENVIRONMENT\n"
	      ".TP\n\\fBXDG_RUNTIME_DIR\\fR\n"
	      "Holds the state directory of users other than root.\n"
	      ".TP\n\\fBNOTIFY_SOCKET\\fR, \\fBLISTEN_FDS\\fR, \\fBLISTEN_PID\\fR, "
	      "\\fBLISTEN_FDNAMES\\fR\n"
	      "Passed on to the container, see sd_notify(3) and sd_listen_fds(3).\n",
	      to);
}
