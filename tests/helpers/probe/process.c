/*
 * probe: commands that do something: end, fork, use memory, call the kernel, send.
 *
 * Uses: probe.h.    Used by: tests/helpers/probe.c.
 */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/helpers/probe/probe.h"

/* ---- other processes ---------------------------------------------------------------------- */

static int do_pids(int argc, char **argv)
{
	struct dirent **list = NULL;
	int n = scandir("/proc", &list, NULL, versionsort);

	(void)argc, (void)argv;
	printf("pids");
	if (n < 0)
		printf(" %s", errno_name(errno));
	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] >= '0' && list[i]->d_name[0] <= '9')
			printf(" %s", list[i]->d_name);
	}
	putchar('\n');
	return 0;
}

static int do_exit(int argc, char **argv)
{
	(void)argc;
	exit(atoi(argv[0]));
}

/* kill SIG [PID]: itself, when no PID is given. */
static int do_kill(int argc, char **argv)
{
	pid_t pid = argc > 1 ? atoi(argv[1]) : getpid();
	int sig = atoi(argv[0]);

	fflush(stdout);
	if (argc < 2)
		signal(sig, SIG_DFL);
	if (kill(pid, sig) < 0)
		printf("kill %d %s\n", pid, errno_name(errno));
	return 0;
}

/* crash: a fault, which ends even process 1 of a pid namespace. */
static int do_crash(int argc, char **argv)
{
	volatile int *volatile nowhere = NULL;

	(void)argc, (void)argv;
	return *nowhere;
}

static int do_sleep(int argc, char **argv)
{
	double seconds = argc > 0 ? atof(argv[0]) : 1e6;

	(void)argc;
	nanosleep(&(struct timespec){ (time_t)seconds,
				      (long)((seconds - (double)(time_t)seconds) * 1e9) }, NULL);
	return 0;
}

static int do_spin(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 0 ? atoi(argv[0]) : 1);
	unsigned long rounds = 0;

	while (time(NULL) < end)
		rounds++;
	printf("spin %lu\n", rounds);
	return 0;
}

static volatile sig_atomic_t caught;

static void catch(int sig)
{
	caught = sig;
}

/* trap SIG...: wait for one of them; print it. */
static int do_trap(int argc, char **argv)
{
	sigset_t wait, old;

	sigemptyset(&wait);
	for (int i = 0; i < argc; i++) {
		signal(atoi(argv[i]), catch);
		sigaddset(&wait, atoi(argv[i]));
	}
	sigprocmask(SIG_BLOCK, &wait, &old);
	puts("trap ready");
	fflush(stdout);
	while (!caught)
		sigsuspend(&old);
	printf("trap %d\n", (int)caught);
	return 0;
}

static int do_alloc(int argc, char **argv)
{
	size_t size = (size_t)atol(argv[0]) << 20;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)argc;
	for (size_t i = 0; p != MAP_FAILED && i < size; i += 4096)
		p[i] = 1;
	printf("alloc %s %s\n", argv[0], p == MAP_FAILED ? errno_name(errno) : "ok");
	return 0;
}

