/*
 * Signals by name.
 *
 * Uses: runtime/base.    Used by: kill.c, the library's users.
 */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/include/husk.h"

/* Real-time signals are counted as glibc, systemd and Go do; musl's own SIGRTMIN is 35. */
enum { FIRST_REALTIME = 34, LAST_REALTIME = 64 };

static const struct {
	const char *name;
	int number;
} names[] = {
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
};

/* "RTMIN", "RTMIN+n", "RTMAX", "RTMAX-n" */
static int realtime(const char *name)
{
	bool from_min = strncasecmp(name, "RTMIN", 5) == 0;
	uint64_t n = 0;

	if (!from_min && strncasecmp(name, "RTMAX", 5) != 0)
		return -1;
	if (name[5] && (name[5] != (from_min ? '+' : '-') ||
			!str_to_u64(name + 6, LAST_REALTIME - FIRST_REALTIME, &n)))
		return -1;
	return from_min ? FIRST_REALTIME + (int)n : LAST_REALTIME - (int)n;
}

int husk_signal_number(const char *text)
{
	uint64_t n;

	if (str_to_u64(text, LAST_REALTIME, &n))
		return (int)n;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(names[i].name, text) == 0)
			return names[i].number;
	}
	return realtime(text);
}
