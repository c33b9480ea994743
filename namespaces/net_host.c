/*
 * Network devices of the host that a container gets (linux.netDevices), in the caller.
 *
 * No thread changes its network namespace: a device is moved over a socket of the caller's own,
 * and configured through the socket that the init has opened in the container's.  A device keeps
 * its permanent global addresses; it is not moved back, the kernel does that with physical ones.
 *
 * libmnl is loaded when the first device is asked for; everybody else starts without it.
 *
 * Uses: libmnl, by dlopen(3).    Used by: runtime.
 */
#include <dlfcn.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "namespaces/internal.h"
#include "runtime/base/log.h"
#include "runtime/base/util.h"

enum {
	MAX_ADDRESSES = 64,	/* of one device */
	FIRST_NEW_INDEX = 1000,	/* where to look for an index that is free in the container */
	LAST_NEW_INDEX = 1100,
	REPLY_TIMEOUT = 10,	/* seconds */
};

/* ---- the library ---- */

#define MNL_FUNCTIONS(X)                                                                           \
	X(nlmsg_put_header)                                                                        \
	X(nlmsg_put_extra_header)                                                                  \
	X(nlmsg_get_payload)                                                                       \
	X(nlmsg_ok)                                                                                \
	X(nlmsg_next)                                                                              \
	X(attr_put)                                                                                \
	X(attr_put_u32)                                                                            \
	X(attr_put_strz)                                                                           \
	X(attr_parse)                                                                              \
	X(attr_get_type)                                                                           \
	X(attr_get_payload)                                                                        \
	X(attr_get_payload_len)                                                                    \
	X(attr_get_u32)                                                                            \
	X(attr_get_str)

struct mnl {
	void *library;
#define MNL_MEMBER(name) __typeof__(&mnl_##name) name;
	MNL_FUNCTIONS(MNL_MEMBER)
#undef MNL_MEMBER
};

static int mnl_load(struct mnl *m, struct husk_error *err)
{
	const char *missing = NULL;

	m->library = dlopen("libmnl.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!m->library) {
		err_new(err, HUSK_E_UNSUPPORTED, ENOENT, "load libmnl.so.0: %s", dlerror());
		return err_hint(err, "install libmnl (Debian: apt install libmnl0)");
	}
#define MNL_LOAD(name)                                                                             \
	m->name = (__typeof__(m->name))dlsym(m->library, "mnl_" #name);                            \
	if (!m->name)                                                                              \
		missing = "mnl_" #name;
	MNL_FUNCTIONS(MNL_LOAD)
#undef MNL_LOAD
	if (missing)
		return err_new(err, HUSK_E_UNSUPPORTED, ENOSYS, "libmnl.so.0 has no %s", missing);
	return 0;
}

static void mnl_unload(struct mnl *m)
{
	if (m->library)
		(void)dlclose(m->library);
}
#define cleanup_mnl __attribute__((cleanup(mnl_unload)))

/* ---- one question and its answers ---- */

/* A netlink socket that is ours alone while we use it: answers come one after the other. */
struct link_socket {
	const struct mnl *mnl;
	int fd;
	uint32_t seq;
};

union message {
	struct nlmsghdr h;
	char buf[8192];
};

static struct nlmsghdr *message_start(struct link_socket *s, union message *m, uint16_t type,
				      uint16_t flags, const void *extra, size_t size)
{
	struct nlmsghdr *h;

	memset(m->buf, 0, 512);
	h = s->mnl->nlmsg_put_header(m->buf);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++s->seq;
	memcpy(s->mnl->nlmsg_put_extra_header(h, size), extra, size);
	return h;
}

typedef void (*on_message)(const struct mnl *mnl, const struct nlmsghdr *h, void *data);

/* Messages of one datagram.  1: go on, 0: the answer is complete, else -errno. */
static int take_datagram(struct link_socket *s, const void *buf, int len, bool want_ack,
			 on_message take, void *data)
{
	const struct nlmsghdr *h = buf;

	for (; s->mnl->nlmsg_ok(h, len); h = s->mnl->nlmsg_next(h, &len)) {
		if (h->nlmsg_seq != s->seq)
			continue;	/* of an earlier question that was given up */
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)s->mnl->nlmsg_get_payload(h))->error;
		if (take)
			take(s->mnl, h, data);
		if (!want_ack && !(h->nlmsg_flags & NLM_F_MULTI))
			return 0;
	}
	return 1;
}

