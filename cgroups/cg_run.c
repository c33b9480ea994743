/*
 * A container's cgroups while it runs: listing, freezing, killing, and their end.
 *
 * Uses: fs.h.    Used by: runtime.
 */
#include "cgroups/cg_systemd.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "runtime/base/fs.h"
#include "runtime/base/library.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

enum { WAIT_MS = 10 * 1000 };	/* for the kernel to freeze or to let go */

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Sleep, a little longer each time. */
static void nap(unsigned *us)
{
	struct timespec ts = { .tv_nsec = (long)*us * 1000 };

	nanosleep(&ts, NULL);
	*us = MIN(*us * 2, 20000);
}

/* ---- listing and signalling ----------------------------------------------------------------- */

int cg_pids(const struct cgroup *cg, pid_t **out, size_t *n, struct husk_error *err)
{
	int i = cg_index_pids(cg);
	int ret;

	if (i < 0)
		return err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP,
			       "the container has no cgroup to list processes of");
	ret = cg_tree_pids(cg, (size_t)i, out, n);
	if (ret == -ENOENT) {
		*out = NULL;
		*n = 0;
		return 0;
	}
	return ret < 0 ? cg_err_file(err, &cg->hier[i], "read", "cgroup.procs", -ret) : 0;
}

/* Returns how many processes there were, or -errno. */
static int signal_all(const struct cgroup *cg, size_t i, int sig)
{
	cleanup_free pid_t *pids = NULL;
	size_t n = 0;
	int ret = cg_tree_pids(cg, i, &pids, &n);

	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	for (size_t k = 0; k < n; k++) {
		if (kill(pids[k], sig) < 0 && errno != ESRCH)
			return -errno;
	}
	return (int)MIN(n, (size_t)INT_MAX);
}

/* Without cgroup.kill: while it is frozen nothing in it can fork away from the loop. */
static int kill_v1(const struct cgroup *cg, size_t i)
{
	int freezer = cg_index_of(cg, CG_FREEZER);
	bool freeze = freezer >= 0 && !cg->hier[freezer].v2;
	int ret;

	if (freeze)
		(void)cg_write_file(cg, (size_t)freezer, "freezer.state", "FROZEN");
	ret = signal_all(cg, i, SIGKILL);
	if (freeze)
		(void)cg_write_file(cg, (size_t)freezer, "freezer.state", "THAWED");
	return ret;
}

static int kill_all(const struct cgroup *cg, struct husk_error *err)
{
	int v2 = cg_index_v2(cg), i = cg_index_pids(cg), freezer = cg_index_of(cg, CG_FREEZER);
	int ret;

	if (i < 0)
		return 0;
	/* Kills what is below it too, and what v2 has frozen. */
	ret = v2 >= 0 ? cg_write_file(cg, (size_t)v2, "cgroup.kill", "1") : -ENOENT;
	if (ret == 0) {
		if (freezer >= 0 && !cg->hier[freezer].v2)
			(void)cg_write_file(cg, (size_t)freezer, "freezer.state", "THAWED");
		return 0;
	}
	/* Here SIGKILL reaches a frozen process when it is thawed: try until they are gone. */
	for (unsigned tries = 0, us = 100; tries < 10; tries++) {
		ret = kill_v1(cg, (size_t)i);
		if (ret <= 0)
			break;
		nap(&us);
	}
	return ret < 0 ? cg_err_file(err, &cg->hier[i], "signal the processes of", "", -ret) : 0;
}

int cg_kill(struct cgroup *cg, int sig, struct husk_error *err)
{
	int i = cg_index_pids(cg);
	int ret;

	if (i < 0)
		return err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP,
			       "the container has no cgroup whose processes could be signalled");
	if (sig == SIGKILL)
		return kill_all(cg, err);
	ret = signal_all(cg, (size_t)i, sig);
	return ret < 0 ? cg_err_file(err, &cg->hier[i], "signal the processes of", "", -ret) : 0;
}

int cg_end(struct cgroup *cg, struct husk_error *err)
{
	int64_t end = now_ms() + WAIT_MS;

	for (unsigned us = 100;; nap(&us)) {
		cleanup_free pid_t *pids = NULL;
		size_t n = 0;
		int ret = cg_pids(cg, &pids, &n, err);

		if (ret < 0 || n == 0)
			return ret;
		if (now_ms() > end)
			return err_new(err, HUSK_E_STATE, EBUSY,
				       "its process %d does not die: it may be stuck in the kernel "
				       "(state D)", pids[0]);
		ret = kill_all(cg, err);
		if (ret < 0)
			return ret;
	}
}

/* ---- freezing ------------------------------------------------------------------------------- */

static bool v2_frozen(const struct cgroup *cg, size_t i, bool frozen)
{
	cleanup_free char *text = NULL;

	return cg_read_file(cg, i, "cgroup.events", &text) == 0 &&
	       strstr(text, frozen ? "frozen 1" : "frozen 0") != NULL;
}

