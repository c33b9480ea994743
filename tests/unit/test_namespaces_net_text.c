/*
 * namespaces/net/{words,lists,apply,address}.c: what the words for a network mean, and which are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "namespaces/net/net.h"
#include "runtime/base/arena.h"
#include "runtime/base/util.h"

static struct arena arena;

static int done(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static int parse(const char *network, const char *publish, const char *egress, const char *dns,
		 struct ns_network **out, struct husk_error *err)
{
	char *publishes[] = { (char *)publish, NULL }, *egresses[] = { (char *)egress, NULL };
	char *servers[] = { (char *)dns, NULL };
	struct ns_network_texts t = {
		.network = network, .publish = publishes, .dns = servers, .egress = egresses,
		.where = { "network", "publish", "dns", "egress" },
	};

	return ns_network_parse(&t, &arena, out, err);
}

static void no_words_are_no_network(void **state)
{
	struct ns_network *n;
	struct husk_error err;

	(void)state;
	assert_int_equal(parse(NULL, NULL, NULL, NULL, &n, &err), 0);
	assert_null(n);
}

static void veth_has_the_default_bridge_and_its_subnets(void **state)
{
	struct ns_network *n;
	struct husk_error err;
	char text[NET_TEXT];

	(void)state;
	assert_int_equal(parse("veth", NULL, NULL, NULL, &n, &err), 0);
	assert_int_equal(n->mode, NET_VETH);
	assert_string_equal(n->device, "husk0");
	assert_string_equal(n->name, "eth0");
	assert_string_equal(net_address_text(&n->subnet[NET_V4], text), "10.213.0.0/16");
	assert_string_equal(net_address_text(&n->subnet[NET_V6], text), "fd68:7573:6b00::/64");
	assert_true(n->default_v6);
}

static void every_key_has_its_member(void **state)
{
	struct ns_network *n;
	struct husk_error err;
	char text[NET_TEXT];

	(void)state;
	assert_int_equal(parse("veth,bridge=b,subnet=10.1.0.0/16,subnet=fd00::/64,ip=10.1.2.3,"
			       "ip=fd00::9,gateway=10.1.0.9,mtu=1400,name=net0,forward", NULL, NULL,
			       NULL, &n, &err), 0);
	assert_string_equal(n->device, "b");
	assert_string_equal(n->name, "net0");
	assert_int_equal(n->mtu, 1400);
	assert_true(n->forward);
	assert_string_equal(net_address_text(&n->ip[NET_V4], text), "10.1.2.3");
	assert_string_equal(net_address_text(&n->ip[NET_V6], text), "fd00::9");
	assert_string_equal(net_address_text(&n->gateway[NET_V4], text), "10.1.0.9");
}

static void pasta_has_a_device_and_the_addresses_of_the_host(void **state)
{
	struct ns_network *n;
	struct husk_error err;

	(void)state;
	assert_int_equal(parse("pasta", NULL, NULL, NULL, &n, &err), 0);
	assert_string_equal(n->name, "eth0");
	assert_int_equal(n->subnet[NET_V4].family, 0);
	assert_int_equal(parse("pasta,name=net0,mtu=1400", NULL, NULL, NULL, &n, &err), 0);
	assert_string_equal(n->name, "net0");
	assert_int_equal(n->mtu, 1400);
}

static void join_takes_a_pid_or_a_path(void **state)
{
	struct ns_network *n;
	struct husk_error err;

	(void)state;
	assert_int_equal(parse("join=42", NULL, NULL, NULL, &n, &err), 0);
	assert_string_equal(n->join, "/proc/42/ns/net");
	assert_int_equal(parse("join=/run/netns/a", NULL, NULL, NULL, &n, &err), 0);
	assert_string_equal(n->join, "/run/netns/a");
}

static void an_address_with_prefix_is_its_own_subnet(void **state)
{
	struct ns_network *n;
	struct husk_error err;
	char text[NET_TEXT];

	(void)state;
	assert_int_equal(parse("macvlan,parent=e0,ip=10.1.2.3/20", NULL, NULL, NULL, &n, &err), 0);
	assert_string_equal(net_address_text(&n->subnet[NET_V4], text), "10.1.0.0/20");
	assert_string_equal(net_address_text(&n->ip[NET_V4], text), "10.1.2.3");
}

static void ports_are_read(void **state)
{
	struct ns_network *n;
	struct husk_error err;
	char text[NET_TEXT];

	(void)state;
	assert_int_equal(parse("veth", "[fd00::1]:8080:80/udp", NULL, NULL, &n, &err), 0);
	assert_string_equal(net_address_text(&n->publish[0].host, text), "fd00::1");
	assert_int_equal(n->publish[0].host_port, 8080);
	assert_int_equal(n->publish[0].port, 80);
	assert_int_equal(n->publish[0].protocol, IPPROTO_UDP);
	assert_int_equal(parse("veth", "1.2.3.4:8080:80", NULL, NULL, &n, &err), 0);
	assert_string_equal(net_address_text(&n->publish[0].host, text), "1.2.3.4");
	assert_int_equal(n->publish[0].protocol, IPPROTO_TCP);
	assert_int_equal(parse("veth", "65535:1", NULL, NULL, &n, &err), 0);
	assert_int_equal(n->publish[0].host.family, 0);
}

static void destinations_are_read(void **state)
{
	static const struct {
		const char *text, *to;
		uint16_t first, last;
		uint8_t protocol;
	} good[] = {
		{ "10.0.0.0/8", "10.0.0.0/8", 0, 0, 0 },
		{ "10.0.0.0/8:443/tcp", "10.0.0.0/8", 443, 443, IPPROTO_TCP },
		{ "1.2.3.4:1-9/udp", "1.2.3.4", 1, 9, IPPROTO_UDP },
		{ "fd00::1", "fd00::1", 0, 0, 0 },
		{ "fd00::/8/udp", "fd00::/8", 0, 0, IPPROTO_UDP },
		{ "[fd00::/8]:53", "fd00::/8", 53, 53, 0 },
		{ "0.0.0.0/0:80", "0.0.0.0/0", 80, 80, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct ns_network *n;
		struct husk_error err;
		char text[NET_TEXT];

		assert_int_equal(parse("veth", NULL, good[i].text, NULL, &n, &err), 0);
		assert_true(n->has_egress);
		assert_string_equal(net_address_text(&n->egress[0].to, text), good[i].to);
		assert_int_equal(n->egress[0].first, good[i].first);
		assert_int_equal(n->egress[0].last, good[i].last);
		assert_int_equal(n->egress[0].protocol, good[i].protocol);
	}
}

static void a_resolv_conf_is_written_from_servers_and_options(void **state)
{
	struct ns_network *n;
	struct husk_error err;

	(void)state;
	assert_int_equal(parse("veth", NULL, NULL, "fd00::1", &n, &err), 0);
	assert_string_equal(n->resolv_conf, "nameserver fd00::1\n");
	assert_int_equal(parse("veth", NULL, NULL, "option=ndots:2", &n, &err), 0);
	assert_string_equal(n->resolv_conf, "options ndots:2\n");
}

#define PORT_TEXT "expected [IP:]HOSTPORT:CONTAINERPORT[/tcp|/udp], ports from 1 to 65535, an IPv6 " \
		  "address in brackets"
#define EGRESS_TEXT "expected ADDRESS[/PREFIX][:PORT[-PORT]][/tcp|/udp], an IPv6 address with port " \
		    "in brackets, or \"none\""

static void what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *network, *publish, *egress, *dns, *message;
	} bad[] = {
		{ "", NULL, NULL, NULL, "network: \"\": expected none, host, join=PATH, join=PID, veth, macvlan or pasta" },
		{ "none=1", NULL, NULL, NULL, "network: \"none=1\": none takes no value of its own" },
		{ "veth,", NULL, NULL, NULL, "network: \"veth,\": unknown key \"\": expected bridge, parent, name, subnet, ip, gateway, mtu or forward" },
		{ "veth,bridge", NULL, NULL, NULL, "network: \"veth,bridge\": bridge needs a value: bridge=..." },
		{ "veth,bridge=a/b", NULL, NULL, NULL, "network: \"veth,bridge=a/b\": \"a/b\" is not a name of a network device" },
		{ "veth,bridge=0123456789abcdef", NULL, NULL, NULL, "network: \"veth,bridge=0123456789abcdef\": \"0123456789abcdef\" is not a name of a network device" },
		{ "veth,name=lo", NULL, NULL, NULL, "network: \"veth,name=lo\": \"lo\" is not a name that the container's network device can have" },
		{ "veth,subnet=10.0.0.0/4", NULL, NULL, NULL, "network: \"veth,subnet=10.0.0.0/4\": subnet=10.0.0.0/4: expected a network such as 10.1.2.0/24 or fd00:1::/64" },
		{ "veth,subnet=10.0.0.0/8,subnet=11.0.0.0/8", NULL, NULL, NULL, "network: \"veth,subnet=10.0.0.0/8,subnet=11.0.0.0/8\": two values of subnet= for IPv4" },
		{ "veth,ip=10.1.2.3", NULL, NULL, NULL, "network: \"veth,ip=10.1.2.3\": ip=10.1.2.3 is not in the subnet 10.213.0.0/16" },
		{ "veth,gateway=1.1.1.1", NULL, NULL, NULL, "network: \"veth,gateway=1.1.1.1\": gateway=1.1.1.1 is not in the subnet 10.213.0.0/16" },
		{ "veth,forward=1", NULL, NULL, NULL, "network: \"veth,forward=1\": \"forward\" takes no value" },
		{ "macvlan,parent=a", NULL, NULL, NULL, "network: \"macvlan,parent=a\": macvlan needs ip=ADDRESS/PREFIX or subnet=NETWORK: husk does not ask a DHCP server" },
		{ "veth", "80:0", NULL, NULL, "publish: \"80:0\": " PORT_TEXT },
		{ "veth", "80:65536", NULL, NULL, "publish: \"80:65536\": " PORT_TEXT },
		{ "veth", "80:80/sctp", NULL, NULL, "publish: \"80:80/sctp\": " PORT_TEXT },
		{ "veth", "fd00::1:80:80", NULL, NULL, "publish: \"fd00::1:80:80\": " PORT_TEXT },
		{ "veth", "1.2.3.0/24:80:80", NULL, NULL, "publish: \"1.2.3.0/24:80:80\": " PORT_TEXT },
		{ "veth", NULL, "host.example", NULL, "egress: \"host.example\": " EGRESS_TEXT },
		{ "veth", NULL, "1.2.3.4:9-1", NULL, "egress: \"1.2.3.4:9-1\": " EGRESS_TEXT },
		{ "veth", NULL, "[1.2.3.4]:1", NULL, "egress: \"[1.2.3.4]:1\": " EGRESS_TEXT },
		{ "veth", NULL, NULL, "search=a\nb", "dns: \"search=a\nb\": expected the address of a name server, search=DOMAIN or option=OPTION" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct husk_error err = { 0 };
		struct ns_network *n;

		assert_int_equal(parse(bad[i].network, bad[i].publish, bad[i].egress, bad[i].dns, &n,
				       &err), -EINVAL);
		assert_string_equal(err.msg, bad[i].message);
		assert_string_equal(err.pointer, "");
	}
}

static void what_was_made_is_described_in_the_words_of_the_options(void **state)
{
	char *publishes[] = { "8080:80", "[fd00::1]:53:5353/udp", "127.0.0.1:81:81", NULL };
	struct ns_network_texts t = { .network = "veth", .publish = publishes,
				      .where = { "network", "publish", "dns", "egress" } };
	struct oci_state_network *out;
	struct husk_error err;
	struct ns_network *n;

	(void)state;
	assert_int_equal(ns_network_parse(&t, &arena, &n, &err), 0);
	assert_true(ns_network_makes(n));
	assert_true(net_parse_address("10.213.0.2/16", &n->has[NET_V4]));
	assert_int_equal(ns_network_describe(n, &arena, &out, &err), 0);
	assert_string_equal(out->mode, "veth");
	assert_string_equal(out->interface, "eth0");
	assert_int_equal(out->n_addresses, 1);
	assert_string_equal(out->addresses[0], "10.213.0.2/16");
	assert_int_equal(out->n_ports, 3);
	assert_string_equal(out->ports[0], "8080:80/tcp");
	assert_string_equal(out->ports[1], "[fd00::1]:53:5353/udp");
	assert_string_equal(out->ports[2], "127.0.0.1:81:81/tcp");
	assert_false(out->egress_list);
	/* Each can be read again. */
	t.publish = out->ports;
	assert_int_equal(ns_network_parse(&t, &arena, &n, &err), 0);
}

