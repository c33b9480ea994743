/*
 * nftables in the kernel's own messages: batches, tables, chains, rules.
 *
 * Not through libnftables: that would open its socket in our network namespace, never the
 * container's; it ends the process when it cannot (netlink_init_error()), and is not for several
 * threads.  Each change is one batch, which the kernel takes whole or not at all.
 *
 * Uses: netlink.c, nf_tables(7).    Used by: host_rules.c, egress_rules.c.
 */
/* First, for glibc: the kernel's headers make room for its <netinet/in.h>, not the reverse. */
#include "namespaces/net/nft.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/base/log.h"
#include "runtime/base/util.h"

enum {
	BATCH_SIZE = 192 << 10,		/* below the least size of a socket's send buffer */
	MESSAGE_SIZE = 2048,		/* no message of ours is longer */
	COMMENT_TYPE = 0,		/* NFTNL_UDATA_RULE_COMMENT */
};

/* ---- a batch of messages ---- */

void nft_batch_done(struct nft_batch *b)
{
	free(b->buf);
}

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

static void batch_end_message(struct nft_batch *b)
{
	if (b->h)
		b->len += MNL_ALIGN(b->h->nlmsg_len);
	b->h = NULL;
}

/* Full: the message is written over the last one, and nft_batch_send() fails. */
void nft_batch_start(struct nft_batch *b, uint16_t type, uint16_t flags)
{
	batch_end_message(b);
	if (b->len + 2 * (size_t)MESSAGE_SIZE > BATCH_SIZE) {
		b->full = true;
		b->len = 0;
	}
	b->h = start_at(b->s, b->buf + b->len, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags,
			NFPROTO_INET, 0);
}

