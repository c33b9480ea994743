/*
 * floor: what the kernel takes for the container of `husk spec`, in straight-line C.
 *
 *	floor [-n] [-x PID] [-f FILTER] [-c NAME=DIR]... [-u DIR] ROOTFS ID PROGRAM [ARG]...
 *
 *	-n            no network namespace
 *	-x PID        another process of that kind in the running container ID whose init is PID
 *	-f FILTER     file of struct sock_filter: the seccomp filter, compiled before
 *	-c NAME=DIR   cgroup v1: make DIR/ID of hierarchy NAME; -u DIR: of v2
 *
 * It reads no configuration, keeps no state and knows nothing but that one container: namespaces,
 * mounts, cgroups, device rules, filter and two execs (a sealed memfd, then PROGRAM).  What husk may
 * not do cheaper is not done cheaper here: the memfd is unreadable, descriptors are closed, targets
 * are resolved inside the root, what is mounted is named.  Without -c and -u there is no cgroup
 * namespace and no /sys/fs/cgroup either.
 *
 * Uses: runtime/raw.h, runtime/base/sys.h.    Used by: run.sh, compare.sh.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "runtime/base/sys.h"
#include "runtime/raw.h"

enum { MAX_HIERARCHIES = 16, MAX_FILTER = 4096 };

/* The descriptors that the second program, the init, starts with. */
enum { FD_TREE = 32, FD_NULL, FD_FILTER, FD_TASKS };
#define FD_PIDFD FD_TREE

#define RO MOUNT_ATTR_RDONLY
#define NOSUID MOUNT_ATTR_NOSUID
#define NODEV MOUNT_ATTR_NODEV
#define NOEXEC MOUNT_ATTR_NOEXEC

/* Capabilities of `husk spec`: KILL, NET_BIND_SERVICE, AUDIT_WRITE. */
static const uint64_t caps = UINT64_C(0x20000420);

static const char *const readonly_paths[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
					      "/proc/sysrq-trigger" };
static const char *const masked_paths[] = { "/proc/acpi", "/proc/asound", "/proc/kcore",
					    "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
					    "/proc/timer_stats", "/proc/sched_debug",
					    "/sys/firmware", "/proc/scsi" };

struct mount {
	const char *type, *source, *target, *options[8];	/* options: key, value or NULL, ... */
	unsigned attrs;
	bool make;						/* the directory too */
};

static const struct mount mounts[] = {
	{ "proc", "proc", "/proc", { NULL }, 0, false },
	{ "tmpfs", "tmpfs", "/dev", { "mode", "755", "size", "65536k" },
	  NOSUID | MOUNT_ATTR_STRICTATIME, false },
	{ "devpts", "devpts", "/dev/pts", { "newinstance", NULL, "ptmxmode", "0666", "mode", "0620",
	  "gid", "5" }, NOSUID | NOEXEC, true },
	{ "tmpfs", "shm", "/dev/shm", { "mode", "1777", "size", "65536k" }, NOSUID | NODEV | NOEXEC,
	  true },
	{ "mqueue", "mqueue", "/dev/mqueue", { NULL }, NOSUID | NODEV | NOEXEC, true },
	{ "sysfs", "sysfs", "/sys", { NULL }, RO | NOSUID | NODEV | NOEXEC, false },
};

