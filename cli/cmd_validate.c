/*
 * husk validate: everything that is wrong with a configuration.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"
#include "cli/create_opts.h"

struct validate_opts {
	struct cli_create_opts c;
};

static const struct cli_opt validate_opts[] = {
	CLI_BUNDLE_ROWS(struct validate_opts, c),
	{ 0 },
};

static int validate_run(struct cli *cli, const void *opts, char **operands,
			struct husk_error *err)
{
	const struct validate_opts *o = opts;
	const char *bundle = operands[0] ? operands[0] : o->c.bundle;
	struct husk_problem *problems;
	size_t n;
	int ret;

	(void)cli;
	ret = husk_validate(bundle, o->c.config, &problems, &n, err);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < n; i++) {
		const char *pointer = problems[i].pointer;

		/* The pointer to the whole document is empty. */
		printf("%s: %s\n", *pointer ? pointer : "config.json", problems[i].message);
	}
	husk_problems_free(problems, n);
	return n ? 1 : 0;
}

const struct cli_cmd cmd_validate = {
	.name = "validate",
	.operands = "[BUNDLE]",
	.summary = "print everything that is wrong with a bundle's config.json",
	.details = "One problem a line: where it is, as a JSON pointer, and what it is.  The exit\n"
		   "code is 1 if there are any.",
	.opts = validate_opts,
	.opts_size = sizeof(struct validate_opts),
	.max_operands = 1,
	.run = validate_run,
};
