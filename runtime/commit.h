/*
 * Which commit of its source husk was built from.
 *
 * Uses: nothing.    Used by: features.c.
 */
#ifndef HUSK_RUNTIME_COMMIT_H
#define HUSK_RUNTIME_COMMIT_H

/* "" when it was not built in a checkout. */
const char *rt_commit(void);

#endif /* HUSK_RUNTIME_COMMIT_H */
