/*
 * Any text as JSON: what is accepted is written so that it reads back as the same, exact numbers
 * included, and a byte less, or one more, is no JSON.
 *
 * Seeds: tests/data/config/ok_podman_hooks.json
 * Uses: specs.    Used by: run.sh.
 */
#include "runtime/base/json_write.h"
#include "specs/json.h"
#include "tests/fuzz/fuzz.h"

/* @text as it is written, free() it; NULL if it is no JSON. */
static char *rewrite(const char *text, size_t size)
{
	struct json_writer w = { 0 };
	struct husk_error err = { 0 };
	struct json_doc doc = { 0 };
	char *written;

	if (json_parse(text, size, &doc, &err) < 0) {
		MUST(err.sys > 0 && err.msg[0] && !doc.root);
		return NULL;
	}
	json_copy(&w, NULL, doc.root);
	written = str_take(&w.out);
	MUST(written);
	json_doc_done(&doc);
	return written;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* of exactly its size: no NUL is promised behind it */
	char *text = malloc(size ? size : 1), *once, *twice, *none;

	MUST(text);
	memcpy(text, data, size);
	once = rewrite(text, size);
	if (once) {
		size_t len = strlen(once);

		twice = rewrite(once, len);
		MUST(twice && strcmp(once, twice) == 0);
		free(twice);
		none = *once == '{' || *once == '[' || *once == '"' ? rewrite(once, len - 1) : NULL;
		MUST(!none);
		none = rewrite(once, len + 1);	/* its NUL */
		MUST(!none);
	}
	free(once);
	free(text);
	return 0;
}
