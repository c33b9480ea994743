/*
 * probe: the whole root filesystem of most tests; reports what a process inside sees.
 *
 *	probe COMMAND [ARG]... [-- COMMAND [ARG]...]...
 *
 * Every command prints lines of "key value..."; a system call that is expected to be refused is
 * reported by the name of its errno ("write /proc/sysrq-trigger EROFS"), never by an exit status.
 * `probe help` lists the commands, which are in the files of probe/.  Linked statically against
 * musl: it needs nothing around it.
 *
 * Uses: tests/helpers/probe/.    Used by: tests/integration, tests/bench.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/helpers/probe/probe.h"

static int all_argc;		/* the program's own arguments, for `args` */
static char **all_argv;

/* ---- names --------------------------------------------------------------------------------- */

const char *errno_name(int e)
{
	static const struct {
		int e;
		const char *name;
	} names[] = {
#define E(x) { x, #x }
		E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO), E(E2BIG), E(ENOEXEC),
		E(EBADF), E(ECHILD), E(EAGAIN), E(ENOMEM), E(EACCES), E(EFAULT), E(ENOTBLK),
		E(EBUSY), E(EEXIST), E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR), E(EINVAL),
		E(ENFILE), E(EMFILE), E(ENOTTY), E(ETXTBSY), E(EFBIG), E(ENOSPC), E(ESPIPE),
		E(EROFS), E(EMLINK), E(EPIPE), E(EDOM), E(ERANGE), E(EDEADLK), E(ENAMETOOLONG),
		E(ENOSYS), E(ENOTEMPTY), E(ELOOP), E(ENODATA), E(EOVERFLOW), E(EUSERS),
		E(EOPNOTSUPP), E(EAFNOSUPPORT), E(EPROTONOSUPPORT), E(EADDRINUSE),
		E(EADDRNOTAVAIL), E(ENETUNREACH), E(EHOSTUNREACH), E(ETIMEDOUT),
		E(ECONNREFUSED), E(ENOKEY), E(EKEYREVOKED),
		E(EDQUOT), E(ENOTSOCK),
#undef E
	};
	static char number[32];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].e == e)
			return names[i].name;
	}
	snprintf(number, sizeof(number), "errno-%d", e);
	return number;
}

const char *outcome(long ret)
{
	return ret < 0 ? errno_name(errno) : "ok";
}

/* ---- commands ------------------------------------------------------------------------------- */

static int do_args(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (int i = 0; i < all_argc; i++)
		printf("arg %d %s\n", i, all_argv[i]);
	return 0;
}

static int do_help(int argc, char **argv);

static const struct probe_command own_commands[] = {
	{ "args", 0, do_args },
	{ "help", 0, do_help },
	{ 0 },
};

static const struct probe_command *const tables[] = {
	own_commands, attack_commands, file_commands, identity_commands,
	network_commands, packet_commands, process_commands,
};

static int do_help(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		for (const struct probe_command *c = tables[t]; c->name; c++)
			printf("%s\n", c->name);
	}
	return 0;
}

static const struct probe_command *find_command(const char *name)
{
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		for (const struct probe_command *c = tables[t]; c->name; c++) {
			if (strcmp(c->name, name) == 0)
				return c;
		}
	}
	return NULL;
}

static int run_one(int argc, char **argv)
{
	const struct probe_command *c = find_command(argv[0]);

	if (!c) {
		fprintf(stderr, "probe: no command \"%s\"\n", argv[0]);
		return 2;
	}
	if (argc - 1 < c->min_args) {
		fprintf(stderr, "probe: %s: %d arguments are too few\n", argv[0], argc - 1);
		return 2;
	}
	return c->run(argc - 1, argv + 1);
}

int run_commands(int argc, char **argv)
{
	int ret = 0;

	while (argc > 0 && ret == 0) {
		int n = 0;

		while (n < argc && strcmp(argv[n], "--") != 0)
			n++;
		if (n > 0)
			ret = run_one(n, argv);
		fflush(stdout);
		argv += n < argc ? n + 1 : n;
		argc -= n < argc ? n + 1 : n;
	}
	return ret;
}

int main(int argc, char **argv)
{
	all_argc = argc;
	all_argv = argv;
	return argc > 1 ? run_commands(argc - 1, argv + 1) : 0;
}
