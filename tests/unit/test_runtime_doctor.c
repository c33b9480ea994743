/*
 * runtime/doctor/doctor.c, doctor/hint.c: what a diagnosis promises whatever the host is like, and which
 * failures point to it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/error.h"
#include "runtime/base/util.h"
#include "runtime/doctor_hint.h"

static struct husk_diagnosis *diagnose(struct husk **h)
{
	struct husk_diagnosis *d = NULL;
	struct husk_error err;

	assert_int_equal(husk_open(NULL, h, &err), 0);
	assert_int_equal(husk_doctor(*h, &d, &err), 0);
	return d;
}

static void findings_come_by_need_and_are_complete(void **state)
{
	struct husk *h;
	struct husk_diagnosis *d = diagnose(&h);

	(void)state;
	assert_true(d->n > 20);
	for (size_t i = 0; i < d->n; i++) {
		const struct husk_finding *f = &d->findings[i];

		assert_true(f->need >= HUSK_NEEDED && f->need <= HUSK_OPTIONAL);
		assert_true(i == 0 || f->need >= d->findings[i - 1].need);
		assert_true(f->verdict >= HUSK_WORKS && f->verdict <= HUSK_UNTRIED);
		assert_true(f->what[0] && f->use[0] && f->name[0]);
		assert_null(strchr(f->what, '\n'));
		if (f->verdict == HUSK_WORKS)
			assert_null(f->fix);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(f->name, d->findings[k].name);
	}
	husk_diagnosis_free(d);
	husk_close(h);
}

static void the_verdict_is_that_of_what_is_needed(void **state)
{
	struct husk *h;
	struct husk_diagnosis *d = diagnose(&h);
	bool works = true;

	(void)state;
	for (size_t i = 0; i < d->n; i++) {
		if (d->findings[i].need == HUSK_NEEDED && d->findings[i].verdict >= HUSK_FAILS)
			works = false;
	}
	assert_int_equal(d->works, works);
	assert_non_null(strstr(d->json, works ? "\"works\": true" : "\"works\": false"));
	husk_diagnosis_free(d);
	husk_close(h);
}

static void the_caller_is_as_before(void **state)
{
	struct husk *h;
	char before[300], after[300];

	(void)state;
	assert_int_equal(gethostname(before, sizeof(before)), 0);
	husk_diagnosis_free(diagnose(&h));
	husk_close(h);
	assert_int_equal(gethostname(after, sizeof(after)), 0);
	assert_string_equal(after, before);
	/* No child is left to be waited for. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	assert_int_equal(errno, ECHILD);
}

static void refusals_of_the_host_point_to_the_doctor(void **state)
{
	static const struct {
		const char *call;
		int error;
		bool points;
	} rows[] = {
		{ "fsmount", EPERM, true },   { "unshare", ENOSPC, true }, { "id maps", EPERM, true },
		{ "prlimit", ENOSYS, true },  { "fsmount", ENOENT, false },
		{ "prlimit", EPERM, false }, { "open_tree", EACCES, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct husk_error err = { 0 };

		(void)err_new(&err, HUSK_E_SYSTEM, rows[i].error, "step");
		rt_hint_doctor(rows[i].call, &err);
		assert_int_equal(strstr(err.hint, "husk doctor") != NULL, rows[i].points);
		err_hint(&err, "a hint of its own");
		rt_hint_doctor(rows[i].call, &err);
		assert_string_equal(err.hint, "a hint of its own");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_come_by_need_and_are_complete),
		cmocka_unit_test(the_verdict_is_that_of_what_is_needed),
		cmocka_unit_test(the_caller_is_as_before),
		cmocka_unit_test(refusals_of_the_host_point_to_the_doctor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
