/*
 * The end of a container's network.
 *
 * Every removal takes for granted that the thing may be gone already.
 *
 * Uses: attach.h.    Used by: runtime.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>

#include "namespaces/net/attach.h"
#include "runtime/base/fs.h"
#include "runtime/base/util.h"

enum { MAX_RECORD = 4096 };

static int remove_device(struct nl_socket *host, const char *name, struct husk_error *err)
{
	struct nl_device dev;
	int ret = nl_find_device(host, name, 0, &dev);

	if (ret == 0)
		ret = net_remove_link(host, dev.index);
	return ret < 0 && ret != -ENODEV ? net_failed(err, ret, "remove network device", name) : 0;
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
		return net_failed(err, ret, "look for the ports of bridge", bridge);
	if (n > 0 && made)
		return 0;
	if (net_rules_remove_table(filter, bridge, err) < 0)
		return -err->sys;
	return made && ret == 0 ? remove_device(host, bridge, err) : 0;
}

int net_detach(struct net_pool_file *file, struct net_lease *lease, struct nl_socket *host,
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
	    net_open_socket(&mnl, NETLINK_ROUTE, &route_fd, &host, err) < 0)
		return -err->sys;
	if (lease->link[0] != '-' &&
	    net_open_socket(&mnl, NETLINK_NETFILTER, &filter_fd, &filter, err) < 0)
		return -err->sys;
	return net_detach(&file, lease, &host, &filter, err);
}

bool ns_network_is_made(int dir_fd)
{
	return faccessat(dir_fd, NET_RECORD, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	       faccessat(dir_fd, NET_RESOLV_CONF, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int ns_network_down(const struct ns_network_place *place, struct husk_error *err)
{
	cleanup_free char *text = NULL;
	unsigned long long start_time;
	struct husk_error ignored;
	pid_t pid;
	int ret = 0;

	if (faccessat(place->dir_fd, NET_RECORD, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		(void)unlinkat(place->dir_fd, NET_RESOLV_CONF, 0);
		net_pool_tidy(place->root);
		return 0;
	}
	/* Unreadable: then the lease will tell. */
	(void)fs_read(place->dir_fd, NET_RECORD, MAX_RECORD, &text, NULL, &ignored);
	if (text && sscanf(text, "pasta %d %llu", &pid, &start_time) == 2)
		net_pasta_stop(place->dir_fd, pid, start_time);
	else
		ret = detach_container(place, err);
	if (ret < 0)
		return err_ctx(err, "network");
	(void)unlinkat(place->dir_fd, NET_RECORD, 0);
	(void)unlinkat(place->dir_fd, "pasta.pid", 0);
	(void)unlinkat(place->dir_fd, NET_RESOLV_CONF, 0);
	return 0;
}
