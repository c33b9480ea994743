/*
 * The log: one sink, one level, set by husk_log_set().
 *
 * Layers 0 to 2 may only log_debug(), and log_warn() for what they choose to survive; such a
 * message ends in ", ignoring".  Logging preserves errno.
 */
#ifndef HUSK_BASE_LOG_H
#define HUSK_BASE_LOG_H

#include "runtime/base/error.h"

extern enum husk_log_level log_max_level;

void log_write(enum husk_log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The level is checked before the arguments are evaluated. */
#define log_at(level, ...)                                                                         \
	do {                                                                                       \
		if ((level) <= log_max_level)                                                      \
			log_write((level), __VA_ARGS__);                                           \
	} while (0)

#define log_debug(...) log_at(HUSK_LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_at(HUSK_LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_at(HUSK_LOG_WARN, __VA_ARGS__)

#endif /* HUSK_BASE_LOG_H */
