/*
 * Signals by name, and how long to wait for what they do.
 *
 * Uses: husk.h.    Used by: cmd_kill.c, cmd_stop.c, cmd_wait.c.
 */
#include "cli/cli.h"

#include <limits.h>

/* "N": digits only, at most @max.  -1 if it is anything else. */
static int parse_number(const char *text, int max)
{
	int n = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *text - '0', &n) ||
		    n > max)
			return -1;
	}
	return n;
}

int cli_parse_signal(const char *text, int *out, struct husk_error *err)
{
	int sig = husk_signal_number(text);

	if (sig < 0)
		return husk_error_set(err, HUSK_E_CONFIG, EINVAL, "unknown signal \"%s\"", text);
	*out = sig;
	return 0;
}

int cli_parse_timeout(const char *text, int *ms, struct husk_error *err)
{
	const int max = INT_MAX / 1000;
	int seconds = parse_number(text, max);

	if (seconds < 0 && strcmp(text, "-1") != 0)
		return husk_error_set(err, HUSK_E_CONFIG, EINVAL,
				      "timeout \"%s\" is not a number of seconds from 0 to %d, nor -1",
				      text, max);
	*ms = seconds < 0 ? -1 : seconds * 1000;
	return 0;
}
