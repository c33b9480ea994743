/*
 * What is printed in crun's form when husk is called by its name.
 *
 * Uses: cli.h.    Used by: cmd_list.c, cmd_ps.c.
 */
#ifndef HUSK_CLI_CRUN_H
#define HUSK_CLI_CRUN_H

#include "cli/cli.h"

void cli_crun_list_table(FILE *to, struct husk_state *const *list, size_t n);
void cli_crun_list_json(FILE *to, struct husk_state *const *list, size_t n);

/* Host pids, one a line below a heading, or as JSON. */
void cli_crun_pids(FILE *to, const pid_t *pids, size_t n, bool json);

#endif /* HUSK_CLI_CRUN_H */
