/*
 * nftables in the host, table inet husk-BRIDGE: masquerading, published ports, and that nobody else
 * gets in.
 *
 * In terms of nft(8), with "fib daddr type local" only where no address of the host is named:
 *
 *   chain guard    { type filter hook prerouting priority raw;
 *                    iifname BRIDGE ip daddr 127.0.0.0/8 drop }
 *   chain publish  { type nat hook prerouting priority dstnat;
 *                    meta nfproto ipv4 fib daddr type local tcp dport 80 dnat to 10.1.2.3:80 }
 *   chain local    the same for what the host itself sends (hook output)
 *   chain leave    { type nat hook postrouting priority srcnat;
 *                    ip saddr SUBNET oifname != BRIDGE masquerade
 *                    ip saddr SUBNET oifname BRIDGE ct status dnat masquerade
 *                    ip saddr 127.0.0.0/8 oifname BRIDGE masquerade }
 *   chain forward  { type filter hook forward priority filter;
 *                    oifname BRIDGE iifname != BRIDGE jump enter }
 *   chain enter    { ct state established,related accept; ct status dnat accept; drop }
 *
 * Uses: nft.h.    Used by: attach.c, detach.c.
 */
#include "namespaces/net/nft.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/base/util.h"

static const struct net_address loopback_net = { .family = AF_INET, .prefix = 8,
						 .bytes = { 127 } };

static const struct nft_chain host_chains[] = {
	{ "guard", "filter", NF_INET_PRE_ROUTING, -300, false },
	{ "publish", "nat", NF_INET_PRE_ROUTING, -100, false },
	{ "local", "nat", NF_INET_LOCAL_OUT, -100, false },
	{ "leave", "nat", NF_INET_POST_ROUTING, 100, false },
	{ "enter", NULL, 0, 0, false },
	{ "forward", "filter", NF_INET_FORWARD, 0, false },
};

static void table_name(const char *bridge, char out[IF_NAMESIZE + 8])
{
	(void)snprintf(out, IF_NAMESIZE + 8, "husk-%s", bridge);
}

static void put_leave(struct nft_batch *b, const char *bridge, const struct net_address *subnet)
{
	struct nft_rule r = nft_begin_rule(b, "leave", NULL);

	nft_match_address(&r, NFT_SOURCE, subnet);
	nft_match_name(&r, NFT_META_OIFNAME, NFT_CMP_NEQ, bridge);
	nft_masquerade(&r);
	nft_end_rule(&r);
	/* A container that calls a published port: the answer must come back the same way. */
	r = nft_begin_rule(b, "leave", NULL);
	nft_match_address(&r, NFT_SOURCE, subnet);
	nft_match_name(&r, NFT_META_OIFNAME, NFT_CMP_EQ, bridge);
	nft_match_ct(&r, NFT_CT_STATUS, IPS_DST_NAT);
	nft_masquerade(&r);
	nft_end_rule(&r);
}

static void put_enter(struct nft_batch *b, const char *bridge)
{
	struct nft_rule r = nft_begin_rule(b, "enter", NULL);

	nft_match_ct(&r, NFT_CT_STATE, NFT_IN_STATES);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_end_rule(&r);
	r = nft_begin_rule(b, "enter", NULL);
	nft_match_ct(&r, NFT_CT_STATUS, IPS_DST_NAT);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_end_rule(&r);
	r = nft_begin_rule(b, "enter", NULL);
	nft_verdict(&r, NF_DROP, NULL);
	nft_end_rule(&r);

	r = nft_begin_rule(b, "forward", NULL);
	nft_match_name(&r, NFT_META_OIFNAME, NFT_CMP_EQ, bridge);
	nft_match_name(&r, NFT_META_IIFNAME, NFT_CMP_NEQ, bridge);
	nft_verdict(&r, NFT_JUMP, "enter");
	nft_end_rule(&r);
}

