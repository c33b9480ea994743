/*
 * runtime/validate.c: what is wrong with a configuration, beyond the document.
 *
 * covers: C-52
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/include/husk.h"

#define ROOT "\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"}"
#define MOUNT_NS "{\"type\":\"mount\"}"

/* "POINTER: MESSAGE" of each, one a line. */
static void assert_problems(const char *text, const char *wanted)
{
	char path[] = "/tmp/husk-unit-XXXXXX";
	cleanup_str struct str got = { 0 };
	struct husk_problem *problems;
	int fd = mkstemp(path);
	struct husk_error err;
	size_t n;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	assert_int_equal(husk_validate(NULL, path, &problems, &n, &err), 0);
	(void)unlink(path);
	for (size_t i = 0; i < n; i++)
		str_printf(&got, "%s: %s\n", problems[i].pointer, problems[i].message);
	husk_problems_free(problems, n);
	assert_string_equal(got.s ? got.s : "", wanted);
}

static void a_good_one_has_none(void **state)
{
	(void)state;
	assert_problems("{" ROOT ",\"linux\":{\"namespaces\":[" MOUNT_NS "]}}", "");
	assert_problems("{" ROOT ",\"linux\":{\"namespaces\":[" MOUNT_NS ",{\"type\":\"user\"}],"
			"\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":9}],"
			"\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":9}]}}", "");
}

static void mistakes_in_one_part_do_not_hide_those_of_another(void **state)
{
	(void)state;
	assert_problems("{" ROOT ",\"linux\":{\"namespaces\":[" MOUNT_NS ",{\"type\":\"network\"}],"
			"\"sysctl\":{\"vm.swappiness\":\"1\"},"
			"\"netDevices\":{\"a\":{\"name\":\"x\"},\"b\":{\"name\":\"x\"}}},"
			"\"annotations\":{\"run.oci.handler\":\"krun\"}}",
			"/annotations/run.oci.handler: \"krun\": husk has no handlers for other kinds of "
			"programs (krun, wasm, dotnet)\n"
			"/linux/netDevices/b: the name \"x\" is that of a too\n"
			"/linux/sysctl/vm.swappiness: belongs to no namespace: setting it would change "
			"the host\n");
}

static void bad_maps_are_told_once(void **state)
{
	(void)state;
	assert_problems("{" ROOT ",\"hostname\":\"h\",\"linux\":{\"namespaces\":[" MOUNT_NS
			",{\"type\":\"uts\"},{\"type\":\"user\"}],"
			"\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":9},"
			"{\"containerID\":5,\"hostID\":50,\"size\":9}],"
			"\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":9}]}}",
			"/linux/uidMappings/1: container ids overlap those of mapping 0\n");
}

static void parts_are_looked_at_when_the_document_is_good(void **state)
{
	(void)state;
	assert_problems("{" ROOT ",\"hostname\":7,\"linux\":{\"sysctl\":{\"vm.swappiness\":\"1\"}}}",
			"/hostname: expected a string, found 7\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one_has_none),
		cmocka_unit_test(mistakes_in_one_part_do_not_hide_those_of_another),
		cmocka_unit_test(bad_maps_are_told_once),
		cmocka_unit_test(parts_are_looked_at_when_the_document_is_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
