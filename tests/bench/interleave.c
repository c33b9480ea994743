/*
 * interleave: time commands in turns, so that what else the machine does meets all of them.
 *
 *	interleave [-n ROUNDS] [-w WARMUPS] [-s SECONDS] [-j CALLERS -t MILLISECONDS] <COMMANDS
 *
 * COMMANDS are lines "LABEL PROGRAM [ARGUMENT]...", words separated by spaces.  The lines up
 * to an empty one are a contestant: in each round all contestants have their turn, each time
 * another one first, and run all of their lines in order.  What has the label "-" is not timed.
 * The first round and those after it that -w asks for are not counted; after -s SECONDS no other
 * round begins.
 *
 * With -j each contestant has one line, and a turn is -t MILLISECONDS in which CALLERS processes
 * run it again and again; "{}" in it is the caller's number.
 *
 * Prints a line for each label: times in microseconds, of them CPU the median of what the command and
 * its children spent of processors, which other load changes less; PEAK, the memory of the largest
 * process, in KiB; FAULTS, the median of minor page faults; how many ended per second, with -j; the
 * bounds between which the true median is in 95 of 100 such measurements.
 *
 *	LABEL N MIN P10 MEDIAN P90 P99 MAX CPU PEAK FAULTS RATE LOW HIGH
 *
 * A command has no input or output but its errors.  One that fails ends the program, with 1.
 *
 * Uses: samples.h.    Used by: run.sh.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/samples.h"

enum { MAX_WORDS = 64, MAX_COMMANDS = 64, MAX_CALLS = MAX_SAMPLES / 64 };

struct command {
	char *label, *words[MAX_WORDS + 1];
	unsigned turn;				/* whose */
	struct series series;
};

struct caller {					/* shared with it */
	size_t n;
	long peak;
	struct sample samples[MAX_CALLS];
};

static struct command commands[MAX_COMMANDS];
static unsigned n_commands, n_turns;

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static void read_commands(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&line, &size, stdin)) >= 0) {
		struct command *c = &commands[n_commands];
		char *rest = strdup(line), *word;
		unsigned words = 0;

		rest[strcspn(rest, "\n")] = '\0';
		if (!*rest) {
			if (n_commands > 0 && commands[n_commands - 1].turn == n_turns)
				n_turns++;
			continue;
		}
		if (n_commands == MAX_COMMANDS)
			die("too many commands");
		c->label = strsep(&rest, " ");
		while ((word = strsep(&rest, " ")) && words < MAX_WORDS) {
			if (*word)
				c->words[words++] = word;
		}
		if (words == 0)
			die(c->label);
		c->turn = n_turns;
		n_commands++;
	}
	if (n_commands > 0 && commands[n_commands - 1].turn == n_turns)
		n_turns++;
}

/* Runs @words; the time is from before the process is made until it has been waited for. */
static struct sample run(char *const *words, long *peak)
{
	double start = sample_now();
	struct sample sample;
	struct rusage usage;
	int status = 0;
	pid_t pid;

	errno = posix_spawn(&pid, words[0], NULL, NULL, words, environ);
	if (errno != 0 || wait4(pid, &status, 0, &usage) != pid)
		die(words[0]);
	sample.time = sample_now() - start;
	if (status != 0) {
		fprintf(stderr, "interleave: status 0x%x of:", (unsigned)status);
		for (; *words; words++)
			fprintf(stderr, " %s", *words);
		fprintf(stderr, "\n");
		exit(1);
	}
	sample.cpu = sample_cpu(&usage);
	sample.faults = usage.ru_minflt;
	*peak = usage.ru_maxrss > *peak ? usage.ru_maxrss : *peak;
	return sample;
}

static void take_turn(unsigned turn, bool count)
{
	for (struct command *c = commands; c < commands + n_commands; c++) {
		struct sample sample;

		if (c->turn != turn)
			continue;
		sample = run(c->words, &c->series.peak);
		if (count)
			series_add(&c->series, sample);
	}
}

/* ---- callers side by side ---- */

static void number_words(struct command *c, unsigned number, char *out[MAX_WORDS + 1])
{
	for (unsigned i = 0; c->words[i]; i++) {
		const char *at = strstr(c->words[i], "{}");

		out[i] = c->words[i];
		if (at && asprintf(&out[i], "%.*s%u%s", (int)(at - c->words[i]), c->words[i], number,
				   at + 2) < 0)
			die("asprintf");
		out[i + 1] = NULL;
	}
}

static _Noreturn void call(struct command *c, unsigned number, double end, struct caller *out)
{
	char *words[MAX_WORDS + 1] = { NULL };

	number_words(c, number, words);
	do
		out->samples[out->n++] = run(words, &out->peak);
	while (sample_now() < end && out->n < MAX_CALLS);
	_exit(0);
}

static void take_parallel_turn(struct command *c, unsigned callers, double time, bool count)
{
	struct caller *shared = mmap(NULL, callers * sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double start = sample_now();
	int status;

	if (shared == MAP_FAILED)
		die("mmap");
	for (unsigned i = 0; i < callers; i++) {
		pid_t pid = fork();

		if (pid == 0)
			call(c, i, start + time, &shared[i]);
		if (pid < 0)
			die("fork");
	}
	for (unsigned i = 0; i < callers; i++) {
		if (wait(&status) < 0 || status != 0)
			exit(1);
	}
	c->series.seconds += count ? (sample_now() - start) / 1e6 : 0;
	for (unsigned i = 0; i < callers; i++) {
		if (shared[i].peak > c->series.peak)
			c->series.peak = shared[i].peak;
		for (size_t k = 0; count && k < shared[i].n; k++)
			series_add(&c->series, shared[i].samples[k]);
	}
	munmap(shared, callers * sizeof(*shared));
}

int main(int argc, char **argv)
{
	unsigned rounds = 100, warmups = 2, callers = 0;
	double seconds = 1e6, slice = 1000, end;
	FILE *results;
	int option, null;

	while ((option = getopt(argc, argv, "n:w:s:j:t:")) != -1) {
		switch (option) {
		case 'n': rounds = (unsigned)atoi(optarg); break;
		case 'w': warmups = (unsigned)atoi(optarg); break;
		case 's': seconds = atof(optarg); break;
		case 'j': callers = (unsigned)atoi(optarg); break;
		case 't': slice = atof(optarg); break;
		default: return 2;
		}
	}
	read_commands();
	/* The results go where the commands' output does not. */
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	results = fdopen(fcntl(1, F_DUPFD_CLOEXEC, 3), "w");
	if (null < 0 || !results || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		die("/dev/null");
	end = sample_now() + seconds * 1e6;
	for (unsigned round = 0; round < warmups + rounds; round++) {
		bool count = round >= warmups;

		if (round > warmups && sample_now() > end)
			break;
		for (unsigned i = 0; i < n_turns; i++) {
			unsigned turn = (round + i) % n_turns;

			if (callers == 0)
				take_turn(turn, count);
			else
				take_parallel_turn(&commands[turn], callers, slice * 1e3, count);
		}
	}
	for (unsigned i = 0; i < n_commands; i++) {
		if (strcmp(commands[i].label, "-") != 0)
			series_report(&commands[i].series, commands[i].label, results);
	}
	return fclose(results) == 0 ? 0 : 1;
}
