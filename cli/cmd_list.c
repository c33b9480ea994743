/*
 * husk list: the containers of a state directory.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/commands.h"
#include "cli/crun.h"

enum { COLUMNS = 6, PID_MAX_DIGITS = 12 };
enum list_format { LIST_TABLE, LIST_JSON };

struct list_opts {
	int format;
	bool quiet;
};

static const struct cli_key formats[] = {
	{ "table", LIST_TABLE }, { "json", LIST_JSON }, { NULL },
};

static const struct cli_opt list_opts[] = {
	{ 'f', "format", CLI_KEY, offsetof(struct list_opts, format), "FORMAT",
	  "table (default) or json", formats },
	{ 'q', "quiet", CLI_FLAG, offsetof(struct list_opts, quiet), NULL, "print only IDs" },
	{ 0 },
};

/* runc's: null, not [], when there is none. */
static void print_json(struct husk_state *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		(void)putchar(i ? ',' : '[');
		cli_json_compact(stdout, list[i]->json);
	}
	(void)fputs(n ? "]\n" : "null\n", stdout);
}

static int print_table(struct husk_state *const *list, size_t n, struct husk_error *err)
{
	static const char *const header[COLUMNS] = { "ID",     "PID",	  "STATUS",
						     "BUNDLE", "CREATED", "OWNER" };
	cleanup_free const char **cells = calloc((n + 1) * COLUMNS, sizeof(*cells));
	cleanup_free char *pids = calloc(n + 1, PID_MAX_DIGITS);

	if (!cells || !pids)
		return husk_error_set(err, HUSK_E_SYSTEM, ENOMEM, "list: %s", strerror(ENOMEM));
	memcpy(cells, header, sizeof(header));
	for (size_t i = 0; i < n; i++) {
		const struct husk_state *s = list[i];
		char *pid = pids + i * PID_MAX_DIGITS;
		const char *const row[COLUMNS] = { s->id,     pid,	  s->status,
						   s->bundle, s->created, s->owner };

		(void)snprintf(pid, PID_MAX_DIGITS, "%d", (int)s->pid);
		memcpy(cells + (i + 1) * COLUMNS, row, sizeof(row));
	}
	cli_table_print(stdout, cells, n + 1, COLUMNS);
	return 0;
}

static int print(const struct cli *cli, int format, struct husk_state *const *list, size_t n,
		 struct husk_error *err)
{
	if (cli_is_crun(cli) && format == LIST_JSON)
		cli_crun_list_json(stdout, list, n);
	else if (cli_is_crun(cli))
		cli_crun_list_table(stdout, list, n);
	else if (format == LIST_JSON)
		print_json(list, n);
	else
		return print_table(list, n, err);
	return 0;
}

static int list_run(struct cli *cli, const void *opts, char **operands, struct husk_error *err)
{
	const struct list_opts *o = opts;
	struct husk_state **list;
	struct husk *h;
	size_t n;
	int ret;

	(void)operands;
	ret = cli_husk(cli, &h, err);
	if (ret < 0)
		return ret;
	ret = husk_list(h, &list, &n, err);
	if (ret < 0)
		return ret;
	if (o->quiet) {
		for (size_t i = 0; i < n; i++)
			(void)puts(list[i]->id);
	} else {
		ret = print(cli, o->format, list, n, err);
	}
	husk_list_free(list, n);
	return ret;
}

const struct cli_cmd cmd_list = {
	.name = "list",
	.operands = "",
	.summary = "list containers",
	.opts = list_opts,
	.opts_size = sizeof(struct list_opts),
	.run = list_run,
};
