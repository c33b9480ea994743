/*
 * A network for a container that comes, and its end when the container goes.
 *
 * What will be made is written down first, in the container's directory and in the file of leases,
 * so that whoever deletes the container finds it, however far its creation has come.  Every
 * removal takes for granted that the thing may be gone already.
 *
 * Uses: network.h.    Used by: runtime.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "namespaces/network.h"
#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

#define RECORD "network"
#define RESOLV_CONF "resolv.conf"

enum { MAX_RECORD = 4096, LINK_TRIES = 16, CARRIER_TRIES = 100 };

/* ---- one container's attachment, while it is made ---- */

struct attach {
	const struct ns_network *net;
	const struct ns_network_place *place;
	pid_t pid;
	struct net_pool_file file;
	struct nl_socket host, inside, filter;	/* filter: NETLINK_NETFILTER of the host */
	char network[IF_NAMESIZE + 8], link[IF_NAMESIZE];
	struct net_address subnet[NET_FAMILIES], gateway[NET_FAMILIES], ip[NET_FAMILIES];
	int device;	/* index of the bridge, or of the parent; 0: there is none yet */
	bool made;
};

static int failed(struct husk_error *err, int ret, const char *what, const char *object)
{
	errno = -ret;
	(void)err_sys(err, "%s %s", what, object);
	if (ret == -EPERM)
		return err_hint(err, "that takes CAP_NET_ADMIN in the host's network namespace; "
				"without it there is --network pasta");
	if (ret == -EOPNOTSUPP)
		return err_hint(err, "the kernel lacks that kind of device: load the module veth, "
				"bridge or macvlan");
	return ret;
}

static int open_netlink(const struct mnl *mnl, int protocol, int *fd, struct nl_socket *out,
			struct husk_error *err)
{
	*fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (*fd < 0 && protocol == NETLINK_NETFILTER && errno == EPROTONOSUPPORT) {
		(void)err_new(err, HUSK_E_UNSUPPORTED, EPROTONOSUPPORT,
			      "this kernel has no nftables, which isolates containers and publishes "
			      "their ports");
		return err_hint(err, "load the module nf_tables, or build the kernel with "
				"CONFIG_NF_TABLES");
	}
	if (*fd < 0)
		return err_sys(err, "netlink socket");
	return nl_socket_init(out, mnl, *fd, err);
}

/* ---- names ---- */

/* FNV-1a of state directory, container and try: "husk" and ten digits.  Another container's may be
 * the same, once in a trillion; then the next one is tried. */
static void link_name(const struct ns_network_place *place, unsigned try, char out[IF_NAMESIZE])
{
	const char *parts[] = { place->root, "/", place->id };
	uint64_t h = UINT64_C(0xcbf29ce484222325) + try;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		for (const char *p = parts[i]; *p; p++)
			h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	}
	h ^= h >> 32;
	(void)snprintf(out, IF_NAMESIZE, "husk%010" PRIx64, h & UINT64_C(0xffffffffff));
}

static int choose_link(struct attach *a, struct husk_error *err)
{
	struct nl_device taken;

	for (unsigned try = 0; try < LINK_TRIES; try++) {
		link_name(a->place, try, a->link);
		if (nl_find_device(&a->host, a->link, 0, &taken) == -ENODEV)
			return 0;
	}
	return err_new(err, HUSK_E_SYSTEM, EEXIST, "no name for a network device is free: \"%s\" and "
		       "%d others are taken", a->link, LINK_TRIES - 1);
}

/* From the address: who gets it next has the same, so that no neighbour remembers a wrong one. */
static void choose_mac(const struct attach *a, uint8_t mac[6])
{
	const struct net_address *ip = &a->ip[a->ip[NET_V4].family ? NET_V4 : NET_V6];

	mac[0] = 0x02;	/* locally administered */
	mac[1] = 0x68;
	memcpy(mac + 2, ip->bytes + net_size(ip) - 4, 4);
}

/* ---- which addresses ---- */

static void first_of(const struct net_address *subnet, struct net_address *out)
{
	*out = *subnet;
	out->bytes[net_size(subnet) - 1] |= 1;
	out->prefix = (uint8_t)(net_size(subnet) * 8);
}

static bool has_ipv6(void)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;

	return fs_read(AT_FDCWD, "/proc/sys/net/ipv6/conf/default/disable_ipv6", 16, &text, NULL,
		       &ignored) == 0 && text[0] == '0';
}

