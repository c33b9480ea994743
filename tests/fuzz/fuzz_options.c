/*
 * Lines as the command line of each command: options are read, nothing is run.  Before a line "%%"
 * are the variables that a service manager sets.
 *
 * Uses: cli.    Used by: run.sh.
 */
#include "cli/create_opts.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_ARGS = 32 };

/* In the order of the lines before "%%". */
static const char *const variables[] = { "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
					 "NOTIFY_SOCKET" };

static void environment(char *text)
{
	struct cli_create_opts in = { 0 };
	struct husk_create_options out;
	char *save = NULL, *value = strtok_r(text, "\n", &save);

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		if (value)
			MUST(setenv(variables[i], value, 1) == 0);
		else
			MUST(unsetenv(variables[i]) == 0);
		value = value ? strtok_r(NULL, "\n", &save) : NULL;
	}
	cli_create_options(&in, &out);
	MUST(out.listen_fds == 0 || getenv("LISTEN_FDS"));
	MUST(out.preserve_fds == out.listen_fds);
}

/* What is left is a part of what was there, in its order. */
static void check_operands(char *const *operands, char *const *argv, size_t n)
{
	size_t i = 0;

	for (; *operands; operands++) {
		while (i < n && argv[i] != *operands)
			i++;
		MUST(i++ < n);
	}
}

static void parse(const struct cli_opt *opts, size_t opts_size, int limit, char *const *argv,
		  size_t n)
{
	char *copy[MAX_ARGS + 1] = { NULL };
	void *out = calloc(1, opts_size + 1);
	struct husk_error err = { 0 };
	int ret;

	memcpy(copy, argv, n * sizeof(*argv));
	ret = cli_options_parse(opts, out, copy, limit, &err);
	if (ret == 0)
		check_operands(copy, argv, n);
	else
		MUST(ret == CLI_HELP || (ret == -err.sys && err.msg[0]));
	cli_options_done(opts, out);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *env = fuzz_part(&data, &size), *text = fuzz_part(&data, &size), *save = NULL;
	char *argv[MAX_ARGS];
	struct husk_error err = { 0 };
	size_t n = 0;
	int number;

	for (char *a = strtok_r(text, "\n", &save); a && n < MAX_ARGS;
	     a = strtok_r(NULL, "\n", &save)) {
		(void)cli_parse_signal(a, &number, &err);
		(void)cli_parse_timeout(a, &number, &err);
		argv[n++] = a;
	}
	environment(env);
	parse(cli_global_opts, sizeof(struct cli_globals), 1, argv, n);
	for (const struct cli_cmd *const *c = cli_commands; *c; c++)
		parse((*c)->opts, (*c)->opts_size, (*c)->limit, argv, n);
	free(env);
	free(text);
	return 0;
}
