/*
 * What the commands of the husk program share: the option engine, the log, the tables.
 *
 * A command is one struct cli_cmd in its own cmd_*.c.  Its options are rows that fill the
 * command's own struct; help and the man page are generated from the same rows.  Nothing below
 * main.c prints an error: it is returned, and printed once.
 *
 * Uses: husk.h.    Used by: cli only.
 */
#ifndef HUSK_CLI_CLI_H
#define HUSK_CLI_CLI_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/include/husk.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline void cli_freep(void *p)
{
	free(*(void **)p);
}

static inline void cli_closep(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#define cleanup_free __attribute__((cleanup(cli_freep)))
#define cleanup_close __attribute__((cleanup(cli_closep)))

/* ---- options (options.c) --------------------------------------------------- */

enum cli_opt_kind {
	CLI_FLAG,	/* bool; also --x=true, --x=false */
	CLI_STRING,	/* const char * into argv; the last one wins */
	CLI_UNSIGNED,	/* unsigned, decimal */
	CLI_LIST,	/* struct cli_list; may be repeated */
	CLI_KEY,	/* int, out of .keys */
	CLI_IGNORED,	/* a flag accepted for other runtimes' callers */
	CLI_IGNORED_VALUE,	/* the same with a value */
};

/* A word and the number it stands for; an array of them ends with a row without a name. */
struct cli_key {
	const char *name;
	int value;
};

/* One option; its value lands at .offset in the command's own struct. */
struct cli_opt {
	char short_name;	/* 0: none */
	const char *name;
	enum cli_opt_kind kind;
	size_t offset;
	const char *value;	/* shown as --name=VALUE; NULL for a flag */
	const char *help;	/* NULL: accepted but not shown */
	const struct cli_key *keys;
};

/* NULL-terminated once it is not empty; the strings belong to argv. */
struct cli_list {
	char **items;
	size_t n;
};

enum { CLI_HELP = 1 };	/* cli_options_parse(): --help was given */

/*
 * Read the options in @argv (without the program's name, NULL-terminated) into @out.
 *
 * Options may stand anywhere before the operand number @limit; that one and all after it are
 * operands even if they begin with '-'.  0: no limit.  "--" ends options everywhere.  On
 * success, @argv holds the operands only, NULL-terminated.  Free with cli_options_done(), on
 * failure too.
 */
int cli_options_parse(const struct cli_opt *opts, void *out, char **argv, int limit,
		      struct husk_error *err);
void cli_options_done(const struct cli_opt *opts, void *out);

/* ---- log (log.c) ------------------------------------------------------------ */

enum cli_log_format { CLI_LOG_TEXT, CLI_LOG_JSON };

struct cli_log {
	const char *name;	/* of the program, before messages on stderr */
	const char *target;	/* --log: NULL, PATH, file:PATH, journald:ID or syslog:ID */
	enum cli_log_format format;
	enum husk_log_level level;
	unsigned records;	/* of the library, so far */
	unsigned told;		/* so many are those that the static program has written already */
};

/* Have libhusk's records written to @log, which must outlive every use of the library. */
void cli_log_start(struct cli_log *log);
/* For who asks for what an engine would not: at least warnings, unless there is a log file. */
void cli_log_warnings(struct cli_log *log);

/* Report the failure of the whole command: to stderr and, if there is one, to the log. */
void cli_log_error(const struct cli_log *log, const struct husk_error *err);

/* One record as it stands in a log file, with its newline, cut short if @size is too small.
 * Returns its length.  @err may be NULL. */
size_t cli_log_record(char *buf, size_t size, enum cli_log_format format,
		      enum husk_log_level level, const char *msg, const struct husk_error *err,
		      time_t now);

/* ---- commands (main.c) ------------------------------------------------------ */

struct cli_globals {
	const char *root;
	const char *log;
	int log_format;
	int log_level;
	bool debug;
	bool systemd_cgroup;
	int cgroup_manager;
	int rootless;
	bool version;
};

struct cli {
	const char *name;	/* argv[0] without directories: husk, or runc, or crun */
	char **argv;		/* as husk was called */
	struct cli_globals globals;
	bool one_shot;		/* see struct husk_settings */
	int failure;		/* exit code for an error that is returned */
	struct cli_log log;
	struct husk *husk;	/* opened by cli_husk() */
	bool keeps_signals;	/* cli_foreground_begin(): the mask was this */
	sigset_t mask;
};

/* Everything about one command. */
struct cli_cmd {
	const char *name;
	const char *operands;
	const char *summary;
	const char *details;		/* more paragraphs for --help, or NULL */
	const struct cli_opt *opts;	/* ends with a row without a name; NULL: none */
	size_t opts_size;		/* sizeof the struct they fill in */
	int min_operands, max_operands;	/* max -1: any number */
	int limit;			/* see cli_options_parse() */
	int failure;			/* exit code of an error; 0 means 1 */
	bool dynamic;			/* for the dynamic program, as it mostly ends there anyway */
	/* Returns the exit code, or a negative errno with @err filled. */
	int (*run)(struct cli *cli, const void *opts, char **operands, struct husk_error *err);
};

extern const struct cli_cmd *const cli_commands[];	/* ends with NULL */
extern const struct cli_opt cli_global_opts[];

/* NULL if there is none of that name. */
const struct cli_cmd *cli_command(const char *name);

/* The handle that the global options ask for; closed by main(). */
int cli_husk(struct cli *cli, struct husk **out, struct husk_error *err);

/* Like husk_error_set(), for a mistake in how @cmd was called: points to its help. */
int cli_usage_error(struct cli *cli, const struct cli_cmd *cmd, struct husk_error *err,
		    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Did crun's user call us?  Then some exit codes are crun's. */
bool cli_is_crun(const struct cli *cli);

void cli_print_version(const struct cli *cli, FILE *to);

/*
 * Go on as the dynamic program, with the command line as it was: execve(2), which closes all that husk
 * has opened (dynamic_static.c).  0 where this is that program (dynamic.c), or a negative errno.
 */
int cli_become_dynamic(const struct cli *cli, struct husk_error *err);
/* How many of the library's records were written before; asked once. */
unsigned cli_records_before(void);

/* ---- help (help.c) ---------------------------------------------------------- */

void cli_help_program(const struct cli *cli, FILE *to);
void cli_help_command(const struct cli *cli, const struct cli_cmd *cmd, FILE *to);
/* husk(1) in man(7) markup. */
void cli_help_man(FILE *to);

/* ---- completion (completion.c) ------------------------------------------------ */

enum cli_shell { CLI_NO_SHELL, CLI_BASH, CLI_ZSH, CLI_FISH };

/* A script with which @shell completes husk's commands, options and what stands behind them. */
void cli_help_completion(enum cli_shell shell, FILE *to);

/* ---- output (table.c) -------------------------------------------------------- */

/*
 * Print @n_rows rows of @n_columns cells each, all in @cells, in columns at least 12 wide and 3
 * apart, as runc's list does.  The last column is not padded.
 */
void cli_table_print(FILE *to, const char *const *cells, size_t n_rows, size_t n_columns);

/* Print a JSON text without the white space between its tokens. */
void cli_json_compact(FILE *to, const char *json);

/* Print a string and see that it ends its line. */
void cli_print_line(FILE *to, const char *text);

/* ---- signals (signals.c) ------------------------------------------------------ */

/* "TERM", "SIGTERM", "15", "RTMIN+3", "SIGRTMAX-1", in any case. */
int cli_parse_signal(const char *text, int *out, struct husk_error *err);

/* Seconds as milliseconds; "-1": without limit (-1). */
int cli_parse_timeout(const char *text, int *ms, struct husk_error *err);

/* ---- durations (duration.c) ------------------------------------------------------ */

/* The value of --interval, as Go writes it: "5s", "1m30s", "1.5h", "500ms"; more than 0. */
int cli_parse_interval(const char *text, unsigned *ms, struct husk_error *err);

/* ---- containers by regular expression (match.c) -------------------------------- */

/*
 * Call @act for every container whose ID matches the extended regular expression @pattern.
 * A failure does not keep it from the others; the first one is returned.
 */
int cli_for_each_match(struct cli *cli, const char *pattern,
		       int (*act)(struct husk *h, const char *id, const void *data,
				  struct husk_error *err),
		       const void *data, struct husk_error *err);

/* ---- a process in the foreground (foreground.c) --------------------------------- */

/*
 * From here on signals are kept for cli_foreground_wait() to forward, so that none that arrives
 * while the container is being made is lost.  Returns a descriptor, which the caller closes.
 */
int cli_foreground_begin(struct cli *cli, struct husk_error *err);

/*
 * Serve @process until it ends: forward signals and, if it has a console, copy between that and
 * our own stdin and stdout; pass its notifications on to @notify_socket (NULL: none come).  Returns
 * its exit code, or 128+n if signal n killed it.  The terminal on stdin is as it was when this
 * returns.  Closes all of @process's descriptors.
 */
int cli_foreground_wait(int signal_fd, struct husk_process *process, const char *notify_socket,
			struct husk_error *err);

/*
 * Make container @id, run its program and, unless @keep, delete it again (run_foreground.c).
 * Returns the exit code, as above.
 */
int cli_run_foreground(struct cli *cli, struct husk *h, const char *id,
		       const struct husk_create_options *options, bool keep, struct husk_error *err);

#endif /* HUSK_CLI_CLI_H */
