/*
 * What husk-init and its caller say to each other, over one SOCK_SEQPACKET socket: fixed-size
 * messages, descriptors by SCM_RIGHTS.  Each side treats the other's messages as input.
 *
 * The conversation follows the plan's steps (ASK_*, SEND_*, WAIT_START):
 *
 *   init                               caller
 *   ASK_x, step                  -->   does it
 *                                <--   OK, or the caller closes and kills
 *   READY                        -->   records the container
 *                                <--   GO (run) or DETACH (create; `start` connects later)
 *   end of file: execve succeeded, or FAILED {step, call, object, errno}
 *
 * Uses: nothing.    Used by: runtime, runtime/init.
 */
#ifndef HUSK_BASE_PROTOCOL_H
#define HUSK_BASE_PROTOCOL_H

#include <stdint.h>

enum msg_kind {
	/* init to caller */
	MSG_FAILED = 1,		/* step, error, call, object */
	MSG_WARNING,		/* likewise; the init goes on */
	MSG_ASK_ID_MAPS,	/* answered by OK */
	MSG_ASK_HOST_HOOKS,	/* answered by OK */
	MSG_ASK_NET_DEVICES,	/* with a netlink socket; answered by OK */
	MSG_ASK_STATE,		/* with a memfd to write the container's state to; answered by OK */
	MSG_FD,			/* with a descriptor; value: enum step_fd_kind; answered by OK */
	MSG_FORKED,		/* with a pidfd: the sender ends, that process goes on */
	MSG_READY,		/* answered by GO or DETACH */
	/* caller to init */
	MSG_OK,
	MSG_GO,			/* run the program */
	MSG_DETACH,		/* listen for `start` */
	/* init to caller, newer: a waiting init of an older husk knows the numbers above */
	MSG_ASK_NETWORK,	/* with a netlink socket of protocol value; answered by OK */
	MSG_ASK_CGROUP,		/* answered by OK */
	MSG_KINDS
};

struct init_msg {
	uint32_t kind, step;
	int32_t error;		/* positive errno */
	uint32_t value;
	char call[64];		/* what failed */
	char object[256];	/* on what */
	/* The failing step, for a caller that does not have the plan (`start`); PLAN_OPS: it failed
	 * before the first one. */
	uint32_t op;
	char pointer[124];	/* JSON pointer that asked for it, or "" */
};

#endif /* HUSK_BASE_PROTOCOL_H */
