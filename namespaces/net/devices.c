/*
 * Network devices of the host that a container gets (linux.netDevices), in the caller.
 *
 * No thread changes its network namespace: a device is moved over a socket of the caller's own,
 * and configured through the socket that the init has opened in the container's.  A device keeps
 * its permanent global addresses and its routes.  With the container it is not moved back, the kernel
 * does that with physical ones; but when one cannot be moved, those before it are, for virtual ones
 * would go with the container that is not to be.
 *
 * Uses: netlink.c, settings.c.    Used by: runtime.
 */
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "namespaces/internal.h"
#include "namespaces/net/netlink.h"
#include "namespaces/net/settings.h"
#include "runtime/base/log.h"
#include "runtime/base/util.h"

enum {
	FIRST_NEW_INDEX = 1000,	/* where to look for an index that is free in the container */
	LAST_NEW_INDEX = 1100,
};

/* ---- moving one ---- */

/*
 * Into the network namespace that attribute @type says by @value (IFLA_NET_NS_PID or _FD), there as number
 * @index and under @name; a '%d' in it the kernel replaces.  The name has its effect after the move, so it
 * may be taken here.
 */
static int move_device(struct nl_socket *from, int old_index, uint16_t type, uint32_t value, int index,
		       const char *name)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = old_index,
				  .ifi_change = IFF_UP };
	union nl_message m;
	struct nlmsghdr *h = nl_start(from, &m, RTM_NEWLINK, NLM_F_ACK, &head, sizeof(head));

	from->mnl->attr_put_u32(h, type, value);
	from->mnl->attr_put_u32(h, IFLA_NEW_IFINDEX, (uint32_t)index);
	from->mnl->attr_put_strz(h, IFLA_IFNAME, name);
	return nl_ask(from, h, NULL, NULL);
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

struct move {
	const struct oci_net_device *d;
	const char *name;	/* inside */
	struct nl_device was;
	struct net_settings *settings;
	int inside;		/* its number there; 0: not moved */
};

struct moves {
	struct nl_socket host, inside;
	int netns;		/* ours */
	pid_t pid;
	struct move *list;
	size_t n;
};

static bool is_template(const struct move *m)
{
	return strchr(m->name, '%');
}

static int look_at(struct moves *all, struct move *m, struct husk_error *err)
{
	if (find_host_device(&all->host, m->d->host_name, &m->was, err) < 0 ||
	    check_name_is_free(&all->inside, m->name, err) < 0)
		return -err->sys;
	m->settings = net_settings_read(&all->host, m->was.index, err);
	return m->settings ? 0 : -err->sys;
}

static int move_in(struct moves *all, struct move *m, struct husk_error *err)
{
	int index = free_index(&all->inside, m->was.index), ret;
	struct nl_device dev;

	if (index < 0)
		return failed(err, index, "find a number for it in the container");
	ret = move_device(&all->host, m->was.index, IFLA_NET_NS_PID, (uint32_t)all->pid, index, m->name);
	/* The kernel may have moved it before it refused the name. */
	if (ret == 0 || nl_find_device(&all->host, NULL, m->was.index, &dev) == -ENODEV)
		m->inside = index;
	if (ret < 0)
		(void)failed(err, ret, "move it into the container");
	if (ret == -EPERM)
		return err_hint(err, "moving a device takes CAP_NET_ADMIN in the network namespace it "
				"leaves");
	if (ret == -EINVAL)
		return err_hint(err, "some devices the kernel leaves where they were made: bridges, "
				"tunnels, loopbacks; give the container a veth or macvlan of it");
	if (ret < 0)
		return ret;
	if (nl_find_device(&all->inside, NULL, index, &dev) == 0)
		log_debug("network device %s is %s in process %d", m->d->host_name, dev.name, all->pid);
	ret = net_settings_apply(&all->inside, index, m->settings, true, err);
	return ret < 0 ? err_ctx(err, "in the container") : 0;
}

/* As it was, with its number. */
static void move_back(struct moves *all, const struct move *m)
{
	struct husk_error err;
	int ret = move_device(&all->inside, m->inside, IFLA_NET_NS_FD, (uint32_t)all->netns,
			      m->was.index, m->d->host_name);

	if (ret < 0)
		log_warn("network device %s: move it back to the host: %s, ignoring", m->d->host_name,
			 strerror(-ret));
	else if (net_settings_apply(&all->host, m->was.index, m->settings, m->was.flags & IFF_UP,
				    &err) < 0)
		log_warn("network device %s: back on the host: %s, ignoring", m->d->host_name, err.msg);
}

/* ---- all of them ---- */

static int fail_at(const struct move *m, struct husk_error *err)
{
	snprintf(err->pointer, sizeof(err->pointer), "/linux/netDevices/%s", m->d->host_name);
	return err_ctx(err, "network device \"%s\"", m->d->host_name);
}

/* All are looked at before the first is moved; and a name is given before a template can take it. */
static int move_all(struct moves *all, struct husk_error *err)
{
	for (size_t i = 0; i < all->n; i++) {
		if (look_at(all, &all->list[i], err) < 0)
			return fail_at(&all->list[i], err);
	}
	for (int templates = 0; templates < 2; templates++) {
		for (size_t i = 0; i < all->n; i++) {
			struct move *m = &all->list[i];

			if (is_template(m) == (bool)templates && move_in(all, m, err) < 0)
				return fail_at(m, err);
		}
	}
	return 0;
}

static int moves_init(struct moves *all, const struct oci_linux *l, struct husk_error *err)
{
	all->list = calloc(l->n_net_devices, sizeof(*all->list));
	if (!all->list)
		return err_nomem(err, "network devices");
	for (; all->n < l->n_net_devices; all->n++) {
		const struct oci_net_device *d = &l->net_devices[all->n];

		all->list[all->n] = (struct move){ .d = d, .name = d->name ? d->name : d->host_name };
	}
	all->netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return all->netns < 0 ? err_sys(err, "open /proc/thread-self/ns/net") : 0;
}

static void moves_done(struct moves *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->list[i].settings);
	free(all->list);
	if (all->netns >= 0)
		(void)close(all->netns);
}

int ns_configure_net_devices(const struct oci_linux *l, pid_t pid, int netlink_fd,
			     struct husk_error *err)
{
	__attribute__((cleanup(moves_done))) struct moves all = { .pid = pid, .netns = -1 };
	cleanup_mnl struct mnl mnl = { 0 };
	cleanup_close int host_fd = -1;
	int ret;

	if (l->n_net_devices == 0)
		return 0;
	host_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (host_fd < 0)
		return err_sys(err, "netlink socket");
	if (mnl_load(&mnl, err) < 0 || nl_socket_init(&all.host, &mnl, host_fd, err) < 0 ||
	    nl_socket_init(&all.inside, &mnl, netlink_fd, err) < 0 || moves_init(&all, l, err) < 0)
		return -err->sys;
	ret = move_all(&all, err);
	for (size_t i = all.n; ret < 0 && i-- > 0;) {
		if (all.list[i].inside)
			move_back(&all, &all.list[i]);
	}
	return ret;
}
