/*
 * Hooks of the runtime's namespaces: see hooks.h.
 *
 * Uses: child.h.    Used by: runtime.
 */
#include "runtime/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/base/child.h"
#include "runtime/base/fs.h"
#include "runtime/base/log.h"
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
	const struct child child = {
		.path = hook->path,
		.argv = hook->args,
		.env = hook->env,
		.cwd = cwd,
		.in = io->in,
		.out = io->out,
		.err = io->err,
		.seconds = hook->timeout,
	};
	char tail[512];
	siginfo_t si;

	if (lseek(io->in, 0, SEEK_SET) < 0)
		return err_sys(err, "rewind its standard input");
	if (child_run(&child, &si, tail, sizeof(tail), err) < 0)
		return -err->sys;
	if (si.si_code == 0)
		return err_new(err, HUSK_E_SYSTEM, ECHILD,
			       "somebody else in this process has reaped it");
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
