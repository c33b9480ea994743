/*
 * What the static program tells the dynamic one.
 *
 * Uses: nothing.    Used by: dynamic.c, dynamic_static.c.
 */
#ifndef HUSK_CLI_DYNAMIC_H
#define HUSK_CLI_DYNAMIC_H

/* How many warnings it has written, which the other, which does the same again, is not to repeat. */
#define CLI_RECORDS "HUSK_RECORDS_WRITTEN"

#endif /* HUSK_CLI_DYNAMIC_H */
