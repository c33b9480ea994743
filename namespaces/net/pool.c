/*
 * Which addresses and ports belong to which container: one line each in a file below the state
 * directory, which whoever changes a network has locked.
 *
 *	lease ID NETWORK LINK made|found IPV4 IPV6 PORTS
 *
 * A container whose directory is gone, because somebody removed it by hand, has no claim any more.
 * Bridges of two state directories must not have the same subnet: they do not know each other.
 *
 * Uses: net.h, fs.h.    Used by: attach.c.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "namespaces/net/net.h"
#include "runtime/base/fs.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

/* No container can have this name, for the tilde. */
#define POOL_DIR "~network"
#define POOL_FILE "leases"
#define POOL_NEW "leases.new"	/* always this name: under the lock there is but one writer */

enum { MAX_POOL = 64 << 20, MAX_TRIES = 1 << 20, FIELDS = 8, LOCK_TRIES = 3000 };

/* ---- text ---- */

static void lease_done(struct net_lease *l)
{
	free(l->id);
	free(l->ports);
}

void net_pool_done(struct net_pool *pool)
{
	for (size_t i = 0; i < pool->n; i++)
		lease_done(&pool->items[i]);
	free(pool->items);
	*pool = (struct net_pool){ 0 };
}

int net_pool_add(struct net_pool *pool, const struct net_lease *lease, struct husk_error *err)
{
	struct net_lease *items = reallocarray(pool->items, pool->n + 1, sizeof(*items));

	if (!items)
		return err_nomem(err, "addresses in use");
	pool->items = items;
	items[pool->n++] = *lease;
	return 0;
}

void net_pool_remove(struct net_pool *pool, struct net_lease *lease)
{
	lease_done(lease);
	*lease = pool->items[--pool->n];
}

struct net_lease *net_pool_find(struct net_pool *pool, const char *id)
{
	for (size_t i = 0; i < pool->n; i++) {
		if (strcmp(pool->items[i].id, id) == 0)
			return &pool->items[i];
	}
	return NULL;
}

bool net_pool_has_network(const struct net_pool *pool, const char *network)
{
	for (size_t i = 0; i < pool->n; i++) {
		if (strcmp(pool->items[i].network, network) == 0)
			return true;
	}
	return false;
}

static bool read_ip(const char *text, int family, struct net_address *out)
{
	if (strcmp(text, "-") == 0)
		return true;
	return net_parse_address(text, out) && net_family(out) == family;
}

static bool read_lease(const char *line, struct net_lease *out)
{
	cleanup_free char *copy = strdup(line);
	struct net_lease l = { 0 };
	char *field[FIELDS], *rest = copy;

	for (size_t i = 0; i < FIELDS; i++) {
		field[i] = strsep(&rest, " ");
		if (!field[i] || !*field[i])
			return false;
	}
	if (rest || strcmp(field[0], "lease") != 0 || strlen(field[2]) >= sizeof(l.network) ||
	    strlen(field[3]) >= sizeof(l.link) || !read_ip(field[5], NET_V4, &l.ip[NET_V4]) ||
	    !read_ip(field[6], NET_V6, &l.ip[NET_V6]))
		return false;
	strcpy(l.network, field[2]);
	strcpy(l.link, field[3]);
	l.made = strcmp(field[4], "made") == 0;
	l.id = strdup(field[1]);
	l.ports = strdup(field[7]);
	*out = l;
	return true;
}

int net_pool_parse(const char *text, struct net_pool *out, struct husk_error *err)
{
	cleanup_free char *copy = strdup(text);
	struct net_pool pool = { 0 };
	char *rest = copy, *line;
	int ret = copy ? 0 : err_nomem(err, "addresses in use");

	while (ret == 0 && (line = strsep(&rest, "\n")) != NULL) {
		struct net_lease l = { 0 };

		if (!*line)
			continue;
		if (!read_lease(line, &l))
			ret = err_new(err, HUSK_E_STATE, EINVAL, POOL_DIR "/" POOL_FILE
				      ": \"%.64s\" is not a line of husk's", line);
		else if (!l.id || !l.ports)
			ret = err_nomem(err, "addresses in use");
		else
			ret = net_pool_add(&pool, &l, err);
		if (ret < 0)
			lease_done(&l);
	}
	if (ret < 0)
		net_pool_done(&pool);
	else
		*out = pool;
	return ret;
}

