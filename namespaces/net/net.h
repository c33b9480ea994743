/*
 * A network for those without an engine, and network devices: what the files of this folder share.
 *
 *   words.c lists.c address.c      texts of annotations, options and library -> struct ns_network;
 *   apply.c                        what follows for configuration and plan; all pure
 *   pool.c                         which address and port belongs to which container: data and file
 *   attach.c choose.c bridge.c     a container comes, in the order of things;
 *   conflict.c detach.c            is an address free on the link; the container goes
 *   link.c                         questions to the kernel about bridges, pairs, addresses, routes
 *   nft.c host_rules.c             nftables: masquerading, publishing, isolation;
 *   egress_rules.c                 the container's allow-list
 *   pasta.c                        the same for users without privilege, by the program pasta
 *   devices.c settings.c           linux.netDevices: existing devices are moved in; what was set on one
 *   netlink.c                      one question to the kernel at a time, by libmnl
 *
 * Uses: internal.h, netlink.h.    Used by: this folder.
 */
#ifndef HUSK_NAMESPACES_NET_NET_H
#define HUSK_NAMESPACES_NET_NET_H

#include <net/if.h>
#include <netinet/in.h>

#include "namespaces/internal.h"
#include "namespaces/net/netlink.h"

enum { NET_TEXT = INET6_ADDRSTRLEN + 4, NET_MAX_ITEMS = 200 };

enum net_mode {
	NET_UNSET, NET_NONE, NET_HOST, NET_JOIN, NET_VETH, NET_MACVLAN, NET_PASTA, NET_MODES
};

/* An address, or with its prefix a network; family 0: none. */
struct net_address {
	uint8_t family, prefix;
	uint8_t bytes[16];
};

/* One of each family. */
enum { NET_V4, NET_V6, NET_FAMILIES };

struct net_publish {
	struct net_address host;	/* family 0: every address */
	uint16_t host_port, port;
	uint8_t protocol;		/* IPPROTO_TCP or IPPROTO_UDP */
};

struct net_egress {
	struct net_address to;
	uint16_t first, last;	/* 0: every port */
	uint8_t protocol;	/* 0: tcp and udp */
};

struct ns_network {
	enum net_mode mode;
	const char *join;		/* file of a network namespace */
	const char *device;		/* bridge, or parent of a macvlan */
	const char *name;		/* in the container */
	struct net_address subnet[NET_FAMILIES], ip[NET_FAMILIES], gateway[NET_FAMILIES];
	struct net_address has[NET_FAMILIES];	/* once it is made: of the container, with prefix */
	bool default_v6;		/* the IPv6 subnet was nobody's wish */
	uint32_t mtu;			/* 0: the kernel's default */
	bool forward;			/* switch the host's forwarding on */
	struct net_publish *publish;
	size_t n_publish;
	bool has_egress;
	struct net_egress *egress;
	size_t n_egress;
	struct net_address *dns;
	size_t n_dns;
	char *resolv_conf;		/* NULL: the root filesystem's own */
};

/* ---- address.c ---- */

int net_family(const struct net_address *a);	/* NET_V4 or NET_V6 */
size_t net_size(const struct net_address *a);	/* of its bytes */
bool net_parse_address(const char *text, struct net_address *out);
/* With the prefix unless it is complete.  Returns @buf. */
const char *net_address_text(const struct net_address *a, char buf[NET_TEXT]);
bool net_is_complete(const struct net_address *a);	/* its prefix is all of it */
bool net_contains(const struct net_address *subnet, const struct net_address *a);

/* ---- words.c ---- */

const char *net_mode_name(enum net_mode mode);

/* ---- pool.c ---- */

struct net_lease {
	char *id;			/* of the container */
	char network[IF_NAMESIZE + 8];	/* bridge, or "macvlan~PARENT" */
	char link[IF_NAMESIZE];		/* its end of the pair in the host, or "-" */
	bool made;			/* its bridge was made by husk */
	struct net_address ip[NET_FAMILIES];
	char *ports;			/* "tcp:8080,udp:53", or "-" */
};

struct net_pool {
	struct net_lease *items;
	size_t n;
};

