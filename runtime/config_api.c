/*
 * Configuration without a container: plan, spec.  (validate is validate.c.)
 *
 * Uses: specs, launch.h.    Used by: the library's users.
 */
#include <unistd.h>

#include "runtime/base/str.h"
#include "runtime/base/util.h"
#include "runtime/launch.h"

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

int husk_spec(bool rootless, char **out, struct husk_error *err)
{
	*out = oci_spec_write(rootless, geteuid(), getegid());
	return *out ? 0 : err_nomem(err, "config.json");
}