char *net_pool_text(const struct net_pool *pool)
{
	struct str text = { 0 };
	char v4[NET_TEXT], v6[NET_TEXT];

	for (size_t i = 0; i < pool->n; i++) {
		const struct net_lease *l = &pool->items[i];

		str_printf(&text, "lease %s %s %s %s %s %s %s\n", l->id, l->network, l->link,
			   l->made ? "made" : "found", net_address_text(&l->ip[NET_V4], v4),
			   net_address_text(&l->ip[NET_V6], v6), l->ports);
	}
	return str_take(&text);
}

/* ---- addresses ---- */

static bool is_taken(const struct net_pool *pool, const char *network, const struct net_address *a)
{
	for (size_t i = 0; i < pool->n; i++) {
		const struct net_lease *l = &pool->items[i];
		const struct net_address *b = &l->ip[net_family(a)];

		if (b->family && strcmp(l->network, network) == 0 &&
		    memcmp(a->bytes, b->bytes, net_size(a)) == 0)
			return true;
	}
	return false;
}

static void increment(struct net_address *a)
{
	for (size_t i = net_size(a); i-- > 0;) {
		if (++a->bytes[i] != 0)
			return;
	}
}

/* All host bits 1: IPv4's broadcast address, and the end of either. */
static bool is_last(const struct net_address *subnet, const struct net_address *a)
{
	for (unsigned bit = subnet->prefix; bit < net_size(a) * 8; bit++) {
		if (!(a->bytes[bit / 8] & 0x80 >> bit % 8))
			return false;
	}
	return true;
}

static bool is_same(const struct net_address *a, const struct net_address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, net_size(a)) == 0;
}

int net_pool_pick(const struct net_pool *pool, const char *network,
		  const struct net_address *subnet, const struct net_address *gateway,
		  const struct net_address *wanted, struct net_address *out,
		  struct husk_error *err)
{
	struct net_address a = *subnet;
	char text[NET_TEXT], net[NET_TEXT];

	a.prefix = (uint8_t)(net_size(&a) * 8);
	if (wanted->family) {
		(void)net_address_text(wanted, text);
		if (!net_contains(subnet, wanted))
			return err_new(err, HUSK_E_CONFIG, EINVAL, "%s is not in %s, the subnet of %s",
				       text, net_address_text(subnet, net), network);
		if (is_same(wanted, gateway) || is_taken(pool, network, wanted))
			return err_new(err, HUSK_E_EXISTS, EADDRINUSE, "%s is the address of %s",
				       text, is_same(wanted, gateway) ? "the gateway" :
									"another container");
		*out = *wanted;
		return 0;
	}
	for (int i = 0; i < MAX_TRIES; i++) {
		increment(&a);
		if (is_last(subnet, &a))
			break;
		if (is_same(&a, gateway) || is_taken(pool, network, &a))
			continue;
		*out = a;
		return 0;
	}
	return err_new(err, HUSK_E_SYSTEM, EADDRNOTAVAIL, "no address of %s is free in %s",
		       net_address_text(subnet, net), network);
}

/* ---- ports ---- */

/* "tcp:8080", or "tcp:127.0.0.1:8080". */
static void add_port(struct str *out, const struct net_publish *p)
{
	char text[NET_TEXT];

	str_printf(out, "%s:%s%s%u", p->protocol == IPPROTO_TCP ? "tcp" : "udp",
		   p->host.family ? net_address_text(&p->host, text) : "",
		   p->host.family ? ":" : "", p->host_port);
}

char *net_ports_text(const struct ns_network *net)
{
	struct str out = { 0 };

	for (size_t i = 0; i < net->n_publish; i++) {
		str_add(&out, i ? "," : "");
		add_port(&out, &net->publish[i]);
	}
	if (net->n_publish == 0)
		str_add(&out, "-");
	return str_take(&out);
}

/* Protocol and port are the same, and the addresses, or one of them is every address. */
static bool is_same_port(const char *used, size_t len, const char *mine)
{
	const char *used_end = memrchr(used, ':', len), *mine_end = strrchr(mine, ':');
	size_t used_head, mine_head;

	if (!used_end || strncmp(used, mine, 4) != 0)
		return false;
	if ((size_t)(used + len - used_end) != strlen(mine_end) ||
	    strncmp(used_end, mine_end, strlen(mine_end)) != 0)
		return false;
	used_head = (size_t)(used_end - used);
	mine_head = (size_t)(mine_end - mine);
	return used_head == 3 || mine_head == 3 ||
	       (used_head == mine_head && strncmp(used, mine, mine_head) == 0);
}

