/*
 * Any bytes as an answer of criu (protocol buffers), and as its log.
 *
 * Uses: runtime/criu/criu.h.    Used by: run.sh.
 */
#include "runtime/criu/criu.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *said = malloc(200);
	struct criu_response *r = malloc(sizeof(*r));
	/* Not one byte behind the message. */
	char *exact = malloc(size + !size);

	if (size > 0)
		memcpy(exact, data, size);
	if (criu_response(exact, size, r) == 0) {
		MUST(memchr(r->message, '\0', sizeof(r->message)));
		MUST(memchr(r->script, '\0', sizeof(r->script)));
	}
	criu_last_errors(text, said, 200);
	MUST(memchr(said, '\0', 200));
	free(exact);
	free(said);
	free(text);
	free(r);
	return 0;
}
