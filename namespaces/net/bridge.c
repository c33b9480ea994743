/*
 * The host's half of a bridged network: the bridge, forwarding, and ports that are free.
 *
 * Uses: attach.h.    Used by: attach.c.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "namespaces/net/attach.h"
#include "runtime/base/fs.h"
#include "runtime/base/log.h"
#include "runtime/base/util.h"

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
void net_see_to_forwarding(const struct net_attach *a)
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
void net_route_loopback(const struct net_attach *a)
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

int net_bridge_up(struct net_attach *a, struct husk_error *err)
{
	struct nl_device bridge;
	int ret;

	if (a->device)
		return 0;
	ret = net_make_bridge(&a->host, a->net->device, a->mtu);
	if (ret == 0)
		ret = nl_find_device(&a->host, a->net->device, 0, &bridge);
	if (ret < 0)
		return net_failed(err, ret, "make bridge", a->net->device);
	a->device = bridge.index;
	skip_detection(a->net->device);
	for (int f = 0; f < NET_FAMILIES; f++) {
		struct net_address own = a->gateway[f];

		if (!own.family)
			continue;
		own.prefix = a->subnet[f].prefix;
		ret = net_add_address(&a->host, a->device, &own);
		if (ret < 0)
			return net_failed(err, ret, "give an address to bridge", a->net->device);
	}
	ret = nl_set_up(&a->host, a->device);
	return ret < 0 ? net_failed(err, ret, "set up bridge", a->net->device) : 0;
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

int net_check_ports(const struct net_attach *a, struct husk_error *err)
{
	if (net_pool_check_ports(&a->file.pool, a->net, err) < 0)
		return -err->sys;
	for (size_t i = 0; i < a->net->n_publish; i++) {
		if (check_port(&a->net->publish[i], err) < 0)
			return -err->sys;
	}
	return 0;
}