int net_pool_check_ports(const struct net_pool *pool, const struct ns_network *net,
			 struct husk_error *err)
{
	for (size_t i = 0; i < net->n_publish; i++) {
		cleanup_str struct str mine = { 0 };

		add_port(&mine, &net->publish[i]);
		if (mine.failed)
			return err_nomem(err, "published ports");
		for (size_t k = 0; k < pool->n; k++) {
			const char *used = pool->items[k].ports;

			for (size_t len; *used; used += len + (used[len] == ',')) {
				len = strcspn(used, ",");
				if (is_same_port(used, len, mine.s))
					return err_new(err, HUSK_E_EXISTS, EADDRINUSE,
						       "port %s is published by container \"%s\"",
						       mine.s, pool->items[k].id);
			}
		}
	}
	return 0;
}

/* ---- the file ---- */

static bool is_removed(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

/* A command that holds the lock waits for the kernel only, so 30 s mean that it is stuck. */
static int lock(int fd, struct husk_error *err)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(err, "lock " POOL_DIR);
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return err_new(err, HUSK_E_STATE, EBUSY, "another command has had the lock on " POOL_DIR
		       " in the state directory for 30 s now");
}

/* The directory, locked; the last user may just have removed it. */
static int open_locked(int root, struct husk_error *err)
{
	for (int i = 0; i < 1000; i++) {
		cleanup_close int fd = -1;

		if (mkdirat(root, POOL_DIR, 0700) < 0 && errno != EEXIST)
			return err_sys(err, "mkdir " POOL_DIR " in the state directory");
		fd = openat(root, POOL_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return err_sys(err, "open " POOL_DIR " in the state directory");
		if (lock(fd, err) < 0)
			return -err->sys;
		if (!is_removed(fd))
			return take_fd(&fd);
	}
	return err_new(err, HUSK_E_SYSTEM, EBUSY, POOL_DIR " in the state directory comes and goes");
}

int net_pool_open(const char *root, struct net_pool_file *out, struct husk_error *err)
{
	cleanup_close int root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), dir_fd = -1;
	cleanup_free char *text = NULL;
	struct net_pool pool = { 0 };

	if (root_fd < 0)
		return err_sys(err, "state directory %s", root);
	dir_fd = open_locked(root_fd, err);
	if (dir_fd < 0)
		return dir_fd;
	if (faccessat(dir_fd, POOL_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		if (fs_read(dir_fd, POOL_FILE, MAX_POOL, &text, NULL, err) < 0 ||
		    net_pool_parse(text, &pool, err) < 0)
			return -err->sys;
	} else if (errno != ENOENT) {
		return err_sys(err, "look for " POOL_DIR "/" POOL_FILE);
	}
	*out = (struct net_pool_file){ take_fd(&root_fd), take_fd(&dir_fd), pool };
	return 0;
}

int net_pool_save(struct net_pool_file *f, struct husk_error *err)
{
	cleanup_free char *text = NULL;

	if (f->pool.n == 0) {
		if (unlinkat(f->dir_fd, POOL_FILE, 0) < 0 && errno != ENOENT)
			return err_sys(err, "remove " POOL_DIR "/" POOL_FILE);
		return 0;
	}
	text = net_pool_text(&f->pool);
	if (!text)
		return err_nomem(err, "addresses in use");
	if (fs_write_new(f->dir_fd, POOL_NEW, text, strlen(text), 0600, err) < 0)
		return -err->sys;
	if (renameat(f->dir_fd, POOL_NEW, f->dir_fd, POOL_FILE) < 0)
		return err_sys(err, "write " POOL_DIR "/" POOL_FILE);
	return 0;
}

void net_pool_close(struct net_pool_file *f)
{
	if (f->dir_fd < 0)
		return;
	/* Under the lock; the directory goes only if it is empty. */
	if (f->pool.n == 0) {
		(void)unlinkat(f->dir_fd, POOL_NEW, 0);
		(void)unlinkat(f->root_fd, POOL_DIR, AT_REMOVEDIR);
	}
	net_pool_done(&f->pool);
	(void)close(take_fd(&f->dir_fd));
	(void)close(take_fd(&f->root_fd));
}

void net_pool_tidy(const char *root)
{
	struct net_pool_file file;
	struct husk_error ignored;
	struct stat st;
	char *path;

	if (asprintf(&path, "%s/" POOL_DIR "/" POOL_FILE, root) < 0)
		return;
	/* The directory without the file: somebody was killed, or is at it and has the lock. */
	if (stat(path, &st) < 0 && errno == ENOENT) {
		path[strlen(path) - strlen("/" POOL_FILE)] = '\0';
		if (stat(path, &st) == 0 && net_pool_open(root, &file, &ignored) == 0)
			net_pool_close(&file);
	}
	free(path);
}
