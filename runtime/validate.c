/*
 * husk_validate(): everything that is wrong with a configuration, as far as it alone can tell.
 *
 * First what the document itself says (specs), all of it.  If that is good, each part is looked at by
 * those who carry it out, as if the other parts were good, and tells the first thing that is wrong in
 * it.  Limits are not looked at: whether there are such cgroups is the host's to say.
 *
 * Uses: specs, namespaces, rootfs, annotations.c, network.c, process/check.c.    Used by: the library's users.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "namespaces/namespaces.h"
#include "rootfs/rootfs.h"
#include "runtime/annotations.h"
#include "runtime/base/fs.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/network.h"
#include "runtime/process/process.h"

enum { MAX_CONFIG = 64 << 20 };

/* Members that ns_plan_init() looks at one after the other, up to the first mistake. */
enum { NAMES = 1, CLOCKS = 2, NET_DEVICES = 4, SYSCTL = 8 };

static struct oci_config only(const struct oci_config *config, unsigned keep)
{
	struct oci_config part = *config;
	struct oci_linux *l = &part.linux_;

	part.process = NULL;		/* its ids are check_process()'s */
	if (!(keep & NAMES))
		part.hostname = part.domainname = NULL;
	if (!(keep & CLOCKS))
		l->boottime.set = l->monotonic.set = false;
	if (!(keep & NET_DEVICES))
		l->n_net_devices = 0;
	if (!(keep & SYSCTL))
		l->n_sysctl = 0;
	return part;
}

/* The namespaces alone, and their maps. */
static int check_namespaces(struct oci_config *config, struct husk_error *err)
{
	bool user = oci_namespace_get(&config->linux_, CLONE_NEWUSER) != NULL;
	const struct oci_config part = only(config, 0);
	/* A user may look at a configuration that is root's to run. */
	struct ns_host_facts facts = { geteuid(), getegid(), geteuid() == 0 || !user };
	struct ns_plan ns;

	ns_find_spare(&part.linux_, &facts);
	return ns_plan_init(&ns, &part, &facts, err);
}

static bool makes(const struct oci_config *config, uint64_t type)
{
	const struct oci_namespace *n = oci_namespace_get(&config->linux_, type);

	return n && !n->path;
}

/* What needs one of them, with maps that are good. */
static int check_members(const struct oci_config *config, unsigned keep, struct husk_error *err)
{
	const struct ns_host_facts root = { .privileged = true };
	struct oci_id_map map = { .container_id = 0, .host_id = 0, .size = 65536 };
	struct oci_config part = only(config, keep);
	struct ns_plan ns;

	part.linux_.uid_mappings = part.linux_.gid_mappings = &map;
	part.linux_.n_uid_mappings = part.linux_.n_gid_mappings = makes(config, CLONE_NEWUSER);
	return ns_plan_init(&ns, &part, &root, err);
}

static int check_names(struct oci_config *config, struct husk_error *err)
{
	return check_members(config, NAMES, err);
}

static int check_clocks(struct oci_config *config, struct husk_error *err)
{
	return check_members(config, CLOCKS, err);
}

static int check_net_devices(struct oci_config *config, struct husk_error *err)
{
	return check_members(config, NET_DEVICES, err);
}

static int check_sysctl(struct oci_config *config, struct husk_error *err)
{
	return check_members(config, SYSCTL, err);
}

static int check_rootfs(struct oci_config *config, struct husk_error *err)
{
	const struct rootfs_options options = {
		.bundle = "/",
		.userns = oci_namespace_get(&config->linux_, CLONE_NEWUSER) != NULL,
		.new_mntns = makes(config, CLONE_NEWNS),
		.new_netns = makes(config, CLONE_NEWNET),
		.new_cgroupns = makes(config, CLONE_NEWCGROUP),
		.userns_text = ns_userns_text,
	};

	if (!config->has_root)
		return err_config(err, "/root", "missing: a container needs a root filesystem");
	return rootfs_check(config, &options, err);
}

static int check_process(struct oci_config *config, struct husk_error *err)
{
	return config->process ? rt_process_check(config->process, &config->linux_, err) : 0;
}

/* Add @wrong, unless another part has told it already. */
static int add_problem(struct oci_problems *problems, const struct husk_error *wrong)
{
	const char *message = wrong->msg;
	struct husk_problem *p;

	for (size_t i = 0; i < problems->n; i++)
		if (strcmp(problems->items[i].pointer, wrong->pointer) == 0)
			return 0;
	p = reallocarray(problems->items, problems->n + 1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	problems->items = p;
	p += problems->n;
	/* The message begins with the pointer. */
	if (*wrong->pointer && str_starts(message, wrong->pointer))
		message += strlen(wrong->pointer) + strlen(": ");
	p->pointer = strdup(wrong->pointer);
	p->message = strdup(message);
	problems->cap = ++problems->n;
	return p->pointer && p->message ? 0 : -ENOMEM;
}

static int check_parts(struct oci_config *config, struct oci_problems *problems,
		       struct husk_error *err)
{
	/* Annotations and networks first: they change the configuration. */
	static int (*const checks[])(struct oci_config *config, struct husk_error *err) = {
		rt_annotations_apply, rt_network_check,	 check_namespaces, check_names,
		check_clocks,	      check_net_devices, check_sysctl,	   check_rootfs,
		check_process,	      rt_landlock_check,
	};

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct husk_error wrong = { 0 };

		if (checks[i](config, &wrong) < 0 && add_problem(problems, &wrong) < 0)
			return err_nomem(err, "validate");
	}
	return 0;
}

int husk_validate(const char *bundle, const char *config, struct husk_problem **out, size_t *n_out,
		  struct husk_error *err)
{
	struct oci_problems problems = { 0 };
	cleanup_free char *path = NULL, *text = NULL;
	struct oci_config parsed;
	size_t len;
	int ret;

	if (config)
		path = strdup(config);
	else if (asprintf(&path, "%s/config.json", bundle ? bundle : ".") < 0)
		path = NULL;
	if (!path)
		return err_nomem(err, "bundle path");
	if (fs_read(AT_FDCWD, path, MAX_CONFIG, &text, &len, err) < 0)
		return -err->sys;
	ret = oci_config_parse(text, len, &parsed, &problems, err);
	if (ret < 0)
		return err_ctx(err, "%s", path);
	/* What is incomplete cannot be judged. */
	if (problems.n == 0)
		ret = check_parts(&parsed, &problems, err);
	oci_config_done(&parsed);
	if (ret < 0) {
		oci_problems_done(&problems);
		return ret;
	}
	*out = problems.items;
	*n_out = problems.n;
	return 0;
}

void husk_problems_free(struct husk_problem *problems, size_t n)
{
	struct oci_problems p = { .items = problems, .n = n, .cap = n };

	oci_problems_done(&p);
}