/* Send @h and hand each answer to @take.  -errno, no message. */
static int ask(struct link_socket *s, const struct nlmsghdr *h, on_message take, void *data)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	_Alignas(struct nlmsghdr) char buf[32768];
	bool want_ack = h->nlmsg_flags & NLM_F_ACK;
	int ret = 1;

	if (sendto(s->fd, h, h->nlmsg_len, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	while (ret > 0) {
		ssize_t n = recv(s->fd, buf, sizeof(buf), MSG_TRUNC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if ((size_t)n > sizeof(buf))
			return -EMSGSIZE;
		ret = take_datagram(s, buf, (int)n, want_ack, take, data);
	}
	return ret;
}

/* ---- devices and their addresses ---- */

struct device {
	int index;
	char name[IF_NAMESIZE];
};

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

/* Attributes by type; the kernel may know more of them than we do. */
struct attributes {
	const struct mnl *mnl;
	const struct nlattr *at[IFLA_MAX + 1];
	unsigned max;
};

static int keep_attribute(const struct nlattr *attr, void *data)
{
	struct attributes *a = data;
	unsigned type = a->mnl->attr_get_type(attr);

	if (type <= a->max)
		a->at[type] = attr;
	return MNL_CB_OK;
}

static void take_link(const struct mnl *mnl, const struct nlmsghdr *h, void *data)
{
	const struct ifinfomsg *head = mnl->nlmsg_get_payload(h);
	struct attributes a = { .mnl = mnl, .max = IFLA_MAX };
	struct device *d = data;

	(void)mnl->attr_parse(h, sizeof(*head), keep_attribute, &a);
	d->index = head->ifi_index;
	if (a.at[IFLA_IFNAME])
		snprintf(d->name, sizeof(d->name), "%s", mnl->attr_get_str(a.at[IFLA_IFNAME]));
}

/* By name, or by index when @name is NULL.  -ENODEV when there is none. */
static int find_device(struct link_socket *s, const char *name, int index, struct device *out)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = name ? 0 : index };
	struct device found = { 0 };
	union message m;
	struct nlmsghdr *h = message_start(s, &m, RTM_GETLINK, 0, &head, sizeof(head));
	int ret;

	if (name)
		s->mnl->attr_put_strz(h, IFLA_IFNAME, name);
	ret = ask(s, h, take_link, &found);
	if (ret == 0)
		*out = found;
	return ret;
}

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
	struct attributes a = { .mnl = mnl, .max = IFA_MAX };
	struct addresses *all = data;
	struct address *out;
	uint32_t flags;

	if ((int)head->ifa_index != all->index || head->ifa_scope != RT_SCOPE_UNIVERSE)
		return;
	(void)mnl->attr_parse(h, sizeof(*head), keep_attribute, &a);
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
static int get_addresses(struct link_socket *s, struct addresses *all)
{
	struct ifaddrmsg head = { .ifa_family = AF_UNSPEC };
	union message m;
	struct nlmsghdr *h = message_start(s, &m, RTM_GETADDR, NLM_F_DUMP, &head, sizeof(head));

	return ask(s, h, take_address, all);
}

static int add_address(struct link_socket *s, int index, const struct address *a)
{
	struct ifaddrmsg head = a->head;
	struct nlmsghdr *h;
	union message m;

	head.ifa_index = (uint32_t)index;
	h = message_start(s, &m, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head,
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
	return ask(s, h, NULL, NULL);
}

/* ---- moving one ---- */

/*
 * Into the network namespace of @pid, there as number @index and under @name; a '%d' in it the
 * kernel replaces.  The name has its effect after the move, so it may be taken here.
 */
static int move_device(struct link_socket *host, int old_index, pid_t pid, int index,
		       const char *name)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = old_index,
				  .ifi_change = IFF_UP };
	union message m;
	struct nlmsghdr *h = message_start(host, &m, RTM_NEWLINK, NLM_F_ACK, &head, sizeof(head));

	host->mnl->attr_put_u32(h, IFLA_NET_NS_PID, (uint32_t)pid);
	host->mnl->attr_put_u32(h, IFLA_NEW_IFINDEX, (uint32_t)index);
	host->mnl->attr_put_strz(h, IFLA_IFNAME, name);
	return ask(host, h, NULL, NULL);
}

