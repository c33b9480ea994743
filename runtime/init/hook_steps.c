/*
 * Hooks that run in the container's namespaces: createContainer (the binary comes as a descriptor,
 * resolved in the runtime's namespace) and startContainer (resolved inside the container).
 *
 * Uses: runtime/base/hook_watch.h.    Used by: main.c.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/hook_watch.h"
#include "runtime/base/sys.h"
#include "runtime/base/weak.h"
#include "runtime/init/init.h"

/* Runs in the child.  Only the hook's own 0, 1 and 2 stay open, and its binary. */
static _Noreturn void hook_child(int exe, const char *path, char **argv, char **env,
				 const int stdio[3])
{
	/* Not in the image, whose files a hook could take for its own (CVE-2025-23266). */
	if ((!weakened("hook-cwd") && chdir("/") < 0) || dup2(stdio[0], 0) < 0 || dup2(stdio[1], 1) < 0 ||
	    dup2(stdio[2], 2) < 0)
		_exit(127);
	if (sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		_exit(127);
	if (exe >= 0) {
		(void)sys_execveat(exe, "", argv, env, AT_EMPTY_PATH);
		/* A script is opened again by its interpreter, so the descriptor must survive. */
		if (errno == ENOENT) {
			(void)fcntl(exe, F_SETFD, 0);
			(void)sys_execveat(exe, "", argv, env, AT_EMPTY_PATH);
		}
	} else {
		(void)execve(path, argv, env);
	}
	_exit(errno == ENOENT ? 127 : 126);
}

/* @text gets "exited with 3: last words"; returns false when the hook was fine. */
static bool explain(const siginfo_t *si, const char *tail, char *text, size_t size)
{
	const char *how = si->si_code == CLD_EXITED ? "exit status " : "signal ";
	unsigned v = (unsigned)si->si_status;
	size_t n = strlen(how), m = strlen(tail);

	if (si->si_code == CLD_EXITED && v == 0)
		return false;
	memcpy(text, how, n);
	if (v >= 100)
		text[n++] = (char)('0' + v / 100 % 10);
	if (v >= 10)
		text[n++] = (char)('0' + v / 10 % 10);
	text[n++] = (char)('0' + v % 10);
	if (m > 0 && n + 2 + m < size) {
		memcpy(text + n, ": ", 2);
		memcpy(text + n + 2, tail, m);
		n += 2 + m;
	}
	text[n] = '\0';
	return true;
}

static int wait_hook(struct step_ctx *c, const struct plan_step *s, int pidfd, int out)
{
	char tail[180], text[256];
	siginfo_t si = { 0 };
	int ret = hook_watch(pidfd, out, (unsigned)step_num(s, 4), tail, sizeof(tail));

	if (ret < 0)
		(void)sys_pidfd_send_signal(pidfd, SIGKILL, 0);
	if (waitid(P_PIDFD, (id_t)pidfd, &si, WEXITED | __WALL) < 0)
		return step_fail(c, "waitid", step_str(c, s, 1));
	if (ret == -ETIMEDOUT)
		return step_fail_as(c, ETIMEDOUT, "hook", "killed: it did not end in time");
	if (ret < 0)
		return step_fail_as(c, -ret, "poll", "hook");
	if (explain(&si, tail, text, sizeof(text)))
		return step_fail_as(c, ECANCELED, "hook", text);
	return 0;
}

int step_RUN_HOOK(struct step_ctx *c, const struct plan_step *s)
{
	int state = step_fd(c, s, 5), exe = step_fd(c, s, 0), out[2], pidfd = -1, ret;
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} args = { .flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd };
	long pid;

	/* The caller writes the container's state; each hook reads it from the start. */
	init_ask(c, MSG_ASK_STATE, s->flags, state);
	if (lseek(state, 0, SEEK_SET) < 0)
		return step_fail(c, "lseek", "state");
	if (pipe2(out, O_CLOEXEC) < 0)
		return step_fail(c, "pipe", NULL);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return step_fail(c, "clone3", step_str(c, s, 1));
	if (pid == 0) {
		int file1 = step_fd(c, s, 6), file2 = step_fd(c, s, 7);

		hook_child(exe, step_str(c, s, 1), step_strv(c, s, 2), step_strv(c, s, 3),
			   (const int[3]){ state, file1 >= 0 ? file1 : out[1],
					   file2 >= 0 ? file2 : out[1] });
	}
	(void)close(out[1]);
	ret = wait_hook(c, s, pidfd, out[0]);
	(void)close(out[0]);
	(void)close(pidfd);
	return ret;
}
