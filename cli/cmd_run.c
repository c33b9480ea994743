/*
 * husk run: make a container, run its program and, in the foreground, remove it again.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"
#include "cli/create_opts.h"

#include <fcntl.h>

struct run_opts {
	struct cli_create_opts c;
	bool detach, keep;
};

static const struct cli_opt run_opts[] = {
	CLI_CREATE_ROWS(struct run_opts, c),
	{ 'd', "detach", CLI_FLAG, offsetof(struct run_opts, detach), NULL,
	  "return when the program runs" },
	{ 0, "keep", CLI_FLAG, offsetof(struct run_opts, keep), NULL,
	  "do not delete the container when it has ended" },
	{ 0 },
};

/* The program has run: its exit code is ours whatever becomes of the container.  But a failure
 * that is going to be reported stays the only one (see log.c). */
static void clean_up(const struct cli *cli, struct husk *h, const char *id, bool failed)
{
	struct husk_error err;

	if (husk_delete(h, id, HUSK_DELETE_FORCE, &err) < 0 && !failed)
		cli_log_error(&cli->log, &err);
}

/* A container that is kept remembers how it ended, for `wait`; the kernel may be too old for that. */
static void remember_end(struct husk *h, const char *id, int pidfd)
{
	struct husk_error ignored;
	int status;

	(void)husk_wait_read(h, id, pidfd, &status, &ignored);
}

static int run_foreground(struct cli *cli, struct husk *h, const char *id,
			  const struct husk_create_options *options, bool keep,
			  struct husk_error *err)
{
	struct husk_process process = { .pidfd = -1, .console = -1, .notify = -1 };
	cleanup_close int signal_fd = cli_foreground_begin(err), pidfd = -1;
	int ret;

	if (signal_fd < 0)
		return signal_fd;
	ret = husk_run(h, id, options, &process, err);
	if (ret < 0)
		return ret;
	if (keep)
		pidfd = fcntl(process.pidfd, F_DUPFD_CLOEXEC, 3);
	ret = cli_foreground_wait(signal_fd, &process, options->notify_socket, err);
	if (keep && ret >= 0)
		remember_end(h, id, pidfd);
	/* If we could not wait for it, nobody serves it any more. */
	if (!keep || ret < 0)
		clean_up(cli, h, id, ret < 0);
	return ret;
}

static int run_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct run_opts *o = opts;
	struct husk_create_options options;
	struct husk *h;
	int ret;

	ret = cli_check_console(o->detach, /* terminal= */ false, o->c.console_socket, err);
	if (ret < 0)
		return ret;
	cli_create_options(&o->c, &options);
	if (o->c.network)
		cli_log_warnings(&cli->log);
	ret = cli_check_preserved_fds(options.preserve_fds, err);
	if (ret < 0)
		return ret;
	cli->one_shot = !o->detach && !o->keep;
	ret = cli_husk(cli, &h, err);
	if (ret < 0)
		return ret;
	/* Nobody takes the terminal's master: one without a console socket is an error. */
	if (o->detach)
		return husk_run(h, operands[0], &options, /* out= */ NULL, err);
	return run_foreground(cli, h, operands[0], &options, o->keep, err);
}

const struct cli_cmd cmd_run = {
	.name = "run",
	.operands = "ID",
	.summary = "create a container and run its program",
	.details = "In the foreground signals go to the program, and husk exits with its exit\n"
		   "code, or 128+n if signal n killed it.\n\n" CLI_NETWORK_DETAILS,
	.opts = run_opts,
	.opts_size = sizeof(struct run_opts),
	.min_operands = 1,
	.max_operands = 1,
	.run = run_run,
};
