/*
 * probe: what its parts share.
 *
 * A command gets its arguments without its own name, and returns 0, or an exit status that ends
 * the program.
 *
 * Uses: nothing.    Used by: tests/helpers/probe.c, tests/helpers/probe/.
 */
#ifndef HUSK_PROBE_H
#define HUSK_PROBE_H

#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct probe_command {
	const char *name;
	int min_args;
	int (*run)(int argc, char **argv);
};

/* Each ends with a row without a name. */
extern const struct probe_command attack_commands[], file_commands[], identity_commands[],
	network_commands[], packet_commands[], process_commands[];

const char *errno_name(int e);
/* "ok", or the name of errno: @ret is what a system call returned. */
const char *outcome(long ret);
/* Run "COMMAND [ARG]... [-- ...]". */
int run_commands(int argc, char **argv);
/* Print a file as it is. */
int do_read(int argc, char **argv);

#endif /* HUSK_PROBE_H */
