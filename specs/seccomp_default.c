/*
 * The seccomp profile of `husk spec`: what programs need, and not what widens the kernel's attack
 * surface for a container that has no use for it.
 *
 * Left out, and so refused with EPERM:
 *   namespaces and mounts (unshare, setns, mount, fsopen, ..., clone with CLONE_NEW*; clone3, whose
 *     flags a filter cannot see, is ENOSYS, from which C libraries fall back to clone);
 *   io_uring, whose operations no filter sees; bpf, userfaultfd, perf_event_open;
 *   modules, kexec, reboot, swap, accounting, quotas, the kernel's log, clocks and port I/O;
 *   keyrings, which no namespace separates; file handles, which lead out of the root;
 *   placing memory on NUMA nodes; looking into files of other processes (kcmp, pidfd_getfd);
 *   address families beyond UNIX, IP, netlink and packets: above all AF_VSOCK, which leads to the host.
 * Numbers above the newest call that is named are ENOSYS (runtime/process/seccomp.c).
 *
 * Uses: runtime/base/json_write.h.    Used by: spec_default.c.
 */
#include "specs/seccomp_default.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/base/str.h"
#include "runtime/base/util.h"

/* Names of every machine, 32-bit programs included; those that a machine has not are skipped. */
static const char *const allowed[] = {
	/* processes */
	"arch_prctl capget capset execve execveat exit exit_group fork get_thread_area getcpu getegid "
	"getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp getpid "
	"getppid getpriority getresgid getresgid32 getresuid getresuid32 getrlimit getrusage getsid "
	"gettid getuid getuid32 ioprio_get ioprio_set kill nice pause pidfd_open pidfd_send_signal "
	"prctl prlimit64 process_mrelease process_vm_readv process_vm_writev ptrace restart_syscall rseq "
	"seccomp set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 "
	"setgroups setgroups32 setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid "
	"setresuid32 setreuid setreuid32 setrlimit setsid setuid setuid32 sysinfo times tgkill tkill "
	"ugetrlimit umask uname uretprobe vfork wait4 waitid waitpid",
	/* scheduling */
	"membarrier sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr "
	"sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 "
	"sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield",
	/* signals */
	"rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend "
	"rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaction sigaltstack signal signalfd "
	"signalfd4 sigpending sigprocmask sigreturn sigsuspend",
	/* memory */
	"brk cachestat get_robust_list madvise map_shadow_stack memfd_create memfd_secret mincore mlock "
	"mlock2 mlockall mmap mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc "
	"pkey_free pkey_mprotect remap_file_pages set_robust_list",
	/* files: names */
	"access chdir chmod chown chown32 creat faccessat faccessat2 fchdir fchmodat fchmodat2 fchownat "
	"fstatat64 futimesat getcwd lchown lchown32 link linkat lstat lstat64 mkdir mkdirat mknod "
	"mknodat name_to_handle_at newfstatat oldfstat oldlstat oldstat open openat openat2 readlink "
	"readlinkat rename renameat renameat2 rmdir stat stat64 statfs statfs64 statx symlink symlinkat "
	"truncate truncate64 unlink unlinkat utime utimensat utimensat_time64 utimes",
	/* files: extended attributes */
	"fgetxattr file_getattr file_setattr flistxattr fremovexattr fsetxattr getxattr getxattrat "
	"lgetxattr listxattr listxattrat llistxattr lremovexattr lsetxattr removexattr removexattrat "
	"setxattr setxattrat",
	/* files: descriptors */
	"_llseek close close_range copy_file_range dup dup2 dup3 fadvise64 fadvise64_64 fallocate "
	"fanotify_mark fchmod fchown fchown32 fcntl fcntl64 fdatasync flock fstat fstat64 fstatfs "
	"fstatfs64 fsync ftruncate ftruncate64 getdents getdents64 inotify_add_watch inotify_init "
	"inotify_init1 inotify_rm_watch ioctl lseek pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev "
	"pwritev2 read readahead readdir readv sendfile sendfile64 splice sync sync_file_range syncfs "
	"tee vmsplice write writev",
	/* waiting */
	"_newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 "
	"epoll_wait epoll_wait_old eventfd eventfd2 futex futex_requeue futex_time64 futex_wait "
	"futex_waitv futex_wake io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 "
	"io_setup io_submit poll ppoll ppoll_time64 pselect6 pselect6_time64 select",
	/* time */
	"adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime "
	"clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep "
	"setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 "
	"timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime "
	"timerfd_settime64",
	/* sockets */
	"accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg "
	"recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketpair",
	/* System V and POSIX IPC */
	"ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
	"mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop "
	"semtimedop_time64 shmat shmctl shmdt shmget",
	/* what else is harmless: random numbers, a program's own restrictions, mounts to look at */
	"getrandom landlock_add_rule landlock_create_ruleset landlock_restrict_self listmount "
	"lsm_get_self_attr lsm_list_modules statmount",
#if defined(__x86_64__)
	"modify_ldt",
#elif defined(__aarch64__)
	"arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush get_tls set_tls sync_file_range2",
#elif defined(__riscv)
	"riscv_flush_icache riscv_hwprobe",
#elif defined(__s390x__)
	"s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr",
#elif defined(__powerpc64__)
	"swapcontext switch_endian sync_file_range2",
#endif
};

