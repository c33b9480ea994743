/*
 * The options that checkpoint and restore share: see criu_opts.h.
 *
 * Uses: husk.h.    Used by: cmd_checkpoint.c, cmd_restore.c.
 */
#include "cli/criu_opts.h"

#include <sys/signalfd.h>

const struct cli_key cli_criu_cgroups[] = {
	{ "soft", HUSK_CRIU_CGROUPS_SOFT },	{ "full", HUSK_CRIU_CGROUPS_FULL },
	{ "strict", HUSK_CRIU_CGROUPS_STRICT }, { "ignore", HUSK_CRIU_CGROUPS_IGNORE },
	{ NULL },
};

const struct cli_key cli_criu_locks[] = {
	{ "iptables", HUSK_CRIU_LOCK_IPTABLES }, { "nftables", HUSK_CRIU_LOCK_NFTABLES },
	{ "skip", HUSK_CRIU_LOCK_SKIP },	 { NULL },
};

int cli_criu_options(const struct cli *cli, const struct cli_criu_opts *in,
		     struct husk_criu_options *out, struct husk_error *err)
{
	for (size_t i = 0; i < in->empty_ns.n; i++) {
		if (strcmp(in->empty_ns.items[i], "network") != 0)
			return husk_error_set(err, HUSK_E_CONFIG, EINVAL,
					      "--empty-ns: namespace \"%s\" is not supported, only "
					      "\"network\"", in->empty_ns.items[i]);
	}
	*out = (struct husk_criu_options){
		.image_path = in->image_path,
		.work_path = in->work_path,
		/* Each peer has its own; else the library looks for both. */
		.config_file = strcmp(cli->name, "runc") == 0 ? "/etc/criu/runc.conf" : NULL,
		.tcp_established = in->tcp_established,
		.ext_unix_sk = in->ext_unix_sk,
		.shell_job = in->shell_job,
		.file_locks = in->file_locks,
		.auto_dedup = in->auto_dedup,
		.lazy_pages = in->lazy_pages,
		.link_remap = in->link_remap,
		.empty_network = in->empty_ns.n > 0,
		.cgroups = (enum husk_criu_cgroups)in->cgroups,
		.network_lock = (enum husk_criu_network_lock)in->network_lock,
	};
	return 0;
}

int cli_criu_cancel_fd(struct husk_error *err)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		(void)sigaddset(&set, signals[i]);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return husk_error_set(err, HUSK_E_SYSTEM, errno, "signalfd: %s", strerror(errno));
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return fd;
}
