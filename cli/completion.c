/*
 * Completion for bash, zsh and fish, generated from the tables of commands and options.
 *
 * Uses: husk.h.    Used by: cmd_help.c.
 */
#include "cli/cli.h"

/* What may stand behind an option, or after a command. */
enum kind { K_NONE, K_WORD, K_KEY, K_FILE, K_DIR, K_ID, K_COMMAND };

static enum kind kind_of_value(const struct cli_opt *o)
{
	if (!o->value)
		return K_NONE;
	if (o->keys)
		return K_KEY;
	if (strcmp(o->value, "DIR") == 0)
		return K_DIR;
	if (strcmp(o->value, "FILE") == 0 || strcmp(o->value, "SOCKET") == 0)
		return K_FILE;
	return K_WORD;
}

static enum kind kind_of_operands(const struct cli_cmd *cmd)
{
	static const struct {
		const char *operands;
		enum kind kind;
	} words[] = {
		{ "ID", K_ID }, { "[BUNDLE]", K_DIR }, { "[COMMAND]", K_COMMAND },
		{ "[ID", K_ID }, { "add|remove", K_ID },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strncmp(cmd->operands, words[i].operands, strlen(words[i].operands)) == 0)
			return words[i].kind;
	}
	return K_NONE;
}

static void print_keys(const struct cli_key *keys, FILE *to)
{
	for (const struct cli_key *k = keys; k->name; k++)
		fprintf(to, "%s%s", k == keys ? "" : " ", k->name);
}

static void print_commands(FILE *to)
{
	for (const struct cli_cmd *const *c = cli_commands; *c; c++)
		fprintf(to, "%s%s", c == cli_commands ? "" : " ", (*c)->name);
}

/* @text in single quotes; @special: characters that get a backslash. */
static void quoted(const char *text, const char *special, FILE *to)
{
	(void)putc('\'', to);
	for (; *text; text++) {
		if (*text == '\'') {
			fputs("'\\''", to);
			continue;
		}
		if (strchr(special, *text))
			(void)putc('\\', to);
		(void)putc(*text, to);
	}
	(void)putc('\'', to);
}

/* ---- bash ----------------------------------------------------------------------------------- */

static void bash_options(const char *command, const struct cli_opt *opts, FILE *to)
{
	fprintf(to, "\t'%s') options='--help", command);
	for (const struct cli_opt *o = opts; o && o->name; o++) {
		if (o->help)
			fprintf(to, " --%s", o->name);
	}
	fputs("' ;;\n", to);
}

static void bash_values(const char *command, const struct cli_opt *opts, FILE *to)
{
	for (const struct cli_opt *o = opts; o && o->name; o++) {
		enum kind kind = o->help ? kind_of_value(o) : K_NONE;

		if (kind == K_NONE)
			continue;
		fprintf(to, "\t'%s:--%s'", command, o->name);
		if (o->short_name)
			fprintf(to, "|'%s:-%c'", command, o->short_name);
		fprintf(to, ") value=%s", kind == K_DIR ? "dir" : kind == K_FILE ? "file" : "word");
		if (kind == K_KEY) {
			fputs(" words='", to);
			print_keys(o->keys, to);
			fputs("'", to);
		}
		fputs(" ;;\n", to);
	}
}

/* Options before the command that take a value: the command is not the word behind them. */
static void bash_global_values(FILE *to)
{
	const char *bar = "";

	for (const struct cli_opt *o = cli_global_opts; o->name; o++) {
		if (o->kind == CLI_FLAG || o->kind == CLI_IGNORED)
			continue;
		fprintf(to, "%s--%s", bar, o->name);
		bar = "|";
	}
}

static void bash_operands(const struct cli_cmd *cmd, FILE *to)
{
	enum kind kind = kind_of_operands(cmd);

	if (kind == K_ID)
		fprintf(to, "\t%s) words=$(husk ${root:+\"--root=$root\"} list --quiet 2>/dev/null) ;;\n",
			cmd->name);
	else if (kind == K_DIR)
		fprintf(to, "\t%s) value=dir ;;\n", cmd->name);
	else if (kind == K_COMMAND)
		fprintf(to, "\t%s) words=$commands ;;\n", cmd->name);
}

