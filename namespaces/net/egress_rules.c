/*
 * nftables in the container, table inet husk: the allow-list of destinations.
 *
 * Uses: nft.h.    Used by: attach.c.
 */
#include "namespaces/net/nft.h"

#include <linux/netfilter.h>
#include <string.h>

#include "runtime/base/util.h"

#define GUEST_TABLE "husk"

static void put_accept(struct nft_batch *b, const struct net_egress *e, uint8_t protocol)
{
	struct nft_rule r = nft_begin_rule(b, "output", NULL);

	nft_match_address(&r, NFT_DESTINATION, &e->to);
	if (protocol)
		nft_match_byte(&r, NFT_META_L4PROTO, protocol);
	if (e->first)
		nft_match_port(&r, e->first, e->last);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_end_rule(&r);
}

static void put_egress(struct nft_batch *b, const struct net_egress *e)
{
	if (e->protocol) {
		put_accept(b, e, e->protocol);
		return;
	}
	put_accept(b, e, IPPROTO_TCP);
	put_accept(b, e, IPPROTO_UDP);
}

/* Without these IPv6 finds no neighbour; nobody can send them without CAP_NET_RAW. */
static void put_neighbours(struct nft_batch *b)
{
	static const uint8_t first = 133, last = 136;	/* router solicitation ... advertisement */
	struct nft_rule r = nft_begin_rule(b, "output", NULL);

	nft_match_byte(&r, NFT_META_L4PROTO, IPPROTO_ICMPV6);
	nft_payload(&r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1);
	nft_compare(&r, NFT_CMP_GTE, &first, 1);
	nft_compare(&r, NFT_CMP_LTE, &last, 1);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_end_rule(&r);
}

/* An answer, not silence: the program hears at once that it may not. */
static void put_reject(struct nft_batch *b)
{
	struct nft_rule r = nft_begin_rule(b, "output", NULL);

	nft_begin(&r, "reject");
	nft_number(&r, NFTA_REJECT_TYPE, NFT_REJECT_ICMPX_UNREACH);
	r.b->mnl->attr_put_u8(r.b->h, NFTA_REJECT_ICMP_CODE, NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
	nft_end(&r);
	nft_end_rule(&r);
}

int net_rules_egress(struct nl_socket *s, const struct ns_network *net, struct husk_error *err)
{
	static const struct nft_chain chains[] = {
		{ "output", "filter", NF_INET_LOCAL_OUT, 0, true },
		/* With a router's powers inside, forwarded packets would be another way out. */
		{ "forward", "filter", NF_INET_FORWARD, 0, true },
	};
	cleanup_nft_batch struct nft_batch b = { 0 };
	struct nft_rule r;
	int ret;

	if (nft_batch_init(&b, s, GUEST_TABLE, err) < 0)
		return -err->sys;
	nft_put_table(&b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	nft_put_chain(&b, &chains[0]);
	nft_put_chain(&b, &chains[1]);
	r = nft_begin_rule(&b, "output", NULL);
	nft_match_name(&r, NFT_META_OIFNAME, NFT_CMP_EQ, "lo");
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_end_rule(&r);
	r = nft_begin_rule(&b, "output", NULL);
	nft_match_ct(&r, NFT_CT_STATE, NFT_IN_STATES);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_end_rule(&r);
	put_neighbours(&b);
	for (size_t i = 0; i < net->n_egress; i++)
		put_egress(&b, &net->egress[i]);
	for (size_t i = 0; i < net->n_dns; i++)
		put_egress(&b, &(struct net_egress){ net->dns[i], 53, 53, 0 });
	put_reject(&b);
	ret = nft_batch_send(&b);
	if (ret == -E2BIG || ret == -EMSGSIZE)
		return err_new(err, HUSK_E_CONFIG, E2BIG, "the allow-list is too long: at most about "
			       "%d rules", NFT_MAX_RULES);
	return ret < 0 ? nft_refused(ret, "make the allow-list", err) : 0;
}
