/*
 * namespaces/net/pool.c: leases as text, and which address and port is free.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "namespaces/net/net.h"
#include "runtime/base/util.h"

static const char two[] = "lease a br0 husk0000000001 made 10.0.0.2 fd00::2 tcp:80,udp:53\n"
			  "lease b br0 husk0000000002 made 10.0.0.3 - tcp:127.0.0.1:81\n";

static struct net_address address(const char *text)
{
	struct net_address a = { 0 };

	assert_true(net_parse_address(text, &a));
	return a;
}

static struct net_pool pool_of(const char *text)
{
	struct net_pool p;
	struct husk_error err;

	assert_int_equal(net_pool_parse(text, &p, &err), 0);
	return p;
}

static void text_and_pool_are_the_same(void **state)
{
	struct net_pool p = pool_of(two);
	cleanup_free char *text = net_pool_text(&p);

	(void)state;
	assert_string_equal(text, two);
	assert_non_null(net_pool_find(&p, "b"));
	assert_null(net_pool_find(&p, "c"));
	net_pool_remove(&p, net_pool_find(&p, "a"));
	assert_null(net_pool_find(&p, "a"));
	assert_true(net_pool_has_network(&p, "br0"));
	assert_false(net_pool_has_network(&p, "br1"));
	net_pool_done(&p);
}

static void a_damaged_line_is_refused(void **state)
{
	static const char *const bad[] = {
		"lease a br0 x made 10.0.0.2 -", "lease a br0 x made 10.0.0.2 - - more",
		"lease a br0 x made fd00::1 - -", "leash a br0 x made - - -",
		"lease a 0123456789012345678901234567 x made - - -",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct husk_error err;
		struct net_pool p;
		char wanted[200];

		assert_int_equal(net_pool_parse(bad[i], &p, &err), -EINVAL);
		(void)snprintf(wanted, sizeof(wanted), "~network/leases: \"%.64s\" is not a line of "
			       "husk's", bad[i]);
		assert_string_equal(err.msg, wanted);
	}
}

static int pick(const struct net_pool *p, const char *subnet, const char *wanted, char *out,
		struct husk_error *err)
{
	struct net_address net = address(subnet), gateway = net, wish = { 0 }, a;
	int ret;

	gateway.bytes[net_size(&net) - 1] |= 1;
	gateway.prefix = (uint8_t)(net_size(&net) * 8);
	if (wanted)
		wish = address(wanted);
	ret = net_pool_pick(p, "br0", &net, &gateway, &wish, &a, err);
	if (ret == 0)
		(void)net_address_text(&a, out);
	return ret;
}

static void the_next_free_address_is_picked(void **state)
{
	struct net_pool p = pool_of(two);
	struct husk_error err;
	char text[NET_TEXT];

	(void)state;
	assert_int_equal(pick(&p, "10.0.0.0/24", NULL, text, &err), 0);
	assert_string_equal(text, "10.0.0.4");
	assert_int_equal(pick(&p, "fd00::/64", NULL, text, &err), 0);
	assert_string_equal(text, "fd00::3");
	assert_int_equal(pick(&p, "10.0.0.0/24", "10.0.0.9", text, &err), 0);
	assert_string_equal(text, "10.0.0.9");
	net_pool_done(&p);
}

static void what_is_not_free_is_said(void **state)
{
	struct net_pool p = pool_of(two);
	struct husk_error err;
	char text[NET_TEXT];

	(void)state;
	/* 1 is the gateway, 2 is taken, 3 is the broadcast address. */
	assert_int_equal(pick(&p, "10.0.0.0/30", NULL, text, &err), -EADDRNOTAVAIL);
	assert_string_equal(err.msg, "no address of 10.0.0.0/30 is free in br0");
	assert_int_equal(pick(&p, "10.0.0.0/24", "10.0.0.2", text, &err), -EADDRINUSE);
	assert_string_equal(err.msg, "10.0.0.2 is the address of another container");
	assert_int_equal(pick(&p, "10.0.0.0/24", "10.0.0.1", text, &err), -EADDRINUSE);
	assert_string_equal(err.msg, "10.0.0.1 is the address of the gateway");
	assert_int_equal(pick(&p, "10.0.0.0/24", "10.0.1.1", text, &err), -EINVAL);
	assert_string_equal(err.msg, "10.0.1.1 is not in 10.0.0.0/24, the subnet of br0");
	net_pool_done(&p);
}

static int check(const struct net_pool *p, const char *host, uint16_t port, uint8_t protocol,
		 struct husk_error *err)
{
	struct net_publish publish = { .host_port = port, .port = 1, .protocol = protocol };
	struct ns_network net = { .publish = &publish, .n_publish = 1 };

	if (host)
		publish.host = address(host);
	return net_pool_check_ports(p, &net, err);
}

static void a_port_has_one_owner(void **state)
{
	struct net_pool p = pool_of(two);
	struct husk_error err;

	(void)state;
	assert_int_equal(check(&p, NULL, 8080, IPPROTO_TCP, &err), 0);
	assert_int_equal(check(&p, NULL, 80, IPPROTO_UDP, &err), 0);
	assert_int_equal(check(&p, NULL, 0x80, IPPROTO_TCP, &err), 0);
	assert_int_equal(check(&p, "10.0.0.1", 81, IPPROTO_TCP, &err), 0);
	assert_int_equal(check(&p, NULL, 80, IPPROTO_TCP, &err), -EADDRINUSE);
	assert_string_equal(err.msg, "port tcp:80 is published by container \"a\"");
	assert_int_equal(check(&p, "10.0.0.1", 53, IPPROTO_UDP, &err), -EADDRINUSE);
	assert_int_equal(check(&p, NULL, 81, IPPROTO_TCP, &err), -EADDRINUSE);
	assert_int_equal(check(&p, "127.0.0.1", 81, IPPROTO_TCP, &err), -EADDRINUSE);
	assert_string_equal(err.msg, "port tcp:127.0.0.1:81 is published by container \"b\"");
	net_pool_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_pool_are_the_same),
		cmocka_unit_test(a_damaged_line_is_refused),
		cmocka_unit_test(the_next_free_address_is_picked),
		cmocka_unit_test(what_is_not_free_is_said),
		cmocka_unit_test(a_port_has_one_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