/* The bridge that is there decides: its addresses are the gateways. */
static int adopt_bridge(struct attach *a, struct husk_error *err)
{
	struct net_address has[NET_FAMILIES];
	char text[NET_TEXT], bridge_text[NET_TEXT];
	int ret = net_get_addresses(&a->host, a->device, has);

	if (ret < 0)
		return failed(err, ret, "read the addresses of", a->net->device);
	for (int f = 0; f < NET_FAMILIES; f++) {
		const struct net_address *wish = &a->net->subnet[f];

		a->subnet[f] = a->gateway[f] = has[f];
		a->gateway[f].prefix = has[f].family ? (uint8_t)(net_size(&has[f]) * 8) : 0;
		if (!wish->family || (f == NET_V6 && a->net->default_v6 && !has[f].family))
			continue;
		if (!has[f].family)
			return err_new(err, HUSK_E_STATE, EADDRNOTAVAIL,
				       "bridge %s has no IPv%d address, so %s cannot be its subnet",
				       a->net->device, f == NET_V4 ? 4 : 6,
				       net_address_text(wish, text));
		if (has[f].prefix != wish->prefix || !net_contains(wish, &has[f]))
			return err_new(err, HUSK_E_STATE, EADDRINUSE,
				       "bridge %s has the address %s, which is not of subnet %s",
				       a->net->device, net_address_text(&has[f], bridge_text),
				       net_address_text(wish, text));
	}
	if (!has[NET_V4].family && !has[NET_V6].family)
		return err_new(err, HUSK_E_STATE, EADDRNOTAVAIL, "bridge %s has no address, so husk "
			       "cannot tell which ones its containers may have", a->net->device);
	/* Another router of the same network than the bridge. */
	for (int f = 0; f < NET_FAMILIES; f++) {
		if (a->net->gateway[f].family)
			a->gateway[f] = a->net->gateway[f];
	}
	return 0;
}

static int plan_bridge(struct attach *a, struct husk_error *err)
{
	struct nl_device bridge;
	int ret = nl_find_device(&a->host, a->net->device, 0, &bridge);

	if (ret == 0) {
		a->device = bridge.index;
		return adopt_bridge(a, err);
	}
	if (ret != -ENODEV)
		return failed(err, ret, "look for bridge", a->net->device);
	a->made = true;
	for (int f = 0; f < NET_FAMILIES; f++) {
		if (!a->net->subnet[f].family || (f == NET_V6 && a->net->default_v6 && !has_ipv6()))
			continue;
		a->subnet[f] = a->net->subnet[f];
		a->gateway[f] = a->net->gateway[f];
		if (!a->gateway[f].family)
			first_of(&a->subnet[f], &a->gateway[f]);
	}
	if (a->subnet[NET_V4].family || a->subnet[NET_V6].family)
		return 0;
	(void)err_new(err, HUSK_E_CONFIG, ENODEV, "there is no bridge %s, and no subnet to make it "
		      "with", a->net->device);
	return err_hint(err, "--network veth,bridge=%s,subnet=10.1.2.0/24", a->net->device);
}

static int plan_macvlan(struct attach *a, struct husk_error *err)
{
	struct nl_device parent;
	int ret = nl_find_device(&a->host, a->net->device, 0, &parent);

	if (ret == -ENODEV)
		return err_new(err, HUSK_E_SYSTEM, ENODEV, "parent=%s: no such network device",
			       a->net->device);
	if (ret < 0)
		return failed(err, ret, "look for", a->net->device);
	a->device = parent.index;
	memcpy(a->subnet, a->net->subnet, sizeof(a->subnet));
	memcpy(a->gateway, a->net->gateway, sizeof(a->gateway));
	return 0;
}

static int pick_addresses(struct attach *a, struct husk_error *err)
{
	for (int f = 0; f < NET_FAMILIES; f++) {
		if (!a->subnet[f].family && a->net->ip[f].family)
			return err_new(err, HUSK_E_CONFIG, EADDRNOTAVAIL, "%s has no IPv%d subnet, "
				       "so there cannot be an address of it", a->network,
				       f == NET_V4 ? 4 : 6);
		if (a->subnet[f].family &&
		    net_pool_pick(&a->file.pool, a->network, &a->subnet[f], &a->gateway[f],
				  &a->net->ip[f], &a->ip[f], err) < 0)
			return -err->sys;
	}
	return 0;
}

