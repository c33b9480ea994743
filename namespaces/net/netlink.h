/*
 * Netlink: libmnl, one question at a time, and the few about devices that everybody here asks.
 *
 * A socket is ours alone while we use it, so answers come one after the other; each question has a
 * number of its own, and what is left of an earlier one that was given up is passed over.
 *
 * Uses: libmnl, by library.h when the first question is asked.    Used by: this folder.
 */
#ifndef HUSK_NAMESPACES_NET_NETLINK_H
#define HUSK_NAMESPACES_NET_NETLINK_H

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdint.h>

#include "runtime/base/error.h"

#define MNL_FUNCTIONS(X)                                                                           \
	X(nlmsg_put_header)                                                                        \
	X(nlmsg_put_extra_header)                                                                  \
	X(nlmsg_get_payload)                                                                       \
	X(nlmsg_ok)                                                                                \
	X(nlmsg_next)                                                                              \
	X(attr_put)                                                                                \
	X(attr_put_u8)                                                                             \
	X(attr_put_u32)                                                                            \
	X(attr_put_u64)                                                                            \
	X(attr_put_strz)                                                                           \
	X(attr_nest_start)                                                                         \
	X(attr_nest_end)                                                                           \
	X(attr_parse)                                                                              \
	X(attr_get_type)                                                                           \
	X(attr_get_payload)                                                                        \
	X(attr_get_payload_len)                                                                    \
	X(attr_get_u32)                                                                            \
	X(attr_get_str)

struct mnl {
	void *library;
#define MNL_MEMBER(name) __typeof__(&mnl_##name) name;
	MNL_FUNCTIONS(MNL_MEMBER)
#undef MNL_MEMBER
};

int mnl_load(struct mnl *m, struct husk_error *err);
void mnl_unload(struct mnl *m);
#define cleanup_mnl __attribute__((cleanup(mnl_unload)))

struct nl_socket {
	const struct mnl *mnl;
	int fd;
	uint32_t seq;
};

/* Use @fd, which stays the caller's.  A kernel that does not answer is given up after 10 s. */
int nl_socket_init(struct nl_socket *s, const struct mnl *mnl, int fd, struct husk_error *err);

union nl_message {
	struct nlmsghdr h;
	char buf[8192];
};

/* Begin the question @m with its fixed part, @extra. */
struct nlmsghdr *nl_start(struct nl_socket *s, union nl_message *m, uint16_t type, uint16_t flags,
			  const void *extra, size_t size);

typedef void (*nl_take)(const struct mnl *mnl, const struct nlmsghdr *h, void *data);

/* Send @h and hand each answer to @take, which may be NULL.  -errno, no message. */
int nl_ask(struct nl_socket *s, const struct nlmsghdr *h, nl_take take, void *data);

/* Send @len bytes of messages with the numbers @first to @last, the last one with NLM_F_ACK, and
 * wait for that or for the first that is refused.  -errno, no message. */
int nl_ask_batch(struct nl_socket *s, const void *buf, size_t len, uint32_t first, uint32_t last);

/* Attributes by type; the kernel may know more of them than we do.  For attr_parse(). */
struct nl_attributes {
	const struct mnl *mnl;
	const struct nlattr *at[IFLA_MAX + 1];
	unsigned max;
};
int nl_keep_attribute(const struct nlattr *attr, void *data);

struct nl_device {
	int index;
	int master;		/* index of the bridge it is a port of, or 0 */
	unsigned flags;		/* IFF_* */
	uint32_t mtu;
	char name[IF_NAMESIZE];
};

/* By name, or by index when @name is NULL.  -ENODEV when there is none. */
int nl_find_device(struct nl_socket *s, const char *name, int index, struct nl_device *out);
int nl_set_up(struct nl_socket *s, int index);

#endif /* HUSK_NAMESPACES_NET_NETLINK_H */
