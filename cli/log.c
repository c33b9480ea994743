/*
 * The log: records of libhusk and the one error at the end, as text or JSON, to stderr, a file
 * or syslog(3).
 *
 * Engines read these.  containerd decodes a log file of JSON records and keeps the last error;
 * podman decodes the whole file as one object.  So a failure writes exactly one record, and at
 * the default level nothing else is written.  The file is opened only when there is something to
 * write, and each record is one write(2) to a descriptor in append mode.
 *
 * Uses: husk.h.    Used by: main.c.
 */
#include "cli/cli.h"

#include <fcntl.h>
#include <syslog.h>

enum { RECORD_MAX = 12288 };	/* a message of which every byte needs escaping */

/* A buffer that remembers where it ends; what does not fit is dropped. */
struct text {
	char *buf;
	size_t size, len;
};

static const struct {
	const char *name;	/* as logrus, which the engines' parsers expect */
	const char *prefix;	/* on stderr */
	int priority;		/* syslog(3) */
} levels[] = {
	[HUSK_LOG_ERROR] = { "error", "", LOG_ERR },
	[HUSK_LOG_WARN] = { "warning", "warning: ", LOG_WARNING },
	[HUSK_LOG_INFO] = { "info", "", LOG_INFO },
	[HUSK_LOG_DEBUG] = { "debug", "debug: ", LOG_DEBUG },
};

static const char *const kinds[] = {
	[HUSK_E_SYSTEM] = "system",
	[HUSK_E_CONFIG] = "config",
	[HUSK_E_UNSUPPORTED] = "unsupported",
	[HUSK_E_NOT_FOUND] = "not-found",
	[HUSK_E_EXISTS] = "exists",
	[HUSK_E_STATE] = "state",
};

static void put_n(struct text *t, const char *bytes, size_t n)
{
	if (n > t->size - t->len)
		return;
	memcpy(t->buf + t->len, bytes, n);
	t->len += n;
}

static void put(struct text *t, const char *string)
{
	put_n(t, string, strlen(string));
}

/* Length of the well-formed UTF-8 character at @s, or 0 (RFC 3629, table of section 4). */
static size_t utf8_length(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

static void put_escaped(struct text *t, unsigned char c)
{
	static const char from[] = "\"\\\n\r\t", to[] = "\"\\nrt";
	const char *known = strchr(from, c);
	char code[8];

	if (known && c) {
		const char pair[] = { '\\', to[known - from], '\0' };

		put(t, pair);
		return;
	}
	(void)snprintf(code, sizeof(code), "\\u%04x", c);
	put(t, code);
}

/* A quoted string, valid JSON whatever the bytes of a file name were. */
static void put_quoted(struct text *t, const char *string)
{
	put(t, "\"");
	for (const unsigned char *s = (const unsigned char *)string; *s;) {
		size_t n = utf8_length(s);

		/* Room for the longest escape and what closes the record. */
		if (t->size - t->len < 32)
			break;
		if (n == 0)
			put(t, "\\ufffd");
		else if (*s < 0x20 || *s == 0x7f || *s == '"' || *s == '\\')
			put_escaped(t, *s);
		else
			put_n(t, (const char *)s, n);
		s += n ? n : 1;
	}
	put(t, "\"");
}

/* ,"name":"value" or name="value", after the first field. */
static void put_field(struct text *t, enum cli_log_format format, const char *name,
		      const char *value)
{
	put(t, format == CLI_LOG_JSON ? ",\"" : " ");
	put(t, name);
	put(t, format == CLI_LOG_JSON ? "\":" : "=");
	put_quoted(t, value);
}

static void put_step(struct text *t, enum cli_log_format format, int step)
{
	char field[32];

	(void)snprintf(field, sizeof(field), format == CLI_LOG_JSON ? ",\"step\":%d" : " step=%d",
		       step);
	put(t, field);
}

/* What is known beyond the message, behind the fields that engines read. */
static void put_details(struct text *t, enum cli_log_format format, const struct husk_error *err)
{
	if ((size_t)err->kind < ARRAY_SIZE(kinds) && kinds[err->kind])
		put_field(t, format, "code", kinds[err->kind]);
	if (err->step >= 0)
		put_step(t, format, err->step);
	if (err->pointer[0])
		put_field(t, format, "pointer", err->pointer);
	if (err->hint[0])
		put_field(t, format, "hint", err->hint);
}

size_t cli_log_record(char *buf, size_t size, enum cli_log_format format,
		      enum husk_log_level level, const char *msg, const struct husk_error *err,
		      time_t now)
{
	struct text t = { .buf = buf, .size = size };
	char stamp[32] = "1970-01-01T00:00:00Z";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (format == CLI_LOG_JSON) {
		put(&t, "{\"level\":\"");
		put(&t, levels[level].name);
		put(&t, "\"");
		put_field(&t, format, "msg", msg);
		put_field(&t, format, "time", stamp);
	} else {
		put(&t, "time=");
		put_quoted(&t, stamp);
		put(&t, " level=");
		put(&t, levels[level].name);
		put_field(&t, format, "msg", msg);
	}
	if (err)
		put_details(&t, format, err);
	put(&t, format == CLI_LOG_JSON ? "}\n" : "\n");
	return t.len;
}

static void write_all(int fd, const char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		buf += n;
		len -= (size_t)n;
	}
}

