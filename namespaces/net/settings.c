/*
 * What was set on a network device: read in one network namespace, set again in another.
 *
 * Uses: libmnl by netlink.h.    Used by: devices.c.
 */
#include "namespaces/net/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/base/util.h"

enum {	/* of one device */
	MAX_ADDRESSES = 64,
	MAX_ROUTES = 64,
	MAX_VALUE = 64,		/* bytes of a route's attribute */
};

struct address {
	struct ifaddrmsg head;
	uint32_t flags;
	uint8_t local[16], peer[16], broadcast[16];
	uint16_t n_local, n_peer, n_broadcast;	/* bytes, 0: absent */
};

/* What of a route means the same elsewhere. */
static const uint16_t kept[] = { RTA_DST, RTA_SRC, RTA_GATEWAY, RTA_VIA, RTA_PRIORITY, RTA_PREFSRC,
				 RTA_METRICS, RTA_TABLE, RTA_PREF };
enum { DST, SRC, GATEWAY, VIA };

struct route {
	struct rtmsg head;
	struct {
		uint16_t n;	/* bytes, 0: absent */
		uint8_t value[MAX_VALUE];
	} at[ARRAY_SIZE(kept)];
};

struct net_settings {
	int index;
	size_t n_addresses, n_routes;
	bool too_many;
	struct address addresses[MAX_ADDRESSES];
	struct route routes[MAX_ROUTES];
};

/* Its length; 0: there is none that fits. */
static uint16_t copy_value(const struct mnl *mnl, const struct nlattr *attr, void *out, size_t size)
{
	uint16_t len = attr ? mnl->attr_get_payload_len(attr) : 0;

	if (len > size)
		return 0;
	if (len)
		memcpy(out, mnl->attr_get_payload(attr), len);
	return len;
}

static void take_address(const struct mnl *mnl, const struct nlmsghdr *h, void *data)
{
	const struct ifaddrmsg *head = mnl->nlmsg_get_payload(h);
	struct nl_attributes a = { .mnl = mnl, .max = IFA_MAX };
	struct net_settings *all = data;
	struct address *out;
	uint32_t flags;

	if ((int)head->ifa_index != all->index || head->ifa_scope != RT_SCOPE_UNIVERSE)
		return;
	(void)mnl->attr_parse(h, sizeof(*head), nl_keep_attribute, &a);
	flags = a.at[IFA_FLAGS] ? mnl->attr_get_u32(a.at[IFA_FLAGS]) : head->ifa_flags;
	if (!(flags & IFA_F_PERMANENT))
		return;
	if (all->n_addresses == MAX_ADDRESSES) {
		all->too_many = true;
		return;
	}
	out = &all->addresses[all->n_addresses++];
	*out = (struct address){ .head = *head, .flags = flags };
	out->n_local = copy_value(mnl, a.at[IFA_LOCAL], out->local, sizeof(out->local));
	out->n_peer = copy_value(mnl, a.at[IFA_ADDRESS], out->peer, sizeof(out->peer));
	out->n_broadcast = copy_value(mnl, a.at[IFA_BROADCAST], out->broadcast,
				      sizeof(out->broadcast));
}

/* Only permanent ones of global scope: others belong to the network it leaves. */
static int get_addresses(struct nl_socket *s, struct net_settings *all)
{
	struct ifaddrmsg head = { .ifa_family = AF_UNSPEC };
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, RTM_GETADDR, NLM_F_DUMP, &head, sizeof(head));

	return nl_ask(s, h, take_address, all);
}

static int add_address(struct nl_socket *s, int index, const struct address *a)
{
	struct ifaddrmsg head = a->head;
	struct nlmsghdr *h;
	union nl_message m;

	head.ifa_index = (uint32_t)index;
	h = nl_start(s, &m, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head,
		     sizeof(head));
	if (a->n_local)
		s->mnl->attr_put(h, IFA_LOCAL, a->n_local, a->local);
	if (a->n_peer)
		s->mnl->attr_put(h, IFA_ADDRESS, a->n_peer, a->peer);
	if (a->n_broadcast)
		s->mnl->attr_put(h, IFA_BROADCAST, a->n_broadcast, a->broadcast);
	/* What the kernel found out in the old network says nothing about the new one. */
	s->mnl->attr_put_u32(h, IFA_FLAGS,
			     a->flags & ~(uint32_t)(IFA_F_TENTATIVE | IFA_F_DADFAILED));
	return nl_ask(s, h, NULL, NULL);
}

/* ---- routes ---- */

/* The kernel makes its own again, and those of router advertisements come again. */
static bool is_set_by_someone(const struct rtmsg *head)
{
	return head->rtm_type == RTN_UNICAST && !(head->rtm_flags & RTM_F_CLONED) &&
	       head->rtm_protocol != RTPROT_KERNEL && head->rtm_protocol != RTPROT_RA &&
	       head->rtm_protocol != RTPROT_REDIRECT;
}

