/*
 * Any text as the words of a network, and as the file of leases: five parts, the words of --network,
 * lists of --publish, --egress and --dns, one item a line, and the leases.
 *
 * Uses: namespaces.    Used by: run.sh.
 */
#include "namespaces/net/net.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_ITEMS = NET_MAX_ITEMS + 2 };

/* The lines of @text, which is cut up. */
static void split(char *text, char *list[MAX_ITEMS])
{
	size_t n = 0;

	for (char *line; n < MAX_ITEMS - 1 && (line = strsep(&text, "\n")) != NULL;) {
		if (*line)
			list[n++] = line;
	}
	list[n] = NULL;
}

/* What was understood has a description, and its ports are understood again and mean the same. */
static void describe(struct ns_network *net, struct arena *arena)
{
	struct ns_network_texts t = { .where = { "network", "publish", "dns", "egress" } };
	struct oci_state_network *out, *again;
	struct ns_network *second;
	struct husk_error err;

	MUST(net->n_publish <= NET_MAX_ITEMS && net->n_egress <= NET_MAX_ITEMS);
	MUST(net->n_dns <= NET_MAX_ITEMS);
	if (net->mode < NET_VETH)
		return;
	MUST(ns_network_describe(net, arena, &out, &err) == 0);
	t.network = net->mode == NET_PASTA ? "pasta" : "veth";
	t.publish = out->ports;
	MUST(ns_network_parse(&t, arena, &second, &err) == 0);
	MUST(ns_network_describe(second, arena, &again, &err) == 0);
	MUST(again->n_ports == out->n_ports);
	for (size_t i = 0; i < out->n_ports; i++)
		MUST(strcmp(out->ports[i], again->ports[i]) == 0);
}

static void leases(const char *text)
{
	struct net_pool pool, again;
	struct husk_error err;
	char *out;

	if (net_pool_parse(text, &pool, &err) < 0)
		return;
	out = net_pool_text(&pool);
	MUST(out && net_pool_parse(out, &again, &err) == 0);
	MUST(again.n == pool.n);
	net_pool_done(&again);
	net_pool_done(&pool);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *publish[MAX_ITEMS], *egress[MAX_ITEMS], *dns[MAX_ITEMS], *text[5];
	struct ns_network_texts t = { .where = { "network", "publish", "dns", "egress" } };
	struct oci_config config = { 0 };
	struct ns_network *net = NULL;
	struct husk_error err;

	for (size_t i = 0; i < 5; i++)
		text[i] = fuzz_part(&data, &size);
	split(text[1], publish);
	split(text[2], egress);
	split(text[3], dns);
	t.network = text[0][0] ? text[0] : NULL;
	t.publish = publish;
	t.egress = egress;
	t.dns = dns;
	if (t.network)
		text[0][strcspn(text[0], "\n")] = '\0';
	if (ns_network_parse(&t, &config.arena, &net, &err) == 0 && net) {
		describe(net, &config.arena);
		MUST(ns_network_apply(net, "/resolv.conf", &config, &err) == 0);
	}
	leases(text[4]);
	arena_done(&config.arena);
	for (size_t i = 0; i < 5; i++)
		free(text[i]);
	return 0;
}
