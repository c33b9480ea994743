/*
 * husk wait: wait for the end of a container and print its exit status.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

#include <sys/wait.h>

struct wait_opts {
	const char *timeout;
};

static const struct cli_opt wait_opts[] = {
	{ 't', "timeout", CLI_STRING, offsetof(struct wait_opts, timeout), "SECONDS",
	  "fail when it has not ended by then" },
	{ 0 },
};

static int wait_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct wait_opts *o = opts;
	int timeout_ms = -1, status, ret;
	struct husk *h;

	ret = o->timeout ? cli_parse_timeout(o->timeout, &timeout_ms, err) : 0;
	if (ret == 0)
		ret = cli_husk(cli, &h, err);
	if (ret == 0)
		ret = husk_wait(h, operands[0], timeout_ms, &status, err);
	if (ret < 0)
		return ret;
	printf("%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}

const struct cli_cmd cmd_wait = {
	.name = "wait",
	.operands = "ID",
	.summary = "wait for the end of a container and print its exit status",
	.details = "Prints the exit code of the container's program, or 128+n if signal n killed it.\n"
		   "It need not be a child of whoever waits.  Of a container that had ended before,\n"
		   "husk knows it if husk itself waited for it, stopped it or ran it with --keep, or\n"
		   "until the parent of its init collects that.",
	.opts = wait_opts,
	.opts_size = sizeof(struct wait_opts),
	.min_operands = 1,
	.max_operands = 1,
	.run = wait_run,
};
