/* runtime/base/plan_*.c: what is built is what is read, and nothing broken is accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/base/error.h"
#include "runtime/base/landlock_rules.h"
#include "runtime/base/plan.h"
#include "runtime/base/str.h"

/* A plan with every kind of argument. */
static void build(void **mem, size_t *len)
{
	char *argv[] = { "sh", "-c", "echo \"hi\"", NULL }, *env[] = { NULL };
	struct husk_error err = { 0 };
	struct plan p;
	uint32_t tree, slot;

	assert_int_equal(plan_init(&p, &err), 0);
	tree = plan_fd(&p, PLAN_FD_TREE, "/srv/data", 1, 0, "/mounts/0");
	slot = plan_slot(&p);
	PLAN_EMIT(&p, OP_NS_JOIN, "/linux/namespaces/0", tree, 0x40000000,
		  plan_str(&p, "network"));
	PLAN_EMIT(&p, OP_NS_NETLINK, NULL, slot);
	PLAN_EMIT(&p, OP_ASK_NET_DEVICES, NULL, slot);
	PLAN_EMIT(&p, OP_NS_HOSTNAME, "/hostname", plan_str(&p, "web"));
	PLAN_EMIT(&p, OP_EXEC, "/process/args", plan_str(&p, "sh"), plan_strv(&p, argv),
		  plan_strv(&p, env));
	assert_int_equal(plan_finish(&p, mem, len, &err), 0);
	plan_done(&p);
}

static void text_says_what_will_be_done(void **state)
{
	struct plan_view v;
	struct str out = { 0 };
	void *mem;
	size_t len;

	(void)state;
	build(&mem, &len);
	assert_null(plan_open(&v, mem, len, false));
	plan_print_text(&v, &out);
	assert_string_equal(out.s,
		"fd 0   given socket to the caller\n"
		"fd 1   given the plan\n"
		"fd 2   given procfs\n"
		"fd 3   tree /srv/data (recursive)  [/mounts/0]\n"
		"  0  join the network namespace fd 3 (/srv/data)  [/linux/namespaces/0]\n"
		"  1  open a netlink socket in the new network namespace as fd 4\n"
		"  2  send netlink socket fd 4; ask the caller to configure network devices\n"
		"  3  set hostname web  [/hostname]\n"
		"  4  execute sh as [\"sh\", \"-c\", \"echo \\\"hi\\\"\"] with environment []"
		"  [/process/args]\n");
	str_done(&out);
	free(mem);
}

static void relocation_makes_vectors_of_pointers(void **state)
{
	struct plan_view v;
	char **argv;
	void *mem;
	size_t len;

	(void)state;
	build(&mem, &len);
	assert_null(plan_open(&v, mem, len, true));
	argv = (char **)(void *)(v.base + v.steps[4].arg[1]);
	assert_string_equal(argv[0], "sh");
	assert_string_equal(argv[2], "echo \"hi\"");
	assert_null(argv[3]);
	free(mem);
}

/* Found by tests/fuzz/fuzz_plan.c: relocating made a pointer of a length that had been checked. */
static void bytes_under_a_vector_are_refused(void **state)
{
	static const char zeros[512];
	struct husk_error err = { 0 };
	struct plan_view v;
	struct plan_step *steps;
	struct plan p;
	void *mem;
	size_t len;

	(void)state;
	assert_int_equal(plan_init(&p, &err), 0);
	PLAN_EMIT(&p, OP_PROC_HOME, NULL, plan_bytes(&p, zeros, sizeof(zeros)), 5);
	PLAN_EMIT(&p, OP_ROOTFS_READONLY, NULL, plan_strv(&p, (char *[]){ NULL }));
	assert_int_equal(plan_finish(&p, &mem, &len, &err), 0);
	plan_done(&p);
	/* The length is a good offset, too, and the zeros behind it end the vector. */
	steps = (struct plan_step *)(void *)((char *)mem + sizeof(struct plan_header));
	steps[1].arg[0] = steps[0].arg[0];
	assert_null(plan_open(&v, mem, len, false));
	assert_string_equal(plan_open(&v, mem, len, true), "bytes and a vector in one place");
	free(mem);
}

static void a_wrong_number_of_arguments_is_refused(void **state)
{
	struct husk_error err = { 0 };
	struct plan p;
	void *mem;
	size_t len;

	(void)state;
	assert_int_equal(plan_init(&p, &err), 0);
	PLAN_EMIT(&p, OP_NS_HOSTNAME, NULL);
	assert_true(plan_finish(&p, &mem, &len, &err) < 0);
	plan_done(&p);
}

