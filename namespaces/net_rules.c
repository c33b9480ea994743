/*
 * nftables: what husk does to packets, in a table of its own.
 *
 *   host, table inet husk-BRIDGE       masquerading, published ports, and that nobody else gets in
 *   container, table inet husk         the allow-list of destinations
 *
 * In the kernel's own messages, not through libnftables: that would open its socket in our network
 * namespace, never the container's; it ends the process when it cannot (netlink_init_error()), and
 * is not for several threads.  Each change is one batch, which the kernel takes whole or not at all.
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
 * Uses: netlink.c, nf_tables(7).    Used by: net_attach.c.
 */
/* First, for glibc: the kernel's headers make room for its <netinet/in.h>, not the reverse. */
#include "namespaces/network.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/base/log.h"
#include "runtime/base/util.h"


#define GUEST_TABLE "husk"

enum {
	BATCH_SIZE = 192 << 10,		/* below the least size of a socket's send buffer */
	MESSAGE_SIZE = 2048,		/* no message of ours is longer */
	COMMENT_TYPE = 0,		/* NFTNL_UDATA_RULE_COMMENT */
	IN_STATES = 2 | 4,		/* NF_CT_STATE_BIT() of established and related */
};

/* ---- a batch of messages ---- */

struct batch {
	struct nl_socket *s;
	const struct mnl *mnl;
	const char *table;
	char *buf;
	size_t len;
	uint32_t first;
	struct nlmsghdr *h;	/* the message being written */
	bool full;
};

static void batch_done(struct batch *b)
{
	free(b->buf);
}
#define cleanup_batch __attribute__((cleanup(batch_done)))

static struct nlmsghdr *start_at(struct nl_socket *s, char *at, uint16_t type, uint16_t flags,
				 uint8_t family, uint16_t res_id)
{
	struct nfgenmsg head = { .nfgen_family = family, .version = NFNETLINK_V0,
				 .res_id = htons(res_id) };
	struct nlmsghdr *h = s->mnl->nlmsg_put_header(at);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++s->seq;
	memcpy(s->mnl->nlmsg_put_extra_header(h, sizeof(head)), &head, sizeof(head));
	return h;
}

static void batch_end_message(struct batch *b)
{
	if (b->h)
		b->len += MNL_ALIGN(b->h->nlmsg_len);
	b->h = NULL;
}

/* Full: the message is written over the last one, and batch_send() fails. */
static void batch_start(struct batch *b, uint16_t type, uint16_t flags)
{
	batch_end_message(b);
	if (b->len + 2 * MESSAGE_SIZE > BATCH_SIZE) {
		b->full = true;
		b->len = 0;
	}
	b->h = start_at(b->s, b->buf + b->len, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags,
			NFPROTO_INET, 0);
}

