/*
 * The operations of a launch plan: one row each.
 *
 *   OP(ID, "name", "argument kinds", "text for people")
 *
 * Argument kinds, one letter per argument (at most PLAN_MAX_ARGS):
 *   n  number     x  number shown in hex     o  number shown in octal     i  signed number
 *   s  string     S  string vector           b  bytes                 f  descriptor
 *   t  string     T  string vector           c  bytes                 g  descriptor
 *   F  slot that this step fills with a descriptor (PLAN_NO_FD: it is not wanted)
 * The arguments s, S, b and f must be there: plan_open() refuses a plan without, so no step need
 * look.  t, T, c and g may be absent: NULL, or PLAN_NO_FD.
 * In the text {0}..{7} stand for the arguments.
 *
 * husk-init carries row ID out in `int step_ID(struct step_ctx *, const struct plan_step *)`.
 * Adding an operation is adding a row, that function in the folder's X_steps.c, and its test.
 */

/* ---- runtime/init: talking to the caller, and the end ---- */
/* {2}: the container's filter does not let us ask for the time */
OP(TIMES,           "times",           "fnn",    "note in {0}, by clock {1}, when each step begins (only until the filter: {2})")
OP(ASK_ID_MAPS,     "ask_id_maps",     "",       "ask the caller to write the id maps")
OP(ASK_HOST_HOOKS,  "ask_host_hooks",  "",       "ask the caller to run prestart and createRuntime hooks")
OP(ASK_NET_DEVICES, "ask_net_devices", "f",      "send netlink socket {0}; ask the caller to configure network devices")
/* {1}: NETLINK_ROUTE, or NETLINK_NETFILTER for the allow-list */
OP(ASK_NETWORK,     "ask_network",     "fn",     "send netlink socket {0} of protocol {1}; ask the caller to make the network")
OP(SEND_CONSOLE,    "send_console",    "f",      "send terminal master {0} to the caller")
/* flags: enum oci_hook_kind.  Without {0} the path is looked up in the container. */
OP(RUN_HOOK,        "run_hook",        "gsTTnfgg", "run hook {1} {0} as {2} with environment {3}, timeout {4} s, state in {5}, output to {6} and {7}")
OP(WAIT_START,      "wait_start",      "g",      "wait for start on socket {0}")
OP(FORK,            "fork",            "n",      "go on in a child of the caller, inside the joined pid namespace (first close all descriptors: {0})")
OP(DUMPABLE,        "dumpable",        "n",      "set dumpable to {0}")
OP(END,             "end",             "",       "report success and end")
OP(EXEC,            "exec",            "sSS",    "execute {0} as {1} with environment {2}")

/* ---- namespaces/ ---- */
OP(NS_TRY_JOIN,     "ns_try_join",     "fxs",    "join the {2} namespace {0}, if the caller's privilege suffices")
OP(NS_JOIN,         "ns_join",         "fxs",    "join the {2} namespace {0}")
OP(NS_UNSHARE,      "ns_unshare",      "xs",     "create namespaces: {1}")
OP(NS_BECOME,       "ns_become",       "nn",     "become uid {0}, gid {1} of the user namespace")
OP(NS_TIME,         "ns_time",         "t",      "set time offsets {0} and enter the time namespace")
OP(NS_HOSTNAME,     "ns_hostname",     "s",      "set hostname {0}")
OP(NS_DOMAINNAME,   "ns_domainname",   "s",      "set domainname {0}")
OP(NS_LOOPBACK,     "ns_loopback",     "",       "bring the loopback interface up")
/* flags: the protocol; 0 is NETLINK_ROUTE */
OP(NS_NETLINK,      "ns_netlink",      "F",      "open a netlink socket in the new network namespace as {0}")
OP(NS_SYSCTL,       "ns_sysctl",       "ss",     "write {1} to sysctl {0}")

/* ---- cgroups/ ---- */
OP(CG_ASK,          "cg_ask",          "",       "ask the caller to have systemd move it into its cgroup")
OP(CG_JOIN,         "cg_join",         "fs",     "move into the cgroup of {1} through {0}")

/* ---- rootfs/ ---- */
#include "runtime/base/plan_ops_rootfs.h"

/* ---- runtime/process/plan.c ---- */
#include "runtime/base/plan_ops_process.h"
