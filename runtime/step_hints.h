/*
 * Hints for steps of husk-init that fail.
 *
 * Uses: protocol.h.    Used by: serve.c.
 */
#ifndef HUSK_RUNTIME_STEP_HINTS_H
#define HUSK_RUNTIME_STEP_HINTS_H

#include "runtime/base/error.h"
#include "runtime/base/protocol.h"

/* Fill err->hint, if the cause is a known one and nobody has filled it. */
void rt_step_hint(const struct init_msg *msg, struct husk_error *err);

#endif /* HUSK_RUNTIME_STEP_HINTS_H */
