/*
 * The options that checkpoint and restore share: runc's and crun's together.
 *
 * Uses: cli.h.    Used by: cmd_checkpoint.c, cmd_restore.c.
 */
#ifndef HUSK_CLI_CRIU_OPTS_H
#define HUSK_CLI_CRIU_OPTS_H

#include "cli/cli.h"

struct cli_criu_opts {
	const char *image_path, *work_path;
	bool tcp_established, ext_unix_sk, shell_job, file_locks, auto_dedup, lazy_pages, link_remap;
	struct cli_list empty_ns;
	int cgroups, network_lock;
};

extern const struct cli_key cli_criu_cgroups[], cli_criu_locks[];

/* Rows for a struct @T whose member @m is a struct cli_criu_opts. */
#define CLI_CRIU_ROWS(T, m)                                                                        \
	{ 0, "image-path", CLI_STRING, offsetof(T, m.image_path), "DIR",                           \
	  "directory of the images; default: checkpoint" },                                        \
	{ 0, "work-path", CLI_STRING, offsetof(T, m.work_path), "DIR",                             \
	  "where criu writes its log; default: with the images" },                                 \
	{ 0, "tcp-established", CLI_FLAG, offsetof(T, m.tcp_established), NULL,                    \
	  "allow established TCP connections" },                                                   \
	{ 0, "ext-unix-sk", CLI_FLAG, offsetof(T, m.ext_unix_sk), NULL,                            \
	  "allow unix sockets to the outside" },                                                   \
	{ 0, "shell-job", CLI_FLAG, offsetof(T, m.shell_job), NULL,                                \
	  "allow a terminal that is husk's own" },                                                 \
	{ 0, "file-locks", CLI_FLAG, offsetof(T, m.file_locks), NULL,                              \
	  "allow file locks" },                                                                    \
	{ 0, "lazy-pages", CLI_FLAG, offsetof(T, m.lazy_pages), NULL,                              \
	  "fetch memory when it is used, by userfaultfd(2)" },                                     \
	{ 0, "auto-dedup", CLI_FLAG, offsetof(T, m.auto_dedup), NULL,                              \
	  "drop memory from older images once it is in newer ones" },                              \
	{ 0, "link-remap", CLI_FLAG, offsetof(T, m.link_remap), NULL,                              \
	  "keep deleted files by linking them again" },                                            \
	{ 0, "manage-cgroups-mode", CLI_KEY, offsetof(T, m.cgroups), "MODE",                       \
	  "soft (default), full, strict or ignore", cli_criu_cgroups },                            \
	{ 0, "network-lock", CLI_KEY, offsetof(T, m.network_lock), "METHOD",                       \
	  "iptables (default), nftables or skip", cli_criu_locks },                                \
	{ 0, "empty-ns", CLI_LIST, offsetof(T, m.empty_ns), "NAMESPACE",                           \
	  "leave out what is in it; only \"network\"" }

int cli_criu_options(const struct cli *cli, const struct cli_criu_opts *in,
		     struct husk_criu_options *out, struct husk_error *err);

/* From here on SIGINT and the like do not end us but make the returned descriptor readable, so that
 * criu is ended first and all is taken back.  The caller closes it. */
int cli_criu_cancel_fd(struct husk_error *err);

#endif /* HUSK_CLI_CRIU_OPTS_H */
