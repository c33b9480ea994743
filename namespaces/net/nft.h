/*
 * Batches of nftables' messages: see nft.c.
 *
 * A rule is a row of expressions that work on register 1, one after the other:
 *
 *	r = nft_begin_rule(b, "output", NULL);
 *	nft_match_byte(&r, NFT_META_L4PROTO, IPPROTO_TCP);
 *	nft_verdict(&r, NF_ACCEPT, NULL);
 *	nft_end_rule(&r);
 *
 * Uses: net.h.    Used by: nft.c, host_rules.c, egress_rules.c.
 */
#ifndef HUSK_NAMESPACES_NET_NFT_H
#define HUSK_NAMESPACES_NET_NFT_H

#include "namespaces/net/net.h"

/* After <netinet/in.h>: see nft.c. */
#include <linux/netfilter/nf_tables.h>

enum {
	NFT_IN_STATES = 2 | 4,		/* NF_CT_STATE_BIT() of established and related */
	NFT_MAX_RULES = 190,		/* about as many fit into a batch */
};

struct nft_batch {
	struct nl_socket *s;
	const struct mnl *mnl;
	const char *table;
	char *buf;
	size_t len;
	uint32_t first;
	struct nlmsghdr *h;	/* the message being written */
	bool full;
};

/* The table and everything in it is nftables' family inet. */
int nft_batch_init(struct nft_batch *b, struct nl_socket *s, const char *table,
		   struct husk_error *err);
void nft_batch_done(struct nft_batch *b);
#define cleanup_nft_batch __attribute__((cleanup(nft_batch_done)))
/* Begin the message @type, NFT_MSG_*; b->h is it. */
void nft_batch_start(struct nft_batch *b, uint16_t type, uint16_t flags);
/* The last message before the end must ask for an answer.  -errno, no message. */
int nft_batch_send(struct nft_batch *b);
/* The message for what nft_batch_send() returned. */
int nft_refused(int ret, const char *what, struct husk_error *err);

void nft_put_table(struct nft_batch *b, uint16_t type, uint16_t flags);

struct nft_chain {
	const char *name;
	const char *type;	/* NULL: it is only jumped to */
	uint32_t hook;
	int32_t priority;
	bool drop;		/* what no rule accepts */
};
void nft_put_chain(struct nft_batch *b, const struct nft_chain *c);

struct nft_rule {
	struct nft_batch *b;
	struct nlattr *expressions, *element, *data;
};
struct nft_rule nft_begin_rule(struct nft_batch *b, const char *chain, const char *comment);
void nft_end_rule(struct nft_rule *r);

/* An expression by hand: its name, its numbers. */
void nft_begin(struct nft_rule *r, const char *name);
void nft_number(struct nft_rule *r, uint16_t attribute, uint32_t n);
void nft_end(struct nft_rule *r);

void nft_compare(struct nft_rule *r, uint32_t op, const void *bytes, size_t len);
void nft_match_byte(struct nft_rule *r, uint32_t meta_key, uint8_t byte);
void nft_match_family(struct nft_rule *r, int family);
void nft_match_name(struct nft_rule *r, uint32_t meta_key, uint32_t op, const char *name);
void nft_payload(struct nft_rule *r, uint32_t base, uint32_t offset, uint32_t len);
enum nft_side { NFT_SOURCE, NFT_DESTINATION };
/* With what the prefix leaves open masked out. */
void nft_match_address(struct nft_rule *r, enum nft_side side, const struct net_address *a);
void nft_match_port(struct nft_rule *r, uint16_t first, uint16_t last);
/* Any of @bits in the state or the status of the connection. */
void nft_match_ct(struct nft_rule *r, uint32_t key, uint32_t bits);
void nft_match_local_address(struct nft_rule *r);
/* @chain: where NFT_JUMP leads. */
void nft_verdict(struct nft_rule *r, int code, const char *chain);
void nft_immediate(struct nft_rule *r, uint32_t reg, const void *bytes, size_t len);
void nft_masquerade(struct nft_rule *r);

#endif /* HUSK_NAMESPACES_NET_NFT_H */
