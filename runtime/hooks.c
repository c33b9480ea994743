/*
 * Hooks of the runtime's namespaces: see hooks.h.
 *
 * Uses: posix_spawn(3), which clones with CLONE_VM | CLONE_VFORK.    Used by: runtime.
 */
#include "runtime/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/fs.h"
#include "runtime/base/hook_watch.h"
#include "runtime/base/log.h"
#include "runtime/base/sys.h"
#include "runtime/base/util.h"

/* The state in a memfd at offset 0: a pipe could block a hook that does not read. */
static int state_fd(const struct oci_state *state, const char *status, struct husk_error *err)
{
	cleanup_free char *text = oci_state_public(state, status, false);
	cleanup_close int fd = memfd_create("husk-state", MFD_CLOEXEC);
	int ret;

	if (!text)
		return err_nomem(err, "state for hooks");
	if (fd < 0)
		return err_sys(err, "memfd_create for hooks");
	ret = fs_write_all(fd, text, strlen(text));
	if (ret < 0) {
		errno = -ret;
		return err_sys(err, "write state for hooks");
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "rewind state for hooks");
	return take_fd(&fd);
}

int rt_open_hook_output(const char *path, struct husk_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_CLOEXEC, 0600);

	return fd < 0 ? err_sys(err, "open %s for the output of hooks", path) : fd;
}

/* What all hooks of one kind share; out and err are -1 unless annotations name files for them. */
struct hook_stdio {
	int in, out, err;
};

static int spawn_hook(const struct oci_hook *hook, const char *cwd, const struct hook_stdio *io,
		      int pipe_end, pid_t *pid)
{
	int out = io->out >= 0 ? io->out : pipe_end, errors = io->err >= 0 ? io->err : pipe_end;
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int ret;

	sigemptyset(&none);
	sigfillset(&all);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	ret = posix_spawn_file_actions_init(&fa);
	if (ret == 0)
		ret = posix_spawn_file_actions_adddup2(&fa, io->in, 0);
	if (ret == 0)
		ret = posix_spawn_file_actions_adddup2(&fa, out, 1);
	if (ret == 0)
		ret = posix_spawn_file_actions_adddup2(&fa, errors, 2);
	if (ret == 0)
		ret = posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	if (ret == 0 && cwd)
		ret = posix_spawn_file_actions_addchdir_np(&fa, cwd);
	if (ret == 0)
		ret = posix_spawn(pid, hook->path, &fa, &attr, hook->args, hook->env);
	(void)posix_spawn_file_actions_destroy(&fa);
	(void)posix_spawnattr_destroy(&attr);
	return ret;
}

static int outcome(const siginfo_t *si, const char *tail, struct husk_error *err)
{
	if (si->si_code == CLD_EXITED && si->si_status == 0)
		return 0;
	return err_new(err, HUSK_E_SYSTEM, ECANCELED, "%s %d%s%s",
		       si->si_code == CLD_EXITED ? "exit status" : "killed by signal",
		       si->si_status, *tail ? ": " : "", tail);
}

static int run_hook(const struct oci_hook *hook, const char *cwd, const struct hook_stdio *io,
		    struct husk_error *err)
{
	cleanup_close int read_end = -1, write_end = -1, pidfd = -1;
	char tail[512];
	siginfo_t si = { 0 };
	int p[2], ret;
	pid_t pid;

	if (lseek(io->in, 0, SEEK_SET) < 0 || pipe2(p, O_CLOEXEC) < 0)
		return err_sys(err, "pipe");
	read_end = p[0];
	write_end = p[1];
	ret = spawn_hook(hook, cwd, io, write_end, &pid);
	if (ret != 0) {
		errno = ret;
		return err_sys(err, "execute it");
	}
	(void)close(take_fd(&write_end));
	pidfd = sys_pidfd_open(pid, 0);
	ret = pidfd < 0 ? -errno :
			  hook_watch(pidfd, read_end, hook->timeout, tail, sizeof(tail));
	if (ret < 0)
		(void)kill(pid, SIGKILL);
	if (waitid(P_PID, (id_t)pid, &si, WEXITED) < 0)
		return err_sys(err, "wait for it");
	if (ret == -ETIMEDOUT)
		return err_new(err, HUSK_E_SYSTEM, ETIMEDOUT, "killed after its timeout of %u s",
			       hook->timeout);
	if (ret < 0) {
		errno = -ret;
		return err_sys(err, "watch it");
	}
	return outcome(&si, tail, err);
}

int rt_run_hooks(const struct oci_config *config, enum oci_hook_kind kind,
		 const struct oci_state *state, const char *status, struct husk_error *err)
{
	const struct oci_hooks *hooks = &config->hooks;
	cleanup_close int in = -1, out = -1, errors = -1;

	if (hooks->n_hook[kind] == 0)
		return 0;
	in = state_fd(state, status, err);
	if (in < 0)
		return in;
	if (hooks->stdout_path && (out = rt_open_hook_output(hooks->stdout_path, err)) < 0)
		return out;
	if (hooks->stderr_path && (errors = rt_open_hook_output(hooks->stderr_path, err)) < 0)
		return errors;
	for (size_t i = 0; i < hooks->n_hook[kind]; i++) {
		const struct oci_hook *hook = &hooks->hook[kind][i];
		const struct hook_stdio io = { in, out, errors };

		struct husk_error failed;

		if (run_hook(hook, state->bundle, &io, &failed) == 0)
			continue;
		(void)snprintf(failed.pointer, sizeof(failed.pointer), "/hooks/%s/%zu",
			       oci_hook_kind_name(kind), i);
		(void)err_ctx(&failed, "%s hook %zu (%s)", oci_hook_kind_name(kind), i, hook->path);
		if (kind != OCI_POSTSTOP) {
			*err = failed;
			return -err->sys;
		}
		/* runtime.md, lifecycle: the rest go on as if it had worked. */
		log_warn("%s, ignoring", failed.msg);
	}
	return 0;
}
