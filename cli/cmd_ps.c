/*
 * husk ps: the processes of a container, as pids or as ps(1) shows them.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"
#include "cli/crun.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

enum ps_format { PS_TABLE, PS_JSON };

struct ps_opts {
	int format;
};

static const struct cli_key formats[] = {
	{ "table", PS_TABLE }, { "json", PS_JSON }, { NULL },
};

static const struct cli_opt ps_opts[] = {
	{ 'f', "format", CLI_KEY, offsetof(struct ps_opts, format), "FORMAT",
	  "table (default) or json: an array of host pids", formats },
	{ 0 },
};

struct pids {
	pid_t *list;
	size_t n;
};

static void print_json(const struct pids *pids)
{
	(void)putchar('[');
	for (size_t i = 0; i < pids->n; i++)
		printf("%s%d", i ? "," : "", (int)pids->list[i]);
	(void)puts("]");
}

/* Word number @index of @line, or NULL.  *len is its length. */
static const char *word(const char *line, int index, size_t *len)
{
	for (;; index--) {
		line += strspn(line, " \t");
		*len = strcspn(line, " \t\n");
		if (*len == 0)
			return NULL;
		if (index == 0)
			return line;
		line += *len;
	}
}

static int find_pid_column(const char *header)
{
	const char *w;
	size_t len;

	for (int i = 0; (w = word(header, i, &len)); i++) {
		if (len == 3 && memcmp(w, "PID", 3) == 0)
			return i;
	}
	return -1;
}

static bool has_pid(const struct pids *pids, const char *text)
{
	long pid = text ? strtol(text, NULL, 10) : 0;

	for (size_t i = 0; i < pids->n; i++) {
		if (pids->list[i] == pid)
			return true;
	}
	return false;
}

/* The header, and the lines of the container's processes. */
static int filter(FILE *from, const struct pids *pids, struct husk_error *err)
{
	cleanup_free char *line = NULL;
	size_t size = 0, len;
	int column;

	if (getline(&line, &size, from) < 0)
		return husk_error_set(err, HUSK_E_SYSTEM, EIO, "ps printed nothing");
	column = find_pid_column(line);
	if (column < 0)
		return husk_error_set(err, HUSK_E_CONFIG, EINVAL,
				      "couldn't find PID field in ps output");
	(void)fputs(line, stdout);
	while (getline(&line, &size, from) >= 0) {
		if (has_pid(pids, word(line, column, &len)))
			(void)fputs(line, stdout);
	}
	return 0;
}

/* Start "ps ARGS" with its output in a pipe, whose end is *@out. */
static int spawn_ps(char **args, pid_t *pid, FILE **out, struct husk_error *err)
{
	posix_spawn_file_actions_t actions;
	int ends[2], ret;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return husk_error_set(err, HUSK_E_SYSTEM, errno, "pipe: %s", strerror(errno));
	*out = fdopen(ends[0], "r");
	if (!*out) {
		(void)close(ends[0]);
		(void)close(ends[1]);
		return husk_error_set(err, HUSK_E_SYSTEM, ENOMEM, "ps: %s", strerror(ENOMEM));
	}
	ret = posix_spawn_file_actions_init(&actions);
	if (ret == 0) {
		ret = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
		if (ret == 0)
			ret = posix_spawnp(pid, args[0], &actions, NULL, args, environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	(void)close(ends[1]);
	if (ret == 0)
		return 0;
	(void)fclose(*out);
	(void)husk_error_set(err, HUSK_E_SYSTEM, ret, "run \"ps\": %s", strerror(ret));
	(void)snprintf(err->hint, sizeof(err->hint), "\"--format json\" does without ps");
	return -ret;
}

static int print_table(char **args, const struct pids *pids, struct husk_error *err)
{
	FILE *from = NULL;
	pid_t pid = -1;
	int status = 0, ret;

	ret = spawn_ps(args, &pid, &from, err);
	if (ret < 0)
		return ret;
	ret = filter(from, pids, err);
	(void)fclose(from);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (ret < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return ret;
	return husk_error_set(err, HUSK_E_SYSTEM, EIO, "ps failed with %s %d",
			      WIFEXITED(status) ? "exit code" : "signal",
			      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static int ps_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	static char ps[] = "ps", all[] = "-ef";
	char *default_args[] = { ps, all, NULL };
	const struct ps_opts *o = opts;
	struct pids pids;
	struct husk *h;
	int ret;

	ret = cli_husk(cli, &h, err);
	if (ret < 0)
		return ret;
	ret = husk_pids(h, operands[0], &pids.list, &pids.n, err);
	if (ret < 0)
		return ret;
	if (cli_is_crun(cli) && !operands[1]) {
		cli_crun_pids(stdout, pids.list, pids.n, o->format == PS_JSON);
	} else if (o->format == PS_JSON) {
		print_json(&pids);
	} else if (operands[1]) {
		/* The ID's place in argv is ps's argv[0]. */
		operands[0] = ps;
		ret = print_table(operands, &pids, err);
	} else {
		ret = print_table(default_args, &pids, err);
	}
	free(pids.list);
	return ret;
}

const struct cli_cmd cmd_ps = {
	.name = "ps",
	.operands = "ID [PS-OPTION...]",
	.summary = "show the processes of a container",
	.details = "What stands behind ID goes to ps(1); default: -ef.  Its output must have a\n"
		   "PID column.",
	.opts = ps_opts,
	.opts_size = sizeof(struct ps_opts),
	.min_operands = 1,
	.max_operands = -1,
	.limit = 1,
	.run = ps_run,
};