/* ---- what is written down ---- */

/* Did husk make the bridge, for this container or for one before it? */
static bool is_made(const struct attach *a)
{
	bool made = a->made;

	for (size_t i = 0; i < a->file.pool.n; i++)
		made = made || (a->file.pool.items[i].made &&
				strcmp(a->file.pool.items[i].network, a->network) == 0);
	return made;
}

static int add_lease(struct attach *a, struct husk_error *err)
{
	struct net_lease lease = { .id = strdup(a->place->id), .made = is_made(a),
				   .ports = net_ports_text(a->net) };
	int ret = lease.id && lease.ports ? 0 : err_nomem(err, "addresses in use");

	(void)snprintf(lease.network, sizeof(lease.network), "%s", a->network);
	(void)snprintf(lease.link, sizeof(lease.link), "%s", a->link[0] ? a->link : "-");
	memcpy(lease.ip, a->ip, sizeof(lease.ip));
	if (ret == 0)
		ret = net_pool_add(&a->file.pool, &lease, err);
	if (ret == 0)
		return net_pool_save(&a->file, err);
	free(lease.id);
	free(lease.ports);
	return ret;
}

static int write_record(const struct attach *a, struct husk_error *err)
{
	const char *text = a->net->mode == NET_VETH ? "veth\n" : "macvlan\n";

	return fs_write_new(a->place->dir_fd, RECORD, text, strlen(text), 0600, err);
}

/* ---- the host's half ---- */

static int sysctl_is_on(const char *path)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;

	return fs_read(AT_FDCWD, path, 16, &text, NULL, &ignored) == 0 && text[0] != '0';
}

static const struct {
	const char *path, *name;
} forwarding[NET_FAMILIES] = {
	{ "/proc/sys/net/ipv4/ip_forward", "net.ipv4.ip_forward" },
	{ "/proc/sys/net/ipv6/conf/all/forwarding", "net.ipv6.conf.all.forwarding" },
};

/* A host that forwards is a router between all its networks: not ours to decide, unless told to. */
static void see_to_forwarding(const struct attach *a)
{
	for (int f = 0; f < NET_FAMILIES; f++) {
		int ret;

		if (!a->ip[f].family || sysctl_is_on(forwarding[f].path))
			continue;
		ret = a->net->forward ? fs_write_file(AT_FDCWD, forwarding[f].path, "1") : -ENOTSUP;
		if (ret < 0 && ret != -ENOTSUP)
			log_warn("write 1 to %s: %s, ignoring", forwarding[f].name, strerror(-ret));
		/* Nobody has asked for IPv6 where it comes by default. */
		if (ret != -ENOTSUP || (f == NET_V6 && a->net->default_v6))
			continue;
		log_warn("%s is 0: containers on %s reach this host and each other and nothing "
			 "beyond, and nobody beyond reaches their published ports; set it to 1, or add "
			 "\"forward\" to the network, ignoring", forwarding[f].name, a->net->device);
	}
}

/* So that 127.0.0.1:PORT of the host reaches a published port; the guard chain keeps the reverse
 * out. */
static void route_loopback(const struct attach *a)
{
	char path[80];
	int ret;

	(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/route_localnet",
		       a->net->device);
	ret = fs_write_file(AT_FDCWD, path, "1");
	if (ret < 0)
		log_warn("write 1 to %s: %s: ports are not published on 127.0.0.1, ignoring", path,
			 strerror(-ret));
}

/* The bridge's link-local address answers for all; the kernel would first look for a second or two
 * whether another has it.  Without IPv6 there is no such file. */
