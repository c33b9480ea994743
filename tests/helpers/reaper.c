/*
 * reaper: run one test case so that nothing it starts can get away.
 *
 *	reaper SECONDS COMMAND [ARG]...
 *
 * It is the subreaper of all that COMMAND starts.  When COMMAND has ended, whatever lives on is
 * printed ("# leaked process 123 probe") and killed; after SECONDS everything is killed.  Exit
 * status: COMMAND's (128+signal), 124 for the time limit, 125 for a leak after success.
 *
 * Uses: nothing.    Used by: tests/run-integration.sh.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t timed_out;

static void on_alarm(int sig)
{
	(void)sig;
	timed_out = 1;
}

/* Name and parent of @pid from /proc; false when it is gone or a zombie. */
static bool inspect(const char *pid, char *name, size_t size, pid_t *parent)
{
	char path[64], line[512], state = 0, *open, *close;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	open = strchr(line, '(');
	close = strrchr(line, ')');
	if (!open || !close || sscanf(close + 1, " %c %d", &state, parent) != 2)
		return false;
	snprintf(name, size, "%.*s", (int)(close - open - 1), open + 1);
	return state != 'Z' && state != 'X';
}

/* Kill every living child of ours; their orphans become ours and go in the next round. */
static unsigned kill_children(bool report)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	unsigned n = 0;

	while (proc && (e = readdir(proc))) {
		char name[64];
		pid_t parent = 0;

		if (e->d_name[0] < '0' || e->d_name[0] > '9' ||
		    !inspect(e->d_name, name, sizeof(name), &parent) || parent != getpid())
			continue;
		if (report)
			printf("# leaked process %s %s\n", e->d_name, name);
		kill(atoi(e->d_name), SIGKILL);
		n++;
	}
	if (proc)
		closedir(proc);
	return n;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
}

/* Reap until the last child is gone; at most 10 s. */
static void bury(void)
{
	for (int i = 0; i < 1000; i++) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return;
		if (pid == 0) {
			kill_children(false);
			nap();
		}
	}
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	int status = 0, code;
	unsigned leaked = 0;
	pid_t pid, got;

	if (argc < 3)
		return 2;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	sigaction(SIGALRM, &sa, NULL);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	alarm((unsigned)atoi(argv[1]));
	do
		got = waitpid(-1, &status, 0);
	while (got != pid && !timed_out);
	alarm(0);
	code = timed_out ? 124 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	if (timed_out)
		printf("# timed out after %s s\n", argv[1]);

	/* A process that is just ending is no leak: look again before saying so. */
	for (int i = 0; i < 20 && !timed_out; i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (waitpid(-1, NULL, WNOHANG) < 0)
			break;
		nap();
	}
	leaked = kill_children(!timed_out);
	bury();
	return code == 0 && leaked ? 125 : code;
}
