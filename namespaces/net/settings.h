/*
 * What was set on a network device: its addresses and routes, to be set again in another network
 * namespace.
 *
 * Uses: netlink.h.    Used by: devices.c.
 */
#ifndef HUSK_NAMESPACES_NET_SETTINGS_H
#define HUSK_NAMESPACES_NET_SETTINGS_H

#include "namespaces/net/netlink.h"

struct net_settings;

/* Only what a person or a program has set for good: permanent addresses of global scope, routes that are
 * not the kernel's own.  free(); NULL and *@err on failure. */
struct net_settings *net_settings_read(struct nl_socket *s, int index, struct husk_error *err);

/* Give @index all of it; with @up, set it up before the routes, for which it must be.  A route that has no
 * place there is left out with a warning. */
int net_settings_apply(struct nl_socket *s, int index, const struct net_settings *all, bool up,
		       struct husk_error *err);

#endif /* HUSK_NAMESPACES_NET_SETTINGS_H */