/* cgroup.events wakes a poller when "frozen" changes. */
static int freeze_v2(const struct cgroup *cg, size_t i, bool frozen)
{
	cleanup_close int events = cg_open_file(cg, i, "cgroup.events", O_RDONLY);
	int64_t end = now_ms() + WAIT_MS;
	int ret;

	if (events < 0)
		return events;
	ret = cg_write_file(cg, i, "cgroup.freeze", frozen ? "1" : "0");
	/* An ancestor may keep it frozen: thawing is asked for, not waited for. */
	if (ret < 0 || !frozen)
		return ret;
	while (!v2_frozen(cg, i, frozen)) {
		struct pollfd p = { .fd = events, .events = POLLPRI };
		int64_t left = end - now_ms();

		if (left <= 0)
			return -ETIMEDOUT;
		/* The short timeout covers a change between the look and the wait. */
		(void)poll(&p, 1, (int)MIN(left, (int64_t)10));
	}
	return 0;
}

static int freeze_v1(const struct cgroup *cg, size_t i, bool frozen)
{
	const char *want = frozen ? "FROZEN" : "THAWED";
	int64_t end = now_ms() + WAIT_MS;

	for (unsigned us = 100;; nap(&us)) {
		cleanup_free char *state = NULL;
		/* A process that forked meanwhile is caught by writing again. */
		int ret = cg_write_file(cg, i, "freezer.state", want);

		if (ret == 0)
			ret = cg_read_file(cg, i, "freezer.state", &state);
		if (ret < 0)
			return ret;
		if (str_starts(state, want))
			return 0;
		if (now_ms() > end)
			return -ETIMEDOUT;
	}
}

int cg_freeze(struct cgroup *cg, bool frozen, struct husk_error *err)
{
	int v2 = cg_index_v2(cg), freezer = cg_index_of(cg, CG_FREEZER);
	bool v1 = freezer >= 0 && !cg->hier[freezer].v2;
	int i = v2 >= 0 ? v2 : freezer;
	int ret;

	if (v2 < 0 && !v1) {
		err_new(err, HUSK_E_UNSUPPORTED, EOPNOTSUPP,
			"the container has no cgroup that can be frozen");
		return err_hint(err, "pausing needs cgroup v2, or v1 with the freezer controller");
	}
	ret = v2 >= 0 ? freeze_v2(cg, (size_t)v2, frozen) : freeze_v1(cg, (size_t)freezer, frozen);
	/* Somebody else may have frozen it through v1. */
	if (ret == 0 && !frozen && v2 >= 0 && v1)
		(void)cg_write_file(cg, (size_t)freezer, "freezer.state", "THAWED");
	if (ret == 0)
		return 0;
	if (frozen) {
		if (v2 >= 0)
			(void)cg_write_file(cg, (size_t)v2, "cgroup.freeze", "0");
		else
			(void)cg_write_file(cg, (size_t)freezer, "freezer.state", "THAWED");
	}
	cg_err_file(err, &cg->hier[i], frozen ? "freeze" : "thaw", "", -ret);
	if (ret == -ETIMEDOUT)
		err_hint(err, "a process in it waits for the kernel (state D) and could not be "
			 "stopped; it was thawed again");
	return ret;
}

bool cg_is_frozen(const struct cgroup *cg)
{
	cleanup_free char *v2_text = NULL, *v1_text = NULL;
	int v2 = cg_index_v2(cg), freezer = cg_index_of(cg, CG_FREEZER);

	if (v2 >= 0 && cg_read_file(cg, (size_t)v2, "cgroup.freeze", &v2_text) == 0 &&
	    v2_text[0] == '1')
		return true;
	return freezer >= 0 && !cg->hier[freezer].v2 &&
	       cg_read_file(cg, (size_t)freezer, "freezer.state", &v1_text) == 0 &&
	       !str_starts(v1_text, "THAWED");
}

char *cg_freezer_path(const struct cgroup *cg)
{
	int v2 = cg_index_v2(cg), freezer = cg_index_of(cg, CG_FREEZER);
	int i = v2 >= 0 ? v2 : freezer;
	char *path = NULL;

	if (i < 0 || asprintf(&path, "%s%s", cg->hier[i].mount, cg->hier[i].path) < 0)
		return NULL;
	return path;
}

/* ---- the end -------------------------------------------------------------------------------- */

/* Remove what is below and then the cgroup itself; 0, or -EBUSY while processes are in it. */
static int remove_tree(const struct cgroup *cg, size_t i)
{
	struct cg_tree tree = { 0 };
	int ret = cg_tree_read(cg, i, &tree);

	for (size_t k = tree.n; ret == 0 && k-- > 0;) {
		if (unlinkat(cg->mount_fd[i], tree.path[k], AT_REMOVEDIR) < 0 && errno != ENOENT)
			ret = -errno;
	}
	cg_tree_done(&tree);
	return ret;
}

