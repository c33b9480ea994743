/*
 * husk version: the same as --version.
 *
 * Engines read these lines: podman shows the first, containerd and Docker look for "commit: "
 * and "spec: ".  Called by the name of another runtime, husk answers in that one's form.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"

/* What only the library knows, an annotation of @features; false: it is not there, or empty. */
static bool put_annotation(FILE *to, const char *label, const char *features, const char *key)
{
	cleanup_free char *member = NULL;
	const char *at;
	size_t len;

	if (asprintf(&member, "\"%s\": \"", key) < 0) {
		member = NULL;
		return false;
	}
	at = strstr(features, member);
	if (!at)
		return false;
	at += strlen(member);
	len = strcspn(at, "\"");
	if (len)
		fprintf(to, "%s: %.*s\n", label, (int)len, at);
	return len > 0;
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
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	const char *features = husk_features(&text, &ignored) < 0 ? "" : text;

	fprintf(to, "%s version %s\n", cli->name, HUSK_VERSION);
	if (!put_annotation(to, "commit", features, "husk.commit"))
		fprintf(to, "commit: unknown\n");
	if (cli_is_crun(cli))
		put_run_directory(cli, to);
	fprintf(to, "spec: %s\n", HUSK_SPEC_VERSION);
	/* What crun's configure found is always built into husk. */
	if (cli_is_crun(cli))
		fprintf(to, "+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF +CRIU\n");
	else
		put_annotation(to, "libseccomp", features, "io.github.seccomp.libseccomp.version");
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
