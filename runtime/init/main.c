/*
 * husk-init: runs the steps of a launch plan, in order, and becomes the container's program.
 *
 *   argv[1]  number of the first descriptor of the plan's table: socket, plan, procfs, ...
 *   argv[2]  how many descriptors from 3 on are the program's
 *
 * It is executed from a sealed memfd, static, without heap, stdio or locale.  The kernel makes it
 * non-dumpable at execve(2) because the file is unreadable (mode 0111; spawn_child.c drops the
 * capabilities that would read it anyway), so there is no moment at which a process of the
 * container could trace it or open its descriptors.
 *
 *   main.c           decode, run, report
 *   talk_steps.c     the protocol: questions to the caller, waiting for start
 *   hook_steps.c     hooks that run in the container's namespaces
 *   exec_steps.c     the end: execve(2), and why it failed
 *   process_steps.c  the program's identity, limits and privileges
 *   times_steps.c    when each step begins, if somebody wants to know
 *   ../../X/X_steps.c  each kernel subject's own steps
 *
 * Uses: runtime/base, step_*() of every folder.    Used by: spawn.c, which executes it.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/sys.h"
#include "runtime/base/weak.h"
#include "runtime/init/fd_check.h"
#include "runtime/init/init.h"

static int (*const step_table[PLAN_OPS])(struct step_ctx *, const struct plan_step *) = {
#define OP(id, name, kinds, text) [OP_##id] = step_##id,
#include "runtime/base/plan_ops.h"
#undef OP
};

int step_fail_as(struct step_ctx *c, int error, const char *call, const char *object)
{
	size_t n = object ? strlen(object) : 0;

	if (n >= sizeof(c->object))
		n = sizeof(c->object) - 1;
	c->call = call;
	memcpy(c->object, object ? object : "", n);
	c->object[n] = '\0';
	return error > 0 ? -error : -EIO;
}

int step_fail(struct step_ctx *c, const char *call, const char *object)
{
	return step_fail_as(c, errno, call, object);
}

void step_set_fd(struct step_ctx *c, const struct plan_step *s, unsigned i, int fd)
{
	if (s->arg[i] == PLAN_NO_FD) {
		(void)close(fd);
		return;
	}
	if (c->fds[s->arg[i]] >= 0)
		(void)close(c->fds[s->arg[i]]);
	c->fds[s->arg[i]] = fd;
}

/* "self" is a symbolic link; its target is our pid in that instance of procfs, a plain name. */
static int add_pid(int proc, char *path, size_t size)
{
	ssize_t n = readlinkat(proc, "self", path, size - 1);

	if (n <= 0)
		return -1;
	path[n] = '\0';
	return (int)n;
}

