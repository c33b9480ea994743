/*
 * Questions to the kernel about bridges, pairs of devices, addresses and routes.
 *
 * A pair is made in one call, its other end in the container's network namespace from the start:
 * there is no moment at which that end could be lost in the host's.
 *
 * Uses: netlink.c.    Used by: attach.c.
 */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/socket.h>

#include "namespaces/net/net.h"
#include "runtime/base/util.h"

enum { CREATE = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL };

static struct nlattr *begin_kind(const struct mnl *m, struct nlmsghdr *h, const char *kind)
{
	struct nlattr *info = m->attr_nest_start(h, IFLA_LINKINFO);

	m->attr_put_strz(h, IFLA_INFO_KIND, kind);
	return info;
}

int net_make_bridge(struct nl_socket *s, const char *name, uint32_t mtu)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, RTM_NEWLINK, CREATE, &head, sizeof(head));

	s->mnl->attr_put_strz(h, IFLA_IFNAME, name);
	if (mtu)
		s->mnl->attr_put_u32(h, IFLA_MTU, mtu);
	s->mnl->attr_nest_end(h, begin_kind(s->mnl, h, "bridge"));
	return nl_ask(s, h, NULL, NULL);
}

int net_make_pair(struct nl_socket *s, const char *host, int bridge, const char *inside,
		  const uint8_t mac[6], uint32_t mtu, pid_t pid)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_flags = IFF_UP,
				  .ifi_change = IFF_UP };
	struct ifinfomsg peer_head = { .ifi_family = AF_UNSPEC };
	const struct mnl *mnl = s->mnl;
	struct nlattr *info, *data, *peer;
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, RTM_NEWLINK, CREATE, &head, sizeof(head));

	mnl->attr_put_strz(h, IFLA_IFNAME, host);
	mnl->attr_put_u32(h, IFLA_MASTER, (uint32_t)bridge);
	if (mtu)
		mnl->attr_put_u32(h, IFLA_MTU, mtu);
	info = begin_kind(mnl, h, "veth");
	data = mnl->attr_nest_start(h, IFLA_INFO_DATA);
	peer = mnl->attr_nest_start(h, VETH_INFO_PEER);
	memcpy(mnl->nlmsg_put_extra_header(h, sizeof(peer_head)), &peer_head, sizeof(peer_head));
	mnl->attr_put_strz(h, IFLA_IFNAME, inside);
	mnl->attr_put(h, IFLA_ADDRESS, 6, mac);
	if (mtu)
		mnl->attr_put_u32(h, IFLA_MTU, mtu);
	mnl->attr_put_u32(h, IFLA_NET_NS_PID, (uint32_t)pid);
	mnl->attr_nest_end(h, peer);
	mnl->attr_nest_end(h, data);
	mnl->attr_nest_end(h, info);
	return nl_ask(s, h, NULL, NULL);
}

int net_set_hairpin(struct nl_socket *s, const char *port)
{
	const struct mnl *mnl = s->mnl;
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	struct nlattr *info, *data;
	struct nl_device dev;
	union nl_message m;
	struct nlmsghdr *h;
	int ret = nl_find_device(s, port, 0, &dev);

	if (ret < 0)
		return ret;
	head.ifi_index = dev.index;
	h = nl_start(s, &m, RTM_NEWLINK, NLM_F_ACK, &head, sizeof(head));
	info = mnl->attr_nest_start(h, IFLA_LINKINFO);
	mnl->attr_put_strz(h, IFLA_INFO_SLAVE_KIND, "bridge");
	data = mnl->attr_nest_start(h, IFLA_INFO_SLAVE_DATA);
	mnl->attr_put_u8(h, IFLA_BRPORT_MODE, 1);
	mnl->attr_nest_end(h, data);
	mnl->attr_nest_end(h, info);
	return nl_ask(s, h, NULL, NULL);
}

int net_make_macvlan(struct nl_socket *s, int parent, const char *inside, uint32_t mtu, pid_t pid)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	const struct mnl *mnl = s->mnl;
	struct nlattr *info, *data;
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, RTM_NEWLINK, CREATE, &head, sizeof(head));

	mnl->attr_put_strz(h, IFLA_IFNAME, inside);
	mnl->attr_put_u32(h, IFLA_LINK, (uint32_t)parent);
	mnl->attr_put_u32(h, IFLA_NET_NS_PID, (uint32_t)pid);
	if (mtu)
		mnl->attr_put_u32(h, IFLA_MTU, mtu);
	info = begin_kind(mnl, h, "macvlan");
	data = mnl->attr_nest_start(h, IFLA_INFO_DATA);
	mnl->attr_put_u32(h, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
	mnl->attr_nest_end(h, data);
	mnl->attr_nest_end(h, info);
	return nl_ask(s, h, NULL, NULL);
}

