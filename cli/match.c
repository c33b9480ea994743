/*
 * Containers named by a regular expression: kill --regex, delete --regex.
 *
 * Uses: husk.h.    Used by: cmd_kill.c, cmd_delete.c.
 */
#include "cli/cli.h"

#include <regex.h>

static int compile(regex_t *re, const char *pattern, struct husk_error *err)
{
	char reason[128];
	int code = regcomp(re, pattern, REG_EXTENDED | REG_NOSUB);

	if (code == 0)
		return 0;
	(void)regerror(code, re, reason, sizeof(reason));
	return husk_error_set(err, HUSK_E_CONFIG, EINVAL, "regular expression \"%s\": %s", pattern,
			      reason);
}

int cli_for_each_match(struct cli *cli, const char *pattern,
		       int (*act)(struct husk *h, const char *id, const void *data,
				  struct husk_error *err),
		       const void *data, struct husk_error *err)
{
	struct husk_state **list;
	struct husk *h;
	size_t n;
	regex_t re;
	int ret, failed = 0;

	ret = cli_husk(cli, &h, err);
	if (ret < 0)
		return ret;
	ret = compile(&re, pattern, err);
	if (ret < 0)
		return ret;
	ret = husk_list(h, &list, &n, err);
	if (ret < 0) {
		regfree(&re);
		return ret;
	}
	for (size_t i = 0; i < n; i++) {
		struct husk_error one;

		if (regexec(&re, list[i]->id, 0, NULL, 0) != 0)
			continue;
		ret = act(h, list[i]->id, data, &one);
		/* Gone since it was listed: there is nothing left to do to it. */
		if (ret < 0 && one.kind != HUSK_E_NOT_FOUND && failed == 0) {
			*err = one;
			failed = ret;
		}
	}
	husk_list_free(list, n);
	regfree(&re);
	return failed;
}