static const struct {
	const char *name;
	unsigned major, minor;
} devices[] = { { "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 },
		{ "urandom", 1, 9 }, { "tty", 5, 0 } };

static const char *const links[][2] = {
	{ "/proc/self/fd", "fd" }, { "/proc/self/fd/0", "stdin" }, { "/proc/self/fd/1", "stdout" },
	{ "/proc/self/fd/2", "stderr" }, { "/proc/kcore", "core" }, { "pts/ptmx", "ptmx" },
};

/* What `husk spec` and the default devices come to on v1, in the order in which it is written. */
static const char *const device_rules[] = { "c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm",
					    "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm",
					    "c 5:1 rwm", "c 5:2 rwm", "c 136:* rwm" };

struct job {
	bool net;
	pid_t joins;						/* 0: makes a container */
	const char *filter, *unified, *rootfs, *id;
	char **argv;						/* of the program */
	size_t n;
	char *name[MAX_HIERARCHIES], *dir[MAX_HIERARCHIES];	/* of cgroup v1 */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The result of a call that must not fail. */
#define MUST(call) must((long)(call), #call)
static long must(long ret, const char *what)
{
	if (ret < 0) {
		fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
		_exit(1);
	}
	return ret;
}

static struct job parse(int argc, char **argv)
{
	struct job job = { .net = true };
	int option;

	while ((option = getopt(argc, argv, "+nx:f:c:u:")) != -1) {
		if (option == 'n') {
			job.net = false;
		} else if (option == 'x') {
			job.joins = atoi(optarg);
		} else if (option == 'f') {
			job.filter = optarg;
		} else if (option == 'u') {
			job.unified = optarg;
		} else if (option == 'c' && strchr(optarg, '=') && job.n < MAX_HIERARCHIES) {
			job.name[job.n] = optarg;
			job.dir[job.n] = strchr(optarg, '=') + 1;
			job.n++;
		} else {
			exit(2);
		}
	}
	if (argc - optind < 3)
		exit(2);
	job.rootfs = argv[optind];
	job.id = argv[optind + 1];
	job.argv = argv + optind + 2;
	return job;
}

static bool is(const struct job *job, size_t i, const char *name)
{
	size_t len = strlen(name);

	return strncmp(job->name[i], name, len) == 0 && job->name[i][len] == '=';
}

/* ---- the caller ---- */

static void write_at(int dir, const char *file, const char *text, size_t len)
{
	int fd = (int)MUST(openat(dir, file, O_WRONLY | O_CLOEXEC));

	MUST(write(fd, text, len));
	close(fd);
}

/* A new cpuset is empty: nothing can run there before it has its parent's. */
static void inherit(int parent, int cgroup, const char *file)
{
	char text[512];
	int fd = (int)MUST(openat(parent, file, O_RDONLY | O_CLOEXEC));
	ssize_t n = MUST(read(fd, text, sizeof(text)));

	close(fd);
	write_at(cgroup, file, text, (size_t)n);
}

static void limit_devices(int cgroup)
{
	int allow = (int)MUST(openat(cgroup, "devices.allow", O_WRONLY | O_CLOEXEC));

	write_at(cgroup, "devices.deny", "a", 1);
	for (size_t i = 0; i < COUNT(device_rules); i++)
		MUST(write(allow, device_rules[i], strlen(device_rules[i])));
	close(allow);
}

static int make_cgroup(const struct job *job, const char *dir, int *parent)
{
	*parent = (int)MUST(open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
	MUST(mkdirat(*parent, job->id, 0755));
	return (int)MUST(openat(*parent, job->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static void move_fd(int fd, int to)
{
	MUST(dup2(fd, to));
	close(fd);
}

/* Copies this program: the second one is the same file, in a memfd that nobody can change or read. */
static int make_memfd(void)
{
	int self = (int)MUST(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	int fd = (int)MUST(memfd_create("floor-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC));

	MUST(sendfile(fd, self, NULL, 1 << 20));
	close(self);
	MUST(fchmod(fd, 0111));
	MUST(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
	return fd;
}

struct clone_args_v2 {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
		 set_tid_size, cgroup;
};

/* In the parent's memory until it execs: see runtime/spawn_child.c. */
static _Noreturn void spawn_child(int memfd, char **argv)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	/* Whoever may read any file gets no unreadable, hence no non-dumpable, program. */
	RAW(SYS_capget, &head, data, 0, 0, 0);
	data[0].effective &= ~((1u << CAP_DAC_OVERRIDE) | (1u << CAP_DAC_READ_SEARCH));
	RAW(SYS_capset, &head, data, 0, 0, 0);
	RAW(SYS_execveat, memfd, "", argv, NULL, AT_EMPTY_PATH);
	for (;;)
		RAW(SYS_exit_group, 127, 0, 0, 0, 0);
}

__attribute__((noinline)) static long spawn(struct clone_args_v2 *args, int memfd, char **argv)
{
	long ret = RAW(SYS_clone3, args, sizeof(*args), 0, 0, 0);

	if (ret == 0)
		spawn_child(memfd, argv);
	return ret;
}

static int run(const struct job *job, char **argv)
{
	int parent[MAX_HIERARCHIES], unified = -1, unified_parent = -1, pidfd, memfd, fd;
	struct clone_args_v2 args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_NEWNS | CLONE_NEWUTS |
			 CLONE_NEWIPC | CLONE_NEWPID,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	siginfo_t info = { 0 };

	for (size_t i = 0; i < job->n; i++) {
		int cgroup = make_cgroup(job, job->dir[i], &parent[i]);

		if (is(job, i, "cpuset")) {
			inherit(parent[i], cgroup, "cpuset.cpus");
			inherit(parent[i], cgroup, "cpuset.mems");
		}
		if (is(job, i, "devices"))
			limit_devices(cgroup);
		/* `tasks`, not `cgroup.procs`: no lock whose writer waits for an RCU grace period */
		move_fd((int)MUST(openat(cgroup, "tasks", O_WRONLY)), FD_TASKS + (int)i);
		close(cgroup);
	}
	if (job->unified)
		unified = make_cgroup(job, job->unified, &unified_parent);
	move_fd((int)MUST(sys_open_tree(AT_FDCWD, job->rootfs, OPEN_TREE_CLONE | AT_RECURSIVE)),
		FD_TREE);
	move_fd((int)MUST(sys_open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE)), FD_NULL);
	if (job->filter)
		move_fd((int)MUST(open(job->filter, O_RDONLY)), FD_FILTER);
	memfd = make_memfd();

	if (job->net)
		args.flags |= CLONE_NEWNET;
	if (unified >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)unified;
	}
	fd = (int)spawn(&args, memfd, argv);
	if (fd < 0) {
		errno = -fd;
		must(-1, "clone3");
	}
	MUST(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED));
	for (size_t i = 0; i < job->n; i++)
		MUST(unlinkat(parent[i], job->id, AT_REMOVEDIR));
	if (unified >= 0)
		MUST(unlinkat(unified_parent, job->id, AT_REMOVEDIR));
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

/* The init goes into the pid namespace by a child, which is ours, too. */
static int run_inside(const struct job *job, char **argv)
{
	int pidfd, status = 0, memfd;
	struct clone_args_v2 args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	siginfo_t info = { 0 };
	char path[512];

	move_fd((int)MUST(sys_pidfd_open(job->joins, 0)), FD_PIDFD);
	MUST(fcntl(FD_PIDFD, F_SETFD, 0));
	for (size_t i = 0; i < job->n; i++) {
		snprintf(path, sizeof(path), "%s/%s/tasks", job->dir[i], job->id);
		move_fd((int)MUST(open(path, O_WRONLY)), FD_TASKS + (int)i);
	}
	if (job->unified) {
		snprintf(path, sizeof(path), "%s/%s", job->unified, job->id);
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)MUST(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	}
	if (job->filter)
		move_fd((int)MUST(open(job->filter, O_RDONLY)), FD_FILTER);
	memfd = make_memfd();
	MUST(spawn(&args, memfd, argv));
	while (waitid(P_ALL, 0, &info, WEXITED) == 0)
		status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	return status;
}

/* ---- the init ---- */

static int target(const char *path)
{
	return sys_openat2(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0,
			   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

static void attach(int mnt, int at)
{
	MUST(sys_move_mount(mnt, "", at, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
	close(mnt);
	close(at);
}

static int new_mount(const struct mount *m)
{
	int fs = (int)MUST(sys_fsopen(m->type, FSOPEN_CLOEXEC)), mnt;

	if (m->source)
		MUST(sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", m->source, 0));
	for (size_t i = 0; i + 1 < COUNT(m->options) && m->options[i]; i += 2)
		MUST(sys_fsconfig(fs, m->options[i + 1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
				  m->options[i], m->options[i + 1], 0));
	MUST(sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	mnt = (int)MUST(sys_fsmount(fs, FSMOUNT_CLOEXEC, m->attrs));
	close(fs);
	return mnt;
}

static void mount_at(const struct mount *m)
{
	const char *name = strrchr(m->target, '/') + 1;
	char parent[64];
	int dir;

	if (m->make) {
		snprintf(parent, sizeof(parent), "%.*s", (int)(name - m->target), m->target);
		dir = (int)MUST(target(parent));
		MUST(mkdirat(dir, name, 0755));
		close(dir);
	}
	attach(new_mount(m), (int)MUST(target(m->target)));
}

static void mount_cgroups(const struct job *job)
{
	const struct sys_mount_attr ro = { .attr_set = RO };
	struct mount m = { "tmpfs", "cgroup", "/sys/fs/cgroup", { "mode", "755" },
			   NOSUID | NODEV | NOEXEC, false };
	char path[64], name[32];
	int fd;

	if (job->n == 0) {
		m = (struct mount){ "cgroup2", "cgroup", "/sys/fs/cgroup", { NULL },
				    RO | NOSUID | NODEV | NOEXEC, false };
		mount_at(&m);
		return;
	}
	mount_at(&m);
	for (size_t i = 0; i < job->n; i++) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(job->name[i], "="), job->name[i]);
		snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", name);
		m = (struct mount){ "cgroup", "cgroup", path, { name, NULL },
				    RO | NOSUID | NODEV | NOEXEC, true };
		if (strcmp(name, "systemd") == 0) {
			m.options[0] = "none";
			m.options[2] = "name";
			m.options[3] = name;
		}
		mount_at(&m);
	}
	if (job->unified) {
		m = (struct mount){ "cgroup2", "cgroup", "/sys/fs/cgroup/unified", { NULL },
				    RO | NOSUID | NODEV | NOEXEC, true };
		mount_at(&m);
	}
	fd = (int)MUST(target("/sys/fs/cgroup"));
	MUST(sys_mount_setattr(fd, "", AT_EMPTY_PATH, &ro));
	close(fd);
}

static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = (int)MUST(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	MUST(ioctl(fd, SIOCSIFFLAGS, &lo));
	close(fd);
}

static void make_devices(void)
{
	int dev = (int)MUST(target("/dev"));
	mode_t old = umask(0);

	for (size_t i = 0; i < COUNT(devices); i++)
		MUST(mknodat(dev, devices[i].name, S_IFCHR | 0666,
			     makedev(devices[i].major, devices[i].minor)));
	umask(old);
	for (size_t i = 0; i < COUNT(links); i++)
		MUST(symlinkat(links[i][0], dev, links[i][1]));
	close(dev);
}

static void enter_root(void)
{
	const struct sys_mount_attr slave = { .propagation = MS_SLAVE };

	MUST(sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &slave));
	MUST(sys_mount_setattr(FD_TREE, "", AT_EMPTY_PATH | AT_RECURSIVE, &slave));
	MUST(sys_move_mount(FD_TREE, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH));
	MUST(fchdir(FD_TREE));
}

static void restrict_paths(void)
{
	const struct sys_mount_attr ro = { .attr_set = RO };
	const struct sys_mount_attr null = { .attr_set = NOSUID | NOEXEC, .propagation = MS_PRIVATE };
	const struct mount empty = { "tmpfs", NULL, NULL, { "mode", "0755", "nr_inodes", "2" },
				     RO | NOSUID | NODEV | NOEXEC, false };
	int cover[2] = { FD_NULL, -1 }, at, mnt;	/* of a file, of a directory */
	bool used[2] = { false, false }, is_dir;
	struct stat st;

	for (size_t i = 0; i < COUNT(readonly_paths); i++) {
		at = target(readonly_paths[i]);
		if (at < 0)
			continue;
		mnt = (int)MUST(sys_open_tree(at, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
					      AT_EMPTY_PATH | AT_RECURSIVE));
		MUST(sys_mount_setattr(mnt, "", AT_EMPTY_PATH | AT_RECURSIVE, &ro));
		attach(mnt, at);
	}
	MUST(sys_mount_setattr(FD_NULL, "", AT_EMPTY_PATH, &null));
	for (size_t i = 0; i < COUNT(masked_paths); i++) {
		at = target(masked_paths[i]);
		if (at < 0)
			continue;
		MUST(fstat(at, &st));
		is_dir = S_ISDIR(st.st_mode);
		if (is_dir && cover[1] < 0)
			cover[1] = new_mount(&empty);
		/* What is not attached anywhere cannot be copied: the first place gets it itself. */
		mnt = (int)MUST(used[is_dir] ?
				sys_open_tree(cover[is_dir], "", OPEN_TREE_CLONE |
					      OPEN_TREE_CLOEXEC | AT_EMPTY_PATH) :
				fcntl(cover[is_dir], F_DUPFD_CLOEXEC, 0));
		used[is_dir] = true;
		attach(mnt, at);
	}
	MUST(sys_mount_setattr(AT_FDCWD, "/", 0, &ro));
}

static void drop_privileges(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { (uint32_t)caps, (uint32_t)caps, 0 },
						  { (uint32_t)(caps >> 32), (uint32_t)(caps >> 32), 0 } };
	const struct rlimit files = { 1024, 1024 };

	MUST(setrlimit(RLIMIT_NOFILE, &files));
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	for (unsigned cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		if (!(caps & (UINT64_C(1) << cap)))
			MUST(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
	}
	MUST(syscall(SYS_setgroups, 0, NULL));
	MUST(syscall(SYS_setresgid, 0, 0, 0));
	MUST(syscall(SYS_setresuid, 0, 0, 0));
	MUST(syscall(SYS_capset, &head, data));
	MUST(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
}

static void load_filter(void)
{
	struct stat st;
	struct sock_fprog prog;

	MUST(fstat(FD_FILTER, &st));
	prog.len = (unsigned short)(st.st_size / (off_t)sizeof(struct sock_filter));
	prog.filter = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, FD_FILTER,
			   0);
	MUST(prog.filter == MAP_FAILED ? -1 : 0);
	MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &prog));
}

static void join_cgroups(const struct job *job)
{
	for (size_t i = 0; i < job->n; i++) {
		MUST(write(FD_TASKS + (int)i, "0", 1));
		close(FD_TASKS + (int)i);
	}
}

static _Noreturn void execute(const struct job *job)
{
	char *const envp[] = { (char[]){ "PATH=/usr/bin:/bin" }, (char[]){ "TERM=xterm" },
			       (char[]){ "HOME=/" }, NULL };

	if (job->filter)
		load_filter();
	MUST(execve(job->argv[0], job->argv, envp));
	_exit(1);
}

static _Noreturn void init_inside(const struct job *job)
{
	char keyring[256];

	MUST(setns(FD_PIDFD, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWCGROUP |
			     (job->net ? CLONE_NEWNET : 0)));
	close(FD_PIDFD);
	join_cgroups(job);
	MUST(sys_close_range(3, FD_FILTER - 1, CLOSE_RANGE_CLOEXEC));
	snprintf(keyring, sizeof(keyring), "_ses.%s", job->id);
	MUST(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, keyring));
	drop_privileges();
	if (MUST(syscall(SYS_clone, CLONE_PARENT, NULL, NULL, NULL, 0)) > 0)
		_exit(0);
	MUST(setsid());
	MUST(fcntl(FD_FILTER, F_SETFD, FD_CLOEXEC));
	execute(job);
}

static _Noreturn void init(const struct job *job)
{
	char keyring[256];

	join_cgroups(job);
	MUST(sys_close_range(3, FD_TREE - 1, CLOSE_RANGE_CLOEXEC));
	MUST(sys_close_range(FD_TREE, ~0u, CLOSE_RANGE_CLOEXEC));
	if (job->n > 0 || job->unified)
		MUST(unshare(CLONE_NEWCGROUP));
	MUST(setsid());
	snprintf(keyring, sizeof(keyring), "_ses.%s", job->id);
	MUST(syscall(SYS_keyctl, KEYCTL_SETPERM,
		     MUST(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, keyring)), 0x3f1b0000));
	MUST(sethostname("husk", 4));
	if (job->net)
		loopback_up();
	enter_root();
	for (size_t i = 0; i < COUNT(mounts); i++)
		mount_at(&mounts[i]);
	if (job->n > 0 || job->unified)
		mount_cgroups(job);
	make_devices();
	MUST(sys_pivot_root(".", "."));
	MUST(umount2(".", MNT_DETACH));
	MUST(chdir("/"));
	restrict_paths();
	drop_privileges();
	execute(job);
}

int main(int argc, char **argv)
{
	const struct job job = parse(argc, argv);

	if (strcmp(argv[0], "floor-init") == 0 && job.joins)
		init_inside(&job);
	if (strcmp(argv[0], "floor-init") == 0)
		init(&job);
	argv[0] = (char[]){ "floor-init" };
	return job.joins ? run_inside(&job, argv) : run(&job, argv);
}