/* forks N: how many of N children can live at once. */
static int do_forks(int argc, char **argv)
{
	int n = atoi(argv[0]), made = 0, error = 0;
	pid_t pids[1024];

	(void)argc;
	fflush(stdout);
	while (made < n && made < (int)ARRAY_SIZE(pids)) {
		pids[made] = fork();
		if (pids[made] == 0) {
			pause();
			_exit(0);
		}
		if (pids[made] < 0) {
			error = errno;
			break;
		}
		made++;
	}
	for (int i = 0; i < made; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	printf("forks %d %s\n", made, error ? errno_name(error) : "ok");
	return 0;
}

/* fork N: leave N children behind, asleep. */
static int do_fork(int argc, char **argv)
{
	fflush(stdout);
	for (int i = 0; i < (argc > 0 ? atoi(argv[0]) : 1); i++) {
		if (fork() == 0) {
			pause();
			_exit(0);
		}
	}
	return 0;
}

/* child COMMAND...: run it in a child and wait; prints how it ended. */
static int do_child(int argc, char **argv)
{
	pid_t pid;
	int status = 0;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		exit(run_commands(argc, argv));
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		printf("child %s\n", errno_name(errno));
	else if (WIFSIGNALED(status))
		printf("child signal %d\n", WTERMSIG(status));
	else
		printf("child exit %d\n", WEXITSTATUS(status));
	return 0;
}

static int do_exec(int argc, char **argv)
{
	(void)argc;
	fflush(stdout);
	execv(argv[0], argv);
	printf("exec %s %s\n", argv[0], errno_name(errno));
	return 0;
}

/* setid UID GID: become someone else without groups. */
static int do_setid(int argc, char **argv)
{
	gid_t gid = argc > 1 ? (gid_t)atoi(argv[1]) : (gid_t)atoi(argv[0]);
	long ret = setgroups(0, NULL);

	ret = ret < 0 ? ret : setgid(gid);
	ret = ret < 0 ? ret : setuid((uid_t)atoi(argv[0]));
	printf("setid %s %s\n", argv[0], outcome(ret));
	return 0;
}

/* unshare FLAGS: CLONE_NEW* as a number. */
static int do_unshare(int argc, char **argv)
{
	(void)argc;
	printf("unshare %s %s\n", argv[0], outcome(unshare((int)strtoul(argv[0], NULL, 0))));
	return 0;
}

/* syscall NR [ARG]...: numbers only; "syscall NR RETURN ERRNO". */
static int do_syscall(int argc, char **argv)
{
	long a[7] = { 0 }, ret;

	for (int i = 0; i < argc && i < 7; i++)
		a[i] = (long)strtoul(argv[i], NULL, 0);
	errno = 0;
	ret = syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
	printf("syscall %ld %ld %s\n", a[0], ret, ret < 0 ? errno_name(errno) : "ok");
	return 0;
}

/* ---- sockets ---------------------------------------------------------------------------------- */

/* Send @text and, if it is not -1, @passed to $NOTIFY_SOCKET. */
static const char *notify(const char *text, int passed)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)text, strlen(text) };
	struct msghdr m = { .msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &iov,
			    .msg_iovlen = 1 };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long ret;

	if (!path || fd < 0)
		return "unset";
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	control.h.cmsg_level = SOL_SOCKET;
	control.h.cmsg_type = SCM_RIGHTS;
	control.h.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.h), &passed, sizeof(passed));
	if (passed >= 0) {
		m.msg_control = control.buf;
		m.msg_controllen = sizeof(control.buf);
	}
	ret = sendmsg(fd, &m, 0);
	close(fd);
	return outcome(ret);
}

/* notify [TEXT [FD]] */
static int do_notify(int argc, char **argv)
{
	printf("notify %s\n", notify(argc > 0 ? argv[0] : "READY=1",
				     argc > 1 ? atoi(argv[1]) : -1));
	return 0;
}

/* barrier: sd_notify_barrier(3); ok when the manager has seen everything before it. */
static int do_barrier(int argc, char **argv)
{
	const char *sent;
	struct pollfd p;
	int fds[2];

	(void)argc, (void)argv;
	if (pipe(fds) < 0)
		return 1;
	sent = notify("BARRIER=1", fds[1]);
	close(fds[1]);
	p = (struct pollfd){ .fd = fds[0] };
	printf("barrier %s %s\n", sent, poll(&p, 1, 5000) == 1 ? "ok" : "ETIMEDOUT");
	close(fds[0]);
	return 0;
}

static int do_echo(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		printf("%s%s", i ? " " : "", argv[i]);
	putchar('\n');
	return 0;
}

static int do_stderr(int argc, char **argv)
{
	(void)argc;
	fprintf(stderr, "%s\n", argv[0]);
	return 0;
}

static int do_cat(int argc, char **argv)
{
	char buf[4096];
	ssize_t n;

	(void)argc, (void)argv;
	fflush(stdout);
	while ((n = read(0, buf, sizeof(buf))) > 0) {
		if (write(1, buf, (size_t)n) < 0)
			break;
	}
	return 0;
}

/* ---- trace-init: what one gets by tracing husk-init on its way into the container --------------- */

static void print_traced(pid_t pid)
{
	char path[64], link[256], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "CapPrm:", 7) == 0 || strncmp(line, "CapEff:", 7) == 0 ||
		    strncmp(line, "CapBnd:", 7) == 0 || strncmp(line, "Uid:", 4) == 0)
			printf("traced %s", line);
	}
	if (f)
		fclose(f);
	for (int fd = 0; fd < 64; fd++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		n = readlink(path, link, sizeof(link) - 1);
		if (n < 0)
			continue;
		link[n] = '\0';
		printf("traced fd %d %s\n", fd, link);
	}
}

