/*
 * husk: the program.  It parses the command line, calls libhusk, and prints the one error.
 *
 *   main.c         globals, then the command: cli_commands[] is the list of all of them
 *   cmd_*.c        one command each: its options, its operands, what it calls in libhusk
 *   options.c      the option engine          help.c        --help and the manual page
 *   log.c          errors and the log         table.c       columns and compact JSON
 *   foreground.c   run and exec in the foreground: signals, terminal, exit code
 *   create_opts.c  what create, run and plan share
 *   signals.c      signals by name            match.c       containers by regular expression
 *   duration.c     intervals                  dynamic*.c    the static and the dynamic program
 *
 * The container itself is made by the library, whose whole face is husk.h:
 *
 *   specs/ reads config.json -> namespaces/ cgroups/ rootfs/ decide and emit steps of a launch
 *   plan -> runtime/ spawns husk-init, which carries the steps out and executes the program
 *
 * Uses: husk.h.    Used by: nobody.
 */
#include "cli/cli.h"
#include "cli/commands.h"

#include <fcntl.h>
#include <stdarg.h>

const struct cli_cmd *const cli_commands[] = {
	&cmd_checkpoint, &cmd_create, &cmd_delete, &cmd_doctor, &cmd_events, &cmd_exec,
	&cmd_features, &cmd_help, &cmd_kill, &cmd_list, &cmd_mounts, &cmd_pause, &cmd_plan,
	&cmd_ps, &cmd_restore, &cmd_resume, &cmd_run, &cmd_spec, &cmd_start, &cmd_state,
	&cmd_stats, &cmd_stop, &cmd_trace, &cmd_update, &cmd_validate, &cmd_version, &cmd_wait,
	NULL,
};

static const struct cli_key log_formats[] = {
	{ "text", CLI_LOG_TEXT }, { "json", CLI_LOG_JSON }, { NULL },
};

static const struct cli_key log_levels[] = {
	{ "error", HUSK_LOG_ERROR }, { "warn", HUSK_LOG_WARN },	  { "warning", HUSK_LOG_WARN },
	{ "info", HUSK_LOG_INFO },   { "debug", HUSK_LOG_DEBUG }, { NULL },
};

static const struct cli_key cgroup_managers[] = {
	{ "cgroupfs", HUSK_CGROUPFS }, { "systemd", HUSK_CGROUP_SYSTEMD },
	{ "disabled", HUSK_CGROUP_NONE }, { NULL },
};

static const struct cli_key rootless_words[] = {
	{ "true", 1 }, { "false", -1 }, { "auto", 0 }, { NULL },
};

#define AT(member) offsetof(struct cli_globals, member)
const struct cli_opt cli_global_opts[] = {
	{ 0, "root", CLI_STRING, AT(root), "DIR",
	  "state directory; default /run/husk, $XDG_RUNTIME_DIR/husk" },
	{ 0, "log", CLI_STRING, AT(log), "FILE",
	  "log to FILE as well; also journald:ID, syslog:ID" },
	{ 0, "log-format", CLI_KEY, AT(log_format), "FORMAT", "text or json", log_formats },
	{ 0, "log-level", CLI_KEY, AT(log_level), "LEVEL",
	  "error (default), warn, info or debug", log_levels },
	{ 0, "debug", CLI_FLAG, AT(debug), NULL, "the same as --log-level=debug" },
	{ 0, "systemd-cgroup", CLI_FLAG, AT(systemd_cgroup), NULL,
	  "the same as --cgroup-manager=systemd" },
	{ 0, "cgroup-manager", CLI_KEY, AT(cgroup_manager), "MANAGER",
	  "cgroupfs (default), systemd or disabled", cgroup_managers },
	{ 0, "rootless", CLI_KEY, AT(rootless), "WHETHER", "true, false or auto (default)",
	  rootless_words },
	{ 0, "criu", CLI_IGNORED_VALUE, 0, "PATH",
	  "nothing: taken for callers of runc; CRIU is found in the usual places" },
	{ 'v', "version", CLI_FLAG, AT(version), NULL, "print the version" },
	{ 0 },
};
#undef AT

const struct cli_cmd *cli_command(const char *name)
{
	for (const struct cli_cmd *const *c = cli_commands; *c; c++) {
		if (strcmp((*c)->name, name) == 0)
			return *c;
	}
	return NULL;
}

bool cli_is_crun(const struct cli *cli)
{
	return strcmp(cli->name, "crun") == 0;
}

int cli_husk(struct cli *cli, struct husk **out, struct husk_error *err)
{
	const struct cli_globals *g = &cli->globals;
	const struct husk_settings settings = {
		.root = g->root,
		.cgroup_manager = g->systemd_cgroup ? HUSK_CGROUP_SYSTEMD :
						      (enum husk_cgroup_manager)g->cgroup_manager,
		.rootless = g->rootless,
		.one_shot = cli->one_shot,
	};
	int ret;

	if (!cli->husk) {
		ret = husk_open(&settings, &cli->husk, err);
		if (ret < 0)
			return ret;
	}
	*out = cli->husk;
	return 0;
}

static void point_to_help(struct cli *cli, const struct cli_cmd *cmd, struct husk_error *err)
{
	(void)snprintf(err->hint, sizeof(err->hint), "try \"%.80s%s%s --help\"", cli->name,
		       cmd ? " " : "", cmd ? cmd->name : "");
	cli->failure = 1;
}

