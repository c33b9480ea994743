/*
 * The network that somebody asks for, in words: see struct husk_network for what they may be.
 *
 * Pure: what the words mean, and that they fit together and to the rest of the configuration.
 *
 * Uses: network.h.    Used by: runtime.
 */
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>

#include "namespaces/network.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

#define DEFAULT_BRIDGE "husk0"
#define DEFAULT_V4 "10.213.0.0/16"
#define DEFAULT_V6 "fd68:7573:6b00::/64"

enum { CAP_NET_ADMIN_BIT = 12, CAP_NET_RAW_BIT = 13, MAX_MTU = 65535, MIN_MTU = 68 };

/* ---- addresses ---- */

int net_family(const struct net_address *a)
{
	return a->family == AF_INET ? NET_V4 : NET_V6;
}

size_t net_size(const struct net_address *a)
{
	return a->family == AF_INET ? 4 : 16;
}

bool net_parse_address(const char *text, struct net_address *out)
{
	struct net_address a = { 0 };
	char buf[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	uint64_t prefix;

	if (len >= sizeof(buf))
		return false;
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (inet_pton(AF_INET, buf, a.bytes) == 1)
		a.family = AF_INET;
	else if (inet_pton(AF_INET6, buf, a.bytes) == 1)
		a.family = AF_INET6;
	else
		return false;
	prefix = net_size(&a) * 8;
	if (text[len] && !str_to_u64(text + len + 1, prefix, &prefix))
		return false;
	a.prefix = (uint8_t)prefix;
	*out = a;
	return true;
}

const char *net_address_text(const struct net_address *a, char buf[NET_TEXT])
{
	if (!inet_ntop(a->family, a->bytes, buf, NET_TEXT))
		return strcpy(buf, "-");
	if (a->prefix < net_size(a) * 8) {
		size_t len = strlen(buf);

		(void)snprintf(buf + len, NET_TEXT - len, "/%u", a->prefix);
	}
	return buf;
}

bool net_contains(const struct net_address *subnet, const struct net_address *a)
{
	unsigned whole = subnet->prefix / 8, rest = subnet->prefix % 8;
	uint8_t mask = (uint8_t)(0xff << (8 - rest));

	if (subnet->family != a->family || memcmp(subnet->bytes, a->bytes, whole) != 0)
		return false;
	return rest == 0 || ((subnet->bytes[whole] ^ a->bytes[whole]) & mask) == 0;
}

static bool is_complete(const struct net_address *a)
{
	return a->prefix == net_size(a) * 8;
}

/* ---- messages ---- */

/* Head and value of what is being read. */
struct word {
	struct arena *arena;
	const char *where, *text;
};

static PRINTF_LIKE(3, 4) int wrong(const struct word *w, struct husk_error *err, const char *fmt, ...)
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

/* IFNAMSIZ counts the NUL; the characters are those of the kernel's dev_valid_name(). */
static bool is_device_name(const char *name)
{
	return name[0] && strlen(name) < IF_NAMESIZE && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0 && !name[strcspn(name, "/: \t\n\v\f\r%")];
}

/* ---- --network MODE[,KEY=VALUE]... ---- */

static int set_device(struct ns_network *n, const struct word *w, const char *v,
		      struct husk_error *err)
{
	if (!is_device_name(v))
		return wrong(w, err, "\"%.64s\" is not a name of a network device", v);
	n->device = v;
	return 0;
}

static int set_name(struct ns_network *n, const struct word *w, const char *v,
		    struct husk_error *err)
{
	if (!is_device_name(v) || strcmp(v, "lo") == 0)
		return wrong(w, err, "\"%.64s\" is not a name that the container's network device "
			     "can have", v);
	n->name = v;
	return 0;
}

static int set_address(struct net_address list[NET_FAMILIES], const struct net_address *a,
		       const struct word *w, const char *key, struct husk_error *err)
{
	if (list[net_family(a)].family)
		return wrong(w, err, "two values of %s= for IPv%d", key,
			     net_family(a) == NET_V4 ? 4 : 6);
	list[net_family(a)] = *a;
	return 0;
}

static int set_subnet(struct ns_network *n, const struct word *w, const char *v,
		      struct husk_error *err)
{
	struct net_address a, base;

	if (!net_parse_address(v, &a) || a.prefix < 8 || a.prefix > net_size(&a) * 8 - 2)
		return wrong(w, err, "subnet=%.64s: expected a network such as 10.1.2.0/24 or "
			     "fd00:1::/64", v);
	/* What is behind the prefix must be 0: else nobody knows what was meant. */
	base = a;
	for (unsigned bit = a.prefix; bit < net_size(&a) * 8; bit++)
		base.bytes[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
	if (memcmp(base.bytes, a.bytes, sizeof(base.bytes)) != 0) {
		char text[NET_TEXT];

		return wrong(w, err, "subnet=%.64s: an address in a network, which is %s", v,
			     net_address_text(&base, text));
	}
	return set_address(n->subnet, &a, w, "subnet", err);
}

static int set_ip(struct ns_network *n, const struct word *w, const char *v, struct husk_error *err)
{
	struct net_address a;

	if (!net_parse_address(v, &a))
		return wrong(w, err, "ip=%.64s: expected an address such as 10.1.2.3 or fd00:1::3",
			     v);
	return set_address(n->ip, &a, w, "ip", err);
}

static int set_gateway(struct ns_network *n, const struct word *w, const char *v,
		       struct husk_error *err)
{
	struct net_address a;

	if (!net_parse_address(v, &a) || !is_complete(&a))
		return wrong(w, err, "gateway=%.64s: expected an address such as 10.1.2.1 or "
			     "fd00:1::1", v);
	return set_address(n->gateway, &a, w, "gateway", err);
}

static int set_mtu(struct ns_network *n, const struct word *w, const char *v,
		   struct husk_error *err)
{
	uint64_t mtu;

	if (!str_to_u64(v, MAX_MTU, &mtu) || mtu < MIN_MTU)
		return wrong(w, err, "mtu=%.64s: expected %d to %d bytes", v, MIN_MTU, MAX_MTU);
	n->mtu = (uint32_t)mtu;
	return 0;
}

static int set_forward(struct ns_network *n, const struct word *w, const char *v,
		       struct husk_error *err)
{
	if (*v)
		return wrong(w, err, "\"forward\" takes no value");
	n->forward = true;
	return 0;
}

#define IN(mode) (1u << (mode))

static const struct {
	const char *name;
	unsigned modes;
	int (*set)(struct ns_network *n, const struct word *w, const char *value,
		   struct husk_error *err);
} keys[] = {
	{ "bridge", IN(NET_VETH), set_device },
	{ "parent", IN(NET_MACVLAN), set_device },
	{ "name", IN(NET_VETH) | IN(NET_MACVLAN), set_name },
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

static int read_key(struct ns_network *n, const struct word *w, char *item, struct husk_error *err)
{
	char *value = strchr(item, '=');

	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(item, keys[i].name) != 0)
			continue;
		if (!(keys[i].modes & IN(n->mode)))
			return wrong(w, err, "%s= has no meaning with %s", item,
				     mode_names[n->mode]);
		if (!value && keys[i].set != set_forward)
			return wrong(w, err, "%s needs a value: %s=...", item, item);
		return keys[i].set(n, w, value ? value : "", err);
	}
	return wrong(w, err, "unknown key \"%.64s\": expected bridge, parent, name, subnet, ip, "
		     "gateway, mtu or forward", item);
}

/* A number is that of a process; its namespace is found when the container is made. */
static int read_join(struct ns_network *n, const struct word *w, const char *value,
		     struct husk_error *err)
{
	uint64_t pid;

	if (str_to_u64(value, INT32_MAX, &pid) && pid > 0)
		n->join = arena_printf(w->arena, "/proc/%d/ns/net", (int)pid);
	else if (value[0] == '/')
		n->join = value;
	else
		return wrong(w, err, "expected join=PID or join=/absolute/path");
	return n->join ? 0 : err_nomem(err, "network");
}

/* Subnets that nobody chose: only of the default bridge, or two bridges would have the same. */
static int add_defaults(struct ns_network *n, const struct word *w, struct husk_error *err)
{
	if (!n->name)
		n->name = "eth0";
	if (n->mode == NET_MACVLAN && !n->device)
		return wrong(w, err, "macvlan needs parent=DEVICE, a network device of the host");
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
static int check_addresses(struct ns_network *n, const struct word *w, struct husk_error *err)
{
	char a[NET_TEXT], b[NET_TEXT];

	for (int f = 0; f < NET_FAMILIES; f++) {
		struct net_address *subnet = &n->subnet[f], *ip = &n->ip[f];

		if (ip->family && !is_complete(ip)) {
			if (!subnet->family) {
				*subnet = *ip;
				for (unsigned bit = ip->prefix; bit < net_size(ip) * 8; bit++)
					subnet->bytes[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
			}
			ip->prefix = (uint8_t)(net_size(ip) * 8);
		}
		if (ip->family && subnet->family && !net_contains(subnet, ip))
			return wrong(w, err, "ip=%s is not in the subnet %s",
				     net_address_text(ip, a), net_address_text(subnet, b));
		if (ip->family && !subnet->family && n->mode == NET_MACVLAN)
			return wrong(w, err, "ip=%s needs its prefix: ip=%s/%d",
				     net_address_text(ip, a), a, f == NET_V4 ? 24 : 64);
		if (n->gateway[f].family && subnet->family &&
		    !net_contains(subnet, &n->gateway[f]))
			return wrong(w, err, "gateway=%s is not in the subnet %s",
				     net_address_text(&n->gateway[f], a),
				     net_address_text(subnet, b));
	}
	if (n->mode == NET_MACVLAN && !n->subnet[NET_V4].family && !n->subnet[NET_V6].family)
		return wrong(w, err, "macvlan needs ip=ADDRESS/PREFIX or subnet=NETWORK: husk does "
			     "not ask a DHCP server");
	return 0;
}

static int read_network(struct ns_network *n, struct word *w, struct husk_error *err)
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
		return wrong(w, err, "expected none, host, join=PATH, join=PID, veth, macvlan or "
			     "pasta");
	if (n->mode == NET_JOIN && read_join(n, w, value ? value : "", err) < 0)
		return -err->sys;
	if (n->mode != NET_JOIN && value)
		return wrong(w, err, "%s takes no value of its own", mode_names[n->mode]);
	while ((item = strsep(&rest, ",")) != NULL) {
		if (read_key(n, w, item, err) < 0)
			return -err->sys;
	}
	if (n->mode != NET_VETH && n->mode != NET_MACVLAN)
		return 0;
	if (add_defaults(n, w, err) < 0)
		return -err->sys;
	return check_addresses(n, w, err);
}

/* ---- [IP:]HOST:CONTAINER[/tcp|/udp] and ADDRESS[/PREFIX][:PORT[-PORT]][/tcp|/udp] ---- */

/* Cut "/tcp" or "/udp" off the end of @text. */
static uint8_t cut_protocol(char *text)
{
	char *slash = strrchr(text, '/');
	uint8_t protocol = 0;

	if (slash && strcmp(slash, "/tcp") == 0)
		protocol = IPPROTO_TCP;
	else if (slash && strcmp(slash, "/udp") == 0)
		protocol = IPPROTO_UDP;
	if (protocol)
		*slash = '\0';
	return protocol;
}

static bool read_port(const char *text, uint16_t *out)
{
	uint64_t port;

	if (!str_to_u64(text, 65535, &port) || port == 0)
		return false;
	*out = (uint16_t)port;
	return true;
}

/* Cut "[ADDRESS]" or "ADDRESS" and a colon off the front; what follows is *rest, or NULL. */
static bool cut_address(char *text, struct net_address *out, char **rest)
{
	char *end;

	if (text[0] == '[') {
		end = strchr(++text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		*end = '\0';
		*rest = end[1] ? end + 2 : NULL;
		return net_parse_address(text, out) && out->family == AF_INET6;
	}
	/* Several colons: IPv6 without brackets, so without a port. */
	end = strchr(text, ':');
	if (end && strchr(end + 1, ':'))
		end = NULL;
	if (end)
		*end = '\0';
	*rest = end ? end + 1 : NULL;
	return net_parse_address(text, out);
}

static int read_publish(struct net_publish *out, const struct word *w, struct husk_error *err)
{
	cleanup_free char *copy = strdup(w->text);
	struct net_publish p = { 0 };
	char *ports = copy, *colon;

	if (!copy)
		return err_nomem(err, "network");
	p.protocol = cut_protocol(copy);
	if (!p.protocol)
		p.protocol = IPPROTO_TCP;
	colon = strrchr(copy, ':');
	if (!colon)
		goto bad;
	*colon++ = '\0';
	/* Before it: the port, or address and port. */
	if (strchr(copy, ':') && (!cut_address(copy, &p.host, &ports) || !ports ||
				  !is_complete(&p.host)))
		goto bad;
	if (!read_port(ports, &p.host_port) || !read_port(colon, &p.port))
		goto bad;
	*out = p;
	return 0;
bad:
	return wrong(w, err, "expected [IP:]HOSTPORT:CONTAINERPORT[/tcp|/udp], ports from 1 to "
		     "65535, an IPv6 address in brackets");
}

static int read_egress(struct net_egress *out, const struct word *w, struct husk_error *err)
{
	cleanup_free char *copy = strdup(w->text);
	struct net_egress e = { 0 };
	char *ports, *dash;

	if (!copy)
		return err_nomem(err, "network");
	e.protocol = cut_protocol(copy);
	if (!cut_address(copy, &e.to, &ports))
		goto bad;
	if (ports) {
		dash = strchr(ports, '-');
		if (dash)
			*dash++ = '\0';
		if (!read_port(ports, &e.first) || !read_port(dash ? dash : ports, &e.last) ||
		    e.last < e.first)
			goto bad;
	}
	*out = e;
	return 0;
bad:
	return wrong(w, err, "expected ADDRESS[/PREFIX][:PORT[-PORT]][/tcp|/udp], an IPv6 address "
		     "with port in brackets, or \"none\"");
}

/* ---- lists ---- */

static size_t count(char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

static int check_count(size_t n, struct word *w, const char *first, struct husk_error *err)
{
	w->text = first;
	return n <= NET_MAX_ITEMS ? 0 : wrong(w, err, "the first of %zu; at most %d are possible",
					      n, NET_MAX_ITEMS);
}

static int read_publishes(struct ns_network *n, char *const *list, struct word *w,
			  struct husk_error *err)
{
	n->n_publish = count(list);
	if (n->n_publish == 0)
		return 0;
	w->text = list[0];
	if (n->mode != NET_VETH && n->mode != NET_PASTA)
		return wrong(w, err, "ports can be published with the networks veth and pasta only");
	if (check_count(n->n_publish, w, list[0], err) < 0)
		return -EINVAL;
	n->publish = arena_array(w->arena, n->n_publish, sizeof(*n->publish));
	if (!n->publish)
		return err_nomem(err, "network");
	for (size_t i = 0; i < n->n_publish; i++) {
		w->text = list[i];
		if (read_publish(&n->publish[i], w, err) < 0)
			return -err->sys;
	}
	return 0;
}

static int read_egresses(struct ns_network *n, char *const *list, struct word *w,
			 struct husk_error *err)
{
	size_t n_items = count(list);

	if (n_items == 0)
		return 0;
	w->text = list[0];
	if (n->mode != NET_VETH && n->mode != NET_MACVLAN && n->mode != NET_PASTA)
		return wrong(w, err, "an allow-list needs a network of the container's own: veth, "
			     "macvlan or pasta");
	if (check_count(n_items, w, list[0], err) < 0)
		return -EINVAL;
	n->has_egress = true;
	if (n_items == 1 && strcmp(list[0], "none") == 0)
		return 0;
	n->egress = arena_array(w->arena, n_items, sizeof(*n->egress));
	if (!n->egress)
		return err_nomem(err, "network");
	for (; n->n_egress < n_items; n->n_egress++) {
		w->text = list[n->n_egress];
		if (read_egress(&n->egress[n->n_egress], w, err) < 0)
			return -err->sys;
	}
	return 0;
}

/* The value becomes a word of a line in resolv.conf. */
static bool is_plain(const char *s)
{
	return *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  ".:_-")];
}

static int read_dns(struct ns_network *n, char *const *list, struct word *w, struct husk_error *err)
{
	cleanup_str struct str servers = { 0 }, search = { 0 }, options = { 0 };
	size_t n_items = count(list);

	if (n_items == 0)
		return 0;
	if (check_count(n_items, w, list[0], err) < 0)
		return -EINVAL;
	n->dns = arena_array(w->arena, n_items, sizeof(*n->dns));
	for (size_t i = 0; n->dns && i < n_items; i++) {
		struct net_address *a = &n->dns[n->n_dns];
		bool is_search = str_starts(list[i], "search=");
		bool is_option = str_starts(list[i], "option=");

		w->text = list[i];
		if ((is_search || is_option) && is_plain(list[i] + 7)) {
			str_printf(is_search ? &search : &options, " %s", list[i] + 7);
		} else if (net_parse_address(list[i], a) && is_complete(a)) {
			str_printf(&servers, "nameserver %s\n", list[i]);
			n->n_dns++;
		} else {
			return wrong(w, err, "expected the address of a name server, "
				     "search=DOMAIN or option=OPTION");
		}
	}
	if (search.len)
		str_printf(&servers, "search%s\n", search.s);
	if (options.len)
		str_printf(&servers, "options%s\n", options.s);
	n->resolv_conf = servers.failed ? NULL : arena_strdup(w->arena, servers.s);
	return n->resolv_conf ? 0 : err_nomem(err, "network");
}

int ns_network_parse(const struct ns_network_texts *t, struct arena *arena,
		     struct ns_network **out, struct husk_error *err)
{
	struct word w = { arena, t->where.network, t->network };
	struct ns_network *n;

	*out = NULL;
	if (!t->network && !count(t->publish) && !count(t->dns) && !count(t->egress))
		return 0;
	n = arena_alloc(arena, sizeof(*n));
	if (!n)
		return err_nomem(err, "network");
	if (t->network && read_network(n, &w, err) < 0)
		return -err->sys;
	w.where = t->where.publish;
	if (read_publishes(n, t->publish, &w, err) < 0)
		return -err->sys;
	w.where = t->where.egress;
	if (read_egresses(n, t->egress, &w, err) < 0)
		return -err->sys;
	w.where = t->where.dns;
	if (read_dns(n, t->dns, &w, err) < 0)
		return -err->sys;
	*out = n;
	return 0;
}

const char *ns_network_resolv_conf(const struct ns_network *net)
{
	return net ? net->resolv_conf : NULL;
}

/* ---- what it does to the configuration ---- */

static int set_namespace(const struct ns_network *net, struct oci_config *config,
			 struct husk_error *err)
{
	struct oci_linux *l = &config->linux_;
	struct oci_namespace *list = arena_array(&config->arena, l->n_namespaces + 1, sizeof(*list));
	size_t n = 0;

	if (!list)
		return err_nomem(err, "network");
	for (size_t i = 0; i < l->n_namespaces; i++) {
		if (l->namespaces[i].type != CLONE_NEWNET)
			list[n++] = l->namespaces[i];
	}
	if (net->mode != NET_HOST)
		list[n++] = (struct oci_namespace){ CLONE_NEWNET, net->join };
	l->namespaces = list;
	l->n_namespaces = n;
	return 0;
}

static int add_resolv_conf(const char *path, struct oci_config *config, struct husk_error *err)
{
	struct oci_mount *list = arena_array(&config->arena, config->n_mounts + 1, sizeof(*list));
	static const char *const options[] = { "bind", "ro", "nosuid", "nodev", "noexec" };
	struct oci_mount *m;

	if (!list)
		return err_nomem(err, "network");
	if (config->n_mounts)
		memcpy(list, config->mounts, config->n_mounts * sizeof(*list));
	m = &list[config->n_mounts];
	*m = (struct oci_mount){ .destination = "/etc/resolv.conf", .type = "bind",
				 .source = arena_strdup(&config->arena, path) };
	m->options = arena_array(&config->arena, ARRAY_SIZE(options) + 1, sizeof(*m->options));
	if (!m->source || !m->options)
		return err_nomem(err, "network");
	for (; m->n_options < ARRAY_SIZE(options); m->n_options++)
		m->options[m->n_options] = (char *)options[m->n_options];
	config->mounts = list;
	config->n_mounts++;
	return 0;
}

/* With the one it could change the rules, with the other send what no rule sees (packet(7)). */
int ns_network_check_caps(const struct oci_caps *c, const char *where, struct husk_error *err)
{
	static const uint64_t bad = UINT64_C(1) << CAP_NET_ADMIN_BIT | UINT64_C(1) << CAP_NET_RAW_BIT;
	uint64_t has = c ? c->bounding | c->permitted | c->effective | c->inheritable | c->ambient : 0;

	if (!(has & bad))
		return 0;
	(void)err_config(err, where, "%s would let the program go round the allow-list of its "
			 "network", has & UINT64_C(1) << CAP_NET_ADMIN_BIT ? "CAP_NET_ADMIN" :
									     "CAP_NET_RAW");
	if (where[0] != '/')
		err->pointer[0] = '\0';
	return err_hint(err, "remove CAP_NET_ADMIN and CAP_NET_RAW from every set of capabilities, "
			"or the allow-list");
}

static int check_caps(const struct oci_config *config, struct husk_error *err)
{
	return ns_network_check_caps(config->process ? config->process->capabilities : NULL,
				     "/process/capabilities", err);
}

int ns_network_apply(const struct ns_network *net, const char *resolv_conf,
		     struct oci_config *config, struct husk_error *err)
{
	if (net->has_egress && check_caps(config, err) < 0)
		return -EINVAL;
	if (net->mode != NET_UNSET && set_namespace(net, config, err) < 0)
		return -err->sys;
	return net->resolv_conf ? add_resolv_conf(resolv_conf, config, err) : 0;
}

bool ns_network_makes(const struct ns_network *net)
{
	return net && (net->mode >= NET_VETH || net->resolv_conf);
}

/* ---- what others are told of it ---- */

/* As --publish takes it. */
static char *publish_text(const struct net_publish *p, struct arena *arena)
{
	const char *protocol = p->protocol == IPPROTO_TCP ? "tcp" : "udp";
	char host[NET_TEXT];

	if (!p->host.family)
		return arena_printf(arena, "%u:%u/%s", p->host_port, p->port, protocol);
	(void)net_address_text(&p->host, host);
	return arena_printf(arena, p->host.family == AF_INET6 ? "[%s]:%u:%u/%s" : "%s:%u:%u/%s", host,
			    p->host_port, p->port, protocol);
}

int ns_network_describe(const struct ns_network *net, struct arena *arena,
			struct oci_state_network **out, struct husk_error *err)
{
	struct oci_state_network *n = arena_alloc(arena, sizeof(*n));
	char text[NET_TEXT];

	if (!n)
		return err_nomem(err, "network");
	*n = (struct oci_state_network){
		.mode = mode_names[net->mode], .interface = net->name,
		.addresses = arena_array(arena, NET_FAMILIES + 1, sizeof(*n->addresses)),
		.ports = arena_array(arena, net->n_publish + 1, sizeof(*n->ports)),
		.egress_list = net->has_egress,
	};
	if (!n->addresses || !n->ports)
		return err_nomem(err, "network");
	for (int f = 0; f < NET_FAMILIES; f++) {
		if (!net->has[f].family)
			continue;
		n->addresses[n->n_addresses] = arena_strdup(arena, net_address_text(&net->has[f], text));
		if (!n->addresses[n->n_addresses++])
			return err_nomem(err, "network");
	}
	for (; n->n_ports < net->n_publish; n->n_ports++) {
		n->ports[n->n_ports] = publish_text(&net->publish[n->n_ports], arena);
		if (!n->ports[n->n_ports])
			return err_nomem(err, "network");
	}
	*out = n;
	return 0;
}

void ns_network_emit(const struct ns_network *net, struct plan *p)
{
	uint32_t slot;

	if (!net || net->mode < NET_VETH)
		return;
	/* The rules first: then there is no moment without them. */
	if (net->has_egress) {
		slot = plan_slot(p);
		PLAN_EMIT_FLAGS(p, OP_NS_NETLINK, NETLINK_NETFILTER, NULL, slot);
		PLAN_EMIT(p, OP_ASK_NETWORK, NULL, slot, NETLINK_NETFILTER);
	}
	slot = plan_slot(p);
	PLAN_EMIT_FLAGS(p, OP_NS_NETLINK, NETLINK_ROUTE, NULL, slot);
	PLAN_EMIT(p, OP_ASK_NETWORK, NULL, slot, NETLINK_ROUTE);
}
