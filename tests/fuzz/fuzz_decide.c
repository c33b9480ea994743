/*
 * Any text as the config.json of `create`: it is refused with a message, or becomes a plan that
 * both readers of plans accept.
 *
 * The first byte says who asks: root or a user, for run or create, ...  The host is not asked.
 *
 * Seeds: tests/data/config tests/data/engine
 * Words: config
 * Uses: runtime.    Used by: run.sh.
 */
#include "runtime/annotations.h"
#include "runtime/base/str.h"
#include "runtime/launch.h"
#include "tests/fuzz/fuzz.h"

static void check_plan(const struct rt_launch *l)
{
	struct str text = { 0 };
	struct plan_view v;
	char *copy = fuzz_text(l->plan, l->plan_len);

	plan_print_json(&l->view, &text);
	MUST(!text.failed);
	str_done(&text);
	MUST(plan_open(&v, copy, l->plan_len, true) == NULL);
	free(copy);
}

static void launch(struct rt_launch *l, const char *text, size_t size)
{
	struct husk_error err = { 0 };
	int ret = oci_config_parse(text, size, &l->config, NULL, &err);

	l->has_config = ret == 0;
	if (ret == 0)
		ret = rt_annotations_apply(&l->config, &err);
	if (ret == 0)
		ret = rt_launch_decide(l, &err);
	if (ret == 0)
		check_plan(l);
	else
		MUST(ret < 0 && err.sys == -ret && err.msg[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned how = size ? data[0] : 0;
	struct husk h = {
		.root = strdup("/nonexistent"),
		.cgroup_manager = CG_NONE,
		.rootless = how & 1,
		.privileged = !(how & 1),
		.first_userns = !(how & 2),
		.owns_mounts = !(how & 1),
		.init_fd = -1,
	};
	struct husk_create_options opts = {
		.no_pivot = how & 4,
		.notify_socket = how & 8 ? "/run/notify" : NULL,
		.listen_fds = how & 8 ? 2 : 0,
		.preserve_fds = how & 8 ? 2 : 0,
	};
	struct rt_launch l;
	char *text;

	/* A plain config.json is an input, too. */
	if (size && data[0] != '{') {
		data++;
		size--;
	}
	text = fuzz_text(data, size);
	rt_launch_init(&l, &h, "fuzz", &opts);
	l.dry = true;
	l.one_shot = how & 16;
	l.bundle = strdup("/bundle");
	launch(&l, text, size);
	rt_launch_done(&l);
	free(h.root);
	free(text);
	return 0;
}
