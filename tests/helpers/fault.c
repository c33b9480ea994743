/*
 * fault: run a command and let one of its system calls fail.
 *
 *	fault list FILE COMMAND [ARG]...
 *	fault arguments FILE NUMBER COMMAND [ARG]...
 *	fault WHO NUMBER N ERROR COMMAND [ARG]...
 *
 * WHO is "caller" (the command itself) or "init" (what it clones, up to the program of the
 * container, which is left alone; so are hooks).  The caller's calls count from its first capget(2)
 * on, with which husk_open() begins: before that there is only the dynamic loader.  The N-th call of system call NUMBER that all
 * processes of that kind make (N = 0: every one) is not made and returns ERROR, a positive errno; or, with ERROR
 * "kill", the process gets SIGKILL there.  `list` writes "WHO NUMBER" to FILE for every call,
 * `arguments` "WHO ARG..." for those of that number, in hexadecimal.
 * Exit status: the command's, or 128+signal; 124 when it took more than 20 s.  FAULT_HIT=FILE in the
 * environment: FILE is made when that call has come.
 *
 * strace(1) can do this, too, but counts for every process on its own: it cannot let the init's
 * second openat fail without the caller's second one.
 *
 * Uses: ptrace(2).    Used by: tests/integration/lifecycle/faults.sh, process/landlock.sh.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_TRACEES = 64 };

struct tracee {
	pid_t pid;
	bool init;		/* not the command itself */
	bool failing;		/* the call it is in was suppressed */
};

static struct tracee tracees[MAX_TRACEES];
static pid_t traced;		/* the command */
static FILE *list;
static bool want_init;
static bool counting;		/* the caller has got to husk_open() */
static bool want_arguments;
static long want_nr, want_n, seen;
static int want_error;		/* 0: kill */

static long trace(long request, pid_t pid, long addr, void *data)
{
	return syscall(SYS_ptrace, request, (long)pid, addr, data);
}

static void die(const char *what)
{
	perror(what);
	exit(99);
}

static void on_alarm(int sig)
{
	(void)sig;
	for (size_t i = 0; i < MAX_TRACEES; i++) {
		if (tracees[i].pid)
			(void)kill(tracees[i].pid, SIGKILL);
	}
	_exit(124);
}

/* A thread of the command is the command. */
static bool is_init(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", traced, pid);
	return access(path, F_OK) < 0;
}

static struct tracee *find(pid_t pid)
{
	struct tracee *empty = NULL;

	for (size_t i = 0; i < MAX_TRACEES; i++) {
		if (tracees[i].pid == pid)
			return &tracees[i];
		if (!tracees[i].pid && !empty)
			empty = &tracees[i];
	}
	if (!empty)
		die("fault: too many processes");
	*empty = (struct tracee){ .pid = pid, .init = is_init(pid) };
	return empty;
}

#if defined(__x86_64__)
static void set_number(pid_t pid, long nr)
{
	(void)trace(PTRACE_POKEUSR, pid, 15 * 8, (void *)nr);	/* orig_rax */
}

static void set_result(pid_t pid, long value)
{
	(void)trace(PTRACE_POKEUSR, pid, 10 * 8, (void *)value);	/* rax */
}
#else
static void set_number(pid_t pid, long nr)
{
	int number = (int)nr;
	struct iovec v = { &number, sizeof(number) };

	(void)trace(PTRACE_SETREGSET, pid, 0x404 /* NT_ARM_SYSTEM_CALL */, &v);
}

static void set_result(pid_t pid, long value)
{
	uint64_t regs[34];
	struct iovec v = { regs, sizeof(regs) };

	(void)trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v);
	regs[0] = (uint64_t)value;
	(void)trace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &v);
}
#endif

/* The call has come that shall fail: a test can tell that from one that never does. */
static void mark_hit(void)
{
	const char *file = getenv("FAULT_HIT");
	int fd = file ? open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) : -1;

	if (fd >= 0)
		(void)close(fd);
}

