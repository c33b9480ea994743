/*
 * husk restore: make a container from the files that checkpoint wrote.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"
#include "cli/create_opts.h"
#include "cli/criu_opts.h"

struct restore_opts {
	struct cli_create_opts create;
	struct cli_criu_opts c;
	bool detach, tcp_close;
	const char *lsm_profile, *lsm_mount_context;
};

static const struct cli_opt restore_opts[] = {
	CLI_CREATE_ROWS(struct restore_opts, create),
	CLI_CRIU_ROWS(struct restore_opts, c),
	{ 'd', "detach", CLI_FLAG, offsetof(struct restore_opts, detach), NULL,
	  "return when the container runs" },
	{ 0, "tcp-close", CLI_FLAG, offsetof(struct restore_opts, tcp_close), NULL,
	  "restore TCP connections closed" },
	{ 0, "lsm-profile", CLI_STRING, offsetof(struct restore_opts, lsm_profile), "TYPE:NAME",
	  "selinux:LABEL or apparmor:PROFILE instead of the saved one" },
	{ 0, "lsm-mount-context", CLI_STRING, offsetof(struct restore_opts, lsm_mount_context),
	  "CONTEXT", "SELinux context of mounts instead of the saved one" },
	{ 0 },
};

/* The program's exit code is ours whatever becomes of the container; see cmd_run.c. */
static void clean_up(const struct cli *cli, struct husk *h, const char *id, bool failed)
{
	struct husk_error err;

	if (husk_delete(h, id, HUSK_DELETE_FORCE, &err) < 0 && !failed)
		cli_log_error(&cli->log, &err);
}

static int restore_foreground(struct cli *cli, struct husk *h, const char *id,
			      const struct husk_create_options *create,
			      const struct husk_criu_options *options, struct husk_error *err)
{
	struct husk_process process = { .pidfd = -1, .console = -1, .notify = -1 };
	cleanup_close int signal_fd = cli_foreground_begin(cli, err);
	int ret;

	if (signal_fd < 0)
		return signal_fd;
	ret = husk_restore(h, id, create, options, &process, err);
	if (ret < 0)
		return ret;
	ret = cli_foreground_wait(signal_fd, &process, create->notify_socket, err);
	clean_up(cli, h, id, ret < 0);
	return ret;
}

static int restore_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct restore_opts *o = opts;
	cleanup_close int cancel_fd = -1;
	struct husk_create_options create;
	struct husk_criu_options options;
	struct husk *h;
	int ret = cli_check_console(o->detach, /* terminal= */ false, o->create.console_socket, err);

	if (ret == 0)
		ret = cli_criu_options(cli, &o->c, &options, err);
	if (ret == 0)
		ret = cli_husk(cli, &h, err);
	if (ret < 0)
		return ret;
	cli_create_options(&o->create, &create);
	cancel_fd = cli_criu_cancel_fd(err);
	if (cancel_fd < 0)
		return cancel_fd;
	options.cancel_fd = cancel_fd;
	options.tcp_close = o->tcp_close;
	options.lsm_profile = o->lsm_profile;
	options.lsm_mount_context = o->lsm_mount_context;
	if (o->detach)
		return husk_restore(h, operands[0], &create, &options, /* out= */ NULL, err);
	return restore_foreground(cli, h, operands[0], &create, &options, err);
}

const struct cli_cmd cmd_restore = {
	.name = "restore",
	.operands = "ID",
	.summary = "make a container from the files of a checkpoint",
	.details = "The bundle gives the root filesystem, mounts, cgroup and hooks, the files give\n"
		   "the processes. In the foreground husk waits for the container, as run does.\n"
		   "Only files of a checkpoint that you trust: criu reads them as root.",
	.opts = restore_opts,
	.opts_size = sizeof(struct restore_opts),
	.min_operands = 1,
	.max_operands = 1,
	.dynamic = true,
	.run = restore_run,
};