int step_open_proc(struct step_ctx *c, const char *path, int flags)
{
	const uint64_t resolve = weakened("procfs-mounts") ? 0 :
				 RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
	int proc = c->fds[PLAN_FD_PROC], n = 0;
	const char *ns = NULL;
	char full[300];

	if (strncmp(path, "self/", 5) == 0) {
		n = add_pid(proc, full, sizeof(full));
		if (n < 0)
			return -1;
		path += 4;
	}
	if ((size_t)n + strlen(path) >= sizeof(full)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(full + n, path);
	/* Namespace files are magic links: the directory is opened safely, the last name followed. */
	if (n > 0 && strncmp(path, "/ns/", 4) == 0) {
		ns = path + 4;
		full[n + 3] = '\0';
		flags = O_PATH | O_DIRECTORY;
	}
	n = sys_openat2(proc, full, (uint64_t)flags | O_CLOEXEC, 0, resolve);
	if (n >= 0 && ns) {
		int dir = n;

		n = openat(dir, ns, O_RDONLY | O_CLOEXEC);
		(void)close(dir);
	}
	return n;
}

/*
 * Every signal at its default and none blocked: the program starts from a known state.  By the
 * system call, because musl's sigaction(3) spares the signals 32 to 34 that a glibc's posix_spawn(3)
 * may have left ignored.
 */
static void reset_signals(void)
{
	const uint64_t dfl[8] = { 0 };	/* the kernel's struct sigaction: SIG_DFL, no flags */
	const uint64_t none = 0;

	for (int sig = 1; sig < _NSIG; sig++)
		(void)syscall(SYS_rt_sigaction, sig, dfl, NULL, sizeof(none));
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

static const char *map_plan(int fd, struct plan_view *view)
{
	struct stat st;
	void *mem;

	if (fstat(fd, &st) < 0 || st.st_size <= 0 || (size_t)st.st_size > PLAN_MAX_SIZE)
		return "cannot stat the plan";
	mem = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, fd,
		   0);
	if (mem == MAP_FAILED)
		return "cannot map the plan";
	return plan_open(view, mem, (size_t)st.st_size, true);
}

/* The table the caller laid out; nothing else may be open but 0, 1, 2 and preserved ones. */
static int adopt_fds(struct step_ctx *c, int first)
{
	uint32_t n = c->plan->h->n_fds;

	for (uint32_t i = 0; i < n; i++)
		c->fds[i] = first + (int)i;
	for (uint32_t i = n; i < n + c->plan->h->n_slots; i++)
		c->fds[i] = -1;
	if ((!weakened("cloexec") &&
	     sys_close_range((unsigned)first, (unsigned)first + n - 1, CLOSE_RANGE_CLOEXEC) < 0) ||
	    (!weakened("descriptors") && sys_close_range((unsigned)first + n, ~0u, 0) < 0))
		return step_fail(c, "close_range", NULL);
	if (weakened("leak"))
		(void)dup(c->fds[PLAN_FD_PROC]);
	return 0;
}

/* Before what outlasts the others.  After the filter not even a look is allowed. */
static bool is_last_look(uint16_t op)
{
	return op == OP_WAIT_START || op == OP_PROC_SECCOMP || op == OP_EXEC || op == OP_END;
}

static int run(struct step_ctx *c, int preserved)
{
	bool filtered = false;

	for (c->step = 0; c->step < c->plan->h->n_steps; c->step++) {
		const struct plan_step *s = &c->plan->steps[c->step];
		int ret = 0;

		if (!filtered && is_last_look(s->op))
			ret = init_check_fds(c, preserved);
		filtered |= s->op == OP_PROC_SECCOMP;
		if (ret == 0 && c->times)
			init_note_time(c, s);
		if (ret == 0)
			ret = step_table[s->op](c, s);
		if (ret < 0)
			return ret;
	}
	return step_fail_as(c, EINVAL, "plan ends without exec", NULL);
}

static int number(const char *s)
{
	int n = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (*s - '0');
	return n;
}

int main(int argc, char **argv)
{
	static int fds[PLAN_MAX_FDS];
	struct plan_view view = { 0 };
	struct step_ctx c = { .plan = &view, .fds = fds, .step = UINT32_MAX };	/* none yet */
	const char *wrong;
	int first, dumpable, ret;

	if (argc != 3)
		return 127;
	/* The kernel has done it already, for want of read permission; an old one may not have. */
	dumpable = prctl(PR_SET_DUMPABLE, weakened("dumpable"));
	(void)prctl(PR_SET_NAME, "husk-init");
	reset_signals();
	first = number(argv[1]);
	fds[PLAN_FD_SOCKET] = first + PLAN_FD_SOCKET;
	wrong = dumpable < 0 ? "prctl(PR_SET_DUMPABLE)" : map_plan(first + PLAN_FD_PLAN, &view);
	if (wrong) {
		ret = step_fail_as(&c, EPROTO, wrong, NULL);
	} else {
		ret = adopt_fds(&c, first);
		if (ret == 0)
			ret = run(&c, number(argv[2]));
		if (ret < 0 && c.undo)
			c.undo(&c);
	}
	init_report(&c, -ret);
	return 1;
}
