/*
 * Output that programs read: columns of text, and JSON on one line.
 *
 * Uses: husk.h.    Used by: cmd_list.c, cmd_ps.c and other commands that print.
 */
#include "cli/cli.h"

enum { MIN_WIDTH = 12, PADDING = 3 };	/* of Go's tabwriter, as runc sets it up */

/* Characters, not bytes: what follows a first byte of UTF-8 has no width. */
static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static size_t column_width(const char *const *cells, size_t n_rows, size_t n_columns)
{
	size_t widest = MIN_WIDTH - PADDING;

	for (size_t row = 0; row < n_rows; row++) {
		size_t w = width(cells[row * n_columns]);

		widest = w > widest ? w : widest;
	}
	return widest + PADDING;
}

void cli_table_print(FILE *to, const char *const *cells, size_t n_rows, size_t n_columns)
{
	size_t *widths = calloc(n_columns, sizeof(*widths));

	/* Without memory the columns do not line up, but nothing is lost. */
	for (size_t i = 0; widths && i + 1 < n_columns; i++)
		widths[i] = column_width(cells + i, n_rows, n_columns);
	for (size_t i = 0; i < n_rows * n_columns; i++) {
		size_t column = i % n_columns;
		size_t len = width(cells[i]);
		size_t pad = widths && widths[column] > len ? widths[column] - len : 1;

		if (column + 1 == n_columns)
			fprintf(to, "%s\n", cells[i]);
		else
			fprintf(to, "%s%*s", cells[i], (int)pad, "");
	}
	free(widths);
}

void cli_json_compact(FILE *to, const char *json)
{
	bool quoted = false;

	for (const char *p = json; *p; p++) {
		if (!quoted && strchr(" \t\r\n", *p))
			continue;
		if (*p == '"')
			quoted = !quoted;
		(void)putc(*p, to);
		if (*p == '\\' && p[1])
			(void)putc(*++p, to);
	}
}

void cli_print_line(FILE *to, const char *text)
{
	size_t len = strlen(text);

	(void)fputs(text, to);
	if (len == 0 || text[len - 1] != '\n')
		(void)putc('\n', to);
}