int nft_batch_init(struct nft_batch *b, struct nl_socket *s, const char *table,
		   struct husk_error *err)
{
	*b = (struct nft_batch){ .s = s, .mnl = s->mnl, .table = table };
	b->buf = calloc(1, BATCH_SIZE);
	if (!b->buf)
		return err_nomem(err, "nftables");
	b->first = s->seq + 1;
	b->h = start_at(s, b->buf, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	return 0;
}

int nft_refused(int ret, const char *what, struct husk_error *err)
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
int nft_batch_send(struct nft_batch *b)
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

void nft_put_table(struct nft_batch *b, uint16_t type, uint16_t flags)
{
	nft_batch_start(b, type, flags);
	b->mnl->attr_put_strz(b->h, NFTA_TABLE_NAME, b->table);
}

void nft_put_chain(struct nft_batch *b, const struct nft_chain *c)
{
	struct nlattr *hook;

	nft_batch_start(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
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

struct nft_rule nft_begin_rule(struct nft_batch *b, const char *chain, const char *comment)
{
	struct nft_rule r = { .b = b };
	char user_data[2 + 64];

	nft_batch_start(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
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

void nft_end_rule(struct nft_rule *r)
{
	r->b->mnl->attr_nest_end(r->b->h, r->expressions);
}

void nft_begin(struct nft_rule *r, const char *name)
{
	r->element = r->b->mnl->attr_nest_start(r->b->h, NFTA_LIST_ELEM);
	r->b->mnl->attr_put_strz(r->b->h, NFTA_EXPR_NAME, name);
	r->data = r->b->mnl->attr_nest_start(r->b->h, NFTA_EXPR_DATA);
}

void nft_end(struct nft_rule *r)
{
	r->b->mnl->attr_nest_end(r->b->h, r->data);
	r->b->mnl->attr_nest_end(r->b->h, r->element);
}

void nft_number(struct nft_rule *r, uint16_t attribute, uint32_t n)
{
	r->b->mnl->attr_put_u32(r->b->h, attribute, htonl(n));
}

static void value(struct nft_rule *r, uint16_t attribute, const void *bytes, size_t len)
{
	struct nlattr *nest = r->b->mnl->attr_nest_start(r->b->h, attribute);

	r->b->mnl->attr_put(r->b->h, NFTA_DATA_VALUE, len, bytes);
	r->b->mnl->attr_nest_end(r->b->h, nest);
}

static void load(struct nft_rule *r, const char *name, uint16_t dreg, uint16_t key_attribute,
		 uint32_t key)
{
	nft_begin(r, name);
	nft_number(r, dreg, NFT_REG_1);
	nft_number(r, key_attribute, key);
	nft_end(r);
}

void nft_compare(struct nft_rule *r, uint32_t op, const void *bytes, size_t len)
{
	nft_begin(r, "cmp");
	nft_number(r, NFTA_CMP_SREG, NFT_REG_1);
	nft_number(r, NFTA_CMP_OP, op);
	value(r, NFTA_CMP_DATA, bytes, len);
	nft_end(r);
}

static void mask(struct nft_rule *r, const void *bits, size_t len)
{
	static const uint8_t zero[16];

	nft_begin(r, "bitwise");
	nft_number(r, NFTA_BITWISE_SREG, NFT_REG_1);
	nft_number(r, NFTA_BITWISE_DREG, NFT_REG_1);
	nft_number(r, NFTA_BITWISE_LEN, (uint32_t)len);
	value(r, NFTA_BITWISE_MASK, bits, len);
	value(r, NFTA_BITWISE_XOR, zero, len);
	nft_end(r);
}

void nft_match_byte(struct nft_rule *r, uint32_t meta_key, uint8_t byte)
{
	load(r, "meta", NFTA_META_DREG, NFTA_META_KEY, meta_key);
	nft_compare(r, NFT_CMP_EQ, &byte, 1);
}

void nft_match_family(struct nft_rule *r, int family)
{
	nft_match_byte(r, NFT_META_NFPROTO, family == NET_V4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

void nft_match_name(struct nft_rule *r, uint32_t meta_key, uint32_t op, const char *name)
{
	char padded[IF_NAMESIZE] = "";

	(void)snprintf(padded, sizeof(padded), "%s", name);
	load(r, "meta", NFTA_META_DREG, NFTA_META_KEY, meta_key);
	nft_compare(r, op, padded, sizeof(padded));
}

void nft_payload(struct nft_rule *r, uint32_t base, uint32_t offset, uint32_t len)
{
	nft_begin(r, "payload");
	nft_number(r, NFTA_PAYLOAD_DREG, NFT_REG_1);
	nft_number(r, NFTA_PAYLOAD_BASE, base);
	nft_number(r, NFTA_PAYLOAD_OFFSET, offset);
	nft_number(r, NFTA_PAYLOAD_LEN, len);
	nft_end(r);
}

/* With what the prefix leaves open masked out. */
void nft_match_address(struct nft_rule *r, enum nft_side side, const struct net_address *a)
{
	static const uint8_t offsets[NET_FAMILIES][2] = { { 12, 16 }, { 8, 24 } };
	struct net_address base = *a;
	uint8_t bits[16] = { 0 };
	uint32_t len = (uint32_t)net_size(a);

	nft_match_family(r, net_family(a));
	nft_payload(r, NFT_PAYLOAD_NETWORK_HEADER, offsets[net_family(a)][side], len);
	for (unsigned i = 0; i < a->prefix; i++)
		bits[i / 8] |= (uint8_t)(0x80 >> i % 8);
	if (a->prefix < len * 8)
		mask(r, bits, len);
	for (size_t i = 0; i < len; i++)
		base.bytes[i] &= bits[i];
	nft_compare(r, NFT_CMP_EQ, base.bytes, len);
}

void nft_match_port(struct nft_rule *r, uint16_t first, uint16_t last)
{
	uint16_t low = htons(first), high = htons(last);

	nft_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	if (first == last) {
		nft_compare(r, NFT_CMP_EQ, &low, 2);
		return;
	}
	nft_compare(r, NFT_CMP_GTE, &low, 2);
	nft_compare(r, NFT_CMP_LTE, &high, 2);
}

/* Any of @bits in the state or the status of the connection. */
void nft_match_ct(struct nft_rule *r, uint32_t key, uint32_t bits)
{
	static const uint32_t none;

	load(r, "ct", NFTA_CT_DREG, NFTA_CT_KEY, key);
	mask(r, &bits, sizeof(bits));
	nft_compare(r, NFT_CMP_NEQ, &none, sizeof(none));
}

void nft_match_local_address(struct nft_rule *r)
{
	static const uint32_t local = RTN_LOCAL;

	nft_begin(r, "fib");
	nft_number(r, NFTA_FIB_DREG, NFT_REG_1);
	nft_number(r, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nft_number(r, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	nft_end(r);
	nft_compare(r, NFT_CMP_EQ, &local, sizeof(local));
}

void nft_verdict(struct nft_rule *r, int code, const char *chain)
{
	const struct mnl *m = r->b->mnl;
	struct nlattr *data, *nest;

	nft_begin(r, "immediate");
	nft_number(r, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = m->attr_nest_start(r->b->h, NFTA_IMMEDIATE_DATA);
	nest = m->attr_nest_start(r->b->h, NFTA_DATA_VERDICT);
	nft_number(r, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		m->attr_put_strz(r->b->h, NFTA_VERDICT_CHAIN, chain);
	m->attr_nest_end(r->b->h, nest);
	m->attr_nest_end(r->b->h, data);
	nft_end(r);
}

void nft_immediate(struct nft_rule *r, uint32_t reg, const void *bytes, size_t len)
{
	nft_begin(r, "immediate");
	nft_number(r, NFTA_IMMEDIATE_DREG, reg);
	value(r, NFTA_IMMEDIATE_DATA, bytes, len);
	nft_end(r);
}

void nft_masquerade(struct nft_rule *r)
{
	nft_begin(r, "masq");
	nft_end(r);
}