/* Of every kind one that is there. */
static uint64_t some_argument(struct plan *p, enum plan_op op, int arg, uint32_t slot)
{
	char *strings[] = { "a", NULL };

	switch (plan_op_kinds(op)[arg]) {
	case 's':
	case 't':
		return plan_str(p, "text");
	case 'S':
	case 'T':
		return plan_strv(p, strings);
	case 'b':
	case 'c':
		/* Of an operation that wants an array: nothing, or for the string above one. */
		return plan_bytes(p, "16 bytes, a rule", op == OP_PROC_LANDLOCK && arg != 3 ? 0 : 16);
	case 'f':
	case 'g':
	case 'F':
		return slot;
	default:
		return 0;
	}
}

/* What plan_open() says of a plan of one step, whose argument @absent is: -1, none. */
static const char *open_step(enum plan_op op, int absent, bool relocate)
{
	const char *kinds = plan_op_kinds(op), *wrong;
	uint64_t args[PLAN_MAX_ARGS] = { 0 };
	struct husk_error err = { 0 };
	struct plan_view v;
	struct plan p;
	uint32_t slot;
	size_t len;
	void *mem;

	assert_int_equal(plan_init(&p, &err), 0);
	slot = plan_slot(&p);
	for (int k = 0; kinds[k]; k++) {
		args[k] = some_argument(&p, op, k, slot);
		if (k == absent)
			args[k] = strchr("fgF", kinds[k]) ? PLAN_NO_FD : 0;
	}
	plan_emit(&p, op, 0, NULL, args, strlen(kinds));
	assert_int_equal(plan_finish(&p, &mem, &len, &err), 0);
	plan_done(&p);
	wrong = plan_open(&v, mem, len, relocate);
	free(mem);
	return wrong;
}

static void a_step_without_what_it_needs_is_refused(void **state)
{
	size_t n_refused = 0;

	(void)state;
	for (unsigned op = 0; op < PLAN_OPS; op++) {
		const char *kinds = plan_op_kinds(op);

		assert_null(open_step(op, -1, true));
		for (int k = 0; kinds[k]; k++) {
			bool needed = strchr("sSbf", kinds[k]);
			const char *wrong = open_step(op, k, true);

			if (needed != (wrong && strcmp(wrong, "an argument is missing") == 0) ||
			    wrong != open_step(op, k, false))
				fail_msg("%s, argument %d: %s", plan_op_name(op), k,
					 wrong ? wrong : "accepted");
			n_refused += needed;
		}
	}
	assert_true(n_refused > 50);
}

/* What plan_open() says of a ruleset about @n_paths of @paths, and @len bytes as argument @arg. */
static const char *open_ruleset(char *const *paths, unsigned n_paths, int arg, size_t len)
{
	static const char zeros[RT_LANDLOCK_MAX_PATHS * sizeof(struct rt_landlock_path) + 64];
	size_t lens[] = { [1] = sizeof(struct rt_landlock_attr),
			  [3] = n_paths * sizeof(struct rt_landlock_path),
			  [4] = 3 * sizeof(struct rt_landlock_port) };
	struct husk_error err = { 0 };
	const char *wrong, *again;
	struct plan_view v;
	struct plan p;
	size_t size;
	void *mem;

	if (arg >= 0)
		lens[arg] = len;
	assert_int_equal(plan_init(&p, &err), 0);
	PLAN_EMIT(&p, OP_PROC_LANDLOCK, NULL, plan_str(&p, "rules"), plan_bytes(&p, zeros, lens[1]),
		  plan_strv(&p, paths), plan_bytes(&p, zeros, lens[3]), plan_bytes(&p, zeros, lens[4]),
		  0, plan_slot(&p));
	assert_int_equal(plan_finish(&p, &mem, &size, &err), 0);
	plan_done(&p);
	wrong = plan_open(&v, mem, size, false);
	again = plan_open(&v, mem, size, true);
	assert_ptr_equal(wrong, again);
	free(mem);
	return wrong;
}

static void an_array_of_a_wrong_length_is_refused(void **state)
{
	static const char count[] = "array for more or fewer strings than there are";
	static const char length[] = "array of a wrong length";
	enum { PATH = sizeof(struct rt_landlock_path), PORT = sizeof(struct rt_landlock_port) };
	char *paths[RT_LANDLOCK_MAX_PATHS + 2] = { NULL };

	(void)state;
	assert_null(open_ruleset(paths, 0, -1, 0));
	for (size_t i = 0; i < RT_LANDLOCK_MAX_PATHS; i++)
		paths[i] = (char *)"/etc";
	assert_null(open_ruleset(paths, RT_LANDLOCK_MAX_PATHS, -1, 0));
	assert_string_equal(open_ruleset(paths, RT_LANDLOCK_MAX_PATHS - 1, -1, 0), count);
	assert_string_equal(open_ruleset(paths, 0, -1, 0), count);
	paths[RT_LANDLOCK_MAX_PATHS] = (char *)"/etc";
	assert_string_equal(open_ruleset(paths, RT_LANDLOCK_MAX_PATHS + 1, -1, 0), length);
	paths[1] = NULL;
	assert_string_equal(open_ruleset(paths, 2, -1, 0), count);
	assert_string_equal(open_ruleset(paths, 1, 3, PATH - 1), length);
	assert_string_equal(open_ruleset(paths, 1, 3, PATH + 8), length);
	assert_string_equal(open_ruleset(paths, 1, 4, PORT + 8), length);
	assert_null(open_ruleset(paths, 1, 4, 0));
	assert_string_equal(open_ruleset(paths, 1, 1, 2 * sizeof(struct rt_landlock_attr)), length);
	assert_string_equal(open_ruleset(paths, 1, 1, 16), length);
}

