/*
 * `events --stats`: what a container has used.
 *
 * Uses: stats.h, cgroups.    Used by: events.c, the library's users.
 */
#include "runtime/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/base/fs.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

/* ---- network -------------------------------------------------------------------------------- */

/* "  eth0: 1 2 3 4 0 0 0 0  5 6 7 8 0 0 0 0": bytes packets errs drop, received and sent. */
static bool parse_interface(const char *line, struct rt_net_interface *out)
{
	const char *colon = strrchr(line, ':');
	unsigned long long n[8];

	line += strspn(line, " ");
	if (!colon || colon <= line || (size_t)(colon - line) >= sizeof(out->name))
		return false;
	if (sscanf(colon + 1, "%llu %llu %llu %llu %*u %*u %*u %*u %llu %llu %llu %llu", &n[0],
		   &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &n[7]) != 8)
		return false;
	*out = (struct rt_net_interface){ "", n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7] };
	memcpy(out->name, line, (size_t)(colon - line));
	return true;
}

bool rt_net_parse(const char *text, struct rt_net_interface **out, size_t *n_out)
{
	cleanup_free char *copy = strdup(text);
	struct rt_net_interface *list;
	size_t n = 0, lines = 1;
	char *save = NULL;

	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	list = calloc(lines, sizeof(*list));
	if (!copy || !list) {
		free(list);
		return false;
	}
	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		n += parse_interface(l, &list[n]);
	*out = list;
	*n_out = n;
	return true;
}

/* A network that is ours too says nothing about the container. */
static bool has_own_network(pid_t pid)
{
	struct stat own, its;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return stat("/proc/self/ns/net", &own) == 0 && stat(path, &its) == 0 &&
	       (own.st_ino != its.st_ino || own.st_dev != its.st_dev);
}

static int read_net(pid_t pid, struct rt_net_interface **out, size_t *n, struct husk_error *err)
{
	cleanup_free char *text = NULL;
	struct husk_error ignored;
	char path[64];

	*out = NULL;
	*n = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/net/dev", (int)pid);
	if (!has_own_network(pid) || fs_read(AT_FDCWD, path, 1 << 20, &text, NULL, &ignored) < 0)
		return 0;
	return rt_net_parse(text, out, n) ? 0 : err_nomem(err, "statistics");
}

/* ---- all of it ------------------------------------------------------------------------------ */

static uint64_t io_sum(const struct cg_io_list *list, const char *op)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->e[i].op, op) == 0)
			sum += list->e[i].value;
	}
	return sum;
}

static struct husk_pressure pressure(const struct cg_psi *psi)
{
	return (struct husk_pressure){ psi->known, psi->some.avg10, psi->full.avg10 };
}

static void fill(struct husk_stats *out, const struct cg_stats *s,
		 const struct rt_net_interface *net, size_t n_net)
{
	*out = (struct husk_stats){
		.cpu_ns = s->cpu_total,
		.cpu_user_ns = s->cpu_user,
		.cpu_kernel_ns = s->cpu_kernel,
		.cpu_periods = s->periods,
		.cpu_throttled_periods = s->throttled_periods,
		.cpu_throttled_ns = s->throttled_time,
		.memory = s->memory.usage,
		.memory_limit = s->memory.limit,
		.memory_peak = s->memory.max,
		.memory_failures = s->memory.failcnt,
		.swap = s->swap.usage,
		.swap_limit = s->swap.limit,
		.pids = s->pids,
		.pids_limit = s->pids_limit ? s->pids_limit : UINT64_MAX,
		.io_read_bytes = io_sum(&s->io[CG_IO_BYTES], "Read"),
		.io_write_bytes = io_sum(&s->io[CG_IO_BYTES], "Write"),
		.cpu_pressure = pressure(&s->cpu_psi),
		.memory_pressure = pressure(&s->memory_psi),
		.io_pressure = pressure(&s->io_psi),
	};
	for (size_t i = 0; i < n_net; i++) {
		out->net_received_bytes += net[i].rx_bytes;
		out->net_sent_bytes += net[i].tx_bytes;
	}
}

int rt_stats_read(const char *id, pid_t pid, const struct cgroup *cg, struct husk_stats **out,
		  struct husk_error *err)
{
	cleanup_free struct rt_net_interface *net = NULL;
	struct husk_stats *stats = calloc(1, sizeof(*stats));
	struct cg_stats s = { 0 };
	size_t n_net = 0;
	int ret = stats ? cg_stats_read(cg, &s, err) : err_nomem(err, "statistics");

	if (ret == 0)
		ret = read_net(pid, &net, &n_net, err);
	if (ret == 0) {
		fill(stats, &s, net, n_net);
		stats->json = rt_stats_json(id, &s, net, n_net);
		ret = stats->json ? 0 : err_nomem(err, "statistics");
	}
	cg_stats_done(&s);
	if (ret < 0) {
		husk_stats_free(stats);
		return ret;
	}
	*out = stats;
	return 0;
}

int husk_stats(struct husk *h, const char *id, struct husk_stats **out, struct husk_error *err)
{
	struct husk_stats *stats = NULL;
	struct cgroup *cg = NULL;
	struct container c;
	int ret = rt_container_load(h, id, false, &c, err);

	if (ret < 0)
		return ret;
	ret = rt_container_allows(&c, RT_OP_EVENTS, err);
	if (ret == 0)
		ret = rt_container_cgroup(&c, &cg, err);
	if (ret == 0)
		ret = rt_stats_read(c.id, c.state.pid, cg, &stats, err);
	if (ret == 0) {
		struct pollfd p = { .fd = c.pidfd, .events = POLLIN };

		/* It ended under our hands: these are not its numbers. */
		if (poll(&p, 1, 0) > 0) {
			c.status = RT_STOPPED;
			ret = rt_container_allows(&c, RT_OP_EVENTS, err);
		}
	}
	rt_container_done(&c);
	if (ret < 0) {
		husk_stats_free(stats);
		return ret;
	}
	*out = stats;
	return 0;
}

void husk_stats_free(struct husk_stats *stats)
{
	if (!stats)
		return;
	free(stats->json);
	free(stats);
}
