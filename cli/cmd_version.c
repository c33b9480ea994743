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

/* "libseccomp: 2.5.4" as runc has it; only the features document knows that. */
static void put_libseccomp(FILE *to)
{
	static const char key[] = "\"io.github.seccomp.libseccomp.version\": \"";
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	const char *at = husk_features(&text, &ignored) < 0 ? NULL : strstr(text, key);

	if (at) {
		at += strlen(key);
		fprintf(to, "libseccomp: %.*s\n", (int)strcspn(at, "\""), at);
	}
}

static void put_run_directory(const struct cli *cli, FILE *to)
{
	const char *root = cli->globals.root, *user = getenv("XDG_RUNTIME_DIR");

	if (root && *root)
		fprintf(to, "rundir: %s\n", root);
	else if (geteuid() != 0 && user && *user)
		fprintf(to, "rundir: %s/husk\n", user);
	else
		fprintf(to, "rundir: /run/husk\n");
}

void cli_print_version(const struct cli *cli, FILE *to)
{
	fprintf(to, "%s version %s\ncommit: %s\n", cli->name, HUSK_VERSION, HUSK_COMMIT);
	if (cli_is_crun(cli))
		put_run_directory(cli, to);
	fprintf(to, "spec: %s\n", HUSK_SPEC_VERSION);
	/* What crun's configure found is always built into husk. */
	if (cli_is_crun(cli))
		fprintf(to, "+SELINUX +APPARMOR +CAP +SECCOMP +EBPF\n");
	else
		put_libseccomp(to);
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
