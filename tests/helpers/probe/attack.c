/*
 * probe: commands of an attacker inside a container; each says what it could get.
 *
 * Uses: probe.h.    Used by: tests/helpers/probe.c.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/helpers/probe/probe.h"

/* ---- steal-exe: CVE-2019-5736 --------------------------------------------------------------- */

static bool is_husk_init(const char *pid)
{
	char path[64], comm[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	(void)!read(fd, comm, sizeof(comm) - 1);
	close(fd);
	return strcmp(comm, "husk-init\n") == 0;
}

/* Any descriptor of it would do: it can be opened again for writing when its process has ended. */
static void steal(const char *pid, int *seen)
{
	static const int flags[] = { O_RDWR, O_WRONLY, O_RDONLY, O_PATH };
	char path[64];

	*seen += 1;
	snprintf(path, sizeof(path), "/proc/%.20s/exe", pid);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		int fd = open(path, flags[i] | O_CLOEXEC);

		if (fd < 0)
			continue;
		/* It may have become the container's program meanwhile. */
		if (is_husk_init(pid))
			printf("stolen with flags %#x\n", flags[i]);
		close(fd);
	}
}

/* Until /stop is there. */
static int do_steal_exe(int argc, char **argv)
{
	int seen = 0;

	(void)argc, (void)argv;
	while (access("/stop", F_OK) < 0) {
		DIR *proc = opendir("/proc");
		struct dirent *e;

		while (proc && (e = readdir(proc))) {
			if (atoi(e->d_name) > 1 && is_husk_init(e->d_name))
				steal(e->d_name, &seen);
		}
		if (proc)
			closedir(proc);
	}
	printf("seen %d\n", seen);
	return 0;
}

/* ---- names --------------------------------------------------------------------------------- */

static int exchange(const char *a, const char *b)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

/*
 * exchange SECONDS STOP A B [C]...: A with B and back, A with C and back, ..., as fast as the kernel can,
 * until then, or the file STOP is there, or the parent has ended.  Says "exchanging, " when it has begun.
 */
static int do_exchange(int argc, char **argv)
{
	time_t end = time(NULL) + atoi(argv[0]);
	unsigned long done = 0;

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (bool first = true; time(NULL) < end && access(argv[1], F_OK) < 0; first = false) {
		for (int i = 0; i < 64; i++) {
			char *other = argv[3 + i % (argc - 3)];

			done += exchange(argv[2], other) == 0;
			done += exchange(argv[2], other) == 0;
		}
		if (first) {
			printf("exchanging, ");
			fflush(stdout);
		}
	}
	printf("exchanged %lu\n", done);
	return 0;
}

/* ---- terminals -------------------------------------------------------------------------------- */

/* type TEXT: into the terminal that is standard input, as if somebody sat there. */
static int do_type(int argc, char **argv)
{
	char paste = 3;		/* TIOCLINUX's TIOCL_PASTESEL */

	(void)argc;
	for (const char *c = argv[0]; *c; c++) {
		if (ioctl(0, TIOCSTI, c) < 0) {
			printf("type %s\n", errno_name(errno));
			break;
		}
	}
	printf("paste %s\n", outcome(ioctl(0, TIOCLINUX, &paste)));
	return 0;
}

/* ---- descriptors ------------------------------------------------------------------------------ */

static void keep_at(int fd, int number)
{
	if (fd < 0 || dup2(fd, number) < 0)
		printf("hold %d %s\n", number, errno_name(errno));
	close(fd);
}

/* hold PROGRAM [ARG]...: execute it with descriptors of every kind open, up to number 200, and none of
 * them marked close-on-exec. */
static int do_hold(int argc, char **argv)
{
	static const struct {
		int number, flags;
		const char *path;
	} files[] = {
		{ 13, O_PATH, "/" },		    { 14, O_RDONLY | O_DIRECTORY, "/" },
		{ 21, O_RDONLY, "/sys/fs/cgroup" }, { 33, O_RDWR, "/dev/null" },
		{ 57, O_RDONLY, "/proc/self/ns/net" }, { 58, O_RDONLY, "/proc/self/ns/mnt" },
		{ 99, O_PATH, "/proc/self/exe" },   { 100, O_PATH | O_DIRECTORY, "/proc/self/root" },
		{ 120, O_RDONLY, "/etc/passwd" },   { 199, O_RDONLY | O_DIRECTORY, "/proc" },
		{ 200, O_PATH | O_DIRECTORY, "." },
	};
	int p[2];

	(void)argc;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		keep_at(open(files[i].path, files[i].flags), files[i].number);
	keep_at((int)syscall(SYS_memfd_create, "held", 0), 40);
	keep_at(socket(AF_UNIX, SOCK_STREAM, 0), 41);
	keep_at(socket(AF_INET, SOCK_DGRAM, 0), 42);
	keep_at((int)syscall(SYS_pidfd_open, getppid(), 0), 43);
	keep_at((int)syscall(SYS_epoll_create1, 0), 44);
	if (pipe(p) == 0) {
		keep_at(p[0], 45);
		keep_at(p[1], 46);
	}
	fflush(stdout);
	execv(argv[0], argv);
	printf("hold %s %s\n", argv[0], errno_name(errno));
	return 127;
}

/* seals FILE...: "seals FILE HEX" of a memfd */
static int do_seals(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);

		if (seals < 0)
			printf("seals %s %s\n", argv[i], errno_name(errno));
		else
			printf("seals %s %x\n", argv[i], (unsigned)seals);
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

/* ---- sockets ---------------------------------------------------------------------------------- */

static long try_connect(const char *name, size_t len)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	long ret = -1;

	if (len > sizeof(a.sun_path))
		return -1;
	memcpy(a.sun_path, name, len);
	for (size_t i = 0; ret < 0 && i < ARRAY_SIZE(types); i++) {
		int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		ret = connect(fd, (struct sockaddr *)&a,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
		close(fd);
	}
	return ret;
}

/* unix-sockets WORD: those of the network namespace whose name has WORD in it, and the abstract
 * ones; "unix NAME OUTCOME". */
static int do_unix_sockets(int argc, char **argv)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char line[512], name[256];
	int n = 0;

	(void)argc;
	while (f && fgets(line, sizeof(line), f)) {
		long ret;

		if (sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %255[^\n]", name) != 1)
			continue;
		n++;
		if (name[0] != '@' && !strstr(name, argv[0]))
			continue;
		if (name[0] == '@')
			name[0] = '\0';
		ret = try_connect(name, strlen(name + 1) + 1);
		printf("unix %s%s %s\n", name[0] ? "" : "@", name[0] ? name : name + 1,
		       outcome(ret));
	}
	if (f)
		fclose(f);
	printf("sockets %d\n", n);
	return 0;
}

const struct probe_command attack_commands[] = {
	{ "exchange", 4, do_exchange },
	{ "hold", 1, do_hold },
	{ "seals", 1, do_seals },
	{ "steal-exe", 0, do_steal_exe },
	{ "type", 1, do_type },
	{ "unix-sockets", 1, do_unix_sockets },
	{ 0 },
};