/* sock_fprog counts in 16 bits: 65,537 instructions would be one. */
static void a_filter_too_long_to_count_is_refused(void **state)
{
	const size_t lens[] = { 65535 * 8, 65537 * 8, 12 };
	char *filter = calloc(65537, 8);
	struct husk_error err = { 0 };
	struct plan_view v;
	struct plan p;
	size_t size;
	void *mem;

	(void)state;
	assert_non_null(filter);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(plan_init(&p, &err), 0);
		PLAN_EMIT(&p, OP_PROC_SECCOMP, NULL, plan_bytes(&p, filter, lens[i]), 0, PLAN_NO_FD);
		assert_int_equal(plan_finish(&p, &mem, &size, &err), 0);
		plan_done(&p);
		if (i == 0)
			assert_null(plan_open(&v, mem, size, true));
		else
			assert_string_equal(plan_open(&v, mem, size, true), "array of a wrong length");
		free(mem);
	}
	free(filter);
}

static void header_mistakes_are_named(void **state)
{
	struct plan_view v;
	struct plan_header *h;
	void *mem;
	size_t len;

	(void)state;
	build(&mem, &len);
	h = mem;
	assert_string_equal(plan_open(&v, mem, len - 1, false), "truncated");
	assert_string_equal(plan_open(&v, mem, 10, false), "wrong size");
	h->version++;
	assert_string_equal(plan_open(&v, mem, len, false), "made by another version of husk");
	h->version--;
	h->n_steps = UINT32_MAX;
	assert_string_equal(plan_open(&v, mem, len, false), "impossible counts");
	h->n_steps = 1;
	assert_string_equal(plan_open(&v, mem, len, false), "impossible layout");
	h->magic[0] = 'x';
	assert_string_equal(plan_open(&v, mem, len, false), "not a launch plan");
	free(mem);
}

/* Flip every byte in turn, in both modes: refused or harmless, never a stray access (run it
 * under SAN=1), and what is accepted can be printed. */
static void no_single_byte_can_hurt(void **state)
{
	void *mem;
	size_t len;

	(void)state;
	build(&mem, &len);
	for (size_t i = 0; i < len; i++) {
		for (unsigned k = 0; k < 3; k++) {
			static const unsigned char flips[] = { 0xff, 0x80, 0x01 };
			/* Exactly as large as the plan, so that the sanitizer sees an overrun. */
			char *copy = malloc(len);
			struct plan_view v;
			struct str out = { 0 };

			assert_non_null(copy);
			memcpy(copy, mem, len);
			copy[i] = (char)(copy[i] ^ flips[k]);
			if (!plan_open(&v, copy, len, false))
				plan_print_json(&v, &out);
			memcpy(copy, mem, len);
			copy[i] = (char)(copy[i] ^ flips[k]);
			(void)plan_open(&v, copy, len, true);
			str_done(&out);
			free(copy);
		}
	}
	free(mem);
}

static void too_many_descriptors_are_an_error_not_a_crash(void **state)
{
	struct husk_error err = { 0 };
	struct plan p;
	void *mem;
	size_t len;

	(void)state;
	assert_int_equal(plan_init(&p, &err), 0);
	for (int i = 0; i < PLAN_MAX_FDS + 10; i++)
		(void)plan_fd(&p, PLAN_FD_PATH, "/", 0, 0, NULL);
	assert_true(plan_finish(&p, &mem, &len, &err) < 0);
	assert_string_equal(err.msg, "launch plan: Argument list too long");
	plan_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_says_what_will_be_done),
		cmocka_unit_test(relocation_makes_vectors_of_pointers),
		cmocka_unit_test(bytes_under_a_vector_are_refused),
		cmocka_unit_test(a_wrong_number_of_arguments_is_refused),
		cmocka_unit_test(a_step_without_what_it_needs_is_refused),
		cmocka_unit_test(an_array_of_a_wrong_length_is_refused),
		cmocka_unit_test(a_filter_too_long_to_count_is_refused),
		cmocka_unit_test(header_mistakes_are_named),
		cmocka_unit_test(no_single_byte_can_hurt),
		cmocka_unit_test(too_many_descriptors_are_an_error_not_a_crash),
	};

	return cmocka_run_group_tests_name("runtime/base/plan", tests, NULL, NULL);
}