/* 127.0.0.1:PORT of the host leads into the bridge (route_localnet); nothing comes back so. */
static void put_loopback(struct nft_batch *b, const char *bridge)
{
	struct nft_rule r = nft_begin_rule(b, "guard", NULL);

	nft_match_name(&r, NFT_META_IIFNAME, NFT_CMP_EQ, bridge);
	nft_match_address(&r, NFT_DESTINATION, &loopback_net);
	nft_verdict(&r, NF_DROP, NULL);
	nft_end_rule(&r);
	r = nft_begin_rule(b, "leave", NULL);
	nft_match_address(&r, NFT_SOURCE, &loopback_net);
	nft_match_name(&r, NFT_META_OIFNAME, NFT_CMP_EQ, bridge);
	nft_masquerade(&r);
	nft_end_rule(&r);
}

static int find_table(struct nl_socket *s, const char *table)
{
	struct nfgenmsg head = { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, 0, &head,
				      sizeof(head));

	s->mnl->attr_put_strz(h, NFTA_TABLE_NAME, table);
	return nl_ask(s, h, NULL, NULL);
}

int net_rules_base(struct nl_socket *s, const char *bridge,
		   const struct net_address subnet[NET_FAMILIES], struct husk_error *err)
{
	cleanup_nft_batch struct nft_batch b = { 0 };
	char table[IF_NAMESIZE + 8];
	int ret;

	table_name(bridge, table);
	if (find_table(s, table) == 0)
		return 0;
	if (nft_batch_init(&b, s, table, err) < 0)
		return -err->sys;
	nft_put_table(&b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	for (size_t i = 0; i < ARRAY_SIZE(host_chains); i++)
		nft_put_chain(&b, &host_chains[i]);
	for (int f = 0; f < NET_FAMILIES; f++) {
		if (subnet[f].family)
			put_leave(&b, bridge, &subnet[f]);
	}
	put_loopback(&b, bridge);
	put_enter(&b, bridge);
	ret = nft_batch_send(&b);
	return ret < 0 ? nft_refused(ret, "make the table of the bridge", err) : 0;
}

static void put_published(struct nft_batch *b, const char *chain, const char *link,
			  const struct net_publish *p, const struct net_address *ip)
{
	static const uint8_t any[16];
	struct nft_rule r = nft_begin_rule(b, chain, link);
	uint16_t port = htons(p->port);

	if (p->host.family && memcmp(p->host.bytes, any, sizeof(any)) != 0) {
		nft_match_address(&r, NFT_DESTINATION, &p->host);
	} else {
		nft_match_family(&r, net_family(ip));
		nft_match_local_address(&r);
	}
	nft_match_byte(&r, NFT_META_L4PROTO, p->protocol);
	nft_match_port(&r, p->host_port, p->host_port);
	nft_immediate(&r, NFT_REG_1, ip->bytes, net_size(ip));
	nft_immediate(&r, NFT_REG_2, &port, sizeof(port));
	nft_begin(&r, "nat");
	nft_number(&r, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	nft_number(&r, NFTA_NAT_FAMILY, net_family(ip) == NET_V4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	nft_number(&r, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
	nft_number(&r, NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
	nft_end(&r);
	nft_end_rule(&r);
}

int net_rules_publish(struct nl_socket *s, const char *bridge, const char *link,
		      const struct ns_network *net, const struct net_address ip[NET_FAMILIES],
		      struct husk_error *err)
{
	cleanup_nft_batch struct nft_batch b = { 0 };
	char table[IF_NAMESIZE + 8];
	int ret;

	if (net->n_publish == 0)
		return 0;
	table_name(bridge, table);
	if (nft_batch_init(&b, s, table, err) < 0)
		return -err->sys;
	for (size_t i = 0; i < net->n_publish; i++) {
		const struct net_publish *p = &net->publish[i];

		for (int f = 0; f < NET_FAMILIES; f++) {
			if (!ip[f].family || (p->host.family && net_family(&p->host) != f))
				continue;
			put_published(&b, "publish", link, p, &ip[f]);
			put_published(&b, "local", link, p, &ip[f]);
		}
	}
	ret = nft_batch_send(&b);
	return ret < 0 ? nft_refused(ret, "publish ports", err) : 0;
}

/* ---- taking back ---- */

enum { MAX_HANDLES = 4 * NET_MAX_ITEMS };

struct handles {
	const char *comment;
	size_t n;
	uint64_t list[MAX_HANDLES];
};

static void take_rule(const struct mnl *mnl, const struct nlmsghdr *h, void *data)
{
	struct nl_attributes a = { .mnl = mnl, .max = NFTA_RULE_MAX };
	struct handles *out = data;
	const struct nlattr *text;
	size_t len = strlen(out->comment) + 1;

	(void)mnl->attr_parse(h, sizeof(struct nfgenmsg), nl_keep_attribute, &a);
	text = a.at[NFTA_RULE_USERDATA];
	if (!text || !a.at[NFTA_RULE_HANDLE] || out->n == MAX_HANDLES ||
	    mnl->attr_get_payload_len(text) != len + 2 ||
	    memcmp((const char *)mnl->attr_get_payload(text) + 2, out->comment, len) != 0)
		return;
	memcpy(&out->list[out->n++], mnl->attr_get_payload(a.at[NFTA_RULE_HANDLE]),
	       sizeof(uint64_t));
}

static int find_rules(struct nl_socket *s, const char *table, const char *chain,
		      struct handles *out)
{
	struct nfgenmsg head = { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE, NLM_F_DUMP,
				      &head, sizeof(head));

	s->mnl->attr_put_strz(h, NFTA_RULE_TABLE, table);
	s->mnl->attr_put_strz(h, NFTA_RULE_CHAIN, chain);
	return nl_ask(s, h, take_rule, out);
}

/* There is nothing of ours: the table or nf_tables itself is not there. */
static bool is_nothing(int ret)
{
	return ret == -ENOENT || ret == -EOPNOTSUPP || ret == -EPROTONOSUPPORT;
}

int net_rules_remove(struct nl_socket *s, const char *bridge, const char *link,
		     struct husk_error *err)
{
	static const char *const chains[] = { "publish", "local" };
	char table[IF_NAMESIZE + 8];

	table_name(bridge, table);
	for (size_t c = 0; c < ARRAY_SIZE(chains); c++) {
		cleanup_free struct handles *found = calloc(1, sizeof(*found));
		cleanup_nft_batch struct nft_batch b = { 0 };
		int ret;

		if (!found)
			return err_nomem(err, "nftables");
		found->comment = link;
		ret = find_rules(s, table, chains[c], found);
		if (ret < 0 && !is_nothing(ret))
			return nft_refused(ret, "look for the container's rules", err);
		if (found->n == 0)
			continue;
		if (nft_batch_init(&b, s, table, err) < 0)
			return -err->sys;
		for (size_t i = 0; i < found->n; i++) {
			nft_batch_start(&b, NFT_MSG_DELRULE, 0);
			b.mnl->attr_put_strz(b.h, NFTA_RULE_TABLE, table);
			b.mnl->attr_put_strz(b.h, NFTA_RULE_CHAIN, chains[c]);
			b.mnl->attr_put(b.h, NFTA_RULE_HANDLE, sizeof(uint64_t), &found->list[i]);
		}
		ret = nft_batch_send(&b);
		if (ret < 0 && !is_nothing(ret))
			return nft_refused(ret, "remove the container's rules", err);
	}
	return 0;
}

int net_rules_remove_table(struct nl_socket *s, const char *bridge, struct husk_error *err)
{
	cleanup_nft_batch struct nft_batch b = { 0 };
	char table[IF_NAMESIZE + 8];
	int ret;

	table_name(bridge, table);
	if (nft_batch_init(&b, s, table, err) < 0)
		return -err->sys;
	nft_put_table(&b, NFT_MSG_DELTABLE, 0);
	ret = nft_batch_send(&b);
	if (ret == 0 || is_nothing(ret))
		return 0;
	return nft_refused(ret, "remove the table of the bridge", err);
}
