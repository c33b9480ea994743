/*
 * specs/seccomp_default.c: what the profile of `husk spec` lets through, compiled as any other.
 */
#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "runtime/process/process.h"
#include "tests/unit/test_specs.h"

static struct oci_config config;
static void *filter;
static size_t n_bytes;

static int compile(void **state)
{
	struct husk_error err = { 0 };
	cleanup_free char *text = oci_spec_write(false, 0, 0);

	(void)state;
	if (oci_config_parse(text, strlen(text), &config, NULL, &err) < 0 ||
	    rt_seccomp_check(config.linux_.seccomp, &err) < 0 ||
	    rt_seccomp_compile(config.linux_.seccomp, -1, &filter, &n_bytes, &err) < 0) {
		print_error("%s\n", err.msg);
		return -1;
	}
	return 0;
}

static int forget(void **state)
{
	(void)state;
	free(filter);
	oci_config_done(&config);
	return 0;
}

static bool allows(int nr, uint64_t first)
{
	const struct rt_call call = { nr, { first, 0, 0, 0, 0, 0 } };

	return rt_seccomp_allows(filter, n_bytes, &call);
}

static void what_programs_need_is_allowed(void **state)
{
	static const int calls[] = {
		__NR_read, __NR_openat, __NR_openat2, __NR_execve, __NR_mmap, __NR_mprotect, __NR_brk,
		__NR_futex, __NR_epoll_pwait, __NR_ppoll, __NR_wait4, __NR_exit_group, __NR_getrandom,
		__NR_prlimit64, __NR_rt_sigreturn, __NR_restart_syscall, __NR_rseq, __NR_setresuid,
		__NR_setgroups, __NR_prctl, __NR_ptrace, __NR_io_submit, __NR_memfd_create,
		__NR_clock_nanosleep, __NR_sendmsg, __NR_renameat2, __NR_statx, __NR_shmget,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (!allows(calls[i], 0))
			fail_msg("system call %d is refused", calls[i]);
	}
}

static void what_widens_the_attack_surface_is_not(void **state)
{
	static const int calls[] = {
		__NR_unshare, __NR_setns, __NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot,
		__NR_open_tree, __NR_move_mount, __NR_fsopen, __NR_fsconfig, __NR_fsmount, __NR_fspick,
		__NR_clone3, __NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register,
		__NR_bpf, __NR_userfaultfd, __NR_perf_event_open, __NR_init_module, __NR_finit_module,
		__NR_delete_module, __NR_kexec_load, __NR_reboot, __NR_swapon, __NR_swapoff, __NR_acct,
		__NR_quotactl, __NR_syslog, __NR_settimeofday, __NR_clock_settime, __NR_add_key,
		__NR_request_key, __NR_keyctl, __NR_open_by_handle_at, __NR_mbind, __NR_set_mempolicy,
		__NR_move_pages, __NR_migrate_pages, __NR_kcmp, __NR_sethostname, __NR_vhangup,
		__NR_fanotify_init, __NR_nfsservctl,
#ifdef __NR_iopl
		__NR_iopl, __NR_ioperm, __NR_uselib,
#endif
		9999,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (allows(calls[i], 0))
			fail_msg("system call %d is allowed", calls[i]);
	}
}

static void some_depend_on_an_argument(void **state)
{
	static const struct {
		int nr;
		uint64_t first;
		bool allowed;
	} calls[] = {
		{ __NR_clone, SIGCHLD, true },
		{ __NR_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, true },
		{ __NR_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, true },
		{ __NR_clone, CLONE_NEWUSER | SIGCHLD, false },
		{ __NR_clone, CLONE_NEWNS, false },
		{ __NR_clone, CLONE_NEWNET, false },
		{ __NR_clone, CLONE_NEWPID, false },
		{ __NR_clone, CLONE_NEWIPC, false },
		{ __NR_clone, CLONE_NEWUTS, false },
		{ __NR_clone, CLONE_NEWCGROUP, false },
		{ __NR_socket, AF_UNIX, true },
		{ __NR_socket, AF_INET, true },
		{ __NR_socket, AF_INET6, true },
		{ __NR_socket, AF_NETLINK, true },
		{ __NR_socket, AF_PACKET, true },
		{ __NR_socket, AF_VSOCK, false },
		{ __NR_socket, AF_ALG, false },
		{ __NR_socket, AF_BLUETOOTH, false },
		/* the kernel takes an int, and looks at no more */
		{ __NR_socket, AF_VSOCK | 1ULL << 32, false },
		{ __NR_personality, 0, true },
		{ __NR_personality, 0xffffffff, true },
		{ __NR_personality, 0x0040000 /* ADDR_NO_RANDOMIZE */, false },
		{ __NR_personality, 0x0400000 /* READ_IMPLIES_EXEC */, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (allows(calls[i].nr, calls[i].first) != calls[i].allowed)
			fail_msg("row %zu: system call %d is %s", i, calls[i].nr,
				 calls[i].allowed ? "refused" : "allowed");
	}
}

/* libseccomp may be older than a call, but must not be told of one that there never was. */
static void every_name_is_a_system_call(void **state)
{
	static const char *const newer[] = {	/* than libseccomp 2.5.4 */
		"cachestat", "fchmodat2", "file_getattr", "file_setattr", "futex_requeue", "futex_wait",
		"futex_wake", "getxattrat", "listmount", "listxattrat", "lsm_get_self_attr",
		"lsm_list_modules", "map_shadow_stack", "mseal", "removexattrat", "setxattrat",
		"statmount", "uretprobe",
	};
	const struct oci_seccomp *s = config.linux_.seccomp;

	(void)state;
	for (size_t i = 0; i < s->n_rules; i++) {
		for (size_t k = 0; k < s->rules[i].n_names; k++) {
			const char *name = s->rules[i].names[k];
			size_t j = 0;

			while (j < ARRAY_SIZE(newer) && strcmp(newer[j], name) != 0)
				j++;
			if (j == ARRAY_SIZE(newer) &&
			    seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR)
				fail_msg("%s is no system call", name);
		}
	}
}

/* A name twice would hide that one of them has a condition. */
static void every_name_is_there_once(void **state)
{
	const struct oci_seccomp *s = config.linux_.seccomp;
	const char *seen[1000];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < s->n_rules; i++) {
		for (size_t k = 0; k < s->rules[i].n_names && s->rules[i].n_args == 0; k++) {
			for (size_t j = 0; j < n; j++)
				assert_string_not_equal(seen[j], s->rules[i].names[k]);
			assert_true(n < ARRAY_SIZE(seen));
			seen[n++] = s->rules[i].names[k];
		}
	}
	for (size_t j = 0; j < n; j++) {
		assert_string_not_equal(seen[j], "clone");
		assert_string_not_equal(seen[j], "socket");
		assert_string_not_equal(seen[j], "socketcall");
		assert_string_not_equal(seen[j], "personality");
	}
}

/* It is loaded at every start. */
static void the_filter_is_small(void **state)
{
	(void)state;
	assert_true(n_bytes / sizeof(struct sock_filter) < 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_programs_need_is_allowed),
		cmocka_unit_test(what_widens_the_attack_surface_is_not),
		cmocka_unit_test(some_depend_on_an_argument),
		cmocka_unit_test(every_name_is_a_system_call),
		cmocka_unit_test(every_name_is_there_once),
		cmocka_unit_test(the_filter_is_small),
	};

	return cmocka_run_group_tests_name("specs/seccomp_default", tests, compile, forget);
}