/* The text of the file and back; a line that makes no sense is EINVAL. */
int net_pool_parse(const char *text, struct net_pool *out, struct husk_error *err);
char *net_pool_text(const struct net_pool *pool);	/* free(); NULL: out of memory */
void net_pool_done(struct net_pool *pool);
/* NULL when there is none. */
struct net_lease *net_pool_find(struct net_pool *pool, const char *id);
/* Takes over the strings of @lease on success. */
int net_pool_add(struct net_pool *pool, const struct net_lease *lease, struct husk_error *err);
void net_pool_remove(struct net_pool *pool, struct net_lease *lease);
bool net_pool_has_network(const struct net_pool *pool, const char *network);

/* The address wanted, if that is free, or the next free one of @subnet. */
int net_pool_pick(const struct net_pool *pool, const char *network,
		  const struct net_address *subnet, const struct net_address *gateway,
		  const struct net_address *wanted, struct net_address *out,
		  struct husk_error *err);
/* Does another container publish one of these? */
int net_pool_check_ports(const struct net_pool *pool, const struct ns_network *net,
			 struct husk_error *err);
char *net_ports_text(const struct ns_network *net);	/* free() */

/* The file below the state directory, locked by whoever has it open. */
struct net_pool_file {
	int root_fd, dir_fd;
	struct net_pool pool;
};
int net_pool_open(const char *root, struct net_pool_file *out, struct husk_error *err);
int net_pool_save(struct net_pool_file *f, struct husk_error *err);
void net_pool_close(struct net_pool_file *f);
/* Take away what somebody left who was killed before the first lease. */
void net_pool_tidy(const char *root);
#define cleanup_pool __attribute__((cleanup(net_pool_close)))

/* ---- link.c: no messages, -errno ---- */

int net_make_bridge(struct nl_socket *s, const char *name, uint32_t mtu);
/* @host in our namespace as a port of @bridge, @inside in that of @pid. */
int net_make_pair(struct nl_socket *s, const char *host, int bridge, const char *inside,
		  const uint8_t mac[6], uint32_t mtu, pid_t pid);
/* Let frames leave by the port they came in by: where br_netfilter is loaded, a container's way to
 * its own published port is none else. */
int net_set_hairpin(struct nl_socket *s, const char *port);
int net_make_macvlan(struct nl_socket *s, int parent, const char *inside, uint32_t mtu, pid_t pid);
int net_remove_link(struct nl_socket *s, int index);
int net_add_address(struct nl_socket *s, int index, const struct net_address *a);
int net_add_default_route(struct nl_socket *s, int index, const struct net_address *gateway);
/* The first address of each family of global scope that device @index has; family 0: none. */
int net_get_addresses(struct nl_socket *s, int index, struct net_address out[NET_FAMILIES]);
int net_count_ports(struct nl_socket *s, int bridge, int *n);

/* ---- host_rules.c, egress_rules.c ---- */

/* Table husk-BRIDGE of the host, unless it is there. */
int net_rules_base(struct nl_socket *s, const char *bridge,
		   const struct net_address subnet[NET_FAMILIES], struct husk_error *err);
/* What @net publishes goes to the addresses @ip; each rule has the comment @link. */
int net_rules_publish(struct nl_socket *s, const char *bridge, const char *link,
		      const struct ns_network *net, const struct net_address ip[NET_FAMILIES],
		      struct husk_error *err);
/* The rules with that comment; the whole table.  What is not there is fine. */
int net_rules_remove(struct nl_socket *s, const char *bridge, const char *link,
		     struct husk_error *err);
int net_rules_remove_table(struct nl_socket *s, const char *bridge, struct husk_error *err);
/* The allow-list, in the container's namespace. */
int net_rules_egress(struct nl_socket *s, const struct ns_network *net, struct husk_error *err);

/* ---- pasta.c ---- */

int net_pasta_start(const struct ns_network *net, const struct ns_network_place *place,
		    int netlink_fd, struct husk_error *err);
/* What it has given to the container's device, which are the host's: into @net. */
int net_pasta_addresses(struct ns_network *net, int netlink_fd, struct husk_error *err);
/* End it; that it has ended is fine.  @pid 0: it is not known but by its pid file. */
void net_pasta_stop(int dir_fd, pid_t pid, unsigned long long start_time);

#endif /* HUSK_NAMESPACES_NET_NET_H */
