/*
 * library: time libhusk in a small and in a large process, in turns.
 *
 *	library ROUNDS SECONDS STATE BUNDLE ID RUNNING MIB...
 *
 * For each MIB a process that has touched that much memory runs container ID of BUNDLE (whose program
 * ends) by husk_run(), waits and deletes it, and runs /bin/true in the container RUNNING by
 * husk_exec().  After SECONDS no other round begins.
 * Prints lines as interleave does, labels "library-run:MIB:husk" and "library-exec:MIB:husk".
 *
 * Uses: samples.h, libhusk.    Used by: run.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/include/husk.h"
#include "tests/bench/samples.h"

enum { MAX_SIZES = 8, FIRST_SIZE = 7 };

static struct husk *handle;

static void must(int ret, const struct husk_error *err)
{
	if (ret < 0) {
		fprintf(stderr, "library: %s\n", err->msg);
		exit(1);
	}
}

static void finish(struct husk_process *p)
{
	siginfo_t info = { 0 };

	if (waitid(P_PIDFD, (id_t)p->pidfd, &info, WEXITED) < 0 || info.si_status != 0) {
		fprintf(stderr, "library: the program's status is %d\n", info.si_status);
		exit(1);
	}
	(void)close(p->pidfd);
}

/* What this process, and those that it waited for, have taken so far. */
static struct sample taken(void)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	return (struct sample){ .time = sample_now(),
				.cpu = sample_cpu(&self) + sample_cpu(&children),
				.faults = self.ru_minflt + children.ru_minflt };
}

static struct sample since(struct sample before)
{
	struct sample now = taken();

	return (struct sample){ now.time - before.time, now.cpu - before.cpu,
				now.faults - before.faults };
}

static struct sample run(char **argv, const char *mib)
{
	struct husk_create_options opts = { .bundle = argv[4] };
	struct husk_process process = { .pidfd = -1, .console = -1 };
	struct sample before = taken();
	struct husk_error err;
	char id[256];

	snprintf(id, sizeof(id), "%s-%s", argv[5], mib);
	must(husk_run(handle, id, &opts, &process, &err), &err);
	finish(&process);
	must(husk_delete(handle, id, 0, &err), &err);
	return since(before);
}

static struct sample exec(char **argv)
{
	char *const args[] = { (char[]){ "/bin/true" }, NULL };
	struct husk_exec_options opts = { .args = args };
	struct husk_process process = { .pidfd = -1, .console = -1 };
	struct sample before = taken();
	struct husk_error err;

	must(husk_exec(handle, argv[6], &opts, &process, &err), &err);
	finish(&process);
	return since(before);
}

/* Answers each byte with two samples, until there are no more. */
static _Noreturn void serve(int sock, char **argv, const char *mib)
{
	struct husk_settings settings = { .root = argv[3] };
	size_t size = strtoul(mib, NULL, 10) << 20;
	char *memory = malloc(size), byte;
	struct sample samples[2];
	struct husk_error err;

	if (!memory)
		exit(1);
	memset(memory, 1, size);
	must(husk_open(&settings, &handle, &err), &err);
	while (read(sock, &byte, 1) == 1) {
		samples[0] = run(argv, mib);
		samples[1] = exec(argv);
		if (write(sock, samples, sizeof(samples)) != sizeof(samples))
			exit(1);
	}
	husk_close(handle);
	exit(memory[size - 1] == 1 ? 0 : 1);
}

int main(int argc, char **argv)
{
	static struct series series[MAX_SIZES][2];
	int sock[MAX_SIZES], pair[2], n = argc - FIRST_SIZE;
	struct sample samples[2];
	char label[64];
	double end;

	if (n < 1 || n > MAX_SIZES)
		return 2;
	for (int i = 0; i < n; i++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
			return 1;
		sock[i] = pair[0];
		if (fork() == 0) {
			/* The end of file that ends it is that of the last copy. */
			for (int k = 0; k <= i; k++)
				close(sock[k]);
			serve(pair[1], argv, argv[FIRST_SIZE + i]);
		}
		close(pair[1]);
	}
	end = sample_now() + atof(argv[2]) * 1e6;
	for (int round = -2; round < atoi(argv[1]) && (round < 1 || sample_now() < end); round++) {
		for (int k = 0; k < n; k++) {
			int i = (round + 2 + k) % n;

			if (write(sock[i], "", 1) != 1 ||
			    read(sock[i], samples, sizeof(samples)) != sizeof(samples))
				return 1;
			for (int what = 0; what < 2 && round >= 0; what++)
				series_add(&series[i][what], samples[what]);
		}
	}
	for (int what = 0; what < 2; what++) {
		for (int i = 0; i < n; i++) {
			snprintf(label, sizeof(label), "library-%s:%s:husk", what ? "exec" : "run",
				 argv[FIRST_SIZE + i]);
			series_report(&series[i][what], label, stdout);
		}
	}
	return 0;
}
