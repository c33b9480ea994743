/*
 * probe: who the process is, and with which attributes, limits and namespaces it runs.
 *
 * Uses: probe.h.    Used by: tests/helpers/probe.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "tests/helpers/probe/probe.h"

/* ---- identity and limits --------------------------------------------------------------------- */

static int compare_ids(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return (x > y) - (x < y);
}

static int do_ids(int argc, char **argv)
{
	uid_t r, e, s;
	gid_t groups[256];
	int n = getgroups(ARRAY_SIZE(groups), groups);
	mode_t mask = umask(0);

	(void)argc, (void)argv;
	umask(mask);
	getresuid(&r, &e, &s);
	printf("uid %u %u %u\n", r, e, s);
	getresgid(&r, &e, &s);
	printf("gid %u %u %u\n", r, e, s);
	printf("groups");
	if (n > 0)
		qsort(groups, (size_t)n, sizeof(groups[0]), compare_ids);
	for (int i = 0; i < n; i++)
		printf(" %u", groups[i]);
	printf("\numask %04o\n", (unsigned)mask);
	return 0;
}

static int do_caps(int argc, char **argv)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { 0 };
	uint64_t bounding = 0, ambient = 0;

	(void)argc, (void)argv;
	syscall(SYS_capget, &h, d);
	for (int c = 0; c < 64; c++) {
		if (prctl(PR_CAPBSET_READ, c, 0, 0, 0) == 1)
			bounding |= UINT64_C(1) << c;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, c, 0, 0) == 1)
			ambient |= UINT64_C(1) << c;
	}
	printf("inheritable %08x%08x\n", d[1].inheritable, d[0].inheritable);
	printf("permitted %08x%08x\n", d[1].permitted, d[0].permitted);
	printf("effective %08x%08x\n", d[1].effective, d[0].effective);
	printf("bounding %016llx\n", (unsigned long long)bounding);
	printf("ambient %016llx\n", (unsigned long long)ambient);
	printf("securebits %d\n", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	return 0;
}

static int do_rlimits(int argc, char **argv)
{
	static const char *const names[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = "CPU", [RLIMIT_FSIZE] = "FSIZE", [RLIMIT_DATA] = "DATA",
		[RLIMIT_STACK] = "STACK", [RLIMIT_CORE] = "CORE", [RLIMIT_RSS] = "RSS",
		[RLIMIT_NPROC] = "NPROC", [RLIMIT_NOFILE] = "NOFILE",
		[RLIMIT_MEMLOCK] = "MEMLOCK", [RLIMIT_AS] = "AS", [RLIMIT_LOCKS] = "LOCKS",
		[RLIMIT_SIGPENDING] = "SIGPENDING", [RLIMIT_MSGQUEUE] = "MSGQUEUE",
		[RLIMIT_NICE] = "NICE", [RLIMIT_RTPRIO] = "RTPRIO", [RLIMIT_RTTIME] = "RTTIME",
	};

	(void)argc, (void)argv;
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit r;

		if (!names[i] || getrlimit(i, &r) < 0)
			continue;
		printf("RLIMIT_%s %lld %lld\n", names[i],
		       r.rlim_cur == RLIM_INFINITY ? -1LL : (long long)r.rlim_cur,
		       r.rlim_max == RLIM_INFINITY ? -1LL : (long long)r.rlim_max);
	}
	return 0;
}

static int do_env(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (char **e = environ; *e; e++)
		puts(*e);
	return 0;
}

static int do_cwd(int argc, char **argv)
{
	char path[4096];

	(void)argc, (void)argv;
	/* The system call itself: musl hides "(unreachable)". */
	printf("cwd %s\n", syscall(SYS_getcwd, path, sizeof(path)) < 0 ? errno_name(errno) : path);
	return 0;
}

static int do_self(int argc, char **argv)
{
	(void)argc, (void)argv;
	printf("pid %d\nppid %d\npgid %d\nsid %d\n", getpid(), getppid(), getpgid(0), getsid(0));
	return 0;
}

/* ---- namespaces ----------------------------------------------------------------------------- */

static int do_ns(int argc, char **argv)
{
	static const char *const kinds[] = {
		"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts",
	};

	(void)argc, (void)argv;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char path[64];
		struct stat st;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		if (stat(path, &st) == 0)
			printf("%s %llu\n", kinds[i], (unsigned long long)st.st_ino);
		else
			printf("%s %s\n", kinds[i], errno_name(errno));
	}
	return 0;
}

static int do_uts(int argc, char **argv)
{
	struct utsname u;

	(void)argc, (void)argv;
	uname(&u);
	printf("hostname %s\ndomainname %s\nmachine %s\n", u.nodename, u.domainname, u.machine);
	return 0;
}

static int do_time(int argc, char **argv)
{
	struct timespec m, b, r;

	(void)argc, (void)argv;
	clock_gettime(CLOCK_MONOTONIC, &m);
	clock_gettime(CLOCK_BOOTTIME, &b);
	clock_gettime(CLOCK_REALTIME, &r);
	printf("monotonic %lld\nboottime %lld\nrealtime %lld\n", (long long)m.tv_sec,
	       (long long)b.tv_sec, (long long)r.tv_sec);
	return 0;
}

