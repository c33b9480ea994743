/*
 * Does somebody on the link have an address already?
 *
 * Asked as a device asks before it takes one: ARP without a sender (RFC 5227), a neighbour
 * solicitation from "::" (RFC 4862).  On a link of this host the answer comes at once, so husk waits
 * for tenths of seconds, not for the seconds of the RFCs: silence proves nothing.
 *
 * Uses: packet(7).    Used by: choose.c.
 */
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_packet.h>

#include "namespaces/net/attach.h"
#include "runtime/base/log.h"
#include "runtime/base/util.h"

enum { TRIES = 2, WAIT_MS = 60 };

struct ndp {
	struct ip6_hdr ip;
	struct nd_neighbor_solicit ns;	/* an advertisement begins in the same way */
};

struct question {
	const struct net_address *a;
	int fd;
	struct sockaddr_ll to;
	union {
		struct ether_arp arp;
		struct ndp ndp;
	};
	size_t size;
};

static void ask_arp(struct question *q, const struct sockaddr_ll *own)
{
	q->arp.ea_hdr = (struct arphdr){ .ar_hrd = htons(ARPHRD_ETHER), .ar_pro = htons(ETH_P_IP),
					 .ar_hln = 6, .ar_pln = 4, .ar_op = htons(ARPOP_REQUEST) };
	memcpy(q->arp.arp_sha, own->sll_addr, 6);
	memcpy(q->arp.arp_tpa, q->a->bytes, 4);
	memset(q->to.sll_addr, 0xff, 6);
	q->size = sizeof(q->arp);
}

/* RFC 4443, 2.3: of addresses, length and type, and of the message. */
static uint16_t checksum(const struct ndp *p)
{
	const uint8_t *bytes = (const uint8_t *)&p->ip.ip6_src;
	uint32_t sum = IPPROTO_ICMPV6 + sizeof(p->ns);

	/* The message follows the addresses. */
	for (size_t i = 0; i < 32 + sizeof(p->ns); i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return htons((uint16_t)~sum);
}

static void ask_ndp(struct question *q)
{
	static const uint8_t group[13] = { 0xff, 2, [11] = 1, [12] = 0xff };
	const uint8_t *tail = q->a->bytes + 13;
	struct ndp *p = &q->ndp;

	p->ip.ip6_flow = htonl(6u << 28);
	p->ip.ip6_plen = htons(sizeof(p->ns));
	p->ip.ip6_nxt = IPPROTO_ICMPV6;
	p->ip.ip6_hlim = 255;
	memcpy(&p->ip.ip6_dst, group, sizeof(group));
	memcpy(p->ip.ip6_dst.s6_addr + sizeof(group), tail, 3);
	p->ns.nd_ns_type = ND_NEIGHBOR_SOLICIT;
	memcpy(&p->ns.nd_ns_target, q->a->bytes, 16);
	p->ns.nd_ns_cksum = checksum(p);
	memcpy(q->to.sll_addr, (uint8_t[]){ 0x33, 0x33, 0xff, tail[0], tail[1], tail[2] }, 6);
	q->size = sizeof(*p);
}

static bool is_answer(const struct question *q, const void *buf, size_t size)
{
	const struct ether_arp *arp = buf;
	const struct ndp *p = buf;

	if (q->a->family == AF_INET)
		return size >= sizeof(*arp) && memcmp(arp->arp_spa, q->a->bytes, 4) == 0;
	return size >= sizeof(*p) && p->ip.ip6_nxt == IPPROTO_ICMPV6 &&
	       p->ns.nd_ns_type == ND_NEIGHBOR_ADVERT &&
	       memcmp(&p->ns.nd_ns_target, q->a->bytes, 16) == 0;
}

/* Is there an answer before @ms milliseconds without any frame have passed? */
static bool wait_for_answer(const struct question *q, int ms)
{
	struct pollfd p = { .fd = q->fd, .events = POLLIN };

	for (int frames = 0; frames < 100 && poll(&p, 1, ms) > 0; frames++) {
		_Alignas(struct ndp) uint8_t buf[2048];
		ssize_t n = recv(q->fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n > 0 && is_answer(q, buf, (size_t)n))
			return true;
	}
	return false;
}

bool net_is_in_use(int device, const struct net_address *a)
{
	uint16_t protocol = htons(a->family == AF_INET ? ETH_P_ARP : ETH_P_IPV6);
	cleanup_close int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct question q = { .a = a, .fd = fd };
	struct sockaddr_ll own = { .sll_family = AF_PACKET, .sll_protocol = protocol,
				   .sll_ifindex = device };
	socklen_t len = sizeof(own);

	/* Who may make devices but no such socket goes without. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&own, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&own, &len) < 0 || own.sll_halen != 6) {
		log_debug("nobody was asked whether an address is free: %s", strerror(errno));
		return false;
	}
	q.to = (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_protocol = protocol,
				     .sll_ifindex = device, .sll_halen = 6 };
	if (a->family == AF_INET)
		ask_arp(&q, &own);
	else
		ask_ndp(&q);
	for (int i = 0; i < TRIES; i++) {
		if (sendto(fd, &q.arp, q.size, 0, (struct sockaddr *)&q.to, sizeof(q.to)) < 0)
			return false;
		if (wait_for_answer(&q, WAIT_MS))
			return true;
	}
	return false;
}
