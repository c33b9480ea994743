/*
 * The log sink: see log.h.
 *
 * Uses: husk.h.    Used by: everything.
 */
#include "runtime/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* The library's only mutable file-scope variables; set once by husk_log_set(). */
static void (*log_sink)(void *data, enum husk_log_level level, const char *msg);
static void *log_data;
enum husk_log_level log_max_level = HUSK_LOG_WARN;

void husk_log_set(enum husk_log_level level,
		  void (*sink)(void *data, enum husk_log_level level, const char *msg), void *data)
{
	log_max_level = level;
	log_data = data;
	log_sink = sink;
}

void log_write(enum husk_log_level level, const char *fmt, ...)
{
	int saved = errno;
	char msg[1200];
	va_list ap;

	if (!log_sink)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	log_sink(log_data, level, msg);
	errno = saved;
}
