/*
 * A network for a container that comes.
 *
 * What will be made is written down first, in the container's directory and in the file of leases,
 * so that whoever deletes the container finds it, however far its creation has come.
 *
 * Uses: attach.h.    Used by: runtime.
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "namespaces/net/attach.h"
#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/util.h"

enum { CARRIER_TRIES = 100 };

int net_failed(struct husk_error *err, int ret, const char *what, const char *object)
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

int net_open_socket(const struct mnl *mnl, int protocol, int *fd, struct nl_socket *out,
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

/* ---- what is written down ---- */

/* Did husk make the bridge, for this container or for one before it? */
static bool is_made(const struct net_attach *a)
{
	bool made = a->made;

	for (size_t i = 0; i < a->file.pool.n; i++)
		made = made || (a->file.pool.items[i].made &&
				strcmp(a->file.pool.items[i].network, a->network) == 0);
	return made;
}

static int add_lease(struct net_attach *a, struct husk_error *err)
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

static int write_record(const struct net_attach *a, struct husk_error *err)
{
	const char *text = a->net->mode == NET_VETH ? "veth\n" : "macvlan\n";

	return fs_write_new(a->place->dir_fd, NET_RECORD, text, strlen(text), 0600, err);
}

/* ---- the container's half ---- */

static int configure_inside(struct net_attach *a, struct husk_error *err)
{
	struct nl_device dev;
	int ret = nl_find_device(&a->inside, a->net->name, 0, &dev);

	if (ret < 0)
		return net_failed(err, ret, "find in the container", a->net->name);
	for (int f = 0; f < NET_FAMILIES && ret == 0; f++) {
		struct net_address own = a->ip[f];

		own.prefix = a->subnet[f].prefix;
		if (own.family)
			ret = net_add_address(&a->inside, dev.index, &own);
	}
	if (ret < 0)
		return net_failed(err, ret, "give an address to the container's", a->net->name);
	ret = nl_set_up(&a->inside, dev.index);
	if (ret < 0)
		return net_failed(err, ret, "set up the container's", a->net->name);
	for (int f = 0; f < NET_FAMILIES && ret == 0; f++) {
		if (a->ip[f].family && a->gateway[f].family)
			ret = net_add_default_route(&a->inside, dev.index, &a->gateway[f]);
	}
	return ret < 0 ? net_failed(err, ret, "add the default route through", a->net->name) : 0;
}

/* ---- coming ---- */