/* True when it was husk-init and still is, stopped by us. */
static bool trace_init(pid_t pid)
{
	char path[64], comm[32] = "";
	bool is_init = false;
	int status;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	(void)!fgets(comm, sizeof(comm), f);
	fclose(f);
	if (strcmp(comm, "husk-init\n") != 0)
		return false;
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0) {
		printf("not traced %s\n", errno_name(errno));
		return true;
	}
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 && waitpid(pid, &status, __WALL) == pid &&
	    WIFSTOPPED(status)) {
		f = fopen(path, "re");
		if (f) {
			is_init = fgets(comm, sizeof(comm), f) && strcmp(comm, "husk-init\n") == 0;
			fclose(f);
		}
		if (is_init)
			print_traced(pid);
		(void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
	}
	return is_init;
}

/* Until /stop is there. */
static int do_trace_init(int argc, char **argv)
{
	int seen = 0;

	(void)argc, (void)argv;
	while (access("/stop", F_OK) < 0) {
		/* Pids of a container are few and only grow. */
		DIR *proc = opendir("/proc");
		struct dirent *e;

		while (proc && (e = readdir(proc))) {
			int pid = atoi(e->d_name);

			if (pid > 1 && pid != getpid())
				seen += trace_init(pid);
		}
		if (proc)
			closedir(proc);
	}
	printf("seen %d\n", seen);
	return 0;
}

/* ---- what `husk trace` has to follow, or must not disturb ---------------------------------------- */

static void *in_thread(void *data)
{
	char **argv = data;
	int argc = 0;

	while (argv[argc])
		argc++;
	(void)run_commands(argc, argv);
	return NULL;
}

/* thread COMMAND...: in a thread */
static int do_thread(int argc, char **argv)
{
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, in_thread, argv);

	(void)argc;
	if (ret == 0)
		ret = pthread_join(thread, NULL);
	printf("thread %s\n", ret ? errno_name(ret) : "ok");
	return 0;
}

/* i386 NR: a system call by the other ABI of an x86-64 kernel, with no arguments */
static int do_i386(int argc, char **argv)
{
	(void)argc;
#if defined(__x86_64__)
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(strtol(argv[0], NULL, 0)), "b"(0), "c"(0), "d"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	printf("i386 %s\n", (int)ret < 0 ? errno_name(-(int)ret) : "ok");
#else
	(void)argv;
	printf("i386 none\n");
#endif
	return 0;
}

/* debug: trace a child through some of its system calls, as a debugger does */
static int do_debug(int argc, char **argv)
{
	int stops = 0, status = 0;
	pid_t pid;

	(void)argc, (void)argv;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		(void)raise(SIGSTOP);
		(void)getppid();
		_exit(7);
	}
	while (pid > 0 && waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		stops++;
		(void)ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	}
	printf("debug stops %d exit %d\n", stops, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return 0;
}

/* filter NR ERRNO: have the kernel answer ERRNO to that call from now on */
static int do_filter(int argc, char **argv)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)atoi(argv[0]), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)atoi(argc > 1 ? argv[1] : "1")),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(f), f };

	printf("filter %s\n", outcome(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1 :
				      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)));
	return 0;
}

const struct probe_command process_commands[] = {
	{ "alloc", 1, do_alloc },
	{ "barrier", 0, do_barrier },
	{ "cat", 0, do_cat },
	{ "child", 1, do_child },
	{ "crash", 0, do_crash },
	{ "debug", 0, do_debug },
	{ "echo", 0, do_echo },
	{ "exec", 1, do_exec },
	{ "exit", 1, do_exit },
	{ "filter", 1, do_filter },
	{ "fork", 0, do_fork },
	{ "forks", 1, do_forks },
	{ "i386", 1, do_i386 },
	{ "kill", 1, do_kill },
	{ "notify", 0, do_notify },
	{ "pids", 0, do_pids },
	{ "setid", 1, do_setid },
	{ "sleep", 0, do_sleep },
	{ "spin", 0, do_spin },
	{ "stderr", 1, do_stderr },
	{ "syscall", 1, do_syscall },
	{ "thread", 1, do_thread },
	{ "trace-init", 0, do_trace_init },
	{ "trap", 1, do_trap },
	{ "unshare", 1, do_unshare },
	{ 0 },
};
