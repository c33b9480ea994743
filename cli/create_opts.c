/*
 * The options that create and run share: see create_opts.h.
 *
 * Uses: husk.h.    Used by: cmd_create.c, cmd_run.c, cmd_exec.c, cmd_plan.c.
 */
#include "cli/create_opts.h"

#include <fcntl.h>
#include <limits.h>

enum { FIRST_FD = 3 };	/* SD_LISTEN_FDS_START */

/* A number of the environment; 0 if it is none. */
static unsigned env_number(const char *name)
{
	const char *text = getenv(name);
	unsigned long n = 0;

	for (; text && *text; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		n = n * 10 + (unsigned long)(*text - '0');
		if (n > INT_MAX)
			return 0;
	}
	return (unsigned)n;
}

/* sd_listen_fds(3): the variables may be meant for another process, which inherited them to us. */
static unsigned listen_fds(void)
{
	const char *pid = getenv("LISTEN_PID");

	if (pid && env_number("LISTEN_PID") != (unsigned)getpid())
		return 0;
	return env_number("LISTEN_FDS");
}

static const char *env_or_null(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

int cli_check_preserved_fds(unsigned n, struct husk_error *err)
{
	for (unsigned i = 0; i < n; i++) {
		int sys;

		if (n <= INT_MAX - FIRST_FD && fcntl((int)(FIRST_FD + i), F_GETFD) >= 0)
			continue;
		sys = errno ? errno : EBADF;
		return husk_error_set(err, HUSK_E_CONFIG, sys,
				      "unable to stat preserved-fd %u (of %u): %s", FIRST_FD + i,
				      n, strerror(sys));
	}
	return 0;
}

void cli_create_options(const struct cli_create_opts *in, struct husk_create_options *out)
{
	unsigned listening = listen_fds();

	*out = (struct husk_create_options){
		.bundle = in->bundle,
		.config = in->config,
		.console_socket = in->console_socket,
		.pidfd_socket = in->pidfd_socket,
		.pid_file = in->pid_file,
		.notify_socket = env_or_null("NOTIFY_SOCKET"),
		.seccomp_receiver = env_or_null("RUN_OCI_SECCOMP_RECEIVER"),
		.preserve_fds = listening + in->preserve_fds,
		.listen_fds = listening,
		.listen_fdnames = listening ? env_or_null("LISTEN_FDNAMES") : NULL,
		.no_pivot = in->no_pivot,
		.no_new_keyring = in->no_new_keyring,
		.network = { in->network, in->publish.items, in->dns.items, in->egress.items },
		.landlock = in->landlock.items,
	};
}

int cli_check_console(bool detach, bool terminal, const char *console_socket,
		      struct husk_error *err)
{
	if (detach && terminal && !console_socket)
		return husk_error_set(err, HUSK_E_CONFIG, EINVAL,
				      "cannot allocate tty if runc will detach without setting "
				      "console socket");
	if (!detach && console_socket)
		return husk_error_set(err, HUSK_E_CONFIG, EINVAL,
				      "cannot use console socket if runc will not detach or "
				      "allocate tty");
	return 0;
}
