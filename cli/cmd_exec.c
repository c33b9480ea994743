/*
 * husk exec: run another process in a container.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"
#include "cli/create_opts.h"

struct exec_opts {
	const char *process, *cwd, *user, *cgroup;
	const char *process_label, *apparmor;
	const char *console_socket, *pidfd_socket, *pid_file;
	struct cli_list env, caps, gids, landlock;
	bool tty, detach, no_new_privs, ignore_paused;
	unsigned preserve_fds;
};

#define AT(member) offsetof(struct exec_opts, member)
static const struct cli_opt exec_opts[] = {
	{ 't', "tty", CLI_FLAG, AT(tty), NULL, "give the process a terminal; also --tty=BOOL" },
	{ 'd', "detach", CLI_FLAG, AT(detach), NULL, "return when the program runs" },
	{ 'e', "env", CLI_LIST, AT(env), "NAME=VALUE", "set a variable of the environment" },
	{ 'u', "user", CLI_STRING, AT(user), "UID[:GID]", "run as this user" },
	{ 'g', "additional-gids", CLI_LIST, AT(gids), "GID", "add a group" },
	{ 'c', "cap", CLI_LIST, AT(caps), "CAP",
	  "add a capability; called as crun: have these only" },
	{ 'p', "process", CLI_STRING, AT(process), "FILE",
	  "read an OCI process object from FILE" },
	{ 0, "cwd", CLI_STRING, AT(cwd), "DIR", "working directory in the container" },
	{ 0, "cgroup", CLI_STRING, AT(cgroup), "[CONTROLLERS:]PATH",
	  "run in this existing cgroup below the container's" },
	{ 0, "no-new-privs", CLI_FLAG, AT(no_new_privs), NULL, "set no_new_privs" },
	{ 0, "process-label", CLI_STRING, AT(process_label), "LABEL", "SELinux label" },
	{ 0, "apparmor", CLI_STRING, AT(apparmor), "PROFILE", "AppArmor profile" },
	CLI_LANDLOCK_ROW(struct exec_opts, landlock),
	{ 0, "ignore-paused", CLI_FLAG, AT(ignore_paused), NULL,
	  "do it in a paused container, too" },
	{ 0, "preserve-fds", CLI_UNSIGNED, AT(preserve_fds), "N",
	  "pass the descriptors 3 to 3+N-1" },
	{ 0, "console-socket", CLI_STRING, AT(console_socket), "SOCKET",
	  "send the terminal's master to this AF_UNIX socket" },
	{ 0, "pidfd-socket", CLI_STRING, AT(pidfd_socket), "SOCKET",
	  "send a pidfd of the process to this AF_UNIX socket" },
	{ 0, "pid-file", CLI_STRING, AT(pid_file), "FILE",
	  "write the host pid of the process to FILE" },
	{ 0, "no-subreaper", CLI_IGNORED, 0, NULL, "nothing: taken for callers of runc" },
	{ 0 },
};
#undef AT

/* "GID,GID...", or NULL if there is none or no memory; free(). */
static char *join(const struct cli_list *list)
{
	size_t size = 1;
	char *text, *p;

	for (size_t i = 0; i < list->n; i++)
		size += strlen(list->items[i]) + 1;
	text = list->n ? malloc(size) : NULL;
	if (!text)
		return NULL;
	p = text;
	for (size_t i = 0; i < list->n; i++) {
		if (i > 0)
			*p++ = ',';
		p = stpcpy(p, list->items[i]);
	}
	return text;
}

static int exec_foreground(struct cli *cli, struct husk *h, const char *id,
			   const struct husk_exec_options *options, struct husk_error *err)
{
	struct husk_process process = { .pidfd = -1, .console = -1, .notify = -1 };
	cleanup_close int signal_fd = cli_foreground_begin(cli, err);
	int ret;

	if (signal_fd < 0)
		return signal_fd;
	ret = husk_exec(h, id, options, &process, err);
	if (ret < 0)
		return ret;
	return cli_foreground_wait(signal_fd, &process, /* notify_socket= */ NULL, err);
}

static int check(struct cli *cli, const struct exec_opts *o, char **operands,
		 struct husk_error *err)
{
	int ret;

	if (!operands[1] && !o->process) {
		ret = cli_usage_error(cli, &cmd_exec, err,
				      "\"exec\" requires a command, or --process");
		/* In runc it is the process that is wrong, not the call. */
		if (!cli_is_crun(cli))
			cli->failure = cmd_exec.failure;
		return ret;
	}
	ret = cli_check_console(o->detach, o->tty, o->console_socket, err);
	if (ret < 0)
		return ret;
	return cli_check_preserved_fds(o->preserve_fds, err);
}

static int exec_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct exec_opts *o = opts;
	cleanup_free char *gids = join(&o->gids);
	const struct husk_exec_options options = {
		.process_json = o->process,
		.args = operands[1] ? operands + 1 : NULL,
		.cwd = o->cwd,
		.env = o->env.items,
		.user = o->user,
		.additional_gids = gids,
		.caps = o->caps.items,
		.only_caps = cli_is_crun(cli),
		.tty = o->tty,
		.no_new_privs = o->no_new_privs,
		.ignore_paused = o->ignore_paused,
		.process_label = o->process_label,
		.apparmor = o->apparmor,
		.landlock = o->landlock.items,
		.cgroup = o->cgroup,
		.console_socket = o->console_socket,
		.pidfd_socket = o->pidfd_socket,
		.seccomp_receiver = getenv("RUN_OCI_SECCOMP_RECEIVER"),
		.pid_file = o->pid_file,
		.preserve_fds = o->preserve_fds,
	};
	struct husk *h;
	int ret;

	if (o->gids.n && !gids)
		return husk_error_set(err, HUSK_E_SYSTEM, ENOMEM, "exec: %s", strerror(ENOMEM));
	if (o->landlock.n)
		cli_log_warnings(&cli->log);
	ret = check(cli, o, operands, err);
	if (ret < 0)
		return ret;
	ret = cli_husk(cli, &h, err);
	if (ret < 0)
		return ret;
	/* Nobody takes the terminal's master: one without a console socket is an error. */
	if (o->detach)
		return husk_exec(h, operands[0], &options, /* out= */ NULL, err);
	return exec_foreground(cli, h, operands[0], &options, err);
}

const struct cli_cmd cmd_exec = {
	.name = "exec",
	.operands = "ID COMMAND [ARG...]",
	.summary = "run another process in a container",
	.details = "Options end at COMMAND, which --process makes unnecessary.  In the foreground\n"
		   "husk exits with the program's exit code, or 128+n if signal n killed it, and\n"
		   "with 255 if it could not be run.\n\n" CLI_LANDLOCK_DETAILS "\n"
		   "They are added to the container's own, which hold in any case.",
	.opts = exec_opts,
	.opts_size = sizeof(struct exec_opts),
	.min_operands = 1,
	.max_operands = -1,
	.limit = 2,
	.failure = 255,
	.run = exec_run,
};
