/*
 * probe: ways to send what a filter should hold back, and what has come through.
 *
 *	send FAMILY TYPE PROTOCOL ADDRESS PORT [DEVICE]  "leak", by a socket of these numbers, without
 *	                                                 waiting for anything; outcome of the first
 *	                                                 call that failed
 *	fastopen ADDRESS PORT   "leak" in the first segment of a TCP connection
 *	packet DEVICE           a frame, past the network layer
 *	flush FAMILY TABLE      remove a table of nftables
 *	setns FILE              a namespace
 *	sniff DEVICE            never ends; a line for each frame: "frame arp", "frame 4 PROTO DEST",
 *	                        "frame 6 PROTO DEST"; "leak" behind it when that word is in it
 *
 * Uses: sockets.    Used by: tests/integration/attack/egress.sh.
 */
/* First: <linux/if.h> and musl's <net/if.h> do not get on with each other. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/helpers/probe/probe.h"

enum { ETH_HEADER = 14, V4_HEADER = 20, V6_HEADER = 40 };

static const char leak[] = "leak";

/* An IPv4 address, or any other as IPv6; returns the length. */
static socklen_t make_address(const char *address, const char *port, const char *device,
			      struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(atoi(port)) };

	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	inet_pton(AF_INET6, address, &v6.sin6_addr);
	v6.sin6_scope_id = device ? if_nametoindex(device) : 0;
	memcpy(out, &v6, sizeof(v6));
	return sizeof(v6);
}

static int do_send(int argc, char **argv)
{
	const char *device = argc > 5 ? argv[5] : NULL;
	struct sockaddr_storage to;
	socklen_t len = make_address(argv[3], argv[4], device, &to);
	/* To a ping socket it must look like a request, IPv4's or IPv6's. */
	unsigned char echo[12] = { atoi(argv[0]) == AF_INET ? 8 : 128, 0, 0, 0, 0, 1, 0, 1,
				   'l', 'e', 'a', 'k' };
	int ping = atoi(argv[2]) == IPPROTO_ICMP || atoi(argv[2]) == IPPROTO_ICMPV6;
	int fd = socket(atoi(argv[0]), atoi(argv[1]) | SOCK_NONBLOCK, atoi(argv[2])), one = 1;
	long ret = fd;

	if (fd >= 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one));
		ret = ping ? sendto(fd, echo, sizeof(echo), 0, (struct sockaddr *)&to, len) :
			     sendto(fd, leak, sizeof(leak), 0, (struct sockaddr *)&to, len);
	}
	/* A connection-oriented one has to connect first. */
	if (ret < 0 && fd >= 0 && (errno == ENOTCONN || errno == EPIPE)) {
		ret = connect(fd, (struct sockaddr *)&to, len);
		usleep(20000);
	}
	printf("send %s %s %s %s %s %s\n", argv[0], argv[1], argv[2], argv[3], argv[4], outcome(ret));
	return 0;
}

static int do_fastopen(int argc, char **argv)
{
	struct sockaddr_storage to;
	socklen_t len = make_address(argv[0], argv[1], NULL, &to);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)argc;
	printf("fastopen %s %s %s\n", argv[0], argv[1],
	       outcome(sendto(fd, leak, sizeof(leak), MSG_FASTOPEN, (struct sockaddr *)&to, len)));
	usleep(20000);
	return 0;
}

static int do_packet(int argc, char **argv)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
				  .sll_halen = 6, .sll_addr = { 255, 255, 255, 255, 255, 255 } };
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0);

	(void)argc;
	to.sll_ifindex = (int)if_nametoindex(argv[0]);
	printf("packet %s\n", outcome(fd < 0 ? fd : sendto(fd, leak, sizeof(leak), 0,
							   (struct sockaddr *)&to, sizeof(to))));
	return 0;
}

