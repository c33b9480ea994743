/*
 * count: run a command of husk and count its system calls and page faults, by ptrace(2).
 *
 *	count [-u UID] COMMAND [ARG]...    as that user; exit status: the command's
 *	count exit | sleep                 what the container runs, for it holds nothing else
 *
 * Prints "caller NUMBER COUNT" for each number of a system call, likewise "init" for what husk-init
 * and the process that is to become it did before the container's program took its place; and
 * "caller faults COUNT", minor ones.  Addresses are not randomized: where a stack ends decides how
 * many pages it touches.  The command has no input, output or environment.
 *
 * It looks no further than the end of the command: what goes on in the background is let go.
 *
 * Uses: nothing.    Used by: tests/lint/budget.sh.
 */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/sys.h"

enum { MAX_CALLS = 1024, MAX_TASKS = 16 };
enum role { CALLER, INIT, ROLES };

static const char *const role_names[ROLES] = { "caller", "init" };
static unsigned long calls[ROLES][MAX_CALLS];
static long faults[ROLES];

static struct task {
	pid_t pid;
	enum role role;
	bool started;		/* has become husk or husk-init: the next program is the container's */
	long faults_before;
} tasks[MAX_TASKS];
static unsigned n_tasks;

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(125);
}

static struct task *find_task(pid_t pid)
{
	for (unsigned i = 0; i < n_tasks; i++) {
		if (tasks[i].pid == pid)
			return &tasks[i];
	}
	if (n_tasks == MAX_TASKS)
		die("count: too many processes");
	/* Only the first process is not made by another one of husk. */
	tasks[n_tasks] = (struct task){ .pid = pid, .role = n_tasks == 0 ? CALLER : INIT };
	return &tasks[n_tasks++];
}

/* Minor faults of the task so far; the tenth word of its stat, and its name may hold spaces. */
static long faults_of(pid_t pid)
{
	char path[64], text[512], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		die(path);
	close(fd);
	text[n] = '\0';
	end = strrchr(text, ')');
	return end && sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %ld", &n) == 1 ? (long)n : 0;
}

static _Noreturn void begin(char **argv, uid_t uid)
{
	int exe = open(argv[0], O_PATH | O_CLOEXEC), null = open("/dev/null", O_RDWR);
	char *const envp[] = { NULL };

	if (exe < 0 || null < 0)
		die(argv[0]);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
	if (uid && (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
		_exit(125);
	personality(ADDR_NO_RANDOMIZE);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
		_exit(126);
	raise(SIGSTOP);
	sys_execveat(exe, "", argv, envp, AT_EMPTY_PATH);
	_exit(127);
}

static void count_call(const struct task *t)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) > 0 &&
	    info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr < MAX_CALLS)
		calls[t->role][info.entry.nr]++;
}

/* What husk-init makes is husk-init. */
static void see_birth(const struct task *parent)
{
	bool started = parent->role == INIT && parent->started;
	unsigned long child;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &child) == 0)
		find_task((pid_t)child)->started = started;
}

/* It executes something: is that the container's program? */
static bool is_program(struct task *t)
{
	if (t->started) {
		faults[t->role] += faults_of(t->pid);
		return true;
	}
	t->started = true;
	if (t->role == CALLER)
		t->faults_before = faults_of(t->pid);
	return false;
}

/* Goes on until the first process has ended: its status. */
static int trace(pid_t first)
{
	int status, signal;

	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		struct task *t;

		if (pid < 0)
			die("waitpid");
		if (!WIFSTOPPED(status)) {
			if (pid == first)
				return status;
			continue;
		}
		t = find_task(pid);
		signal = WSTOPSIG(status);
		if (signal == (SIGTRAP | 0x80))
			count_call(t);
		switch (status >> 16) {
		case PTRACE_EVENT_FORK:
		case PTRACE_EVENT_VFORK:
		case PTRACE_EVENT_CLONE:
			see_birth(t);
			break;
		case PTRACE_EVENT_EXEC:
			if (is_program(t)) {
				ptrace(PTRACE_DETACH, pid, 0, 0);
				continue;
			}
			break;
		case PTRACE_EVENT_EXIT:
			if (t->role == CALLER)
				faults[CALLER] = faults_of(pid) - t->faults_before;
			break;
		}
		/* Stops of ptrace's own, and the one that a new process begins with */
		if (signal == (SIGTRAP | 0x80) || signal == SIGTRAP || signal == SIGSTOP)
			signal = 0;
		ptrace(PTRACE_SYSCALL, pid, 0, signal);
	}
}

int main(int argc, char **argv)
{
	uid_t uid = 0;
	int status;
	pid_t pid;

	if (argc == 2 && strcmp(argv[1], "exit") == 0)
		return 0;
	if (argc == 2 && strcmp(argv[1], "sleep") == 0)
		return pause();
	if (argc > 3 && strcmp(argv[1], "-u") == 0) {
		uid = (uid_t)atoi(argv[2]);
		argv += 2;
		argc -= 2;
	}
	if (argc < 2)
		return 2;
	pid = fork();
	if (pid == 0)
		begin(argv + 1, uid);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("fork");
	if (!WIFSTOPPED(status))
		return WEXITSTATUS(status);
	find_task(pid);
	if (ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
		   PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
		   PTRACE_O_TRACEEXIT) < 0)
		die("ptrace");
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	status = trace(pid);
	for (int role = 0; role < ROLES; role++) {
		for (unsigned nr = 0; nr < MAX_CALLS; nr++) {
			if (calls[role][nr] > 0)
				printf("%s %u %lu\n", role_names[role], nr, calls[role][nr]);
		}
		if (faults[role] > 0)
			printf("%s faults %ld\n", role_names[role], faults[role]);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
