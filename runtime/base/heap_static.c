/*
 * malloc(3) of the static program, in place of musl's.
 *
 * husk allocates a few hundred times and ends.  musl's allocator maps and unmaps pages as it goes, which
 * was a third of the time of `state`.  Here blocks are powers of two, cut from one region after the
 * other, and what is free()d is kept by size for the next one; so commands that run for days do not
 * grow.  The first region costs no system call.  A block that is free()d twice, or written past its
 * end into the next one's head, ends the program where that is free()d.
 *
 * Uses: mmap(2).    Used by: the C library, and everything.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	MIN_SHIFT = 5, MAX_SHIFT = 17,	/* larger ones are mapped on their own */
	REGION = 256 << 10,
	USED = 0x68757365, UNUSED = 0x66726565,
};

/* In front of what the caller gets. */
struct head {
	uint32_t state;
	uint32_t shift;		/* the block is 1 << shift bytes with its head; 0: mapped, see size */
	union {
		size_t size;
		struct head *next;	/* the next unused one of its size */
	};
};
_Static_assert(sizeof(struct head) == _Alignof(max_align_t), "what follows is aligned");

static _Alignas(max_align_t) char first[REGION];
static char *region = first, *region_end = first + REGION;
static struct head *unused[MAX_SHIFT + 1];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static struct head *cut(unsigned shift)
{
	size_t size = (size_t)1 << shift;
	struct head *h;

	if ((size_t)(region_end - region) < size) {
		char *more = map(REGION);

		if (!more)
			return NULL;
		region = more;
		region_end = more + REGION;
	}
	h = (struct head *)(void *)region;
	region += size;
	h->shift = shift;
	return h;
}

static struct head *take(unsigned shift, bool *fresh)
{
	struct head *h;

	(void)pthread_mutex_lock(&lock);
	h = unused[shift];
	*fresh = !h;
	if (h)
		unused[shift] = h->next;
	else
		h = cut(shift);
	(void)pthread_mutex_unlock(&lock);
	return h;
}

/* @fresh: it is all zeros. */
static void *allocate(size_t n, bool *fresh)
{
	size_t size = n + sizeof(struct head);
	unsigned shift = MIN_SHIFT;
	struct head *h;

	if (n > PTRDIFF_MAX - sizeof(struct head)) {
		errno = ENOMEM;
		return NULL;
	}
	if (size > (size_t)1 << MAX_SHIFT) {
		h = map(size);
		*fresh = true;
		if (h)
			h->size = size;
	} else {
		while (size > (size_t)1 << shift)
			shift++;
		h = take(shift, fresh);
	}
	if (!h) {
		errno = ENOMEM;
		return NULL;
	}
	h->state = USED;
	return h + 1;
}

static struct head *head_of(void *p)
{
	struct head *h = (struct head *)p - 1;

	if (h->state != USED || h->shift > MAX_SHIFT)
		__builtin_trap();
	return h;
}

static size_t room(const struct head *h)
{
	return (h->shift ? (size_t)1 << h->shift : h->size) - sizeof(*h);
}

void *malloc(size_t n)
{
	bool fresh;

	return allocate(n, &fresh);
}

static void give_back(struct head *h)
{
	int error = errno;

	if (h->shift == 0) {
		(void)munmap(h, h->size);
		errno = error;
		return;
	}
	(void)pthread_mutex_lock(&lock);
	h->state = UNUSED;
	h->next = unused[h->shift];
	unused[h->shift] = h;
	(void)pthread_mutex_unlock(&lock);
}

void free(void *p)
{
	if (p)
		give_back(head_of(p));
}

void *calloc(size_t n, size_t size)
{
	size_t bytes;
	bool fresh;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	p = allocate(bytes, &fresh);
	if (p && !fresh)
		memset(p, 0, bytes);
	return p;
}

void *realloc(void *p, size_t n)
{
	struct head *h = p ? head_of(p) : NULL;
	void *bigger;
	bool fresh;

	if (h && h->shift != 0 && n <= room(h))
		return p;
	bigger = allocate(n, &fresh);
	if (h && bigger) {
		memcpy(bigger, p, n < room(h) ? n : room(h));
		give_back(h);
	}
	return bigger;
}

void *aligned_alloc(size_t align, size_t n)
{
	if (align <= _Alignof(max_align_t))
		return malloc(n);
	errno = EINVAL;
	return NULL;
}

void *memalign(size_t align, size_t n);
void *memalign(size_t align, size_t n)
{
	return aligned_alloc(align, n);
}

int posix_memalign(void **out, size_t align, size_t n)
{
	void *p = aligned_alloc(align, n);

	if (!p)
		return errno;
	*out = p;
	return 0;
}

size_t malloc_usable_size(void *p);
size_t malloc_usable_size(void *p)
{
	return p ? room(head_of(p)) : 0;
}