int cli_usage_error(struct cli *cli, const struct cli_cmd *cmd, struct husk_error *err,
		    const char *fmt, ...)
{
	char msg[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	(void)husk_error_set(err, HUSK_E_CONFIG, EINVAL, "%s", msg);
	point_to_help(cli, cmd, err);
	return -EINVAL;
}

/* Read options; a mistake in them has an exit code of its own in crun (EX_USAGE). */
static int parse(struct cli *cli, const struct cli_cmd *cmd, void *out, char **argv,
		 struct husk_error *err)
{
	int ret = cli_options_parse(cmd ? cmd->opts : cli_global_opts, out, argv,
				    cmd ? cmd->limit : 1, err);

	if (ret < 0) {
		point_to_help(cli, cmd, err);
		cli->failure = cli_is_crun(cli) ? 64 : 1;
	}
	return ret;
}

static int check_operands(struct cli *cli, const struct cli_cmd *cmd, char **operands,
			  struct husk_error *err)
{
	int n = 0;

	while (operands[n])
		n++;
	if (n >= cmd->min_operands && (cmd->max_operands < 0 || n <= cmd->max_operands))
		return 0;
	if (cmd->min_operands == cmd->max_operands)
		return cli_usage_error(cli, cmd, err, "\"%s\" requires exactly %d argument(s)",
				       cmd->name, cmd->min_operands);
	if (n < cmd->min_operands)
		return cli_usage_error(cli, cmd, err, "\"%s\" requires a minimum of %d argument(s)",
				       cmd->name, cmd->min_operands);
	return cli_usage_error(cli, cmd, err, "\"%s\" requires a maximum of %d argument(s)",
			       cmd->name, cmd->max_operands);
}

static int run_command(struct cli *cli, const struct cli_cmd *cmd, char **argv,
		       struct husk_error *err)
{
	void *opts = calloc(1, cmd->opts_size ? cmd->opts_size : 1);
	int ret;

	if (!opts)
		return husk_error_set(err, HUSK_E_SYSTEM, ENOMEM, "%s", strerror(ENOMEM));
	ret = parse(cli, cmd, opts, argv, err);
	if (ret == CLI_HELP) {
		cli_help_command(cli, cmd, stdout);
		ret = 0;
	} else if (ret == 0) {
		ret = check_operands(cli, cmd, argv, err);
		if (ret == 0)
			ret = cmd->run(cli, opts, argv, err);
	}
	cli_options_done(cmd->opts, opts);
	free(opts);
	return ret;
}

static void start_log(struct cli *cli)
{
	struct cli_log *log = &cli->log;

	log->told = cli_records_before();
	log->target = cli->globals.log && cli->globals.log[0] ? cli->globals.log : NULL;
	log->format = (enum cli_log_format)cli->globals.log_format;
	log->level = cli->globals.debug ? HUSK_LOG_DEBUG :
					  (enum husk_log_level)cli->globals.log_level;
	cli_log_start(log);
}

static int run(struct cli *cli, char **argv, struct husk_error *err)
{
	const struct cli_cmd *cmd;
	int ret = parse(cli, NULL, &cli->globals, argv, err);

	start_log(cli);
	if (ret < 0)
		return ret;
	if (ret != CLI_HELP && !argv[0] && !cli->globals.version && cli_is_crun(cli))
		return cli_usage_error(cli, NULL, err, "please specify a command");
	if (ret == CLI_HELP || (!argv[0] && !cli->globals.version)) {
		cli_help_program(cli, stdout);
		return 0;
	}
	if (cli->globals.version) {
		cli_print_version(cli, stdout);
		return 0;
	}
	cmd = cli_command(argv[0]);
	if (!cmd)
		return cli_usage_error(cli, NULL, err, "unknown command \"%s\"", argv[0]);
	if (cmd->failure && !cli_is_crun(cli))
		cli->failure = cmd->failure;
	if (cmd->dynamic && cli_become_dynamic(cli, err) < 0)
		return -err->sys;
	return run_command(cli, cmd, argv + 1, err);
}

/* Undo what a careless parent left us. */
static void tidy_process(void)
{
	/* While it is ignored, children vanish with their exit codes. */
	(void)signal(SIGCHLD, SIG_DFL);

	/* A closed 0, 1 or 2 would be taken by the next file that is opened, and written to. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			_exit(1);
	}
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (slash)
		path = slash + 1;
	return path && *path ? path : "husk";
}

/* Reading options moves the operands to the front. */
static char **copy_argv(int argc, char **argv)
{
	char **copy = calloc((size_t)argc + 1, sizeof(*copy));

	if (copy)
		memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	return copy;
}

int main(int argc, char **argv)
{
	const char *name = base_name(argv[0]);
	struct cli cli = { .name = name, .failure = 1, .log.name = name };
	struct husk_error err;
	int ret;

	tidy_process();
	cli.argv = copy_argv(argc, argv);
	ret = run(&cli, argc > 0 ? argv + 1 : argv, &err);
	if (fflush(stdout) != 0 && ret >= 0)
		ret = husk_error_set(&err, HUSK_E_SYSTEM, errno, "write to standard output: %s",
				     strerror(errno));
	husk_close(cli.husk);
	if (ret == -ELIBACC && cli_become_dynamic(&cli, &err) < 0)
		ret = -err.sys;
	free(cli.argv);
	if (ret < 0) {
		cli_log_error(&cli.log, &err);
		return cli.failure;
	}
	return ret;
}