static char *put(char *at, uint16_t type, uint16_t flags, uint8_t family, uint16_t res_id)
{
	struct nlmsghdr h = { NLMSG_LENGTH(sizeof(struct nfgenmsg)), type,
			      (uint16_t)(NLM_F_REQUEST | flags), 1, 0 };
	struct nfgenmsg g = { family, NFNETLINK_V0, htons(res_id) };

	memcpy(at, &h, sizeof(h));
	memcpy(at + NLMSG_HDRLEN, &g, sizeof(g));
	return at + NLMSG_LENGTH(sizeof(g));
}

static int do_flush(int argc, char **argv)
{
	char buf[512] = "", *at, *table;
	struct nlattr name = { (uint16_t)(NLA_HDRLEN + strlen(argv[1]) + 1), NFTA_TABLE_NAME };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct { struct nlmsghdr h; struct nlmsgerr e; } answer = { 0 };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	uint32_t len;

	(void)argc;
	at = put(buf, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	table = at;
	at = put(at, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE, NLM_F_ACK,
		 (uint8_t)atoi(argv[0]), 0);
	memcpy(at, &name, sizeof(name));
	strcpy(at + NLA_HDRLEN, argv[1]);
	at += NLA_ALIGN(name.nla_len);
	len = (uint32_t)(at - table);
	memcpy(table, &len, sizeof(len));
	at = put(at, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	if (fd < 0 || sendto(fd, buf, (size_t)(at - buf), 0, (struct sockaddr *)&kernel,
			     sizeof(kernel)) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
		answer.e.error = -errno;
	errno = -answer.e.error;
	printf("flush %s %s\n", argv[1], outcome(answer.e.error ? -1 : 0));
	return 0;
}

static int do_setns(int argc, char **argv)
{
	int fd = open(argv[0], O_RDONLY);

	(void)argc;
	printf("setns %s\n", outcome(fd < 0 ? fd : setns(fd, 0)));
	return 0;
}

static void print_frame(const unsigned char *f, size_t n)
{
	char to[INET6_ADDRSTRLEN] = "";
	unsigned type = n < ETH_HEADER ? 0 : (unsigned)(f[12] << 8 | f[13]);
	const char *mark = memmem(f, n, leak, 4) ? " leak" : "";

	if (type == ETH_P_IP && n >= ETH_HEADER + V4_HEADER)
		printf("frame 4 %u %s%s\n", f[ETH_HEADER + 9],
		       inet_ntop(AF_INET, f + ETH_HEADER + 16, to, sizeof(to)), mark);
	else if (type == ETH_P_IPV6 && n >= ETH_HEADER + V6_HEADER)
		printf("frame 6 %u %s%s\n", f[ETH_HEADER + 6],
		       inet_ntop(AF_INET6, f + ETH_HEADER + 24, to, sizeof(to)), mark);
	else if (type == ETH_P_ARP)
		printf("frame arp%s\n", mark);
	else
		printf("frame %#x%s\n", type, mark);
	fflush(stdout);
}

/* Only what comes out of the device: of a pair's end in the host that is what the container sends. */
static int do_sniff(int argc, char **argv)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) }, from;
	unsigned char buf[65536];
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	ssize_t n;

	(void)argc;
	at.sll_ifindex = (int)if_nametoindex(argv[0]);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		printf("sniff %s\n", errno_name(errno));
		return 1;
	}
	printf("sniffing\n");
	fflush(stdout);
	while ((n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from,
			     &(socklen_t){ sizeof(from) })) >= 0) {
		if (from.sll_pkttype != PACKET_OUTGOING)
			print_frame(buf, (size_t)n);
	}
	return 0;
}

const struct probe_command packet_commands[] = {
	{ "fastopen", 2, do_fastopen },
	{ "flush", 2, do_flush },
	{ "packet", 1, do_packet },
	{ "send", 5, do_send },
	{ "setns", 1, do_setns },
	{ "sniff", 1, do_sniff },
	{ 0 },
};
