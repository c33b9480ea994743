/*
 * One reading of a container's statistics, in numbers and as runc's JSON.
 *
 * Uses: cgroups.    Used by: stats.c, events.c.
 */
#ifndef HUSK_RUNTIME_STATS_H
#define HUSK_RUNTIME_STATS_H

#include "cgroups/cgroups.h"
#include "runtime/container.h"

struct rt_net_interface {
	char name[64];
	uint64_t rx_bytes, rx_packets, rx_errors, rx_dropped;
	uint64_t tx_bytes, tx_packets, tx_errors, tx_dropped;
};

/*
 * The line of type "stats" without a newline; free().  NULL: out of memory.  @n_net 0: "null", as
 * runc prints it.
 */
char *rt_stats_json(const char *id, const struct cg_stats *s, const struct rt_net_interface *net,
		    size_t n_net);

/* The interfaces in the text of /proc/PID/net/dev; free(*out).  False: out of memory. */
bool rt_net_parse(const char *text, struct rt_net_interface **out, size_t *n_out);

/* Those of process @pid and of @cg, in numbers and JSON; free with husk_stats_free(). */
int rt_stats_read(const char *id, pid_t pid, const struct cgroup *cg, struct husk_stats **out,
		  struct husk_error *err);

#endif /* HUSK_RUNTIME_STATS_H */
