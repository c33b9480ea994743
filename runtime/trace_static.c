/*
 * The static program in place of trace/: nothing is traced, as only libseccomp knows the names of calls.
 *
 * Uses: library.h.    Used by: launch.c, serve.c, cli.
 */
#include "runtime/base/library.h"
#include "runtime/base/util.h"
#include "runtime/trace/trace.h"

int husk_trace_open(struct husk_trace **out, struct husk_error *err)
{
	*out = NULL;
	return library_check("libseccomp", err);
}

int husk_trace_merge(struct husk_trace *t, const char *json, struct husk_error *err)
{
	(void)t;
	(void)json;
	return library_check("libseccomp", err);
}

int husk_trace_result(struct husk_trace *t, enum husk_trace_part part, char **out,
		      struct husk_error *err)
{
	(void)t;
	(void)part;
	*out = NULL;
	return library_check("libseccomp", err);
}

void husk_trace_close(struct husk_trace *t)
{
	(void)t;
}

uint32_t rt_trace_pass(const struct husk_trace *t)
{
	(void)t;
	return 0;
}

int rt_trace_start(struct husk_trace *t, int listener, pid_t init, const char *config, size_t len,
		   struct husk_error *err)
{
	(void)t;
	(void)listener;
	(void)init;
	(void)config;
	(void)len;
	return library_check("libseccomp", err);
}
