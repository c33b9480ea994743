/*
 * namespaces/net/choose.c, conflict.c, nft.c: names and addresses that a container gets, asked of the
 * kernel in a network namespace of this program's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sched.h>
#include <sys/socket.h>

#include "namespaces/net/attach.h"
#include "namespaces/net/nft.h"
#include "runtime/base/util.h"

static struct mnl mnl;
static struct nl_socket host;

static struct net_address address(const char *text)
{
	struct net_address a = { 0 };

	assert_true(net_parse_address(text, &a));
	return a;
}

/* What the kernel has: who may not make namespaces cannot try. */
static int enter(void **state)
{
	struct husk_error err;
	int fd;

	(void)state;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 && unshare(CLONE_NEWNET) < 0)
		return 0;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || mnl_load(&mnl, &err) < 0 || nl_socket_init(&host, &mnl, fd, &err) < 0)
		host.mnl = NULL;
	return 0;
}

/* A bridge with these addresses, up; its index. */
static int bridge(const char *name, const char *const *addresses)
{
	struct nl_device dev;

	if (!host.mnl || net_make_bridge(&host, name, 1400) < 0)
		skip();
	assert_int_equal(nl_find_device(&host, name, 0, &dev), 0);
	for (; *addresses; addresses++) {
		struct net_address a = address(*addresses);

		assert_int_equal(net_add_address(&host, dev.index, &a), 0);
	}
	assert_int_equal(nl_set_up(&host, dev.index), 0);
	return dev.index;
}

static struct net_attach attach_to(struct ns_network *net)
{
	static const struct ns_network_place place = { .root = "/root", .id = "c", .dir_fd = -1 };
	struct net_attach a = { .net = net, .place = &place, .host = host,
				.file = { -1, -1, { 0 } } };

	(void)snprintf(a.network, sizeof(a.network), "%s", net->device);
	return a;
}

static void a_bridge_that_is_there_decides(void **state)
{
	struct ns_network net = { .mode = NET_VETH, .device = "br0", .default_v6 = true };
	struct net_attach a;
	struct husk_error err = { 0 };
	char text[NET_TEXT];
	int index = bridge("br0", (const char *const[]){ "10.1.0.1/16", NULL });

	(void)state;
	net.subnet[NET_V4] = address("10.1.0.0/16");
	net.subnet[NET_V6] = address("fd00::/64");	/* nobody's wish, and not there */
	a = attach_to(&net);
	assert_int_equal(net_plan_bridge(&a, &err), 0);
	assert_int_equal(a.device, index);
	assert_false(a.made);
	assert_int_equal(a.mtu, 1400);
	assert_string_equal(net_address_text(&a.gateway[NET_V4], text), "10.1.0.1");
	assert_int_equal(a.subnet[NET_V6].family, 0);
	assert_int_equal(net_pick_addresses(&a, &err), 0);
	assert_string_equal(net_address_text(&a.ip[NET_V4], text), "10.1.0.2");
	assert_int_equal(a.ip[NET_V6].family, 0);

	/* Another router of that network. */
	net.gateway[NET_V4] = address("10.1.0.254");
	a = attach_to(&net);
	assert_int_equal(net_plan_bridge(&a, &err), 0);
	assert_string_equal(net_address_text(&a.gateway[NET_V4], text), "10.1.0.254");
}

static void what_does_not_fit_the_bridge_is_said(void **state)
{
	static const struct {
		const char *subnet, *message;
		uint32_t mtu;
	} bad[] = {
		{ "10.3.0.0/16", "bridge br1 has the address 10.2.0.1/16, which is not of subnet "
				 "10.3.0.0/16", 0 },
		{ "10.2.0.0/24", "bridge br1 has the address 10.2.0.1/16, which is not of subnet "
				 "10.2.0.0/24", 0 },
		{ "fd00::/64", "bridge br1 has no IPv6 address, so fd00::/64 cannot be its subnet", 0 },
		{ "10.2.0.0/16", "mtu=1401: br1 takes packets of 1400 bytes and no longer ones", 1401 },
	};

	(void)state;
	(void)bridge("br1", (const char *const[]){ "10.2.0.1/16", NULL });
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct ns_network net = { .mode = NET_VETH, .device = "br1", .mtu = bad[i].mtu };
		struct net_address subnet = address(bad[i].subnet);
		struct husk_error err = { 0 };
		struct net_attach a;

		net.subnet[net_family(&subnet)] = subnet;
		a = attach_to(&net);
		assert_true(net_plan_bridge(&a, &err) < 0);
		assert_string_equal(err.msg, bad[i].message);
	}
}

