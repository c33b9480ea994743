/*
 * threads: several threads make containers at the same time, with one handle of the library.
 *
 *	threads STATE BUNDLE PREFIX THREADS COUNT
 *
 * Each thread makes COUNT containers PREFIX-THREAD-NUMBER of BUNDLE, whose program must end with
 * status 0, by husk_run() or by husk_create() and husk_start(); asks for states and lists in between;
 * and deletes them.  Afterwards as many descriptors must be open as before and no child be left;
 * during all this, no descriptor without close-on-exec may be seen.
 * HUSK_MANAGER=systemd: their cgroups are systemd's.
 * Prints "descriptors BEFORE AFTER", "inheritable N", "children N", "failures N".
 *
 * Uses: libhusk.    Used by: tests/integration/lifecycle/threads.sh.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/include/husk.h"

enum { MAX_THREADS = 64 };

static struct husk *handle;
static const char *bundle, *prefix;
static int count;
static atomic_int failures, inheritable, finished;

static int failed(const char *id, const struct husk_error *err)
{
	fprintf(stderr, "%s: %s\n", id, err->msg);
	return atomic_fetch_add(&failures, 1);
}

/* Wait for the program of @p, whose descriptors end here. */
static void finish(const char *id, struct husk_process *p)
{
	siginfo_t si = { 0 };

	if (waitid(P_PIDFD, (id_t)p->pidfd, &si, WEXITED | __WALL) < 0 || si.si_status != 0) {
		fprintf(stderr, "%s: program: status %d (%s)\n", id, si.si_status, strerror(errno));
		atomic_fetch_add(&failures, 1);
	}
	(void)close(p->pidfd);
	if (p->console >= 0)
		(void)close(p->console);
}

static void one(const char *id, bool at_once)
{
	struct husk_create_options opts = { .bundle = bundle };
	struct husk_process p = { .pidfd = -1, .console = -1 };
	struct husk_state *state, **list;
	struct husk_error err;
	size_t n;

	if (at_once) {
		if (husk_run(handle, id, &opts, &p, &err) < 0) {
			failed(id, &err);
			return;
		}
	} else if (husk_create(handle, id, &opts, &p, &err) < 0) {
		failed(id, &err);
		return;
	}
	if (husk_state(handle, id, &state, &err) < 0)
		failed(id, &err);
	else
		husk_state_free(state);
	if (husk_create(handle, id, &opts, NULL, &err) != -EEXIST)
		failed(id, &err);
	if (!at_once && husk_start(handle, id, &err) < 0)
		failed(id, &err);
	finish(id, &p);
	if (husk_list(handle, &list, &n, &err) < 0)
		failed(id, &err);
	else
		husk_list_free(list, n);
	if (husk_delete(handle, id, 0, &err) < 0)
		failed(id, &err);
}

static void *work(void *arg)
{
	char id[128];

	for (int i = 0; i < count; i++) {
		snprintf(id, sizeof(id), "%s-%d-%d", prefix, (int)(intptr_t)arg, i);
		one(id, i % 2 == 0);
	}
	return NULL;
}

/* Open descriptors above 2; with @flags, how many of them a program executed now would get. */
static int descriptors(bool flags)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	int n = 0;

	while (dir && (e = readdir(dir))) {
		int fd = atoi(e->d_name), got;

		if (fd <= 2 || fd == dirfd(dir))
			continue;
		got = fcntl(fd, F_GETFD);
		n += flags ? got >= 0 && !(got & FD_CLOEXEC) : 1;
	}
	if (dir)
		(void)closedir(dir);
	return n;
}

static void *watch(void *arg)
{
	while (!atomic_load(&finished))
		atomic_fetch_add(&inheritable, descriptors(true));
	return arg;
}

int main(int argc, char **argv)
{
	struct husk_settings settings = { .root = argc > 1 ? argv[1] : NULL };
	pthread_t threads[MAX_THREADS], watcher;
	int n = argc == 6 ? atoi(argv[4]) : 0, before, given;
	const char *manager = getenv("HUSK_MANAGER");
	struct husk_error err;

	if (n < 1 || n > MAX_THREADS) {
		fputs("usage: threads STATE BUNDLE PREFIX THREADS COUNT\n", stderr);
		return 2;
	}
	if (manager && strcmp(manager, "systemd") == 0)
		settings.cgroup_manager = HUSK_CGROUP_SYSTEMD;
	bundle = argv[2], prefix = argv[3], count = atoi(argv[5]);
	before = descriptors(false);
	given = descriptors(true);
	if (husk_open(&settings, &handle, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	if (given == 0)
		(void)pthread_create(&watcher, NULL, watch, NULL);
	for (int i = 0; i < n; i++)
		(void)pthread_create(&threads[i], NULL, work, (void *)(intptr_t)i);
	for (int i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
	atomic_store(&finished, 1);
	if (given == 0)
		(void)pthread_join(watcher, NULL);
	husk_close(handle);
	printf("descriptors %d %d\n", before, descriptors(false));
	printf("inheritable %d\n", atomic_load(&inheritable));
	printf("children %s\n", waitpid(-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD ? "none" :
										       "some");
	printf("failures %d\n", atomic_load(&failures));
	return 0;
}
