/*
 * A container in the foreground: made, run to its end, and deleted.
 *
 * Uses: husk.h.    Used by: cmd_run.c, cmd_trace.c.
 */
#include "cli/cli.h"

#include <fcntl.h>

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

int cli_run_foreground(struct cli *cli, struct husk *h, const char *id,
		       const struct husk_create_options *options, bool keep, struct husk_error *err)
{
	struct husk_process process = { .pidfd = -1, .console = -1, .notify = -1 };
	cleanup_close int signal_fd = cli_foreground_begin(cli, err), pidfd = -1;
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
