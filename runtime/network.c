/*
 * The container's network: see network.h.
 *
 * Uses: namespaces.    Used by: launch.c, create.c, serve.c, delete.c, validate.c, criu/checkpoint.c, criu/restore.c.
 */
#include "runtime/network.h"

#include <linux/netlink.h>
#include <string.h>

#include "runtime/base/fs.h"
#include "runtime/base/util.h"

#define RESOLV_CONF "resolv.conf"
#define ANNOTATION "/annotations/org.husk.network"
#define HINT                                                                                       \
	"make the network namespace yourself (ip netns add NAME) and give its path in "            \
	"linux.namespaces: such a one is not in the images"

/* Words between blanks or commas; NULL-terminated, memory of @arena. */
static char **split(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text), *word;
	char **list = arena_array(arena, strlen(text) / 2 + 2, sizeof(*list));
	size_t n = 0;

	if (!copy || !list)
		return NULL;
	while ((word = strsep(&copy, " ,\t\n")) != NULL) {
		if (*word)
			list[n++] = word;
	}
	return list;
}

/* One list: what the caller says counts, and the annotation where it says nothing. */
struct source {
	char *const *option;
	const char *annotation;
	char *const **list;
	const char **where;
	const char *option_name, *annotation_name;
};

static int choose(struct arena *arena, const struct source *s, struct husk_error *err)
{
	bool option = s->option && s->option[0];

	*s->where = option ? s->option_name : s->annotation_name;
	*s->list = s->option;
	if (option || !s->annotation)
		return 0;
	*s->list = split(arena, s->annotation);
	return *s->list ? 0 : err_nomem(err, "annotations");
}

static int parse(const struct husk_network *o, struct oci_config *config, struct ns_network **out,
		 struct husk_error *err)
{
	const struct oci_network_words *a = &config->network;
	struct ns_network_texts t = {
		.network = o->network ? o->network : a->network,
		.where.network = o->network ? "network" : ANNOTATION,
	};
	const struct source sources[] = {
		{ o->publish, a->publish, &t.publish, &t.where.publish, "publish",
		  ANNOTATION ".publish" },
		{ o->dns, a->dns, &t.dns, &t.where.dns, "dns", ANNOTATION ".dns" },
		{ o->egress, a->egress, &t.egress, &t.where.egress, "egress",
		  ANNOTATION ".egress" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		if (choose(&config->arena, &sources[i], err) < 0)
			return -err->sys;
	}
	return ns_network_parse(&t, &config->arena, out, err);
}

int rt_network_read(struct rt_launch *l, struct husk_error *err)
{
	const char *path;

	if (parse(&l->opts->network, &l->config, &l->network, err) < 0)
		return -err->sys;
	if (!l->network)
		return 0;
	path = arena_printf(&l->config.arena, "%s/%s/" RESOLV_CONF, l->h->root, l->id ? l->id : "ID");
	if (!path)
		return err_nomem(err, "network");
	return ns_network_apply(l->network, path, &l->config, err);
}

int rt_network_check(struct oci_config *config, struct husk_error *err)
{
	static const struct husk_network no_options;
	struct ns_network *net;

	if (parse(&no_options, config, &net, err) < 0)
		return -err->sys;
	return net ? ns_network_apply(net, "/" RESOLV_CONF, config, err) : 0;
}

int rt_network_files(struct rt_launch *l, const struct container *c, struct husk_error *err)
{
	const char *text = ns_network_resolv_conf(l->network);

	l->state_fd = c->dir_fd;
	return text ? fs_write_new(c->dir_fd, RESOLV_CONF, text, strlen(text), 0644, err) : 0;
}

int rt_network_answer(struct rt_launch *l, uint32_t protocol, int fd, struct husk_error *err)
{
	struct ns_network_place place = { l->h->root, l->id, l->state_fd, l->h->privileged };

	if (!l->network || fd < 0)
		return err_new(err, HUSK_E_SYSTEM, EPROTO, "husk-init sent no netlink socket");
	if (protocol == NETLINK_NETFILTER)
		return ns_network_filter(l->network, fd, err);
	if (ns_network_up(l->network, &place, l->pid, fd, err) < 0)
		return -err->sys;
	return ns_network_describe(l->network, &l->config.arena, &l->state.network, err);
}

int rt_network_down(const struct husk *h, const struct container *c, struct husk_error *err)
{
	struct ns_network_place place = { h->root, c->id, c->dir_fd, h->privileged };

	return ns_network_down(&place, err);
}

static int refuse(struct husk_error *err)
{
	(void)err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, "husk made its network, which a checkpoint "
		      "does not hold: addresses, ports and rules belong to one container of this host");
	return err_hint(err, HINT);
}

int rt_network_refuse_checkpoint(const struct container *c, struct husk_error *err)
{
	if (ns_network_is_made(c->dir_fd))
		return refuse(err);
	if (!c->state.network)
		return 0;
	/* The namespaces that criu is told of are those of config.json. */
	(void)err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP, "its network, %s, is not the one of its "
		      "config.json, so criu would not know which namespace to leave alone",
		      c->state.network->mode);
	return err_hint(err, HINT);
}

int rt_network_refuse_restore(const struct rt_launch *l, struct husk_error *err)
{
	return ns_network_makes(l->network) ? refuse(err) : 0;
}
