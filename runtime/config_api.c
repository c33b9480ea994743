/*
 * Configuration without a container: plan, validate, spec.
 *
 * Uses: specs, launch.h.    Used by: the library's users.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/annotations.h"
#include "runtime/base/fs.h"
#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/launch.h"
#include "runtime/network.h"

enum { MAX_CONFIG = 64 << 20 };

int husk_plan(struct husk *h, const struct husk_create_options *opts, bool as_json, char **out,
	      struct husk_error *err)
{
	static const struct husk_create_options none;
	struct str text = { 0 };
	struct rt_launch l;
	int ret;

	rt_launch_init(&l, h, "husk-plan", opts ? opts : &none);
	l.dry = true;
	ret = rt_launch_read(&l, err);
	if (ret == 0)
		ret = rt_launch_decide(&l, err);
	if (ret == 0) {
		if (as_json)
			plan_print_json(&l.view, &text);
		else
			plan_print_text(&l.view, &text);
		*out = str_take(&text);
		ret = *out ? 0 : err_nomem(err, "plan");
	}
	rt_launch_done(&l);
	return ret;
}

/* Annotations are looked at when the rest is good: they change it. */
static int check_annotations(struct oci_config *config, struct oci_problems *problems,
			     struct husk_error *err)
{
	struct husk_error wrong = { 0 };
	struct husk_problem *p;

	if (problems->n > 0 || (rt_annotations_apply(config, &wrong) == 0 &&
				rt_network_check(config, &wrong) == 0))
		return 0;
	p = calloc(1, sizeof(*p));
	if (!p)
		return err_nomem(err, "validate");
	*problems = (struct oci_problems){ .items = p, .n = 1, .cap = 1 };
	p->pointer = strdup(wrong.pointer);
	/* The message begins with the pointer. */
	p->message = strdup(*wrong.pointer ? wrong.msg + strlen(wrong.pointer) + strlen(": ") :
					     wrong.msg);
	return p->pointer && p->message ? 0 : err_nomem(err, "validate");
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
	ret = check_annotations(&parsed, &problems, err);
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

int husk_spec(bool rootless, char **out, struct husk_error *err)
{
	*out = oci_spec_write(rootless, geteuid(), getegid());
	return *out ? 0 : err_nomem(err, "config.json");
}
