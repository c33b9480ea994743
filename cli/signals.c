/*
 * Signals by name, and how long to wait for what they do.
 *
 * Uses: husk.h.    Used by: cmd_kill.c, cmd_stop.c, cmd_wait.c.
 */
#include "cli/cli.h"

#include <limits.h>
#include <strings.h>

static const struct cli_key names[] = {
	{ "ABRT", SIGABRT },     { "ALRM", SIGALRM },     { "BUS", SIGBUS },
	{ "CHLD", SIGCHLD },     { "CLD", SIGCHLD },      { "CONT", SIGCONT },
	{ "FPE", SIGFPE },       { "HUP", SIGHUP },       { "ILL", SIGILL },
	{ "INT", SIGINT },       { "IO", SIGIO },         { "IOT", SIGIOT },
	{ "KILL", SIGKILL },     { "PIPE", SIGPIPE },     { "POLL", SIGPOLL },
	{ "PROF", SIGPROF },     { "PWR", SIGPWR },       { "QUIT", SIGQUIT },
	{ "SEGV", SIGSEGV },     { "STKFLT", SIGSTKFLT }, { "STOP", SIGSTOP },
	{ "SYS", SIGSYS },       { "TERM", SIGTERM },     { "TRAP", SIGTRAP },
	{ "TSTP", SIGTSTP },     { "TTIN", SIGTTIN },     { "TTOU", SIGTTOU },
	{ "URG", SIGURG },       { "USR1", SIGUSR1 },     { "USR2", SIGUSR2 },
	{ "VTALRM", SIGVTALRM }, { "WINCH", SIGWINCH },   { "XCPU", SIGXCPU },
	{ "XFSZ", SIGXFSZ },
	{ NULL },
};

/* "N": digits only, at most @max.  -1 if it is anything else. */
static int parse_number(const char *text, int max)
{
	int n = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = n * 10 + (*text - '0');
		if (n > max)
			return -1;
	}
	return n;
}

/* "RTMIN", "RTMIN+n", "RTMAX", "RTMAX-n", counted as the container's C library does. */
static int parse_realtime(const char *name)
{
	const int span = SIGRTMAX - SIGRTMIN;
	bool from_min = strncasecmp(name, "RTMIN", 5) == 0;
	int n = 0;

	if (!from_min && strncasecmp(name, "RTMAX", 5) != 0)
		return -1;
	if (name[5]) {
		if (name[5] != (from_min ? '+' : '-'))
			return -1;
		n = parse_number(name + 6, span);
		if (n < 0)
			return -1;
	}
	return from_min ? SIGRTMIN + n : SIGRTMAX - n;
}

static int parse_name(const char *name)
{
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (const struct cli_key *k = names; k->name; k++) {
		if (strcasecmp(k->name, name) == 0)
			return k->value;
	}
	return parse_realtime(name);
}

int cli_parse_signal(const char *text, int *out, struct husk_error *err)
{
	int sig = parse_number(text, SIGRTMAX);

	if (sig < 0)
		sig = parse_name(text);
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