static int batch_init(struct batch *b, struct nl_socket *s, const char *table,
		      struct husk_error *err)
{
	*b = (struct batch){ .s = s, .mnl = s->mnl, .table = table };
	b->buf = calloc(1, BATCH_SIZE);
	if (!b->buf)
		return err_nomem(err, "nftables");
	b->first = s->seq + 1;
	b->h = start_at(s, b->buf, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	return 0;
}

static int refused(int ret, const char *what, struct husk_error *err)
{
	errno = -ret;
	(void)err_sys(err, "nftables: %s", what);
	if (ret == -ENOENT || ret == -EOPNOTSUPP || ret == -EPROTONOSUPPORT || ret == -EINVAL)
		return err_hint(err, "the kernel needs nf_tables with CONFIG_NFT_NAT, NFT_MASQ, "
				"NFT_CT, NFT_FIB_INET and NFT_REJECT_INET");
	if (ret == -EPERM)
		return err_hint(err, "that takes CAP_NET_ADMIN in this network namespace");
	return ret;
}

/* The last message before the end must ask for an answer. */
static int batch_send(struct batch *b)
{
	uint32_t last = b->s->seq;
	int ret;

	if (b->full)
		return -E2BIG;
	b->h->nlmsg_flags |= NLM_F_ACK;
	batch_end_message(b);
	b->h = start_at(b->s, b->buf + b->len, NFNL_MSG_BATCH_END, 0, AF_UNSPEC,
			NFNL_SUBSYS_NFTABLES);
	batch_end_message(b);
	ret = nl_ask_batch(b->s, b->buf, b->len, b->first, last);
	log_debug("nftables: %u messages for table %s: %s", last - b->first, b->table,
		  ret < 0 ? strerror(-ret) : "ok");
	return ret;
}

/* ---- tables and chains ---- */

static void put_table(struct batch *b, uint16_t type, uint16_t flags)
{
	batch_start(b, type, flags);
	b->mnl->attr_put_strz(b->h, NFTA_TABLE_NAME, b->table);
}

struct chain {
	const char *name;
	const char *type;	/* NULL: it is only jumped to */
	uint32_t hook;
	int32_t priority;
	bool drop;		/* what no rule accepts */
};

static void put_chain(struct batch *b, const struct chain *c)
{
	struct nlattr *hook;

	batch_start(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	b->mnl->attr_put_strz(b->h, NFTA_CHAIN_TABLE, b->table);
	b->mnl->attr_put_strz(b->h, NFTA_CHAIN_NAME, c->name);
	if (!c->type)
		return;
	hook = b->mnl->attr_nest_start(b->h, NFTA_CHAIN_HOOK);
	b->mnl->attr_put_u32(b->h, NFTA_HOOK_HOOKNUM, htonl(c->hook));
	b->mnl->attr_put_u32(b->h, NFTA_HOOK_PRIORITY, htonl((uint32_t)c->priority));
	b->mnl->attr_nest_end(b->h, hook);
	b->mnl->attr_put_u32(b->h, NFTA_CHAIN_POLICY, htonl(c->drop ? NF_DROP : NF_ACCEPT));
	b->mnl->attr_put_strz(b->h, NFTA_CHAIN_TYPE, c->type);
}

/* ---- rules: expressions that work on register 1, one after the other ---- */

struct rule {
	struct batch *b;
	struct nlattr *expressions, *element, *data;
};

static struct rule begin_rule(struct batch *b, const char *chain, const char *comment)
{
	struct rule r = { .b = b };
	char user_data[2 + 64];

	batch_start(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	b->mnl->attr_put_strz(b->h, NFTA_RULE_TABLE, b->table);
	b->mnl->attr_put_strz(b->h, NFTA_RULE_CHAIN, chain);
	if (comment) {
		size_t len = strlen(comment) + 1;

		user_data[0] = COMMENT_TYPE;
		user_data[1] = (char)len;
		memcpy(user_data + 2, comment, len);
		b->mnl->attr_put(b->h, NFTA_RULE_USERDATA, len + 2, user_data);
	}
	r.expressions = b->mnl->attr_nest_start(b->h, NFTA_RULE_EXPRESSIONS);
	return r;
}

static void end_rule(struct rule *r)
{
	r->b->mnl->attr_nest_end(r->b->h, r->expressions);
}

static void begin(struct rule *r, const char *name)
{
	r->element = r->b->mnl->attr_nest_start(r->b->h, NFTA_LIST_ELEM);
	r->b->mnl->attr_put_strz(r->b->h, NFTA_EXPR_NAME, name);
	r->data = r->b->mnl->attr_nest_start(r->b->h, NFTA_EXPR_DATA);
}

static void end(struct rule *r)
{
	r->b->mnl->attr_nest_end(r->b->h, r->data);
	r->b->mnl->attr_nest_end(r->b->h, r->element);
}

static void number(struct rule *r, uint16_t attribute, uint32_t n)
{
	r->b->mnl->attr_put_u32(r->b->h, attribute, htonl(n));
}

static void value(struct rule *r, uint16_t attribute, const void *bytes, size_t len)
{
	struct nlattr *nest = r->b->mnl->attr_nest_start(r->b->h, attribute);

	r->b->mnl->attr_put(r->b->h, NFTA_DATA_VALUE, len, bytes);
	r->b->mnl->attr_nest_end(r->b->h, nest);
}

static void load(struct rule *r, const char *name, uint16_t dreg, uint16_t key_attribute,
		 uint32_t key)
{
	begin(r, name);
	number(r, dreg, NFT_REG_1);
	number(r, key_attribute, key);
	end(r);
}

static void compare(struct rule *r, uint32_t op, const void *bytes, size_t len)
{
	begin(r, "cmp");
	number(r, NFTA_CMP_SREG, NFT_REG_1);
	number(r, NFTA_CMP_OP, op);
	value(r, NFTA_CMP_DATA, bytes, len);
	end(r);
}

static void mask(struct rule *r, const void *bits, size_t len)
{
	static const uint8_t zero[16];

	begin(r, "bitwise");
	number(r, NFTA_BITWISE_SREG, NFT_REG_1);
	number(r, NFTA_BITWISE_DREG, NFT_REG_1);
	number(r, NFTA_BITWISE_LEN, (uint32_t)len);
	value(r, NFTA_BITWISE_MASK, bits, len);
	value(r, NFTA_BITWISE_XOR, zero, len);
	end(r);
}

static void match_byte(struct rule *r, uint32_t meta_key, uint8_t byte)
{
	load(r, "meta", NFTA_META_DREG, NFTA_META_KEY, meta_key);
	compare(r, NFT_CMP_EQ, &byte, 1);
}

static void match_family(struct rule *r, int family)
{
	match_byte(r, NFT_META_NFPROTO, family == NET_V4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

static void match_name(struct rule *r, uint32_t meta_key, uint32_t op, const char *name)
{
	char padded[IF_NAMESIZE] = "";

	(void)snprintf(padded, sizeof(padded), "%s", name);
	load(r, "meta", NFTA_META_DREG, NFTA_META_KEY, meta_key);
	compare(r, op, padded, sizeof(padded));
}

static void payload(struct rule *r, uint32_t base, uint32_t offset, uint32_t len)
{
	begin(r, "payload");
	number(r, NFTA_PAYLOAD_DREG, NFT_REG_1);
	number(r, NFTA_PAYLOAD_BASE, base);
	number(r, NFTA_PAYLOAD_OFFSET, offset);
	number(r, NFTA_PAYLOAD_LEN, len);
	end(r);
}

enum side { SOURCE, DESTINATION };

/* With what the prefix leaves open masked out. */
static void match_address(struct rule *r, enum side side, const struct net_address *a)
{
	static const uint8_t offsets[NET_FAMILIES][2] = { { 12, 16 }, { 8, 24 } };
	struct net_address base = *a;
	uint8_t bits[16] = { 0 };
	uint32_t len = (uint32_t)net_size(a);

	match_family(r, net_family(a));
	payload(r, NFT_PAYLOAD_NETWORK_HEADER, offsets[net_family(a)][side], len);
	for (unsigned i = 0; i < a->prefix; i++)
		bits[i / 8] |= (uint8_t)(0x80 >> i % 8);
	if (a->prefix < len * 8)
		mask(r, bits, len);
	for (size_t i = 0; i < len; i++)
		base.bytes[i] &= bits[i];
	compare(r, NFT_CMP_EQ, base.bytes, len);
}

static void match_port(struct rule *r, uint16_t first, uint16_t last)
{
	uint16_t low = htons(first), high = htons(last);

	payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	if (first == last) {
		compare(r, NFT_CMP_EQ, &low, 2);
		return;
	}
	compare(r, NFT_CMP_GTE, &low, 2);
	compare(r, NFT_CMP_LTE, &high, 2);
}

/* Any of @bits in the state or the status of the connection. */
static void match_ct(struct rule *r, uint32_t key, uint32_t bits)
{
	static const uint32_t none;

	load(r, "ct", NFTA_CT_DREG, NFTA_CT_KEY, key);
	mask(r, &bits, sizeof(bits));
	compare(r, NFT_CMP_NEQ, &none, sizeof(none));
}

static void match_local_address(struct rule *r)
{
	static const uint32_t local = RTN_LOCAL;

	begin(r, "fib");
	number(r, NFTA_FIB_DREG, NFT_REG_1);
	number(r, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	number(r, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	end(r);
	compare(r, NFT_CMP_EQ, &local, sizeof(local));
}

static void verdict(struct rule *r, int code, const char *chain)
{
	const struct mnl *m = r->b->mnl;
	struct nlattr *data, *nest;

	begin(r, "immediate");
	number(r, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = m->attr_nest_start(r->b->h, NFTA_IMMEDIATE_DATA);
	nest = m->attr_nest_start(r->b->h, NFTA_DATA_VERDICT);
	number(r, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		m->attr_put_strz(r->b->h, NFTA_VERDICT_CHAIN, chain);
	m->attr_nest_end(r->b->h, nest);
	m->attr_nest_end(r->b->h, data);
	end(r);
}

static void immediate(struct rule *r, uint32_t reg, const void *bytes, size_t len)
{
	begin(r, "immediate");
	number(r, NFTA_IMMEDIATE_DREG, reg);
	value(r, NFTA_IMMEDIATE_DATA, bytes, len);
	end(r);
}

static void masquerade(struct rule *r)
{
	begin(r, "masq");
	end(r);
}

/* ---- the host's table ---- */

static const struct net_address loopback_net = { .family = AF_INET, .prefix = 8,
						 .bytes = { 127 } };

static const struct chain host_chains[] = {
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

static void put_leave(struct batch *b, const char *bridge, const struct net_address *subnet)
{
	struct rule r = begin_rule(b, "leave", NULL);

	match_address(&r, SOURCE, subnet);
	match_name(&r, NFT_META_OIFNAME, NFT_CMP_NEQ, bridge);
	masquerade(&r);
	end_rule(&r);
	/* A container that calls a published port: the answer must come back the same way. */
	r = begin_rule(b, "leave", NULL);
	match_address(&r, SOURCE, subnet);
	match_name(&r, NFT_META_OIFNAME, NFT_CMP_EQ, bridge);
	match_ct(&r, NFT_CT_STATUS, IPS_DST_NAT);
	masquerade(&r);
	end_rule(&r);
}

static void put_enter(struct batch *b, const char *bridge)
{
	struct rule r = begin_rule(b, "enter", NULL);

	match_ct(&r, NFT_CT_STATE, IN_STATES);
	verdict(&r, NF_ACCEPT, NULL);
	end_rule(&r);
	r = begin_rule(b, "enter", NULL);
	match_ct(&r, NFT_CT_STATUS, IPS_DST_NAT);
	verdict(&r, NF_ACCEPT, NULL);
	end_rule(&r);
	r = begin_rule(b, "enter", NULL);
	verdict(&r, NF_DROP, NULL);
	end_rule(&r);

	r = begin_rule(b, "forward", NULL);
	match_name(&r, NFT_META_OIFNAME, NFT_CMP_EQ, bridge);
	match_name(&r, NFT_META_IIFNAME, NFT_CMP_NEQ, bridge);
	verdict(&r, NFT_JUMP, "enter");
	end_rule(&r);
}

/* 127.0.0.1:PORT of the host leads into the bridge (route_localnet); nothing comes back that way. */
static void put_loopback(struct batch *b, const char *bridge)
{
	struct rule r = begin_rule(b, "guard", NULL);

	match_name(&r, NFT_META_IIFNAME, NFT_CMP_EQ, bridge);
	match_address(&r, DESTINATION, &loopback_net);
	verdict(&r, NF_DROP, NULL);
	end_rule(&r);
	r = begin_rule(b, "leave", NULL);
	match_address(&r, SOURCE, &loopback_net);
	match_name(&r, NFT_META_OIFNAME, NFT_CMP_EQ, bridge);
	masquerade(&r);
	end_rule(&r);
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
	cleanup_batch struct batch b = { 0 };
	char table[IF_NAMESIZE + 8];
	int ret;

	table_name(bridge, table);
	if (find_table(s, table) == 0)
		return 0;
	if (batch_init(&b, s, table, err) < 0)
		return -err->sys;
	put_table(&b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	for (size_t i = 0; i < ARRAY_SIZE(host_chains); i++)
		put_chain(&b, &host_chains[i]);
	for (int f = 0; f < NET_FAMILIES; f++) {
		if (subnet[f].family)
			put_leave(&b, bridge, &subnet[f]);
	}
	put_loopback(&b, bridge);
	put_enter(&b, bridge);
	ret = batch_send(&b);
	return ret < 0 ? refused(ret, "make the table of the bridge", err) : 0;
}

static void put_published(struct batch *b, const char *chain, const char *link,
			  const struct net_publish *p, const struct net_address *ip)
{
	static const uint8_t any[16];
	struct rule r = begin_rule(b, chain, link);
	uint16_t port = htons(p->port);

	if (p->host.family && memcmp(p->host.bytes, any, sizeof(any)) != 0) {
		match_address(&r, DESTINATION, &p->host);
	} else {
		match_family(&r, net_family(ip));
		match_local_address(&r);
	}
	match_byte(&r, NFT_META_L4PROTO, p->protocol);
	match_port(&r, p->host_port, p->host_port);
	immediate(&r, NFT_REG_1, ip->bytes, net_size(ip));
	immediate(&r, NFT_REG_2, &port, sizeof(port));
	begin(&r, "nat");
	number(&r, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	number(&r, NFTA_NAT_FAMILY, net_family(ip) == NET_V4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	number(&r, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
	number(&r, NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
	end(&r);
	end_rule(&r);
}

int net_rules_publish(struct nl_socket *s, const char *bridge, const char *link,
		      const struct ns_network *net, const struct net_address ip[NET_FAMILIES],
		      struct husk_error *err)
{
	cleanup_batch struct batch b = { 0 };
	char table[IF_NAMESIZE + 8];
	int ret;

	if (net->n_publish == 0)
		return 0;
	table_name(bridge, table);
	if (batch_init(&b, s, table, err) < 0)
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
	ret = batch_send(&b);
	return ret < 0 ? refused(ret, "publish ports", err) : 0;
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
		cleanup_batch struct batch b = { 0 };
		int ret;

		if (!found || batch_init(&b, s, table, err) < 0)
			return err_nomem(err, "nftables");
		found->comment = link;
		ret = find_rules(s, table, chains[c], found);
		if (ret < 0 && !is_nothing(ret))
			return refused(ret, "look for the container's rules", err);
		if (found->n == 0)
			continue;
		b.first = s->seq + 1;
		b.h = start_at(s, b.buf, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
		for (size_t i = 0; i < found->n; i++) {
			batch_start(&b, NFT_MSG_DELRULE, 0);
			b.mnl->attr_put_strz(b.h, NFTA_RULE_TABLE, table);
			b.mnl->attr_put_strz(b.h, NFTA_RULE_CHAIN, chains[c]);
			b.mnl->attr_put(b.h, NFTA_RULE_HANDLE, sizeof(uint64_t), &found->list[i]);
		}
		ret = batch_send(&b);
		if (ret < 0 && !is_nothing(ret))
			return refused(ret, "remove the container's rules", err);
	}
	return 0;
}

int net_rules_remove_table(struct nl_socket *s, const char *bridge, struct husk_error *err)
{
	cleanup_batch struct batch b = { 0 };
	char table[IF_NAMESIZE + 8];
	int ret;

	table_name(bridge, table);
	if (batch_init(&b, s, table, err) < 0)
		return -err->sys;
	put_table(&b, NFT_MSG_DELTABLE, 0);
	ret = batch_send(&b);
	return ret < 0 && !is_nothing(ret) ? refused(ret, "remove the table of the bridge", err) : 0;
}

/* ---- the container's table ---- */

static void put_accept(struct batch *b, const struct net_egress *e, uint8_t protocol)
{
	struct rule r = begin_rule(b, "output", NULL);

	match_address(&r, DESTINATION, &e->to);
	if (protocol)
		match_byte(&r, NFT_META_L4PROTO, protocol);
	if (e->first)
		match_port(&r, e->first, e->last);
	verdict(&r, NF_ACCEPT, NULL);
	end_rule(&r);
}

static void put_egress(struct batch *b, const struct net_egress *e)
{
	if (e->protocol) {
		put_accept(b, e, e->protocol);
		return;
	}
	put_accept(b, e, IPPROTO_TCP);
	put_accept(b, e, IPPROTO_UDP);
}

/* Without these IPv6 finds no neighbour; nobody can send them without CAP_NET_RAW. */
static void put_neighbours(struct batch *b)
{
	static const uint8_t first = 133, last = 136;	/* router solicitation ... advertisement */
	struct rule r = begin_rule(b, "output", NULL);

	match_byte(&r, NFT_META_L4PROTO, IPPROTO_ICMPV6);
	payload(&r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
	compare(&r, NFT_CMP_GTE, &first, 1);
	compare(&r, NFT_CMP_LTE, &last, 1);
	verdict(&r, NF_ACCEPT, NULL);
	end_rule(&r);
}

/* An answer, not silence: the program hears at once that it may not. */
static void put_reject(struct batch *b)
{
	struct rule r = begin_rule(b, "output", NULL);

	begin(&r, "reject");
	number(&r, NFTA_REJECT_TYPE, NFT_REJECT_ICMPX_UNREACH);
	r.b->mnl->attr_put_u8(r.b->h, NFTA_REJECT_ICMP_CODE, NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
	end(&r);
	end_rule(&r);
}

int net_rules_egress(struct nl_socket *s, const struct ns_network *net, struct husk_error *err)
{
	static const struct chain chains[] = {
		{ "output", "filter", NF_INET_LOCAL_OUT, 0, true },
		/* With a router's powers inside, forwarded packets would be another way out. */
		{ "forward", "filter", NF_INET_FORWARD, 0, true },
	};
	cleanup_batch struct batch b = { 0 };
	struct rule r;
	int ret;

	if (batch_init(&b, s, GUEST_TABLE, err) < 0)
		return -err->sys;
	put_table(&b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	put_chain(&b, &chains[0]);
	put_chain(&b, &chains[1]);
	r = begin_rule(&b, "output", NULL);
	match_name(&r, NFT_META_OIFNAME, NFT_CMP_EQ, "lo");
	verdict(&r, NF_ACCEPT, NULL);
	end_rule(&r);
	r = begin_rule(&b, "output", NULL);
	match_ct(&r, NFT_CT_STATE, IN_STATES);
	verdict(&r, NF_ACCEPT, NULL);
	end_rule(&r);
	put_neighbours(&b);
	for (size_t i = 0; i < net->n_egress; i++)
		put_egress(&b, &net->egress[i]);
	for (size_t i = 0; i < net->n_dns; i++)
		put_egress(&b, &(struct net_egress){ net->dns[i], 53, 53, 0 });
	put_reject(&b);
	ret = batch_send(&b);
	if (ret == -E2BIG || ret == -EMSGSIZE)
		return err_new(err, HUSK_E_CONFIG, E2BIG, "the allow-list is too long: at most about "
			       "%d rules", BATCH_SIZE / 1024);
	return ret < 0 ? refused(ret, "make the allow-list", err) : 0;
}
