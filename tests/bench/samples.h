/*
 * What a measured run took, and the line that sums many of them up: see interleave.c.
 *
 * Uses: nothing.    Used by: interleave.c, library.c.
 */
#ifndef HUSK_TESTS_BENCH_SAMPLES_H
#define HUSK_TESTS_BENCH_SAMPLES_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { MAX_SAMPLES = 1 << 17 };

struct sample {
	double time, cpu;			/* microseconds */
	long faults;
};

struct series {
	struct sample *samples;			/* MAX_SAMPLES of them */
	size_t n;
	long peak;				/* KiB */
	double seconds;				/* with callers side by side: of all turns */
};

static inline double sample_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static inline double sample_cpu(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e6 +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

static inline void series_add(struct series *s, struct sample sample)
{
	if (!s->samples)
		s->samples = malloc(MAX_SAMPLES * sizeof(*s->samples));
	if (s->samples && s->n < MAX_SAMPLES)
		s->samples[s->n++] = sample;
}

static inline int series_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of the values of @sorted the one that @part of them are not above. */
static inline double series_percentile(const double *sorted, size_t n, double part)
{
	double at = part * (double)(n - 1);
	size_t below = (size_t)at;

	if (below + 1 >= n)
		return sorted[n - 1];
	return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

/* How far from the middle, in ranks, the true median may be: how many of @n samples lie below it is
 * binomial, so that in 95 of 100 measurements it is no more than this. */
static inline size_t series_reach(size_t n)
{
	size_t reach = 1;

	while ((double)(reach * reach) < 0.96 * (double)n)
		reach++;
	return reach;
}

static inline void series_report(const struct series *s, const char *label, FILE *out)
{
	size_t low = (s->n - 1) / 2, high = s->n / 2, reach = series_reach(s->n);
	static double time[MAX_SAMPLES], cpu[MAX_SAMPLES], faults[MAX_SAMPLES];

	if (s->n == 0)
		return;
	low = low > reach ? low - reach : 0;
	high = high + reach < s->n ? high + reach : s->n - 1;
	for (size_t i = 0; i < s->n; i++) {
		time[i] = s->samples[i].time;
		cpu[i] = s->samples[i].cpu;
		faults[i] = (double)s->samples[i].faults;
	}
	qsort(time, s->n, sizeof(*time), series_compare);
	qsort(cpu, s->n, sizeof(*cpu), series_compare);
	qsort(faults, s->n, sizeof(*faults), series_compare);
	fprintf(out, "%s %zu %.1f %.1f %.1f %.1f %.1f %.1f %.1f %ld %.0f %.1f %.1f %.1f\n", label, s->n,
		time[0],
		series_percentile(time, s->n, 0.1), series_percentile(time, s->n, 0.5),
		series_percentile(time, s->n, 0.9), series_percentile(time, s->n, 0.99),
		time[s->n - 1], series_percentile(cpu, s->n, 0.5), s->peak,
		series_percentile(faults, s->n, 0.5), s->seconds > 0 ? (double)s->n / s->seconds : 0,
		time[low], time[high]);
}

#endif /* HUSK_TESTS_BENCH_SAMPLES_H */
