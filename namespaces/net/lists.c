/*
 * --publish, --egress and --dns: lists of words; and all that is asked for, as one.
 *
 * Pure: what the words mean, and that they fit together.
 *
 * Uses: words.c, address.c.    Used by: runtime.
 */
#include <string.h>

#include "namespaces/net/words.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

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

static int read_publish(struct net_publish *out, const struct net_word *w, struct husk_error *err)
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
				  !net_is_complete(&p.host)))
		goto bad;
	if (!read_port(ports, &p.host_port) || !read_port(colon, &p.port))
		goto bad;
	*out = p;
	return 0;
bad:
	return net_wrong(w, err, "expected [IP:]HOSTPORT:CONTAINERPORT[/tcp|/udp], ports from 1 to "
			 "65535, an IPv6 address in brackets");
}

static int read_egress(struct net_egress *out, const struct net_word *w, struct husk_error *err)
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
	return net_wrong(w, err, "expected ADDRESS[/PREFIX][:PORT[-PORT]][/tcp|/udp], an IPv6 address "
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

static int check_count(size_t n, struct net_word *w, const char *first, struct husk_error *err)
{
	w->text = first;
	return n <= NET_MAX_ITEMS ? 0 : net_wrong(w, err, "the first of %zu; at most %d are possible",
						  n, NET_MAX_ITEMS);
}

static int read_publishes(struct ns_network *n, char *const *list, struct net_word *w,
			  struct husk_error *err)
{
	n->n_publish = count(list);
	if (n->n_publish == 0)
		return 0;
	w->text = list[0];
	if (n->mode != NET_VETH && n->mode != NET_PASTA)
		return net_wrong(w, err, "ports can be published with the networks veth and pasta only");
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

static int read_egresses(struct ns_network *n, char *const *list, struct net_word *w,
			 struct husk_error *err)
{
	size_t n_items = count(list);

	if (n_items == 0)
		return 0;
	w->text = list[0];
	if (n->mode != NET_VETH && n->mode != NET_MACVLAN && n->mode != NET_PASTA)
		return net_wrong(w, err, "an allow-list needs a network of the container's own: veth, "
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

static int read_dns(struct ns_network *n, char *const *list, struct net_word *w,
		    struct husk_error *err)
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
		} else if (net_parse_address(list[i], a) && net_is_complete(a)) {
			str_printf(&servers, "nameserver %s\n", list[i]);
			n->n_dns++;
		} else {
			return net_wrong(w, err, "expected the address of a name server, "
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
	struct net_word w = { arena, t->where.network, t->network };
	struct ns_network *n;

	*out = NULL;
	if (!t->network && !count(t->publish) && !count(t->dns) && !count(t->egress))
		return 0;
	n = arena_alloc(arena, sizeof(*n));
	if (!n)
		return err_nomem(err, "network");
	if (t->network && net_read_words(n, &w, err) < 0)
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
