/*
 * The options that create and run share, and part of them plan and validate.
 *
 * Uses: cli.h.    Used by: cmd_create.c, cmd_run.c, cmd_exec.c, cmd_plan.c, cmd_validate.c.
 */
#ifndef HUSK_CLI_CREATE_OPTS_H
#define HUSK_CLI_CREATE_OPTS_H

#include "cli/cli.h"

struct cli_create_opts {
	const char *bundle, *config;
	const char *console_socket, *pidfd_socket, *pid_file;
	bool no_pivot, no_new_keyring;
	unsigned preserve_fds;
	const char *network;
	struct cli_list publish, dns, egress, landlock;
};

/* Rows for a struct @T whose member @m is a struct cli_create_opts. */
#define CLI_BUNDLE_ROWS(T, m)                                                                      \
	{ 'b', "bundle", CLI_STRING, offsetof(T, m.bundle), "DIR",                                 \
	  "bundle directory; default: the current one" },                                          \
	{ 'f', "config", CLI_STRING, offsetof(T, m.config), "FILE",                                \
	  "configuration; default: config.json of the bundle" }

#define CLI_NETWORK_ROWS(T, m)                                                                     \
	{ 0, "network", CLI_STRING, offsetof(T, m.network), "MODE[,KEY=...]",                      \
	  "none, host, join=PATH|PID, veth, macvlan, pasta" },                                     \
	{ 0, "publish", CLI_LIST, offsetof(T, m.publish), "[IP:]PORT:PORT",                        \
	  "have a port of the host lead to one inside; /udp behind it for UDP" },                  \
	{ 0, "dns", CLI_LIST, offsetof(T, m.dns), "ADDRESS",                                       \
	  "name server; search=DOMAIN, option=OPTION" },                                           \
	{ 0, "egress", CLI_LIST, offsetof(T, m.egress), "ADDR[/N][:PORT]",                         \
	  "the only destinations it reaches; none for none" }

#define CLI_LANDLOCK_ROW(T, m)                                                                     \
	{ 0, "landlock", CLI_LIST, offsetof(T, m), "RULE",                                         \
	  "restrict files, TCP, signals by Landlock: ro+exec=/usr" }

#define CLI_PLAN_ROWS(T, m)                                                                        \
	CLI_BUNDLE_ROWS(T, m), CLI_NETWORK_ROWS(T, m), CLI_LANDLOCK_ROW(T, m.landlock),            \
	{ 0, "no-pivot", CLI_FLAG, offsetof(T, m.no_pivot), NULL,                                  \
	  "move the root instead of pivot_root(2), for initramfs" },                               \
	{ 0, "no-new-keyring", CLI_FLAG, offsetof(T, m.no_new_keyring), NULL,                      \
	  "keep the session keyring of the caller" },                                              \
	{ 0, "preserve-fds", CLI_UNSIGNED, offsetof(T, m.preserve_fds), "N",                       \
	  "pass N more descriptors: 3 + $LISTEN_FDS and up" }

#define CLI_CREATE_ROWS(T, m)                                                                      \
	CLI_PLAN_ROWS(T, m),                                                                       \
	{ 0, "console-socket", CLI_STRING, offsetof(T, m.console_socket), "SOCKET",                \
	  "send the terminal's master to this AF_UNIX socket" },                                   \
	{ 0, "pidfd-socket", CLI_STRING, offsetof(T, m.pidfd_socket), "SOCKET",                    \
	  "send a pidfd of the init process to this AF_UNIX socket" },                             \
	{ 0, "pid-file", CLI_STRING, offsetof(T, m.pid_file), "FILE",                              \
	  "write the host pid of the init process to FILE" },                                      \
	{ 0, "no-subreaper", CLI_IGNORED, 0, NULL, "nothing: taken for callers of runc" }

/* The last paragraphs of their --help. */
#define CLI_NETWORK_DETAILS                                                                        \
	"Networks: veth[,bridge=husk0,subnet=,ip=,gateway=,mtu=,name=eth0,forward] is a pair of\n"  \
	"devices with a bridge, made when it is missing; macvlan,parent=DEVICE with\n"              \
	"ip=ADDRESS/PREFIX or subnet=; pasta is for users without privilege. --publish, --dns\n"   \
	"and --egress ADDRESS[/PREFIX][:PORT[-PORT]][/tcp|/udp] may be repeated. The same from\n"  \
	"annotations: org.husk.network, org.husk.network.publish, .dns, .egress."

#define CLI_LANDLOCK_DETAILS                                                                       \
	"Landlock: ACCESS=PATH (ro, rw, exec, read_file, ...; several joined by +; -PATH if it may\n" \
	"be missing), tcp-bind=PORT|none, tcp-connect=PORT|none, scope=abstract-unix-socket,\n"      \
	"scope=signal, log=on|off, abi=N, required, preferred. --landlock may be repeated."
#define CLI_CREATE_DETAILS                                                                         \
	CLI_NETWORK_DETAILS "\n\n" CLI_LANDLOCK_DETAILS "\n"                                        \
	"From an annotation: org.husk.landlock. exec is under the rules of the container."

/* Turn the options and the service manager's environment into libhusk's. */
void cli_create_options(const struct cli_create_opts *in, struct husk_create_options *out);

/* Are 3 .. 3+@n-1 open?  Ask before anything else is opened. */
int cli_check_preserved_fds(unsigned n, struct husk_error *err);

/*
 * runc's rules, in runc's words, which callers know: who detaches cannot serve a terminal, and
 * who serves it needs no socket.  @terminal is what the command line says; libhusk looks at the
 * configuration's.
 */
int cli_check_console(bool detach, bool terminal, const char *console_socket,
		      struct husk_error *err);

#endif /* HUSK_CLI_CREATE_OPTS_H */
