/*
 * spinner: exchanges names as fast as the kernel can, like an attacker inside a shared volume.
 *
 *	spinner SECONDS STOP A B [C]...    exchange A with B, then A with C, ...; over and over
 *
 * It ends after SECONDS, when the file STOP is there, or with its parent.  Prints how many
 * exchanges there were.  Every second exchange puts things back, so A is mostly what it was.
 *
 * Uses: nothing.    Used by: tests/integration/attack.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_PER_LOOK = 64 };

static int exchange(const char *a, const char *b)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

int main(int argc, char **argv)
{
	unsigned long done = 0;
	time_t end;

	if (argc < 5)
		return 2;
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	end = time(NULL) + atoi(argv[1]);
	while (time(NULL) < end && access(argv[2], F_OK) < 0) {
		for (int i = 0; i < ROUNDS_PER_LOOK; i++) {
			char *other = argv[4 + i % (argc - 4)];

			/* Twice: there and back.  A container may have made something meanwhile. */
			done += exchange(argv[3], other) == 0;
			done += exchange(argv[3], other) == 0;
		}
	}
	printf("exchanged %lu\n", done);
	return 0;
}