static void bash(FILE *to)
{
	fputs("# Completion of husk(1) for bash: husk help --completion=bash\n"
	      "_husk()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal command= options= value= words= root= word= i commands='", to);
	print_commands(to);
	/* bash makes a word of its own of the "=" in --name=value. */
	fputs("'\n\n"
	      "\tif [ \"$cur\" = = ]; then\n\t\tcur=\n"
	      "\telif [ \"$prev\" = = ]; then\n\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n\tfi\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n\t\t", to);
	bash_global_values(to);
	fputs(")\n"
	      "\t\t\tword=${COMP_WORDS[i]}\n"
	      "\t\t\t[ \"${COMP_WORDS[i + 1]}\" != = ] || ((i++))\n"
	      "\t\t\t((i++))\n"
	      "\t\t\t[ \"$word\" != --root ] || root=${COMP_WORDS[i]} ;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*)\tcommand=${COMP_WORDS[i]}\n\t\t\tbreak ;;\n"
	      "\t\tesac\n\tdone\n"
	      "\tcase $command in\n", to);
	bash_options("", cli_global_opts, to);
	for (const struct cli_cmd *const *c = cli_commands; *c; c++)
		bash_options((*c)->name, (*c)->opts, to);
	fputs("\tesac\n\tcase $command:$prev in\n", to);
	bash_values("", cli_global_opts, to);
	for (const struct cli_cmd *const *c = cli_commands; *c; c++)
		bash_values((*c)->name, (*c)->opts, to);
	fputs("\t*)\tcase $cur:$command in\n"
	      "\t\t-*) words=$options ;;\n"
	      "\t\t*:) words=$commands ;;\n"
	      "\t\tesac ;;\n\tesac\n"
	      "\t[ -n \"$value$words\" ] || case $command in\n", to);
	for (const struct cli_cmd *const *c = cli_commands; *c; c++)
		bash_operands(*c, to);
	fputs("\tesac\n"
	      "\tcase $value in\n"
	      "\tdir) COMPREPLY=($(compgen -d -- \"$cur\")) ;;\n"
	      "\tfile) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
	      "\t*) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
	      "\tesac\n}\n"
	      "complete -o filenames -F _husk husk\n", to);
}

/* ---- zsh ------------------------------------------------------------------------------------ */

static void zsh_option(const struct cli_opt *o, FILE *to)
{
	enum kind kind = kind_of_value(o);

	fputs("\t\t", to);
	if (o->kind == CLI_LIST)
		fputs("'*'", to);
	else if (o->short_name)
		fprintf(to, "'(-%c --%s)'", o->short_name, o->name);
	if (o->short_name)
		fprintf(to, "{-%c%s,--%s%s}", o->short_name, o->value ? "+" : "", o->name,
			o->value ? "=" : "");
	else
		fprintf(to, "--%s%s", o->name, o->value ? "=" : "");
	fputs("'['", to);
	quoted(o->help, "[]\\", to);
	fputs("']'", to);
	if (kind != K_NONE) {
		fputs(":", to);
		quoted(o->value, ":\\[]", to);
		fputs(":", to);
	}
	if (kind == K_KEY) {
		fputs("'(", to);
		print_keys(o->keys, to);
		fputs(")'", to);
	} else if (kind == K_DIR || kind == K_FILE) {
		fprintf(to, "'_files%s'", kind == K_DIR ? " -/" : "");
	}
	fputs(" \\\n", to);
}

static void zsh_options(const struct cli_opt *opts, FILE *to)
{
	for (const struct cli_opt *o = opts; o && o->name; o++) {
		if (o->help)
			zsh_option(o, to);
	}
	fputs("\t\t'(- *)'{-h,--help}'[show this help]'", to);
}