static void take_route(const struct mnl *mnl, const struct nlmsghdr *h, void *data)
{
	const struct rtmsg *head = mnl->nlmsg_get_payload(h);
	struct nl_attributes a = { .mnl = mnl, .max = RTA_MAX };
	struct net_settings *all = data;
	struct route *out;

	if (h->nlmsg_type != RTM_NEWROUTE || !is_set_by_someone(head))
		return;
	(void)mnl->attr_parse(h, sizeof(*head), nl_keep_attribute, &a);
	if (!a.at[RTA_OIF] || (int)mnl->attr_get_u32(a.at[RTA_OIF]) != all->index)
		return;
	if (all->n_routes == MAX_ROUTES) {
		all->too_many = true;
		return;
	}
	out = &all->routes[all->n_routes++];
	*out = (struct route){ .head = *head };
	/* Of the rest, how the link was doing. */
	out->head.rtm_flags &= RTNH_F_ONLINK;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		out->at[i].n = copy_value(mnl, a.at[kept[i]], out->at[i].value, MAX_VALUE);
}

/* A router's tables are long: a kernel that can shall send only what is this device's. */
static int get_routes(struct nl_socket *s, struct net_settings *all)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	int ret = 0;

	(void)setsockopt(s->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &(int){ 1 }, sizeof(int));
	for (size_t i = 0; i < ARRAY_SIZE(families) && ret == 0; i++) {
		struct rtmsg head = { .rtm_family = families[i] };
		union nl_message m;
		struct nlmsghdr *h = nl_start(s, &m, RTM_GETROUTE, NLM_F_DUMP, &head, sizeof(head));

		s->mnl->attr_put_u32(h, RTA_OIF, (uint32_t)all->index);
		ret = nl_ask(s, h, take_route, all);
	}
	(void)setsockopt(s->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &(int){ 0 }, sizeof(int));
	return ret;
}

static int add_route(struct nl_socket *s, int index, const struct route *r)
{
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
				      &r->head, sizeof(r->head));

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		if (r->at[i].n)
			s->mnl->attr_put(h, kept[i], r->at[i].n, r->at[i].value);
	}
	s->mnl->attr_put_u32(h, RTA_OIF, (uint32_t)index);
	return nl_ask(s, h, NULL, NULL);
}

static bool has_gateway(const struct route *r)
{
	return r->at[GATEWAY].n || r->at[VIA].n;
}

/* Those that lead to the gateways of others first. */
static void add_routes(struct nl_socket *s, int index, const struct net_settings *all, bool gateways)
{
	for (size_t i = 0; i < all->n_routes; i++) {
		const struct route *r = &all->routes[i];
		char dst[INET6_ADDRSTRLEN] = "default";
		int ret = has_gateway(r) == gateways ? add_route(s, index, r) : 0;

		if (ret == 0 || ret == -EEXIST)
			continue;
		if (r->at[DST].n)
			(void)inet_ntop(r->head.rtm_family, r->at[DST].value, dst, sizeof(dst));
		log_warn("network device %d: its route %s/%u: %s, ignoring", index, dst,
			 r->head.rtm_dst_len, strerror(-ret));
	}
}

/* ---- both ---- */

static int failed(struct husk_error *err, int ret, const char *what)
{
	errno = -ret;
	return err_sys(err, "%s", what);
}

struct net_settings *net_settings_read(struct nl_socket *s, int index, struct husk_error *err)
{
	cleanup_free struct net_settings *all = calloc(1, sizeof(*all));
	int ret;

	if (!all) {
		(void)err_nomem(err, "addresses and routes");
		return NULL;
	}
	all->index = index;
	ret = get_addresses(s, all);
	if (ret < 0) {
		(void)failed(err, ret, "read its addresses");
		return NULL;
	}
	ret = get_routes(s, all);
	if (ret < 0) {
		(void)failed(err, ret, "read its routes");
		return NULL;
	}
	if (all->too_many) {
		(void)err_new(err, HUSK_E_UNSUPPORTED, E2BIG, "more than %d addresses or %d routes",
			      MAX_ADDRESSES, MAX_ROUTES);
		return NULL;
	}
	return take_ptr(&all);
}

int net_settings_apply(struct nl_socket *s, int index, const struct net_settings *all, bool up,
		       struct husk_error *err)
{
	int ret = 0;

	for (size_t i = 0; i < all->n_addresses; i++) {
		ret = add_address(s, index, &all->addresses[i]);
		if (ret < 0 && ret != -EEXIST)
			return failed(err, ret, "add its address");
	}
	ret = up ? nl_set_up(s, index) : 0;
	if (ret < 0)
		return failed(err, ret, "set it up");
	if (up) {
		add_routes(s, index, all, false);
		add_routes(s, index, all, true);
	}
	return 0;
}