/* "NAME FLAG,FLAG ADDRESS-FAMILIES": one line per interface, in kernel order. */
static int do_net(int argc, char **argv)
{
	static const struct {
		unsigned flag;
		const char *name;
	} flags[] = {
		{ IFF_UP, "up" }, { IFF_LOOPBACK, "loopback" }, { IFF_RUNNING, "running" },
	};
	struct if_nameindex *list = if_nameindex();
	struct ifaddrs *addrs = NULL;

	(void)argc, (void)argv;
	getifaddrs(&addrs);
	for (struct if_nameindex *i = list; i && i->if_name; i++) {
		const char *sep = " ";

		printf("if %s", i->if_name);
		for (struct ifaddrs *a = addrs; a; a = a->ifa_next) {
			if (strcmp(a->ifa_name, i->if_name) != 0)
				continue;
			for (size_t f = 0; f < ARRAY_SIZE(flags); f++) {
				if (a->ifa_flags & flags[f].flag) {
					printf("%s%s", sep, flags[f].name);
					sep = ",";
				}
			}
			break;
		}
		printf("%s\n", *sep == ' ' ? " down" : "");
	}
	freeifaddrs(addrs);
	if_freenameindex(list);
	return 0;
}

/* ---- process attributes ------------------------------------------------------------------- */

static int do_tty(int argc, char **argv)
{
	int ctty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	(void)argc, (void)argv;
	for (int fd = 0; fd < 3; fd++) {
		struct winsize w = { 0 };
		char name[256] = "none";
		struct stat st = { 0 };

		ioctl(fd, TIOCGWINSZ, &w);
		fstat(fd, &st);
		if (ttyname_r(fd, name, sizeof(name)) != 0)
			strcpy(name, "none");
		printf("tty %d %s %s %ux%u %u:%u\n", fd, isatty(fd) ? "yes" : "no", name, w.ws_row,
		       w.ws_col, major(st.st_rdev), minor(st.st_rdev));
	}
	printf("ctty %s\n", outcome(ctty));
	if (ctty >= 0)
		close(ctty);
	return 0;
}

static int do_signals(int argc, char **argv)
{
	uint64_t blocked = 0, ignored = 0;

	(void)argc, (void)argv;
	/* The system calls: the C library hides its own signals. */
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &blocked, sizeof(blocked));
	for (int s = 1; s <= 64; s++) {
		struct {
			void *handler;
			unsigned long flags;
			void *restorer;
			uint64_t mask;
		} act = { 0 };

		if (syscall(SYS_rt_sigaction, s, NULL, &act, sizeof(act.mask)) == 0 &&
		    act.handler == (void *)SIG_IGN)
			ignored |= UINT64_C(1) << (s - 1);
	}
	printf("blocked %016llx\nignored %016llx\n", (unsigned long long)blocked,
	       (unsigned long long)ignored);
	return 0;
}

static void print_status_fields(void)
{
	static const struct {
		const char *field, *name;
	} wanted[] = {
		{ "Seccomp:", "seccomp" },
		{ "Seccomp_filters:", "seccomp_filters" },
		{ "Cpus_allowed_list:", "affinity" },
		{ "Mems_allowed_list:", "mems" },
		{ "Speculation_Store_Bypass:", "ssb" },
		{ "THP_enabled:", "thp" },
	};
	char line[1024];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f)) {
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
			size_t n = strlen(wanted[i].field);

			if (strncmp(line, wanted[i].field, n) == 0)
				printf("%s %s", wanted[i].name, line + n + strspn(line + n, " \t"));
		}
	}
	if (f)
		fclose(f);
}

/* struct sched_attr of SCHED_ATTR_SIZE_VER0; musl has none. */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static int do_sched(int argc, char **argv)
{
	struct attr a = { 0 };
	int mode = -1;
	unsigned long nodes[16] = { 0 };
	int io = (int)syscall(SYS_ioprio_get, 1, 0);

	(void)argc, (void)argv;
	syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0);
	printf("policy %u\nnice %d\npriority %u\nflags %llu\n", a.policy, a.nice, a.priority,
	       (unsigned long long)a.flags);
	printf("runtime %llu %llu %llu\n", (unsigned long long)a.runtime,
	       (unsigned long long)a.deadline, (unsigned long long)a.period);
	printf("ioprio %d %d\n", io >> 13, io & 0x1fff);
	if (syscall(SYS_get_mempolicy, &mode, nodes, sizeof(nodes) * 8UL, 0UL, 0UL) == 0)
		printf("mempolicy %d %lx\n", mode, nodes[0]);
	printf("personality %x\n", (unsigned)personality(0xffffffff));
	printf("dumpable %d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	printf("no_new_privs %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	printf("pdeathsig_keepcaps %d\n", prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
	print_status_fields();
	fputs("oom_score_adj ", stdout);
	return do_read(1, (char *[]){ "/proc/self/oom_score_adj" });
}

static int do_keyring(int argc, char **argv)
{
	char text[512] = "";
	long n = syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, text,
			 sizeof(text) - 1);

	(void)argc, (void)argv;
	printf("keyring %s\n", n < 0 ? errno_name(errno) : text);
	return 0;
}

const struct probe_command identity_commands[] = {
	{ "caps", 0, do_caps },
	{ "cwd", 0, do_cwd },
	{ "env", 0, do_env },
	{ "ids", 0, do_ids },
	{ "keyring", 0, do_keyring },
	{ "net", 0, do_net },
	{ "ns", 0, do_ns },
	{ "rlimits", 0, do_rlimits },
	{ "sched", 0, do_sched },
	{ "self", 0, do_self },
	{ "signals", 0, do_signals },
	{ "time", 0, do_time },
	{ "tty", 0, do_tty },
	{ "uts", 0, do_uts },
	{ 0 },
};