/* File names are part of messages: no control character of theirs reaches a terminal. */
static void put_printable(struct text *t, const char *string)
{
	for (; *string; string++) {
		bool control = (unsigned char)*string < 0x20 || *string == 0x7f;

		put_n(t, control ? "?" : string, 1);
	}
}

/* For people: the message, and on lines of their own where it comes from and what to do. */
static void write_stderr(const struct cli_log *log, enum husk_log_level level, const char *msg,
			 const struct husk_error *err)
{
	char buf[2048];
	struct text t = { .buf = buf, .size = sizeof(buf) };

	put(&t, log->name);
	put(&t, ": ");
	put(&t, levels[level].prefix);
	put_printable(&t, msg);
	put(&t, "\n");
	if (err && err->pointer[0] && !strstr(msg, err->pointer)) {
		put(&t, "  in config.json: ");
		put_printable(&t, err->pointer);
		put(&t, "\n");
	}
	if (err && err->hint[0]) {
		put(&t, "  hint: ");
		put_printable(&t, err->hint);
		put(&t, "\n");
	}
	write_all(STDERR_FILENO, buf, t.len);
}

/* "journald:ID" and "syslog:ID": journald reads syslog's socket. */
static const char *syslog_ident(const char *target)
{
	static const char *const prefixes[] = { "journald:", "syslog:" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t len = strlen(prefixes[i]);

		if (strncmp(target, prefixes[i], len) == 0)
			return target + len;
	}
	return NULL;
}

static void write_syslog(const char *ident, enum husk_log_level level, const char *msg)
{
	openlog(ident, LOG_PID, LOG_DAEMON);
	syslog(levels[level].priority, "%s", msg);
	closelog();
}

static void write_file(const struct cli_log *log, const char *record, size_t len)
{
	const char *path = strncmp(log->target, "file:", 5) == 0 ? log->target + 5 : log->target;
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
	char msg[256];

	if (fd < 0) {
		(void)snprintf(msg, sizeof(msg), "open log %.200s: %s", path, strerror(errno));
		write_stderr(log, HUSK_LOG_WARN, msg, NULL);
		return;
	}
	write_all(fd, record, len);
	(void)close(fd);
}

/* To the place named by --log.  False if that is stderr, in text. */
static bool write_log(const struct cli_log *log, enum husk_log_level level, const char *msg,
		      const struct husk_error *err)
{
	const char *ident = log->target ? syslog_ident(log->target) : NULL;
	char record[RECORD_MAX];
	size_t len;

	if (ident) {
		write_syslog(ident, level, msg);
		return true;
	}
	if (!log->target && log->format == CLI_LOG_TEXT)
		return false;
	len = cli_log_record(record, sizeof(record), log->format, level, msg, err, time(NULL));
	if (log->target)
		write_file(log, record, len);
	else
		write_all(STDERR_FILENO, record, len);
	return true;
}

static void sink(void *data, enum husk_log_level level, const char *msg)
{
	struct cli_log *log = data;

	if (++log->records <= log->told)
		return;
	if (!write_log(log, level, msg, NULL))
		write_stderr(log, level, msg, NULL);
}

void cli_log_start(struct cli_log *log)
{
	/* Errors are returned, not logged: at that level there is nothing to listen to. */
	if (log->level > HUSK_LOG_ERROR)
		husk_log_set(log->level, sink, log);
}

void cli_log_warnings(struct cli_log *log)
{
	if (log->target || log->level >= HUSK_LOG_WARN)
		return;
	log->level = HUSK_LOG_WARN;
	cli_log_start(log);
}

void cli_log_error(const struct cli_log *log, const struct husk_error *err)
{
	bool logged = write_log(log, HUSK_LOG_ERROR, err->msg, err);

	/* With --log, people still see it; a JSON record on stderr is enough by itself. */
	if (!logged || log->target)
		write_stderr(log, HUSK_LOG_ERROR, err->msg, err);
}
