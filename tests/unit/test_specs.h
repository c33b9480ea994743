/*
 * What the tests of specs/ share: JSON written with ' for ", and tables of wrong input.
 */
#ifndef HUSK_TEST_SPECS_H
#define HUSK_TEST_SPECS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/base/util.h"
#include "specs/specs.h"

struct bad_case {
	const char *json;	/* members of a configuration, with ' for " */
	const char *message;	/* the whole error */
};

/* @before @json @after with " for every '; free(). */
static inline char *with_quotes(const char *before, const char *json, const char *after)
{
	char *s = NULL;

	assert_true(asprintf(&s, "%s%s%s", before, json, after) >= 0);
	for (char *p = s; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	return s;
}

/* A configuration that has @members beside its version. */
static inline char *config_text(const char *members)
{
	return with_quotes("{'ociVersion':'1.3.0',", members, "}");
}

static inline void good_config(const char *members, struct oci_config *out)
{
	struct husk_error err = { 0 };
	cleanup_free char *text = config_text(members);

	if (oci_config_parse(text, strlen(text), out, NULL, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	assert_int_equal(err.sys, 0);	/* success leaves the error alone */
}

static inline void bad_configs(const struct bad_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct husk_error err = { 0 };
		struct oci_config config;
		cleanup_free char *text = config_text(cases[i].json);

		if (oci_config_parse(text, strlen(text), &config, NULL, &err) == 0)
			fail_msg("%s was accepted", text);
		assert_string_equal(err.msg, cases[i].message);
		assert_int_equal(err.kind, HUSK_E_CONFIG);
		assert_int_equal(err.sys, EINVAL);
		assert_memory_equal(err.msg, err.pointer, strlen(err.pointer));
	}
}

#endif /* HUSK_TEST_SPECS_H */