static void a_namespace_alone_is_nothing_to_take_back(void **state)
{
	struct ns_network *n;
	struct husk_error err;

	(void)state;
	assert_int_equal(parse("none", NULL, NULL, NULL, &n, &err), 0);
	assert_false(ns_network_makes(n));
	assert_false(ns_network_makes(NULL));
	assert_int_equal(parse("none", NULL, NULL, "10.1.1.1", &n, &err), 0);
	assert_true(ns_network_makes(n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_made_is_described_in_the_words_of_the_options),
		cmocka_unit_test(a_namespace_alone_is_nothing_to_take_back),
		cmocka_unit_test(no_words_are_no_network),
		cmocka_unit_test(veth_has_the_default_bridge_and_its_subnets),
		cmocka_unit_test(every_key_has_its_member),
		cmocka_unit_test(pasta_has_a_device_and_the_addresses_of_the_host),
		cmocka_unit_test(join_takes_a_pid_or_a_path),
		cmocka_unit_test(an_address_with_prefix_is_its_own_subnet),
		cmocka_unit_test(ports_are_read),
		cmocka_unit_test(destinations_are_read),
		cmocka_unit_test(a_resolv_conf_is_written_from_servers_and_options),
		cmocka_unit_test(what_is_wrong_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, done);
}
