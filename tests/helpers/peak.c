/*
 * peak: run a command and print the largest resident set that it, or a child it waited for, had.
 *
 *	peak COMMAND [ARG]...         "1234" (KiB) on standard output; exit status: the command's
 *
 * Uses: nothing.    Used by: tests/bench/run.sh.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage usage;
	int status = 0;
	pid_t pid;

	if (argc < 2)
		return 2;
	/* vfork: what the child's maximum starts from is this small program. */
	pid = vfork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
		perror(argv[1]);
		return 1;
	}
	printf("%ld\n", usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
