/*
 * Which names and addresses a container gets: from what was asked for, what the bridge has, and what
 * others have.
 *
 * Uses: attach.h.    Used by: attach.c.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "namespaces/net/attach.h"
#include "runtime/base/fs.h"
#include "runtime/base/util.h"

enum { LINK_TRIES = 16 };

/* ---- names ---- */

/* FNV-1a of state directory, container and try: "husk" and ten digits.  Another container's may be
 * the same, once in a trillion; then the next one is tried. */
static void link_name(const struct ns_network_place *place, unsigned try, char out[IF_NAMESIZE])
{
	const char *parts[] = { place->root, "/", place->id };
	uint64_t h = UINT64_C(0xcbf29ce484222325) + try;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		for (const char *p = parts[i]; *p; p++)
			h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	}
	h ^= h >> 32;
	(void)snprintf(out, IF_NAMESIZE, "husk%010" PRIx64, h & UINT64_C(0xffffffffff));
}

int net_choose_link(struct net_attach *a, struct husk_error *err)
{
	struct nl_device taken;

	for (unsigned try = 0; try < LINK_TRIES; try++) {
		link_name(a->place, try, a->link);
		if (nl_find_device(&a->host, a->link, 0, &taken) == -ENODEV)
			return 0;
	}
	return err_new(err, HUSK_E_SYSTEM, EEXIST, "no name for a network device is free: \"%s\" and "
		       "%d others are taken", a->link, LINK_TRIES - 1);
}

/* From the address: who gets it next has the same, so that no neighbour remembers a wrong one. */
void net_choose_mac(const struct net_attach *a, uint8_t mac[6])
{
	const struct net_address *ip = &a->ip[a->ip[NET_V4].family ? NET_V4 : NET_V6];

	mac[0] = 0x02;	/* locally administered */
	mac[1] = 0x68;
	memcpy(mac + 2, ip->bytes + net_size(ip) - 4, 4);
}

/* ---- which addresses ---- */

static void first_of(const struct net_address *subnet, struct net_address *out)
{
	*out = *subnet;
	out->bytes[net_size(subnet) - 1] |= 1;
	out->prefix = (uint8_t)(net_size(subnet) * 8);
}

static bool has_ipv6(void)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;

	return fs_read(AT_FDCWD, "/proc/sys/net/ipv6/conf/default/disable_ipv6", 16, &text, NULL,
		       &ignored) == 0 && text[0] == '0';
}

/* The bridge that is there decides: its addresses are the gateways. */
static int adopt_bridge(struct net_attach *a, struct husk_error *err)
{
	struct net_address has[NET_FAMILIES];
	char text[NET_TEXT], bridge_text[NET_TEXT];
	int ret = net_get_addresses(&a->host, a->device, has);

	if (ret < 0)
		return net_failed(err, ret, "read the addresses of", a->net->device);
	for (int f = 0; f < NET_FAMILIES; f++) {
		const struct net_address *wish = &a->net->subnet[f];

		a->subnet[f] = a->gateway[f] = has[f];
		a->gateway[f].prefix = has[f].family ? (uint8_t)(net_size(&has[f]) * 8) : 0;
		if (!wish->family || (f == NET_V6 && a->net->default_v6 && !has[f].family))
			continue;
		if (!has[f].family)
			return err_new(err, HUSK_E_STATE, EADDRNOTAVAIL,
				       "bridge %s has no IPv%d address, so %s cannot be its subnet",
				       a->net->device, f == NET_V4 ? 4 : 6,
				       net_address_text(wish, text));
		if (has[f].prefix != wish->prefix || !net_contains(wish, &has[f]))
			return err_new(err, HUSK_E_STATE, EADDRINUSE,
				       "bridge %s has the address %s, which is not of subnet %s",
				       a->net->device, net_address_text(&has[f], bridge_text),
				       net_address_text(wish, text));
	}
	if (!has[NET_V4].family && !has[NET_V6].family)
		return err_new(err, HUSK_E_STATE, EADDRNOTAVAIL, "bridge %s has no address, so husk "
			       "cannot tell which ones its containers may have", a->net->device);
	/* Another router of the same network than the bridge. */
	for (int f = 0; f < NET_FAMILIES; f++) {
		if (a->net->gateway[f].family)
			a->gateway[f] = a->net->gateway[f];
	}
	return 0;
}