static void skip_detection(const char *bridge)
{
	char path[80];

	(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_dad", bridge);
	(void)fs_write_file(AT_FDCWD, path, "0");
}

static int make_bridge(struct attach *a, struct husk_error *err)
{
	struct nl_device bridge;
	int ret;

	if (a->device)
		return 0;
	ret = net_make_bridge(&a->host, a->net->device, a->net->mtu);
	if (ret == 0)
		ret = nl_find_device(&a->host, a->net->device, 0, &bridge);
	if (ret < 0)
		return failed(err, ret, "make bridge", a->net->device);
	a->device = bridge.index;
	skip_detection(a->net->device);
	for (int f = 0; f < NET_FAMILIES; f++) {
		struct net_address own = a->gateway[f];

		if (!own.family)
			continue;
		own.prefix = a->subnet[f].prefix;
		ret = net_add_address(&a->host, a->device, &own);
		if (ret < 0)
			return failed(err, ret, "give an address to bridge", a->net->device);
	}
	ret = nl_set_up(&a->host, a->device);
	return ret < 0 ? failed(err, ret, "set up bridge", a->net->device) : 0;
}

/* Somebody of the host listens there?  Its connections would end in the container instead. */
static int check_port(const struct net_publish *p, struct husk_error *err)
{
	int family = p->host.family ? p->host.family : AF_INET;
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(p->host_port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(p->host_port) };
	bool tcp = p->protocol == IPPROTO_TCP;
	cleanup_close int fd = socket(family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	int ret, one = 1;

	if (fd < 0)
		return err_sys(err, "socket for port %u", p->host_port);
	memcpy(&v4.sin_addr, p->host.bytes, sizeof(v4.sin_addr));
	memcpy(&v6.sin6_addr, p->host.bytes, sizeof(v6.sin6_addr));
	if (tcp)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ret = family == AF_INET ? bind(fd, (struct sockaddr *)&v4, sizeof(v4)) :
				  bind(fd, (struct sockaddr *)&v6, sizeof(v6));
	/* An address that the host does not have yet is no mistake. */
	if (ret == 0 || errno == EADDRNOTAVAIL || errno == EACCES)
		return 0;
	return err_sys(err, "publish port %u/%s", p->host_port, tcp ? "tcp" : "udp");
}

static int check_ports(const struct attach *a, struct husk_error *err)
{
	if (net_pool_check_ports(&a->file.pool, a->net, err) < 0)
		return -err->sys;
	for (size_t i = 0; i < a->net->n_publish; i++) {
		if (check_port(&a->net->publish[i], err) < 0)
			return -err->sys;
	}
	return 0;
}

/* ---- the container's half ---- */

static int configure_inside(struct attach *a, struct husk_error *err)
{
	struct nl_device dev;
	int ret = nl_find_device(&a->inside, a->net->name, 0, &dev);

	if (ret < 0)
		return failed(err, ret, "find in the container", a->net->name);
	for (int f = 0; f < NET_FAMILIES && ret == 0; f++) {
		struct net_address own = a->ip[f];

		own.prefix = a->subnet[f].prefix;
		if (own.family)
			ret = net_add_address(&a->inside, dev.index, &own);
	}
	if (ret < 0)
		return failed(err, ret, "give an address to the container's", a->net->name);
	ret = nl_set_up(&a->inside, dev.index);
	if (ret < 0)
		return failed(err, ret, "set up the container's", a->net->name);
	for (int f = 0; f < NET_FAMILIES && ret == 0; f++) {
		if (a->ip[f].family && a->gateway[f].family)
			ret = net_add_default_route(&a->inside, dev.index, &a->gateway[f]);
	}
	return ret < 0 ? failed(err, ret, "add the default route through", a->net->name) : 0;
}

/* ---- coming ---- */

static int detach(struct net_pool_file *file, struct net_lease *lease, struct nl_socket *host,
		  struct nl_socket *filter, struct husk_error *err);

/* Containers whose directory somebody has removed by hand. */
static void prune(struct attach *a)
{
	for (size_t i = 0; i < a->file.pool.n;) {
		struct net_lease *l = &a->file.pool.items[i];
		struct husk_error err;

		if (faccessat(a->file.root_fd, l->id, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		    errno != ENOENT) {
			i++;
			continue;
		}
		if (detach(&a->file, l, &a->host, &a->filter, &err) < 0) {
			log_warn("network of a container that is gone: %s, ignoring", err.msg);
			i++;
		}
	}
}

/* Nothing was made: who may not make may not look for it either, so `down` would fail. */
static void forget(struct attach *a)
{
	struct net_lease *lease = net_pool_find(&a->file.pool, a->place->id);
	struct husk_error ignored;

	if (!lease)
		return;
	net_pool_remove(&a->file.pool, lease);
	if (net_pool_save(&a->file, &ignored) == 0)
		(void)unlinkat(a->place->dir_fd, RECORD, 0);
}

/* The program's first packets shall not be lost: the kernel tells the bridge of the carrier when it
 * has time to. */
static void wait_for_carrier(struct attach *a)
{
	struct nl_device port;

	for (int i = 0; i < CARRIER_TRIES; i++) {
		if (nl_find_device(&a->host, a->link, 0, &port) < 0 || (port.flags & IFF_RUNNING))
			return;
		(void)nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
}

static int attach_veth(struct attach *a, struct husk_error *err)
{
	uint8_t mac[6];
	int ret;

	prune(a);
	if (plan_bridge(a, err) < 0 || pick_addresses(a, err) < 0 || check_ports(a, err) < 0 ||
	    choose_link(a, err) < 0)
		return -err->sys;
	if (write_record(a, err) < 0 || add_lease(a, err) < 0)
		return -err->sys;
	if (make_bridge(a, err) < 0) {
		struct nl_device bridge;

		if (nl_find_device(&a->host, a->net->device, 0, &bridge) == -ENODEV)
			forget(a);
		return -err->sys;
	}
	if (net_rules_base(&a->filter, a->net->device, a->subnet, err) < 0) {
		/* The bridge was there: who may not do this has made nothing, and could not look for
		 * it when the container is to be deleted. */
		if (err->sys == EPERM && !a->made)
			forget(a);
		return -err->sys;
	}
	see_to_forwarding(a);
	if (a->net->n_publish)
		route_loopback(a);
	choose_mac(a, mac);
	ret = net_make_pair(&a->host, a->link, a->device, a->net->name, mac, a->net->mtu, a->pid);
	if (ret < 0)
		return failed(err, ret, "make a pair of devices with", a->link);
	ret = a->net->n_publish ? net_set_hairpin(&a->host, a->link) : 0;
	if (ret < 0)
		return failed(err, ret, "set hairpin mode of", a->link);
	if (configure_inside(a, err) < 0)
		return -err->sys;
	wait_for_carrier(a);
	return net_rules_publish(&a->filter, a->net->device, a->link, a->net, a->ip, err);
}

static int attach_macvlan(struct attach *a, struct husk_error *err)
{
	int ret;

	if (plan_macvlan(a, err) < 0 || pick_addresses(a, err) < 0 || write_record(a, err) < 0 ||
	    add_lease(a, err) < 0)
		return -err->sys;
	ret = net_make_macvlan(&a->host, a->device, a->net->name, a->net->mtu, a->pid);
	if (ret < 0)
		forget(a);	/* what may be there all the same goes with the namespace it is in */
	if (ret < 0)
		return failed(err, ret, "make a macvlan device on", a->net->device);
	return configure_inside(a, err);
}

int ns_network_up(struct ns_network *net, const struct ns_network_place *place, pid_t pid,
		  int fd, struct husk_error *err)
{
	struct attach a = { .net = net, .place = place, .pid = pid, .file = { -1, -1, { 0 } } };
	cleanup_close int route_fd = -1, filter_fd = -1;
	cleanup_mnl struct mnl mnl = { 0 };
	int ret;

	if (net->mode == NET_PASTA)
		return net_pasta_start(net, place, fd, err);
	(void)snprintf(a.network, sizeof(a.network), "%s%s",
		       net->mode == NET_MACVLAN ? "macvlan~" : "", net->device);
	if (mnl_load(&mnl, err) < 0 || nl_socket_init(&a.inside, &mnl, fd, err) < 0 ||
	    open_netlink(&mnl, NETLINK_ROUTE, &route_fd, &a.host, err) < 0)
		return err_ctx(err, "network");
	ret = net_pool_open(place->root, &a.file, err);
	if (ret == 0 && net->mode == NET_VETH)
		ret = open_netlink(&mnl, NETLINK_NETFILTER, &filter_fd, &a.filter, err);
	if (ret == 0)
		ret = net->mode == NET_VETH ? attach_veth(&a, err) : attach_macvlan(&a, err);
	net_pool_close(&a.file);
	if (ret < 0)
		return err_ctx(err, "network");
	for (int f = 0; f < NET_FAMILIES; f++) {
		net->has[f] = a.ip[f];
		if (a.ip[f].family)
			net->has[f].prefix = a.subnet[f].prefix;
	}
	return 0;
}

int ns_network_filter(const struct ns_network *net, int fd, struct husk_error *err)
{
	cleanup_mnl struct mnl mnl = { 0 };
	struct nl_socket s;

	if (mnl_load(&mnl, err) < 0 || nl_socket_init(&s, &mnl, fd, err) < 0 ||
	    net_rules_egress(&s, net, err) < 0)
		return err_ctx(err, "network");
	return 0;
}

/* ---- going ---- */

static int remove_device(struct nl_socket *host, const char *name, struct husk_error *err)
{
	struct nl_device dev;
	int ret = nl_find_device(host, name, 0, &dev);

	if (ret == 0)
		ret = net_remove_link(host, dev.index);
	return ret < 0 && ret != -ENODEV ? failed(err, ret, "remove network device", name) : 0;
}

/* Ports that are not ours, or of another state directory, keep it. */
static int remove_bridge(struct nl_socket *host, struct nl_socket *filter, const char *bridge,
			 bool made, struct husk_error *err)
{
	struct nl_device dev;
	int n = 0, ret = nl_find_device(host, bridge, 0, &dev);

	if (ret == 0)
		ret = net_count_ports(host, dev.index, &n);
	if (ret < 0 && ret != -ENODEV)
		return failed(err, ret, "look for the ports of bridge", bridge);
	if (n > 0 && made)
		return 0;
	if (net_rules_remove_table(filter, bridge, err) < 0)
		return -err->sys;
	return made && ret == 0 ? remove_device(host, bridge, err) : 0;
}

/* @lease is gone afterwards. */
static int detach(struct net_pool_file *file, struct net_lease *lease, struct nl_socket *host,
		  struct nl_socket *filter, struct husk_error *err)
{
	char network[sizeof(lease->network)];
	bool made = lease->made, is_veth = lease->link[0] != '-';

	memcpy(network, lease->network, sizeof(network));
	if (is_veth && (net_rules_remove(filter, network, lease->link, err) < 0 ||
			remove_device(host, lease->link, err) < 0))
		return -err->sys;
	net_pool_remove(&file->pool, lease);
	if (is_veth && !net_pool_has_network(&file->pool, network) &&
	    remove_bridge(host, filter, network, made, err) < 0)
		return -err->sys;
	return net_pool_save(file, err);
}

static int detach_container(const struct ns_network_place *place, struct husk_error *err)
{
	struct nl_socket host, filter;
	cleanup_pool struct net_pool_file file = { -1, -1, { 0 } };
	cleanup_close int route_fd = -1, filter_fd = -1;
	cleanup_mnl struct mnl mnl = { 0 };
	struct net_lease *lease;

	if (net_pool_open(place->root, &file, err) < 0)
		return -err->sys;
	lease = net_pool_find(&file.pool, place->id);
	if (!lease)
		return 0;
	if (mnl_load(&mnl, err) < 0 ||
	    open_netlink(&mnl, NETLINK_ROUTE, &route_fd, &host, err) < 0)
		return -err->sys;
	if (lease->link[0] != '-' &&
	    open_netlink(&mnl, NETLINK_NETFILTER, &filter_fd, &filter, err) < 0)
		return -err->sys;
	return detach(&file, lease, &host, &filter, err);
}

bool ns_network_is_made(int dir_fd)
{
	return faccessat(dir_fd, RECORD, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	       faccessat(dir_fd, RESOLV_CONF, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int ns_network_down(const struct ns_network_place *place, struct husk_error *err)
{
	cleanup_free char *text = NULL;
	unsigned long long start_time;
	struct husk_error ignored;
	pid_t pid;
	int ret = 0;

	if (faccessat(place->dir_fd, RECORD, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		(void)unlinkat(place->dir_fd, RESOLV_CONF, 0);
		net_pool_tidy(place->root);
		return 0;
	}
	/* Unreadable: then the lease will tell. */
	(void)fs_read(place->dir_fd, RECORD, MAX_RECORD, &text, NULL, &ignored);
	if (text && sscanf(text, "pasta %d %llu", &pid, &start_time) == 2)
		net_pasta_stop(place->dir_fd, pid, start_time);
	else
		ret = detach_container(place, err);
	if (ret < 0)
		return err_ctx(err, "network");
	(void)unlinkat(place->dir_fd, RECORD, 0);
	(void)unlinkat(place->dir_fd, "pasta.pid", 0);
	(void)unlinkat(place->dir_fd, RESOLV_CONF, 0);
	return 0;
}
