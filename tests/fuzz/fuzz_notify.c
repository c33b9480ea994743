/*
 * Any datagram as a notification: only lines that a container may say go on.
 *
 * Uses: runtime/notify_lines.h.    Used by: run.sh.
 */
#include "runtime/notify_lines.h"
#include "tests/fuzz/fuzz.h"

enum { INIT = 1000 };

/* Processes 1 to 99 of the container are our 1001 to 1099. */
static pid_t host_pid(const struct notify_from *from, pid_t pid)
{
	MUST(from->init == INIT && pid > 0);
	return pid < 100 ? INIT + pid : 0;
}

static void check_line(const char *line, const char *input)
{
	static const char *const never[] = { "NOTIFYACCESS=", "MAINPIDFD=", "MAINPIDFDID=" };

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		MUST(strncmp(line, never[i], strlen(never[i])) != 0);
	if (strncmp(line, "MAINPID=", 8) == 0)
		MUST(atoi(line + 8) >= INIT && atoi(line + 8) < INIT + 100);
	else
		MUST(strstr(input, line) && strchr(line, '='));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct notify_from from = { .init = INIT, .sender = INIT + 5, .host_pid = host_pid };
	struct notify_message *m = malloc(sizeof(*m));
	char *input = fuzz_text(data, size), *text, *save = NULL;

	if (notify_translate(input, size, &from, m)) {
		MUST(m->len > 0 && m->len <= sizeof(m->text));
		MUST(!m->ready || m->main_pid >= INIT);
		text = fuzz_text((const uint8_t *)m->text, m->len);
		for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
			check_line(l, input);
		free(text);
	}
	free(input);
	free(m);
	return 0;
}