/* What is longer than the bridge, or the parent, takes is lost without a word. */
static int choose_mtu(struct net_attach *a, const struct nl_device *dev, struct husk_error *err)
{
	a->mtu = a->net->mtu ? a->net->mtu : dev->mtu;
	if (a->mtu <= dev->mtu)
		return 0;
	(void)err_new(err, HUSK_E_STATE, EMSGSIZE, "mtu=%u: %s takes packets of %u bytes and no longer "
		      "ones", a->mtu, dev->name, dev->mtu);
	return err_hint(err, "a bridge takes what the least of its ports does; by \"ip link set %s mtu "
			"%u\" it is given more", dev->name, a->mtu);
}

int net_plan_bridge(struct net_attach *a, struct husk_error *err)
{
	struct nl_device bridge;
	int ret = nl_find_device(&a->host, a->net->device, 0, &bridge);

	if (ret == 0) {
		a->device = bridge.index;
		return choose_mtu(a, &bridge, err) < 0 ? -err->sys : adopt_bridge(a, err);
	}
	if (ret != -ENODEV)
		return net_failed(err, ret, "look for bridge", a->net->device);
	a->made = true;
	a->mtu = a->net->mtu;
	for (int f = 0; f < NET_FAMILIES; f++) {
		if (!a->net->subnet[f].family || (f == NET_V6 && a->net->default_v6 && !has_ipv6()))
			continue;
		a->subnet[f] = a->net->subnet[f];
		a->gateway[f] = a->net->gateway[f];
		if (!a->gateway[f].family)
			first_of(&a->subnet[f], &a->gateway[f]);
	}
	if (a->subnet[NET_V4].family || a->subnet[NET_V6].family)
		return 0;
	(void)err_new(err, HUSK_E_CONFIG, ENODEV, "there is no bridge %s, and no subnet to make it "
		      "with", a->net->device);
	return err_hint(err, "--network veth,bridge=%s,subnet=10.1.2.0/24", a->net->device);
}

int net_plan_macvlan(struct net_attach *a, struct husk_error *err)
{
	struct nl_device parent;
	int ret = nl_find_device(&a->host, a->net->device, 0, &parent);

	if (ret == -ENODEV)
		return err_new(err, HUSK_E_SYSTEM, ENODEV, "parent=%s: no such network device",
			       a->net->device);
	if (ret < 0)
		return net_failed(err, ret, "look for", a->net->device);
	if (choose_mtu(a, &parent, err) < 0)
		return -err->sys;
	a->device = parent.index;
	memcpy(a->subnet, a->net->subnet, sizeof(a->subnet));
	memcpy(a->gateway, a->net->gateway, sizeof(a->gateway));
	return 0;
}

/* On a network of others' any may be taken, on husk's own bridge one that somebody has chosen. */
static int check_in_use(const struct net_attach *a, int family, struct husk_error *err)
{
	bool chosen = a->net->ip[family].family;
	char text[NET_TEXT];

	if (!a->device || (!chosen && a->net->mode != NET_MACVLAN) ||
	    !net_is_in_use(a->device, &a->ip[family]))
		return 0;
	(void)err_new(err, HUSK_E_EXISTS, EADDRINUSE, "somebody on %s has the address %s already",
		      a->net->device, net_address_text(&a->ip[family], text));
	return err_hint(err, "choose another by ip=ADDRESS");
}

int net_pick_addresses(struct net_attach *a, struct husk_error *err)
{
	for (int f = 0; f < NET_FAMILIES; f++) {
		if (!a->subnet[f].family && a->net->ip[f].family)
			return err_new(err, HUSK_E_CONFIG, EADDRNOTAVAIL, "%s has no IPv%d subnet, "
				       "so there cannot be an address of it", a->network,
				       f == NET_V4 ? 4 : 6);
		if (a->subnet[f].family &&
		    net_pool_pick(&a->file.pool, a->network, &a->subnet[f], &a->gateway[f],
				  &a->net->ip[f], &a->ip[f], err) < 0)
			return -err->sys;
		if (a->ip[f].family && check_in_use(a, f, err) < 0)
			return -err->sys;
	}
	return 0;
}