/* 32-bit programs are killed: they would enter the kernel by calls of their own, of which socketcall(2)
 * hides the address family from every filter.  Who has such programs adds SCMP_ARCH_X86 or _ARM. */
static const char *const architectures[] = {
#if defined(__x86_64__)
	"SCMP_ARCH_X86_64",
#elif defined(__aarch64__)
	"SCMP_ARCH_AARCH64",
#endif
	NULL
};

/* Linux, BSD's order of addresses, as uname26 has them, and a question for the present one. */
static const uint64_t personalities[] = { 0, 8, 0x20000, 0x20008, 0xffffffff };
static const uint64_t families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET };

enum {
	CLONE_NAMESPACES = 0x7e020000,	/* CLONE_NEW*, but for NEWTIME, which clone(2) cannot have */
#if defined(__s390x__)
	CLONE_FLAGS = 1,		/* the argument */
#else
	CLONE_FLAGS = 0,
#endif
	LINE = 96,
};

/* ["a", "b", ...] in lines of a bearable length; a name on a line of its own would be pages. */
static void put_names(struct json_writer *w, const char *names)
{
	cleanup_str struct str out = { 0 };
	size_t column = LINE;

	str_add(&out, "[");
	while (*names) {
		size_t len = strcspn(names, " ");

		if (column + len + 4 > LINE) {
			str_printf(&out, "\n%*s", 2 * (int)w->depth + 2, "");
			column = 2 * w->depth + 2;
		} else {
			str_add(&out, " ");
			column++;
		}
		str_printf(&out, "\"%.*s\"%s", (int)len, names, names[len] ? "," : "");
		column += len + 3;
		names += len + (names[len] == ' ');
	}
	str_printf(&out, "\n%*s]", 2 * (int)w->depth, "");
	if (out.failed)
		w->out.failed = true;
	else
		json_put_raw(w, "names", out.s);
}

static void put_rule(struct json_writer *w, const char *name, const char *op, unsigned index,
		     uint64_t value)
{
	const char *const names[] = { name, NULL };

	json_open(w, NULL, '{');
	json_put_strings(w, "names", names);
	json_put_string(w, "action", "SCMP_ACT_ALLOW");
	json_open(w, "args", '[');
	json_open(w, NULL, '{');
	json_put_uint(w, "index", index);
	json_put_uint(w, "value", value);
	if (strcmp(op, "SCMP_CMP_MASKED_EQ") == 0)
		json_put_uint(w, "valueTwo", 0);
	json_put_string(w, "op", op);
	json_close(w, '}');
	json_close(w, ']');
	json_close(w, '}');
}

static void put_clone3(struct json_writer *w)
{
	static const char *const clone3[] = { "clone3", NULL };

	json_open(w, NULL, '{');
	json_put_strings(w, "names", clone3);
	json_put_string(w, "action", "SCMP_ACT_ERRNO");
	json_put_int(w, "errnoRet", ENOSYS);
	json_close(w, '}');
}

void oci_put_default_seccomp(struct json_writer *w)
{
	json_open(w, "seccomp", '{');
	json_put_string(w, "defaultAction", "SCMP_ACT_ERRNO");
	json_put_int(w, "defaultErrnoRet", EPERM);
	if (architectures[0])
		json_put_strings(w, "architectures", architectures);
	json_open(w, "syscalls", '[');
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		json_open(w, NULL, '{');
		put_names(w, allowed[i]);
		json_put_string(w, "action", "SCMP_ACT_ALLOW");
		json_close(w, '}');
	}
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		put_rule(w, "socket", "SCMP_CMP_EQ", 0, families[i]);
	for (size_t i = 0; i < ARRAY_SIZE(personalities); i++)
		put_rule(w, "personality", "SCMP_CMP_EQ", 0, personalities[i]);
	put_rule(w, "clone", "SCMP_CMP_MASKED_EQ", CLONE_FLAGS, CLONE_NAMESPACES);
	put_clone3(w);
	json_close(w, ']');
	json_close(w, '}');
}