static int remove_one(const struct cgroup *cg, size_t i)
{
	char path[PATH_MAX];
	int dir, ret = cg_locate(cg, i, NULL, &dir, path);

	if (ret < 0)
		return ret;
	/* ENOENT: removed, or the hierarchy is gone, and all in it. */
	return unlinkat(dir, path, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

static char state_of(pid_t pid)
{
	char path[64];
	cleanup_free char *text = NULL;
	struct husk_error err;
	const char *p;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (fs_read(AT_FDCWD, path, 4096, &text, NULL, &err) < 0)
		return '?';
	p = strrchr(text, ')');
	return p && p[1] == ' ' && isupper((unsigned char)p[2]) ? p[2] : '?';
}

static int err_busy(const struct cgroup *cg, size_t i, int error, struct husk_error *err)
{
	const struct cg_hier *h = &cg->hier[i];
	struct str list cleanup_str = { 0 };
	cleanup_free pid_t *pids = NULL;
	size_t n = 0;

	if (error != EBUSY || cg_tree_pids(cg, i, &pids, &n) < 0 || n == 0)
		return cg_err_file(err, h, "remove cgroup", "", error);
	for (size_t k = 0; k < n && k < 8; k++)
		str_printf(&list, "%s%d (state %c)", k ? ", " : "", (int)pids[k],
			   state_of(pids[k]));
	err_new(err, HUSK_E_SYSTEM, EBUSY,
		"remove cgroup %s%s: %zu process%s did not go after SIGKILL: pid %s%s", h->mount,
		h->path, n, n == 1 ? "" : "es", list.s ? list.s : "", n > 8 ? ", ..." : "");
	return err_hint(err, "state D waits for the kernel (a disk, a network file system), Z for "
			"its parent, T for its tracer; delete again when they are gone");
}

/* One round over the hierarchies that are left; returns their number and the first. */
static size_t remove_left(const struct cgroup *cg, bool *left, bool trees, size_t *first, int *why)
{
	size_t n = 0;

	for (size_t i = cg->n; i-- > 0;) {
		int ret;

		if (!left[i])
			continue;
		ret = trees ? remove_tree(cg, i) : remove_one(cg, i);
		left[i] = ret < 0 && ret != -ENOENT;
		if (left[i]) {
			n++;
			*first = i;
			*why = -ret;
		}
	}
	return n;
}

/* Its unit is over when its processes are; what systemd has to say else keeps nothing from being
 * removed. */
static void stop_unit(const struct cgroup *cg)
{
	struct husk_error e;

	if (!cg->unit)
		return;
	/* Stopping would give them time to end, which was theirs before. */
	(void)kill_all(cg, &e);
	if (cg_systemd_stop(cg, &e) < 0)
		log_warn("%s, ignoring", e.msg);
}

int cg_destroy(struct cgroup *cg, struct husk_error *err)
{
	cleanup_free bool *left = calloc(cg->n + 1, sizeof(*left));
	int64_t end = now_ms() + WAIT_MS;
	size_t first = 0;
	int why = 0;

	if (!left)
		return err_nomem(err, "cgroups");
	if (cg->unit && library_check("libsystemd", err) < 0)
		return -err->sys;
	for (size_t i = 0; i < cg->n; i++)
		left[i] = cg->hier[i].used && !cg->hier[i].keep;
	stop_unit(cg);

	/* Nearly always that is all.  A process counts for a moment after it was waited for. */
	for (unsigned tries = 0, us = 50; tries < 3; tries++) {
		if (remove_left(cg, left, false, &first, &why) == 0)
			return 0;
		if (why != EBUSY)
			break;
		nap(&us);
	}
	for (unsigned us = 100;; nap(&us)) {
		struct husk_error ignored;

		(void)kill_all(cg, &ignored);
		for (size_t i = 0; i < cg->n; i++) {
			/* joined one hierarchy only, or moved: not seen through the main one */
			if (left[i])
				(void)signal_all(cg, i, SIGKILL);
		}
		if (remove_left(cg, left, true, &first, &why) == 0)
			return 0;
		if (now_ms() > end || (why != EBUSY && why != ENOTEMPTY))
			return err_busy(cg, first, why, err);
	}
}

/* ---- OOM ------------------------------------------------------------------------------------ */

unsigned long cg_oom_kills(const struct cgroup *cg)
{
	cleanup_free char *text = NULL;
	int i = cg_index_of(cg, CG_MEMORY);
	const char *p;

	if (i < 0 || cg_read_file(cg, (size_t)i, cg->hier[i].v2 ? "memory.events"
								: "memory.oom_control", &text) < 0)
		return 0;
	p = strstr(text, "oom_kill ");
	return p ? strtoul(p + strlen("oom_kill "), NULL, 10) : 0;
}
