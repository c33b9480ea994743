/*
 * What a network does to the configuration and to the launch plan, and what others are told of it.
 *
 * Uses: plan.h.    Used by: runtime.
 */
#include <linux/netlink.h>
#include <sched.h>
#include <string.h>

#include "namespaces/net/net.h"
#include "runtime/base/util.h"

enum { CAP_NET_ADMIN_BIT = 12, CAP_NET_RAW_BIT = 13 };

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
	return arena_printf(arena, p->host.family == AF_INET6 ? "[%s]:%u:%u/%s" : "%s:%u:%u/%s",
			    host, p->host_port, p->port, protocol);
}

int ns_network_describe(const struct ns_network *net, struct arena *arena,
			struct oci_state_network **out, struct husk_error *err)
{
	struct oci_state_network *n = NULL;
	char text[NET_TEXT];

	if (!net || net->mode == NET_UNSET) {
		*out = NULL;
		return 0;
	}
	n = arena_alloc(arena, sizeof(*n));
	if (!n)
		return err_nomem(err, "network");
	*n = (struct oci_state_network){
		.mode = net_mode_name(net->mode), .interface = net->name,
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
