/*
 * Network devices of the host that a container gets (linux.netDevices), in the caller.
 *
 * No thread changes its network namespace: a device is moved over a socket of the caller's own,
 * and configured through the socket that the init has opened in the container's.  A device keeps
 * its permanent global addresses; it is not moved back, the kernel does that with physical ones.
 *
 * Uses: netlink.c.    Used by: runtime.
 */
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "namespaces/internal.h"
#include "namespaces/net/netlink.h"
#include "runtime/base/log.h"
#include "runtime/base/util.h"

enum {
	MAX_ADDRESSES = 64,	/* of one device */
	FIRST_NEW_INDEX = 1000,	/* where to look for an index that is free in the container */
	LAST_NEW_INDEX = 1100,
};

/* ---- devices and their addresses ---- */

struct address {
	struct ifaddrmsg head;
	uint32_t flags;
	uint8_t local[16], peer[16], broadcast[16];
	uint16_t n_local, n_peer, n_broadcast;	/* bytes, 0: absent */
};

struct addresses {
	int index;
	size_t n;
	bool too_many;
	struct address list[MAX_ADDRESSES];
};

static uint16_t copy_address(const struct mnl *mnl, const struct nlattr *attr, uint8_t out[16])
{
	uint16_t len = attr ? mnl->attr_get_payload_len(attr) : 0;

	if (len > 16)
		return 0;
	if (len)
		memcpy(out, mnl->attr_get_payload(attr), len);
	return len;
}

static void take_address(const struct mnl *mnl, const struct nlmsghdr *h, void *data)
{
	const struct ifaddrmsg *head = mnl->nlmsg_get_payload(h);
	struct nl_attributes a = { .mnl = mnl, .max = IFA_MAX };
	struct addresses *all = data;
	struct address *out;
	uint32_t flags;

	if ((int)head->ifa_index != all->index || head->ifa_scope != RT_SCOPE_UNIVERSE)
		return;
	(void)mnl->attr_parse(h, sizeof(*head), nl_keep_attribute, &a);
	flags = a.at[IFA_FLAGS] ? mnl->attr_get_u32(a.at[IFA_FLAGS]) : head->ifa_flags;
	if (!(flags & IFA_F_PERMANENT))
		return;
	if (all->n == MAX_ADDRESSES) {
		all->too_many = true;
		return;
	}
	out = &all->list[all->n++];
	*out = (struct address){ .head = *head, .flags = flags };
	out->n_local = copy_address(mnl, a.at[IFA_LOCAL], out->local);
	out->n_peer = copy_address(mnl, a.at[IFA_ADDRESS], out->peer);
	out->n_broadcast = copy_address(mnl, a.at[IFA_BROADCAST], out->broadcast);
}

/* Only permanent ones of global scope: others belong to the network it leaves. */
static int get_addresses(struct nl_socket *s, struct addresses *all)
{
	struct ifaddrmsg head = { .ifa_family = AF_UNSPEC };
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, RTM_GETADDR, NLM_F_DUMP, &head, sizeof(head));

	return nl_ask(s, h, take_address, all);
}

static int add_address(struct nl_socket *s, int index, const struct address *a)
{
	struct ifaddrmsg head = a->head;
	struct nlmsghdr *h;
	union nl_message m;

	head.ifa_index = (uint32_t)index;
	h = nl_start(s, &m, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head,
		     sizeof(head));
	if (a->n_local)
		s->mnl->attr_put(h, IFA_LOCAL, a->n_local, a->local);
	if (a->n_peer)
		s->mnl->attr_put(h, IFA_ADDRESS, a->n_peer, a->peer);
	if (a->n_broadcast)
		s->mnl->attr_put(h, IFA_BROADCAST, a->n_broadcast, a->broadcast);
	/* What the kernel found out in the old network says nothing about the new one. */
	s->mnl->attr_put_u32(h, IFA_FLAGS,
			     a->flags & ~(uint32_t)(IFA_F_TENTATIVE | IFA_F_DADFAILED));
	return nl_ask(s, h, NULL, NULL);
}

/* ---- moving one ---- */

/*
 * Into the network namespace of @pid, there as number @index and under @name; a '%d' in it the
 * kernel replaces.  The name has its effect after the move, so it may be taken here.
 */
static int move_device(struct nl_socket *host, int old_index, pid_t pid, int index,
		       const char *name)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = old_index,
				  .ifi_change = IFF_UP };
	union nl_message m;
	struct nlmsghdr *h = nl_start(host, &m, RTM_NEWLINK, NLM_F_ACK, &head, sizeof(head));

	host->mnl->attr_put_u32(h, IFLA_NET_NS_PID, (uint32_t)pid);
	host->mnl->attr_put_u32(h, IFLA_NEW_IFINDEX, (uint32_t)index);
	host->mnl->attr_put_strz(h, IFLA_IFNAME, name);
	return nl_ask(host, h, NULL, NULL);
}

