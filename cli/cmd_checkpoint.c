/*
 * husk checkpoint: write the processes of a container to files.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"
#include "cli/criu_opts.h"

struct checkpoint_opts {
	struct cli_criu_opts c;
	bool leave_running, pre_dump, tcp_skip_in_flight;
	const char *parent_path, *page_server;
	unsigned status_fd;
};

static const struct cli_opt checkpoint_opts[] = {
	CLI_CRIU_ROWS(struct checkpoint_opts, c),
	{ 0, "leave-running", CLI_FLAG, offsetof(struct checkpoint_opts, leave_running), NULL,
	  "let the container go on afterwards" },
	{ 0, "pre-dump", CLI_FLAG, offsetof(struct checkpoint_opts, pre_dump), NULL,
	  "only its memory, and let it go on; a checkpoint follows" },
	{ 0, "parent-path", CLI_STRING, offsetof(struct checkpoint_opts, parent_path), "DIR",
	  "images of the pre-dump before, relative to those of this one" },
	{ 0, "tcp-skip-in-flight", CLI_FLAG, offsetof(struct checkpoint_opts, tcp_skip_in_flight),
	  NULL, "leave out TCP connections that are not accepted yet" },
	{ 0, "page-server", CLI_STRING, offsetof(struct checkpoint_opts, page_server),
	  "ADDRESS:PORT", "send the memory to a page server" },
	{ 0, "status-fd", CLI_UNSIGNED, offsetof(struct checkpoint_opts, status_fd), "FD",
	  "with --lazy-pages: write a NUL to it when memory can be fetched" },
	{ 0 },
};

/* "ADDRESS:PORT", split in place at the last colon: an IPv6 address has some. */
static int split_page_server(char *text, struct husk_criu_options *out, struct husk_error *err)
{
	char *colon = strrchr(text, ':'), *end = NULL;
	unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;

	if (!colon || colon == text || *end || port < 1 || port > 65535 || colon[1] < '0' ||
	    colon[1] > '9')
		return husk_error_set(err, HUSK_E_CONFIG, EINVAL,
				      "Use --page-server ADDRESS:PORT to specify page server: \"%s\"",
				      text);
	*colon = '\0';
	out->page_server_address = text;
	out->page_server_port = (unsigned)port;
	return 0;
}

static int checkpoint_run(struct cli *cli, const void *opts, char **operands,
			  struct husk_error *err)
{
	const struct checkpoint_opts *o = opts;
	cleanup_free char *server = o->page_server ? strdup(o->page_server) : NULL;
	cleanup_close int cancel_fd = -1;
	struct husk_criu_options options;
	struct husk *h;
	int ret = cli_criu_options(cli, &o->c, &options, err);

	if (ret == 0 && server)
		ret = split_page_server(server, &options, err);
	if (ret == 0)
		ret = cli_husk(cli, &h, err);
	if (ret < 0)
		return ret;
	cancel_fd = cli_criu_cancel_fd(err);
	if (cancel_fd < 0)
		return cancel_fd;
	options.cancel_fd = cancel_fd;
	options.leave_running = o->leave_running;
	options.pre_dump = o->pre_dump;
	options.parent_path = o->parent_path;
	options.tcp_skip_in_flight = o->tcp_skip_in_flight;
	options.status_fd = (int)o->status_fd;
	return husk_checkpoint(h, operands[0], &options, err);
}

const struct cli_cmd cmd_checkpoint = {
	.name = "checkpoint",
	.operands = "ID",
	.summary = "write the processes of a container to files",
	.details = "criu(8) does it, which must be installed; \"criu check\" tells whether it works\n"
		   "on this kernel. The container is deleted afterwards, unless it is to go on.",
	.opts = checkpoint_opts,
	.opts_size = sizeof(struct checkpoint_opts),
	.min_operands = 1,
	.max_operands = 1,
	.dynamic = true,
	.run = checkpoint_run,
};
