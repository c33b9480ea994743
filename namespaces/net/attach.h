/*
 * One container's attachment, while it is made: what the files that make and remove it share.
 *
 * Uses: net.h.    Used by: attach.c, detach.c, choose.c, bridge.c.
 */
#ifndef HUSK_NAMESPACES_NET_ATTACH_H
#define HUSK_NAMESPACES_NET_ATTACH_H

#include "namespaces/net/net.h"

#define NET_RECORD "network"
#define NET_RESOLV_CONF "resolv.conf"

struct net_attach {
	const struct ns_network *net;
	const struct ns_network_place *place;
	pid_t pid;
	struct net_pool_file file;
	struct nl_socket host, inside, filter;	/* filter: NETLINK_NETFILTER of the host */
	char network[IF_NAMESIZE + 8], link[IF_NAMESIZE];
	struct net_address subnet[NET_FAMILIES], gateway[NET_FAMILIES], ip[NET_FAMILIES];
	int device;	/* index of the bridge, or of the parent; 0: there is none yet */
	uint32_t mtu;	/* 0: the kernel's default */
	bool made;
};

/* "WHAT OBJECT: ..." and what would help, for -errno @ret. */
int net_failed(struct husk_error *err, int ret, const char *what, const char *object);
/* A socket of @protocol in our own network namespace. */
int net_open_socket(const struct mnl *mnl, int protocol, int *fd, struct nl_socket *out,
		    struct husk_error *err);

/* ---- choose.c: which names and addresses; nothing is made ---- */

int net_choose_link(struct net_attach *a, struct husk_error *err);
void net_choose_mac(const struct net_attach *a, uint8_t mac[6]);
int net_plan_bridge(struct net_attach *a, struct husk_error *err);
int net_plan_macvlan(struct net_attach *a, struct husk_error *err);
int net_pick_addresses(struct net_attach *a, struct husk_error *err);

/* ---- conflict.c ---- */

/* Does somebody on the link of @device answer to @a?  That we cannot ask is false, too. */
bool net_is_in_use(int device, const struct net_address *a);

/* ---- bridge.c: the host's half ---- */

/* Unless it is there. */
int net_bridge_up(struct net_attach *a, struct husk_error *err);
void net_see_to_forwarding(const struct net_attach *a);
void net_route_loopback(const struct net_attach *a);
/* Is what shall be published free, in the leases and on the host? */
int net_check_ports(const struct net_attach *a, struct husk_error *err);

/* ---- detach.c ---- */

/* @lease is gone afterwards. */
int net_detach(struct net_pool_file *file, struct net_lease *lease, struct nl_socket *host,
	       struct nl_socket *filter, struct husk_error *err);

#endif /* HUSK_NAMESPACES_NET_ATTACH_H */
