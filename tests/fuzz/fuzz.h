/*
 * What the fuzz targets share.
 *
 * A target is one program with LLVMFuzzerTestOneInput(): libFuzzer calls it with inputs of its own
 * (`make fuzz`), replay.c with those of its corpus (`make check`).  It mustn't depend on anything
 * but its input, and leaves nothing behind.
 *
 * Uses: nothing.    Used by: every fuzz_*.c.
 */
#ifndef HUSK_TESTS_FUZZ_H
#define HUSK_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input is. */
#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);      \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* A new directory, in memory where that is possible: the targets that use one make many. */
enum { FUZZ_DIR = 32 };
static inline void fuzz_mkdtemp(char path[FUZZ_DIR])
{
	(void)snprintf(path, FUZZ_DIR, "/dev/shm/husk-fuzz-XXXXXX");
	if (mkdtemp(path))
		return;
	(void)snprintf(path, FUZZ_DIR, "/tmp/husk-fuzz-XXXXXX");
	MUST(mkdtemp(path));
}

/* The input as a string of exactly its size, so that a sanitizer sees a byte too many; free(). */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	MUST(text);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/*
 * Several texts in one input, each but the last ended by a line "%%": the next one as a string of
 * its own, free().  An empty one when there is no more.
 */
static inline char *fuzz_part(const uint8_t **data, size_t *size)
{
	const uint8_t *end = *size ? memmem(*data, *size, "%%\n", 3) : NULL;
	size_t len = end ? (size_t)(end - *data) : *size;
	char *text = fuzz_text(*data, len);

	len += end ? 3 : 0;
	*data += len;
	*size -= len;
	return text;
}

/* An input that is read as numbers: zeros when it is used up. */
struct fuzz_bytes {
	const uint8_t *at;
	size_t left;
};

static inline void fuzz_take(struct fuzz_bytes *in, void *out, size_t n)
{
	size_t some = n < in->left ? n : in->left;

	memset(out, 0, n);
	if (some > 0)
		memcpy(out, in->at, some);
	in->at += some;
	in->left -= some;
}

static inline unsigned fuzz_byte(struct fuzz_bytes *in)
{
	uint8_t byte;

	fuzz_take(in, &byte, 1);
	return byte;
}

#endif /* HUSK_TESTS_FUZZ_H */
