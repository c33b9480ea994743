/*
 * Which lines of a notification go on, and how: see notify_lines.h.
 *
 * Uses: runtime/base.    Used by: notify.c.
 */
#include "runtime/notify_lines.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

/*
 * sd_notify(3).  Not here, and so not passed on: NOTIFYACCESS, by which a container could let others
 * speak for the unit; MAINPIDFD and MAINPIDFDID, which name a process past the translation; and
 * what later versions of systemd may come to obey.
 */
static const char *const passed[] = {
	"READY", "RELOADING", "STOPPING", "MONOTONIC_USEC", "STATUS", "ERRNO", "BUSERROR",
	"EXIT_STATUS", "WATCHDOG", "WATCHDOG_USEC", "EXTEND_TIMEOUT_USEC", "FDSTORE",
	"FDSTOREREMOVE", "FDNAME", "FDPOLL", "BARRIER",
};

static bool is(const char *line, size_t len, const char *wanted)
{
	return strlen(wanted) == len && memcmp(line, wanted, len) == 0;
}

/* "X_..." is for applications, and systemd does nothing with it. */
static bool is_passed(const char *line, size_t len)
{
	const char *eq = memchr(line, '=', len);
	size_t name = eq ? (size_t)(eq - line) : 0;

	if (name > 2 && memcmp(line, "X_", 2) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++) {
		if (name > 0 && is(line, name, passed[i]))
			return true;
	}
	return false;
}

static void add(struct notify_message *out, const char *line, size_t len)
{
	if (out->len > 0)
		out->text[out->len++] = '\n';
	memcpy(out->text + out->len, line, len);
	out->len += len;
}

static void add_main_pid(struct notify_message *out, pid_t pid)
{
	char line[NOTIFY_MAIN_PID_TEXT];
	int n = snprintf(line, sizeof(line), "MAINPID=%d", (int)pid);

	out->main_pid = pid;
	add(out, line, (size_t)n);
}

/* The number behind "MAINPID=", as our pid. */
static void translate_main_pid(const char *line, size_t len, const struct notify_from *from,
			       struct notify_message *out)
{
	char digits[16] = "";
	uint64_t pid = 0;

	len -= strlen("MAINPID=");
	if (len < sizeof(digits))
		memcpy(digits, line + strlen("MAINPID="), len);
	if (!str_to_u64(digits, INT_MAX, &pid) || pid == 0)
		return;
	pid = (uint64_t)from->host_pid(from, (pid_t)pid);
	/* The last counts, and only once: the text has room for one longer than it was. */
	if (pid > 0)
		out->main_pid = (pid_t)pid;
	else
		log_debug("notification: MAINPID=%s is no process of the container", digits);
}

bool notify_translate(const char *in, size_t len, const struct notify_from *from,
		      struct notify_message *out)
{
	pid_t main_pid;

	out->len = 0;
	out->ready = out->takes_fds = false;
	out->main_pid = 0;
	if (len > NOTIFY_MAX_TEXT || memchr(in, '\0', len))
		return false;
	for (const char *line = in, *end = in + len; line < end;) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)((nl ? nl : end) - line);

		if (n > 8 && memcmp(line, "MAINPID=", 8) == 0) {
			translate_main_pid(line, n, from, out);
		} else if (is_passed(line, n)) {
			out->ready = out->ready || is(line, n, "READY=1");
			out->takes_fds = out->takes_fds || is(line, n, "FDSTORE=1") ||
					 is(line, n, "BARRIER=1");
			add(out, line, n);
		}
		line += n + 1;
	}
	main_pid = out->main_pid ? out->main_pid : out->ready ? from->init : 0;
	if (main_pid)
		add_main_pid(out, main_pid);
	return out->len > 0;
}
