/*
 * husk version: the same as --version.
 *
 * Engines read these lines: podman shows the first, containerd and Docker look for "commit: "
 * and "spec: ".  Called by the name of another runtime, husk answers in that one's form.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

#ifndef HUSK_COMMIT
#define HUSK_COMMIT "unknown"
#endif

void cli_print_version(const struct cli *cli, FILE *to)
{
	fprintf(to, "%s version %s\ncommit: %s\n", cli->name, HUSK_VERSION, HUSK_COMMIT);
	if (cli_is_crun(cli))
		fprintf(to, "rundir: %s\n", cli->globals.root ? cli->globals.root : "/run/husk");
	fprintf(to, "spec: %s\n", HUSK_SPEC_VERSION);
	/* What crun's configure found is always built into husk. */
	if (cli_is_crun(cli))
		fprintf(to, "+CAP +SECCOMP +EBPF\n");
}

static int version_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	(void)opts;
	(void)operands;
	(void)err;
	cli_print_version(cli, stdout);
	return 0;
}

const struct cli_cmd cmd_version = {
	.name = "version",
	.operands = "",
	.summary = "print the version",
	.run = version_run,
};