static void zsh(FILE *to)
{
	static const char *const rest[] = {
		[K_NONE] = "", [K_ID] = " \\\n\t\t'*:container:_husk_containers'",
		[K_DIR] = " \\\n\t\t'*:bundle:_files -/'",
		[K_COMMAND] = " \\\n\t\t'1:command:_husk_commands'",
	};

	fputs("#compdef husk\n"
	      "# Completion of husk(1) for zsh: husk help --completion=zsh\n"
	      "_husk_containers()\n{\n"
	      "\tlocal -a ids=(${(f)\"$(_call_program containers husk list --quiet 2>/dev/null)\"})\n"
	      "\t(( CURRENT > 2 )) && _files\n"
	      "\t_wanted containers expl container compadd -a ids\n}\n\n"
	      "_husk_commands()\n{\n\tlocal -a commands=(\n", to);
	for (const struct cli_cmd *const *c = cli_commands; *c; c++) {
		fprintf(to, "\t\t%s:", (*c)->name);
		quoted((*c)->summary, ":\\", to);
		(void)putc('\n', to);
	}
	fputs("\t)\n\t_describe command commands\n}\n\n"
	      "_husk()\n{\n\tlocal curcontext=$curcontext state line expl\n\n"
	      "\t_arguments -C -s \\\n", to);
	zsh_options(cli_global_opts, to);
	fputs(" \\\n\t\t'1:command:_husk_commands' '*::argument:->argument'\n"
	      "\t[[ $state = argument ]] || return\n"
	      "\tcase $words[1] in\n", to);
	for (const struct cli_cmd *const *c = cli_commands; *c; c++) {
		fprintf(to, "\t%s) _arguments -s \\\n", (*c)->name);
		zsh_options((*c)->opts, to);
		fprintf(to, "%s ;;\n", rest[kind_of_operands(*c)]);
	}
	fputs("\tesac\n}\n\n"
	      "if [[ $funcstack[1] = _husk ]]; then\n\t_husk \"$@\"\nelse\n\tcompdef _husk husk\nfi\n",
	      to);
}

/* ---- fish ----------------------------------------------------------------------------------- */

/* In fish's single quotes a backslash is special, and a quote needs one. */
static void fish_text(const char *text, FILE *to)
{
	fputs(" -d '", to);
	for (; *text; text++)
		fprintf(to, "%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
	fputs("'\n", to);
}

static void fish_option(const char *when, const struct cli_opt *o, FILE *to)
{
	static const char *const flags[] = {
		[K_NONE] = "", [K_WORD] = " -x", [K_KEY] = " -x", [K_FILE] = " -r -F",
		[K_DIR] = " -x -a '(__fish_complete_directories)'",
	};
	enum kind kind = kind_of_value(o);

	fprintf(to, "complete -c husk -n '%s'", when);
	if (o->short_name)
		fprintf(to, " -s %c", o->short_name);
	fprintf(to, " -l %s%s", o->name, flags[kind]);
	if (kind == K_KEY) {
		fputs(" -a '", to);
		print_keys(o->keys, to);
		fputs("'", to);
	}
	fish_text(o->help, to);
}

static void fish_command(const struct cli_cmd *cmd, FILE *to)
{
	static const char *const operands[] = {
		[K_ID] = "(husk list --quiet 2>/dev/null)", [K_COMMAND] = "(__husk_commands)",
		[K_DIR] = "(__fish_complete_directories)",
	};
	enum kind kind = kind_of_operands(cmd);
	char when[64];

	(void)snprintf(when, sizeof(when), "__husk_is %s", cmd->name);
	fprintf(to, "complete -c husk -n __husk_none -a %s", cmd->name);
	fish_text(cmd->summary, to);
	for (const struct cli_opt *o = cmd->opts; o && o->name; o++) {
		if (o->help)
			fish_option(when, o, to);
	}
	if (kind != K_NONE)
		fprintf(to, "complete -c husk -n '%s' -a '%s'\n", when, operands[kind]);
}

static void fish(FILE *to)
{
	fputs("# Completion of husk(1) for fish: husk help --completion=fish\n"
	      "function __husk_commands\n\tstring split ' ' '", to);
	print_commands(to);
	fputs("'\nend\n"
	      "# The command on the line: the first word that is one.\n"
	      "function __husk_command\n"
	      "\tfor word in (commandline -opc)[2..-1]\n"
	      "\t\tcontains -- $word (__husk_commands); and echo $word; and return\n"
	      "\tend\nend\n"
	      "function __husk_is\n\tset -l command (__husk_command)\n"
	      "\ttest \"$command\" = \"$argv\"\nend\n"
	      "function __husk_none\n\t__husk_is ''\nend\n"
	      "complete -c husk -f\n"
	      "complete -c husk -s h -l help -d 'show this help'\n", to);
	for (const struct cli_opt *o = cli_global_opts; o->name; o++) {
		if (o->help)
			fish_option("__husk_none", o, to);
	}
	for (const struct cli_cmd *const *c = cli_commands; *c; c++)
		fish_command(*c, to);
}

void cli_help_completion(enum cli_shell shell, FILE *to)
{
	static void (*const shells[])(FILE *to) = {
		[CLI_BASH] = bash, [CLI_ZSH] = zsh, [CLI_FISH] = fish,
	};

	shells[shell](to);
}
