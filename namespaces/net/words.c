/*
 * --network MODE[,KEY=VALUE]...: what the words mean, and which do not go together.
 *
 * Uses: address.c.    Used by: lists.c.
 */
#include <stdarg.h>
#include <string.h>

#include "namespaces/net/words.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

#define DEFAULT_BRIDGE "husk0"
#define DEFAULT_V4 "10.213.0.0/16"
#define DEFAULT_V6 "fd68:7573:6b00::/64"

enum { MAX_MTU = 65535, MIN_MTU = 68 };

int net_wrong(const struct net_word *w, struct husk_error *err, const char *fmt, ...)
{
	char why[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	(void)err_config(err, w->where, "\"%.100s\": %s", w->text, why);
	if (w->where[0] != '/')
		err->pointer[0] = '\0';
	return -EINVAL;
}

/* In a "%d" the kernel would put a number: not in a name that is looked for. */
static bool is_device_name(const char *name)
{
	return ns_is_device_name(name) && !strchr(name, '%');
}

/* ---- --network MODE[,KEY=VALUE]... ---- */

static int set_device(struct ns_network *n, const struct net_word *w, const char *v,
		      struct husk_error *err)
{
	if (!is_device_name(v))
		return net_wrong(w, err, "\"%.64s\" is not a name of a network device", v);
	n->device = v;
	return 0;
}

static int set_name(struct ns_network *n, const struct net_word *w, const char *v,
		    struct husk_error *err)
{
	if (!is_device_name(v) || strcmp(v, "lo") == 0)
		return net_wrong(w, err, "\"%.64s\" is not a name that the container's network device "
				 "can have", v);
	n->name = v;
	return 0;
}

static int set_address(struct net_address list[NET_FAMILIES], const struct net_address *a,
		       const struct net_word *w, const char *key, struct husk_error *err)
{
	if (list[net_family(a)].family)
		return net_wrong(w, err, "two values of %s= for IPv%d", key,
				 net_family(a) == NET_V4 ? 4 : 6);
	list[net_family(a)] = *a;
	return 0;
}

static int set_subnet(struct ns_network *n, const struct net_word *w, const char *v,
		      struct husk_error *err)
{
	struct net_address a, base;

	if (!net_parse_address(v, &a) || a.prefix < 8 || a.prefix > net_size(&a) * 8 - 2)
		return net_wrong(w, err, "subnet=%.64s: expected a network such as 10.1.2.0/24 or "
				 "fd00:1::/64", v);
	/* What is behind the prefix must be 0: else nobody knows what was meant. */
	base = a;
	for (unsigned bit = a.prefix; bit < net_size(&a) * 8; bit++)
		base.bytes[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
	if (memcmp(base.bytes, a.bytes, sizeof(base.bytes)) != 0) {
		char text[NET_TEXT];

		return net_wrong(w, err, "subnet=%.64s: an address in a network, which is %s", v,
				 net_address_text(&base, text));
	}
	return set_address(n->subnet, &a, w, "subnet", err);
}

static int set_ip(struct ns_network *n, const struct net_word *w, const char *v,
		  struct husk_error *err)
{
	struct net_address a;

	if (!net_parse_address(v, &a))
		return net_wrong(w, err, "ip=%.64s: expected an address such as 10.1.2.3 or fd00:1::3",
				 v);
	return set_address(n->ip, &a, w, "ip", err);
}

static int set_gateway(struct ns_network *n, const struct net_word *w, const char *v,
		       struct husk_error *err)
{
	struct net_address a;

	if (!net_parse_address(v, &a) || !net_is_complete(&a))
		return net_wrong(w, err, "gateway=%.64s: expected an address such as 10.1.2.1 or "
				 "fd00:1::1", v);
	return set_address(n->gateway, &a, w, "gateway", err);
}

static int set_mtu(struct ns_network *n, const struct net_word *w, const char *v,
		   struct husk_error *err)
{
	uint64_t mtu;

	if (!str_to_u64(v, MAX_MTU, &mtu) || mtu < MIN_MTU)
		return net_wrong(w, err, "mtu=%.64s: expected %d to %d bytes", v, MIN_MTU, MAX_MTU);
	n->mtu = (uint32_t)mtu;
	return 0;
}

static int set_forward(struct ns_network *n, const struct net_word *w, const char *v,
		       struct husk_error *err)
{
	if (*v)
		return net_wrong(w, err, "\"forward\" takes no value");
	n->forward = true;
	return 0;
}

#define IN(mode) (1u << (mode))

static const struct {
	const char *name;
	unsigned modes;
	int (*set)(struct ns_network *n, const struct net_word *w, const char *value,
		   struct husk_error *err);
} keys[] = {
	{ "bridge", IN(NET_VETH), set_device },
	{ "parent", IN(NET_MACVLAN), set_device },
	{ "name", IN(NET_VETH) | IN(NET_MACVLAN) | IN(NET_PASTA), set_name },
	{ "subnet", IN(NET_VETH) | IN(NET_MACVLAN), set_subnet },
	{ "ip", IN(NET_VETH) | IN(NET_MACVLAN), set_ip },
	{ "gateway", IN(NET_VETH) | IN(NET_MACVLAN), set_gateway },
	{ "mtu", IN(NET_VETH) | IN(NET_MACVLAN) | IN(NET_PASTA), set_mtu },
	{ "forward", IN(NET_VETH), set_forward },
};

static const char *const mode_names[NET_MODES] = {
	[NET_NONE] = "none", [NET_HOST] = "host",	[NET_JOIN] = "join",
	[NET_VETH] = "veth", [NET_MACVLAN] = "macvlan", [NET_PASTA] = "pasta",
};

const char *net_mode_name(enum net_mode mode)
{
	return mode_names[mode];
}

static int read_key(struct ns_network *n, const struct net_word *w, char *item,
		    struct husk_error *err)
{
	char *value = strchr(item, '=');

	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(item, keys[i].name) != 0)
			continue;
		if (!(keys[i].modes & IN(n->mode)))
			return net_wrong(w, err, "%s= has no meaning with %s", item,
					 mode_names[n->mode]);
		if (!value && keys[i].set != set_forward)
			return net_wrong(w, err, "%s needs a value: %s=...", item, item);
		return keys[i].set(n, w, value ? value : "", err);
	}
	return net_wrong(w, err, "unknown key \"%.64s\": expected bridge, parent, name, subnet, ip, "
			 "gateway, mtu or forward", item);
}

