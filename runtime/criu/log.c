/*
 * criu's log: the lines that say why it failed.
 *
 * An error makes its callers log errors of their own, and the last of all is "Dumping FAILED.": so a
 * few lines from the end tell more than the last one.  A line is
 *	(00.012345) Error (criu/mount.c:1088): mnt: Mount 123 ...
 * in the log, and the same without the time on stderr, before the log is open.
 *
 * Uses: nothing.    Used by: swrk.c.
 */
#include <stdio.h>
#include <string.h>

#include "runtime/base/util.h"
#include "runtime/criu/criu.h"

enum { LINES = 4 };

struct line {
	const char *text;
	int len;
};

/* What comes behind "Error (PLACE): ", or NULL. */
static const char *error_text(const char *line, const char *end)
{
	static const char error[] = "Error (", closing[] = "): ";
	const char *p = memmem(line, (size_t)(end - line), error, strlen(error));

	if (!p)
		return NULL;
	p = memmem(p, (size_t)(end - p), closing, strlen(closing));
	return p ? p + strlen(closing) : NULL;
}

/* These follow every failure and say nothing of it. */
static bool is_empty_word(const char *text, size_t len)
{
	static const char *const words[] = {
		"Dumping FAILED.", "Pre-dumping FAILED.", "Restoring FAILED.", "exited, status=1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (len == strlen(words[i]) && strncmp(text, words[i], len) == 0)
			return true;
	}
	return len == 0;
}

void criu_last_errors(const char *text, char *out, size_t size)
{
	struct line last[LINES] = { 0 };
	size_t n = 0, used = 0;

	out[0] = '\0';
	for (const char *p = text; *p;) {
		const char *end = strchrnul(p, '\n');
		const char *why = error_text(p, end);

		if (why && !is_empty_word(why, (size_t)(end - why)))
			last[n++ % LINES] = (struct line){ why, (int)MIN(end - why, 200) };
		p = *end ? end + 1 : end;
	}
	for (size_t i = n > LINES ? n - LINES : 0; i < n && used < size; i++) {
		const struct line *l = &last[i % LINES];

		used += (size_t)snprintf(out + used, size - used, "%s%.*s", used ? "; " : "",
					 l->len, l->text);
	}
}
