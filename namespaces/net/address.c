/*
 * Addresses and networks of either family, and their texts.
 *
 * Uses: inet_pton(3).    Used by: this folder.
 */
#include <arpa/inet.h>
#include <string.h>

#include "namespaces/net/net.h"
#include "runtime/base/str.h"

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

bool net_is_complete(const struct net_address *a)
{
	return a->prefix == net_size(a) * 8;
}