/* An index that is free in the container: its own, if it can be, so that we know it afterwards. */
static int free_index(struct nl_socket *inside, int wanted)
{
	struct nl_device d;

	if (nl_find_device(inside, NULL, wanted, &d) == -ENODEV)
		return wanted;
	for (int i = FIRST_NEW_INDEX; i < LAST_NEW_INDEX; i++)
		if (nl_find_device(inside, NULL, i, &d) == -ENODEV)
			return i;
	return -ENFILE;
}

static int failed(struct husk_error *err, int ret, const char *what)
{
	errno = -ret;
	return err_sys(err, "%s", what);
}

/* The kernel would move the device first and refuse the name afterwards. */
static int check_name_is_free(struct nl_socket *inside, const char *name, struct husk_error *err)
{
	struct nl_device taken;

	if (strchr(name, '%') || nl_find_device(inside, name, 0, &taken) != 0)
		return 0;
	return err_new(err, HUSK_E_SYSTEM, EEXIST,
		       "the container's network namespace has a device \"%s\" already", name);
}

static int find_host_device(struct nl_socket *host, const char *name, struct nl_device *out,
			    struct husk_error *err)
{
	int ret = nl_find_device(host, name, 0, out);

	if (ret == -ENODEV)
		return err_new(err, HUSK_E_SYSTEM, ENODEV,
			       "no such device in the caller's network namespace");
	return ret < 0 ? failed(err, ret, "look it up") : 0;
}

static int configure_inside(struct nl_socket *inside, int index, const struct addresses *all,
			    struct husk_error *err)
{
	int ret;

	for (size_t i = 0; i < all->n; i++) {
		ret = add_address(inside, index, &all->list[i]);
		if (ret < 0 && ret != -EEXIST)
			return failed(err, ret, "add its address in the container");
	}
	ret = nl_set_up(inside, index);
	return ret < 0 ? failed(err, ret, "set it up in the container") : 0;
}

static int move_one(struct nl_socket *host, struct nl_socket *inside,
		    const struct oci_net_device *d, pid_t pid, struct husk_error *err)
{
	cleanup_free struct addresses *all = calloc(1, sizeof(*all));
	const char *name = d->name ? d->name : d->host_name;
	struct nl_device dev;
	int ret, index;

	if (!all)
		return err_nomem(err, "addresses");
	ret = find_host_device(host, d->host_name, &dev, err);
	if (ret == 0)
		ret = check_name_is_free(inside, name, err);
	if (ret < 0)
		return ret;

	all->index = dev.index;
	ret = get_addresses(host, all);
	if (ret < 0)
		return failed(err, ret, "read its addresses");
	if (all->too_many)
		return err_new(err, HUSK_E_UNSUPPORTED, E2BIG, "more than %d addresses",
			       MAX_ADDRESSES);

	index = free_index(inside, dev.index);
	if (index < 0)
		return failed(err, index, "find a number for it in the container");
	ret = move_device(host, dev.index, pid, index, name);
	if (ret < 0) {
		failed(err, ret, "move it into the container");
		return ret != -EPERM ? ret : err_hint(err,
			"moving a device takes CAP_NET_ADMIN in the network namespace it leaves");
	}
	if (nl_find_device(inside, NULL, index, &dev) == 0)
		log_debug("network device %s is %s in process %d", d->host_name, dev.name, pid);
	return configure_inside(inside, index, all, err);
}

/* ---- all of them ---- */

int ns_configure_net_devices(const struct oci_linux *l, pid_t pid, int netlink_fd,
			     struct husk_error *err)
{
	cleanup_mnl struct mnl mnl = { 0 };
	cleanup_close int host_fd = -1;
	struct nl_socket host, inside;

	if (l->n_net_devices == 0)
		return 0;
	host_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (host_fd < 0)
		return err_sys(err, "netlink socket");
	if (mnl_load(&mnl, err) < 0 || nl_socket_init(&host, &mnl, host_fd, err) < 0 ||
	    nl_socket_init(&inside, &mnl, netlink_fd, err) < 0)
		return -err->sys;

	for (size_t i = 0; i < l->n_net_devices; i++) {
		const struct oci_net_device *d = &l->net_devices[i];

		if (move_one(&host, &inside, d, pid, err) < 0) {
			snprintf(err->pointer, sizeof(err->pointer), "/linux/netDevices/%s",
				 d->host_name);
			return err_ctx(err, "network device \"%s\"", d->host_name);
		}
	}
	return 0;
}