/* An index that is free in the container: its own, if it can be, so that we know it afterwards. */
static int free_index(struct link_socket *inside, int wanted)
{
	struct device d;

	if (find_device(inside, NULL, wanted, &d) == -ENODEV)
		return wanted;
	for (int i = FIRST_NEW_INDEX; i < LAST_NEW_INDEX; i++)
		if (find_device(inside, NULL, i, &d) == -ENODEV)
			return i;
	return -ENFILE;
}

static int set_up(struct link_socket *s, int index)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = index,
				  .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	union message m;
	struct nlmsghdr *h = message_start(s, &m, RTM_NEWLINK, NLM_F_ACK, &head, sizeof(head));

	return ask(s, h, NULL, NULL);
}

static int failed(struct husk_error *err, int ret, const char *what)
{
	errno = -ret;
	return err_sys(err, "%s", what);
}

/* The kernel would move the device first and refuse the name afterwards. */
static int check_name_is_free(struct link_socket *inside, const char *name, struct husk_error *err)
{
	struct device taken;

	if (strchr(name, '%') || find_device(inside, name, 0, &taken) != 0)
		return 0;
	return err_new(err, HUSK_E_SYSTEM, EEXIST,
		       "the container's network namespace has a device \"%s\" already", name);
}

static int find_host_device(struct link_socket *host, const char *name, struct device *out,
			    struct husk_error *err)
{
	int ret = find_device(host, name, 0, out);

	if (ret == -ENODEV)
		return err_new(err, HUSK_E_SYSTEM, ENODEV,
			       "no such device in the caller's network namespace");
	return ret < 0 ? failed(err, ret, "look it up") : 0;
}

static int configure_inside(struct link_socket *inside, int index, const struct addresses *all,
			    struct husk_error *err)
{
	int ret;

	for (size_t i = 0; i < all->n; i++) {
		ret = add_address(inside, index, &all->list[i]);
		if (ret < 0 && ret != -EEXIST)
			return failed(err, ret, "add its address in the container");
	}
	ret = set_up(inside, index);
	return ret < 0 ? failed(err, ret, "set it up in the container") : 0;
}

static int move_one(struct link_socket *host, struct link_socket *inside,
		    const struct oci_net_device *d, pid_t pid, struct husk_error *err)
{
	cleanup_free struct addresses *all = calloc(1, sizeof(*all));
	const char *name = d->name ? d->name : d->host_name;
	struct device dev;
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
	if (find_device(inside, NULL, index, &dev) == 0)
		log_debug("network device %s is %s in process %d", d->host_name, dev.name, pid);
	return configure_inside(inside, index, all, err);
}

/* ---- all of them ---- */

/* A kernel that does not answer must not keep a daemon's thread for ever. */
static int socket_init(struct link_socket *s, const struct mnl *mnl, int fd,
		       struct husk_error *err)
{
	const struct timeval limit = { .tv_sec = REPLY_TIMEOUT };

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return err_sys(err, "setsockopt(SO_RCVTIMEO) on a netlink socket");
	*s = (struct link_socket){ .mnl = mnl, .fd = fd, .seq = 1 };
	return 0;
}

int ns_configure_net_devices(const struct oci_linux *l, pid_t pid, int netlink_fd,
			     struct husk_error *err)
{
	cleanup_mnl struct mnl mnl = { 0 };
	cleanup_close int host_fd = -1;
	struct link_socket host, inside;

	if (l->n_net_devices == 0)
		return 0;
	host_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (host_fd < 0)
		return err_sys(err, "netlink socket");
	if (mnl_load(&mnl, err) < 0 || socket_init(&host, &mnl, host_fd, err) < 0 ||
	    socket_init(&inside, &mnl, netlink_fd, err) < 0)
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
