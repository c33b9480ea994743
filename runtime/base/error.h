/*
 * Errors.
 *
 * A function that can fail returns a negative errno and fills the caller's struct husk_error; on
 * success it returns >= 0 and does not touch it.  Nothing below cli/ prints an error: it is
 * returned, gaining context on the way up.
 *
 * Uses: husk.h.    Used by: everything.
 */
#ifndef HUSK_BASE_ERROR_H
#define HUSK_BASE_ERROR_H

#include "runtime/include/husk.h"

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Start an error.  Returns -sys, so callers write `return err_new(...)`. */
int err_new(struct husk_error *err, enum husk_kind kind, int sys, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* strerror(3), but "no such process" for ESRCH: CRI-O, which is case-sensitive, takes a container
 * for finished by these words. */
const char *err_text(int error);

/* Start a HUSK_E_SYSTEM error from errno and append its text. */
int err_sys(struct husk_error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Start a HUSK_E_CONFIG/EINVAL error about the value at @pointer: "POINTER: text". */
int err_config(struct husk_error *err, const char *pointer, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* Out of memory, while doing @what. */
int err_nomem(struct husk_error *err, const char *what);

/* Put "context: " in front of an error on its way up.  Returns -err->sys. */
int err_ctx(struct husk_error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* What to do about it.  Returns -err->sys. */
int err_hint(struct husk_error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif /* HUSK_BASE_ERROR_H */
