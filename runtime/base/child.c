/*
 * Running a program of the host to its end: see child.h.
 *
 * Uses: posix_spawn(3), hook_watch.c.    Used by: namespaces, runtime.
 */
#include "runtime/base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/error.h"
#include "runtime/base/hook_watch.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"
#include "runtime/base/weak.h"

static int add_stdio(posix_spawn_file_actions_t *fa, const struct child *c, int output)
{
	int ret = c->in >= 0 ? posix_spawn_file_actions_adddup2(fa, c->in, 0) :
			       posix_spawn_file_actions_addopen(fa, 0, "/dev/null", O_RDONLY, 0);

	if (ret == 0)
		ret = posix_spawn_file_actions_adddup2(fa, c->out >= 0 ? c->out : output, 1);
	if (ret == 0)
		ret = posix_spawn_file_actions_adddup2(fa, c->err >= 0 ? c->err : output, 2);
	if (ret == 0 && !weakened("hook-descriptors"))
		ret = child_add_close(fa, 3);
	if (ret == 0 && c->cwd)
		ret = posix_spawn_file_actions_addchdir_np(fa, c->cwd);
	return ret;
}

int child_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *fa,
		char *const *argv, char *const *env)
{
	posix_spawnattr_t attr;
	sigset_t none, all;
	int ret;

	sigemptyset(&none);
	sigfillset(&all);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	ret = weakened("by-name") ? posix_spawnp(pid, strrchr(path, '/') + 1, fa, &attr, argv, env) :
				    posix_spawn(pid, path, fa, &attr, argv, env);
	(void)posix_spawnattr_destroy(&attr);
	return ret;
}

static int spawn(const struct child *c, int output, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	int ret = posix_spawn_file_actions_init(&fa);

	if (ret == 0)
		ret = add_stdio(&fa, c, output);
	if (ret == 0)
		ret = child_spawn(pid, c->path, &fa, c->argv, c->env);
	(void)posix_spawn_file_actions_destroy(&fa);
	return ret;
}

int child_run(const struct child *child, siginfo_t *si, char *tail, size_t size,
	      struct husk_error *err)
{
	cleanup_close int read_end = -1, write_end = -1, pidfd = -1;
	int p[2], ret;
	pid_t pid;

	tail[0] = '\0';
	*si = (siginfo_t){ 0 };
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(err, "pipe");
	read_end = p[0];
	write_end = p[1];
	ret = spawn(child, write_end, &pid);
	if (ret != 0) {
		errno = ret;
		return err_sys(err, "execute %s", child->path);
	}
	(void)close(take_fd(&write_end));
	/* Our child, not reaped: the pid is its own, with or without a pidfd. */
	pidfd = sys_pidfd_open(pid, 0);
	ret = pidfd < 0 ? -errno : hook_watch(pidfd, read_end, child->seconds, tail, size);
	if (ret < 0)
		(void)kill(pid, SIGKILL);
	/* A daemon may reap every child it hears of: ECHILD. */
	while (waitid(P_PID, (id_t)pid, si, WEXITED) < 0 && errno == EINTR)
		;
	if (ret == -ETIMEDOUT)
		return err_new(err, HUSK_E_SYSTEM, ETIMEDOUT, "killed after its timeout of %u s",
			       child->seconds);
	if (ret < 0) {
		errno = -ret;
		return err_sys(err, "watch %s", child->path);
	}
	return 0;
}
