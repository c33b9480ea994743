/*
 * Deliberate weaknesses: how tests prove that they can fail.
 *
 * `make WEAKEN=1` builds a husk in which HUSK_WEAKEN=NAME in the caller's environment takes one defence
 * away; tests/run-weak.sh expects the case that replays the attack to fail then.  In every other build
 * weakened() is false, and the compiler leaves out what it guards; tests/lint/weak.sh looks for traces.
 * The names are those of tests/data/weak.rows.
 *
 * Uses: nothing.    Used by: whatever has a defence that can be shown to be one.
 */
#ifndef HUSK_BASE_WEAK_H
#define HUSK_BASE_WEAK_H

#include <stdbool.h>

#ifdef HUSK_WEAKEN
#include <string.h>
#include <unistd.h>

#define WEAKEN_PREFIX "HUSK_WEAKEN="

/* "HUSK_WEAKEN=NAME", or NULL. */
static inline char *weakness(void)
{
	for (char **e = environ; e && *e; e++) {
		if (strncmp(*e, WEAKEN_PREFIX, sizeof(WEAKEN_PREFIX) - 1) == 0)
			return *e;
	}
	return NULL;
}

static inline bool weakened(const char *name)
{
	const char *found = weakness();

	return found && strcmp(found + sizeof(WEAKEN_PREFIX) - 1, name) == 0;
}
#else
#define weakness() ((char *)NULL)
#define weakened(name) ((void)sizeof(name), false)
#endif

#endif /* HUSK_BASE_WEAK_H */
