/*
 * The dynamic program is what the static one becomes where a library is needed: see dynamic_static.c.
 *
 * Uses: dynamic.h.    Used by: main.c.
 */
#include "cli/dynamic.h"

#include "cli/cli.h"

int cli_become_dynamic(const struct cli *cli, struct husk_error *err)
{
	(void)cli;
	(void)err;
	return 0;
}

unsigned cli_records_before(void)
{
	const char *text = getenv(CLI_RECORDS);
	unsigned n = text ? (unsigned)strtoul(text, NULL, 10) : 0;

	(void)unsetenv(CLI_RECORDS);
	return n;
}