/* A number is that of a process; its namespace is found when the container is made. */
static int read_join(struct ns_network *n, const struct net_word *w, const char *value,
		     struct husk_error *err)
{
	uint64_t pid;

	if (str_to_u64(value, INT32_MAX, &pid) && pid > 0)
		n->join = arena_printf(w->arena, "/proc/%d/ns/net", (int)pid);
	else if (value[0] == '/')
		n->join = value;
	else
		return net_wrong(w, err, "expected join=PID or join=/absolute/path");
	return n->join ? 0 : err_nomem(err, "network");
}

/* Subnets that nobody chose: only of the default bridge, or two bridges would have the same. */
static int add_defaults(struct ns_network *n, const struct net_word *w, struct husk_error *err)
{
	if (!n->name)
		n->name = "eth0";
	if (n->mode == NET_MACVLAN && !n->device)
		return net_wrong(w, err, "macvlan needs parent=DEVICE, a network device of the host");
	if (n->mode == NET_VETH && !n->device)
		n->device = DEFAULT_BRIDGE;
	if (n->mode == NET_VETH && strcmp(n->device, DEFAULT_BRIDGE) == 0 &&
	    !n->subnet[NET_V4].family && !n->subnet[NET_V6].family) {
		(void)net_parse_address(DEFAULT_V4, &n->subnet[NET_V4]);
		(void)net_parse_address(DEFAULT_V6, &n->subnet[NET_V6]);
		n->default_v6 = true;
	}
	return 0;
}

/* An address needs a subnet around it: the one given, or, for a macvlan, its own prefix. */
static int check_addresses(struct ns_network *n, const struct net_word *w, struct husk_error *err)
{
	char a[NET_TEXT], b[NET_TEXT];

	for (int f = 0; f < NET_FAMILIES; f++) {
		struct net_address *subnet = &n->subnet[f], *ip = &n->ip[f];

		if (ip->family && !net_is_complete(ip)) {
			if (!subnet->family) {
				*subnet = *ip;
				for (unsigned bit = ip->prefix; bit < net_size(ip) * 8; bit++)
					subnet->bytes[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
			}
			ip->prefix = (uint8_t)(net_size(ip) * 8);
		}
		if (ip->family && subnet->family && !net_contains(subnet, ip))
			return net_wrong(w, err, "ip=%s is not in the subnet %s",
					 net_address_text(ip, a), net_address_text(subnet, b));
		if (ip->family && !subnet->family && n->mode == NET_MACVLAN)
			return net_wrong(w, err, "ip=%s needs its prefix: ip=%s/%d",
					 net_address_text(ip, a), a, f == NET_V4 ? 24 : 64);
		if (n->gateway[f].family && subnet->family &&
		    !net_contains(subnet, &n->gateway[f]))
			return net_wrong(w, err, "gateway=%s is not in the subnet %s",
					 net_address_text(&n->gateway[f], a),
					 net_address_text(subnet, b));
	}
	if (n->mode == NET_MACVLAN && !n->subnet[NET_V4].family && !n->subnet[NET_V6].family)
		return net_wrong(w, err, "macvlan needs ip=ADDRESS/PREFIX or subnet=NETWORK: husk does "
				 "not ask a DHCP server");
	return 0;
}

int net_read_words(struct ns_network *n, struct net_word *w, struct husk_error *err)
{
	char *copy = arena_strdup(w->arena, w->text), *rest, *item, *value;

	if (!copy)
		return err_nomem(err, "network");
	rest = copy;
	item = strsep(&rest, ",");
	value = strchr(item, '=');
	if (value)
		*value++ = '\0';
	for (int m = NET_NONE; m < NET_MODES; m++) {
		if (strcmp(item, mode_names[m]) == 0)
			n->mode = (enum net_mode)m;
	}
	if (n->mode == NET_UNSET)
		return net_wrong(w, err, "expected none, host, join=PATH, join=PID, veth, macvlan or "
				 "pasta");
	if (n->mode == NET_JOIN && read_join(n, w, value ? value : "", err) < 0)
		return -err->sys;
	if (n->mode != NET_JOIN && value)
		return net_wrong(w, err, "%s takes no value of its own", mode_names[n->mode]);
	while ((item = strsep(&rest, ",")) != NULL) {
		if (read_key(n, w, item, err) < 0)
			return -err->sys;
	}
	if (n->mode < NET_VETH)
		return 0;
	if (add_defaults(n, w, err) < 0)
		return -err->sys;
	return check_addresses(n, w, err);
}