/* Containers whose directory somebody has removed by hand. */
static void prune(struct net_attach *a)
{
	for (size_t i = 0; i < a->file.pool.n;) {
		struct net_lease *l = &a->file.pool.items[i];
		struct husk_error err;

		if (faccessat(a->file.root_fd, l->id, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		    errno != ENOENT) {
			i++;
			continue;
		}
		if (net_detach(&a->file, l, &a->host, &a->filter, &err) < 0) {
			log_warn("network of a container that is gone: %s, ignoring", err.msg);
			i++;
		}
	}
}

/* Nothing was made: who may not make may not look for it either, so `down` would fail. */
static void forget(struct net_attach *a)
{
	struct net_lease *lease = net_pool_find(&a->file.pool, a->place->id);
	struct husk_error ignored;

	if (!lease)
		return;
	net_pool_remove(&a->file.pool, lease);
	if (net_pool_save(&a->file, &ignored) == 0)
		(void)unlinkat(a->place->dir_fd, NET_RECORD, 0);
}

/* The program's first packets shall not be lost: the kernel tells the bridge of the carrier when it
 * has time to. */
static void wait_for_carrier(struct net_attach *a)
{
	struct nl_device port;

	for (int i = 0; i < CARRIER_TRIES; i++) {
		if (nl_find_device(&a->host, a->link, 0, &port) < 0 || (port.flags & IFF_RUNNING))
			return;
		(void)nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
}

static int attach_veth(struct net_attach *a, struct husk_error *err)
{
	uint8_t mac[6];
	int ret;

	prune(a);
	if (net_plan_bridge(a, err) < 0 || net_pick_addresses(a, err) < 0 ||
	    net_check_ports(a, err) < 0 || net_choose_link(a, err) < 0)
		return -err->sys;
	if (write_record(a, err) < 0 || add_lease(a, err) < 0)
		return -err->sys;
	if (net_bridge_up(a, err) < 0) {
		struct nl_device bridge;

		if (nl_find_device(&a->host, a->net->device, 0, &bridge) == -ENODEV)
			forget(a);
		return -err->sys;
	}
	if (net_rules_base(&a->filter, a->net->device, a->subnet, err) < 0) {
		/* The bridge was there: who may not do this has made nothing, and could not look
		 * for it when the container is to be deleted. */
		if (err->sys == EPERM && !a->made)
			forget(a);
		return -err->sys;
	}
	net_see_to_forwarding(a);
	if (a->net->n_publish)
		net_route_loopback(a);
	net_choose_mac(a, mac);
	ret = net_make_pair(&a->host, a->link, a->device, a->net->name, mac, a->mtu, a->pid);
	if (ret < 0)
		return net_failed(err, ret, "make a pair of devices with", a->link);
	ret = a->net->n_publish ? net_set_hairpin(&a->host, a->link) : 0;
	if (ret < 0)
		return net_failed(err, ret, "set hairpin mode of", a->link);
	if (configure_inside(a, err) < 0)
		return -err->sys;
	wait_for_carrier(a);
	return net_rules_publish(&a->filter, a->net->device, a->link, a->net, a->ip, err);
}

static int attach_macvlan(struct net_attach *a, struct husk_error *err)
{
	int ret;

	if (net_plan_macvlan(a, err) < 0 || net_pick_addresses(a, err) < 0 ||
	    write_record(a, err) < 0 || add_lease(a, err) < 0)
		return -err->sys;
	ret = net_make_macvlan(&a->host, a->device, a->net->name, a->mtu, a->pid);
	if (ret < 0)
		forget(a);	/* what may be there all the same goes with the namespace it is in */
	if (ret < 0)
		return net_failed(err, ret, "make a macvlan device on", a->net->device);
	return configure_inside(a, err);
}

/* pasta needs no libmnl, so neither do we; without it nobody is told the addresses. */
static int attach_pasta(struct ns_network *net, const struct ns_network_place *place, int fd,
			struct husk_error *err)
{
	struct husk_error unknown;

	if (net_pasta_start(net, place, fd, err) < 0)
		return -err->sys;
	if (net_pasta_addresses(net, fd, &unknown) < 0)
		log_warn("network: %s: the container's state has no addresses, ignoring", unknown.msg);
	return 0;
}

int ns_network_up(struct ns_network *net, const struct ns_network_place *place, pid_t pid,
		  int fd, struct husk_error *err)
{
	struct net_attach a = { .net = net, .place = place, .pid = pid, .file = { -1, -1, { 0 } } };
	cleanup_close int route_fd = -1, filter_fd = -1;
	cleanup_mnl struct mnl mnl = { 0 };
	int ret;

	if (net->mode == NET_PASTA)
		return attach_pasta(net, place, fd, err);
	(void)snprintf(a.network, sizeof(a.network), "%s%s",
		       net->mode == NET_MACVLAN ? "macvlan~" : "", net->device);
	if (mnl_load(&mnl, err) < 0 || nl_socket_init(&a.inside, &mnl, fd, err) < 0 ||
	    net_open_socket(&mnl, NETLINK_ROUTE, &route_fd, &a.host, err) < 0)
		return err_ctx(err, "network");
	ret = net_pool_open(place->root, &a.file, err);
	if (ret == 0 && net->mode == NET_VETH)
		ret = net_open_socket(&mnl, NETLINK_NETFILTER, &filter_fd, &a.filter, err);
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

int ns_network_library(struct husk_error *err)
{
	cleanup_mnl struct mnl mnl = { 0 };

	return mnl_load(&mnl, err);
}
