/*
 * Netlink: see netlink.h.
 *
 * Uses: libmnl, by library.h.    Used by: this folder.
 */
#include "namespaces/net/netlink.h"

#include <dlfcn.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "runtime/base/library.h"
#include "runtime/base/util.h"

enum { REPLY_TIMEOUT = 10 };	/* seconds */

/* ---- the library ---- */

int mnl_load(struct mnl *m, struct husk_error *err)
{
	const char *missing = NULL;

	m->library = library_open("libmnl.so.0", RTLD_NOW | RTLD_LOCAL, err);
	if (!m->library)
		return err_hint(err, "install libmnl (Debian: apt install libmnl0)");
#define MNL_LOAD(name)                                                                             \
	m->name = (__typeof__(m->name))library_function(m->library, "mnl_" #name);                 \
	if (!m->name)                                                                              \
		missing = "mnl_" #name;
	MNL_FUNCTIONS(MNL_LOAD)
#undef MNL_LOAD
	if (missing)
		return err_new(err, HUSK_E_UNSUPPORTED, ENOSYS, "libmnl.so.0 has no %s", missing);
	return 0;
}

void mnl_unload(struct mnl *m)
{
	library_close(m->library);
}

/* ---- one question and its answers ---- */

struct nlmsghdr *nl_start(struct nl_socket *s, union nl_message *m, uint16_t type, uint16_t flags,
			  const void *extra, size_t size)
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

/* Messages of one datagram.  1: go on, 0: the answer is complete, else -errno. */
static int take_datagram(struct nl_socket *s, const void *buf, int len, bool want_ack,
			 nl_take take, void *data)
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

int nl_ask(struct nl_socket *s, const struct nlmsghdr *h, nl_take take, void *data)
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

/* What of a datagram concerns messages @first to @last.  1: nothing yet. */
static int look_for_ack(const struct nl_socket *s, const void *buf, int len, uint32_t first,
			uint32_t last)
{
	const struct nlmsghdr *h = buf;

	for (; s->mnl->nlmsg_ok(h, len); h = s->mnl->nlmsg_next(h, &len)) {
		const struct nlmsgerr *e = s->mnl->nlmsg_get_payload(h);

		if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_seq < first || h->nlmsg_seq > last)
			continue;
		if (e->error < 0 || h->nlmsg_seq == last)
			return e->error;
	}
	return 1;
}

int nl_ask_batch(struct nl_socket *s, const void *buf, size_t len, uint32_t first, uint32_t last)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	_Alignas(struct nlmsghdr) char answer[32768];
	int ret = 1;

	if (sendto(s->fd, buf, len, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	while (ret > 0) {
		ssize_t n = recv(s->fd, answer, sizeof(answer), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		ret = look_for_ack(s, answer, (int)n, first, last);
	}
	return ret;
}

/* ---- devices ---- */

int nl_keep_attribute(const struct nlattr *attr, void *data)
{
	struct nl_attributes *a = data;
	unsigned type = a->mnl->attr_get_type(attr);

	if (type <= a->max)
		a->at[type] = attr;
	return MNL_CB_OK;
}

static void take_link(const struct mnl *mnl, const struct nlmsghdr *h, void *data)
{
	const struct ifinfomsg *head = mnl->nlmsg_get_payload(h);
	struct nl_attributes a = { .mnl = mnl, .max = IFLA_MAX };
	struct nl_device *d = data;

	(void)mnl->attr_parse(h, sizeof(*head), nl_keep_attribute, &a);
	d->index = head->ifi_index;
	d->flags = head->ifi_flags;
	d->master = a.at[IFLA_MASTER] ? (int)mnl->attr_get_u32(a.at[IFLA_MASTER]) : 0;
	d->mtu = a.at[IFLA_MTU] ? mnl->attr_get_u32(a.at[IFLA_MTU]) : 0;
	if (a.at[IFLA_IFNAME])
		snprintf(d->name, sizeof(d->name), "%s", mnl->attr_get_str(a.at[IFLA_IFNAME]));
}

int nl_find_device(struct nl_socket *s, const char *name, int index, struct nl_device *out)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = name ? 0 : index };
	struct nl_device found = { 0 };
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, RTM_GETLINK, 0, &head, sizeof(head));
	int ret;

	if (name)
		s->mnl->attr_put_strz(h, IFLA_IFNAME, name);
	ret = nl_ask(s, h, take_link, &found);
	if (ret == 0)
		*out = found;
	return ret;
}

int nl_set_up(struct nl_socket *s, int index)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = index,
				  .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	union nl_message m;
	struct nlmsghdr *h = nl_start(s, &m, RTM_NEWLINK, NLM_F_ACK, &head, sizeof(head));

	return nl_ask(s, h, NULL, NULL);
}

int nl_socket_init(struct nl_socket *s, const struct mnl *mnl, int fd, struct husk_error *err)
{
	const struct timeval limit = { .tv_sec = REPLY_TIMEOUT };

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return err_sys(err, "setsockopt(SO_RCVTIMEO) on a netlink socket");
	*s = (struct nl_socket){ .mnl = mnl, .fd = fd, .seq = 1 };
	return 0;
}