int net_remove_link(struct nl_socket *s, int index)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = index };
	union nl_message m;

	return nl_ask(s, nl_start(s, &m, RTM_DELLINK, NLM_F_ACK, &head, sizeof(head)), NULL, NULL);
}

/* No duplicate address detection: the addresses are ours to give, and it would take a second. */
int net_add_address(struct nl_socket *s, int index, const struct net_address *a)
{
	struct ifaddrmsg head = { .ifa_family = a->family, .ifa_prefixlen = a->prefix,
				  .ifa_scope = RT_SCOPE_UNIVERSE, .ifa_index = (uint32_t)index,
				  .ifa_flags = a->family == AF_INET6 ? IFA_F_NODAD : 0 };
	struct net_address broadcast = *a;
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, RTM_NEWADDR, CREATE, &head, sizeof(head));

	s->mnl->attr_put(h, IFA_LOCAL, net_size(a), a->bytes);
	s->mnl->attr_put(h, IFA_ADDRESS, net_size(a), a->bytes);
	for (unsigned bit = a->prefix; bit < 32; bit++)
		broadcast.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	if (a->family == AF_INET && a->prefix < 31)
		s->mnl->attr_put(h, IFA_BROADCAST, 4, broadcast.bytes);
	return nl_ask(s, h, NULL, NULL);
}

int net_add_default_route(struct nl_socket *s, int index, const struct net_address *gateway)
{
	struct rtmsg head = { .rtm_family = gateway->family, .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = RTPROT_STATIC, .rtm_scope = RT_SCOPE_UNIVERSE,
			      .rtm_type = RTN_UNICAST };
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, RTM_NEWROUTE, CREATE, &head, sizeof(head));

	s->mnl->attr_put(h, RTA_GATEWAY, net_size(gateway), gateway->bytes);
	s->mnl->attr_put_u32(h, RTA_OIF, (uint32_t)index);
	return nl_ask(s, h, NULL, NULL);
}

struct search {
	int index;
	struct net_address *found;
};

static void take_address(const struct mnl *mnl, const struct nlmsghdr *h, void *data)
{
	const struct ifaddrmsg *head = mnl->nlmsg_get_payload(h);
	struct nl_attributes a = { .mnl = mnl, .max = IFA_MAX };
	struct search *s = data;
	struct net_address out = { .family = head->ifa_family, .prefix = head->ifa_prefixlen };
	const struct nlattr *local;

	if ((int)head->ifa_index != s->index || head->ifa_scope != RT_SCOPE_UNIVERSE ||
	    (out.family != AF_INET && out.family != AF_INET6) || s->found[net_family(&out)].family)
		return;
	(void)mnl->attr_parse(h, sizeof(*head), nl_keep_attribute, &a);
	local = a.at[IFA_LOCAL] ? a.at[IFA_LOCAL] : a.at[IFA_ADDRESS];
	if (!local || mnl->attr_get_payload_len(local) != net_size(&out))
		return;
	memcpy(out.bytes, mnl->attr_get_payload(local), net_size(&out));
	s->found[net_family(&out)] = out;
}

int net_get_addresses(struct nl_socket *s, int index, struct net_address out[NET_FAMILIES])
{
	struct ifaddrmsg head = { .ifa_family = AF_UNSPEC };
	struct net_address found[NET_FAMILIES] = { 0 };
	struct search search = { index, found };
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, RTM_GETADDR, NLM_F_DUMP, &head, sizeof(head));
	int ret = nl_ask(s, h, take_address, &search);

	if (ret == 0)
		memcpy(out, found, sizeof(found));
	return ret;
}

struct ports {
	int bridge, n;
};

static void count_port(const struct mnl *mnl, const struct nlmsghdr *h, void *data)
{
	struct nl_attributes a = { .mnl = mnl, .max = IFLA_MAX };
	struct ports *p = data;

	(void)mnl->attr_parse(h, sizeof(struct ifinfomsg), nl_keep_attribute, &a);
	if (a.at[IFLA_MASTER] && (int)mnl->attr_get_u32(a.at[IFLA_MASTER]) == p->bridge)
		p->n++;
}

int net_count_ports(struct nl_socket *s, int bridge, int *n)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	struct ports p = { .bridge = bridge };
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, RTM_GETLINK, NLM_F_DUMP, &head, sizeof(head));
	int ret = nl_ask(s, h, count_port, &p);

	if (ret == 0)
		*n = p.n;
	return ret;
}