static void a_bridge_that_is_not_there_is_made_of_the_subnets(void **state)
{
	struct ns_network net = { .mode = NET_VETH, .device = "br2" };
	struct husk_error err = { 0 };
	struct net_attach a;
	char text[NET_TEXT];

	(void)state;
	if (!host.mnl)
		skip();
	a = attach_to(&net);
	assert_int_equal(net_plan_bridge(&a, &err), -ENODEV);
	assert_string_equal(err.msg, "there is no bridge br2, and no subnet to make it with");
	assert_string_equal(err.hint, "--network veth,bridge=br2,subnet=10.1.2.0/24");
	net.subnet[NET_V4] = address("10.4.0.0/30");
	net.subnet[NET_V6] = address("fd04::/64");
	a = attach_to(&net);
	assert_int_equal(net_plan_bridge(&a, &err), 0);
	assert_true(a.made);
	assert_string_equal(net_address_text(&a.gateway[NET_V4], text), "10.4.0.1");
	assert_string_equal(net_address_text(&a.gateway[NET_V6], text), "fd04::1");
	assert_int_equal(net_pick_addresses(&a, &err), 0);
	assert_string_equal(net_address_text(&a.ip[NET_V4], text), "10.4.0.2");
	assert_string_equal(net_address_text(&a.ip[NET_V6], text), "fd04::2");
}

static void a_macvlan_needs_its_parent(void **state)
{
	struct ns_network net = { .mode = NET_MACVLAN, .device = "nix" };
	struct husk_error err = { 0 };
	struct net_attach a;

	(void)state;
	if (!host.mnl)
		skip();
	a = attach_to(&net);
	assert_int_equal(net_plan_macvlan(&a, &err), -ENODEV);
	assert_string_equal(err.msg, "parent=nix: no such network device");
}

static void a_name_that_is_taken_is_passed_over(void **state)
{
	struct ns_network net = { .mode = NET_VETH, .device = "br3" };
	struct net_attach a = attach_to(&net);
	struct husk_error err = { 0 };
	char first[IF_NAMESIZE];

	(void)state;
	if (!host.mnl)
		skip();
	assert_int_equal(net_choose_link(&a, &err), 0);
	memcpy(first, a.link, sizeof(first));
	assert_memory_equal(first, "husk", 4);
	assert_int_equal(strlen(first), 14);
	assert_int_equal(net_choose_link(&a, &err), 0);
	assert_string_equal(a.link, first);	/* whoever deletes the container finds it */
	(void)bridge(first, (const char *const[]){ NULL });
	assert_int_equal(net_choose_link(&a, &err), 0);
	assert_string_not_equal(a.link, first);
}

static void a_device_is_known_by_its_address(void **state)
{
	struct net_attach a = { 0 };
	uint8_t mac[6];

	(void)state;
	a.ip[NET_V6] = address("fd00::1234:5678");
	net_choose_mac(&a, mac);
	assert_memory_equal(mac, ((uint8_t[]){ 2, 0x68, 0x12, 0x34, 0x56, 0x78 }), 6);
	a.ip[NET_V4] = address("10.1.2.3");
	net_choose_mac(&a, mac);
	assert_memory_equal(mac, ((uint8_t[]){ 2, 0x68, 10, 1, 2, 3 }), 6);
}

static void an_address_that_answers_is_in_use(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	struct net_address used = address("10.5.0.9/24"), unused = address("10.5.0.8");
	struct net_attach a = { 0 };
	struct nl_device port, other;
	int index = bridge("br5", (const char *const[]){ NULL });

	(void)state;
	/* Both ends here: one is the bridge's port, the other has the address. */
	assert_int_equal(net_make_pair(&host, "port5", index, "other5", mac, 0, getpid()), 0);
	assert_int_equal(nl_find_device(&host, "port5", 0, &port), 0);
	assert_int_equal(nl_find_device(&host, "other5", 0, &other), 0);
	assert_int_equal(nl_set_up(&host, port.index), 0);
	assert_int_equal(net_add_address(&host, other.index, &used), 0);
	assert_int_equal(nl_set_up(&host, other.index), 0);
	used.prefix = 32;
	assert_true(net_is_in_use(index, &used));
	assert_false(net_is_in_use(index, &unused));
	a = (struct net_attach){ .device = index };
	assert_false(net_is_in_use(a.device + 1000, &used));	/* nobody to ask */
}

static void a_batch_that_is_too_long_is_not_sent(void **state)
{
	cleanup_nft_batch struct nft_batch b = { 0 };
	struct husk_error err;

	(void)state;
	if (!host.mnl)
		skip();
	assert_int_equal(nft_batch_init(&b, &host, "t", &err), 0);
	for (int i = 0; i < 10000; i++)
		nft_put_table(&b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	assert_int_equal(nft_batch_send(&b), -E2BIG);
	assert_int_equal(nft_refused(-EPERM, "x", &err), -EPERM);
	assert_string_equal(err.msg, "nftables: x: Operation not permitted");
	assert_string_equal(err.hint, "that takes CAP_NET_ADMIN in this network namespace");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bridge_that_is_there_decides),
		cmocka_unit_test(what_does_not_fit_the_bridge_is_said),
		cmocka_unit_test(a_bridge_that_is_not_there_is_made_of_the_subnets),
		cmocka_unit_test(a_macvlan_needs_its_parent),
		cmocka_unit_test(a_name_that_is_taken_is_passed_over),
		cmocka_unit_test(a_device_is_known_by_its_address),
		cmocka_unit_test(an_address_that_answers_is_in_use),
		cmocka_unit_test(a_batch_that_is_too_long_is_not_sent),
	};

	return cmocka_run_group_tests_name("namespaces/net/choose", tests, enter, NULL);
}
