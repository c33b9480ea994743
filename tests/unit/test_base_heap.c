/* runtime/base/heap_static.c: the allocator of the static program, beside the C library's. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define malloc heap_malloc
#define free heap_free
#define calloc heap_calloc
#define realloc heap_realloc
#define aligned_alloc heap_aligned_alloc
#define memalign heap_memalign
#define posix_memalign heap_posix_memalign
#define malloc_usable_size heap_usable_size
void *heap_malloc(size_t n);
void heap_free(void *p);
void *heap_calloc(size_t n, size_t size);
void *heap_realloc(void *p, size_t n);
void *heap_aligned_alloc(size_t align, size_t n);
int heap_posix_memalign(void **out, size_t align, size_t n);
#include "runtime/base/heap_static.c"	/* NOLINT(bugprone-suspicious-include) */

enum { SLOTS = 500, ROUNDS = 20000 };

struct slot {
	unsigned char *p;
	size_t n;
	unsigned char fill;
};

static void check(const struct slot *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->p[i] != s->fill)
			abort();
	}
}

static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 8;
}

/* Mostly small, sometimes larger than what is mapped on its own. */
static size_t some_size(unsigned *seed)
{
	return next(seed) % (next(seed) % 50 == 0 ? 400000 : next(seed) % 5 == 0 ? 9000 : 200);
}

static void *churn(void *arg)
{
	unsigned seed = *(unsigned *)arg;
	struct slot *slots = heap_calloc(SLOTS, sizeof(*slots));

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct slot *s = &slots[next(&seed) % SLOTS];

		check(s);
		if (s->p && next(&seed) % 3 == 0) {
			size_t n = some_size(&seed), kept = n < s->n ? n : s->n;

			s->p = heap_realloc(s->p, n);
			s->n = kept;
			check(s);
			s->n = n;
		} else {
			heap_free(s->p);
			s->n = some_size(&seed);
			s->fill = 0;
			s->p = next(&seed) % 2 ? heap_malloc(s->n) : heap_calloc(1, s->n);
			if (round % 7 == 0) {
				heap_free(s->p);
				s->p = heap_calloc(s->n, 1);
				check(s);
			}
		}
		if (!s->p || (uintptr_t)s->p % _Alignof(max_align_t) != 0)
			abort();
		s->fill = (unsigned char)round;
		memset(s->p, s->fill, s->n);
	}
	for (unsigned i = 0; i < SLOTS; i++)
		heap_free(slots[i].p);
	heap_free(slots);
	return NULL;
}

static void blocks_keep_what_is_written(void **state)
{
	unsigned seed = 1;

	(void)state;
	(void)churn(&seed);
}

static void threads_do_not_get_the_same(void **state)
{
	pthread_t threads[4];
	unsigned seeds[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		seeds[i] = i + 2;
		assert_int_equal(pthread_create(&threads[i], NULL, churn, &seeds[i]), 0);
	}
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void what_is_freed_is_used_again(void **state)
{
	void *p = heap_malloc(100), *q;

	(void)state;
	memset(p, 0xff, 100);
	heap_free(p);
	q = heap_calloc(1, 100);
	assert_ptr_equal(p, q);
	for (int i = 0; i < 100; i++)
		assert_int_equal(((unsigned char *)q)[i], 0);
	heap_free(q);
	heap_free(NULL);
	for (int i = 0; i < 1000000; i++)
		heap_free(heap_malloc(1000));
}

static void a_block_grows_where_it_is_as_far_as_it_can(void **state)
{
	char *p = heap_malloc(20), *q = heap_realloc(p, heap_usable_size(p));

	(void)state;
	assert_ptr_equal(p, q);
	q = heap_realloc(q, 1 << 20);
	assert_ptr_not_equal(p, q);
	assert_true(heap_usable_size(q) >= 1 << 20);
	heap_free(q);
	p = heap_realloc(NULL, 1);
	assert_non_null(p);
	heap_free(p);
}

static void more_than_there_can_be_is_refused(void **state)
{
	void *p = heap_malloc(1), *out = NULL;

	(void)state;
	errno = 0;
	assert_null(heap_malloc(SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	assert_null(heap_malloc(SIZE_MAX - 15));
	assert_null(heap_malloc(PTRDIFF_MAX));
	assert_null(heap_calloc(SIZE_MAX / 2, 3));
	assert_null(heap_realloc(p, SIZE_MAX));
	assert_null(heap_aligned_alloc(4096, 1));
	assert_int_equal(heap_posix_memalign(&out, 4096, 1), EINVAL);
	assert_int_equal(heap_posix_memalign(&out, 16, 1), 0);
	heap_free(out);
	heap_free(p);
}

/* The signal that ends a child which does that, or 0. */
static int ends(void (*what)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)signal(SIGILL, SIG_DFL);	/* cmocka has a handler */
		(void)signal(SIGTRAP, SIG_DFL);
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void free_twice(void)
{
	void *p = heap_malloc(8);

	heap_free(p);
	heap_free(p);
}

static void write_past_the_end(void)
{
	enum { N = 1000, SIZE = 4096 };
	static char *p[N];

	/* Those from before are used up; then they come one after the other. */
	for (int i = 0; i < N; i++)
		p[i] = heap_malloc(SIZE - 16);
	for (int i = 1; i < N; i++) {
		if (p[i] != p[i - 1] + SIZE)
			continue;
		memset(p[i - 1], 0x55, SIZE - 8);
		heap_free(p[i]);
	}
}

static void realloc_freed(void)
{
	void *p = heap_malloc(8);

	heap_free(p);
	(void)heap_realloc(p, 8);
}

static void misuse_ends_the_program(void **state)
{
	(void)state;
	assert_int_not_equal(ends(free_twice), 0);
	assert_int_not_equal(ends(write_past_the_end), 0);
	assert_int_not_equal(ends(realloc_freed), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_keep_what_is_written),
		cmocka_unit_test(threads_do_not_get_the_same),
		cmocka_unit_test(what_is_freed_is_used_again),
		cmocka_unit_test(a_block_grows_where_it_is_as_far_as_it_can),
		cmocka_unit_test(more_than_there_can_be_is_refused),
		cmocka_unit_test(misuse_ends_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
