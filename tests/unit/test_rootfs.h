/*
 * What the tests of rootfs/ share: a configuration in, the text of its part of the plan out.
 */
#ifndef TEST_ROOTFS_H
#define TEST_ROOTFS_H

#include "tests/unit/test_specs.h"

#include "rootfs/rootfs.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"

/* Members of a configuration with a root, and with one mount; ' stands for ". */
#define ROOT "'root':{'path':'rootfs'}"
#define MOUNT(members) ROOT ",'mounts':[{" members "}]"

static inline char *fake_userns_text(struct arena *arena, const struct oci_id_map *uids,
				     size_t n_uids, const struct oci_id_map *gids, size_t n_gids)
{
	return arena_printf(arena, "uids=%u-%u-%u*%zu;gids=%u-%u-%u*%zu", uids->container_id,
			    uids->host_id, uids->size, n_uids, gids->container_id, gids->host_id,
			    gids->size, n_gids);
}

static inline struct rootfs_options root_options(void)
{
	return (struct rootfs_options){
		.bundle = "/bundle",
		.caller_opens = true,
		.new_mntns = true,
		.new_netns = true,
		.userns_text = fake_userns_text,
	};
}

enum { ENTER = 1, MOUNTS = 2, SWITCH = 4, SEAL = 8, ALL = 15 };

static inline void parse(const char *members, struct oci_config *config)
{
	cleanup_free char *json = config_text(members);
	struct husk_error err = { 0 };

	if (oci_config_parse(json, strlen(json), config, NULL, &err) < 0)
		fail_msg("%s", err.msg);
}

/* The wanted @parts of the plan for configuration members @json, as `husk plan` prints it; free(). */
static inline char *plan_text(const char *json, const struct rootfs_options *opts, unsigned parts)
{
	struct husk_error err = { 0 };
	struct oci_config config;
	struct plan_view view;
	struct str out = { 0 };
	struct plan p;
	uint32_t slave;
	void *mem;
	size_t len;

	parse(json, &config);
	if (rootfs_check(&config, opts, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(plan_init(&p, &err), 0);
	if (parts & ENTER)
		rootfs_emit_enter(&config, opts, &p);
	if (parts & MOUNTS)
		rootfs_emit_mounts(&config, opts, &p, &slave);
	if (parts & SWITCH)
		rootfs_emit_switch(&config, opts, &p);
	if (parts & SEAL)
		rootfs_emit_seal(&config, opts, &p);
	oci_config_done(&config);
	assert_int_equal(plan_finish(&p, &mem, &len, &err), 0);
	plan_done(&p);
	assert_null(plan_open(&view, mem, len, false));
	plan_print_text(&view, &out);
	free(mem);
	assert_non_null(out.s);
	return str_take(&out);
}

/* The plan says everything in @wanted, in this order. */
static inline void assert_steps(const char *text, const char *const *wanted)
{
	const char *at = text;

	for (; *wanted; wanted++) {
		const char *found = strstr(at, *wanted);

		if (!found)
			fail_msg("not in the plan (after what came before): %s\n%s", *wanted, text);
		at = found + strlen(*wanted);
	}
}

static inline void assert_plan(const char *json, const struct rootfs_options *opts, unsigned parts,
			       const char *const *wanted)
{
	cleanup_free char *text = plan_text(json, opts, parts);

	assert_steps(text, wanted);
}

static inline void assert_not_planned(const char *json, const struct rootfs_options *opts,
				      const char *unwanted)
{
	cleanup_free char *text = plan_text(json, opts, ALL);

	if (strstr(text, unwanted))
		fail_msg("in the plan: %s\n%s", unwanted, text);
}

/* The error that rootfs_check() makes of @json, whole. */
static inline void assert_refused(const char *json, const struct rootfs_options *opts,
				  const char *message)
{
	struct husk_error err = { 0 };
	struct oci_config config;

	parse(json, &config);
	assert_int_equal(rootfs_check(&config, opts, &err), -EINVAL);
	oci_config_done(&config);
	assert_int_equal(err.kind, HUSK_E_CONFIG);
	assert_string_equal(err.msg, message);
}

#define STEPS(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif /* TEST_ROOTFS_H */
