/*
 * The commands: each is defined in its cmd_*.c and listed in main.c.
 *
 * Uses: cli.h.    Used by: cli only.
 */
#ifndef HUSK_CLI_COMMANDS_H
#define HUSK_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_cmd cmd_checkpoint;
extern const struct cli_cmd cmd_create;
extern const struct cli_cmd cmd_delete;
extern const struct cli_cmd cmd_doctor;
extern const struct cli_cmd cmd_events;
extern const struct cli_cmd cmd_exec;
extern const struct cli_cmd cmd_features;
extern const struct cli_cmd cmd_help;
extern const struct cli_cmd cmd_kill;
extern const struct cli_cmd cmd_list;
extern const struct cli_cmd cmd_mounts;
extern const struct cli_cmd cmd_pause;
extern const struct cli_cmd cmd_plan;
extern const struct cli_cmd cmd_ps;
extern const struct cli_cmd cmd_restore;
extern const struct cli_cmd cmd_resume;
extern const struct cli_cmd cmd_run;
extern const struct cli_cmd cmd_spec;
extern const struct cli_cmd cmd_start;
extern const struct cli_cmd cmd_state;
extern const struct cli_cmd cmd_stats;
extern const struct cli_cmd cmd_stop;
extern const struct cli_cmd cmd_trace;
extern const struct cli_cmd cmd_update;
extern const struct cli_cmd cmd_validate;
extern const struct cli_cmd cmd_version;
extern const struct cli_cmd cmd_wait;

#endif /* HUSK_CLI_COMMANDS_H */
