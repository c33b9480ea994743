/*
 * Errors: see error.h.
 *
 * Uses: husk.h.    Used by: everything.
 */
#include "runtime/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void start(struct husk_error *err, enum husk_kind kind, int sys)
{
	err->kind = kind;
	err->sys = sys > 0 ? sys : EIO;
	err->step = -1;
	err->pointer[0] = '\0';
	err->hint[0] = '\0';
}

static int PRINTF_LIKE(4, 0)
vnew(struct husk_error *err, enum husk_kind kind, int sys, const char *fmt, va_list ap)
{
	start(err, kind, sys);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	return -err->sys;
}

int err_new(struct husk_error *err, enum husk_kind kind, int sys, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vnew(err, kind, sys, fmt, ap);
	va_end(ap);
	return -err->sys;
}

int husk_error_set(struct husk_error *err, enum husk_kind kind, int sys, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vnew(err, kind, sys, fmt, ap);
	va_end(ap);
	return -err->sys;
}

const char *err_text(int error)
{
	return error == ESRCH ? "no such process" : strerror(error);
}

int err_sys(struct husk_error *err, const char *fmt, ...)
{
	int saved = errno;
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	vnew(err, HUSK_E_SYSTEM, saved, fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	(void)snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", err_text(err->sys));
	return -err->sys;
}

int err_config(struct husk_error *err, const char *pointer, const char *fmt, ...)
{
	int len;
	va_list ap;

	start(err, HUSK_E_CONFIG, EINVAL);
	(void)snprintf(err->pointer, sizeof(err->pointer), "%s", pointer);
	len = snprintf(err->msg, sizeof(err->msg) / 2, "%s: ", pointer);
	len = len < (int)sizeof(err->msg) / 2 ? len : (int)sizeof(err->msg) / 2 - 1;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg + len, sizeof(err->msg) - (size_t)len, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int err_nomem(struct husk_error *err, const char *what)
{
	return err_new(err, HUSK_E_SYSTEM, ENOMEM, "%s: %s", what, strerror(ENOMEM));
}

int err_ctx(struct husk_error *err, const char *fmt, ...)
{
	char head[sizeof(err->msg)];
	size_t cause = strlen(err->msg);
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(head, sizeof(head), fmt, ap);
	va_end(ap);

	/* The cause matters more than the context: if both do not fit, drop the context. */
	if (n > 0 && (size_t)n + 2 + cause < sizeof(err->msg)) {
		memmove(err->msg + n + 2, err->msg, cause + 1);
		memcpy(err->msg, head, (size_t)n);
		memcpy(err->msg + n, ": ", 2);
	}
	return -err->sys;
}

int err_hint(struct husk_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
	return -err->sys;
}
