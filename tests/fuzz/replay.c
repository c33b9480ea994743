/*
 * A main() for a fuzz target without libFuzzer: each file of the command line is one input.
 *
 * With it the corpora are tests of every build, by any compiler: tests/fuzz/run.sh.
 *
 * Uses: fuzz.h.    Used by: every fuzz_*.c.
 */
#include <signal.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

static const char *current;

/* A finding of a sanitizer is told like a crash: with the file that it came from. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "abort_on_error=1:handle_abort=0:allocator_may_return_null=1";
}

const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

/* Only what may be called in a signal handler. */
static void tell(int sig)
{
	static const char head[] = "input that failed: ";

	if (write(STDERR_FILENO, head, sizeof(head) - 1) < 0 ||
	    write(STDERR_FILENO, current, strlen(current)) < 0 || write(STDERR_FILENO, "\n", 1) < 0)
		_exit(2);
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

static int replay(const char *path)
{
	enum { MAX = 1 << 20 };
	uint8_t *data = malloc(MAX);
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f || !data) {
		perror(path);
		exit(2);
	}
	n = fread(data, 1, MAX, f);
	(void)fclose(f);
	/* As much memory as the input has: reading past its end is seen. */
	data = realloc(data, n + !n);
	current = path;
	(void)LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	static const int crashes[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM };

	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		(void)signal(crashes[i], tell);
	for (int i = 1; i < argc; i++) {
		(void)alarm(20);
		(void)replay(argv[i]);
	}
	return 0;
}