static void write_call(const struct tracee *t, const struct ptrace_syscall_info *info)
{
	const char *who = t->init ? "init" : "caller";

	if (!want_arguments) {
		fprintf(list, "%s %ld\n", who, (long)info->entry.nr);
	} else if ((long)info->entry.nr == want_nr) {
		fputs(who, list);
		for (size_t i = 0; i < 6; i++)
			fprintf(list, " %llx", (unsigned long long)info->entry.args[i]);
		fputc('\n', list);
	}
}

static void entered(struct tracee *t, const struct ptrace_syscall_info *info)
{
	long nr = (long)info->entry.nr;

	counting = counting || nr == SYS_capget;
	if (!counting)
		return;
	if (list)
		write_call(t, info);
	if (list || t->init != want_init || nr != want_nr ||
	    (++seen != want_n && want_n != 0))
		return;
	mark_hit();
	if (want_error == 0) {
		(void)kill(t->pid, SIGKILL);
		return;
	}
	set_number(t->pid, -1);
	t->failing = true;
}

static void at_syscall(struct tracee *t)
{
	struct ptrace_syscall_info info;

	if (trace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		entered(t, &info);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && t->failing) {
		set_result(t->pid, -want_error);
		t->failing = false;
	}
}

/* Has it executed what is neither the command nor husk-init? */
static bool is_program(const struct tracee *t)
{
	char path[64], exe[256];
	ssize_t n;

	if (!t->init)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/exe", t->pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	/* A user may not look at husk-init, which is not dumpable; the program can be looked at. */
	if (n < 0 && errno == EACCES)
		return false;
	exe[n > 0 ? n : 0] = '\0';
	return !strstr(exe, "memfd:husk-init");
}

/* A process has stopped: look at it, and let it go on. */
static void stopped(struct tracee *t, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (sig == (SIGTRAP | 0x80)) {
		at_syscall(t);
		sig = 0;
	} else if (event == PTRACE_EVENT_EXEC && is_program(t)) {
		(void)trace(PTRACE_DETACH, t->pid, 0, NULL);
		t->pid = 0;
		return;
	} else if (event) {
		sig = 0;
	}
	(void)trace(PTRACE_SYSCALL, t->pid, 0, (void *)(long)sig);
}

static int follow(void)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			die("fault: waitpid");
		if (WIFSTOPPED(status)) {
			stopped(find(pid), status);
			continue;
		}
		find(pid)->pid = 0;
		/* Who still lives, a created container's init for one, is let go by our exit. */
		if (pid == traced)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
	char **command;
	pid_t pid;
	int status;

	want_arguments = argc > 4 && strcmp(argv[1], "arguments") == 0;
	if (want_arguments || (argc > 3 && strcmp(argv[1], "list") == 0)) {
		list = fopen(argv[2], "we");
		if (!list)
			die(argv[2]);
		want_nr = want_arguments ? atol(argv[3]) : 0;
		command = argv + (want_arguments ? 4 : 3);
	} else if (argc > 5) {
		want_init = strcmp(argv[1], "init") == 0;
		want_nr = atol(argv[2]);
		want_n = atol(argv[3]);
		want_error = atoi(argv[4]);
		command = argv + 5;
	} else {
		fputs("usage: fault list FILE COMMAND... | arguments FILE NUMBER COMMAND... | WHO NUMBER N ERROR COMMAND...\n", stderr);
		return 99;
	}
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid > 0) {
		(void)signal(SIGALRM, on_alarm);
		(void)alarm(20);
	}
	if (pid == 0) {
		(void)raise(SIGSTOP);
		execv(command[0], command);
		die(command[0]);
	}
	/* Seized, not attached: a child that is new when we end would keep the SIGSTOP of that. */
	if (waitpid(pid, &status, WUNTRACED) != pid ||
	    trace(PTRACE_SEIZE, pid, 0, (void *)options) < 0 || kill(pid, SIGCONT) < 0)
		die("fault: trace");
	traced = pid;
	status = follow();
	if (list)
		fclose(list);
	return status;
}
