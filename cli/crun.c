/*
 * crun's list and ps: see crun.h.
 *
 * The widths, the indentation and the empty line of an empty list are those of crun 1.8.1.
 *
 * Uses: husk.h.    Used by: cmd_list.c, cmd_ps.c.
 */
#include "cli/crun.h"

/* One row of the table; the names take as many columns as the longest does. */
#define ROW "%-*s %-9s %-8s %-39s %-30s %s\n"

void cli_crun_list_table(FILE *to, struct husk_state *const *list, size_t n)
{
	size_t widest = strlen("NAME");

	for (size_t i = 0; i < n; i++) {
		if (strlen(list[i]->id) > widest)
			widest = strlen(list[i]->id);
	}
	fprintf(to, ROW, (int)widest, "NAME", "PID", "STATUS", "BUNDLE PATH", "CREATED", "OWNER");
	for (size_t i = 0; i < n; i++) {
		const struct husk_state *s = list[i];
		char pid[16];

		(void)snprintf(pid, sizeof(pid), "%d", (int)s->pid);
		fprintf(to, ROW, (int)widest, s->id, pid, s->status, s->bundle, s->created,
			s->owner);
	}
}

/* The member @name as it stands in a state document, which has one on each line. */
static void put_member(FILE *to, const char *json, const char *name, const char *before)
{
	char start[32];
	const char *line;
	size_t len;

	(void)snprintf(start, sizeof(start), "\n  \"%s\": ", name);
	line = strstr(json, start);
	if (!line)
		return;
	line += strlen("\n  ");
	len = strcspn(line, "\n");
	if (len > 0 && line[len - 1] == ',')
		len--;
	fprintf(to, "%s        %.*s", before, (int)len, line);
}

void cli_crun_list_json(FILE *to, struct husk_state *const *list, size_t n)
{
	static const char *const names[] = { "id", "pid", "status", "bundle", "created", "owner" };

	(void)fputs("[\n", to);
	for (size_t i = 0; i < n; i++) {
		(void)fputs(i ? ",\n    {\n" : "    {\n", to);
		for (size_t k = 0; k < ARRAY_SIZE(names); k++)
			put_member(to, list[i]->json, names[k], k ? ",\n" : "");
		(void)fputs("\n    }", to);
	}
	(void)fputs("\n]\n", to);
}

void cli_crun_pids(FILE *to, const pid_t *pids, size_t n, bool json)
{
	(void)fputs(json ? "[\n" : "PID\n", to);
	for (size_t i = 0; i < n; i++)
		fprintf(to, "%s%d%s", json ? "  " : "", (int)pids[i],
			json && i + 1 < n ? ",\n" : "\n");
	if (json)
		(void)fputs("]\n", to);
}
