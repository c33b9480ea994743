/*
 * Notices of the OOM killer: on v2 memory.events wakes a poller, on v1 an eventfd that was
 * registered with the kernel.
 *
 * Uses: runtime/base.    Used by: runtime.
 */
#include "cgroups/cg_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

#include "runtime/base/str.h"
#include "runtime/base/util.h"

static int err_oom(struct husk_error *err, const struct cg_hier *h, const char *what,
		   const char *file, int error)
{
	return err_new(err, HUSK_E_SYSTEM, error, "OOM notices: %s %s%s/%s: %s", what, h->mount,
		       h->path, file, strerror(error));
}

/* The counter of @fd, memory.events; reading it is also what arms poll(2). */
static unsigned long v2_kills(int fd, unsigned long otherwise)
{
	char text[1024];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	const char *p;

	if (n <= 0)
		return otherwise;
	text[n] = '\0';
	p = strstr(text, "\noom_kill ");
	return p ? strtoul(p + strlen("\noom_kill "), NULL, 10) : otherwise;
}

static int open_v1(const struct cgroup *cg, size_t i, struct cg_oom *out, struct husk_error *err)
{
	const struct cg_hier *h = &cg->hier[i];
	cleanup_close int control = cg_open_file(cg, i, "memory.oom_control", O_RDONLY);
	cleanup_close int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	char text[32];
	int ret;

	if (control < 0)
		return err_oom(err, h, "open", "memory.oom_control", -control);
	if (fd < 0)
		return err_sys(err, "OOM notices: eventfd");
	(void)snprintf(text, sizeof(text), "%d %d", fd, control);
	ret = cg_write_file(cg, i, "cgroup.event_control", text);
	if (ret < 0)
		return err_oom(err, h, "write", "cgroup.event_control", -ret);
	*out = (struct cg_oom){ take_fd(&fd), POLLIN, take_fd(&control), 0 };
	return 0;
}

int cg_oom_open(const struct cgroup *cg, struct cg_oom *out, struct husk_error *err)
{
	int i = cg_index_of(cg, CG_MEMORY), fd;

	if (i < 0) {
		*out = (struct cg_oom){ .fd = -1, .control = -1 };
		return 0;
	}
	if (!cg->hier[i].v2)
		return open_v1(cg, (size_t)i, out, err);
	fd = cg_open_file(cg, (size_t)i, "memory.events", O_RDONLY);
	if (fd < 0)
		return err_oom(err, &cg->hier[i], "open", "memory.events", -fd);
	*out = (struct cg_oom){ fd, POLLPRI, -1, v2_kills(fd, 0) };
	return 0;
}

/* The kernel also signals the eventfd when the cgroup goes. */
static unsigned long read_v1(const struct cg_oom *oom)
{
	char text[8];
	uint64_t n;

	if (read(oom->fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		return 0;
	return pread(oom->control, text, sizeof(text), 0) < 0 ? 0 : (unsigned long)n;
}

unsigned long cg_oom_read(struct cg_oom *oom)
{
	unsigned long kills, before = oom->kills;

	if (oom->fd < 0)
		return 0;
	if (oom->control >= 0)
		return read_v1(oom);
	kills = v2_kills(oom->fd, before);
	if (kills <= before)
		return 0;
	oom->kills = kills;
	return kills - before;
}

void cg_oom_close(struct cg_oom *oom)
{
	if (oom->fd >= 0)
		(void)close(oom->fd);
	if (oom->control >= 0)
		(void)close(oom->control);
	*oom = (struct cg_oom){ .fd = -1, .control = -1 };
}
